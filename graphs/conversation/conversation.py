"""Conversation about molecules: an agent over the same tools, remembered by thread in SQLite, each turn traced."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool
from langgraph.checkpoint.sqlite import SqliteSaver

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.errors import TeacherError, endpoint_trouble
from molreflect.agents.models.prices import Price
from molreflect.graphs.traces.contents import private_key
from molreflect.graphs.traces.schema import FILE
from molreflect.graphs.traces.spans import INPUT, SESSION, TraceStart, new_trace_id
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter, open_writer
from molreflect.tools.corpus import Corpus
from molreflect.tools.errors import InputError
from molreflect.tools.facts.langchain_tools import build_fact_tools
from molreflect.tools.langchain_tools import FindNeighbours, build_similarity_tool
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.retrieval.index import Neighbour, NeighbourIndex
from molreflect.tools.storage import connect
from molreflect.tools.terms import TraceMode


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

    def __init__(self, agent: Any, thread: str, traces: TraceWriter | None, price: Price | None = None) -> None:
        self._price, self._agent, self.thread, self._traces = price, agent, thread, traces

    def ask(self, question: str) -> Answer:
        """Ask one question.

        Raises:
            InputError: The question is empty, or the model's endpoint cannot be reached.
        """
        if not question.strip():
            raise InputError("an empty question; ask e.g. 'what is in CC(=O)Oc1ccccc1C(=O)O'")
        trace_id = new_trace_id()
        recorders = []
        if self._traces is not None:
            start = TraceStart(
                trace_id=trace_id, kind="conversation", subject=self.thread, title=question,
                attributes={SESSION: self.thread, INPUT: question},
            )  # fmt: skip
            recorders.append(self._traces.recorder(start, price=self._price))
        config = {"callbacks": recorders, "configurable": {"thread_id": self.thread}, "recursion_limit": 100}
        try:
            state = self._agent.invoke({"messages": [HumanMessage(question)]}, config)
        except Exception as error:
            if (trouble := endpoint_trouble(error)) is None:
                raise
            raise TeacherError(f"the model could not be asked: {trouble.text}") from error
        finally:
            if self._traces is not None:
                self._traces.finish(trace_id)
        return answer_in(state["messages"], self.thread, trace_id)


def answer_in(messages: Sequence[BaseMessage], thread: str, trace_id: str) -> Answer:
    """Take the last turn from the messages of a conversation.

    Args:
        messages: Oldest first, with one of the user.
        thread: Name of the conversation.
        trace_id: Of the turn.
    """
    begin = max(i for i, m in enumerate(messages) if isinstance(m, HumanMessage))
    turn = messages[begin + 1 :]
    results = {m.tool_call_id: str(m.content) for m in turn if isinstance(m, ToolMessage)}
    calls = tuple(
        {"name": c["name"], "arguments": c["args"], "result": results.get(str(c["id"]), "")}
        for m in turn
        if isinstance(m, AIMessage)
        for c in m.tool_calls
    )
    return Answer(str(messages[begin].text), str(turn[-1].text) if turn else "", calls, thread, trace_id)


@contextmanager
def open_conversation(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    *,
    folder: Path,
    thread: str,
    price: Price | None = None,
    trace: TraceMode = TraceMode.FULL,
    private: bool = False,
) -> Iterator[Conversation]:
    """Open a conversation that remembers.

    Args:
        model: Any tool-calling chat model; `molreflect.agents.analyst.offline.OfflineAnalyst` needs nothing.
        tools: From `conversation_tools`.
        folder: Where `conversations.sqlite` and `traces.sqlite` are kept.
        thread: Name of the conversation; the same name goes on with it.
        price: What the model's tokens cost, for the traces.
        trace: How much of each turn is kept as a trace.
        private: Whether traces hold hashes in place of molecules and texts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = TraceTarget(path=folder / FILE, mode=trace, key=private_key(folder) if private else None)
    with ExitStack() as stack:
        database = stack.enter_context(closing(connect(folder / "conversations.sqlite", "a database of conversations")))
        traces = open_writer(target, stack)
        yield Conversation(build_analyst(model, tools, checkpointer=SqliteSaver(database)), thread, traces, price)


def conversation_tools(
    resources: Resources, corpus: Callable[[], Corpus], *, namer: Namer, pictures: Callable[[], Path]
) -> list[BaseTool]:
    """The tools of a conversation.

    Args:
        resources: What words are looked up in.
        corpus: Called at the first question about similar molecules.
        namer: Names molecules; its process is started by the first that is named.
        pictures: Says the folder of drawings, when one is asked for.
    """
    return [
        *build_fact_tools(resources, namer, pictures),
        build_similarity_tool(_lazy_neighbours(corpus)),
    ]


def _lazy_neighbours(corpus: Callable[[], Corpus]) -> FindNeighbours:
    opened: list[NeighbourIndex] = []

    def neighbours(smiles: str, k: int) -> Sequence[Neighbour]:
        if not opened:
            opened.append(NeighbourIndex(corpus()))
        return opened[0].neighbours(smiles, by="molecule", k=k, exclude={read_molecule(smiles).block})

    return neighbours
