"""Answers under way: each in a thread of its own, followed by as many pages as like to."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from molreflect.conversations import Desk, new_thread
from molreflect.graphs.conversation.conversation import Conversation
from molreflect.graphs.conversation.events import Event
from molreflect.services.turns import run_turn
from molreflect.tools.errors import InputError

MAX_LIVE = 64
"""Answers that may be under way at a time."""
MAX_KEPT = 128
"""Turns whose events are held for pages that have missed some, the ended ones among them."""
PATIENCE = 0.5
"""Seconds between two looks whether the server is to end."""


class BusyError(InputError):
    """The conversation, or the server, cannot take a question now."""

    def __init__(self, why: str, turn: LiveTurn | None = None) -> None:
        super().__init__(why)
        self.turn = turn
        """The turn that is under way in the conversation, for a page to follow."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Why a turn ended without an answer."""

    why: str


@dataclass(slots=True)
class LiveTurn:
    """A turn that goes on, or has just ended: what happened so far, and who waits for more."""

    key: str
    """What the page calls it, so that a question that is sent twice is asked once."""
    thread: str
    question: str
    events: list[Event | Failed] = field(default_factory=list)
    over: bool = False
    _talk: Conversation | None = None
    _cancelled: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = field(default_factory=set)

    def cancel(self) -> None:
        """End the answer; what was said so far is kept."""
        with self._lock:
            self._cancelled = True
            if self._talk is not None:
                self._talk.cancel()

    def begins(self, talk: Conversation) -> None:
        """Take note of the conversation that answers, so that it can be told to stop."""
        with self._lock:
            self._talk = talk

    def happened(self, event: Event | Failed | None) -> None:
        """Tell everybody who follows; None says that nothing more comes."""
        with self._lock:
            if event is None:
                self.over, self._talk = True, None
            else:
                self.events.append(event)
                if self._cancelled and self._talk is not None:
                    self._talk.cancel()
            waiting = [*self._waiting]
        for loop, told in waiting:
            if not loop.is_closed():
                loop.call_soon_threadsafe(told.set)

    async def follow(self, since: int, goes_on: Callable[[], bool]) -> AsyncIterator[tuple[int, Event | Failed]]:
        """Tell what happened since a number of events, and what happens from now on, until the turn is over.

        Args:
            since: How many events are known already.
            goes_on: Whether the server does.
        """
        told = asyncio.Event()
        waiter = (asyncio.get_running_loop(), told)
        with self._lock:
            self._waiting.add(waiter)
        try:
            while goes_on():
                told.clear()
                with self._lock:
                    new, over = self.events[since:], self.over
                for event in new:
                    since += 1
                    yield since, event
                if over:
                    return
                if not new:
                    try:
                        await asyncio.wait_for(told.wait(), PATIENCE)
                    except TimeoutError:
                        continue
        finally:
            with self._lock:
                self._waiting.discard(waiter)


class LiveTurns:
    """The turns of all conversations; one conversation has one at a time."""

    def __init__(self, desk: Desk) -> None:
        """Answer with what a desk has."""
        self._desk = desk
        self._turns: OrderedDict[str, LiveTurn] = OrderedDict()
        """By thread, the latest of each."""
        self._lock = threading.Lock()
        self._closed = False

    def ask(self, thread: str, question: str, key: str) -> LiveTurn:
        """Begin to answer a question.

        Args:
            thread: Name of the conversation; empty for a new one.
            question: The question.
            key: What the page calls this turn; the same key again is the same turn.

        Raises:
            BusyError: The conversation answers another question, or the server too many.
            InputError: The question is empty.
        """
        if not question.strip():
            raise InputError("There is no question; type one, e.g. what is in CC(=O)Oc1ccccc1C(=O)O")
        with self._lock:
            for turn in self._turns.values():
                if turn.key == key:
                    return turn
            if (current := self._turns.get(thread)) is not None and not current.over:
                raise BusyError(
                    "Not asked yet: another question of this conversation is being answered, perhaps from another tab. "
                    "Yours stays here; send it when that answer has ended, or stop it.",
                    current,
                )
            if sum(not turn.over for turn in self._turns.values()) >= MAX_LIVE or self._closed:
                raise BusyError(f"{MAX_LIVE} answers are under way on this server; ask again when one has ended.")
            turn = LiveTurn(key, thread or new_thread(), question)
            self._turns[turn.thread] = turn
            self._turns.move_to_end(turn.thread)
            self._forget()
        threading.Thread(target=self._answer, args=(turn,), name="answer", daemon=True).start()
        return turn

    def of(self, thread: str) -> LiveTurn | None:
        """Find the latest turn of a conversation that was begun here."""
        with self._lock:
            return self._turns.get(thread)

    def by_key(self, key: str) -> LiveTurn:
        """Find a turn by what its page calls it.

        Raises:
            InputError: It is not known any more.
        """
        with self._lock:
            for turn in self._turns.values():
                if turn.key == key:
                    return turn
        raise InputError("this answer is not followed any more; the conversation has what became of it")

    def close(self) -> None:
        """Tell all that is under way to end; whoever is asked for an answer may take longer, and is left behind."""
        with self._lock:
            self._closed = True
            turns = [turn for turn in self._turns.values() if not turn.over]
        for turn in turns:
            turn.cancel()

    def _forget(self) -> None:
        ended = [thread for thread, turn in self._turns.items() if turn.over]
        for thread in ended[: max(0, len(self._turns) - MAX_KEPT)]:
            del self._turns[thread]

    def _answer(self, turn: LiveTurn) -> None:
        """Answer in a thread: whatever happens, the pages learn of it."""
        try:
            run_turn(self._desk, turn.question, turn.thread, begins=turn.begins, tell=turn.happened)
        except InputError as error:
            turn.happened(Failed(str(error)))
        except BaseException as error:
            turn.happened(Failed(f"this is a fault of the program ({type(error).__name__}); the terminal has more"))
            raise  # the terminal shows it
        finally:
            turn.happened(None)
