"""A name without positions means every isomer, a name with positions one of them."""

from __future__ import annotations

import pytest

from molreflect.tools.lexicon.classes import StructuralClass, load_lexicon
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule


def _entry(name: str) -> StructuralClass:
    found = load_lexicon().find(name)
    assert found is not None, name
    return found


def _is(name: str, smiles: str) -> bool:
    entry, molecule = _entry(name), read_molecule(smiles)
    return any(find(molecule, pattern, floor=entry.level, max_hits=1) for pattern in entry.patterns)


@pytest.mark.parametrize(
    ("name", "isomers"),
    [
        pytest.param("chromanol", ["OC1CCc2ccccc2O1", "Oc1cccc2c1CCCO2", "Oc1cccc2c1OCCC2"], id="chromanol"),
        pytest.param("chromenone", ["O=c1ccoc2ccccc12", "O=c1ccc2ccccc2o1"], id="chromenone"),
        pytest.param("isochromenone", ["O=c1occc2ccccc12", "O=C1Cc2ccccc2CO1"], id="isochromenone"),
        pytest.param("chromanone", ["O=C1CCOc2ccccc12", "O=C1CCc2ccccc2O1"], id="chromanone"),
        pytest.param("trioxolane", ["C1OCOO1", "C1COOO1"], id="trioxolane"),
        pytest.param("isoxazoline", ["C1C=NOC1", "CN1CC=CO1"], id="isoxazoline"),
        pytest.param("oxazolidinedione", ["O=C1COC(=O)N1", "CC1NC(=O)OC1=O", "O=C1NCOC1=O"], id="oxazolidinedione"),
        pytest.param("phenanthroline", ["c1cnc2c(c1)ccc1cccnc12", "c1cnc2ccc3cccnc3c2c1"], id="phenanthroline"),
        pytest.param("furanocoumarin", ["O=c1ccc2cc3occc3cc2o1", "O=c1ccc2ccc3ccoc3c2o1"], id="furanocoumarin"),
        pytest.param("indolone", ["O=C1Cc2ccccc2N1", "O=C1CNc2ccccc12"], id="indolone"),
        pytest.param("diketopiperazine", ["O=C1CNC(=O)CN1", "O=C1NCCNC1=O"], id="diketopiperazine"),
        pytest.param("tetrahydroquinoline", ["c1ccc2c(c1)CCCN2", "c1cnc2CCCCc2c1"], id="tetrahydroquinoline"),
        pytest.param("oxazoline", ["C1=NCCO1", "C1N=CCO1"], id="oxazoline"),
        pytest.param("aminoethyl group", ["NCCc1ccccc1", "CC(N)c1ccccc1"], id="aminoethyl"),
        pytest.param("alkylglycerol", ["CCCCOCC(O)CO", "CCCCOC(CO)CO"], id="alkylglycerol"),
        pytest.param("methoxyflavan", ["COc1ccc2CCC(c3ccccc3)Oc2c1", "COC1Cc2ccccc2OC1c1ccccc1"], id="methoxyflavan"),
    ],
)
def test_a_name_without_positions_means_every_isomer(name: str, isomers: list[str]) -> None:
    assert [smiles for smiles in isomers if not _is(name, smiles)] == []


@pytest.mark.parametrize(
    "name",
    ["1,2-dihydropyridine", "4,5-dihydro-1,3-oxazole", "1,4-oxathiane", "1,2,5-thiadiazolidine", "1-indanone"],
)
def test_a_name_with_positions_is_no_synonym_of_the_class_of_all_isomers(name: str) -> None:
    assert load_lexicon().find(name) is None


def test_a_positional_name_is_not_satisfied_by_another_isomer() -> None:
    assert _is("pyrimidin-4-one", "O=c1cc[nH]cn1")
    assert not _is("pyrimidin-4-one", "O=c1nccc[nH]1")


@pytest.mark.parametrize(
    ("name", "salt", "covalent"),
    [
        pytest.param("mercury salt", "Cl[Hg]Cl", "C[Hg]C", id="mercury"),
        pytest.param("zinc salt", "CC(=O)[O-].CC(=O)[O-].[Zn+2]", "CC[Zn]CC", id="zinc"),
        pytest.param("iron salt", "[Cl-].[Cl-].[Fe+2]", "[Fe]", id="iron"),
    ],
)
def test_a_metal_bound_to_carbon_or_alone_is_no_salt(name: str, salt: str, covalent: str) -> None:
    assert _is(name, salt)
    assert not _is(name, covalent)


def test_an_aryl_sulfate_is_no_alkyl_sulfate() -> None:
    assert _is("alkyl sulfate", "CCOS(=O)(=O)O")
    assert not _is("alkyl sulfate", "OS(=O)(=O)Oc1ccccc1")


def test_cordycepin_is_a_nucleoside() -> None:
    assert _is("nucleoside", "Nc1ncnc2n(cnc12)C1OC(CO)CC1O")
    assert _is("3'-deoxyribonucleoside", "Nc1ncnc2n(cnc12)C1OC(CO)CC1O")
