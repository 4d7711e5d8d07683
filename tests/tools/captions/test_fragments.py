"""Lists, tables and fragments without a verb, as suppliers and students write them."""

from __future__ import annotations

import pytest
from caption_cases import caption_cases, texts

from molreflect.tools.captions.reader import CaptionReader


@pytest.mark.parametrize(
    ("caption", "expected"),
    caption_cases("""
Handles: tertiary amine, carbomethoxy, thiophene.
    tertiary amine | carbomethoxy | thiophene
FG: aldehyde; phenol. Rings - benzene; pyrrole
    aldehyde | phenol | benzene | pyrrole
Imatinib from one end to the other: 3-pyridyl / pyrimidine / an NH linker.
    3-pyridyl | pyrimidine | NH linker
Biotin = a tetrahydrothiophene cis-fused to a cyclic urea.
    Biotin | tetrahydrothiophene | cyclic urea
Hydrazide. Terminal NH2. One carbonyl. Two terminal alkenes.
    Hydrazide | NH2 | carbonyl | Two terminal alkenes
2x OMe, 1x CHO. Benzaldehyde derivative.
    2x OMe | CHO | Benzaldehyde derivative
Diethyl succinate bearing a dithiophosphate. Cyclopropanecarboxylate ester; diaryl ether.
    Diethyl succinate | dithiophosphate | Cyclopropanecarboxylate ester | diaryl ether
An acid => alkene + nitrile, nothing else.
    alkene | nitrile
Caprolactam: seven-membered lactam; NH.
    Caprolactam | seven-membered lactam | NH
Paracetamol (4-acetamidophenol)
    Paracetamol | 4-acetamidophenol
DDT: CCl3 group; sec. alcohol, 1° amine.
    CCl3 group | sec. alcohol | 1° amine
Then an isoxazole w/ a methyl on it.
    isoxazole | methyl
It has a gem-dimethyl pair and, at the end, the only CO2H.
    gem-dimethyl | CO2H
So you've got a ketone. It counts as an amino acid. It's built on proline.
    ketone | amino acid | proline
The C-terminus is capped as a methyl ester. It is bulky because of the tert-butyl.
    methyl ester | tert-butyl
The acidic H comes from an enediol. The ring NH donates a hydrogen bond.
    enediol | ring NH
Clopidogrel is a pyridine N-alkylated by a benzyl group.
    pyridine | benzyl group
Store the bottle: keep cool, away from light. White needles. Analytical standard. Toxic, handle with care.
    -
It is used for pain, fever and cough. Side effects: nausea, headache, skin rash.
    -
"""),
)
def test_fragments_are_quoted_exactly(reader: CaptionReader, caption: str, expected: list[str]) -> None:
    assert texts(reader.read(caption)) == expected


def test_an_item_of_a_list_may_be_a_name_that_the_lexicon_lacks(reader: CaptionReader) -> None:
    assert texts(reader.read("1. **Nitrobenzene** - para.\n2. **Dichloroacetamide** - hence two chlorine atoms.")) == [
        "Nitrobenzene",
        "Dichloroacetamide",
        "two chlorine atoms",
    ]


def test_counts_may_stand_behind_a_part(reader: CaptionReader) -> None:
    found = reader.read("Groups: carboxylic acid x1, methoxy x2, nitro (x3).")
    assert [(p.key, p.count) for p in found] == [("carboxylic acid", None), ("methoxy", 2), ("nitro", 3)]


@pytest.mark.parametrize("sign", ["'", "\u2019", ""])
def test_formulas_have_plurals(reader: CaptionReader, sign: str) -> None:
    found = reader.read(f"I count three OH{sign}s in salbutamol.")
    assert [(p.name, p.count) for p in found] == [("OH", 3)]


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Two carbonyls in total, benzene rings: zero.", ["benzene rings"]),
        ("Primary amide: no. Ester: none. Nitro - absent", ["Primary amide", "Ester", "Nitro"]),
        ("A thioether is excluded.", ["thioether"]),
        ("A methoxy group is included, whereas a chlorine atom, as in this one, is not.", ["chlorine atom"]),
        ("Thioether, never a disulfide.", ["disulfide"]),
        ("A hydroxyl group is not here of course.", ["hydroxyl group"]),
        ("Thiophene? No, S is not in a ring.", ["Thiophene"]),
        ("It has zero nitro groups.", ["nitro groups"]),
        ("Not in it: amine, ester. Does not contain: nitro; thiol.", ["amine", "ester", "nitro", "thiol"]),
        ("Phenol; hydroxyls x0; ketones \u00d70.", ["hydroxyls", "ketones"]),
        ("Thiols don't occur. Esters do not exist in it.", ["Thiols", "Esters"]),
        ("A nitro group has been ruled out. Amino groups are out of the question.", ["nitro group", "Amino groups"]),
        ("An ester isn't part of the molecule. A ketone isn't present.", ["ester", "ketone"]),
        ("There ain't any thiol. It hasn't got a ketone. Ester is wrong.", ["thiol", "ketone", "Ester"]),
        ("Alcohols never occur here. | Ether | no |", ["Alcohols", "Ether"]),
        ("Ketone not present; phenol present.", ["Ketone"]),
        ("The acetyl group has not been put on yet. An ester would be wrong.", ["acetyl group", "ester"]),
        ("Nowhere in it is there a nitro group. Missing from the structure is any amine.", ["nitro group", "amine"]),
        ("It has never contained a thiol, and it cannot have a ketone.", ["thiol", "ketone"]),
        ("It has lost its acetyl group.", ["acetyl group"]),
    ],
)
def test_denials_in_few_words(reader: CaptionReader, text: str, denied: list[str]) -> None:
    assert [p.text for p in reader.read(text, negated=True) if p.source == "negated"] == denied
    assert not set(denied) & set(texts(reader.read(text)))


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("Phosphate groups appear only in AMP, ADP and ATP.", []),
        ("Phosphate groups appear only in the side chain.", ["Phosphate groups"]),
        ("The ester groups aren't part of a ring.", ["ester groups"]),
        ("The pyridine ring is aromatic, the piperidine ring is not.", ["pyridine ring", "piperidine ring"]),
    ],
)
def test_what_only_others_have_is_no_claim(reader: CaptionReader, text: str, there: list[str]) -> None:
    found = reader.read(text, negated=True)
    assert [p.text for p in found if (p.source != "negated" and "ring" in p.text) or "groups" in p.text] == there


def test_a_line_that_begins_with_a_label_is_a_sentence_of_its_own(reader: CaptionReader) -> None:
    assert texts(reader.read("Vanillin\nGroups: aldehyde, phenol\nRings: benzene")) == [
        "Vanillin",
        "aldehyde",
        "phenol",
        "benzene",
    ]
    assert texts(reader.read("It bears a carboxylic\nacid group.")) == ["carboxylic\nacid group"]


@pytest.mark.parametrize(
    ("text", "claimed"),
    [
        ("Ampicillin, not this compound, bears a free amino group. It has an ester.", ["ester"]),
        ("It used to have an amine before acylation; now it is an amide.", ["amide"]),
        ("In place of the carboxylic acid, a tetrazole sits there.", ["tetrazole"]),
        ("It is used to make esters. It has lost a proton from its carboxylic acid.", ["carboxylic acid"]),
    ],
)
def test_what_is_said_of_another_time_or_compound_is_no_claim(
    reader: CaptionReader, text: str, claimed: list[str]
) -> None:
    assert texts(reader.read(text)) == claimed
