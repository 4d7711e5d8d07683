"""What the pages show of a trace: rows of its tree, one step whole, how its alignments came about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from molreflect.graphs.traces.contents import resolve
from molreflect.graphs.traces.explain import explain
from molreflect.graphs.traces.lit import Molecules, card_of, places_of
from molreflect.graphs.traces.spans import (
    CHOICE,
    COST,
    CURRENCY,
    DOCUMENTS,
    ERROR,
    ERROR_TYPE,
    INPUT,
    MESSAGES_IN,
    MESSAGES_OUT,
    MODEL,
    OUTPUT,
    PAIR,
    PARAMETERS,
    PROVIDER,
    RECORD,
    TOKENS_CACHED,
    TOKENS_IN,
    TOKENS_OUT,
    UNDERSTOOD,
    VERDICTS,
    Span,
)
from molreflect.graphs.traces.steps import in_words, understood_words
from molreflect.graphs.traces.store import TraceStore, TraceSummary
from molreflect.graphs.traces.tree import TreeRow, lay_out
from molreflect.tools.errors import InputError

CUT = 2_000
"""Characters of a text that stand there at once; the rest is a click away."""
MAX_EXPLAINED = 3_000
"""Steps of the largest trace whose alignments are traced back to them."""
_DRAWN = (PAIR, RECORD, VERDICTS, UNDERSTOOD)
"""Attributes that every step's molecule may need."""


@dataclass(frozen=True, slots=True)
class CutText:
    """A text of any length."""

    number: int
    """Its place among the texts of its step."""
    name: str
    head: str
    whole: str

    @property
    def length(self) -> int:
        """Characters in all."""
        return len(self.whole)

    @property
    def is_cut(self) -> bool:
        """Whether more of it is a click away."""
        return len(self.whole) > len(self.head)


@dataclass(slots=True)
class StepView:
    """One step, whole."""

    span: Span
    words: str
    card: dict[str, Any] | None
    """For the component that shows alignments; None where no molecule and no caption is known."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    neighbours: list[dict[str, Any]] = field(default_factory=list)
    told: list[CutText] = field(default_factory=list)
    """Arguments and results."""
    messages: list[dict[str, Any]] = field(default_factory=list)
    """`role`, `way` (in or out), `text`, `calls`, and `first`, the step whose call had it first."""
    raw: CutText | None = None
    texts: list[CutText] = field(default_factory=list)

    def cut(self, name: str, text: str) -> CutText:
        """Note a text, cut where it is long."""
        made = CutText(len(self.texts), name, text if len(text) <= CUT + 200 else text[:CUT], text)
        self.texts.append(made)
        return made


class TraceView:
    """One trace, read for showing."""

    def __init__(self, store: TraceStore, trace: TraceSummary) -> None:
        """Read its steps; long texts are looked up when a step is shown."""
        self.store, self.trace = store, trace
        self.spans = [self._with(span, _DRAWN) for span in store.spans(trace.trace_id)]
        self.rows = lay_out(self.spans)
        self.total = max((row.begins + row.takes for row in self.rows), default=0.0) or 1.0
        """Milliseconds of the time line."""
        self._molecules = Molecules(self.spans)

    def span(self, span_id: str) -> Span:
        """Look a step up by its id.

        Raises:
            InputError: There is none.
        """
        for span in self.spans:
            if span.span_id == span_id:
                return span
        raise InputError(f"trace {self.trace.trace_id} has no step {span_id}")

    def row(self, row: TreeRow) -> dict[str, Any]:
        """Prepare one row of the tree."""
        span = row.span
        kept = self.store.resolved(span, messages=False)
        return {
            "id": span.span_id,
            "parent": span.parent_id or "",
            "at": span.position,
            "level": row.level,
            "children": row.children,
            "begins": round(row.begins, 3),
            "takes": round(row.takes, 3),
            "took": "" if span.seconds is None else duration(span.seconds),
            "kind": span.kind,
            "status": span.status,
            "words": self._words(kept),
        }

    def step(self, span_id: str) -> StepView:
        """Prepare one step, whole.

        Raises:
            InputError: There is none.
        """
        span = self.store.resolved(self.span(span_id), messages=False)
        scene = self._molecules.beside(span)
        said = StepView(span, self._words(span), None if scene is None else card_of(self.trace.subject, scene))
        told = span.attributes
        said.facts = _facts(span)
        said.neighbours = [d for d in told.get(DOCUMENTS) or () if isinstance(d, dict)]
        for key, name in ((INPUT, "asked"), (OUTPUT, "answered"), (ERROR, "error")):
            if told.get(key) not in (None, ""):
                said.told.append(said.cut(name, _laid_out(told[key])))
        self._add_messages(said)
        raw = {name: value for name, value in span.to_json().items() if name != "position"}
        said.raw = said.cut("raw JSON", json.dumps(raw, ensure_ascii=False, indent=2))
        return said

    def overview(self) -> dict[str, Any]:
        """Say how the alignments of the trace came about, and what changed between its versions."""
        if len(self.spans) > MAX_EXPLAINED:
            return {"origins": [], "versions": [], "left_out": len(self.spans)}
        kept = [self.store.resolved(span, messages=False) for span in self.spans]
        return {"origins": explain(kept), "versions": versions(kept), "left_out": 0}

    def understood(self) -> str:
        """Say what a question was taken to mean; empty where nothing was noted."""
        for span in self.spans:
            if isinstance(meant := span.attributes.get(UNDERSTOOD), dict):
                return understood_words(meant)
        return ""

    def _words(self, span: Span) -> str:
        smiles = self._molecules.smiles(span)

        def count(pattern: str) -> int | None:
            places = None if smiles is None else places_of(smiles, pattern)
            return None if places is None else len(places)

        answer = ""
        if span.kind == "LLM" and not span.attributes.get("molreflect.tool_calls"):
            hashes = span.attributes.get(MESSAGES_OUT) or ()
            answer = " ".join(_content(self.store.message(hash_).get("content")) for hash_ in hashes)
        return in_words(span, count, answer)

    def _with(self, span: Span, names: Sequence[str]) -> Span:
        found = {n: resolve(span.attributes[n], self.store.content) for n in names if n in span.attributes}
        return replace(span, attributes=span.attributes | found) if found else span

    def _add_messages(self, said: StepView) -> None:
        """Add the messages of a call: new ones whole, others by the step whose call had them first."""
        first: dict[str, str] = {}
        for span in self.spans:
            if span.span_id == said.span.span_id:
                break
            for hash_ in (*(span.attributes.get(MESSAGES_IN) or ()), *(span.attributes.get(MESSAGES_OUT) or ())):
                first.setdefault(hash_, span.span_id)
        for key, way in ((MESSAGES_IN, "in"), (MESSAGES_OUT, "out")):
            for hash_ in said.span.attributes.get(key) or ():
                message = self.store.message(hash_)
                known = first.get(hash_)
                text = _content(message.get("content"))
                calls = [(c["name"], _laid_out(c.get("arguments"))) for c in message.get("tool_calls") or ()]
                said.messages.append(
                    {
                        "role": str(message.get("role")),
                        "way": way,
                        "first": known,
                        "length": len(text),
                        "text": None if known or not text else said.cut(f"{message.get('role')}", text),
                        "calls": [] if known else [(name, said.cut(name, given)) for name, given in calls],
                    }
                )


def versions(spans: Sequence[Span]) -> list[tuple[str, dict[str, Any] | None, dict[str, Any] | None, bool]]:
    """Set the draft's alignments beside the reflected ones.

    Args:
        spans: Of a trace, with their texts.

    Returns:
        For each phrase: the phrase, its draft and its reflected alignment (plain values, or None), whether they differ;
        empty where nothing was reflected on.
    """
    found: dict[str, dict[tuple[str, Any], dict[str, Any]]] = {}
    for span in spans:
        if span.name in ("verify", "verify_again") and isinstance(judged := span.attributes.get(VERDICTS), list):
            found[span.name] = {(a["phrase"], a["start"]): a for a in judged}
    if "verify_again" not in found:
        return []
    draft, reflected = found.get("verify", {}), found["verify_again"]
    rows = []
    for key in [*draft, *(k for k in reflected if k not in draft)]:
        a, b = draft.get(key), reflected.get(key)
        changed = a is None or b is None or any(a[n] != b[n] for n in ("verdict", "reason", "pattern", "atoms"))
        rows.append((key[0], a, b, changed))
    return rows


def duration(seconds: float) -> str:
    """Write a time as a reader wants it."""
    if seconds < 0.0009995:
        return f"{1e6 * seconds:.0f} µs"
    if seconds < 0.9995:
        return f"{1000 * seconds:.3g} ms"
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"


def _facts(span: Span) -> list[tuple[str, str]]:
    told = span.attributes
    facts = [("model", told.get(MODEL)), ("provider", told.get(PROVIDER))]
    if parameters := told.get(PARAMETERS):
        facts.append(("parameters", ", ".join(f"{k} {v}" for k, v in parameters.items())))
    if told.get(TOKENS_IN) is not None:
        cached = f" ({told[TOKENS_CACHED]:,} cached)" if told.get(TOKENS_CACHED) else ""
        facts.append(("tokens", f"{told[TOKENS_IN]:,} read{cached}, {told.get(TOKENS_OUT) or 0:,} written"))
    if told.get(COST) is not None:
        facts.append(("cost", f"{told[COST]:.6g} {told.get(CURRENCY, '')}"))
    if isinstance(chosen := told.get(CHOICE), dict):
        for version, value in (chosen.get("perplexity") or {}).items():
            shown = f"{value:.3f}" if isinstance(value, float) else value
            facts.append((f"perplexity, {version}", f"{shown} of the {chosen.get('perplexity_of')}"))
    if isinstance(meant := told.get(UNDERSTOOD), dict):
        facts.append(("understood", understood_words(meant).removeprefix("understood: ")))
    facts.append(("error", told.get(ERROR_TYPE)))
    return [(name, str(value)) for name, value in facts if value not in (None, "")]


def _content(content: Any) -> str:
    """Write a message's content as text: parts of text as they are, others as JSON."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(map(_part, content))
    return "" if content is None else json.dumps(content, ensure_ascii=False)


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    return json.dumps(part, ensure_ascii=False)


def _laid_out(value: Any) -> str:
    """Write JSON on lines of its own, other text as it is."""
    read = value
    if isinstance(value, str):
        if value[:1] not in ("{", "["):
            return value
        try:
            read = json.loads(value)
        except json.JSONDecodeError:
            return value
    short = json.dumps(read, ensure_ascii=False)
    return short if len(short) <= 80 else json.dumps(read, ensure_ascii=False, indent=2)
