"""What a noun phrase means, and whether a relation holds between a place and so many of what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice, product

from molreflect.agents.analyst.predications.composed.relations import RELATIONS, Place
from molreflect.agents.analyst.predications.subject import Quantity
from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule


@dataclass(frozen=True, slots=True)
class Chain:
    """A row of atoms that is said by its length: "two CH2 groups", "a three-carbon chain", "four bonds"."""

    number: int
    kind: str
    """`methylene`, `carbon`, `atom` or `bond`."""
    at: frozenset[int] = frozenset()
    """Atoms that are given for it."""


@dataclass(frozen=True, slots=True)
class Meant:
    """What a noun phrase means."""

    places: Places
    quantity: Quantity
    end: int
    """The word behind it."""
    number: int | None = None
    """How many, for `EXACTLY`."""
    of: int | None = None
    """How many there are said to be."""
    is_plural: bool = False
    is_whole: bool = False
    """Whether it is the molecule."""
    is_index: bool = False
    """Whether it names atoms by their index."""
    is_bare: bool = False
    """Whether it has no article and no number."""
    hydrogens: bool = False
    chain: Chain | None = None
    parts: tuple[Meant, ...] = ()
    """The phrases of a list."""
    mutual: str = ""
    """A relation that all of them have to each other: "neighbouring ring carbons"."""
    noun: str = ""
    modified: bool = False
    """Whether something behind the noun restricts it."""

    def each(self) -> tuple[Meant, ...]:
        """The phrases of a list; itself where it is none."""
        return self.parts or (self,)


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb phrase says of one place, of several together, or both."""

    end: int
    holds: Callable[[Place], bool] | None = None
    together: Callable[[Places], bool] | None = None
    relation: str = ""
    """For what leaves its verb out: "one carries chlorine and the other fluorine"."""
    other: Meant | None = None
    """What it is said to stand so to."""


def relates(molecule: Molecule, relation: str, place: Place, said: Meant) -> bool:
    """Whether a place stands so to as many of what a phrase means as it says."""
    if said.parts:
        taken: set[int] = set()
        for part in said.parts:
            if not _relates(molecule, relation, place, part, said.parts):
                return False
            taken |= {a for p in part.places for a in p}
        return _are_distinct(molecule, relation, place, said.parts)
    return _relates(molecule, relation, place, said, ())


_HYDROGENS = ("hydrogen", "hydrogens", "proton", "protons", "H")


def _is_hydrogen(said: Meant) -> bool:
    """Whether "the acidic hydrogen" is meant; its place is the atom that bears it."""
    return said.noun.split()[-1:] != [] and said.noun.split()[-1] in _HYDROGENS


def _hits(molecule: Molecule, relation: str, place: Place, said: Meant) -> Places:
    if _is_hydrogen(said):
        return tuple(other for other in said.places if set(other) == set(place))
    holds = RELATIONS[relation]
    return tuple(other for other in said.places if set(other) != set(place) and holds(molecule, place, other))


def _relates(molecule: Molecule, relation: str, place: Place, said: Meant, listed: Sequence[Meant]) -> bool:
    if said.is_whole:
        return relation in ("of", "inside")
    if said.hydrogens:
        return relation in ("bears", "bonded", "single") and _has_hydrogens(molecule, place, said)
    if said.chain is not None:
        return False
    hits = _hits(molecule, relation, place, said)
    if said.mutual and not are_mutual(molecule, said.mutual, hits):
        return False
    others = {a for part in listed if part is not said for p in part.places for a in p}
    rest = [p for p in hits if not set(p) & others] if others else list(hits)
    if said.quantity is Quantity.SOME and relation != "contains":
        return bool(hits)  # "both nitrogens are in rings": each in one
    return counts(said, len(hits)) or (bool(others) and said.quantity is Quantity.EXACTLY and counts(said, len(rest)))


def counts(said: Meant, true: int) -> bool:
    """Whether so many places are as many as a phrase speaks of."""
    if said.quantity is Quantity.EXACTLY:
        return true == said.number and said.of in (None, len(said.places))
    if said.quantity is Quantity.NONE:
        return true == 0
    if said.quantity is Quantity.ALL:
        if said.of is not None:
            return true == said.of
        return true > 0 and true == len(said.places)
    return true > (1 if said.is_plural and said.quantity is Quantity.SOME else 0)


def _has_hydrogens(molecule: Molecule, place: Place, said: Meant) -> bool:
    there = sum(int(molecule.mol.GetAtomWithIdx(a).GetTotalNumHs(True)) for a in place)
    if said.quantity is Quantity.EXACTLY:
        return there == said.number
    if said.quantity is Quantity.NONE:
        return there == 0
    if said.is_plural:
        return there > 1
    return there == 1 if len(place) == 1 else there > 0


def _are_distinct(molecule: Molecule, relation: str, place: Place, parts: Sequence[Meant]) -> bool:
    """Whether each thing of a list can be another place: "a methyl group and a CH3" are two."""
    left: list[set[int]] = []
    for part in sorted(parts, key=lambda p: len(p.places)):
        if part.hydrogens or part.is_whole or part.quantity is Quantity.NONE:
            continue
        hits = [set(p) for p in _hits(molecule, relation, place, part)]
        free = [p for p in hits if p not in left]
        needed = part.number if part.quantity is Quantity.EXACTLY else 1
        if len(free) < (needed or 0):
            return False
        left += free[: needed or 1]
    return True


def are_mutual(molecule: Molecule, relation: str, places: Places) -> bool:
    """Whether places form a row in which each stands so to another."""
    if len(places) < 2:
        return False
    holds = RELATIONS[relation]
    return all(any(holds(molecule, p, q) for q in places if q != p) for p in places)


def of_subject(said: Meant, predicate: Said, molecule: Molecule) -> bool | None:
    """Decide what a verb phrase says of a phrase; None where it can say nothing of it."""
    if said.parts and predicate.holds is None:
        if predicate.together is None:
            return None
        right = all(part.of in (None, len(part.places)) for part in said.parts)
        return right and any(predicate.together(every) for every in _choices(said.parts))
    if said.parts:
        assert predicate.holds is not None
        if all(of_subject(part, replace(predicate, together=None), molecule) for part in said.parts):
            return True
        if predicate.together is None:
            return False
        return any(predicate.together(every) for every in _choices(said.parts))
    if said.is_whole or said.chain is not None or said.hydrogens:
        return None
    if _is_hydrogen(said):
        if predicate.other is None or predicate.relation not in ("bonded", "at", "single"):
            return None
        own = {p for p in said.places if any(set(p) == set(q) for q in predicate.other.places)}
        return bool(own) and len(own) == len(said.places)
    if predicate.holds is not None:
        true = sum(map(predicate.holds, said.places))
        if said.quantity is Quantity.THE:
            if said.places and true == len(said.places):
                return True
            if true and not said.is_plural:
                return None  # which of them is meant is not said
        elif counts(said, true) and (said.quantity is not Quantity.ALL or true == len(said.places)):
            return True
    if predicate.together is None or not said.is_plural:
        return False
    return _together(said, predicate.together)


_MOST_CHOICES = 16


def _choices(parts: Sequence[Meant]) -> Iterator[Places]:
    """The places of a list: of "the ring" that is there several times, each in turn."""
    own = [[(p,) for p in part.places] if part.quantity is Quantity.THE else [part.places] for part in parts]
    for row in islice(product(*own), _MOST_CHOICES):
        every = tuple(place for places in row for place in places)
        if every:
            yield every


def _together(said: Meant, holds: Callable[[Places], bool]) -> bool:
    if said.quantity is Quantity.EXACTLY and said.number is not None:
        if said.of not in (None, len(said.places)) or len(said.places) > 10:
            return False
        more = said.number + 1  # "two of the three on one carbon" says that the third is not
        if more <= len(said.places) and any(holds(some) for some in combinations(said.places, more)):
            return False
        return any(holds(some) for some in combinations(said.places, said.number))
    if said.of not in (None, len(said.places)):
        return False
    return len(said.places) > 1 and holds(said.places)
