"""Plain English words of a question are no names; what was asked is answered, or declined by its name."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

from molreflect.agents.analyst.question import Intent
from molreflect.agents.analyst.question_reader import read_question
from molreflect.agents.analyst.sentence import is_group
from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

ANSWERS = [
    ("Kindly enumerate every ester oxygen in CCOC(C)=O.", "2 oxygen atoms of carboxylic ester"),
    ("Please enumerate the carbonyls of CC(=O)CC(C)=O and return only their number.", "2: "),
    ("Output only the integer: how many nitrogen atoms does caffeine contain?", "4: caffeine"),
    ("Given CCCS, identify the zero-based atom index that constitutes the thiol.", "atom"),
    ("OCC(N)C -> atom no. of the nitrogen", "atom 3"),
    ("Do OCC and CCO depict the very same species?", "Yes: OCC and CCO are the same compound"),
    ("Verify that OCC and CCO encode an identical molecule.", "Yes: OCC and CCO are the same compound"),
    ("Chemically speaking, is acetone a ketone?", "Yes: acetone"),
    ("Assess whether vanillin incorporates an aldehyde.", "Yes: aldehyde in vanillin"),
    ("What sets caffeine apart from theophylline?", "- methyl groups: caffeine 3, theophylline 2"),
    ("How does anisole vary from phenol?", "only anisole has: methoxy group"),
    ("What do toluene and phenol share structurally?", "benzene ring"),
    ("What kind of amine is CCNCC: primary, secondary or tertiary?", "CCNCC is a secondary amine."),
    ("benzene's hashed InChI", "UHOVQNZJYSORNB-UHFFFAOYSA-N"),
    ("What do organic chemists call CC(C)=O?", "propan-2-one"),
    ("can u list the hydroxyls, OCC(O)CO", "3 hydroxy groups in OCC(O)CO: atoms 0, 3, 5."),
    ("list the functional groups of phenol", "- benzene ring"),
    ("Oc1ccc(C)cc1: hydroxyl and methyl, how are they arranged on the ring?", "is para (1,4)"),
    ("Nc1cccc(O)c1: what is the relationship between the amino and the hydroxyl?", "meta to each other"),
    ("What is the relationship between ethanol and dimethyl ether?", "constitutional isomers"),
    ("Alanine: the carboxyl is made of which atoms?", "atoms ("),
    ("Find me a molecule: a pyridine ring bearing a carboxylic acid at C3", "I cannot work out a molecule"),
    ("Write a javascript snippet that sorts numbers", "I know nothing about programming"),
    ("Does ibuprofen help against migraine?", "I know nothing about doses and medical use"),
    ("What is the flash point of acetone?", "I know nothing about flash points"),
    ("What is the German word for acetone?", "I know nothing about other languages"),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_plain_words_are_no_names(analyst: Any, question: str, expected: str) -> None:
    answer = ask(analyst, question)
    assert expected in answer
    assert "cannot read" not in answer


def test_each_other_points_to_no_other_molecule(analyst: Any) -> None:
    for words in ("each other", "one another"):
        answer = ask(analyst, "Consider CCCO and CC(C)O.", f"Are they isomers of {words}?")
        assert answer.startswith("Yes: CCCO and CC(C)O are constitutional isomers")


def test_the_other_group_is_looked_for_in_the_same_molecule(analyst: Any) -> None:
    assert ": atom 4." in ask(analyst, "Where is the chlorine in ClCCCF?", "and the other halogen?")


def test_the_largest_ring_is_no_question_of_mass() -> None:
    assert read_question("Which is the largest ring in C1CCC1C1CCCCC1").intent is not Intent.PROPERTY
    assert read_question("Which is larger, CCO or CCCO").intent is Intent.PROPERTY


def test_plain_words_are_neither_names_nor_groups_nor_words_with_a_role() -> None:
    speech = vocabulary()
    assert len(english()) > 1000
    for word in english():
        names = is_known_name(word) or is_group(word) or looks_like_smiles(word)
        assert not names, word
        assert word not in speech.every, word


@pytest.mark.parametrize("question", ["mass of enumerol in ethanol", "frobnicate the hydroxyl of ethanol"])
def test_words_that_are_not_known_to_be_plain_are_still_told(analyst: Any, question: str) -> None:
    assert ask(analyst, question).startswith("I cannot read")
