"""Threads of a batch take turns at Python's own work, and step aside while they wait for a model.

One interpreter runs one thread at a time anyway. Left to themselves, sixty threads that all want to run hand it to and
fro at every system call, which takes as much processor time again as the work itself.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush

_mine = threading.local()

Rank = tuple[bool, int]
"""Whether work can wait for other work, and when it began."""


class _Line:
    """Threads that wait for something to be handed to them, the lowest rank first. One lock guards it and the thing."""

    def __init__(self) -> None:
        self._heap: list[tuple[Rank, int, threading.Lock]] = []
        """Rank, order of arrival, and what a thread waits for."""
        self._arrivals = itertools.count()

    def __len__(self) -> int:
        return len(self._heap)

    def stand(self, rank: Rank) -> threading.Lock:
        """Come to stand in the line; what to wait for."""
        bell = threading.Lock()
        bell.acquire()
        heappush(self._heap, (rank, next(self._arrivals), bell))
        return bell

    def call(self) -> None:
        """Hand the thing to the first."""
        heappop(self._heap)[-1].release()

    def leave(self, bell: threading.Lock) -> bool:
        """Go away; False where the thing was handed over already."""
        staying = [waiting for waiting in self._heap if waiting[-1] is not bell]
        left = len(staying) < len(self._heap)
        heapify(staying)
        self._heap = staying
        return left


class Gate:
    """Lets so many threads through at once; of those that wait, the one whose work began first.

    Were it the one that came to the gate first, all work would move on equally slowly and end late together.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._reserve = max(1, places // 2)
        self._guard = threading.Lock()
        self._waiting = _Line()
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
            bell = None if self._free else self._waiting.stand(rank)
            if bell is None:
                self._free -= 1
        if bell is not None:
            _wait(bell, self._waiting, self._guard, self._give)
        try:
            yield
        finally:
            self._give()

    def _give(self) -> None:
        with self._guard:
            if self._waiting:
                self._waiting.call()
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
        self._beginning = _Line()
        """Those that have not begun."""
        self._going_on = _Line()
        """Those that come back."""

    def take(self, rank: Rank, gate: Gate | None, *, begins: bool) -> None:
        """Wait for the turn; `gate` is where its work asks the model."""
        line = self._beginning if begins else self._going_on
        with self._guard:
            bell = line.stand(rank) if self._kept else None
            self._kept = True
        if bell is not None:
            _wait(bell, line, self._guard, lambda: self.give(gate))

    def give(self, gate: Gate | None) -> None:
        """Hand the turn on."""
        with self._guard:
            if self._beginning and (not self._going_on or (gate is not None and gate.hungry)):
                self._beginning.call()
            elif self._going_on:
                self._going_on.call()
            else:
                self._kept = False


def _wait(bell: threading.Lock, line: _Line, guard: threading.Lock, give: Callable[[], None]) -> None:
    """Stand in a line until it is one's turn. Who is interrupted (Ctrl-C) must not be handed anything any more."""
    try:
        bell.acquire()
    except BaseException:
        with guard:
            left = line.leave(bell)
        if not left:
            give()
        raise


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
            _turn.give(gate)


@contextlib.contextmanager
def stepped_aside() -> Iterator[None]:
    """Let others have the turn meanwhile, if this thread has it; on the way out it is waited for again."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _turn.give(_mine.gate)
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
