"""What no member of a class can do without: rings of its skeleton, atoms its name brings, a salt its acids."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.frames import lacks_frame
from molreflect.tools.verification.named_atoms import lacking_atoms
from molreflect.tools.verification.text_check import check

MORPHINE = "CN1CC[C@]23c4c5ccc(O)c4O[C@H]2[C@@H](O)C=C[C@H]3[C@H]1C5"


@pytest.fixture(scope="module")
def verdict(resources: Any) -> Any:
    def judged(smiles: str, text: str, phrase: str) -> Verdict:
        found = check(read_molecule(smiles), text, resources)
        return next(each.verdict for each in found.claims if each.phrase == phrase)

    return judged


@pytest.fixture(scope="module")
def resources() -> Any:
    return open_resources()


@pytest.mark.parametrize(
    ("smiles", "name", "lacking"),
    [
        ("OCC(O)COP(O)(O)=O", "glycerol sulfate", "sulfur"),
        ("OCC(O)COP(O)(O)=O", "glycerol phosphate", None),
        ("OCC(O)COP(O)(O)=O", "glycerol diphosphate", "phosphorus"),
        ("FC(F)(F)c1ccccc1", "(tetrafluoromethyl)benzene", "fluorine"),
        ("FC(F)(F)c1ccccc1", "(trifluoromethyl)benzene", None),
        ("COC(=O)CCC(O)=O", "tricarboxylic acid monoester", "carboxy carbon"),
        ("COC(=O)CCC(O)=O", "dicarboxylic acid monoester", None),
        ("CNCC(N)C(O)=O", "triamino acid", "nitrogen"),
        ("CNCC(N)C(O)=O", "diamino acid", None),
        ("Cc1ccccc1", "desulfoglucosinolate", None),
        ("c1ccc2c(c1)Cc1ccccc12", "fluorene", None),
    ],
)
def test_the_words_of_a_name_bring_atoms(smiles: str, name: str, lacking: str | None) -> None:
    assert lacking_atoms(read_molecule(smiles), name) == lacking


def test_a_name_without_a_reading_is_refuted_by_the_atoms_it_brings(verdict: Any) -> None:
    assert verdict("OCC(O)COP(O)(O)=O", "The molecule is a zorbyl sulfate.", "zorbyl sulfate") is Verdict.REFUTED
    assert verdict("OCC(O)COP(O)(O)=O", "The molecule is a zorbyl phosphate.", "zorbyl phosphate") is Verdict.UNCHECKED


def test_a_group_that_may_have_gone_is_not_refuted_by_its_atoms(verdict: Any) -> None:
    text = "The molecule is an alcohol{} carrying a zorbyloxysulfonyl group."
    there, gone = text.format(""), text.format(" obtained by hydrolysis of an ester")
    assert verdict("CO", there, "zorbyloxysulfonyl group") is Verdict.REFUTED
    assert verdict("CO", gone, "zorbyloxysulfonyl group") is Verdict.UNCHECKED


@pytest.mark.parametrize(
    ("smiles", "pattern", "lacks"),
    [
        ("c1ccc2[nH]ccc2c1", "C1CCC2C(C1)CCC1C2CCC2CCCC12", True),
        ("C1CCC2C(C1)CCC1C2CCC2CCCC12", "C1CCC2C(C1)CCC1C2CCC2CCCC12", False),
        ("C1CCC2CC1.CCC1CCCC1CCCCCCC2", "C1CCC2C(C1)CCC1C2CCC2CCCC12", True),
        ("CC1CCCC2(C)C1CCCC2CCCCCCC", "C1CCC2C(C1)CCC1CCCCC21", False),
        ("CC(=O)C1CC1=C", "CC1CCC(CC1)C(C)C", True),
        ("OC1=Nc2ccccc2C1", "O=C1[NX3]c2ccccc2C1", False),
    ],
    ids=["other-rings", "itself", "one-ring-of-four", "one-ring-opened", "fewer-carbons", "two-fused-rings"],
)
def test_a_skeleton_may_lose_one_ring_and_two_carbons(smiles: str, pattern: str, lacks: bool) -> None:
    assert lacks_frame(read_molecule(smiles), pattern) is lacks


def test_a_class_of_origin_is_refuted_where_its_skeleton_is_not_even_in_part(verdict: Any) -> None:
    text = "The molecule is a morphinane alkaloid."
    assert verdict("O=C(c1ccc(O)cc1)c1nc2ccccc2c(=O)[nH]1", text, "morphinane alkaloid") is Verdict.REFUTED


def test_a_salt_has_as_many_acids_as_its_name_counts(verdict: Any) -> None:
    base = "CN1CCN(CC1)c1ccccc1"
    text = "The molecule is a dihydrochloride prepared from a base."
    assert verdict(f"{base}.Cl", text, "dihydrochloride") is Verdict.REFUTED
    assert verdict(f"{base}.Cl.Cl", text, "dihydrochloride") is Verdict.SUPPORTED


def test_a_class_of_derivatives_is_held_to_its_pattern(verdict: Any) -> None:
    text = "The molecule is a muramic acid derivative."
    assert verdict("OCC([O-])=O", text, "muramic acid derivative") is Verdict.REFUTED


def test_a_ring_class_is_refuted_by_its_rings_whatever_changed_on_them(verdict: Any) -> None:
    text = "The molecule is {} in which the hydrogen at position 2 is replaced by a methyl group."
    assert verdict("Cc1nccc2ccccc12", text.format("azirine"), "azirine") is Verdict.REFUTED
    opened = "The molecule is {} in which the ring has been opened by hydrolysis."
    assert verdict("CNCCC(=O)O", opened.format("pyrrolidinedione"), "pyrrolidinedione") is Verdict.UNCHECKED


def test_an_aromatic_group_is_no_hydrogenated_one(verdict: Any) -> None:
    assert verdict("OCC1=CCCCC1", "It is a benzyl alcohol.", "benzyl alcohol") is Verdict.REFUTED
    assert verdict("OCc1ccccc1", "It is a benzyl alcohol.", "benzyl alcohol") is Verdict.SUPPORTED


OCTADECENOIC = "CCCCCCCC/C=C\\CCCCCCCC(=O)O"
PREGNANE = "CC(=O)[C@H]1CC[C@@H]2[C@@]1(CC[C@H]3[C@H]2CC[C@H]4[C@@]3(CCC(=O)C4)C)C"
BENZYLPHENYL = "O=C(O)c1ccc(cc1)-c1ccc(Cc2ccccc2)cc1"
CHOLESTANONE = "CC(CCCC(C)C)C1CCC2C1(C)CCC1C2CCC2CC(=O)CCC21C"


@pytest.mark.parametrize(
    ("smiles", "text", "right", "wrong"),
    [
        ("CCCCCC(N)CC(O)=O", "The molecule is octanoic acid substituted by an amino group at position {}.", "3", "4"),
        (CHOLESTANONE, "The molecule is 5alpha-cholestane substituted by an oxo group at position {}.", "3", "4"),
        ("O=C1c2ccccc2Oc2c1cccc2Cl", "The molecule is 9H-xanthen-9-one with a chloro group at position {}.", "4", "2"),
        (OCTADECENOIC, "It derives from a hydride of a cis-octadec-{}-ene.", "9", "10"),
        (OCTADECENOIC[:-1] + "[O-]", "It is a conjugate base of cis-octadec-{}-enoic acid.", "9", "8"),
        (PREGNANE, "It derives from a hydride of a 5{}-pregnane.", "beta", "alpha"),
        (BENZYLPHENYL, "It is an acid in which the hydroxy group is replaced by a {}-benzylphenyl group.", "4", "3"),
        ("CCCCCCCC=CCCCCCCCC(O)=O", "It is octadecenoic acid with the double bond at position {}.", "9", "9"),
    ],
    ids=["chain", "steroid", "suffix-with-a-number", "hydride", "base", "face", "new-group", "bond-of-the-parent"],
)
def test_a_position_is_compared_where_the_numbering_is_sure(
    resources: Any, smiles: str, text: str, right: str, wrong: str
) -> None:
    def refuted(position: str) -> bool:
        return bool(check(read_molecule(smiles), text.format(position), resources).refuted)

    assert not refuted(right)
    assert refuted(wrong) is (wrong != right)


def test_a_group_on_an_aromatic_ring_is_not_where_carbon_is(resources: Any) -> None:
    glycosyl = read_molecule("COc1ccc(cc1)-c1cc(=O)c2c(O)cc(O)c(C3OC(CO)C(O)C(O)C3O)c2o1")
    text = "It derives from a {}-dihydroxy-4'-methoxyflavone."
    assert not check(glycosyl, text.format("5,7"), resources).refuted
    assert check(glycosyl, text.format("5,8"), resources).refuted


def test_a_ring_and_geometry_are_no_change(resources: Any) -> None:
    text = "The molecule is a {} in which the methyl groups on the morpholine ring are in a cis relationship."
    molecule = read_molecule("CCN1CC(C)OC(C)C1")
    assert not check(molecule, text.format("4-ethyl-2,6-dimethylmorpholine"), resources).refuted
    assert check(molecule, text.format("4-ethyl-3,6-dimethylmorpholine"), resources).refuted
