"""Conversation about molecules: an agent over the same tools, remembered by thread in SQLite, each turn traced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.sqlite import SqliteSaver

from agents.analyst import build_analyst
from agents.teacher import TeacherError, endpoint_trouble
from graphs.traces import SpanRecorder, TraceStore, new_trace_id
from tools.bindings import FindNeighbours, build_alignment_tools, build_name_tool, build_similarity_tool
from tools.corpus import Corpus
from tools.errors import ChemInputError
from tools.molecule import read_molecule
from tools.retrieval import Neighbour, NeighbourIndex
from tools.toolbox import Toolbox


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
            ChemInputError: The question is empty, or the model's endpoint cannot be reached.
        """
        if not question.strip():
            raise ChemInputError("an empty question; ask e.g. 'what is in CC(=O)Oc1ccccc1C(=O)O'")
        trace_id = new_trace_id()
        recorder = SpanRecorder(trace_id)
        config = {"callbacks": [recorder], "configurable": {"thread_id": self.thread}, "recursion_limit": 100}
        try:
            state = self._agent.invoke({"messages": [HumanMessage(question)]}, config)
        except Exception as error:
            if (reason := endpoint_trouble(error)) is None:
                raise
            raise TeacherError(f"the model could not be asked: {reason}") from error
        finally:
            self._traces.add(self.thread, "conversation", recorder.spans)
        messages = state["messages"]
        begin = max(i for i, m in enumerate(messages) if isinstance(m, HumanMessage))
        turn = messages[begin + 1 :]
        results = {m.tool_call_id: str(m.content) for m in turn if isinstance(m, ToolMessage)}
        calls = tuple(
            {"name": c["name"], "arguments": c["args"], "result": results.get(str(c["id"]), "")}
            for m in turn if isinstance(m, AIMessage) for c in m.tool_calls
        )  # fmt: skip
        said = turn[-1].content if turn else ""
        return Answer(question, said if isinstance(said, str) else str(turn[-1].text), calls, self.thread, trace_id)


@contextmanager
def open_conversation(
    model: BaseChatModel, tools: Sequence[BaseTool], *, folder: Path, thread: str
) -> Iterator[Conversation]:
    """Open a conversation that remembers.

    Args:
        model: Any tool-calling chat model; `agents.analyst.OfflineAnalyst` needs nothing.
        tools: From `conversation_tools`.
        folder: Where `conversations.sqlite` and `traces.sqlite` are kept.
        thread: Name of the conversation; the same name goes on with it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / "conversations.sqlite", check_same_thread=False, timeout=30)
    traces = TraceStore(folder / "traces.sqlite")
    try:
        yield Conversation(build_analyst(model, tools, checkpointer=SqliteSaver(database)), thread, traces)
    finally:
        traces.close()
        database.close()


def conversation_tools(toolbox: Toolbox, corpus: Callable[[], Corpus]) -> list[BaseTool]:
    """The tools of a conversation.

    Args:
        toolbox: What phrases are looked up in.
        corpus: Called at the first question about similar molecules.
    """
    return [
        *build_alignment_tools(toolbox),
        build_name_tool(toolbox),
        build_similarity_tool(_lazy_neighbours(corpus)),
    ]


def _lazy_neighbours(corpus: Callable[[], Corpus]) -> FindNeighbours:
    opened: list[NeighbourIndex] = []

    def neighbours(smiles: str, k: int) -> Sequence[Neighbour]:
        if not opened:
            opened.append(NeighbourIndex(corpus()))
        return opened[0].neighbours(smiles, by="molecule", k=k, exclude={read_molecule(smiles).block})

    return neighbours
