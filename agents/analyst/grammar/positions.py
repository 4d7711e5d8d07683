"""Numbered positions of rings: "at the 4-position of the pyridine", "substituted at C2 and C6 by methyl"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Meaning, Place, Predicate
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.relations import around, is_ring
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.places import ring_numbers
from molreflect.tools.facts.locants import is_numbered, numberings

Said = Iterator[tuple[Predicate, int]]
Numbering = dict[int, str]
"""The number of each atom of a ring, counted one way."""
_NUMBER = re.compile(r"(?:c-?)?(?P<number>\d{1,2}a?)-?(?:-?positions?)?")
_RING_OF = re.compile(
    r"(?:fused |parent |aromatic |central )*(?P<name>[a-z]+)(?: (?:ring|system|core|nucleus|scaffold|unit|moiety)s?)*"
)
_MADE = frozenset(["substituted", "functionalized", "functionalised", "modified", "decorated", "alkylated", "acylated"])
STEPS = {"ortho": 1, "meta": 2, "para": 3}


def ring_numberings(ring: Meaning, s: Sentence) -> list[Numbering]:
    """Number the rings that a noun means, each way that they may be numbered.

    A ring with one heteroatom begins there, one that a table has the numbers of as it says, a benzene ring at the atom
    by which it hangs on the largest rest of the molecule.
    """
    found: list[Numbering] = []
    for place in ring.whole:
        if ring_numbers(place, s.mol) is not None:
            hetero = next(a for a in place if s.mol.GetAtomWithIdx(a).GetAtomicNum() != 6)
            found += _ways(place, hetero, s.mol)
        elif (first := _hanging(place, s.mol)) is not None:
            found += _ways(place, first, s.mol)
        else:
            several = [a for a in place if s.mol.GetAtomWithIdx(a).GetAtomicNum() != 6]
            found += [way for a in several for way in _ways(place, a, s.mol)]
    named = _RING_OF.fullmatch(ring.noun.lower())
    name = named["name"] if named is not None else ""
    if is_numbered(name):
        every = {a for place in ring.whole for a in place}
        found = [each for each in numberings(name, s.nouns.molecule) if every & set(each)] or found
    return found


def _ways(ring: Place, first: int, mol: Chem.Mol) -> list[Numbering]:
    """Number a ring from one atom on, both ways round."""
    order = next((list(r) for r in mol.GetRingInfo().AtomRings() if set(r) == set(ring)), None)
    if order is None:
        return []
    k = order.index(first)
    turned = order[k:] + order[:k]
    ways = (turned, [turned[0], *turned[:0:-1]])
    return [{atom: str(n) for n, atom in enumerate(way, 1)} for way in ways]


def _hanging(ring: Place, mol: Chem.Mol) -> int | None:
    """The atom of a benzene ring by which the largest rest hangs on it; None of others, or where two are as large."""
    if len(ring) != 6 or not is_ring(ring, mol) or any(mol.GetAtomWithIdx(a).GetSymbol() != "C" for a in ring):
        return None
    sizes: dict[int, int] = {}
    for atom in ring:
        for n in around((atom,), mol) - set(ring):
            seen, ahead = {n}, [n]
            while ahead:
                more = around((ahead.pop(),), mol) - seen - set(ring)
                seen |= more
                ahead += more
            sizes[atom] = max(sizes.get(atom, 0), len(seen))
    largest = [atom for atom, size in sizes.items() if size == max(sizes.values())]
    return largest[0] if len(largest) == 1 and sizes[largest[0]] > 1 else None


def read_numbers(s: Sentence, k: int) -> tuple[tuple[str, ...], int]:
    """Read "position 4", "the 2- and 6-positions", "C2 and C6", "positions 2, 4 and 6"; empty where there are none."""
    at = k + (s.low(k) in ("the", "its", "both"))
    told = s.low(at) in ("position", "positions", "carbon", "carbons")
    at += told
    found: list[str] = []
    while (number := _NUMBER.fullmatch(s.low(at))) is not None and (
        told or not s.low(at).isdigit() or s.low(at + 1) in ("position", "positions", "and", ",")
    ):
        found.append(number["number"])
        told = told or "position" in s.low(at) or s.low(at)[0] == "c"
        at += 1
        joint = at + (2 if s.starts(at, (",", "and")) else 1)
        if s.low(at) not in (",", "and") or _NUMBER.fullmatch(s.low(joint)) is None:
            break
        at = joint
    if found and s.low(at) in ("position", "positions"):
        told, at = True, at + 1
    return (tuple(found), at) if told and found else ((), k)


def at_numbers(said: Sequence[str], ring: Meaning, s: Sentence) -> list[frozenset[int]]:
    """Find the atoms of a ring at all of some numbers, for each way it may be numbered."""
    found = []
    for numbering in ring_numberings(ring, s):
        atoms = {number: atom for atom, number in numbering.items()}
        if all(number in atoms for number in said):
            found.append(frozenset(atoms[number] for number in said))
    return found


def read_substituted(s: Sentence, k: int) -> Said:
    """Read "substituted at the 4-position (by a chlorine)" of a ring; the ring bears something at each of them."""
    at = k + (s.low(k) in ("is", "are"))
    at += s.low(at) in ("further", "also", "additionally", "only", "exclusively", "singly")
    only = s.low(at - 1) in ("only", "exclusively", "singly")
    if s.low(at) not in _MADE:
        return
    end = at + 1
    only = only or s.low(end) in ("only", "exclusively")
    end += s.low(end) in ("only", "exclusively")
    if s.low(end) not in ("at", "in", "on"):
        return
    said, last = read_numbers(s, end + 1)
    if not said:
        return
    yield Predicate(_bearing_at(said, None, s, only=only)), last
    if s.low(last) in ("by", "with", "through"):
        for objects, behind in read_nouns(s, last + 1):
            holds = _bearing_at(said, objects, s, only=only)
            yield Predicate(holds, objects=tuple(objects)), behind


def _bearing_at(
    said: Sequence[str], objects: Sequence[Meaning] | None, s: Sentence, *, only: bool
) -> Callable[[Place], bool]:
    def of_each(place: Place) -> bool:
        noun = next((m.noun for m in s.heads.values() if m is not None and place in m.whole), "ring")
        ring = Meaning(noun, (place,), (place,))
        outside = {a: around((a,), s.mol) - set(place) for a in place}
        for atoms in at_numbers(said, ring, s):
            bears = all(outside.get(a) for a in atoms)
            rest = any(beside for a, beside in outside.items() if a not in atoms)
            if bears and not (only and rest) and (objects is None or _all_at(atoms, objects, place, s)):
                return True
        return False

    return of_each


def _all_at(atoms: frozenset[int], objects: Sequence[Meaning], ring: Place, s: Sentence) -> bool:
    """Whether every atom bears one of some things, and every thing hangs on one of the atoms."""
    taken: set[int] = set()
    for each in objects:
        own = {a for a in atoms for p in each.whole if around((a,), s.mol) & (set(p) - set(ring))}
        if not own or (each.many.value == "exactly" and len(own) != each.number):
            return False
        taken |= own
    return taken == set(atoms)


def read_at_positions(s: Sentence, k: int) -> Said:
    """Read "in the 3- and 4-positions", "at position 4" where no ring is named: of a ring that bears the parts."""
    if s.low(k) not in ("at", "in", "on"):
        return
    said, end = read_numbers(s, k + 1)
    if not said or s.low(end) in ("of", "on", "in") or any(number.endswith("a") for number in said):
        return
    rings = [Meaning("ring", (tuple(r),), (tuple(r),)) for r in s.mol.GetRingInfo().AtomRings()]
    ways = [atoms for ring in rings for atoms in at_numbers(said, ring, s)]
    if not ways:
        return

    def of_all(places: Sequence[Place]) -> bool:
        on = [around(place, s.mol) | set(place) for place in places]
        return len(places) == len(said) and any(
            any(all(a in near for a, near in zip(order, on, strict=True)) for order in permutations(atoms))
            for atoms in ways
        )

    yield Predicate((lambda place: of_all([place])) if len(said) == 1 else None, of_all), end


def read_borne_at(s: Sentence, objects: Sequence[Meaning], k: int) -> Said:
    """Read "at C3", "at its 3-position" behind what a ring bears."""
    if s.low(k) not in ("at", "in", "on"):
        return
    said, end = read_numbers(s, k + 1)
    if said and s.low(end) not in ("of", "on"):
        yield Predicate(_bearing_at(said, objects, s, only=False), objects=tuple(objects)), end
