"""What conversations remember: appended, owned by one writer, closed where a turn was killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage, convert_to_openai_messages
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.sqlite import SqliteSaver
from strict_server import complaint

from molreflect.graphs.conversation.memory import (
    CALL_INTERRUPTED,
    INTERRUPTED,
    ConversationStore,
    closing_messages,
)
from molreflect.tools.errors import InputError


def calls(*ids: str) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": "list_classes", "args": {"smiles": "CCO"}, "id": each} for each in ids])


def turn(number: int) -> list[Any]:
    id_ = f"c{number}"
    return [
        HumanMessage(f"question {number}"),
        calls(id_),
        ToolMessage("{}", tool_call_id=id_),
        AIMessage(f"answer {number}"),
    ]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    with ConversationStore(tmp_path) as opened:
        yield opened


def test_messages_come_back_as_they_were(store: ConversationStore) -> None:
    said = [
        HumanMessage("what is in CCO? \ud800"),
        AIMessage(
            "text", tool_calls=[{"name": "t", "args": {"a": [1]}, "id": "1"}],
            additional_kwargs={"understood": {"intent": "x"}}, response_metadata={"finish_reason": "stop"},
            usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        ),
        ToolMessage("no", tool_call_id="1", name="t", status="error"),
        AIMessage("the end"),
    ]  # fmt: skip
    store.append("a", said)
    first, *rest = store.messages("a")
    assert first.content == "what is in CCO? ?"
    assert rest == said[1:]
    assert [t.turns for t in store.threads()] == [1]


def test_only_the_last_turns_are_read_where_asked(store: ConversationStore) -> None:
    for number in range(5):
        store.append("a", turn(number))
    assert [str(m.content) for m in store.messages("a", turns=2) if m.type == "human"] == ["question 3", "question 4"]


def test_storage_is_linear_in_the_turns(store: ConversationStore, tmp_path: Path) -> None:
    def size() -> int:
        store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return (tmp_path / "conversations.sqlite").stat().st_size

    sizes = []
    for hundred in range(3):
        for number in range(100):
            store.append("a", turn(100 * hundred + number))
        sizes.append(size())
    assert sizes[2] - sizes[1] <= 1.2 * (sizes[1] - sizes[0])
    assert sizes[2] < 300 * 2_000  # 1,000 such turns are below 2 MB


def test_a_second_writer_is_refused_in_one_line_and_a_reader_is_not(store: ConversationStore, tmp_path: Path) -> None:
    with store.owned("a"), ConversationStore(tmp_path) as other:
        store.append("a", turn(1))
        with pytest.raises(InputError, match=rf"'a' is in use by process {os.getpid()}"), other.owned("a"):
            pytest.fail("two writers")
        assert len(other.messages("a")) == 4
        with other.owned("b"):
            pass
    with store.owned("a"):
        pass


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201, "\x1b[31m"])
def test_names_that_cannot_be_printed_are_refused(store: ConversationStore, name: str) -> None:
    with pytest.raises(InputError, match="cannot name a conversation"), store.owned(name):
        pytest.fail("taken")


OPEN = {
    "a question": ([HumanMessage("q")], []),
    "no result yet": ([HumanMessage("q"), calls("1", "2")], ["1", "2"]),
    "one result of two": ([HumanMessage("q"), calls("1", "2"), ToolMessage("{}", tool_call_id="2")], ["1"]),
    "all results": ([HumanMessage("q"), calls("1"), ToolMessage("{}", tool_call_id="1")], []),
}


@pytest.mark.parametrize("case", OPEN)
def test_what_a_killed_turn_left_open_is_closed(store: ConversationStore, case: str) -> None:
    messages, unanswered = OPEN[case]
    store.append("a", [*turn(0), *messages])
    with store.owned("a"):
        pass
    *_, last = kept = store.messages("a")
    added = kept[4 + len(messages) : -1]
    assert [(m.content, m.tool_call_id) for m in added] == [(CALL_INTERRUPTED, each) for each in unanswered]  # type: ignore[attr-defined]
    assert last.content == INTERRUPTED
    assert closing_messages(kept) == []
    tools = [{"function": {"name": "list_classes"}}]
    assert (
        complaint({"messages": [*convert_to_openai_messages(kept), {"role": "user", "content": "on"}], "tools": tools})
        is None
    )


def test_conversations_of_earlier_versions_are_taken_over_and_the_file_shrinks(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "conversations.sqlite"
    database = sqlite3.connect(path, check_same_thread=False)
    saver = SqliteSaver(database)
    said = [*turn(0), HumanMessage("cut"), calls("x")]
    for step in range(1, len(said) + 1):  # each step was kept whole
        checkpoint = empty_checkpoint()
        checkpoint["channel_values"] = {"messages": said[:step]}
        saver.put({"configurable": {"thread_id": "old", "checkpoint_ns": ""}}, checkpoint, {"step": step}, {})
    database.close()
    before = path.stat().st_size
    with ConversationStore(tmp_path) as store:
        kept = store.messages("old")
        assert [m.content for m in kept[:5]] == [m.content for m in said[:5]]
        assert [m.content for m in kept[6:]] == [CALL_INTERRUPTED, INTERRUPTED]
        assert [(t.name, t.title, t.turns) for t in store.threads()] == [("old", "question 0", 2)]
        tables = {row[0] for row in store._db.execute("SELECT name FROM sqlite_master")}
        assert tables.isdisjoint({"checkpoints", "writes"})
    assert path.stat().st_size < before
    with ConversationStore(tmp_path) as store:
        assert len(store.messages("old")) == 8


def test_find_search_rename_and_delete(store: ConversationStore) -> None:
    store.append("monday", [HumanMessage("Where is the acid?"), AIMessage("At 100% of atoms_1.")])
    store.append("tuesday", [HumanMessage("acid or ester?"), AIMessage("An ester.")])
    assert store.find("mon") == "monday"
    with pytest.raises(InputError, match="no conversation 'sunday'; there are tuesday, monday"):
        store.find("sunday")
    store.append("tuesday-2", [HumanMessage("hello")])
    with pytest.raises(InputError, match="'tu' begins the names of 2 conversations"):
        store.find("tu")
    assert [(f.thread, f.turn, f.kind) for f in store.search("acid")] == [
        ("tuesday", 1, "human"),
        ("monday", 1, "human"),
    ]
    assert [f.thread for f in store.search("100% of atoms_1")] == ["monday"]
    assert store.search("a%c") == []
    with pytest.raises(InputError, match="no words"):
        store.search(" ")
    with pytest.raises(InputError, match="already"):
        store.rename("monday", "tuesday")
    store.rename("monday", "friday")
    assert len(store.messages("friday")) == 2
    assert store.messages("monday") == []
    store.delete("friday")
    assert [t.name for t in store.threads()] == ["tuesday-2", "tuesday"]
    with store.owned("tuesday"), pytest.raises(InputError, match="in use"):
        store.delete("tuesday")


KILLED = """
import sys, time
from pathlib import Path
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from molreflect.graphs.conversation.memory import ConversationStore
with ConversationStore(Path(sys.argv[1])) as store, store.owned("a"):
    number = 0
    print("ready", flush=True)
    while True:
        number += 1
        ids = [f"{int(sys.argv[2])}-{number}-{i}" for i in range(3)]
        store.append("a", [HumanMessage("q")])
        store.append("a", [AIMessage("", tool_calls=[{"name": "list_classes", "args": {}, "id": i} for i in ids])])
        for i in ids:
            store.append("a", [ToolMessage("{}", tool_call_id=i)])
            time.sleep(0.001)
        store.append("a", [AIMessage("done")])
"""


def test_a_writer_killed_at_random_moments_leaves_a_conversation_that_goes_on(tmp_path: Path) -> None:
    draw = random.Random(7)
    for kill in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path), str(kill)], stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(draw.uniform(0.01, 0.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with ConversationStore(tmp_path) as store, store.owned("a"):
            sent = [*convert_to_openai_messages(store.messages("a")), {"role": "user", "content": "on"}]
        body = {"messages": sent, "tools": [{"function": {"name": "list_classes"}}]}
        assert len(sent) > 1
        assert complaint(body) is None, json.dumps(sent[-8:])
