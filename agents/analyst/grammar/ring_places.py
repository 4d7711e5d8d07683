"""What is said of rings: where they bear something, and which atoms they share."""

from __future__ import annotations

from collections.abc import Sequence

from molreflect.agents.analyst.grammar.meaning import Meaning, Place, Predicate, counts_right
from molreflect.agents.analyst.grammar.relations import attached, rings_of
from molreflect.agents.analyst.grammar.saying import drawn
from molreflect.agents.analyst.grammar.tokens import Sentence


def fused_across(other: Meaning, shared: Sequence[Meaning], s: Sentence) -> Predicate:
    """Say of a ring that the atoms it shares with another one are just those that are given."""
    given = {a for each in shared for a in (each.given or {a for p in each.places for a in p})}
    bond = len(shared) == 1 and "bond" in shared[0].noun

    def of_each(place: Place) -> bool:
        pairs = ((a, b) for a in rings_of(place, s.mol) for q in drawn(other) for b in rings_of(q, s.mol) if a != b)
        found = [a & b for a, b in pairs if len(a & b) > 1]
        if bond:
            return any(set(p) == both for p in shared[0].places for both in found)
        return any(both == given for both in found)

    return Predicate(of_each)


def at_positions(part: Meaning, positions: Meaning, s: Sentence) -> Predicate:
    """Say of a ring that as many of some positions as are spoken of bear a part, all of which are its own."""

    def of_each(place: Place) -> bool:
        own = [p for p in positions.places if set(p) <= set(place)]
        bearing = [p for p in own if any(attached(q, p, s.mol) for q in part.places)]
        return bool(own) and len(own) == len(positions.places) and counts_right(positions, bearing)

    return Predicate(of_each)
