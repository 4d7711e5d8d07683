"""Values that a text gives of a molecule are compared with RDKit's."""

from __future__ import annotations

import pytest

from molreflect.tools.facts.values import values_in
from molreflect.tools.molecules.read import read_molecule

VANILLIN = "COc1cc(C=O)ccc1O"


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("Rings: one", True),
        ("Rings: two", False),
        ("Stereocentres: none", True),
        ("Hydrogen-bond donors: 2", False),
        ("Its logP is about 1.2.", True),
        ("Its logP is about 2.4.", None),
        ("Its logP is about 4.9.", False),
        ("The TPSA is 46.5 \u00c5\u00b2.", True),
        ("It has five degrees of unsaturation.", True),
        ("It has four degrees of unsaturation.", False),
        ("It can donate one hydrogen bond.", True),
        ("It can donate three hydrogen bonds.", False),
        ("It obeys Lipinski's rule of five.", True),
        ("It is a phenolic aldehyde, C8H8O2.", False),
    ],
)
def test_a_value_is_compared(said: str, holds: bool | None) -> None:
    assert [value.holds for value in values_in(said, read_molecule(VANILLIN))] == [holds]


@pytest.mark.parametrize("said", ["It bears a C6H5 group.", "The rings are fused.", "It is 1 of 3."])
def test_other_numbers_are_no_values(said: str) -> None:
    assert list(values_in(said, read_molecule(VANILLIN))) == []
