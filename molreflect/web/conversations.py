"""Pages of conversations: those that are kept, one of them, and answers as they come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Header, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from molreflect.graphs.conversation.conversation import kept_question
from molreflect.graphs.conversation.events import Event, StepEnded, StepStarted, TextPiece
from molreflect.graphs.conversation.memory import ConversationStore, Found, Thread
from molreflect.graphs.conversation.turns import ConversationTurn, ToolStep, card_of, turns_of
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.views.html import several_html
from molreflect.web.live import BusyError, Failed, LiveTurn, LiveTurns
from molreflect.web.pages import goes_on, part, render
from molreflect.web.site import Site

AT = "/conversations"
MAX_QUESTION = 100_000
"""Characters of a question that are taken; what answers may read less of it, and says so."""
MAX_TEXT = 2_000
"""Characters of a tool's arguments or answer that are shown; the trace has all."""
MAX_TURNS = 100
"""Turns of a conversation that are shown, the latest."""
_SNIPPET = 90
_EXAMPLES = (
    "Where is the ester in aspirin?",
    "Is caffeine a purine?",
    "What is the difference between aspirin and paracetamol?",
    'Is this right for CCO: "The molecule is a primary alcohol."',
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list of conversations."""

    name: str
    title: str
    said: str
    """Below the title: turns and day, or the words that were found."""
    here: str = ""
    """The turn that the link goes to."""


def open_conversations(site: Site, stack: ExitStack) -> APIRouter:
    """Build the pages of the conversations of the home folder."""
    turns = LiveTurns(site.desk)
    stack.callback(turns.close)
    traces = TraceStore(site.home / FILE)
    stack.callback(traces.close)
    router = APIRouter(prefix=AT)
    _add_pages(router, site, turns, traces)
    _add_answers(router, site.home, turns, traces)
    _add_changes(router, site.home)
    return router


def _add_pages(router: APIRouter, site: Site, turns: LiveTurns, traces: TraceStore) -> None:
    home = site.home

    @router.get("", response_class=HTMLResponse)
    def page(name: str = "", text: str = "") -> str:
        live = turns.of(name) if name else None
        follows = live is not None and not live.over
        with ConversationStore(home) as kept:
            messages = kept.messages(name) if name else []
            threads = kept.threads()
            entries = _entries(kept, text)
        thread = next((t for t in threads if t.name == name), None)
        if name and thread is None and not follows:
            raise InputError(f"there is no conversation {name!r}; it may have been renamed or deleted")
        shown = turns_of(messages)
        if live is not None and follows and shown and shown[-1].question == kept_question(live.question):
            shown = shown[:-1]  # it is told from its beginning
        left = max(0, len(shown) - MAX_TURNS)
        return render(
            "conversation.html",
            title=_title(thread) if thread else "Conversation",
            name=name,
            entries=entries,
            asked=text,
            turns=[Markup(turn_html(turn, traces)) for turn in shown[-MAX_TURNS:]],
            left=left,
            live=live if follows else None,
            examples=_EXAMPLES,
            leaves=site.leaves,
            most=MAX_QUESTION,
            thread=thread,
        )

    @router.get("/kept", response_class=HTMLResponse)
    def kept_list(name: str = "", text: str = "") -> str:
        with ConversationStore(home) as kept:
            return part("conversation_parts.html", "kept", _entries(kept, text), name, text)


def _add_answers(router: APIRouter, home: Path, turns: LiveTurns, traces: TraceStore) -> None:
    @router.post("/ask")
    def ask(
        question: Annotated[str, Form(max_length=MAX_QUESTION)] = "",
        name: Annotated[str, Form()] = "",
        key: Annotated[str, Form(min_length=8, max_length=64)] = "",
    ) -> JSONResponse:
        try:
            turn = turns.ask(name, question, key)
        except BusyError as error:
            going = part("conversation_parts.html", "live", error.turn) if error.turn is not None else ""
            return JSONResponse({"why": str(error), "going": going}, status_code=409)
        except InputError as error:
            return JSONResponse({"why": str(error)}, status_code=400)
        return JSONResponse(
            {
                "name": turn.thread,
                "page": f"{AT}?name={quote(turn.thread)}",
                "html": part("conversation_parts.html", "live", turn),
            },
            status_code=202,
        )

    def known(key: str) -> LiveTurn:
        return turns.by_key(key)

    found = Depends(known)  # before the answer begins, so that it can still be a refusal

    @router.get("/events/{key}", response_class=EventSourceResponse)
    async def events(
        request: Request,
        turn: LiveTurn = found,
        last_event_id: Annotated[int | None, Header()] = None,
    ) -> AsyncIterator[ServerSentEvent]:
        async for number, event in turn.follow(last_event_id or 0, lambda: goes_on(request)):
            kind, told = await run_in_threadpool(_told, home, traces, turn, event)
            yield ServerSentEvent(data=told, event=kind, id=str(number))
        if turn.over:
            yield ServerSentEvent(data={}, event="over")

    @router.post("/stop")
    def stop(name: Annotated[str, Form()]) -> JSONResponse:
        if (turn := turns.of(name)) is not None:
            turn.cancel()
        return JSONResponse({})


def _add_changes(router: APIRouter, home: Path) -> None:
    @router.post("/rename")
    def rename(name: Annotated[str, Form()], to: Annotated[str, Form()]) -> RedirectResponse:
        with ConversationStore(home) as kept:
            kept.rename(kept.find(name), to.strip())
        return RedirectResponse(f"{AT}?name={quote(to.strip())}", status_code=303)

    @router.post("/delete")
    def delete(name: Annotated[str, Form()]) -> RedirectResponse:
        with ConversationStore(home) as kept:
            kept.delete(kept.find(name))
        return RedirectResponse(AT, status_code=303)


# ---------------------------------------------------------------------------------------------------------------------


def turn_html(turn: ConversationTurn, traces: TraceStore, notices: tuple[str, ...] = ()) -> str:
    """Write one turn whole: question, steps, the answer with its verdicts, what is drawn.

    Args:
        turn: The turn; without a number no link leads to it.
        traces: Where its trace is, if one was kept and none has pruned it.
        notices: Bounds that were reached.
    """
    steps = [step_parts(step) for step in turn.steps]
    answer = Markup(several_html(card_of(turn))) if turn.answer else ""
    trace = turn.trace_id if turn.trace_id and traces.trace(turn.trace_id) is not None else ""
    return part("conversation_parts.html", "turn", turn, steps, answer, notices, trace)


def step_parts(step: ToolStep) -> dict[str, Any]:
    """Prepare a tool call for its line."""
    arguments = ", ".join(f"{name} {_plain(value)}" for name, value in step.arguments.items())
    return {
        "id": step.call_id,
        "words": step.name.replace("_", " "),
        "arguments": _cut(arguments),
        "result": _cut(step.result),
        "state": "failed" if step.failed else "done" if step.result else "going",
    }


def _told(home: Path, traces: TraceStore, turn: LiveTurn, event: Event | Failed) -> tuple[str, dict[str, Any]]:
    """Write an event for the page: its kind, and what the page puts where."""
    if isinstance(event, StepStarted):
        step = ToolStep(event.call_id, event.name, event.arguments)
        return "step", {"id": event.call_id, "html": part("conversation_parts.html", "step", step_parts(step))}
    if isinstance(event, StepEnded):
        begun = next((e for e in turn.events if isinstance(e, StepStarted) and e.call_id == event.call_id), None)
        step = ToolStep(event.call_id, event.name, begun.arguments if begun else {}, event.result, event.failed)
        return "step", {"id": event.call_id, "html": part("conversation_parts.html", "step", step_parts(step))}
    if isinstance(event, TextPiece):
        return "text", {"text": event.text}
    if isinstance(event, Failed):
        return "failed", {"html": part("conversation_parts.html", "failed", event.why)}
    with ConversationStore(home) as kept:  # as a page that is loaded anew shows it
        (told,) = turns_of(kept.messages(turn.thread, turns=1))
    told.number = 0
    return "answer", {"html": turn_html(told, traces, event.notices)}


def _entries(kept: ConversationStore, text: str) -> list[Entry]:
    if not text.strip():
        return [_entry(thread) for thread in kept.threads()]
    titles = {thread.name: _title(thread) for thread in kept.threads()}
    words = text.casefold().split()
    named = [_entry(t) for t in kept.threads() if all(w in t.name.casefold() for w in words)]
    known = {entry.name for entry in named}
    for found in kept.search(text):
        if found.thread not in known:
            known.add(found.thread)
            named.append(Entry(found.thread, titles[found.thread], _snippet(found, words[0]), f"#turn-{found.turn}"))
    return named


def _entry(thread: Thread) -> Entry:
    day = datetime.fromtimestamp(thread.updated, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Entry(thread.name, _title(thread), f"{counted(thread.turns, 'turn')} · {day}")


def _title(thread: Thread) -> str:
    """What a conversation is called: the name somebody gave it, else what it begins with."""
    drawn = len(thread.name) == 8 and all(c in "0123456789abcdef" for c in thread.name)
    return thread.title if drawn and thread.title else thread.name


def _snippet(found: Found, word: str) -> str:
    text = " ".join(found.text.split())
    at = max(0, text.casefold().find(word) - _SNIPPET // 3)
    cut = text[at : at + _SNIPPET]
    return f"{'… ' if at else ''}{cut}{' …' if at + _SNIPPET < len(text) else ''}"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]} … ({len(text):,} characters; the trace has all)"
