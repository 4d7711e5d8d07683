"""Two systems' answers to the same questions, tested metric by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.evaluate import evaluate_predictions
from molreflect.training.evaluation.metrics.bootstrap import (
    paired_tests,
)
from molreflect.training.evaluation.prediction_files import Prediction, Predictions, read_predictions
from molreflect.training.evaluation.results import Comparison, DroppedRow, Evaluation
from molreflect.training.progress import Progress


def compare(
    a: str | Path,
    b: str | Path,
    direction: str | Direction | None = None,
    *,
    common: bool = False,
    columns: str | Mapping[str, str] | None = None,
    bootstrap: int = 1000,
    trials: int = 10_000,
    seed: int = 0,
    tokenizers: Sequence[str] = ("scibert", "t5"),
    workers: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Test whether two prediction files differ, on the same rows.

    Rows are paired by input and ground truth, so the files may be in different order. Intervals are of the difference
    B - A over resampled rows; p-values come from paired approximate randomisation (see
    `training.evaluation.metrics.bootstrap`).

    Args:
        a: Predictions of one system.
        b: Predictions of another one.
        direction: Which way was predicted; the header says it where not given.
        common: Leave out rows that only one file has with this ground truth, and name them in `dropped`; otherwise such
            files are refused.
        columns: As `read_predictions` takes them, for both files.
        bootstrap: Resamples for the intervals.
        trials: Swaps for the p-values.
        seed: Of both.
        tokenizers: Which to score captions with.
        workers: Processes for RDKit; None for one a core.
        progress: Called with stage, done, total.

    Raises:
        InputError: a file cannot be read, or the files do not hold the same questions.
    """
    left = read_predictions(a, direction, columns)
    right = read_predictions(b, left.direction, columns)
    dropped: tuple[DroppedRow, ...] = ()
    if common:
        left, right, dropped = common_rows(left, right)
    else:
        right = align(left, right)
    one, two = (
        evaluate_predictions(p, bootstrap=0, tokenizers=tokenizers, workers=workers, progress=progress)
        for p in (left, right)
    )
    return replace(compare_evaluations(one, two, bootstrap=bootstrap, trials=trials, seed=seed), dropped=dropped)


def compare_evaluations(
    one: Evaluation, two: Evaluation, *, bootstrap: int = 1000, trials: int = 10_000, seed: int = 0
) -> Comparison:
    """Test whether two evaluations differ; row `i` of both must answer the same question. See `compare`."""
    left_out = {name: reason for e in (one, two) for name, reason in e.left_out.items()}
    left_out["fcd"] = "has no rows to pair"
    if one.direction is Direction.MOL2CAP:
        del left_out["fcd"]  # captions have none to begin with
    return Comparison(
        one,
        two,
        paired_tests(one.metrics, two.metrics, resamples=bootstrap, trials=trials, seed=seed),
        left_out,
        {"resamples": bootstrap, "trials": trials, "seed": seed, "level": 0.95},
    )


def align(a: Predictions, b: Predictions) -> Predictions:
    """Put B's rows into A's order.

    Raises:
        InputError: the two do not hold the same pairs of input and ground truth.
    """
    paired = _pair(a, b)
    missing = sum(other is None for _, other in paired)
    surplus = len(b.rows) - (len(paired) - missing)
    if missing or surplus:
        raise InputError(
            f"{a.path} and {b.path} do not answer the same questions: {counted(missing, 'row')} only in the first, "
            f"{surplus} only in the second (rows are paired by input and ground truth); --common compares the rows of "
            "both"
        )
    return replace(b, rows=tuple(other for _, other in paired if other is not None))


def common_rows(a: Predictions, b: Predictions) -> tuple[Predictions, Predictions, tuple[DroppedRow, ...]]:
    """Keep the rows that both have with the same ground truth, in A's order, and name the others.

    Raises:
        InputError: there is no such row.
    """
    both = [(row, other) for row, other in _pair(a, b) if other is not None]
    if not both:
        raise InputError(f"{a.path} and {b.path} have no row with the same input and ground truth")
    taken = {id(row) for pair in both for row in pair}
    dropped = []
    for mine, theirs in ((a, b), (b, a)):
        truths: dict[str, list[str]] = {}
        for row in theirs.rows:
            truths.setdefault(_question(row)[0], []).append(row.truth)
        dropped += [
            DroppedRow(mine.path, row.line, row.source, row.truth, _why(row, theirs.path, truths))
            for row in mine.rows
            if id(row) not in taken
        ]
    kept = (replace(a, rows=tuple(row for row, _ in both)), replace(b, rows=tuple(other for _, other in both)))
    return *kept, tuple(dropped)


def _pair(a: Predictions, b: Predictions) -> list[tuple[Prediction, Prediction | None]]:
    """Every row of A with the row of B that answers the same question; a question asked twice is paired twice."""
    places: dict[tuple[str, str], list[Prediction]] = {}
    for row in reversed(b.rows):
        places.setdefault(_question(row), []).append(row)
    return [(row, found.pop() if (found := places.get(_question(row))) else None) for row in a.rows]


def _why(row: Prediction, other: str, truths: Mapping[str, Sequence[str]]) -> str:
    """Why a row has no partner: the other file asks the same with another ground truth, or does not ask it."""
    theirs = truths.get(_question(row)[0])
    if theirs is None:
        return f"{other} has no such input"
    if row.truth in theirs:
        return f"{other} asks it less often"
    return f"its ground truth is {shorten(row.truth, 60)}, in {other} {shorten(theirs[0], 60)}"


def _question(row: Prediction) -> tuple[str, str]:
    """Input and ground truth; some groups' files double the backslashes of SMILES."""
    return row.source.strip().replace("\\\\", "\\"), row.truth.strip().replace("\\\\", "\\")
