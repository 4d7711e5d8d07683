"""Chat models by name: each mistake is one clear line."""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.registry import (
    PAPER_SAMPLING,
    PROVIDERS,
    Sampling,
    load_chat_model,
    not_sent,
    provider_settings,
)
from molreflect.tools.errors import InputError


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
    with pytest.raises(InputError, match=said) as caught:
        load_chat_model(name)
    assert "\n" not in str(caught.value)


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "langchain_anthropic" else found(n, *a))
    with pytest.raises(InputError, match=r"langchain_anthropic; run: pip install 'molreflect\[anthropic\]'"):
        load_chat_model("anthropic:claude-x")


def test_a_missing_key_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(InputError, match=r"'openai:gpt-x' needs a key in the environment.*OPENAI_API_KEY"):
        load_chat_model("openai:gpt-x")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("anthropic:claude-x", "ANTHROPIC_API_KEY"),
        ("google_genai:gemini-x", "GOOGLE_API_KEY or GEMINI_API_KEY"),
        ("mistralai:m", "MISTRAL_API_KEY"),
    ],
)
def test_a_missing_key_is_said_at_the_start_also_by_clients_that_would_only_notice_at_the_first_request(
    name: str, keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in keys.split(" or "):
        monkeypatch.delenv(key, raising=False)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: found("json" if n.startswith("langchain_") else n))
    with pytest.raises(InputError, match=f"needs a key in the environment: set {keys}$"):
        load_chat_model(name)


class FakeChat(LexiconModel):
    """A provider's class with the arguments that Mistral's, Google's and Ollama's have."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    random_seed: int | None = None
    num_predict: int | None = None
    max_output_tokens: int | None = None
    client_kwargs: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("provider", "theirs", "unsent"),
    [
        ("mistralai", {"random_seed": 7}, ("max_tokens",)),
        ("google_genai", {"max_output_tokens": 512}, ("seed",)),
        ("ollama", {"num_predict": 512, "client_kwargs": {"timeout": 120.0}}, ("seed",)),
    ],
)
def test_settings_are_sent_in_the_providers_own_words_and_the_rest_is_named(
    provider: str, theirs: dict[str, Any], unsent: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Classes that do not know an argument drop it in silence."""
    known = PROVIDERS[provider]
    monkeypatch.setitem(sys.modules, known.package, SimpleNamespace(**{known.chat: FakeChat}))
    given, left = provider_settings(provider, dataclasses.replace(PAPER_SAMPLING, seed=7), None)
    assert (given, left) == ({"temperature": 0.75, "top_p": 0.85, "top_k": 40} | theirs, unsent)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_argument_is_one_that_the_installed_class_knows(provider: str) -> None:
    known = PROVIDERS[provider]
    if importlib.util.find_spec(known.package) is None:
        pytest.skip(f"{known.package} is not installed")
    given, unsent = provider_settings(provider, dataclasses.replace(PAPER_SAMPLING, seed=7), None)
    fields = getattr(importlib.import_module(known.package), known.chat).model_fields
    assert set(given) <= set(fields) | {f.alias for f in fields.values()}
    assert set(unsent) <= {"seed", "top_k"}, "no provider lacks the others"


def test_top_k_is_not_sent_to_openai_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    assert not_sent("openai:gpt-x", PAPER_SAMPLING) == ("top_k",)
    assert not_sent("m", PAPER_SAMPLING, base_url="http://127.0.0.1:9/v1") == ()
    assert not_sent("lexicon", Sampling()) == ()


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


@pytest.mark.parametrize(
    ("setting", "wrong"),
    [
        ("retries", -1),
        ("temperature", -1.0),
        ("top_p", 0.0),
        ("top_p", 1.5),
        ("top_k", 0),
        ("max_tokens", 0),
        ("timeout", 0.0),
        ("timeout", float("nan")),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
    ],
)
def test_impossible_sampling_is_refused(setting: str, wrong: float) -> None:
    with pytest.raises(InputError, match=setting):
        Sampling(**{setting: wrong})  # type: ignore[arg-type]
