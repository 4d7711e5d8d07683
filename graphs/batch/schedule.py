"""The order of the work in a batch; its results do not depend on it."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from heapq import heappop, heappush
from queue import Empty, SimpleQueue
from typing import Any

from molreflect.agents.models.noisy_teacher import is_embedded
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, PairRecord
from molreflect.agents.teacher.agent import Teacher
from molreflect.graphs.alignment.state import AlignmentState
from molreflect.graphs.batch.executors import Executor
from molreflect.graphs.batch.neighbours import NeighboursOf, find_neighbours
from molreflect.graphs.batch.prepared_corpus import (
    PreparedCorpus,
)
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.steering import INTERRUPTED
from molreflect.graphs.batch.tasks import Failure, Interrupted, Outcome, Task, draft_from_json, state_of
from molreflect.graphs.runs.store import RunRow, RunStore
from molreflect.tools.terms import (
    FailureKind,
    ProgressCallback,
    Verdict,
)

KEPT_TOGETHER = 0.4
"""Seconds for which a row of the embedded teacher waits to be kept together with others.

A transaction for each would take a tenth of the time, and what is lost of them is made again as fast as it was made.
What a model behind an endpoint answered is kept at once.
"""

ALIKE = 20
"""Rows in a row that fail of the same unexpected error: then it is a bug of ours, and the run stops for it."""

EXAMPLES = 1_000
"""Drafts of neighbours that are at hand: some tens of kilobytes each."""

StandIn = Callable[[str], tuple[Alignment, ...]]
"""`pair id -> its draft`, for neighbours that are no rows of the run."""


class Schedule:
    """Both parts of every row: drafts for all, and each reflection as soon as the drafts it is shown are there."""

    def __init__(
        self,
        store: RunStore,
        prepared: PreparedCorpus,
        teacher: Teacher,
        settings: DistillSettings,
        executor: Executor,
        stand_in: StandIn | None,
    ) -> None:
        self.store, self.prepared, self.settings = store, prepared, settings
        self.executor, self.meter, self.stand_in = executor, teacher.meter, stand_in
        self.found: NeighboursOf = {}
        self.looking = True
        """Whether neighbours are still being looked up."""
        self.examples: dict[str, tuple[Alignment, ...]] = {}
        """Drafts that were shown to others lately, the latest last."""
        self.retrieves = prepared.index is not None and settings.neighbours > 0
        self.queue: SimpleQueue[tuple[RunRow, Task | None, Future[Any]] | None] = SimpleQueue()
        """What came to its end: tasks, and (without a task) the look-up of neighbours. None: more may be begun."""
        self.rows_in_work = 0
        self.steps = 0
        """Drafts and reflections that came to their end."""
        self.pending: deque[RunRow] = deque()
        """Rows whose draft nobody works on yet, in corpus order."""
        self.undrafted: set[str] = set()
        """Rows whose draft is not made yet, those included that the endpoint failed."""
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
        self.deferred: set[str] = set()
        """Rows that the endpoint failed once, and that are tried again after the others."""
        self.anew = store.unusable_attempts()
        """Attempts, by id, whose answers could not be used."""
        self.alike: list[str] = []
        """Tracebacks of rows in a row that failed unexpectedly."""
        self.drafts: dict[str, tuple[RunRow, dict[str, Any], str]] = {}
        """Drafts that are not kept yet, by id. What they are shown in is kept after them."""
        self.records: list[tuple[RunRow, PairRecord, float]] = []
        self.patience = KEPT_TOGETHER if is_embedded(settings.teacher) else 0.0
        """Seconds for which they may wait."""
        self.held_since: float | None = None
        """When the first of those that wait came; by `time.monotonic`."""

    def work_off(self, progress: ProgressCallback, found: Future[NeighboursOf] | None = None) -> None:
        """Work on every row that is not done.

        Drafts come first, in corpus order. There is no line between them and the reflections at which everybody waits
        for the slowest draft: a row is reflected on once its own draft and those of its neighbours are made, and what
        it is shown is the same whatever the order in which they came.
        """
        pending, drafted = self.store.rows("pending"), self.store.rows("drafted")
        self.pending.extend(pending)
        self.undrafted = {row.id for row in pending} | self.store.failed.unreached()
        self.rows = {row.id: row for row in sorted([*pending, *drafted], key=lambda row: row.position)}
        if not self.rows:
            return
        drafts = reflections = 0
        with ThreadPoolExecutor(1, thread_name_prefix="neighbours") as aside:
            asked = tuple(self.rows.values())  # rows that fail meanwhile leave `rows`, and the look-up is not to notice
            if found is None:
                found = aside.submit(find_neighbours, asked, self.prepared, self.settings)
            self._watch(asked[0], None, found)
            try:
                while True:
                    while self.rows_in_work < self.executor.slots and (given := self._next()) is not None:
                        self._watch(*given, self.executor.submit(given[1]))
                        self.rows_in_work += 1
                    if not self.rows_in_work and not self.looking:
                        break
                    if (ended := self._next_ended()) is None:
                        continue
                    row, task, future = ended
                    outcome = future.result()
                    if task is None:
                        self._settle_order(outcome)
                        continue
                    self.rows_in_work -= 1
                    if not self._take(row, task, outcome):
                        continue
                    self.steps += 1
                    if task.part == "draft":
                        drafts += 1
                        progress("drafting", drafts, len(pending))
                    else:
                        reflections += 1
                        progress("reflecting", reflections, reflections + len(self.rows))
                    if self.held_since is None:
                        self.held_since = time.monotonic()
                    if self._seconds_left() <= 0:
                        self._keep()
            except KeyboardInterrupt:
                self.stop(INTERRUPTED)
                raise
            finally:
                self._keep()  # what was paid for is kept, whatever happened

    def _watch(self, row: RunRow, task: Task | None, future: Future[Any]) -> None:
        future.add_done_callback(lambda done: self.queue.put((row, task, done)))

    def _seconds_left(self) -> float:
        """How long what is held may still wait to be kept."""
        assert self.held_since is not None
        return self.held_since + self.patience - time.monotonic()

    def _next_ended(self) -> tuple[RunRow, Task | None, Future[Any]] | None:
        """Wait for what ends next, and keep meanwhile what has waited long enough."""
        if self.held_since is None:
            return self.queue.get()
        try:
            return self.queue.get(timeout=max(0.0, self._seconds_left()))
        except Empty:
            self._keep()
            return self.queue.get()

    def _next(self) -> tuple[RunRow, Task] | None:
        """What to do next: drafts first, since reflections wait for them and not the other way round."""
        if self.meter.stopped is not None:
            return None
        if self.pending:
            row = self.pending.popleft()
            return row, Task("draft", self._state(row, self._trace_id(row)), anew=self.anew.get(row.id, 0))
        if not self.ready:
            return None
        row = self.rows[heappop(self.ready)[-1]]
        drafted = self._draft(row.id)
        assert drafted is not None  # what is ready has its draft
        state = draft_from_json(self._state(row, row.trace_id), drafted)
        shown = self._neighbours(row.id) if self.retrieves else None
        return row, Task("reflect", state, shown, anew=self.anew.get(row.id, 0))

    def _take(self, row: RunRow, task: Task, outcome: Outcome) -> bool:
        """Take in how a task ended; False where the row is no further than before."""
        trace_id = task.state.trace_id
        if isinstance(outcome, Interrupted):
            self.stop(outcome.why)
            if outcome.usage.calls:
                self.store.keep_interrupted(row, outcome.usage)
            return False  # its draft, if that was to be, is not there for others: they wait for a run that goes on
        if isinstance(outcome, Failure):
            return self._fail(row, task, outcome)
        self.alike.clear()
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
        return True

    def _fail(self, row: RunRow, task: Task, failure: Failure) -> bool:
        """Keep a failure; one of the endpoint only once the row was tried again after the others (False before)."""
        if failure.kind is FailureKind.ENDPOINT and row.id not in self.deferred:
            self.deferred.add(row.id)
            if failure.usage.calls:
                self.store.keep_interrupted(row, failure.usage)
            if task.part == "draft":
                self.pending.append(row)
            else:
                heappush(self.ready, (1, row.position, row.id))
            return False
        self._keep()  # a reflection fails after its draft, in the store as well
        self.store.keep_failure(
            row, failure.reason, task.state.trace_id, kind=failure.kind, usage=failure.usage, raw=failure.raw
        )
        del self.rows[row.id]
        if failure.kind is not FailureKind.ENDPOINT:  # else those that would be shown its draft wait for a resume
            self._unblock(row.id)
        self.alike = [*self.alike, failure.raw] if failure.kind is FailureKind.UNEXPECTED else []
        if len(self.alike) >= ALIKE and len({_last_lines(raw) for raw in self.alike[-ALIKE:]}) == 1:
            raise RuntimeError(f"{ALIKE} rows in a row failed of the same error, the last of them:\n{failure.raw}")
        return True

    def stop(self, why: str) -> None:
        """Make no further call, in any process."""
        if self.meter.stopped is None and why:
            self.meter.stop(why)
        self.executor.drain()

    @property
    def stopping(self) -> str | None:
        """Why no further call is made; None while calls are made."""
        return self.meter.stopped

    def resize(self, calls: int) -> None:
        """Work on so many rows that this many calls can be under way."""
        self.executor.resize(calls)
        self.queue.put(None)

    def _keep(self) -> None:
        """Keep what is finished: spans, then drafts, then records, so that no record is kept without what it saw."""
        self.executor.settle()
        self.held_since = None
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
        return state_of(row, self.settings.view, trace_id)

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
        known = self.examples.pop(pair_id, None)
        if known is None:
            draft = self._draft(pair_id)
            drafted = () if draft is None else tuple(Alignment.model_validate(a) for a in draft["drafted"])
            known = drafted or (self.stand_in(pair_id) if self.stand_in is not None else ())
        self.examples[pair_id] = known  # last, as the one that was shown last
        if len(self.examples) > EXAMPLES:
            del self.examples[next(iter(self.examples))]
        return known


def _last_lines(raised: str) -> str:
    """Where a traceback ended, without the error's own words."""
    return "\n".join(line for line in raised.splitlines() if line.startswith("  "))[-400:]


def _refuted(drafted: Mapping[str, Any]) -> int:
    return sum(a["verdict"] == Verdict.REFUTED for a in drafted["drafted"])
