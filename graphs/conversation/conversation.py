"""Conversation about molecules: an agent over the same tools, remembered by thread in SQLite, each turn traced."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import BaseTool

from molreflect.agents.analyst.agent import build_analyst
from molreflect.agents.analyst.checked import CHECKED, CheckedAnswer
from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.context import UNDERSTOOD
from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.analyst.turn import Turn, TurnLimits
from molreflect.agents.errors import TeacherError, endpoint_trouble
from molreflect.agents.models.prices import Price
from molreflect.agents.models.tokens import APPROXIMATION, counter_of
from molreflect.graphs.conversation.events import Answer, Event, StepEnded, StepStarted, pieces_of
from molreflect.graphs.conversation.memory import ConversationStore, closing_messages
from molreflect.graphs.conversation.translation import Translate, build_translate_tool
from molreflect.graphs.traces.contents import private_key
from molreflect.graphs.traces.recorder import SpanRecorder
from molreflect.graphs.traces.schema import FILE
from molreflect.graphs.traces.spans import INPUT, SESSION, TraceStart, new_trace_id
from molreflect.graphs.traces.spans import UNDERSTOOD as SPAN_UNDERSTOOD
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter, open_writer
from molreflect.tools.corpus import Corpus
from molreflect.tools.english import replace_surrogates
from molreflect.tools.errors import InputError
from molreflect.tools.facts.langchain_tools import build_fact_tools
from molreflect.tools.langchain_tools import FindNeighbours, build_similarity_tool
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.retrieval.index import Neighbour, NeighbourIndex
from molreflect.tools.storage import encodable
from molreflect.tools.terms import TraceMode

HISTORY_TURNS = 24
"""Earlier turns that a question is answered with; older ones are kept, and not sent."""
RECURSION = 400
"""LangGraph's own bound on the agent's steps, out of the way of ours."""
AT_A_TIME = 4
"""Tool calls that run side by side."""


class Conversation:
    """A conversation with memory; it owns its thread until it is closed."""

    def __init__(
        self,
        agent: Any,
        thread: str,
        store: ConversationStore,
        traces: TraceWriter | None,
        *,
        new_turn: Callable[[], Turn],
        price: Price | None = None,
    ) -> None:
        self._price, self._agent, self.thread, self._traces = price, agent, thread, traces
        self._store, self._new_turn = store, new_turn
        self._turn: Turn | None = None

    def ask(self, question: str) -> Answer:
        """Ask one question.

        Raises:
            InputError: The question is empty, or the model's endpoint cannot be reached.
        """
        for event in self.stream(question):
            if isinstance(event, Answer):
                return event
        raise RuntimeError("a turn ended without an answer")

    def messages(self) -> list[BaseMessage]:
        """Read the whole conversation."""
        return self._store.messages(self.thread)

    def cancel(self) -> None:
        """End the turn that goes on, from another thread or a signal's handler; the conversation goes on."""
        if self._turn is not None:
            self._turn.cancelled.set()

    def stream(self, question: str) -> Generator[Event]:
        """Ask one question, and tell what happens as it happens.

        What is said is kept as it comes. A turn that is broken off, by closing the iterator or by an error, is closed
        in memory so that the conversation goes on.

        Raises:
            InputError: The question is empty, or the model's endpoint cannot be reached.
        """
        if not question.strip():
            raise InputError("an empty question; ask e.g. 'what is in CC(=O)Oc1ccccc1C(=O)O'")
        question = kept_question(question)
        trace_id = new_trace_id()
        before = self._store.messages(self.thread, turns=HISTORY_TURNS)
        said = HumanMessage(question, id=trace_id)  # so that who reads it finds its trace
        turn = self._turn = self._new_turn()
        turn.before = before
        self._store.append(self.thread, [said])
        said_since: list[BaseMessage] = [said]
        try:
            with self._traced(trace_id, question) as recorders:
                config = {"callbacks": recorders, "recursion_limit": RECURSION, "max_concurrency": AT_A_TIME}
                yield from self._run([*before, said], said_since, config, turn, recorders)
        finally:
            if closing := closing_messages(said_since):
                self._store.append(self.thread, closing)
        answer = replace(
            answer_in(said_since, self.thread, trace_id),
            question=question,
            problem=turn.problem,
            notices=tuple(turn.notices),
        )
        yield from pieces_of(answer.answer)
        yield answer

    def _run(
        self,
        messages: list[BaseMessage],
        since: list[BaseMessage],
        config: dict[str, Any],
        turn: Turn,
        recorders: Sequence[SpanRecorder],
    ) -> Iterator[Event]:
        """Run the agent; keep each of its messages and tell its steps."""
        names: dict[str, str] = {}
        try:
            for update in self._agent.stream({"messages": messages}, config, context=turn, stream_mode="updates"):
                for part in update.values():
                    for message in (part or {}).get("messages", ()):
                        self._store.append(self.thread, [message])
                        since.append(message)
                        if understood := message.additional_kwargs.get(UNDERSTOOD):
                            for recorder in recorders:  # the agent's own span is open until the last message is out
                                recorder.annotate(**{SPAN_UNDERSTOOD: understood})
                        yield from _events_of(message, names)
        except Exception as error:
            if (trouble := endpoint_trouble(error)) is None:
                raise
            raise TeacherError(f"the model could not be asked: {trouble.text}") from error

    @contextmanager
    def _traced(self, trace_id: str, question: str) -> Iterator[list[SpanRecorder]]:
        if self._traces is None:
            yield []
            return
        start = TraceStart(
            trace_id=trace_id,
            kind="conversation",
            subject=self.thread,
            title=question,
            attributes={SESSION: self.thread, INPUT: question},
        )
        try:
            yield [self._traces.recorder(start, price=self._price)]
        finally:
            self._traces.finish(trace_id)


def _events_of(message: BaseMessage, names: dict[str, str]) -> Iterator[Event]:
    if isinstance(message, AIMessage):
        for call in message.tool_calls:
            names[str(call["id"])] = call["name"]
            yield StepStarted(str(call["id"]), call["name"], call["args"])
    elif isinstance(message, ToolMessage):
        id_ = message.tool_call_id
        yield StepEnded(id_, message.name or names.get(id_, ""), str(message.content), message.status == "error")


def kept_question(question: str) -> str:
    """Say how a question is kept: without surrogates, which no file can hold."""
    return encodable(replace_surrogates(question))


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
    kept = turn[-1].additional_kwargs.get(CHECKED) if turn else None
    checked = CheckedAnswer.of(kept) if kept else None
    said = str(turn[-1].text) if turn else ""
    shown = checked.shown() if checked is not None and checked.text else said
    return Answer(str(messages[begin].text), shown, calls, thread, trace_id, checked)


@contextmanager
def open_conversation(
    model: BaseChatModel,
    tools: Sequence[BaseTool],
    *,
    folder: Path,
    thread: str,
    resources: Resources | None = None,
    limits: TurnLimits | None = None,
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
        resources: What the claims of a language model are checked with; only the offline analyst does without.
        limits: Bounds of each turn.
        price: What the model's tokens cost, for the bound on money and for the traces.
        trace: How much of each turn is kept as a trace.
        private: Whether traces hold hashes in place of molecules and texts.

    Raises:
        InputError: The conversation is in use by another process, or its name cannot be one.
    """
    rules = isinstance(model, OfflineAnalyst)
    if resources is None and not rules:
        raise ValueError("a language model's claims cannot be checked without resources")
    if limits is not None and limits.cost is not None and price is None and not rules:
        raise InputError("a bound on money needs the price of the model; name it in a price table (--prices)")
    checker = None if resources is None or rules else AnswerChecker(resources)
    counter = APPROXIMATION if rules else counter_of(model)
    bounds = limits or TurnLimits()
    if rules:
        bounds = replace(bounds, tokens=None, cost=None)

    def new_turn() -> Turn:
        return Turn(limits=bounds, price=price, checker=checker, counter=counter)

    with ExitStack() as stack:
        store = stack.enter_context(ConversationStore(folder))
        stack.enter_context(store.owned(thread))
        target = TraceTarget(path=folder / FILE, mode=trace, key=private_key(folder) if private else None)
        traces = open_writer(target, stack)
        yield Conversation(build_analyst(model, tools), thread, store, traces, new_turn=new_turn, price=price)


def conversation_tools(
    resources: Resources,
    corpus: Callable[[], Corpus],
    *,
    namer: Namer,
    pictures: Callable[[], Path],
    translate: Translate | None = None,
) -> list[BaseTool]:
    """The tools of a conversation.

    Args:
        resources: What words are looked up in.
        corpus: Called at the first question about similar molecules.
        namer: Names molecules; its process is started by the first that is named.
        pictures: Says the folder of drawings, when one is asked for.
        translate: Asks the user's fine-tuned student; None where none is configured, which the tool then says.
    """
    return [
        *build_fact_tools(resources, namer, pictures),
        build_translate_tool(translate),
        build_similarity_tool(_lazy_neighbours(corpus)),
    ]


def _lazy_neighbours(corpus: Callable[[], Corpus]) -> FindNeighbours:
    opened: list[NeighbourIndex] = []

    def neighbours(smiles: str, k: int) -> Sequence[Neighbour]:
        if not opened:
            opened.append(NeighbourIndex(corpus()))
        # as a batch, which compares all molecules of a corpus of any usual size: exact, and without loading Chroma
        exclude = [{read_molecule(smiles).block}]
        return opened[0].neighbours_of_batch([smiles], by="molecule", k=k, exclude=exclude)[0]

    return neighbours
