"""What stands in parentheses is the same group in another word; a colon, "with" and "combines" say two things."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.glosses import gloss_apart
from tests.agents.analyst.predications.test_check import holds


@pytest.mark.parametrize(
    ("said", "apart"),
    [
        ("It has a free thiol (sulfhydryl) group", ("It has a free thiol group", "The thiol is a sulfhydryl group")),
        ("It has an azo bond (\u2013N=N\u2013)", ("It has an azo bond", "The azo bond is \u2013N=N\u2013")),
        ("It is an N-nitro compound (a nitroguanidine)", ("It is an N-nitro compound", "It is a nitroguanidine")),
        ("It has two amides (atoms 3 and 4)", None),
        ("It has two amides", None),
    ],
)
def test_a_gloss_is_said_in_a_sentence_of_its_own(said: str, apart: tuple[str, str] | None) -> None:
    assert gloss_apart(said) == apart


CAPTOPRIL = "C[C@H](CS)C(=O)N1CCC[C@H]1C(=O)O"
METHIONINE = "CSCC[C@H](N)C(=O)O"
HALOPERIDOL = "OC1(CCN(CCCC(=O)c2ccc(F)cc2)CC1)c1ccc(Cl)cc1"
BISPHENOL_A = "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1"
ALIZARIN = "O=C1c2ccccc2C(=O)c2c1ccc(O)c2O"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (CAPTOPRIL, "It has a free thiol (sulfhydryl) group.", "It has a free thiol (sulfide) group."),
        (
            METHIONINE,
            "The side chain contains a thioether (S-methyl) group.",
            "The side chain contains an ester (S-methyl) group.",
        ),
        (
            CAPTOPRIL,
            "It is an N-acylated proline with a free carboxylic acid.",
            "It is an N-acylated proline with a free alcohol.",
        ),
        (
            HALOPERIDOL,
            "It is an aryl ketone: the carbonyl carbon is bonded to a benzene ring.",
            "It is an aryl ketone: the carbonyl carbon is bonded to the piperidine ring.",
        ),
        (
            BISPHENOL_A,
            "It consists of two phenol rings attached to the same central carbon.",
            "It consists of three phenol rings attached to the same central carbon.",
        ),
        (
            ALIZARIN,
            "Three rings are fused linearly, and the central one bears both carbonyls.",
            "Four rings are fused linearly, and the central one bears both carbonyls.",
        ),
        (
            "Oc1ccc2ccccc2c1",
            "The hydroxyl group is located at the 2-position (beta) of naphthalene.",
            "The hydroxyl group is located at the 1-position (alpha) of naphthalene.",
        ),
        (
            "Cn1cnc2c1c(=O)[nH]c(=O)n2C",
            "Theobromine is a xanthine with methyl groups on two of its nitrogens.",
            "Theobromine is a xanthine with methyl groups on three of its nitrogens.",
        ),
        (
            "OC[C@@H](O)[C@@H](O)[C@H](O)[C@H](O)CO",
            "Mannitol is a six-carbon sugar alcohol with an OH on every carbon.",
            "Mannitol is a five-carbon sugar alcohol with an OH on every carbon.",
        ),
        (
            "CC(=O)CC(C)=O",
            "In the diketo form it has two ketones separated by one CH2 group.",
            "In the diketo form it has two ketones separated by two CH2 groups.",
        ),
        ("CC(=O)c1cccnc1", "It combines a pyridine and a ketone.", "It combines a pyridine and an ester."),
    ],
)
def test_what_is_said_beside_is_held_against_the_molecule(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)
