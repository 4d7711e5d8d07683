"""A turn of a conversation as an asynchronous stream of events, for servers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import closing
from typing import TYPE_CHECKING

from molreflect.services.workers import Workers

if TYPE_CHECKING:
    from molreflect.conversations import Desk
    from molreflect.graphs.conversation.conversation import Conversation
    from molreflect.graphs.conversation.events import Event


def run_turn(
    desk: Desk,
    question: str,
    thread: str | None,
    *,
    begins: Callable[[Conversation], None],
    tell: Callable[[Event], None],
) -> None:
    """Run one turn in the calling thread, and tell what happens as it happens.

    The `Answer` is told last, when the conversation is free for the next question.

    Args:
        desk: Model, tools and bounds.
        question: The question.
        thread: Name of the conversation; a new one where none is given.
        begins: Takes the conversation that answers, so that it can be told to stop.
        tell: Takes each event.

    Raises:
        InputError: The question is empty, the conversation is in use, or the model cannot be reached.
    """
    from molreflect.graphs.conversation.events import Answer

    answer: Answer | None = None
    with desk.conversation(thread) as talk:
        begins(talk)
        with closing(talk.stream(question)) as events:
            for event in events:
                if isinstance(event, Answer):
                    answer = event
                else:
                    tell(event)
    if answer is not None:
        tell(answer)


async def turn_events(
    desk: Desk, workers: Workers, question: str, thread: str | None = None
) -> AsyncGenerator[Event, None]:
    """Ask one question, and tell what happens as it happens; the last event is the `Answer`.

    A turn whose iterator is closed, because nobody listens any more, is cancelled; the conversation goes on.

    Args:
        desk: Model, tools and bounds.
        workers: In a thread of which the turn runs.
        question: The question.
        thread: Name of the conversation; a new one where none is given.

    Raises:
        InputError: The question is empty, the conversation is in use, or the model cannot be reached.
        BusyError: Too many turns are under way.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[Event | BaseException | None] = asyncio.Queue()
    talks: list[Conversation] = []
    left = False

    def tell(what: Event | BaseException | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(told.put_nowait, what)

    def happened(event: Event) -> None:
        tell(event)
        if left:
            talks[0].cancel()

    def run() -> None:
        try:
            run_turn(desk, question, thread, begins=talks.append, tell=happened)
            tell(None)
        except BaseException as error:  # noqa: BLE001 - raised again in the loop
            tell(error)

    workers.submit(run)
    try:
        while (event := await told.get()) is not None:
            if isinstance(event, BaseException):
                raise event
            yield event
    finally:
        left = True
        for talk in talks:
            talk.cancel()
