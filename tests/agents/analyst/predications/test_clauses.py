"""Sentences are cut into clauses only where each is understood."""

from __future__ import annotations

import pytest

from molreflect.agents.analyst.predications.clauses import Verb, clauses_of
from molreflect.agents.analyst.predications.subject import Quantity


def test_a_list_is_read_with_its_numbers() -> None:
    said = "The nitrogen bears two methyl groups and no hydrogen."
    (clause,) = clauses_of(said, (0, len(said)))
    assert clause.verb is Verb.BEARS
    assert [(item.noun, item.least, item.most) for item in clause.items] == [
        ("methyl groups", 2, 2),
        ("hydrogen", 0, 0),
    ]
    assert said[clause.said.start : clause.said.end] == "bears two methyl groups and no hydrogen"


@pytest.mark.parametrize(
    ("said", "noun", "quantity", "number", "of"),
    [
        ("Each of the two benzene rings bears a chlorine.", "benzene rings", Quantity.ALL, None, 2),
        ("Two of the three oxygens are phenolic.", "oxygens", Quantity.EXACTLY, 2, 3),
        ("None of the nitrogens is basic.", "nitrogens", Quantity.NONE, None, None),
        ("The ring nitrogen bears a methyl group.", "ring nitrogen", Quantity.THE, None, None),
    ],
)
def test_a_subject_says_of_how_many_it_speaks(
    said: str, noun: str, quantity: Quantity, number: int | None, of: int | None
) -> None:
    (subject,) = clauses_of(said, (0, len(said)))[0].subjects
    assert (subject.noun, subject.quantity, subject.number, subject.of) == (noun, quantity, number, of)


@pytest.mark.parametrize(
    "said", ["", ".", "Of of of.", "and, and; and", "The", "bears", "with with with", "is is is is"]
)
def test_words_without_sense_make_no_clause(said: str) -> None:
    assert clauses_of(said, (0, len(said))) == []
