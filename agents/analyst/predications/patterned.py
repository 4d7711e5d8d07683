"""Sentences of fixed forms: a pattern finds what is said, and a function decides it by the molecule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

Decision = tuple[Verdict, str] | None
"""A verdict and why; None where nothing is decided."""
Form = tuple[re.Pattern[str], Callable[[re.Match[str], Nouns], Decision]]
"""What is looked for, and what decides it."""


def compiled(forms: Sequence[tuple[str, Callable[[re.Match[str], Nouns], Decision]]]) -> tuple[Form, ...]:
    """Compile the patterns of forms; letters may be large or small."""
    return tuple((re.compile(pattern, re.IGNORECASE), decide) for pattern, decide in forms)


def in_forms(
    text: str, place: tuple[int, int], nouns: Nouns, forms: Sequence[Form], denied: re.Pattern[str]
) -> Iterator[Statement]:
    """Decide the statements of a sentence that have one of some forms; none of a sentence that denies.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
        forms: Patterns with what decides them.
        denied: Words of a denial.
    """
    sentence = text[slice(*place)]
    if denied.search(sentence):
        return
    for pattern, decide in forms:
        for found in pattern.finditer(sentence):
            decided = decide(found, nouns)
            if decided is not None:
                yield Statement(place[0] + found.start(), place[0] + found.end(), *decided)
