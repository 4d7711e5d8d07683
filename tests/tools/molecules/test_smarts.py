"""What is read as a pattern, and the looser queries that are made of it."""

from __future__ import annotations

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import Level

C60 = (
    "c12c3c4c5c1c6c7c8c2c9c1c3c2c3c4c4c%10c5c5c6c6c7c7c%11c8c9c8c9c1c2c1c2c3c4c3c4c%10c5c5c6c6c7c7c%11c8c8c9c1c1c2c3"
    "c2c4c5c6c3c7c8c1c23"
)


ACID = "[CX3](=O)[OX2H1]"
L_ALANINE, D_ALANINE = "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"


def level(smiles: str, pattern: str, *, floor: Level = Level.SKELETON, stereo: bool = False) -> Level | None:
    hits = find(read_molecule(smiles), pattern, floor=floor, stereo=stereo)
    return None if hits is None else hits.level


def test_uncharged_patterns_are_searched_as_they_are() -> None:
    for pattern in (ACID, "[NX3;H2,H1;!$(NC=O)]", "c1ccccc1", "[C@H](N)O"):
        read = read_pattern(pattern)
        assert read.neutral is read.query


@pytest.mark.parametrize(
    ("pattern", "matches", "misses"),
    [
        ("[C,N]=O", ("CO", "NO"), ("SO",)),
        ("[!#6]C", ("OC", "NC"), ()),
        ("[#6;R]1[#6][#7]1", ("C1=CN1", "C1CN1"), ("C1CC1",)),
        ("[O-]C", ("C=O",), ("CC",)),
    ],
)
def test_the_skeleton_keeps_the_elements_a_pattern_allows(
    pattern: str, matches: tuple[str, ...], misses: tuple[str, ...]
) -> None:
    assert [s for s in matches if level(s, pattern) is None] == []
    assert [s for s in misses if level(s, pattern) is not None] == []


@pytest.mark.parametrize(
    "pattern",
    ["", "  ", "C(C", "[", "[C", "C1CC", "C C", "C\x00C", "α", "\u202eC", "C" * 5_001, "[$(" * 41 + "C" + ")]" * 41],
)  # fmt: skip
def test_unreadable_patterns_are_refused_with_an_example_or_a_limit(pattern: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_pattern(pattern)
    assert "e.g." in str(refusal.value) or "limit" in str(refusal.value)
    assert len(str(refusal.value)) < 300


def test_a_condition_of_a_thousand_terms_is_read() -> None:
    read_pattern.cache_clear()
    assert find(read_molecule("CCO"), "[" + ";".join(["C,N"] * 400) + "]") is not None
