"""Things of a kind of which each is said something else: "one is in the ring and the other bears a methyl group"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from rdkit import Chem

from molreflect.agents.analyst.grammar.adjectives import adjective
from molreflect.agents.analyst.grammar.behind import read_loosely
from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Place, Predicate
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.placing import Said
from molreflect.agents.analyst.grammar.saying import all_of, related
from molreflect.agents.analyst.grammar.tokens import Sentence, atoms_at
from molreflect.agents.analyst.grammar.verbs import read_being, read_said
from molreflect.agents.analyst.predications.subject import number_of

_MOST = 8
"""Most places that are shared out."""
_REST = frozenset(["other", "second", "third", "fourth", "fifth", "last", "remaining", "rest", "others"])
_COMING_FROM = (("from",), ("of",), ("coming", "from"), ("belonging", "to"), ("due", "to"), ("contributed", "by"))
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


def shared_among(s: Sentence, things: Meaning, k: int) -> Iterator[tuple[bool, int]]:
    """Read a list behind several things that says of each what it is: ": one phenolic, one primary and one secondary".

    Args:
        s: The sentence.
        things: What is shared out.
        k: The index of the mark before the list.

    Yields:
        Whether each of them is what is said; the index behind.
    """
    marks = (":", ",", ";", "(")
    if s.low(k) not in marks or things.is_molecule or not 1 < len(things.places) <= _MOST:
        return
    at = k + 1 + (s.low(k + 1) in ("namely", "with", "of", "where", "while", "i.e", "specifically"))
    number = number_of(s.low(at))
    if not number or s.low(at + 1) == "of":
        return
    if s.low(at + 1) in ("in", "on") and s.low(at + 2) == "each" and s.low(at + 3) in ("half", "side", "arm"):
        ranks = list(Chem.CanonicalRankAtoms(s.mol, breakTies=False))
        alike = len({tuple(sorted(ranks[a] for a in p)) for p in things.places}) == 1
        yield alike and len(things.places) == 2 * number, at + 4 + 3 * s.starts(at + 4, ("of", "the", "molecule"))
    if s.low(at + 1) in ("in", "on", "at", "to", "of", "from") and s.low(at + 2) in ("each", "either", "every"):
        for bearer, end in read_nouns(s, at + 3, whole_list=False):
            yield _each_has(number, things, bearer[0], s), end
    for said, end in _said(s, "", at + 1):
        first = _Share(number, said)
        for shares, last in ([first], end), *_shares(s, things, [first], end):
            closes = s.low(k) == "(" and s.low(last) == ")"
            counted = [share.number for share in shares]
            whole = None in counted or sum(n or 0 for n in counted) == len(things.places)
            apiece = s.low(at + 2) in ("each", "either", "both")
            if len(shares) == 1 and number < len(things.places) and said.of_each is not None and not apiece:
                yield sum(map(said.of_each, things.places)) == number, last + closes  # ", one doubly bonded to it"
            elif len(shares) > 1 or number == len(things.places):
                yield whole and _can_be_shared(things.places, shares), last + closes


def _each_has(number: int, things: Meaning, bearer: Meaning, s: Sentence) -> bool:
    """Whether things are shared out evenly: "two methoxy groups, one on each ring"."""
    if bearer.is_molecule or not bearer.places or len(things.places) != number * len(bearer.places):
        return False
    held = [
        sum(any(RELATIONS[way](thing, place, s.mol) for way in ("attached", "within")) for thing in things.places)
        for place in bearer.whole
    ]
    return all(count == number for count in held)


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
    for said, end in read_all_said(s, k):
        yield said, end
        yield from _with_atoms(s, said, end)
    for words in _COMING_FROM:
        if s.starts(k, words) and s.low(k + len(words)) not in ("which", "them", "these", "those"):
            for objects, end in read_nouns(s, k + len(words), whole_list=False):
                yield related(RELATIONS["within"], objects, s, "within"), end
    if s.low(k) in RELATIONS and s.low(k + 1) in (",", "and"):
        yield Predicate(None, relation=s.low(k)), k + 1  # "two ortho and one para to the methyl group"
    if s.low(k) == "as":
        for said, end in read_being(s, k + 1):
            if said.of_each is not None:
                yield said, end
                yield from _with_atoms(s, said, end)
    for holds, end in _adjectives(s, k):
        yield Predicate(holds), end
        yield from _with_atoms(s, Predicate(holds), end)
    if relation:
        for objects, end in read_nouns(s, k + (s.low(k) in ("to", "with", "by"))):  # "and the other a chlorine"
            yield related(RELATIONS[relation], objects, s, relation), end


def read_all_said(s: Sentence, k: int) -> Said:
    """Read what is said of one of several, in one verb phrase or two: "sits in the ring and carries a methyl group"."""
    for said, end in read_loosely(s, k):
        yield said, end
        first = said.of_each
        if first is None or s.low(end) != "and":
            continue
        for more, last in read_said(s, end + 1):
            if more.of_each is not None:
                yield Predicate(all_of(first, more.of_each), relation=more.relation, objects=more.objects), last


def _adjectives(s: Sentence, k: int) -> Iterator[tuple[Callable[[Place], bool], int]]:
    """Read adjectives in a row: "primary benzylic"."""
    holds = adjective(s.low(k), s) if k < len(s.tokens) else None
    if holds is not None:
        yield holds, k + 1
        for more, end in _adjectives(s, k + 1):
            yield all_of(holds, more), end


def _with_atoms(s: Sentence, said: Predicate, k: int) -> Said:
    """Read the atoms of what something is said of: "one phenolic (O11)", "one, atom 5, is aromatic"."""
    at = k + (s.low(k) in ("(", ",", "at"))
    atoms, end = atoms_at(s, at, lone=at > k) if at < len(s.tokens) else ((), k)
    holds = said.of_each
    if not atoms or holds is None:
        return
    closes = s.low(k) == "(" and s.low(end) == ")"
    if s.low(k) != "(" or closes:
        yield replace(said, of_each=all_of(holds, lambda place: set(atoms) <= set(place))), end + closes


def _can_be_shared(places: Sequence[Place], shares: Sequence[_Share]) -> bool:
    """Whether places can be shared out so that each share is what is said of it."""
    return _fit(places, _with_objects(shares))


def _with_objects(shares: Sequence[_Share]) -> list[_Share]:
    """Let a bare "ortho" be said of what the last share speaks of."""
    last = shares[-1].said
    done = []
    for share in shares:
        bare = share.said.relation if share.said.of_each is None and share.said.of_all is None else ""
        if bare and last.among is not None:
            share = replace(share, said=last.among(bare))
        done.append(share)
    return done


def _fit(places: Sequence[Place], shares: Sequence[_Share]) -> bool:
    if not shares:
        return True
    share, *others = shares
    number = len(places) if share.number is None else share.number
    if number < 1 or number > len(places) or (share.is_rest and not others and number != len(places)):
        return False
    for some in combinations(places, number):
        if _holds(share.said, some) and _fit([p for p in places if p not in some], others):
            return True
    return False


def _holds(said: Predicate, places: Sequence[Place]) -> bool:
    if said.of_each is not None and all(map(said.of_each, places)):
        return True
    return said.of_all is not None and len(places) > 1 and said.of_all(places)
