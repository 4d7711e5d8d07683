"""Pages of traces: the list, one trace, two beside each other, and what grows while one looks."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool

from molreflect.graphs.traces.divergence import first_divergence, verdict_changes
from molreflect.graphs.traces.pages import account_html, overview_html, rows_html, step_html, text_html
from molreflect.graphs.traces.store import TraceFilter, TraceStore, TraceSummary
from molreflect.graphs.traces.tree import window
from molreflect.graphs.traces.view import TraceView
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Reason, Verdict
from molreflect.web.pages import goes_on, part, render

AT = "/traces"
"""Where the pages of the home folder's traces begin."""
PAGE = 50
"""Traces of one page of the list."""
STEPS = 500
"""Steps of a tree that are shown at once."""
AROUND = 6
"""Steps shown before and after the one at which two traces part."""
SECONDS = 0.5
"""How often a look is taken whether something is new."""
_SINCE = {
    "1h": ("the last hour", timedelta(hours=1)),
    "1d": ("the last day", timedelta(days=1)),
    "7d": ("the last week", timedelta(days=7)),
    "30d": ("the last 30 days", timedelta(days=30)),
}
_STATUS = {"ok": "ended well", "error": "ended in an error", "open": "goes on, or was killed"}
_KINDS = ("alignment", "conversation")
_OTHERS = 40
"""Traces of the same subject that are linked."""
_KEPT = 4
"""Traces that stay read."""


TracePlaces = Callable[[], Sequence[tuple[str, str]]]
"""Whose traces there are, and the addresses of their lists."""


class Reader:
    """Reads traces for pages; those that were asked for last stay read until something changes."""

    def __init__(self, store: TraceStore, at: str, places: TracePlaces) -> None:
        """Read from a store, for pages that begin at an address."""
        self.store, self.at, self.places = store, at, places
        self._views: OrderedDict[tuple[str, int], TraceView] = OrderedDict()
        self._lock = threading.Lock()

    def view(self, named: str) -> TraceView:
        """Read one trace.

        Raises:
            InputError: There is none of that id, or several begin so.
        """
        trace = self.trace(named)
        key = (trace.trace_id, self.store.cursor())
        with self._lock:
            found = self._views.get(key)
        if found is None:
            found = TraceView(self.store, trace)
            with self._lock:
                self._views[key] = found
                while len(self._views) > _KEPT:
                    self._views.popitem(last=False)
        return found

    def trace(self, named: str) -> TraceSummary:
        """Look a trace up by its id or what it begins with.

        Raises:
            InputError: As for `view`.
        """
        found = self.store.trace(named) or next(iter(self.store.find(named)), None)
        if found is None:
            raise InputError(f"{self.store.path.parent} has no trace {named}")
        return found


def build_router(store: TraceStore, *, at: str = AT, places: TracePlaces = lambda: ()) -> APIRouter:
    """Build the pages of a store's traces.

    Args:
        store: Where they are kept.
        at: Where the pages begin, e.g. `/runs/first/traces`.
        places: Says whose traces there are on this site, with their addresses, for links between the lists.
    """
    router, reader = APIRouter(prefix=at), Reader(store, at, places)

    @router.get("", response_class=HTMLResponse)
    def list_page(request: Request) -> HTMLResponse:
        return _list(reader, {k: v for k, v in request.query_params.items() if v})

    @router.get("/compare", response_class=HTMLResponse)
    def compare_page(
        id: Annotated[list[str] | None, Query()] = None, a: str | None = None, b: str | None = None
    ) -> str:
        named = id or [each for each in (a, b) if each]
        if len(named) != 2:
            raise InputError(f"two traces are compared, and {len(named)} named; tick two in the list")
        return _compare(reader, *named)

    @router.get("/events", response_class=EventSourceResponse)
    async def list_events(
        request: Request, cursor: int = 0, last_event_id: Annotated[int | None, Header()] = None
    ) -> AsyncIterator[ServerSentEvent]:
        seen = cursor if last_event_id is None else last_event_id
        while goes_on(request):
            if (now := await run_in_threadpool(store.cursor)) != seen:
                seen = now
                yield ServerSentEvent(data=now, event="grown", id=str(now))
            await asyncio.sleep(2 * SECONDS)

    @router.get("/{trace_id}", response_class=HTMLResponse)
    def trace_page(trace_id: str, span: str | None = None) -> str:
        cursor = store.cursor()  # before the trace is read: what comes meanwhile is told again
        view = reader.view(trace_id)
        link = _link(reader, view)
        shown = window(view.rows, size=STEPS, holding=span)
        others = store.traces(TraceFilter(subject=view.trace.subject), limit=_OTHERS)
        step = "" if span is None else step_html(view.step(span), link=link, texts=_texts(reader, view, span))
        return render(
            "one.html",
            title=f"Trace of {view.trace.subject}",
            view=view,
            trace=view.trace,
            window=shown,
            size=STEPS,
            cursor=cursor,
            rows=rows_html(view, shown.rows, link),
            account=account_html(view),
            step=step,
            others=others[::-1] if len(others) > 1 else (),
            at=at,
        )

    @router.get("/{trace_id}/rows", response_class=HTMLResponse)
    def rows(trace_id: str, way: str = "after", offset: Annotated[int, Query(ge=0)] = 0) -> str:
        view = reader.view(trace_id)
        shown = window(view.rows, size=STEPS, offset=offset)
        left, next_offset = (shown.before, offset - STEPS) if way == "before" else (shown.after, offset + STEPS)
        more = part("trace.html", "more", "before" if way == "before" else "after", left, next_offset, trace_id, at)
        return rows_html(view, shown.rows, _link(reader, view)) + Markup(more)

    @router.get("/{trace_id}/overview", response_class=HTMLResponse)
    def overview(trace_id: str) -> str:
        view = reader.view(trace_id)
        return overview_html(view, _link(reader, view))

    _add_steps(router, store, reader)

    @router.get("/{trace_id}/events", response_class=EventSourceResponse)
    async def trace_events(
        request: Request, trace_id: str, cursor: int = 0, last_event_id: Annotated[int | None, Header()] = None
    ) -> AsyncIterator[ServerSentEvent]:
        seen = cursor if last_event_id is None else last_event_id
        while goes_on(request):
            changed = await run_in_threadpool(_grown, reader, trace_id, seen)
            seen = changed[0]
            if changed[1] is not None:
                yield ServerSentEvent(data=changed[1], event="grown", id=str(seen))
            await asyncio.sleep(SECONDS)

    return router


def _add_steps(router: APIRouter, store: TraceStore, reader: Reader) -> None:
    """Add the pages of single steps."""

    @router.get("/{trace_id}/steps/{span_id}", response_class=HTMLResponse)
    def step(trace_id: str, span_id: str) -> str:
        view = reader.view(trace_id)
        return step_html(view.step(span_id), link=_link(reader, view), texts=_texts(reader, view, span_id))

    @router.get("/{trace_id}/steps/{span_id}/json")
    def step_json(trace_id: str, span_id: str) -> JSONResponse:
        return JSONResponse(store.resolved(reader.view(trace_id).span(span_id)).to_json())

    @router.get("/{trace_id}/steps/{span_id}/texts/{number}", response_class=HTMLResponse)
    def step_text(trace_id: str, span_id: str, number: int) -> str:
        texts = reader.view(trace_id).step(span_id).texts
        if not 0 <= number < len(texts):
            raise InputError(f"step {span_id} has no text {number}")
        return text_html(texts[number])


# ---------------------------------------------------------------------------------------------------------------------


def _link(reader: Reader, view: TraceView) -> str:
    return f"{reader.at}/{view.trace.trace_id}?span="


def _texts(reader: Reader, view: TraceView, span_id: str) -> str:
    return f"{reader.at}/{view.trace.trace_id}/steps/{span_id}/texts/"


def _list(reader: Reader, asked: dict[str, str]) -> HTMLResponse:
    store, at = reader.store, reader.at
    cursor = store.cursor()
    chosen, before = _filter(asked), asked.get("before")
    found = store.traces(chosen, limit=PAGE + 1, before=None if before is None else _place(before))
    total, fitting = store.count(), store.count(chosen)
    traces = found[:PAGE]
    kept = {name: asked[name] for name in asked if name != "before"}
    after = None
    if len(found) > PAGE:
        started, row = traces[-1].place
        after = _address(at, kept | {"before": f"{started!r},{row}"})
    runs, tools = store.choices()
    filters = [
        ("verdict", [(v, v) for v in Verdict]),
        ("reason", [(r, r.replace("_", " ")) for r in Reason]),
        ("tool", [(tool, tool) for tool in tools]),
        ("status", [*_STATUS.items()]),
        ("kind", [(kind, kind) for kind in _KINDS]),
        ("since", [(name, words) for name, (words, _) in _SINCE.items()]),
        *([("run", [(run, run) for run in runs])] if len(runs) > 1 or asked.get("run") else []),
    ]
    html = render(
        "list.html",
        title="Traces",
        where=f"{store.path}",
        sources=[(name, address, address == at) for name, address in reader.places()],
        asked=_Asked(kept),
        filters=filters,
        traces=traces,
        told=counted(total, "trace") if fitting == total else f"{fitting:,} of {counted(total, 'trace')}",
        narrowed=bool(kept),
        before=before,
        after=after,
        first=_address(at, kept),
        here=_address(at, asked),
        size=PAGE,
        cursor=cursor,
        at=at,
    )
    return HTMLResponse(html, headers={"HX-Replace-Url": _address(at, kept)} if before is None else {})


class _Asked(dict[str, str]):
    """What was asked for; empty where nothing was."""

    def __missing__(self, name: str) -> str:
        return ""


def _address(at: str, asked: dict[str, str]) -> str:
    return f"{at}?{urlencode(asked)}" if asked else at


def _filter(asked: dict[str, str]) -> TraceFilter:
    for name, known in (("verdict", Verdict), ("reason", Reason), ("status", _STATUS), ("since", _SINCE)):
        if (value := asked.get(name)) is not None and value not in [*known]:
            raise InputError(f"{value!r} is no {name}; it is one of {', '.join(known)}")
    since = asked.get("since")
    verdict = asked.get("verdict")
    return TraceFilter(
        run=asked.get("run"),
        kind=asked.get("kind"),
        verdict=None if verdict is None else Verdict(verdict),
        reason=asked.get("reason"),
        tool=asked.get("tool"),
        status=asked.get("status"),
        text=asked.get("text"),
        since=None if since is None else time.time() - _SINCE[since][1].total_seconds(),
    )


def _place(before: str) -> tuple[float, int]:
    try:
        started, row = before.split(",")
        return float(started), int(row)
    except ValueError as error:
        raise InputError(f"{before!r} is no place in the list; begin at its first page") from error


def _grown(reader: Reader, trace_id: str, cursor: int) -> tuple[int, dict[str, Any] | None]:
    """Say what of a trace is new since a cursor: its rows, its account, how its alignments came about."""
    trace = reader.trace(trace_id)
    changes = reader.store.changes(cursor, trace_id=trace.trace_id, limit=0)
    if not changes.spans:
        return changes.cursor, None
    view = reader.view(trace_id)
    changed = {span.span_id for span in changes.spans}
    link = _link(reader, view)
    rows = [row for row in view.rows if row.span.span_id in changed][:STEPS]
    told = {
        "rows": rows_html(view, rows, link),
        "account": account_html(view),
        "overview": overview_html(view, link),
        "total": view.total,
    }
    return changes.cursor, told


def _compare(reader: Reader, first: str, second: str) -> str:
    views = [reader.view(first), reader.view(second)]
    divergence = first_divergence(*((view.store, view.spans) for view in views))
    changes = verdict_changes(*(view.spans for view in views))
    return render(
        "compare.html",
        title="Two traces",
        at=reader.at,
        divergence=divergence,
        changes=changes,
        table=[(c.phrase, c.first, c.second, True) for c in changes],
        sides=[*_sides(reader, views, None if divergence is None else divergence.place)],
    )


def _sides(reader: Reader, views: list[TraceView], place: int | None) -> Iterator[dict[str, Any]]:
    for name, view in zip(("First", "Second"), views, strict=True):
        begin = 0 if place is None else max(0, place - AROUND)
        shown = view.rows[begin : (place or 0) + AROUND + 1]
        parting = view.rows[place].span.span_id if place is not None and place < len(view.rows) else None
        step = (
            ""
            if parting is None
            else step_html(view.step(parting), link=_link(reader, view), texts=_texts(reader, view, parting))
        )
        yield {
            "name": name,
            "trace": view.trace,
            "account": account_html(view),
            "before": begin,
            "after": max(0, len(view.rows) - begin - len(shown)),
            "rows": Markup("").join(
                Markup(part("trace.html", "plain_row", view.row(row), view.total, _link(reader, view), parting))
                for row in shown
            ),
            "step": step,
        }
