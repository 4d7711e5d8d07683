"""Locants: behind a group ("at positions 3 and 7"), before it, and within its name."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is ethane carrying a hydroxy group at position 2.
    hydroxy :: None :: 2
The molecule is a steroid bearing hydroxy groups at positions 6a and 9.
    hydroxy :: None :: 6a 9
The molecule is a flavone having a methoxy group at position 3'.
    methoxy :: None :: 3'
The molecule is a steroid having an 11beta-hydroxy substituent.
    hydroxy :: None :: 11beta
The molecule is an indole with an acetyl group at N-1.
    acetyl :: None :: N-1
The molecule is a pyridine carrying nitro groups at the 2- and 4-positions.
    nitro :: None :: 2 4
The molecule is a pyridine substituted at position 3 by a cyano group.
    cyano :: None :: 3
The molecule is urea in which the hydrogen at position 1 is replaced by an allyl group.
    allyl :: None :: 1
"""),
)
def test_locants_are_read(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    key = expected[0].split(" :: ")[0]
    stated = [p for p in reader.read(caption) if p.kind is PhraseKind.STRUCTURE and p.key == key]
    assert [f"{p.key} :: {p.count} :: {' '.join(p.locants)}".rstrip() for p in stated] == expected
