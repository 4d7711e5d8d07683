"""Numbers of ring atoms and letters of a steroid's rings."""

from __future__ import annotations

import pytest

from molreflect.tools.facts.locants import _NUMBERED, _query, numbered_part, positions_of, steroid_rings
from molreflect.tools.molecules.read import read_molecule


@pytest.mark.parametrize("ring", _NUMBERED)
def test_each_pattern_has_a_number_for_each_atom(ring: str) -> None:
    query, numbers = _query(ring)
    assert query.GetNumAtoms() == len(numbers)


@pytest.mark.parametrize(
    ("ring", "smiles", "numbers"),
    [
        ("indole", "Cc1c[nH]c2ccccc12", {"3": (1,), "2": (2,), "1": (3,), "7a": (4,), "7": (5,), "3a": (9,)}),
        ("pyridine", "Cc1ccccn1", {"2": (1, 5), "3": (2, 4), "4": (3,), "1": (6,)}),
        ("purine", "Cn1c(=O)c2c(ncn2C)n(C)c1=O", {"1": (1,), "3": (10,), "7": (8,), "9": (6,), "8": (7,)}),
        ("imidazole", "Cn1ccnc1", {"1": (1,), "2": (5,), "3": (4,), "4": (3,), "5": (2,)}),
        ("coumarin", "O=c1ccc2ccccc2o1", {"1": (10,), "2": (1,), "3": (2,), "4": (3,), "5": (5,), "8": (8,)}),
        ("isoquinoline", "c1ccc2cnccc2c1", {"1": (4,), "2": (5,), "3": (6,), "4": (7,)}),
        ("morpholine", "C1COCCN1", {"1": (2,), "4": (5,)}),
    ],
)
def test_numbers_of_ring_atoms(ring: str, smiles: str, numbers: dict[str, tuple[int, ...]]) -> None:
    found = positions_of(ring, read_molecule(smiles))
    assert {number: found[number] for number in numbers} == numbers


def test_the_rings_of_a_steroid() -> None:
    testosterone = read_molecule("C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@@]43C)[C@@H]1CC[C@@H]2O")
    numbers = positions_of("steroid", testosterone)
    assert (numbers["3"], numbers["17"], numbers["10"], numbers["13"]) == ((10,), (19,), (14,), (1,))
    rings = steroid_rings(testosterone)
    assert sorted(rings["A"]) == [8, 9, 10, 12, 13, 14]
    assert sorted(rings["D"]) == [1, 16, 17, 18, 19]
    assert steroid_rings(read_molecule("c1ccccc1")) == {}


def test_words_of_positions() -> None:
    assert numbered_part("indole-position-3") is not None
    assert numbered_part("indole-position-12") is None
    assert numbered_part("hexane-position-2") is None
