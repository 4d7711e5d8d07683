"""Pages of runs: how far each is, how its phrases fared, its alignments, what failed, several beside each other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from molreflect.graphs.runs.browse import AlignmentFilter, FoundRows
from molreflect.graphs.runs.diff import RunDiff, diff_runs
from molreflect.graphs.runs.stamp import stamp_of
from molreflect.graphs.runs.status import RunStatus, status_of
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import FailureKind, PhraseKind, Reason, Verdict
from molreflect.tools.views.html import alignment_html
from molreflect.web import traces
from molreflect.web.pages import goes_on, render
from molreflect.web.shelf import Shelf, keeps_traces
from molreflect.web.status import status_facts

AT = "/runs"
"""Where the pages begin."""
SIZE = 10
"""Pairs of a page."""
MOST = 200
"""Failed rows, or phrases with another verdict, that are listed."""
MOST_COMPARED = 6
_WRITTEN = ("run.sqlite", "control.sqlite")
"""What is written to while a run goes on."""
SECONDS = 1.0
"""How often a look is taken whether a run has moved."""
_CHOICES: tuple[tuple[str, type[PhraseKind] | type[Verdict] | type[Reason]], ...] = (
    ("kind", PhraseKind),
    ("verdict", Verdict),
    ("reason", Reason),
)


def build_router(shelf: Shelf) -> APIRouter:
    """Build the pages of the runs on a shelf."""
    router = APIRouter(prefix=AT)

    @router.get("", response_class=HTMLResponse)
    def list_page() -> str:
        found = [(name, _looked_at(folder)) for name, folder in shelf.runs().items()]
        return render("runs.html", title="Runs", runs=[(name, *each) for name, each in found], link=address)

    @router.get("/compare", response_class=HTMLResponse)
    def compare_page(run: Annotated[list[str] | None, Query()] = None) -> str:
        return _compared(shelf, list(dict.fromkeys(run or [])))

    @router.get("/{name}", response_class=HTMLResponse)
    def run_page(name: str) -> str:
        folder = shelf.folder(name)
        return render("run_page.html", title=name, name=name, folder=str(folder), link=address, **_now(shelf, name))

    @router.get("/{name}/now", response_class=HTMLResponse)
    def now(name: str) -> str:
        return render("run_now.html", name=name, link=address, **_now(shelf, name))

    @router.get("/{name}/events", response_class=EventSourceResponse)
    async def events(request: Request, name: str) -> AsyncIterator[ServerSentEvent]:
        folder = await run_in_threadpool(shelf.folder, name)
        seen = stamp_of(folder, *_WRITTEN)
        while goes_on(request):
            await asyncio.sleep(SECONDS)
            if (stamp := stamp_of(folder, *_WRITTEN)) != seen:
                seen = stamp
                yield ServerSentEvent(data="", event="grown")

    @router.get("/{name}/alignments", response_class=HTMLResponse)
    def alignments(request: Request, name: str, page: Annotated[int, Query(ge=1)] = 1) -> HTMLResponse:
        asked = {k: v for k, v in request.query_params.items() if v and k != "page"}
        return _alignments(shelf, name, asked, page)

    @router.get("/{name}/failures", response_class=HTMLResponse)
    def failures(name: str, kind: str = "") -> str:
        return _failures(shelf, name, kind)

    router.routes.append(Route(f"{AT}/{{name}}/traces{{rest:path}}", _Traces(shelf)))
    return router


class _Traces:
    """Hands a request on to the pages of a run's traces, which are made when they are first asked for."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._made: dict[Path, APIRouter] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path_params"]["name"]
        folder = await run_in_threadpool(self._shelf.folder, name)
        if folder not in self._made:
            store = await run_in_threadpool(self._shelf.traces, name)
            self._made[folder] = traces.build_router(
                store, at=f"{AT}/{quote(name, safe='')}/traces", places=partial(trace_places, self._shelf)
            )
        await self._made[folder](scope, receive, send)


def trace_places(shelf: Shelf) -> list[tuple[str, str]]:
    """Say whose traces there are: those of the home folder, and of the runs that kept some."""
    kept = [(f"run {name}", address(name, "traces")) for name, folder in shelf.runs().items() if keeps_traces(folder)]
    return [("home folder", traces.AT), *kept] if kept else []


def address(name: str, *more: str, **asked: object) -> str:
    """Write the address of a page of a run."""
    path = "/".join(quote(part, safe="") for part in (name, *more))
    given = urlencode({key: value for key, value in asked.items() if value not in (None, "")})
    return f"{AT}/{path}?{given}" if given else f"{AT}/{path}"


# ------------------------------------------------------------------------------------------------------------- one run


def _looked_at(folder: Path) -> tuple[RunStatus | None, str]:
    """How far a run is, or why that cannot be said."""
    try:
        return status_of(folder), ""
    except InputError as error:
        return None, str(error)


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of the funnel."""

    name: str
    words: str
    count: int
    share: float
    """Of the first step, 0 to 1."""
    of_before: float | None
    """Of the step before."""


_STEPS = {
    "read": "phrases in the records",
    "structural": "speak of structure",
    "drafted": "tied to a pattern",
    "verified": "decided by chemistry",
    "supported": "borne out",
}


def _now(shelf: Shelf, name: str) -> dict[str, Any]:
    folder = shelf.folder(name)
    status, index = status_of(folder), shelf.index(name)
    steps = index.funnel().steps
    widest = max(1, steps[0][1])
    before: list[int | None] = [None, *(count for _, count in steps)]
    bars = [
        Bar(step, _STEPS[step], count, count / widest, count / earlier if earlier else None)
        for (step, count), earlier in zip(steps, before, strict=False)
    ]
    reasons = [(Reason(reason), count) for reason, count in index.counts("reason").items()]
    return {"status": status, "facts": status_facts(status), "bars": bars, "reasons": reasons}


def _alignments(shelf: Shelf, name: str, asked: dict[str, str], page: int) -> HTMLResponse:
    index = shelf.index(name)
    found = index.find(filter_of(asked), page=page - 1, size=SIZE)
    pages = max(1, -(-found.pairs // SIZE))
    if page > pages:
        raise InputError(f"there are {counted(pages, 'page')}, and no page {page}")
    filters = [(column, _choices(kinds, index.counts(column))) for column, kinds in _CHOICES]
    kept = {key: asked.get(key, "") for key in ("kind", "verdict", "reason", "text")}
    told = f"{counted(found.alignments, 'alignment')} in {counted(found.pairs, 'pair')}"
    html = render(
        "alignments.html",
        title=f"Alignments of {name}",
        name=name,
        link=address,
        asked=kept,
        filters=filters,
        told=told,
        narrowed=any(kept.values()),
        page=page,
        pages=pages,
        cards=[_card(record, found, name) for record in found.records],
    )
    return HTMLResponse(html, headers={"HX-Replace-Url": address(name, "alignments", **kept)} if page == 1 else {})


def _card(record: Mapping[str, Any], found: FoundRows, name: str) -> dict[str, Any]:
    fitting = found.fitting[record["id"]]
    html = alignment_html(record)
    for number in range(len(record["alignments"])):
        if number not in fitting:
            html = html.replace(f'<li data-n="{number}"', f'<li class="unmatched" data-n="{number}"', 1)
    trace = record.get("trace_id")
    return {"html": Markup(html), "id": record["id"], "trace": address(name, "traces", trace) if trace else ""}


def _choices(kinds: Any, counts: Mapping[str, int]) -> list[tuple[str, str]]:
    return [
        (kind.value, f"{kind.sentence if isinstance(kind, Reason) else kind.value} ({counts[kind]:,})")
        for kind in kinds
        if counts.get(kind)
    ]


def filter_of(asked: Mapping[str, str]) -> AlignmentFilter:
    """Read a filter of what an address asks for.

    Raises:
        InputError: It asks for a kind, verdict or reason that is none.
    """
    named: dict[str, Any] = {}
    for column, kinds in _CHOICES:
        if value := asked.get(column):
            if value not in [*kinds]:
                raise InputError(f"{value!r} is no {column}; it is one of {', '.join(kinds)}")
            named[column] = kinds(value)
    return AlignmentFilter(**named, text=asked.get("text", ""))


def _failures(shelf: Shelf, name: str, kind: str) -> str:
    if kind and kind not in [*FailureKind]:
        raise InputError(f"{kind!r} is no kind of failure; it is one of {', '.join(FailureKind)}")
    with closing(RunStore.open(shelf.folder(name))) as store:
        kinds = store.failed.counts()
        rows = store.failed.rows(FailureKind(kind) if kind else None, most=MOST)
        bad = store.bad_rows()
    of = kinds.get(FailureKind(kind), 0) if kind else sum(kinds.values())
    by_reason: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        by_reason.setdefault((row.kind, row.reason), []).append(row)
    groups = sorted(by_reason.items(), key=lambda group: -len(group[1]))
    return render(
        "failures.html",
        title=f"Failures of {name}",
        name=name,
        link=address,
        kinds=kinds,
        kind=kind,
        groups=groups,
        of=of,
        shown=len(rows),
        bad=bad[:MOST],
        all_bad=len(bad),
    )


# --------------------------------------------------------------------------------------------------------- several runs


def _compared(shelf: Shelf, names: Sequence[str]) -> str:
    if not 2 <= len(names) <= MOST_COMPARED:
        raise InputError(f"2 to {MOST_COMPARED} runs are compared, and {len(names)} named; tick them in the list")
    folders = [shelf.folder(name) for name in names]
    funnels = [shelf.index(name).funnel() for name in names]
    diffs = [diff_runs(folders[0], folder) for folder in folders[1:]]
    states = [diffs[0].a, *(diff.b for diff in diffs)]
    lines = [
        ("rows done", [f"{s.rows.get('done', 0):,} of {sum(s.rows.values()):,}" for s in states]),
        ("rows failed", [f"{s.rows.get('failed', 0):,}" for s in states]),
        ("phrases of structure", [f"{f.structural:,}" for f in funnels]),
        ("of them supported", [f"{f.supported / f.structural:.1%}" if f.structural else "none" for f in funnels]),
        ("of them refuted", [f"{s.verdicts.get(Verdict.REFUTED, 0):,}" for s in states]),
        ("calls", [f"{s.spent.calls:,}" for s in states]),
        ("tokens", [f"{s.spent.input_tokens + s.spent.output_tokens:,}" for s in states]),
        ("money", [f"{s.spent.cost:,.4f} {s.currency}" if s.spent.cost else "none" for s in states]),
    ]
    return render(
        "runs_compared.html",
        title="Runs compared",
        names=names,
        lines=lines,
        link=address,
        diffs=[_told(name, diff) for name, diff in zip(names[1:], diffs, strict=True)],
    )


def _told(name: str, diff: RunDiff) -> dict[str, Any]:
    """What is shown of the difference of a run from the first."""
    return {
        "name": name,
        "diff": diff,
        "settings": [(s.name, _short(s.a), _short(s.b)) for s in diff.settings],
        "verdicts": [(a, b, count) for (a, b), count in diff.verdicts.most_common()],
        "phrases": diff.phrase_changes[:MOST],
        "more": max(0, len(diff.phrase_changes) - MOST),
    }


def _short(value: object) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= MOST else f"{text[:MOST]}… ({len(text):,} characters)"
