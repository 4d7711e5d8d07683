"""Descriptors of a part, compared as letters: where a substituent changes the ranking, R means the other hand."""

from __future__ import annotations

import pytest
from rdkit import Chem

from molreflect.tools.molecules.descriptors import bears_descriptors, labelled_centres


def _mol(smiles: str) -> Chem.Mol:
    return Chem.MolFromSmiles(smiles)


@pytest.mark.parametrize(
    ("molecule", "part", "same"),
    [
        pytest.param("CC[C@@H](C)O", "CC[C@@H](C)O", True, id="itself"),
        pytest.param("CC[C@H](C)O", "CC[C@@H](C)O", False, id="its-mirror-image"),
        pytest.param("CC[C@@](C)(O)CBr", "CC[C@@H](C)O", True, id="same-letter-though-ranked-otherwise"),
        pytest.param("CC[C@](C)(O)CBr", "CC[C@@H](C)O", False, id="other-letter"),
        pytest.param("CCC(C)O", "CC[C@@H](C)O", False, id="undefined"),
        pytest.param("C/C=C/C", "C/C=C/C", True, id="double-bond"),
        pytest.param("C/C=C\\C", "C/C=C/C", False, id="other-double-bond"),
        pytest.param("C/C=C(\\C)Cl", "C/C=C/C", True, id="double-bond-ranked-otherwise"),
        pytest.param("CCCC", "CCC", False, id="no-descriptor"),
        pytest.param("CCN", "CC[C@@H](C)O", False, id="absent"),
    ],
)
def test_letters_are_compared_not_hands(molecule: str, part: str, same: bool) -> None:
    assert bears_descriptors(_mol(molecule), _mol(part)) is same


def test_looking_for_centres_leaves_the_molecule_as_it_was() -> None:
    mol = Chem.MolFromSmiles("C[C@H](O)/C=C/C(O)C")
    before = [bond.GetStereo() for bond in mol.GetBonds()]
    assert labelled_centres(mol, unassigned=True) == [(1, "S"), (5, "?")]
    assert labelled_centres(mol, unassigned=False) == [(1, "S")]
    assert [bond.GetStereo() for bond in mol.GetBonds()] == before
