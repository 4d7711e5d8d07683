"""Find what is said of a double bond's configuration behind its name: "The double bond is cis", "with E geometry"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from molreflect.tools.captions.phrases import Phrase

_CONTEXT = 120
"""Characters behind a phrase that are looked at."""
_DOUBLE_BOND = re.compile(r"(?:double bonds?|C=C(?: bonds?)?|alkenes?|olefins?)$", re.IGNORECASE)
_OTHER = r"\s*(?:and\s+)?\(?(?:cis|trans|[EZ])\b"
_ENDS = rf"(?=\s*(?:[.;:)]|,(?!{_OTHER})|$)|\s+(?:and|but|while|as)\b(?!{_OTHER}))"
_WORD = r"\(?(?P<word>[Cc]is|[Tt]rans|[EZ])\)?"
_SHAPE = r"(?:-configured|[- ](?:configuration|geometry|form|arrangement|isomer|configured|stereochemistry))"
_BEHIND = re.compile(
    r"^(?:\s+(?:in|of|at|between)(?:\s+[\w-]+){1,5}?)?\s*,?\s*(?:(?:which|that|it)\s+)?"
    r"(?P<verb>(?:is|are|has|have|having|with|in|of|adopts?|possess(?:es)?|shows?|both|all|each)"
    r"(?:\s+(?:in|of|both|all|each|therefore|thus))*)\s+(?P<negated>not\s+)?(?:(?:an?|the)\s+)?"
    rf"{_WORD}{_SHAPE}?{_ENDS}"
)


@dataclass(frozen=True, slots=True)
class Configured:
    """What a text says of a double bond's configuration."""

    word: str
    """`cis`, `trans`, `E` or `Z`."""
    negated: bool
    """Whether the text says that it is not so."""
    of_one: bool
    """Whether the verb speaks of one bond."""
    end: int
    """0-based character offset behind the words."""


def configured(phrase: Phrase, caption: str) -> Configured | None:
    """Read the configuration stated behind the name of a double bond; None where none is."""
    if _DOUBLE_BOND.search(phrase.text.rstrip()) is None:
        return None
    said = _BEHIND.match(caption[phrase.end : phrase.end + _CONTEXT])
    if said is None:
        return None
    word = said["word"]
    of_one = said["verb"].split()[0] in {"is", "has", "adopts", "possesses", "shows"}
    return Configured(word if word in "EZ" else word.lower(), bool(said["negated"]), of_one, phrase.end + said.end())
