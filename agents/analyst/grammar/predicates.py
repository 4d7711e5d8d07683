"""What is said of a part: verbs and places with the noun phrases behind them, adjectives, indices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from molreflect.agents.analyst.grammar.lexis import LINKS, OTHER, PLACES, RELATIONS, SHARES, SITS, TAKES_UP, TOGETHER, VERBS
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place, Predicate, counts_right, joined
from molreflect.agents.analyst.grammar.noun_phrases import (
    Sentence,
    adjective,
    atoms_at,
    is_hydrogen,
    read_noun,
)
from molreflect.agents.analyst.grammar.relations import Relation, around, attached, links, next_to, same_bearer
from molreflect.agents.analyst.predications.standing import stands

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
            return name == "within"
        if is_hydrogen(each):
            return name in ("bears", "has", "attached") and _counted_hydrogens(place, each, s)
        found = sum(
            relation(place, p, mol) or (w != p and relation(place, w, mol))
            for p, w in zip(each.places, each.whole, strict=True)
        )
        if each.given and each.many is Many.ALL:
            return found == len(each.places)
        if each.many is Many.THE or (each.many is Many.ALL and each.of is None and len(each.places) > 1 and not each.given):
            return found > 0 if each.many is Many.THE else found == len(each.places)
        return counts_right(each, found)

    def of_molecule() -> bool:
        if name not in ("bears", "has", "contains"):
            return False
        return all(not is_hydrogen(each) and counts_right(each, len(each.places)) for each in objects)

    return Predicate(of_each, None, of_molecule)


def _counted_hydrogens(place: Place, said: Meaning, s: Sentence) -> bool:
    number = sum(int(s.mol.GetAtomWithIdx(a).GetTotalNumHs(True)) for a in place)
    if said.many is Many.SOME and not said.is_plural:
        return number == 1
    return counts_right(said, number)


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
            elif name == "of":
                yield meaning.kept(_belonging(objects[0], s)), last
    for predicate, end in _participle(s, k):
        if predicate.of_each is not None:
            yield meaning.kept(predicate.of_each), end
    if s.low(k) in ("that", "which") or s.starts(k, (",", "which")):
        begin = k + 1 + (s.low(k) == ",")
        for predicate, end in read_said(s, begin):
            if predicate.of_each is not None:
                yield meaning.kept(predicate.of_each), end
    if s.low(k) == "where" or s.starts(k, ("to", "which")) or s.starts(k, ("on", "which")):
        yield from _where(s, meaning, k + (1 if s.low(k) == "where" else 2))


def _with_atoms(s: Sentence, meaning: Meaning, k: int) -> Iterator[tuple[Meaning, int]]:
    opened = s.low(k) in ("(", ",")
    at = k + opened + (s.low(k) in ("at", "formed"))
    at += s.low(at) == "namely"
    atoms, end = atoms_at(s, at) if at < len(s.tokens) else ((), k)
    if not atoms:
        return
    if opened:
        if s.low(end) in (")", ","):
            end += 1
        elif end < len(s.tokens):
            return
    yield meaning.kept(lambda place: _is_given(place, atoms, meaning)), end


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
        if name is None and width > 1 and words[0] in FIRST and (words[0], words[-1]) in PLACES and words[1] == "directly":
            name = PLACES[words[0], words[-1]]
        if name is None:
            continue
        end = s.past_fillers(k + width)
        if any(s.starts(end, each) for each in OTHER):
            yield _mutual(RELATIONS[name], s), end + 2
        for objects, last in read_nouns(s, end):
            yield related(RELATIONS[name], objects, s, name), last
    if s.low(k) in ("ortho", "meta", "para", "adjacent", "vicinal", "neighbouring", "neighboring"):
        name = s.low(k) if s.low(k) in RELATIONS else "next"
        yield _mutual(RELATIONS[name], s), k + 1
        ring = k + 1
        if s.low(ring) in ("on", "of", "in"):
            for objects, last in read_nouns(s, ring + 1, whole_list=False):
                yield _both(_mutual(RELATIONS[name], s), related(RELATIONS["attached"], objects, s, "attached")), last


FIRST = frozenset(["attached", "bonded", "bound", "linked", "connected", "joined"])


def _both(one: Predicate, other: Predicate) -> Predicate:
    """What two predicates say together of several places."""

    def of_all(places: Sequence[Place]) -> bool:
        return one.of_all is not None and other.of_each is not None and one.of_all(places) and all(map(other.of_each, places))

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
                return set(place) == set(one.given)
            if one.number not in (1, 2) and one.many is Many.EXACTLY:
                return False
            many = one.many is Many.EXACTLY and one.number == 2 or one.of == 2 or one.is_plural
            return many and any(links(place, pair, s.mol) for pair in combinations(one.whole, 2))
        if len(objects) != 2:
            return False
        pairs = ((p, q) for p in _drawn(objects[0]) for q in _drawn(objects[1]) if p != q)
        return any(links(place, pair, s.mol) for pair in pairs)

    return Predicate(of_each)


def _drawn(meaning: Meaning) -> list[Place]:
    return list(dict.fromkeys((*meaning.places, *meaning.whole)))


def read_said(s: Sentence, k: int) -> Said:
    """Read a verb and what it says."""
    if not s.step():
        return
    k = s.past_fillers(k)
    yield from _atoms_said(s, k)
    for width in (3, 2, 1):
        name = VERBS.get(tuple(s.low(k + n) for n in range(width)))
        if name is not None:
            for objects, end in read_nouns(s, s.past_fillers(k + width)):
                yield related(RELATIONS[name], objects, s, name), end
    passive = k + 1 if s.low(k) in ("is", "are") else k
    for width in (2,):
        name = VERBS.get(tuple(s.low(passive + n) for n in range(width))) if passive > k else None
        if name is not None:
            for objects, end in read_nouns(s, passive + width):
                yield related(RELATIONS[name], objects, s, name), end
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
    if s.low(k) == "present" and s.low(k + 1) == "as":
        k += 2
    elif s.low(k) == "part" and s.low(k + 1) == "of":
        return
    for objects, end in read_nouns(s, k, whole_list=False):
        (one,) = objects
        if one.is_molecule or not one.places or one.many in (Many.EXACTLY, Many.NONE):
            continue
        yield Predicate(_being(one)), end


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
