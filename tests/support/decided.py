"""Decisions of tests on the alignments of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from molreflect.graphs.review.decisions import Correction, Decision, Judgement, about_of
from molreflect.graphs.review.queue import ReviewQueue
from molreflect.graphs.runs.browse import AlignmentFilter, Item, RunIndex
from molreflect.tools.terms import Reason, Verdict


def items(run: Path) -> list[Item]:
    """All that a reviewer is shown of a run, in its order."""
    queue = ReviewQueue(RunIndex(run), AlignmentFilter())
    found, item = [], queue.first("nobody")
    while item is not None:
        found.append(item)
        item = queue.beside(item, back=False)
    return found


def decided(
    reviewer: str,
    item: Item,
    judgement: Judgement,
    pattern: str = "",
    atoms: tuple[tuple[int, ...], ...] = (),
    **more: Any,
) -> Decision:
    """A decision; with a pattern, a correction that the verifier supports."""
    correction = None
    if pattern:
        reason = Reason.PRESENT_AND_SPECIFIC
        correction = Correction(pattern, atoms, Verdict.SUPPORTED, reason, "", by_atoms=False)
    return Decision(reviewer, item.key, judgement, about_of(item), correction, **more)
