"""Where two groups of a caption stand to each other on a ring: "a hydroxy group and, para to it, a nitro group"."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any

from molreflect.agents.analyst.context import Spoken
from molreflect.agents.analyst.dialogue import Call, Result
from molreflect.agents.analyst.openings import NUMBERS, number_of

_PARTED_NUMBER = re.compile(
    rf"\b(?P<number>{'|'.join(NUMBERS)}|\d{{1,2}}) "
    r"(?:fused|condensed|annulated|linked|connected|joined|separate|isolated|distinct|adjacent|identical) ",
    re.IGNORECASE,
)
_THERE = re.compile(r"\b(?:has|are|is) (\d+)\b")
_PLACE = re.compile(r"\b(?P<place>ortho|meta|para)\b(?!-)", re.IGNORECASE)


def with_places(spoken: Spoken, caption: str, value: dict[str, Any]) -> Generator[Call, Result, dict[str, Any]]:
    """Add a claim for an ortho, meta or para of a caption that no claim of it speaks of.

    Args:
        spoken: The molecule.
        caption: What is said of it.
        value: What `check_text` answered.

    Returns:
        The same with a claim more: supported or refuted where two groups and one such word are told, else unchecked.
    """
    said = {match["place"].casefold() for match in _PLACE.finditer(caption)}
    said = {place for place in said if not any(place in claim["phrase"].casefold() for claim in value["claims"])}
    if not said:
        return value
    claims = []
    for place in sorted(said):
        claims.append((yield from _judged(spoken, place, caption, value["claims"])))
    return value | {"claims": [*value["claims"], *claims]}


def _plain(text: str) -> str:
    return _PARTED_NUMBER.sub(lambda found: f"{found['number']} ", text)


def _too_many(claim: dict[str, Any]) -> bool:
    """Whether a refuted claim states more than are there; of fewer, some may not be fused."""
    stated = number_of(claim["phrase"].split()[0])
    there = _THERE.search(claim["why"])
    return stated is not None and there is not None and stated > int(there[1])


def with_numbers(spoken: Spoken, caption: str, value: dict[str, Any]) -> Generator[Call, Result, dict[str, Any]]:
    """Compare numbers that a word parts from what they count, too: "three fused benzene rings".

    Args:
        spoken: The molecule.
        caption: What is said of it.
        value: What `check_text` answered, for which the word stands between the number and the phrase.

    Returns:
        The same, with what is refuted of the caption without that word.
    """
    plain = _plain(caption)
    if plain == caption:
        return value
    again = yield Call("check_text", {"smiles": spoken.smiles, "text": plain})
    if again.error:
        return value
    known = {_plain(claim["phrase"]) for claim in value["claims"] if claim["verdict"] == "refuted"}
    wrong = [
        c for c in again.value["claims"] if c["verdict"] == "refuted" and c["phrase"] not in known and _too_many(c)
    ]
    told = {claim["phrase"] for claim in wrong}
    kept = [c for c in value["claims"] if not any(c["phrase"] in phrase for phrase in told)]
    return value | {"claims": [*kept, *wrong]}


def _around(place: str, caption: str, phrases: list[str]) -> list[str]:
    """The last group that is named before a place and the first behind it."""
    low = caption.casefold()
    at = low.find(place)
    before = [(low.rfind(phrase.casefold(), 0, at), phrase) for phrase in phrases]
    behind = [(low.find(phrase.casefold(), at), phrase) for phrase in phrases]
    one = max((each for each in before if each[0] >= 0), default=None)
    two = min((each for each in behind if each[0] >= 0), default=None)
    return [one[1], two[1]] if one and two and one[1] != two[1] and low.count(place) == 1 else []


def _judged(
    spoken: Spoken, place: str, caption: str, claims: list[dict[str, Any]]
) -> Generator[Call, Result, dict[str, Any]]:
    left = {"phrase": place, "verdict": "unchecked", "why": "which groups it speaks of was not read", "atoms": []}
    phrases = [claim["phrase"] for claim in claims if claim["verdict"] == "supported" and claim["atoms"]]
    groups = _around(place, caption, [p for p in dict.fromkeys(phrases) if "ring" not in p and "benzene" not in p])
    if len(groups) != 2:
        return left
    rings = yield Call("describe_substitution", {"smiles": spoken.smiles})
    located = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": groups})
    if rings.error or located.error or any(each.get("why_not") for each in located.value["groups"].values()):
        return left
    found = [located.value["groups"][words] for words in groups]
    reach = [{a for key in ("atoms", "bound_to") for p in each[key] for a in p} for each in found]
    pairs = [
        (a, b, word)
        for ring in rings.value["rings"]
        for a, b, word in ring["pairs"]
        if (a in reach[0] and b in reach[1]) or (b in reach[0] and a in reach[1])
    ]
    if not pairs:
        return left
    held = [pair for pair in pairs if pair[2] == place]
    if held:
        return left | {"verdict": "supported", "why": "", "atoms": [list(held[0][:2])]}
    words = " and ".join(sorted({word for _, _, word in pairs}))
    return left | {"verdict": "refuted", "why": f"they stand {words} to each other", "atoms": [list(pairs[0][:2])]}
