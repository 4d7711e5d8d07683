"""Neighbours of the rows of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from molreflect.graphs.batch.prepared_corpus import (
    PreparedCorpus,
)
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.store import RunRow
from molreflect.tools.retrieval.index import Neighbour

NeighboursOf = Mapping[str, tuple[Neighbour, ...]]
"""`pair id -> its neighbours`, most similar first."""


def find_neighbours(rows: Sequence[RunRow], prepared: PreparedCorpus, settings: DistillSettings) -> NeighboursOf:
    """Neighbours of every row, once the index is built; nothing where none are shown."""
    if prepared.index is None or not settings.neighbours:
        return {}
    index = prepared.ready()
    assert index is not None
    k, exclude = settings.neighbours, [{index.block_of(row.id)} for row in rows]
    by_route = [
        index.neighbours_of_batch(
            [row.smiles if route == "molecule" else row.caption for row in rows],
            by=route,
            k=k,
            exclude=exclude,
            max_tanimoto=settings.max_tanimoto,
            molecules=[row.smiles for row in rows],
        )
        for route in settings.routes
    ]
    return {row.id: _in_turn(lists, k) for row, *lists in zip(rows, *by_route, strict=True)}


def _in_turn(lists: Sequence[Sequence[Neighbour]], k: int) -> tuple[Neighbour, ...]:
    """The best of every list in turn, each pair once, `k` in all."""
    merged: dict[str, Neighbour] = {}
    for place in range(k):
        for found in lists:
            if place < len(found):
                merged.setdefault(found[place].id, found[place])
    return tuple(merged.values())[:k]
