"""Replay: a trace run again from what was kept, without a network, and compared with itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from langchain_core.tools import BaseTool

from molreflect.graphs.replay.compare import Step, path_of
from molreflect.graphs.replay.differences import attribute_difference, record_difference, setup_differences
from molreflect.graphs.replay.network import blocked_network
from molreflect.graphs.replay.recorded import DRAFT, Recorded
from molreflect.graphs.replay.rerun import Rerun, rerun_pair, rerun_turn
from molreflect.graphs.replay.stand_ins import Answers, Match, RecordedModel, recorded_tools
from molreflect.graphs.replay.teacher import recorded_teacher
from molreflect.graphs.traces.divergence import VerdictChange, first_divergence, verdict_changes
from molreflect.graphs.traces.spans import (
    CHECKED,
    ERROR,
    ERROR_TYPE,
    GRAPH,
    INPUT,
    MESSAGES_IN,
    MESSAGES_OUT,
    MODEL,
    OUTPUT,
    PARAMETERS,
    Span,
    Status,
)
from molreflect.tools.resources import Resources

_HOW = frozenset((MODEL, PARAMETERS))
"""Attributes that say which model stood where the stand-in is."""

_ERROR = frozenset((ERROR, ERROR_TYPE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay came to."""

    trace_id: str
    subject: str
    identical: bool
    """Whether every step and the record are the same, the record byte for byte."""
    model_answers: int
    tool_answers: int
    """Of the trace."""
    step: Step | None
    """The first step that differs; None where all are the same."""
    how: tuple[str, ...]
    """The difference, in a few lines."""
    changed: tuple[str, ...]
    """What of versions, prompts and lexicon is another one than then."""
    verdicts: tuple[VerdictChange, ...]
    """Alignments that ended otherwise; empty where the replay did not get to its end."""
    ended: bool
    """Whether it got to its end."""
    stopped: str
    """What it asked for that the trace has no answer to; empty where it got to its end."""
    record: Mapping[str, Any] | None
    """What it ended in: a record, or an answer of a conversation."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"verdicts": [change.to_json() for change in self.verdicts]}


def replay(
    kept: Recorded,
    resources: Resources,
    tools: Sequence[BaseTool],
    *,
    model_only: bool = False,
    row: Mapping[str, Any] | None = None,
) -> Replayed:
    """Run a trace again and compare it with itself.

    Args:
        kept: The trace.
        resources: What today's verification looks things up in.
        tools: Of today. Without `model_only` they only check the arguments, and the answers are those of then.
        model_only: Take only the model's answers of then, in their order; tools and verification are today's.
        row: The record that a run has kept of it; None where there is no run.

    Raises:
        NotReplayableError: Something that it needs is not at hand.
        NetworkBlockedError: Something wanted to connect.
    """
    answers = Answers(kept, Match.IN_ORDER if model_only else Match.EXACT)
    called = list(tools) if model_only else recorded_tools(tools, kept.tool_calls)
    if kept.kind == "conversation":
        answers.begin([])
        model = RecordedModel(answers=answers, reworded=dict(kept.reworded))
        with blocked_network():
            run = rerun_turn(kept, model, called, resources)
    else:
        teacher = recorded_teacher(kept, called, answers)
        with blocked_network():
            run = rerun_pair(kept, teacher, resources)
    return _compared(kept, run, row)


def _compared(kept: Recorded, run: Rerun, row: Mapping[str, Any] | None) -> Replayed:
    then, later = _comparable(kept.spans), _comparable([run.trace.resolved(s) for s in run.trace.spans])
    told: Any = _Resolved()
    found = first_divergence((told, then), (told, later))
    ended = not run.diverged
    before, after = _endings(kept, run, row)
    same_end = json.dumps(before, ensure_ascii=False) == json.dumps(after, ensure_ascii=False)
    same = found is None and ended and same_end
    step, how = None, []
    if found is not None:
        a = next((s for s in then if s.span_id == found.first), None)
        b = next((s for s in later if s.span_id == found.second), None)
        path = path_of(a, then) if a is not None else path_of(b, later)
        step = Step(place=found.place, path=path, span_id=found.first, other_span_id=None, what=found.what)
        if found.attribute is not None and a is not None and b is not None:
            how = attribute_difference(found.attribute, a, b)
    elif ended and not same_end:
        step = Step(place=len(then), path="the record", span_id=None, other_span_id=None, what="what it ended in")
        how = record_difference(before, after)
    setup: dict[str, Any] = next((s.attributes[GRAPH] for s in later if GRAPH in s.attributes), {})
    return Replayed(
        trace_id=kept.trace_id,
        subject=kept.subject,
        identical=same,
        model_answers=len(kept.model_calls),
        tool_answers=len(kept.tool_calls),
        step=step,
        how=tuple(how),
        changed=tuple(setup_differences(kept.setup, setup)),
        verdicts=tuple(verdict_changes(kept.spans, later)) if run.record is not None else (),
        ended=ended,
        stopped=run.diverged,
        record=after if ended else None,
    )


def _endings(kept: Recorded, run: Rerun, row: Mapping[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the trace ended in, and what the replay did."""
    if kept.kind == "conversation":
        spans = [run.trace.resolved(span) for span in run.trace.spans]
        return conversation_record(kept, kept.spans), conversation_record(kept, spans)
    if kept.record is None or run.record is None:
        then = {"error": kept.error} if kept.record is None else dict(kept.record)
        return then, {"error": run.error} if run.record is None else run.record.to_json()
    now = run.record.to_json()
    if row is None or row.get("trace_id") != kept.trace_id:
        return dict(kept.record), now
    if kept.parts == (DRAFT,):  # the batch names the neighbours that a reflection would have been shown
        now["neighbours"] = list(row["neighbours"])
    return dict(row), now


def conversation_record(kept: Recorded, spans: Sequence[Span]) -> dict[str, Any]:
    """Put together what a turn came to, from its own spans or from those of its replay."""
    ends = next((s.attributes for s in spans if s.parent_id is None), {})
    calls = [s for s in _in_one_order(spans) if s.kind == "TOOL"]
    return {
        "question": kept.given["question"],
        "answer": ends.get(OUTPUT),
        "checked": ends.get(CHECKED),
        "tool_calls": [
            {"name": s.name, "arguments": s.attributes.get(INPUT), "result": s.attributes.get(OUTPUT)} for s in calls
        ],
        "thread": kept.subject,
        "trace_id": kept.trace_id,
    }


class _Resolved:
    """Tells of spans what they hold already."""

    def messages(self, span: Span) -> dict[str, list[dict[str, Any]]]:
        told = span.attributes
        return {"in": list(told.get(MESSAGES_IN) or ()), "out": list(told.get(MESSAGES_OUT) or ())}

    def resolved(self, span: Span, *, messages: bool = True) -> Span:
        return span


def _comparable(spans: Sequence[Span]) -> list[Span]:
    """Leave out which model it was, since a stand-in answers in its place, and errors that come from further below."""
    callers = {span.parent_id for span in spans}
    found = []
    for span in _in_one_order(spans):
        hidden = _HOW | _ERROR if span.span_id in callers else _HOW
        status = Status.OK if span.span_id in callers else span.status
        attributes = {name: value for name, value in span.attributes.items() if name not in hidden}
        found.append(replace(span, attributes=attributes, status=status))
    return found


def _in_one_order(spans: Sequence[Span]) -> list[Span]:
    """Put tools that one answer called at once into one order, since threads begin in any."""
    found: list[Span] = []
    together: list[Span] = []
    for span in [*spans, None]:
        if span is not None and span.kind == "TOOL":
            together.append(span)
            continue
        ordered = sorted(together, key=lambda s: (s.name, json.dumps(s.attributes.get(INPUT), sort_keys=True)))
        places = [s.position for s in together]
        found += [replace(s, position=place) for s, place in zip(ordered, places, strict=True)]
        together = []
        found += [span] if span is not None else []
    return found
