"""Sentences that are read by their grammar: each with a twin that is wrong in one detail.

The pairs stand in `composed_pairs.tsv`: a molecule, what is so, what is not.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from molreflect.agents.analyst.predications.composed.nouns import Resolver
from molreflect.agents.analyst.predications.composed.sentences import composed_statements
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from tests.agents.analyst.predications.test_check import holds

TABLE = Path(__file__).with_name("composed_pairs.tsv").read_text(encoding="utf-8")
PAIRS = [tuple(line.split("\t")) for line in TABLE.splitlines()]
LIDOCAINE = "CCN(CC)CC(=O)Nc1c(C)cccc1C"


@pytest.mark.parametrize(("smiles", "true", "false"), PAIRS)
def test_what_is_so_is_supported_and_its_false_twin_is_not(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("words", "places"),
    [
        ("amide nitrogen", {(8,)}),
        ("ring carbon", {(a,) for a in (9, 10, 12, 13, 14, 15)}),
        ("terminal CH3", {(0,), (4,), (11,), (16,)}),
        ("methyl-bearing ring carbon", {(10,), (15,)}),
        ("exocyclic CH2", {(1,), (3,), (5,)}),
        ("pyridine ring", set()),
        ("unheard-of ring", None),
    ],
)
def test_a_noun_means_atoms_or_nothing(resources: Any, words: str, places: set[tuple[int, ...]] | None) -> None:
    found = Resolver(Nouns(read_molecule(LIDOCAINE), resources)).places(words.split())
    assert (None if found is None else set(found)) == places


@pytest.mark.parametrize(
    "said",
    [
        "The amide nitrogen is bonded to the amazing ring.",
        "The amide nitrogen is bonded to the ring most of the time.",
        "The amide nitrogen never touches the ring.",
        "C3 carries an oxygen.",
    ],
)
def test_nothing_is_decided_of_what_is_not_read_in_full(resources: Any, said: str) -> None:
    assert not list(composed_statements(said, (0, len(said)), Nouns(read_molecule(LIDOCAINE), resources)))


def test_each_clause_of_a_sentence_is_decided_by_itself(resources: Any) -> None:
    said = "The amide nitrogen is bonded to the ring, and the tertiary amine nitrogen carries a hydrogen."
    found = list(composed_statements(said, (0, len(said)), Nouns(read_molecule(LIDOCAINE), resources)))
    assert [(said[s.start : s.end], s.verdict) for s in found] == [
        ("The amide nitrogen is bonded to the ring", Verdict.SUPPORTED),
        ("the tertiary amine nitrogen carries a hydrogen", Verdict.UNCHECKED),
    ]
