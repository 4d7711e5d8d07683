"""Conversations: asked, streamed, listed, read, renamed and deleted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from fastapi.responses import StreamingResponse
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import BaseModel, ConfigDict, Field

from molreflect.agents.analyst.checked import CHECKED
from molreflect.conversations import Desk
from molreflect.graphs.conversation.events import Answer, Event
from molreflect.graphs.conversation.memory import MAX_NAME, ConversationStore, Found
from molreflect.graphs.conversation.memory import Thread as Kept
from molreflect.services.turns import turn_events
from molreflect.services.workers import Workers
from molreflect.tools.errors import InputError
from molreflect.web.rest.problems import NotFoundError, only_known, problem, responses, status_of

MAX_QUESTION = 20_000
MAX_LISTED = 200
EVENTS = "text/event-stream"
_STREAM = """Server-sent events, each with a JSON object as its data: `step_started` (`call_id`, `name`, `arguments`),
`step_ended` (`call_id`, `name`, `result`, `failed`), `text` (`text`: a piece of the answer), and `answer` at the end,
which is what `/ask` answers. What goes wrong on the way comes as an event `problem`."""

Name = Annotated[
    str, InPath(min_length=1, max_length=MAX_NAME, description="The whole name of a conversation.", examples=["monday"])
]
Question = Annotated[str, Field(min_length=1, max_length=MAX_QUESTION, examples=["What is in aspirin?"])]


class Asked(BaseModel):
    """A question about molecules."""

    model_config = ConfigDict(extra="forbid")

    question: Question
    thread: Annotated[str, Field(min_length=1, max_length=MAX_NAME)] | None = Field(
        default=None, description="Name of the conversation; a new one where none is given."
    )


class ToolCall(BaseModel):
    """A call of a tool in a turn."""

    name: str
    arguments: dict[str, Any]
    result: str


class CheckedClaim(BaseModel):
    """A claim of a language model's answer."""

    phrase: str
    start: int
    end: int
    smiles: str = Field(description="The molecule it is about.")
    verdict: Literal["supported", "refuted", "unchecked"]
    why: str
    atoms: list[list[int]]
    negated: bool


class Checked(BaseModel):
    """An answer of a language model, and what chemistry says of it."""

    text: str
    claims: list[CheckedClaim]
    unread: list[str]
    molecules: list[str]
    repaired: bool


class Turn(BaseModel):
    """One turn of a conversation."""

    question: str
    answer: str = Field(description="As it is shown: what chemistry refutes is struck out, with the verdicts below.")
    tool_calls: list[ToolCall]
    thread: str
    trace_id: str
    checked: Checked | None = Field(description="Null for the offline analyst, whose answers the tools have made.")
    problem: str = Field(description="Why there is no answer, or only a part of one; empty where all went well.")
    notices: list[str] = Field(description="Bounds that were reached.")


class Thread(BaseModel):
    """A conversation that is kept."""

    name: str
    title: str
    turns: int
    created: float = Field(description="Unix time in seconds.")
    updated: float = Field(description="Unix time in seconds.")


class Threads(BaseModel):
    """Conversations, the one that was last spoken in first."""

    conversations: list[Thread]


class Hit(BaseModel):
    """A message in which words were found."""

    thread: str
    turn: int
    kind: str
    text: str


class Hits(BaseModel):
    """Messages in which words were found."""

    found: list[Hit]


class Message(BaseModel):
    """A message of a conversation."""

    role: Literal["user", "assistant", "tool"]
    text: str
    tool_calls: list[dict[str, Any]] = Field(description="`id`, `name` and `arguments` of the calls it makes.")
    tool_call_id: str | None = Field(description="The call that a tool answers.")
    checked: Checked | None


class ThreadMessages(BaseModel):
    """A conversation with its messages, oldest first."""

    name: str
    messages: list[Message]


class NewName(BaseModel):
    """The name a conversation is to have."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=MAX_NAME)]


def build_router(desk: Desk, home: Path, *, turns: Workers, workers: Workers) -> APIRouter:
    """Build the addresses of conversations.

    Args:
        desk: Model, tools and bounds of turns.
        home: The folder in which conversations are kept.
        turns: In a thread of which each turn runs.
        workers: In a thread of which the store is looked into.
    """
    router = APIRouter(tags=["conversations"], responses=responses(413, 422, 429), dependencies=[Depends(only_known)])

    @router.post("/ask", summary="Ask a question", responses=responses(409, 424))
    async def ask(asked: Asked) -> Turn:
        """One turn of a conversation, which remembers under its thread's name."""
        answer: Answer | None = None
        async with aclosing(turn_events(desk, turns, asked.question, asked.thread)) as events:
            async for event in events:  # to the end, when the conversation is free for the next question
                answer = event if isinstance(event, Answer) else answer
        if answer is None:
            raise RuntimeError("a turn ended without an answer")
        return Turn.model_validate(answer.to_json())

    @router.post(
        "/ask/stream",
        summary="Ask a question, and be told what happens as it happens",
        description=_STREAM,
        response_class=StreamingResponse,
        responses=responses(409, 424) | {200: {"description": _STREAM, "content": {EVENTS: {"itemSchema": _EVENT}}}},
    )
    async def ask_streamed(asked: Asked) -> StreamingResponse:
        events = turn_events(desk, turns, asked.question, asked.thread)
        first = await anext(events)  # what is wrong with the question is told with a status
        return StreamingResponse(_streamed(first, events), media_type=EVENTS)

    _add_kept(router, home, workers)
    return router


def _add_kept(router: APIRouter, home: Path, workers: Workers) -> None:
    """Add the addresses of conversations that are kept."""

    @router.get("/conversations", summary="List conversations")
    async def listed(limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50) -> Threads:
        def look() -> list[Kept]:
            with ConversationStore(home) as store:
                return store.threads()

        found = await workers.call(look)
        return Threads(conversations=[Thread.model_validate(thread.to_json()) for thread in found[:limit]])

    @router.get("/messages", summary="Search questions and answers")
    async def search(
        words: Annotated[str, Query(min_length=1, max_length=400, description="Every word must stand in the message.")],
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
    ) -> Hits:
        def look() -> list[Found]:
            with ConversationStore(home) as store:
                return store.search(words, most=limit)

        found = await workers.call(look)
        return Hits(found=[Hit.model_validate(hit.to_json()) for hit in found])

    @router.get("/conversations/{name:path}", summary="Read a conversation", responses=responses(404))
    async def one(name: Name) -> ThreadMessages:
        def read() -> list[BaseMessage]:
            with ConversationStore(home) as store:
                return store.messages(name)

        messages = await workers.call(read)
        if not messages:
            raise _missing(name)
        return ThreadMessages(name=name, messages=[_message(each) for each in messages])

    @router.patch("/conversations/{name:path}", summary="Rename a conversation", responses=responses(404, 409))
    async def rename(name: Name, new: NewName) -> Thread:
        def renamed() -> Thread:
            with ConversationStore(home) as store:
                _require(store, name)
                store.rename(name, new.name)
                return Thread.model_validate(next(t for t in store.threads() if t.name == new.name).to_json())

        return await workers.call(renamed)

    @router.delete(
        "/conversations/{name:path}",
        status_code=204,
        summary="Delete a conversation for good",
        responses=responses(404, 409),
    )
    async def delete(name: Name) -> None:
        """Traces of its turns stay; `molreflect traces` deletes them."""

        def deleted() -> None:
            with ConversationStore(home) as store:
                _require(store, name)
                store.delete(name)

        await workers.call(deleted)


_EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["step_started", "step_ended", "text", "answer", "problem"]},
        "data": {"type": "string", "contentMediaType": "application/json"},
    },
    "required": ["event", "data"],
}


def _require(store: ConversationStore, name: str) -> None:
    if all(thread.name != name for thread in store.threads()):
        raise _missing(name)


def _missing(name: str) -> NotFoundError:
    return NotFoundError(f"no conversation {name[:80]!r} is kept; /api/v1/conversations lists them")


def _message(message: BaseMessage) -> Message:
    calls = message.tool_calls if isinstance(message, AIMessage) else []
    role: Literal["user", "assistant", "tool"] = (
        "user" if isinstance(message, HumanMessage) else "tool" if isinstance(message, ToolMessage) else "assistant"
    )
    kept = message.additional_kwargs.get(CHECKED)
    return Message(
        role=role,
        text=str(message.text),
        tool_calls=[{"id": call["id"], "name": call["name"], "arguments": call["args"]} for call in calls],
        tool_call_id=message.tool_call_id if isinstance(message, ToolMessage) else None,
        checked=Checked.model_validate(kept) if kept else None,
    )


async def _streamed(first: Event, events: AsyncIterator[Event]) -> AsyncIterator[str]:
    """Write events as a browser's `EventSource` reads them."""
    try:
        yield _written(first.event, _fields(first))
        async for event in events:
            yield _written(event.event, _fields(event))
    except InputError as error:
        yield _written("problem", json.loads(bytes(problem(status_of(error), str(error)).body)))


def _fields(event: Event) -> dict[str, Any]:
    return event.to_json() if isinstance(event, Answer) else asdict(event)


def _written(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"
