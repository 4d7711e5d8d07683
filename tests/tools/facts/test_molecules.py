"""Words read as molecules: SMILES, InChI, names, formulas; what is guessed is said, what is open is asked."""

from __future__ import annotations

from typing import Any

import pytest
from rdkit import Chem

from molreflect.tools.facts.molecules import read_words


def same(a: str, b: str) -> bool:
    return bool(Chem.CanonSmiles(a) == Chem.CanonSmiles(b))


@pytest.mark.parametrize(
    ("words", "smiles"),
    [
        ("CCO", "CCO"),
        ("ethanol", "CCO"),
        ("Ethanol", "CCO"),
        ("InChI=1S/C2H6O/c1-2-3/h3H,2H2,1H3", "CCO"),
        ("CH3CH2OH", "CCO"),
        ("CH3COOH", "CC(=O)O"),
        ("(CH3)2CO", "CC(C)=O"),
        ("CH3COCH3", "CC(C)=O"),
        ("HCHO", "C=O"),
        ("C6H5OH", "Oc1ccccc1"),
        ("CH2=CH2", "C=C"),
        ("NaCl", "[Na+].[Cl-]"),
        ("aspirin", "CC(=O)Oc1ccccc1C(=O)O"),
        ("caffeine", "Cn1c(=O)c2c(ncn2C)n(C)c1=O"),
        ("2-methoxyphenol", "COc1ccccc1O"),
        ("p-xylene", "Cc1ccc(C)cc1"),
        ("the molecule ethanol", "CCO"),
        ("sodium acetate", "CC(=O)[O-].[Na+]"),
        ("L-alanine", "C[C@H](N)C(=O)O"),
        ("(2E)-but-2-ene", "C/C=C/C"),
    ],
)
def test_words_are_read(words: str, smiles: str, resources: Any) -> None:
    read = read_words(words, resources)
    assert not read.why_not
    assert same(read.smiles, smiles)


@pytest.mark.parametrize(("words", "read_as"), [("butanol", "butan-1-ol"), ("asprin", "aspirin")])
def test_a_guess_is_said(words: str, read_as: str, resources: Any) -> None:
    read = read_words(words, resources)
    assert read.guess
    assert read.read_as == read_as


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("xylene", "may mean o-xylene, m-xylene or p-xylene"),
        ("C6H12O6", "molecular formula"),
        ("C1CC", "not a SMILES"),
        ("frobnicatol", "no name that can be turned into a structure"),
        ("CC(=O", "not a SMILES"),
        ("", ""),
        ("\ud800", ""),
        ("C" * 30_000, ""),
    ],
)
def test_what_cannot_be_read_has_a_reason(words: str, said: str, resources: Any) -> None:
    read = read_words(words, resources)
    assert not read.smiles
    assert read.why_not
    assert said in read.why_not


def test_two_names_side_by_side_are_no_mixture(resources: Any) -> None:
    read = read_words("2-propanol isopropanol", resources)
    assert read.smiles == ""
    assert read.offers == ("2-propanol", "isopropanol")
    assert read_words("ethanol hydrochloride", resources).smiles
