"""The alignment graph walked as a loop leaves what LangGraph's engine leaves: states, records, spans and errors."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START, StateGraph
from scripted import ScriptedModel, submit

from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.teacher.agent import build_teacher
from molreflect.agents.teacher.rule_agent import RuleAgent
from molreflect.graphs.alignment.graph import Part, build_alignment_graph, build_alignment_walk
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentSettings, AlignmentState
from molreflect.graphs.alignment.walk import Walk
from molreflect.graphs.batch.tasks import Worker
from molreflect.graphs.traces.memory import MemoryTrace
from molreflect.graphs.traces.spans import TraceStart
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import build_alignment_tools

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester, a polyketide and a member of phenols. It derives from a salicylic acid."
SETTLED = "The molecule is a methyl ester and a member of phenols."
"""Nothing in it is refused or unread."""
TIMES = frozenset({"seconds"})


@pytest.fixture(scope="module")
def context(resources: Any) -> AlignmentContext:
    teacher = build_teacher(LexiconModel(), build_alignment_tools(resources), name="lexicon")
    return AlignmentContext(teacher=teacher, resources=resources, retrieve=lambda _: ())


def gone(graph: Any, state: AlignmentState, context: AlignmentContext) -> tuple[Any, list[Any]]:
    """What came of a way, without its times, and its spans without ids and times."""
    trace = MemoryTrace()
    recorder = trace.recorder(TraceStart(trace_id="t", kind="alignment", subject="x"))
    final: Any
    try:
        final = graph.invoke(state, {"callbacks": [recorder], "recursion_limit": 100}, context=context)
        final = {f.name: final.get(f.name, getattr(state, f.name)) for f in fields(state) if f.name not in TIMES}
    except InputError as error:
        final = (type(error), str(error))
    names = {span.span_id: (place, span.name) for place, span in enumerate(trace.spans)}
    shown = [(s.name, s.kind, s.status, s.attributes, names[s.parent_id] if s.parent_id else None) for s in trace.spans]
    assert all(span.seconds is not None for span in trace.spans)
    return final, shown


@pytest.mark.parametrize("when", ["refused", "always"])
@pytest.mark.parametrize("part", ["whole", "draft", "reflect"])
def test_ends_and_spans_are_those_of_the_compiled_graph(context: AlignmentContext, part: Part, when: Any) -> None:
    settings = AlignmentSettings(reflect_when=when)
    context = AlignmentContext(
        teacher=context.teacher, resources=context.resources, settings=settings, retrieve=context.retrieve
    )
    said = CAPTION if when == "always" else SETTLED
    state = AlignmentState(id="x", smiles=SMILES, caption=said, trace_id="t")
    if part == "reflect":
        drafted = build_alignment_graph(part="draft").invoke(state, context=context)
        state = AlignmentState(**{name: value for name, value in drafted.items() if name != "record"})
    before = AlignmentState(**vars(state))
    walked, spans = gone(build_alignment_walk(part), state, context)
    assert (walked, spans) == gone(build_alignment_graph(part=part), state, context)
    assert state == before
    assert ("teacher" in {name for name, *_ in spans}) == (part != "reflect" or when == "always")
    assert (walked["record"] is None) == (part == "draft" and when == "always")


def test_an_error_ends_the_way_alike(context: AlignmentContext) -> None:
    state = AlignmentState(id="x", smiles="C1CC", caption="The molecule is an odd one.")
    outcome, spans = gone(build_alignment_walk("draft"), state, context)
    assert outcome[0] is InputError
    assert (outcome, spans) == gone(build_alignment_graph(part="draft"), state, context)
    assert spans[0][2] == "ERROR"


def test_a_batch_walks_with_rules_and_with_no_other_teacher(
    context: AlignmentContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(context.teacher.agent, RuleAgent)
    assert isinstance(Worker(context).graphs["draft"], Walk)
    model = ScriptedModel(script=lambda messages: submit())
    other = build_teacher(model, build_alignment_tools(context.resources), name="scripted")
    assert not isinstance(Worker(AlignmentContext(teacher=other, resources=context.resources)).graphs["draft"], Walk)
    monkeypatch.setattr("molreflect.graphs.batch.tasks.tracing_is_enabled", lambda: True)
    assert not isinstance(Worker(context).graphs["draft"], Walk)  # LangSmith hears of LangChain's managers alone


def _step(state: AlignmentState) -> dict[str, Any]:
    return {"rounds": state.rounds + 1}


def test_a_way_without_end_is_given_up(context: AlignmentContext) -> None:
    graph: Any = StateGraph(AlignmentState)
    graph.add_node("again", lambda state, runtime: _step(state))
    graph.add_edge(START, "again")
    graph.add_edge("again", "again")
    with pytest.raises(GraphRecursionError, match="round has not ended after 7 steps"):
        Walk(graph, "round").invoke(AlignmentState(id="x"), {"callbacks": [], "recursion_limit": 7}, context=context)


def test_a_graph_that_forks_is_no_walk() -> None:
    graph: Any = StateGraph(AlignmentState)
    for node in ("one", "other"):
        graph.add_node(node, lambda state, runtime: {})
        graph.add_edge(START, node)
        graph.add_edge(node, END)
    with pytest.raises(ValueError, match="2 edges and 0 branches lead on from __start__"):
        Walk(graph, "fork")
