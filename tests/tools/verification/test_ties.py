"""Ties of plausible teachers, right and wrong, in many ways to write SMARTS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Level, Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify

TIES = [json.loads(line) for line in (Path(__file__).parents[2] / "data" / "ties.jsonl").read_text().splitlines()]
MOST_WRONG, MOST_REFUSED = 0.03, 0.05


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    resources = open_resources(tmp_path_factory.mktemp("names"))
    yield resources
    resources.close()


def judge(bare: Resources, smiles: str, caption: str, phrase: str, pattern: str) -> Verification:
    tie = ProposedAlignment(phrase=phrase, pattern=pattern)
    return verify(tie, molecule=read_molecule(smiles), caption=caption, resources=bare)


def test_few_wrong_ties_are_supported_and_few_right_ones_refused(bare: Resources) -> None:
    misses = []
    for tie in TIES:
        right = tie.pop("right")
        if (judge(bare, **tie).verdict is Verdict.SUPPORTED) != right:
            misses.append((right, tie["phrase"], tie["pattern"], tie["smiles"]))
        tie["right"] = right
    rights = sum(tie["right"] for tie in TIES)
    assert sum(right for right, *_ in misses) / rights <= MOST_REFUSED, misses
    assert sum(not right for right, *_ in misses) / (len(TIES) - rights) <= MOST_WRONG, misses


@pytest.mark.parametrize(
    ("smiles", "words", "pattern", "message"),
    [
        ("OCCc1ccc(O)cc1", "primary alcohol", "[OX2H1][#6]", "1 other place of this molecule beside"),
        ("CC(=O)NCCOC(C)=O", "member of acetamides", "CC=O", "is here, but is not the atoms"),
        ("Clc1ccc(Br)cc1", "member of monochlorobenzenes", "Brc1ccccc1", "is here, but is not the atoms"),
        ("OCCc1ccccc1", "primary alcohol", "c1ccccc1", "at other atoms of this molecule"),
        ("CCN", "nitrile", "CN", "which this molecule does not contain"),
    ],
)
def test_a_refusal_says_what_is_so(bare: Resources, smiles: str, words: str, pattern: str, message: str) -> None:
    phrase = words.removeprefix("member of ")
    judged = judge(bare, smiles, f"The molecule is a {words}.", phrase, pattern)
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.CONTRADICTS_READING)
    assert message in judged.message


def test_a_kekule_pattern_is_supported_and_its_level_says_so(bare: Resources) -> None:
    judged = judge(bare, "CC1=CC=CC=C1", "The molecule has a benzene ring.", "benzene ring", "C1=CC=CC=C1")
    assert (judged.verdict, judged.level) == (Verdict.SUPPORTED, Level.SMILES)


@pytest.mark.parametrize("pattern", ["*@*", "[#7]-[#6]", "[R]", "c", "[#6]", "[OX1,OX2]"])
@pytest.mark.parametrize("words", ["zorbane", "pyridine alkaloid", "carboxylic acid"])
def test_a_pattern_that_says_nothing_is_no_support(bare: Resources, words: str, pattern: str) -> None:
    smiles = "CN1CCC[C@H]1c1cccnc1C(=O)O"
    assert judge(bare, smiles, f"The molecule is a {words}.", words, pattern).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("smiles", "caption", "phrase", "pattern", "verdict"),
    [
        # consumed, changed or another tautomer: open
        ("CCOC(C)=O", "It is formed by condensation of the carboxy group of an acid with ethanol.", "carboxy group",
         "[CX3;!$(C([OX2])[OX2,OX1-,#7,#16,F,Cl,Br])](=[OX1])[OX2H1]", "unchecked"),
        ("C[CH](N)C(=O)O", "The molecule is a L-alanine.", "L-alanine", "C[C@H](N)C(=O)O", "unchecked"),
        # simply not there: refused
        ("CC", "The molecule has a carboxy group.", "carboxy group", "[CX3](=O)[OX2H1]", "refuted"),
        ("C[C@@H](N)C(=O)O", "The molecule is a L-alanine.", "L-alanine", "C[C@H](N)C(=O)O", "refuted"),
    ],
)  # fmt: skip
def test_absence_refutes_only_what_the_molecule_contradicts(
    bare: Resources, smiles: str, caption: str, phrase: str, pattern: str, verdict: str
) -> None:
    judged = judge(bare, smiles, caption, phrase, pattern)
    assert judged.verdict == verdict, (judged.reason, judged.message)


@pytest.mark.parametrize(
    ("smiles", "words", "phrase", "pattern", "verdict"),
    [
        ("OP(=O)(O)OP(=O)(O)OCC", "a diphospho group", "diphospho group", "P(=O)(O)OP(=O)(O)", "supported"),
        (
            "Cc1ccc(C)cc1",
            "methyl groups at positions 1 and 4",
            "methyl groups at positions 1 and 4",
            "[CH3]",
            "supported",
        ),
    ],
)
def test_places_are_counted_once(
    bare: Resources, smiles: str, words: str, phrase: str, pattern: str, verdict: str
) -> None:
    judged = judge(bare, smiles, f"The molecule is a compound carrying {words}.", phrase, pattern)
    assert judged.verdict == verdict, (judged.reason, judged.message)


@pytest.mark.parametrize(
    ("smiles", "words", "pattern", "reason"),
    [
        ("OC[C@@H](O)C(O)[C@@H](O)CO", "arabinitol", "[#6]-[#8]", Reason.CONTRADICTS_READING),
        ("OC1C(O)C(O)C(O)C(O)C1O", "inositol", "[#6]-[OX2H]", Reason.CONTRADICTS_READING),
        ("OC(=O)CC(=O)O", "malonic acid", "[CX3](=O)[OX2H]", Reason.CONTRADICTS_READING),
        ("CC(C)O", "secondary alcohol", "[OX2H]", Reason.TOO_GENERAL),
        ("CC(N)C(=O)NCC(=O)O", "peptide bond", "CC(N)", Reason.CONTRADICTS_READING),
        ("Clc1ccc2ccccc2c1", "chloronaphthalene", "Clc1ccccc1", Reason.CONTRADICTS_READING),
        ("Cc1ccc2ccccc2c1", "methylnaphthalene", "Cc1ccccc1", Reason.CONTRADICTS_READING),
    ],
)
def test_a_group_of_a_compound_or_a_part_of_its_rings_is_not_the_compound(
    bare: Resources, smiles: str, words: str, pattern: str, reason: Reason
) -> None:
    judged = judge(bare, smiles, f"The molecule is a {words}.", words, pattern)
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, reason)


@pytest.mark.parametrize(
    ("smiles", "words", "pattern"),
    [
        ("OCC(O)CO", "triol", "[OX2H]"),
        ("OC(=O)CC(=O)O", "dicarboxylic acid", "[CX3](=O)[OX2H]"),
        ("CC(C)O", "secondary alcohol", "[OX2H;$(O[CX4H](C)C)]"),
        ("CC(C)O", "secondary alcohol", "[OX2H][CH]"),
        ("CC(N)C(=O)NCC(=O)O", "peptide bond", "O=CN"),
        ("Clc1ccc2ccccc2c1", "chloronaphthalene", "Clc1ccc2ccccc2c1"),
    ],
)
def test_a_group_that_a_class_counts_is_the_class(bare: Resources, smiles: str, words: str, pattern: str) -> None:
    assert judge(bare, smiles, f"The molecule is a {words}.", words, pattern).verdict is Verdict.SUPPORTED
