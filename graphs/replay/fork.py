"""Fork: a trace run again with one step changed; what comes before is replayed, what comes after is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage
from langchain_core.tools import BaseTool

from molreflect.agents import prompts
from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.analyst.turn import TurnLimits
from molreflect.agents.errors import CapReachedError, TeacherError, endpoint_trouble
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.plain_json import PlainJsonModel
from molreflect.agents.models.prices import Price
from molreflect.agents.models.tokens import counter_of
from molreflect.agents.teacher.agent import Teacher, build_agent, max_tokens_of
from molreflect.agents.teacher.budget import Limits
from molreflect.agents.teacher.calls import MeteredCalls
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.graphs.alignment.traced import setup_of, trace_start
from molreflect.graphs.replay.compare import TraceDifference, compare_traces
from molreflect.graphs.replay.edits import Edits
from molreflect.graphs.replay.fork_model import ForkModel, forked_tools
from molreflect.graphs.replay.recorded import Recorded
from molreflect.graphs.replay.rerun import context_of, history_of, run_parts, state_of_trace, turn_of
from molreflect.graphs.replay.stand_ins import Answers, DivergedError
from molreflect.graphs.traces.spans import FORK, INPUT, SESSION, TraceStart, new_trace_id
from molreflect.graphs.traces.store import TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Select, TeacherProtocol

PATIENCE = 60.0
"""Seconds that somebody who waits for a fork gives an endpoint that answers nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveModel:
    """Whom a fork asks, and pays."""

    name: str
    model: BaseChatModel
    price: Price | None
    protocol: TeacherProtocol
    retries: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Forked:
    """What a fork came to."""

    trace_id: str
    parent: str
    """The trace that it was forked from."""
    replayed_calls: int
    """Answers of the model that came from the parent, the changed one included."""
    paid_calls: int
    """Answers that the live model gave."""
    paid: float | None
    """What those cost; None where the model has no price."""
    error: str
    """What the fork ended in, where that is no record and no answer."""
    difference: TraceDifference
    """From the parent to the fork."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self) | {"difference": self.difference.to_json()}


def fork(
    store: TraceStore,
    kept: Recorded,
    edits: Edits,
    live: LiveModel,
    resources: Resources,
    tools: Sequence[BaseTool],
    *,
    run: str = "",
) -> Forked:
    """Run a trace again with one step changed, and keep it as a trace of its own.

    Args:
        store: Has the trace, and gets the new one.
        kept: The trace.
        edits: What is changed.
        live: Who is asked after the step.
        resources: What today's verification looks things up in.
        tools: Of today, called after the step.
        run: Name of the run that the trace belongs to.

    Raises:
        InputError: The trace cannot be replayed up to the step, or what was changed cannot be worked with.
    """
    parent = store.trace(kept.trace_id)
    assert parent is not None  # it was read from the store
    if "smiles" in edits.given:
        read_molecule(edits.given["smiles"])
    trace_id = new_trace_id()
    shown = kept if edits.neighbours is None else replace(kept, neighbours=edits.neighbours)
    shown = replace(shown, record=None, given={**kept.given, **edits.given, "trace_id": trace_id})
    answers = Answers(kept, edits=edits)
    before = answers.left
    model = ForkModel(answers=answers, live=live.model, reworded=dict(edits.reworded))
    called = forked_tools(tools, kept, edits)
    work = _turn if kept.kind == "conversation" else _pair
    error = ""
    with closing(TraceWriter(TraceTarget(path=store.path, run=run))) as writer:
        try:
            work(writer, shown, edits, model, live, resources, called)
        except DivergedError as found:
            raise InputError(
                f"the trace cannot be replayed up to {edits.span.name} ({found}); molreflect traces replay says why"
            ) from found
        except (TeacherError, CapReachedError) as found:
            error = str(found)
        finally:
            writer.finish(trace_id)
    made = store.trace(trace_id)
    assert made is not None  # the writer has written it
    return Forked(
        trace_id=trace_id,
        parent=kept.trace_id,
        replayed_calls=before - answers.left,
        paid_calls=len(model.paid),
        paid=_cost(model.paid, live.price),
        error=error,
        difference=compare_traces((store, parent), (store, made)),
    )


def _pair(
    writer: TraceWriter,
    kept: Recorded,
    edits: Edits,
    model: ForkModel,
    live: LiveModel,
    resources: Resources,
    tools: Sequence[BaseTool],
) -> None:
    teacher = _teacher(kept, model, live, tools)
    context = context_of(kept, teacher, resources)
    # The student of then cannot say what it thinks of other texts.
    context = replace(context, settings=replace(context.settings, select=Select.VERIFIED))
    state = state_of_trace(kept)
    start = trace_start(state, setup_of(context), parent=_parent(edits))
    start = replace(start, attributes={**start.attributes, FORK: _told(edits)})
    run_parts(kept, state, context, [writer.recorder(start, price=live.price)])


def _turn(
    writer: TraceWriter,
    kept: Recorded,
    edits: Edits,
    model: ForkModel,
    live: LiveModel,
    resources: Resources,
    tools: Sequence[BaseTool],
) -> None:
    question = str(kept.given["question"])
    start = TraceStart(
        trace_id=str(kept.given["trace_id"]),
        kind=kept.kind,
        subject=kept.subject,
        title=question,
        parent_trace=_parent(edits),
        attributes={SESSION: kept.subject, INPUT: question, FORK: _told(edits)},
    )
    *before, asked = history_of(kept)
    messages = [*before, asked.model_copy(update={"content": question})]
    config = {"callbacks": [writer.recorder(start, price=live.price)], "recursion_limit": 100}
    try:
        turn = turn_of(messages, resources, rules=isinstance(live.model, OfflineAnalyst), limits=TurnLimits())
        turn.price, turn.counter = live.price, counter_of(live.model)
        build_analyst(model, tools).invoke({"messages": messages}, config, context=turn)
    except Exception as error:
        if (trouble := endpoint_trouble(error)) is None:
            raise
        raise TeacherError(f"the model could not be asked: {trouble.text}") from error


def _teacher(kept: Recorded, model: ForkModel, live: LiveModel, tools: Sequence[BaseTool]) -> Teacher:
    rules, protocol = isinstance(live.model, LexiconModel), live.protocol
    endpoint = Endpoint(EndpointPolicy(retries=live.retries, patience=PATIENCE))
    counter = counter_of(live.model)
    calls = MeteredCalls(counter, max_tokens_of(live.model), tools, endpoint, reads_tokens=not rules)
    if protocol is TeacherProtocol.JSON:
        model.live = PlainJsonModel(inner=live.model)
    limits = Limits(**kept.setup["limits"])
    return Teacher(
        live.name,
        build_agent(model, tools, calls, warns=not rules),
        self_checking=isinstance(live.model, LexiconModel) and live.model.self_checking,
        prompt_version=prompts.JSON_VERSION if protocol is TeacherProtocol.JSON else prompts.VERSION,
        limits=replace(limits, mends=0) if rules else limits,
        price=live.price,
        counter=counter,
        endpoint=endpoint,
        protocol=protocol,
    )


def _parent(edits: Edits) -> str:
    return edits.span.trace_id


def _told(edits: Edits) -> dict[str, Any]:
    """What the trace of a fork says of it."""
    return {"at": edits.span.span_id, "step": edits.span.name, "reworded": dict(edits.reworded)}


def _cost(answers: Sequence[AIMessage], price: Price | None) -> float | None:
    if price is None:
        return None
    used = [a.usage_metadata for a in answers if a.usage_metadata is not None]
    return round(sum(price.cost(u["input_tokens"], u["output_tokens"]) for u in used), 9)
