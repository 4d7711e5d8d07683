"""Conversation about molecules: an agent over the same tools, remembered by thread in SQLite, each turn traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.sqlite import SqliteSaver

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.errors import TeacherError, endpoint_trouble
from molreflect.graphs.traces.recorder import SpanRecorder, new_trace_id
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.corpus import Corpus
from molreflect.tools.errors import InputError
from molreflect.tools.langchain_tools import (
    FindNeighbours,
    build_alignment_tools,
    build_name_tool,
    build_similarity_tool,
)
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.retrieval.index import Neighbour, NeighbourIndex
from molreflect.tools.storage import connect


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn of a conversation."""

    question: str
    answer: str
    tool_calls: tuple[dict[str, Any], ...]
    """Name, arguments and result of every tool call of this turn, in order."""
    thread: str
    trace_id: str


class Conversation:
    """A conversation with memory."""

    def __init__(self, agent: Any, thread: str, traces: TraceStore) -> None:
        self._agent, self.thread, self._traces = agent, thread, traces

    def ask(self, question: str) -> Answer:
        """Ask one question.

        Raises:
            InputError: The question is empty, or the model's endpoint cannot be reached.
        """
        if not question.strip():
            raise InputError("an empty question; ask e.g. 'what is in CC(=O)Oc1ccccc1C(=O)O'")
        trace_id = new_trace_id()
        recorder = SpanRecorder(trace_id)
        config = {"callbacks": [recorder], "configurable": {"thread_id": self.thread}, "recursion_limit": 100}
        try:
            state = self._agent.invoke({"messages": [HumanMessage(question)]}, config)
        except Exception as error:
            if (trouble := endpoint_trouble(error)) is None:
                raise
            raise TeacherError(f"the model could not be asked: {trouble.text}") from error
        finally:
            self._traces.add(self.thread, "conversation", recorder.spans)
        messages = state["messages"]
        begin = max(i for i, m in enumerate(messages) if isinstance(m, HumanMessage))
        turn = messages[begin + 1 :]
        results = {m.tool_call_id: str(m.content) for m in turn if isinstance(m, ToolMessage)}
        calls = tuple(
            {"name": c["name"], "arguments": c["args"], "result": results.get(str(c["id"]), "")}
            for m in turn
            if isinstance(m, AIMessage)
            for c in m.tool_calls
        )
        said = turn[-1].content if turn else ""
        return Answer(question, said if isinstance(said, str) else str(turn[-1].text), calls, self.thread, trace_id)


@contextmanager
def open_conversation(
    model: BaseChatModel, tools: Sequence[BaseTool], *, folder: Path, thread: str
) -> Iterator[Conversation]:
    """Open a conversation that remembers.

    Args:
        model: Any tool-calling chat model; `molreflect.agents.analyst.offline.OfflineAnalyst` needs nothing.
        tools: From `conversation_tools`.
        folder: Where `conversations.sqlite` and `traces.sqlite` are kept.
        thread: Name of the conversation; the same name goes on with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = connect(folder / "conversations.sqlite", "a database of conversations")
    traces = TraceStore(folder / "traces.sqlite")
    try:
        yield Conversation(build_analyst(model, tools, checkpointer=SqliteSaver(database)), thread, traces)
    finally:
        traces.close()
        database.close()


def conversation_tools(resources: Resources, corpus: Callable[[], Corpus]) -> list[BaseTool]:
    """The tools of a conversation.

    Args:
        resources: What phrases are looked up in.
        corpus: Called at the first question about similar molecules.
    """
    return [
        *build_alignment_tools(resources),
        build_name_tool(resources),
        build_similarity_tool(_lazy_neighbours(corpus)),
    ]


def _lazy_neighbours(corpus: Callable[[], Corpus]) -> FindNeighbours:
    opened: list[NeighbourIndex] = []

    def neighbours(smiles: str, k: int) -> Sequence[Neighbour]:
        if not opened:
            opened.append(NeighbourIndex(corpus()))
        return opened[0].neighbours(smiles, by="molecule", k=k, exclude={read_molecule(smiles).block})

    return neighbours
