"""Where the alignments of a trace come from: which answers brought a pattern, which neighbours had shown it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from molreflect.graphs.traces.spans import DOCUMENTS, INPUT, OUTPUT, RECORD, VERDICTS, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A step that a pattern went through."""

    name: str
    """Of the tool."""
    span_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One alignment, and how it came about."""

    phrase: str
    pattern: str | None
    verdict: str
    reason: str
    message: str
    level: str | None
    version: str
    atoms: tuple[tuple[int, ...], ...]
    brought_by: tuple[Origin, ...]
    """Tool calls whose answers held the pattern before it was asked about; empty where the model wrote it itself."""
    checked_by: tuple[Origin, ...]
    """Tool calls that were asked about the pattern."""
    shown_by: tuple[str, ...]
    """Ids of neighbours whose shown alignments hold the pattern."""
    taken_over: bool
    """Whether a neighbour showed it and nothing before the reflection held it."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def explain(spans: Sequence[Span]) -> list[Explained]:
    """Explain the alignments that a trace ended with.

    Args:
        spans: Of the whole trace, with their texts (see `TraceStore.resolved`).

    Returns:
        Those of the record; without one, those that were judged last; none where nothing was judged or texts are gone.
    """
    calls = [
        (Origin(name=s.name, span_id=s.span_id), _strings(s.attributes.get(INPUT)), _strings(s.attributes.get(OUTPUT)))
        for s in spans
        if s.kind == "TOOL"
    ]
    neighbours = _neighbours(spans)
    drafted = {a["pattern"] for a in _first_judged(spans)}
    return [
        Explained(
            **{name: a[name] for name in ("phrase", "pattern", "verdict", "reason", "message", "level", "version")},
            atoms=tuple(tuple(hit) for hit in a["atoms"]),
            brought_by=tuple(o for o, given, told in calls if a["pattern"] in told and a["pattern"] not in given),
            checked_by=tuple(o for o, given, _ in calls if a["pattern"] in given),
            shown_by=(shown := tuple(i for i, patterns in neighbours if a["pattern"] in patterns)),
            taken_over=bool(shown) and a["pattern"] not in drafted,
        )
        for a in final_alignments(spans)
    ]


def final_alignments(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Take the alignments that a trace ended with from its spans, as plain values."""
    for span in reversed(spans):
        record = span.attributes.get(RECORD)
        if isinstance(record, dict):
            return list(record["alignments"])
    for span in reversed(spans):
        if isinstance(judged := span.attributes.get(VERDICTS), list):
            return list(judged)
    return []


def _first_judged(spans: Sequence[Span]) -> list[dict[str, Any]]:
    """Alignments of everything that was judged before neighbours were shown."""
    found: list[dict[str, Any]] = []
    for span in spans:
        if span.name == "retrieve":
            break
        if isinstance(judged := span.attributes.get(VERDICTS), list):
            found += judged
    return found


def _neighbours(spans: Sequence[Span]) -> list[tuple[str, set[str]]]:
    return [
        (str(document["id"]), {a["pattern"] for a in document.get("alignments") or () if a["verdict"] == "supported"})
        for span in spans
        for document in span.attributes.get(DOCUMENTS) or ()
    ]


def _strings(value: Any) -> frozenset[str]:
    """Collect all strings of arguments or of an answer, which is JSON where it looks like it."""
    import json

    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return frozenset((value,))
    return frozenset(_walk(value))


def _walk(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from _walk(each)
