"""Verbs, and what they say of their subject."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from rdkit import Chem

from molreflect.agents.analyst.grammar.adjectives import adjective
from molreflect.agents.analyst.grammar.behaviour import read_behaviour
from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Many, Predicate
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.nouns import looked_up
from molreflect.agents.analyst.grammar.placing import Said, read_place, read_together
from molreflect.agents.analyst.grammar.positions import read_borne_at, read_substituted
from molreflect.agents.analyst.grammar.ring_places import at_positions
from molreflect.agents.analyst.grammar.saying import (
    all_of,
    at_atoms,
    at_both_ends,
    being,
    denied,
    each_one,
    joining,
    linking,
    making_up,
    of_both,
    of_molecule,
    on_one,
    one_of_each,
    related,
)
from molreflect.agents.analyst.grammar.tokens import Sentence, atoms_at, remembered
from molreflect.agents.analyst.predications.whole import is_so_of_all
from molreflect.tools.facts.classes import is_a


@remembered
def read_said(s: Sentence, k: int) -> Said:
    """Read a verb and what it says."""
    if not s.step():
        return
    k = s.past_fillers(k)
    k += 2 * s.starts(k, ("in", "turn"))
    yield from _atoms_said(s, k)
    yield from _from_to(s, k)
    yield from _denied(s, k)
    yield from _not_so(s, k)
    yield from _ends_of(s, k)
    yield from read_behaviour(s, k)
    for width in (5, 4, 3, 2, 1):
        name = s.words.verbs.get(tuple(s.low(k + n) for n in range(width)))
        if name is not None:
            if name == "attached":
                yield from read_together(s, k + width)
            for objects, end in read_nouns(s, s.past_fillers(k + width)):
                if (s.low(k),) in s.words.takes_up and any(each.given for each in objects):
                    continue  # "comprises atoms 2 to 7" tells all of them
                said = related(RELATIONS[name], objects, s, name)
                if len(objects) > 1:  # "the three carbons carry a chlorine, a methyl and a hydroxyl": one each
                    one_each = each_one([related(RELATIONS[name], [each], s, name).of_each for each in objects])
                    said = replace(said, of_all=one_each.of_all)
                yield said, end
                if s.low(end) in ("attached", "bonded", "bound", "left", "remaining"):
                    at = end + 1 + (s.low(end + 1) in ("directly",))
                    yield said, at + 2 * (s.low(at) in ("to", "on") and s.low(at + 1) in ("it", "them", "itself"))
                elif s.low(end) in ("on", "at") and s.low(end + 1) in ("it", "them"):
                    yield said, end + 2
                if name in ("bears", "has"):
                    yield from read_borne_at(s, objects, end)
                behind = end + (s.low(end) == ",")
                for together, last in (*read_together(s, behind), *read_place(s, behind)):
                    yield one_of_each(objects, together, RELATIONS[name], s), last
    passive = k + 1 if s.low(k) in ("is", "are") else k
    for width in (3, 2):
        name = s.words.verbs.get(tuple(s.low(passive + n) for n in range(width))) if passive > k else None
        if name is not None:
            for objects, end in read_nouns(s, passive + width):
                yield related(RELATIONS[name], objects, s, name), end
    if s.low(k) in ("form", "forms", "constitute", "constitutes", "represents"):
        for objects, end in read_nouns(s, k + 1, whole_list=False):
            if objects[0].places and objects[0].many is not Many.NONE:
                yield Predicate(being(objects[0], s)), end
    for width in (3, 2, 1):
        if tuple(s.low(k + n) for n in range(width)) in s.words.makes_up:
            for objects, end in read_nouns(s, k + width, whole_list=False):
                yield making_up(objects[0], s), end
    yield from _of_the_molecule(s, k)
    if s.low(k) in s.words.links:
        begin = k + 1 + (s.low(k + 1) == "together")
        for said, end in _linked(s, begin):
            yield said, end + (s.low(end) == "together")
            yield from _second_place(s, said, end)
    if s.low(k) in s.words.shares or s.low(k) in ("occupy", "occupies"):
        yield from read_together(s, k + 1)
        for objects, end in read_nouns(s, k + 1, whole_list=False):
            if s.low(k) in s.words.shares:
                yield on_one(objects[0], s, held=True), end
    if s.low(k) in ("is", "are"):
        yield from read_substituted(s, k)
    if s.low(k) in s.words.sits:
        after = k + 1
        while s.low(after) in s.words.sits or s.low(after) in ("both", "all", "each"):
            after += 1
        for place, end in read_place(s, after):
            yield place, end
            yield from _second_place(s, place, end)
        if s.low(k) in ("is", "are"):
            yield from read_being(s, after)
    elif s.low(k) in ("has", "have"):
        yield from _configuration(s, k + 1)


def _second_place(s: Sentence, first: Predicate, k: int) -> Said:
    """Read "on the benzene ring ortho to the chlorine", "on C5, next to the nitrogen": both places hold."""
    at = k + (s.low(k) == ",")
    if first.of_each is None or s.low(at) in s.words.shares:
        return
    for second, end in read_place(s, at):
        if second.of_each is not None:
            yield replace(first, of_each=all_of(first.of_each, second.of_each), of_all=None, of_molecule=None), end
            if s.low(k) == "," and len(first.objects) == 1 and first.relation:  # the place of what it is on
                kept = first.objects[0].kept(second.of_each, by_whole=True)
                yield related(RELATIONS[first.relation], [kept], s, first.relation), end


def _of_the_molecule(s: Sentence, k: int) -> Said:
    """Read what the molecule is said to be made of, and what it joins or fuses."""
    for width in (4, 3, 2, 1):
        if tuple(s.low(k + n) for n in range(width)) not in s.words.of_the_molecule:
            continue
        for objects, end in read_nouns(s, k + width + (s.low(k + width) == "both")):
            yield Predicate(None, None, related(RELATIONS["has"], objects, s, "has").of_molecule), end
            if len(objects) == 1 and s.low(end) == "with":
                for others, last in read_nouns(s, end + 1):
                    said = related(RELATIONS["has"], [*objects, *others], s, "has")
                    yield Predicate(None, None, said.of_molecule), last
    if s.low(k) in s.words.joins:
        relation = RELATIONS["fused" if s.low(k) == "fuses" else "attached"]
        for objects, end in read_nouns(s, k + 1, whole_list=False):
            if s.low(end) in ("to", "with", "and", "onto"):
                for others, last in read_nouns(s, end + 1, whole_list=False):
                    yield joining(relation, objects[0], others[0], s), last


def _denied(s: Sentence, k: int) -> Said:
    """Read "does not contain any ring", "lacks a hydroxyl group", "has no ring"."""
    at = k
    if s.low(k) in ("doesn't", "don't"):
        at = k + 1
    elif s.low(k) in ("does", "do") and s.low(k + 1) == "not":
        at = k + 2
    name = (
        s.words.verbs.get((s.low(at),))
        if at > k
        else "has"
        if s.low(k) in ("lacks", "lack", "lacking", "without")
        else None
    )
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


def _ends_of(s: Sentence, k: int) -> Said:
    """Read "terminates each end of a four-carbon chain": another one like it is at the other end."""
    if s.low(k) not in ("terminates", "caps", "occupies", "ends") or s.low(k + 1) not in ("each", "both", "either"):
        return
    if s.low(k + 2).removesuffix("s") != "end" or s.low(k + 3) != "of":
        return
    for objects, end in read_nouns(s, k + 4, whole_list=False):
        yield at_both_ends(objects[0], s), end


def _not_so(s: Sentence, k: int) -> Said:
    """Read "are not conjugated", "isn't bonded to the ring"."""
    if s.low(k) in ("isn't", "aren't"):
        at = k + 1
    elif s.low(k) in ("is", "are", "does", "do") and s.low(k + 1) in ("not", "neither"):
        at = k + 2
    else:
        return
    at = s.past_fillers(at)
    for predicate, end in (*read_place(s, at), *read_being(s, at)):
        yield denied(predicate), end


def _linked(s: Sentence, k: int) -> Said:
    for objects, end in read_nouns(s, k):
        yield linking(objects, s), end
        if len(objects) == 1 and s.low(end) in ("to", "with", "and", "from", "onto"):
            for others, last in read_nouns(s, end + 1, whole_list=False):
                yield linking([*objects, *others], s), last


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


@remembered
def read_being(s: Sentence, k: int) -> Said:
    """Read what stands behind "is": adjectives, a noun that the part is, a configuration."""
    yield from _configuration(s, k + (s.low(k) in ("of", "in", "with")))
    for width in (2, 1):
        words = " ".join(s.low(k + n) for n in range(width) if s.low(k + n))
        holds = adjective(words, s) if k + width <= len(s.tokens) else None
        if holds is None:
            continue
        yield Predicate(holds), k + width
        if s.low(k + width) in ("and", ",", "but"):
            for more, end in read_being(s, k + width + 1):
                if more.of_each is not None:
                    yield Predicate(all_of(holds, more.of_each)), end
        if s.low(k + width) == "(" and s.low(k + width + 2) == ")":
            other = adjective(s.low(k + width + 1), s)
            if other is not None:
                yield Predicate(all_of(holds, other)), k + width + 3
    if s.low(k) in ("a", "an", "the") and (holds := adjective(s.low(k + 1), s)) is not None and s.low(k + 2) == "one":
        yield Predicate(holds), k + 3
    yield from _kind_of_molecule(s, k)
    if s.low(k) == "present" and s.low(k + 1) == "as":
        k += 2
    elif s.low(k) == "part" and s.low(k + 1) == "of":
        return
    yield from _made_so(s, k)
    for objects, end in read_nouns(s, k, whole_list=False):
        (one,) = objects
        if one.is_molecule or one.given or one.many in (Many.EXACTLY, Many.NONE):
            continue  # "is atoms 2 to 7" tells all of them, and is read above
        kind = _is_kind(one.noun, s)
        if one.noun == "chain" and one.many is Many.SOME:
            kind = bool(one.places)
        of_all = None if kind is None else partial(bool, kind and one.places)
        if one.of is not None and len(one.places) != one.of:  # "is the only carbon": there are more
            yield Predicate(lambda _: False), end
        elif one.places:
            yield Predicate(being(one, s), of_molecule=of_all, objects=(one,)), end
        elif kind is not None:
            yield Predicate(None, of_molecule=of_all), end


_MADE_SO = re.compile(
    r"(?P<part>methyl|ethyl|acetyl|hydroxyl|chlorin|fluorin|bromin|iodin|nitr|methoxyl|benzyl|phenyl|sulfonyl|formyl)ated"
)
_PARTS = {"chlorin": "chlorine", "fluorin": "fluorine", "bromin": "bromine", "iodin": "iodine", "nitr": "nitro"}


def _made_so(s: Sentence, k: int) -> Said:
    """Read "fluorinated para to the ketone", "methylated on nitrogen": the part that stands there."""
    made = _MADE_SO.fullmatch(s.low(k).removeprefix("n-").removeprefix("o-"))
    if made is None:
        return
    part = looked_up(s, _PARTS.get(made["part"], made["part"]).replace("methoxyl", "methoxy"))
    positioned = set()
    if part is not None and s.low(k + 1) in ("at", "on", "in"):
        for objects, end in read_nouns(s, k + 2, whole_list=False):
            if "position" in objects[0].noun:
                yield at_positions(part, objects[0], s), end
                positioned.add(end)
    for place, end in read_place(s, k + 1):
        if part is not None and place.of_each is not None and end not in positioned:
            there = part.kept(place.of_each)
            yield related(RELATIONS["has"], [there], s, "has"), end
            of_part = related(RELATIONS["attached"], [replace(part, many=Many.SOME)], s, "attached").of_each
            on = place.objects[0] if len(place.objects) == 1 and s.low(k + 1) in ("on", "at") else None
            if of_part is not None and on is not None:  # the ring, on its nitrogen
                bearing = on.kept(of_part)
                yield related(RELATIONS["contains"], [replace(bearing, many=Many.SOME)], s, "contains"), end


_LONGEST_CLASS = 5


def _kind_of_molecule(s: Sentence, k: int) -> Said:
    """Read the class that the molecule is said to be one of, and what it is said to have beside."""
    first = k + (s.low(k) in ("a", "an"))
    last = first
    while last < len(s.tokens) and last - first < _LONGEST_CLASS and s.low(last) not in s.words.no_class:
        last += 1
    for end in range(last, first, -1):
        words = " ".join(t.text for t in s.tokens[first:end])
        if s.low(end) == "of":
            continue
        holds = _is_kind(words, s)
        if holds is None:
            continue
        kind = of_molecule(holds)
        yield kind, end
        if s.low(end) in ("with", "bearing", "carrying", "containing", "having", "featuring"):
            for predicate, behind in read_said(s, end):
                if predicate.of_molecule is not None:
                    yield Predicate(None, None, of_both(kind, predicate)), behind


_FRAMES = frozenset(
    ["form", "scaffold", "system", "skeleton", "core", "framework", "structure", "molecule", "compound"]
)
"""Nouns that say nothing of the molecule but what the adjectives before them do."""


def _is_kind(words: str, s: Sentence) -> bool | None:
    """Whether the molecule is of a class; adjectives before one that is known with them not are asked one by one."""
    holds = is_so_of_all(words.lower(), s.nouns.molecule) if words.endswith("ring") else None
    holds = is_a(words, s.nouns.molecule, s.nouns.resources).holds if holds is None else holds
    first, _, rest = words.partition(" ")
    if holds is not None or not rest:
        return True if holds is None and words in _FRAMES else holds
    of_adjective = is_so_of_all(first.lower(), s.nouns.molecule) if first.lower() not in s.words.plain else True
    of_rest = _is_kind(rest, s)
    if of_adjective is None or of_rest is None:
        return None
    return of_adjective and of_rest


def _atoms_said(s: Sentence, k: int) -> Said:
    """Read the atoms of a part: "spans atoms 2, 3 and 4", "is atom 5", "are atoms 0 and 14"."""
    for width in (5, 4, 3, 2, 1):
        if tuple(s.low(k + n) for n in range(width)) not in s.words.takes_up:
            continue
        begin = k + width
        if s.low(begin).isdigit() and s.low(begin - 1) in ("index", "indices", "numbered", "labelled"):
            atoms, end = tuple(map(int, [s.low(begin)])), begin + 1
        elif s.low(begin)[:1].isdigit() and s.low(k - 1) in ("atom", "atoms"):  # "the chlorine atoms are 9 and 12"
            atoms, end = atoms_at(s, begin, bare=True)
        else:
            atoms, end = atoms_at(s, begin) if begin < len(s.tokens) else ((), begin)
        if atoms and max(atoms) < s.mol.GetNumAtoms():
            yield at_atoms(atoms, s), end


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
