"""The near misses of `benchmarks/claims.py` are false for certain, and are counted as what they are."""

from __future__ import annotations

import random
from typing import Any

import pytest
from rdkit import Chem
from script_files import load_script

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import open_resources


@pytest.fixture(scope="module")
def claims() -> Any:
    return load_script("benchmarks/claims.py")


def swaps(claims: Any, kind: str, smiles: str, caption: str) -> set[str]:
    """The captions with an error of a kind that the second look calls false."""
    resources = open_resources()
    pair = claims.Pair(read_molecule(smiles), caption, resources.reader.read(caption), resources)
    make = next(make for name, make in claims.KINDS.items() if name.startswith(kind))
    made = [swap for seed in range(4) for swap in make(pair, random.Random(seed)) if claims._is_false(swap)]
    return {caption[: swap.start] + swap.new + caption[swap.end :] for swap in made}


@pytest.mark.parametrize(
    ("kind", "smiles", "caption", "expected"),
    [
        ("group", "CC(=O)CC", "It is a ketone.", {"It is a aldehyde."}),
        ("group", "CC(=O)CC=O", "It is a ketone.", set()),
        ("number", "OC(=O)CC", "It is a monocarboxylic acid.", {"It is a dicarboxylic acid."}),
        ("number", "OC(=O)CC(=O)O", "It is a monocarboxylic acid.", set()),
        ("halogen", "Clc1ccccc1", "It has a chloro group.",
         {"It has a bromo group.", "It has a fluoro group.", "It has a iodo group."}),
        ("residue", "NCC(=O)NCC(=O)O", "It is a dipeptide.", {"It is a tripeptide."}),
        ("residue", "OCC1OC(OC2C(CO)OC(O)C(O)C2O)C(O)C(O)C1O", "It is a disaccharide.", {"It is a trisaccharide."}),
        ("residue", "OCC1OC(OC2C(COC3OCC(O)C(O)C3O)OC(O)C(O)C2O)C(O)C(O)C1O", "It is a disaccharide derivative.",
         set()),
        ("anomer", "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", "It is a beta-D-glucopyranose.",
         {"It is a alpha-D-glucopyranose."}),
        ("configuration", "C[C@H](N)C(=O)O", "It is L-alanine.", {"It is D-alanine."}),
        ("position", "Cc1ccccc1O", "It is 2-methylphenol.", {"It is 3-methylphenol."}),
        ("position", "Cc1cccc(C)c1O", "It is 2-methylphenol.", {"It is 3-methylphenol."}),
        ("chain", "CCCCCC(=O)O", "It is hexanoic acid.", {"It is heptanoic acid."}),
    ],
)  # fmt: skip
def test_an_error_is_put_in_only_where_it_is_false(
    claims: Any, kind: str, smiles: str, caption: str, expected: set[str]
) -> None:
    made = swaps(claims, kind, smiles, caption)
    assert made <= expected
    assert bool(made) == bool(expected)


def test_words_of_another_compound_are_left_alone(claims: Any) -> None:
    caption = "It results from the condensation of the thiol group of coenzyme A with the carboxy group of acetic acid."
    assert swaps(claims, "group", "CC(=O)SCC", caption) == set()


def test_every_pattern_of_the_table_can_be_read(claims: Any) -> None:
    assert all(Chem.MolFromSmarts(smarts) is not None for _, _, smarts in claims.TABLES["near"])
    assert all(Chem.MolFromSmarts(smarts) is not None for smarts in claims.TABLES["counted"].values())


def test_alarms_and_detections_are_counted_as_a_table(claims: Any) -> None:
    result = claims.Result()
    with_claims = "The molecule is a ketone and a member of chlorobenzenes."
    claims.measure(read_molecule("CC(=O)c1ccc(Cl)cc1"), with_claims, open_resources(), random.Random(1), result)
    assert result.claims["supported"] == 2
    assert result.false_alarms == 0
    tally = result.kinds["group or ring (aldehyde for ketone)"]
    assert (tally.made, tally.ended["refuted"], tally.detection) == (1, 1, 1.0)
    assert "| group or ring (aldehyde for ketone) | 1 | 1 | 0 | 0 | 0 | 1.00 |" in claims.table(result)
    assert claims.to_json(result)["kinds"]["group or ring (aldehyde for ketone)"]["made"] == 1
