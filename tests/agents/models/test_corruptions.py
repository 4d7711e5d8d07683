"""Errors made on purpose are errors: another kind each, and never the right pattern."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from molreflect.agents.models.corruptions import MIXTURE, Corruption, corrupt, fabricated_groups
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule

SALICYLATE = read_molecule("COC(=O)c1ccccc1O")
ACID = "OC(=O)c1ccccc1O"
OTHERS = ("COC=O", "[OX2H1]c1ccccc1")


def spoilt(kind: Corruption, pattern: str, seed: int = 0) -> str:
    found = corrupt(pattern, SALICYLATE, OTHERS, random.Random(seed), mixture={kind: 1.0})
    assert found is not None
    assert found[0] is kind
    assert found[1] != pattern
    return found[1]


def lit(pattern: str) -> frozenset[int]:
    found = find(SALICYLATE, pattern)
    return frozenset() if found is None else found.covered


@pytest.mark.parametrize("seed", range(8))
def test_a_fabricated_group_is_not_in_the_molecule(seed: int) -> None:
    group = spoilt(Corruption.FABRICATED, "COC=O", seed)
    assert group in fabricated_groups()
    assert not lit(group)


def test_a_neighbours_pattern_is_that_of_another_phrase() -> None:
    assert spoilt(Corruption.NEIGHBOUR, "COC=O") == "[OX2H1]c1ccccc1"


@pytest.mark.parametrize("seed", range(8))
def test_wrong_atoms_are_as_many_and_mostly_others(seed: int) -> None:
    right, wrong = lit("COC=O"), lit(spoilt(Corruption.WRONG_ATOMS, "COC=O", seed))
    assert wrong
    assert len(right & wrong) * 2 < len(right | wrong)


def test_a_wrong_position_is_the_same_group_elsewhere_on_its_ring() -> None:
    wrong = read_molecule("OC(=O)c1cccc(O)c1"), read_molecule("OC(=O)c1ccc(O)cc1")
    for seed in range(6):
        pattern = spoilt(Corruption.WRONG_POSITION, ACID, seed)
        assert not lit(pattern)
        assert any(find(isomer, pattern) is not None for isomer in wrong)


def test_a_group_without_a_ring_has_no_other_position() -> None:
    assert corrupt("COC=O", SALICYLATE, (), random.Random(0), mixture={Corruption.WRONG_POSITION: 1.0}) is None


@pytest.mark.parametrize("seed", range(8))
def test_an_over_general_pattern_fits_the_molecule(seed: int) -> None:
    assert lit(spoilt(Corruption.OVER_GENERAL, "[OX2H1]c1ccccc1", seed))


def test_what_cannot_be_done_to_a_tie_is_made_up_for_by_the_other_kinds() -> None:
    made = Counter(
        found[0]
        for seed in range(60)
        if (found := corrupt("[OX2H1]c1ccccc1", SALICYLATE, OTHERS, random.Random(seed))) is not None
    )
    assert sum(made.values()) == 60
    assert made[Corruption.WRONG_POSITION] == 0  # its one substituent has nowhere else to go that is not there already
    assert {Corruption.FABRICATED, Corruption.NEIGHBOUR, Corruption.WRONG_ATOMS, Corruption.OVER_GENERAL} == set(made)


def test_a_pattern_that_is_nowhere_can_still_be_mistaken_for_another() -> None:
    kinds = {corrupt("[Pb]", SALICYLATE, OTHERS, random.Random(seed))[0] for seed in range(30)}  # type: ignore[index]
    assert {Corruption.FABRICATED, Corruption.NEIGHBOUR} <= kinds
    assert Corruption.WRONG_ATOMS not in kinds


def test_the_mixture_is_a_distribution_over_all_kinds() -> None:
    assert set(MIXTURE) == set(Corruption)
    assert sum(MIXTURE.values()) == pytest.approx(1)
