"""Ortho, meta and para said of two parts are compared where both are on one benzene ring, though each is there once."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.text_check import check

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"
CRESOL = "Cc1ccc(O)cc1"
DIMETHYLPHENOL = "Cc1ccc(O)cc1C"
APART = "OCCc1ccccc1-c1ccc(Cl)cc1"
"""The two parts are on rings of their own."""


@pytest.mark.parametrize(
    ("smiles", "text"),
    [
        (ASPIRIN, "The ester is ortho to the carboxylic acid."),
        (CRESOL, "The methyl group is para to the hydroxy group."),
        (DIMETHYLPHENOL, "It has a methyl group meta to the hydroxy group."),  # the other one is para
        (PARACETAMOL, "The hydroxy group sits para to the acetamide."),
        (APART, "The hydroxy group is para to the chloro group."),
    ],
)
def test_places_that_agree_or_cannot_be_compared_are_not_refuted(resources: Any, smiles: str, text: str) -> None:
    claims = check(read_molecule(smiles), text, resources).claims
    assert claims
    assert not [claim for claim in claims if claim.verdict is Verdict.REFUTED]


@pytest.mark.parametrize(
    ("smiles", "text", "said"),
    [
        (ASPIRIN, "The ester is para to the carboxylic acid.", "are ortho"),
        (ASPIRIN, "The carboxylic acid is meta to the ester group.", "are ortho"),
        (ASPIRIN, "The ester is para to the acid.", "are ortho"),
        (CRESOL, "It has a methyl group ortho to the hydroxy group.", "are para"),
        (PARACETAMOL, "The hydroxy group is meta to the acetamide.", "are para"),
    ],
)
def test_another_place_on_the_ring_is_refuted(resources: Any, smiles: str, text: str, said: str) -> None:
    claim = check(read_molecule(smiles), text, resources).claims[0]
    assert (claim.verdict, claim.reason) == (Verdict.REFUTED, Reason.WRONG_POSITION)
    assert said in claim.message
