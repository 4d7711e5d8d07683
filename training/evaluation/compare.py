"""Two systems' answers to the same questions, tested metric by metric."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.evaluate import evaluate_predictions
from molreflect.training.evaluation.metrics.bootstrap import (
    paired_tests,
)
from molreflect.training.evaluation.prediction_files import Prediction, Predictions, read_predictions
from molreflect.training.evaluation.results import Comparison, Evaluation
from molreflect.training.progress import Progress


def compare(
    a: str | Path,
    b: str | Path,
    direction: str | Direction | None = None,
    *,
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

    Raises:
        InputError: a file cannot be read, or the files do not hold the same questions.
    """
    left = read_predictions(a, direction)
    right = align(left, read_predictions(b, left.direction))
    one, two = (
        evaluate_predictions(p, bootstrap=0, tokenizers=tokenizers, workers=workers, progress=progress)
        for p in (left, right)
    )
    return compare_evaluations(one, two, bootstrap=bootstrap, trials=trials, seed=seed)


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
    places: dict[tuple[str, str], list[Prediction]] = {}
    for row in reversed(b.rows):
        places.setdefault(_question(row), []).append(row)
    ordered, missing = [], 0
    for row in a.rows:
        found = places.get(_question(row))
        if found:
            ordered.append(found.pop())
        else:
            missing += 1
    surplus = len(b.rows) - len(ordered)
    if missing or surplus:
        raise InputError(
            f"{a.path} and {b.path} do not answer the same questions: {counted(missing, 'row')} only in the "
            f"first, {surplus} only "
            "in the second (rows are paired by input and ground truth)"
        )
    return Predictions(b.path, b.direction, tuple(ordered), b.ragged, b.sha256)


def _question(row: Prediction) -> tuple[str, str]:
    """Input and ground truth; some groups' files double the backslashes of SMILES."""
    return row.source.strip().replace("\\\\", "\\"), row.truth.strip().replace("\\\\", "\\")
