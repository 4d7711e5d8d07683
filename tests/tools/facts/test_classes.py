"""What is in a molecule, what it is, what it is not, and what it becomes."""

from __future__ import annotations

from typing import Any

import pytest
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.facts.changes import change
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.comparison import compare
from molreflect.tools.facts.contents import contents_of
from molreflect.tools.molecules.read import read_molecule

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
PENICILLIN_G = "CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O"


@pytest.mark.parametrize(
    ("smiles", "words", "holds"),
    [
        ("OC1CCCCC1", "cycloalkane", False),
        ("C1CCCCC1", "cycloalkane", True),
        ("CC(C)=O", "ketone", True),
        ("CC(C)=O", "aldehyde", False),
        ("CC(C)(C)O", "tertiary alcohol", True),
        ("CC(C)(C)O", "secondary alcohol", False),
        ("Oc1ccccc1", "alcohol", False),
        ("c1ccccc1", "aromatic", True),
        ("C1CCCCC1", "aromatic", False),
        ("C1CCCCC1", "saturated", True),
        ("O=[N+]([O-])c1ccccc1", "zwitterion", False),  # charges of one group
        ("C[N+](C)(C)CC(=O)[O-]", "zwitterion", True),
        ("[Na+].CC(=O)[O-]", "salt", True),
        ("c1ccc2ccccc2c1", "bicyclic", True),
        ("O[C@H]([C@H](O)C(=O)O)C(=O)O", "chiral", False),
        ("NCC(=O)NCC(=O)O", "dipeptide", True),
        ("NCC(=O)O", "dipeptide", False),
        ("COc1ccccc1", "phenol", False),  # its atoms are there, with another bond
        ("C1CCOC1", "heteroarene", False),
        ("NC(N)=O", "amide", True),
        ("Ic1ccccc1", "organoiodine", True),
        ("C1C2CC3CC1CC(C2)C3", "polycyclic alkane", True),
    ],
)
def test_is_it_one(smiles: str, words: str, holds: bool, resources: Any) -> None:
    answer = is_a(words, read_molecule(smiles), resources)
    assert answer.holds is holds
    assert holds or answer.because


def test_an_unknown_class_is_neither_held_nor_denied(resources: Any) -> None:
    answer = is_a("frobnicate", read_molecule("CCO"), resources)
    assert answer.holds is None
    assert "frobnicate" in answer.why_not


def test_contents_name_each_place_once(resources: Any) -> None:
    names = [group.name for group in contents_of(read_molecule(ASPIRIN), resources)]
    assert {"carboxylic acid", "carboxylic ester", "benzene ring"} <= set(names)
    assert not {"ether", "salicylic acid", "carbonyl group", "hydroxy group"} & set(names)


def test_a_ring_around_two_rings_is_not_named(resources: Any) -> None:
    names = [group.name for group in contents_of(read_molecule(PENICILLIN_G), resources)]
    assert "lactam" in names
    assert "thiazepane" not in names


@pytest.mark.parametrize(
    ("smiles", "request_", "product"),
    [
        (ASPIRIN, "hydrolyse the ester", {"O=C(O)c1ccccc1O", "CC(=O)O"}),
        ("CC(C)=O", "reduce the ketone", {"CC(C)O"}),
        ("CC(C)O", "oxidise the alcohol", {"CC(C)=O"}),
        ("Clc1ccccc1", "replace the chlorine by bromine", {"Brc1ccccc1"}),
        ("CC(=O)O", "deprotonate the acid", {"CC(=O)[O-]"}),
    ],
)
def test_changes(smiles: str, request_: str, product: set[str]) -> None:
    changed = change(request_, read_molecule(smiles))
    assert {Chem.CanonSmiles(s) for s in changed.products[0]} == {Chem.CanonSmiles(s) for s in product}


@pytest.mark.parametrize("request_", ["replace the chlorine by fluorine", "brominate it sideways", ""])
def test_a_change_that_no_rule_says_is_refused(request_: str) -> None:
    with pytest.raises(InputError):
        change(request_, read_molecule("CCO"))


def test_a_comparison_has_core_differences_and_likeness(resources: Any) -> None:
    found = compare([read_molecule("Oc1ccccc1"), read_molecule("Nc1ccccc1")], resources)
    assert [set(atoms) for atoms in found.core_atoms] == [{1, 2, 3, 4, 5, 6}, {1, 2, 3, 4, 5, 6}]
    assert found.only[0] == ("phenols",)
    assert found.tanimoto < 1
    assert compare([read_molecule("OCC"), read_molecule("CCO")], resources).tanimoto == 1.0
