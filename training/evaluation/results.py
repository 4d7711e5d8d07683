"""What an evaluation finds, and what a comparison of two finds."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from molreflect.tools.errors import shorten
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.labels import STRICT, ahead
from molreflect.training.evaluation.metrics.bootstrap import (
    Metric,
    PairedTest,
)
from molreflect.training.evaluation.metrics.strata import Nearest, Stratum
from molreflect.training.evaluation.prediction_files import Predictions

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class Evaluation:
    """Every score of one prediction file, with what is needed to trust and repeat it."""

    path: str
    direction: Direction
    rows: int
    sha256: str
    """Of the prediction file."""
    molt5: dict[str, float]
    """Metrics as MolT5's scripts compute them, traps included; see docs/evaluation.md."""
    strict: dict[str, float]
    """Every invalid or empty answer counts as zero, everything is averaged over all rows."""
    other: dict[str, float]
    """Metrics that belong to no published protocol, under names of their own."""
    faithfulness: dict[str, Any]
    """What chemistry says of the answers' claims (`training.evaluation.faithfulness`); empty when not asked for."""
    intervals: dict[str, tuple[float, float]]
    """95 % bootstrap intervals; strict metrics under `strict.<name>`, others under `other.<name>`, faithfulness under
    `faithfulness.<name>`."""
    left_out: dict[str, str]
    """Metric -> why it was not computed."""
    invalid: dict[str, int]
    """Why answers are invalid in strict mode -> how many."""
    ragged: dict[str, int]
    """Problem of a row's fields -> how many rows have it."""
    notes: tuple[str, ...]
    spoilt: str
    """Why the scores say nothing of the system, e.g. that every answer is `nan`; empty where they do."""
    tokenizers: dict[str, dict[str, Any]]
    versions: dict[str, str]
    bootstrap: dict[str, Any]
    strata: dict[str, dict[str, Stratum]]
    """Stratification -> class -> scores of its rows; empty when not asked for."""
    baseline: dict[str, Any]
    """Scores of copying the nearest training pair's answer; empty without a training corpus."""
    seconds: float
    metrics: dict[str, Metric] = field(repr=False)
    """Row-level material of every metric (FCD has none): what intervals, strata and paired tests are made from."""
    predictions: Predictions = field(repr=False)
    problems: tuple[str | None, ...] = field(repr=False, default=())
    """Why each answer is invalid; empty for mol2cap."""
    nearest: Nearest | None = field(repr=False, default=None)
    """The nearest training molecule of each row; None without a training corpus."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data, with None for an undefined number; row-level material stays out."""
        inner = ("metrics", "predictions", "problems", "nearest")
        plain = {key: getattr(self, key) for key in self.__dataclass_fields__ if key not in inner}
        plain["strata"] = {
            name: {label: asdict(stratum) for label, stratum in classes.items()}
            for name, classes in self.strata.items()
        }
        cleaned: dict[str, Any] = without_nan(plain)
        return cleaned

    def to_json(self, *, indent: int | None = 2) -> str:
        """As JSON, with `null` for an undefined number."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def _repr_html_(self) -> str:
        """Show the scores in a notebook, as the terminal shows them."""
        from molreflect.tools.views.html import notebook_tables
        from molreflect.training.evaluation.tables import evaluation_sections

        return notebook_tables(*evaluation_sections(self))


def without_nan(value: Any) -> Any:
    """Copy plain data with None for every number that is none."""
    if isinstance(value, Mapping):
        return {str(k): without_nan(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True, slots=True)
class DroppedRow:
    """A row that a comparison leaves out, since the other file has no row to pair it with."""

    path: str
    """The file it stands in."""
    line: int
    """1-based."""
    source: str
    truth: str
    why: str

    def __str__(self) -> str:
        return f"{self.path} line {self.line}: {self.why}; its input is {shorten(self.source)}"


@dataclass(frozen=True)
class Comparison:
    """Two systems' answers to the same rows, tested metric by metric."""

    a: Evaluation
    b: Evaluation
    """Its rows are in A's order."""
    tests: dict[str, PairedTest]
    """Metric -> paired test; strict metrics under `strict.<name>`."""
    left_out: dict[str, str]
    settings: dict[str, Any]
    dropped: tuple[DroppedRow, ...] = ()
    """Rows that were left out because only one file has them with this ground truth."""

    @property
    def spoilt(self) -> str:
        """Why the tests say nothing of the systems; empty where they do."""
        return self.a.spoilt or self.b.spoilt

    @property
    def flips(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Rows (0-based, in A's order) that only B, and that only A, answers exactly in strict mode."""
        a, b = (e.metrics[STRICT + "exact_match"].rows() for e in (self.a, self.b))
        return tuple(np.flatnonzero(b > a).tolist()), tuple(np.flatnonzero(a > b).tolist())

    def to_dict(self) -> dict[str, Any]:
        """As plain data, with None for an undefined number."""
        won, lost = self.flips
        plain = {
            "direction": self.a.direction,
            "rows": self.a.rows,
            "a": {"path": self.a.path, "sha256": self.a.sha256},
            "b": {"path": self.b.path, "sha256": self.b.sha256},
            "tests": {
                name: asdict(test) | {"ahead": ahead(name, test.difference)} for name, test in self.tests.items()
            },
            "flips": {"only_b_exact": len(won), "only_a_exact": len(lost)},
            "dropped": [asdict(row) for row in self.dropped],
            "spoilt": self.spoilt,
            "left_out": self.left_out,
            "settings": self.settings,
            "versions": self.a.versions,
        }
        cleaned: dict[str, Any] = without_nan(plain)
        return cleaned

    def to_json(self, *, indent: int | None = 2) -> str:
        """As JSON, with `null` for an undefined number."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)
