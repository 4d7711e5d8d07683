"""The claims of a free text, and what chemistry says of them."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.claims import MAX_CAPTION, best_of, claims_of
from molreflect.tools.verification.proposals import ProposedAlignment, Verification

ANISOLE = "COc1ccccc1"
BENZOIC = "O=C(O)c1ccccc1"


@pytest.fixture(scope="module")
def resources() -> Any:
    return open_resources()


def ruled(verdict: Verdict, reason: Reason) -> Verification:
    return Verification(ProposedAlignment(phrase="x"), None, None, verdict, reason, "")


def test_claims_are_structures_and_comparable_relations_and_count_once(resources: Any) -> None:
    caption = (
        "The molecule is a carboxylic acid and a carboxylic acid. It has a role as a plant metabolite. It is isolated "
        "from Aspergillus. It is a conjugate acid of a benzoate."
    )
    kinds = [(claim.phrase.kind.value, claim.phrase.key) for claim in claims_of(caption, resources)]
    assert kinds == [("structure", "carboxylic acid"), ("relation", "benzoate")]
    assert claims_of("x " * MAX_CAPTION, resources) == ()


@pytest.mark.parametrize(
    ("caption", "smiles", "expected"),
    [
        ("The molecule is a carboxylic acid.", BENZOIC, ["supported"]),
        ("The molecule is a carboxylic acid.", ANISOLE, ["refuted"]),
        ("The molecule is a carboxylic acid and a member of benzenes.", ANISOLE, ["refuted", "supported"]),
        ("The molecule is an organic heterotricyclic compound.", "c1ccc2c(c1)[nH]c1ccccc12", ["supported"]),
        ("It is a conjugate acid of a benzoate.", BENZOIC, ["supported"]),
        ("It is a conjugate base of a benzoate.", BENZOIC, ["refuted"]),
        ("The molecule is a methyl ester that is xyzzylin acid methyl ester.", ANISOLE, ["refuted", "unchecked"]),
    ],
)
def test_claims_are_verified_against_the_molecule(
    caption: str, smiles: str, expected: list[str], resources: Any
) -> None:
    verified = [claim.verify(read_molecule(smiles)) for claim in claims_of(caption, resources)]
    assert [one.verdict.value for one in verified] == expected


def test_the_best_reading_wins_and_a_doubt_forbids_a_refusal() -> None:
    yes, no = ruled(Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC), ruled(Verdict.REFUTED, Reason.ABSENT)
    late, few = ruled(Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS), ruled(Verdict.REFUTED, Reason.WRONG_COUNT)
    assert best_of([no, late, yes]) == yes
    assert best_of([no, late]) == late
    assert best_of([no, few]) == few
    assert best_of([no, no]) == no
