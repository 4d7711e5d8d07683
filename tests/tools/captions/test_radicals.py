"""A radical is a group where a patent says that something carries it, and a species where the molecule is one."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.text_check import check

TYROSYL = "C1=CC(=CC=C1C[C@@H](C(=O)O)N)[O]"


def test_the_radical_that_a_molecule_is_or_comes_from_is_no_group(resources: Any) -> None:
    text = "The molecule is a tyrosinyl radical. It is a conjugate base of a L-tyrosinyl radical cation."
    claims = check(read_molecule(TYROSYL), text, resources).claims
    assert [claim.phrase for claim in claims] == [
        "tyrosinyl radical",
        "conjugate base of a L-tyrosinyl radical cation",
    ]
    assert not [claim for claim in claims if claim.verdict is Verdict.REFUTED]


def test_the_radical_that_something_carries_is_a_group(resources: Any) -> None:
    (claim,) = check(read_molecule("Nc1ccc(cc1)C(=O)O"), "The acid carries a 4-aminophenyl radical.", resources).claims
    assert (claim.phrase, claim.verdict) == ("4-aminophenyl", Verdict.SUPPORTED)


@pytest.mark.parametrize(
    ("smiles", "text", "phrase"),
    [
        ("c1ccccc1-c1ccccc1", "It is a hydrocarbon and a ring assembly.", "ring assembly"),
        ("c1ccccc1-c1ccccc1", "The molecule is a ring assembly, and a member of benzenes.", "ring assembly"),
    ],
)
def test_a_noun_that_ends_like_an_adverb_stays_in_a_name(resources: Any, smiles: str, text: str, phrase: str) -> None:
    held = [claim.phrase for claim in check(read_molecule(smiles), text, resources).claims]
    assert phrase in held
