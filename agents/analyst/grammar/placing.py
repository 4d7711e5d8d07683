"""Places: "on the ring", "ortho to the hydroxyl", "between two carbonyls", "on the same carbon"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from molreflect.agents.analyst.grammar.adjectives import adjective
from molreflect.agents.analyst.grammar.along import read_along
from molreflect.agents.analyst.grammar.lexis import OTHER, RELATIONS
from molreflect.agents.analyst.grammar.meaning import Meaning, Place, Predicate
from molreflect.agents.analyst.grammar.noun_phrases import read_noun, read_nouns
from molreflect.agents.analyst.grammar.own_rings import read_on_own_ring
from molreflect.agents.analyst.grammar.positions import at_numbers, read_at_positions, read_numbers, read_substituted
from molreflect.agents.analyst.grammar.relations import is_conjugated, on_neighbours, same_bearer
from molreflect.agents.analyst.grammar.ring_places import fused_across
from molreflect.agents.analyst.grammar.saying import (
    all_of,
    both,
    each_one,
    led_to_by,
    linked_by,
    linking,
    mutual,
    on_atoms,
    on_atoms_apart,
    on_one,
    on_ring_with_one,
    on_rings_apart,
    related,
    separated_by,
    sharing_with,
    through,
)
from molreflect.agents.analyst.grammar.tokens import Sentence, remembered
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.parts import Places

Said = Iterator[tuple[Predicate, int]]
"""What is said of a part, and the index behind it."""


@remembered
def read_place(s: Sentence, k: int) -> Said:
    """Read a place: "on the ring", "ortho to the hydroxyl", "between two carbonyls"."""
    k = s.past_fillers(k)
    if s.starts(k, ("bonded", "directly")):
        pass
    if s.starts(k, ("flanked", "by")) or s.starts(k, ("flanked", "on", "both", "sides", "by")):
        for objects, end in read_nouns(s, k + (2 if s.low(k + 1) == "by" else 5)):
            yield related(RELATIONS["flanks"], objects, s, "flanks"), end
    yield from _on_a_side(s, k)
    if s.low(k) == "between" or s.starts(k, ("flanked", "by")) or s.starts(k, ("sandwiched", "between")):
        yield from _between(s, k + 1 + (s.low(k) != "between"))
    yield from read_together(s, k)
    for width in (6, 5, 4, 3, 2, 1):
        words = tuple(s.low(k + n) for n in range(width))
        name = s.words.places.get(words)
        if (
            name is None
            and width > 1
            and words[0] in s.words.joined
            and (words[0], words[-1]) in s.words.places
            and words[1] == "directly"
        ):
            name = s.words.places[words[0], words[-1]]
        if name is None:
            continue
        end = s.past_fillers(k + width)
        if any(s.starts(end, each) for each in OTHER):
            yield mutual(RELATIONS[name], s), end + 2
            yield from _mutual_on(s, end + 2, mutual(RELATIONS[name], s))
        if name in ("attached", "within") and s.low(end - 1) in ("to", "with", "onto"):
            yield from read_together(s, end)
        for objects, last in read_nouns(s, end):
            yield replace(related(RELATIONS[name], objects, s, name), among=partial(_to_these, objects, s)), last
            if name == "fused" and len(objects) == 1 and s.low(last) in _ACROSS:
                for shared, end_of in read_nouns(s, last + 1):
                    yield fused_across(objects[0], shared, s), end_of
            if name == "attached" and s.low(last) in ("through", "via") and len(objects) == 1:
                yield from _through(s, last + 1, objects[0])
    if s.low(k) == "at":
        for objects, last in read_nouns(s, k + 1, whole_list=False):
            if not objects[0].given and "position" in objects[0].noun:
                yield related(RELATIONS["attached"], objects, s, "attached"), last
            elif not s.low(last - 1).isdigit() and objects[0].places and all(len(p) == 1 for p in objects[0].places):
                yield related(RELATIONS["site"], objects, s, "site"), last
    if s.low(k) in ("geminal", "gem"):
        yield Predicate(None, lambda places: same_bearer(places, s.mol, lambda _: True)), k + 1
    if s.low(k) in _MUTUAL:
        name = s.low(k) if s.low(k) in RELATIONS else "next"
        yield mutual(RELATIONS[name], s), k + 1
        yield from _mutual_on(s, k + 1, mutual(RELATIONS[name], s))
    at = k + (s.low(k) == "directly")
    if s.low(at) in s.words.joined and s.low(at) != "separated" and s.low(at + 1) not in _AFTER_JOINED:
        bonded = mutual(RELATIONS["attached"], s)
        yield bonded, at + 1
        if s.low(at + 1) in ("within", "in"):
            for objects, last in read_nouns(s, at + 2, whole_list=False):
                yield both(bonded, related(RELATIONS["within"], objects, s, "within")), last
    if s.low(k) in s.words.joined and s.low(k + 1) in ("by", "via", "through"):
        yield from _linked_by(s, k + 2)
    if s.low(k) in s.words.joined and s.low(k + 1) in _BARE_PLACES:
        yield from read_place(s, k + 1)
    yield from _at_junction(s, k)
    yield from _related_by(s, k)
    yield from _one_by_one(s, k)
    at = k + (s.low(k) in s.words.joined)
    yield from _at_number(s, at)
    yield from _at_an_end(s, k)
    yield from read_on_own_ring(s, k)
    yield from read_substituted(s, k)
    yield from read_at_positions(s, k)
    yield from read_along(s, k)
    yield from _conjugated_through(s, k)


_BARE_PLACES = frozenset(["next", "adjacent", "ortho", "meta", "para", "beside", "opposite"])


def _at_junction(s: Sentence, k: int) -> Said:
    """Read "at the junction of the two rings": what several rings share."""
    at = k + 2 if s.starts(k, ("at", "the")) else k + 1 if s.low(k) == "at" else k
    if at == k or s.low(at) not in ("junction", "fusion") or s.low(at + 1) not in ("of", "between"):
        return
    for objects, end in read_nouns(s, at + 2):
        rings = [set(p) for each in objects for p in each.whole]
        common = [one & other for k, one in enumerate(rings) for other in rings[k + 1 :] if len(one & other) > 1]
        if common:
            shared = frozenset().union(*common)
            yield Predicate(partial(_meets, shared)), end


def _meets(atoms: frozenset[int], place: Place) -> bool:
    return bool(atoms & set(place))


def _conjugated_through(s: Sentence, k: int) -> Said:
    """Read "conjugated through the C=C double bond": each of several parts with what stands between them."""
    if s.low(k) != "conjugated" or s.low(k + 1) not in ("through", "via", "across", "by"):
        return
    for objects, end in read_nouns(s, k + 2, whole_list=False):
        between = objects[0].whole

        def of_all(places: Sequence[Place], between: Places = between) -> bool:
            return any(all(is_conjugated(p, q, s.mol) for p in places) for q in between)

        yield Predicate(None, of_all), end


_ACROSS = frozenset(["through", "via", "at", "along", "across", "by", "over"])
_AFTER_JOINED = frozenset(["by", "via", "through", "to", "with", "at", "on", "onto", "directly", "together", "from"])
_MUTUAL = frozenset(
    ["ortho", "meta", "para", "adjacent", "vicinal", "neighbouring", "neighboring", "conjugated", "cis", "trans"]
)
_NUMBERS = re.compile(r"(?P<number>[1-9])-?(?:position)?s?")


def _one_by_one(s: Sentence, k: int) -> Said:
    """Read "meta and para to the acid", "on the 2- and 5-positions of a furan": one part at each place."""
    if s.low(k) in _BENZENE and s.low(k + 1) == "and" and s.low(k + 2) in _BENZENE and s.low(k + 3) == "to":
        relations = [RELATIONS[s.low(k)], RELATIONS[s.low(k + 2)]]
        for objects, end in read_nouns(s, k + 4, whole_list=False):
            tells = [related(relation, objects, s, "ortho").of_each for relation in relations]
            yield each_one(tells), end
    if s.low(k) not in ("at", "on", "in"):
        return
    at = k + 1 + (s.low(k + 1) in ("the", "its"))
    at += s.low(at) in ("position", "positions")
    first, second = (_NUMBERS.fullmatch(s.low(n)) for n in (at, at + 2))
    if first is None or second is None or s.low(at + 1) != "and" or s.low(at + 3) not in ("of", "on", "in"):
        return
    for objects, end in read_nouns(s, at + 4, whole_list=False):
        for atoms in at_numbers((first["number"], second["number"]), objects[0], s):
            yield each_one([on_atoms(frozenset([a]), s).of_each for a in atoms]), end


_BENZENE = frozenset(["ortho", "meta", "para"])
_RELATIONSHIP = frozenset(
    ["relationship", "relation", "arrangement", "orientation", "disposition", "position", "positions"]
)


def _related_by(s: Sentence, k: int) -> Said:
    """Read "in a para relationship (to each other)", and "in the para position" of a ring with one other thing."""
    if s.low(k) not in ("in", "at"):
        return
    at = k + 1 + (s.low(k + 1) in ("a", "an", "the", "its"))
    word = s.low(at).removesuffix("-position").removesuffix("-relationship")
    if word not in ("ortho", "meta", "para", "1,2", "1,3", "1,4") or (
        s.low(at + 1) not in _RELATIONSHIP and word == s.low(at)
    ):
        return
    end = at + 1 + (word == s.low(at))
    if word.isalpha() and (s.low(end - 1).startswith("position") or word != s.low(at)):
        yield on_ring_with_one(word, s), end
        if s.low(end) in ("of", "on", "in"):
            on = on_ring_with_one(word, s).of_each
            for objects, last in read_nouns(s, end + 1, whole_list=False):
                hangs = related(RELATIONS["attached"], objects, s, "attached").of_each
                if on is not None and hangs is not None:
                    yield Predicate(all_of(on, hangs)), last
    yield mutual(RELATIONS[word], s), end
    if s.low(end) == "to" and any(s.starts(end + 1, each) for each in OTHER):
        yield mutual(RELATIONS[word], s), end + 3
    elif s.low(end) == "to":
        for objects, last in read_nouns(s, end + 1):
            yield related(RELATIONS[word], objects, s, word), last


def _linked_by(s: Sentence, k: int) -> Said:
    """Read "linked by an NH group", "attached through a CH2 to the nitrogen"."""
    for objects, end in read_nouns(s, k, whole_list=False):
        (one,) = objects
        yield through(one, s), end
        yield separated_by(one, s) if s.low(k - 2) == "separated" else linked_by(one, s), end
        if s.low(end) in ("to", "with", "onto"):
            for others, last in read_nouns(s, end + 1, whole_list=False):
                yield led_to_by(one, s, others[0]), last
                yield through(one, s, others[0]), last


def _on_a_side(s: Sentence, k: int) -> Said:
    """Read "on opposite sides of the double bond", "on the same side (of it)"."""
    at = k + 1 + (s.low(k + 1) == "the")
    if s.low(k) != "on" or s.low(at) not in ("opposite", "same") or s.low(at + 1) not in ("sides", "side"):
        return
    said = mutual(RELATIONS["trans" if s.low(at) == "opposite" else "cis"], s)
    yield said, at + 2
    if s.low(at + 2) in ("of", "at"):
        for objects, end in read_nouns(s, at + 3, whole_list=False):
            if "bond" in objects[0].noun.lower() or "alkene" in objects[0].noun.lower() or "=" in objects[0].noun:
                yield said, end


def _to_these(objects: list[Meaning], s: Sentence, name: str) -> Predicate:
    return related(RELATIONS[name], objects, s, name)


def _through(s: Sentence, k: int, other: Meaning) -> Said:
    """Read what stands behind "attached to the ring through": a part between, or the atom it hangs by."""
    for between, end in read_nouns(s, k, whole_list=False):
        yield led_to_by(between[0], s, other), end
        yield through(between[0], s, other), end


def _mutual_on(s: Sentence, k: int, mutual: Predicate) -> Said:
    """Read the ring behind "ortho to each other"."""
    if s.low(k) not in ("on", "of", "in", "across"):
        return
    for objects, last in read_nouns(s, k + 1, whole_list=False):
        yield both(mutual, related(RELATIONS["attached"], objects, s, "attached")), last
        yield both(mutual, related(RELATIONS["within"], objects, s, "within")), last


def _at_number(s: Sentence, k: int) -> Said:
    """Read "at the 4-position of the pyridine", "at position 3 of the ring": as the ring is numbered."""
    if s.low(k) not in ("at", "in", "on", "to", "through", "via"):
        return
    said, at = read_numbers(s, k + 1)
    if len(said) != 1 or s.low(at) not in ("of", "on", "in"):
        return
    for objects, end in read_nouns(s, at + 1, whole_list=False):
        atoms = frozenset(a for every in at_numbers(said, objects[0], s) for a in every)
        yield on_atoms(atoms, s), end


def _at_an_end(s: Sentence, k: int) -> Said:
    """Read "at the end of the chain", "at one end"."""
    if (
        s.low(k) != "at"
        or s.low(k + 1) not in ("the", "its", "one", "either", "each")
        or s.low(k + 2) not in s.words.ends
    ):
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


def read_together(s: Sentence, k: int) -> Said:
    """Read "on the same carbon", "on adjacent ring carbons", "on neighbouring atoms", "on one ring"."""
    begin = k + (s.low(k) in ("on", "at", "in"))
    if begin == k and s.low(k - 1) not in ("occupy", "occupies", "share", "shares", "to", "with", "onto", "from"):
        return
    article = begin + (s.low(begin) == "the")
    word = s.low(article)
    if word in ("same", "one") or (word == "a" and s.low(article + 1) == "single"):
        after = article + (2 if word == "a" else 1)
        for meaning, end in read_noun(s, after):
            yield on_one(meaning, s, held=s.low(k - 1) in s.words.shares), end
            if s.low(end) in ("as", "that"):
                at = end + (s.low(end) == "as")
                for others, last in read_nouns(s, at, whole_list=False):
                    yield sharing_with(meaning, others[0], s), last
    counted = article + (number_of(word) is not None)
    if s.low(counted) in ("different", "separate", "distinct") and s.low(counted + 1) in ("carbons", "atoms", "carbon"):
        yield on_atoms_apart(s), counted + 2 + (s.low(counted + 2) == "atoms")
    if word in ("different", "separate", "distinct") and s.low(article + 1).startswith("ring"):
        end = article + 2
        yield on_rings_apart(s), end
        if s.low(end) in ("of", "in"):
            for _, last in read_nouns(s, end + 1, whole_list=False):
                yield on_rings_apart(s), last
    if s.starts(begin, ("one", "of", "them")) and s.it is not None:
        yield on_one(s.it, s), begin + 3
    if s.starts(begin, ("one", "and", "the", "same")) or s.starts(begin, ("one", "single")):
        for meaning, end in read_noun(s, begin + (4 if s.low(begin + 1) == "and" else 2)):
            yield on_one(meaning, s, held=s.low(k - 1) in s.words.shares), end
    if word in s.words.together:
        end = article + 1
        end += s.low(end) == "ring"
        if s.low(end) in ("carbons", "atoms", "positions", "carbon") or s.starts(end, ("carbon", "atoms")):
            end += 1 + (s.low(end) == "carbon")
            predicate = mutual(on_neighbours, s)
            yield predicate, end
            if s.low(end) in ("of", "on", "in"):
                for objects, last in read_nouns(s, end + 1, whole_list=False):
                    yield both(predicate, related(RELATIONS["attached"], objects, s, "attached")), last


def _between(s: Sentence, k: int) -> Said:
    """Read what stands on both sides of a part."""
    for objects, end in read_nouns(s, k):
        if len(objects) > 1 or objects[0].is_plural or objects[0].given:
            yield linking(objects, s), end
