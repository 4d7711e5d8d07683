"""Counting tokens: by the model's own tokenizer, by tiktoken, or by the length of the text."""

from __future__ import annotations

import time
from typing import Any

import pytest
import tiktoken
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from scripted import ScriptedModel, call

from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.registry import load_chat_model
from molreflect.agents.models.tokens import APPROXIMATION, approximately, counter_of


def test_tokens_are_counted_by_the_models_own_tokenizer_where_it_has_one() -> None:
    model = ScriptedModel(script=None, custom_get_token_ids=lambda text: [ord(c) for c in text])
    counter = counter_of(model)
    assert (counter.how, counter.count("abc")) == ("the model's own tokenizer", 3)
    assert counter_of(ScriptedModel(script=None)) is counter_of(LexiconModel()) is APPROXIMATION


@pytest.mark.parametrize("trouble", [ConnectionError("no network"), None])
def test_openais_models_are_counted_by_tiktoken_and_approximated_where_its_tables_are_out_of_reach(
    trouble: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    asked: list[str] = []

    def get_encoding(name: str) -> Any:
        asked.append(name)
        if trouble is not None:
            raise trouble
        return tiktoken.Encoding(
            name, pat_str=r".", mergeable_ranks={bytes([i]): i for i in range(256)}, special_tokens={"<|end|>": 256}
        )

    monkeypatch.setattr(tiktoken, "get_encoding", get_encoding)
    counter = counter_of(load_chat_model("openai:gpt-4o-mini"))
    assert asked == ["o200k_base"]
    if trouble is None:
        assert (counter.how, counter.count("abc <|end|>")) == ("tiktoken o200k_base", 11)
    else:
        assert counter is APPROXIMATION
    assert counter_of(load_chat_model("llama3", base_url="http://127.0.0.1:9/v1")) is APPROXIMATION
    assert len(asked) == 1, "a server's own model has no table in tiktoken"


def test_a_tokenizer_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: time.sleep(3))
    began = time.monotonic()
    assert counter_of(load_chat_model("openai:gpt-4o-mini"), seconds=0.1) is APPROXIMATION
    assert time.monotonic() - began < 2


def test_a_conversation_is_counted_with_its_tool_calls() -> None:
    messages = [SystemMessage("a" * 22), HumanMessage("b" * 22), AIMessage("c" * 22)]
    assert APPROXIMATION.messages(messages) == 3 * (10 + 4)
    assert APPROXIMATION.messages([call("find_substructure", smiles="C" * 220)]) > 100
    assert approximately("") == 0
