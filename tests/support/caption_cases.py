"""What tests of the caption reader share: tables of captions, and the texts of the phrases of one kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.terms import PhraseKind


def caption_cases(table: str) -> list[Any]:
    """Read a table of captions into parameters (caption, expected).

    Args:
        table: A caption on one or more lines and, indented behind it, what is expected of it, parted by " | " or a
            line each; a lone "-" where nothing is expected.
    """
    cases: list[tuple[list[str], list[str]]] = []
    for line in filter(str.strip, table.splitlines()):
        indented = line.startswith(" ")
        if not indented and (not cases or cases[-1][1]):
            cases.append(([], []))
        cases[-1][indented].extend(line.strip().split(" | ") if indented else [line])
    return [
        pytest.param(" ".join(caption), [] if expected == ["-"] else expected, id=caption[0][:48])
        for caption, expected in cases
    ]


def texts(phrases: Iterable[Phrase], kind: PhraseKind = PhraseKind.STRUCTURE) -> list[str]:
    """Quote the phrases of one kind."""
    return [phrase.text for phrase in phrases if phrase.kind is kind]
