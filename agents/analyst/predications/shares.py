"""A number that is split, and two of a kind that differ: "three chlorines, two on one ring and one on the other"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.clauses import Clause, Item, Verb, item_of
from molreflect.agents.analyst.predications.neighbours import holds
from molreflect.agents.analyst.predications.places import Nouns, touches
from molreflect.agents.analyst.predications.standing import stands
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.tokens import Words, tokens_of
from molreflect.tools.facts.parts import Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.terms import Verdict

_COUNT = rf"(?:\d{{1,2}}|{'|'.join(NUMBERS[1:])})"
_OF = r"(?: of (?:them|which|these|those))?"
_ON = r"(?:attached to|bonded to|bound to|on|at|in|inside|within|to)"
_PLACE = rf"(?:is |are |being |sits? |lies? |directly )*(?:{_ON} (?!all\b|total\b|number\b|addition\b)|outside ).+?"
_ADJECTIVE = (
    r"(?:is |are )?(?:phenolic|primary|secondary|tertiary|aromatic|benzylic|alcoholic|exocyclic|endocyclic"
    r"|ortho|meta|para)(?: to .+?)?"
)
_SHARE = rf"(?P<many>{_COUNT}|both|all|another|the other|the third){_OF} (?P<rest>{_PLACE}|{_ADJECTIVE})"
_NEXT = rf"(?:,? and |, |,? while |,? plus )(?=(?:{_COUNT}|another|the other|the third){_OF} )"
_SPLIT = re.compile(
    rf"(?:^(?:[A-Z][\w-]*|the (?:molecule|compound)) (?:has|contains|bears|carries|possesses|features) )?"
    r"(?<!\bof its )(?<!\bof the )"
    rf"\b(?P<total>{_COUNT}) (?P<noun>[a-z0-9][\w'=-]*(?: [a-z][\w'-]*){{0,2}}?)(?:,|:|;| \() ?"
    rf"(?P<shares>(?:{_COUNT}|both|all){_OF} (?:{_PLACE}|{_ADJECTIVE}(?:(?:,? and |, ).+?)?))(?=[.;)]|$)",
    re.IGNORECASE,
)
_ONE_SHARE = re.compile(_SHARE, re.IGNORECASE)
_PREPOSITION = re.compile(rf"^(?:is |are |being |sits? |lies? |directly )*(?P<on>{_ON}|outside) (?P<where>.+)$")
_TWO = re.compile(
    r"^(?:one|the first) (?:of the (?:two )?)?(?P<noun>[a-z][\w' -]{2,40}?) (?:of it )?"
    r"(?P<verb>bears|carries|has|holds|is bonded to|is attached to) (?P<one>[^,;]+?)"
    r"(?:[,;] (?:while |whereas |and |but )?| (?:while|whereas|and|but) )the (?:other|second)"
    r"(?: one(?= \w+s )| [a-z-]*ring| [a-z-]*nitrogen)?"
    r"(?: only| just)? (?:(?:bears|carries|has|holds|is bonded to|is attached to) )?(?P<other>[^,;]+?)(?=[.;]|$)",
    re.IGNORECASE,
)
_AT_ENDS = re.compile(r"\bends?\b", re.IGNORECASE)
_UNDECIDED = (Verdict.UNCHECKED, "it was not found that each of them is there")


def shares(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Check a number that is split by place or kind, and what each of two of a kind bears.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    sentence = text[slice(*place)]
    for found in _SPLIT.finditer(sentence):
        decided = _split(found, nouns)
        if decided is not None:
            yield Statement(place[0] + found.start(), place[0] + found.end(), *decided)
    for found in _TWO.finditer(sentence):
        decided = _two(found, nouns)
        if decided is not None:
            yield Statement(place[0] + found.start(), place[0] + found.end(), *decided)


def _split(found: re.Match[str], nouns: Nouns) -> tuple[Verdict, str] | None:
    total = number_of(found["total"]) or 0
    noun = found["noun"]
    places = nouns.anchors(noun)
    places = nouns.anchors(f"{noun} groups") if places is None else places
    parts = [_ONE_SHARE.fullmatch(part) for part in re.split(_NEXT, found["shares"], flags=re.IGNORECASE)]
    if not places or not all(parts) or _AT_ENDS.search(found["shares"]):
        return None
    read = [(part["many"].lower(), part["rest"].lower()) for part in parts if part is not None]
    ends = [re.search(r" to .+", rest) for _, rest in read if re.match(r"(?:ortho|meta|para)\b", rest)]
    if ends and ends[-1] is not None:  # "two ortho and one para to the methyl"
        read = [(many, rest if " to " in rest else rest + ends[-1][0]) for many, rest in read]
    left = total
    placed = all(_PREPOSITION.match(rest) for _, rest in read)
    for many, rest in read:
        said = total if many in ("both", "all") else 1 if many.startswith(("a", "the")) else number_of(many) or 0
        counted = _there(said, rest, places, nouns)
        if counted is None:
            return _UNDECIDED if placed else None  # degrees and the like are decided as clauses, too
        left -= counted
    whole = len(places) == total and left >= 0
    return (Verdict.SUPPORTED, "") if whole else _UNDECIDED


def _there(said: int, rest: str, places: Places, nouns: Nouns) -> int | None:
    """Count of how many places a share is true; None where it is not of so many as is said."""
    placed = _PREPOSITION.match(rest)
    if placed is None:
        truths = [_is_so(rest, place, nouns) for place in places]
        return said if None not in truths and sum(map(bool, truths)) == said else None
    where = re.sub(r"^(?:both|all) ", "", placed["where"])
    if re.fullmatch(r"(?:the same|one|a single) (?:carbon|atom|carbon atom)", where):
        around = [_around(place, nouns) for place in places]
        return said if any(sum(a in each for each in around) == said for a in set().union(*around)) else None
    each = re.match(r"(?:each|either)(?: of (?:the|its)(?: two| three)?)? (?P<noun>.+)", where)
    if each is not None:
        own = nouns.anchors(each["noun"])
        if not own or any(sum(_stands_at(p, (o,), nouns) for p in places) != said for o in own):
            return None
        return said * len(own)
    where = re.sub(r"^(?:the|an?|its|one) ", "", where)
    chain = re.fullmatch(r"(?:aliphatic |alkyl )?(?:side[ -]chain|chain|tail)", where)
    if chain is not None or placed["on"] == "outside":
        rings = [{a.GetIdx() for a in nouns.molecule.mol.GetAtoms() if a.IsInRing()}]
        at = [
            not (set(p) | (_around(p, nouns) if placed["on"] not in ("in", "outside") else set())) & rings[0]
            for p in places
        ]
        return said if sum(at) == said else None
    if re.fullmatch(r"(?:fused )?(?:ring system|rings)", where):
        inside = [all(nouns.molecule.mol.GetAtomWithIdx(a).IsInRing() for a in p) for p in places]
        return said if sum(inside) == said and placed["on"] != "outside" else None
    outside = where.startswith("exocyclic ")
    own = nouns.anchors(where.removeprefix("exocyclic "))
    if outside and own:
        own = tuple(o for o in own if not any(nouns.molecule.mol.GetAtomWithIdx(a).IsInRing() for a in o))
    if not own:
        return None
    return said if sum(_stands_at(p, own, nouns) for p in places) == said else None


def _is_so(rest: str, place: tuple[int, ...], nouns: Nouns) -> bool | None:
    text = re.sub(r"^(?:is|are) ", "", rest)
    found = is_so(text, place, nouns)
    return stands(text, [(place,)], nouns) if found is None else found


def _around(place: tuple[int, ...], nouns: Nouns) -> set[int]:
    mol = nouns.molecule.mol
    return {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)


def _stands_at(place: tuple[int, ...], own: Places, nouns: Nouns) -> bool:
    """Whether a group has atoms in one of some parts, or is bonded to one."""
    return any(set(place) & set(o) or touches(nouns.molecule.mol, place, o) for o in own)


def _two(found: re.Match[str], nouns: Nouns) -> tuple[Verdict, str] | None:
    """Decide "one ring bears two chlorines, the other one": of two places one bears the first, one the second."""
    places = nouns.anchors(found["noun"])
    items = [_item(found["one"]), _item(found["other"])]
    if not places or items[0] is None:
        return None
    elided = number_of(found["other"]) if found["other"].lower() != "none" else 0
    if elided is not None:
        items[1] = Item(items[0].noun, elided, elided, items[0].words)
    if items[1] is None:
        return None
    if len(places) != len(items):
        return _UNDECIDED
    ways = (places, places[::-1])
    known = [item for item in items if item is not None]
    return (Verdict.SUPPORTED, "") if any(_bear(way, known, nouns) for way in ways) else _UNDECIDED


def _item(words: str) -> Item | None:
    return item_of(tokens_of(words, (0, len(words))))


def _bear(places: Sequence[tuple[int, ...]], items: Sequence[Item], nouns: Nouns) -> bool:
    words = Words("bears", 0, 0)
    for place, item in zip(places, items, strict=True):
        clause = Clause((), Verb.BEARS, (item,), "", only=False, denied=False, words=words, said=words)
        if holds(clause, place, nouns)[0] is not True:
            return False
    return True
