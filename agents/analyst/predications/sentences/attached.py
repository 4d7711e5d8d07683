"""A group that hangs on another compound in place of a hydrogen on oxygen, nitrogen or sulfur: "a glucoside of X"."""

from __future__ import annotations

import re

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.molecules.read import Molecule

_MOST_WAYS = 64
_SEVERAL = re.compile(r"(?:mono|bis|di|tri|tetra|penta|hexa)", re.IGNORECASE)


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
    places = nouns.places(kind)
    if not places or _SEVERAL.match(kind):
        return False
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
            return len(hung) == 1 or not only
    return False


def _may_bear(parent: Molecule, index: int) -> bool:
    """Whether an atom of the compound is a hetero atom with a hydrogen to give."""
    atom = parent.mol.GetAtomWithIdx(index)
    return atom.GetAtomicNum() in (7, 8, 16) and atom.GetTotalNumHs() > 0
