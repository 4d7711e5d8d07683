from __future__ import annotations

import random

import pytest
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.synthesis.molecules import MAX_HEAVY_ATOMS, MIN_HEAVY_ATOMS, Library, Proposal

KNOWN = [
    "O=C(O)c1ccc(OC)cc1", "CC(C)Cc1ccc(C(C)C(=O)O)cc1", "NCCc1ccccc1", "OCCc1ccncc1", "CN1CCN(c2ccccc2Cl)CC1",
    "CCOC(=O)c1ccco1", "C[C@H](N)C(=O)OC", "Cc1ncc[nH]1", "O=S(=O)(NC)c1ccc(F)cc1", "CC(=O)CCc1ccc(O)cc1",
]  # fmt: skip


@pytest.fixture(scope="module")
def made() -> list[Proposal]:
    library = Library(KNOWN)
    return [p for n in range(600) if (p := library.propose(random.Random(f"a-{n}"))) is not None]


def test_what_is_made_is_sane_whole_and_within_bounds(made: list[Proposal]) -> None:
    assert len(made) > 300
    for proposal in made:
        molecule = read_molecule(proposal.smiles)
        assert MIN_HEAVY_ATOMS <= molecule.heavy_atoms <= MAX_HEAVY_ATOMS
        assert "." not in proposal.smiles
        assert "*" not in proposal.smiles
        assert Chem.MolToSmiles(molecule.mol) == proposal.smiles
        assert not any(atom.GetNumRadicalElectrons() for atom in molecule.mol.GetAtoms())
        charge = Chem.GetFormalCharge(molecule.mol)
        assert charge == {"anion": -1, "cation": 1}.get(proposal.way, 0)


def test_every_way_of_making_comes_up_and_few_molecules_come_up_twice(made: list[Proposal]) -> None:
    assert {p.way for p in made} == {"recombined", "substituted", "condensed", "anion", "cation"}
    assert len({read_molecule(p.smiles).inchikey for p in made}) > 0.5 * len(made)
    known = {read_molecule(text).inchikey for text in KNOWN}
    assert sum(read_molecule(p.smiles).inchikey in known for p in made) < 0.1 * len(made)


def test_the_same_seed_makes_the_same_molecule_whatever_the_order_of_the_known_ones() -> None:
    forth, back = Library(KNOWN), Library([*reversed(KNOWN), KNOWN[0]])
    assert len(forth) == len(back) == len(KNOWN)
    for n in range(60):
        assert forth.propose(random.Random(n)) == back.propose(random.Random(n))


def test_a_condensation_names_its_bond_and_loses_water(made: list[Proposal]) -> None:
    condensed = [p for p in made if p.way == "condensed"]
    assert len(condensed) > 20
    for proposal in condensed:
        mol = read_molecule(proposal.smiles).mol
        assert proposal.bond is not None
        carbon, hetero = (mol.GetAtomWithIdx(i) for i in proposal.bond)
        assert carbon.GetSymbol() == "C"
        assert hetero.GetSymbol() in "NO"
        assert mol.GetBondBetweenAtoms(*proposal.bond) is not None
        parts = [read_molecule(text) for text in proposal.parents]
        assert mol.GetNumHeavyAtoms() == sum(part.heavy_atoms for part in parts) - 1


def test_an_ion_is_its_parent_less_or_plus_a_proton(made: list[Proposal]) -> None:
    ions = [p for p in made if p.way in ("anion", "cation")]
    assert {p.way for p in ions} == {"anion", "cation"}
    for proposal in ions:
        [parent] = proposal.parents
        assert Chem.MolToSmiles(read_molecule(proposal.smiles).neutral) == parent


def test_handedness_is_kept_where_nothing_was_joined() -> None:
    library = Library(["C[C@H](N)C(=O)OCc1ccccc1"])
    made = [library.propose(random.Random(n)) for n in range(80)]
    smiles = [p.smiles for p in made if p is not None and p.way == "substituted"]
    centre = Chem.MolFromSmarts("C[C@H](N)C(=O)O")
    assert smiles
    for text in smiles:
        mol = read_molecule(text).mol
        if "@" in text and mol.HasSubstructMatch(centre):
            assert mol.HasSubstructMatch(centre, useChirality=True)


def test_molecules_that_cannot_be_built_from_are_said_to_be_so() -> None:
    with pytest.raises(InputError, match="none of 3 molecules is a neutral"):
        Library(["C", "[Na+].[Cl-]", "CC[NH3+]"])
