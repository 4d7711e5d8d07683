"""Every answer of a chat model, kept as it arrives and shared between runs, so that nothing is paid for twice.

LangChain's cache interface. What tells one question from another is the model's name and sampling, the messages, the
tools and the parameters of the call; not the address of the server, and nothing that an answer says of itself.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import BaseMessage, message_to_dict, messages_from_dict
from langchain_core.outputs import ChatGeneration

from molreflect.agents.errors import CapReachedError
from molreflect.tools.storage import RESPONSES_FILE, connect, make_folder

FILE = RESPONSES_FILE
"""In the cache folder."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, made REAL NOT NULL, used REAL NOT NULL, answer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS responses_used ON responses (used);
"""
_SAID_OF_ITSELF = frozenset({"id", "usage_metadata", "response_metadata"})
"""Parts of an earlier answer in a conversation that no server is sent."""

_attempt: ContextVar[int] = ContextVar("attempt", default=0)


@contextmanager
def asking_anew(attempt: int) -> Iterator[None]:
    """Ask for other answers than the earlier attempts got, while the block runs.

    Args:
        attempt: How many attempts ended with answers that could not be used; 0 takes what there is.
    """
    token = _attempt.set(attempt)
    try:
        yield
    finally:
        _attempt.reset(token)


def attempt_in_hand() -> int:
    """Say which attempt asks: `asking_anew`'s number, 0 outside it."""
    return _attempt.get()


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a store of responses holds."""

    answers: int
    bytes: int
    by_model: Mapping[str, int]
    """Answers by model, most first."""


class _KeptGeneration(ChatGeneration):
    """A kept answer. LangChain notes on one that it costs nothing, and so gives it a count of tokens without tokens."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "message" and "input_tokens" not in (getattr(value, "usage_metadata", None) or {}):
            value = value.model_copy(update={"usage_metadata": None})  # of a server that counts none
        super().__setattr__(name, value)


class Responses(BaseCache):
    """What tells one question from another, wherever its answer is kept."""

    def __init__(self, model: str, sampling: Mapping[str, Any] | None) -> None:
        """Keep answers of a model.

        Args:
            model: Name of the model that is asked.
            sampling: How it is sampled, as far as that changes answers.
        """
        self.model = model
        self._whose = json.dumps([model, dict(sampling or {})], sort_keys=True)

    def find(self, key: str) -> str | None:
        """Find the answer to the question with a key, as JSON; None where there is none."""
        raise NotImplementedError

    def keep(self, key: str, model: str, answer: str) -> None:
        """Keep a model's answer, as JSON, to the question with a key."""
        raise NotImplementedError

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE | None:
        """Find the answer to a question; None where there is none."""
        found = self.find(self._key(prompt, llm_string))
        if found is None:
            return None
        (message,) = messages_from_dict([json.loads(found)])
        return [_KeptGeneration(message=message)]

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Keep an answer at once: what happens to it later must not cost it again."""
        message = getattr(return_val[0], "message", None)
        if not isinstance(message, BaseMessage):
            raise TypeError(f"a store of responses keeps answers of chat models, not {type(return_val[0]).__name__}")
        # ASCII: half a surrogate pair goes through it unharmed
        self.keep(self._key(prompt, llm_string), self.model, json.dumps(message_to_dict(message)))

    def clear(self, **kwargs: Any) -> None:
        """Refuse: answers of all runs would be gone."""
        raise NotImplementedError

    def _key(self, prompt: str, llm_string: str) -> str:
        parts = [self._whose, _as_sent(json.loads(prompt)), _parameters(llm_string), _attempt.get()]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


class ResponseStore(Responses):
    """Answers in one SQLite file; any number of threads and processes may use it at once."""

    def __init__(self, path: Path, model: str = "", sampling: Mapping[str, Any] | None = None) -> None:
        """Open the file, or make it.

        Args:
            path: The file.
            model: Name of the model that is asked.
            sampling: How it is sampled, as far as that changes answers.

        Raises:
            InputError: The file is something else, or cannot be written.
        """
        make_folder(path.parent, "the cache folder")
        super().__init__(model, sampling)
        self.path = path
        self._guard = threading.Lock()
        self._db = connect(path, "a store of responses", _SCHEMA)

    def find(self, key: str) -> str | None:
        """Find the answer to the question with a key, as JSON; None where there is none."""
        with self._guard, self._db:
            found = self._db.execute("SELECT answer FROM responses WHERE key = ?", (key,)).fetchone()
            if found is None:
                return None
            self._db.execute("UPDATE responses SET used = ? WHERE key = ?", (time.time(), key))
        return str(found[0])

    def keep(self, key: str, model: str, answer: str) -> None:
        """Keep a model's answer, as JSON, to the question with a key."""
        now = time.time()
        with self._guard, self._db:
            self._db.execute("INSERT OR REPLACE INTO responses VALUES (?, ?, ?, ?, ?)", (key, model, now, now, answer))

    def clear(self, **kwargs: Any) -> None:
        """Forget everything."""
        self.prune(0.0)

    def prune(self, older_than: float) -> int:
        """Forget answers that nobody has asked for since some seconds, and give the space back.

        Returns:
            How many there were.
        """
        with self._guard:
            with self._db:
                gone = self._db.execute("DELETE FROM responses WHERE used <= ?", (time.time() - older_than,)).rowcount
            self._db.execute("VACUUM")
        return gone

    def holdings(self) -> Holdings:
        """Count what there is."""
        with self._guard:
            by_model = dict(
                self._db.execute("SELECT model, COUNT(*) FROM responses GROUP BY model ORDER BY 2 DESC, 1").fetchall()
            )
        files = [self.path, *self.path.parent.glob(f"{self.path.name}-*")]
        return Holdings(sum(by_model.values()), sum(f.stat().st_size for f in files if f.exists()), by_model)

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class KeptResponses(ResponseStore):
    """A store that says what it holds, and lets nobody ask for more."""

    def lookup(self, prompt: str, llm_string: str) -> RETURN_VAL_TYPE:
        """Find the answer to a question.

        Raises:
            CapReachedError: There is none.
        """
        found = super().lookup(prompt, llm_string)
        if found is None:
            raise CapReachedError("its answer is not at hand")
        return found


def _as_sent(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Take from messages, as LangChain serialises them, what a server is sent."""
    return [
        [message["id"][-1], {name: v for name, v in message["kwargs"].items() if name not in _SAID_OF_ITSELF}]
        for message in messages
    ]


def _parameters(llm_string: str) -> str:
    """Take the parameters of the call from LangChain's text for a model, which has the model's own settings first."""
    if not llm_string.startswith("{"):
        return llm_string
    _, end = json.JSONDecoder().raw_decode(llm_string)
    return llm_string[end:]
