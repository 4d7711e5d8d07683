"""Imidic acids redrawn as amides."""

from __future__ import annotations

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.tautomers import amide_form


@pytest.mark.parametrize(
    ("drawn", "amide"),
    [
        ("CC(O)=N", "CC(N)=O"),
        ("C/C(O)=N/C", "CNC(C)=O"),
        ("CC([O-])=NC", "CC(=O)[N-]C"),
        ("OC1=NCCCC1", "O=C1CCCCN1"),
        ("NC(S)=N", "NC(N)=S"),
        ("CC([OH])=[NH]", "CC(N)=O"),
        ("C[C@H](N)C(O)=NCC(O)=NC", "CNC(=O)CNC(=O)[C@H](C)N"),
        ("CC(O)=NC(O)=N", "CC(=O)NC(N)=O"),
    ],
)
def test_an_imidic_acid_is_redrawn_as_the_amide(drawn: str, amide: str) -> None:
    form = amide_form(read_molecule(drawn))
    assert form is not None
    assert form.inchikey == read_molecule(amide).inchikey
    assert form.smiles.count("N") == amide.count("N")
    assert amide_form(form) is None


@pytest.mark.parametrize("drawn", ["CC(N)=O", "COC(C)=N", "Oc1ccccn1", "CC=NO", "CC(=NC)N", "CCO"])
def test_what_is_no_imidic_acid_is_left(drawn: str) -> None:
    assert amide_form(read_molecule(drawn)) is None
