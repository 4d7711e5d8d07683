"""Questions as notes put them."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

from molreflect.agents.analyst.noted import spoken_out
from molreflect.agents.analyst.sentence import is_group

ANSWERS = [
    ("camphor: methyl groups, total?", "3: camphor"),
    ("limonene: stereocentres, number?", "1: limonene"),
    ("azo dye, yes or no? Oc1ccc2ccccc2c1N=Nc1ccccc1", "Yes: "),
    ("ethyl acetate, amide or not?", "No: ethyl acetate"),
    ("Please confirm or deny: citalopram contains a nitrile.", "Yes: nitrile in citalopram"),
    ("aspirin contains an amide - confirm or deny", "No: "),
    ("For our mass spec library: exact mass of piperine?", "285.1364"),
    ("For the safety data: formula of acetone", "C3H6O"),
    ("For our mass spec library: mass spectrum of piperine?", "I know nothing about mass spectra"),
    ("O=C[C@H](O)[C@@H](O)[C@H](O)CO number of chirality centres", "3: O=C"),
    ("I need trimethoprim's InChIKey for the registration form", "IEDVJHCEMCRBQM-UHFFFAOYSA-N"),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_notes_are_questions(analyst: Any, question: str, expected: str) -> None:
    answer = ask(analyst, question)
    starts = expected.endswith(": ") or (expected[:1].isdigit() and ": " in expected)
    assert answer.startswith(expected) if starts else expected in answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ester, yes or no: CC(=O)OC", "is CC(=O)OC an ester?"),
        ("aromatic, y/n? C1CCCCC1", "is C1CCCCC1 aromatic?"),
        ("ring, yes or no: hexane", "does hexane have a ring?"),
        ("rings in camphor, total?", "number of rings in camphor?"),
        ("caffeine: nitrogen atoms, in total?", "caffeine: nitrogen atoms, how many?"),
        ("camphor - rings, total?", "camphor: rings, how many?"),
        ("confirm or deny that it contains an amide", "is it true that it contains an amide"),
        ("For our stock list: formula of acetone", "formula of acetone"),
        ("For the NMR sheet: rings of camphor?", "rings of camphor?"),
        ("SMILES of paracetamol for our order form, please", "SMILES of paracetamol, please"),
        ("confirm or refute that aspirin is an ester", "true or false: aspirin is an ester"),
    ],
)
def test_notes_are_written_out(text: str, expected: str) -> None:
    assert spoken_out(text, is_group) == expected


@pytest.mark.parametrize(
    "text",
    [
        "what is the formula for the salt form?",
        "SMILES for the enol form of acetone",
        "is it an ester, yes or no?",
        "ketone, yes or no? acetone, benzaldehyde",
        "camphor: molecular weight, total?",
        "boiling point of acetone",
        "",
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert spoken_out(text, is_group) == text
