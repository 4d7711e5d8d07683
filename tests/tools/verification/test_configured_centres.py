"""What a text says of stereocentres: R or S, and how many."""

from __future__ import annotations

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.configured_centres import claims_on_centres

ALANINE = "C[C@H](N)C(=O)O"
THREONINE = "C[C@@H](O)[C@H](N)C(=O)O"
MIXED, UNDEFINED = THREONINE, "CC(N)C(=O)O"


@pytest.mark.parametrize(
    ("smiles", "text", "verdict"),
    [
        pytest.param(ALANINE, "The stereocentre is S.", Verdict.SUPPORTED, id="right"),
        pytest.param(ALANINE, "The chiral centre is R.", Verdict.REFUTED, id="wrong"),
        pytest.param(ALANINE, "The stereocenter is not R.", Verdict.SUPPORTED, id="denied"),
        pytest.param(ALANINE, "It has (S)-configuration.", Verdict.SUPPORTED, id="configuration"),
        pytest.param(ALANINE, "It is the R-enantiomer.", Verdict.REFUTED, id="enantiomer"),
        pytest.param(UNDEFINED, "The stereocentre is S.", Verdict.UNCHECKED, id="undefined"),
        pytest.param("CCO", "The stereocentre is S.", Verdict.REFUTED, id="none-there"),
        pytest.param(MIXED, "The stereocentre at C3 is S.", Verdict.UNCHECKED, id="which-of-two"),
        pytest.param(MIXED, "Both stereocentres are S.", Verdict.REFUTED, id="not-both"),
        pytest.param(ALANINE, "It has one stereocentre.", Verdict.SUPPORTED, id="counted"),
        pytest.param(ALANINE, "It has two stereocentres.", Verdict.REFUTED, id="miscounted"),
        pytest.param("CCO", "It has no stereocentre.", Verdict.SUPPORTED, id="none"),
        pytest.param(ALANINE, "The stereocentre bears the amino group.", Verdict.SUPPORTED, id="named"),
    ],
)
def test_centres_are_compared(smiles: str, text: str, verdict: Verdict) -> None:
    (claim,) = claims_on_centres(text, read_molecule(smiles))
    assert claim.verdict is verdict
    assert text[claim.start : claim.end]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The S phase of the cell cycle is longer.", id="no-centre"),
        pytest.param("Unlike the other enantiomer it has R-configuration.", id="of-another"),
        pytest.param("The stereocentre is stable.", id="other-predicate-names-it-only"),
    ],
)
def test_other_words_state_no_label(text: str) -> None:
    assert not [c for c in claims_on_centres(text, read_molecule(ALANINE)) if " is " in text[c.start : c.end]]
