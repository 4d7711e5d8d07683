"""Questions in a hurry: what frames them, words that name nothing, small letters, numbers that are supposed."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

from molreflect.agents.analyst.openings import number_of, without_frame
from molreflect.agents.analyst.question import Intent
from molreflect.agents.analyst.question_reader import read_question

UNREAD = "I cannot read 'flurbitox'"


ANSWERS = [
    ("there is an ether somewhere in anisole, where?", "ether in anisole (COc1ccccc1): atoms (0, 1, 2)."),
    ("any idea where the amide bond sits in CC(=O)NC", "amide bond in CC(=O)NC: atoms (1, 2, 3)."),
    ("which carbon bears the aldehyde in COc1cc(C=O)ccc1O", "atom 4 (aromatic C)."),
    ("NH2 of aniline = which atom", "NH2 in aniline (Nc1ccccc1): atom 0."),
    ("position of the cl atoms in Oc1ccc(Cl)cc1Cl?", "atoms 5, 8"),
    ("smiles of h2o", "Canonical SMILES of h2o (O): O"),
    ("mass of thf", "72.107"),
    ("cco mw", "46.069"),
    ("MW(aspirin)?", "180.159"),
    ("Are there two or three carboxyls in citric acid?", "3: citric acid"),
    ("does toluene have two methyl groups?", "No, not 2 but 1: methyl group"),
    ("does xylitol have five OH groups", "Yes: 5 OH groups"),
    ("are there more than 2 rings in naphthalene", "No, not more than 2 but 2"),
    ("does benzene have fewer than 3 rings", "Yes: ring in benzene"),
    ("does CCN have more C than N?", "Yes: 2 x carbon atom and 1 x nitrogen atom"),
    ("how many more carbons has octane than pentane", "3: octane has 8"),
    ("does hexane lack a ring", "Yes: there is no ring in hexane"),
    ("true or false: hexane has no ring", "True: there is no ring"),
    ("true or false: benzene is not aromatic", "False: benzene (c1ccccc1) is aromatic"),
    ("which of CCO and CCC lacks an alcohol", "CCC lacks it."),
    ("cyclohexene - aromatic or not?", "No: cyclohexene"),
    ("lactam? O=C1CCCCN1", "Yes: O=C1CCCCN1 is a lactam"),
    ("testosterone steroid y/n", "Yes: testosterone"),
    ("benzaldehyde: aldehyde or ketone", "is an aldehyde."),
    ("which kind of alcohol is tert-butanol", "tert-butanol (CC(C)(C)O) is a tertiary alcohol."),
    ("tell me whether toluene is aromatic", "Yes: toluene (Cc1ccccc1) is aromatic"),
    ("is toluene heavier than benzene?", "Yes: toluene has the higher molecular weight"),
    ("is tartaric acid meso?", "Undecided: 2 of 2 stereocentres"),
    ("turn the acid of benzoic acid into an amide", "becomes NC(=O)c1ccccc1"),
    ("replace the methyl of toluene with CF3", "becomes FC(F)(F)c1ccccc1"),
    ("ring count + MW of naphthalene", "128.174"),
    ("alanine has no centre, or does it? I mean: is alanine achiral", "No, as far as stated"),
    ("number of pi bonds in benzene", "3: benzene (c1ccccc1) has 3 pi bonds"),
    ("number of banana bonds in benzene", "I know no structure for 'banana bonds'"),
    ("I have OC(=O)CCC(=O)O. where are the COOH groups", "2 carboxylic acids in OC(=O)CCC(=O)O"),
    ("CAS number for aspirin", "I know nothing about registry numbers"),
    ("where is the ketone carbonyl of cyclohexanone", "carbonyl of ketone in cyclohexanone (O=C1CCCCC1): atoms (1, 0)"),
    ("how many ester carbonyls has aspirin", "1: aspirin"),
    ("crippen logP of toluene", "logP of toluene (Cc1ccccc1): 2.0"),
    ("What changes between toluene and benzoic acid?", "only benzoic acid has: carboxylic acid"),
    ("what changed from phenol to anisole", "only anisole has: methoxy group"),
    ("Which compound has InChI InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3?", "(CCO): ethanol"),
    ("what's the double bond geometry in maleic acid", "3=4 is Z (cis)"),
    ("geometry of the alkene in CC/C=C\\CC", "2=3 is Z (cis)"),
    ("who won the 1998 world cup?", "I know nothing about sports, news or entertainment"),
    ("is the OH of menthol axial?", "I know nothing about conformations"),
    ("is caffeine planar?", "I know nothing about conformations"),
    ("formula of bromhexine", "C14H20Br2N2"),
    ("is glycidol an epoxide?", "Yes: glycidol"),
    ("which nitrogen in histamine is protonated first", "I know nothing about acidity constants (pKa)"),
    ("which is more acidic, phenol or ethanol?", "I know nothing about acidity constants (pKa)"),
    ("which is heavier, benzene or toluene?", "toluene has the higher"),
    ("Show the ketone carbonyl of CC(=O)CC#N", "carbonyl of ketone in CC(=O)CC#N: atoms (1, 2)"),
    ("is styrene an alkene", "Yes: styrene"),
    ("is phenylacetylene an alkyne?", "Yes: phenylacetylene"),
    ("Is phenylacetylene a terminal alkyne?", "Yes: phenylacetylene"),
    ("is 1-phenylpropyne a terminal alkyne?", "No: 1-phenylpropyne"),
    ("Fumaric acid: is its double bond E or Z?", "3=4 is E (trans)"),
    ("lactam or lactone, which is caprolactam?", "is a lactam."),
    ("Which is cyclohexanone, an aldehyde or a ketone?", "is a ketone."),
    ("hw many dubble bonds does limonene have", "2: limonene"),
    ('is this right for CCC: "It has a nitrile."', "'nitrile': refuted, it is not in the molecule"),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_a_question_in_a_hurry_is_understood(analyst: Any, question: str, expected: str) -> None:
    assert expected in ask(analyst, question)


@pytest.mark.parametrize(
    "question",
    [
        "mw of flurbitox in ethanol",
        "compare flurbitox and CCO",
        "CCO, flurbitox and CCN: masses",
        "flurbitox's logP in octanol",
        "does flurbitox have a ring",
    ],
)
def test_a_name_that_cannot_be_read_is_never_passed_over(analyst: Any, question: str) -> None:
    assert ask(analyst, question).startswith(UNREAD)


def test_what_was_passed_over_is_told_behind_the_answer(analyst: Any) -> None:
    answer = ask(analyst, "mass of ethanol in stoneweights")
    assert answer.splitlines()[-1] == "(Passed over, since it names nothing I know: 'stoneweights'.)"
    assert "46.069" in answer


def test_what_was_spoken_of_is_kept_where_a_question_is_declined(analyst: Any) -> None:
    assert "58.08" in ask(analyst, "boiling point of acetone", "ok and its mass?")
    assert "2: " in ask(analyst, "I have this compound from our screen, Clc1ccc(cc1)C(=O)NCCN1CCOCC1", "how many N?")
    assert "atom 0" in ask(analyst, "where is the OH in CCO", "in CCCO", "and in phenol")


def test_without_a_student_translation_is_declined_and_the_student_named(analyst: Any) -> None:
    for question in (
        "translate CCOC(C)=O into a caption with the trained student",
        'translate this into a molecule: "The molecule is a primary alcohol with two carbons."',
        "use the student model to turn this caption into a SMILES: The molecule is a long-chain fatty acid.",
    ):
        answer = ask(analyst, question)
        assert answer.startswith(("I cannot write a caption", "I cannot work out a molecule"))
        assert "no student" in answer or "none is configured" in answer


@pytest.mark.parametrize(
    ("question", "words", "polar"),
    [
        ("so, true or false: CCO is an alcohol", ["CCO", "is", "an", "alcohol"], True),
        ("hmm is CCO an alcohol or not?", ["is", "CCO", "an", "alcohol"], True),
        ("I was wondering if CCO is an alcohol", ["CCO", "is", "an", "alcohol"], True),
        ("what happens if CCO is oxidised", ["what", "happens", "if", "CCO", "is", "oxidised"], False),
        ("is CCO an aldehyde or a ketone", ["is", "CCO", "an", "aldehyde", "or", "a", "ketone"], False),
    ],
)
def test_what_frames_a_question_is_left_out(question: str, words: list[str], polar: bool) -> None:
    assert without_frame(question.split()) == (words, polar)


def test_numbers_are_read_as_words_and_figures() -> None:
    assert [number_of(word) for word in ("two", "Twelve", "7", "123", "of")] == [2, 12, 7, None, None]


def test_translation_is_told_from_naming() -> None:
    assert read_question("translate CCO into a caption").intent is Intent.WRITE_CAPTION
    assert read_question("translate the name aspirin to smiles").intent is Intent.NAME
    assert read_question("I am a student: what is in CCO?").intent is Intent.CONTENTS


def test_a_centre_is_asked_for_by_its_labels_alone(analyst: Any) -> None:
    assert "atom 1 is S" in ask(analyst, "draw L-alanine", "is the centre R or S?")
