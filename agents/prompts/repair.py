"""The repair round: the same pair again, with what was refused and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from molreflect.agents.prompts.data import block
from molreflect.agents.schemas import Alignment
from molreflect.tools.terms import Verdict, View

VERSION = "repair-1"


def request(*, view: View, smiles: str | None, caption: str | None, judged: Sequence[Alignment]) -> str:
    """Render the request to mend what was refused; supported alignments are to be kept as they are."""
    data = {"task": "repair", "view": view.value, "smiles": smiles, "caption": caption, **by_verdict(judged)}
    return (
        "Some of your alignments were refused. Read each reason, then submit the whole list again: keep what was "
        f"accepted, mend or drop what was refused.\n{block(data)}"
    )


def by_verdict(judged: Sequence[Alignment]) -> dict[str, list[dict[str, Any]]]:
    """Split alignments into those accepted and those refused, as a teacher is shown them."""
    return {
        "accepted": [_brief(a) for a in judged if a.verdict is not Verdict.REFUTED],
        "refused": [_brief(a) for a in judged if a.verdict is Verdict.REFUTED],
    }


def _brief(alignment: Alignment) -> dict[str, Any]:
    fields = ("phrase", "start", "kind", "pattern", "source", "verdict", "reason")
    shown = alignment.model_dump(mode="json", include=set(fields))
    message = {"message": alignment.message} if alignment.message else {}
    return {name: shown[name] for name in fields} | message
