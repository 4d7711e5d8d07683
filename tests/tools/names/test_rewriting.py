"""Biochemical names in the wording that OPSIN reads."""

from __future__ import annotations

import pytest
from naming import inchi, one
from rdkit import Chem

from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.rewriting import rewritten_names
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.terms import Reason
from molreflect.tools.verification.relations import check_relation


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        pytest.param("gamma-Glu-Phe", "N[C@@H](CCC(=O)N[C@@H](Cc1ccccc1)C(O)=O)C(O)=O", id="gamma-peptide"),
        pytest.param("Ala-Asp", "C[C@H](N)C(=O)N[C@@H](CC(O)=O)C(O)=O", id="dipeptide"),
        pytest.param("Gly-D-Ala-Gly", "NCC(=O)N[C@H](C)C(=O)NCC(O)=O", id="D-residue"),
        pytest.param("13(R)-HODE", r"CCCCC[C@@H](O)/C=C/C=C\CCCCCCCC(O)=O", id="HODE"),
        pytest.param("12(S)-HPETE", r"CCCCC/C=C\C[C@@H](/C=C/C=C\C/C=C\CCCC(=O)O)OO", id="HPETE"),
        pytest.param("14,15-EET", r"CCCCCC1OC1C/C=C\C/C=C\C/C=C\CCCC(O)=O", id="epoxide"),
        pytest.param("9Z-octadecenoic acid", r"CCCCCCCC/C=C\CCCCCCCC(O)=O", id="geometry-without-brackets"),
        pytest.param("(3R)-hydroxyhexadecanoic acid", "CCCCCCCCCCCCC[C@@H](O)CC(O)=O", id="locant-by-descriptor"),
        pytest.param("hexadecasphinganine", "CCCCCCCCCCCCC[C@@H](O)[C@@H](N)CO", id="sphinganine"),
        pytest.param("15-methylhexadecasphing-4-enine", "CC(C)CCCCCCCCC/C=C/[C@@H](O)[C@@H](N)CO", id="sphingenine"),
        pytest.param("C20 phytosphingosine", "CCCCCCCCCCCCCCCC[C@@H](O)[C@@H](O)[C@@H](N)CO", id="phytosphingosine"),
        pytest.param(
            "alpha-L-Fucp-(1->2)-D-Galp",
            "C[C@@H]1O[C@@H](O[C@H]2C(O)O[C@H](CO)[C@H](O)[C@@H]2O)[C@@H](O)[C@H](O)[C@@H]1O",
            id="glycan",
        ),
        pytest.param("N-formyl-alpha-D-perosamine", "C[C@H]1O[C@H](O)[C@@H](O)[C@@H](O)[C@@H]1NC=O", id="perosamine"),
        pytest.param("N,N-dihydroxy-L-trihomomethionine", "CSCCCCC[C@@H](C(=O)O)N(O)O", id="homologue"),
        pytest.param(
            "Man(a1-3)Man",
            "OC[C@H]1OC(O)[C@@H](O)[C@@H](O[C@H]2O[C@H](CO)[C@@H](O)[C@H](O)[C@@H]2O)[C@@H]1O",
            id="short-glycan",
        ),
        pytest.param(
            "UDP-alpha-D-glucose",
            "OC[C@H]1O[C@H](OP(O)(=O)OP(O)(=O)OC[C@H]2O[C@H]([C@H](O)[C@@H]2O)n2ccc(=O)[nH]c2=O)[C@H](O)[C@@H](O)[C@@H]1O",
            id="sugar-nucleotide",
        ),
    ],
)
def test_biochemical_names_become_structures(names: Nomenclature, name: str, smiles: str) -> None:
    found = one(names, name)
    assert not found.generic
    assert inchi(found.smiles) == inchi(smiles)


def test_glycosides_of_sphingosine_are_glycosides(names: Nomenclature) -> None:
    found = one(names, "1-(beta-D-galactosyl)-N-hexadecanoylsphingosine")
    assert Chem.MolFromSmiles(found.smiles).HasSubstructMatch(Chem.MolFromSmarts("NC(CO[CH]1OC(CO)C(O)C(O)C1O)C(O)C=C"))
    assert one(names, "N-acyl-beta-D-galactosylsphingosine").generic


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        ("lavandulyl", "*CC(CC=C(C)C)C(=C)C"),
        ("gondoyl", "*C(=O)CCCCCCCCC/C=C\\CCCCCCCC"),
        ("senecioyloxy", "*OC(=O)C=C(C)C"),
        ("1-D-ribityl", "*C[C@H](O)[C@H](O)[C@H](O)CO"),
        ("N-(5-carboxypentyl)", "*CCCCCC(=O)O"),
        ("1-phenylpropan-2-amino", "*NC(C)Cc1ccccc1"),
        ("(N-acetylglycyl)amido", "*NC(=O)CNC(C)=O"),
        ("beta-D-sophorosyl", "*C1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O"),
    ],
)
def test_groups_by_trivial_names_become_structures(names: Nomenclature, name: str, smiles: str) -> None:
    assert Chem.CanonSmiles(one(names, name).smiles) == Chem.CanonSmiles(smiles)


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        ("1S,2S-diaminocyclohexane", "N[C@H]1CCCC[C@@H]1N"),
        ("4alpha-aminocyclohexan-1beta-ol", "NC1CCC(O)CC1"),
        ("bupivacaine hydrochloride", "CCCCN1CCCCC1C(=O)Nc1c(C)cccc1C.Cl"),
        ("cumate", "CC(C)c1ccc(C(=O)O)cc1"),
    ],
)
def test_loose_descriptors_and_salts_of_trivial_names_are_read(names: Nomenclature, name: str, smiles: str) -> None:
    assert Chem.CanonSmiles(one(names, name).smiles) == Chem.CanonSmiles(smiles)


def test_a_polyprenyl_group_stands_for_any_length(names: Nomenclature) -> None:
    found = one(names, "4-hydroxy-3-polyprenylbenzoic acid")
    assert found.generic
    assert find(read_molecule("CC(C)=CCCC(C)=CCc1cc(ccc1O)C(O)=O"), found.pattern) is not None
    assert find(read_molecule("CC(C)CCc1cc(ccc1O)C(O)=O"), found.pattern) is None


def test_a_name_with_open_chains_is_a_pattern_and_no_compound_to_compare_with(names: Nomenclature) -> None:
    found = one(names, "1,2-diacyl-sn-glycerol 3-phosphate")
    assert found.generic
    lipid = read_molecule("CCCCCCCC(=O)OC[C@H](COP(O)(O)=O)OC(=O)CCCCC")
    assert find(lipid, found.pattern) is not None
    assert find(read_molecule("CCCCCCCC(=O)OC[C@@H](O)COP(O)(O)=O"), found.pattern) is None
    anion = read_molecule("CC(=O)OC[C@H](COP(O)([O-])=O)OC(C)=O")
    check = check_relation(anion, "conjugate base of", found)
    assert (check.holds, check.reason) == (None, Reason.NAME_WITHOUT_STRUCTURE)
    assert check_relation(lipid, "derives from", found).holds


@pytest.mark.parametrize(
    "name", ["phosphatidic acid 34:1", "quercetin 3,7-O-beta-D-glucoside", "Ala-Xaa", "GDP-unknownose"]
)
def test_a_rule_that_is_not_sure_says_nothing(names: Nomenclature, name: str) -> None:
    assert names.resolve([name]) == {name: None}


def test_a_phosphatidylinositol_without_further_phosphates_is_read() -> None:
    for name in ("1-phosphatidyl-1D-myo-inositol", "1-phosphatidyl-myo-inositol"):
        assert any("glycero-3-phospho" in other.text for other in rewritten_names(name))
