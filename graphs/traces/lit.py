"""The molecule that a step of a trace was about, and the atoms it lights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from molreflect.graphs.traces.contents import is_hashed
from molreflect.graphs.traces.spans import PAIR, RECORD, UNDERSTOOD, VERDICTS, Span
from molreflect.graphs.traces.steps import answer_of, arguments_of, patterns_found
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.views.cards import step_card

MATCH_SECONDS = 0.2
"""How long one pattern is looked for; places are a help to the eye here, and no verdict."""
MAX_CAPTION = 5_000
"""Characters of the longest caption or SMILES that is shown beside a step."""
MAX_FIELD = 1_000
"""Characters of the longest phrase, pattern or message of an alignment."""
MAX_PATTERNS = 40
"""Patterns of one answer that are looked for."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn beside a step."""

    smiles: str | None
    caption: str
    alignments: tuple[Mapping[str, Any], ...]
    because: str
    """Where the verdicts come from, or why nothing is lit."""


class Molecules:
    """Finds what to draw beside each step of one trace."""

    def __init__(self, spans: Sequence[Span]) -> None:
        """Take all spans of a trace, in the order they began; pairs, records and verdicts with their texts."""
        self._spans = spans
        self._places = {span.span_id: n for n, span in enumerate(spans)}
        self._roots: dict[str, Span] = {}
        self._ends: dict[str, int] = {}
        """Place of the last step below each, itself included."""
        by_id = {span.span_id: span for span in spans}
        for n, span in enumerate(spans):
            parent = by_id.get(span.parent_id or "")
            self._roots[span.span_id] = span if parent is None else self._roots.get(parent.span_id, parent)
            above: Span | None = span
            while above is not None:
                self._ends[above.span_id] = n
                above = by_id.get(above.parent_id or "")

    def beside(self, span: Span) -> Scene | None:
        """Say what is drawn beside a step.

        Args:
            span: With its texts.

        Returns:
            None where the trace says nothing of a molecule or a caption.
        """
        smiles, caption = self.smiles(span), _known(self._pair(span).get("caption")) or ""
        if span.kind == "TOOL" and (found := _tool_rows(span, smiles, caption)):
            told = "as" if span.name == "check_alignments" else "no verdicts, but what"
            return Scene(
                smiles, caption, tuple(found), f"{told} {span.name} {'told the model' if told == 'as' else 'found'}"
            )
        if smiles is None and not caption:
            return None
        alignments, because = self._judged(span)
        return Scene(smiles, caption, tuple(alignments), because)

    def smiles(self, span: Span) -> str | None:
        """Say which molecule a step was about: a tool's own argument, else the pair's, else what a question meant."""
        named = _known(arguments_of(span).get("smiles")) if span.kind == "TOOL" else None
        return named or _known(self._pair(span).get("smiles")) or self._meant(self._roots[span.span_id])

    def _pair(self, span: Span) -> dict[str, Any]:
        given = self._roots[span.span_id].attributes.get(PAIR)
        return given if isinstance(given, dict) else {}

    def _judged(self, span: Span) -> tuple[list[dict[str, Any]], str]:
        """Take the verdicts that belong to a step: its own, those below it, those on it, those before it."""
        if (own := _verdicts(span)) is not None:
            return own, ""
        place, end = self._places[span.span_id], self._ends[span.span_id]
        for below in reversed(self._spans[place : end + 1]):
            if (found := _verdicts(below)) is not None:
                return found, f"as {below.name} told in the end"
        root = self._roots[span.span_id]
        if span.kind in ("LLM", "AGENT") or span.name in ("draft", "reflect"):
            for after in self._spans[end + 1 :]:
                if self._roots[after.span_id] is root and (found := _verdicts(after)) is not None:
                    return found, f"as {after.name} judged it afterwards"
        for before in reversed(self._spans[:place]):
            if (found := _verdicts(before)) is not None:
                return found, f"as {before.name} had judged before"
        return [], "nothing was judged yet"

    def _meant(self, root: Span) -> str | None:
        meant = root.attributes.get(UNDERSTOOD)
        if not isinstance(meant, dict):
            return None
        return _known(meant.get("it")) or _known(meant.get("molecule"))


def card_of(title: str, scene: Scene) -> dict[str, Any]:
    """Prepare a scene for the component; what cannot be drawn or is too long to stand there is said."""
    caption, because = scene.caption[:MAX_CAPTION], [scene.because] if scene.because else []
    if len(scene.caption) > len(caption):
        because.append(f"{len(scene.caption) - len(caption):,} more characters of the caption are left out here")
    if (smiles := scene.smiles) is not None and len(smiles) > MAX_CAPTION:
        because.append(f"its molecule is a text of {len(smiles):,} characters, which is not read")
        smiles = None
    alignments = [
        {n: _cut(value) if isinstance(value, str) else value for n, value in a.items()} for a in scene.alignments
    ]
    try:
        return step_card(title, smiles, caption, alignments, "; ".join(because))
    except InputError as error:
        return step_card(title, None, caption, alignments, "; ".join([*because, _cut(str(error))]))


def places_of(smiles: str, pattern: str) -> tuple[tuple[int, ...], ...] | None:
    """Find where a pattern occurs in a molecule; None where either cannot be read, or it takes too long."""
    return _places_of(smiles, pattern)


@lru_cache(maxsize=4_096)
def _places_of(smiles: str, pattern: str) -> tuple[tuple[int, ...], ...] | None:
    try:
        hits = find(read_molecule(smiles), pattern, seconds=MATCH_SECONDS, smiles_too=True)
    except (InputError, MatchTimeoutError):
        return None
    return () if hits is None else tuple(map(tuple, hits.atoms))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_FIELD else f"{text[:MAX_FIELD]}... ({len(text):,} characters)"


def _known(text: Any) -> str | None:
    """Take a text that was kept as it is; private traces keep hashes."""
    return text if isinstance(text, str) and text and not is_hashed(text) else None


def _verdicts(span: Span) -> list[dict[str, Any]] | None:
    if isinstance(record := span.attributes.get(RECORD), dict):
        return [a for a in record.get("alignments") or () if isinstance(a, dict)]
    judged = span.attributes.get(VERDICTS)
    return [a for a in judged if isinstance(a, dict)] if isinstance(judged, list) else None


def _tool_rows(span: Span, smiles: str | None, caption: str) -> list[dict[str, Any]]:
    try:
        return _found_by(span, smiles, caption)
    except (AttributeError, KeyError, TypeError, ValueError):  # no answer of ours: a fork may put any in its place
        return []


def _found_by(span: Span, smiles: str | None, caption: str) -> list[dict[str, Any]]:
    """Turn what a tool found in a molecule into rows of the component."""
    answer = answer_of(span)
    if not isinstance(answer, dict):
        return []
    if span.name == "check_alignments":
        return [_row(v["phrase"], v.get("pattern"), v.get("atoms", ()), caption, told=v) for v in answer["verdicts"]]
    if span.name == "find_substructure":
        found = answer.get("patterns", {}).items()
        return [_row(p, p, told.get("atoms", ()), caption, error=told.get("error", "")) for p, told in found]
    if span.name == "list_classes":
        return [_row(c["name"], c["pattern"], c["atoms"], caption) for c in answer.get("classes", ())]
    if span.name == "name_molecule":
        parts = answer.get("parts") or ()
        return [_row(str(p["phrase"]), p.get("pattern"), [p["atoms"]], caption) for p in parts]
    if smiles is None:
        return []
    best: dict[str, dict[str, Any]] = {}
    for name, pattern in patterns_found(span)[:MAX_PATTERNS]:
        places = places_of(smiles, pattern)
        if name not in best or (places and not best[name]["atoms"]):
            error = "" if places is not None else "it was not found out in time"
            best[name] = _row(name, pattern, places or (), caption, error=error)
    return [*best.values()]


def _row(
    phrase: str,
    pattern: str | None,
    atoms: Sequence[Sequence[int]],
    caption: str,
    *,
    told: Mapping[str, Any] | None = None,
    error: str = "",
) -> dict[str, Any]:
    verdict, reason = (Verdict(told["verdict"]), Reason(told["reason"])) if told else ("", "")
    why = error or (f"at {counted(len(atoms), 'place')}" if atoms else "not in the molecule")
    start = told.get("start") if told else (place if (place := caption.find(phrase)) >= 0 else None)
    return {
        "phrase": phrase,
        "start": start,
        "end": None if start is None else start + len(phrase),
        "kind": "structure",
        "pattern": pattern,
        "fragment": None,
        "atoms": [[int(atom) for atom in place] for place in atoms],
        "level": None,
        "verdict": verdict,
        "reason": reason,
        "why": "" if told else why,
        "message": told.get("message", "") if told else "",
        "evidence": None,
        "source": "",
    }
