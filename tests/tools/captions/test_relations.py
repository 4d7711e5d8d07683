"""Relations to named compounds: "derives from X", "conjugate base of X", "methyl ester of X"."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
The molecule is a primary alcohol and one of the cholines. It is a dihydro derivative of a phenol.
    primary alcohol | cholines
The molecule is the methyl ester of cinnamic acid.
    methyl ester | cinnamic acid
The molecule is the R-enantiomer of ibuprofen.
    ibuprofen
The molecule is the N-acetyl derivative of L-leucine.
    N-acetyl derivative
"""),
)
def test_the_parts_of_a_relation_are_structures(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption)) == expected


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
It derives from a pregnane.
    derives from a pregnane :: derives from :: pregnane
It derives from a hydride of an oleanane.
    derives from a hydride of an oleanane :: derives from a hydride of :: oleanane
It is a conjugate base of a benzoic acid.
    conjugate base of a benzoic acid :: conjugate base of :: benzoic acid
It is a conjugate acid of a valinate.
    conjugate acid of a valinate :: conjugate acid of :: valinate
It is an enantiomer of a D-serine.
    enantiomer of a D-serine :: enantiomer of :: d-serine
It is a tautomer of a glycine zwitterion.
    tautomer of a glycine zwitterion :: tautomer of :: glycine zwitterion
It is functionally related to a stearic acid.
    functionally related to a stearic acid :: functionally related to :: stearic acid
It derives from a L-alanine, a glycine and a L-proline.
    derives from a L-alanine :: derives from :: l-alanine
    glycine :: derives from :: glycine
    L-proline :: derives from :: l-proline
The molecule is the sulfate salt of atropine.
    sulfate salt of atropine :: salt of :: atropine
The molecule is the hydrochloride of quinine.
    hydrochloride of quinine :: salt of :: quinine
The molecule is the 2-methyl ether of hydroquinone.
    2-methyl ether of hydroquinone :: ether of :: hydroquinone
The molecule is the (S)-stereoisomer of carvone.
    (S)-stereoisomer of carvone :: stereoisomer of :: carvone
The molecule is dianion of malic acid.
    dianion of malic acid :: anion of :: malic acid
The molecule is the trihydrate form of ampicillin.
    trihydrate form of ampicillin :: hydrate of :: ampicillin
It is a toxic metabolite of hexane.
    toxic metabolite of hexane :: metabolite of :: hexane
"""),
)
def test_relations_span_from_the_relation_word_to_the_name(
    reader: CaptionReader, caption: str, expected: list[str]
) -> None:
    found = [p for p in reader.read(caption) if p.kind is PhraseKind.RELATION]
    assert [f"{p.text} :: {p.relation} :: {p.key}" for p in found] == expected
    assert all(p.relation in load_cue_words().relations for p in found)


def test_names_keep_their_capitals_beside_the_normalised_key(reader: CaptionReader) -> None:
    (phrase,) = reader.read("It derives from a N-acetyl-L-cysteine.")
    assert (phrase.kind, phrase.key, phrase.name) == (
        PhraseKind.RELATION,
        "n-acetyl-l-cysteine",
        "N-acetyl-L-cysteine",
    )


@pytest.mark.parametrize(
    ("caption", "inside"),
    [
        ("The molecule is the all-cis-isomer of hexaprenol.", ["hexaprenol"]),
        ("The molecule is the (S)-isomer of ibuprofen.", ["ibuprofen"]),
        ("The molecule is a positional isomer of quercetin.", []),
        ("The molecule is the (3R)-beta-isomer of leucine.", []),
        ("The molecule is the 4'-epi-isomer of doxorubicin.", []),
    ],
)
def test_only_an_isomer_in_another_configuration_is_the_named_compound(
    reader: CaptionReader, caption: str, inside: list[str]
) -> None:
    assert [p.key for p in reader.read(caption) if p.kind is PhraseKind.STRUCTURE] == inside
