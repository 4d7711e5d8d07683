"""Who works on the pairs of a batch: this thread, threads of this process, or threads of several processes.

A teacher behind an endpoint keeps a pair waiting most of the time, so many pairs are in work at once. What is left is
Python's own work (graph, agent, client, judge), which one interpreter does for some hundred calls a second at most;
beyond that, several processes share it. They are plain subprocesses fed through pipes, not `multiprocessing`'s: these
work from a notebook and from a script without a main guard, and nothing is forked under Java's or Chroma's feet.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Protocol, Self

from langchain_core.runnables import RunnableConfig

from molreflect.agents.errors import CapReachedError, TeacherError
from molreflect.agents.models.turns import Gate, my_turn
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import PairRecord, Usage
from molreflect.agents.teacher.agent import Teacher
from molreflect.graphs.alignment.graph import AlignmentContext, AlignmentSettings, AlignmentState, build_alignment_graph
from molreflect.graphs.batch.prepared_corpus import reopen_resources
from molreflect.graphs.traces.store import Span, SpanRecorder
from molreflect.tools.corpus import Corpus
from molreflect.tools.errors import InputError
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict

CALLERS_A_PROCESS = 16
"""Pairs in work from which on another process pays."""

SWITCH_SECONDS = 0.0002
"""How long a thread whose answer has come waits for the interpreter. With Python's own 5 ms, which it waits several
times a call, the next call would leave so much later."""

SECONDS_TO_END = 5.0
"""How long a process that is no longer needed may take to keep what it counted."""

OpenTeacher = Callable[[Resources, contextlib.ExitStack], Teacher]
"""Makes a process's own teacher; what it opens is closed by the stack. It travels by pickle."""


@dataclass(frozen=True, slots=True)
class Task:
    """One part of the way of one pair."""

    part: Literal["draft", "reflect"]
    state: AlignmentState
    neighbours: tuple[NeighbourExample, ...] | None = None
    """What reflection is shown, most similar first; None where nothing is retrieved."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A task that came to its end."""

    draft: dict[str, Any] | None
    """What reflection needs of a draft, as JSON types."""
    record: PairRecord | None
    """Of a reflection, or of a draft that there is nothing to reflect on in; the latter names no neighbours."""
    seconds: float
    """Time in teacher, tools and judge, the draft's included."""
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Failure:
    """A row that ended without a result, and how it got there."""

    reason: str
    spans: Sequence[Span]
    usage: Usage
    raw: str
    """The model's last answer as it wrote it, where it could not be used."""


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A row that a cap of the run left undone."""

    usage: Usage
    """What was spent on it before the cap was reached."""


Outcome = Finished | Failure | Interrupted


class Worker:
    """Does tasks with one set of collaborators. May be used from several threads."""

    def __init__(self, context: AlignmentContext, calls: int | None = None) -> None:
        """Compile the graphs.

        Args:
            context: The collaborators.
            calls: Most calls of the teacher under way at once; None sets no bound but the number of threads.
        """
        self.context = context
        self.gate = None if calls is None else Gate(calls)
        self.graphs = {"draft": build_alignment_graph(part="draft"), "reflect": build_alignment_graph(part="reflect")}

    def __call__(self, task: Task) -> Outcome:
        """Take one pair through one part of the graph.

        Returns:
            What came of it. A teacher that fails or a cap of the run ends the row; all else is a bug and travels up.
        """
        if self.context.teacher.meter.stopped is not None:
            return Interrupted(Usage())
        recorder = SpanRecorder(task.state.trace_id)
        config: RunnableConfig = {"callbacks": [recorder], "recursion_limit": 100}
        shown = task.neighbours
        context = replace(self.context, retrieve=None if shown is None else lambda _: shown)
        # A reflection that may have to be repaired is begun before the others: left to the end, it would end late.
        short = task.part == "reflect" and all(a.verdict is not Verdict.REFUTED for a in task.state.drafted)
        try:
            with my_turn(self.gate, patient=short):
                final = self.graphs[task.part].invoke(task.state, config, context=context)
        except TeacherError as error:
            return Failure(error.reason, recorder.spans, error.usage, error.raw)
        except CapReachedError as error:
            return Interrupted(error.usage)
        seconds = round(final.get("seconds", 0.0), 4)
        if task.part == "draft":
            return Finished(_draft_to_json(final), final.get("record"), seconds, recorder.spans)
        return Finished(None, final["record"], seconds, recorder.spans)


class Crew(Protocol):
    """Where tasks are handed in."""

    slots: int
    """Tasks that are worth handing in at a time: those in work, and a few that wait for the next free place."""

    def submit(self, task: Task) -> Future[Outcome]:
        """Take a task on."""
        ...

    def close(self) -> None:
        """Let go of tasks that have not begun, and end."""
        ...


class Alone:
    """Works on a task where it stands, one after the other."""

    slots = 1

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def submit(self, task: Task) -> Future[Outcome]:
        """Do the task now; what goes wrong is raised at once."""
        future: Future[Outcome] = Future()
        future.set_result(self._worker(task))
        return future

    def close(self) -> None:
        """Nothing is left behind."""


class Threads:
    """Threads of this process."""

    def __init__(self, context: AlignmentContext, calls: int) -> None:
        """Start them.

        Args:
            context: The collaborators.
            calls: Calls of the teacher under way at once.
        """
        threads = _threads(calls)
        self.slots = _slots(threads)
        self._worker = Worker(context, calls)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="pair")

    def submit(self, task: Task) -> Future[Outcome]:
        """Take a task on."""
        return self._pool.submit(self._worker, task)

    def close(self) -> None:
        """Let go of tasks that have not begun, and wait for the others."""
        self._pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Opening:
    """What a process needs to open collaborators of its own. It travels by pickle."""

    corpus: Corpus
    phrases: Mapping[str, frozenset[str]]
    folder: Path | None
    cache: Path | None
    settings: AlignmentSettings
    index_hash: str
    open_teacher: OpenTeacher
    calls: int
    """Calls of the teacher under way at once."""
    reads_names: bool = False
    """Whether names that the cache does not know are to be expected."""

    def open(self, stack: contextlib.ExitStack) -> Worker:
        """Open them; the stack closes them."""
        resources = reopen_resources(
            self.corpus, self.phrases, folder=self.folder, cache=self.cache, reads_names=self.reads_names
        )
        stack.callback(resources.close)
        if resources.evidence is not None:
            stack.callback(resources.evidence.close)
        return Worker(
            AlignmentContext(
                teacher=self.open_teacher(resources, stack),
                resources=resources,
                settings=self.settings,
                index_hash=self.index_hash,
            ),
            self.calls,
        )


class Processes:
    """Threads of several processes. They start at once and open their collaborators while the caller goes on."""

    def __init__(self, opening: Opening, processes: int) -> None:
        """Start them.

        Args:
            opening: What each opens for itself; its `calls` is how many calls each has under way at once.
            processes: How many.
        """
        self.slots = _slots(processes * _threads(opening.calls))
        self._drafter: dict[str, _Member] = {}
        """Who drafted a pair that is still to be reflected on."""
        sent = pickle.dumps(opening, protocol=pickle.HIGHEST_PROTOCOL)
        self._members = [_Member(sent) for _ in range(processes)]

    def ready(self) -> None:
        """Wait until every process can begin.

        Raises:
            InputError: One cannot, by a mistake that can be mended.
        """
        for member in self._members:
            member.opened.result()

    def submit(self, task: Task) -> Future[Outcome]:
        """Hand a task to the process with the least to do; a reflection to the one that drafted, if it has hardly more.

        That one remembers what it made of the pair: reading the molecule and judging most ties is done there.
        """
        member = min(self._members, key=lambda member: member.busy)
        if task.part == "reflect":
            knows = self._drafter.pop(task.state.id, member)
            return (knows if knows.busy <= member.busy + 2 else member).submit(task)

        def remember(done: Future[Outcome]) -> None:
            outcome = None if done.exception() is not None else done.result()
            if isinstance(outcome, Finished) and outcome.record is None:
                self._drafter[task.state.id] = member

        future = member.submit(task)
        future.add_done_callback(remember)
        return future

    @property
    def opened(self) -> bool:
        """Whether every process can begin, or has failed to."""
        return all(member.opened.done() for member in self._members)

    def close(self) -> None:
        """End the processes."""
        for member in self._members:
            member.dismiss()
        late = time.monotonic() + SECONDS_TO_END
        for member in self._members:
            member.end(late)

    def __enter__(self) -> Self:
        """The crew itself; leaving the block ends it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Member:
    """One process, and the thread that listens to it."""

    def __init__(self, opening: bytes) -> None:
        path = os.pathsep.join(p or os.getcwd() for p in sys.path)
        self._child = subprocess.Popen(
            [sys.executable, "-c", "from molreflect.graphs.batch.executors import serve; serve()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._to, self._from = self._child.stdin, self._child.stdout
        self._guard = threading.Lock()
        self._asked: dict[int, Future[Any]] = {0: Future()}
        self.opened: Future[None] = self._asked[0]
        self._count = 0
        threading.Thread(target=self._listen, daemon=True, name="crew").start()
        with contextlib.suppress(BrokenPipeError):  # it died at once; the listener says so
            self._to.write(opening)
            self._to.flush()

    @property
    def busy(self) -> int:
        """Tasks it has not answered."""
        return len(self._asked)

    def submit(self, task: Task) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        with self._guard:
            self._count += 1
            number = self._count
            self._asked[number] = future
        try:
            pickle.dump((number, task), self._to, protocol=pickle.HIGHEST_PROTOCOL)
            self._to.flush()
        except BrokenPipeError:
            self._lost()
        return future

    def dismiss(self) -> None:
        """Let it keep the evidence that it counted, and go; one that has not begun has none."""
        if not self.opened.done():
            self._child.kill()
        with contextlib.suppress(OSError):  # it is gone already
            self._to.close()

    def end(self, late: float) -> None:
        """Wait for it until a time of `time.monotonic`, and no longer."""
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._child.wait(max(0.0, late - time.monotonic()))
        finally:
            self._child.kill()  # does nothing to a process that has ended
            self._child.wait()

    def _listen(self) -> None:
        while True:
            try:
                number, outcome, mistake, bug = pickle.load(self._from)
            except (EOFError, pickle.UnpicklingError, ValueError):
                self._lost()
                return
            with self._guard:
                future = self._asked.pop(number, None)
            if future is None:
                continue
            if mistake:
                future.set_exception(InputError(mistake))
            elif bug:
                future.set_exception(RuntimeError(f"a process that works on pairs failed:\n{bug}"))
            else:
                future.set_result(outcome)

    def _lost(self) -> None:
        """The process is gone: whoever waits for it is told."""
        code = self._child.wait()
        with self._guard:
            waiting = list(self._asked.values())
            self._asked.clear()
        for future in waiting:
            if not future.done():
                future.set_exception(
                    RuntimeError(f"a process that works on pairs ended with code {code}; go on with --resume")
                )


def serve() -> None:
    """Do tasks from standard input until it ends; what a process of the crew runs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started us decides
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not get between the answers
    sys.setswitchinterval(SWITCH_SECONDS)
    guard = threading.Lock()

    def answer(number: int, work: Callable[[], Any]) -> bool:
        outcome, mistake, bug = None, "", ""
        try:
            outcome = work()
        except InputError as error:
            mistake = str(error)
        except Exception:  # noqa: BLE001 - it travels to the process that asked, which raises it
            bug = traceback.format_exc()
        sent = pickle.dumps((number, outcome, mistake, bug), protocol=pickle.HIGHEST_PROTOCOL)
        with guard:
            target.write(sent)
            target.flush()
        return not mistake and not bug

    with contextlib.ExitStack() as stack:
        opening: Opening = pickle.load(source)
        opened: list[Worker] = []

        def begin() -> None:
            opened.append(opening.open(stack))
            # What was opened stays. Looked through for garbage every few seconds, it halts all threads for 0.2 s.
            gc.collect()
            gc.freeze()

        if not answer(0, begin):
            return
        (worker,) = opened
        pool = ThreadPoolExecutor(_threads(opening.calls), thread_name_prefix="pair")
        while True:
            try:
                number, task = pickle.load(source)
            except (EOFError, pickle.UnpicklingError):  # no more, or cut off in the middle of a task
                try:
                    if worker.context.resources.evidence is not None:
                        worker.context.resources.evidence.flush()
                finally:
                    os._exit(0)  # nobody waits for what is still in work
            pool.submit(answer, number, partial(worker, task))


def paying_processes(workers: int, rows: int) -> int:
    """How many processes are worth their start for so many pairs in work at once and so many rows to do."""
    if rows < 4 * workers:
        return 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, workers // CALLERS_A_PROCESS))


def _threads(calls: int) -> int:
    # While so many calls are under way, other pairs are read, so that one that ends is followed at once by the next,
    # and others are judged; what is to be judged may pile up for a while, since reading goes first.
    return 3 * calls


def _slots(threads: int) -> int:
    # A few tasks lie ready, so that no thread waits for the hand that gives out the next one.
    return threads + max(2, threads // 4)


def _draft_to_json(final: dict[str, Any]) -> dict[str, Any]:
    """What the reflection pass needs of a draft, as JSON types."""
    return {
        "drafted": [a.model_dump(mode="json") for a in final["drafted"]],
        "rounds": final.get("rounds", 0),
        "bounds": list(final.get("bounds", ())),
        "exhausted": final.get("exhausted", False),
        "usage": final["usage"].model_dump(),
        "seconds": final.get("seconds", 0.0),
    }
