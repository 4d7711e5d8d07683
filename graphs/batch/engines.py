"""What runs the tasks of a batch: threads of this process, or processes beside it."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path

from molreflect.agents.models.lexicon_teacher import NAME as LEXICON
from molreflect.agents.teacher.agent import Teacher
from molreflect.agents.teacher.budget import Caps
from molreflect.agents.teacher.desk import CallDesk, DeskAddress, DeskServer
from molreflect.graphs.batch.executors import Executor, ProcessExecutor, WorkerSetup
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report
from molreflect.graphs.batch.reviving import RevivingExecutor
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.graphs.traces.writer import TraceTarget
from molreflect.tools.processes import available_cores

CALLERS_A_PROCESS = 16
"""Pairs in work from which on another process pays."""

ROWS_A_PROCESS = 300
"""Rows of the embedded teacher that outweigh the start of a process."""


def paying_processes(settings: DistillSettings, rows: int) -> int:
    """Choose the number of processes that pays for so many rows to do."""
    if settings.student is not None:
        return 1  # it is not loaded twice
    if settings.teacher == LEXICON:  # this machine's own work, which is not waited for
        return max(1, min(available_cores(), rows // ROWS_A_PROCESS))
    if rows < 4 * settings.workers:
        return 1
    return max(1, min(available_cores(), settings.workers // CALLERS_A_PROCESS))


def open_desk(teacher: Teacher, stack: contextlib.ExitStack) -> DeskAddress | None:
    """Let other processes of this machine ask for leave to call a teacher; None where its calls need none."""
    if teacher.self_checking and teacher.meter.caps == Caps():
        return None  # rules of this machine's own, which nobody bounds
    server = DeskServer(CallDesk(teacher.endpoint, teacher.meter))
    return stack.enter_context(contextlib.closing(server)).address


def open_processes(
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
) -> Executor | None:
    """Processes for a batch, where more than one is asked for or pays; None leaves it to threads of this one.

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
    """
    wanted = settings.processes
    if wanted is None:
        wanted = paying_processes(settings, rows)
    if wanted == 1 or not rows:
        return None
    if prepared.resources.evidence is not None and settings.teacher != LEXICON:  # which mines no fragments
        _ = prepared.resources.evidence.library  # cut once and read from its file, not by every process for itself
    prepared.ready()  # what is known of the molecules is then read from the folder by every process
    worker_setup = WorkerSetup(
        corpus=prepared.corpus,
        phrases=prepared.phrases,
        folder=prepared.folder,
        cache=prepared.cache,
        settings=settings.pair_settings(),
        index_hash=index_hash,
        open_teacher=partial(
            open_teacher, settings, None, cache=prepared.cache, price=teacher.price if teacher is not None else None
        ),
        calls=-(-settings.workers // wanted),
        reads_names=prepared.resources.nomenclature.parses > 0,
        run=run,
        traces=traces,
        processes=wanted,
        desk=None if teacher is None else open_desk(teacher, stack),
    )
    executor = RevivingExecutor(partial(ProcessExecutor, worker_setup, wanted), say)
    stack.callback(executor.stop)
    return executor
