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
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.agent import Teacher, build_teacher
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentState
from molreflect.graphs.batch.opening import open_run
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus, Report, prepare_corpus
from molreflect.graphs.batch.run import distill, read_usable
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher_setup, student_scores
from molreflect.graphs.runs.store import require_empty
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
    """What a whole run is expected to take."""

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
    the records of the sampled rows are dropped. Neighbours outside the sample are shown with the lexicon's drafts,
    since their own would have to be paid for.

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
    chosen = spread(corpus.pairs, sample)
    began = time.perf_counter()
    with contextlib.ExitStack() as stack:
        prepared = prepare_corpus(
            corpus, folder=out / "index", cache=cache, chroma_url=chroma_url, routes=settings.routes, report=report
        )
        stack.callback(prepared.close)
        index = prepared.ready()
        prepared_seconds = time.perf_counter() - began
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="molreflect-estimate-")))
        part = replace(corpus, pairs=tuple(chosen), bad_rows=())
        hash_ = index.index_hash if index is not None else ""
        store = stack.enter_context(
            contextlib.closing(open_run(folder / "run", part, settings, index_hash=hash_, resume=False))
        )
        teacher = voice.teacher(prepared.resources, stack, voice.meter(stack), cache=cache)
        result = distill(
            store,
            prepared,
            teacher,
            settings,
            score=scores[0],
            score_target=scores[1],
            progress=progress,
            stand_in=_lexicon_drafts(prepared, corpus, settings),
        )
        if result.done == 0:
            why = result.stopped or (result.reasons[0][0] if result.reasons else "no row was finished")
            raise InputError(f"no sampled row was finished, so nothing can be projected: {why}")
        failed = store.last_failures()
        seconds = store.seconds()
        seen = [(Usage.model_validate(r["usage"]), seconds[r["id"]]) for r in store.records()]
        usages = [u for u, _ in seen] + [u for _, u in failed.values()]
        rows = len(corpus)
        money = [u.cost for u in usages if u.cost is not None]
        workers = min(settings.workers, rows)
        return Projection(
            rows=rows,
            sampled=result.done + result.failed,
            failed=result.failed,
            input_tokens=project([u.input_tokens for u in usages], rows),
            output_tokens=project([u.output_tokens for u in usages], rows),
            calls=project([u.calls for u in usages], rows),
            cost=project(money, rows) if voice.price is not None else None,
            currency=voice.price.currency if voice.price is not None else "",
            seconds=project([s / workers for _, s in seen], rows),
            preparation_seconds=round(prepared_seconds, 1),
            spent=teacher.meter.spent,
            uncounted=sum(u.uncounted for u in usages),
            how_counted=voice.counter.how,
        )


def spread(pairs: Sequence[Pair], most: int) -> list[Pair]:
    """Evenly spaced pairs, so that a corpus in some order is seen from end to end."""
    if most < 1:
        raise InputError(f"an estimate needs at least 1 row, got {most}")
    count = min(most, len(pairs))
    return [pairs[(2 * i + 1) * len(pairs) // (2 * count)] for i in range(count)]


def project(values: Sequence[float], rows: int) -> Figure:
    """The total over `rows` rows of which some were measured, with Student's interval of a sum of unseen rows.

    What was measured is known; only the rows that were not are uncertain, each by its own scatter and together by that
    of the mean.

    Args:
        values: One measured value a row.
        rows: Rows in all.
    """
    n = len(values)
    seen = math.fsum(values)
    total = seen * rows / n  # not by way of the mean, which may be too small a number to be held
    if n < 2:
        return Figure(_rounded(total), None, None)
    unseen = max(0, rows - n)
    scatter = statistics.stdev(values)
    reach = _student_t(CONFIDENCE, n - 1) * scatter * math.sqrt(unseen + unseen**2 / n)
    return Figure(_rounded(total), _rounded(max(seen, total - reach)), _rounded(total + reach))


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
