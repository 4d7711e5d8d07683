"""Names in words that say nothing of the molecule, or that it lacks something, are no claims."""

from __future__ import annotations

import pytest

from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.terms import PhraseKind


@pytest.mark.parametrize(
    ("caption", "missing"),
    [
        ("It lacks a hydroxy group and a methyl group.", ["hydroxy", "methyl"]),
        ("It differs from cortisol by lack of a sulfate group.", ["sulfate"]),
        ("The compound is devoid of nitro groups but has a chloro group.", ["nitro"]),
        ("It has no carboxylic acid.", ["carboxylic acid"]),
        ("The structure is free of halogen atoms.", ["halogen"]),
        ("It does not contain an amide bond.", ["amide bond"]),
        ("In this analogue the methoxy group is absent.", ["methoxy"]),
        ("It contains neither an ester nor a lactone.", ["ester", "lactone"]),
        ("It is a phenol without a nitro group.", ["nitro"]),
    ],
)
def test_what_is_missing_is_negated_and_no_claim(reader: CaptionReader, caption: str, missing: list[str]) -> None:
    found = reader.read(caption, negated=True)
    assert [p.key for p in found if p.source == "negated"] == missing
    assert all(caption[p.start : p.end] == p.text for p in found)
    assert not {p.key for p in reader.read(caption)} & set(missing)


def test_what_follows_the_missing_part_is_read(reader: CaptionReader) -> None:
    caption = "The compound is devoid of nitro groups but has a chloro group."
    assert [p.key for p in reader.read(caption)] == ["chloro"]


@pytest.mark.parametrize(
    "caption",
    [
        "Its metabolites are derived from cotinine.",
        "It is used in the synthesis of benzaldehyde and of benzoic acid.",
        "It inhibits alcohol dehydrogenase.",
        "It is similar to cortisol.",
        "In contrast to cortisol it is white.",
        "Unlike toluene, it is a liquid.",
        "It is made by condensation with the primary amino group of something.",
        "It arises by conversion of one of the two carboxylic acid groups.",
        "The ready-to-use dual VEGFR inhibitor is pro-survival and non-small.",
    ],
)
def test_other_matters_are_no_claims_of_structure(reader: CaptionReader, caption: str) -> None:
    structural = {PhraseKind.STRUCTURE, PhraseKind.RELATION}
    assert [p.text for p in reader.read(caption) if p.kind in structural] == []


def test_the_product_of_a_conversion_is_in_the_molecule(reader: CaptionReader) -> None:
    caption = "It arises by conversion of one of the two carboxylic acid groups to the carboxamide group."
    assert "carboxamide" in [p.key for p in reader.read(caption)]
    assert "carboxylic acid" not in [p.key for p in reader.read(caption)]


@pytest.mark.parametrize(
    "caption",
    [
        "It can be used interchangeably with its disodium salt, Amido Black 10B, which has a ring.",
        "The structure has potential use as an indicator for glutathione S-transferase (GST).",
        "It incorporates into DNA, resulting in depletion of nicotinamide adenine dinucleotide (NAD).",
        "Including all sources, potassium is often present as a citrate, phosphate or bicarbonate.",
        "The isomer combines with pteridine and glutamic acid to form the ring of folic acid.",
        "It is open; by contrast, the heme molecule is a closed ring of four pyrroles, called porphyrin.",
        "The term encompasses a diverse family of unrelated compounds with large macrolactam rings.",
        "Structural features of trichothecenes are the presence of hydroxyl groups and acetyl groups.",
        "Use of drug products containing more than 16 mg of ondansetron hydrochloride in a single dose was stopped.",
        "It bears one of two bases (thymine in DNA or uracil in RNA).",
        "It is linked to conjugation of the thiol group of glutathione to a substrate.",
        "It improves the function of its ring and assists folic acid in choline synthesis.",
        "Its effects resemble those of PCP (an analogue with the thienyl group replaced by a phenyl ring).",
    ],
)
def test_words_about_other_compounds_are_no_claims(reader: CaptionReader, caption: str) -> None:
    structural = {PhraseKind.STRUCTURE, PhraseKind.RELATION}
    assert [p.text for p in reader.read(caption) if p.kind in structural] == []


def test_what_is_in_contrast_ends_with_its_clause(reader: CaptionReader) -> None:
    caption = "It has a pyrrole ring; by contrast, heme is a closed porphyrin. Features include a phenyl group."
    assert [p.text for p in reader.read(caption)] == ["pyrrole ring", "phenyl group"]


def test_one_of_several_groups_that_is_changed_is_none_any_more(reader: CaptionReader) -> None:
    caption = "The molecule is resorcinol with one of the two hydroxy groups substituted by a sulfo group."
    assert [p.text for p in reader.read(caption)] == ["resorcinol", "sulfo group"]
    kept = "The molecule is resorcinol with two hydroxy groups."
    assert "two hydroxy groups" in [p.text for p in reader.read(kept)]
