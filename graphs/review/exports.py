"""Gold and patch of the decisions on one run."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from molreflect.graphs.review.decisions import ReviewStore
from molreflect.graphs.review.gold import Gold, gold_of
from molreflect.graphs.review.teach import Patch, patch_of
from molreflect.graphs.runs.store import lexicon_patch_of
from molreflect.tools.resources import Resources


def gold_of_run(run: Path, reviewer: str | None = None) -> Gold:
    """Make gold of the decisions on a run, of one reviewer or of all.

    Raises:
        InputError: It is no run directory.
    """
    with closing(ReviewStore.open(run)) as store:
        return gold_of(store.decisions(reviewer))


def patch_of_run(run: Path, resources: Resources, reviewer: str | None = None) -> Patch:
    """Make a patch of the lexicon of the decisions on a run, of one reviewer or of all.

    Args:
        run: The run directory.
        resources: Opened with the patch that the run was made with.
        reviewer: Whose decisions; None takes all.

    Raises:
        InputError: It is no run directory.
    """
    with closing(ReviewStore.open(run)) as store:
        decisions = list(store.decisions(reviewer))
    return patch_of(decisions, resources, run=run.name, before=lexicon_patch_of(run))
