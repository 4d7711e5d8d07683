"""What an answer says of how groups stand to each other is checked on their atoms."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.subjects import Subjects
from molreflect.tools.terms import Verdict

SUPPORTED, REFUTED, UNCHECKED = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNCHECKED
VANILLIN = "COc1cc(C=O)ccc1O"


@pytest.mark.parametrize(
    ("smiles", "said", "phrase", "verdict"),
    [
        ("O=[N+]([O-])c1cccc(Br)c1", "The bromine and the nitro group are para.", "para", REFUTED),
        ("O=[N+]([O-])c1cccc(Br)c1", "The bromine and the nitro group are meta to each other.", "meta", SUPPORTED),
        ("CC(C)Cc1ccc(cc1)C(C)C(=O)O", "The two substituents on the benzene ring sit ortho.", "ortho", REFUTED),
        (VANILLIN, "The methoxy group is ortho to the phenolic OH and meta to the aldehyde.", "ortho", SUPPORTED),
        (VANILLIN, "The methoxy group is ortho to the phenolic OH and meta to the aldehyde.", "meta", SUPPORTED),
        (VANILLIN, "The methoxy group sits para to the hydroxyl group.", "sits para to the hydroxyl group", REFUTED),
        (VANILLIN, "The methoxy group sits para to the hydroxyl group.", "methoxy group", REFUTED),
        (VANILLIN, "The aldehyde is not ortho to the hydroxyl group.", "is not ortho to the hydroxyl group", SUPPORTED),
        ("OCc1ccncc1", "The hydroxy group is attached to the pyridine ring.", "attached to", UNCHECKED),
        ("OCc1ccncc1", "The hydroxy group is attached directly to the pyridine ring.", "attached directly to", REFUTED),
        ("Nc1ccccc1", "The amino group is attached to the benzene ring.", "attached to", SUPPORTED),
        ("CC(=O)Nc1ccccc1", "The amide nitrogen carries a methyl group.", "carries", UNCHECKED),
        ("CC(=O)Nc1ccccc1", "The amide nitrogen carries a phenyl group.", "carries", SUPPORTED),
        ("c1ccc(cc1)-c1ccccc1", "Two benzene rings share one bond.", "share one bond", REFUTED),
        ("c1ccc2ccccc2c1", "Two benzene rings share one bond.", "share one bond", SUPPORTED),
        ("Cn1c(=O)c2c(ncn2C)n(C)c1=O", "All three methyl groups are attached to nitrogen.", "nitrogen", SUPPORTED),
        ("CCOC(=O)CC(=O)OCC", "It has exactly one ester group.", "ester group", REFUTED),
        ("CCOC(=O)CCC", "It has exactly one ester group.", "ester group", SUPPORTED),
        ("COc1cc(Cc2cnc(N)nc2N)ccc1", "The pyrimidine bears only one amino group.", "amino group", UNCHECKED),
        ("O=C/C=C/c1ccccc1", "The alkene is E-configured.", "The alkene is E-configured", SUPPORTED),
        ("O=C/C=C/c1ccccc1", "The alkene is Z-configured.", "alkene is Z-configured", REFUTED),
        ("OCC(O)CO", "Both hydroxyl groups are primary.", "hydroxyl groups", UNCHECKED),
        ("OCC(O)CO", "The three hydroxyl groups are primary.", "are primary", REFUTED),
        ("OCCO", "Both hydroxyl groups are primary.", "are primary", SUPPORTED),
        ("CC(O)CN", "The alcohol is secondary and the amine is primary.", "is primary", SUPPORTED),
        ("Clc1ccc(Cl)cc1", "It is a meta-disubstituted benzene ring.", "meta-disubstituted benzene ring", REFUTED),
    ],
)
def test_a_relation_between_groups_has_its_own_verdict(
    resources: Any, smiles: str, said: str, phrase: str, verdict: Verdict
) -> None:
    subjects = Subjects()
    subjects.add(smiles)
    claims = AnswerChecker(resources).check(said, subjects).claims
    assert [claim.verdict for claim in claims if claim.phrase == phrase] == [verdict]


def test_words_that_a_claim_holds_are_not_said_to_be_unread(resources: Any) -> None:
    subjects = Subjects()
    subjects.add("O=C/C=C/c1ccccc1")
    checker = AnswerChecker(resources)
    assert checker.check("The alkene is E-configured.", subjects).unread == ()
    assert checker.check("The alkene is strained.", subjects).unread == ("The alkene is strained.",)
