"""Origins: "isolated from the roots of X", "found in X and Y"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
It has been isolated from the roots of Fictus magnus.
    isolated from the roots of Fictus magnus :: fictus magnus
The molecule is a natural product found in Fictus magnus, Alba parva, and other organisms with data available.
    found in Fictus magnus :: fictus magnus
    Alba parva :: alba parva
It can be found in the literature.
    -
"""),
)
def test_origins_are_read_with_organism_or_place_as_key(
    reader: CaptionReader, caption: str, expected: list[str]
) -> None:
    assert [f"{p.text} :: {p.key}" for p in reader.read(caption) if p.kind is PhraseKind.ORIGIN] == expected
