"""Answers as HTML, in the component that reports, traces and pages show alignments in."""

from __future__ import annotations

from typing import Any

from molreflect.services.models import LocateAnswer, LocatedGroup
from molreflect.tools.english import counted
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.tools.views.cards import step_card
from molreflect.tools.views.html import card_html


def located_html(answer: LocateAnswer) -> str:
    """Show where groups are."""
    return card_html(step_card("Groups", answer.smiles, "", [_alignment(group) for group in answer.groups]))


def _alignment(group: LocatedGroup) -> dict[str, Any]:
    """A group in the fields of an alignment: supported where it is there."""
    if group.why_not:
        verdict, why = Verdict.UNCHECKED, group.why_not
    elif group.count:
        verdict, why = Verdict.SUPPORTED, counted(group.count, "place")
    else:
        verdict, why = Verdict.REFUTED, "not there"
    return {
        "phrase": group.words,
        "start": None,
        "end": None,
        "kind": PhraseKind.STRUCTURE,
        "verdict": verdict,
        "reason": group.level,
        "why": why,
        "pattern": group.pattern,
        "fragment": None,
        "level": group.level,
        "atoms": group.atoms,
        "evidence": None,
        "message": group.counted,
        "source": "",
    }
