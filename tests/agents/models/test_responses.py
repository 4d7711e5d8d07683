"""Answers that are kept: what comes back is what was answered."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from langchain_core.language_models.fake_chat_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage
from langchain_core.messages.ai import UsageMetadata

from molreflect.agents.models.responses import ResponseStore
from molreflect.tools.errors import InputError

COUNTED = UsageMetadata(input_tokens=7, output_tokens=3, total_tokens=10)


@pytest.mark.parametrize("usage", [None, COUNTED], ids=["a server that counts no tokens", "one that does"])
def test_a_kept_answer_has_the_tokens_it_came_with(tmp_path: Path, usage: UsageMetadata | None) -> None:
    with closing(ResponseStore(tmp_path / "responses.sqlite", "model")) as store:
        model = FakeMessagesListChatModel(responses=[AIMessage("yes", usage_metadata=usage)], cache=store)
        for answer in (model.invoke("is it?"), model.invoke("is it?")):
            assert answer.content == "yes"
            AIMessage(**answer.model_dump())  # what LangGraph does with it
            counted = answer.usage_metadata
            assert (counted and counted["input_tokens"]) == (usage and usage["input_tokens"])


def test_a_cache_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"the cache folder .*file cannot be made \(File exists\); name another place"):
        ResponseStore(tmp_path / "file" / "responses.sqlite")
