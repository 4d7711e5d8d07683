"""A value that a question supposes: "is the molecular weight of benzene 78.11?", "is its formula C6H6?"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_VALUE = re.compile(
    r"[\s:=,]+(?P<key>[A-Z]{14}-[A-Z]{10}-[A-Z])(?P<tag>[?.!\s]*)$"
    r"|[\s:=,]+(?P<formula>(?:[A-Z][a-z]?\d*){2,12})(?P<tag2>(?:,? (?:right|correct|true))?[?.!\s]*)$"
    r"|[\s:=~]+(?P<number>[-+]?\d{1,5}(?:\.\d{1,6})?)(?:\s?(?:g/mol|da|daltons?|amu|u|\u00c5\u00b2|a2|\u00c52))?"
    r"(?P<tag3>(?:,? (?:right|correct|true))?[?.!\s]*)$",
    re.IGNORECASE,
)
_BOUND = re.compile(
    r"\b(?:than|above|below|over|under|least|most|exceeds?|atoms?|to|between|and|or|about|with|in|of|for)\s*$|[<>]\s*$",
    re.IGNORECASE,
)
_POLAR = re.compile(r"^\s*(?:so |and |then )?(?:is|are|was|does|do|has|isn't)\b", re.IGNORECASE)
_FORMULA = re.compile(r"(?:[A-Z][a-z]?\d*){2,12}")
_SAYS_FORMULA = re.compile(r"\bformula\b", re.IGNORECASE)
MOST = 400
"""Characters of a question in which a value is looked for."""


def without_value(text: str) -> tuple[str, str]:
    """Part the value that a question ends with; an empty one where it supposes none.

    Args:
        text: The question.
    """
    if len(text) > MOST:
        return text, ""
    found = _VALUE.search(text)
    if found is None:
        return text, ""
    tag = found["tag"] or found["tag2"] or found["tag3"] or ""
    value = found["key"] or found["formula"] or found["number"]
    head = text[: found.start()]
    if not (_POLAR.match(text) or any(word in tag.casefold() for word in ("right", "correct", "true"))):
        return text, ""
    if found["formula"] and not (_FORMULA.fullmatch(value) and _SAYS_FORMULA.search(head)):
        return text, ""
    if not found["formula"] and _BOUND.search(head):
        return text, ""
    head = re.sub(r"\s+(?:is|are|be|equals?|equal to|the)$", "", head.rstrip())
    head = re.sub(r"\b(?:have|has)\s+(?:the|a|an)?\s*(molecular |empirical )?formula$", r"\1formula", head)
    return f"{head}?", value


def judged(value: str, entry: Mapping[str, Any]) -> bool | None:
    """Whether a calculated value is as supposed, to the digits that were given; None where they cannot be compared."""
    actual = entry["value"]
    if isinstance(actual, str):
        return bool(actual.replace(" ", "") == value)
    try:
        supposed = float(value)
    except ValueError:
        return None
    digits = len(value.partition(".")[2])
    return bool(abs(float(actual) - supposed) <= 0.5 * 10**-digits + 1e-9 + (0.01 if digits > 1 else 0.0))
