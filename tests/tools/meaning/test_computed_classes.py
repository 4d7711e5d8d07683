"""Computed classes: rings are counted in the molecule, isoprenoid skeletons measured, and the pattern replays."""

from __future__ import annotations

import pytest

from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.meaning.computed_classes import computed_patterns, extended_patterns, is_computed
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Level

MEMBERS = [
    ("organic heterobicyclic compound", "CCCCc1c[nH]c2ccccc12", 9),
    ("organic heterotricyclic compounds", "O=C1c2ccccc2Oc2ccccc12", 14),
    ("organic heterobicyclic compound", "C1CCC2(CC1)OCCO2", 10),
    ("carbobicyclic compound", "CC1(C)C2CCC1(C)C(=O)C2", 7),
    ("carbotricyclic compound", "c1ccc2cc3ccccc3cc2c1", 14),
    ("sesquiterpenoid", "CC(C)=CCCC(C)=CCCC(C)=CCO", 16),
    ("diterpenoid", "CC1=C(C(C)(C)CCC1)C=CC(C)=CC=CC(C)=CC(=O)O", 22),
    ("bicyclic monoterpenoid", "CC1(C)C2CCC1(C)C(=O)C2", 11),
    ("alkaloid", "CN1C2CCC1CC(C2)OC(=O)C(CO)c1ccccc1", 8),
    ("alkaloid", "COc1ccc(CCN)cc1", 2),
    ("polycyclic cage", "C1C2CC3CC1CC(C2)C3", 10),
    ("polycyclic cage compound", "C1C2CC3CC1CC(C2)(C3)NC(C)=O", 10),
    ("hydrocarbons", "CCCC.O", 4),
    ("lipid", "CCCCCCCCCCO", 11),
    ("diterpene alkaloid", "CCN1CC2(CCC(C34C2CC(C31)C5(CC(C6CC4C5C6O)OC)O)O)COC", 22),
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
    ("alkaloid", "Oc1ccccc1"),
    ("alkaloid", "CC(N)=O"),
    ("polycyclic cage", "c1ccc2cc3ccccc3cc2c1"),
    ("polycyclic cage", "C1CC2CCC1C2"),
    ("hydrocarbon", "CCCCO"),
    ("lipid", "CCCCCCO"),
    ("diterpene alkaloid", "CC12CCC3C(CCC4CC(N)CCC34C)C1CCC2"),
]
EXTENDED = [
    ("triglyceride", "CCCC(=O)OCC(COC(=O)CCC)OC(=O)CCC.O", 21),
    ("long-chain fatty acid", "CCCCCCCCCCCCCCCC(=O)O", 18),
    ("fatty acid", "CCCCCC(O)C=CC1C(O)CC(=O)C1CC=CCCCC(=O)O", 25),
    ("hydroperoxy fatty acid", "O(O)C(C=CC=CCC=CCCCCC(=O)O)CC=CCCCCC", 25),
    ("epoxy fatty acid", "CCCCCC1C(O1)CC=CCC=CCC=CCCCC(=O)O", 23),
    ("fatty acid", "CCCCCCC(CCCCCCCCCCC(=O)O)OC1OC(CO)C(O)C(O)C1O", 20),
    ("disaccharide derivative", "OCC1OC(OC2(CO)OC(CO)C(O)C2O)C(O)C(O)C1O", 23),
    ("amino disaccharide", "CC(=O)NC1C(O)OC(CO)C(O)C1OC1OC(CO)C(O)C(O)C1O", 26),
    ("monosaccharide derivative", "OCC1OC(Oc2ccccc2)C(O)C(O)C1O", 12),
    ("dipeptide", "NCC(=O)NCC(=O)O", 9),
    ("hydrochloride", "CNCC(O)c1ccccc1.Cl", 12),
]


@pytest.mark.parametrize(("name", "smiles", "size"), MEMBERS)
def test_members_get_the_pattern_of_their_own_atoms(name: str, smiles: str, size: int) -> None:
    molecule = read_molecule(smiles)
    patterns = computed_patterns(name, molecule)
    hits = find(molecule, patterns[0], floor=Level.EXACT)
    assert hits is not None
    assert len(hits.covered) == size


@pytest.mark.parametrize(("name", "smiles", "size"), EXTENDED)
def test_a_class_that_means_more_than_its_pattern_gets_all_of_it(name: str, smiles: str, size: int) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    molecule = read_molecule(smiles)
    hits = find(molecule, extended_patterns(entry, molecule)[0], floor=Level.EXACT)
    assert hits is not None
    assert len(hits.covered) == size


def test_a_class_is_extended_only_where_it_stands_and_only_if_it_means_more() -> None:
    lexicon = load_lexicon()
    triglyceride, ketone = lexicon.find("triglyceride"), lexicon.find("ketone")
    assert triglyceride is not None
    assert ketone is not None
    assert extended_patterns(triglyceride, read_molecule("CCCC(=O)OCC(CO)OC(=O)CCC")) == ()
    assert extended_patterns(ketone, read_molecule("CC(C)=O")) == ()


@pytest.mark.parametrize(("name", "smiles"), OTHERS)
def test_other_molecules_get_none(name: str, smiles: str) -> None:
    assert computed_patterns(name, read_molecule(smiles)) == ()


def test_only_names_that_no_pattern_states_are_computed() -> None:
    assert is_computed("Organic heterotetracyclic compounds")
    assert is_computed("diterpene lactone")
    assert not is_computed("macrocyclic lactone")
    assert not is_computed("terpene synthase")
