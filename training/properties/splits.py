"""Splits of a dataset into training, validation and test parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rdkit import Chem
from rdkit.Chem.Scaffolds import MurckoScaffold

from molreflect.tools.errors import InputError
from molreflect.tools.retrieval.fingerprints import PackedFingerprints
from molreflect.tools.terms import PropertySplit

Rows = npt.NDArray[np.intp]
TRAIN, VALID = 0.8, 0.1
"""Shares of the training and the validation part; the rest is the test part."""


@dataclass(frozen=True, slots=True)
class Parts:
    """0-based rows of each part, in rising order; no row stands in two."""

    train: Rows
    valid: Rows
    test: Rows


def split(
    kind: PropertySplit,
    molecules: Sequence[Chem.Mol],
    fingerprints: PackedFingerprints,
    *,
    seed: int,
    max_similarity: float,
) -> Parts:
    """Split molecules 80:10:10.

    Args:
        kind: `random` shuffles molecules. `scaffold` puts the largest sets of one Murcko scaffold into the training
            part and the smallest into the test part, the same at every seed. `balanced` shuffles the sets of a
            scaffold, those of more than half a test part into training. `separated` shuffles clusters so that no two
            molecules of different parts are more similar than `max_similarity`.
        molecules: In the order of the table.
        fingerprints: Of the same molecules.
        seed: Of what is shuffled.
        max_similarity: Tanimoto of Morgan fingerprints (radius 2, 2048 bits).

    Raises:
        InputError: There are too few molecules, sets or clusters for three parts.

    Source: `scaffold` is the split of MoleculeNet (Wu et al. 2018), `balanced` that of Chemprop (Yang et al. 2019).
    """
    rng = np.random.default_rng(seed)
    n = len(molecules)
    if kind is PropertySplit.RANDOM:
        order = rng.permutation(n)
        first, second = int(TRAIN * n), int((TRAIN + VALID) * n)
        parts = Parts(*(np.sort(part) for part in np.split(order, [first, second])))
    elif kind is PropertySplit.SCAFFOLD:
        groups = sorted(scaffold_sets(molecules), key=lambda rows: (len(rows), rows[0]), reverse=True)
        parts = _filled(groups, n)
    elif kind is PropertySplit.BALANCED:
        parts = _shuffled(scaffold_sets(molecules), n, rng)
    else:
        parts = _shuffled(clusters(fingerprints, max_similarity), n, rng)
    empty = [name for name in ("train", "valid", "test") if not len(getattr(parts, name))]
    if empty:
        raise InputError(f"the {kind} split leaves no molecule for the {empty[0]} part; {_advice(kind)}")
    return parts


def _advice(kind: PropertySplit) -> str:
    if kind is PropertySplit.SEPARATED:
        return "nearly all molecules are linked by similar ones: raise --max-similarity, or take another --split"
    return "pass more molecules, or take another --split"


def scaffold_sets(molecules: Sequence[Chem.Mol]) -> list[list[int]]:
    """Group molecules by Murcko scaffold without configuration; those without a ring are one set."""
    sets: dict[str, list[int]] = {}
    for row, molecule in enumerate(molecules):
        sets.setdefault(MurckoScaffold.MurckoScaffoldSmiles(mol=molecule, includeChirality=False), []).append(row)
    return list(sets.values())


def clusters(fingerprints: PackedFingerprints, max_similarity: float) -> list[list[int]]:
    """Group molecules by single linkage: two of different clusters are at most `max_similarity` alike."""
    n = len(fingerprints.bits)
    label = np.full(n, -1)
    found: list[list[int]] = []
    for start in range(n):
        if label[start] >= 0:
            continue
        label[start] = len(found)
        waiting, members = [start], [start]
        while waiting:
            row = waiting.pop()
            near = np.flatnonzero((fingerprints.tanimoto(fingerprints.bits[row]) > max_similarity) & (label < 0))
            label[near] = len(found)
            members.extend(near.tolist())
            waiting.extend(near.tolist())
        found.append(sorted(members))
    return found


def _filled(groups: Sequence[Sequence[int]], n: int) -> Parts:
    """Fill training, then validation with whole groups in their order; what does not fit goes to the test part."""
    train: list[int] = []
    valid: list[int] = []
    test: list[int] = []
    for group in groups:
        if len(train) + len(group) <= TRAIN * n:
            train.extend(group)
        elif len(train) + len(valid) + len(group) <= (TRAIN + VALID) * n:
            valid.extend(group)
        else:
            test.extend(group)
    return Parts(*(np.sort(np.array(part, dtype=np.intp)) for part in (train, valid, test)))


def _shuffled(groups: Sequence[Sequence[int]], n: int, rng: np.random.Generator) -> Parts:
    """Shuffle groups into the parts; large ones go into training, whatever its share."""
    half = (1 - TRAIN - VALID) * n / 2
    train = [row for group in groups if len(group) > half for row in group]
    small = [group for group in groups if len(group) <= half]
    valid: list[int] = []
    test: list[int] = []
    for place in rng.permutation(len(small)):
        group = small[place]
        if len(test) + len(group) <= (1 - TRAIN - VALID) * n + 0.5:
            test.extend(group)
        elif len(valid) + len(group) <= VALID * n + 0.5:
            valid.extend(group)
        else:
            train.extend(group)
    return Parts(*(np.sort(np.array(part, dtype=np.intp)) for part in (train, valid, test)))


def nearest_similarity(fingerprints: PackedFingerprints, rows: Rows, others: Rows) -> npt.NDArray[np.float64]:
    """Compute for each of `rows` the Tanimoto similarity to the most similar of `others`."""
    return np.array([fingerprints.tanimoto(fingerprints.bits[row], others).max() for row in rows])
