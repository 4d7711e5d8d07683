"""Of what a clause speaks, and of how many: "each of the two benzene rings", "two of them", "the nitrogen"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from molreflect.tools.facts.values import NUMBERS

FILLING = frozenset(
    ["also", "directly", "itself", "each", "simply", "only", "covalently", "here", "both", "all", "further", "in"]
) | {"additionally", "therefore", "thus", "fact", "just", "exactly", "still"}
_ARTICLES = frozenset(["the", "its", "this", "these", "that", "those", "their"])
_THEM = frozenset(["them", "these", "those", "which"])


class Quantity(StrEnum):
    """Of how many of the places of its subject a clause speaks."""

    THE = "the"
    SOME = "some"
    ALL = "all"
    NONE = "none"
    EXACTLY = "exactly"


_MANY: dict[str, tuple[Quantity, int | None]] = {
    "both": (Quantity.ALL, 2),
    "all": (Quantity.ALL, None),
    "each": (Quantity.ALL, None),
    "every": (Quantity.ALL, None),
    "neither": (Quantity.NONE, 2),
    "none": (Quantity.NONE, None),
    "no": (Quantity.NONE, None),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What a clause speaks of."""

    noun: str
    """Words that name groups or atoms; "them" for those of the clause before it."""
    quantity: Quantity
    number: int | None = None
    """How many of them, for `EXACTLY`."""
    of: int | None = None
    """How many of the noun there are said to be."""
    is_bare: bool = False
    """Whether it has no article, as names have: a noun that is not understood is one of the molecule then."""


def subject_of(words: Sequence[str], *, goes_on: bool, listed: bool = False) -> Subject | None:
    """Read whose and how many; None where the words are not understood.

    Args:
        words: What stands before the verb.
        goes_on: Whether a clause stands before it, of which "them" may speak.
        listed: Whether another subject with an article stands before it.
    """
    low = [word.lower() for word in words]
    if low[:2] in (["both", "a"], ["both", "an"], ["both", "the"]) and len(low) > 2:
        low, words = low[1:], words[1:]
    k, quantity, number, of = 0, Quantity.SOME, None, None
    spoken = False
    while len(low) > 1 and low[-1] in FILLING:
        low, words = low[:-1], words[:-1]
    if len(low) > 1 and low[0] in ("only", "just", "exactly") and number_of(low[1]) is not None:
        low, words = low[1:], words[1:]
    if not low:
        return None
    if len(low) == 1 and low[0].startswith(("atom@", "atoms@")):
        return Subject(words[0], Quantity.ALL if low[0].startswith("atoms") else Quantity.THE)
    if low[:2] in (["it", "'s"], ["it", "\u2019s"]):  # "choline's nitrogen", its name put as "It"
        quantity, k = Quantity.THE, 2
    elif len(low) > 1 and low[0].endswith(("'s", "\u2019s")) and words[0][0].isupper():
        quantity, k = Quantity.THE, 1
    elif low in (["which"], ["that"], ["these"], ["they"]):
        return Subject("them", Quantity.ALL) if goes_on else None
    elif low in (["it"], ["there"], ["this"]):
        return Subject("it", Quantity.THE)
    elif low[0] in _MANY and low[1:2] not in (["a"], ["an"]):
        quantity, of = _MANY[low[0]]
        k, spoken = 1, True
    elif (first := number_of(low[0])) is not None:
        quantity, number, k, spoken = Quantity.EXACTLY, first, 1, True
    elif low in (["the", "other"], ["the", "other", "one"], ["the", "others"]) and goes_on:
        return Subject("the other", Quantity.ALL)
    if spoken and k < len(low) and low[k] == "of":
        k += 1
    if k < len(low) and low[k] in _ARTICLES:
        quantity = quantity if spoken else Quantity.THE
        k += 1
    elif not spoken and low[k] in ("a", "an"):
        k += 1
        if low[k : k + 1] == ["single"] and len(low) > k + 1:
            quantity, number, k = Quantity.EXACTLY, 1, k + 1
    elif not spoken and k == 0 and not listed:
        name = (
            words[0][0].isupper()
            and low[0] not in _PREPOSITIONS  # "in SDS the sulfur"
            and _LABEL.fullmatch(words[0]) is None
            and len(words) < 5
            and not _is_plural(" ".join(words))
        )
        return Subject(" ".join(words), Quantity.THE, is_bare=True) if name else None
    if k == len(low) and not spoken:
        return None
    if spoken and k < len(low) and low[k] in _THEM:
        return Subject("them", quantity, number, of) if goes_on and k + 1 == len(low) else None
    if k == len(low):  # "and one is secondary", "these are"
        return Subject("them", quantity, number, of) if goes_on and spoken else None
    if quantity in (Quantity.THE, Quantity.ALL, Quantity.NONE, Quantity.EXACTLY) and k:
        total = number_of(low[k])
        if total is not None:
            of, k = total, k + 1
            quantity = Quantity.ALL if quantity is Quantity.THE else quantity
    if quantity is Quantity.THE and low[k] in ("only", "sole", "lone") and k + 1 < len(low):
        of, k = 1, k + 1
    if k < len(low) and low[k] == "of":
        return None
    noun = " ".join(words[k:])
    if quantity is Quantity.THE and _is_plural(noun):
        quantity = Quantity.ALL
    return Subject(noun, quantity, number, of) if noun else None


_LABEL = re.compile(r"[CNOSPHF]-?\d{1,3}'*")
"""A label of an atom, which no molecule is called by."""


_PREPOSITIONS = frozenset(["in", "of", "for", "on", "at", "with", "from", "by", "within", "inside", "to"])


def _is_plural(noun: str) -> bool:
    head = re.split(r"@| (?:of|in|on|bearing|carrying|that|which|at|within) ", noun)[0]
    return head.endswith("s") and not head.endswith(("ss", "us", "is"))


def number_of(word: str) -> int | None:
    """Read a small number: "two", "2", "no"; None for any other word."""
    low = word.lower()
    if low in NUMBERS:
        return NUMBERS.index(low)
    return int(low) if low.isdigit() and len(low) < 4 else None
