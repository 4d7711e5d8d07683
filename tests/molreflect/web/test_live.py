"""Answers under way: one a conversation, asked once, followed by many, stopped, and told when they fail."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from molreflect.graphs.conversation.events import Answer, TextPiece
from molreflect.tools.errors import InputError
from molreflect.web import live
from molreflect.web.live import BusyError, Failed, LiveTurns


class Talk:
    """A conversation that says its pieces when it is let go."""

    def __init__(self, desk: FakeDesk, thread: str) -> None:
        self._desk, self._thread = desk, thread

    def cancel(self) -> None:
        self._desk.cancelled.set()
        self._desk.go.set()

    def stream(self, question: str) -> Iterator[Any]:
        self._desk.asked.append(question)
        yield TextPiece("first ")
        assert self._desk.go.wait(20)
        if question == "a mistake":
            raise InputError("cannot be answered")
        yield TextPiece("second")
        yield Answer(question, "first second", (), self._thread, "t")


class FakeDesk:
    """Stands for what conversations share; only the conversation itself is played."""

    def __init__(self) -> None:
        self.go, self.cancelled = threading.Event(), threading.Event()
        self.asked: list[str] = []

    @contextmanager
    def conversation(self, thread: str) -> Iterator[Talk]:
        yield Talk(self, thread)


@pytest.fixture
def desk() -> FakeDesk:
    return FakeDesk()


@pytest.fixture
def turns(desk: FakeDesk) -> Iterator[LiveTurns]:
    made = LiveTurns(desk)  # type: ignore[arg-type]
    yield made
    desk.go.set()


def followed(turn: Any, since: int = 0) -> list[Any]:
    async def all_of_it() -> list[Any]:
        return [event async for _, event in turn.follow(since, lambda: True)]

    return asyncio.run(asyncio.wait_for(all_of_it(), 20))


def test_whoever_follows_late_or_again_misses_nothing(turns: LiveTurns, desk: FakeDesk) -> None:
    turn = turns.ask("a", "what?", "key-one-1")
    desk.go.set()
    everything = followed(turn)
    assert [type(event).__name__ for event in everything] == ["TextPiece", "TextPiece", "Answer"]
    assert followed(turn, since=2) == everything[2:]
    assert turns.of("a") is turn


def test_the_same_key_is_asked_once(turns: LiveTurns, desk: FakeDesk) -> None:
    turn = turns.ask("", "what?", "key-one-1")
    assert turns.ask("", "what?", "key-one-1") is turn
    assert turns.by_key("key-one-1") is turn
    desk.go.set()
    followed(turn)
    assert desk.asked == ["what?"]
    with pytest.raises(InputError, match="not followed any more"):
        turns.by_key("another")


def test_a_conversation_answers_one_question_at_a_time_and_others_go_on(turns: LiveTurns, desk: FakeDesk) -> None:
    turn = turns.ask("a", "what?", "key-one-1")
    with pytest.raises(BusyError, match="Not asked yet: another question of this conversation") as refused:
        turns.ask("a", "and?", "key-two-2")
    assert refused.value.turn is turn  # for the page to follow
    assert turns.ask("b", "what?", "key-three").thread == "b"


def test_a_server_takes_so_many_answers_and_no_more(
    turns: LiveTurns, desk: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_LIVE", 2)
    for name in "ab":
        turns.ask(name, "what?", f"key-of-{name}")
    with pytest.raises(BusyError, match="2 answers are under way"):
        turns.ask("c", "what?", "key-of-c")


def test_an_answer_is_stopped_and_a_closed_server_stops_all(turns: LiveTurns, desk: FakeDesk) -> None:
    turn = turns.ask("a", "what?", "key-one-1")
    turns.close()
    followed(turn)
    assert desk.cancelled.is_set()
    with pytest.raises(BusyError):
        turns.ask("b", "what?", "key-two-2")


def test_a_mistake_is_told_and_the_conversation_is_free_again(turns: LiveTurns, desk: FakeDesk) -> None:
    turn = turns.ask("a", "a mistake", "key-one-1")
    desk.go.set()
    assert followed(turn)[-1] == Failed("cannot be answered")
    followed(turns.ask("a", "what?", "key-two-2"))


def test_an_empty_question_is_a_mistake(turns: LiveTurns) -> None:
    with pytest.raises(InputError, match="no question"):
        turns.ask("a", " \n", "key-one-1")
