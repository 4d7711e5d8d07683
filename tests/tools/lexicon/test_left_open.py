"""What some call by a class's name and others do not: it neither is a member nor is it refused."""

from __future__ import annotations

import pytest

from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.meaning.membership import membership
from molreflect.tools.molecules.read import read_molecule

OPEN = [
    ("N-acetylmuramic acid", "CC(C(=O)O)OC(C(C=O)NC(=O)C)C(C(CO)O)O"),
    ("N-acetylmuramic acid", "CC(OC1C(O)C(COP(O)(O)=O)OC(O)C1NC(C)=O)C(O)=O"),
    ("muramic acid derivative", "CC(C(=O)O)OC(C(C=O)NC(=O)C)C(C(CO)O)O"),
    ("linear trisaccharide", "O=CC(O)C(O)C(OC1OC(CO)C(OC2OC(CO)C(O)C(O)C2O)C(O)C1O)C(O)CO"),
    ("branched trisaccharide", "O=CC(O)C(O)C(OC1OC(CO)C(O)C(O)C1O)C(O)COC1OC(CO)C(O)C(O)C1O"),
    ("thiocyanate", "N=C=S"),
    ("nitrate", "O[N+](=O)[O-]"),
    ("sulfenamide", "CCCCN(CCCC)SN(C)C(=O)Oc1cccc2CC(C)(C)Oc12"),
    ("styrene", "C=C1CCc2ccccc12"),
    ("dinitrile", "CN(C#N)C#N"),
    ("N-acylpiperidine", "NC(=O)N1CCCCC1"),
    ("N-acylpiperidine", "O=C1CCCCN1C(C)=O"),
    ("N-hydroxy compound", "NC(=NO)c1ccccc1"),
    ("glutathione conjugate", "NC(CCC(=O)NC(CSS(O)(=O)=O)C(=O)NCC(=O)O)C(=O)O"),
    ("18-hydroxy steroid", "CC12CCC(=O)C=C1CCC1C2C2CC3(C1CCC3C(=O)CO)C(O)O2"),
]


@pytest.mark.parametrize(("name", "smiles"), OPEN)
def test_what_some_call_so_is_left_open(name: str, smiles: str) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(smiles)).holds is None
