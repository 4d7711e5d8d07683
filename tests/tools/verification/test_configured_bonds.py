"""What is said of a double bond's configuration behind its name, and of a molecule by a name that nobody knows."""

from __future__ import annotations

import pytest

from molreflect.tools.api import check_text
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict

OLEATE = "CCCCCCCC/C=C\\CCCCCCCC(=O)OC"
SORBATE = "C/C=C/C=C/C(=O)O"
MIXED = "CCCCC/C=C\\C=C\\CCCC"


@pytest.mark.parametrize(
    ("smiles", "text", "verdict"),
    [
        (OLEATE, "The double bond is cis.", Verdict.SUPPORTED),
        (OLEATE, "The double bond is trans.", Verdict.REFUTED),
        (OLEATE, "The double bond is not trans.", Verdict.SUPPORTED),
        (OLEATE, "Its C=C bond is trans-configured.", Verdict.REFUTED),
        (OLEATE, "It has exactly one double bond, which is cis.", Verdict.SUPPORTED),
        (OLEATE, "It contains a double bond with E configuration.", Verdict.REFUTED),
        (OLEATE, "The double bond has the Z geometry.", Verdict.SUPPORTED),
        (SORBATE, "Both double bonds are trans.", Verdict.SUPPORTED),
        (SORBATE, "It has two double bonds, both in the E configuration.", Verdict.SUPPORTED),
        (MIXED, "Both double bonds are trans.", Verdict.REFUTED),
        (MIXED, "The double bond is trans.", Verdict.UNCHECKED),
        ("CC=CC", "The double bond is trans.", Verdict.UNCHECKED),
        ("C/C(Cl)=C(/C)Br", "The double bond is cis.", Verdict.UNCHECKED),
        ("C1CCCCC1=C", "The double bond is E.", Verdict.UNCHECKED),
        ("C1CCCC=C1", "The double bond is trans.", Verdict.REFUTED),
    ],
)
def test_a_configuration_that_is_said_of_a_bond_is_compared(
    smiles: str, text: str, verdict: Verdict, resources: Resources
) -> None:
    checked = check_text(smiles, text, resources)
    assert [claim.verdict for claim in checked.claims] == [verdict]
    assert not checked.unread


@pytest.mark.parametrize(
    "text", ["The double bond is cis or trans.", "It has double bonds with trans, cis and trans geometry."]
)
def test_several_configurations_are_left_unread(text: str, resources: Resources) -> None:
    assert Verdict.REFUTED not in {claim.verdict for claim in check_text(OLEATE, text, resources).claims}


def test_a_name_that_nobody_knows_is_the_molecule(resources: Resources) -> None:
    checked = check_text("C#CCN(C)Cc1ccccc1", "Zorbamol features a terminal alkyne.", resources)
    assert [claim.verdict for claim in checked.claims] == [Verdict.SUPPORTED]
    assert not checked.unread


def test_the_name_of_another_compound_stays_unread(resources: Resources) -> None:
    checked = check_text("CCOC(=O)c1ccc(N)cc1", "Caffeine contains an ester.", resources)
    assert [left.words for left in checked.unread] == [("Caffeine",)]


@pytest.mark.parametrize("words", ["ester bond", "ether bond"])
def test_a_bond_named_after_a_group_is_a_claim(words: str, resources: Resources) -> None:
    (claim,) = check_text("CCN(CC)CC(=O)Nc1c(C)cccc1C", f"It has an {words}.", resources).claims
    assert claim.phrase == words
    assert claim.verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("smiles", "text", "verdict"),
    [
        ("C#CCN(C)Cc1ccccc1", "It has an internal alkyne.", Verdict.UNCHECKED),
        ("CC#CCN(C)Cc1ccccc1", "It has an internal alkyne.", Verdict.SUPPORTED),
        ("CC#CCN(C)Cc1ccccc1", "It has a terminal alkyne.", Verdict.REFUTED),
    ],
)
def test_an_internal_multiple_bond_ends_no_chain(
    smiles: str, text: str, verdict: Verdict, resources: Resources
) -> None:
    (claim,) = check_text(smiles, text, resources).claims
    assert claim.verdict is verdict


@pytest.mark.parametrize(
    ("smiles", "text", "verdict"),
    [
        ("OC1CCCCC1", "It is a saturated monocyclic alcohol.", Verdict.SUPPORTED),
        ("OC1CCCC=C1", "It is a saturated monocyclic alcohol.", Verdict.REFUTED),
        ("OC1CCCC=C1", "It is a monocyclic alcohol.", Verdict.SUPPORTED),
        ("OC1CCCCC1", "It is a bicyclic alcohol.", Verdict.REFUTED),
        ("OC1CC2CCC1C2", "It is a bicyclic alcohol.", Verdict.SUPPORTED),
        ("OC1CC2CCC1C2", "It is a monocyclic alcohol.", Verdict.REFUTED),
        ("O=C1CCCCC1", "It is an acyclic ketone.", Verdict.REFUTED),
        ("CC(=O)CC", "It is an acyclic ketone.", Verdict.SUPPORTED),
    ],
)
def test_rings_and_saturation_before_a_class_are_compared(
    smiles: str, text: str, verdict: Verdict, resources: Resources
) -> None:
    (claim,) = check_text(smiles, text, resources).claims
    assert claim.verdict is verdict


@pytest.mark.parametrize(
    ("smiles", "words", "verdict"),
    [
        ("FC(F)(F)C(Cl)Br", "three different halogens", Verdict.SUPPORTED),
        ("FC(F)(F)C(Cl)Br", "four different halogens", Verdict.REFUTED),
        ("FC(F)(F)CCl", "three different halogens", Verdict.REFUTED),
        ("FC(F)(F)CCl", "two different halogen atoms", Verdict.SUPPORTED),
    ],
)
def test_different_halogens_are_counted_by_their_elements(
    smiles: str, words: str, verdict: Verdict, resources: Resources
) -> None:
    (claim,) = check_text(smiles, f"It contains {words}.", resources).claims
    assert claim.verdict is verdict
