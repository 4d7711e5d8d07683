"""The natural-product classes keep positions, mirror images and chain lengths apart."""

from __future__ import annotations

import pytest
from rdkit import Chem

from molreflect.tools.lexicon.classes import StructuralClass, load_lexicon
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule

TESTOSTERONE = "O[C@@H]1[C@]2(C)[C@@H](CC1)[C@@H]1CCC3=CC(CC[C@]3(C)[C@H]1CC2)=O"
CORTISOL = "O[C@@H]1[C@@H]2[C@]3(CCC(C=C3CC[C@H]2[C@@H]2CC[C@](C(CO)=O)([C@]2(C1)C)O)=O)C"
ATOM_ORDERS = 3


def _class(name: str) -> StructuralClass:
    found = load_lexicon().find(name)
    assert found is not None, name
    return found


def _is(name: str, smiles: str) -> bool:
    entry = _class(name)
    molecule = read_molecule(smiles)
    return any(find(molecule, pattern, floor=entry.level, max_hits=1) for pattern in entry.patterns)


@pytest.mark.parametrize("position", [2, 4, 5, 6, 7, 8, 9, 12, 14, 15, 16])
def test_cortisol_has_no_hydroxy_group_where_it_has_none(position: int) -> None:
    assert not _is(f"{position}-hydroxy steroid", CORTISOL)


@pytest.mark.parametrize(
    "name",
    [
        "11beta-hydroxy steroid",
        "17alpha-hydroxy steroid",
        "21-hydroxy steroid",
        "20-oxo steroid",
        "3-oxo-Delta(4) steroid",
    ],
)
def test_cortisol_belongs_to_the_classes_its_caption_names(name: str) -> None:
    assert _is(name, CORTISOL)


def test_alpha_and_beta_exclude_each_other() -> None:
    assert _is("17beta-hydroxy steroid", TESTOSTERONE)
    assert not _is("17alpha-hydroxy steroid", TESTOSTERONE)
    mirrored = TESTOSTERONE.replace("O[C@@H]1", "O[C@H]1", 1)
    assert _is("17alpha-hydroxy steroid", mirrored)
    assert not _is("17beta-hydroxy steroid", mirrored)


@pytest.mark.parametrize("prefix", ["alpha", "beta"])
@pytest.mark.parametrize("sugar", ["glucoside", "galactoside", "mannoside"])
def test_a_glycoside_belongs_to_one_anomer_of_one_hexose(prefix: str, sugar: str) -> None:
    own = f"{prefix}-D-{sugar}"
    smallest = min(_class(own).matches, key=len)
    members = [
        f"{p}-D-{s}"
        for p in ("alpha", "beta")
        for s in ("glucoside", "galactoside", "mannoside")
        if _is(f"{p}-D-{s}", smallest)
    ]
    assert members == [own]


@pytest.mark.parametrize("carbons", range(3, 31))
def test_a_saturated_fatty_acid_has_one_chain_class(carbons: int) -> None:
    smiles = "C" * (carbons - 1) + "C(=O)O"
    ranges = {"short-chain": (3, 5), "medium-chain": (6, 12), "long-chain": (13, 22), "very long-chain": (23, 99)}
    expected = [name for name, (low, high) in ranges.items() if low <= carbons <= high]
    assert [name for name in ranges if _is(f"{name} fatty acid", smiles)] == expected


def test_every_positional_steroid_class_is_a_steroid() -> None:
    names = [c for c in load_lexicon().classes if c.group == "steroid" and c.name.endswith("-hydroxy steroid")]
    assert len(names) > 20
    for entry in names:
        for smiles in entry.matches:
            assert _is("steroid", smiles), (entry.name, smiles)


def test_ions_are_not_taken_for_their_acids() -> None:
    palmitate, palmitic_acid = "CCCCCCCCCCCCCCCC(=O)[O-]", "CCCCCCCCCCCCCCCC(=O)O"
    assert _is("long-chain fatty acid anion", palmitate)
    assert not _is("long-chain fatty acid anion", palmitic_acid)
    assert _is("long-chain fatty acid", palmitate)  # captions call the salt by its acid, so the reverse holds


def test_atom_order_does_not_change_membership_of_stereo_classes() -> None:
    entries = [c for c in load_lexicon().classes if c.level == "exact" and c.group in {"steroid", "saccharide"}]
    assert len(entries) > 40
    for entry in entries:
        for smiles, expected in ((entry.matches[0], True), (entry.misses[0], False)):
            mol = Chem.MolFromSmiles(smiles)
            for text in Chem.MolToRandomSmilesVect(mol, ATOM_ORDERS, randomSeed=7):
                assert _is(entry.name, text) is expected, (entry.name, text)


TRIACETIC_ACID = "CC(=O)CC(=O)CC(O)=O"
ORSELLINIC_ACID = "Cc1cc(O)cc(O)c1C(O)=O"


@pytest.mark.parametrize("name", ["polyketide", "meroterpenoid", "oxylipin"])
def test_a_class_that_only_its_making_decides_never_refutes(name: str) -> None:
    assert _class(name).absence == "unchecked"


def test_a_polyketide_is_only_proved_by_alternating_carbonyl_and_methylene_groups() -> None:
    assert _is("polyketide", TRIACETIC_ACID)
    assert not _is("polyketide", ORSELLINIC_ACID)
