"""Rings that are called by a letter: A to D of a steroid, A, B and C of a flavonoid or a chalcone."""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.tools.facts.parts import Places

LETTERED = re.compile(r"(?P<a>[A-D])[- ]ring|ring[- ](?P<b>[A-D])")
_SKELETONS: list[tuple[Chem.Mol, dict[str, tuple[int, ...]]]] = [
    (
        Chem.MolFromSmarts(
            "[#6]1~[#6]~[#6]~[#6]2~[#6](~[#6]~1)~[#6]~[#6]~[#6]1~[#6]~2~[#6]~[#6]~[#6]2~[#6]~1~[#6]~[#6]~[#6]~2"
        ),
        {"A": (0, 1, 2, 3, 4, 5), "B": (3, 4, 6, 7, 8, 9), "C": (8, 9, 10, 11, 12, 13), "D": (12, 13, 14, 15, 16)},
    ),
    (
        Chem.MolFromSmarts("c1ccc2c(c1)~[#6]~[#6]~[#6](-c1ccccc1)~[#8]~2"),
        {"A": (0, 1, 2, 3, 4, 5), "C": (3, 4, 6, 7, 8, 15), "B": (9, 10, 11, 12, 13, 14)},
    ),
    (
        Chem.MolFromSmarts("c1ccc2c(c1)~[#6]~[#6](-c1ccccc1)~[#6]~[#8]~2"),
        {"A": (0, 1, 2, 3, 4, 5), "C": (3, 4, 6, 7, 14, 15), "B": (8, 9, 10, 11, 12, 13)},
    ),
    (
        Chem.MolFromSmarts("c1ccc2c(c1)~[#6](-c1ccccc1)~[#6]~[#6]~[#8]~2"),
        {"A": (0, 1, 2, 3, 4, 5), "C": (3, 4, 6, 13, 14, 15), "B": (7, 8, 9, 10, 11, 12)},
    ),
    (
        Chem.MolFromSmarts("c1ccccc1C(=O)[#6]~[#6]c1ccccc1"),
        {"A": (0, 1, 2, 3, 4, 5), "B": (10, 11, 12, 13, 14, 15)},
    ),
]
"""Skeletons of which each ring is told by its atoms in the pattern. Source: IUPAC, Nomenclature of flavonoids (2017),
Flv-1; Nomenclature of steroids (1989), 3S-1.1."""


def lettered_ring(letter: str, mol: Chem.Mol) -> Places | None:
    """Find the ring with a letter; None in molecules of no such skeleton."""
    rings = {frozenset(ring): tuple(ring) for ring in mol.GetRingInfo().AtomRings()}
    for skeleton, letters in _SKELETONS:
        hit = mol.GetSubstructMatch(skeleton)
        if hit and letter in letters:
            found = rings.get(frozenset(hit[n] for n in letters[letter]))
            return None if found is None else (found,)
    return None
