"""Positions by number and rings by letter as one word each: "C3 of the indole", "ring A"; see `tools/facts/locants`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from molreflect.agents.analyst.marks import ENDS
from molreflect.tools.facts.locants import is_numbered

_POSITION = frozenset(["position", "pos", "carbon", "atom", "locant", "number", "no"])
_NUMBER = re.compile(r"\d{1,2}a?")
_LABEL = re.compile(r"(?:[CNOS]-?|position-)(?P<one>\d{1,2}a?)|(?P<two>\d{1,2}a?)-?position", re.IGNORECASE)
_OF = frozenset(["of", "on", "in", "at"])
_ARTICLES = frozenset(["the", "its", "a", "an", "this", "that"])
_NOUNS = frozenset(["ring", "nucleus", "core", "moiety", "system", "unit", "skeleton", "fragment", "part"])
_LETTERS = frozenset("ABCD")


def with_positions(tokens: Sequence[str]) -> list[str]:
    """Write "position 3 of the indole" and "the indole's C3" as "indole-position-3", "ring A" as "steroid-ring-A".

    Args:
        tokens: The words of a question, marks still at them.
    """
    kept: list[str] = []
    i = 0
    while i < len(tokens):
        found = _position_at(tokens, i) or _behind_ring(tokens, i) or _lettered(tokens, i)
        written, end = found or ([tokens[i]], i + 1)
        kept += written
        i = end
    return kept


def _bare(token: str) -> str:
    return token.rstrip(ENDS).strip("()")


def _marks(token: str) -> str:
    return token[len(token.rstrip(ENDS)) :]


def _number_at(tokens: Sequence[str], i: int) -> tuple[str, int] | None:
    """Read a position's number: "position 3", "C-3", "3-position"; the number, and the index behind it."""
    word = _bare(tokens[i])
    if (label := _LABEL.fullmatch(word)) is not None:
        return label["one"] or label["two"], i + 1
    behind = _bare(tokens[i + 1]) if i + 1 < len(tokens) else ""
    if word.casefold() in _POSITION and _NUMBER.fullmatch(behind):
        return behind, i + 2
    if _NUMBER.fullmatch(word) and behind.casefold() in ("position", "carbon") and len(tokens) > i + 2:
        return word, i + 2
    return None


def _ring_at(tokens: Sequence[str], i: int) -> tuple[str, int] | None:
    """Read a ring whose atoms have numbers, its noun too: "indole", "pyridine ring"."""
    if i >= len(tokens):
        return None
    ring = _bare(tokens[i]).casefold().removesuffix("'s")
    if not is_numbered(ring):
        return None
    ends = tokens[i] != tokens[i].rstrip(ENDS)
    noun = not ends and i + 1 < len(tokens) and _bare(tokens[i + 1]).casefold() in _NOUNS
    return ring, i + 1 + noun


def _position_at(tokens: Sequence[str], i: int) -> tuple[list[str], int] | None:
    number = _number_at(tokens, i)
    if number is None or number[1] + 1 >= len(tokens) or _bare(tokens[number[1]]).casefold() not in _OF:
        return None
    at = number[1] + 1
    article = _bare(tokens[at]).casefold() in _ARTICLES
    ring = _ring_at(tokens, at + article)
    if ring is None:
        return None
    name, end = ring
    part = f"{name}-position-{number[0]}{_marks(tokens[end - 1])}"
    others = {_bare(token).casefold() for token in tokens[end:]} & (_OF | {"for"})
    if not article and not others and end - at == 1:
        return [part.rstrip(ENDS), "of", name + _marks(tokens[end - 1])], end  # the ring is the molecule itself
    return [part], end


def _behind_ring(tokens: Sequence[str], i: int) -> tuple[list[str], int] | None:
    ring = _ring_at(tokens, i)
    if ring is None or _marks(tokens[ring[1] - 1]) or ring[1] >= len(tokens):
        return None
    number = _number_at(tokens, ring[1])
    if number is None:
        return None
    return [f"{ring[0]}-position-{number[0]}{_marks(tokens[number[1] - 1])}"], number[1]


def _lettered(tokens: Sequence[str], i: int) -> tuple[list[str], int] | None:
    word = _bare(tokens[i])
    behind = _bare(tokens[i + 1]) if i + 1 < len(tokens) else ""
    if word.casefold() == "ring" and behind in _LETTERS and not tokens[i].endswith(tuple(ENDS)):
        letter, end = behind, i + 2
    elif word in _LETTERS and behind.casefold() == "ring" and i and tokens[i - 1].casefold() == "the":
        letter, end = word, i + 2
    elif len(word) > 2 and word[0] in _LETTERS and word[1:].casefold() == "-ring":
        letter, end = word[0], i + 1
    else:
        return None
    marks = _marks(tokens[end - 1])
    low = [_bare(token).casefold() for token in tokens[end : end + 3]]
    if low[:1] == ["of"] and low[1:] in (["the", "steroid"], ["this", "steroid"]) and not marks:
        marks, end = _marks(tokens[end + 2]), end + 3
    return [f"steroid-ring-{letter}{marks}"], end
