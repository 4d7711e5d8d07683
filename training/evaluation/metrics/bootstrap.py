"""Metrics as functions of sums over rows, so that a thousand resamples of the rows cost one matrix product.

Every metric of `training.evaluation.evaluate` is a mean of row values, a share of things that rows hold several of,
or a corpus
BLEU; all depend on the rows only through sums of per-row columns. A bootstrap resample is a vector of row counts, so
all resamples of all metrics are one product `counts @ columns`, and a paired randomisation test is another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from molreflect.training.evaluation.metrics.bleu import corpus_bleu

_CELLS = 20_000_000
"""Cells of the resample matrix held at a time."""


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean of row values, optionally over some of the rows only."""

    values: NDArray[np.float64]
    """Shape (rows,)."""
    among: NDArray[np.bool_] | None = None
    """Rows that count, shape (rows,); None for all."""

    def columns(self) -> NDArray[np.float64]:
        """Per-row columns whose sums determine the metric, shape (rows, 2): value and whether it counts."""
        if self.among is None:
            return np.column_stack([self.values, np.ones(len(self.values))])
        return np.column_stack([np.where(self.among, self.values, 0.0), self.among])

    def score(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric from summed columns, shape (..., 2); NaN where no row counts."""
        total, count = sums[..., 0], sums[..., 1]
        return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)

    def rows(self) -> NDArray[np.float64]:
        """The metric of each row by itself; NaN for rows that do not count."""
        return self.values if self.among is None else np.where(self.among, self.values, np.nan)


@dataclass(frozen=True, slots=True)
class Share:
    """Share of things, such as claims, of which each row holds any number; resampled by rows, not by things."""

    part: NDArray[np.float64]
    """How many of a row's things count, shape (rows,)."""
    whole: NDArray[np.float64]
    """How many things a row holds, shape (rows,)."""

    def columns(self) -> NDArray[np.float64]:
        """Per-row columns whose sums determine the metric, shape (rows, 2)."""
        return np.column_stack([self.part, self.whole])

    def score(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric from summed columns, shape (..., 2); NaN where no row holds anything."""
        part, whole = sums[..., 0], sums[..., 1]
        return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)

    def rows(self) -> NDArray[np.float64]:
        """The metric of each row by itself; NaN for rows that hold nothing."""
        return self.score(self.columns())


@dataclass(frozen=True, slots=True)
class Bleu:
    """Corpus BLEU from n-gram statistics."""

    statistics: NDArray[np.int64]
    """Shape (rows, 10), see `molreflect.training.evaluation.metrics.bleu.ngram_statistics`."""
    order: int

    def columns(self) -> NDArray[np.float64]:
        """Per-row columns whose sums determine the metric, shape (rows, 10)."""
        return self.statistics.astype(np.float64)

    def score(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric from summed columns, shape (..., 10)."""
        return corpus_bleu(sums, self.order)

    def rows(self) -> NDArray[np.float64]:
        """The metric of each row by itself."""
        return corpus_bleu(self.statistics, self.order)


Metric = Mean | Share | Bleu


def score(metric: Metric) -> float:
    """The metric over all rows."""
    return float(metric.score(metric.columns().sum(axis=0)))


def intervals(
    metrics: Mapping[str, Metric], *, resamples: int = 1000, seed: int = 0, level: float = 0.95
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap intervals of every metric, over the same resamples of the rows.

    Args:
        metrics: All over the same rows.
        resamples: How many times the rows are drawn with replacement.
        seed: Of the draws.
        level: Probability between the two ends.

    Returns:
        Lower and upper end of each metric; NaN, NaN where it is undefined in every resample.

    Source: Efron and Tibshirani 1993, chapter 13; Koehn 2004 for BLEU.
    """
    if not metrics:
        return {}
    drawn: dict[str, list[NDArray[np.float64]]] = {name: [] for name in metrics}
    columns = {name: metric.columns() for name, metric in metrics.items()}
    rows = len(next(iter(columns.values())))
    for counts in _draws(rows, resamples, np.random.default_rng(seed)):
        for name, metric in metrics.items():
            drawn[name].append(metric.score(counts @ columns[name]))
    tail = 100 * (1 - level) / 2
    return {name: _percentiles(np.concatenate(parts), tail) for name, parts in drawn.items()}


def _percentiles(values: NDArray[np.float64], tail: float) -> tuple[float, float]:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)


def _draws(rows: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.float64]]:
    """Yield bootstrap row counts, shape (a part of the resamples, rows)."""
    step = max(1, _CELLS // max(1, rows))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        drawn = rng.integers(0, rows, size=(size, rows)) + np.arange(size)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)


@dataclass(frozen=True, slots=True)
class PairedTest:
    """How a metric differs between two systems that answered the same rows."""

    a: float
    b: float
    difference: float
    """`b - a`."""
    low: float
    """Lower end of the bootstrap interval of the difference, rows drawn for both systems together."""
    high: float
    p_value: float
    """Two-sided, paired approximate randomisation: how often swapping the systems' answers on random rows gives a
    difference at least as large. Never 0: (hits + 1) / (trials + 1)."""
    b_higher: int
    """Rows on which B's own value is higher (better or worse, as the metric has it)."""
    a_higher: int


def paired_tests(
    a: Mapping[str, Metric],
    b: Mapping[str, Metric],
    *,
    resamples: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
    level: float = 0.95,
) -> dict[str, PairedTest]:
    """Compare two systems metric by metric, over the same rows in the same order.

    Source: Noreen 1989 and Riezler and Maxwell 2005 for randomisation; Koehn 2004 for the paired bootstrap.
    """
    names = [name for name in a if name in b]
    left = {name: a[name].columns() for name in names}
    right = {name: b[name].columns() for name in names}
    if not names:
        return {}
    rows = len(left[names[0]])
    if any(len(columns) != rows for columns in (*left.values(), *right.values())):
        raise ValueError("paired tests need the same rows on both sides")
    rng = np.random.default_rng(seed)
    gaps: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for counts in _draws(rows, resamples, rng):
        for name in names:
            gaps[name].append(b[name].score(counts @ right[name]) - a[name].score(counts @ left[name]))
    observed = {name: score(b[name]) - score(a[name]) for name in names}
    hits = dict.fromkeys(names, 0)
    step = max(1, _CELLS // max(1, rows))
    for start in range(0, trials, step):
        swap = rng.integers(0, 2, size=(min(step, trials - start), rows), dtype=np.int8).astype(np.float64)
        for name in names:
            moved = swap @ (right[name] - left[name])
            difference = b[name].score(right[name].sum(axis=0) - moved) - a[name].score(left[name].sum(axis=0) + moved)
            # Sums in another order differ in the last digits, which must not decide whether two gaps are equal.
            hits[name] += int((np.abs(difference) >= abs(observed[name]) - 1e-12).sum())
    tests = {}
    for name in names:
        low, high = _percentiles(np.concatenate(gaps[name]), 100 * (1 - level) / 2)
        mine, theirs = a[name].rows(), b[name].rows()
        tests[name] = PairedTest(
            a=score(a[name]),
            b=score(b[name]),
            difference=observed[name],
            low=low,
            high=high,
            p_value=(hits[name] + 1) / (trials + 1),
            b_higher=int((theirs > mine).sum()),
            a_higher=int((mine > theirs).sum()),
        )
    return tests
