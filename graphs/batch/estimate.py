"""What a run will take: some rows are worked on as the run would, and the rest is extrapolated with an interval."""

from __future__ import annotations

import contextlib
import math
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from molreflect.agents.models.lexicon_teacher import NAME as LEXICON
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.responses import FILE as RESPONSES
from molreflect.agents.models.responses import ResponseStore
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.schemas import Alignment, Usage, add
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.agents.teacher.budget import RunMeter
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
from molreflect.graphs.batch.kept_answers import KeptAnswers, look_up
from molreflect.graphs.batch.opening import open_run
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report, prepare_corpus
from molreflect.graphs.batch.run import distill, read_usable
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.tasks import Failure, Finished, Interrupted, Task, Worker, state_of
from molreflect.graphs.batch.teacher_setup import TeacherSetup, open_teacher_setup, student_scores
from molreflect.graphs.runs.store import RunRow, require_empty
from molreflect.tools.corpus import Corpus, Pair
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import ProgressCallback

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Figure:
    """One projected total."""

    total: float
    low: float | None
    high: float | None
    """Bounds of the 95 % interval; None where one row cannot tell how rows differ."""


@dataclass(frozen=True, slots=True)
class Projection:
    """What a whole run is expected to take from now on."""

    rows: int
    sampled: int
    failed: int
    """Sampled rows that failed; what they spent counts."""
    input_tokens: Figure
    output_tokens: Figure
    calls: Figure
    cost: Figure | None
    """None where the model has no price."""
    currency: str
    seconds: Figure
    """Of teachers, tools and judge, at the number of workers that was asked for."""
    preparation_seconds: float
    """Measured: reading the corpus, evidence, index. The run finds it made."""
    spent: Usage
    """What the estimate itself has cost."""
    kept: bool
    """Whether the store keeps that, so that the run does not pay for it again; then the figures are without it."""
    answered: int
    """Rows that the store answered before; they cost nothing."""
    uncounted: int
    """Sampled calls whose tokens the provider did not report; they are estimated."""
    how_counted: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"spent": self.spent.model_dump(), "confidence": CONFIDENCE}


def estimate_corpus(
    source: str | Corpus,
    out: Path,
    settings: DistillSettings,
    sample: int,
    *,
    limit: int | None = None,
    cache: Path | None = None,
    chroma_url: str | None = None,
    prices: Path | None = None,
    report: Report = lambda _: None,
    progress: ProgressCallback = lambda what, done, of: None,
) -> Projection:
    """Work on some rows of a corpus, evenly spread over it, and project what all of them will take.

    Evidence and index are made of the whole corpus, in `out/index`, where the run will find them; no run is begun, and
    the records of the sampled rows are dropped. Where answers are kept, rows that are answered already cost nothing,
    and neighbours that a reflection is shown are drafted as in the run: what is paid for here is not paid for again.
    Where they are not kept, neighbours outside the sample are shown with the lexicon's drafts.

    Args:
        source: As in `distill_corpus`, like `settings`, `limit`, `cache`, `chroma_url` and `prices`.
        out: The run directory to come.
        sample: Rows to work on; at least 2 for an interval.

    Raises:
        InputError: As `distill_corpus`; or every sampled row failed.
        CapReachedError: Never: a cap of the run ends the sampling, and what was done counts.
    """
    require_empty(out)
    corpus = read_usable(source, limit)
    voice = open_teacher_setup(settings, prices=prices, report=report)
    settings = voice.settings
    scores = (None, None) if settings.student is None else student_scores(settings.student)
    began = time.perf_counter()
    with contextlib.ExitStack() as stack:
        prepared = prepare_corpus(
            corpus, folder=out / "index", cache=cache, chroma_url=chroma_url, routes=settings.routes,
            lexicon_patch=settings.lexicon_patch, report=report,
        )  # fmt: skip
        stack.callback(prepared.close)
        index = prepared.ready()
        prepared_seconds = time.perf_counter() - began
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="molreflect-estimate-")))
        kept = _look_up_answers(corpus, prepared, voice, folder / "whole", stack, cache, progress)
        unknown = [pair for pair in corpus.pairs if kept is None or pair.id in kept.used]
        chosen = spread(unknown, sample) if unknown else []
        part = replace(corpus, pairs=tuple(chosen), bad_rows=())
        opened = open_run(folder / "run", part, settings, index_hash=index.index_hash if index else "", resume=False)
        store = stack.enter_context(contextlib.closing(opened))
        teacher = voice.teacher(prepared.resources, stack, voice.meter(stack), cache=cache)
        neighbours = _Neighbours(corpus, prepared, settings, teacher, kept) if kept is not None else None
        result = distill(
            store,
            prepared,
            teacher,
            settings,
            score=scores[0],
            score_target=scores[1],
            progress=progress,
            stand_in=neighbours or _lexicon_drafts(prepared, corpus, settings),
        )
        if result.done == 0 and unknown:
            why = result.stopped or (result.reasons[0][0] if result.reasons else "no row was finished")
            raise InputError(f"no sampled row was finished, so nothing can be projected: {why}")
        failed = store.last_failures()
        seconds = store.seconds()
        used = {r["id"]: Usage.model_validate(r["usage"]) for r in store.records()}
        used |= {row_id: usage for row_id, (_, usage) in failed.items()}
        before = kept.used if kept is not None else {}
        paid = [_less(usage, before.get(row_id, Usage())) for row_id, usage in used.items()]
        beside = neighbours.paid if neighbours is not None else Usage()

        def still(values: Sequence[float], known: float) -> Figure:
            """Project what is left to pay: all of it, where the sample is not kept."""
            return project(values, len(unknown), less=math.fsum(values) + known if kept is not None else 0.0)

        workers = min(settings.workers, len(corpus))
        times = [seconds[r] / workers for r in used if r in seconds]
        return Projection(
            rows=len(corpus),
            sampled=result.done + result.failed,
            failed=result.failed,
            input_tokens=still([u.input_tokens for u in paid], beside.input_tokens),
            output_tokens=still([u.output_tokens for u in paid], beside.output_tokens),
            calls=still([u.calls for u in paid], beside.calls),
            cost=still([u.cost or 0.0 for u in paid], beside.cost or 0.0) if voice.price is not None else None,
            currency=voice.price.currency if voice.price is not None else "",
            seconds=still(times, 0.0),
            preparation_seconds=round(prepared_seconds, 1),
            spent=teacher.meter.spent,
            kept=kept is not None,
            answered=len(corpus) - len(unknown),
            uncounted=sum(u.uncounted for u in paid),
            how_counted=voice.counter.how,
        )


def _look_up_answers(
    corpus: Corpus,
    prepared: PreparedCorpus,
    voice: TeacherSetup,
    folder: Path,
    stack: contextlib.ExitStack,
    cache: Path | None,
    progress: ProgressCallback,
) -> KeptAnswers | None:
    """What the store of responses holds of a corpus; None where none is used."""
    settings = voice.settings
    if cache is None or not settings.keeps_answers or isinstance(voice.model, RuleModel):
        return None
    with contextlib.closing(ResponseStore(cache / RESPONSES)) as store:
        holds_any = store.holdings().by_model.get(settings.teacher, 0) > 0
    if not holds_any:
        return KeptAnswers({pair.id: Usage() for pair in corpus.pairs})
    teacher = voice.teacher(prepared.resources, stack, RunMeter(), cache=cache, only_kept=True)
    index_hash = prepared.index.index_hash if prepared.index is not None else ""
    context = AlignmentContext(teacher=teacher, resources=prepared.resources, settings=settings.pair_settings())
    with contextlib.closing(open_run(folder, corpus, settings, index_hash=index_hash, resume=False)) as run:
        rows = run.rows()
    return look_up(rows, Worker(context), prepared, settings, progress)


class _Neighbours:
    """Drafts of neighbours outside the sample, made as the run would make them, and kept for it."""

    def __init__(
        self, corpus: Corpus, prepared: PreparedCorpus, settings: DistillSettings, teacher: Teacher, kept: KeptAnswers
    ) -> None:
        self.paid = Usage()
        """What they cost beyond what was at hand."""
        self._pairs = {pair.id: pair for pair in corpus.pairs}
        self._view, self._kept = settings.view, kept
        self._worker = Worker(
            AlignmentContext(teacher=teacher, resources=prepared.resources, settings=settings.pair_settings())
        )

    def __call__(self, pair_id: str) -> tuple[Alignment, ...]:
        if pair_id not in self._kept.used:
            return self._kept.drafts.get(pair_id, ())
        pair = self._pairs[pair_id]
        row = RunRow(0, pair.id, pair.smiles, pair.caption, "pending", 0, "", "")
        outcome = self._worker(Task("draft", state_of(row, self._view, "")))
        if isinstance(outcome, Finished) and outcome.draft is not None:
            used = Usage.model_validate(outcome.draft["usage"])
            drafted = tuple(Alignment.model_validate(a) for a in outcome.draft["drafted"])
        else:
            used, drafted = outcome.usage if isinstance(outcome, (Failure, Interrupted)) else Usage(), ()
        self.paid = add(self.paid, _less(used, self._kept.used[pair_id]))
        return drafted


def _less(used: Usage, before: Usage) -> Usage:
    """What was paid for, of what answers took."""
    names = ("input_tokens", "output_tokens", "calls", "uncounted")
    left = {name: max(0, getattr(used, name) - getattr(before, name)) for name in names}
    return Usage(**left, cost=None if used.cost is None else max(0.0, used.cost - (before.cost or 0.0)))


def spread(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """Evenly spaced pairs, so that a corpus in some order is seen from end to end."""
    if most < 1:
        raise InputError(f"an estimate needs at least 1 row, got {most}")
    count = min(most, len(pairs))
    return [pairs[(2 * i + 1) * len(pairs) // (2 * count)] for i in range(count)]


def project(values: Sequence[float], rows: int, *, less: float = 0.0) -> Figure:
    """The total over `rows` rows of which some were measured, with Student's interval of a sum of unseen rows.

    What was measured is known; only the rows that were not are uncertain, each by its own scatter and together by that
    of the mean.

    Args:
        values: One measured value a row.
        rows: Rows in all.
        less: What is not to be counted of the total, since it is paid for already.
    """
    n = len(values)
    if not rows:
        return Figure(0.0, 0.0, 0.0)
    seen = math.fsum(values)
    total = seen * rows / n  # not by way of the mean, which may be too small a number to be held
    if n < 2:
        return Figure(_rounded(max(0.0, total - less)), None, None)
    unseen = max(0, rows - n)
    scatter = statistics.stdev(values)
    reach = _student_t(CONFIDENCE, n - 1) * scatter * math.sqrt(unseen + unseen**2 / n)
    low, high = max(seen, total - reach), total + reach
    return Figure(*(_rounded(max(0.0, bound - less)) for bound in (total, low, high)))


def _student_t(share: float, freedom: int) -> float:
    """Find the `t` within which a share of Student's distribution lies on both sides of 0.

    By halving; scipy, which knows it too, would be a seventh of the installation for this one number.

    Source: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4, sums that are exact for whole degrees of freedom.
    """

    def within(angle: float) -> float:
        square, odd = math.cos(angle) ** 2, freedom % 2
        terms, term = 0.0, math.cos(angle) if odd else 1.0
        for k in range(2 + odd, freedom + 1, 2):  # the term before is multiplied by (k - 1) / k
            terms += term
            term *= square * (k - 1) / k
        sine = math.sin(angle) * terms
        return 2 / math.pi * (angle + sine) if odd else sine

    low, high = 0.0, math.pi / 2  # of the angle whose tangent is t divided by the root of the degrees of freedom
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if within(middle) < share else (low, middle)
    return math.tan(low) * math.sqrt(freedom)


def _rounded(value: float) -> float:
    """Four significant digits: an estimate has no more."""
    return float(f"{value:.4g}")


def _lexicon_drafts(prepared: PreparedCorpus, corpus: Corpus, settings: DistillSettings) -> Any:
    """Drafts for neighbours that were not sampled: the lexicon's, about as long as any other's."""
    by_id = {pair.id: pair for pair in corpus.pairs}
    tools = build_alignment_tools(prepared.resources)
    teacher: Teacher = build_teacher(LexiconModel(), tools, name=LEXICON)
    graph = build_alignment_graph(part="draft")
    context = AlignmentContext(teacher=teacher, resources=prepared.resources)

    def drafts(pair_id: str) -> Any:
        pair = by_id[pair_id]
        state = AlignmentState(id=pair.id, smiles=pair.smiles, caption=pair.caption)
        return graph.invoke(state, context=context)["drafted"]

    return drafts
