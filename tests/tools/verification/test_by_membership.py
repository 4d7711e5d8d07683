"""Verdicts on what a molecule is said to be."""

from __future__ import annotations

import pytest

from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment
from molreflect.tools.verification.verify import verify_all


@pytest.fixture(scope="module")
def resources() -> Resources:
    return open_resources()


def judge(smiles: str, caption: str, phrase: str, pattern: str, resources: Resources) -> tuple[Verdict, Reason, str]:
    proposal = ProposedAlignment(phrase=phrase, pattern=pattern)
    (judged,) = verify_all([proposal], smiles=smiles, caption=caption, resources=resources)
    return judged.verdict, judged.reason, judged.message


@pytest.mark.parametrize(
    ("smiles", "caption", "phrase", "pattern"),
    [
        ("CCCCO", "The molecule is an alkane.", "alkane", "[CX4H3][CX4]"),
        ("OC(=O)CCC(=O)O", "The molecule is a monocarboxylic acid.", "monocarboxylic acid", "C(=O)[OH]"),
        ("NCC(=O)NCC(=O)NCC(=O)O", "It is a dipeptide.", "dipeptide", "NCC(=O)NCC(=O)"),
    ],
)
def test_what_a_molecule_is_not_is_refused_though_the_pattern_occurs(
    smiles: str, caption: str, phrase: str, pattern: str, resources: Resources
) -> None:
    verdict, reason, message = judge(smiles, caption, phrase, pattern, resources)
    assert (verdict, reason) == (Verdict.REFUTED, Reason.NOT_A_MEMBER)
    assert message.startswith(f"the molecule is no {phrase}: it has ")


def test_what_it_only_has_is_not_asked_to_be_all_of_it(resources: Resources) -> None:
    caption = "The molecule is a benzene bearing a carboxylic acid group and a primary alcohol group."
    verdict, *_ = judge("OCc1ccccc1C(=O)O", caption, "primary alcohol group", "[OX2H1][CX4H2]", resources)
    assert verdict is not Verdict.REFUTED


def test_a_class_whose_patterns_are_narrower_than_its_name_is_left_open(resources: Resources) -> None:
    entry = resources.lexicon.find("polyketide")
    assert entry is not None
    assert entry.absence == "unchecked"
    verdict, reason, _ = judge("CCO", "The molecule is a polyketide.", entry.name, entry.patterns[0], resources)
    assert (verdict, reason) == (Verdict.UNCHECKED, Reason.ABSENCE_UNDECIDED)


@pytest.mark.parametrize(
    ("name", "lacking", "having"),
    [
        pytest.param("polyketide", "CCC", "CCO", id="oxygen"),
        pytest.param("nucleoside", "CCO", "NCCO", id="nitrogen"),
        pytest.param("neonicotinoid", "CCCl", "NCCCl", id="nitrogen-of-an-insecticide"),
    ],
)
def test_a_molecule_without_an_element_of_the_class_is_contradicted(
    name: str, lacking: str, having: str, resources: Resources
) -> None:
    entry = resources.lexicon.find(name)
    assert entry is not None
    assert entry.absence == "unchecked"
    caption = f"The molecule is a {name}."
    assert judge(lacking, caption, name, entry.patterns[0], resources)[0] is Verdict.REFUTED
    assert judge(having, caption, name, entry.patterns[0], resources)[0] is Verdict.UNCHECKED


def test_a_molecule_that_only_some_call_so_is_left_open(resources: Resources) -> None:
    words = "The molecule is a fatty acid."
    entry = resources.lexicon.find("fatty acid")
    assert entry is not None
    acid = entry.patterns[0]
    assert judge("CCCCCCCC(=O)O", words, "fatty acid", acid, resources)[0] is Verdict.SUPPORTED
    verdict, reason, message = judge("ClCCCCCCCC(=O)O", words, "fatty acid", acid, resources)
    assert (verdict, reason) == (Verdict.UNCHECKED, Reason.ABSENCE_UNDECIDED)
    assert message.startswith("whether the molecule is a fatty acid is open: it has Cl")
