"""Components: "composed of", "consisting of", "contains"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is a tripeptide composed of two L-alanine residues and a glycine residue.
    tripeptide | two L-alanine residues | glycine residue
The molecule is a disaccharide consisting of beta-D-galactose and D-glucose.
    disaccharide | beta-D-galactose | D-glucose
It contains a carboxylic acid.
    carboxylic acid
"""),
)
def test_components_are_quoted_exactly(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption)) == expected
