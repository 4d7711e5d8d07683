"""Words that chemists use more widely or more strictly than one pattern: what is claimed, and what is left open."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.text_check import check

ADP_GLUCOSE = (
    "Nc1ncnc2c1ncn2[C@@H]1O[C@H](COP(=O)(O)OP(=O)(O)O[C@H]2O[C@H](CO)[C@@H](O)[C@H](O)[C@H]2O)[C@@H](O)[C@H]1O"
)


@pytest.mark.parametrize(
    ("smiles", "words", "verdict"),
    [
        ("COP(=O)(OC)OC", "ester", Verdict.SUPPORTED),
        ("COS(C)(=O)=O", "ester", Verdict.SUPPORTED),
        ("COP(=O)(OC)OC", "carboxylic ester", Verdict.REFUTED),
        ("CC(=O)SC", "ester", Verdict.UNCHECKED),
        ("CCOCC", "ester", Verdict.REFUTED),
        ("CS(=O)(=O)NC", "amide", Verdict.SUPPORTED),
        ("NC(N)=O", "amide", Verdict.SUPPORTED),
        ("CS(=O)(=O)NC", "carboxamide", Verdict.REFUTED),
        ("CCNCC", "amide", Verdict.REFUTED),
        ("Clc1ccc2ccccc2c1", "chlorobenzene", Verdict.UNCHECKED),
        ("Clc1ccc2ncccc2c1", "chlorobenzene", Verdict.UNCHECKED),
        ("Clc1ccc2OCOc2c1", "chlorobenzene", Verdict.SUPPORTED),
        ("ClC1CCCCC1", "chlorobenzene", Verdict.REFUTED),
        ("Cc1ccc2ccccc2c1", "toluene", Verdict.UNCHECKED),
        ("Cc1ccc(O)cc1", "toluene", Verdict.SUPPORTED),
        (ADP_GLUCOSE, "alpha-D-glucoside", Verdict.UNCHECKED),
        (ADP_GLUCOSE, "beta-D-glucoside", Verdict.REFUTED),
        ("CN1CCNC2CCCCC12", "quinoxaline derivative", Verdict.UNCHECKED),
        ("CN1CCCC2CCCCC12", "quinoxaline derivative", Verdict.REFUTED),
    ],
)
def test_a_word_means_what_chemists_mean_by_it(smiles: str, words: str, verdict: Verdict, resources: Any) -> None:
    article = "an" if words[0] in "aeiou" else "a"
    claims = check(read_molecule(smiles), f"The molecule is {article} {words}.", resources).claims
    assert [claim.verdict for claim in claims] == [verdict]
