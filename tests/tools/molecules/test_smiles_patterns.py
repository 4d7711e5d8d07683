"""Patterns read as the SMILES they look like."""

from __future__ import annotations

import pytest

from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.smiles_patterns import read_as_smiles, written_as_smiles
from molreflect.tools.terms import Level


@pytest.mark.parametrize(
    ("pattern", "smiles", "atoms"),
    [
        ("C1=CC=CC=C1", "Cc1ccccc1", 6),
        ("C1=CC=CC=C1", "CC1=CC=CC=C1", 6),
        ("C1=CC=C2C(=C1)C=CN2", "c1ccc2[nH]ccc2c1", 9),
        ("[OX2H]C1=CC=CC=C1", "Oc1ccccc1", 7),
        ("C1=CC=CC=C1[NX3;H2]", "Nc1ccccc1", 7),
        ("[H]O", "CCO", 1),
        ("[H][O]c1ccccc1", "Oc1ccccc1", 7),
        ("C([H])([H])[H]", "CCO", 1),
        ("CN=N#N", "CN=[N+]=[N-]", 4),
        ("C[N-][N+]#N", "CN=[N+]=[N-]", 4),
        ("N(=O)=O", "C[N+](=O)[O-]", 3),
        ("N(=O)(=O)c", "O=[N+]([O-])c1ccccc1", 4),
        ("C[S+]([O-])C", "CS(C)=O", 4),
        ("Nc1nc2nc[nH]c2c(=O)[nH]1", "Nc1nc2[nH]cnc2c(=O)[nH]1", 11),
        ("Cc1c[nH]cn1", "Cc1cnc[nH]1", 6),
    ],
)
def test_a_pattern_that_is_nowhere_as_smarts_is_found_as_smiles(pattern: str, smiles: str, atoms: int) -> None:
    molecule = read_molecule(smiles)
    assert find(molecule, pattern) is None
    hits = find(molecule, pattern, smiles_too=True)
    assert hits is not None
    assert (hits.level, len(hits.atoms[0])) == (Level.SMILES, atoms)


@pytest.mark.parametrize(
    ("pattern", "smiles"),
    [
        ("C1CCCCC1", "c1ccccc1"),
        ("c1ccccc1", "C1CCCCC1"),
        ("C1=CCCC=C1", "c1ccccc1"),
        ("[H]O", "COC"),
        ("C([H])([H])[H]", "C1CC1"),
        ("N(=O)=O", "CN=O"),
        ("C[S+]([O-])C", "CSC"),
        ("CN=N#N", "CNNN"),
    ],
)
def test_the_other_reading_is_no_looser_than_the_smiles(pattern: str, smiles: str) -> None:
    assert find(read_molecule(smiles), pattern, smiles_too=True) is None


@pytest.mark.parametrize(
    "pattern", ["[CX3](=O)[OX2H1]", "C=C", "[R]", "CC.CC", "[$(C=O)]", "[#6]~[#7]", "[#999]", "[H][H]"]
)
def test_what_is_no_other_smiles_has_no_other_reading(pattern: str) -> None:
    assert read_as_smiles(pattern) is None


def test_a_pattern_that_is_there_as_smarts_keeps_its_level() -> None:
    hits = find(read_molecule("C1C=CC=CC1"), "C1C=CC=CC1", smiles_too=True)
    assert hits is not None
    assert hits.level is Level.EXACT


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("[#6X3](=[OX1])[OX2][CX4H3]", "COC=O"),
        ("C1=CC=CC=C1", "c1ccccc1"),
        ("O=[#6]1~[#6]~[#6]c2ccccc2[#8]1", "O=C1CCc2ccccc2O1"),
        ("c1ccccc1-[#7X3](=O)=O", "O=[N+]([O-])c1ccccc1"),
        ("[F,Cl]C", None),
        ("cC", None),
        ("((", None),
    ],
    ids=["ester", "Kekule ring", "open bonds", "nitro", "open element", "aromatic without its ring", "unreadable"],
)
def test_a_pattern_is_written_as_a_smiles_it_stands_for(pattern: str, text: str | None) -> None:
    assert written_as_smiles(pattern) == text
