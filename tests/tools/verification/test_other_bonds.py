"""What other bonds, a sentence about protons or a bond to something else cannot explain is a contradiction."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.text_check import CheckedClaim, check

LINOLEIC = "CCCCC/C=C\\C/C=C\\CCCCCCCC(=O)O"


@pytest.fixture(scope="module")
def claim(resources: Any) -> Any:
    def checked(smiles: str, text: str, phrase: str) -> CheckedClaim:
        found = check(read_molecule(smiles), text, resources)
        return next(each for each in found.claims if each.phrase == phrase)

    return checked


@pytest.fixture(scope="module")
def resources() -> Any:
    return open_resources()


@pytest.mark.parametrize(
    ("smiles", "right", "wrong"),
    [
        pytest.param(LINOLEIC, "octadeca-9,12-dienoic acid", "octadeca-8,12-dienoic acid", id="double-bond-of-a-chain"),
        pytest.param("O=C1CNC(=O)C(C)N1", "piperazine-2,5-dione", "piperazine-2,6-dione", id="hydroxy-by-carbon"),
        pytest.param("COC1CCC(=O)CC1", "cyclohexanone", "cyclohexane-1,3-dione", id="oxo-of-an-ether"),
        pytest.param("C1=CCCCC1C", "3-methylcyclohexene", "4-methylcyclohexene", id="double-bond-of-a-ring"),
    ],
)
def test_a_name_with_its_bonds_elsewhere_is_refuted(claim: Any, smiles: str, right: str, wrong: str) -> None:
    text = "The molecule is a {} derivative of a plant that is {}."
    assert claim(smiles, text.format("new", right), right).verdict is Verdict.SUPPORTED
    assert claim(smiles, text.format("new", wrong), wrong).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        pytest.param("CC1C(O)=CC(=O)N1C", "1,5-dimethylpyrrolidine-2,4-dione", id="tautomer"),
        pytest.param("CC1CC2=C(O1)C=CC=C2", "2-methyl-1-benzofuran", id="dihydro"),
    ],
)
def test_bonds_that_may_be_drawn_otherwise_decide_nothing(claim: Any, smiles: str, name: str) -> None:
    found = claim(smiles, f"The molecule is a ring that is {name}.", name)
    assert found.verdict is Verdict.UNCHECKED


def test_bonds_that_the_sentence_changes_decide_nothing(claim: Any) -> None:
    text = "The molecule is a fatty acid that is decanoic acid{}."
    told, bare = text.format(" having a double bond at position 2"), text.format("")
    assert claim("CCCCCCCC=CC(=O)O", told, "decanoic acid").verdict is Verdict.UNCHECKED
    assert claim("CCCCCCCC=CC(=O)O", bare, "decanoic acid").verdict is Verdict.REFUTED


def test_a_group_is_not_used_up_by_being_bound(claim: Any) -> None:
    text = "The molecule is a benzoic acid to which is attached a {} group at position 4."
    there = claim("CC(C)Cc1ccc(cc1)C(=O)O", text.format("2-methylpropyl"), "2-methylpropyl group at position 4")
    other = claim("CC(C)Cc1ccc(cc1)C(=O)O", text.format("pentan-3-yl"), "pentan-3-yl group at position 4")
    assert (there.verdict, other.verdict) == (Verdict.SUPPORTED, Verdict.REFUTED)


def test_a_unit_that_is_bound_on_is_not_held_to_its_ends(claim: Any) -> None:
    text = "The molecule is a chain consisting of 2-hydroxypropyl units."
    assert claim("CC(=O)CNCC(C)=O", text, "2-hydroxypropyl units").verdict is Verdict.UNCHECKED


@pytest.mark.parametrize(("group", "verdict"), [("carboxy group", Verdict.SUPPORTED), ("sulfo group", Verdict.REFUTED)])
def test_moving_protons_uses_no_group_up(claim: Any, group: str, verdict: Verdict) -> None:
    text = f"The molecule is an anion resulting from the deprotonation of the {group} of hippuric acid."
    assert claim("O=C(NCC(=O)[O-])c1ccccc1", text, group).verdict is verdict
