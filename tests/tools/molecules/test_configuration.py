from __future__ import annotations

import pytest
from rdkit import Chem

from molreflect.tools.molecules.configuration import Configuration, compare_configuration

METHYL_BETA_D_GLUCOSIDE = "CO[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O"


@pytest.mark.parametrize(
    ("molecule", "part", "expected"),
    [
        ("N[C@@H](C)C(O)=O", "N[C@@H](C)C(O)=O", Configuration.AGREES),
        ("N[C@@H](C)C(=O)OC", "N[C@@H](C)C(O)=O", Configuration.AGREES),
        ("N[C@H](C)C(O)=O", "N[C@@H](C)C(O)=O", Configuration.CONTRADICTS),
        ("NC(C)C(O)=O", "N[C@@H](C)C(O)=O", Configuration.UNDEFINED),
        ("CCO", "N[C@@H](C)C(O)=O", Configuration.ABSENT),
        # one centre open, the other right or wrong
        ("OC(C)[C@H](N)C(O)=O", "O[C@H](C)[C@H](N)C(O)=O", Configuration.UNDEFINED),
        ("OC(C)[C@@H](N)C(O)=O", "O[C@H](C)[C@H](N)C(O)=O", Configuration.CONTRADICTS),
        # the anomer, which only the bound atom makes a centre
        (METHYL_BETA_D_GLUCOSIDE, "*[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O", Configuration.AGREES),
        (METHYL_BETA_D_GLUCOSIDE, "*[C@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O", Configuration.CONTRADICTS),
        # double bonds
        ("CCC/C=C\\CCC(=O)OC", "CCC/C=C\\CCC(O)=O", Configuration.AGREES),
        ("CCC/C=C/CCC(=O)OC", "CCC/C=C\\CCC(O)=O", Configuration.CONTRADICTS),
        ("CCCC=CCCC(=O)OC", "CCC/C=C\\CCC(O)=O", Configuration.UNDEFINED),
        # the way of laying it over that fits is the one that counts
        ("N[C@H](C)C(=O)N[C@@H](C)C(O)=O", "N[C@@H](C)C(*)=O", Configuration.AGREES),
    ],
)
def test_an_open_centre_contradicts_nothing(molecule: str, part: str, expected: Configuration) -> None:
    assert compare_configuration(Chem.MolFromSmiles(molecule), Chem.MolFromSmiles(part)) is expected
