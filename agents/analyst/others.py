"""The other ones of a kind, after some were told: "where is the chlorine? - and the other halogen?"."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from molreflect.agents.analyst.context import Spoken
from molreflect.agents.analyst.dialogue import Call, Result, Talk
from molreflect.agents.analyst.question import Intent

_OTHER = frozenset(["other", "others", "remaining", "rest", "another", "else"])
_TELLING = frozenset([Intent.WHERE, Intent.COUNT, Intent.HAS, Intent.BESIDE, Intent.DESCRIBED, Intent.DRAW])
MOST = 8
"""Groups of earlier answers that are compared."""


def asks_for_others(talk: Talk, words: str) -> bool:
    """Whether a question asks for those of a group that were not told yet."""
    chunk = next((c for c in talk.question.sentence.chunks if c.text == words), None)
    return chunk is not None and chunk.before in _OTHER


def without_told(
    talk: Talk, spoken: Spoken, words: str, found: dict[str, Any]
) -> Generator[Call, Result, dict[str, Any]]:
    """Leave out the places that earlier answers told under another name.

    Args:
        talk: The question and what was spoken of.
        spoken: The molecule.
        words: The group that is asked for.
        found: Where it is, as `locate_groups` says.

    Returns:
        The same with the places that are left; unchanged where none was told, or where all were.
    """
    told_of = [turn for turn in talk.context.turns if turn.intent in _TELLING]
    turns = [turn for turn in told_of if any(m.smiles == spoken.smiles for m in turn.molecules)]
    earlier = dict.fromkeys(group for turn in reversed(turns) for group in turn.groups if group != words)
    if not earlier:
        return found
    result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(earlier)[:MOST]})
    if result.error:
        return found
    places = [tuple(place) for place in found["atoms"]]
    told: set[tuple[int, ...]] = set()
    for each in result.value["groups"].values():
        atoms = {atom for place in each.get("atoms", ()) for atom in place}
        held = {place for place in places if set(place) <= atoms}
        if held != set(places):  # a wider kind, as the halogens that were counted, tells none of them apart
            told |= held
    left = [list(place) for place in places if place not in told]
    if not told or not left:
        return found
    bound = [b for place, b in zip(places, found["bound_to"], strict=True) if place not in told]
    return found | {"atoms": left, "bound_to": bound, "count": len(left), "name": f"other {found['name']}"}
