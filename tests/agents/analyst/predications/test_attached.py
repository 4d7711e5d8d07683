"""A group that hangs on another compound: the compound must be there whole, with nothing else on it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.analyst.predications.test_check import holds

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
CARBARYL = "CNC(=O)Oc1cccc2ccccc12"
SALICIN = "OCc1ccccc1O[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O"
PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (ASPIRIN, "Aspirin is the acetate ester of salicylic acid.", "Aspirin is the acetate ester of benzoic acid."),
        (ASPIRIN, "It is an ester of salicylic acid.", "It is an ester of benzoic acid."),
        (
            CARBARYL,
            "It is an N-methylcarbamate of 1-naphthol.",
            "It is an N-methylcarbamate of 2-naphthol.",
        ),
        (
            SALICIN,
            "It is an aryl glucoside of salicyl alcohol.",
            "It is an aryl glucoside of benzyl alcohol.",
        ),
        (PARACETAMOL, "It is the acetamide of 4-aminophenol.", "It is the acetamide of 3-aminophenol."),
        (
            "O=[N+]([O-])OCC(CO[N+](=O)[O-])O[N+](=O)[O-]",
            "It is the trinitrate of glycerol.",
            "It is the dinitrate of glycerol.",
        ),
        (
            "OC(=O)c1ccccc1C(=O)OCCCC",
            "It is the monobutyl ester of phthalic acid.",
            "It is the dibutyl ester of phthalic acid.",
        ),
    ],
)
def test_the_compound_is_there_whole(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)
