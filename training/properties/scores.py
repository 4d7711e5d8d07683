"""Scores of probabilities, their bootstrap intervals over molecules, and paired tests."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

METRICS = ("roc_auc", "pr_auc", "brier", "ece")
LOWER_IS_BETTER = frozenset(("brier", "ece"))
BINS = 10
_CELLS = 4_000_000  # weights held at a time


@dataclass(frozen=True, slots=True)
class Answers:
    """What systems said of the labelled molecules of one test part."""

    rows: npt.NDArray[np.intp]
    """0-based molecules of the dataset, shape (n,)."""
    labels: Array
    """1 or 0, shape (n,)."""
    probabilities: Mapping[str, Array]
    """Of each system, shape (n,)."""

    @property
    def has_both(self) -> bool:
        """Whether actives and inactives are there, without which no ROC-AUC is defined."""
        return bool(0 < self.labels.sum() < len(self.labels))


@dataclass(frozen=True, slots=True)
class Score:
    """One metric of one system: the mean over the test parts, and how sure it is."""

    value: float
    low: float
    high: float
    by_seed: tuple[float, ...]

    @property
    def deviation(self) -> float:
        """Standard deviation between the test parts; NaN for one."""
        return float(np.std(self.by_seed, ddof=1)) if len(self.by_seed) > 1 else math.nan


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two systems in one metric, over the same molecules."""

    difference: float
    low: float
    high: float
    p_value: float
    """Two-sided, from the bootstrap; at least 1 / (resamples + 1), not corrected for the number of tests."""


def weighted_scores(labels: Array, probabilities: Array, weights: Array) -> dict[str, Array]:
    """Compute all metrics under weights of the molecules.

    Args:
        labels: 1 or 0, shape (n,).
        probabilities: Of being active, shape (n,).
        weights: How often each molecule counts, shape (resamples, n).

    Returns:
        For each of `METRICS` an array of shape (resamples,); NaN where it is undefined. `roc_auc` is the area under the
        receiver operating characteristic, 0 to 1, ties counting half. `pr_auc` is average precision, 0 to 1. `brier` is
        the mean squared error of the probability, 0 to 1. `ece` is the expected calibration error over ten bins of
        equal width, 0 to 1. The latter two are better when lower.

    Source: Fawcett 2006; Davis and Goadrich 2006; Brier 1950; Naeini et al. 2015.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked, actives = probabilities[order], labels[order]
    ends = np.flatnonzero(np.append(np.diff(ranked) != 0, True))  # molecules of one probability share a threshold
    found = weights[:, order]
    true = np.cumsum(found * actives, axis=1)[:, ends]
    false = np.cumsum(found * (1 - actives), axis=1)[:, ends]
    all_true, all_false = true[:, -1], false[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        before_true = np.pad(true, ((0, 0), (1, 0)))[:, :-1]
        before_false = np.pad(false, ((0, 0), (1, 0)))[:, :-1]
        area = ((true + before_true) / 2 * (false - before_false)).sum(axis=1)
        precision = np.where(true + false > 0, true / (true + false), 0.0)
        average = (precision * (true - before_true)).sum(axis=1) / all_true
        total = weights.sum(axis=1)
        wrong = probabilities - labels
        bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
        member = np.eye(BINS)[bins]
        return {
            "roc_auc": area / (all_true * all_false),
            "pr_auc": average,
            "brier": weights @ wrong**2 / total,
            "ece": np.abs(weights @ (member * wrong[:, None])).sum(axis=1) / total,
        }


def point_scores(labels: Array, probabilities: Array) -> dict[str, float]:
    """Compute all metrics over molecules that count once each; see `weighted_scores`."""
    found = weighted_scores(labels, probabilities, np.ones((1, len(labels))))
    return {name: float(values[0]) for name, values in found.items()}


@dataclass(frozen=True, slots=True)
class Scored:
    """All scores of the systems over the same test parts."""

    scores: Mapping[str, Mapping[str, Score]]
    """By system and metric."""
    paired: Mapping[tuple[str, str], Mapping[str, Paired]]
    """By a pair of systems and metric; the first minus the second."""


def score(
    parts: Sequence[Answers], pairs: Sequence[tuple[str, str]], *, resamples: int, seed: int, level: float = 0.95
) -> Scored:
    """Score systems over one or several test parts of a dataset.

    A value is the mean over the parts. Intervals come from drawing the molecules of the whole dataset with
    replacement: a molecule counts as often in every part it stands in, so that parts that overlap, or are the same, do
    not pass for more data.

    Args:
        parts: One a seed; every part has actives and inactives.
        pairs: Systems to compare.
        resamples: Draws; 0 gives no intervals and no p-values (NaN).
        seed: Of the draws.
        level: Probability between the ends of an interval.

    Source: Efron and Tibshirani 1993, chapters 13 and 16.
    """
    systems = tuple(parts[0].probabilities)
    by_seed = {s: [point_scores(part.labels, part.probabilities[s]) for part in parts] for s in systems}
    drawn = _drawn(parts, systems, resamples, seed)
    tail = 100 * (1 - level) / 2
    scores = {}
    for system in systems:
        scores[system] = {
            metric: Score(
                float(np.mean([each[metric] for each in by_seed[system]])),
                *_ends(drawn[system][metric], tail),
                tuple(each[metric] for each in by_seed[system]),
            )
            for metric in METRICS
        }
    paired: dict[tuple[str, str], dict[str, Paired]] = {}
    for a, b in pairs:
        paired[a, b] = {}
        for metric in METRICS:
            difference = drawn[a][metric] - drawn[b][metric]
            paired[a, b][metric] = Paired(
                scores[a][metric].value - scores[b][metric].value, *_ends(difference, tail), _p_value(difference)
            )
    return Scored(scores, paired)


def _drawn(parts: Sequence[Answers], systems: Sequence[str], resamples: int, seed: int) -> dict[str, dict[str, Array]]:
    """Bootstrap means over the parts, for each system and metric, shape (resamples,)."""
    rows = np.unique(np.concatenate([part.rows for part in parts]))
    places = [np.searchsorted(rows, part.rows) for part in parts]
    collected: dict[str, dict[str, list[Array]]] = {s: {m: [] for m in METRICS} for s in systems}
    for weights in _weights(len(rows), resamples, np.random.default_rng(seed)):
        for system in systems:
            each = [
                weighted_scores(part.labels, part.probabilities[system], weights[:, place])
                for part, place in zip(parts, places, strict=True)
            ]
            for metric in METRICS:
                collected[system][metric].append(np.mean([found[metric] for found in each], axis=0))
    return {s: {m: np.concatenate([np.empty(0), *v]) for m, v in each.items()} for s, each in collected.items()}


def _weights(rows: int, resamples: int, rng: np.random.Generator) -> Iterator[Array]:
    step = max(1, _CELLS // rows)
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield rng.multinomial(rows, np.full(rows, 1 / rows), size=size).astype(np.float64)


def _ends(values: Array, tail: float) -> tuple[float, float]:
    defined = values[~np.isnan(values)]
    if not len(defined):
        return math.nan, math.nan
    low, high = np.percentile(defined, [tail, 100 - tail])
    return float(low), float(high)


def _p_value(differences: Array) -> float:
    """Twice the share of resamples on the far side of zero; a tie counts on both sides."""
    defined = differences[~np.isnan(differences)]
    if not len(defined):
        return math.nan
    far = min((defined <= 0).sum(), (defined >= 0).sum())
    return float(min(1.0, 2 * (far + 1) / (len(defined) + 1)))


def delong(labels: Array, a: Array, b: Array) -> float:
    """Test whether two ROC-AUCs over the same molecules differ; the two-sided p-value, 1 where they never differ.

    Args:
        labels: 1 or 0, both present, shape (n,).
        a: Probabilities of one system, shape (n,).
        b: Of the other one.

    Source: DeLong, DeLong and Clarke-Pearson 1988, by mid-ranks as Sun and Xu 2014.
    """
    active = labels == 1
    m, n = int(active.sum()), int((~active).sum())
    if min(m, n) < 2:
        return math.nan  # no variance can be estimated
    by_active, by_inactive = [], []
    for scores in (a, b):
        together, ones, zeros = _midranks(scores), _midranks(scores[active]), _midranks(scores[~active])
        by_active.append((together[active] - ones) / n)
        by_inactive.append(1 - (together[~active] - zeros) / m)
    variance = np.cov(by_active) / m + np.cov(by_inactive) / n
    spread = variance[0, 0] + variance[1, 1] - 2 * variance[0, 1]
    difference = by_active[0].mean() - by_active[1].mean()
    if spread <= 1e-15:
        return 1.0 if abs(difference) < 1e-12 else 0.0
    return math.erfc(abs(difference) / math.sqrt(2 * spread))


def _midranks(values: Array) -> Array:
    """Rank values from 1, equal ones sharing the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)
