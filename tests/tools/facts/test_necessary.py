"""What a class cannot be without."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.necessary import lacks, largest_skeleton
from molreflect.tools.molecules.read import read_molecule

FRUCTOSE = "OCC(=O)C(O)C(O)C(O)CO"
SQUALENE = "CC(C)=CCCC(C)=CCCC(C)=CCCC=C(C)CCC=C(C)CCC=C(C)C"


@pytest.mark.parametrize(
    ("name", "smiles", "holds"),
    [
        ("aldose", FRUCTOSE, False),
        ("pentose", FRUCTOSE, False),
        ("monosaccharide", "OCC(O)C(O)C(O)C(O)CO", False),
        ("ester", "CC(=O)OC(C)=O", False),
        ("aldose", "OCC(O)C(O)C(O)C(O)C=O", True),
        ("steroid", SQUALENE, False),
        ("monoterpenoid", "CC(C)=CCCC(C)=CCCC(C)=CCO", False),
        ("pyrrole", "C1CCNC1", False),
        ("nucleoside", "Nc1nc2nc[nH]c2c(=O)[nH]1", False),
    ],
)
def test_a_class_is_denied_where_what_all_its_members_have_is_missing(
    resources: Any, name: str, smiles: str, holds: bool
) -> None:
    answer = is_a(name, read_molecule(smiles), resources)
    assert answer.holds is holds
    assert answer.because or holds


def test_members_lack_nothing_in_the_widest_use_of_the_word() -> None:
    members = {
        "aldose": "OCC1OC(O)C(O)C(O)C1O",
        "ketose": "OCC1(O)OCC(O)C(O)C1O",
        "steroid": "CC(CCCC(C)C)C1CCC2C1(CCCC2=CC=C3CC(CCC3=C)O)C",  # a secosteroid
        "monoterpenoid": "CC(=O)OC1CC2CCC1(C)C2(C)C",
        "nucleoside": "OCC1OC(CC1O)n1ccc(=O)[nH]c1=O",
        "pyrrole": "c1ccc2[nH]ccc2c1",
        "nitrate ester": "CCO[N+](=O)[O-]",
        "dipeptide": "NCC(=O)NCC(=O)O",
    }
    assert {name: lacks(name, read_molecule(smiles)) for name, smiles in members.items()} == dict.fromkeys(members, "")


def test_derivatives_and_groups_are_left_open() -> None:
    assert lacks("monosaccharide derivative", read_molecule("CC")) == ""
    assert largest_skeleton(read_molecule("CC(C)OCC").mol) == 3
