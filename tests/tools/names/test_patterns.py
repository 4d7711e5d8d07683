"""Patterns of named structures: what they find, and what they must not."""

from __future__ import annotations

import pytest
from naming import one
from rdkit import Chem

from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.write import mirror_image
from molreflect.tools.names.patterns import molecule_pattern
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.terms import Level


@pytest.mark.parametrize(
    ("name", "there", "not_there"),
    [
        pytest.param("methyl group", "CC(C)C", "CCC", id="methyl-is-not-the-end-of-a-chain"),
        pytest.param("ethyl", "CCO", "CCCO", id="ethyl-is-not-part-of-propyl"),
        pytest.param("hydroxy groups", "CCO", "CCOC", id="hydroxy-is-not-an-ether"),
        pytest.param("amino substituent", "CCN", "CCNC", id="amino-is-primary"),
        pytest.param("methoxy", "COC=O", "CCOC(C)=O", id="methoxy-is-not-ethoxy"),
        pytest.param("hydroxymethyl", "OCc1ccccc1", "COCc1ccccc1", id="hydroxymethyl"),
        pytest.param("acetyl", "CC(=O)Oc1ccccc1", "CCC(=O)Oc1ccccc1", id="acetyl-is-not-propanoyl"),
        pytest.param("oxo", "CC(C)=O", "CC([O-])C", id="oxo-is-no-alkoxide"),
        pytest.param("phenyl", "Clc1ccc(CC)cc1", "c1ccc2ccccc2c1", id="phenyl-may-be-substituted-but-not-fused"),
        pytest.param("chlorine", "CCCl", "Cl", id="chlorine-at-a-position-is-a-group"),
        pytest.param("hydrogen chloride", "Cl.CN", "CCCl", id="hydrogen-chloride-is-a-component"),
        pytest.param("4-hydroxyphenyl", "Oc1ccc(CC)cc1", "COc1ccc(CC)cc1", id="hydroxyphenyl-is-not-methoxyphenyl"),
    ],
)
def test_a_substituent_pattern_finds_the_group_and_not_its_larger_kin(
    names: Nomenclature, name: str, there: str, not_there: str
) -> None:
    found = one(names, name)
    assert find(read_molecule(there), found.pattern) is not None
    assert find(read_molecule(not_there), found.pattern) is None


def test_a_substituent_is_also_found_in_the_ionised_form(names: Nomenclature) -> None:
    hits = find(read_molecule("[O-]C(=O)c1ccccc1"), one(names, "carboxy").pattern)
    assert hits is not None
    assert hits.level is Level.NEUTRAL
    assert set(hits.atoms[0]) == {0, 1, 2}


def test_a_parent_pattern_allows_substitution_and_the_strict_one_keeps_hydroxy(names: Nomenclature) -> None:
    found = one(names, "2-methoxyphenol")
    vanillin, veratrole = read_molecule("COc1cc(C=O)ccc1O"), read_molecule("COc1ccccc1OC")
    assert find(vanillin, found.pattern) is not None
    assert find(vanillin, found.strict_pattern) is not None
    assert find(veratrole, found.pattern) is not None
    assert find(veratrole, found.strict_pattern) is None


@pytest.mark.parametrize(
    "name",
    [
        "L-alanine",
        "beta-D-glucopyranose",
        "5alpha-cholestane",
        "morphine",
        "(2R,3S)-2,3-dihydroxybutanoic acid",
        "coenzyme A",
        "(9Z)-octadec-9-enoic acid",
    ],
)
def test_stereo_in_a_pattern_matches_the_named_molecule_however_it_is_written(names: Nomenclature, name: str) -> None:
    found = one(names, name)
    mol = Chem.MolFromSmiles(found.smiles)
    for seed in range(5):
        text = Chem.MolToRandomSmilesVect(mol, 1, randomSeed=seed + 1)[0]
        hits = find(read_molecule(text), found.pattern)
        assert hits is not None
        assert hits.level is Level.EXACT
    if Chem.FindMolChiralCenters(mol):
        hits = find(read_molecule(Chem.MolToSmiles(mirror_image(mol))), found.pattern)
        assert hits is not None
        assert hits.level is Level.FLAT


def test_an_amino_acid_residue_is_found_in_a_peptide(names: Nomenclature) -> None:
    dipeptide = read_molecule("NCC(=O)N[C@@H](C)C(=O)NCC(=O)O")
    hits = find(dipeptide, one(names, "L-alanine residue").pattern)
    assert hits is not None
    assert set(hits.atoms[0]) == {4, 5, 6, 7, 8}


def test_patterns_do_not_change_the_molecule_they_are_made_of() -> None:
    mol = Chem.MolFromSmiles("C[C@H]([NH3+])C(=O)[O-]")
    before = Chem.MolToSmiles(mol)
    molecule_pattern(mol)
    assert Chem.MolToSmiles(mol) == before
