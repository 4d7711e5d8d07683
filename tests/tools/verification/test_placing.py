"""Which of several places a phrase means, by the words around it."""

from __future__ import annotations

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.text_check import CheckedClaim, check

OMEPRAZOLE = "COc1ccc2[nH]c(S(=O)Cc3ncc(C)c(OC)c3C)nc2c1"
SALICIN = "OC[C@H]1O[C@@H](Oc2ccccc2CO)[C@H](O)[C@@H](O)[C@@H]1O"
LIDOCAINE = "CCN(CC)CC(=O)Nc1c(C)cccc1C"
RESVERATROL = "Oc1ccc(/C=C/c2cc(O)cc(O)c2)cc1"


def claim_of(smiles: str, text: str, phrase: str, resources: Resources) -> CheckedClaim:
    """The last claim of the words; there must be one."""
    return [c for c in check(read_molecule(smiles), text, resources).claims if phrase in c.phrase][-1]


@pytest.mark.parametrize(
    ("smiles", "text", "phrase", "atoms"),
    [
        pytest.param(
            OMEPRAZOLE, "The pyridine carries a methoxy group.", "methoxy group", {17, 18}, id="carrier-before"
        ),
        pytest.param(
            OMEPRAZOLE,
            "A methoxy group is found on the benzimidazole.",
            "methoxy group",
            {0, 1},
            id="carrier-behind",
        ),
        pytest.param(
            OMEPRAZOLE,
            "The pyridine carries two methyl groups flanking a methoxy group; a methoxy group is on the benzimidazole.",
            "methoxy group",
            {0, 1},
            id="same-words-twice",
        ),
        pytest.param(SALICIN, "The benzene ring bears a hydroxymethyl group.", "hydroxymethyl", {12, 13}, id="ring"),
        pytest.param("CC(=C)C1CCC(C)=CC1", "A methyl group is on the ring.", "methyl group", {7}, id="bare-ring"),
        pytest.param(
            LIDOCAINE, "The aromatic ring bears two methyl groups.", "two methyl groups", {11, 16}, id="counted"
        ),
        pytest.param(
            RESVERATROL, "It has a para-substituted phenol.", "phenol", {0, 1, 2, 3, 4, 15, 16}, id="qualified"
        ),
        pytest.param("CC1(C)C2CCC1(C)C(=O)C2", "It has two geminal methyl groups.", "methyl", {0, 1, 2}, id="geminal"),
    ],
)
def test_words_around_a_phrase_choose_among_its_places(
    smiles: str, text: str, phrase: str, atoms: set[int], resources: Resources
) -> None:
    claim = claim_of(smiles, text, phrase, resources)
    assert claim.verdict is Verdict.SUPPORTED
    assert {atom for place in claim.atoms for atom in place} == atoms


@pytest.mark.parametrize(
    ("smiles", "text", "phrase"),
    [
        pytest.param("CC(C)NCC", "It has a terminal methyl group.", "methyl group", id="which-terminal"),
        pytest.param(LIDOCAINE, "The aromatic ring bears three methyl groups.", "methyl groups", id="fewer-there"),
        pytest.param("Oc1ccccc1-c1ccccc1O", "It has a para-substituted phenol.", "phenol", id="none-of-the-kind"),
    ],
)
def test_a_place_that_was_not_found_out_is_left_open(smiles: str, text: str, phrase: str, resources: Resources) -> None:
    claim = claim_of(smiles, text, phrase, resources)
    assert (claim.verdict, claim.reason) == (Verdict.UNCHECKED, Reason.WHICH_PLACE)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The two chlorine atoms are on different rings.", Verdict.REFUTED),
        ("The two chlorine atoms are on the same ring.", Verdict.SUPPORTED),
        ("The two chlorine atoms are attached to the same carbon.", Verdict.REFUTED),
    ],
)
def test_parts_said_to_be_together_or_apart_are_compared(text: str, verdict: Verdict, resources: Resources) -> None:
    claim = claim_of("O=C(O)Cc1ccccc1Nc1c(Cl)cccc1Cl", text, "chlorine", resources)
    assert claim.verdict is verdict


def test_a_name_of_the_molecule_itself_is_not_listed_as_unread(resources: Resources) -> None:
    glycerol = check(read_molecule("OCC(O)CO"), "Glycerol has three hydroxy groups.", resources)
    assert glycerol.unread == ()
    other = check(read_molecule("OCCO"), "Glycerol has two hydroxy groups.", resources)
    assert [part.words for part in other.unread] == [("Glycerol",)]
