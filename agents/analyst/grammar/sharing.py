"""Things of a kind of which each is said something else: "one is in the ring and the other bears a methyl group"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from molreflect.agents.analyst.grammar.behind import read_loosely
from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place, Predicate
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.placing import Said
from molreflect.agents.analyst.grammar.saying import related
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.subject import number_of

_MOST = 8
"""Most places that are shared out."""
_REST = frozenset(["other", "second", "third", "fourth", "fifth", "last", "remaining", "rest", "others"])
_JOINING = frozenset(["and", "while", "whereas", "but", "with", "whilst"])


@dataclass(frozen=True, slots=True)
class _Share:
    """So many of the places, and what is said of each of them, or of them together."""

    number: int | None
    """How many; None for all that are left."""
    said: Predicate
    is_rest: bool = False
    """Whether nothing is left behind it."""


def shared_out(s: Sentence, subject: Meaning, first: Predicate, k: int) -> Iterator[tuple[bool, int]]:
    """Read what is said of the others of a kind behind what is said of some of them.

    Args:
        s: The sentence.
        subject: The first ones.
        first: What is said of them.
        k: The index behind it.

    Yields:
        Whether the places can be shared out so; the index behind.
    """
    if subject.is_molecule or subject.given or len(subject.places) > _MOST:
        return
    if subject.many is not Many.EXACTLY and (subject.many is not Many.SOME or subject.is_plural):
        return
    number = subject.number if subject.many is Many.EXACTLY else 1
    for shares, end in _shares(s, subject, [_Share(number, first)], k):
        right = subject.of is None or subject.of == len(subject.places)
        yield right and _can_be_shared(subject.places, shares), end


def _shares(s: Sentence, subject: Meaning, before: list[_Share], k: int) -> Iterator[tuple[list[_Share], int]]:
    for number, is_rest, after in _others(s, subject, k):
        if not s.step():
            return
        for said, end in _said(s, before[0].said.relation, after):
            shares = [*before, _Share(number, said, is_rest)]
            yield shares, end
            if not is_rest or s.low(after - 1) in ("second", "third"):
                yield from _shares(s, subject, shares, end)


def _others(s: Sentence, subject: Meaning, k: int) -> Iterator[tuple[int | None, bool, int]]:
    """Read ", while the other two", "and another", "; the remaining nitrogen": how many, and whether none is left."""
    at = k + (s.low(k) in (",", ";"))
    at += s.low(at) in _JOINING
    if at == k:
        return
    number: int | None
    if s.low(at) == "another" or (s.low(at) == "one" and s.low(at + 1) != "of"):
        number, is_rest, after = 1, False, at + 1
    elif s.low(at) == "the" and s.low(at + 1) in _REST:
        word = s.low(at + 1)
        after = at + 2
        number = number_of(s.low(after))
        if number is not None:
            after += 1
        elif word not in ("others", "rest", "remaining", "other"):
            number = 1
        elif word == "other" and not s.low(after).endswith("s"):
            number = 1
        is_rest = True
    elif (counted := number_of(s.low(at))) and counted > 1:
        number, is_rest, after = counted, False, at + 1
    else:
        return
    yield number, is_rest, after
    after += s.low(after) in ("one", "ones")
    yield number, is_rest, after
    head = subject.noun.lower().split()[-1].removesuffix("s")
    for width in (1, 2, 3):
        if s.low(after + width - 1).removesuffix("s") == head:
            yield number, is_rest, after + width
            if s.low(after + width) in ("atom", "atoms", "group", "groups"):
                yield number, is_rest, after + width + 1


def _said(s: Sentence, relation: str, k: int) -> Said:
    yield from read_loosely(s, k)
    if relation:
        for objects, end in read_nouns(s, k):  # "and the other a chlorine"
            yield related(RELATIONS[relation], objects, s, relation), end


def _can_be_shared(places: Sequence[Place], shares: Sequence[_Share]) -> bool:
    """Whether places can be shared out so that each share is what is said of it."""
    if not shares:
        return True
    share, *others = shares
    number = len(places) if share.number is None else share.number
    if number < 1 or number > len(places) or (share.is_rest and not others and number != len(places)):
        return False
    for some in combinations(places, number):
        if _holds(share.said, some) and _can_be_shared([p for p in places if p not in some], others):
            return True
    return False


def _holds(said: Predicate, places: Sequence[Place]) -> bool:
    if said.of_each is not None and all(map(said.of_each, places)):
        return True
    return said.of_all is not None and len(places) > 1 and said.of_all(places)
