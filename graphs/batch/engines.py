"""What runs the tasks of a batch: threads of this process, processes beside it, or a cluster."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from functools import partial
from pathlib import Path

from molreflect.agents.models.noisy_teacher import is_embedded
from molreflect.agents.teacher.agent import Teacher
from molreflect.agents.teacher.budget import Caps, RunMeter
from molreflect.agents.teacher.desk import CallDesk, DeskServer
from molreflect.agents.teacher.endpoint import Endpoint
from molreflect.graphs.batch.executors import Executor, ProcessExecutor, WorkerSetup
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report
from molreflect.graphs.batch.reviving import RevivingExecutor
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.graphs.batch.worker_pool import WorkerPool
from molreflect.graphs.traces.writer import TraceTarget
from molreflect.tools.processes import available_cores
from molreflect.tools.terms import Engine

CALLERS_A_PROCESS = 16
"""Pairs in work from which on another process pays."""

ROWS_A_PROCESS = 300
"""Rows of the embedded teacher that outweigh the start of a process."""


def paying_processes(settings: DistillSettings, rows: int) -> int:
    """Choose the number of processes that pays for so many rows to do."""
    if settings.student is not None:
        return 1  # it is not loaded twice
    if is_embedded(settings.teacher):  # this machine's own work, which is not waited for
        return max(1, min(available_cores(), rows // ROWS_A_PROCESS))
    if rows < 4 * settings.workers:
        return 1
    return max(1, min(available_cores(), settings.workers // CALLERS_A_PROCESS))


def count_processes(settings: DistillSettings, rows: int) -> int:
    """Settle how many processes of this machine share so many rows; 1 leaves them to threads of this one."""
    if settings.engine is Engine.THREADS:
        return 1
    if settings.processes is not None:
        return settings.processes
    paying = paying_processes(settings, rows)
    return max(2, paying) if settings.engine is Engine.PROCESSES else paying


def count_ray_workers(settings: DistillSettings, rows: int, cores: int) -> int:
    """Settle how many workers of Ray share so many rows, where so many cores are to be had."""
    if settings.processes is not None:
        return settings.processes
    share = rows // ROWS_A_PROCESS if is_embedded(settings.teacher) else -(-settings.workers // CALLERS_A_PROCESS)
    return max(1, min(cores, share))


def start_early(settings: DistillSettings, rows: int, stack: contextlib.ExitStack) -> WorkerPool | None:
    """Start the processes of a batch before its corpus is prepared; None where it takes none.

    Args:
        settings: What decides how many pay.
        rows: Rows to be worked on, at most.
        stack: Ends them, whether they were taken by an executor or not.
    """
    processes = 1 if settings.engine is Engine.RAY else count_processes(settings, rows)
    if processes == 1:
        return None
    return stack.enter_context(contextlib.closing(WorkerPool(processes)))


def open_executor(
    prepared: PreparedCorpus,
    settings: DistillSettings,
    index_hash: str,
    stack: contextlib.ExitStack,
    *,
    rows: int,
    teacher: Teacher | None = None,
    run: Path | None = None,
    traces: TraceTarget | None = None,
    say: Report = lambda _: None,
    started: WorkerPool | None = None,
) -> Executor | None:
    """Processes or a cluster for a batch, where they are asked for or pay; None leaves it to threads of this process.

    Args:
        prepared: The prepared corpus.
        settings: With the protocol settled.
        index_hash: Of the neighbour index.
        stack: Ends the processes.
        rows: Rows to be worked on.
        teacher: This process's own, whose endpoint and meter hold for all processes; None counts no calls.
        run: The run directory, by which processes are steered; None steers none.
        traces: Where spans go.
        say: Told when a process has died.
        started: Processes from `start_early`, which are taken where they are as many as are needed.

    Raises:
        InputError: The engine is not installed or cannot be reached, or a process cannot begin.
    """
    if settings.engine is Engine.RAY:
        from molreflect.graphs.batch import ray_engine

        ray_engine.require_ray()
        if not rows:
            return None
        here = count_ray_workers(settings, rows, available_cores())
        stack.enter_context(ray_engine.connected(here))
        workers = count_ray_workers(settings, rows, ray_engine.cluster_cores())
        # Answers go by way of this process, since other machines have no such folder.
        setup = _worker_setup(prepared, settings, index_hash, workers, None, teacher)
        return stack.enter_context(ray_engine.RayExecutor(replace(setup, traces=traces), workers, _desk(teacher)))
    processes = count_processes(settings, rows)
    if processes == 1 or not rows:
        return None
    setup = _worker_setup(prepared, settings, index_hash, processes, prepared.cache, teacher)
    if teacher is not None and setup.counted:
        server = stack.enter_context(contextlib.closing(DeskServer(_desk(teacher))))
        setup = replace(setup, desk=server.address)
    setup = replace(setup, run=run, processes=processes, traces=traces)
    pools = [started] if started is not None and started.processes == processes and started.is_whole() else []
    executor = RevivingExecutor(lambda: ProcessExecutor(setup, processes, pools.pop() if pools else None), say)
    stack.callback(executor.stop)
    return executor


def _desk(teacher: Teacher | None) -> CallDesk:
    if teacher is None:
        return CallDesk(Endpoint(), RunMeter())
    return CallDesk(teacher.endpoint, teacher.meter, teacher.responses)


def _worker_setup(
    prepared: PreparedCorpus,
    settings: DistillSettings,
    index_hash: str,
    workers: int,
    answers: Path | None,
    teacher: Teacher | None,
) -> WorkerSetup:
    evidence = prepared.resources.evidence
    if evidence is not None and not is_embedded(settings.teacher):  # whose verdicts seldom ask for fragments
        _ = evidence.library  # cut once and read from its file, not by every process for itself
    prepared.ready()  # what is known of the molecules is then read from the folder by every process
    price = teacher.price if teacher is not None else None
    return WorkerSetup(
        corpus=prepared.corpus,
        phrases=prepared.phrases,
        definitions=prepared.definitions,
        folder=prepared.folder,
        cache=prepared.cache,
        settings=settings.pair_settings(),
        index_hash=index_hash,
        open_teacher=partial(open_teacher, settings, None, cache=answers, price=price),
        calls=-(-settings.workers // workers),
        together=is_embedded(settings.teacher),
        lexicon_patch=settings.lexicon_patch,
        reads_names=prepared.new_names,
        # Rules of this machine's own are counted by nobody, unless somebody bounds them.
        counted=teacher is not None and not (teacher.self_checking and teacher.meter.caps == Caps()),
    )
