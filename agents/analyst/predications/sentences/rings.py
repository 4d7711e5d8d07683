"""Rings by names that hold of them alone, though they are fused to others: the pyrrole of carbazole."""

from __future__ import annotations

import re
from itertools import pairwise

from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule

_NAMES: dict[str, tuple[int, str, bool]] = {
    "benzene": (6, "", True),
    "pyrrole": (5, "N", True),
    "furan": (5, "O", True),
    "thiophene": (5, "S", True),
    "pyridine": (6, "N", True),
    "cyclohexane": (6, "", False),
    "cyclopentane": (5, "", False),
    "piperidine": (6, "N", False),
    "pyrrolidine": (5, "N", False),
    "tetrahydrofuran": (5, "O", False),
    "tetrahydropyran": (6, "O", False),
    "cyclopropane": (3, "", False),
    "cyclobutane": (4, "", False),
}
"""Size, atoms other than carbon, and whether it is aromatic; those that are not are saturated."""


def ring_called(noun: str, molecule: Molecule) -> Places:
    """Find the rings of a name; none where the name is not known.

    Args:
        noun: E.g. "pyrrole", "benzene rings".
        molecule: Where they are looked for.
    """
    said = _NAMES.get(re.sub(r"(?: rings?|s)$", "", noun.lower()))
    if said is None:
        return ()
    size, hetero, aromatic = said
    mol = molecule.mol
    found: list[tuple[int, ...]] = []
    for ring in mol.GetRingInfo().AtomRings():
        atoms = [mol.GetAtomWithIdx(a) for a in ring]
        others = "".join(sorted(a.GetSymbol() for a in atoms if a.GetAtomicNum() != 6))
        bonds = [mol.GetBondBetweenAtoms(a, b) for a, b in pairwise([*ring, ring[0]])]
        kind = all(b.GetIsAromatic() if aromatic else b.GetBondTypeAsDouble() == 1 for b in bonds)
        if len(ring) == size and others == hetero and kind:
            found.append(tuple(ring))
    return tuple(found)
