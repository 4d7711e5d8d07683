"""Batch distillation: every pair of a corpus through the alignment graph, resumable, each row accounted for."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from langchain_core.runnables import RunnableConfig

from agents.bounds import CapReachedError, Caps, Limits
from agents.models import Sampling
from agents.prompts.reflect import NeighbourExample
from agents.schemas import Alignment, PerplexityOf, Usage, Version, View
from agents.teacher import Teacher, TeacherError, prompt_digest
from graphs.alignment import (
    AlignmentContext,
    AlignmentSettings,
    AlignmentState,
    ReflectWhen,
    Score,
    ScoreTarget,
    Select,
    build_alignment_graph,
)
from graphs.run_store import Row, RunStore, clear_unbegun, refuse_taken
from graphs.traces import Span, SpanRecorder, TraceStore, new_trace_id
from graphs.workspace import Workspace
from tools.corpus import Corpus, Pair
from tools.errors import ChemInputError
from tools.retrieval import Neighbour, Route

BATCH = 32
"""Rows kept in one transaction. A killed run loses at most this many rows of work, never a row."""
PACKAGES = ("rdkit", "langchain", "langgraph", "chromadb", "openclatura", "py2opsin", "numpy")

NeighboursBy = Literal["view", "molecule", "caption", "both"]

_ROUTES: Mapping[NeighboursBy, tuple[Route, ...]] = {
    "molecule": ("molecule",),
    "caption": ("caption",),
    "both": ("molecule", "caption"),
}

StandIn = Callable[[str], tuple[Alignment, ...]]
"""`pair id -> its draft`, for neighbours that are no rows of the run."""
Progress = Callable[[str, int, int], None]
"""`(what, done, of)` while a batch goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillSettings:
    """Everything that decides the result of a run, apart from the corpus."""

    view: View = View.PAIR
    teacher: str = "lexicon"
    base_url: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    protocol: Literal["auto", "tools", "json"] = "tools"
    """How the model is spoken to; `auto`, which `distill_corpus` settles, asks the model once."""
    limits: Limits = field(default_factory=Limits)
    """Bounds of a pair."""
    caps: Caps = field(default_factory=Caps)
    """Caps of the run; they decide how far it gets, not what comes out."""
    student: str | None = None
    select: Select = "verified"
    perplexity_of: PerplexityOf = PerplexityOf.ALIGNMENTS
    reflect_when: ReflectWhen = "refused"
    neighbours: int = 2
    """Neighbours shown in reflection; 0 shows none."""
    neighbours_by: NeighboursBy = "view"
    """`view`: by the molecule where the teacher sees it, else by the caption; `both`: by each side in turn."""
    reflect_tokens: int = 6_000
    """Most tokens of a request to reflect."""
    max_repairs: int = 1
    workers: int = 1
    """Pairs in work at once; results do not depend on it."""

    def __post_init__(self) -> None:
        if not 0 <= self.neighbours <= 16:
            raise ChemInputError(f"neighbours must be 0 to 16, got {self.neighbours}")
        hidden = {View.CAPTION: ("molecule", "both"), View.MOLECULE: ("caption", "both"), View.PAIR: ()}[self.view]
        if self.neighbours_by in hidden:
            raise ChemInputError(
                f"neighbours by {self.neighbours_by} need what the {self.view} view hides; choose by {self.view}"
            )
        if self.workers < 1:
            raise ChemInputError(f"workers must be at least 1, got {self.workers}")
        if self.max_repairs < 0:
            raise ChemInputError(f"repair rounds must not be negative, got {self.max_repairs}")
        if self.reflect_tokens < 1:
            raise ChemInputError(f"tokens of a request to reflect must be at least 1, got {self.reflect_tokens}")
        if self.select == "perplexity" and self.student is None:
            raise ChemInputError("--select perplexity needs a student; name one with --student")

    def deciding(self) -> dict[str, Any]:
        """Plain types for `run.yaml`, without what does not change a result."""
        found = json.loads(json.dumps(asdict(self)))
        sampling = {key: value for key, value in found["sampling"].items() if key not in ("timeout", "retries")}
        return {key: value for key, value in found.items() if key not in ("workers", "caps")} | {"sampling": sampling}

    @property
    def routes(self) -> tuple[Route, ...]:
        """How neighbours are found. Captions are embedded only where they are asked for, which takes a while."""
        if not self.neighbours:
            return ()
        if self.neighbours_by == "view":
            return _ROUTES["caption" if self.view is View.CAPTION else "molecule"]
        return _ROUTES[self.neighbours_by]


@dataclass(frozen=True, slots=True)
class DistillResult:
    """How a run ended."""

    folder: Path
    done: int
    failed: int
    bad_rows: int
    reasons: tuple[tuple[str, int], ...]
    """Reasons of failed rows with their counts, most frequent first."""
    stopped: str | None = None
    """The cap of the run that was reached, in words; the rows that are left can be done by resuming."""
    left: int = 0
    """Rows that are not finished."""


def settings_of_run(
    settings: DistillSettings, corpus: Corpus, index_hash: str, account: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What `run.yaml` says: every setting, versions, prompt versions, corpus fingerprint."""
    from agents import prompts

    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "molreflect": importlib.metadata.version("molreflect"),
        "settings": settings.deciding(),
        "prompts": {
            "version": prompts.JSON_VERSION if settings.protocol == "json" else prompts.VERSION,
            "system": prompt_digest(),
        },
        "corpus": {
            "source": corpus.source, "fingerprint": corpus.fingerprint, "pairs": len(corpus),
            "bad_rows": len(corpus.bad_rows),
        },
        "index_hash": index_hash,
        "account": dict(account or {}),
        "versions": versions,
    }  # fmt: skip


def row_key(pair: Pair, settings: DistillSettings) -> str:
    """Hash of what determines a row's result."""
    parts = json.dumps([pair.id, pair.smiles, pair.caption, settings.deciding()], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()


def open_run(
    folder: Path,
    corpus: Corpus,
    settings: DistillSettings,
    *,
    index_hash: str,
    resume: bool,
    account: Mapping[str, Any] | None = None,
) -> RunStore:
    """Begin a run, or go on with one.

    Args:
        folder: The run directory.
        corpus: What it is about.
        settings: What decides its result.
        index_hash: Of the neighbour index.
        resume: Go on with what is there.
        account: How tokens and money are counted, for `run.yaml`.

    Raises:
        ChemInputError: The folder is taken, or a resumed run had another corpus, other settings or another version.
    """
    wanted = settings_of_run(settings, corpus, index_hash, account)
    if not resume or not (folder / "run.yaml").is_file():
        if resume:
            clear_unbegun(folder)
        keys = [row_key(pair, settings) for pair in corpus.pairs]
        return RunStore.create(folder, wanted, corpus.pairs, keys, corpus.bad_rows)
    store = RunStore.open(folder)
    try:
        _refuse_other(store, wanted, ("settings", "prompts", "index_hash"), corpus)
    except ChemInputError:
        store.close()
        raise
    store.retry_failures()
    return store


def check_out(folder: Path, corpus: Corpus, settings: DistillSettings, *, resume: bool) -> None:
    """What can be said about a run directory before anything is prepared in it.

    Raises:
        ChemInputError: As `open_run`, but for the index, which is not open yet.
    """
    if not resume:
        refuse_taken(folder)
    elif (folder / "run.yaml").is_file():
        with contextlib.closing(RunStore.open(folder)) as store:
            _refuse_other(store, settings_of_run(settings, corpus, ""), ("settings", "prompts"), corpus)
    else:
        clear_unbegun(folder)
        refuse_taken(folder)


def _refuse_other(store: RunStore, wanted: dict[str, Any], parts: Sequence[str], corpus: Corpus) -> None:
    if store.settings["corpus"]["fingerprint"] != corpus.fingerprint:
        raise ChemInputError(
            f"{store.folder} was made from another corpus than {corpus.source}; pass the same, or start anew"
        )
    for part in parts:
        if store.settings.get(part) != wanted[part]:
            changed = _difference(store.settings.get(part), wanted[part])
            raise ChemInputError(
                f"{store.folder} was made with other {part} ({changed}); resume with the same, or start anew"
            )


def _difference(old: Any, new: Any) -> str:
    if not isinstance(old, dict) or not isinstance(new, dict):
        return f"{old} there, {new} now"
    return ", ".join(
        f"{key}: {old.get(key)} there, {new.get(key)} now"
        for key in dict.fromkeys([*old, *new])
        if old.get(key) != new.get(key)
    )


def distill(
    store: RunStore,
    workspace: Workspace,
    teacher: Teacher,
    settings: DistillSettings,
    *,
    score: Score | None = None,
    score_target: ScoreTarget | None = None,
    progress: Progress = lambda what, done, of: None,
    stand_in: StandIn | None = None,
) -> DistillResult:
    """Work on every row that is not done: first drafts for all, then reflection with neighbours' drafts.

    Args:
        store: From `open_run`.
        workspace: The prepared corpus.
        teacher: Who proposes; its meter knows the caps of the run.
        settings: The same that `open_run` was given.
        score: The student's perplexity of alignments; None without a student.
        score_target: The same of the output side.
        progress: Told about every finished row.
        stand_in: Drafts of neighbours that are no rows of this run; None shows those without any.

    Returns:
        Counts. A failed row keeps its reason and is tried again on resume; it never stops the others.
    """
    with contextlib.closing(TraceStore(store.folder / "traces.sqlite")) as traces:
        kept = store.trace_ids()
        traces.forget([t["trace_id"] for t in traces.traces() if t["trace_id"] not in kept])
        for row in store.rows("drafted"):  # killed between keeping the spans of a reflection and its record
            traces.forget_from(row.trace_id, "align:reflect")
        batch = _Batch(store, workspace, teacher, settings, score, score_target, traces, stand_in)
        batch.draft_all(progress)
        if teacher.meter.stopped is None:  # a reflection is shown its neighbours' drafts, so all of them come first
            batch.reflect_all(progress)
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
        stopped=teacher.meter.stopped,
        left=counts.get("pending", 0) + counts.get("drafted", 0),
    )


@dataclass(frozen=True, slots=True)
class _Failure:
    """A row that ended without a result, and how it got there."""

    reason: str
    trace_id: str
    spans: Sequence[Span]
    usage: Usage
    raw: str


@dataclass(frozen=True, slots=True)
class _Interrupted:
    """A row that a cap of the run left undone."""

    usage: Usage
    """What was spent on it before the cap was reached."""


_Outcome = tuple[Any, Sequence[Span]] | _Failure | _Interrupted


class _Batch:
    """Both passes of one run."""

    def __init__(
        self,
        store: RunStore,
        workspace: Workspace,
        teacher: Teacher,
        settings: DistillSettings,
        score: Score | None,
        score_target: ScoreTarget | None,
        traces: TraceStore,
        stand_in: StandIn | None,
    ) -> None:
        self.store, self.workspace, self.settings, self.traces = store, workspace, settings, traces
        self.stand_in = stand_in
        self.found: dict[str, tuple[Neighbour, ...]] = {}
        self.examples: dict[str, tuple[Alignment, ...]] = {}
        index = workspace.index
        self.context = AlignmentContext(
            teacher=teacher,
            toolbox=workspace.toolbox,
            settings=AlignmentSettings(
                max_repairs=settings.max_repairs,
                select=settings.select,
                reflect_when=settings.reflect_when,
                reflect_tokens=settings.reflect_tokens,
                perplexity_of=settings.perplexity_of,
            ),
            retrieve=self.retrieve if index is not None and settings.neighbours else None,
            score=score,
            score_target=score_target,
            index_hash=index.index_hash if index is not None else "",
        )

    def state(self, row: Row, trace_id: str) -> AlignmentState:
        view = self.settings.view
        return AlignmentState(
            id=row.id,
            view=view,
            smiles=None if view is View.CAPTION else row.smiles,
            caption=None if view is View.MOLECULE else row.caption,
            target={View.MOLECULE: row.caption, View.CAPTION: row.smiles}.get(view),
            trace_id=trace_id,
        )

    def draft_all(self, progress: Progress) -> None:
        graph = build_alignment_graph(part="draft")

        def work(row: Row) -> _Outcome:
            trace_id = new_trace_id()
            recorder = SpanRecorder(trace_id)
            try:
                final = self._run(graph, self.state(row, trace_id), recorder)
            except TeacherError as error:
                return _Failure(error.reason, trace_id, recorder.spans, error.usage, error.raw)
            except CapReachedError as error:
                return _Interrupted(error.usage)
            return (row, _draft_to_json(final), trace_id), recorder.spans

        self._work_off("drafting", self.store.rows("pending"), work, self.store.keep_drafts, progress)

    def reflect_all(self, progress: Progress) -> None:
        graph = build_alignment_graph(part="reflect")
        rows = self.store.rows("drafted")
        self._find_neighbours(rows)

        def work(row: Row) -> _Outcome:
            drafted = self.store.draft(row.id)
            assert drafted is not None  # a drafted row has its draft, by the store's transaction
            recorder = SpanRecorder(row.trace_id)
            try:
                final = self._run(graph, _draft_from_json(self.state(row, row.trace_id), drafted), recorder)
            except TeacherError as error:
                return _Failure(error.reason, row.trace_id, recorder.spans, error.usage, error.raw)
            except CapReachedError as error:
                return _Interrupted(error.usage)
            return (row, final["record"]), recorder.spans

        self._work_off("reflecting", rows, work, self.store.keep_records, progress)

    def _work_off(
        self,
        what: str,
        rows: Sequence[Row],
        work: Callable[[Row], _Outcome],
        keep: Callable[[list[Any]], None],
        progress: Progress,
    ) -> None:
        """One pass over the rows: results and their spans are kept `BATCH` at a time, spans first."""
        finished: list[Any] = []
        spans: list[tuple[str, Sequence[Span]]] = []

        def flush() -> None:
            for row_id, recorded in spans:
                self.traces.add(row_id, "alignment", recorded)
            keep(finished)
            finished.clear()
            spans.clear()

        def gated(row: Row) -> _Outcome:
            stopped = self.context.teacher.meter.stopped is not None
            return _Interrupted(Usage()) if stopped else work(row)

        for count, (row, outcome) in enumerate(self._each(rows, gated), start=1):
            if isinstance(outcome, _Interrupted):
                if outcome.usage.calls:
                    self.store.keep_interrupted(row, outcome.usage)
                continue
            if isinstance(outcome, _Failure):
                self._fail(row, outcome)
            else:
                finished.append(outcome[0])
                spans.append((row.id, outcome[1]))
            if len(finished) >= BATCH:
                flush()
            progress(what, count, len(rows))
        flush()

    def retrieve(self, pair_id: str) -> tuple[NeighbourExample, ...]:
        """Neighbours of a pair with their judged drafts, from the pass before."""
        return tuple(
            NeighbourExample(n.id, n.smiles, n.caption, n.similarity, self._drafted(n.id))
            for n in self.found.get(pair_id, ())
        )

    def _drafted(self, pair_id: str) -> tuple[Alignment, ...]:
        if pair_id not in self.examples:
            drafted = self.store.drafted_alignments(pair_id)
            self.examples[pair_id] = drafted or (self.stand_in(pair_id) if self.stand_in is not None else ())
        return self.examples[pair_id]

    def _find_neighbours(self, rows: Sequence[Row]) -> None:
        if not self.settings.neighbours or not rows or (index := self.workspace.ready()) is None:
            return
        k, exclude = self.settings.neighbours, [{index.block_of(row.id)} for row in rows]
        by_route = [
            index.neighbours_many(
                [row.smiles if route == "molecule" else row.caption for row in rows], by=route, k=k, exclude=exclude
            )
            for route in self.settings.routes
        ]
        self.found = {row.id: _in_turn(lists, k) for row, *lists in zip(rows, *by_route, strict=True)}

    def _run(self, graph: Any, state: AlignmentState, recorder: SpanRecorder) -> dict[str, Any]:
        config: RunnableConfig = {"callbacks": [recorder], "recursion_limit": 100}
        final: dict[str, Any] = graph.invoke(state, config, context=self.context)
        return final

    def _each(self, rows: Sequence[Row], work: Callable[[Row], Any]) -> Iterator[tuple[Row, Any]]:
        """Rows with their outcome, in the order they finish."""
        if self.settings.workers == 1:
            for row in rows:
                yield row, work(row)
            return
        with ThreadPoolExecutor(self.settings.workers, thread_name_prefix="pair") as pool:
            waiting: dict[Future[Any], Row] = {}
            remaining = iter(rows)
            try:
                for row in remaining:
                    waiting[pool.submit(work, row)] = row
                    if len(waiting) < 2 * self.settings.workers:
                        continue
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield waiting.pop(future), future.result()
                while waiting:
                    done, _ = wait(waiting, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield waiting.pop(future), future.result()
            finally:
                for future in waiting:
                    future.cancel()

    def _fail(self, row: Row, failure: _Failure) -> None:
        self.traces.add(row.id, "alignment", failure.spans)
        self.store.keep_failure(row, failure.reason, failure.trace_id, usage=failure.usage, raw=failure.raw)


def _in_turn(lists: Sequence[Sequence[Neighbour]], k: int) -> tuple[Neighbour, ...]:
    """The best of every list in turn, each pair once, `k` in all."""
    merged: dict[str, Neighbour] = {}
    for place in range(k):
        for found in lists:
            if place < len(found):
                merged.setdefault(found[place].id, found[place])
    return tuple(merged.values())[:k]


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


def _draft_from_json(state: AlignmentState, drafted: dict[str, Any]) -> AlignmentState:
    state.drafted = tuple(Alignment.model_validate(a) for a in drafted["drafted"])
    state.rounds = drafted["rounds"]
    state.bounds = tuple(drafted["bounds"])
    state.exhausted = drafted.get("exhausted", False)
    state.usage = Usage.model_validate(drafted["usage"])
    state.seconds = drafted["seconds"]
    state.version = Version.DRAFT
    return state
