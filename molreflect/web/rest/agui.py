"""The analyst for pages that speak AG-UI (CopilotKit and others): text, tool calls and state as events.

The events are made from our own, not by the adapter for LangGraph: that one passes the tokens of a model on as they
come, and here nothing a model says is shown before it was checked.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

from ag_ui.core import (
    BaseEvent,
    RunAgentInput,
    RunErrorEvent,
    RunFinishedEvent,
    RunStartedEvent,
    StateSnapshotEvent,
    TextMessageContentEvent,
    TextMessageEndEvent,
    TextMessageStartEvent,
    ToolCallArgsEvent,
    ToolCallEndEvent,
    ToolCallResultEvent,
    ToolCallStartEvent,
    UserMessage,
)
from ag_ui.encoder import EventEncoder
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from molreflect.conversations import Desk
from molreflect.graphs.conversation.events import Answer, Event, StepEnded, StepStarted, TextPiece
from molreflect.services.claims import claims_in
from molreflect.services.turns import turn_events
from molreflect.services.workers import Workers
from molreflect.tools.errors import InputError
from molreflect.web.rest.conversations import MAX_QUESTION
from molreflect.web.rest.problems import status_of

PATH = "/agui"


def build_router(desk: Desk, turns: Workers) -> APIRouter:
    """Build the endpoint.

    Args:
        desk: Model, tools and bounds of turns.
        turns: In a thread of which each turn runs.
    """
    router, encoder = APIRouter(), EventEncoder()

    @router.post(PATH, include_in_schema=False)  # AG-UI describes it
    async def run(asked: RunAgentInput) -> StreamingResponse:
        question = question_of(asked)
        events = turn_events(desk, turns, question, asked.thread_id)
        first = await anext(events)  # what is wrong with the question is told with a status

        async def written() -> AsyncIterator[str]:
            async for event in run_events(asked, first, events):
                yield encoder.encode(event)

        return StreamingResponse(written(), media_type=encoder.get_content_type())

    return router


def question_of(asked: RunAgentInput) -> str:
    """Take the question: the last message of the user. What was said before is remembered here, by thread.

    Raises:
        InputError: There is none, or it holds no text or too much.
    """
    said = next((m for m in reversed(asked.messages) if isinstance(m, UserMessage)), None)
    if said is None:
        raise InputError("no message of the user; the last one is the question")
    parts = said.content
    text = parts if isinstance(parts, str) else "\n".join(str(getattr(part, "text", "")) for part in parts)
    if not text.strip():
        raise InputError("the last message of the user holds no text; ask e.g. 'what is in aspirin'")
    if len(text) > MAX_QUESTION:
        raise InputError(f"a question of {len(text):,} characters; pass at most {MAX_QUESTION:,}")
    return text


async def run_events(asked: RunAgentInput, first: Event, events: AsyncIterator[Event]) -> AsyncIterator[BaseEvent]:
    """Tell a turn as a run of AG-UI.

    Args:
        asked: What was asked for.
        first: The first event of the turn.
        events: The others.
    """
    yield RunStartedEvent(thread_id=asked.thread_id, run_id=asked.run_id)
    message = uuid4().hex
    telling = _Telling(message)
    try:
        for told in telling.of(first):
            yield told
        async for event in events:
            for told in telling.of(event):
                yield told
    except InputError as error:
        yield RunErrorEvent(message=str(error), code=str(status_of(error)))
        return
    yield RunFinishedEvent(thread_id=asked.thread_id, run_id=asked.run_id)


class _Telling:
    """Turns our events into those of AG-UI."""

    def __init__(self, message: str) -> None:
        self._message, self._begun = message, False

    def of(self, event: Event) -> Iterator[BaseEvent]:
        """Tell one event; the answer ends with the state."""
        if isinstance(event, StepStarted):
            call = event.call_id
            yield ToolCallStartEvent(tool_call_id=call, tool_call_name=event.name, parent_message_id=self._message)
            yield ToolCallArgsEvent(tool_call_id=call, delta=json.dumps(event.arguments, ensure_ascii=False))
            yield ToolCallEndEvent(tool_call_id=call)
        elif isinstance(event, StepEnded):
            yield ToolCallResultEvent(
                message_id=uuid4().hex, tool_call_id=event.call_id, content=event.result, role="tool"
            )
        elif isinstance(event, TextPiece):
            if not self._begun:
                self._begun = True
                yield TextMessageStartEvent(message_id=self._message, role="assistant")
            yield TextMessageContentEvent(message_id=self._message, delta=event.text)
        else:
            if self._begun:
                yield TextMessageEndEvent(message_id=self._message)
            yield StateSnapshotEvent(snapshot=state_of(event))


def state_of(answer: Answer) -> dict[str, Any]:
    """What a page may show beside the answer: the claims with verdicts and atoms, and what became of the turn."""
    return {
        "thread": answer.thread,
        "traceId": answer.trace_id,
        "checkedBy": "tools" if answer.checked is None else "claims",
        "claims": [claim.model_dump() for claim in claims_in(answer)],
        "unread": [] if answer.checked is None else list(answer.checked.unread),
        "molecules": [] if answer.checked is None else list(answer.checked.molecules),
        "problem": answer.problem,
        "notices": list(answer.notices),
    }
