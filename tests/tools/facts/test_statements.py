"""Charges, kinds of elements and what a molecule is made of, said in prose."""

from __future__ import annotations

import pytest

from molreflect.tools.facts.statements import numeric_statements
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict


@pytest.mark.parametrize(
    ("smiles", "said", "holds"),
    [
        ("C[N+](C)(C)CCO", "The net charge is +1.", True),
        ("C[N+](C)(C)CCO", "It carries an overall charge of -1.", False),
        ("CC(=O)[O-]", "Its overall charge is minus one.", True),
        ("CC(=O)[O-]", "It is electrically neutral.", False),
        ("C[N+](C)(C)CC(=O)[O-]", "It has no net charge.", True),
        ("FC(F)(F)C(Cl)Br", "It contains three different halogens.", True),
        ("FC(F)(F)C(Cl)Br", "It contains two kinds of halogen.", False),
        ("CC1=CCC(CC1)C(C)=C", "It is made of carbon and hydrogen only.", True),
        ("CCO", "It consists solely of carbon and hydrogen.", False),
    ],
)
def test_a_statement_on_the_whole_molecule_is_decided(smiles: str, said: str, holds: bool) -> None:
    found = [s.verdict for s in numeric_statements(said, read_molecule(smiles))]
    assert found == [Verdict.SUPPORTED if holds else Verdict.REFUTED]


def test_the_charge_of_an_atom_is_not_that_of_the_molecule() -> None:
    molecule = read_molecule("C[N+](C)(C)CC(=O)[O-]")
    assert list(numeric_statements("The formal charge of the nitrogen is +1.", molecule)) == []
