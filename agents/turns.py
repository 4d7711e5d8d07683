"""Threads of a batch take turns at Python's own work, and step aside while they wait for a model.

One interpreter runs one thread at a time anyway. Left to themselves, sixty threads that all want to run hand it to and
fro at every system call, which takes as much processor time again as the work itself.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Iterator
from heapq import heapify, heappop, heappush

_mine = threading.local()

Rank = tuple[bool, int]
"""Whether work can wait for other work, and when it began."""


class Gate:
    """Lets so many threads through at once; of those that wait, the one whose work began first.

    Were it the one that came to the gate first, all work would move on equally slowly and end late together.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._reserve = max(1, places // 2)
        self._guard = threading.Lock()
        self._waiting: list[tuple[Rank, threading.Lock]] = []
        """A heap of ranks, each with what its thread waits for."""
        self._ranks = itertools.count()

    def rank(self, *, patient: bool = False) -> Rank:
        """For work that begins now.

        Args:
            patient: It goes through after all work that is not, e.g. since it is sure to come to its end soon.
        """
        return patient, next(self._ranks)

    @property
    def hungry(self) -> bool:
        """Whether so few wait here that a place may stay empty for want of work."""
        return len(self._waiting) < self._reserve

    @contextlib.contextmanager
    def through(self, rank: Rank) -> Iterator[None]:
        """Wait for a place and keep it for a while.

        Args:
            rank: From `rank`; of those that wait at a time, each has another.
        """
        with self._guard:
            bell = None
            if self._free:
                self._free -= 1
            else:
                bell = threading.Lock()
                bell.acquire()
                heappush(self._waiting, (rank, bell))
        if bell is not None:
            bell.acquire()
        try:
            yield
        finally:
            with self._guard:
                if self._waiting:
                    heappop(self._waiting)[1].release()
                else:
                    self._free += 1


class _Turn:
    """Kept by one thread at a time. Of those that wait for it, the one whose work began first has it next.

    Where the gate is hungry, work that has not begun goes first: it asks the model soon, while work that comes back
    with an answer may have nothing left to ask. What that leaves undone is done when the gate has enough.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept = False
        self._numbers = itertools.count()
        self._beginning: list[tuple[Rank, int, Gate | None, threading.Lock]] = []
        """A heap of those that have not begun: rank, order of arrival, their gate, and what they wait for."""
        self._going_on: list[tuple[Rank, int, threading.Lock]] = []
        """The same of those that come back."""

    def take(self, rank: Rank, gate: Gate | None, *, begins: bool) -> None:
        """Wait for the turn."""
        with self._guard:
            if not self._kept:
                self._kept = True
                return
            bell = threading.Lock()
            bell.acquire()
            if begins:
                heappush(self._beginning, (rank, next(self._numbers), gate, bell))
            else:
                heappush(self._going_on, (rank, next(self._numbers), bell))
        try:
            bell.acquire()
        except BaseException:  # Ctrl-C in the main thread: who no longer waits must not be handed the turn
            if not self._forget(bell):
                self.give()  # it was handed over already
            raise

    def _forget(self, bell: threading.Lock) -> bool:
        """Take a thread out of those that wait; False where it no longer does."""
        with self._guard:
            before = len(self._beginning) + len(self._going_on)
            self._beginning = [waiting for waiting in self._beginning if waiting[-1] is not bell]
            self._going_on = [waiting for waiting in self._going_on if waiting[-1] is not bell]
            heapify(self._beginning)
            heapify(self._going_on)
            return len(self._beginning) + len(self._going_on) < before

    def give(self) -> None:
        """Hand the turn on."""
        with self._guard:
            if self._beginning and (not self._going_on or self._is_hungry(self._beginning[0][2])):
                heappop(self._beginning)[-1].release()
            elif self._going_on:
                heappop(self._going_on)[-1].release()
            else:
                self._kept = False

    @staticmethod
    def _is_hungry(gate: Gate | None) -> bool:
        return gate is not None and gate.hungry


_turn = _Turn()
_NO_RANK: Rank = (False, 0)


@contextlib.contextmanager
def my_turn(gate: Gate | None = None, *, patient: bool = False) -> Iterator[None]:
    """Wait for a turn and keep it, but for the time of `stepped_aside`.

    Args:
        gate: Bounds how many threads wait for an answer of the model at once; `awaiting_answer` goes through it.
        patient: Let all others go first that are not, at the gate and before.
    """
    if getattr(_mine, "held", False):
        yield
        return
    _mine.gate, _mine.rank = gate, _NO_RANK if gate is None else gate.rank(patient=patient)
    _turn.take(_mine.rank, gate, begins=True)
    _mine.held = True
    try:
        yield
    finally:
        if _mine.held:  # else it was interrupted while it waited to come back
            _mine.held = False
            _turn.give()


@contextlib.contextmanager
def stepped_aside() -> Iterator[None]:
    """Let others have the turn meanwhile, if this thread has it; on the way out it is waited for again."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _turn.give()
    try:
        yield
    finally:
        _turn.take(_mine.rank, _mine.gate, begins=False)
        _mine.held = True


@contextlib.contextmanager
def awaiting_answer() -> Iterator[None]:
    """Step aside while the model works, as one of so many as may ask it at once."""
    gate = getattr(_mine, "gate", None)
    with stepped_aside(), contextlib.nullcontext() if gate is None else gate.through(_mine.rank):
        yield
