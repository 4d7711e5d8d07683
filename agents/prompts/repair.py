"""The repair round: the same pair again, with what was refused and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from molreflect.agents.prompts.data import block
from molreflect.agents.schemas import Alignment
from molreflect.tools.terms import Verdict, View

VERSION = "repair-1"


def request(*, view: View, smiles: str | None, caption: str | None, judged: Sequence[Alignment]) -> str:
    """The request to mend what was refused; supported alignments are to be kept as they are."""
    data: dict[str, Any] = {
        "task": "repair", "view": view.value, "smiles": smiles, "caption": caption,
        "accepted": [brief(a) for a in judged if a.verdict is not Verdict.REFUTED],
        "refused": [brief(a) for a in judged if a.verdict is Verdict.REFUTED],
    }  # fmt: skip
    return (
        "Some of your alignments were refused. Read each reason, then submit the whole list again: keep what was "
        f"accepted, mend or drop what was refused.\n{block(data)}"
    )


def brief(alignment: Alignment) -> dict[str, Any]:
    """An alignment as a teacher is shown it."""
    shown: dict[str, Any] = {
        "phrase": alignment.phrase, "start": alignment.start, "kind": alignment.kind.value,
        "pattern": alignment.pattern, "source": alignment.source, "verdict": alignment.verdict.value,
        "reason": alignment.reason.value,
    }  # fmt: skip
    if alignment.message:
        shown["message"] = alignment.message
    return shown
