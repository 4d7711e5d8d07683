"""Batch distillation: every pair of a corpus through the alignment graph, resumable, each row accounted for."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
from collections.abc import Container, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from molreflect.agents.models.noisy_teacher import is_embedded
from molreflect.agents.models.registry import load_chat_model
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.teacher.agent import Teacher
from molreflect.agents.teacher.budget import RunMeter
from molreflect.graphs.alignment.state import AlignmentContext, Score, ScoreTarget
from molreflect.graphs.batch.engines import open_executor, start_early
from molreflect.graphs.batch.executors import Executor, InlineExecutor, ThreadExecutor
from molreflect.graphs.batch.neighbours import NeighboursOf, find_neighbours
from molreflect.graphs.batch.opening import (
    corpus_of,
    follow_neighbours,
    ids_in,
    open_run,
    readable_in,
    validate_output_folder,
)
from molreflect.graphs.batch.prepared_corpus import (
    PreparedCorpus,
    Report,
    prepare_corpus,
)
from molreflect.graphs.batch.schedule import Schedule, StandIn
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.steering import INTERRUPTED, Steering
from molreflect.graphs.batch.tasks import Worker
from molreflect.graphs.batch.teacher_setup import TeacherSetup, open_teacher_setup, student_scores
from molreflect.graphs.runs.export import Exported, export
from molreflect.graphs.runs.store import RunStore, require_empty
from molreflect.graphs.traces.contents import private_key
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter, open_writer
from molreflect.tools.corpus import Corpus, read_corpus, require_pairs
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.interrupts import kept_from_libraries, told_first
from molreflect.tools.processes import give_memory_back
from molreflect.tools.storage import home_folder, run_lock
from molreflect.tools.terms import (
    FailureKind,
    ProgressCallback,
    TraceMode,
)


@dataclass(frozen=True, slots=True)
class DistillResult:
    """How a run ended."""

    folder: Path
    done: int
    failed: int
    bad_rows: int
    reasons: tuple[tuple[str, int], ...]
    """Reasons of failed rows with their counts, most frequent first."""
    kinds: Mapping[FailureKind, int] = field(default_factory=dict)
    """Failed rows by what kind of failure it was, most first; they sum to `failed`."""
    stopped: str | None = None
    """Why the run stopped early, in words; the rows that are left can be done by resuming."""
    left: int = 0
    """Rows that are not finished."""
    notes: tuple[str, ...] = ()
    """What came of the batch files, a line each."""


@dataclass(frozen=True, slots=True)
class _GoingOn:
    """What is done with a run directory that is there already."""

    resume: bool
    redo: bool
    keep_failed: bool


def distill_corpus(
    source: str | Corpus,
    out: Path,
    settings: DistillSettings,
    *,
    limit: int | None = None,
    resume: bool = False,
    redo: bool = False,
    keep_failed: bool = False,
    cache: Path | None = None,
    chroma_url: str | None = None,
    prices: Path | None = None,
    report: Report = lambda _: None,
    progress: ProgressCallback = lambda what, done, of: None,
    say: Report | None = None,
    command: str = "",
) -> tuple[DistillResult, Exported]:
    """Distil a corpus into a run directory and export what is derived from it.

    Args:
        source: The corpus, or where it is read from.
        out: The run directory.
        settings: What decides the result.
        limit: Only the first so many usable pairs.
        resume: Go on with what is there.
        redo: Do every row again.
        keep_failed: Where it is resumed, leave failed rows as they are.
        cache: Folder of what all runs share.
        chroma_url: A Chroma server in place of the run's own index.
        prices: The user's own price table.
        report: Told what is going on.
        progress: Told how far it is.
        say: Told what is to be known whatever goes on: what has changed, what is waited for. `report` where not given.
        command: By which the run was begun, as it was typed; whoever looks at the run is told how to go on with it.

    Raises:
        InputError: Corpus, settings, teacher, student or directory cannot be used; nothing is begun then.
    """
    with kept_from_libraries():
        return _distill_corpus(
            source,
            out,
            settings,
            limit,
            _GoingOn(resume, redo, keep_failed),
            cache=cache,
            chroma_url=chroma_url,
            prices=prices,
            report=report,
            progress=progress,
            say=say or report,
            command=command,
        )


def _distill_corpus(
    source: str | Corpus,
    out: Path,
    settings: DistillSettings,
    limit: int | None,
    how: _GoingOn,
    *,
    cache: Path | None,
    chroma_url: str | None,
    prices: Path | None,
    report: Report,
    progress: ProgressCallback,
    say: Report,
    command: str,
) -> tuple[DistillResult, Exported]:
    report("reading the corpus")
    require_startable(out, settings, resume=how.resume)
    corpus = read_usable(source, limit, readable_in(out) if how.resume else frozenset())
    voice = open_teacher_setup(settings, prices=prices, resumed=out if how.resume else None, report=report)
    settings = voice.settings
    # before an index is built where it does not belong
    validate_output_folder(out, corpus, settings, resume=how.resume, redo=how.redo)
    existed = out.exists()
    steering = Steering(out, command=command, workers=settings.workers, report=report, progress=progress, say=say)
    try:
        with steering:
            return _work_on(
                corpus,
                out,
                voice,
                steering,
                how,
                cache=cache,
                chroma_url=chroma_url,
                prices=prices,
            )
    finally:
        if not existed and out.is_dir() and not (out / "run.yaml").is_file():
            _remove_unstarted(out)


def _work_on(
    corpus: Corpus,
    out: Path,
    voice: TeacherSetup,
    steering: Steering,
    how: _GoingOn,
    *,
    cache: Path | None,
    chroma_url: str | None,
    prices: Path | None,
) -> tuple[DistillResult, Exported]:
    """Prepare the corpus, work on its rows, and write the files of the run."""
    settings, report, progress = voice.settings, steering.report, steering.progress
    score, score_target = (None, None) if settings.student is None else student_scores(settings.student)
    with contextlib.ExitStack() as stack:
        # Of a run that goes on, not much may be left to do.
        early = None if how.resume else start_early(settings, len(corpus.pairs), stack)
        prepared = prepare_corpus(
            corpus,
            folder=out / "index",
            cache=cache,
            chroma_url=chroma_url,
            routes=settings.routes,
            lexicon_patch=settings.lexicon_patch,
            report=report,
            elsewhere=early,
        )
        stack.enter_context(contextlib.closing(prepared))
        hash_ = prepared.index.index_hash if prepared.index is not None else ""
        other = how.resume and corpus_of(out) not in (None, corpus.fingerprint)
        before = ids_in(out) if other else []
        opened = open_run(
            out,
            corpus,
            settings,
            index_hash=hash_,
            resume=how.resume,
            redo=how.redo,
            keep_failed=how.keep_failed,
            account=voice.account(),
            report=steering.say,
        )
        store = stack.enter_context(contextlib.closing(opened))
        if other:
            follow_neighbours(store, prepared, settings, before, steering.say)
        meter = voice.meter(stack, store)
        teacher = voice.teacher(prepared.resources, stack, meter, cache=cache, say=steering.say)
        notes = _draft_in_batches(store, prepared, voice, meter, cache, progress)
        report("starting processes")
        rows = store.rows("pending", "drafted")
        aside = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="neighbours"))
        found = aside.submit(find_neighbours, rows, prepared, settings)
        # The last of the preparation, which for 30,000 rows takes 200 MB that nothing after it needs.
        found.add_done_callback(lambda _: give_memory_back())
        executor = open_executor(
            prepared,
            settings,
            hash_,
            stack,
            rows=len(rows) if meter.stopped is None else 0,
            teacher=teacher,
            run=out,
            traces=trace_target(out, settings),
            say=report,
            started=early,
        )
        result = distill(
            store,
            prepared,
            teacher,
            settings,
            score=score,
            score_target=score_target,
            progress=progress,
            executor=executor,
            found=found,
            steering=steering,
        )
        steering.ended(_told(result))
        report("exporting")
        return replace(result, notes=tuple(notes)), export(store, progress=progress)


def _told(result: DistillResult) -> str:
    """Say how a run ended, in words."""
    if result.stopped is not None:
        return result.stopped
    told = [f"{result.failed:,} failed"] * bool(result.failed) + [f"{result.left:,} left"] * bool(result.left)
    return ", ".join([f"{counted(result.done, 'row')} done", *told])


def _draft_in_batches(
    store: RunStore,
    prepared: PreparedCorpus,
    setup: TeacherSetup,
    meter: RunMeter,
    cache: Path | None,
    progress: ProgressCallback,
) -> list[str]:
    """As `draft_in_batches`, whose client is loaded only where the teacher's endpoint speaks OpenAI's interface."""
    if not isinstance(setup.model, RuleModel) and importlib.util.find_spec("langchain_openai") is not None:
        from molreflect.graphs.batch.draft_batches import draft_in_batches

        return draft_in_batches(store, prepared, setup, meter, cache=cache, progress=progress)
    return []


def require_startable(out: Path, settings: DistillSettings, *, resume: bool) -> None:
    """See that a run could begin: its teacher can be had (a missing key is said first), its folder is free.

    Raises:
        InputError: One of them is not so.
    """
    load_chat_model(settings.teacher, base_url=settings.base_url, sampling=settings.sampling)
    if not resume:
        require_empty(out)


def read_usable(source: str | Corpus, limit: int | None = None, readable: Container[str] = frozenset()) -> Corpus:
    """Read a corpus that must have at least one row to work on; `limit` does nothing to one that was read.

    Raises:
        InputError: It cannot be read, or none of its rows can.
    """
    corpus = source if isinstance(source, Corpus) else read_corpus(source, limit=limit, readable=readable)
    require_pairs(corpus)
    return corpus


def distill(
    store: RunStore,
    prepared: PreparedCorpus,
    teacher: Teacher,
    settings: DistillSettings,
    *,
    score: Score | None = None,
    score_target: ScoreTarget | None = None,
    progress: ProgressCallback = lambda what, done, of: None,
    stand_in: StandIn | None = None,
    executor: Executor | None = None,
    found: Future[NeighboursOf] | None = None,
    steering: Steering | None = None,
) -> DistillResult:
    """Work on every row that is not done: drafts, and reflection with neighbours' drafts.

    Args:
        store: From `open_run`.
        prepared: The prepared corpus.
        teacher: Who proposes; its meter knows the caps of the run.
        settings: The same that `open_run` was given.
        score: The student's perplexity of alignments; None without a student.
        score_target: The same of the output side.
        progress: Told about every finished row.
        stand_in: Drafts of neighbours that are no rows of this run; None shows those without any.
        executor: Runs the tasks, e.g. in processes opened with the same settings; stopped at the end. By default,
            threads of this process.
        found: From `find_neighbours` for the rows that are not done, begun while something else had to be waited for;
            by default it is begun here.
        steering: Commands from outside that the work obeys; None obeys none.

    Returns:
        Counts. A failed row keeps its reason and is tried again on resume; it never stops the others.
    """
    target = trace_target(store.folder, settings)
    _forget_unkept(store, target)
    with contextlib.ExitStack() as stack:
        chosen = executor
        if chosen is None:
            traces = open_writer(target, stack)
            chosen = _own_executor(
                teacher, prepared, settings, score, score_target, traces, steered=steering is not None
            )
        try:
            schedule = Schedule(store, prepared, teacher, settings, chosen, stand_in)
            with told_first(lambda signal: schedule.stop(INTERRUPTED)):
                steered = steering.over(schedule, teacher.endpoint, chosen.processes) if steering is not None else None
                with steered or contextlib.nullcontext():
                    schedule.work_off(progress, found)
        finally:
            chosen.stop()
    rows = store.rows("failed")
    reasons: dict[str, int] = {}
    for row in rows:
        reasons[row.reason] = reasons.get(row.reason, 0) + 1
    counts = store.counts()
    return DistillResult(
        folder=store.folder,
        done=counts.get("done", 0),
        failed=len(rows),
        bad_rows=len(store.bad_rows()),
        reasons=tuple(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        kinds=store.failed.counts(),
        stopped=teacher.meter.stopped,
        left=counts.get("pending", 0) + counts.get("drafted", 0),
    )


def trace_target(folder: Path, settings: DistillSettings) -> TraceTarget:
    """Say where the traces of a run go, and how much of them.

    Raises:
        InputError: They are to be private, and the key of the home folder cannot be read.
    """
    key = private_key(home_folder()) if settings.private and settings.trace is not TraceMode.OFF else None
    return TraceTarget(path=folder / FILE, mode=settings.trace, run=folder.resolve().name, key=key)


def _forget_unkept(store: RunStore, target: TraceTarget) -> None:
    """Forget the traces of what an earlier start did not keep."""
    if not target.path.is_file():
        return
    with contextlib.closing(TraceStore(target.path)) as traces:
        kept = store.trace_ids()
        traces.forget([trace for trace in traces.trace_ids(forks=False) if trace not in kept])
        for row in store.rows("drafted"):  # killed between keeping the spans of a reflection and its record
            traces.forget_from(row.trace_id, "align:reflect")


def _own_executor(
    teacher: Teacher,
    prepared: PreparedCorpus,
    settings: DistillSettings,
    score: Score | None,
    score_target: ScoreTarget | None,
    traces: TraceWriter | None,
    *,
    steered: bool,
) -> Executor:
    index = prepared.index
    context = AlignmentContext(
        teacher=teacher,
        resources=prepared.resources,
        settings=settings.pair_settings(),
        score=score,
        score_target=score_target,
        index_hash=index.index_hash if index is not None else "",
    )
    worker = Worker(context, traces, together=is_embedded(settings.teacher))
    # One thread may come to be several, where somebody asks for it.
    inline = settings.workers == 1 and not steered
    return InlineExecutor(worker) if inline else ThreadExecutor(worker, settings.workers)


def _remove_unstarted(out: Path) -> None:
    """Remove what an attempt left that never became a run, unless another process is making one there."""
    with contextlib.suppress(InputError), run_lock(out):
        if not (out / "run.yaml").is_file():
            shutil.rmtree(out)
