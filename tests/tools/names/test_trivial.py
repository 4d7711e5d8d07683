"""The curated table of trivial names: formulas, synonyms, charges, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from naming import one
from rdkit import Chem
from rdkit.Chem.rdMolDescriptors import CalcMolFormula

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.names.trivial import common_names, read_table, trivial_names
from molreflect.tools.verification.relations import check_relation


def test_every_entry_of_the_table_has_the_formula_it_states(names: Nomenclature) -> None:
    entries = trivial_names().entries
    assert len(entries) >= 1_200
    found = names.resolve([entry.name for entry in entries])
    wrong = []
    for entry in entries:
        structure = found[entry.name]
        mol = Chem.MolFromSmiles(structure.smiles) if structure is not None else None
        if mol is None or CalcMolFormula(mol) != entry.formula:
            wrong.append((entry.name, entry.formula, CalcMolFormula(mol) if mol is not None else None))
        elif structure is not None and ((entry.flat and structure.stereo) or structure.kind != "molecule"):
            wrong.append((entry.name, "stereo or kind", structure.smiles))
    assert not wrong


def test_every_synonym_leads_to_the_structure_of_its_entry(names: Nomenclature) -> None:
    entries = [entry for entry in trivial_names().entries if entry.also]
    found = names.resolve([name for entry in entries for name in entry.names])
    for entry in entries:
        structures = [found[name] for name in entry.names]
        assert all(s is not None for s in structures), entry.names
        assert len({s.smiles for s in structures if s is not None}) == 1, entry.names
        assert all(s.source == "table" for s in structures if s is not None), entry.names


def test_every_common_name_is_read_and_has_its_formula(names: Nomenclature) -> None:
    stated = {name: formula for formula, each in common_names().items() for name in each}
    found = names.resolve(list(stated))
    smiles = {name: one.smiles if one is not None else "" for name, one in found.items()}
    assert {name: CalcMolFormula(Chem.MolFromSmiles(smiles[name])) for name in stated} == stated
    assert all(trivial_names().find(name) is None for name in stated)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param('[a]\n"x" = { reads = "ethane" }', "needs a formula", id="no-formula"),
        pytest.param('[a]\n"x" = { formula = "C2H6" }', "either", id="no-structure"),
        pytest.param('[a]\n"x" = { reads = "ethane", smiles = "CC", formula = "C2H6" }', "either", id="two-structures"),
        pytest.param('[a]\n"x" = { reads = "ethane", formula = "C2H6", colour = 1 }', "unknown keys", id="unknown-key"),
        pytest.param(
            '[a]\n"Xane" = { smiles = "CC", formula = "C2H6" }\n[b]\n"y" = '
            '{ smiles = "C", formula = "CH4", also = ["xane"] }',
            "named by both",
            id="name-twice",
        ),
    ],
)
def test_a_faulty_table_is_refused_and_the_entry_named(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_table(text)


def test_the_cache_key_changes_with_the_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from molreflect.tools.names import structures as nomenclature

    path = tmp_path / "names.sqlite"
    first = Nomenclature(path)
    first.resolve(["testosterone"])
    first.close()
    table = trivial_names()
    monkeypatch.setattr(nomenclature, "trivial_names", lambda: type(table)((), "another", {}))
    second = Nomenclature(path)
    assert second.resolve(["testosterone"]) == {"testosterone": None}
    second.close()


def test_abbreviations_are_read_with_their_capitals_only(names: Nomenclature) -> None:
    assert one(names, "AMP").source == "table"
    assert one(names, "Testosterone").smiles == one(names, "testosterone").smiles
    assert names.resolve(["amp"]) == {"amp": None}


def test_charges_on_names_of_the_table_are_kept(names: Nomenclature) -> None:
    assert one(names, "ATP(4-)").charge == -4
    assert one(names, "NADH(2-)").charge == -2
    assert one(names, "cyanidin cation").charge == 1
    assert one(names, "cholate").charge == -1
    assert one(names, "chlorogenate").charge == -1
    assert one(names, "testosterone").charge == 0


def test_relations_to_names_of_the_table(names: Nomenclature) -> None:
    hete = read_molecule(r"CCCCC/C=C\C/C=C\C=C\[C@@H](O)C/C=C\CCCC(O)=O")
    assert check_relation(hete, "enantiomer of", one(names, "8-HETE")).holds is None
    other = read_molecule(r"CCCCC/C=C\C/C=C\C=C\[C@H](O)C/C=C\CCCC(O)=O")
    found = [check_relation(m, "enantiomer of", one(names, "8(S)-HETE")).holds for m in (hete, other)]
    assert sorted(map(bool, found)) == [False, True]
    quinoid_base = read_molecule("Oc1cc2c(O)cc(=O)cc-2oc1-c1ccc(O)c(O)c1")
    assert check_relation(quinoid_base, "conjugate base of", one(names, "cyanidin cation")).holds
    assert check_relation(quinoid_base, "conjugate base of", one(names, "delphinidin")).holds is False
    nor = read_molecule("CC(CCCC(C)C)C1CCC2C1(C)CCC1=C2CCC2C1(C)CCC(O)C2C")
    assert check_relation(nor, "derives from a hydride of", one(names, "lanostane")).holds
    assert check_relation(nor, "derives from a hydride of", one(names, "labdane")).holds is False


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("testosterone", "MUMGGOZAMZWBJJ-DYKIIFRCSA-N"),
        ("cholic acid", "BHQCQFFYRZLCQQ-OELDTZBJSA-N"),
        ("quercetin", "REFJWTPEDVJJIY-UHFFFAOYSA-N"),
        ("prostaglandin E2", "XEYBRNLFEZDVAW-ARSRFYASSA-N"),
        ("sucrose", "CZMRCDWAGMRECN-UGDNZRGBSA-N"),
        ("ATP", "ZKHQWZAMYRWXGA-KQYNXXCUSA-N"),
        ("butylated hydroxytoluene", "NLZUEZXRPGMBCV-UHFFFAOYSA-N"),
        ("1D-myo-inositol 1,4,5-trisphosphate", "MMWCIQZXVOZEGG-XJTPDSDZSA-N"),
    ],
)
def test_well_known_compounds_have_their_inchikey(names: Nomenclature, name: str, key: str) -> None:
    assert Chem.MolToInchiKey(Chem.MolFromSmiles(one(names, name).smiles)) == key
