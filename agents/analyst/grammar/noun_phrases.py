"""Noun phrases: how many of what, with what is said of it before and behind: "both methyl groups on the ring"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from rdkit import Chem

from molreflect.agents.analyst.grammar.adjectives import adjective
from molreflect.agents.analyst.grammar.chains import read_chain
from molreflect.agents.analyst.grammar.determiners import read_determiners
from molreflect.agents.analyst.grammar.lists import read_listed
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place
from molreflect.agents.analyst.grammar.nouns import looked_up
from molreflect.agents.analyst.grammar.relations import around, attached, is_ring, next_to, placed, same_bearer, within
from molreflect.agents.analyst.grammar.saying import mutual
from molreflect.agents.analyst.grammar.tokens import Sentence, atoms_at, remembered
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.parts import Places

_LONGEST_NOUN = 7
MOLECULE = Meaning("it", (), (), Many.THE, is_molecule=True)
"""The molecule as a whole."""


_OF_A_PART = frozenset(["inside", "outside", "to", "on", "from", "with", "by", "beside", "off", "onto"])
"""Prepositions behind which "it" is the part that was spoken of."""


@remembered
def read_noun(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read a noun phrase at an index, every way it can be read."""
    if not s.step():
        return
    k = s.past_fillers(k)
    atoms, end = atoms_at(s, k)
    if atoms and max(atoms) < s.mol.GetNumAtoms():
        places: Places = tuple((a,) for a in dict.fromkeys(atoms))
        noun = " ".join(t.text for t in s.tokens[k:end])
        yield Meaning(noun, places, places, Many.ALL, given=frozenset(atoms), is_plural=len(places) > 1), end
    of_a_part = s.it is not None and s.low(k - 1) in _OF_A_PART
    if s.low(k) == "it" and s.low(k + 1) not in ("'s", "\u2019s") and not of_a_part:
        yield MOLECULE, k + 1
    if s.low(k) in ("it", "them") and s.it is not None and s.low(k + 1) != "'s":
        for one in (s.it, *s.it.mentions):
            yield replace(one, many=Many.ALL if one.is_plural else Many.THE, of=None, then=()), k + 1
    if s.it is not None and s.starts(k + 1, ("of", "them")) and (some := number_of(s.low(k))):
        yield replace(s.it, many=Many.EXACTLY, number=some, of=None, then=(), is_plural=some > 1), k + 3
    if s.low(k) == "this":
        for last in range(min(k + 4, len(s.tokens)), k + 1, -1):
            kind = " ".join(t.text for t in s.tokens[k + 1 : last])
            if is_a(kind, s.nouns.molecule, s.nouns.resources).holds is True:
                yield replace(MOLECULE, noun=kind), last
    for said, after in read_determiners(s, k):
        if s.low(after) in s.words.molecule and s.low(after) != "it" and (said.definite or s.low(k) == "this"):
            yield replace(MOLECULE, noun=s.low(after)), after + 1
        numbered = said.many is Many.EXACTLY or said.of is not None
        if numbered and (s.low(after) in s.words.together or s.low(after) == "geminal"):
            for meaning, last in _nouns(s, after + 1):
                counted = replace(meaning, many=said.many, number=said.number, of=said.of, is_plural=True)
                side_by_side = _on_one_atom(s) if s.low(after) == "geminal" else mutual(next_to, s).of_all
                if side_by_side is not None:
                    yield from s.behind(s, counted.kept_together(side_by_side), last)
        for meaning, last in (*_nouns(s, after), *read_chain(s, after), *_adjective_of_next(s, after)):
            if last == after:
                continue
            plural = _is_plural(s.low(last - 1)) and meaning.noun != "chain"
            if after == k == 0 and not plural and _is_its_name(s, meaning):
                yield replace(MOLECULE, noun=meaning.noun), last
                continue
            how_many = Many.ALL if said.many is Many.THE and plural else said.many
            counted = replace(meaning, many=how_many, number=said.number, of=said.of, is_plural=plural)
            for own in _owned(s, counted, after):
                yield from s.behind(s, own, last)
            if said.many is Many.THE and len(counted.places) > 1 and not plural:
                yield from s.behind(s, _salient(counted, s), last)
    yield from _the_other(s, k)
    yield from _the_one(s, k)
    yield from _the_position(s, k)


def _is_its_name(s: Sentence, meaning: Meaning) -> bool:
    """Whether a noun without an article is a name of the molecule: it means all of its atoms."""
    return len(meaning.whole) == 1 and len(set(meaning.whole[0])) == s.mol.GetNumAtoms() > 1


def _salient(meaning: Meaning, s: Sentence) -> Meaning:
    """Take "the methyl group" as the one that is no end of a larger alkyl group."""
    if meaning.noun.lower() in ("side chain", "side-chain", "substituent chain"):
        longest = max(map(len, meaning.places))
        return meaning.kept(lambda place: len(place) == longest)
    if meaning.noun.lower().endswith("chain"):  # with its heteroatoms, and without
        return meaning.kept(lambda place: all(set(place) >= set(p) for p in meaning.places))
    if not meaning.noun.lower().startswith("methyl"):
        return replace(meaning, places=(), whole=())

    def stands_alone(place: Place) -> bool:
        beside = [s.mol.GetAtomWithIdx(a) for a in around(place, s.mol)]
        return all(a.IsInRing() or a.GetAtomicNum() != 6 for a in beside)

    return meaning.kept(stands_alone)


def _the_one(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "the one bearing the methyl group", "that of the ester": one of what a noun before it names."""
    after = k + 2 if s.low(k) == "the" and s.low(k + 1) in ("one", "ones") else k + 1
    if (after == k + 1 and s.low(k) not in ("that", "those")) or not k:
        return
    for found in _named_before(s, k):
        many = Many.ALL if s.low(after - 1) in ("ones", "those") else Many.THE
        one = replace(found, many=many, is_plural=many is Many.ALL)
        yield from ((meaning, end) for meaning, end in s.behind(s, one, after) if end > after)


def _named_before(s: Sentence, k: int) -> Iterator[Meaning]:
    """Find what "one" stands for: the nearest noun before it, a plain one such as "ring" before names."""
    known = {span: found for span, found in s.heads.items() if span[1] <= k and found is not None and found.places}
    plain = [last for _, last in known if s.low(last - 1).removesuffix("s") in _PLAIN]
    nearest = max(plain or [last for _, last in known], default=0)
    for (first, last), found in known.items():
        if last == nearest and first == min(begin for begin, end in known if end == nearest):
            yield found


_PLAIN = frozenset(
    ["ring", "carbon", "nitrogen", "oxygen", "sulfur", "atom", "group", "chain", "bond", "hydroxyl", "heterocycle"]
)
"""Nouns that "the one" stands for before it does for names."""


def _the_position(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "the para position", "both ortho positions": seen from what was spoken of before."""
    for said, after in read_determiners(s, k):
        place = _POSITIONS.get(s.low(after))
        if place is None or not s.low(after + 1).startswith("position") or not s.spoken:
            continue
        ringed = [(a.GetIdx(),) for a in s.mol.GetAtoms() if a.IsInRing()]
        own = s.owner.places if s.owner is not None else ()
        found = tuple(p for p in ringed if any(place(p, q, s.mol) for q in s.spoken if q not in own))
        plural = s.low(after + 1) == "positions"
        many = Many.ALL if said.many is Many.THE and plural else said.many
        meaning = Meaning("position", found, found, many, said.number, of=said.of, is_plural=plural)
        yield from s.behind(s, meaning, after + 2)


_POSITIONS = {word: placed(word) for word in ("ortho", "meta", "para")}


def _the_other(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "the other alkene carbon", "the remaining two nitrogens": those that were not spoken of; "that ring"."""
    if s.low(k) in ("that", "this", "these", "those") and s.spoken:
        for meaning, last in _nouns(s, k + 1):
            same = meaning.kept(lambda place: place in s.spoken, by_whole=True)
            if same.places:
                many = Many.ALL if _is_plural(s.low(last - 1)) else Many.THE
                yield from s.behind(s, replace(same, many=many, is_plural=many is Many.ALL), last)
    if (
        s.low(k) == "the"
        and s.low(k + 1) in ("neighbouring", "neighboring", "adjacent", "next")
        and s.owner is not None
    ):
        owners = s.owner.places
        for meaning, last in _nouns(s, k + 2):
            beside = meaning.kept(lambda place: any(attached(place, q, s.mol) for q in owners))
            yield from s.behind(s, replace(beside, many=Many.SOME), last)
    if s.low(k) != "the" or s.low(k + 1) not in ("other", "others", "remaining", "second") or not s.spoken:
        return
    of = number_of(s.low(k + 2))
    after = k + 2 + (of is not None)
    spoken = {a for place in s.spoken for a in place}
    if s.owner is not None and s.low(after) in ("is", "are", "has", "have", "bears", "bear", "carry", "carries", "sit"):
        every = looked_up(s, s.owner.noun)  # "the middle hydroxyl is secondary and the other two are primary"
        rest = None if every is None else every.kept(lambda place: not set(place) <= spoken)
        if every is not None and rest is not None and 0 < len(rest.places) < len(every.places):
            yield replace(rest, many=Many.ALL, of=of, is_plural=True), after
    for meaning, last in _nouns(s, after):
        rest = meaning.kept(lambda place: not set(place) <= spoken)
        if len(rest.places) < len(meaning.places):
            many = Many.ALL if of or _is_plural(s.low(last - 1)) else Many.THE
            yield from s.behind(s, replace(rest, many=many, of=of, is_plural=many is Many.ALL), last)


def _owned(s: Sentence, meaning: Meaning, k: int) -> Iterator[Meaning]:
    """Take "its nitrogens" as those of the part that is spoken of, too."""
    if s.owner is not None and _is_possessive(s, k):
        owners = (*s.owner.places, *s.owner.whole)
        inside = meaning.kept(lambda place: any(within(place, q, s.mol) for q in owners), by_whole=True)
        on = meaning.kept(lambda place: any(attached(place, q, s.mol) for q in owners), by_whole=True)
        if (inside if inside.places else on).places:
            yield inside if inside.places else on
    yield meaning


def _is_possessive(s: Sentence, k: int) -> bool:
    return "its" in (s.low(k - 1), s.low(k - 2)) or "their" in (s.low(k - 1), s.low(k - 2))


_TRIO = 3


def _central(meaning: Meaning, s: Sentence) -> Meaning:
    """Leave the places that are nearest to the others of their kind, or to all other atoms."""
    if len(meaning.places) == _TRIO:
        apart = Chem.GetDistanceMatrix(s.mol)
        sums = [sum(float(apart[p[0]][q[0]]) for q in meaning.places) for p in meaning.places]
        if sums.count(min(sums)) == 1:
            middle = meaning.places[sums.index(min(sums))]
            return meaning.kept(lambda place: place == middle)
    far = [max(row) for row in Chem.GetDistanceMatrix(s.mol)]
    nearest = min(min(far[a] for a in place) for place in meaning.places)
    return meaning.kept(lambda place: min(far[a] for a in place) == nearest)


def _adjective_of_next(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "one six-membered" of "one six-membered and one five-membered ring": the noun stands with the next one."""
    yield from _noun_of_next(s, k)
    holds = adjective(s.low(k), s) if k + 3 < len(s.tokens) and s.low(k + 1) in ("and", "or") else None
    if holds is None:
        return
    for _, after in read_determiners(s, k + 2):
        end = after + 1
        while end < len(s.tokens) and end - after < _LONGEST_NOUN and _is_of_noun(s, end, False):
            end += 1
        for first in range(after + 1, end):
            if adjective(" ".join(s.low(n) for n in range(after, first)), s) is None:
                continue
            noun = _head(s, first, end)
            if noun is not None:
                yield noun.kept(holds), k + 1


def _noun_of_next(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "pyrrole" of "the pyrrole and benzene rings", of which the noun stands with the second one."""
    for width in (1, 2):
        if s.low(k + width) != "and":
            continue
        for last in range(k + width + 2, min(k + width + 5, len(s.tokens))):
            if not _is_plural(s.low(last)) or s.low(last) in s.words.stop:
                continue
            words = [s.tokens[n].text for n in range(k, k + width)]
            one = looked_up(s, " ".join([*words, s.tokens[last].text.removesuffix("s")]))
            if one is not None and one.places:
                yield one, k + width


def _on_one_atom(s: Sentence) -> Callable[[Sequence[Place]], bool]:
    return lambda places: same_bearer(places, s.mol, lambda _: True)


def _is_plural(word: str) -> bool:
    return (word.endswith("s") and not word.endswith(("ss", "us", "is"))) or word in ("nitrogens", "nuclei")


@remembered
def _nouns(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read adjectives and the noun behind them, the longest noun first."""
    if not s.step():
        return
    end = k
    while end < len(s.tokens) and end - k < _LONGEST_NOUN and _is_of_noun(s, end, end == k):
        end += 1
    for last in range(end, k, -1):
        meaning = _head(s, k, last)
        if meaning is not None:
            yield _at_index(s, meaning, last)
    low = s.low(k)
    if low in ("one", "ones") and k and not s.words.stop & {s.low(k - 1)}:
        yield from ((found, k + 1) for found in _named_before(s, k))  # "a saturated one"
    if low in s.words.plain:
        yield from _nouns(s, k + 1)
    if low in _EXTREMES:
        for meaning, last in _nouns(s, k + 1):
            sizes = [len(place) for place in meaning.whole]
            if len(sizes) > 1 and last > k + 1:
                most = _EXTREMES[low](sizes)
                yield meaning.kept(partial(_has_length, most), by_whole=True), last
    if low in ("central", "middle"):
        for meaning, last in _nouns(s, k + 1):
            if meaning.places and not any(is_ring(p, s.mol) for p in meaning.places):
                yield _central(meaning, s), last
    for width in (2, 1):
        words = " ".join(s.low(k + n) for n in range(width))
        if k + width >= len(s.tokens) or (holds := adjective(words, s)) is None:
            continue
        for meaning, last in _nouns(s, k + width):
            if last > k + width:
                yield meaning.kept(holds), last
    if s.low(k) == "(" and s.low(k + 2) == ")" and (holds := adjective(s.low(k + 1), s)) is not None:
        for meaning, last in _nouns(s, k + 3):
            yield meaning.kept(holds), last


_EXTREMES: dict[str, Callable[[list[int]], int]] = {
    **dict.fromkeys(("smallest", "smaller", "shortest", "shorter"), min),
    **dict.fromkeys(("largest", "larger", "biggest", "bigger", "longest", "longer"), max),
}
"""What compares the places of a kind by their size."""


def _at_index(s: Sentence, meaning: Meaning, k: int) -> tuple[Meaning, int]:
    """Take "oxygen 7" as the oxygen with that index."""
    word = s.low(k)
    if not word.isdigit() or any(len(place) != 1 for place in meaning.places):
        return meaning, k
    return meaning.kept(lambda place: place == (int(word),)), k + 1


def _is_of_noun(s: Sentence, k: int, first: bool) -> bool:
    low = s.low(k)
    if s.tokens[k].text in ("A", "B", "C", "D") and "ring" in (s.low(k + 1), s.low(k - 1)) and not (first and k == 0):
        return True
    if low in s.words.stop and not (first and low in ("ortho", "meta", "para", "alpha", "beta", "gamma", "terminal")):
        return low == "bridge" or (low in ("link", "end", "form") and not first)
    return low[:1].isalnum() or low[:1] in "=-"


def _head(s: Sentence, first: int, last: int) -> Meaning | None:
    if (first, last) not in s.heads:
        s.heads[first, last] = looked_up(s, " ".join(t.text for t in s.tokens[first:last]))
    return s.heads[first, last]


_MOST_ITEMS = 5


@remembered
def read_nouns(s: Sentence, k: int, *, whole_list: bool = True) -> Iterator[tuple[list[Meaning], int]]:
    """Read a noun phrase or a list of them, joined by commas and "and"."""
    if whole_list:
        yield from read_listed(s, k, read_nouns)
    for meaning, end in read_noun(s, k):
        if whole_list:
            for after in _joins(s, end):
                if s.step():
                    for more, last in read_nouns(s, after):
                        apposed = s.low(end) == "," and s.low(after - 1) == "," and more[0].given
                        if len(more) < _MOST_ITEMS and not apposed:
                            yield [meaning, *more], last
                            if meaning.many is Many.EXACTLY and meaning.number == len(more) > 1 and _are(more, meaning):
                                yield more, last  # "two substituents, an isobutyl group and a hydroxyl group"
                            if s.starts(last, ("on", "the", "other")):  # "on one side ... on the other (side)"
                                yield [meaning, *more], last + 3 + (s.low(last + 3) == "side")
        yield [meaning], end
    if whole_list:
        yield from _on_one_and_other(s, k)


def _are(items: Sequence[Meaning], kind: Meaning) -> bool:
    """Whether what is listed may be of a kind: a chlorine and a bromine are no two fluorines."""
    every = [set(q) for q in (*kind.places, *kind.whole)]
    return all(item.places and all(any(q & set(p) for q in every) for p in item.whole) for item in items)


def _on_one_and_other(s: Sentence, k: int) -> Iterator[tuple[list[Meaning], int]]:
    """Read "a methoxy group on one ring and a chlorine on the other"."""
    for first, end in read_noun(s, k):
        if s.low(end) not in ("on", "in", "at", "to", "of") or s.low(end + 1) != "one" or not s.step():
            continue
        at = end + 2 + (s.low(end + 2) == "of") + (s.low(end + 3) == "the")
        for bearer, after in read_noun(s, at):
            for begin in _joins(s, after):
                for second, last in read_noun(s, begin):
                    if s.low(last) != s.low(end) or s.low(last + 1) != "the" or s.low(last + 2) != "other":
                        continue
                    behind = (
                        last + 3 + (s.low(last + 3) in ("one", s.low(after - 1), s.low(after - 1).removesuffix("s")))
                    )
                    apart = _apart(s, first, bearer)
                    yield [first, replace(second, then=(*second.then, partial(apart, second)))], behind


def _apart(s: Sentence, first: Meaning, bearer: Meaning) -> Callable[[Meaning, Sequence[Place]], bool]:
    def on(what: Meaning, place: Place) -> bool:
        own = [p for p in what.places if attached(p, place, s.mol) or within(p, place, s.mol)]
        return len(own) == what.number if what.many is Many.EXACTLY else bool(own)

    def holds(second: Meaning, _: Sequence[Place]) -> bool:
        return any(on(first, p) and on(second, q) for p in bearer.whole for q in bearer.whole if p != q)

    return holds


def _joins(s: Sentence, k: int) -> Iterator[int]:
    if s.starts(k, (",", "and")) or s.starts(k, ("as", "well")):
        yield k + (3 if s.low(k) == "as" else 2)
    elif s.starts(k, ("on", "one", "side")) and s.low(k + 3) in ("and", ","):
        yield from _joins(s, k + 3)
    elif s.starts(k, ("but", "no")) or s.starts(k, (",", "but", "no")):
        yield k + 1 + (s.low(k) == ",")
    elif s.low(k) in ("and", ",", "plus", "&"):
        yield k + 1
        if s.low(k + 1) in ("to", "by", "with") and s.low(k) == "and":
            yield k + 2  # "bonded to the ring and to a carbonyl carbon"


def _has_length(length: int, place: Sequence[int]) -> bool:
    return len(place) == length
