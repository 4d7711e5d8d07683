"""What conversations remember: their messages in one SQLite file, appended as they come.

A message is written once and never again, so that the file grows with the number of messages alone, and a turn that is
killed leaves what was said up to then. One conversation has one writer at a time; reading is free.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    ToolMessage,
    message_to_dict,
    messages_from_dict,
)

from molreflect.tools.errors import InputError
from molreflect.tools.storage import connect, encodable, own_file, short_hash, writing

FILE = "conversations.sqlite"
LOCKS = "conversation-locks"
"""Folder of one lock file a conversation; they stay there when the conversation is free."""
INTERRUPTED = "(This turn was interrupted before there was an answer.)"
CALL_INTERRUPTED = "interrupted: the turn ended before this call was answered"
MAX_NAME = 200
"""Characters of a conversation's name."""
_TITLE = 80
_SCHEMA = """
CREATE TABLE IF NOT EXISTS threads (
    name TEXT PRIMARY KEY, title TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS messages (
    thread TEXT NOT NULL, position INTEGER NOT NULL, turn INTEGER NOT NULL, kind TEXT NOT NULL,
    text TEXT NOT NULL, message TEXT NOT NULL, PRIMARY KEY (thread, position)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation that is kept."""

    name: str
    title: str
    """What its first question begins with, or the title it was given."""
    turns: int
    created: float
    """Unix time in seconds."""
    updated: float
    """Unix time in seconds."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """A message in which words were found."""

    thread: str
    turn: int
    """Number of the turn, from 1."""
    kind: str
    """`human` or `ai`."""
    text: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


class ConversationStore:
    """The conversations of one folder."""

    def __init__(self, folder: Path) -> None:
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._db = connect(folder / FILE, "a database of conversations", _SCHEMA)
        _take_over_checkpoints(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> ConversationStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ one writer

    @contextmanager
    def owned(self, thread: str) -> Iterator[None]:
        """Own a conversation while the block runs, and close what an interrupted turn has left open.

        Raises:
            InputError: Another process, or another part of this one, is writing to it; or its name cannot be one.
        """
        require_name(thread)
        folder = self.folder / LOCKS
        with writing(folder):
            folder.mkdir(exist_ok=True)
        path = folder / f"{short_hash(thread)}.lock"
        with own_file(path, f"the conversation {thread!r}", advice="name another thread"):
            self.append(thread, closing_messages(self.messages(thread)))
            yield

    def append(self, thread: str, messages: Sequence[BaseMessage]) -> None:
        """Keep messages behind those that a conversation has; only its owner does."""
        if not messages:
            return
        with self._db:
            _insert(self._db, thread, messages)

    # ------------------------------------------------------------------ reading

    def messages(self, thread: str, *, turns: int | None = None) -> list[BaseMessage]:
        """Read a conversation, oldest message first.

        Args:
            thread: Its name; one that is not kept has no messages.
            turns: Only the last so many turns.
        """
        (latest,) = self._db.execute("SELECT max(turn) FROM messages WHERE thread = ?", (thread,)).fetchone()
        first = 0 if turns is None or latest is None else latest - turns + 1
        rows = self._db.execute(
            "SELECT kind, message FROM messages WHERE thread = ? AND turn >= ? ORDER BY position", (thread, first)
        )
        return messages_from_dict([{"type": kind, "data": {"type": kind, **json.loads(data)}} for kind, data in rows])

    def threads(self) -> list[Thread]:
        """List the conversations, the one that was last spoken in first."""
        rows = self._db.execute(
            "SELECT name, title, (SELECT coalesce(max(turn), 0) FROM messages WHERE thread = name), created, updated"
            " FROM threads ORDER BY updated DESC, name"
        )
        return [Thread(*row) for row in rows]

    def find(self, name: str) -> str:
        """Find a conversation by its name or the unique beginning of it.

        Raises:
            InputError: There is none, or there are several.
        """
        names = [thread.name for thread in self.threads()]
        found = [name] if name in names else [each for each in names if name and each.startswith(name)]
        if len(found) == 1:
            return found[0]
        known = f"there are {', '.join(names[:5])}" if names else "none is kept yet"
        raise InputError(
            f"{name!r} begins the names of {len(found)} conversations; name one of them"
            if found
            else f"no conversation {name!r}; {known} (molreflect conversations list)"
        )

    def search(self, words: str, *, most: int = 50) -> list[Found]:
        """Find words in questions and answers, the latest conversation first; every word must stand in the message.

        Raises:
            InputError: No word is given.
        """
        if not words.split():
            raise InputError("no words to search for; name some, e.g. carboxylic acid")
        every = " AND ".join("m.text LIKE ? ESCAPE '\\'" for _ in words.split())
        patterns = ["%" + re.sub(r"([%_\\])", r"\\\1", word) + "%" for word in words.split()]
        rows = self._db.execute(
            "SELECT m.thread, m.turn, m.kind, m.text FROM messages m JOIN threads t ON t.name = m.thread"
            f" WHERE m.kind IN ('human', 'ai') AND m.text <> '' AND {every}"
            " ORDER BY t.updated DESC, m.thread, m.position LIMIT ?",
            (*patterns, most),
        )
        return [Found(*row) for row in rows]

    # ------------------------------------------------------------------ changing

    def rename(self, thread: str, name: str) -> None:
        """Give a conversation another name.

        Raises:
            InputError: The name is taken or cannot be one, or the conversation is in use.
        """
        with self.owned(thread), self.owned(name), self._db:
            if self._db.execute("SELECT 1 FROM threads WHERE name = ?", (name,)).fetchone():
                raise InputError(f"there is a conversation {name!r} already; choose another name")
            self._db.execute("UPDATE threads SET name = ? WHERE name = ?", (name, thread))
            self._db.execute("UPDATE messages SET thread = ? WHERE thread = ?", (name, thread))

    def delete(self, thread: str) -> None:
        """Delete a conversation for good; traces of its turns are deleted by `molreflect traces`.

        Raises:
            InputError: It is in use.
        """
        with self.owned(thread), self._db:
            self._db.execute("DELETE FROM messages WHERE thread = ?", (thread,))
            self._db.execute("DELETE FROM threads WHERE name = ?", (thread,))


def require_name(name: str) -> None:
    """Refuse a name that no conversation can have.

    Raises:
        InputError: It is empty, too long or has characters that cannot be printed.
    """
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise InputError(f"{name[:40]!r} cannot name a conversation; take 1 to {MAX_NAME} printable characters")


def closing_messages(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """List what a turn lacks that was interrupted: results of its open calls, and an answer.

    Servers refuse a conversation with a call that has no result, and a user who speaks after a tool.
    """
    if not messages or (isinstance(last := messages[-1], AIMessage) and not last.tool_calls):
        return []
    begin = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    done = {m.tool_call_id for m in messages[begin:] if isinstance(m, ToolMessage)}
    open_calls = [
        call for m in messages[begin:] if isinstance(m, AIMessage) for call in m.tool_calls if call["id"] not in done
    ]
    results = [
        ToolMessage(CALL_INTERRUPTED, tool_call_id=str(call["id"]), name=call["name"], status="error")
        for call in open_calls
    ]
    return [*results, AIMessage(INTERRUPTED)]


def _insert(db: sqlite3.Connection, thread: str, messages: Sequence[BaseMessage]) -> None:
    now = time.time()
    last = "SELECT position, turn FROM messages WHERE thread = ? ORDER BY position DESC LIMIT 1"
    position, turn = db.execute(last, (thread,)).fetchone() or (-1, 0)
    for message in messages:
        position += 1
        turn += isinstance(message, HumanMessage)
        db.execute(
            "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?)",
            (thread, position, turn, message.type, encodable(str(message.text)), _written(message)),
        )
    title = next((str(m.text) for m in messages if isinstance(m, HumanMessage)), "")
    db.execute(
        "INSERT INTO threads VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET updated = excluded.updated",
        (thread, encodable(" ".join(title.split())[:_TITLE]), now, now),
    )


def _written(message: BaseMessage) -> str:
    """Write a message as JSON, without what stands elsewhere or says nothing."""
    data = message_to_dict(message)["data"]
    kept = {key: value for key, value in data.items() if key != "type" and value not in (None, [], {}, False)}
    return encodable(json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=str))


def _take_over_checkpoints(db: sqlite3.Connection) -> None:
    """Move conversations out of LangGraph's checkpoints, in which earlier versions kept each step of them whole."""
    if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").fetchone() is None:
        return
    from langgraph.checkpoint.sqlite import SqliteSaver

    saver = SqliteSaver(db)
    saver.is_setup = True  # the tables are there, and none is to be made
    old: dict[str, list[BaseMessage]] = {}
    for (thread,) in db.execute("SELECT DISTINCT thread_id FROM checkpoints ORDER BY thread_id").fetchall():
        kept = saver.get_tuple({"configurable": {"thread_id": thread, "checkpoint_ns": ""}})
        old[thread] = [] if kept is None else list(kept.checkpoint["channel_values"].get("messages", ()))
    db.execute("BEGIN IMMEDIATE")
    with db:
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'checkpoints'").fetchone() is None:
            return  # another process has done it meanwhile
        for thread, messages in old.items():
            _insert(db, thread, [*messages, *closing_messages(messages)])
        db.execute("DROP TABLE checkpoints")
        db.execute("DROP TABLE IF EXISTS writes")
    db.execute("VACUUM")
