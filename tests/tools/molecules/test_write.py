"""Fragments, mirror images and uncharged forms, written from a molecule that stays as it is."""

from __future__ import annotations

import pytest
from rdkit import Chem

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.write import fragment_smiles, mirror_image, uncharge, write_inchi

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
