"""Threads of a server: bounded in number, in time, and in what waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from molreflect.services.turns import turn_events
from molreflect.services.workers import BusyError, TooSlowError, Workers
from molreflect.tools.errors import InputError


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Opened at the end, so that no thread outlives a test."""
    opened = threading.Event()
    yield opened
    opened.set()


def test_a_call_answers_or_fails_as_it_does() -> None:
    def fail() -> None:
        raise InputError("no")

    workers = Workers(1, waiting=1, seconds=60, name="test")
    assert asyncio.run(workers.call(divmod, 7, 2)) == (3, 1)
    with pytest.raises(InputError, match="no"):
        asyncio.run(workers.call(fail))
    workers.close()


def test_a_call_that_takes_too_long_is_given_up_and_keeps_its_thread(gate: threading.Event) -> None:
    workers = Workers(1, waiting=1, seconds=0.05, name="test")
    with pytest.raises(TooSlowError, match=r"0\.05 seconds"):
        asyncio.run(workers.call(gate.wait, 30))
    with pytest.raises(BusyError, match="no thread"):
        asyncio.run(workers.call(lambda: 1))
    workers.close()


def test_no_more_wait_than_may(gate: threading.Event) -> None:
    workers = Workers(1, waiting=1, seconds=60, name="test")
    first, second = workers.submit(gate.wait, 30), workers.submit(lambda: 2)
    with pytest.raises(BusyError, match="2 calls"):
        workers.submit(lambda: 3)
    gate.set()
    assert (first.result(30), second.result(30)) == (True, 2)
    assert workers.submit(lambda: 4).result(30) == 4
    workers.close()


class Talk:
    """A conversation that says one word, and then waits to be cancelled."""

    def __init__(self) -> None:
        self.cancelled, self.closed = threading.Event(), threading.Event()

    def __enter__(self) -> Talk:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()

    def conversation(self, thread: str | None) -> Talk:
        return self

    def cancel(self) -> None:
        self.cancelled.set()

    def stream(self, question: str) -> Iterator[Any]:
        if not question:
            raise InputError("an empty question")
        yield "word"
        self.cancelled.wait(30)
        yield "never heard"


def test_a_turn_that_nobody_listens_to_is_cancelled_and_its_conversation_closed() -> None:
    talk, workers = Talk(), Workers(1, waiting=0, seconds=None, name="test")

    async def leave() -> Any:
        events = turn_events(talk, workers, "?")  # type: ignore[arg-type]
        first: Any = await anext(events)
        await events.aclose()
        return first

    assert asyncio.run(leave()) == "word"
    assert talk.closed.wait(30)
    assert talk.cancelled.is_set()
    workers.close()


def test_what_is_wrong_with_a_question_is_raised_at_the_first_event() -> None:
    workers = Workers(1, waiting=0, seconds=None, name="test")

    async def ask() -> None:
        await anext(turn_events(Talk(), workers, ""))  # type: ignore[arg-type]

    with pytest.raises(InputError, match="empty question"):
        asyncio.run(ask())
    workers.close()
