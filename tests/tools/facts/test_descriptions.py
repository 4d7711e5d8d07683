"""Molecules that are built from the description of one ring."""

from __future__ import annotations

import pytest
from rdkit import Chem

from molreflect.tools.facts.descriptions import built_from
from molreflect.tools.facts.labelled_names import parted_label, with_labels


@pytest.mark.parametrize(
    ("said", "fits"),
    [
        ("a benzene ring bearing a hydroxyl group and, para to it, a nitro group", ["Oc1ccc(cc1)[N+](=O)[O-]"]),
        ("a benzene ring with a carboxylic acid and, ortho to it, a hydroxyl group", ["Oc1ccccc1C(=O)O"]),
        ("a pyridine ring with one amino group at its 2 position and nothing else", ["Nc1ccccn1"]),
        ("a benzene with three methyl groups at positions 1,3,5", ["Cc1cc(C)cc(C)c1"]),
        ("a furan with an aldehyde at position 2 and no other substituent", ["O=Cc1ccco1"]),
        ("cyclopropane ring with a carboxylic acid", ["OC(=O)C1CC1"]),
        ("a benzene ring with two chlorines", ["Clc1ccccc1Cl", "Clc1cccc(Cl)c1", "Clc1ccc(Cl)cc1"]),
    ],
)
def test_what_a_description_fits(said: str, fits: list[str]) -> None:
    assert set(built_from(said).smiles) == {Chem.CanonSmiles(smiles) for smiles in fits}


@pytest.mark.parametrize(
    "said",
    [
        "a benzene ring with a long tail",
        "a benzene ring with a hydroxyl and no nitro",
        "a benzene ring",
        "two methyl groups",
        "a benzene ring with a methyl ortho to a nitro and para to a chloro group",
        "a cyclopentane with two methyl groups in para position",
        "",
        "ring " * 60,
    ],
)
def test_what_is_not_built_says_why(said: str) -> None:
    built = built_from(said)
    assert not built.smiles
    assert built.why_not


def test_labels_before_a_name_choose_one_isomer_or_none() -> None:
    assert parted_label("(2R,3S)-tartaric acid") == ("RS", "tartaric acid")
    assert parted_label("tartaric acid") is None
    flat = "OC(=O)C(O)C(O)C(=O)O"
    meso = with_labels(flat, "RS")
    assert meso is not None
    assert sorted(label for _, label in Chem.FindMolChiralCenters(Chem.MolFromSmiles(meso))) == ["R", "S"]
    assert with_labels("CNC(C)C(O)c1ccccc1", "RS") is None
    assert with_labels("CNC(C)C(O)c1ccccc1", "R") is None
