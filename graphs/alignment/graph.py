"""The way of one pair: draft, verify, retrieve, reflect, verify, select, record.

    START -> draft -> verify -> retrieve -> reflect -> verify -> select -> record -> END
              ^        |                     ^          |
              +--------+ (repair, bounded)   +----------+ (repair, bounded)

A batch drafts a pair's neighbours before it reflects on the pair, because they are shown with *their* drafts; it
therefore compiles the same nodes as two graphs (`part="draft"` and `part="reflect"`). The first goes on to the record
where there is nothing to reflect on: such a pair is shown no neighbours, and its record names those the caller finds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph

from molreflect.graphs.alignment.nodes import (
    after_draft,
    after_draft_verify,
    after_reflect,
    after_reflect_verify,
    after_retrieve,
    draft,
    record,
    reflect_node,
    retrieve,
    select,
    verify,
)
from molreflect.graphs.alignment.state import (
    AlignmentContext,
    AlignmentRuntime,
    AlignmentState,
)
from molreflect.graphs.alignment.walk import Walk

Part = Literal["whole", "draft", "reflect"]


def build_alignment_graph(*, part: Part = "whole", context: AlignmentContext | None = None) -> Any:
    """Compile the graph.

    Args:
        part: `whole` for one pair on its own; `draft` stops where reflection would begin, and goes on to a record that
            names no neighbours where there is nothing to reflect on; `reflect` begins with retrieval (the state then
            brings `drafted` along).
        context: Collaborators to bind at once; by default each call brings its own.
    """
    return describe_alignment(part, context).compile(name=name_of(part))


def build_alignment_walk(part: Part) -> Walk:
    """Make the same way a loop, which takes less time around each node; see `Walk`."""
    return Walk(describe_alignment(part), name_of(part))


def name_of(part: Part) -> str:
    """Say what callbacks call a part of the way."""
    return "align" if part == "whole" else f"align:{part}"


def describe_alignment(part: Part, context: AlignmentContext | None = None) -> StateGraph[Any, Any, Any, Any]:
    """Put the nodes in order; see `build_alignment_graph`."""
    bind = _binder(context)
    # With the context bound, its schema is left out: Studio would try to draw a form for it.
    schema = AlignmentContext if context is None else None
    graph: StateGraph[Any, Any, Any, Any] = StateGraph(
        AlignmentState, input_schema=AlignmentState, context_schema=schema
    )
    if part in ("whole", "draft"):
        graph.add_node("draft", bind(draft))
        graph.add_node("verify", bind(verify))
        graph.add_edge(START, "draft")
        graph.add_edge("draft", "verify")
    if part == "whole":
        graph.add_conditional_edges("verify", bind(after_draft_verify), ["draft", "retrieve"])
    elif part == "draft":
        onward: dict[Hashable, str] = {"draft": "draft", "reflect": END, "select": "select"}
        graph.add_conditional_edges("verify", bind(after_draft), onward)
    if part in ("whole", "reflect"):
        graph.add_node("retrieve", bind(retrieve))
        graph.add_node("reflect", bind(reflect_node))
        graph.add_node("verify_again", bind(verify))
        if part == "reflect":
            graph.add_edge(START, "retrieve")
        graph.add_conditional_edges("retrieve", bind(after_retrieve), ["reflect", "select"])
        graph.add_conditional_edges("reflect", bind(after_reflect), ["verify_again", "select"])
        graph.add_conditional_edges("verify_again", bind(after_reflect_verify), ["reflect", "select"])
    graph.add_node("select", bind(select))
    graph.add_node("record", bind(record))
    graph.add_edge("select", "record")
    graph.add_edge("record", END)
    return graph


def _binder(context: AlignmentContext | None) -> Callable[[Callable[..., Any]], Any]:
    """Nodes as they are, or with their context filled in."""
    if context is None:
        return lambda step: step

    def bind(step: Callable[..., Any]) -> Any:
        def bound(state: AlignmentState, runtime: AlignmentRuntime) -> Any:
            return step(state, runtime.override(context=context))

        return bound

    return bind
