"""Where parts stand along an open chain: "between C9 and C10", "in the middle of the chain", "one end is a methyl"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import product

from rdkit import Chem

from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Meaning, Place, Predicate
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.relations import bears_alone
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.forms import carbon_paths

Said = Iterator[tuple[Predicate, int]]
_LOCANT = re.compile(r"c-?(?P<number>\d{1,2})")
_MIDDLE = frozenset(["middle", "center", "centre", "midpoint"])
_SECOND = frozenset(["other", "opposite", "far", "second"])


def chain_numbers(mol: Chem.Mol) -> list[dict[int, int]]:
    """Number the one longest chain of carbons: from its carboxyl or other carbonyl carbon, else both ways.

    Returns:
        The atom of each number, for each way of counting; nothing where there are several chains as long.
    """
    paths = carbon_paths(mol)
    if len(paths) != 1 or len(paths[0]) < 3:
        return []
    (path,) = paths
    first, last = (_is_functional(mol.GetAtomWithIdx(path[k])) for k in (0, -1))
    ways = [path] if first and not last else [path[::-1]] if last and not first else [path, path[::-1]]
    return [dict(enumerate(way, 1)) for way in ways]


def _is_functional(atom: Chem.Atom) -> bool:
    return any(b.GetBondTypeAsDouble() > 1 and b.GetOtherAtom(atom).GetAtomicNum() != 6 for b in atom.GetBonds())


def read_along(s: Sentence, k: int) -> Said:
    """Read a place along a chain."""
    if s.low(k) == "between" and s.low(k + 2) in ("and", "to"):
        numbers = [_LOCANT.fullmatch(s.low(at)) for at in (k + 1, k + 3)]
        if all(numbers):
            ends = [int(found["number"]) for found in numbers if found is not None]
            bonds = [{way.get(n) for n in ends} for way in chain_numbers(s.mol)]
            if bonds:
                yield Predicate(lambda place: any(set(place) == bond for bond in bonds)), k + 4
    if (
        s.low(k) in ("at", "on")
        and not s.mol.GetRingInfo().NumRings()
        and (one := _LOCANT.fullmatch(s.low(k + 1))) is not None
    ):
        atoms = [way.get(int(one["number"])) for way in chain_numbers(s.mol)]
        near = {n.GetIdx() for a in atoms if a is not None for n in s.mol.GetAtomWithIdx(a).GetNeighbors()}
        end = k + 2 + 3 * s.starts(k + 2, ("of", "the", "chain"))

        def at_locant(place: Place) -> bool:
            if len(place) == 2 and s.mol.GetBondBetweenAtoms(*place) is not None:
                return any(a in place and a == min(place, key=_number) for a in atoms)
            return bool({a for a in atoms if a is not None} & set(place)) or bool(near & set(place) and len(place) == 1)

        def _number(atom: int) -> int:
            return min((n for way in chain_numbers(s.mol) for n, a in way.items() if a == atom), default=99)

        yield Predicate(at_locant), end
    at = k + 1 + (s.low(k + 1) in ("the", "its")) if s.low(k) in ("in", "at", "near") else k
    at += at > k and s.low(at) in ("exact", "very")
    exactly = s.low(k) in ("exactly", "right", "precisely")
    if exactly and s.low(k + 1) in ("in", "at"):
        yield from read_along(s, k + 1)
    if at > k and s.low(at) in _MIDDLE and s.low(at + 1) == "of":
        for chains, end in read_nouns(s, at + 2, whole_list=False):
            yield Predicate(_in_the_middle_of(chains[0], s)), end


def _in_the_middle_of(chain: Meaning, s: Sentence) -> Callable[[Place], bool]:
    far = Chem.GetDistanceMatrix(s.mol)

    def holds(place: Place) -> bool:
        for row in [tuple(range(s.mol.GetNumAtoms()))] if chain.is_molecule else chain.whole:
            own = set(row) & set(place) or {
                n.GetIdx() for a in place for n in s.mol.GetAtomWithIdx(a).GetNeighbors()
            } & set(row)
            if not own:
                continue
            reach = {a: max(far[a][b] for b in row) for a in row}
            ends = max(reach.values())
            if own and all(reach[a] <= (ends + 2) // 2 for a in own):
                return True
        return False

    return holds


def read_ends(s: Sentence, k: int) -> Iterator[tuple[bool, tuple[Meaning, ...], int]]:
    """Read "one end of the chain is a methyl group and the other end is a carboxylic acid".

    Yields:
        Whether such parts are at two ends, as far apart as any; the parts; the index behind.
    """
    yield from _each_at_an_end(s, k)
    at = k + 2 * s.starts(k, ("at", "one")) if s.low(k) == "at" else k + (s.low(k) == "one")
    if at == k or s.low(at) not in ("end", "terminus", "tip"):
        return
    ring = _ring_behind(s, at + 1)
    at = _past_chain(s, at + 1) if ring is None else ring[1]
    at = _past_being(s, at)
    for first, end in read_nouns(s, at, whole_list=False):
        other = end + (s.low(end) in (",", ";"))
        other += s.low(other) in ("and", "while", "whereas", "with")
        other += s.low(other) == "at"
        other += s.low(other) in ("the", "its")
        if s.low(other) not in _SECOND:
            continue
        other += 1 + (s.low(other + 1) in ("end", "one", "terminus"))
        other = _past_being(s, _past_chain(s, other))
        for second, last in read_nouns(s, other, whole_list=False):
            holds = _at_two_ends(first[0], second[0], s) if ring is None else _across(first[0], second[0], s)
            yield holds, (first[0], second[0]), last


def _each_at_an_end(s: Sentence, k: int) -> Iterator[tuple[bool, tuple[Meaning, ...], int]]:
    """Read "the amine is at one end and the acid at the other (end)"."""
    for first, end in read_nouns(s, k, whole_list=False):
        at = end + (s.low(end) in ("is", "sits", "lies", "stands", "located"))
        at += s.low(at) in ("located", "found", "placed")
        if not s.starts(at, ("at", "one", "end")):
            continue
        other = _past_chain(s, at + 3)
        other += s.low(other) in (",", ";")
        other += s.low(other) in ("and", "while", "whereas", "with")
        for second, last in read_nouns(s, other, whole_list=False):
            last += s.low(last) in ("is", "sits", "lies", "stands")
            if s.starts(last, ("at", "the")) and s.low(last + 2) in _SECOND:
                behind = _past_chain(s, last + 3 + (s.low(last + 3) == "end"))
                yield _at_two_ends(first[0], second[0], s), (first[0], second[0]), behind


def _ring_behind(s: Sentence, k: int) -> tuple[Meaning, int] | None:
    """The ring that "of the ring" names."""
    if s.low(k) != "of":
        return None
    return next(((n[0], end) for n, end in read_nouns(s, k + 1, whole_list=False) if "ring" in n[0].noun), None)


def _across(one: Meaning, other: Meaning, s: Sentence) -> bool:
    """Whether two parts stand across a ring of six from each other."""
    return any(RELATIONS["1,4"](p, q, s.mol) for p in one.places for q in other.places if p != q)


def _past_chain(s: Sentence, k: int) -> int:
    if s.low(k) != "of":
        return k
    for noun, end in read_nouns(s, k + 1, whole_list=False):
        if noun[0].is_molecule or "chain" in noun[0].noun or "linker" in noun[0].noun:
            return end
    return k


def _past_being(s: Sentence, k: int) -> int:
    at = k + (s.low(k) == ",")
    at += s.low(at) == "there"
    if s.low(at) in ("is", "sits", "lies", "bears", "carries", "has", "holds", "features", "consists"):
        at += 1
        if s.low(at) in ("capped", "occupied", "terminated", "formed", "substituted", "capped", "functionalized", "of"):
            at += 1 + (s.low(at + 1) in ("by", "with", "as"))
    elif s.starts(at, ("ends", "in")) or s.starts(at, ("terminates", "in")):
        at += 2
    return at


_MOSTLY = 0.6
"""Of the longest way through a molecule, what lies between its two ends at least: side chains may be longer."""


def _at_two_ends(one: Meaning, other: Meaning, s: Sentence) -> bool:
    far = Chem.GetDistanceMatrix(s.mol)
    longest = far.max()

    def is_end(place: Place) -> bool:
        return bears_alone(place, s.mol) <= 1

    pairs = [(p, q) for p, q in product(one.places, other.places) if not set(p) & set(q)]
    return any(is_end(p) and is_end(q) and max(far[a][b] for a in p for b in q) >= _MOSTLY * longest for p, q in pairs)
