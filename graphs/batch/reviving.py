"""Processes that are replaced when one of them dies, and rows that a process died of."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from molreflect.graphs.batch.executors import Executor
from molreflect.graphs.batch.tasks import DEATHS, Outcome, Task, died_of
from molreflect.tools.errors import InputError
from molreflect.tools.processes import WorkerDiedError

VAIN_DEATHS = 5
"""Deaths in a row, without a row that came to its end between them, after which it is not the rows."""


class Processes(Executor, Protocol):
    """An executor over processes, which may die."""

    def wait_ready(self) -> None:
        """Wait until every process can begin."""
        ...


@dataclass
class _Entry:
    """A task, and how often the process died that had it in work."""

    task: Task
    future: Future[Outcome] = field(default_factory=Future)
    deaths: int = 0


class RevivingExecutor:
    """Runs tasks in processes; when one dies, all are begun anew, and what they had in work is done again.

    The death of one ends its pool, so that any row in work may be the cause. Such rows are tried once more, one at a
    time beside the others, and a row that was in work when another process died has failed.
    """

    def __init__(self, begin: Callable[[], Processes], say: Callable[[str], None] = lambda _: None) -> None:
        """Start the processes, and wait until they can begin.

        Args:
            begin: Starts them; called again after each death.
            say: Told that a process has died.

        Raises:
            InputError: They cannot be started, by a mistake of the caller.
        """
        self._begin, self._say = begin, say
        self._guard = threading.RLock()
        self._inner = begin()
        self._inner.wait_ready()
        self._calls: int | None = None
        self._drained = self._stopped = self._reviving = False
        self._vain = 0
        self._waiting: deque[_Entry] = deque()
        """Tasks that wait for processes to begin anew."""
        self._suspects: deque[_Entry] = deque()
        """Tasks that a process may have died of, and that wait for their turn."""
        self._tried: _Entry | None = None
        """The suspect in work."""
        self._given_up: Exception | None = None

    @property
    def slots(self) -> int:
        """As of the processes."""
        return self._inner.slots

    @property
    def processes(self) -> int:
        """As of the processes."""
        return self._inner.processes

    def submit(self, task: Task) -> Future[Outcome]:
        """Queue a task."""
        entry = _Entry(task)
        with self._guard:
            self._dispatch(entry)
        return entry.future

    def settle(self) -> None:
        """Do nothing, as the processes: an outcome is sent once the spans are written."""

    def resize(self, calls: int) -> None:
        """Pass it on, to those that are begun anew as well."""
        with self._guard:
            self._calls = calls
            self._inner.resize(calls)

    def drain(self) -> None:
        """Pass it on, to those that are begun anew as well."""
        with self._guard:
            self._drained = True
            self._inner.drain()

    def stop(self) -> None:
        """End the processes, and begin none anew."""
        with self._guard:
            self._stopped = True
        self._inner.stop()

    def _dispatch(self, entry: _Entry) -> None:
        """Hand a task to the processes, or keep it for those to come."""
        if self._given_up is not None:
            entry.future.set_exception(self._given_up)
        elif self._reviving:
            self._waiting.append(entry)
        else:
            inner = self._inner
            inner.submit(entry.task).add_done_callback(partial(self._ended, entry, inner))

    def _ended(self, entry: _Entry, inner: Processes, future: Future[Outcome]) -> None:
        """Take in how a task ended; called in any thread."""
        error = None if future.cancelled() else future.exception()
        with self._guard:
            if isinstance(error, WorkerDiedError) and not self._stopped:
                self._lose(entry, inner, begun=error.begun)
                return
            if error is None:
                self._vain = 0
            if self._tried is entry:
                self._tried = None
                self._try_next()
        if future.cancelled():
            entry.future.cancel()
        elif error is not None:
            entry.future.set_exception(error)
        else:
            entry.future.set_result(future.result())

    def _lose(self, entry: _Entry, inner: Processes, *, begun: bool) -> None:
        """A process died before a task came to its end."""
        if self._given_up is not None:
            entry.future.set_exception(self._given_up)
            return
        if inner is self._inner and not self._reviving:
            self._reviving = True
            self._vain += 1
            threading.Thread(target=self._revive, args=(inner,), daemon=True, name="revive").start()
        if self._tried is entry:
            self._tried = None
        entry.deaths += begun
        if entry.deaths >= DEATHS:
            entry.future.set_result(died_of())
        elif entry.deaths:
            self._suspects.append(entry)
        else:
            self._waiting.append(entry)

    def _revive(self, dead: Processes) -> None:
        """Begin the processes anew, and hand them what was lost."""
        dead.stop()
        try:
            with self._guard:
                if self._vain >= VAIN_DEATHS:
                    raise InputError(
                        f"processes died {self._vain} times without finishing a row (killed, or out of memory?); "
                        "go on with --resume and fewer --processes"
                    )
                if self._is_stopped():
                    raise WorkerDiedError("a worker process ended while the run was stopping")
                self._say("a worker process died (killed, or out of memory?): the processes are begun anew")
            inner = self._begin()
            inner.wait_ready()
        except Exception as error:  # noqa: BLE001 - raised where the outcomes are asked for
            with self._guard:
                self._given_up, self._reviving = error, False
                lost = [*self._waiting, *self._suspects]
                self._waiting.clear()
                self._suspects.clear()
            for entry in lost:
                entry.future.set_exception(error)
            return
        with self._guard:
            self._inner, self._reviving = inner, False
            if self._calls is not None:
                inner.resize(self._calls)
            if self._drained:
                inner.drain()
            stopped = self._is_stopped()
            waiting = [*self._waiting]
            self._waiting.clear()
            for entry in waiting:
                self._dispatch(entry)
            self._try_next()
        if stopped:
            inner.stop()

    def _is_stopped(self) -> bool:
        return self._stopped

    def _try_next(self) -> None:
        """Hand the next suspect to the processes, alone of its kind."""
        if self._tried is None and self._suspects and not self._reviving:
            self._tried = self._suspects.popleft()
            self._dispatch(self._tried)
