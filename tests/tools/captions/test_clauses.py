"""Clauses: "in which ... is replaced by", "in which ... bears"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is a flavone in which the hydroxy groups at positions 5 and 7 are replaced by methoxy groups.
    flavone | methoxy groups
The molecule is a sugar ester in which the 3-hydroxy group is acylated by a palmitoyl group.
    sugar ester | palmitoyl group
The molecule is an alkaloid in which isoquinoline is substituted by a methoxy group at position 6.
    alkaloid | isoquinoline | methoxy group at position 6
The molecule is a primary alcohol in which a phenyl group is attached to the carbon of methanol.
    primary alcohol | phenyl group | methanol
It is an indole in which a benzene ring bears a chloro group.
    indole | benzene ring | chloro group
"""),
)
def test_clauses_name_what_is_there_and_not_what_goes_away(
    reader: CaptionReader, caption: str, expected: list[str]
) -> None:
    assert texts(reader.read(caption)) == expected


def test_a_group_that_lost_its_methyl_is_none_any_more(reader: CaptionReader) -> None:
    caption = "The molecule is naproxen in which the 6-methoxy group has been demethylated."
    assert [phrase.key for phrase in reader.read(caption)] == ["naproxen"]
