"""What a class of natural products cannot do without, however loosely its name is used: the rings of its skeleton.

Names of alkaloids, terpenoids and antibiotics speak of origin as much as of structure, and a member may have lost a
ring or some carbon atoms of the skeleton. One that has lost most of it is no member.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import elements_of, read_pattern

MOST_CARBONS_LOST = 2
"""Carbon atoms that a member of a class of terpenoids may have less than its skeleton: bisnor compounds."""
MOST_RINGS_LOST = 1
"""Rings that a member may have less than the skeleton: seco compounds."""
MIN_RINGS = 3
"""Fewest rings of a skeleton of which one may be opened; of fewer all must be there."""

_ELEMENT_FIRST = re.compile(r"\[#(\d+)[;&\]]")
Frame = tuple[Counter[tuple[int, tuple[int, ...]]], int]
"""Rings by size and hetero elements, and the number of carbon atoms."""


def lacks_frame(molecule: Molecule, pattern: str) -> bool:
    """Tell whether a molecule lacks so much of a pattern's rings or carbon atoms that no loose use of the name fits.

    Args:
        molecule: The molecule.
        pattern: SMARTS of a class, of which every dotted part is looked at together.
    """
    rings, carbons = _frame_of(pattern)
    there, own = _rings(molecule.mol), sum(atom.GetAtomicNum() == 6 for atom in atoms_of(molecule.mol))
    if carbons - own > MOST_CARBONS_LOST:
        return True
    missing = sum((rings - there).values())
    return missing > (MOST_RINGS_LOST if sum(rings.values()) >= MIN_RINGS else 0)


@lru_cache(maxsize=1_024)
def _frame_of(pattern: str) -> Frame:
    query = Chem.Mol(read_pattern(pattern).query)
    Chem.GetSSSR(query)  # FastFindRings takes the rim of two fused rings for one of them
    return _rings(query), sum(_element(atom) == 6 for atom in atoms_of(query))


def _rings(mol: Chem.Mol) -> Counter[tuple[int, tuple[int, ...]]]:
    """Count the rings of a molecule or a query; a ring with an atom that may be several elements counts by no other."""
    found: Counter[tuple[int, tuple[int, ...]]] = Counter()
    for ring in mol.GetRingInfo().AtomRings():
        elements = [_element(mol.GetAtomWithIdx(i)) for i in ring]
        if all(elements):
            found[len(ring), tuple(sorted(element for element in elements if element != 6))] += 1
    return found


def _element(atom: Chem.Atom) -> int:
    """Give the one element of an atom of a molecule or a query; 0 where several are possible."""
    if not atom.HasQuery():
        return int(atom.GetAtomicNum())
    if (hit := _ELEMENT_FIRST.match(atom.GetSmarts())) is not None:
        return int(hit[1])
    elements = elements_of(atom) or set()
    return min(elements) if len(elements) == 1 else 0
