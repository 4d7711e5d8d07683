"""Names as captions write them become structures, from a cache that many may share."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
from naming import inchi, one
from rdkit import Chem

from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.structures import NamedStructure, Nomenclature


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        pytest.param("2-methoxyphenol", "COc1ccccc1O", id="systematic"),
        pytest.param("2-methoxyphenols", "COc1ccccc1O", id="plural"),
        pytest.param("a benzoic acid", "OC(=O)c1ccccc1", id="article"),
        pytest.param("hexadecanoic", "CCCCCCCCCCCCCCCC(=O)O", id="acid-without-the-word"),
        pytest.param("hexadecanoic acid (palmitic acid)", "CCCCCCCCCCCCCCCC(=O)O", id="synonym-in-brackets"),
        pytest.param("9Z)-octadecenoic acid", "CCCCCCCC/C=C\\CCCCCCCC(=O)O", id="bracket-not-opened"),
        pytest.param("hydroxyacetic acid (2-hydroxyacetic acid)", "OCC(=O)O", id="synonym-with-a-locant"),
        pytest.param("L‐alanine", "C[C@H](N)C(=O)O", id="unicode-dash"),
        pytest.param("l-Proline", "OC(=O)[C@@H]1CCCN1", id="descriptor-lowered-at-the-start-of-a-sentence"),
        pytest.param("adenosine 5′-monophosphate", "", id="unicode-prime"),
        pytest.param("β-D-glucopyranose", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", id="greek"),
        pytest.param("(9Z)-octadecenoic acid", "CCCCCCCC/C=C\\CCCCCCCC(=O)O", id="double-bond-by-geometry-alone"),
        pytest.param(
            "11beta,17alpha,21-trihydroxypregn-4-ene-3,20-dione",
            "O=C4\\C=C2/[C@]([C@H]1[C@@H](O)C[C@@]3([C@@](O)(C(=O)CO)CC[C@H]3[C@@H]1CC2)C)(C)CC4",
            id="cortisol",
        ),
        pytest.param(
            "all-cis-5,8,11,14-icosatetraenoic acid", "CCCCC/C=C\\C/C=C\\C/C=C\\C/C=C\\CCCC(=O)O", id="all-cis"
        ),
    ],
)
def test_names_as_captions_write_them_become_molecules(names: Nomenclature, name: str, smiles: str) -> None:
    found = one(names, name)
    assert found.kind == "molecule"
    if smiles:
        assert inchi(found.smiles) == inchi(smiles)
    else:
        assert Chem.MolFromSmiles(found.smiles).GetNumHeavyAtoms() == 23


def test_an_anomeric_group_keeps_its_configuration(names: Nomenclature) -> None:
    alpha, beta = one(names, "alpha-D-glucosyl").smiles, one(names, "beta-D-glucosyl").smiles
    assert alpha != beta
    assert Chem.CanonSmiles(beta.replace("*", "F")) == Chem.CanonSmiles("F[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O")


def test_an_amino_acid_without_a_descriptor_has_no_stereo(names: Nomenclature) -> None:
    assert not one(names, "alanine").stereo
    assert one(names, "D-alanine").stereo


def test_open_positions_are_kept_open_and_not_guessed(names: Nomenclature) -> None:
    found = one(names, "dichlorobenzene")
    assert found.ambiguous
    for isomer in ("Clc1ccccc1Cl", "Clc1cccc(Cl)c1", "Clc1ccc(Cl)cc1"):
        assert find(read_molecule(isomer), found.pattern) is not None
    assert find(read_molecule("Clc1ccccc1"), found.pattern) is None
    assert find(read_molecule("ClCc1ccccc1Cl"), found.pattern) is None


@pytest.mark.parametrize(
    "name",
    [
        "steroid",
        "lactone",
        "acyl",
        "diacyl",
        "antibiotic",
        "compound A",
        "amp",
        "pep",
        "alcohol sulfate",
        "steroid sulfate",
        "fatty acid",
        "Ala",
        "D-Glc-D-Glc-",
        "beta-(1->4)-linkage",
        "99-HETE",
        "octacis-undecaprenyl",
        "1D-myo-inositol 1,1-bisphosphate",
        "quercetin 9-O-beta-D-glucoside",
        "",
        "   ",
        "123",
        "methyl" * 200,
        "(((",
        "a\x00b",
        "\ud83d",
    ],
)
def test_what_is_no_name_has_no_structure(names: Nomenclature, name: str) -> None:
    assert names.resolve([name]) == {name: None}


def test_charge_suffixes_and_zwitterions_are_understood(names: Nomenclature) -> None:
    assert one(names, "L-argininium(1+)").charge == 1
    assert one(names, "phosphate(3-)").charge == -3
    assert one(names, "geranyl phosphate").charge == 0
    assert one(names, "geranyl phosphate(2-)").charge == -2
    assert one(names, "acetate").charge == -1
    zwitterion = one(names, "L-alanine zwitterion")
    assert (zwitterion.charge, inchi(zwitterion.smiles)) == (0, inchi("C[C@H](N)C(=O)O"))


@pytest.mark.parametrize("name", ["benzene hydroperoxide", "toluene cyanide"])
def test_an_ion_beside_what_does_not_balance_it_is_no_reading(names: Nomenclature, name: str) -> None:
    assert names.resolve([name]) == {name: None}


@pytest.mark.parametrize("name", ["sodium hydroperoxide", "calcium phosphate", "tetrabutylammonium fluoride"])
def test_a_salt_whose_charges_balance_is_read(names: Nomenclature, name: str) -> None:
    found = one(names, name)
    assert "." in found.smiles
    assert found.charge == 0


def test_the_cache_answers_a_second_time_without_opsin_and_remembers_failures(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "names.sqlite"
    wanted = ["2-methoxyphenol", "no such compound", "hydroxymethyl"]
    first = Nomenclature(path)
    answers = first.resolve(wanted)
    assert first.parses > 0
    first.close()
    second = Nomenclature(path)
    assert second.resolve(wanted) == answers
    assert second.parses == 0
    second.close()


def test_results_of_another_opsin_or_other_rules_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    first = Nomenclature(path)
    first.resolve(["ethanol"])
    first.close()
    with sqlite3.connect(path) as store:
        store.execute("UPDATE names SET version = 'opsin-1.0/rules-0', structure = NULL")
    second = Nomenclature(path)
    assert second.resolve(["ethanol"])["ethanol"] is not None
    second.close()


def test_many_threads_may_share_one_nomenclature_and_one_file(tmp_path: Path) -> None:
    path = tmp_path / "names.sqlite"
    writer, reader = Nomenclature(path), Nomenclature(path)
    wanted = [f"{i}-methylnonadecane" for i in range(2, 10)]
    answers: list[dict[str, NamedStructure | None]] = []
    threads = [threading.Thread(target=lambda n=n: answers.append(n.resolve(wanted))) for n in (writer, reader) * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert all(answers[0].values())
