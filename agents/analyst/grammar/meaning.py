"""What the parts of a statement mean in one molecule: places, how many are spoken of, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations

from molreflect.tools.facts.parts import Places

Place = tuple[int, ...]
MAX_PLACES = 24
"""Most places of one noun phrase."""
_MOST_TOGETHER = 6


class Many(StrEnum):
    """How many of its places a noun phrase speaks of."""

    SOME = "some"
    """At least one: "a hydroxyl group", "hydroxyl groups"."""
    THE = "the"
    """The one there is, or the one that is spoken of."""
    EXACTLY = "exactly"
    """As many as its number says."""
    LEAST = "least"
    """Its number or more."""
    MOST = "most"
    """Its number or fewer."""
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a noun phrase means in the molecule."""

    noun: str
    """Its head, as written."""
    places: Places
    """Every place that the description fits, by the atoms that bear what is said of it."""
    whole: Places
    """The same places, with all of their atoms."""
    many: Many = Many.SOME
    number: int = 1
    is_molecule: bool = False
    given: frozenset[int] = frozenset()
    """Atoms of a phrase that is indices alone: "atoms 3 and 4"."""
    is_plural: bool = False
    of: int | None = None
    """How many there are in all, where that is said: "both", "the two"."""

    only_counts: bool = False
    """Whether it is no thing but how many a part bears in all, behind which they are listed."""
    mentions: tuple[Meaning, ...] = ()
    """Parts that what stands behind it speaks of: the ester of "the ring para to the ester"."""
    then: tuple[Callable[[Sequence[Place]], bool], ...] = ()
    """What must hold of those places of it that are found: ", both ortho to the ether"."""

    def kept(self, holds: Callable[[Place], bool], *, by_whole: bool = False) -> Meaning:
        """Leave the places of which something holds."""
        whole = self.whole if by_whole else self.places
        every = zip(self.places, self.whole, whole, strict=True)
        pairs = [(p, w) for p, w, asked in every if holds(p) or (asked != p and holds(asked))]
        return replace(self, places=tuple(p for p, _ in pairs), whole=tuple(w for _, w in pairs))

    def kept_together(self, holds: Callable[[Sequence[Place]], bool]) -> Meaning:
        """Leave as many places as are spoken of, of which something holds together; none where there are none."""
        many = self.number if self.many is Many.EXACTLY else len(self.places)
        if not 1 < many <= len(self.places) <= 2 * _MOST_TOGETHER:
            return replace(self, places=(), whole=())
        some = so_many(self.places, many, holds)
        return replace(self, places=some, whole=some)


@dataclass(frozen=True, slots=True)
class Predicate:
    """What is said of something."""

    of_each: Callable[[Place], bool] | None
    """Whether it holds of one place; None where it can only be said of several together."""
    of_all: Callable[[Sequence[Place]], bool] | None = None
    """Whether it holds of several places together."""
    of_molecule: Callable[[], bool] | None = None
    """Whether it holds of the molecule."""
    by_whole: bool = False
    """Whether it may be asked of all atoms of a place, not only of those that bear what is said of it."""
    objects: tuple[Meaning, ...] = ()
    """The things it speaks of, for "it" behind it."""
    among: Callable[[str], Predicate] | None = None
    """Says that another relation holds to the same things: "two ortho and one para to the methyl group"."""
    relation: str = ""
    """The name of the relation that its verb states, for a clause behind it that leaves the verb out."""


def counts_right(meaning: Meaning, places: Sequence[Place]) -> bool:
    """Whether the places that are found of a thing are as many as a phrase speaks of, and what it says behind holds."""
    found = len(places)
    if not all(holds(places) for holds in meaning.then):
        return False
    if meaning.of is not None and len(meaning.places) != meaning.of:
        return False
    if meaning.many is Many.NONE:
        return found == 0
    if meaning.many is Many.EXACTLY:
        return found == meaning.number
    if meaning.many is Many.LEAST:
        return found >= meaning.number
    if meaning.many is Many.MOST:
        return 0 < found <= meaning.number
    if meaning.many is Many.ALL:
        return found == len(meaning.places) > 0
    return found > 0


def holds_of(subject: Meaning, predicate: Predicate) -> bool:
    """Whether what is said holds of as many places of its subject as is said."""
    if subject.is_molecule:
        return predicate.of_molecule is not None and predicate.of_molecule()
    places = subject.places
    if (not places and subject.many is not Many.NONE) or (subject.of is not None and len(places) != subject.of):
        return False
    if (of_each := predicate.of_each) is not None:
        whole = subject.whole if predicate.by_whole else places
        true = sum(of_each(p) or (w != p and of_each(w)) for p, w in zip(places, whole, strict=True))
        if subject.many is Many.NONE:
            return true == 0
        if subject.many is Many.EXACTLY:
            each = true == subject.number
        elif subject.many is Many.LEAST:
            each = true >= subject.number
        elif subject.many is Many.MOST:
            each = 0 < true <= subject.number
        elif subject.many in (Many.ALL, Many.THE):
            each = true == len(places)
        else:
            each = true > (1 if subject.is_plural else 0)
        if each:
            return True
    return predicate.of_all is not None and _together(subject, predicate.of_all)


def _together(subject: Meaning, holds: Callable[[Sequence[Place]], bool]) -> bool:
    """Whether something holds of several places together: of all, or of so many of them."""
    places = subject.places
    if subject.many is Many.NONE or len(places) > 2 * _MOST_TOGETHER:
        return False
    if subject.many is Many.EXACTLY:
        return subject.number > 1 and bool(so_many(places, subject.number, holds))
    if subject.many is Many.SOME and subject.is_plural:
        return any(holds(pair) for pair in combinations(places, 2))
    return len(places) > 1 and holds(places)


def so_many(places: Places, number: int, holds: Callable[[Sequence[Place]], bool]) -> Places:
    """Find so many places of which something holds together, where it holds of no more of them; none otherwise."""
    if any(holds(more) for more in combinations(places, number + 1)):
        return ()
    return next((some for some in combinations(places, number) if holds(some)), ())


def joined(meanings: Sequence[Meaning]) -> Meaning:
    """Make one subject of a list: "the chlorine and the sulfonamide"."""
    if len(meanings) == 1:
        return meanings[0]
    there = meanings if all(m.places for m in meanings) else ()
    places = tuple(p for m in there for p in m.places)
    whole = tuple(w for m in there for w in m.whole)
    given = frozenset().union(*(m.given for m in meanings)) if all(m.given for m in meanings) else frozenset()
    return Meaning(" and ".join(m.noun for m in meanings), places, whole, Many.ALL, given=given, is_plural=True)


def there_are(things: Sequence[Meaning]) -> bool:
    """Whether there are as many of each thing as is said."""
    for each in things:
        if each.only_counts:
            continue
        found = len(each.places)
        if each.many is not Many.NONE and not found:
            return False
        exact = each.many in (Many.EXACTLY, Many.NONE, Many.LEAST, Many.MOST)
        if exact and not counts_right(each, each.places):
            return False
        if not all(holds(each.places) for holds in each.then) or (each.of is not None and found != each.of):
            return False
    return True
