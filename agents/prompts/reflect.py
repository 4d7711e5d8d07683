"""In-context reflection: verdicts, counterexamples and retrieved neighbours with their verified alignments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.agents.prompts.data import block
from molreflect.agents.prompts.repair import by_verdict
from molreflect.agents.schemas import Alignment
from molreflect.tools.terms import PhraseKind, Verdict, View

VERSION = "reflect-1"


@dataclass(frozen=True, slots=True)
class NeighbourExample:
    """A retrieved pair with its own verified draft alignments."""

    id: str
    smiles: str
    caption: str
    similarity: float
    alignments: tuple[Alignment, ...]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A request within its budget of tokens."""

    text: str
    tokens: int
    """Of the whole request, as it was counted."""
    left_out: tuple[str, ...]
    """Ids of the neighbours there was no room for, the farthest first."""


def fit(
    *,
    view: View,
    smiles: str | None,
    caption: str | None,
    judged: Sequence[Alignment],
    neighbours: Sequence[NeighbourExample],
    count: Callable[[str], int],
    budget: int,
) -> Fitted:
    """Render the request with as many neighbours as its budget allows: whole examples, the farthest left out first.

    The pair in hand and its verdicts are always there; where they alone take more than the budget, `tokens` says so.

    Args:
        view: As in `request`, like `smiles`, `caption` and `judged`.
        neighbours: Most similar first.
        count: Tokens of a text.
        budget: Most tokens of the request.
    """
    shown = list(neighbours)
    while True:
        text = request(view=view, smiles=smiles, caption=caption, judged=judged, neighbours=shown)
        tokens = count(text)
        if tokens <= budget or not shown:
            return Fitted(text, tokens, tuple(n.id for n in reversed(neighbours[len(shown) :])))
        shown.pop()


def request(
    *,
    view: View,
    smiles: str | None,
    caption: str | None,
    judged: Sequence[Alignment],
    neighbours: Sequence[NeighbourExample],
) -> str:
    """Render the request to reflect.

    Args:
        view: What the teacher may see.
        smiles: The molecule, where the view shows it.
        caption: The caption, where the view shows it.
        judged: The draft with its verdicts.
        neighbours: Most similar first; they are shown most similar last, next to the query (ICMA's order).
    """
    data: dict[str, Any] = {
        "task": "reflect",
        "view": view.value,
        "neighbours": [_example(n) for n in reversed(neighbours)],
        "smiles": smiles,
        "caption": caption,
    }
    data |= by_verdict(judged)
    for shown, refused in zip(data["refused"], (a for a in judged if a.verdict is Verdict.REFUTED), strict=True):
        if refused.evidence:
            shown["counterexamples"] = list(refused.evidence.counterexamples)
    return (
        "Reflect on your draft. The neighbours are similar pairs of the corpus with alignments that were verified. "
        "Look at how their phrases were tied, at what was refused and why, and submit the whole list again, better.\n"
        f"{block(data)}"
    )


def _example(neighbour: NeighbourExample) -> dict[str, Any]:
    return {
        "id": neighbour.id,
        "smiles": neighbour.smiles,
        "caption": neighbour.caption,
        "alignments": [
            {"phrase": a.phrase, "pattern": a.pattern}
            for a in neighbour.alignments
            if a.verdict is Verdict.SUPPORTED and a.kind is PhraseKind.STRUCTURE
        ],
    }
