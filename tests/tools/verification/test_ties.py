"""Alignments that somebody else made."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import PhraseKind, Reason, Verdict
from molreflect.tools.verification.ties import Tie, judge

TIE: dict[str, Any] = {
    "smiles": "Oc1ccccc1C", "caption": "The molecule is a phenol and a phenol.", "phrase": "phenol",
    "pattern": "[OX2H1]c1ccccc1",
}  # fmt: skip


def test_a_tie_gets_a_verdict_with_its_atoms() -> None:
    judged = judge(Tie.of(TIE | {"start": 31, "source": "somebody"}), open_resources())
    assert (judged.verdict, judged.reason, judged.start) == (Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC, 31)
    assert list(judged.to_json()) == [
        "smiles", "phrase", "pattern", "start", "verdict", "reason", "message", "atoms", "level",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pattern": "Nc1ccccc1"}, Reason.ABSENT),
        ({"phrase": "ketone"}, Reason.MISQUOTED),
        ({"pattern": "((("}, Reason.UNREADABLE),
        ({"pattern": None}, Reason.NO_READING),
        ({"kind": "role", "pattern": None}, Reason.ROLE_OR_ORIGIN),
    ],
)
def test_a_tie_that_does_not_stand_has_a_reason(change: dict[str, Any], reason: Reason) -> None:
    assert judge(Tie.of(TIE | change), open_resources()).reason is reason


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"smiles": 3}, "'smiles' must be a text, not 3"),
        ({"start": -1}, "'start' must be an offset"),
        ({"start": True}, "'start' must be an offset"),
        ({"kind": "other"}, "'kind' must be one of structure"),
        ({"kind": ["structure"]}, "'kind' must be one of structure"),
    ],
)
def test_a_field_that_cannot_be_used_is_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Tie.of(TIE | change)
    assert Tie.of(TIE | {"kind": "relation"}).kind is PhraseKind.RELATION


@pytest.mark.parametrize("name", ["smiles", "caption", "phrase", "pattern"])
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(InputError, match=f"'{name}' is missing"):
        Tie.of({key: value for key, value in TIE.items() if key != name})
