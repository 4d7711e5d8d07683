"""How long an answer is wished, lines of keys and values, arrows, symbols before "atoms", and "X too?"."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

from molreflect.agents.analyst.fields import fields_in_words
from molreflect.agents.analyst.question import Intent
from molreflect.agents.analyst.question_reader import read_question

ANSWERS = [
    (("describe NC(=O)c1ccccc1 in a single sentence",), "carboxamide: atoms (1, 2, 0)"),
    (("in a single line, what is in aspirin?",), "carboxylic acid: atoms (10, 11, 12)"),
    (("find the C=O atoms of CC(=O)CC and of CCCC=O",), "carbonyl group in CCCC=O: atoms (3, 4)."),
    (("locate the C#N atoms of CCC#N and CC#N",), "nitrile in CC#N: atoms (1, 2)."),
    (("the NH2 of aniline and of benzylamine",), "NH2 in benzylamine (NCc1ccccc1): atom 0."),
    (("the NH2 of aniline and of benzylamine",), "NH2 in aniline (Nc1ccccc1): atom 0."),
    (
        ("Task: return atom indices.\nMolecule: COC(=O)c1ccc(N)cc1\nGroup: primary amine",),
        "in COC(=O)c1ccc(N)cc1: atoms (8, 7).",
    ),
    (("Group: hydroxyl\nTask: count\nSMILES: OCCO",), "2: OCCO has 2 hydroxy groups"),
    (("SMILES: CCO\nProperty: logP",), "logP of CCO"),
    (("Is the alkene of C(\\C=C\\c1ccccc1)O drawn E or drawn Z?",), "1=2 is E (trans)."),
    (("Is the double bond in C/C=C\\C drawn as E or as Z?",), "1=2 is Z (cis)."),
    (("InChI=1S/C7H8O/c1-8-7-5-3-2-4-6-7/h2-6H,1H3 <- what compound is that?",), "Also known as anisole."),
    (("COc1ccccc1 -> what is this compound?",), "Also known as anisole."),
    (("is putrescine a diamine", "cadaverine too?"), "Yes: cadaverine (NCCCCCN) is a diamine"),
    (("logP of ethanol?", "CCCO as well?"), "logP of CCCO"),
]


@pytest.mark.parametrize(("turns", "expected"), ANSWERS, ids=[" / ".join(each[0]) for each in ANSWERS])
def test_what_stands_around_a_question(analyst: Any, turns: tuple[str, ...], expected: str) -> None:
    answer = ask(analyst, *turns)
    assert expected in answer
    assert "Passed over" not in answer


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Molecule: CCO\nClass: alcohol", "is CCO an alcohol?"),
        ("Group: nitrile\nMolecule: CCO\nTask: is it present?", "does CCO have a nitrile?"),
        ("Molecule: CCO; Groups: hydroxyl; Task: count", "how many hydroxyl groups does CCO have?"),
        ("Question: is it an alcohol?\nMolecule: CCO", "CCO: is it an alcohol?"),
        ("- Compound: CCO\n- Substructure: hydroxyl", "where is the hydroxyl in CCO?"),
    ],
)
def test_lines_of_keys_and_values_are_one_question(text: str, said: str) -> None:
    assert fields_in_words(text) == said
    assert fields_in_words(said) == said


@pytest.mark.parametrize(
    "text",
    [
        "Molecule: CCO\nGroup: nitrile\nClass: alcohol",
        "Molecule: CCO\nMolecule: CCN\nGroup: nitrile",
        "Molecule: CCO\nwhere is the OH?",
        "Colour: red\nMolecule: CCO\nGroup: nitrile",
        "Molecule: CCO",
    ],
)
def test_lines_that_leave_a_choice_stay_as_they_are(text: str) -> None:
    assert fields_in_words(text) == text


def test_a_whole_question_that_ends_in_too_is_read_by_itself() -> None:
    assert read_question("is cadaverine a diamine too?").intent is Intent.CLASS
    assert read_question("cadaverine too?").intent is Intent.FOLLOW_UP
