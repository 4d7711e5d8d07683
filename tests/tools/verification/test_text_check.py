"""Any text against a molecule: every claim with its verdict, and what was not read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification import text_check
from molreflect.tools.verification.text_check import CheckedText, WhyUnread

PHENOL = "Oc1ccccc1"
BENZOIC = "O=C(O)c1ccccc1"
BENZOATE = "O=C([O-])c1ccccc1"


@pytest.fixture(scope="module")
def resources() -> Any:
    return open_resources()


@pytest.fixture(scope="module")
def check(resources: Any) -> Any:
    def checked(smiles: str, text: str) -> CheckedText:
        found = text_check.check(read_molecule(smiles), text, resources)
        assert all(text[claim.start : claim.end] == claim.phrase for claim in found.claims)
        assert all(text[part.start : part.end].startswith(part.text) for part in found.unread)
        return found

    return checked


def verdicts(found: CheckedText) -> list[tuple[str, str]]:
    return [(claim.phrase, str(claim.verdict)) for claim in found.claims]


def test_every_claim_has_a_verdict_atoms_and_its_place(check: Any) -> None:
    found = check(PHENOL, "The molecule is a phenol. It is also a phenol, and carries a chloro group.")
    assert verdicts(found) == [("phenol", "supported"), ("phenol", "supported"), ("chloro group", "refuted")]
    assert found.claims[0].start < found.claims[1].start
    assert found.claims[0].atoms == found.claims[1].atoms == ((0, 1, 2, 3, 4, 5, 6),)
    assert [claim.phrase for claim in found.refuted] == ["chloro group"]
    assert found.refuted[0].reason is Reason.ABSENT


@pytest.mark.parametrize(
    ("smiles", "text", "phrase", "verdict", "reason"),
    [
        (PHENOL, "It lacks a nitro group.", "nitro group", Verdict.SUPPORTED, Reason.ABSENT_AS_STATED),
        (PHENOL, "It does not contain a benzene ring.", "benzene ring", Verdict.REFUTED, Reason.PRESENT_THOUGH_DENIED),
        (BENZOIC, "It has no aldehyde.", "aldehyde", Verdict.SUPPORTED, Reason.ABSENT_AS_STATED),
        (BENZOATE, "It has no carboxylic acid.", "carboxylic acid", Verdict.UNCHECKED, Reason.DENIAL_UNDECIDED),
        ("OCC(O)C(O)C(O)CO", "It has no hydroxy group.", "hydroxy group", Verdict.REFUTED, None),
        ("Clc1ccccc1", "It lacks two chloro groups.", "two chloro groups", Verdict.UNCHECKED, Reason.DENIAL_UNDECIDED),
    ],
)
def test_a_claim_of_absence_is_asked_the_other_way_round(
    check: Any, smiles: str, text: str, phrase: str, verdict: Verdict, reason: Reason | None
) -> None:
    (claim,) = check(smiles, text).claims
    assert (claim.phrase, claim.negated, claim.verdict) == (phrase, True, verdict)
    assert reason in (None, claim.reason)


def test_what_was_not_read_never_looks_like_a_claim_that_holds(check: Any) -> None:
    found = check(PHENOL, "The frobnicyl ring is aryl-fused. It is a phenol. Молекула содержит фенол и кислоту.")
    assert [v for p, v in verdicts(found) if p != "phenol"] in ([], ["unchecked"])
    assert found.unread[-1].why is WhyUnread.OTHER_LANGUAGE
    assert found.unread[-1].text == "Молекула содержит фенол и кислоту."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Das Molekül enthält eine Carboxylgruppe.", [WhyUnread.OTHER_LANGUAGE]),
        ("La molécule contient un groupe hydroxyle.", [WhyUnread.OTHER_LANGUAGE]),
        ("這個分子含有一個苯環。", [WhyUnread.OTHER_LANGUAGE]),
        ("It melts at 41 degrees. Handle with care.", []),
        ("", []),
        (" \n\t ", []),
        ("12.5 %; 3, 4 !?", []),
        ("αβγ", []),
    ],
)
def test_a_sentence_of_another_language_is_said_to_be_unread(check: Any, text: str, expected: list[WhyUnread]) -> None:
    found = check(PHENOL, text)
    assert found.claims == ()
    assert [part.why for part in found.unread] == expected


def test_control_characters_and_lone_surrogates_are_no_trouble(check: Any, resources: Any) -> None:
    found = check(PHENOL, "\x00\x1b[31m\u202e It is a phenol.\r\n\x7f It has a nitro group.")
    assert ("phenol", "supported") in verdicts(found)
    assert ("nitro group", "refuted") in verdicts(found)
    found = text_check.check(read_molecule(PHENOL), "\ud800 It is a phenol. \udfff", resources)
    assert verdicts(found) == [("phenol", "supported")]
    json.dumps(found.to_json(), ensure_ascii=False).encode("utf-8")


def test_a_text_of_any_length_is_read_within_bounds_that_are_said(check: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_check, "MAX_TEXT", 60_000)
    monkeypatch.setattr(text_check, "MAX_CLAIMS", 50)
    text = "It is a phenol. It has a nitro group. " * 40_000
    found = check(PHENOL, text)
    assert found.characters == len(text)
    assert {claim.verdict for claim in found.claims[50:]} == {Verdict.UNCHECKED}
    assert {claim.reason for claim in found.claims[50:]} == {Reason.OUT_OF_BOUNDS}
    assert Verdict.UNCHECKED not in {claim.verdict for claim in found.claims[:50]}
    (rest,) = found.unread
    assert (rest.start, rest.end, rest.why) == (60_000, len(text), WhyUnread.OUT_OF_BOUNDS)
    assert len(rest.text) == text_check.MAX_QUOTED
    found = check(PHENOL, "It is a phenol. " + "x" * 30_000 + ". It has a nitro group.")
    assert verdicts(found) == [("phenol", "supported"), ("nitro group", "refuted")]
    assert [part.why for part in found.unread] == [WhyUnread.TOO_LONG]


def test_pieces_are_whole_sentences_and_lose_nothing() -> None:
    text = ("Alpha beta. " * 500 + "Gamma\n" * 900 + "delta! ") * 5
    pieces = list(text_check._pieces(text))
    assert "".join(text[a:b] for a, b in pieces) == text
    assert all(b - a <= text_check.MAX_CAPTION for a, b in pieces)
    assert all(text[:b].rstrip()[-1] in ".!a" for _, b in pieces)
    assert len(pieces) > 2


def test_json_holds_everything_and_counts(check: Any) -> None:
    data = check(PHENOL, "It is a phenol with a nitro group. Das Molekül enthält eine Säure.").to_json()
    assert json.loads(json.dumps(data)) == json.loads(json.dumps(data))
    assert data["counts"] == {"supported": 1, "refuted": 1, "unchecked": 0, "unread": 1}
    assert list(data) == ["smiles", "claims", "unread", "characters", "counts"]
    assert set(data["claims"][0]) == {
        "phrase", "start", "end", "kind", "negated", "verdict", "reason", "message", "pattern", "atoms", "level",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "smiles", "expected"),
    [
        ("It is an alcohol and a bromoarene, obtained by reduction of an acid.", "OCc1ccccc1", "refuted"),
        ("It is a benzene in which a hydrogen has been replaced by a bromo group.", "Clc1ccccc1", "refuted"),
        ("It results from condensation with the amino group of glycine.", "CC(=O)O", "unchecked"),
        ("It is glycine in which the amino group has been lost by oxidation.", "CC(=O)O", "unchecked"),
    ],
)
def test_a_change_elsewhere_in_a_sentence_uses_up_no_class_and_no_substituent(
    check: Any, text: str, smiles: str, expected: str
) -> None:
    claims = check(smiles, text).claims
    named = {str(c.verdict) for c in claims if c.kind == "structure" and any(w in c.phrase for w in ("bromo", "amino"))}
    assert named in ({expected}, set())
    assert named or expected == "unchecked"
