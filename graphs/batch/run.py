"""Batch distillation: every pair of a corpus through the alignment graph, resumable, each row accounted for."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from heapq import heappop, heappush
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from molreflect.agents.models.registry import Sampling
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, PairRecord, Usage, Version
from molreflect.agents.teacher.agent import Teacher, prompt_digest
from molreflect.agents.teacher.budget import Caps, Limits
from molreflect.graphs.alignment.graph import (
    AlignmentContext,
    AlignmentSettings,
    AlignmentState,
    Score,
    ScoreTarget,
)
from molreflect.graphs.batch.executors import (
    Executor,
    Failure,
    InlineExecutor,
    Interrupted,
    Outcome,
    Task,
    ThreadExecutor,
    Worker,
)
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus
from molreflect.graphs.runs.store import RunRow, RunStore, discard_unstarted, require_empty
from molreflect.graphs.traces.store import Span, TraceStore
from molreflect.tools.corpus import Corpus, Pair
from molreflect.tools.errors import InputError
from molreflect.tools.retrieval.index import Neighbour
from molreflect.tools.retrieval.vectors import Route
from molreflect.tools.storage import require_same_settings
from molreflect.tools.terms import (
    CaptionsBy,
    NeighboursBy,
    PerplexityOf,
    ReflectWhen,
    Select,
    TeacherProtocol,
    Verdict,
    View,
)

BATCH = 32
"""Rows kept in one transaction. A killed run loses at most this many rows of work, never a row."""
PACKAGES = ("rdkit", "langchain", "langgraph", "chromadb", "openclatura", "py2opsin", "numpy")

_CAPTION_ROUTE: Mapping[CaptionsBy, Route] = {CaptionsBy.EMBEDDINGS: "caption", CaptionsBy.BM25: "bm25"}

StandIn = Callable[[str], tuple[Alignment, ...]]
"""`pair id -> its draft`, for neighbours that are no rows of the run."""
NeighboursOf = Mapping[str, tuple[Neighbour, ...]]
"""`pair id -> its neighbours`, most similar first."""
Progress = Callable[[str, int, int], None]
"""`(what, done, of)` while a batch goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillSettings:
    """Everything that decides the result of a run, apart from the corpus."""

    view: View = View.PAIR
    teacher: str = "lexicon"
    base_url: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    protocol: TeacherProtocol = TeacherProtocol.TOOLS
    """How the model is spoken to; `auto`, which `distill_corpus` settles, asks the model once."""
    limits: Limits = field(default_factory=Limits)
    """Bounds of a pair."""
    caps: Caps = field(default_factory=Caps)
    """Caps of the run; they decide how far it gets, not what comes out."""
    student: str | None = None
    select: Select = Select.VERIFIED
    perplexity_of: PerplexityOf = PerplexityOf.ALIGNMENTS
    reflect_when: ReflectWhen = ReflectWhen.REFUSED
    neighbours: int = 2
    """Neighbours shown in reflection; 0 shows none."""
    neighbours_by: NeighboursBy = NeighboursBy.VIEW
    """`view`: by the molecule where the teacher sees it, else by the caption; `both`: by each side in turn."""
    reflect_tokens: int = 6_000
    """Most tokens of a request to reflect."""
    captions_by: CaptionsBy = CaptionsBy.EMBEDDINGS
    """How captions are compared: cosine of sentence embeddings, or BM25 over their words."""
    max_tanimoto: float | None = None
    """Pairs whose molecule is more similar than this to the row's are no neighbours either; None leaves out only those
    with its InChIKey first block."""
    max_repairs: int = 1
    workers: int = 1
    """Calls of the teacher under way at once, with twice as many pairs more in work that are read and judged meanwhile;
    1 works on one pair after the other. Results do not depend on it."""
    processes: int | None = None
    """Processes that share the work; None starts more than one only where that pays. Results do not depend on it."""

    def __post_init__(self) -> None:
        if not 0 <= self.neighbours <= 16:
            raise InputError(f"neighbours must be 0 to 16, got {self.neighbours}")
        hidden = {View.CAPTION: ("molecule", "both"), View.MOLECULE: ("caption", "both"), View.PAIR: ()}[self.view]
        if self.neighbours_by in hidden:
            raise InputError(
                f"neighbours by {self.neighbours_by} need what the {self.view} view hides; choose by {self.view}"
            )
        if self.max_tanimoto is not None and not 0 <= self.max_tanimoto <= 1:
            raise InputError(f"a Tanimoto threshold is 0 to 1, got {self.max_tanimoto}")
        if self.workers < 1:
            raise InputError(f"workers must be at least 1, got {self.workers}")
        if self.processes is not None and not 1 <= self.processes <= self.workers:
            raise InputError(f"processes must be 1 to the {self.workers} workers they share, got {self.processes}")
        if self.max_repairs < 0:
            raise InputError(f"repair rounds must not be negative, got {self.max_repairs}")
        if self.reflect_tokens < 1:
            raise InputError(f"tokens of a request to reflect must be at least 1, got {self.reflect_tokens}")
        if self.select == Select.PERPLEXITY and self.student is None:
            raise InputError("--select perplexity needs a student; name one with --student")
        if self.student is not None and (self.processes or 1) > 1:
            raise InputError("a student works in one process; pass --processes 1, or no student")
        if self.caps != Caps() and (self.processes or 1) > 1:
            raise InputError("a cap of the run is kept by one process; pass --processes 1, or no cap")

    def result_settings(self) -> dict[str, Any]:
        """Plain types for `run.yaml`, without what does not change a result."""
        found = json.loads(json.dumps(asdict(self)))
        sampling = {key: value for key, value in found["sampling"].items() if key not in ("timeout", "retries")}
        return {key: value for key, value in found.items() if key not in ("workers", "processes", "caps")} | {
            "sampling": sampling
        }

    def pair_settings(self) -> AlignmentSettings:
        """What decides how one pair is worked on."""
        return AlignmentSettings(
            max_repairs=self.max_repairs,
            select=self.select,
            reflect_when=self.reflect_when,
            reflect_tokens=self.reflect_tokens,
            perplexity_of=self.perplexity_of,
        )

    @property
    def routes(self) -> tuple[Route, ...]:
        """How neighbours are found. Captions are embedded only where they are asked for, which takes a while."""
        if not self.neighbours:
            return ()
        caption = _CAPTION_ROUTE[self.captions_by]
        if self.neighbours_by == NeighboursBy.BOTH:
            return ("molecule", caption)
        by_view = self.neighbours_by == NeighboursBy.VIEW and self.view is View.CAPTION
        by_caption = self.neighbours_by == NeighboursBy.CAPTION or by_view
        return (caption,) if by_caption else ("molecule",)


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
    from molreflect.agents import prompts

    versions = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {
        "molreflect": importlib.metadata.version("molreflect"),
        "settings": settings.result_settings(),
        "prompts": {
            "version": prompts.JSON_VERSION if settings.protocol == TeacherProtocol.JSON else prompts.VERSION,
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
    parts = json.dumps(
        [pair.id, pair.smiles, pair.caption, settings.result_settings()], ensure_ascii=False, sort_keys=True
    )
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
        InputError: The folder is taken, or a resumed run had another corpus, other settings or another version.
    """
    wanted = settings_of_run(settings, corpus, index_hash, account)
    if not resume or not (folder / "run.yaml").is_file():
        if resume:
            discard_unstarted(folder)
        keys = [row_key(pair, settings) for pair in corpus.pairs]
        return RunStore.create(folder, wanted, corpus.pairs, keys, corpus.bad_rows)
    store = RunStore.open(folder, write=True)
    try:
        _refuse_other(store, wanted, ("settings", "prompts", "index_hash"), corpus)
    except InputError:
        store.close()
        raise
    store.retry_failures()
    return store


def validate_output_folder(folder: Path, corpus: Corpus, settings: DistillSettings, *, resume: bool) -> None:
    """What can be said about a run directory before anything is prepared in it.

    Raises:
        InputError: As `open_run`, but for the index, which is not open yet.
    """
    if not resume:
        require_empty(folder)
    elif (folder / "run.yaml").is_file():
        with contextlib.closing(RunStore.open(folder, write=True)) as store:
            _refuse_other(store, settings_of_run(settings, corpus, ""), ("settings", "prompts"), corpus)
    else:
        discard_unstarted(folder)
        require_empty(folder)


def _refuse_other(store: RunStore, wanted: dict[str, Any], parts: Sequence[str], corpus: Corpus) -> None:
    if store.settings["corpus"]["fingerprint"] != corpus.fingerprint:
        raise InputError(
            f"{store.folder} was made from another corpus than {corpus.source}; pass the same, or start anew"
        )
    require_same_settings(
        f"{store.folder} was made", *({k: of.get(k) for k in parts} for of in (store.settings, wanted))
    )


def distill(
    store: RunStore,
    prepared: PreparedCorpus,
    teacher: Teacher,
    settings: DistillSettings,
    *,
    score: Score | None = None,
    score_target: ScoreTarget | None = None,
    progress: Progress = lambda what, done, of: None,
    stand_in: StandIn | None = None,
    executor: Executor | None = None,
    found: Future[NeighboursOf] | None = None,
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

    Returns:
        Counts. A failed row keeps its reason and is tried again on resume; it never stops the others.
    """
    with contextlib.closing(TraceStore(store.folder / "traces.sqlite")) as traces:
        kept = store.trace_ids()
        traces.forget([t["trace_id"] for t in traces.traces() if t["trace_id"] not in kept])
        for row in store.rows("drafted"):  # killed between keeping the spans of a reflection and its record
            traces.forget_from(row.trace_id, "align:reflect")
        chosen = executor or _own_executor(teacher, prepared, settings, score, score_target)
        try:
            _Batch(store, prepared, teacher, settings, chosen, traces, stand_in).work_off(progress, found)
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
        stopped=teacher.meter.stopped,
        left=counts.get("pending", 0) + counts.get("drafted", 0),
    )


class _Batch:
    """Both parts of every row: drafts for all, and each reflection as soon as the drafts it is shown are there."""

    def __init__(
        self,
        store: RunStore,
        prepared: PreparedCorpus,
        teacher: Teacher,
        settings: DistillSettings,
        executor: Executor,
        traces: TraceStore,
        stand_in: StandIn | None,
    ) -> None:
        self.store, self.prepared, self.settings, self.executor, self.traces = (
            store,
            prepared,
            settings,
            executor,
            traces,
        )
        self.executor, self.meter, self.stand_in = executor, teacher.meter, stand_in
        self.found: NeighboursOf = {}
        self.looking = True
        """Whether neighbours are still being looked up."""
        self.examples: dict[str, tuple[Alignment, ...]] = {}
        self.retrieves = prepared.index is not None and settings.neighbours > 0
        self.queue: SimpleQueue[tuple[RunRow, Task | None, Future[Any]]] = SimpleQueue()
        """What came to its end: tasks, and (without a task) the look-up of neighbours."""
        self.pending: deque[RunRow] = deque()
        """Rows whose draft nobody works on yet, in corpus order."""
        self.undrafted: set[str] = set()
        """Rows whose draft is not made yet."""
        self.rows: dict[str, RunRow] = {}
        """Rows that are not reflected on yet."""
        self.blockers: dict[str, set[str]] = {}
        """Drafts that a row's reflection waits for."""
        self.blocked_by: dict[str, list[str]] = {}
        self.ready: list[tuple[int, int, str]] = []
        """A heap of rows to be reflected on: those that may take many calls first, then by place in the corpus."""
        self.refuted: dict[str, int] = {}
        """How many alignments of a draft were refuted, of rows that are not ready yet."""
        self.settled: list[tuple[RunRow, PairRecord, float]] = []
        """Records of rows that need no reflection, until it is known which neighbours they are to name."""
        self.drafts: dict[str, tuple[RunRow, dict[str, Any], str]] = {}
        """Drafts that are not kept yet, by id. What they are shown in is kept after them."""
        self.records: list[tuple[RunRow, PairRecord, float]] = []
        self.spans: list[tuple[str, Sequence[Span]]] = []

    def work_off(self, progress: Progress, found: Future[NeighboursOf] | None = None) -> None:
        """Work on every row that is not done.

        Drafts come first, in corpus order. There is no line between them and the reflections at which everybody waits
        for the slowest draft: a row is reflected on once its own draft and those of its neighbours are made, and what
        it is shown is the same whatever the order in which they came.
        """
        pending, drafted = self.store.rows("pending"), self.store.rows("drafted")
        self.pending.extend(pending)
        self.undrafted = {row.id for row in pending}
        self.rows = {row.id: row for row in sorted([*pending, *drafted], key=lambda row: row.position)}
        if not self.rows:
            return
        drafts = reflections = flying = 0
        with ThreadPoolExecutor(1, thread_name_prefix="neighbours") as aside:
            asked = tuple(self.rows.values())  # rows that fail meanwhile leave `rows`, and the look-up is not to notice
            if found is None:
                found = aside.submit(find_neighbours, asked, self.prepared, self.settings)
            self._watch(asked[0], None, found)
            try:
                while True:
                    while flying < self.executor.slots and (given := self._next()) is not None:
                        self._watch(*given, self.executor.submit(given[1]))
                        flying += 1
                    if not flying and not self.looking:
                        break
                    row, task, future = self.queue.get()
                    outcome = future.result()
                    if task is None:
                        self._settle_order(outcome)
                        continue
                    flying -= 1
                    self._take(row, task, outcome)
                    if isinstance(outcome, Interrupted):
                        continue
                    if task.part == "draft":
                        drafts += 1
                        progress("drafting", drafts, len(pending))
                    else:
                        reflections += 1
                        progress("reflecting", reflections, reflections + len(self.rows))
                    if len(self.drafts) + len(self.records) >= BATCH:
                        self._keep()
            finally:
                self._keep()  # what was paid for is kept, whatever happened

    def _watch(self, row: RunRow, task: Task | None, future: Future[Any]) -> None:
        future.add_done_callback(lambda done: self.queue.put((row, task, done)))

    def _next(self) -> tuple[RunRow, Task] | None:
        """What to do next: drafts first, since reflections wait for them and not the other way round."""
        if self.meter.stopped is not None:
            return None
        if self.pending:
            row = self.pending.popleft()
            return row, Task("draft", self._state(row, self._trace_id(row)))
        if not self.ready:
            return None
        row = self.rows[heappop(self.ready)[-1]]
        drafted = self._draft(row.id)
        assert drafted is not None  # what is ready has its draft
        state = _draft_from_json(self._state(row, row.trace_id), drafted)
        return row, Task("reflect", state, self._neighbours(row.id) if self.retrieves else None)

    def _take(self, row: RunRow, task: Task, outcome: Outcome) -> None:
        trace_id = task.state.trace_id
        if isinstance(outcome, Interrupted):
            if outcome.usage.calls:
                self.store.keep_interrupted(row, outcome.usage)
            return  # its draft, if that was to be, is not there for others: they wait for a run that goes on
        if isinstance(outcome, Failure):
            self._keep()  # a reflection fails after its draft, in the store as well
            self.traces.add(row.id, "alignment", outcome.spans)
            self.store.keep_failure(row, outcome.reason, trace_id, usage=outcome.usage, raw=outcome.raw)
            del self.rows[row.id]
            self._unblock(row.id)
            return
        self.spans.append((row.id, outcome.spans))
        if outcome.record is not None:
            del self.rows[row.id]
            kept = self.records if task.part == "reflect" else self.settled
            kept.append((row, outcome.record, outcome.seconds))
        else:
            assert outcome.draft is not None
            self.rows[row.id] = replace(row, trace_id=trace_id)  # the reflection goes on with the draft's trace
            self.refuted[row.id] = _refuted(outcome.draft)
        if outcome.draft is not None:
            self.drafts[row.id] = (row, outcome.draft, trace_id)
            self._unblock(row.id)

    def _keep(self) -> None:
        """Keep what is finished: spans, then drafts, then records, so that no record is kept without what it saw."""
        for row_id, recorded in self.spans:
            self.traces.add(row_id, "alignment", recorded)
        self.spans.clear()
        self.store.keep_drafts(self.drafts.values())
        self.drafts.clear()
        if not self.looking:
            self.records += [(row, self._naming_neighbours(record), took) for row, record, took in self.settled]
            self.settled.clear()
        records, self.records = self.records, []
        self.store.keep_records(records)

    def _settle_order(self, found: NeighboursOf) -> None:
        """Now that neighbours are known: which drafts every reflection waits for."""
        named = self.rows.keys() | {row.id for row, _, _ in self.settled}
        if self.retrieves and (missing := named - found.keys()):
            raise ValueError(f"neighbours of {len(missing)} rows were not looked up, {min(missing)!r} among them")
        self.found, self.looking = found, False
        for row in self.rows.values():
            shown = {row.id, *(n.id for n in found.get(row.id, ()))}
            self.blockers[row.id] = shown & self.undrafted
            for other in self.blockers[row.id]:
                self.blocked_by.setdefault(other, []).append(row.id)
            if not self.blockers[row.id]:
                self._is_ready(row)

    def _unblock(self, drafted: str) -> None:
        """The draft of a row is made, or there will be none."""
        self.undrafted.discard(drafted)
        for waiting in self.blocked_by.pop(drafted, ()):
            blockers = self.blockers[waiting]
            blockers.discard(drafted)
            if not blockers and waiting in self.rows:
                self._is_ready(self.rows[waiting])

    def _is_ready(self, row: RunRow) -> None:
        """A row may be reflected on. One with refuted alignments may have to be repaired: begun last, it ends late."""
        refuted = self.refuted.pop(row.id, None)
        if refuted is None:  # drafted in an earlier start
            drafted = self._draft(row.id)
            refuted = 0 if drafted is None else _refuted(drafted)
        heappush(self.ready, (-refuted, row.position, row.id))

    def _state(self, row: RunRow, trace_id: str) -> AlignmentState:
        view = self.settings.view
        return AlignmentState(
            id=row.id,
            view=view,
            smiles=None if view is View.CAPTION else row.smiles,
            caption=None if view is View.MOLECULE else row.caption,
            target={View.MOLECULE: row.caption, View.CAPTION: row.smiles}.get(view),
            trace_id=trace_id,
        )

    def _trace_id(self, row: RunRow) -> str:
        """The same for the same row, settings and attempt: records do not differ from one run to the next."""
        parts = [self.store.settings["settings"], row.id, row.smiles, row.caption, row.attempts]
        text = json.dumps(parts, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def _neighbours(self, pair_id: str) -> tuple[NeighbourExample, ...]:
        """Neighbours of a pair with their judged drafts."""
        return tuple(
            NeighbourExample(n.id, n.smiles, n.caption, n.similarity, self._drafted(n.id))
            for n in self.found.get(pair_id, ())
        )

    def _naming_neighbours(self, record: PairRecord) -> PairRecord:
        """A record of a draft alone, with the neighbours that a reflection would have been shown."""
        return record.model_copy(update={"neighbours": tuple(n.id for n in self.found.get(record.id, ()))})

    def _draft(self, pair_id: str) -> dict[str, Any] | None:
        """The state a row's draft ended in, as JSON types."""
        waiting = self.drafts.get(pair_id)
        return waiting[1] if waiting is not None else self.store.draft(pair_id)

    def _drafted(self, pair_id: str) -> tuple[Alignment, ...]:
        if pair_id not in self.examples:
            draft = self._draft(pair_id)
            drafted = () if draft is None else tuple(Alignment.model_validate(a) for a in draft["drafted"])
            self.examples[pair_id] = drafted or (self.stand_in(pair_id) if self.stand_in is not None else ())
        return self.examples[pair_id]


def find_neighbours(rows: Sequence[RunRow], prepared: PreparedCorpus, settings: DistillSettings) -> NeighboursOf:
    """Neighbours of every row, once the index is built; nothing where none are shown."""
    if prepared.index is None or not settings.neighbours:
        return {}
    index = prepared.ready()
    assert index is not None
    k, exclude = settings.neighbours, [{index.block_of(row.id)} for row in rows]
    by_route = [
        index.neighbours_many(
            [row.smiles if route == "molecule" else row.caption for row in rows],
            by=route,
            k=k,
            exclude=exclude,
            max_tanimoto=settings.max_tanimoto,
            molecules=[row.smiles for row in rows],
        )
        for route in settings.routes
    ]
    return {row.id: _in_turn(lists, k) for row, *lists in zip(rows, *by_route, strict=True)}


def _own_executor(
    teacher: Teacher,
    prepared: PreparedCorpus,
    settings: DistillSettings,
    score: Score | None,
    score_target: ScoreTarget | None,
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
    worker = Worker(context)
    return InlineExecutor(worker) if settings.workers == 1 else ThreadExecutor(worker, settings.workers)


def _in_turn(lists: Sequence[Sequence[Neighbour]], k: int) -> tuple[Neighbour, ...]:
    """The best of every list in turn, each pair once, `k` in all."""
    merged: dict[str, Neighbour] = {}
    for place in range(k):
        for found in lists:
            if place < len(found):
                merged.setdefault(found[place].id, found[place])
    return tuple(merged.values())[:k]


def _refuted(drafted: Mapping[str, Any]) -> int:
    return sum(a["verdict"] == Verdict.REFUTED for a in drafted["drafted"])


def _draft_from_json(state: AlignmentState, drafted: dict[str, Any]) -> AlignmentState:
    state.drafted = tuple(Alignment.model_validate(a) for a in drafted["drafted"])
    state.rounds = drafted["rounds"]
    state.bounds = tuple(drafted["bounds"])
    state.exhausted = drafted.get("exhausted", False)
    state.usage = Usage.model_validate(drafted["usage"])
    state.seconds = drafted["seconds"]
    state.version = Version.DRAFT
    return state
