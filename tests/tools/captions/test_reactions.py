"""Reactions a molecule is made by: "condensation of X with Y", "deprotonation of"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is an ester obtained by formal condensation of the carboxy group of lactic acid with the hydroxy group of
menthol.
    ester | lactic acid | menthol
The molecule is a carboxylic acid anion obtained by deprotonation of the carboxy group of lactic acid.
    carboxylic acid anion | carboxy group
"""),
)
def test_what_is_left_of_the_reactants_is_a_structure(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption)) == expected


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is an ester resulting from the formal condensation of the carboxy group of lactic acid with the hydroxy
group of menthol.
    condensation of the carboxy group of lactic acid :: condensation of :: lactic acid
    menthol :: condensation of :: menthol
The molecule is an anion arising from deprotonation of the phosphate and carboxy functions of CDP-choline.
    deprotonation of the phosphate and carboxy functions of CDP-choline :: deprotonation of :: cdp-choline
It prevents the addition of amino acids to the chain.
    -
"""),
)
def test_a_reaction_spans_to_the_compound_it_names(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert [
        f"{p.text} :: {p.relation} :: {p.key}" for p in reader.read(caption) if p.kind is PhraseKind.RELATION
    ] == expected
