"""Short and doubled wordings: "#Cs", "C=C double bond", "is the double bond trans", "X = a Y", "o, m or p"."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask
from rdkit import Chem

from molreflect.agents.analyst.question import Intent
from molreflect.agents.analyst.question_reader import read_question
from molreflect.agents.analyst.rewording import spelt_out
from molreflect.agents.analyst.sentence import is_group
from molreflect.tools.facts.properties import degree_of_unsaturation

SPELT = [
    ("how many Cs in aspirin", "how many carbons in aspirin"),
    ("#Cs in aspirin", "number of carbons in aspirin"),
    ("no. of Ns in caffeine", "number of nitrogens in caffeine"),
    ("count the Os in CCO", "count the oxygens in CCO"),
    ("#hydrogens in CCO", "number of hydrogens in CCO"),
    ("carbonyl C's in CC(C)=O", "carbonyl carbons in CC(C)=O"),
    ("how many Cs atoms in [Cs]Cl", "how many Cs atoms in [Cs]Cl"),
    ("is there Cs in CCO", "is there Cs in CCO"),
    ("C=C double bonds in C=CC=C", "C=C bonds in C=CC=C"),
    ("the C=O carbonyl in CC=O", "the carbonyl in CC=O"),
    ("carbon-carbon double bonds (C=C) in C=C", "carbon-carbon double bonds in C=C"),
    ("epoxide (propylene oxide)?", "epoxide in propylene oxide?"),
    ("where is the OH in it (CCCO)", "where is the OH in it (CCCO)"),
    ("glucose = aldose?", "is glucose an aldose?"),
    ("acetone=ketone?", "is acetone a ketone?"),
    ("toluene = benzene?", "toluene = benzene?"),
    ("o, m or p? Cc1ccccc1O", "ortho, meta, or para: Cc1ccccc1O"),
    ("is it prim, sec or tert?", "is it primary, secondary or tertiary?"),
    ("tert butyl acetate", "tert butyl acetate"),
    ("how come that acetone is not an aldehyde", "why acetone is not an aldehyde"),
]


@pytest.mark.parametrize(("text", "meant"), SPELT)
def test_short_and_doubled_wordings_are_spelt_out(text: str, meant: str) -> None:
    said = " ".join(spelt_out(text.split(), is_group)).replace(",", "")
    assert said == meant.replace(",", "")


ANSWERS = [
    ("how many Cs in CCO", "2: "),
    ("number of Os in CCO", "1: "),
    ("how many C=C double bonds in CC=CC=C", "2: CC=CC=C"),
    ("is the double bond in C/C=C/C trans", "Yes: 1 of 1 stereogenic double bond in C/C=C/C is trans"),
    ("is the double bond in C/C=C/C cis?", "No: 0 of 1"),
    ("are the double bonds in C/C=C/C=C\\C trans", "No: 1 of 2"),
    ("does C/C=C/C=C\\C have a trans double bond", "Yes: 1 of 2"),
    ("is the C=C in CC=CC cis", "Undecided: CC=CC leaves open"),
    ("is the double bond in C=CC trans", "No: C=CC has no"),
    ("glucose = aldose?", "Yes: glucose"),
    ("o, m or p? Cc1ccccc1O", "ortho"),
    ("CCC(C)O: prim, sec or tert?", "CCC(C)O is secondary"),
    ("degree of unsaturation of c1ccccc1", "4"),
    ("DBE of CC#N", "equivalents) of CC#N: 2"),
    ("index of hydrogen deficiency of C1CCCCC1", "of C1CCCCC1: 1"),
    ("rings plus double bonds in CC=O", "of CC=O: 1"),
    ("glucose = aldose, right?", "Yes: glucose"),
    ("find me the carbonyl C's of CC(=O)C", "atom 1"),
    ("NMR of CCO", "I know nothing about NMR spectra"),
    ("IR of CC(C)=O", "infrared"),
]


@pytest.mark.parametrize(("question", "said"), ANSWERS)
def test_short_and_doubled_wordings_are_answered(analyst: Any, question: str, said: str) -> None:
    assert said in ask(analyst, question)


@pytest.mark.parametrize("again", ["ok then of CCO", "now of CCO", "fine, and CCO?", "alright, for CCO"])
def test_a_property_is_kept_when_a_question_goes_on(analyst: Any, again: str) -> None:
    assert "20.23" in ask(analyst, "TPSA of c1ccccc1", again)


def test_what_was_asked_of_an_unread_molecule_is_kept(analyst: Any) -> None:
    assert "logP of CCO" in ask(analyst, "logP of flurbitoxane", "ok then of CCO")


def test_the_element_is_still_read_where_no_plural_stands() -> None:
    assert read_question("is there Os in CCO").intent is Intent.HAS


@pytest.mark.parametrize(
    ("smiles", "degree"),
    [("CCO", 0), ("c1ccccc1", 4), ("CC#N", 2), ("C[N+](=O)[O-]", 1), ("c1ccc2ccccc2c1", 7), ("C1CCCCC1.C1CC1", 2)],
)
def test_rings_and_pi_bonds_are_added(smiles: str, degree: int) -> None:
    assert degree_of_unsaturation(Chem.MolFromSmiles(smiles)) == degree
