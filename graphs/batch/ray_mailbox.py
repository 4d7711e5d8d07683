"""The mailbox of a batch on Ray: workers ask the process that began the run, wherever they are."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

from molreflect.agents.teacher.desk import CallDesk, Query, Reply
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.writer import Shipped, TraceTarget, open_writer

BEAT = 2.0
"""Seconds between two signs of life of a worker, by which it also learns that the run has stopped."""
_GONE = 60.0
"""Seconds without a sign of life after which a worker's calls count as lost."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the way of a pair."""

    trace_id: str
    part: Literal["draft", "reflect"]


@dataclass(frozen=True, slots=True)
class Begun:
    """A worker is about to work on a step; the reply's `number` says how often that was begun before.

    A worker died each time, perhaps of this row, perhaps of another that it had in work.
    """

    step: Step
    alone: bool = False
    """Whether no other such row is in work; only then is one begun that was begun before."""


class Beginnings:
    """How often each step was begun."""

    def __init__(self) -> None:
        """Know of none."""
        self._counts: Counter[Step] = Counter()
        self._guard = threading.Lock()

    def note(self, begun: Begun) -> int:
        """Note that a step is begun, unless it was before and is not alone; how often that was the case before."""
        with self._guard:
            before = self._counts[begun.step]
            if not before or begun.alone:
                self._counts[begun.step] += 1
            return before


Letter = Query | Begun | Shipped


class Mailbox:
    """Carries letters of workers to the process that began the run, and its answers back; an actor of Ray."""

    def __init__(self) -> None:
        """Wait for letters."""
        self._letters: asyncio.Queue[tuple[int, str, Letter]] = asyncio.Queue()
        self._answers: dict[int, asyncio.Future[Reply]] = {}
        self._numbers = itertools.count()

    async def ask(self, worker: str, letter: Letter) -> Reply:
        """Have a letter answered."""
        number = next(self._numbers)
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        await self._letters.put((number, worker, letter))
        return await answer

    async def take(self) -> list[tuple[int, str, Letter]]:
        """Take the letters that wait; where there are none, wait for one, but not for ever."""
        with contextlib.suppress(asyncio.TimeoutError):
            taken = [await asyncio.wait_for(self._letters.get(), BEAT)]
            while not self._letters.empty():
                taken.append(self._letters.get_nowait())
            return taken
        return []

    async def answer(self, number: int, reply: Reply) -> None:
        """Answer a letter."""
        self._answers.pop(number).set_result(reply)


class MailboxReader:
    """Answers at the run's desk what comes to a mailbox."""

    def __init__(self, desk: CallDesk, callers: int, traces: TraceTarget | None = None) -> None:
        """Open a mailbox, and answer from now on.

        Args:
            desk: Of the run.
            callers: Calls that may wait for leave at once.
            traces: Where spans go that workers send; None drops them.
        """
        import ray

        # No CPU: a worker is to have it. As many letters at a time as there are callers, dead ones included.
        actor: Any = ray.remote(num_cpus=0, max_concurrency=4 * callers + 16)(Mailbox)
        self.mailbox = actor.remote()
        self._desk, self._stopping = desk, threading.Event()
        self._seen: dict[str, float] = {}
        self._stack = contextlib.ExitStack()
        self._traces = None if traces is None else open_writer(traces, self._stack)
        self._beginnings = Beginnings()
        self._pool = ThreadPoolExecutor(2 * callers + 8, thread_name_prefix="desk")
        self._reading = threading.Thread(target=self._read, daemon=True, name="mailbox")
        self._reading.start()

    def close(self) -> None:
        """Answer nothing more."""
        self._stopping.set()
        self._reading.join(2 * BEAT)
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._stack.close()

    def _read(self) -> None:
        import ray

        while not self._stopping.is_set():
            try:
                taken = ray.get(self.mailbox.take.remote())
            except Exception:  # noqa: BLE001 - Ray has many; without a mailbox every task fails, which is said there
                return
            now = time.monotonic()
            for number, worker, letter in taken:
                # Ray Data starts an actor that died again under its own id, which comes before the slash.
                for other in [w for w in self._seen if w != worker and w.split("/")[0] == worker.split("/")[0]]:
                    self._forget(other)
                self._seen[worker] = now
                self._pool.submit(self._answer, number, worker, letter)
            for worker in [w for w, seen in self._seen.items() if now - seen > _GONE]:
                self._forget(worker)

    def _forget(self, worker: str) -> None:
        del self._seen[worker]
        self._desk.gone(worker)

    def _answer(self, number: int, worker: str, letter: Letter) -> None:
        if isinstance(letter, Query):
            reply = self._desk.answer(worker, letter)
        else:
            before = self._beginnings.note(letter) if isinstance(letter, Begun) else 0
            try:
                self._trace(letter, before)
            except Exception as error:  # noqa: BLE001 - it is why the run stops
                self._desk.stop(error)
            reply = replace(self._desk.answer(worker, Query("look")), number=before)
        self.mailbox.answer.remote(number, reply)

    def _trace(self, letter: Begun | Shipped, before: int) -> None:
        """Write spans, or drop those of a worker that died on what is begun again."""
        if self._traces is None:
            return
        if isinstance(letter, Shipped):
            self._traces.take(letter)
        elif before and letter.alone:
            step = letter.step
            self._traces.drop(step.trace_id)
            with contextlib.closing(TraceStore(self._traces.target.path)) as store:
                if step.part == "draft":
                    store.forget([step.trace_id])
                else:
                    store.forget_from(step.trace_id, "align:reflect")
