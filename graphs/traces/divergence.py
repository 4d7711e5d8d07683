"""Where two traces part: the first step that differs, and the verdicts that do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from molreflect.graphs.traces.explain import final_alignments
from molreflect.graphs.traces.spans import (
    CHOICE,
    DOCUMENTS,
    ERROR,
    INPUT,
    MESSAGES_IN,
    MESSAGES_OUT,
    MODEL,
    OUTPUT,
    PAIR,
    PARAMETERS,
    VERDICTS,
    Span,
)
from molreflect.graphs.traces.tree import lay_out

if TYPE_CHECKING:
    from molreflect.graphs.traces.store import TraceStore

_COMPARED = {
    PAIR: "what the graph was given",
    MODEL: "the model",
    PARAMETERS: "the model's parameters",
    MESSAGES_IN: "what the model was asked",
    MESSAGES_OUT: "what the model answered",
    INPUT: "what the tool was asked",
    OUTPUT: "what the tool answered",
    DOCUMENTS: "the neighbours",
    VERDICTS: "the verdicts",
    CHOICE: "the choice of the version",
    ERROR: "the error",
}
"""Attributes that make a step another one, in the order in which a difference is told."""
_DRAWN = frozenset({"trace_id", "id", "tool_call_id", "usage", "response_metadata", "additional_kwargs"})
"""Keys within messages and inputs whose values are drawn at random or say how, not what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """The first step at which two traces differ."""

    place: int
    """0-based, in the order of the trees."""
    first: str | None
    """Id of the first trace's step; None where that trace has ended before."""
    second: str | None
    """Likewise of the second."""
    what: str
    """What differs, in words."""
    attribute: str | None
    """The attribute that differs; None where the steps themselves are different ones."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """One phrase on which two traces came to other ends."""

    phrase: str
    start: int | None
    first: Mapping[str, Any] | None
    """The alignment of the first trace as plain values; None where it has none."""
    second: Mapping[str, Any] | None
    """Likewise of the second."""

    @property
    def sentence(self) -> str:
        """Tell the change in one line."""
        if self.first is None or self.second is None:
            found = self.second or self.first or {}
            return (
                f"{self.phrase}: {'only the second' if self.first is None else 'only the first'} trace has it, "
                f"{found['verdict']}"
            )
        if self.first["verdict"] != self.second["verdict"]:
            return f"{self.phrase} turned {self.first['verdict']} into {self.second['verdict']}"
        return f"{self.phrase} stays {self.first['verdict']}, with another pattern, reason or place"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"sentence": self.sentence}


def first_divergence(
    first: tuple[TraceStore, Sequence[Span]], second: tuple[TraceStore, Sequence[Span]]
) -> Divergence | None:
    """Find the first step at which two traces differ, in the order of their trees.

    Ids, times and prices make no difference.

    Args:
        first: A store and all spans of a trace, as it tells them.
        second: Likewise; may be of another store.

    Returns:
        None where the traces say the same from beginning to end.
    """
    ours, theirs = ([row.span for row in lay_out(spans)] for _, spans in (first, second))
    for place in range(max(len(ours), len(theirs))):
        a = ours[place] if place < len(ours) else None
        b = theirs[place] if place < len(theirs) else None
        if a is None or b is None:
            ended, more = ("first", b) if a is None else ("second", a)
            what, attribute = f"the {ended} trace has ended, the other goes on with {more.name if more else ''}", None
        elif (a.name, a.kind) != (b.name, b.kind):
            what, attribute = f"{a.name} in the first trace, {b.name} in the second", None
        elif (attribute := _other_attribute(first[0], a, second[0], b)) is not None:
            what = f"{_COMPARED[attribute]}, in {a.name}"
        elif a.status != b.status:
            what = f"how {a.name} ended: {a.status} in the first trace, {b.status} in the second"
        else:
            continue
        ids = (None if a is None else a.span_id, None if b is None else b.span_id)
        return Divergence(place=place, first=ids[0], second=ids[1], what=what, attribute=attribute)
    return None


def verdict_changes(first: Sequence[Span], second: Sequence[Span]) -> list[VerdictChange]:
    """List the phrases on which two traces ended differently.

    Args:
        first: All spans of a trace, with their texts.
        second: Likewise.
    """
    ours, theirs = ({(a["phrase"], a["start"]): a for a in final_alignments(spans)} for spans in (first, second))
    changes = []
    for key in [*ours, *(k for k in theirs if k not in ours)]:
        a, b = ours.get(key), theirs.get(key)
        if a is None or b is None or any(a[n] != b[n] for n in ("verdict", "reason", "pattern", "atoms")):
            changes.append(VerdictChange(phrase=key[0], start=key[1], first=a, second=b))
    return changes


def _other_attribute(store: TraceStore, span: Span, others: TraceStore, other: Span) -> str | None:
    """Name the first attribute that differs; texts are looked up only where their hashes do."""
    for name in _COMPARED:
        a, b = span.attributes.get(name), other.attributes.get(name)
        if a != b and _said(store, span, name) != _said(others, other, name):
            return name
    return None


def _said(store: TraceStore, span: Span, name: str) -> Any:
    if span.attributes.get(name) is None:
        return None
    if name in (MESSAGES_IN, MESSAGES_OUT):
        return _lasting(store.messages(span)["in" if name == MESSAGES_IN else "out"])
    value = store.resolved(span, messages=False).attributes[name]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            value = json.loads(value)
        except json.JSONDecodeError:
            return value
    return _lasting(value) if name == PAIR else value


def _lasting(value: Any) -> Any:
    """Leave out what is drawn at random."""
    if isinstance(value, dict):
        return {name: _lasting(each) for name, each in value.items() if name not in _DRAWN}
    return [_lasting(each) for each in value] if isinstance(value, list) else value
