"""Sentences as language models write them, each with a twin that is wrong in one detail.

The pairs stand in `pairs.tsv`: a molecule, what is so, what is not. The grammar reads both to their last word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from molreflect.agents.analyst.grammar.sentences import sentence_statements
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from tests.agents.analyst.predications.test_check import checked, holds

TABLE = Path(__file__).with_name("pairs.tsv").read_text(encoding="utf-8")
PAIRS = [tuple(line.split("\t")) for line in TABLE.splitlines()]
MENTHOL = "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O"
PHENTERMINE = "CC(C)(N)Cc1ccccc1"


def verdicts(smiles: str, said: str, resources: Any) -> list[Verdict]:
    nouns = Nouns(read_molecule(smiles), resources)
    return [statement.verdict for statement in sentence_statements(said, (0, len(said)), nouns)]


@pytest.mark.parametrize(("smiles", "true", "false"), PAIRS)
def test_what_is_so_is_supported_and_its_twin_is_read_and_left_open(
    resources: Any, smiles: str, true: str, false: str
) -> None:
    assert verdicts(smiles, true, resources) == [Verdict.SUPPORTED]
    assert verdicts(smiles, false, resources) == [Verdict.UNCHECKED]


@pytest.mark.parametrize(
    ("smiles", "false"),
    [
        pytest.param(
            "O=C1NC(=O)C(N1)(c1ccccc1)c1ccccc1",
            "A quaternary carbon of the hydantoin ring, C1, bears two phenyl groups.",
            id="a label in apposition",
        ),
        pytest.param(
            MENTHOL,
            "The secondary alcohol is on the ring carbon next to the one bearing the methyl group.",
            id="the one stands for the nearest noun",
        ),
        pytest.param("ClC=C(Cl)Cl", "All of the chlorines sit on the same alkene carbon.", id="all on one"),
        pytest.param(
            "CCOP(=O)(OCC)OCC", "Phosphorus is surrounded by two ethoxy groups and one P=O oxygen.", id="a count"
        ),
        pytest.param(
            PHENTERMINE,
            "The carbon attached to nitrogen is quaternary: besides the NH2 it bears two methyls and a phenyl group.",
            id="it is the part that was spoken of",
        ),
        pytest.param(
            "CC(=O)N[C@@H](CS)C(=O)O", "It is the S-acetyl derivative of cysteine.", id="which atom bears a group"
        ),
        pytest.param(
            "O=C1C=CNC(=O)N1",
            "It has one N-H group and two C=O groups in one six-membered ring.",
            id="numbers of what stands in one ring",
        ),
        pytest.param(
            "CCOC(=O)C=Cc1ccccc1",
            "The C=C bond is conjugated with the phenyl ring but not with the ester carbonyl.",
            id="but not",
        ),
        pytest.param(
            "COc1ccccc1OCC(O)CO",
            "The two ether oxygens are attached to the same aromatic carbon.",
            id="the same carbon",
        ),
        pytest.param(
            "CC(C)CC(=O)NCCO",
            "No carbon lies between the methine carbon and the carbonyl carbon.",
            id="a denial holds in every reading",
        ),
        pytest.param("FC(F)(F)C(Cl)Br", "It has 2 F, 1 Cl and 1 Br.", id="a list is of the kind before it"),
        pytest.param("CC(C)=CCc1occc1C", "The furan ring is atoms 4, 5, 6, 7 and 8.", id="all atoms of a ring"),
    ],
)
def test_what_its_parts_seem_to_bear_out_is_not_supported(resources: Any, smiles: str, false: str) -> None:
    assert not holds(resources, smiles, false)


def test_building_blocks_are_not_refuted_as_parts(resources: Any) -> None:
    said = "It combines benzoic acid and glycine through an amide bond."
    claims = checked(resources, "OC(=O)CNC(=O)c1ccccc1", said).claims
    assert claims
    assert all(claim.verdict is not Verdict.REFUTED for claim in claims)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O", "- Number of hydroxyl groups: 5"),
        ("OC(=O)CC(O)(CC(O)=O)C(O)=O", "- Carboxylic acid groups: three"),
        ("CC(=O)Nc1ccc(O)cc1", "Sure! The hydroxyl group sits on the benzene ring, opposite the nitrogen."),
        ("CNC1(CCCCC1=O)c1ccccc1Cl", "The quaternary ring carbon bears a methylamino group; the ketone is next to it."),
    ],
)
def test_labels_small_talk_and_semicolons(resources: Any, smiles: str, said: str) -> None:
    assert holds(resources, smiles, said)
