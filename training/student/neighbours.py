"""Context for a query: the most similar training records by the side that is given.

Training and prediction retrieve through the same index, so that a student is asked what it was trained on. Exact,
and light enough to need no store: Tanimoto similarity of Morgan fingerprints for molecules, BM25 for captions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.retrieval.bm25 import BM25
from molreflect.tools.retrieval.fingerprints import PackedFingerprints, morgan
from molreflect.tools.terms import Direction
from molreflect.training.examples.records import TrainRecord
from molreflect.training.examples.text import Query

NeighbourSource = Callable[[Query, Direction, int], Sequence[TrainRecord]]
"""Up to k training records for a query, most similar first, none of them the query's own molecule."""


class TrainingIndex:
    """Exact nearest training records; a `NeighbourSource`.

    Args:
        records: What may be shown as context. Held-out records must not be among them.
    """

    def __init__(self, records: Sequence[TrainRecord]) -> None:
        self.records = tuple(records)

    def __call__(self, query: Query, direction: Direction, k: int) -> tuple[TrainRecord, ...]:
        """The `k` most similar records, most similar first, ties in corpus order.

        Raises:
            InputError: The query's SMILES cannot be read (mol2cap).
        """
        if k == 0 or not self.records:
            return ()
        if direction is Direction.MOL2CAP:
            scores = self._fingerprints.tanimoto(morgan(read_molecule(query.text).mol))
        else:
            scores = self._captions.scores(query.text)
        chosen: list[TrainRecord] = []
        for i in np.argsort(-scores, kind="stable").tolist():
            record = self.records[i]
            if query.block is None or record.block != query.block:
                chosen.append(record)
                if len(chosen) == k:
                    break
        return tuple(chosen)

    @cached_property
    def _fingerprints(self) -> PackedFingerprints:
        return PackedFingerprints(morgan(read_molecule(record.smiles).mol) for record in self.records)

    @cached_property
    def _captions(self) -> BM25:
        return BM25([record.caption for record in self.records])
