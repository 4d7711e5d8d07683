"""Chat models by name: each mistake is one clear line."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from agents.lexicon import LexiconModel
from agents.models import PAPER_SAMPLING, Sampling, load_chat_model
from tools.errors import ChemInputError


def test_the_default_teacher_needs_nothing() -> None:
    assert isinstance(load_chat_model("lexicon"), LexiconModel)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gpt", r"'gpt' is not a teacher; pass 'lexicon' or provider:model.*--base-url"),
        ("", r"'' is not a teacher"),
        ("openai:", r"'openai:' is not a teacher"),
        ("acme:model-1", r"'acme' is not a provider known here; pass one of openai, anthropic"),
    ],
)
def test_an_unknown_name_says_what_there_is(name: str, said: str) -> None:
    with pytest.raises(ChemInputError, match=said) as caught:
        load_chat_model(name)
    assert "\n" not in str(caught.value)


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "langchain_anthropic" else found(n, *a))
    with pytest.raises(ChemInputError, match=r"langchain_anthropic; run: pip install 'molreflect\[anthropic\]'"):
        load_chat_model("anthropic:claude-x")


def test_a_missing_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ChemInputError, match=r"'openai:gpt-x' needs a key in the environment.*OPENAI_API_KEY"):
        load_chat_model("openai:gpt-x")


@pytest.mark.parametrize("name", ["llama3", "llama3:8b", "openai:llama3:8b"])
def test_a_server_takes_any_model_name_and_needs_no_key(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    model: Any = load_chat_model(name, base_url="http://127.0.0.1:9/v1", sampling=PAPER_SAMPLING)
    assert model.model_name == name.removeprefix("openai:")
    assert str(model.openai_api_base) == "http://127.0.0.1:9/v1"
    assert (model.temperature, model.top_p, model.max_tokens) == (0.75, 0.85, 512)
    assert model.extra_body == {"top_k": 40}


def test_a_seed_and_a_timeout_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    model: Any = load_chat_model("openai:gpt-x", sampling=Sampling(seed=7, timeout=3.0))
    assert (model.seed, model.request_timeout) == (7, 3.0)


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_impossible_sampling_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ChemInputError, match=next(iter(wrong))):
        Sampling(**wrong)  # type: ignore[arg-type]
