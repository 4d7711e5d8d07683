"""The largest shared part of two molecules."""

from __future__ import annotations

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.verification import common_part as module
from molreflect.tools.verification.common_part import common_part


def test_bond_orders_are_left_aside_and_rings_are_whole() -> None:
    left, right = read_molecule("CC1CCCCC1").mol, read_molecule("Cc1ccccc1").mol
    assert common_part(left, right).numAtoms == 7
    assert common_part(read_molecule("CCCCCCC").mol, right).numAtoms < 7


def test_a_chain_may_lie_in_a_ring_where_rings_need_not_be_whole() -> None:
    ring, chain = read_molecule("O=C1CCCCCCCCCCO1").mol, read_molecule("O=C(O)CCCCCCCCCC").mol
    assert common_part(ring, chain).numAtoms == 0 or common_part(ring, chain).numAtoms < 6
    assert common_part(ring, chain, rings_whole=False).numAtoms >= 12


def test_a_search_ends_with_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STEPS", 20)
    steroid = read_molecule("CC(C)CCCC(C)C1CCC2C3CC=C4CC(O)CCC4(C)C3CCC12C").mol
    other = read_molecule("CC1CCC2C3CCC4CC(O)CCC4(C)C3CCC12COC(=O)C1CCC2C(C1)CCC1CCCCC12").mol
    assert common_part(steroid, other).canceled
