from __future__ import annotations

import os
from pathlib import Path

import pytest
from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.patterns import molecule_pattern
from molreflect.tools.names.structures import NamedStructure, Nomenclature
from molreflect.tools.terms import Level, Reason
from molreflect.tools.verification.relations import COMPARED_RELATIONS, check_relation, normalise_relation

CORTISOL = "O=C4C=C2[C@]([C@H]1[C@@H](O)C[C@@]3([C@@](O)(C(=O)CO)CC[C@H]3[C@@H]1CC2)C)(C)CC4"
CORTISOL_NAME = "11beta,17alpha,21-trihydroxypregn-4-ene-3,20-dione"


@pytest.fixture(scope="module")
def names() -> Nomenclature:
    return Nomenclature()


def given(name: str, smiles: str, charge: int | None = None) -> NamedStructure:
    """A named structure as a corpus would give it."""
    mol = Chem.MolFromSmiles(smiles)
    stereo = "@" in smiles or "/" in smiles
    net = Chem.GetFormalCharge(mol) if charge is None else charge
    return NamedStructure(name, smiles, "molecule", "corpus", molecule_pattern(mol), molecule_pattern(mol), net, stereo)


HOLDS = [
    ("[O-]C(=O)c1ccccc1", "conjugate base of", "benzoic acid"),
    ("OC(=O)c1ccccc1", "conjugate acid of", "benzoate"),
    ("[NH3+][C@@H](CCCC[NH3+])C(=O)[O-]", "conjugate acid of", "L-lysine"),
    ("NCCCC[C@H](N)C(=O)O", "conjugate base of", "L-lysinium(1+)"),
    ("C[C@H](N)C(=O)[O-]", "conjugate base of", "L-alanine"),
    ("OC(=O)CC(O)(CC([O-])=O)C([O-])=O", "conjugate base of", "citric acid"),
    ("C[C@H](N)C(=O)O", "enantiomer of", "D-alanine"),
    ("C[C@@H](N)C(=O)O", "enantiomer of", "L-alanine"),
    ("C[C@@H]([NH3+])C(=O)[O-]", "enantiomer of", "L-alanine zwitterion"),
    ("C[C@H]([NH3+])C(=O)[O-]", "tautomer of", "L-alanine"),
    ("C[C@H](N)C(=O)O", "tautomer of", "L-alanine zwitterion"),
    ("Oc1ccccn1", "tautomer of", "pyridin-2(1H)-one"),
    ("CC(O)=CC(C)=O", "tautomer of", "pentane-2,4-dione"),
    ("CC(=O)Oc1ccccc1C(=O)O", "derives from a", "salicylic acid"),
    (CORTISOL, "derives from a hydride of", "pregnane"),
    (CORTISOL.replace("CO)", "COC(C)=O)"), "derives from", CORTISOL_NAME),
    ("CCCCCCCCCCCCCCCC(=O)SCCNC(C)=O", "is functionally related to a", "hexadecanoic acid"),
    ("NCC(=O)N[C@@H](C)C(=O)O", "derives from a", "L-alanine"),
    ("CC(=O)SCCN", "derives from", "acetic acid"),
    ("C[C@@H](C(=O)NCC(=O)O)N", "has functional parent", "glycine"),
    ("Cl.CN1CCC[C@H]1c1cccnc1", "hydrochloride of", "3-[(2S)-1-methylpyrrolidin-2-yl]pyridine"),
    ("[Na+].[O-]C(=O)c1ccccc1", "sodium salt of", "benzoic acid"),
]

FAILS = [
    ("OC(=O)c1ccccc1", "conjugate base of", "benzoic acid", "charges are"),
    ("[O-]C(=O)c1ccccc1", "conjugate acid of", "benzoic acid", "rather the conjugate base"),
    ("[O-]C(=O)c1ccccc1", "conjugate base of", "phenylacetic acid", "without protons"),
    ("[O-]C(=O)c1ccccc1", "conjugate base of", "benzaldehyde", "without protons"),
    ("C[C@@H](N)C(=O)[O-]", "conjugate base of", "L-alanine", "stereochemistry is another"),
    ("C[C@H](N)C(=O)O", "enantiomer of", "L-alanine", "itself"),
    ("C[C@H](N)C(=O)O", "enantiomer of", "L-serine", "same graph"),
    ("C[C@H](N)C(=O)[O-]", "enantiomer of", "D-alanine", "same charge"),
    ("NCC(=O)O", "enantiomer of", "glycine", "own mirror image"),
    ("CC(N)C(=O)O", "enantiomer of", "D-alanine", "own mirror image"),
    ("C[C@@H](O)[C@H](N)C(=O)O", "enantiomer of", "L-threonine", "itself"),
    ("C[C@H](O)[C@H](N)C(=O)O", "enantiomer of", "L-threonine", "diastereomers"),
    ("C[C@H](N)C(=O)O", "tautomer of", "L-alanine", "itself"),
    ("CCO", "tautomer of", "methoxymethane", "no tautomer in common"),
    ("CC(O)=CC(C)=O", "tautomer of", "butane-2,3-dione", "same formula"),
    ("[NH3+]CC(=O)O", "tautomer of", "glycine", "same charge"),
    ("OC(=O)c1ccccc1O", "derives from", "salicylic acid", "itself"),
    ("[O-]C(=O)c1ccccc1O", "derives from", "salicylic acid", "itself"),
    ("CC(=O)Oc1ccccc1C(=O)O", "derives from", "nicotinic acid", "of the 9 heavy atoms"),
    (CORTISOL, "derives from", "octadecanoic acid", ""),
    (CORTISOL, "derives from a hydride of", "morphinan", "skeleton"),
    ("NCC(=O)N[C@H](C)C(=O)O", "derives from a", "L-alanine", "another stereochemistry"),
    ("CN1CCC[C@H]1c1cccnc1", "hydrochloride of", "3-[(2S)-1-methylpyrrolidin-2-yl]pyridine", "two components"),
    ("Br.CN1CCC[C@H]1c1cccnc1", "hydrochloride of", "3-[(2S)-1-methylpyrrolidin-2-yl]pyridine", "chloride"),
    ("[Na+].[O-]C(=O)c1ccccc1", "salt of", "acetic acid", "none of the components"),
]


@pytest.mark.parametrize(
    ("smiles", "relation", "name"), HOLDS, ids=[f"{r}-{n}-{i}" for i, (_, r, n) in enumerate(HOLDS)]
)
def test_a_true_relation_holds_and_names_its_atoms(names: Nomenclature, smiles: str, relation: str, name: str) -> None:
    named = names.resolve([name])[name]
    assert named is not None, name
    molecule = read_molecule(smiles)
    check = check_relation(molecule, relation, named)
    assert (check.holds, check.reason) == (True, Reason.RELATION_HOLDS), check.message
    assert check.message
    assert check.atoms
    assert all(0 <= i < molecule.mol.GetNumAtoms() for place in check.atoms for i in place)


@pytest.mark.parametrize(
    ("smiles", "relation", "name", "why"), FAILS, ids=[f"{r}-{n}-{i}" for i, (_, r, n, _) in enumerate(FAILS)]
)
def test_a_false_relation_fails_and_says_why(
    names: Nomenclature, smiles: str, relation: str, name: str, why: str
) -> None:
    named = names.resolve([name])[name]
    assert named is not None, name
    check = check_relation(read_molecule(smiles), relation, named)
    assert (check.holds, check.reason) == (False, Reason.RELATION_FAILS), check.message
    assert why in check.message
    assert check.atoms == ()


def test_derivatives_report_the_atoms_of_the_parent(names: Nomenclature) -> None:
    named = names.resolve(["salicylic acid"])["salicylic acid"]
    check = check_relation(read_molecule("CC(=O)Oc1ccccc1C(=O)O"), "derives from", named)
    assert [set(place) for place in check.atoms] == [{3, 4, 5, 6, 7, 8, 9, 10, 11, 12}]
    assert check.level is Level.EXACT


def test_a_salt_reports_the_component(names: Nomenclature) -> None:
    named = names.resolve(["acetic acid"])["acetic acid"]
    assert check_relation(read_molecule("[Na+].CC(=O)[O-]"), "salt of", named).atoms == ((1, 2, 3, 4),)


def test_a_name_without_stereo_is_compared_without_and_says_so(names: Nomenclature) -> None:
    named = names.resolve(["alanine"])["alanine"]
    check = check_relation(read_molecule("C[C@H](N)C(=O)[O-]"), "conjugate base of", named)
    assert check.holds is True
    assert "without stereochemistry" in check.message
    undecided = check_relation(read_molecule("C[C@H](N)C(=O)O"), "enantiomer of", named)
    assert undecided.holds is None
    assert "does not give the stereochemistry" in undecided.message


def test_a_name_without_a_structure_is_left_undecided() -> None:
    check = check_relation(read_molecule("CCO"), "derives from", None)
    assert (check.holds, check.reason) == (None, Reason.NAME_WITHOUT_STRUCTURE)


def test_a_substituent_name_has_no_conjugate_base(names: Nomenclature) -> None:
    named = names.resolve(["acetyl"])["acetyl"]
    assert check_relation(read_molecule("CC(=O)[O-]"), "conjugate base of", named).holds is None


def test_the_charge_a_name_states_counts_not_that_of_its_drawn_form() -> None:
    citrate = read_molecule("OC(=O)CC(O)(CC([O-])=O)C([O-])=O")
    drawn = "[O-]C(=O)CC(O)(CC([O-])=O)C([O-])=O"
    assert check_relation(citrate, "conjugate base of", given("citrate(1-)", drawn, charge=-1)).holds is True
    assert check_relation(citrate, "conjugate acid of", given("citrate(1-)", drawn, charge=-1)).holds is False
    assert check_relation(citrate, "conjugate acid of", given("citrate(3-)", drawn)).holds is True


def test_an_unknown_relation_names_those_that_can_be_checked(names: Nomenclature) -> None:
    with pytest.raises(InputError, match="derives from a hydride of"):
        check_relation(read_molecule("CCO"), "is a friend of", None)


@pytest.mark.parametrize("relation", COMPARED_RELATIONS)
def test_captions_wording_is_understood(relation: str) -> None:
    assert normalise_relation(relation) == relation
    assert normalise_relation(f"It is a {relation} a" if "from" not in relation else f"It {relation} an") == relation


@pytest.mark.parametrize(("smiles", "relation", "name"), HOLDS[:16])
def test_rewriting_the_molecule_does_not_change_the_answer(
    names: Nomenclature, smiles: str, relation: str, name: str
) -> None:
    named = names.resolve([name])[name]
    mol = Chem.MolFromSmiles(smiles)
    kekule = Chem.Mol(mol)
    Chem.Kekulize(kekule, clearAromaticFlags=True)
    texts = [
        *Chem.MolToRandomSmilesVect(mol, 3, randomSeed=7),
        Chem.MolToSmiles(kekule, kekuleSmiles=True),
        Chem.MolToSmiles(Chem.AddHs(mol)),
    ]
    assert [check_relation(read_molecule(text), relation, named).holds for text in texts] == [True] * len(texts)


def test_real_conjugate_pairs_are_recognised_and_shuffled_ones_are_not(names: Nomenclature) -> None:
    data = os.environ.get("MOLREFLECT_SHARED_DATA")
    path = Path(data or "", "chebi20", "validation.txt")
    if not data or not path.is_file():
        pytest.skip("needs ChEBI-20's validation split: set MOLREFLECT_SHARED_DATA")
    work = []
    for row in path.read_text(encoding="utf-8").splitlines()[1:600]:
        _, smiles, caption = row.split("\t")
        name = caption.partition("It is a conjugate base of a ")[2].partition(".")[0].removeprefix("n ")
        if name:
            work.append((smiles, name))
    found = names.resolve([name for _, name in work])
    known = [(smiles, named) for smiles, name in work if (named := found[name]) is not None]
    assert len(known) > 20
    right = [check_relation(read_molecule(s), "conjugate base of", n).holds for s, n in known]
    shifted = [
        check_relation(read_molecule(s), "conjugate base of", n).holds
        for (s, _), (_, n) in zip(known, known[1:] + known[:1], strict=True)
    ]
    assert right.count(True) / len(right) > 0.85
    assert shifted.count(True) <= 1
