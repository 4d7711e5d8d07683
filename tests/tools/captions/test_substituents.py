"""Substituents: what they are, and which locants belong to which."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is a phenol that is toluene substituted by a hydroxy group at position 4.
    phenol | toluene | hydroxy group at position 4
The molecule is benzene carrying two chloro substituents at positions 1 and 3.
    benzene | two chloro substituents at positions 1 and 3
The molecule is cholestane with a methyl and hydrogen replaced by hydroxy and hydroxymethyl groups at position 7.
    cholestane | hydroxy | hydroxymethyl groups at position 7
The molecule is an indole having an acetyl group at N-1.
    indole | acetyl group at N-1
The molecule is a pyran bearing a prop-2-enyl residue at C-4.
    pyran | prop-2-enyl residue at C-4
The molecule is a pyridine substituted at positions 2 and 5 by chloro and nitro groups, respectively.
    pyridine | chloro | nitro groups
The molecule is a triglyceride in which the acyl groups at positions 1 and 3 are specified as oleoyl and stearoyl
respectively.
    triglyceride | oleoyl | stearoyl
The molecule is octanoic acid having three double bonds located at positions 2, 4 and 6.
    octanoic acid | three double bonds located at positions 2, 4 and 6
It is a phenol with a chloro group at position 4 of the benzene ring.
    phenol | chloro group at position 4 | benzene ring
"""),
)
def test_substituents_are_quoted_with_their_locants(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption)) == expected


def test_respectively_deals_the_locants_out(reader: CaptionReader) -> None:
    caption = (
        "The molecule is a quinoline in which the hydrogens at positions 2, 4, and 6 are replaced by methyl, chloro, "
        "and amino groups, respectively."
    )
    stated = [(p.key, p.locants) for p in reader.read(caption) if p.kind is PhraseKind.STRUCTURE]
    assert stated[1:] == [("methyl", ("2",)), ("chloro", ("4",)), ("amino", ("6",))]


def test_an_unknown_name_of_chemical_shape_is_kept_for_nomenclature(reader: CaptionReader) -> None:
    (phrase,) = reader.read("The molecule carries a 3-quuxylbazanoyl group.")
    assert (phrase.kind, phrase.key, phrase.text) == (
        PhraseKind.STRUCTURE,
        "3-quuxylbazanoyl",
        "3-quuxylbazanoyl group",
    )
