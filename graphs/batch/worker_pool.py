"""The processes of a batch: started before there is anything to serve, and spoken to over pipes.

A fresh interpreter takes two seconds to load what a worker needs, and as long again to start Java. Processes that are
started while a corpus is still being read are ready when it is, and have meanwhile turned its names into structures.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.graphs.batch.tasks import Outcome
from molreflect.tools.corpus import RowsOf
from molreflect.tools.errors import InputError
from molreflect.tools.processes import NO_RECYCLING, begin_worker
from molreflect.tools.resources import open_resources

if TYPE_CHECKING:
    import numpy.typing as npt

SECONDS_TO_STOP = 5.0
"""How long a process may take to keep the evidence it counted."""

MOLECULES_A_TASK = 200
"""Molecules of which one process computes something at a time: a tenth of a second."""

NAMES_A_TASK = 100
"""Names that one process turns into structures at a time."""


class WorkerPool:
    """Workers of loky, with the pipes over which an executor speaks to them."""

    def __init__(self, processes: int) -> None:
        """Start the processes, which load what they need and then wait."""
        from loky import ProcessPoolExecutor
        from loky.backend import get_context

        self.processes = processes
        self._closed = False
        context = get_context("loky")
        self.tasks = context.Queue()
        """Pickled `(number, task)`."""
        # A pipe in place of a queue each way: its end is seen when the process behind it is gone, whatever it held.
        self.outcomes, write_end = context.Pipe(duplex=False)
        stopped, self._running = context.Pipe(duplex=False)
        drained, self._draining = context.Pipe(duplex=False)
        self._pool = ProcessPoolExecutor(
            processes,
            initializer=begin,
            initargs=(Channels(self.tasks, write_end, context.Lock(), stopped, drained, os.getpid()),),
            env=NO_RECYCLING,
        )
        for _ in range(processes):
            self._pool.submit(_load)
        write_end.close()

    def is_whole(self) -> bool:
        """Say whether no process has died so far; waits until one has loaded what it needs."""
        try:
            self.submit(os.getpid).result()
        except BrokenProcessPool:
            return False
        return True

    def submit(self, function: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Call a function in some process.

        Raises:
            BrokenProcessPool: One has died.
        """
        found: Future[Any] = self._pool.submit(function, *arguments)
        return found

    def begin_names(self, names: Sequence[str], cache: Path) -> Callable[[], None]:
        """Begin to turn names into structures in all processes, and to keep them in a cache; they start Java.

        Whatever a process that dies leaves undone is left to whoever reads the cache.

        Args:
            names: Not known to the cache.
            cache: Folder of the cache.

        Returns:
            Waits for the end of it, and raises InputError where Java or OPSIN is not installed.
        """
        begun: list[Future[Any]] = []
        with contextlib.suppress(BrokenProcessPool):
            for start in range(0, len(names), NAMES_A_TASK):
                begun.append(self.submit(_keep_names, names[start : start + NAMES_A_TASK], cache))

        def wait() -> None:
            with contextlib.suppress(BrokenProcessPool):
                for part in begun:
                    part.result()

        return wait

    def spread(self, function: RowsOf, smiles: Sequence[str]) -> npt.NDArray[Any]:
        """Compute one entry of an array for each molecule in all processes; here, where one has died.

        Args:
            function: Found by its import name.
            smiles: The molecules.

        Returns:
            What `function` gives for all of them, shape (n_molecules, ...).
        """
        import numpy as np

        if not smiles:
            return function(smiles)
        starts = range(0, len(smiles), MOLECULES_A_TASK)
        try:
            begun = [self.submit(function, smiles[start : start + MOLECULES_A_TASK]) for start in starts]
            return np.concatenate([part.result() for part in begun])
        except BrokenProcessPool:
            return function(smiles)

    def drain(self) -> None:
        """Tell every process to make no further call."""
        self._draining.close()

    def end(self) -> None:
        """Tell every process to end what it serves."""
        self._running.close()

    def close(self) -> None:
        """Kill what is left of the processes; done twice, it does nothing."""
        if self._closed:
            return
        self._closed = True
        self._running.close()
        self.tasks.cancel_join_thread()
        self.tasks.close()
        self._pool.shutdown(wait=True, kill_workers=True)


def _load() -> None:
    """Load what serving takes, by importing this module's users."""
    import molreflect.graphs.batch.executors
    import molreflect.graphs.batch.teacher_setup  # noqa: F401


def _keep_names(names: Sequence[str], cache: Path) -> None:
    with contextlib.closing(open_resources(cache)) as resources:
        resources.nomenclature.resolve(names)


BEGUN = False
"""In place of a bug: the work on a task has begun."""

ENDED = True
"""In place of a bug: the work on a task has ended, and its outcome is sent once its spans are written."""


@dataclass(frozen=True, slots=True)
class Channels:
    """How a worker process is spoken to; handed over as it starts."""

    tasks: Any
    """A queue of pickled `(number, task)`."""
    outcomes: Connection
    writing: Any
    """A lock on `outcomes`."""
    stopped: Connection
    """Ends when the executor stops, or its process dies."""
    drained: Connection
    """Ends when no further call is to be made."""
    parent: int
    """Process id of the executor."""

    def send(self, number: int | None, outcome: Outcome | None = None, bug: InputError | str | bool = "") -> None:
        """Send an outcome, or that a task is `BEGUN` or `ENDED`; without a number, that the process can begin."""
        data = pickle.dumps((number, outcome, bug), protocol=pickle.HIGHEST_PROTOCOL)
        with self.writing:
            self.outcomes.send_bytes(data)


_channels: list[Channels] = []
"""Of this worker process."""
stopping, drained, closed = threading.Event(), threading.Event(), threading.Event()
"""Of this worker process: it is to stop; it is to make no further call; it has closed what it opened."""


def of_this_process() -> Channels:
    """Look up how this worker process is spoken to."""
    (channels,) = _channels
    return channels


def begin(channels: Channels) -> None:
    """Make a worker process ready; the first it does."""
    begin_worker()
    _channels.append(channels)
    threading.Thread(target=_await_end, args=(channels.stopped, stopping), daemon=True, name="stop").start()
    threading.Thread(target=_await_end, args=(channels.drained, drained), daemon=True, name="drain").start()
    threading.Thread(target=_leave, args=(channels,), daemon=True, name="leave").start()


def _await_end(channel: Connection, ended: threading.Event) -> None:
    with contextlib.suppress(EOFError, OSError):
        channel.recv_bytes()  # nothing is ever sent: this waits for the end
    ended.set()


def _leave(channels: Channels) -> None:
    stopping.wait()
    closed.wait(SECONDS_TO_STOP)
    if os.getppid() != channels.parent:
        os.kill(os.getpid(), signal.SIGTERM)  # loky would wait for ever for work from a process that was killed
