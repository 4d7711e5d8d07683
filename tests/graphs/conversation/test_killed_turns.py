"""A turn killed after any of its messages leaves a conversation that goes on, whatever the server insists on."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, convert_to_openai_messages
from saying import Saying, calling
from strict_server import complaint

from molreflect.graphs.conversation.conversation import conversation_tools, open_conversation
from molreflect.graphs.conversation.memory import FILE, INTERRUPTED, ConversationStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.names.systematic import Namer
from molreflect.tools.terms import TraceMode

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
QUESTION = f"What is in {ASPIRIN}?"


def test_a_turn_killed_after_any_message_leaves_a_conversation_that_goes_on(
    resources: Any, sample_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[Path] = []
    append = ConversationStore.append

    def killed_here(self: ConversationStore, thread: str, messages: list[BaseMessage]) -> None:
        """Write, and copy the file as a kill at this moment would leave it."""
        append(self, thread, messages)
        kept.append(tmp_path / f"killed-{len(kept)}")
        kept[-1].mkdir()
        with sqlite3.connect(self.folder / FILE) as source, sqlite3.connect(kept[-1] / FILE) as copy:
            source.backup(copy)

    monkeypatch.setattr(ConversationStore, "append", killed_here)
    with Namer() as namer:
        tools = conversation_tools(
            resources, lambda: read_corpus(sample_corpus), namer=namer, pictures=lambda: tmp_path / "pictures"
        )

        def ask(folder: Path, *says: AIMessage | str) -> tuple[list[str], list[dict[str, Any]]]:
            model = Saying(says=list(says))
            how: Any = {"folder": folder, "thread": "a", "resources": resources, "trace": TraceMode.OFF}
            with open_conversation(model, tools, **how) as talk:
                talk.ask(QUESTION)
                said = [str(m.content) for m in talk.messages()]
            offered = [{"function": {"name": tool.name}} for tool in tools]
            return said, [{"messages": convert_to_openai_messages(m), "tools": offered} for m in model.seen]

        calls = calling("list_groups", "1", "2", "3", smiles=ASPIRIN)
        ask(tmp_path / "whole", calls, "It is an ester.")
        monkeypatch.setattr(ConversationStore, "append", append)
        moments = list(kept)
        assert len(moments) >= 4
        open_ones = 0
        for folder in moments:
            with ConversationStore(folder) as store:
                before = store.messages("a")
            is_open = bool(before) and (before[-1].type != "ai" or bool(getattr(before[-1], "tool_calls", None)))
            open_ones += is_open
            said, requests = ask(folder, "It is an ester.")
            assert [complaint(request) for request in requests] == [None]
            assert said.count(INTERRUPTED) == is_open
            assert said[-1].startswith("It is an ester.")
        assert open_ones >= 3
