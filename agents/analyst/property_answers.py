"""Answers about calculated values: of one molecule, of several beside each other, against a bound."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from operator import ge, gt, le, lt
from typing import Any

from molreflect.agents.analyst.answers import finished, value_text
from molreflect.agents.analyst.claimed import judged
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent

_OPENING_VERBS = frozenset(["is", "are", "was", "isn't", "isnt", "does", "do", "has", "did"])
_RISING = (
    "increasing",
    "ascending",
    "rising",
    "lowest first",
    "lightest first",
    "smallest first",
    "lightest to heaviest",
    "lowest to highest",
    "smallest to largest",
    "low to high",
    "small to large",
    "least to most",
)
_BOUNDS: tuple[tuple[str, str, Callable[[float, float], bool]], ...] = (
    ("at most", r"<=|\u2264|at most|no more than|not more than|up to", le),
    ("at least", r">=|\u2265|at least|no less than|not less than", ge),
    ("below", r"<|less than|smaller than|lower than|below|under|fewer than|lighter than", lt),
    ("above", r">|greater than|more than|higher than|larger than|above|over|exceeding|exceeds|exceed|heavier than", gt),
)
"""What a question compares a value with: in words, as it is asked, and what holds."""


def _against_bound(talk: Talk, key: str, values: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Say whether values keep to a bound that is asked for: "is the logP of X greater than 3", "MW < 500?"."""
    text = talk.question.text.casefold()[:500]
    for words, asked, holds in _BOUNDS:
        hit = re.search(rf"(?:{asked})\s*(?P<bound>-?\d+(?:\.\d+)?)(?![\w-])", text)
        if hit is None:
            continue
        bound = float(hit["bound"])
        told = []
        for name, table in values:
            value = table[key]["value"]
            if isinstance(value, str):
                return ""
            opening = "Yes" if holds(float(value), bound) else "No"
            told.append(f"{opening}: {value:g} of {name} is {'' if opening == 'Yes' else 'not '}{words} {bound:g}.")
        return " ".join(told)
    return ""


def _as_claimed(talk: Talk, key: str, values: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Say whether a value is as the question supposes; empty where it supposes none."""
    claimed = talk.question.claimed
    if not claimed or len(values) != 1:
        return ""
    words, table = values[0]
    holds = judged(claimed, table[key])
    if holds is None:
        return ""
    name, value = table[key]["name"], table[key]["value"]
    return f"{'Yes' if holds else f'No, not {claimed}'}: the {name} of {words} is {value}."


def _apart(talk: Talk, numbers: Sequence[float]) -> str:
    """Add by how much two values differ, where that is asked."""
    asked = talk.question.sentence.has("difference", "differ", "differs", "how much")
    return f" The difference is {abs(numbers[0] - numbers[1]):.5g}." if asked and len(numbers) == 2 else ""


def answer_property(talk: Talk) -> Turn:
    """Give calculated values."""
    molecules = yield from talk.molecules()
    keys = talk.question.keys
    lines: list[str] = []
    values: list[tuple[str, dict[str, Any]]] = []
    for spoken in molecules:
        result = yield Call("calculate_properties", {"smiles": spoken.smiles})
        if result.error:
            return finished(talk, [result.error], Understood(Intent.PROPERTY, molecules, keys=keys))
        table = result.value["properties"]
        wanted = [key for key in (keys if "all" not in keys else tuple(table)) if key in table]
        if not wanted and "lipinski" not in keys:
            wanted = list(table)
        if len(wanted) > 2 or "all" in keys:
            lines.append(f"{spoken.shown}, calculated by RDKit:")
            lines += [f"- {value_text(table[key])}" for key in wanted]
        else:
            lines += [f"{value_text(table[key], of=spoken.shown)}." for key in wanted]
        if "lipinski" in keys or "all" in keys:
            against = talk.question.sentence.has("break", "breaks", "violate", "violates", "fail", "fails", "exceed")
            lines.append(_lipinski(spoken, result.value["lipinski"], against=against))
        values.append((spoken.words, table))
    if len(keys) == 1 and keys[0] in values[0][1]:
        head = (
            _as_claimed(talk, keys[0], values)
            or _against_bound(talk, keys[0], values)
            or _as_told(talk, keys[0], values)
        )
        lines = [head, *lines] if head else lines
    understood = Understood(Intent.PROPERTY, molecules, keys=keys)
    best = [s.smiles for s in molecules if lines and lines[0].startswith(f"{s.words} has the ")]
    if len(molecules) > 1 and len(best) == 1:
        understood = replace(understood, singled=best[0])
    return finished(talk, lines, understood)


def _as_told(talk: Talk, key: str, values: Sequence[tuple[str, dict[str, Any]]]) -> str:
    """Say which of several molecules has the highest value, or whether they have the same; empty for one molecule."""
    if len(values) < 2:
        return ""
    same = talk.question.sentence.has("the same", "same", "equal", "identical")
    name = values[0][1][key]["name"]
    if same:
        held = {str(table[key]["value"]) for _, table in values}
        told = ", ".join(f"{words} {table[key]['value']}" for words, table in values)
        return f"Yes: they have the same {name}." if len(held) == 1 else f"No: the {name} differs: {told}."
    numbers = [
        (float(table[key]["value"]), words) for words, table in values if not isinstance(table[key]["value"], str)
    ]
    if len(numbers) != len(values):
        return ""
    low = talk.question.sentence.has(
        "lighter", "smaller", "lower", "less", "fewer than", "lowest", "smallest", "lightest", "least", "fewer"
    )
    best = min(numbers)[0] if low else max(numbers)[0]
    named = [words for number, words in numbers if number == best]
    degree = ("lower" if low else "higher") if len(numbers) == 2 else ("lowest" if low else "highest")
    has = f"{' and '.join(named)} {'has' if len(named) == 1 else 'have'} the {degree}"
    opening = _than(talk, values, [number for number, _ in numbers], low=low)
    if len(named) < len(numbers):
        order = _in_order(talk, numbers) if len(numbers) > 2 else ""
        apart = _apart(talk, [number for number, _ in numbers])
        return f"{opening}{has} {name}, {best:g}.{order}{apart}"
    return f"{opening}They have the same {name}, {best:g}."


def _in_order(talk: Talk, numbers: Sequence[tuple[float, str]]) -> str:
    """List molecules by a value, the highest first unless a rising order is asked for."""
    rising = talk.question.sentence.has(*_RISING)
    ordered = sorted(numbers, key=lambda each: each[0], reverse=not rising)
    listed = ", ".join(f"{words} {number:g}" for number, words in ordered)
    return f" From the {'lowest to the highest' if rising else 'highest to the lowest'}: {listed}."


def _than(talk: Talk, values: Sequence[tuple[str, Any]], numbers: Sequence[float], *, low: bool) -> str:
    """Open the answer to "is X heavier than Y" with yes or no."""
    asked = talk.question.sentence
    if len(values) != 2 or not asked.has("than") or asked.words[0] not in _OPENING_VERBS:
        return ""
    holds = numbers[0] < numbers[1] if low else numbers[0] > numbers[1]
    return "Yes: " if holds else "No: "


def _lipinski(spoken: Spoken, rule: dict[str, Any], *, against: bool) -> str:
    """Judge by the rule of five; `against` where it is asked whether a molecule breaks it."""
    values = rule["values"]
    opening = "Yes" if rule["passes"] is not against else "No"
    shown = ", ".join(f"{key} {values[key]:g}" for key in ("mass", "logp", "donors", "acceptors"))
    if not rule["exceeded"]:
        return f"{opening}: {spoken.shown} keeps Lipinski's rule of five, no bound is exceeded ({shown}, calculated)."
    kept = "keeps" if rule["passes"] else "breaks"
    exceeded = "; ".join(rule["exceeded"])
    return (
        f"{opening}: {spoken.shown} {kept} Lipinski's rule of five: {exceeded} "
        f"({shown}, calculated; one bound may be exceeded)."
    )
