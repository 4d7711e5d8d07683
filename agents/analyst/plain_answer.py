"""An answer put in the words that its claims are read in: names and SMILES as "It", asides and Markdown left out.

What is written in place of other words is as long as they are, so that places in the text stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from molreflect.agents.analyst.subjects import Subject, smiles_places
from molreflect.agents.analyst.vocabulary import prose

_CONTRACTED = re.compile(
    r"(?:\b(?:does|do|did)n['\u2019]t (?P<verb>contain|have|bear|carry|possess|include|feature)|\bisn['\u2019]t an?) ",
    re.IGNORECASE,
)
_ADJUNCT = re.compile(
    r"\b(?:in this (?:form|drawing|representation|structure|molecule|compound)"
    r"|as (?:drawn|written|shown|depicted)(?: here)?|shown here)\b",
    re.IGNORECASE,
)
"""Words that say nothing of the structure and stand between a subject and its verb."""
_CALLED = re.compile(
    r"\b(?:(?:you|one|we|chemists) (?:could|can|may|might|would|will) (?:also )?"
    r"(?:call|regard|describe|classify|see) it (?:as )?"
    r"|it (?:can|could|may|might) (?:also )?be (?:called|regarded as|classified as|described as|seen as|considered) )"
    r"(?=an? )",
    re.IGNORECASE,
)
"""Frames of "it is a ..."."""
_IN_FORM = re.compile(
    r"\bis (?:(?:drawn|shown|written|depicted) )?(?:in|as) (?:its|the|an?) "
    r"(?P<form>pyranose|furanose|hemiacetal|lactone|enol|keto) form\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\b(?P<verb>has|have|carries|carry|bears?|gets?|(?:is|are) (?:given|assigned)) (?:the )?"
    r"(?:(?:zero|0)-based )?(?:atom )?(?:index(?:es)?|indices|idx|number) (?=\d)",
    re.IGNORECASE,
)
"""Frames of "is atom": an atom has no other one by its number."""
_NOT_ONLY = re.compile(
    r"\bnot (?:only|just|merely) (?P<one>[^.;:\n]{2,120}?),? but (?:it )?(?:also )?(?:as well )?(?=\S)", re.IGNORECASE
)
_EITHER = re.compile(
    r"\b(?P<one>[a-z]+)- (?:or|and) (?P<other>[a-z]+)(?=-(?:containing|bearing|based)\b)", re.IGNORECASE
)
"""Two elements before one ending: "oxygen- or nitrogen-containing"."""
MARKDOWN = re.compile(r"[*`_|#]")
_LABEL = re.compile(
    r"(?m:^)(?P<space>[\s\u2022-]*)(?:compound |chemical |structural |molecule )?"
    r"(?:class|type|category|family|classification)\s*:\s*"
    r"(?P<article>an? )?(?=[a-z\u03b1-\u03c9])",
    re.IGNORECASE,
)
"""What stands before a class in a list of facts."""
_KIND = re.compile(
    r"(?m:^|(?<=[.;,:] ))(?:the|this) (?P<kind>[a-z]+(?: (?:acid|base))?)"
    r"(?= (?:itself )?(?:is|has|contains|carries|bears|features"
    r"|possesses|lacks|consists|belongs|comprises|does|also)\b)",
    re.IGNORECASE,
)


def plain_answer(text: str, subjects: Sequence[Subject], is_a: Callable[[str], bool]) -> str:
    """Put "It" in the place of what the molecules are called, and blanks in that of Markdown and asides; offsets stay.

    Args:
        text: An answer.
        subjects: The molecules it may be about.
        is_a: Whether they are of a kind: "the sugar" is one of them then.
    """
    characters = list(text)

    def put(start: int, end: int) -> None:
        characters[start:end] = list("It".ljust(end - start) if end - start > 1 else " ")

    for _, start, end in smiles_places(text):
        put(start, end)
    for word in sorted({w for s in subjects for w in s.words}, key=len, reverse=True):
        for found in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "".join(characters), re.IGNORECASE):
            put(*found.span())
    plain = MARKDOWN.sub(" ", "".join(characters))
    plain = _KIND.sub(lambda m: _kind(m, is_a), _LABEL.sub(_labelled, plain))
    return _spelt_out(_without_asides(_ADJUNCT.sub(lambda m: " " * len(m[0]), plain)))


def _joined(found: re.Match[str]) -> str:
    """Write "not only one but also other" as "one and other"; offsets stay."""
    one = found.start("one") - found.start()
    behind = len(found[0]) - one - len(found["one"])
    return " " * one + found["one"] + " and".ljust(behind)


def _numbered(found: re.Match[str]) -> str:
    """Write "has index" as "is atom"; offsets stay."""
    several = not found["verb"].lower().endswith("s") and "is " not in found["verb"].lower()
    return ("are atoms" if several else "is atom").ljust(len(found[0]) - 1)[: len(found[0]) - 1] + " "


@cache
def _asides() -> re.Pattern[str]:
    words = "|".join(re.escape(aside).replace(r"\ ", r"\s") for aside in prose().asides)
    return re.compile(rf"(?P<before>,\s*)?(?<![\w-])(?:{words})(?![\w-])(?P<after>\s*,)?", re.IGNORECASE)


def _without_asides(text: str) -> str:
    """Blank asides that claim nothing, with the commas around them; a comma that parts the sentence stays."""

    def blank(found: re.Match[str]) -> str:
        opens = not text[: found.start()].strip(" \n") or text[: found.start()].rstrip(" ")[-1:] in "\n.!?;:("
        kept = found[0]
        if found["before"] and not found["after"]:
            return "," + " " * (len(kept) - 1)
        if found["after"] and not found["before"] and not opens:
            return " " * (len(kept) - 1) + ","
        return " " * len(kept)

    return _asides().sub(blank, text)


def _spelt_out(text: str) -> str:
    """Write contracted denials as the reader of captions knows them; offsets stay."""
    text = _CONTRACTED.sub(lambda m: ("lacks" if m["verb"] else "is no").ljust(len(m[0]) - 1) + " ", text)
    text = _CALLED.sub(lambda m: "It is".ljust(len(m[0]) - 1) + " ", text)
    text = _NOT_ONLY.sub(_joined, text)
    text = _NUMBERED.sub(_numbered, text)
    text = _EITHER.sub(lambda m: f"{m['one']}/{m['other']}".rjust(len(m[0])), text)
    return _IN_FORM.sub(lambda m: f"is a{' ' * (m.start('form') - m.start() - 4)}{m['form']}".ljust(len(m[0])), text)


def _labelled(found: re.Match[str]) -> str:
    """Write "Class:" before a class as "It is a"."""
    size = len(found[0]) - len(found["space"])
    return found["space"] + ("It is a " if size > len("It is a") else "It is ").ljust(size)


def _kind(found: re.Match[str], is_a: Callable[[str], bool]) -> str:
    """Write "the drug", and "the sugar" of what is one, as "It"."""
    kind = found["kind"].lower()
    if kind in prose().uses or (kind in prose().kinds and is_a(kind)):
        return "It".ljust(len(found[0]))
    return found[0]
