"""What is said of some of the things before: "both on the same carbon", "one aromatic", "each with a ring"."""

from __future__ import annotations

import re

from molreflect.agents.analyst.predications.places import Nouns, touches
from molreflect.agents.analyst.predications.sentences.noun_phrases import has_all, resolved
from molreflect.agents.analyst.predications.sentences.of_places import ON, is_so_of_place
from molreflect.agents.analyst.predications.sentences.state import HAVE, State
from molreflect.agents.analyst.predications.standing import stands
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.parts import ELEMENTS, Places

_PART = re.compile(
    r"(?P<many>both|all|each|one|two|three|four|five|six|the other(?: one| two)?|the others|none)"
    r"(?: of (?:them|these|those))? (?P<rest>.+)"
)


def of_share(chunk: str, state: State) -> bool | None:
    """Decide what is said of some of the things before: "both on the same carbon", "one aromatic", "each with a ring".

    None where it is not understood.
    """
    read = _PART.fullmatch(chunk)
    if read is None or not state.mentioned:
        return None
    rest = read["rest"]
    if (
        state.verb in HAVE
        and state.pool
        and read["many"] in ("the other", "the other one")
        and re.match(r"(?:an?|one|two|three|\d) ", rest)
    ):
        first: Places = state.subject or ()
        left = [p for p in state.pool if p not in first]  # "one ring has a methyl group and the other a fluorine"
        return has_all([rest], left[0], state.nouns) if len(left) == 1 else None
    places = state.mentioned[-1]
    if not places:
        return False
    many = read["many"]
    if (spread := _SPREAD.fullmatch(chunk)) is not None:
        own = resolved(spread["noun"], state.nouns)
        said = number_of(spread["many"])
        return None if not own else all(sum(_is_at(p, o, state.nouns) for p in places) == said for o in own)
    if many in ("both", "all", "each", "none"):
        if many == "both" and len(places) != 2:
            return False
        truths = [holds(rest, p, state) for p in places]
        truths = _of_degrees(rest, truths)
        if (borne := _of_hydrogens(rest, places, state)) is not None:
            return borne
        if None in truths:
            together = stands(rest, [places], state.nouns) if len(places) > 1 and many in ("both", "all") else None
            return together if many != "none" else None
        return not any(truths) if many == "none" else all(truths)
    if (at := ON.fullmatch(rest)) is not None and state.last and state.last[-1][0].startswith(("hydrogen", "proton")):
        own = resolved(at["noun"], state.nouns)
        return None if own is None else sum(p in own for p in places) == number_of(many)
    if (same := _ON_ONE.fullmatch(rest)) is not None:
        around = [_around(p, state.nouns, same["atom"]) for p in places]
        return any(sum(a in each for each in around) == number_of(many) for a in set().union(*around))
    pool = state.left if state.left else places
    truths = [holds(rest, p, state) for p in (places if not many.startswith("the other") else pool)]
    truths = _of_degrees(rest, truths)
    if None in truths:
        return None
    there = [p for p, truth in zip(places if not many.startswith("the other") else pool, truths, strict=True) if truth]
    said = len(pool) if many.startswith("the other") else number_of(many)
    if many in ("the other", "the other one") and len(pool) != 1:
        return False
    state.left = tuple(p for p in pool if p not in there)
    state.listed += len(there)
    return len(there) == said


_ON_ONE = re.compile(
    r"(?:on|at|attached to|bonded to) (?:one|the same|a single) (?P<atom>carbon|nitrogen|oxygen|sulfur|atom)(?: atom)?"
)


def _around(place: tuple[int, ...], nouns: Nouns, atom: str) -> set[int]:
    """The atoms, of an element, that a place hangs on."""
    mol = nouns.molecule.mol
    symbol = ELEMENTS.get(atom)
    near = {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)
    return {a for a in near if symbol is None or mol.GetAtomWithIdx(a).GetSymbol() == symbol}


_SPREAD = re.compile(r"(?P<many>one|two|three) (?:on|at|in|to) each (?:of (?:the|its) )?(?P<noun>.+)")


def _is_at(place: tuple[int, ...], other: tuple[int, ...], nouns: Nouns) -> bool:
    return bool(set(place) & set(other)) or touches(nouns.molecule.mol, place, other)


def _of_degrees(rest: str, truths: list[bool | None]) -> list[bool | None]:
    """Take what has no degree for none of that degree, where others have one: a phenol beside a primary alcohol."""
    if rest in DEGREES and any(truth is not None for truth in truths):
        return [truth is True for truth in truths]
    return truths


def _of_hydrogens(rest: str, places: Places, state: State) -> bool | None:
    """Decide "all on nitrogen" of hydrogens, whose places are the atoms that bear them; None of anything else."""
    if not state.last or not state.last[-1][0].startswith(("hydrogen", "proton")):
        return None
    at = ON.fullmatch(rest)
    own = resolved(at["noun"], state.nouns) if at is not None else None
    return None if own is None else set(places) <= set(own)


def holds(rest: str, place: tuple[int, ...], state: State) -> bool | None:
    """Decide what is said of one place."""
    nouns = state.nouns
    negated = rest.startswith("not ")
    words = rest.removeprefix("not ").removeprefix("is ").removeprefix("are ")
    truth = is_so_of_place(words, place, nouns)
    truth = stands(words, [(place,)], nouns) if truth is None else truth
    if truth is None and state.last and " " not in words:
        truth = _is_named(words, place, state.last[-1][0], nouns)
    return truth if truth is None or not negated else not truth


def _is_named(word: str, place: tuple[int, ...], noun: str, nouns: Nouns) -> bool | None:
    """Decide "one ethyl" of two ester groups: one of them is an ethyl ester."""
    kind = re.sub(r"(?: groups?)?$", "", noun).removesuffix("s")
    own = resolved(f"{word} {kind}", nouns)
    if not own:
        return None
    return any(len(set(place) & set(o)) >= min(2, len(place)) for o in own)
