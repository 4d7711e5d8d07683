"""What follows a noun and tells which of its places are meant: indices, places, what they bear."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

from rdkit import Chem

from molreflect.agents.analyst.grammar.adjectives import adjective
from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place, joined, so_many
from molreflect.agents.analyst.grammar.noun_phrases import read_noun, read_nouns
from molreflect.agents.analyst.grammar.placing import Said, read_place
from molreflect.agents.analyst.grammar.relations import Relation, around, attached, links, within
from molreflect.agents.analyst.grammar.saying import drawn, each_one, joins, related
from molreflect.agents.analyst.grammar.tokens import Sentence, atoms_at
from molreflect.agents.analyst.grammar.verbs import read_being, read_said
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.sentence import reads_as_name
from molreflect.tools.facts.parts import Places, part_named


def read_behind(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read what may follow a noun: indices, a place, what it bears, a relative clause; the longest reading first."""
    yield from _read_behind(s, meaning, k, beside=True)


def _read_behind(s: Sentence, meaning: Meaning, k: int, *, beside: bool) -> Iterator[tuple[Meaning, int]]:
    if not s.step():
        return
    for kept, end in _modified(s, meaning, k):
        if end > k and (beside or s.low(k) != "of"):  # "of" is said of the noun that it stands beside
            yield from _read_behind(s, kept, end, beside=False)
    yield meaning, k


def _modified(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    yield from _with_atoms(s, meaning, k)
    if s.low(k) == "(":
        yield from _in_brackets(s, meaning, k)
    for end in _of(s, k):
        for objects, last in read_nouns(s, end, whole_list=False):
            if objects[0].is_molecule:
                yield meaning, last
            elif (carbons := _carbons_of(meaning.noun, objects[0], s)) is not None:
                yield replace(meaning, places=carbons, whole=carbons), last
            else:
                inside = meaning.kept(_inside(objects[0], s), by_whole=True)
                yield (inside if inside.places else meaning.kept(_on(objects[0], s), by_whole=True)), last
    if s.low(k) == "to" and meaning.noun.lower().endswith(_LINKERS):
        for objects, last in read_nouns(s, k + 1, whole_list=False):
            yield meaning.kept(_on(objects[0], s), by_whole=True), last
    if s.low(k) in ("in", "of") and _is_unknown_name(s, k + 1):
        yield meaning, k + 2
    if s.low(k) in ("on", "in") and s.low(k + 1) == "each":
        yield from _on_each(s, meaning, k)
    if s.low(k) == "between" and meaning.noun.lower().endswith(("bond", "bonds")):
        pairs = [(objects, end) for objects, end in read_nouns(s, k + 1) if len(objects) == 2]
        if pairs and not any(each.given for objects, _ in pairs for each in objects):
            for (one, other), end in pairs:
                yield meaning.kept(partial(_is_bond_between, drawn(one), drawn(other))), end
            return
    for predicate, end in read_participle(s, k):
        if predicate.of_each is not None:
            kept = meaning.kept(predicate.of_each, by_whole=predicate.by_whole)
            yield replace(kept, mentions=(*kept.mentions, *predicate.objects)), end
        if predicate.of_all is not None and meaning.is_plural:
            yield meaning.kept_together(predicate.of_all), end
    yield from _one_and_another(s, meaning, k)
    yield from _at_each_end(s, meaning, k)
    if s.low(k) in ("that", "which") or s.starts(k, (",", "which")):
        begin = k + 1 + (s.low(k) == ",")
        for predicate, end in read_said(s, begin):
            if predicate.of_each is not None:
                yield meaning.kept(predicate.of_each, by_whole=predicate.by_whole), end
            if predicate.of_all is not None and meaning.is_plural:
                yield meaning.kept_together(predicate.of_all), end
    if s.low(k) == "whose" or s.starts(k, (",", "whose")):
        yield from _whose(s, meaning, k + 1 + (s.low(k) == ","))
    if s.low(k) == ",":
        yield from _of_them(s, meaning, k + 1)
        yield from _in_apposition(s, meaning, k + 1)
    if s.low(k) == "where" or s.starts(k, ("to", "which")) or s.starts(k, ("on", "which")):
        yield from _where(s, meaning, k + (1 if s.low(k) == "where" else 2))


def _is_bond_between(one: Sequence[Place], other: Sequence[Place], place: Place) -> bool:
    """Whether a bond has one end in a part and the other in another one."""
    return any(joins(place, (p, q)) for p in one for q in other if p != q)


def _one_and_another(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "one chlorine ortho and another para to the ether oxygen", "one on the ring and one on the chain"."""
    if meaning.many not in (Many.SOME, Many.EXACTLY) or meaning.is_plural or meaning.number != 1:
        return
    bare = s.low(k) in RELATIONS and s.low(k + 1) in ("and", "to")
    firsts = [(None, k + 1)] if bare else [(p.of_each, end) for p, end in read_participle(s, k) if p.of_each]
    for first, end in firsts:
        at = end + (s.low(end) == ",")
        if s.low(at) != "and":
            continue
        at += 1
        if s.low(at) in ("another", "one"):
            at += 1
        elif s.starts(at, ("the", "other")) or s.starts(at, ("a", "second")):
            at += 2
        else:
            continue
        for second, last in read_participle(s, at):
            one = related(RELATIONS[s.low(k)], second.objects, s, "ortho").of_each if first is None else first
            if one is not None and second.of_each is not None and (first is not None or second.objects):
                told = each_one([one, second.of_each]).of_all
                yield replace(meaning, many=Many.LEAST, number=2, then=(*meaning.then, partial(_some_pair, told))), last


def _some_pair(told: Callable[[Sequence[Place]], bool] | None, places: Sequence[Place]) -> bool:
    return told is not None and any(told(pair) for pair in combinations(places, 2))


def _at_each_end(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "a nitrile at each end of a four-carbon chain", "a phenyl ring at either end"."""
    if s.low(k) != "at" or (s.low(k + 1) not in ("each", "both", "either") and not s.starts(k + 1, ("the", "two"))):
        return
    at = k + 2 + (s.low(k + 1) == "the")
    if s.low(at).removesuffix("s") != "end":
        return
    ends = replace(meaning, many=Many.LEAST, number=2)
    far = Chem.GetDistanceMatrix(s.mol)

    def at_ends(places: Sequence[Place]) -> bool:
        pairs = combinations(places, 2)
        return any(max(far[a][b] for a in p for b in q) == far.max() for p, q in pairs)

    yield replace(ends, then=(*meaning.then, at_ends)), at + 1
    if s.low(at + 1) == "of":
        for objects, last in read_nouns(s, at + 2, whole_list=False):
            chain = objects[0]

            def at_its_ends(places: Sequence[Place], chain: Meaning = chain) -> bool:
                return any(links(c, pair, s.mol) for c in drawn(chain) for pair in combinations(places, 2))

            yield replace(ends, then=(*meaning.then, at_ends if chain.is_molecule else at_its_ends)), last


def _in_apposition(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "atom 5, the carbon bearing chlorine, ...": the places that are both."""
    if s.low(k) in ("and", "which", "that", "both", "each") or _is_only(s, meaning, k):
        return
    for other, end in read_noun(s, k):
        if s.low(end) == "," and other.places and not other.is_molecule and not other.then:
            yield meaning.kept(partial(_shares_an_atom, drawn(other)), by_whole=True), end + 1


def _with_atoms(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    opened = s.low(k) in ("(", ",")
    at = k + opened
    for words in s.words.given_by:
        if s.starts(at, words):
            at += len(words)
            break
    at += s.low(at) in ("nitrogen", "oxygen", "carbon", "sulfur") and s.low(at + 1) == "atom"
    atoms, end = atoms_at(s, at, lone=opened) if at < len(s.tokens) else ((), k)
    if not atoms:
        return
    locant = opened and len(atoms) == 1 and s.low(at)[:1] == "c"
    if locant and atoms not in meaning.places:
        return  # "C3" may be a position of its name
    if opened:
        if s.low(end) in (")", ","):
            end += 1
        elif end < len(s.tokens):
            return
    if opened and _is_only(s, meaning, k):
        yield replace(meaning, places=(), whole=()), end
        return
    yield meaning.kept(lambda place: _is_given(place, atoms, meaning), by_whole=True), end
    if "branch" in meaning.noun and s.low(k) in ("at", "on"):
        yield meaning.kept(lambda place: bool(set(atoms) & around(place, s.mol))), end


def _is_only(s: Sentence, meaning: Meaning, k: int) -> bool:
    """Whether there are more than are spoken of: of "only one hydroxyl, atom 22" the atom does not say that it is."""
    if meaning.many is not Many.EXACTLY or len(meaning.places) == meaning.number:
        return False
    return any(s.low(n) in s.words.before_numbers for n in range(max(k - _MOST_BEFORE, 0), k))


def _is_given(place: Place, atoms: Sequence[int], meaning: Meaning) -> bool:
    """Whether atoms may be given for a place: they are of it, or all of it when several are given."""
    every = meaning.whole if len(meaning.places) > 1 else ()
    if set(place) <= set(atoms) and {a for p in every if set(p) <= set(atoms) for a in p} == set(atoms):
        return True  # "two rings (atoms 2-7 and 8-13)"
    if len(meaning.places) > 1 and len(atoms) > 1 and not set(atoms) <= set(place):
        return len(set(place) & set(atoms)) == 1 and all(
            any(a in p for p in (*meaning.places, *meaning.whole)) for a in atoms
        )
    return set(atoms) <= set(place)


def _in_brackets(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    closes = next((n for n in range(k + 1, min(k + 8, len(s.tokens))) if s.low(n) == ")"), None)
    if closes is None:
        return
    for other, end in read_noun(s, k + 1):
        if end == closes and other.places and not other.given:
            yield meaning.kept(partial(_shares_an_atom, drawn(other)), by_whole=True), closes + 1
    holds = adjective(" ".join(s.low(n) for n in range(k + 1, closes)), s)
    if holds is not None:
        yield meaning.kept(holds), closes + 1


def _of(s: Sentence, k: int) -> Iterator[int]:
    """The index behind "of", or behind "from" of an atom: "the oxygen from the ester"."""
    if s.low(k) == "of" or (s.low(k) == "from" and s.low(k - 1) in ("oxygen", "nitrogen", "carbon")):
        yield k + 1


def _is_unknown_name(s: Sentence, k: int) -> bool:
    """Whether one word may be what the molecule is called, which nobody here knows: "the azo linkage in indigo"."""
    word = s.tokens[k].text if k < len(s.tokens) else ""
    known = not word.isalpha() or len(word) < _SHORTEST_NAME or s.low(k) in s.words.stop
    return not known and reads_as_name(word) and s.nouns.places(word) is None and part_named(s.low(k)) is None


_SHORTEST_NAME = 3
_MOST_BEFORE = 6
_LINKERS = ("chain", "linker", "spacer", "tether", "bridge", "bond", "linkage", "arm")
"""Nouns that have two ends, of which one is given behind "to"."""
_GREEK_CARBON = re.compile(r"(?P<greek>alpha|beta|gamma|delta)[- ](?:carbon|position)(?: atom)?s?", re.IGNORECASE)


def _carbons_of(noun: str, owner: Meaning, s: Sentence) -> Places | None:
    """The "alpha carbon" of something; None for other nouns."""
    named = _GREEK_CARBON.fullmatch(noun)
    if named is None:
        return None
    relation = RELATIONS[named["greek"].lower()]
    carbons = ((a.GetIdx(),) for a in s.mol.GetAtoms() if a.GetAtomicNum() == 6)
    return tuple(c for c in carbons if any(relation(c, q, s.mol) for q in drawn(owner)))


def _inside(owner: Meaning, s: Sentence) -> Callable[[Place], bool]:
    return lambda place: any(within(place, q, s.mol) for q in drawn(owner))


def _on(owner: Meaning, s: Sentence) -> Callable[[Place], bool]:
    return lambda place: any(attached(place, q, s.mol) for q in drawn(owner))


def _where(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "the carbon where the phenyl ring joins the dihydropyridine", "to which the chlorine is attached"."""
    for subjects, end in read_nouns(s, k):
        one = joined(subjects)
        if s.low(end) in s.words.links | {"meets", "meet"}:
            for objects, last in read_nouns(s, end + 1, whole_list=False):
                yield meaning.kept(_at_joint(one, objects[0], s)), last
        verb = end + (s.low(end) in ("is", "are"))
        if s.low(verb) in ("attached", "bonded", "bound", "connected", "sits", "hangs", "linked"):
            yield meaning.kept(partial(_holds_one, one.places, s)), verb + 1


def _whose(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "a cyclohexanone whose alpha carbon bears a methylamino group"."""
    for subjects, end in read_nouns(s, k, whole_list=False):
        inner = subjects[0]
        carbons = _carbons_of(inner.noun, meaning, s)
        inner = inner if carbons is None else replace(inner, places=carbons, whole=carbons)
        for predicate, last in read_said(s, end):
            if (holds := predicate.of_each) is not None:
                own = [p for p in inner.places if holds(p)]
                yield meaning.kept(partial(_touches_one, own, s)), last


def _shares_an_atom(others: Sequence[Place], place: Place) -> bool:
    return any(set(place) & set(other) for other in others)


def _holds_one(others: Sequence[Place], s: Sentence, place: Place) -> bool:
    return any(attached(other, place, s.mol) for other in others)


def _touches_one(others: Sequence[Place], s: Sentence, place: Place) -> bool:
    return _shares_an_atom(others, place) or _holds_one(others, s, place)


def _of_them(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read what is said of the things of a noun behind it: ", both ortho to the ether", ", two of which are so"."""
    number: int | None = None
    if s.low(k) in ("both", "all", "each"):
        at = k + 1 + 2 * (s.low(k + 1) == "of" and s.low(k + 2) in ("them", "which"))
    elif (number := number_of(s.low(k))) and s.low(k + 1) == "of" and s.low(k + 2) in ("them", "which"):
        at = k + 3
    else:
        return
    for predicate, end in read_loosely(s, at):
        if (holds := predicate.of_each) is not None:
            yield replace(meaning, then=(*meaning.then, _of_so_many(holds, number))), end
        if (together := predicate.of_all) is not None:
            yield replace(meaning, then=(*meaning.then, _of_some_together(together, number))), end


def _of_some_together(
    holds: Callable[[Sequence[Place]], bool], number: int | None
) -> Callable[[Sequence[Place]], bool]:
    """Say something of all places that are found together, or of so many of them."""

    def right(places: Sequence[Place]) -> bool:
        if number is None or number >= len(places):
            return number in (None, len(places)) and holds(places)
        return bool(so_many(tuple(places), number, holds))

    return right


def _on_each(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "two bromine atoms on each ring": so many on every one of them."""
    for objects, end in read_nouns(s, k + 1, whole_list=False):
        bearers, many = objects[0].places, meaning.number if meaning.many is Many.EXACTLY else 1
        relation = RELATIONS["attached" if s.low(k) == "on" else "within"]

        def each_has(
            places: Sequence[Place], bearers: Places = bearers, many: int = many, relation: Relation = relation
        ) -> bool:
            counts = [sum(relation(place, bearer, s.mol) for place in places) for bearer in bearers]
            return bool(counts) and all(count == many for count in counts)

        yield replace(meaning, many=Many.SOME, then=(*meaning.then, each_has)), end


def _of_so_many(holds: Callable[[Place], bool], number: int | None) -> Callable[[Sequence[Place]], bool]:
    """Say something of all places that are found, or of so many of them."""

    def right(places: Sequence[Place]) -> bool:
        true = sum(map(holds, places))
        return true == (len(places) if number is None else number)

    return right


def read_loosely(s: Sentence, k: int) -> Said:
    """Read what is said with or without its verb."""
    yield from read_said(s, k)
    yield from read_participle(s, k)
    yield from read_being(s, k)


def _at_joint(one: Meaning, other: Meaning, s: Sentence) -> Callable[[Place], bool]:
    def holds(place: Place) -> bool:
        own = set(place)
        return any(
            (own <= set(p) and around(place, s.mol) & set(q)) or (own <= set(q) and around(place, s.mol) & set(p))
            for p in one.whole
            for q in other.whole
        )

    return holds


_PARTICIPLES = frozenset(["without", "with", "substituted", "decorated", "flanked", "shared"])


def read_participle(s: Sentence, k: int) -> Said:
    """Read what a noun may be followed by without a verb: "attached to the ring", "bearing a chlorine", "with ..."."""
    low = s.low(k)
    if low in ("placed", "located", "positioned", "situated", "found", "sitting", "lying") or low in s.words.joined:
        yield from read_place(s, k + 1)
    if low.endswith("ing") or low in (
        "without",
        "lacking",
        "with",
        "having",
        "substituted",
        "decorated",
        "flanked",
        "shared",
    ):
        yield from read_said(s, k)
    yield from read_place(s, k)
