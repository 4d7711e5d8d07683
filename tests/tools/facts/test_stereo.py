"""Stereochemistry, identity and substitution: the cases that are easily got wrong."""

from __future__ import annotations

import pytest

from molreflect.tools.facts.stereo import Sameness, compare_identity, stereo_of
from molreflect.tools.facts.substitution import substitution_of
from molreflect.tools.molecules.read import read_molecule

MESO = "O[C@H]([C@H](O)C(=O)O)C(=O)O"
CHIRAL = "O[C@H]([C@@H](O)C(=O)O)C(=O)O"


@pytest.mark.parametrize(
    ("smiles", "chiral", "centres"),
    [
        ("CC(C)O", False, []),
        ("C[C@H](N)C(=O)O", True, ["S"]),
        ("C[C@@H](N)C(=O)O", True, ["R"]),
        ("N[C@@H](CS)C(=O)O", True, ["R"]),  # L-cysteine: sulfur turns the order
        (MESO, False, ["R", "S"]),
        (CHIRAL, True, ["R", "R"]),
        ("C[C@H]1CC[C@@H](C)CC1", False, None),  # cis and trans alike: no centre is R or S for chirality
        ("CC(O)C(=O)O", True, ["?"]),
    ],
)
def test_centres_and_chirality(smiles: str, chiral: bool, centres: list[str] | None) -> None:
    found = stereo_of(read_molecule(smiles))
    assert found.chiral is chiral
    if centres is not None:
        assert sorted(label for _, label in found.centres) == centres


@pytest.mark.parametrize(
    ("smiles", "labels"),
    [("C/C=C/C", ["E"]), ("C/C=C\\C", ["Z"]), ("CC=CC", ["?"]), ("C=CC", []), ("C1CCCCC=1", []), ("CC=C(C)C", [])],
)
def test_double_bonds(smiles: str, labels: list[str]) -> None:
    assert [label for _, label in stereo_of(read_molecule(smiles)).bonds] == labels


@pytest.mark.parametrize(
    ("one", "two", "relation"),
    [
        ("OCC", "CCO", Sameness.SAME),
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", Sameness.ENANTIOMERS),
        (MESO, CHIRAL, Sameness.DIASTEREOMERS),
        (MESO, "O[C@@H]([C@@H](O)C(=O)O)C(=O)O", Sameness.SAME),
        ("C/C=C/C", "C/C=C\\C", Sameness.DIASTEREOMERS),
        ("CC(N)C(=O)O", "C[C@@H](N)C(=O)O", Sameness.LESS_STATED),
        ("CC(=O)O", "CC(=O)[O-]", Sameness.PROTONATION),
        ("CCO", "COC", Sameness.ISOMERS),
        ("CCO", "CCN", Sameness.DIFFERENT),
    ],
)
def test_how_two_molecules_stand_to_each_other(one: str, two: str, relation: Sameness) -> None:
    assert compare_identity(read_molecule(one), read_molecule(two)) is relation
    assert compare_identity(read_molecule(two), read_molecule(one)) is relation


@pytest.mark.parametrize(
    ("smiles", "pattern"),
    [
        ("Cc1ccccc1C", "ortho (1,2)"),
        ("Cc1cccc(C)c1", "meta (1,3)"),
        ("Cc1ccc(C)cc1", "para (1,4)"),
        ("Cc1cc(C)cc(C)c1", "symmetric (1,3,5)"),
        ("Cc1ccc(C)c(C)c1", "asymmetric (1,2,4)"),
        ("Cc1ccccc1", "monosubstituted"),
        ("c1ccccc1", "unsubstituted"),
    ],
)
def test_substitution_patterns(smiles: str, pattern: str) -> None:
    (ring,) = substitution_of(read_molecule(smiles))
    assert ring.pattern == pattern


def test_fused_rings_are_said_to_be_fused_and_pyridine_is_no_benzene() -> None:
    assert [ring.fused for ring in substitution_of(read_molecule("c1ccc2ccccc2c1"))] == [True, True]
    assert substitution_of(read_molecule("Cc1ccncc1")) == ()


@pytest.mark.parametrize(
    ("smiles", "left_open", "in_all"),
    [
        ("CC(O)C(C)O", 3, 3),  # a pair and a meso form
        ("OC(=O)C(O)C(O)C(O)C(=O)O", 4, 4),  # a pair and two meso forms
        ("C[C@H](N)C(=O)O", 1, 2),
        ("CC=CC(C)O", 4, 4),
        ("C/C=C/C", 1, 2),
        ("CCO", 1, 1),
    ],
)
def test_stereoisomers_are_counted_meso_forms_once(smiles: str, left_open: int, in_all: int) -> None:
    found = stereo_of(read_molecule(smiles))
    assert (found.stereoisomers, found.of_constitution, found.exact) == (left_open, in_all, True)


def test_many_centres_are_bounded_not_counted() -> None:
    found = stereo_of(read_molecule("OCC(O)C(O)C(O)C(O)C(O)C(O)C(O)C=O"))
    assert (found.of_constitution, found.exact) == (2**7, False)


def test_cis_and_trans_are_told_where_both_atoms_bear_one_hydrogen() -> None:
    assert stereo_of(read_molecule("C/C=C\\C")).cis_trans == ("cis",)
    assert stereo_of(read_molecule("C/C=C(/C)CC")).cis_trans == ("",)
