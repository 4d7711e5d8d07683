"""Questions about molecules: one, or a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from molreflect.session import shared_resources
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from pathlib import Path

    from langchain_core.tools import BaseTool

    from molreflect.agents.analyst.turn import TurnLimits
    from molreflect.graphs.conversation.conversation import Conversation
    from molreflect.graphs.conversation.events import Answer
    from molreflect.graphs.conversation.memory import ConversationStore
    from molreflect.graphs.conversation.translation import Translate
    from molreflect.tools.resources import Resources

OFFLINE = "offline"
"""The model of a conversation that needs none."""


def ask(
    question: str,
    *,
    model: str = OFFLINE,
    base_url: str | None = None,
    thread: str | None = None,
    corpus: str | None = None,
    columns: str | Mapping[str, str] | None = None,
    trace: TraceMode | str = TraceMode.FULL,
    private: bool = False,
    limits: TurnLimits | None = None,
) -> Answer:
    """Ask one question about molecules.

    >>> answer = ask("Where is the carboxylic acid in CC(=O)Oc1ccccc1C(=O)O?")
    >>> answer.answer
    'carboxylic acid in CC(=O)Oc1ccccc1C(=O)O: atoms (10, 11, 12).'
    >>> [call["name"] for call in answer.tool_calls]
    ['read_molecules', 'locate_groups']

    Args:
        question: The question.
        model: See `conversation`, as the other arguments.
        base_url: Address of an OpenAI-compatible server.
        thread: Name of the conversation.
        corpus: Pairs to look for similar molecules in.
        columns: As in `distill`.
        trace: How much of each turn is kept as a trace in the home folder.
        private: Whether traces hold hashes in place of molecules and texts.
        limits: Bounds of the turn.

    Raises:
        InputError: The question is empty, or the model or the corpus cannot be had.
    """
    how: dict[str, Any] = {"base_url": base_url, "corpus": corpus, "columns": columns, "trace": trace, "limits": limits}
    with conversation(model, thread=thread, private=private, **how) as talk:
        return talk.ask(question)


@contextmanager
def conversation(
    model: str = OFFLINE,
    *,
    base_url: str | None = None,
    thread: str | None = None,
    corpus: str | None = None,
    columns: str | Mapping[str, str] | None = None,
    trace: TraceMode | str = TraceMode.FULL,
    private: bool = False,
    limits: TurnLimits | None = None,
) -> Iterator[Conversation]:
    """Open a conversation about molecules; it owns its thread while the block runs.

    Args:
        model: `offline`, or `provider:model`.
        base_url: Address of an OpenAI-compatible server.
        thread: Name of the conversation; a new one where none is given.
        corpus: Pairs to look for similar molecules in; the sample corpus where none is given.
        columns: As in `distill`.
        trace: How much of each turn is kept as a trace in the home folder.
        private: Whether traces hold hashes in place of molecules and texts.
        limits: Bounds of each turn.

    Raises:
        InputError: The model or the corpus cannot be had, or the thread is in use by another process.
    """
    how: dict[str, Any] = {"base_url": base_url, "corpus": corpus, "columns": columns, "trace": trace}
    with desk(model, **how, private=private, limits=limits) as opened, opened.conversation(thread) as talk:
        yield talk


@dataclass(frozen=True)
class Desk:
    """What conversations share: model, tools and bounds, opened once for many threads."""

    model: Any
    tools: Sequence[BaseTool]
    how: Mapping[str, Any]
    """As `graphs.conversation.conversation.open_conversation` takes it."""
    name: str
    """Of the model."""

    @property
    def resources(self) -> Resources:
        """What words are looked up in."""
        found: Resources = self.how["resources"]
        return found

    @contextmanager
    def conversation(self, thread: str | None = None) -> Iterator[Conversation]:
        """Open a conversation; a new one where no thread is named.

        Raises:
            InputError: The thread is in use by another process.
        """
        from molreflect.graphs.conversation.conversation import open_conversation

        with open_conversation(self.model, self.tools, thread=thread or new_thread(), **self.how) as talk:
            yield talk


@contextmanager
def desk(
    model: str = OFFLINE,
    *,
    base_url: str | None = None,
    corpus: str | None = None,
    columns: str | Mapping[str, str] | None = None,
    trace: TraceMode | str = TraceMode.FULL,
    private: bool = False,
    limits: TurnLimits | None = None,
) -> Iterator[Desk]:
    """Open what conversations share; the arguments are those of `conversation`.

    Raises:
        InputError: The model or the corpus cannot be had.
    """
    from molreflect.tools.corpus import read_corpus, require_corpus

    if corpus is not None:
        require_corpus(corpus, columns)  # before packages are loaded that take seconds

    from molreflect.agents.analyst.offline import OfflineAnalyst
    from molreflect.agents.models.prices import price_of
    from molreflect.agents.models.registry import load_chat_model
    from molreflect.graphs.conversation.conversation import conversation_tools
    from molreflect.settings import Settings
    from molreflect.tools.names.systematic import Namer

    settings = Settings()
    analyst = OfflineAnalyst() if model == OFFLINE else load_chat_model(model, base_url=base_url)

    with shared_resources() as resources, Namer() as namer:
        tools = conversation_tools(
            resources,
            lambda: read_corpus(corpus or settings.sample, columns=columns if corpus else None),
            namer=namer,
            pictures=lambda: settings.home / "pictures",
            translate=_translator(settings.student),
        )
        how = {
            "folder": settings.home,
            "resources": resources,
            "limits": limits,
            "price": None if model == OFFLINE else price_of(model),
            "trace": TraceMode(trace),
            "private": private,
        }
        yield Desk(analyst, tools, how, model)


def _translator(student: Path | None) -> Translate | None:
    """Open the configured student; its weights are loaded with the first text it is asked about.

    Raises:
        InputError: The folder is no student.
    """
    if student is None:
        return None
    from molreflect.training.student.translator import Translator

    return Translator(student)


def new_thread() -> str:
    """Draw the name of a new conversation."""
    return uuid4().hex[:8]


@contextmanager
def kept_conversations() -> Iterator[ConversationStore]:
    """Open the conversations of the home folder, to list, read, search, rename or delete them."""
    from molreflect.graphs.conversation.memory import ConversationStore
    from molreflect.settings import Settings

    with ConversationStore(Settings().home) as store:
        yield store
