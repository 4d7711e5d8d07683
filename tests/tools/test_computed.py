"""Computed classes: rings are counted in the molecule, isoprenoid skeletons measured, and the pattern replays."""

from __future__ import annotations

import pytest

from tools.computed import computed_patterns, is_computed
from tools.molecule import read_molecule
from tools.substructure import find
from tools.verdicts import Level

MEMBERS = [
    ("organic heterobicyclic compound", "CCCCc1c[nH]c2ccccc12", 9),
    ("organic heterotricyclic compounds", "O=C1c2ccccc2Oc2ccccc12", 14),
    ("organic heterobicyclic compound", "C1CCC2(CC1)OCCO2", 10),
    ("carbobicyclic compound", "CC1(C)C2CCC1(C)C(=O)C2", 7),
    ("carbotricyclic compound", "c1ccc2cc3ccccc3cc2c1", 14),
    ("sesquiterpenoid", "CC(C)=CCCC(C)=CCCC(C)=CCO", 16),
    ("diterpenoid", "CC1=C(C(C)(C)CCC1)C=CC(C)=CC=CC(C)=CC(=O)O", 22),
    ("bicyclic monoterpenoid", "CC1(C)C2CCC1(C)C(=O)C2", 11),
]
OTHERS = [
    ("organic heterobicyclic compound", "c1ccncc1"),
    ("organic heterobicyclic compound", "c1ccc2ccccc2c1"),
    ("organic heterotricyclic compound", "c1ccc2[nH]ccc2c1"),
    ("carbobicyclic compound", "c1ccc2[nH]ccc2c1"),
    ("carbotricyclic compound", "c1ccc2ccccc2c1"),
    ("sesquiterpenoid", "O=c1cc(-c2ccccc2)oc2ccccc12"),
    ("diterpenoid", "CCCCCCCCCCCCCCCCCCCC(=O)O"),
    ("tricyclic monoterpenoid", "CC1(C)C2CCC1(C)C(=O)C2"),
    ("sesquiterpene alkaloid", "CC(C)=CCCC(C)=CCCC(C)=CCO"),
    ("ketone", "CC(C)=O"),
]


@pytest.mark.parametrize(("name", "smiles", "size"), MEMBERS)
def test_members_get_the_pattern_of_their_own_atoms(name: str, smiles: str, size: int) -> None:
    molecule = read_molecule(smiles)
    patterns = computed_patterns(name, molecule)
    hits = find(molecule, patterns[0], floor=Level.EXACT)
    assert hits is not None
    assert len(hits.covered) == size


@pytest.mark.parametrize(("name", "smiles"), OTHERS)
def test_other_molecules_get_none(name: str, smiles: str) -> None:
    assert computed_patterns(name, read_molecule(smiles)) == ()


def test_only_names_that_no_pattern_states_are_computed() -> None:
    assert is_computed("Organic heterotetracyclic compounds")
    assert is_computed("diterpene lactone")
    assert not is_computed("macrocyclic lactone")
    assert not is_computed("terpene synthase")
