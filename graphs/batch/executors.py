"""Executors of a batch: this thread, threads of this process, or threads of several processes.

A teacher behind an endpoint keeps a pair waiting most of the time, so that many pairs are in work at once, each in a
thread. One interpreter runs the Python around some ten calls a second and caller; beyond `CALLERS_A_PROCESS` callers,
several processes share it. They are workers of loky: fresh interpreters that start from a notebook and from any folder.
"""

from __future__ import annotations

import contextlib
import itertools
import pickle
import threading
import traceback
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, Self

from molreflect.agents.teacher.agent import Teacher
from molreflect.agents.teacher.desk import Ask, DeskAddress, DeskClient
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentSettings
from molreflect.graphs.batch.prepared_corpus import (
    reopen_resources,
)
from molreflect.graphs.batch.steering import MOST_CALLS, Follower
from molreflect.graphs.batch.tasks import Outcome, Task, Worker
from molreflect.graphs.batch.worker_pool import (
    BEGUN,
    ENDED,
    SECONDS_TO_STOP,
    Channels,
    WorkerPool,
    closed,
    drained,
    of_this_process,
    stopping,
)
from molreflect.graphs.traces.writer import TraceTarget, open_writer
from molreflect.tools.corpus import Corpus
from molreflect.tools.errors import InputError
from molreflect.tools.names.from_corpus import Definition
from molreflect.tools.processes import WorkerDiedError
from molreflect.tools.resources import Resources

OpenTeacher = Callable[[Resources, contextlib.ExitStack, Ask | None], Teacher]
"""Open a process's own teacher, which asks for leave to make calls; the stack closes what it opens. It is pickled."""


HELD = 16
"""Outcomes that a process holds, at most, until their spans are written together."""
SECONDS_HELD = 0.25
"""How long it does so."""


class Executor(Protocol):
    """Runs tasks."""

    @property
    def slots(self) -> int:
        """Tasks that are worth submitting at a time: those in work, and a few that wait for the next free thread."""
        ...

    @property
    def processes(self) -> int:
        """How many others share the work and make calls that this process does not count."""
        ...

    def submit(self, task: Task) -> Future[Outcome]:
        """Run a task, now or later."""
        ...

    def settle(self) -> None:
        """Write the spans of every task that has its outcome; its row is kept after that."""
        ...

    def resize(self, calls: int) -> None:
        """Take so many tasks from now on that this many calls can be under way at once."""
        ...

    def drain(self) -> None:
        """Have every task end that has not asked its teacher yet, as interrupted; calls under way come to their end."""
        ...

    def stop(self) -> None:
        """Cancel tasks that have not begun, and release what was opened."""
        ...


class InlineExecutor:
    """Runs each task in the calling thread, as it is submitted."""

    slots = 1
    processes = 0

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def submit(self, task: Task) -> Future[Outcome]:
        """Run the task now; a bug is raised at once."""
        future: Future[Outcome] = Future()
        future.set_result(self._worker(task))
        return future

    def settle(self) -> None:
        """As of the worker."""
        self._worker.settle()

    def resize(self, calls: int) -> None:
        """Do nothing: the calling thread makes one call at a time."""

    def drain(self) -> None:
        """Do nothing: the worker's meter is the caller's own."""

    def stop(self) -> None:
        """Do nothing: no task is left."""


class ThreadExecutor:
    """Runs tasks in threads of this process."""

    processes = 0

    def __init__(self, worker: Worker, threads: int) -> None:
        """Start a pool; as many calls of the teacher are under way at most as there are threads."""
        self.slots = _slots(threads)
        self._worker, self._threads = worker, threads
        # Threads come into being as they are needed; how many may work is decided here, since it may change.
        self._pool = ThreadPoolExecutor(max(threads, MOST_CALLS), thread_name_prefix="pair")
        self._queued: deque[tuple[Task, Future[Outcome]]] = deque()
        self._busy = 0
        self._guard = threading.Lock()

    def submit(self, task: Task) -> Future[Outcome]:
        """Queue a task."""
        future: Future[Outcome] = Future()
        with self._guard:
            self._queued.append((task, future))
        self._begin()
        return future

    def settle(self) -> None:
        """As of the worker."""
        self._worker.settle()

    def resize(self, calls: int) -> None:
        """Work in so many threads; those that are too many end with their tasks."""
        with self._guard:
            self._threads, self.slots = calls, _slots(calls)
        self._begin()

    def drain(self) -> None:
        """Do nothing: the worker's meter is the caller's own."""

    def stop(self) -> None:
        """Cancel tasks that have not begun, and wait for the others."""
        with self._guard:
            queued = [*self._queued]
            self._queued.clear()
        for _, future in queued:
            future.cancel()
        self._pool.shutdown()

    def _begin(self) -> None:
        """Begin queued tasks for which there is a thread."""
        with self._guard:
            while self._queued and self._busy < self._threads:
                self._busy += 1
                self._pool.submit(self._work)

    def _work(self) -> None:
        """Run queued tasks while this thread is not one too many."""
        while True:
            with self._guard:
                if not self._queued or self._busy > self._threads:
                    self._busy -= 1
                    return
                task, future = self._queued.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(self._worker(task))
            except BaseException as error:  # noqa: BLE001 - it is raised where the outcome is asked for
                future.set_exception(error)


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """What a process needs to open collaborators of its own. It is pickled."""

    corpus: Corpus
    phrases: Mapping[str, frozenset[str]]
    definitions: Mapping[str, tuple[Definition, ...]]
    folder: Path | None
    cache: Path | None
    settings: AlignmentSettings
    index_hash: str
    open_teacher: OpenTeacher
    calls: int
    """Calls of the teacher under way at once, in each process."""
    together: bool = False
    """Whether each process writes the spans of several tasks together, and sends their outcomes after that."""
    lexicon_patch: str | None = None
    """Of the run."""
    reads_names: bool = False
    """Whether names that the cache does not know are to be expected."""
    run: Path | None = None
    """The run directory, by which the processes are steered; None steers none."""
    processes: int = 1
    """How many share the work."""
    counted: bool = True
    """Whether a call needs leave."""
    desk: DeskAddress | None = None
    """Where it is asked for; None where nobody counts calls, or there is another way."""
    traces: TraceTarget | None = None
    """Where each process writes its spans."""

    def open(self, stack: contextlib.ExitStack, ask: Ask | None = None) -> Worker:
        """Open the collaborators; the stack closes them.

        Args:
            stack: Closes them.
            ask: Another way to the desk than its address.
        """
        resources = reopen_resources(
            self.corpus,
            self.phrases,
            self.definitions,
            folder=self.folder,
            cache=self.cache,
            lexicon_patch=self.lexicon_patch,
            reads_names=self.reads_names,
        )
        stack.callback(resources.close)
        if resources.evidence is not None:
            stack.callback(resources.evidence.close)
        if ask is None and self.desk is not None:
            ask = stack.enter_context(contextlib.closing(DeskClient(self.desk)))
        teacher = self.open_teacher(resources, stack, ask)
        context = AlignmentContext(
            teacher=teacher, resources=resources, settings=self.settings, index_hash=self.index_hash
        )
        traces = None if self.traces is None else open_writer(self.traces, stack)
        return Worker(context, traces, together=self.together and traces is not None)


class ProcessExecutor:
    """Runs tasks in threads of several processes, which open their collaborators while the caller goes on."""

    def __init__(self, setup: WorkerSetup, processes: int, pool: WorkerPool | None = None) -> None:
        """Start the processes.

        Args:
            setup: What each process opens.
            processes: How many.
            pool: Processes that were started before, as many; the executor stops them. None starts them now.
        """
        self._held = HELD * processes if setup.together else 0
        self.slots = _slots(processes * setup.calls) + self._held
        self.processes = processes if setup.desk is None else 0
        self._pool = pool or WorkerPool(processes)
        self._pending: dict[int, Future[Outcome]] = {}
        self._over: set[int] = set()
        """Of those, the tasks of which no process can die any more."""
        self._numbers = itertools.count()
        self._guard = threading.Lock()
        self._left_to_open = processes
        self._ready: Future[None] = Future()
        self._served = [self._pool.submit(serve, setup, number) for number in range(processes)]
        for served in self._served:
            served.add_done_callback(self._ended)
        threading.Thread(target=self._listen, daemon=True, name="outcomes").start()

    def wait_ready(self) -> None:
        """Wait until every process can begin.

        Raises:
            InputError: One cannot, by a mistake of the caller.
        """
        self._ready.result()

    def submit(self, task: Task) -> Future[Outcome]:
        """Queue a task; the next free thread of any process takes it."""
        future: Future[Outcome] = Future()
        with self._guard:
            number = next(self._numbers)
            self._pending[number] = future
        self._pool.tasks.put(pickle.dumps((number, task), protocol=pickle.HIGHEST_PROTOCOL))
        for served in self._served:
            if served.done():  # it ended before the task was noted
                self._ended(served)
        return future

    def settle(self) -> None:
        """Do nothing: an outcome is sent once the spans are written."""

    def resize(self, calls: int) -> None:
        """Submit so many tasks from now on; the processes follow the run directory themselves."""
        # Of fewer calls than processes, none may lie ready in a process that is not to make one.
        self.slots = _slots(calls) + self._held if calls >= self.processes else calls

    def drain(self) -> None:
        """Tell every process."""
        self._pool.drain()

    def stop(self) -> None:
        """End the processes once they have kept the evidence they counted; tasks in work are dropped."""
        opened = self._ready.done()
        self._pool.end()
        wait(self._served, timeout=SECONDS_TO_STOP if opened else 0)
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):  # all processes are gone
            while True:
                number, outcome, bug = pickle.loads(self._pool.outcomes.recv_bytes())
                if bug is BEGUN:
                    with self._guard:
                        begun = self._pending.get(number)
                        if begun is not None:
                            begun.set_running_or_notify_cancel()
                    continue
                if bug is ENDED:
                    self._over.add(number)
                    continue
                with self._guard:
                    if number is None:
                        self._left_to_open -= 1
                        if not self._left_to_open and not self._ready.done():
                            self._ready.set_result(None)
                        continue
                    future = self._pending.pop(number, None)
                    self._over.discard(number)
                if future is None:
                    continue
                if isinstance(bug, InputError):
                    future.set_exception(bug)
                elif bug:
                    future.set_exception(RuntimeError(f"a worker process failed:\n{bug}"))
                else:
                    future.set_result(outcome)

    def _ended(self, served: Future[None]) -> None:
        """Fail every task where a process has ended before its time."""
        try:
            error = served.exception()
        except BaseException as cancelled:  # noqa: BLE001 - the pool was shut down before the process began
            error = cancelled
        if error is None or isinstance(error, BrokenProcessPool):
            error = WorkerDiedError("a worker process ended; go on with --resume")
        with self._guard:
            pending, over = [*self._pending.items()], {*self._over}
            self._pending.clear()
            if not self._ready.done():
                self._ready.set_exception(error)
        for number, future in pending:
            if isinstance(error, WorkerDiedError):
                error = WorkerDiedError(str(error))
                error.begun = future.running() and number not in over
            future.set_exception(error)


def serve(setup: WorkerSetup, number: int) -> None:
    """Run tasks in threads until the executor stops; the one task of a worker process for loky.

    Args:
        setup: What the process opens.
        number: Which of the processes this is, from 0.

    Raises:
        InputError: The collaborators cannot be opened.
    """
    channels = of_this_process()
    with contextlib.ExitStack() as stack:
        stack.callback(closed.set)
        worker = setup.open(stack)
        threads = _Threads(worker, channels)
        threads.grow(setup.calls)
        if setup.run is not None:
            follower = Follower(setup.run, worker.context.teacher.endpoint, processes=setup.processes, number=number)
            followed = threading.Thread(
                target=follower.follow, args=(stopping, threads.grow), daemon=True, name="steering"
            )
            followed.start()
            stack.callback(followed.join)
        threading.Thread(target=_stop_calls, args=(worker,), daemon=True, name="calls").start()
        channels.send(None)
        stopping.wait()
        if worker.context.resources.evidence is not None:
            worker.context.resources.evidence.flush()


class _Outbox:
    """Sends the outcomes of a worker process, those of rules some at a time: once their spans are written together."""

    def __init__(self, worker: Worker, channels: Channels) -> None:
        self._worker, self._channels = worker, channels
        self._held: list[tuple[int, Outcome]] = []
        self._guard = threading.Lock()
        if worker.together:
            threading.Thread(target=self._send_held, daemon=True, name="outbox").start()

    def put(self, number: int, outcome: Outcome | None, bug: InputError | str) -> None:
        """Send an outcome or a bug, now or soon."""
        if not self._worker.together or outcome is None:
            self._channels.send(number, outcome, bug)
            return
        self._channels.send(number, bug=ENDED)
        with self._guard:
            self._held.append((number, outcome))
            many = len(self._held) >= HELD
        if many:
            self.send()

    def send(self) -> None:
        """Send what waits."""
        with self._guard:
            held, self._held = self._held, []
        if not held:
            return
        _, bug = _attempt(self._worker.settle)
        if not stopping.is_set():
            for number, outcome in held:
                self._channels.send(number, None if bug else outcome, bug)

    def _send_held(self) -> None:
        while not stopping.wait(SECONDS_HELD):
            self.send()


class _Threads:
    """The threads of a worker process, of which there may come to be more."""

    def __init__(self, worker: Worker, channels: Channels) -> None:
        self._worker, self._channels, self._count = worker, channels, 0
        self._outbox = _Outbox(worker, channels)

    def grow(self, threads: int) -> None:
        """See that there are so many at least; those that have nothing to do wait."""
        for _ in range(threads - self._count):
            threading.Thread(target=self._work, daemon=True, name="pair").start()
        self._count = max(self._count, threads)

    def _work(self) -> None:
        """Run tasks, one after the other."""
        while True:
            if self._channels.tasks.empty():
                self._outbox.send()  # whoever gives out tasks may wait for it
            number, task = pickle.loads(self._channels.tasks.get())
            if stopping.is_set():
                return
            self._channels.send(number, bug=BEGUN)
            outcome, bug = _attempt(partial(self._worker, task))
            if stopping.is_set():
                return
            self._outbox.put(number, outcome, bug)


def _attempt(work: Callable[[], Outcome | None]) -> tuple[Outcome | None, InputError | str]:
    """Do something; what goes wrong travels to the process that asked, which raises it."""
    try:
        return work(), ""
    except InputError as error:
        return None, InputError(str(error))
    except Exception:  # noqa: BLE001 - as above
        return None, traceback.format_exc()


def _stop_calls(worker: Worker) -> None:
    drained.wait()
    worker.context.teacher.meter.stop("the run stops")


def _slots(threads: int) -> int:
    # A few tasks lie ready, so that no thread waits for the next one to be submitted.
    return threads + max(2, threads // 4)
