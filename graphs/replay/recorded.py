"""What was kept of a trace, as far as running it again needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment
from molreflect.agents.teacher.agent import AGENT_NAME
from molreflect.graphs.traces.contents import is_hashed
from molreflect.graphs.traces.reader import TextReader
from molreflect.graphs.traces.spans import (
    CHOICE,
    COST,
    DOCUMENTS,
    ERROR,
    ERROR_TYPE,
    FORK,
    GRAPH,
    INPUT,
    MESSAGES_IN,
    MESSAGES_OUT,
    OUTPUT,
    PAIR,
    RECORD,
    TOKENS_IN,
    TOKENS_OUT,
    Span,
    Status,
)
from molreflect.graphs.traces.summary import TraceSummary
from molreflect.tools.errors import InputError, shorten

WHOLE, DRAFT, REFLECT = "align", "align:draft", "align:reflect"
"""Roots of a trace of a pair, by the part of the graph they are."""
STOPPED = "I stopped before there was an answer"
"""How the answer of a turn begins that was ended before it had one."""
_ENDED_BY_WORLD = re.compile(r"seconds for the pair$|for the pair \(.* spent\)$")
"""Bounds whose moment depends on the clock or on what other pairs had used."""
_WITHIN = re.compile(r"submitted no alignments within (.+)$")


class NotReplayableError(InputError):
    """A trace does not hold what running it again needs."""


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One answer of a model."""

    span: Span
    request: int
    """Which request of the graph it belongs to, from 0."""
    asked: tuple[dict[str, Any], ...]
    """The messages it was sent, as traces hold them."""
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One answer of a tool, or its refusal."""

    span: Span
    name: str
    given: Any
    said: str
    failed: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A trace, and what is taken from it where it runs again."""

    trace_id: str
    subject: str
    kind: str
    spans: tuple[Span, ...]
    """Of the parts that led to its end, with their texts; what drafted neighbours is left out."""
    parts: tuple[str, ...]
    """Names of the roots, in order."""
    given: Mapping[str, Any]
    """The pair; of a conversation its question."""
    setup: Mapping[str, Any]
    """How the graph was set up; empty for a conversation."""
    model_calls: tuple[ModelCall, ...]
    requests: int
    """Requests of the graph to its teacher, those without an answer included."""
    tool_calls: tuple[ToolCall, ...]
    neighbours: tuple[NeighbourExample, ...] = ()
    record: Mapping[str, Any] | None = None
    """What it ended in; None for a conversation, and where it ended in an error."""
    error: str = ""
    """What it ended in otherwise."""
    choice: Mapping[str, Any] = field(default_factory=dict)
    reworded: Mapping[str, str] = field(default_factory=dict)
    """Questions that a fork asked in other words."""

    @property
    def bounds(self) -> list[str]:
        """Bounds that ended a request and that nothing kept here could bring about again."""
        told = list((self.record or {}).get("bounds", ()))
        if within := _WITHIN.search(self.error):
            told.append(within[1])
        return [bound for bound in told if _ENDED_BY_WORLD.search(bound)]

    @property
    def costs(self) -> dict[tuple[int, int], float]:
        """What calls cost, by tokens read and written."""
        told = [s.attributes for s in self.spans if s.kind == "LLM" and s.attributes.get(COST) is not None]
        return {(a[TOKENS_IN], a[TOKENS_OUT]): a[COST] for a in told}


def recorded(reader: TextReader, trace: TraceSummary, spans: Sequence[Span]) -> Recorded:
    """Take from a trace what running it again needs.

    Args:
        reader: Has the texts.
        trace: What the list knows of it.
        spans: All of it.

    Raises:
        NotReplayableError: It does not hold that; the message says why.
    """
    _require_texts(trace, spans)
    roots = _roots_of(trace, spans)
    kept = _below(roots, spans)
    resolved = tuple(reader.resolved(span) for span in kept)
    first = resolved[0].attributes
    given, setup = first.get(PAIR), first.get(GRAPH) or {}
    if trace.kind == "conversation":
        given = {"question": first.get(INPUT), "answer": first.get(OUTPUT)}
        if str(given["answer"]).startswith(STOPPED):
            raise NotReplayableError(f"its turn was ended by a bound or by its user: {given['answer']}")
    _require_words(given)
    record = next((s.attributes[RECORD] for s in reversed(resolved) if RECORD in s.attributes), None)
    failed = roots[-1].status == Status.ERROR
    agents = [s for s in resolved if s.kind == "AGENT" and (s.name == AGENT_NAME or trace.kind == "conversation")]
    by_id = {s.span_id: s for s in resolved}
    requests = {agent.span_id: number for number, agent in enumerate(agents)}
    return Recorded(
        trace_id=trace.trace_id,
        subject=trace.subject,
        kind=trace.kind,
        spans=resolved,
        parts=tuple(root.name for root in roots),
        given=dict(given or {}),
        setup=setup,
        model_calls=tuple(_model_calls(resolved, by_id, requests)),
        requests=len(agents),
        tool_calls=tuple(_tool_calls(resolved)),
        neighbours=tuple(_neighbour(d) for s in resolved for d in s.attributes.get(DOCUMENTS) or ()),
        record=None if failed else record,
        error=str(resolved_error(resolved, roots[-1])) if failed else "",
        choice=next((s.attributes[CHOICE] for s in reversed(resolved) if CHOICE in s.attributes), {}),
        reworded=(first.get(FORK) or {}).get("reworded") or {},
    )


def resolved_error(spans: Sequence[Span], root: Span) -> str:
    """Read what a part ended in."""
    return next(str(s.attributes.get(ERROR, "")) for s in spans if s.span_id == root.span_id)


def _require_texts(trace: TraceSummary, spans: Sequence[Span]) -> None:
    if not spans or trace.status == Status.UNSET:
        raise NotReplayableError("it has not ended: it goes on, or was killed")
    asked = [s for s in spans if s.kind == "LLM"]
    if any(MESSAGES_IN not in s.attributes for s in asked):
        raise NotReplayableError("only a summary of it was kept; --trace full keeps what a replay needs")


def _require_words(given: Any) -> None:
    if not isinstance(given, dict) or not any(isinstance(v, str) and v for v in given.values()):
        raise NotReplayableError("what it was given was not kept; --trace full keeps what a replay needs")
    if any(isinstance(value, str) and is_hashed(value) for value in given.values()):
        raise NotReplayableError("it was kept with --private, which keeps hashes in place of molecules and texts")


def _roots_of(trace: TraceSummary, spans: Sequence[Span]) -> list[Span]:
    """Choose the roots that led to the end; what failed or was interrupted before them is left out."""
    roots = [s for s in spans if s.parent_id is None]
    if trace.kind == "conversation":
        if roots[-1].status == Status.ERROR:
            raise NotReplayableError(f"it ended in an error: {shorten(str(roots[-1].attributes.get(ERROR, '')), 200)}")
        return roots[-1:]
    last = roots[-1]
    if last.seconds is None:
        raise NotReplayableError("it has not ended: it goes on, or was killed")
    if last.status == Status.ERROR and not _can_be_met_again(last, spans):
        raise NotReplayableError(
            f"it ended in an error that was not the teacher's answer: {last.attributes.get(ERROR_TYPE, '')}"
        )
    if last.name != REFLECT:
        chosen = [last]
    else:
        drafts = [s for s in roots if s.name == DRAFT and s.status == Status.OK]
        if not drafts:
            raise NotReplayableError("its draft was not traced")
        chosen = [drafts[-1], last]
    if last.name == DRAFT and last.status == Status.OK and not any(s.name == "record" for s in _below([last], spans)):
        raise NotReplayableError("it has not ended: its draft waits for the reflection")
    return chosen


def _can_be_met_again(root: Span, spans: Sequence[Span]) -> bool:
    """Whether a part failed by what the teacher answered, not by what it was asked over."""
    asked = [s for s in _below([root], spans, unanswered=True) if s.kind == "LLM"]
    if root.attributes.get(ERROR_TYPE) == "BoundReachedError":
        return all(s.status == Status.OK for s in asked)
    return root.attributes.get(ERROR_TYPE) == "TeacherError" and bool(asked) and asked[-1].status == Status.OK


def _below(roots: Sequence[Span], spans: Sequence[Span], *, unanswered: bool = False) -> list[Span]:
    """Take roots with everything they called, but for the drafts of neighbours and calls that were not answered."""
    taken = {root.span_id for root in roots}
    found = []
    hidden: set[str] = set()
    for span in spans:  # callers come first
        if span.parent_id in hidden or (span.kind == "LLM" and span.status != Status.OK and not unanswered):
            hidden.add(span.span_id)
            continue
        if span.span_id in taken or span.parent_id in taken:
            taken.add(span.span_id)
            found.append(span)
            if span.name == "retrieve":
                taken.discard(span.span_id)
                hidden.add(span.span_id)
    return found


def _model_calls(spans: Sequence[Span], by_id: Mapping[str, Span], requests: Mapping[str, int]) -> list[ModelCall]:
    found = []
    for span in spans:
        if span.kind != "LLM":
            continue
        said = span.attributes.get(MESSAGES_OUT) or ()
        if not said:
            raise NotReplayableError("an answer of its model was not kept")
        above: Span | None = span
        while above is not None and above.span_id not in requests:
            above = by_id.get(above.parent_id or "")
        request = 0 if above is None else requests[above.span_id]
        found.append(ModelCall(span, request, tuple(span.attributes[MESSAGES_IN]), said[0]))
    return found


def _tool_calls(spans: Sequence[Span]) -> list[ToolCall]:
    found = []
    for span in spans:
        if span.kind != "TOOL" or span.seconds is None:
            continue
        told = span.attributes
        failed = span.status == Status.ERROR
        said = told.get(ERROR, told.get(OUTPUT)) if failed else told.get(OUTPUT)
        found.append(ToolCall(span, span.name, told.get(INPUT), said if isinstance(said, str) else "", failed))
    return found


def _neighbour(document: Mapping[str, Any]) -> NeighbourExample:
    shown = tuple(Alignment.model_validate(a) for a in document.get("alignments") or ())
    return NeighbourExample(document["id"], document["smiles"], document["caption"], document["score"], shown)
