"""A large compound with one group replaced is neither held nor contradicted; one that lacks a group is refuted."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.text_check import check

CEFACLOR = "NC(C(=O)N[C@@H]1C(=O)N2C(C(=O)O)=C(Cl)CS[C@H]12)c1ccccc1"
BARE = "NC(C(=O)N[C@@H]1C(=O)N2C(C(=O)O)=CCS[C@H]12)c1ccccc1"
ISOPROPYL = "CC(C)NC1=C2C(=NC(=N1)N)N(C=N2)[C@@H]3C[C@@H](C=C3)CO"
DIPALMITIN = "CCCCCCCCCCCCCCCC(=O)OCC(COC(=O)CCCCCCCCCCCCCCC)O"
ANILINE = "Nc1ccccc1"


@pytest.mark.parametrize(("smiles", "name"), [(CEFACLOR, "cefalexin"), (ISOPROPYL, "abacavir")])
def test_another_group_in_the_place_of_one_is_left_undecided(smiles: str, name: str, resources: Any) -> None:
    (claim,) = check(read_molecule(smiles), f"The molecule is a solid. It derives from a {name}.", resources).claims
    assert claim.verdict is Verdict.UNCHECKED
    assert claim.reason is Reason.ABSENCE_UNDECIDED
    assert "one group" in claim.message


@pytest.mark.parametrize(
    ("smiles", "name"),
    [
        (BARE, "cefalexin"),  # nothing is in the place of the methyl group
        (DIPALMITIN, "heptadecanoic acid"),
        (ANILINE, "toluene"),  # too small to be the same parent
        (CEFACLOR, "abacavir"),
    ],
)
def test_what_lacks_a_group_or_is_small_is_refuted(smiles: str, name: str, resources: Any) -> None:
    (claim,) = check(read_molecule(smiles), f"The molecule is a solid. It derives from a {name}.", resources).claims
    assert claim.verdict is Verdict.REFUTED
