"""Processes for pure computations: the same results whatever their number, and a clear word where one dies."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Self, TypeVar, TypeVarTuple

T = TypeVar("T")
R = TypeVar("R")
Ts = TypeVarTuple("Ts")

_WAITING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME")
"""How OpenMP's threads wait; any of them that is set is the user's word."""
_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""
NO_RECYCLING = {"LOKY_MAX_MEMORY_LEAK_SIZE": "1e15"}
"""loky starts workers anew that grew by 300 MB; caches of molecules and a Java machine do so, and stay."""


class WorkerDiedError(RuntimeError):
    """A process of a pool is gone (killed, out of memory, or crashed in C++), and the results it worked on with it."""

    begun = False
    """Whether the work on this result had begun."""


def available_cores() -> int:
    """Count the cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def free_cores(seconds: float = 0.2) -> int:
    """Count the cores this process may run on that nothing else uses, at least 1.

    Args:
        seconds: How long is looked; the caller should be idle meanwhile. Where the system keeps no `/proc/stat`, the
            load of the last minute is taken instead.
    """
    cores = available_cores()
    before = _idle_seconds()
    if before is None:
        return max(1, min(cores, round(cores - os.getloadavg()[0])))
    time.sleep(seconds)
    took = {core: (now - before[core]) / seconds for core, now in (_idle_seconds() or {}).items() if core in before}
    return max(1, min(cores, round(sum(took.values()))))


def _idle_seconds() -> dict[int, float] | None:
    """Read how long each core of this process was idle since the machine started; None where that is not kept."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    mine = os.sched_getaffinity(0)
    idle = {}
    for line in lines:
        name, *ticks = line.split()
        if (core := name.removeprefix("cpu")).isdigit() and name.startswith("cpu") and int(core) in mine:
            idle[int(core)] = (int(ticks[3]) + int(ticks[4])) / os.sysconf("SC_CLK_TCK")  # idle, and waiting for a disk
    return idle


def keep_few_heaps() -> None:
    """Let all threads of this process take their memory from one heap, where the C library is glibc.

    It gives threads up to eight heaps a core, and what one frees the others cannot use: a worker of 16 threads that
    judged thousands of molecules held two to three times as much as it used.
    """
    if (mallopt := _of_glibc("mallopt")) is not None:
        mallopt(_ARENA_MAX, 1)


def give_memory_back() -> None:
    """Hand the machine what this process has freed, where the C library is glibc, which keeps it otherwise."""
    if (trim := _of_glibc("malloc_trim")) is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    """A function of the C library by its name; None where that is another than glibc and has none such."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None


def wait_passively() -> None:
    """Let OpenMP's threads sleep where they have no work, unless the user's variables say how they wait.

    Threads that spin, the default, keep a core from the process that has work for it. It works through the environment,
    so it must be called before torch is imported.
    """
    if not any(name in os.environ for name in _WAITING):
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def settle_threads() -> str | None:
    """Let torch take as many threads as cores are free, unless the user's `OMP_NUM_THREADS` says how many.

    It works through the environment, so it must be called before torch is imported; afterwards it does nothing.

    Returns:
        What was settled, in one line; None where it is settled already.
    """
    if "torch" in sys.modules or "OMP_NUM_THREADS" in os.environ:
        return None
    cores, free = available_cores(), free_cores()
    os.environ["OMP_NUM_THREADS"] = str(free)
    threads = "1 thread" if free == 1 else f"{free} threads"
    return f"{threads}: {free} of {cores} cores free at the start (OMP_NUM_THREADS=N sets another number)"


class ProcessPool:
    """A pool of fresh interpreters, over loky.

    It works from a notebook, from a script without a main guard, from any working directory and beside threads, Java
    and torch, which do not survive a fork. Functions are found by their import name, or travel as they are where they
    have none. What they raise is raised here; `InputError` stays one.
    """

    def __init__(
        self,
        workers: int,
        begin: Callable[[*Ts], object] | None = None,
        arguments: tuple[*Ts] = (),  # type: ignore[assignment]
        *,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start no process yet; the first task does.

        Args:
            workers: Processes, at least 1.
            begin: Called first in every process.
            arguments: Of `begin`.
            env: Environment variables that every process has besides this one's.
        """
        self._env = NO_RECYCLING | dict(env or {})
        self._workers = workers
        self._begin = (begin, arguments)
        self._executor: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop(kill=kind is not None)

    def start(self, function: Callable[[*Ts], object], *arguments: *Ts) -> None:
        """Begin with a task whose result nobody waits for: a process starts and imports what the function needs."""
        self._submit(function, *arguments)

    def in_order(self, function: Callable[[*Ts], R], tasks: Iterable[tuple[*Ts]], *, ahead: int = 3) -> Iterator[R]:
        """Call a function with each tuple of arguments; results come in the order of the tasks.

        Args:
            function: Called in some process.
            tasks: May be endless; `ahead` of them for each process are taken before their results are.
            ahead: Tasks a process.

        Raises:
            WorkerDiedError: A process died.
        """
        left = iter(tasks)
        waiting: deque[Future[R]] = deque()
        while True:
            while len(waiting) < ahead * self._workers and (task := next(left, None)) is not None:
                waiting.append(self._submit(function, *task))
            if not waiting:
                return
            try:
                result = waiting.popleft().result()
            except BrokenProcessPool as error:
                self._stop(kill=True)
                raise WorkerDiedError(
                    "a worker process died (killed, or out of memory?); use fewer workers, or start again"
                ) from error
            yield result

    def as_completed(
        self, function: Callable[[*Ts], R], tasks: Iterable[tuple[*Ts]], *, tick: Callable[[], None], every: float
    ) -> Iterator[R]:
        """Call a function with each tuple of arguments; results come as they are done.

        Args:
            function: Called in some process.
            tasks: Begun in their order, as many at a time as there are processes.
            tick: Called while nothing is done yet.
            every: Seconds between two calls of it.

        Raises:
            WorkerDiedError: A process died.
        """
        left = iter(tasks)
        running: set[Future[R]] = set()
        while True:
            while len(running) < self._workers and (task := next(left, None)) is not None:
                running.add(self._submit(function, *task))
            if not running:
                return
            done, running = wait(running, timeout=every, return_when=FIRST_COMPLETED)
            if not done:
                tick()
            for future in done:
                try:
                    result = future.result()
                except BrokenProcessPool as error:
                    self._stop(kill=True)
                    raise WorkerDiedError(
                        "a worker process died (killed, or out of memory?); use fewer workers, or start again"
                    ) from error
                yield result

    def surviving(
        self, function: Callable[[list[T]], list[R]], chunks: Iterable[Sequence[T]], lost: R
    ) -> Iterator[tuple[list[T], list[R]]]:
        """Call a function with lists of items, in no certain order, and survive items that kill the process.

        What a process died of is looked for by halving; only the item itself is given up.

        Args:
            function: Gives one result for each item.
            chunks: Lists of items.
            lost: Result of an item that killed its process.

        Yields:
            Items and their results; a list may come back in pieces.
        """
        left = iter(chunks)
        running: dict[Future[list[R]], list[T]] = {}
        while True:
            while len(running) < 2 * self._workers and (chunk := next(left, None)) is not None:
                running[self._submit(function, list(chunk))] = list(chunk)
            if not running:
                return
            wait(running, return_when=FIRST_COMPLETED)
            suspects: list[list[T]] = []
            for future in [future for future in running if future.done()]:
                items = running.pop(future)
                if isinstance(future.exception(), BrokenProcessPool):
                    suspects.append(items)
                else:
                    yield items, future.result()
            if suspects:  # the pool is gone, and with it whatever was running
                self._stop(kill=True)
                suspects += running.values()
                running.clear()
                while suspects:
                    items = suspects.pop()
                    try:
                        yield items, self._submit(function, items).result()
                    except BrokenProcessPool:
                        self._stop(kill=True)
                        if len(items) == 1:
                            yield items, [lost]
                        else:
                            suspects += [items[len(items) // 2 :], items[: len(items) // 2]]

    def _submit(self, function: Callable[[*Ts], R], *arguments: *Ts) -> Future[R]:
        if self._executor is None:
            from loky import ProcessPoolExecutor

            self._executor = ProcessPoolExecutor(
                self._workers, initializer=begin_worker, initargs=self._begin, env=self._env
            )
        submitted: Future[R]
        try:
            submitted = self._executor.submit(function, *arguments)
        except BrokenProcessPool as error:
            submitted = Future()
            submitted.set_exception(error)
        return submitted

    def _stop(self, *, kill: bool) -> None:
        executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True, kill_workers=kill)


def begin_worker(begin: Callable[..., object] | None = None, arguments: tuple[Any, ...] = ()) -> None:
    """Make a worker process ready: Ctrl-C is for the parent, and RDKit's reasons come back as errors, not as lines."""
    from rdkit import RDLogger

    keep_few_heaps()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # RDKit would take it while it matches, and give up
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # which the parent may have kept for itself
    multiprocessing.set_start_method("spawn", force=True)  # loky's own is unknown to a process that is started here
    RDLogger.DisableLog("rdApp.*")
    if begin is not None:
        begin(*arguments)
