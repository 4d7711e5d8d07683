"""What a molecule becomes, is made from and how it compares: each sentence with a twin that is wrong in one detail."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.analyst.predications.test_check import checked, holds

PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"
BENZOCAINE = "CCOC(=O)c1ccc(N)cc1"
ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
CAFFEINE = "Cn1cnc2c1c(=O)n(C)c(=O)n2C"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            PARACETAMOL,
            "If you hydrolyzed the amide you would obtain 4-aminophenol and acetic acid.",
            "If you hydrolyzed the amide you would obtain 2-aminophenol and acetic acid.",
        ),
        (
            PARACETAMOL,
            "Hydrolysis of the amide would give a primary amine and a carboxylic acid.",
            "Hydrolysis of the amide would give a primary amine and an aldehyde.",
        ),
        (
            BENZOCAINE,
            "The ester is derived from 4-aminobenzoic acid and ethanol.",
            "The ester is derived from 3-aminobenzoic acid and ethanol.",
        ),
        (
            BENZOCAINE,
            "It is the ester of 4-aminobenzoic acid with ethanol.",
            "It is the ester of 4-aminobenzoic acid with methanol.",
        ),
        (
            ASPIRIN,
            "Compared with salicylic acid, the phenolic hydroxyl has been acetylated.",
            "Compared with salicylic acid, the carboxylic acid has been methylated.",
        ),
        (
            CAFFEINE,
            "Relative to theobromine, it has one additional N-methyl group.",
            "Relative to theobromine, it has two additional N-methyl groups.",
        ),
        (
            "O=C(O)c1ccccc1O",
            "Replacing the phenolic hydrogen with an acetyl group gives aspirin.",
            "Replacing the phenolic hydrogen with a benzoyl group gives aspirin.",
        ),
        (
            "Nc1ccc(cc1)S(N)(=O)=O",
            "It is the 4-amino derivative of benzenesulfonamide.",
            "It is the 3-amino derivative of benzenesulfonamide.",
        ),
    ],
)
def test_what_is_so_is_supported_and_its_twin_is_not(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true), checked(resources, smiles, true)
    assert not holds(resources, smiles, false)
