"""The alignment graph walked node by node, for teachers that follow rules.

LangGraph's engine plans every step anew, copies the state through its channels and makes callback managers for each
node: some 2 ms a pair, which is a tenth of what rules and chemistry take. Nodes and edges are read off the same
`StateGraph`, so that there is one description of the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, cast

from langchain_core.callbacks import Callbacks
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import var_child_runnable_config
from langgraph.errors import GraphRecursionError
from langgraph.graph import END, START
from langgraph.graph.state import StateGraph
from langgraph.runtime import Runtime

from molreflect.agents.teacher.direct_callbacks import DirectCallbacks
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentRuntime, AlignmentState

Step = Callable[[AlignmentState, AlignmentRuntime], Mapping[str, Any]]
Onward = Callable[[AlignmentState, AlignmentRuntime], str]


class Walk:
    """A graph whose nodes follow one another, as a loop."""

    def __init__(self, graph: StateGraph[Any, Any, Any, Any], name: str) -> None:
        """Read the way off a graph.

        Args:
            graph: Over `AlignmentState`, not compiled; every node of it is a function.
            name: What callbacks call it.

        Raises:
            ValueError: Something in it is more than one node after another.
        """
        self.name = name
        self._steps: dict[str, Step] = {node: spec.runnable.func for node, spec in graph.nodes.items()}  # type: ignore[union-attr]
        self._onward = {node: _onward(graph, node) for node in (START, *graph.nodes)}

    def invoke(self, state: AlignmentState, config: RunnableConfig, *, context: AlignmentContext) -> dict[str, Any]:
        """Go the whole way, as the compiled graph does.

        Args:
            state: What the way begins with; it stays as it is.
            config: `callbacks`, a list of handlers that run inline, and `recursion_limit`.
            context: The collaborators.

        Returns:
            What is known at the end, by the fields of `AlignmentState`.

        Raises:
            GraphRecursionError: The way is longer than `recursion_limit`.
        """
        runtime: AlignmentRuntime = Runtime(context=context)
        run = DirectCallbacks(cast("list[Any]", config["callbacks"])).on_chain_start(None, state, name=self.name)
        try:
            node = self._onward[START](state, runtime)
            for _ in range(config["recursion_limit"]):
                if node == END:
                    break
                state = replace(state, **self._step(node, state, runtime, run.get_child()))
                node = self._onward[node](state, runtime)
            else:
                raise GraphRecursionError(f"{self.name} has not ended after {config['recursion_limit']} steps")
        except BaseException as error:
            run.on_chain_error(error)
            raise
        final = dict(vars(state))
        run.on_chain_end(final)
        return final

    def _step(
        self, node: str, state: AlignmentState, runtime: AlignmentRuntime, told: DirectCallbacks
    ) -> Mapping[str, Any]:
        """Run a node, which finds the callbacks of what it does where LangGraph has them."""
        run = told.on_chain_start(None, state, name=node)
        found: RunnableConfig = {"callbacks": cast("Callbacks", run.get_child())}
        token = var_child_runnable_config.set(found)
        try:
            update = self._steps[node](state, runtime)
        except BaseException as error:
            run.on_chain_error(error)
            raise
        finally:
            var_child_runnable_config.reset(token)
        run.on_chain_end(update)
        return update


def _onward(graph: StateGraph[Any, Any, Any, Any], node: str) -> Onward:
    """What decides where the way goes on behind a node."""
    edges = [end for start, end in graph.edges if start == node]
    branches = [*graph.branches.get(node, {}).values()]
    if len(edges) + len(branches) != 1:
        raise ValueError(f"{len(edges)} edges and {len(branches)} branches lead on from {node}, not one of them")
    if edges:
        return lambda state, runtime: edges[0]
    (branch,) = branches
    choose: Onward = branch.path.func  # type: ignore[attr-defined]
    ends = branch.ends
    if ends is None:
        raise ValueError(f"the branch behind {node} does not say where it may lead")
    return lambda state, runtime: ends[choose(state, runtime)]
