"""Which rows of a corpus the store of responses answers already, found by working on them without sending anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, Usage, add
from molreflect.graphs.batch.neighbours import find_neighbours
from molreflect.graphs.batch.prepared_corpus import PreparedCorpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.tasks import Finished, Interrupted, Task, Worker, draft_from_json, state_of
from molreflect.graphs.runs.store import RunRow
from molreflect.tools.retrieval.index import Neighbour
from molreflect.tools.terms import ProgressCallback


@dataclass
class KeptAnswers:
    """What the store holds of a corpus."""

    used: dict[str, Usage] = field(default_factory=dict)
    """What the answers that are at hand took, by the id of each row that asks for more."""
    drafts: dict[str, tuple[Alignment, ...]] = field(default_factory=dict)
    """Drafts that cost nothing."""


def look_up(
    rows: Sequence[RunRow],
    worker: Worker,
    prepared: PreparedCorpus,
    settings: DistillSettings,
    progress: ProgressCallback,
) -> KeptAnswers:
    """Work on rows as far as answers are kept.

    Args:
        rows: Of the corpus.
        worker: With a teacher that sends nothing.
        prepared: The corpus.
        settings: Of the run to come.
        progress: Told how far it is.
    """
    kept = KeptAnswers()
    waiting: list[tuple[RunRow, dict[str, Any]]] = []
    for done, row in enumerate(rows, start=1):
        outcome = worker(Task("draft", state_of(row, settings.view, "")))
        if isinstance(outcome, Interrupted):
            kept.used[row.id] = outcome.usage
        elif isinstance(outcome, Finished) and outcome.draft is not None:
            kept.drafts[row.id] = tuple(Alignment.model_validate(a) for a in outcome.draft["drafted"])
            if outcome.record is None:
                waiting.append((row, outcome.draft))
        progress("looking up answers", done, len(rows))
    if not waiting:
        return kept
    found = find_neighbours([row for row, _ in waiting], prepared, settings)
    shows = prepared.index is not None and settings.neighbours > 0
    for row, draft in waiting:
        drafted = Usage.model_validate(draft["usage"])
        near = found.get(row.id, ())
        if any(n.id in kept.used for n in near):  # whose draft is not known yet, nor what would be asked
            kept.used[row.id] = drafted
            continue
        state = draft_from_json(state_of(row, settings.view, ""), draft)
        shown = _shown(near, kept.drafts) if shows else None
        outcome = worker(Task("reflect", state, shown))
        if isinstance(outcome, Interrupted):
            kept.used[row.id] = add(drafted, outcome.usage)
    return kept


def _shown(near: Sequence[Neighbour], drafts: Mapping[str, tuple[Alignment, ...]]) -> tuple[NeighbourExample, ...]:
    return tuple(NeighbourExample(n.id, n.smiles, n.caption, n.similarity, drafts.get(n.id, ())) for n in near)
