"""Molecules beside each other: core, differences, groups, values."""

from __future__ import annotations

from typing import Any

from molreflect.tools.facts.beside import Beside, set_beside
from molreflect.tools.molecules.read import read_molecule


def beside(resources: Any, *smiles: str) -> Beside:
    return set_beside([read_molecule(each) for each in smiles], [f"m{n}" for n in range(len(smiles))], resources)


def row(found: Beside, phrase: str) -> dict[str, Any]:
    return next(each for each in found.card["rows"] if each["phrase"] == phrase)


def test_core_and_differences_share_all_atoms_of_each_molecule(resources: Any) -> None:
    found = beside(resources, "CC(=O)Oc1ccccc1C(=O)O", "CC(=O)Nc1ccc(O)cc1")
    core, rest = row(found, "largest common core"), row(found, "differences")
    for molecule, count in ((0, 13), (1, 11)):
        atoms = [
            int(atom)
            for each in (core, rest)
            for place in each["places"]
            if place["molecule"] == molecule
            for atom in place["atoms"].split()
        ]
        assert sorted(atoms) == list(range(count))


def test_groups_that_differ_come_first_and_say_which_molecule_has_them(resources: Any) -> None:
    found = beside(resources, "CC(=O)O", "CC(=O)OC")
    names = [each["phrase"] for each in found.card["rows"]]
    assert row(found, "carboxylic acid")["why"] == "1 in m0; not in m1"
    assert row(found, "carboxylic ester")["why"] == "1 in m1; not in m0"
    assert names[:2] == ["largest common core", "differences"]


def test_every_two_are_told_apart_and_values_name_their_method(resources: Any) -> None:
    found = beside(resources, "CCO", "OCC", "C[C@H](N)C(=O)O")
    first = found.pairs[0]
    assert (first.first, first.second, first.relation, first.tanimoto) == ("m0", "m1", "the same compound", 1.0)
    assert len(found.pairs) == 3
    assert found.values[0] == ("molecular formula", "C2H6O", "C2H6O", "C3H7NO2", "Hill order, with the net charge")
    assert "radius 2, 2,048 bits" in found.fingerprint


def test_molecules_that_share_nothing_say_so(resources: Any) -> None:
    assert "they share none" in row(beside(resources, "O", "CC"), "largest common core")["why"]
