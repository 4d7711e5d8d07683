"""The grammar of noun phrases: of how many of what, and what stands behind it ("two CH2 next to the nitrogen")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from molreflect.agents.analyst.predications.composed.heads import heads, indexed, nouns
from molreflect.agents.analyst.predications.composed.meant import Chain, Meant, relates
from molreflect.agents.analyst.predications.composed.reader import Reader
from molreflect.agents.analyst.predications.composed.relations import Place, joins
from molreflect.agents.analyst.predications.composed.together import standing_so
from molreflect.agents.analyst.predications.composed.words import listed
from molreflect.agents.analyst.predications.listed import covers
from molreflect.agents.analyst.predications.places import at_atoms
from molreflect.agents.analyst.predications.subject import Quantity, number_of
from molreflect.agents.analyst.predications.tokens import indices_from
from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule

_DEPTH = 4
"""Phrases within phrases that are read."""
_EXACTLY = frozenset(["exactly", "only", "just", "precisely"])


def noun_phrases(reader: Reader, k: int, depth: int = 0) -> Iterator[Meant]:
    """Read the noun phrases that begin at a word, the longest first."""
    if depth > _DEPTH or k >= len(reader.words):
        return
    for start in _determined(reader, k):
        for head in heads(reader, start, depth):
            yield from _modified(reader, head, depth)


def lists(reader: Reader, k: int, depth: int = 0) -> Iterator[Meant]:
    """Read noun phrases that are joined by commas and "and", as many as there are, the longest list first."""
    if reader.low(k) == "both":  # "both the ring and the acid"
        yield from (each for each in lists(reader, k + 1, depth) if len(each.parts) == 2)
    for first in noun_phrases(reader, k, depth):
        yield from _listed(reader, (first,), depth)


def _listed(reader: Reader, found: tuple[Meant, ...], depth: int) -> Iterator[Meant]:
    last = found[-1]
    at = last.end
    comma = reader.low(at) == ","
    joined = reader.low(at + comma) == "and"
    if (comma or joined) and len(found) < 8:
        behind = at + comma + joined
        behind += reader.low(behind) in ("to", "with", "of", "by") and joined
        for following in noun_phrases(reader, reader.skip(behind) if joined else behind, depth):
            if following.is_bare and not following.is_index and found[0].quantity is Quantity.THE:
                following = replace(following, quantity=Quantity.THE, is_plural=False)
            if joined:
                yield _as_list((*found, following))
                continue
            yield from _listed(reader, (*found, following), depth)
    if len(found) == 1:
        yield found[0]


def _as_list(parts: tuple[Meant, ...]) -> Meant:
    if all(part.is_index and part.noun == "label" for part in parts):
        places = tuple(place for part in parts for place in part.places)
        return replace(parts[0], places=places, quantity=Quantity.ALL, is_plural=True, end=parts[-1].end)
    return Meant((), Quantity.ALL, parts[-1].end, is_plural=True, parts=parts, noun=parts[0].noun)


def _determined(reader: Reader, k: int) -> Iterator[Meant]:
    """Read article and number; the places are those of the noun behind."""
    low, following = reader.low(k), reader.low(k + 1)
    if low in ("both", "all", "each", "every", "either"):
        j = k + 2 + (reader.low(k + 2) in listed("determiners")) if following == "of" else k + 1
        j += j == k + 1 and reader.low(j) in listed("determiners")
        of = 2 if low in ("both", "either") else number_of(reader.low(j))
        j += low not in ("both", "either") and of is not None
        if low == "both" and reader.low(j) in ("a", "an"):
            return
        yield Meant((), Quantity.ALL, j, of=of, is_plural=True)
        return
    if low in _EXACTLY or low in ("at",):
        if low in _EXACTLY:
            yield from (
                replace(each, is_bare=False) for each in _determined(reader, k + 1) if each.quantity is Quantity.EXACTLY
            )
        return
    if low == "no":
        yield Meant((), Quantity.NONE, k + 1)
        return
    if low in listed("determiners"):
        number = number_of(following)
        if number is not None and following != "one":
            yield Meant((), Quantity.ALL, k + 2, of=number, is_plural=True)
        elif following == "other" and k:  # "para to the other ring": there is one of which it holds
            yield Meant((), Quantity.SOME, k + 2)
        elif following in ("only", "sole", "lone", "single"):
            yield Meant((), Quantity.THE, k + 2, of=1)
        else:
            yield Meant((), Quantity.THE, k + 1)
        return
    if low in ("a", "an", "another"):
        if following in ("single", "sole", "lone"):
            yield Meant((), Quantity.EXACTLY, k + 2, number=1)
        yield Meant((), Quantity.SOME, k + 1)
        return
    if (number := number_of(low)) is not None:
        if following == "of" and reader.low(k + 2) in listed("determiners"):
            of = number_of(reader.low(k + 3))
            yield Meant((), Quantity.EXACTLY, k + 3 + (of is not None), number=number, of=of, is_plural=True)
        else:
            single = following in ("single", "sole", "lone")
            yield Meant((), Quantity.EXACTLY, k + 1 + single, number=number, is_plural=number > 1)
        return
    yield Meant((), Quantity.SOME, k, is_bare=True)


def _modified(reader: Reader, head: Meant, depth: int, most: int = 3) -> Iterator[Meant]:
    """Read what restricts a noun from behind, as much of it as there is first."""
    if most:
        for restricted in _restricted(reader, head, depth):
            yield from _modified(reader, restricted, depth, most - 1)
    yield head


def _restricted(reader: Reader, head: Meant, depth: int) -> Iterator[Meant]:
    k = head.end
    low = reader.low(k)
    if head.chain is not None:
        yield from _of_atoms(reader, head, head.chain)
        return
    if low in ("(", ","):
        yield from _in_apposition(reader, head, depth)
    if low == "at":
        for given in indexed(reader, Meant((), Quantity.THE, k + 1)):
            if len(given.places) > 1 or not any(map(reader.resolver.is_ring, head.places)):
                yield _at_given(head, given, given.end)
    if head.is_whole or head.hydrogens:
        return
    if head.places and not head.is_index:  # "the anomeric carbon C10", "the two carbons C3 and C6"
        yield from _labelled(reader, head)
    if low in ("except", "but", "other", "apart") and head.places:
        yield from _without(reader, head, depth)
    if (low in ("that", "which") and reader.low(k + 1) in ("lacks", "lack")) or low in ("lacking", "without"):
        for gone in lists(reader, k + 1 + (low in ("that", "which")), depth + 1):
            if gone.places:
                yield _kept(head, _lacks(reader, gone), gone.end)
    if low in ("that", "which") or (low == "," and reader.low(k + 1) in ("which", "that")):
        first = k + 1 + (low == ",")
        for said in reader.verb_phrase(reader, first, depth + 1):
            if said.holds is not None:
                closes = low == "," and reader.low(said.end) == ","
                yield _kept(head, said.holds, said.end + closes)
    for pair, end in standing_so(reader, k):
        yield _kept(head, lambda p, pair=pair: any(pair(p, q) for q in head.places if q != p), end)  # type: ignore[misc]
    if low == "'s":
        for owned in nouns(reader, Meant((), Quantity.THE, k + 1)):
            yield _kept(owned, lambda p: relates(reader.molecule, "of", p, head), owned.end)
    a_bond = head.noun.lower().split()[-1:] in (["bond"], ["bonds"])
    if a_bond and low == "between":
        yield from _bond_between(reader, head, depth)
        return
    if head.noun == "label" and low in ("of", "in", "on"):
        return  # "C6 of the thiophene" counts as names count
    for holds, end in reduced(reader, k, depth):
        yield _kept(head, holds, end)
    if low == "," and reader.low(k + 1) != "at":
        for holds, end in reduced(reader, k + 1, depth):
            if reader.low(k + 1) not in ("with", "in", "of", "from", "bearing", "including"):
                yield _kept(head, holds, end + (reader.low(end) == ","))


def _lacks(reader: Reader, gone: Meant) -> Callable[[Place], bool]:
    return lambda place: not relates(reader.molecule, "bears", place, gone)


def _bond_between(reader: Reader, head: Meant, depth: int) -> Iterator[Meant]:
    """Read "a bond between atoms 3 and 12": it has an atom of each."""
    for ends in lists(reader, head.end + 1, depth + 1):
        last = reader.words[ends.end - 1].text
        if reader.low(ends.end) in ("of", "in", "on") and reader.resolver.label(last) is not None:
            continue  # "and C4 of the pyridine": a locant
        groups = [part.places for part in ends.parts] or [(p,) for p in ends.places]
        if len(groups) == 2:
            one, other = ({a for place in group for a in place} for group in groups)

            def holds(place: Place, one: set[int] = one, other: set[int] = other) -> bool:
                return len(place) == 2 and any(a in one and b in other for a, b in (place, place[::-1]))

            yield replace(_kept(head, holds, ends.end), chain=None)  # it is that bond, not any one bond


def _of_atoms(reader: Reader, head: Meant, chain: Chain) -> Iterator[Meant]:
    """Read the atoms of a row: "by one carbon, atom 6", "two CH2 groups (atoms 4 and 5)"."""
    mark = reader.low(head.end)
    if mark not in (",", "("):
        return
    for given in indexed(reader, Meant((), Quantity.THE, head.end + 1)):
        atoms = frozenset(a for place in given.places for a in place)
        closes = reader.low(given.end) == (")" if mark == "(" else ",")
        yield replace(head, chain=replace(chain, at=atoms), end=given.end + closes)


def _labelled(reader: Reader, head: Meant) -> Iterator[Meant]:
    k, atoms = head.end, list[Place]()
    while k < len(reader.words) and (label := reader.resolver.label(reader.words[k].text)) is not None:
        atoms += label
        joined = reader.low(k + 1) in ("and", ",")
        yield _at_given(head, Meant(tuple(atoms), Quantity.ALL, k + 1, is_index=True), k + 1)
        k += 1 + joined
        if not joined:
            return


def _without(reader: Reader, head: Meant, depth: int) -> Iterator[Meant]:
    """Read "every ring carbon except atom 2", "all nitrogens other than the amide nitrogen"."""
    k = head.end + 1 + (reader.low(head.end + 1) in ("for", "than", "from"))
    for other in noun_phrases(reader, k, depth + 1):
        gone = {a for place in other.places for a in place}
        left = tuple(place for place in head.places if not set(place) & gone)
        if other.places and len(left) < len(head.places):
            yield replace(head, places=left, end=other.end, modified=True)


def reduced(reader: Reader, k: int, depth: int) -> Iterator[tuple[Callable[[Place], bool], int]]:
    """Read what stands behind a noun, or behind "is", without a verb of its own: "attached to the ring"."""
    for relation, end in reader.phrase_at("behind", reader.skip(k)):
        behind = reader.skip(end)
        if relation == "between":
            yield from _between(reader, behind, depth)
            continue
        if relation in ("links", "beyond"):
            continue
        if relation == "contains":
            for given in indexed(reader, Meant((), Quantity.THE, behind)):
                yield _made_of(reader, given), given.end
        for other in lists(reader, behind, depth + 1):
            if other.chain is None:
                yield _holds(reader, relation, other), other.end


def _holds(reader: Reader, relation: str, other: Meant) -> Callable[[Place], bool]:
    return lambda place: relates(reader.molecule, relation, place, other)


def _made_of(reader: Reader, given: Meant) -> Callable[[Place], bool]:
    atoms = frozenset(a for place in given.places for a in place)
    return lambda place: covers(place, atoms, reader.molecule.mol)


def _between(reader: Reader, k: int, depth: int) -> Iterator[tuple[Callable[[Place], bool], int]]:
    """Read "between the oxygen and the ring", "flanked by two nitrogens"."""
    for ends in lists(reader, k, depth + 1):
        end = ends.end + (2 if reader.low(ends.end) == "on" and reader.low(ends.end + 1) == "either" else 0)
        end += reader.low(end) in ("side", "sides") and end > ends.end
        yield (lambda place, ends=ends: is_between(reader.molecule, place, ends)), end  # type: ignore[misc]


def is_between(molecule: Molecule, place: Place, ends: Meant) -> bool:
    """Whether a place is bonded to one of each of two things, or to two of a kind."""
    if ends.is_index or all(part.is_index for part in ends.parts):
        atoms = {a for part in ends.each() for p in part.places for a in p}
        if len(place) > 1 and len(atoms) == 2 and atoms <= set(place):
            return molecule.mol.GetBondBetweenAtoms(*atoms) is not None
    if len(ends.parts) == 2:
        one, other = ends.parts
        return any(joins(molecule, place, p, q) for p in one.places for q in other.places if p != q)
    said = ends.of or ends.number or (2 if ends.is_plural else 0)
    if ends.parts or said != 2:
        return False
    pairs = [(p, q) for i, p in enumerate(ends.places) for q in ends.places[i + 1 :]]
    return any(joins(molecule, place, p, q) for p, q in pairs)


def _kept(head: Meant, holds: Callable[[Place], bool], end: int) -> Meant:
    return replace(head, places=tuple(filter(holds, head.places)), end=end, modified=True, is_bare=False)


def _in_apposition(reader: Reader, head: Meant, depth: int) -> Iterator[Meant]:
    """Read "(atom 4)", ", C5,", ", the carbon bearing chlorine," behind a noun: it must be the same."""
    opened = reader.low(head.end) == "("
    k = head.end + 1
    k += reader.low(k) in ("the", "at") and reader.low(k + 1) in ("atom", "atoms")
    given = [*indexed(reader, Meant((), Quantity.THE, k))]
    if not given and reader.low(k).isdigit() and all(len(place) == 1 for place in head.places):
        atoms, last = indices_from([word.low for word in reader.words], k)
        if max(atoms) < reader.molecule.mol.GetNumAtoms() and len(set(atoms)) == len(atoms):
            given = [Meant(tuple((a,) for a in atoms), Quantity.ALL, last, is_index=True)]
    if not given and reader.low(k) in ("the", "a", "an") and depth < 2:
        given = [each for each in noun_phrases(reader, k, depth + 1) if each.places]
    for each in given:
        mark = reader.low(each.end)
        if mark == (")" if opened else ",") or (not opened and (each.end >= len(reader.words) or mark == ";")):
            told = _at_given(head, each, each.end + (mark in (")", ",")))
            if each.is_index and len(each.places) == 1 and any(map(reader.resolver.is_ring, head.places)):
                continue  # one atom is no ring
            if not each.is_index or len(each.places) == 1 or _are_told(reader, told.places, each):
                yield told


def _are_told(reader: Reader, places: Places, given: Meant) -> bool:
    """Whether several indices are all atoms of a group, or one of each of several; two of a ring may not be."""
    atoms = frozenset(a for place in given.places for a in place)
    return all(len(set(p) & atoms) == 1 or covers(p, atoms & set(p), reader.molecule.mol) for p in places)


def _at_given(head: Meant, given: Meant, end: int) -> Meant:
    """Select the places that are given by their atoms, or as another thing."""
    if given.is_index:
        atoms = frozenset(a for place in given.places for a in place)
        own = at_atoms(head.places, atoms)
        if head.quantity is Quantity.THE and not head.is_plural and len(atoms) > 1:
            own = tuple(p for p in own if atoms <= set(p))  # of one group they are all
        return replace(head, places=own, end=end, modified=True, is_bare=False)
    same = [p for p in head.places if any(set(p) == set(q) for q in given.places)]
    return replace(head, places=tuple(same), end=end, modified=True, is_bare=False)
