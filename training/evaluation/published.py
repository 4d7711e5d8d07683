"""Published figures of the field, and the rule on what may be compared with them.

Two figures are on one scale only if they are over the same rows and, for BLEU and METEOR of captions, over the same
tokenizer's tokens. ROUGE needs no tokenizer, nor do scores of molecules. What is on another scale is refused with
the reason, never shown beside.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction

if TYPE_CHECKING:
    from molreflect.training.evaluation.results import Evaluation

_TOKENIZED = ("bleu2", "bleu4", "meteor")


@dataclass(frozen=True, slots=True)
class Figure:
    """One system's published scores on one corpus."""

    system: str
    direction: Direction
    corpus: str
    """Key of the corpus, `chebi20` or `pubchem324k`."""
    rows: int
    """Rows that the scores are over: those of the test split, or of the subset that the source took of it."""
    tokenizer: str
    """`scibert`, `t5`, `unknown`, or `none` for molecules."""
    evidence: str
    """How the protocol is known: `stated`, `inferred`, or `recalled` figures."""
    source: str
    metrics: dict[str, float]
    uncertain: tuple[str, ...]
    """Metrics whose value was not read off the source."""


@dataclass(frozen=True, slots=True)
class Beside:
    """A run's score beside a published one on the same scale."""

    system: str
    metric: str
    """Name in `Evaluation.molt5`."""
    ours: float
    published: float
    evidence: str
    source: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a published score is not set beside a run's."""

    system: str
    metric: str
    reason: str


@cache
def published() -> tuple[Figure, ...]:
    """All published figures of `training/data/published.toml`, in its order."""
    data = tomllib.loads((files(__package__) / "data" / "published.toml").read_text(encoding="utf-8"))
    return tuple(_figure(entry, data["corpus"]) for entry in data["figure"])


def _figure(entry: dict[str, Any], corpora: dict[str, Any]) -> Figure:
    return Figure(
        system=entry["system"],
        direction=Direction(entry["direction"]),
        corpus=entry["corpus"],
        rows=entry.get("rows", corpora[entry["corpus"]]["test_rows"]),
        tokenizer=entry["tokenizer"],
        evidence=entry["evidence"],
        source=entry["source"],
        metrics=dict(entry["metrics"]),
        uncertain=tuple(entry.get("uncertain", ())),
    )


def comparable(direction: Direction, rows: int, corpus: str) -> tuple[Figure, ...]:
    """The published figures that a file of so many rows may be set beside; asked before anything is computed.

    Raises:
        InputError: no figures for this corpus, or another number of rows than the figures are over.
    """
    known = tuple(f for f in published() if f.direction == direction and f.corpus == corpus)
    if not known:
        raise InputError(
            f"no published {direction} figures for {corpus!r}; there are some for "
            + ", ".join(sorted({f.corpus for f in published()}))
        )
    whole = max(figure.rows for figure in known)
    if rows != whole:
        raise InputError(
            f"published {corpus} figures are over the {whole:,} rows of its test split, this file has {rows:,}; a "
            "subset or another split is on another scale"
        )
    return known


def set_beside(
    evaluation: Evaluation, corpus: str, *, systems: Sequence[str] | None = None
) -> tuple[list[Beside], list[Refused]]:
    """Set a run's MolT5-compatible scores beside published ones, where they are on the same scale.

    Args:
        evaluation: Of the corpus's whole test split.
        corpus: `chebi20` or `pubchem324k`: what the caller says the rows are.
        systems: Which systems; None for all that have figures of this direction and corpus.

    Returns:
        The comparable pairs, and every published score that was refused with its reason.

    Raises:
        InputError: no figures for this corpus, no such system, or another number of rows than the figures are over.
    """
    known = comparable(evaluation.direction, evaluation.rows, corpus)
    missing = sorted(set(systems or ()) - {f.system for f in known})
    if missing:
        raise InputError(f"no published figures of {', '.join(missing)}; known: {'; '.join(f.system for f in known)}")
    beside: list[Beside] = []
    refused: list[Refused] = []
    for figure in known:
        if systems is not None and figure.system not in systems:
            continue
        if figure.rows != evaluation.rows:
            why = f"published over a subset of {figure.rows:,} rows"
            refused += [Refused(figure.system, metric, why) for metric in figure.metrics]
            continue
        for metric, value in figure.metrics.items():
            name, reason = _counterpart(metric, figure, evaluation)
            if reason:
                refused.append(Refused(figure.system, metric, reason))
                continue
            evidence = "recalled" if metric in figure.uncertain else figure.evidence
            beside.append(Beside(figure.system, name, evaluation.molt5[name], value, evidence, figure.source))
    return beside, refused


def _counterpart(metric: str, figure: Figure, evaluation: Evaluation) -> tuple[str, str]:
    """The run's metric on the same scale, or why there is none."""
    name = metric
    if metric in _TOKENIZED:
        if figure.tokenizer == "unknown":
            return "", "published with a tokenizer that is not known"
        name = f"{metric}_{figure.tokenizer}"
        vocabulary = evaluation.tokenizers.get(figure.tokenizer)
        if vocabulary is not None and not vocabulary["published"]:
            return "", f"this run's {figure.tokenizer} vocabulary is not the published one"
    if name not in evaluation.molt5:
        reason = evaluation.left_out.get(name, "not computed")
        return "", f"published as {name}, which this run lacks: {reason}"
    return name, ""
