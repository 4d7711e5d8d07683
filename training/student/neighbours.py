"""Context for a query: the most similar training records by the side that is given.

Training and prediction retrieve through the same index, so that a student is asked what it was trained on. Exact,
and light enough to need no store: Tanimoto similarity of Morgan fingerprints for molecules, BM25 for captions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.retrieval.index import BM25
from molreflect.tools.terms import Direction
from molreflect.training.examples.examples import Query, TrainRecord

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
        scores = self._tanimoto(query.text) if direction is Direction.MOL2CAP else self._captions.scores(query.text)
        chosen: list[TrainRecord] = []
        for i in np.argsort(-np.asarray(scores), kind="stable").tolist():
            record = self.records[i]
            if query.block is None or record.block != query.block:
                chosen.append(record)
                if len(chosen) == k:
                    break
        return tuple(chosen)

    @cached_property
    def _generator(self) -> Any:
        from rdkit.Chem import rdFingerprintGenerator

        return rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)

    @cached_property
    def _fingerprints(self) -> list[Any]:
        return [self._generator.GetFingerprint(read_molecule(record.smiles).mol) for record in self.records]

    def _tanimoto(self, smiles: str) -> Sequence[float]:
        from rdkit import DataStructs

        query = self._generator.GetFingerprint(read_molecule(smiles).mol)
        scores: Sequence[float] = DataStructs.BulkTanimotoSimilarity(query, self._fingerprints)
        return scores

    @cached_property
    def _captions(self) -> BM25:
        return BM25([record.caption for record in self.records])
