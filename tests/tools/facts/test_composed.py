"""Classes that are read word by word, degrees, and how rings are joined."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.facts.classes import describes, is_a
from molreflect.tools.facts.composed import composed, degrees_in
from molreflect.tools.facts.groups import locate
from molreflect.tools.molecules.read import read_molecule


@pytest.mark.parametrize(
    ("smiles", "words", "holds"),
    [
        ("O=C(c1ccccc1)c1ccccc1", "diaryl ketone", True),
        ("CC(=O)c1ccccc1", "diaryl ketone", False),
        ("O=S(=O)(c1ccccc1)c1ccccc1", "diaryl sulfone", True),
        ("CC(C)(C)Cl", "tertiary alkyl halide", True),
        ("CC(C)Cl", "tertiary alkyl halide", False),
        ("CC(C)Cl", "secondary alkyl chloride", True),
        ("CC(C)Cl", "secondary alkyl bromide", False),
        ("CI", "primary alkyl iodide", True),
        ("Clc1ccccc1", "tertiary alkyl halide", False),
        ("CC(C)(Br)CC", "tertiary bromoalkane", True),
        ("C1CCC2(CC1)CCCC2", "spiro compound", True),
        ("C1CCC2CCCCC2C1", "spiro compound", False),
        ("C1CCC2CCCCC2C1", "fused ring system", True),
        ("C1CC2CCC1C2", "fused ring system", False),
        ("C1CC2CCC1C2", "bridged compound", True),
        ("c1ccc(-c2ccccc2)cc1", "fused ring system", False),
        ("C1CC2CC3(C1)CC2C3", "spiro compound", False),  # the rings at that atom meet elsewhere, too
    ],
)
def test_is_it_one(smiles: str, words: str, holds: bool, resources: Any) -> None:
    answer = is_a(words, read_molecule(smiles), resources)
    assert answer.holds is holds
    assert holds or answer.because


@pytest.mark.parametrize(
    ("smiles", "told"),
    [
        ("CO", [("alcohol", "primary")]),
        ("CC(C)(O)CBr", [("alcohol", "tertiary"), ("alkyl halide", "primary")]),
        ("CNC", [("amine", "secondary")]),
        ("C[N+](C)(C)C", [("amine", "quaternary")]),
        ("C[NH3+]", [("amine", "primary")]),
        ("CC(=O)N", []),
        ("c1cc[nH]c1", []),
        ("N", []),
        ("Oc1ccccc1", []),
    ],
)
def test_degrees(smiles: str, told: list[tuple[str, str]]) -> None:
    assert [(kind, degree) for kind, degree, _ in degrees_in(read_molecule(smiles))] == told


def test_a_word_of_degree_has_a_reason_where_nothing_has_one(resources: Any) -> None:
    answer = is_a("secondary", read_molecule("c1ccccc1"), resources)
    assert answer.holds is False
    assert "no alcohol, alkyl halide or amine" in answer.because


@pytest.mark.parametrize("words", ["diaryl", "ketone", "methyl ketone", "alkyl halide", "tertiary alcohol", ""])
def test_other_names_are_left_to_the_lexicon(words: str) -> None:
    assert composed(words) is None


@pytest.mark.parametrize(
    ("smiles", "count"), [("C", 5), ("[2H]C", 5), ("[H][H]", 2), ("CCO", 9), ("[Na+].[Cl-]", 2), ("c1ccccc1", 12)]
)
def test_atoms_are_counted_with_hydrogen(smiles: str, count: int, resources: Any) -> None:
    assert locate("atoms including hydrogen", read_molecule(smiles), resources).count == count


def test_words_that_stand_without_an_article() -> None:
    assert describes("secondary")
    assert describes("spiro")
    assert describes("aromatic")
    assert not describes("fused ring")
    assert not describes("salt")
