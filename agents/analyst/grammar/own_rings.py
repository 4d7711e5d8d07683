"""Where a substituent sits on its ring, seen from the only other thing on that ring: "para on its ring"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Place, Predicate
from molreflect.agents.analyst.grammar.positions import STEPS
from molreflect.agents.analyst.grammar.tokens import Sentence

_RINGS = ("ring", "rings")
_OF_RINGS = ("own", "respective", "benzene", "phenyl", "aryl", "aromatic", "six-membered")


def read_on_own_ring(s: Sentence, k: int) -> Iterator[tuple[Predicate, int]]:
    """Read "para on its ring", "in the para position of their benzene rings", and the index behind it."""
    at = k + (s.low(k) == "each")
    at += s.low(at) in ("in", "at")
    at += s.low(at) in ("the", "a")
    steps = STEPS.get(s.low(at))
    if steps is None:
        return
    at += 1 + (s.low(at + 1) in ("position", "positions"))
    if s.low(at) not in ("on", "of", "in"):
        return
    if s.starts(at + 1, ("one", "of", "the")):
        at += 4
    elif s.low(at + 1) in ("its", "their", "the", "one", "a"):
        at += 2
    else:
        return
    while s.low(at) in _OF_RINGS:
        at += 1
    if s.low(at) in _RINGS:
        yield Predicate(partial(_stands_so, s.mol, steps)), at + 1


def _stands_so(mol: Chem.Mol, steps: int, place: Place) -> bool:
    """Whether a part hangs on a six-membered ring with one other substituent, so many bonds along the ring from it."""
    own = set(place)
    for ring in mol.GetRingInfo().AtomRings():
        if len(ring) != 6 or own.issuperset(ring):
            continue
        bearing = [
            n
            for n, atom in enumerate(ring)
            if any(beside.GetIdx() not in ring for beside in mol.GetAtomWithIdx(atom).GetNeighbors())
        ]
        of_part = [
            n for n in bearing if any(beside.GetIdx() in own for beside in mol.GetAtomWithIdx(ring[n]).GetNeighbors())
        ]
        if len(bearing) == 2 and len(of_part) == 1:
            (other,) = (n for n in bearing if n not in of_part)
            apart = abs(of_part[0] - other)
            return min(apart, 6 - apart) == steps
    return False
