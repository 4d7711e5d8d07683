"""Values and counts against RDKit, asked in the test itself."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, rdMolDescriptors

from molreflect.tools.errors import InputError
from molreflect.tools.facts.groups import locate
from molreflect.tools.facts.parts import part_named
from molreflect.tools.facts.properties import properties_of, rule_of_five
from molreflect.tools.molecules.read import read_molecule

MOLECULES = (
    "CC(=O)Oc1ccccc1C(=O)O", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", "[Na+].CC(=O)[O-]", "C[N+](C)(C)CC(=O)[O-]",
    "OC[C@H]1O[C@@](CO)(O[C@H]2O[C@H](CO)[C@@H](O)[C@H](O)[C@H]2O)[C@@H](O)[C@@H]1O", "[2H]C([2H])([2H])O", "C",
    "c1ccc2ccccc2c1", "C1CC2CCC1C2", "C1CCC2(CC1)CCCC2", "FC(Cl)(Br)I", "O=S(=O)(O)O", "N#CC=CC#C", "[H][H]",
)  # fmt: skip


@pytest.mark.parametrize("smiles", MOLECULES)
def test_properties_are_those_of_rdkit(smiles: str) -> None:
    mol = Chem.MolFromSmiles(smiles)
    values = {p.key: p.value for p in properties_of(read_molecule(smiles))}
    assert values["formula"] == rdMolDescriptors.CalcMolFormula(mol)
    assert values["mass"] == pytest.approx(Descriptors.MolWt(mol), abs=1e-3)
    assert values["exact_mass"] == pytest.approx(Descriptors.ExactMolWt(mol), abs=1e-5)
    assert values["logp"] == pytest.approx(Crippen.MolLogP(mol), abs=0.006)
    assert values["tpsa"] == pytest.approx(rdMolDescriptors.CalcTPSA(mol), abs=0.006)
    assert values["charge"] == sum(atom.GetFormalCharge() for atom in mol.GetAtoms())
    assert values["rings"] == mol.GetRingInfo().NumRings()
    assert not str(values["logp"]).startswith("-0.0 ")


@pytest.mark.parametrize("smiles", MOLECULES)
def test_elements_are_counted_as_rdkit_counts_them(smiles: str, resources: Any) -> None:
    mol = Chem.MolFromSmiles(smiles)
    molecule = read_molecule(smiles)
    wanted = Counter(atom.GetSymbol() for atom in Chem.AddHs(mol).GetAtoms())
    for symbol, name in (("C", "carbon"), ("N", "nitrogen"), ("O", "oxygen"), ("Br", "bromine"), ("H", "hydrogen")):
        for words in (symbol, name, f"{name}s", f"{symbol} atoms"):
            found = locate(words, molecule, resources)
            assert found.count == wanted[symbol], words
            if symbol != "H":
                places = {place[0] for place in found.atoms}
                assert places == {a.GetIdx() for a in mol.GetAtoms() if a.GetSymbol() == symbol}


@pytest.mark.parametrize(
    ("words", "smiles", "count"),
    [
        ("rings", "c1ccc2ccccc2c1", 2),
        ("aromatic rings", "c1ccc2c(c1)CCC2", 1),
        ("fused systems", "c1ccc2ccccc2c1", 1),
        ("6-membered rings", "C1CCC2(CC1)CCCC2", 1),
        ("five-membered ring", "C1CCC2(CC1)CCCC2", 1),
        ("heterocycles", "c1ccc(-c2ccncc2)cc1", 1),
        ("spiro atoms", "C1CCC2(CC1)CCCC2", 1),
        ("bridgeheads", "C1CC2CCC1C2", 2),
        ("double bonds", "CC(=O)C=C", 2),
        ("C=C", "CC(=O)C=C", 1),
        ("C=O", "CC(=O)C=C", 1),
        ("triple bonds", "N#CC#C", 2),
        ("sp3 carbons", "CC(=O)C=C", 1),
        ("quaternary carbons", "CC(C)(C)C", 1),
        ("stereocentres", "C[C@H](O)[C@@H](O)C", 2),
        ("stereocenters", "CC(O)C", 0),
        ("heteroatoms", "OCCN", 2),
        ("halogens", "FC(Cl)(Br)I", 4),
        ("COOH", "OC(=O)CC(=O)O", 2),
        ("NO2", "O=[N+]([O-])c1ccc([N+](=O)[O-])cc1", 2),
        ("CF3", "FC(F)(F)c1ccccc1", 1),
        ("peptide bonds", "C[C@H](N)C(=O)N[C@@H](C)C(=O)NCC(=O)O", 2),
        ("positive charges", "C[N+](C)(C)CC(=O)[O-]", 1),
    ],
)
def test_parts_are_counted(words: str, smiles: str, count: int, resources: Any) -> None:
    found = locate(words, read_molecule(smiles), resources)
    assert not found.why_not
    assert found.count == count


def test_places_are_atoms_of_the_smiles_as_it_is_written(resources: Any) -> None:
    assert locate("nitrile", read_molecule("OCCC#N"), resources).atoms == ((3, 4),)
    assert set(locate("Br", read_molecule("BrCC(Br)O"), resources).atoms) == {(0,), (3,)}


def test_words_that_mean_no_group_are_told_and_near_ones_offered(resources: Any) -> None:
    found = locate("carboxilic acid", read_molecule("CC(=O)O"), resources)
    assert found.count == 0
    assert found.why_not
    assert "carboxylic acid" in found.offers
    assert part_named("flavour") is None


def test_the_rule_of_five_counts_what_is_exceeded() -> None:
    assert rule_of_five(read_molecule("CC(=O)Oc1ccccc1C(=O)O")).exceeded == ()
    fat = rule_of_five(read_molecule("CCCCCCCCCCCCCCCCCC(=O)OCC(OC(=O)CCCCCCCCCCCCCCCCC)COC(=O)CCCCCCCCCCCCCCCCC"))
    assert not fat.passes
    assert len(fat.exceeded) == 2
    one = rule_of_five(read_molecule("CCCCCCCCCCCCCCCC"))
    assert one.passes
    assert one.exceeded[0].startswith("logP")


def test_a_request_for_no_molecule_is_a_mistake() -> None:
    with pytest.raises(InputError):
        read_molecule("C1CC")
