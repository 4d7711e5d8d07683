"""Two traces side by side: the first step that differs, and what came of it in verdicts, atoms, coverage and cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from molreflect.graphs.replay.differences import attribute_difference
from molreflect.graphs.traces.divergence import VerdictChange, first_divergence, verdict_changes
from molreflect.graphs.traces.spans import OUTPUT, RECORD, Span
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.summary import TraceSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Where two runs of a graph part."""

    place: int
    """0-based, among the steps that are compared."""
    path: str
    """The step and those above it."""
    span_id: str | None
    """In the first; None where it has no such step."""
    other_span_id: str | None
    """In the second, likewise."""
    what: str
    """What differs, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a trace came to."""

    trace_id: str
    subject: str
    status: str
    verdicts: Mapping[str, int]
    phrases: float | None
    """Share of the structural phrases that are supported; None without a record or a caption."""
    heavy_atoms: float | None
    """Share of the heavy atoms that a supported alignment touches, likewise."""
    answer: str | None
    """Of a conversation."""
    model_calls: int
    tokens: int
    cost: float | None
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceDifference:
    """How a second trace differs from a first one."""

    first: Ending
    second: Ending
    step: Step | None
    """The first step that differs; None where all say the same."""
    how: tuple[str, ...]
    """The difference at that step, in a few lines."""
    verdicts: tuple[VerdictChange, ...]
    """Alignments that ended otherwise."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"verdicts": [change.to_json() for change in self.verdicts]}


def compare_traces(first: tuple[TraceStore, TraceSummary], second: tuple[TraceStore, TraceSummary]) -> TraceDifference:
    """Compare two traces, which may be of two runs.

    Args:
        first: The store of a trace, and what its list knows of it.
        second: Likewise of the other.
    """
    spans = [store.spans(trace.trace_id) for store, trace in (first, second)]
    found = first_divergence((first[0], spans[0]), (second[0], spans[1]))
    ours, theirs = (
        [store.resolved(span, messages=False) for span in each]
        for each, (store, _) in zip(spans, (first, second), strict=True)
    )
    step: Step | None = None
    how: tuple[str, ...] = ()
    if found is not None:
        a, b = _by_id(spans[0], found.first), _by_id(spans[1], found.second)
        step = Step(
            place=found.place,
            path=path_of(a, spans[0]) if a is not None else path_of(b, spans[1]),
            span_id=found.first,
            other_span_id=found.second,
            what=found.what,
        )
        if found.attribute is not None and a is not None and b is not None:
            how = tuple(attribute_difference(found.attribute, first[0].resolved(a), second[0].resolved(b)))
    return TraceDifference(
        first=_ending(first[1], ours),
        second=_ending(second[1], theirs),
        step=step,
        how=how,
        verdicts=tuple(verdict_changes(ours, theirs)),
    )


def path_of(span: Span | None, spans: Sequence[Span]) -> str:
    """Name a step with those above it."""
    by_id = {s.span_id: s for s in spans}
    names: list[str] = []
    while span is not None:
        names.insert(0, span.name)
        span = by_id.get(span.parent_id or "")
    return " > ".join(names)


def _by_id(spans: Sequence[Span], span_id: str | None) -> Span | None:
    return next((s for s in spans if s.span_id == span_id), None)


def _ending(trace: TraceSummary, spans: Sequence[Span]) -> Ending:
    record = next((s.attributes[RECORD] for s in reversed(spans) if s.attributes.get(RECORD)), None)
    coverage = (record or {}).get("coverage") or {}
    root = spans[0].attributes if spans else {}
    return Ending(
        trace_id=trace.trace_id,
        subject=trace.subject,
        status=trace.status,
        verdicts=trace.verdicts,
        phrases=coverage.get("phrases"),
        heavy_atoms=coverage.get("heavy_atoms"),
        answer=root.get(OUTPUT) if trace.kind == "conversation" else None,
        model_calls=trace.model_calls,
        tokens=trace.input_tokens + trace.output_tokens,
        cost=trace.cost,
        currency=trace.currency,
    )
