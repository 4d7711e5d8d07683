"""Wordings of strangers: abbreviations, arrows, what a question is about at its head, parts that are described."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

from molreflect.agents.analyst.code_words import code_in_words
from molreflect.agents.analyst.hurried import typed_in_full
from molreflect.agents.analyst.marks import strip_marks, without_dots
from molreflect.agents.analyst.question import Intent
from molreflect.agents.analyst.question_reader import read_question

ANSWERS = [
    ("thiophenol, is it a thiol or a thioether?", "thiophenol (Sc1ccccc1) is a thiol."),
    ("C/C=C\\C(=O)O, E isomer or Z isomer?", "1=2 is Z (cis)"),
    ("M.W. of ethanol?", "46.069"),
    ("molecular formula of penicillin V", "C16H18N2O5S"),
    ("CC(=O)C <- tell me which atom is the carbonyl carbon", "atom 1."),
    ("Someone wrote that pyrazine contains three nitrogens. Right or wrong?", "No, not 3 but 2: 2 nitrogen atoms"),
    ("which molecule is the methyl ester of salicylic acid", "COC(=O)c1ccccc1O"),
    ("i can't find the peptide bond in NCC(=O)NC(C)C(=O)O, help", "atoms (1, 2, 3, 4, 5)."),
    ("which of the hydroxyls of NCCc1ccc(O)cc1CO is phenolic", "atom 7."),
    ("CC(C)C#N cn group idx", "atoms (3, 4)"),
    ("which O is in the ring of OCC1CCCO1", "atom 6."),
    ("naphthalene rings?? how many", "2: naphthalene"),
    ("c count toluene", "7: toluene"),
    ("smiles 4 phenol", "Oc1ccccc1"),
    ("is cyclohexane aromatic or nah", "No: cyclohexane"),
    ("C[C@H](O)CC r or s?", "atom 1 is S"),
    ("how many sigma bonds in CCO", "8: CCO has 8 sigma bonds"),
    ("empirical formula of glucose", "CH2O"),
    ("empirical/molecular formula of benzene", "C6H6"),
    ("Homework problem 3: where is the ether in COC?", "atoms (0, 1, 2)"),
    ("ECFP4 Tanimoto between CCO and CCN?", "0.333 of 1"),
    ("how many stereoisomers can tartaric acid exist as? (OC(=O)C(O)C(O)C(=O)O)", "3: tartaric acid"),
    ("Does acetone possess an asymmetric carbon atom?", "No: there is no stereocentre"),
    ("Point out the furan-2-yl ring in CNC(=O)c1ccco1", "atoms (8, 7, 6, 5, 4)"),
    ("Is thiophene an oxygen-containing heterocycle?", "No: thiophene"),
    ("Is thiophene a sulfur-containing heterocycle?", "Yes: thiophene"),
    ("Are formula I: OC(=O)C and formula II: CC(O)=O identical?", "Yes: I (OC(=O)C) and II (CC(O)=O)"),
    ("are both rings of tetralin aromatic?", "No: 1 of 2 rings in tetralin"),
    (
        "is the ring in toluene aromatic",
        "Yes: 1 of 1 ring in toluene (Cc1ccccc1) is aromatic: atoms (1, 2, 3, 4, 5, 6).",
    ),
    ("are all carbons of CC=C sp3", "No: 1 of 3 carbon atoms in CC=C is sp3: atom 0."),
    ("which number has the sulfur in CCSCC", "atom 2"),
    ("Number double bonds acetone?", "1: acetone"),
    ("Cyclohexane it is cyclic?", "Yes: Cyclohexane"),
    ("Please, which logP has the benzene?", "1.69"),
    ("Double bond of CC/C=C\\CC is E or is Z?", "2=3 is Z (cis)"),
    ("What is different at toluene and phenol?", "only phenol has"),
    ("What for groups has phenol?", "- benzene ring"),
    ("How many chlor atoms has chloroform?", "3: chloroform"),
    ("Can we say that furan is a heterocycle?", "Yes: furan"),
    ("A colleague of mine insists that propanone is an aldehyde. Is she right?", "No: propan-2-one"),
    ("In C/C=C\\C, I should like to know whether the double bond is E or Z.", "1=2 is Z (cis)"),
    ("For a worksheet, I need to know how many double bonds cyclohexene contains.", "1: cyclohexene"),
    ("As everybody knows, sorbitol is sweet, but how many hydroxyl groups does it have?", "6: sorbitol"),
    ("Could you be so kind as to tell me which atoms make up the aldehyde in CC=O?", "aldehyde in CC=O: atoms"),
    ('print(atom_indices(group="amide", mol="CC(=O)NC"))', "CC(=O)NC: atoms"),
    ("num_heavy_atoms(CCO)", "3: CCO"),
    ("ring_count: c1ccccc1", "1: c1ccccc1"),
    ("count(O, aspirin)", "4: aspirin"),
    ('MolWt("CCO")', "46.069"),
    ("mw(phenol)=?", "94.113"),
    ("is_aromatic(c1ccccc1)? bool", "Yes: c1ccccc1"),
    ('has_group(CC(=O)O, "carboxylic acid")', "Yes: carboxylic acid"),
    ("contains(CCO, nitrogen)?", "No: there is no nitrogen atom"),
    ("tanimoto(CCO, CCCO)", "of 1 between CCO and CCCO"),
    ("substitution(Oc1ccccc1C): ortho/meta/para?", "Ortho."),
    ("Is the compound of formula CCO patentable?", "I cannot read 'patentable'"),
    ("nitrogens quinoline ?", "1: quinoline"),
    ("CCNC secondary amine right", "Yes: CCNC is a secondary amine"),
    ("Does ibuprofen contain a heterocycle?", "No: there is no heterocyclic ring"),
    ("the carbonyl carbon of O=C1NCCN1 is numbered how?", "atom 1."),
    ("relationship of CCCC to CC(C)C", "constitutional isomers"),
    ("Exists a thiol group in CCS?", "Yes: "),
    ("isomers(CCO, COC)?", "Yes: CCO and COC are constitutional isomers"),
    ("Since we drink so much coffee, what is the formula of caffeine?", "C8H10N4O2"),
    ("structural formula of phenol", "Canonical SMILES of phenol"),
    ("urea linker atom indices for CNC(=O)NC", "atoms ("),
    ("is N,N-dimethylformamide a secondary amide?", "No: N,N-dimethylformamide"),
    ("is hexanoic acid a hydroxy acid?", "No: hexanoic acid"),
    ("is erythritol a tetrose?", "No: erythritol"),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_free_wordings_are_understood(analyst: Any, question: str, expected: str) -> None:
    assert expected in ask(analyst, question)


def test_what_is_said_of_parts_or_labels_is_asked_of_the_molecule_before(analyst: Any) -> None:
    assert "phenol in tyramine" in ask(analyst, "what is in tyramine", "which atoms is the phenolic one")
    assert "atom 2 is S" in ask(analyst, "is (S)-butan-2-amine chiral", "and the label of its centre?")


def test_a_sentence_that_asks_nothing_is_left_out(analyst: Any) -> None:
    assert ask(analyst, "Hi! I'm a first year student. Is morpholine aromatic?").startswith("No: morpholine")


def test_a_part_that_plain_words_restrict_is_not_taken_without_them(analyst: Any) -> None:
    assert "I know no structure for 'banana nitrogen'" in ask(analyst, "where is the banana nitrogen in CCN")


def test_that_begins_what_somebody_says() -> None:
    assert read_question("he says that pyrazine has two nitrogens").pointer == ""
    assert read_question("how many nitrogens has that molecule").pointer == "it"
    assert read_question("are the rings of biphenyl aromatic").intent is Intent.DESCRIBED


def test_marks_and_dots() -> None:
    assert [strip_marks(token) for token in ("<-", "(OH)", "CCO,", "+")] == [
        ("", True),
        ("OH", False),
        ("CCO", True),
        ("+", False),
    ]
    assert without_dots(["M.W.", "m.", "w.", "i.e."], {"mw"}.__contains__) == ["MW", "mw", "i.e."]


def test_small_letters_are_spelt_out_beside_what_counts_or_groups_them() -> None:
    asked = {"smiles", "formula"}.__contains__
    assert typed_in_full(["cn", "group", "of", "X"], asked) == ["CN", "group", "of", "X"]
    assert typed_in_full(["smiles", "4", "phenol"], asked) == ["smiles", "for", "phenol"]
    assert typed_in_full(["the", "compound", "of", "formula", "CCO"], asked) == ["the", "compound", "CCO"]


def test_a_name_that_cannot_be_read_in_a_statement_is_told(analyst: Any) -> None:
    answer = ask(analyst, "My teacher says flurbitox is great. How many rings does it have?")
    assert answer.startswith("I cannot read 'flurbitox'")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("num_heavy_atoms(CCO)", "number of heavy atoms of CCO"),
        ("is_aromatic(c1ccccc1)", "is c1ccccc1 aromatic?"),
        ("contains(CCO, nitrogen)", "does CCO have nitrogen?"),
        ("tanimoto(CCO, CCN)", "tanimoto of CCO and CCN"),
        ("CC(=O)O is an acid", "CC(=O)O is an acid"),
        ("bis(2-ethylhexyl) phthalate", "bis(2-ethylhexyl) phthalate"),
        ("CalcMolFormula(CCO)", "formula of CCO"),
        ("mass(CCO", "mass(CCO"),
    ],
)
def test_code_is_written_in_words(text: str, expected: str) -> None:
    assert code_in_words(text, {"tanimoto", "mass"}.__contains__) == expected
