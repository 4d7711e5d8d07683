"""Running the graph of a trace again, recorded in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.tools import BaseTool

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.offline import NAME as OFFLINE
from molreflect.agents.analyst.turn import Turn, TurnLimits
from molreflect.agents.errors import TeacherError
from molreflect.agents.schemas import PairRecord
from molreflect.agents.teacher.agent import Teacher
from molreflect.graphs.alignment.graph import Part, build_alignment_graph
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentSettings, AlignmentState, Score, ScoreTarget
from molreflect.graphs.alignment.traced import setup_of, trace_start
from molreflect.graphs.batch.tasks import draft_from_json, draft_to_json
from molreflect.graphs.replay.recorded import WHOLE, Recorded
from molreflect.graphs.replay.stand_ins import DivergedError
from molreflect.graphs.traces.memory import MemoryTrace
from molreflect.graphs.traces.messages import to_langchain
from molreflect.graphs.traces.spans import INPUT, MODEL, SESSION, TraceStart
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PerplexityOf, ReflectWhen, Select

_ENUMS: dict[str, Any] = {"select": Select, "reflect_when": ReflectWhen, "perplexity_of": PerplexityOf}

UNBOUNDED = 1_000_000


@dataclass(frozen=True, slots=True)
class Rerun:
    """What running a trace again came to."""

    trace: MemoryTrace
    record: PairRecord | None = None
    """Of a pair; None where it did not get so far."""
    answered: bool = False
    """Whether a question of a conversation came to its answer."""
    error: str = ""
    """What the teacher's answers ended in instead."""
    diverged: str = ""
    """What it asked for that the trace has no answer to."""


def rerun_pair(kept: Recorded, teacher: Teacher, resources: Resources) -> Rerun:
    """Run the graph of a pair again.

    Args:
        kept: The trace.
        teacher: With answers of then.
        resources: What today's verification looks things up in.
    """
    context = context_of(kept, teacher, resources)
    state, trace = state_of_trace(kept), MemoryTrace()
    recorder = trace.recorder(trace_start(state, setup_of(context)), price=teacher.price)
    try:
        record = run_parts(kept, state, context, [recorder])
    except DivergedError as error:
        return Rerun(trace, diverged=str(error))
    except TeacherError as error:
        return Rerun(trace, error=str(error))
    return Rerun(trace, record=record)


def rerun_turn(kept: Recorded, model: Any, tools: Sequence[BaseTool], resources: Resources) -> Rerun:
    """Answer a question of a conversation again.

    Args:
        kept: The trace of the turn.
        model: With answers of then.
        tools: What it calls.
        resources: What today's checks of claims look things up in.
    """
    trace = MemoryTrace()
    question = str(kept.given["question"])
    start = TraceStart(
        trace_id=kept.trace_id,
        kind=kept.kind,
        subject=kept.subject,
        title=question,
        attributes={SESSION: kept.subject, INPUT: question},
    )
    config = {"callbacks": [trace.recorder(start)], "recursion_limit": 100}
    try:
        messages = history_of(kept)
        turn = turn_of(messages, resources, rules=answered_by_rules(kept))
        build_analyst(model, tools).invoke({"messages": messages}, config, context=turn)
    except DivergedError as error:
        return Rerun(trace, diverged=str(error))
    return Rerun(trace, answered=True)


def answered_by_rules(kept: Recorded) -> bool:
    """Whether the model of a conversation is the offline one, whose answers say what tools said."""
    return kept.model_calls[-1].span.attributes.get(MODEL) == OFFLINE


def turn_of(
    messages: Sequence[BaseMessage], resources: Resources, *, rules: bool, limits: TurnLimits | None = None
) -> Turn:
    """Begin the turn that answers the last of some messages.

    Args:
        messages: Of the conversation.
        resources: What claims are checked with.
        rules: Whether rules answer, whose claims need no check.
        limits: Bounds; by default none that a replay could reach, since then was bounded already.
    """
    unbounded = TurnLimits(calls=UNBOUNDED, tool_calls=UNBOUNDED, tokens=None, seconds=None)
    checker = None if rules else AnswerChecker(resources)
    return Turn(limits=limits or unbounded, checker=checker, before=messages[:-1])


def history_of(kept: Recorded) -> list[BaseMessage]:
    """Take what was said up to and with the question from the first call of a turn."""
    return [to_langchain(m) for m in kept.model_calls[0].asked if m["role"] != "system"]


def state_of_trace(kept: Recorded) -> AlignmentState:
    """Begin the graph as a trace did."""
    given = kept.given
    return AlignmentState(**{n: given[n] for n in ("id", "view", "smiles", "caption", "target", "trace_id")})


def context_of(kept: Recorded, teacher: Teacher, resources: Resources) -> AlignmentContext:
    """Put together what the graph of a trace worked with; neighbours and perplexities are those of then."""
    told = kept.setup["settings"]
    known = {field.name for field in fields(AlignmentSettings)} & told.keys()
    settings = {name: _ENUMS.get(name, _same)(told[name]) for name in known}
    score, score_target = _scores(kept)
    return AlignmentContext(
        teacher=teacher,
        resources=resources,
        settings=AlignmentSettings(**settings),
        retrieve=lambda _: kept.neighbours,
        score=score,
        score_target=score_target,
        index_hash=kept.setup["index_hash"],
    )


def run_parts(kept: Recorded, state: AlignmentState, context: AlignmentContext, callbacks: Sequence[Any]) -> PairRecord:
    """Run the parts of the graph that the trace has, one after the other.

    Raises:
        DivergedError: It asks for something that nobody asked then.
        TeacherError: The teacher's answers cannot be used.
    """
    config = {"callbacks": list(callbacks), "recursion_limit": 100}
    parts: tuple[Part, ...] = ("whole",) if kept.parts == (WHOLE,) else ("draft", "reflect")
    for part in parts:
        final: dict[str, Any] = build_alignment_graph(part=part).invoke(state, config, context=context)
        if (record := final.get("record")) is not None:
            return PairRecord.model_validate(record)
        state = draft_from_json(state_of_trace(kept), draft_to_json(final))
    raise AssertionError("a reflection ends in a record")


def _scores(kept: Recorded) -> tuple[Score | None, ScoreTarget | None]:
    """The student's perplexities of then; none where it was not asked."""
    if kept.record is None or kept.record.get("perplexity_of") is None:
        return None, None
    found = kept.record["perplexity"]
    values = [found.get(version, float("inf")) for version in ("draft", "reflected")]
    return (lambda _shown, _texts: values), (lambda _shown, _texts, _target, _molecule: values)


def _same(value: Any) -> Any:
    return value
