"""Counts: "two chloro substituents", "dichloro"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases

from molreflect.tools.captions.counts import split_multiplier
from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
It has two chloro substituents at positions 3 and 4.
    chloro :: 2 :: 3 4
The molecule is a furan carrying dichloro groups at positions 3 and 5.
    chloro :: 2 :: 3 5
The molecule is a sterol having four double bonds.
    double bond :: 4 ::
The molecule is ADP with deprotonation of the diphosphate OH groups.
    diphosphate :: None ::
The molecule is a steroid having 17beta-acetoxy- and 2beta-hydroxy groups.
    acetoxy :: None :: 17beta
The molecule is a biphenyl carrying 1-10 chloro groups.
    chloro :: None ::
The molecule is an amine carrying a dimethylamino group.
    dimethylamino :: None ::
The molecule is the dimethyl ester of maleic acid.
    methyl ester :: 2 ::
"""),
)
def test_counts_are_read(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    key = expected[0].split(" :: ")[0]
    stated = [p for p in reader.read(caption) if p.kind is PhraseKind.STRUCTURE and p.key == key]
    assert [f"{p.key} :: {p.count} :: {' '.join(p.locants)}".rstrip() for p in stated] == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("dichloro", ("chloro", 2)),
        ("bis(hydroxymethyl)", ("hydroxymethyl", 2)),
        ("diphosphate", ("diphosphate", None)),
        ("methyl", ("methyl", None)),
    ],
)
def test_a_multiplier_counts_only_what_it_repeats(name: str, expected: tuple[str, int | None]) -> None:
    assert split_multiplier(name) == expected
