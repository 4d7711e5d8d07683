"""Fragments, mirror images and uncharged forms, written from a molecule that stays as it is."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.write import (
    attached_fragment_smiles,
    fragment_smiles,
    mirror_image,
    uncharge,
    write_inchi,
)

C60 = (
    "c12c3c4c5c1c6c7c8c2c9c1c3c2c3c4c4c%10c5c5c6c6c7c7c%11c8c9c8c9c1c2c1c2c3c4c3c4c%10c5c5c6c6c7c7c%11c8c8c9c1c1c2c3"
    "c2c4c5c6c3c7c8c1c23"
)


@pytest.mark.parametrize(
    ("smiles", "atoms", "fragment"),
    [
        ("CC(=O)OC", (1, 2, 3), "O=CO"),
        ("CC(=O)OC", (3, 2, 1, 1), "O=CO"),
        ("Oc1ccccc1", (1, 2, 3, 4, 5, 6), "c1ccccc1"),
        ("C[N+](=O)[O-]", (1, 2, 3), "O=[N+][O-]"),
    ],
)
def test_a_fragment_is_cut_as_it_stands(smiles: str, atoms: tuple[int, ...], fragment: str) -> None:
    cut = fragment_smiles(read_molecule(smiles), atoms)
    pattern, other = Chem.MolFromSmarts(cut), Chem.MolFromSmarts(fragment)
    assert Chem.MolToSmiles(pattern) == Chem.MolToSmiles(other)


@pytest.mark.parametrize(
    ("smiles", "mirrored"),
    [
        pytest.param("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", id="one centre"),
        pytest.param("F/C=C/[C@H](O)C", "F/C=C/[C@@H](O)C", id="a double bond stays"),
        pytest.param("C[C@H](O)[C@@H](O)C", "C[C@@H](O)[C@H](O)C", id="meso"),
        pytest.param("CCO", "CCO", id="no centre"),
    ],
)
def test_a_mirror_image_turns_centres_over_and_leaves_the_molecule_alone(smiles: str, mirrored: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    assert Chem.MolToSmiles(mirror_image(mol)) == Chem.CanonSmiles(mirrored)
    assert Chem.MolToSmiles(mol) == Chem.CanonSmiles(smiles)


def test_uncharging_keeps_what_has_no_proton_to_move() -> None:
    for charged, neutral in (("CC(=O)[O-]", "CC(=O)O"), ("C[NH3+]", "CN"), ("C[N+](C)(C)C", "C[N+](C)(C)C")):
        assert Chem.MolToSmiles(uncharge(Chem.MolFromSmiles(charged))) == Chem.CanonSmiles(neutral)


def test_an_inchi_is_written_without_a_word_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    """Undefined centres and moved protons are warnings of RDKit's, which a user can do nothing about."""
    for smiles in ("CC(O)C(N)C=CC", "[NH3+]CC([O-])=O", "CC(O)C(=O)[O-].[Na+]"):
        assert write_inchi(read_molecule(smiles).mol).startswith("InChI=1S/")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("smiles", "atoms", "fragment"),
    [
        pytest.param("CC(=O)O", (3,), "*O", id="hydroxy"),
        pytest.param("CC(=O)O", (2,), "*=O", id="oxo"),
        pytest.param("COC(=O)c1ccccc1O", (0, 1, 2, 3), "*C(=O)OC", id="methyl ester"),
        pytest.param("CC#N", (1, 2), "*C#N", id="nitrile"),
        pytest.param("C#N", (0, 1), "C#N", id="the whole molecule"),
        pytest.param("C1CC1O", (0,), "*C*", id="a part of a ring"),
        pytest.param("C1CC1O", (0, 1), "*1CC1", id="all of a ring but one atom"),
        pytest.param("C[N+](C)(C)CC(=O)[O-]", (5, 6), "*C(*)=O", id="an end without its charge"),
        pytest.param("c1ccc2ccccc2c1", (0, 1, 2, 3, 8, 9), "*c1ccccc1*", id="a ring of two"),
        pytest.param("C/C=C/CO", (1, 2), "*/C=C/*", id="a double bond's geometry"),
        pytest.param("CCO.CCO", (2, 5), "*O.*O", id="apart"),
    ],
)
def test_an_attached_fragment_shows_what_it_was_attached_to(smiles: str, atoms: tuple[int, ...], fragment: str) -> None:
    molecule = read_molecule(smiles)
    cut = attached_fragment_smiles(molecule, atoms)
    assert cut == Chem.MolToSmiles(Chem.MolFromSmiles(fragment, sanitize=False))
    assert molecule.mol.HasSubstructMatch(Chem.MolFromSmarts(cut))
    assert Chem.MolToSmiles(molecule.mol) == Chem.CanonSmiles(smiles)


CHIRAL = ("N[C@@H](C)C(=O)O", "C[C@H](O)[C@@H](N)CC", "O[C@@H]1CCC[C@H]1F", "C[C@@](F)(Cl)Br", "F/C=C/[C@H](O)C")


@settings(deadline=None)  # a busy machine
@given(st.sampled_from(CHIRAL), st.data())
def test_an_attached_fragment_matches_where_it_was_cut_and_keeps_its_configuration(smiles: str, data: Any) -> None:
    molecule = read_molecule(smiles)
    atoms = data.draw(st.sets(st.sampled_from(range(molecule.mol.GetNumAtoms())), min_size=1))
    cut = Chem.MolFromSmarts(attached_fragment_smiles(molecule, tuple(atoms)))
    own = [atom.GetIdx() for atom in cut.GetAtoms() if atom.GetAtomicNum()]

    def lies_on_its_atoms(mol: Chem.Mol) -> bool:
        hits = mol.GetSubstructMatches(cut, useChirality=True, uniquify=False)
        return any({hit[place] for place in own} == atoms for hit in hits)

    assert lies_on_its_atoms(molecule.mol)
    centres = [atom for atom in cut.GetAtoms() if atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED]
    # With two cut neighbours, which are alike, a centre has no configuration of its own.
    if any(sum(n.GetAtomicNum() == 0 for n in atom.GetNeighbors()) < 2 for atom in centres):
        assert not lies_on_its_atoms(mirror_image(molecule.mol))
