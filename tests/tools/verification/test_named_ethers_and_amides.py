"""An ether named by one group is no ester, and an amide named by the groups of its nitrogen no two carbons on any."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.text_check import check

FENOFIBRATE = "CC(C)OC(=O)C(C)(C)Oc1ccc(cc1)C(=O)c1ccc(Cl)cc1"
DEET = "CCN(CC)C(=O)c1cccc(C)c1"


@pytest.mark.parametrize(
    ("smiles", "text", "supported"),
    [
        ("CC(C)OCCO", "It has an isopropyl ether.", True),
        (FENOFIBRATE, "An isopropyl ether is present in it.", False),
        ("CCOP(=O)(OCC)OCC", "It carries an ethyl ether.", False),
        ("CN(C)C(=O)c1ccccc1", "It is a tertiary amide.", True),
        (DEET, "It is an N,N-dimethyl amide.", False),
    ],
)
def test_what_is_named_is_asked_for(resources: Any, smiles: str, text: str, supported: bool) -> None:
    claims = check(read_molecule(smiles), text, resources).claims
    assert any(claim.verdict is Verdict.SUPPORTED for claim in claims) is supported
