"""A group that hangs on another compound in place of a hydrogen on oxygen, nitrogen or sulfur: "a glucoside of X"."""

from __future__ import annotations

import re

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.molecules.read import Molecule

_MOST_WAYS = 64
_TIMES = {"mono": 1, "di": 2, "bis": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_SEVERAL = re.compile(rf"(?P<times>{'|'.join(_TIMES)})-?(?=[a-z])", re.IGNORECASE)


def hangs_on(kind: str, parent: Molecule, nouns: Nouns, *, only: bool) -> bool:
    """Whether the molecule is a compound with a group on one of its hetero atoms: "a carbamate of 1-naphthol".

    Args:
        kind: What the group is called, such as "carbamate", "acetate ester", "glucoside".
        parent: The compound. All of it must be in the molecule, with nothing more on it than such groups.
        nouns: Looks nouns up in the molecule.
        only: Whether the words mean one such group, as in "the acetate of".

    Returns:
        False also where the kind is not known or is not there: the words may mean something else.
    """
    several = _SEVERAL.match(kind)
    places = nouns.places(kind[several.end() :] if several is not None else kind)
    if not places:
        return False
    number = _TIMES[several["times"].lower()] if several is not None else 1 if only else None
    mol = nouns.molecule.mol
    for laid in mol.GetSubstructMatches(parent.mol, uniquify=False, maxMatches=_MOST_WAYS):
        inside = set(laid)
        hung = [
            (own, other.GetIdx())
            for own, index in enumerate(laid)
            for other in mol.GetAtomWithIdx(index).GetNeighbors()
            if other.GetIdx() not in inside
        ]
        if not hung or not all(_may_bear(parent, own) for own, _ in hung):
            continue
        if all(any(outside in place for place in places) for _, outside in hung):
            return number is None or len(hung) == number
    return False


def _may_bear(parent: Molecule, index: int) -> bool:
    """Whether an atom of the compound is a hetero atom with a hydrogen to give."""
    atom = parent.mol.GetAtomWithIdx(index)
    return atom.GetAtomicNum() in (7, 8, 16) and atom.GetTotalNumHs() > 0
