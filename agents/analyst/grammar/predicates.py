"""What is said of a part: verbs and places with the noun phrases behind them, adjectives, indices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, product

from rdkit import Chem

from molreflect.agents.analyst.grammar.lexis import (
    JOINS,
    LINKS,
    MAKES_UP,
    OF_THE_MOLECULE,
    OTHER,
    PLACES,
    PLAIN,
    RELATIONS,
    SHARES,
    SITS,
    TAKES_UP,
    TOGETHER,
    VERBS,
)
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place, Predicate, counts_right, joined
from molreflect.agents.analyst.grammar.noun_phrases import (
    Sentence,
    adjective,
    atoms_at,
    is_hydrogen,
    read_noun,
)
from molreflect.agents.analyst.grammar.relations import Relation, around, attached, links, next_to, same_bearer
from molreflect.agents.analyst.predications.places import ring_numbers
from molreflect.agents.analyst.predications.standing import stands
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.whole import is_so_of_all
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.parts import Places

Said = Iterator[tuple[Predicate, int]]
_MOST_ITEMS = 5


def read_nouns(s: Sentence, k: int, *, whole_list: bool = True) -> Iterator[tuple[list[Meaning], int]]:
    """Read a noun phrase or a list of them, joined by commas and "and"."""
    for meaning, end in read_noun(s, k, read_behind):
        if whole_list:
            for after in _joins(s, end):
                if s.step():
                    for more, last in read_nouns(s, after):
                        if len(more) < _MOST_ITEMS:
                            yield [meaning, *more], last
        yield [meaning], end


def _joins(s: Sentence, k: int) -> Iterator[int]:
    if s.starts(k, (",", "and")) or s.starts(k, ("as", "well")):
        yield k + (3 if s.low(k) == "as" else 2)
    elif s.low(k) in ("and", ",", "plus", "&"):
        yield k + 1


def related(relation: Relation, objects: Sequence[Meaning], s: Sentence, name: str) -> Predicate:
    """Say that something stands in a relation to as many places of each thing as is said."""
    mol = s.mol

    def of_each(place: Place) -> bool:
        return all(_of_one(place, each) for each in objects)

    def _of_one(place: Place, each: Meaning) -> bool:
        if each.is_molecule:
            return name in ("within", "attached")
        if is_hydrogen(each):
            return name in ("bears", "has", "attached") and _counted_hydrogens(place, each, s)
        pairs = list(zip(each.places, each.whole, strict=True)) or _ring_of_that_name(each)
        found = [p for p, w in pairs if relation(place, p, mol) or (w != p and relation(place, w, mol))]
        return counts_right(each, found)

    def _ring_of_that_name(each: Meaning) -> list[tuple[Place, Place]]:
        """A ring that is fused is not of the class that is named after it alone: "a pyrazole fused to a pyrimidine"."""
        named = s.nouns.places(f"{each.noun} ring") if name == "fused" and each.many is Many.SOME else None
        return [(p, p) for p in named or ()]

    def of_molecule() -> bool:
        if name not in ("bears", "has", "contains"):
            return False
        return all(not is_hydrogen(each) and counts_right(each, each.places) for each in objects)

    return Predicate(of_each, None, of_molecule, tuple(objects))


def _counted_hydrogens(place: Place, said: Meaning, s: Sentence) -> bool:
    number = sum(int(s.mol.GetAtomWithIdx(a).GetTotalNumHs(True)) for a in place)
    if said.many is Many.SOME and not said.is_plural:
        return number == 1
    return counts_right(said, ((0,),) * number)


def read_behind(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read what may follow a noun: indices, a place, what it bears, a relative clause; the longest reading first."""
    if not s.step():
        return
    for kept, end in _modified(s, meaning, k):
        if end > k:
            yield from read_behind(s, kept, end)
    yield meaning, k


def _modified(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    yield from _with_atoms(s, meaning, k)
    if s.low(k) == "(":
        yield from _in_brackets(s, meaning, k)
    for name, end in _of(s, k):
        for objects, last in read_nouns(s, end, whole_list=False):
            if objects[0].is_molecule:
                yield meaning, last
            elif (carbons := _carbons_of(meaning.noun, objects[0], s)) is not None:
                yield replace(meaning, places=carbons, whole=carbons), last
            elif name == "of":
                yield meaning.kept(_belonging(objects[0], s)), last
    for predicate, end in _participle(s, k):
        if predicate.of_each is not None:
            yield meaning.kept(predicate.of_each), end
        if predicate.of_all is not None and meaning.is_plural:
            yield meaning.kept_together(predicate.of_all), end
    if s.low(k) in ("that", "which") or s.starts(k, (",", "which")):
        begin = k + 1 + (s.low(k) == ",")
        for predicate, end in read_said(s, begin):
            if predicate.of_each is not None:
                yield meaning.kept(predicate.of_each), end
    if s.low(k) == "whose":
        yield from _whose(s, meaning, k + 1)
    if s.low(k) == ",":
        yield from _of_them(s, meaning, k + 1)
    if s.low(k) == "where" or s.starts(k, ("to", "which")) or s.starts(k, ("on", "which")):
        yield from _where(s, meaning, k + (1 if s.low(k) == "where" else 2))


def _with_atoms(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    opened = s.low(k) in ("(", ",")
    at = k + opened
    for words in _GIVEN_BY:
        if s.starts(at, words):
            at += len(words)
            break
    atoms, end = atoms_at(s, at) if at < len(s.tokens) else ((), k)
    if not atoms:
        return
    if opened:
        if s.low(end) in (")", ","):
            end += 1
        elif end < len(s.tokens):
            return
    yield meaning.kept(lambda place: _is_given(place, atoms, meaning)), end


_GIVEN_BY = (
    ("made", "up", "of"), ("made", "of"), ("formed", "by"), ("consisting", "of"), ("comprising",), ("spanning",), ("namely",),
    ("at",), ("occupying",), ("built", "from"),
)  # fmt: skip
"""Words between a noun and the atoms that are given for it."""


def _is_given(place: Place, atoms: Sequence[int], meaning: Meaning) -> bool:
    """Whether atoms may be given for a place: they are of it, or all of it when several are given."""
    if len(meaning.places) > 1 and len(atoms) > 1 and not set(atoms) <= set(place):
        return len(set(place) & set(atoms)) == 1 and all(
            any(a in p for p in (*meaning.places, *meaning.whole)) for a in atoms
        )
    return set(atoms) <= set(place)


def _in_brackets(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    closes = next((n for n in range(k + 1, min(k + 8, len(s.tokens))) if s.low(n) == ")"), None)
    if closes is None:
        return
    for other, end in read_noun(s, k + 1, read_behind):
        if end == closes and other.places:
            yield meaning.kept(lambda p: any(set(p) & set(q) for q in (*other.places, *other.whole))), closes + 1
    holds = adjective(" ".join(s.low(n) for n in range(k + 1, closes)), s)
    if holds is not None:
        yield meaning.kept(holds), closes + 1


def _of(s: Sentence, k: int) -> Iterator[tuple[str, int]]:
    if s.low(k) == "of":
        yield "of", k + 1
    elif s.low(k) in ("from",) and s.low(k - 1) in ("oxygen", "nitrogen", "carbon"):
        yield "of", k + 1


_GREEK_CARBON = re.compile(r"(?P<greek>alpha|beta|gamma|delta)[- ](?:carbon|position)(?: atom)?s?", re.IGNORECASE)


def _carbons_of(noun: str, owner: Meaning, s: Sentence) -> Places | None:
    """The "alpha carbon" of something; None for other nouns."""
    named = _GREEK_CARBON.fullmatch(noun)
    if named is None:
        return None
    relation = RELATIONS[named["greek"].lower()]
    carbons = ((a.GetIdx(),) for a in s.mol.GetAtoms() if a.GetAtomicNum() == 6)
    return tuple(c for c in carbons if any(relation(c, q, s.mol) for q in _drawn(owner)))


def _belonging(owner: Meaning, s: Sentence) -> Callable[[Place], bool]:
    """What "of" says: a part of it, or a group that hangs on it."""
    within = RELATIONS["within"]
    places = (*owner.places, *owner.whole)
    inside = any
    return lambda p: inside(within(p, q, s.mol) or attached(p, q, s.mol) for q in places)


def _where(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "the carbon where the phenyl ring joins the dihydropyridine", "to which the chlorine is attached"."""
    for subjects, end in read_nouns(s, k):
        one = joined(subjects)
        if s.low(end) in LINKS | {"meets", "meet"}:
            for objects, last in read_nouns(s, end + 1, whole_list=False):
                yield meaning.kept(_at_joint(one, objects[0], s)), last
        verb = end + (s.low(end) in ("is", "are"))
        if s.low(verb) in ("attached", "bonded", "bound", "connected", "sits", "hangs", "linked"):
            yield meaning.kept(lambda p: any(attached(q, p, s.mol) for q in one.places)), verb + 1


def _whose(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "a cyclohexanone whose alpha carbon bears a methylamino group"."""
    for subjects, end in read_nouns(s, k, whole_list=False):
        inner = subjects[0]
        carbons = _carbons_of(inner.noun, meaning, s)
        inner = inner if carbons is None else replace(inner, places=carbons, whole=carbons)
        for predicate, last in read_said(s, end):
            if (holds := predicate.of_each) is not None:
                own = [p for p in inner.places if holds(p)]
                yield meaning.kept(lambda q, own=own: any(_touch(p, q, s) for p in own)), last


def _touch(one: Place, other: Place, s: Sentence) -> bool:
    return bool(set(one) & set(other)) or attached(one, other, s.mol)


def _of_them(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read what is said of the things of a noun behind it: ", both ortho to the ether", ", two of which are primary"."""
    number: int | None = None
    if s.low(k) in ("both", "all", "each"):
        at = k + 1 + 2 * (s.low(k + 1) == "of" and s.low(k + 2) in ("them", "which"))
    elif (number := number_of(s.low(k))) and s.low(k + 1) == "of" and s.low(k + 2) in ("them", "which"):
        at = k + 3
    else:
        return
    for predicate, end in _loosely(s, at):
        holds = predicate.of_each
        if holds is None:
            continue
        yield replace(meaning, then=(*meaning.then, _of_so_many(holds, number))), end


def _of_so_many(holds: Callable[[Place], bool], number: int | None) -> Callable[[Sequence[Place]], bool]:
    """Say something of all places that are found, or of so many of them."""

    def right(places: Sequence[Place]) -> bool:
        true = sum(map(holds, places))
        return true == (len(places) if number is None else number)

    return right


def _loosely(s: Sentence, k: int) -> Said:
    """Read what is said with or without its verb."""
    yield from read_said(s, k)
    yield from _participle(s, k)
    yield from _is(s, k)


def _at_joint(one: Meaning, other: Meaning, s: Sentence) -> Callable[[Place], bool]:
    def holds(place: Place) -> bool:
        own = set(place)
        return any(
            (own <= set(p) and around(place, s.mol) & set(q)) or (own <= set(q) and around(place, s.mol) & set(p))
            for p in one.whole
            for q in other.whole
        )

    return holds


def _participle(s: Sentence, k: int) -> Said:
    """Read what a noun may be followed by without a verb: "attached to the ring", "bearing a chlorine", "with ..."."""
    low = s.low(k)
    if low.endswith("ing") or low in ("with", "having", "substituted", "decorated", "flanked", "shared"):
        yield from read_said(s, k)
    yield from _placed(s, k)


def _placed(s: Sentence, k: int) -> Said:
    """Read a place: "on the ring", "ortho to the hydroxyl", "between two carbonyls"."""
    k = s.past_fillers(k)
    if s.starts(k, ("bonded", "directly")):
        pass
    if s.low(k) == "between" or s.starts(k, ("flanked", "by")) or s.starts(k, ("sandwiched", "between")):
        yield from _between(s, k + 1 + (s.low(k) != "between"))
    yield from _same(s, k)
    for width in (6, 5, 4, 3, 2, 1):
        words = tuple(s.low(k + n) for n in range(width))
        name = PLACES.get(words)
        if (
            name is None
            and width > 1
            and words[0] in _FIRST
            and (words[0], words[-1]) in PLACES
            and words[1] == "directly"
        ):
            name = PLACES[words[0], words[-1]]
        if name is None:
            continue
        end = s.past_fillers(k + width)
        if any(s.starts(end, each) for each in OTHER):
            yield _mutual(RELATIONS[name], s), end + 2
            yield from _mutual_on(s, end + 2, _mutual(RELATIONS[name], s))
        if s.starts(end, ("the", "same")) and name in ("attached", "within"):
            for meaning, last in read_noun(s, end + 2, read_behind):
                yield _on_one(meaning, s), last
        for objects, last in read_nouns(s, end):
            yield related(RELATIONS[name], objects, s, name), last
    if s.low(k) in ("ortho", "meta", "para", "adjacent", "vicinal", "neighbouring", "neighboring"):
        name = s.low(k) if s.low(k) in RELATIONS else "next"
        yield _mutual(RELATIONS[name], s), k + 1
        yield from _mutual_on(s, k + 1, _mutual(RELATIONS[name], s))
    if s.low(k) in _FIRST and s.low(k + 1) in ("by", "via", "through"):
        yield from _linked_by(s, k + 2)
    at = k + (s.low(k) in _FIRST)
    yield from _at_number(s, at)
    yield from _at_an_end(s, k)


def _linked_by(s: Sentence, k: int) -> Said:
    """Read "linked by an NH group", "attached through a CH2 to the nitrogen"."""
    for objects, end in read_nouns(s, k, whole_list=False):
        (one,) = objects
        yield (
            Predicate(
                None, lambda places, one=one: len(places) == 2 and any(links(p, places, s.mol) for p in _drawn(one))
            ),
            end,
        )
        if s.low(end) in ("to", "with", "onto"):
            for others, last in read_nouns(s, end + 1, whole_list=False):
                far = _drawn(others[0])
                yield (
                    Predicate(
                        lambda place, one=one, far=far: any(
                            links(p, (place, q), s.mol) for p in _drawn(one) for q in far if q != place
                        )
                    ),
                    last,
                )


def _mutual_on(s: Sentence, k: int, mutual: Predicate) -> Said:
    """Read the ring behind "ortho to each other"."""
    if s.low(k) not in ("on", "of", "in"):
        return
    for objects, last in read_nouns(s, k + 1, whole_list=False):
        yield _both(mutual, related(RELATIONS["attached"], objects, s, "attached")), last


_NUMBERED = re.compile(r"(?:c-?)?(?P<number>[1-9])(?:-position)?")


def _at_number(s: Sentence, k: int) -> Said:
    """Read "at the 4-position of the pyridine", "at position 3 of the ring": counted from its one heteroatom."""
    if s.low(k) not in ("at", "in", "on"):
        return
    at = k + 1 + (s.low(k + 1) in ("the", "its", "position"))
    at += s.low(at) == "position"
    found = _NUMBERED.fullmatch(s.low(at))
    if found is None or s.low(at + 1) not in ("of", "on", "in"):
        return
    said = int(found["number"])
    for objects, end in read_nouns(s, at + 2, whole_list=False):
        numbers = [n for ring in objects[0].whole if (n := ring_numbers(ring, s.mol)) is not None]
        atoms = {a for n in numbers for a, all_ in n.items() if said in all_}
        yield Predicate(lambda p, atoms=atoms: bool(atoms & (around(p, s.mol) | set(p)))), end


def _at_an_end(s: Sentence, k: int) -> Said:
    """Read "at the end of the chain", "at one end"."""
    if s.low(k) != "at" or s.low(k + 1) not in ("the", "its", "one", "either", "each") or s.low(k + 2) not in _END:
        return
    end = k + 3
    terminal = adjective("terminal", s)
    assert terminal is not None
    yield Predicate(terminal), end
    if s.low(end) == "of":
        at = end + 1 + (s.low(end + 1) in ("the", "its", "a", "an"))
        for width in (0, 1, 2):
            if s.low(at + width) in ("chain", "molecule", "backbone", "arm"):
                yield Predicate(terminal), at + width + 1


_END = frozenset(["end", "ends", "terminus", "tip"])


_FIRST = frozenset(
    ["attached", "separated", "bridged", "tethered", "held", "bonded", "bound", "linked", "connected", "joined"]
)


def _both(one: Predicate, other: Predicate) -> Predicate:
    """What two predicates say together of several places."""

    def of_all(places: Sequence[Place]) -> bool:
        return (
            one.of_all is not None
            and other.of_each is not None
            and one.of_all(places)
            and all(map(other.of_each, places))
        )

    return Predicate(None, of_all)


def _mutual(relation: Relation, s: Sentence) -> Predicate:
    """Say that several places stand in a relation to each other, each to the next one at least."""

    def of_all(places: Sequence[Place]) -> bool:
        if len(places) == 2:
            return relation(places[0], places[1], s.mol)
        pairs = [(a, b) for a, b in combinations(places, 2) if relation(a, b, s.mol)]
        return relation is next_to and len(pairs) == len(places) - 1 and _is_connected(places, pairs)

    return Predicate(None, of_all)


def _is_connected(places: Sequence[Place], pairs: Sequence[tuple[Place, Place]]) -> bool:
    reached = {places[0]}
    for _ in places:
        reached |= {b for a, b in pairs if a in reached} | {a for a, b in pairs if b in reached}
    return len(reached) == len(set(places))


def _same(s: Sentence, k: int) -> Said:
    """Read "on the same carbon", "on adjacent ring carbons", "on neighbouring atoms", "on one ring"."""
    begin = k + (s.low(k) in ("on", "at", "in"))
    if begin == k and s.low(k - 1) not in ("occupy", "occupies", "share", "shares"):
        return
    article = begin + (s.low(begin) == "the")
    word = s.low(article)
    if word in ("same", "one") or (word == "a" and s.low(article + 1) == "single"):
        after = article + (2 if word == "a" else 1)
        for meaning, end in read_noun(s, after, read_behind):
            yield _on_one(meaning, s), end
    if word in TOGETHER:
        end = article + 1
        end += s.low(end) == "ring"
        if s.low(end) in ("carbons", "atoms", "positions", "carbon") or s.starts(end, ("carbon", "atoms")):
            end += 1 + (s.low(end) == "carbon")
            predicate = _mutual(next_to, s)
            yield predicate, end
            if s.low(end) in ("of", "on", "in"):
                for objects, last in read_nouns(s, end + 1, whole_list=False):
                    yield _both(predicate, related(RELATIONS["attached"], objects, s, "attached")), last


def _on_one(bearer: Meaning, s: Sentence) -> Predicate:
    def of_all(places: Sequence[Place]) -> bool:
        single = frozenset(a for p in bearer.places if len(p) == 1 for a in p)
        if single and same_bearer(places, s.mol, lambda a: a in single):
            return True
        rings = [p for p in bearer.places if len(p) > 1]
        return any(all(attached(p, ring, s.mol) or set(p) < set(ring) for p in places) for ring in rings)

    return Predicate(None, of_all)


def _between(s: Sentence, k: int) -> Said:
    """Read what stands on both sides of a part."""
    for objects, end in read_nouns(s, k):
        yield _linking(objects, s), end


def _linking(objects: Sequence[Meaning], s: Sentence) -> Predicate:
    def of_each(place: Place) -> bool:
        if len(objects) == 1:
            (one,) = objects
            if one.given:
                return _is_bond_of(place, one.given, s)
            if one.number not in (1, 2) and one.many is Many.EXACTLY:
                return False
            many = one.many is Many.EXACTLY and one.number == 2 or one.of == 2 or one.is_plural
            return many and any(links(place, pair, s.mol) for pair in combinations(one.whole, 2))
        if len(objects) != 2:
            return False
        pairs = ((p, q) for p in _drawn(objects[0]) for q in _drawn(objects[1]) if p != q)
        return any(links(place, pair, s.mol) for pair in pairs)

    return Predicate(of_each)


def _is_bond_of(place: Place, atoms: frozenset[int], s: Sentence) -> bool:
    """Whether two atoms are those that a bond of a group joins; the rest of it are carbons."""
    if len(atoms) != 2 or not atoms <= set(place) or s.mol.GetBondBetweenAtoms(*sorted(atoms)) is None:
        return False
    return all(s.mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in set(place) - atoms)


def _drawn(meaning: Meaning) -> list[Place]:
    return list(dict.fromkeys((*meaning.places, *meaning.whole)))


def read_said(s: Sentence, k: int) -> Said:
    """Read a verb and what it says."""
    if not s.step():
        return
    k = s.past_fillers(k)
    yield from _atoms_said(s, k)
    yield from _from_to(s, k)
    yield from _denied(s, k)
    for width in (3, 2, 1):
        name = VERBS.get(tuple(s.low(k + n) for n in range(width)))
        if name is not None:
            for objects, end in read_nouns(s, s.past_fillers(k + width)):
                said = related(RELATIONS[name], objects, s, name)
                yield said, end
                for together, last in _same(s, end):
                    yield Predicate(None, None, _all_there(objects, together), tuple(objects)), last
    passive = k + 1 if s.low(k) in ("is", "are") else k
    for width in (2,):
        name = VERBS.get(tuple(s.low(passive + n) for n in range(width))) if passive > k else None
        if name is not None:
            for objects, end in read_nouns(s, passive + width):
                yield related(RELATIONS[name], objects, s, name), end
    for width in (3, 2, 1):
        if tuple(s.low(k + n) for n in range(width)) in MAKES_UP:
            for objects, end in read_nouns(s, k + width, whole_list=False):
                yield _making_up(objects[0]), end
    yield from _of_the_molecule(s, k)
    if s.low(k) in LINKS:
        begin = k + 1 + (s.low(k + 1) == "together")
        yield from _linked(s, begin)
    if s.low(k) in SHARES or s.low(k) in ("occupy", "occupies"):
        yield from _same(s, k + 1)
        for objects, end in read_nouns(s, k + 1, whole_list=False):
            if s.low(k) in SHARES:
                yield _on_one(objects[0], s), end
    if s.low(k) in SITS:
        after = k + 1
        while s.low(after) in SITS or s.low(after) in ("both", "all", "each"):
            after += 1
        yield from _placed(s, after)
        if s.low(k) in ("is", "are"):
            yield from _is(s, after)
    elif s.low(k) in ("has", "have"):
        yield from _configuration(s, k + 1)


def _making_up(what: Meaning) -> Predicate:
    """Say of several atoms that they are those of a part."""

    def of_all(places: Sequence[Place]) -> bool:
        together = {a for place in places for a in place}
        return any(together == set(p) for p in (*what.places, *what.whole))

    return Predicate(None, of_all)


def _of_the_molecule(s: Sentence, k: int) -> Said:
    """Read what the molecule is said to be made of, and what it joins or fuses."""
    for width in (4, 3, 2, 1):
        if tuple(s.low(k + n) for n in range(width)) not in OF_THE_MOLECULE:
            continue
        for objects, end in read_nouns(s, k + width + (s.low(k + width) == "both")):
            yield Predicate(None, None, related(RELATIONS["has"], objects, s, "has").of_molecule), end
            if len(objects) == 1 and s.low(end) == "with":
                for others, last in read_nouns(s, end + 1):
                    said = related(RELATIONS["has"], [*objects, *others], s, "has")
                    yield Predicate(None, None, said.of_molecule), last
    if s.low(k) in JOINS:
        relation = RELATIONS["fused" if s.low(k) == "fuses" else "attached"]
        for objects, end in read_nouns(s, k + 1, whole_list=False):
            if s.low(end) in ("to", "with", "and", "onto"):
                for others, last in read_nouns(s, end + 1, whole_list=False):
                    yield _joining(relation, objects[0], others[0], s), last


def _joining(relation: Relation, one: Meaning, other: Meaning, s: Sentence) -> Predicate:
    def of_molecule() -> bool:
        first, second = (_drawn(each) or list(s.nouns.places(f"{each.noun} ring") or ()) for each in (one, other))
        return any(relation(p, q, s.mol) for p in first for q in second if p != q)

    return Predicate(None, None, of_molecule)


def _all_there(objects: Sequence[Meaning], together: Predicate) -> Callable[[], bool]:
    """Whether there is one place of each thing of which something holds together."""

    def holds() -> bool:
        if together.of_all is None or len(objects) < 2:
            return False
        return any(together.of_all(some) for some in product(*(each.places for each in objects)))

    return holds


def _denied(s: Sentence, k: int) -> Said:
    """Read "does not contain any ring", "lacks a hydroxyl group", "has no ring"."""
    at = k
    if s.low(k) in ("doesn't", "don't"):
        at = k + 1
    elif s.low(k) in ("does", "do") and s.low(k + 1) == "not":
        at = k + 2
    name = VERBS.get((s.low(at),)) if at > k else "has" if s.low(k) in ("lacks", "lack", "lacking", "without") else None
    if at > k and s.low(at) in ("contain", "have", "bear", "carry", "possess", "include", "feature", "hold"):
        name = "bears" if s.low(at) in ("bear", "carry", "hold") else "has"
    if name is None:
        return
    for objects, end in read_nouns(s, at + 1, whole_list=False):
        (one,) = objects
        if one.many is not Many.SOME or one.is_molecule or one.given:
            continue
        none = related(RELATIONS[name], [replace(one, many=Many.NONE)], s, name)
        yield none, end


def _linked(s: Sentence, k: int) -> Said:
    for objects, end in read_nouns(s, k):
        yield _linking(objects, s), end
        if len(objects) == 1 and s.low(end) in ("to", "with", "and", "from"):
            for others, last in read_nouns(s, end + 1, whole_list=False):
                yield _linking([*objects, *others], s), last


def _configuration(s: Sentence, k: int) -> Said:
    """Read "the S configuration", "E geometry"."""
    at = k + (s.low(k) in ("the", "an", "a"))
    if s.low(at + 1) in ("configuration", "geometry", "stereochemistry", "configured"):
        holds = adjective(s.low(at), s)
        if holds is not None:
            yield Predicate(holds), at + 2
    elif s.low(at).endswith("-configuration"):
        holds = adjective(s.low(at).removesuffix("-configuration"), s)
        if holds is not None:
            yield Predicate(holds), at + 1


def _is(s: Sentence, k: int) -> Said:
    """Read what stands behind "is": adjectives, a noun that the part is, a configuration."""
    yield from _configuration(s, k + (s.low(k) in ("of", "in", "with")))
    for width in (2, 1):
        words = " ".join(s.low(k + n) for n in range(width) if s.low(k + n))
        holds = adjective(words, s) if k + width <= len(s.tokens) else None
        if holds is None:
            continue
        yield Predicate(holds), k + width
        if s.low(k + width) in ("and", ",", "but"):
            for more, end in _is(s, k + width + 1):
                if more.of_each is not None:
                    yield Predicate(_all_of(holds, more.of_each)), end
        if s.low(k + width) == "(" and s.low(k + width + 2) == ")":
            other = adjective(s.low(k + width + 1), s)
            if other is not None:
                yield Predicate(_all_of(holds, other)), k + width + 3
    if s.low(k) in ("a", "an", "the") and (holds := adjective(s.low(k + 1), s)) is not None and s.low(k + 2) == "one":
        yield Predicate(holds), k + 3
    yield from _kind_of_molecule(s, k)
    if s.low(k) == "present" and s.low(k + 1) == "as":
        k += 2
    elif s.low(k) == "part" and s.low(k + 1) == "of":
        return
    for objects, end in read_nouns(s, k, whole_list=False):
        (one,) = objects
        if one.is_molecule or not one.places or one.many in (Many.EXACTLY, Many.NONE):
            continue
        yield Predicate(_being(one)), end


_LONGEST_CLASS = 5


def _kind_of_molecule(s: Sentence, k: int) -> Said:
    """Read the class that the molecule is said to be one of, and what it is said to have beside."""
    first = k + (s.low(k) in ("a", "an"))
    last = first
    while last < len(s.tokens) and last - first < _LONGEST_CLASS and s.low(last) not in _NO_CLASS:
        last += 1
    for end in range(last, first, -1):
        words = " ".join(t.text for t in s.tokens[first:end])
        if s.low(end) == "of":
            continue
        holds = _is_kind(words, s)
        if holds is None:
            continue
        kind = Predicate(None, None, lambda holds=holds: holds)
        yield kind, end
        if s.low(end) in ("with", "bearing", "carrying", "containing", "having", "featuring"):
            for predicate, behind in read_said(s, end):
                if predicate.of_molecule is not None:
                    yield Predicate(None, None, _of_both(kind, predicate)), behind


def _is_kind(words: str, s: Sentence) -> bool | None:
    """Whether the molecule is of a class; adjectives before one that is known with them not are asked one by one."""
    holds = is_a(words, s.nouns.molecule, s.nouns.resources).holds
    first, _, rest = words.partition(" ")
    if holds is not None or not rest:
        return holds
    of_adjective = is_so_of_all(first.lower(), s.nouns.molecule) if first.lower() not in PLAIN else True
    of_rest = _is_kind(rest, s)
    if of_adjective is None or of_rest is None:
        return None
    return of_adjective and of_rest


_NO_CLASS = frozenset([",", ";", ":", "(", ")", "and", "or", "with", "bearing", "carrying", "containing", "of", "that", "which",
                       "in", "on", "at", "to", "from", "having", "featuring", "is", "are", "has", "whose", "where", "by"])  # fmt: skip


def _of_both(one: Predicate, other: Predicate) -> Callable[[], bool]:
    return lambda: all(each.of_molecule is not None and each.of_molecule() for each in (one, other))


def _being(what: Meaning) -> Callable[[Place], bool]:
    """Whether a part is one: its atoms are of one place, or hold it."""

    def holds(place: Place) -> bool:
        own = set(place)
        return any(own <= set(q) or set(q) <= own for q in (*what.places, *what.whole))

    return holds


def _all_of(one: Callable[[Place], bool], other: Callable[[Place], bool]) -> Callable[[Place], bool]:
    return lambda place: one(place) and other(place)


def _atoms_said(s: Sentence, k: int) -> Said:
    """Read the atoms of a part: "spans atoms 2, 3 and 4", "is atom 5", "are atoms 0 and 14"."""
    for width in (5, 4, 3, 2, 1):
        if tuple(s.low(k + n) for n in range(width)) not in TAKES_UP:
            continue
        begin = k + width
        if s.low(begin).isdigit() and s.low(begin - 1) in ("index", "indices", "numbered", "labelled"):
            atoms, end = (int(s.low(begin)),), begin + 1
        else:
            atoms, end = atoms_at(s, begin) if begin < len(s.tokens) else ((), begin)
        if atoms and max(atoms) < s.mol.GetNumAtoms():
            yield _at_atoms(atoms, s), end


def _from_to(s: Sentence, k: int) -> Said:
    """Read "runs from atom 3 to atom 6": the ends of a part."""
    if s.low(k) not in ("runs", "extends", "stretches", "run", "goes", "spans") or s.low(k + 1) != "from":
        return
    first, end = atoms_at(s, k + 2)
    second, last = atoms_at(s, end + 1) if s.low(end) == "to" and end + 1 < len(s.tokens) else ((), end)
    ends = {*first, *second}
    if len(first) == 2 and not second:
        ends, last = set(first), end
    if len(ends) == 2 or (len(first) > 2 and not second):
        ends = ends if len(ends) == 2 else {first[0], first[-1]}
        last = last if second else end
        far = Chem.GetDistanceMatrix(s.mol)
        a, b = sorted(ends)
        if b < s.mol.GetNumAtoms():
            yield Predicate(lambda p: ends <= set(p) and far[a][b] == max(far[x][y] for x in p for y in p)), last


def _at_atoms(atoms: Sequence[int], s: Sentence) -> Predicate:
    said = set(atoms)

    def of_each(place: Place) -> bool:
        own = set(place)
        if own == said or (len(said) == 1 and said <= own):
            return True
        beside = said - own
        if own < said:
            return len(beside) == 1 and beside <= around(place, s.mol)
        rest = own - said
        return said < own and all(s.mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in rest) and len(said) > len(rest)

    def of_all(places: Sequence[Place]) -> bool:
        together = {a for place in places for a in place}
        return said <= together and all(len(set(place) & said) == 1 or set(place) <= said for place in places)

    return Predicate(of_each, of_all)


placed_words = _placed


def standing(s: Sentence, words: str) -> Predicate:
    """Say what the fixed forms of places know of several groups together."""

    def of_all(places: Sequence[Place]) -> bool:
        return stands(words, [tuple((p,)) for p in places], s.nouns) is True

    return Predicate(None, of_all)
