"""What is said of several places together: "on the same carbon", "adjacent to each other", "equivalent"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations

from molreflect.agents.analyst.predications.composed.meant import Meant, Said
from molreflect.agents.analyst.predications.composed.reader import Reader
from molreflect.agents.analyst.predications.composed.relations import (
    RELATIONS,
    Place,
    adjacent,
    apart_on_ring,
    are_equivalent,
    bearers,
    common_bearers,
    vicinal,
)
from molreflect.agents.analyst.predications.standing import on_rings
from molreflect.tools.facts.parts import ELEMENTS, Places
from molreflect.tools.facts.substitution import substitution_of

_EACH_OTHER = (("each", "other"), ("one", "another"))
_POSITIONS = {"ortho": "ortho", "meta": "meta", "para": "para", "adjacent": "adjacent", "opposite": "opposite"}
_NUMBERED = {"1,2": 1, "1,3": 2, "1,4": 3}


def together(reader: Reader, k: int) -> Iterator[Said]:
    """Read what is said of several together: "on the same carbon", "adjacent to each other", "equivalent"."""
    low = reader.low(k)
    for relation, end in reader.phrase_at("behind", k):
        if (reader.low(end), reader.low(end + 1)) in _EACH_OTHER and relation in RELATIONS:
            yield Said(end + 2, together=_pairwise(reader, relation))
    if low in ("ortho", "meta", "para"):
        yield from _on_its_ring(reader, k, low)
    if low in _POSITIONS:
        end = k + 1
        if reader.low(end) == "to" and (reader.low(end + 1), reader.low(end + 2)) in _EACH_OTHER:
            end += 3
        yield Said(end, together=_pairwise(reader, _POSITIONS[low]))
    if low in ("at", "on") and reader.low(k + 1) == "opposite" and reader.low(k + 2) in ("ends", "sides", "positions"):
        yield from _opposite(reader, k + 3)
    if low in ("vicinal", "neighbours", "neighbors", "contiguous"):
        yield Said(k + 1, together=_pairwise(reader, "adjacent" if low != "vicinal" else "vicinal"))
    if low == "fused" and reader.low(k + 1) not in ("to", "with"):
        yield Said(k + 1 + (reader.low(k + 1) == "together"), together=_pairwise(reader, "fused"))
    if low in _NUMBERED or low.removesuffix("-related") in _NUMBERED:
        bonds = _NUMBERED[low.removesuffix("-related")]
        yield Said(
            k + 1, together=lambda places: _all_pairs(places, lambda p, q: apart_on_ring(reader.molecule, p, q, bonds))
        )
    if low in ("equivalent", "identical", "symmetry-equivalent"):
        end = k + 1
        end += 2 if (reader.low(end), reader.low(end + 1)) == ("by", "symmetry") else 0
        yield Said(end, together=lambda places: are_equivalent(reader.molecule, places))
    if low in (
        "adjacent",
        "neighbouring",
        "neighboring",
        "in",
        "on",
        "at",
        "attached",
        "bonded",
        "bound",
        "joined",
        "connected",
        "linked",
        "part",
    ):
        yield from _placed(reader, k)


def _on_its_ring(reader: Reader, k: int, position: str) -> Iterator[Said]:
    """Read "is para on the ring", said of one of the two things that the ring bears."""
    if reader.low(k + 1) not in ("on", "of", "in"):
        return
    for ring in reader.noun_phrase(reader, k + 2, 1):

        def holds(place: Place, ring: Meant = ring) -> bool:
            for each in substitution_of(reader.molecule):
                within = any(set(each.ring) <= set(p) for p in ring.places)
                if within and len(each.pairs) == 1 and each.pairs[0][2] == position:
                    return bool(set(each.pairs[0][:2]) & bearers(reader.molecule, place))
            return False

        yield Said(ring.end, holds)


def _opposite(reader: Reader, k: int) -> Iterator[Said]:
    """Read "at opposite ends of the benzene ring (atoms 4 and 7)"."""
    if reader.low(k) != "of":
        return
    across = _pairwise(reader, "opposite")
    for ring in reader.noun_phrase(reader, k + 1, 1):
        if not ring.places:
            continue
        yield Said(ring.end, together=across)
        if reader.low(ring.end) in ("(", ","):
            for given in reader.noun_phrase(reader, ring.end + 1, 1):
                closes = reader.low(given.end) in (")", ",")
                atoms = {a for place in given.places for a in place}
                if given.is_index:
                    yield Said(
                        given.end + closes,
                        together=lambda places, atoms=atoms, ring=ring: (
                            across(places)  # type: ignore[misc]
                            and any(
                                {a for p in places for a in on_rings(p, r, reader.molecule.mol)} == atoms
                                for r in ring.places
                            )
                        ),
                    )


def _pairwise(reader: Reader, relation: str) -> Callable[[Places], bool]:
    if relation == "vicinal":
        return lambda places: _all_pairs(places, lambda p, q: vicinal(reader.molecule, p, q))
    if relation == "adjacent":
        return lambda places: _all_pairs(
            places,
            lambda p, q: adjacent(reader.molecule, p, q) or (len(places) == 2 and vicinal(reader.molecule, p, q)),
        )
    return lambda places: _all_pairs(places, lambda p, q: RELATIONS[relation](reader.molecule, p, q))


def _all_pairs(places: Places, holds: Callable[[Place, Place], bool]) -> bool:
    return len(places) > 1 and all(holds(p, q) for p, q in combinations(places, 2))


_PLACED = re.compile(
    r"(?:(?:attached to|bonded to|bound to|joined to|connected to|linked to|part of|on|in|at) )?"
    r"(?P<how>the same|one|a single|different|two different|adjacent|neighbou?ring|vicinal|separate|opposite)"
    r" (?P<kind>(?:ring |sp3 |aromatic |benzene |aryl |phenyl )*)"
    r"(?P<what>carbon|nitrogen|oxygen|atom|ring|position|side|chain)s?"
    r"(?: atoms?)?(?: of (?P<of>the same|the|one|its) (?P<ring>(?:\w+ )?ring))?"
)


def _placed(reader: Reader, k: int) -> Iterator[Said]:
    """Read "on adjacent carbons of the same ring", "attached to the same nitrogen", "in different rings"."""
    for end in range(min(len(reader.words), k + 11), k + 1, -1):
        found = _PLACED.fullmatch(" ".join(word.low for word in reader.words[k:end]))
        if found is not None and found["what"] not in ("side", "chain"):
            if reader.low(end) == "as":
                for other in reader.noun_phrase(reader, end + 1, 1):
                    yield Said(
                        other.end,
                        lambda place, found=found, other=other: any(  # type: ignore[misc]
                            _stand_at(reader, (place, q), found) for q in other.places if q != place
                        ),
                    )
            yield from _stood_at(reader, end, found)
            return


def standing_so(reader: Reader, k: int) -> Iterator[tuple[Callable[[Place, Place], bool], int]]:
    """Read "on adjacent carbons" behind a noun, as what holds of two of its places."""
    for end in range(min(len(reader.words), k + 8), k + 1, -1):
        found = _PLACED.fullmatch(" ".join(word.low for word in reader.words[k:end]))
        if found is not None and found["what"] not in ("side", "chain"):
            yield lambda p, q, found=found: _stand_at(reader, (p, q), found), end  # type: ignore[misc]
            return


def _stood_at(reader: Reader, end: int, found: re.Match[str]) -> Iterator[Said]:
    """Read the index that may stand behind "on the same carbon"."""
    mark = reader.low(end)
    if mark == "," and reader.low(end + 1) == "which":
        for said in reader.verb_phrase(reader, end + 2, 1):
            if said.holds is not None:
                yield Said(
                    said.end,
                    together=lambda places, said=said: (
                        _stand_at(reader, places, found)  # type: ignore[misc]
                        and any(said.holds((a,)) for a in common_bearers(reader.molecule, places))
                    ),
                )
    if mark in (",", "(", "at"):
        for given in reader.noun_phrase(reader, end + 1, 1):
            closes = reader.low(given.end) == ")" and mark == "("
            if given.is_index and len(given.places) == 1 and (closes or mark != "("):
                atom = given.places[0][0]
                yield Said(
                    given.end + closes,
                    together=lambda places, atom=atom: (
                        _stand_at(reader, places, found)  # type: ignore[misc]
                        and atom in common_bearers(reader.molecule, places)
                    ),
                )
            elif given.is_index and (closes or mark != "("):
                atoms = {a for place in given.places for a in place}
                yield Said(
                    given.end + closes,
                    together=lambda places, atoms=atoms: (
                        _stand_at(reader, places, found)  # type: ignore[misc]
                        and len(atoms) == len(places)
                        and all(atoms & bearers(reader.molecule, p) for p in places)
                        and all(any(a in bearers(reader.molecule, p) for p in places) for a in atoms)
                    ),
                )
    yield Said(end, together=lambda places: _stand_at(reader, places, found))


def _stand_at(reader: Reader, places: Places, found: re.Match[str]) -> bool:
    molecule, how, what = reader.molecule, found["how"], found["what"]
    mol = molecule.mol
    if how == "opposite" or len(places) < 2:
        return _all_pairs(places, lambda p, q: RELATIONS["opposite"](molecule, p, q))
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    if found["kind"].strip().startswith(("aromatic", "benzene", "aryl", "phenyl")) and what == "ring":
        rings = [ring for ring in rings if all(mol.GetAtomWithIdx(a).GetIsAromatic() for a in ring)]
    borne = [bearers(molecule, p) for p in places]
    around = [each | set(p) for each, p in zip(borne, places, strict=True)]
    one_ring = any(all(ring & each for each in around) for ring in rings)
    if found["ring"] and not one_ring:
        return False
    if found["ring"] and found["ring"] != "ring":
        named = reader.resolver.places(found["ring"].split())
        if not named or not any(all(set(ring) & each for each in around) for ring in named):
            return False
    if what == "ring":
        apart = not any(ring & a and ring & b for ring in rings for a, b in combinations(around, 2))
        return (
            one_ring
            if how in ("the same", "one", "a single")
            else apart and all(any(r & a for r in rings) for a in around)
        )
    symbol = ELEMENTS.get(what)
    kept = [{a for a in each if symbol is None or mol.GetAtomWithIdx(a).GetSymbol() == symbol} for each in borne]
    if how in ("the same", "one", "a single"):
        return bool(set.intersection(*kept))
    if how in ("different", "two different", "separate"):
        return all(kept) and not any(a & b for a, b in combinations(kept, 2))
    if how not in ("the same", "one", "a single", "different", "two different", "separate"):
        near = [{n.GetIdx() for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.IsInRing()} for p in places]
        if all(near) and all(not mol.GetAtomWithIdx(a).IsInRing() for p in places for a in p):
            kept = near  # on a ring its positions are meant
    return all(
        any(any(mol.GetBondBetweenAtoms(i, j) is not None for i in a for j in b if i != j) for b in kept if b is not a)
        for a in kept
    ) and not any(a & b and len(a) == len(b) == 1 for a, b in combinations(kept, 2))
