"""Runs and traces, to be read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from fastapi import APIRouter, Depends, Query
from fastapi import Path as InPath
from pydantic import BaseModel, Field

from molreflect.graphs.runs.status import RunStatus, status_of
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.traces.store import TraceFilter, TraceStore, TraceSummary
from molreflect.services.workers import Workers
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Verdict
from molreflect.web.rest.problems import NotFoundError, only_known, responses
from molreflect.web.shelf import Shelf

T = TypeVar("T", bound="TraceOut")
MAX_LISTED = 200
LARGEST = 2**40
"""Of offsets; databases count in 64 bits."""

Limit = Annotated[int, Query(ge=1, le=MAX_LISTED)]
Offset = Annotated[int, Query(ge=0, le=LARGEST)]


class RunOut(BaseModel):
    """How far a run is."""

    name: str = Field(description="Of its folder; what it is asked for with.")
    state: str
    phase: str
    began: float | None = Field(description="Unix time in seconds.")
    ended: float | None
    how: str = Field(description="How it ended.")
    rows: dict[str, int] = Field(description="Rows by state.")
    failures: dict[str, int] = Field(description="Failed rows by kind.")
    verdicts: dict[str, int] = Field(description="Phrases of finished rows by verdict.")
    rows_per_minute: float
    seconds_left: float | None
    cost: float | None
    currency: str


class Runs(BaseModel):
    """The runs that the server was given."""

    runs: list[RunOut]


class RunWithSettings(RunOut):
    """How far a run is, and what it was begun with."""

    settings: dict[str, Any]


class Records(BaseModel):
    """Finished records of a run in the order of its corpus, as lines of `alignments.jsonl`."""

    total: int = Field(description="Rows that are done.")
    records: list[dict[str, Any]]


class TraceOut(BaseModel):
    """One line of a list of traces."""

    trace_id: str
    parent_trace: str | None
    run: str
    kind: str
    subject: str
    title: str
    started: float = Field(description="Unix time in seconds.")
    seconds: float
    status: str
    verdicts: dict[str, int]
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost: float | None
    currency: str
    spans: int
    model_calls: int
    tool_calls: int
    errors: int


class Traces(BaseModel):
    """Traces, the latest first."""

    total: int = Field(description="All that fit.")
    traces: list[TraceOut]


class SpanOut(BaseModel):
    """One step of a trace."""

    span_id: str
    parent_id: str | None
    name: str
    kind: str
    started: float
    seconds: float | None
    status: str
    attributes: dict[str, Any]


class OneTrace(TraceOut):
    """A trace with its steps, in the order they began."""

    steps: list[SpanOut] = Field(description="Of them as many as were asked for; `spans` counts all.")


def build_router(shelf: Shelf, traces: TraceStore, workers: Workers) -> APIRouter:
    """Build the addresses of what is kept.

    Args:
        shelf: Finds runs.
        traces: The traces of the home folder.
        workers: In a thread of which files are read.
    """
    router = APIRouter(responses=responses(422, 429), dependencies=[Depends(only_known)])
    _add_runs(router, shelf, workers)
    _add_traces(router, traces, workers)
    return router


def _add_runs(router: APIRouter, shelf: Shelf, workers: Workers) -> None:
    def folder_of(name: str) -> Path:
        if (found := (runs := shelf.runs()).get(name)) is None:
            known = ", ".join(list(runs)[:5]) or "none"
            raise NotFoundError(f"no run {name[:80]!r} in what this server was given (--runs); there is {known}")
        return found

    @router.get("/runs", tags=["runs"], summary="List runs")
    async def listed() -> Runs:
        """Those that the server was started with; one that cannot be read says so in `how`."""

        def look() -> Runs:
            return Runs(runs=[_looked_at(name, path) for name, path in shelf.runs().items()])

        return await workers.call(look)

    @router.get("/runs/{name}", tags=["runs"], summary="Look at a run", responses=responses(404))
    async def one(name: str) -> RunWithSettings:
        """How far it is, and its settings."""

        def look() -> RunWithSettings:
            folder = folder_of(name)
            with closing(RunStore.open(folder)) as store:
                settings = dict(store.settings)
            return RunWithSettings(**_run(name, status_of(folder)).model_dump(), settings=settings)

        return await workers.call(look)

    @router.get("/runs/{name}/records", tags=["runs"], summary="Read records of a run", responses=responses(404))
    async def records(name: str, offset: Offset = 0, limit: Limit = 50) -> Records:
        """Those that are done."""

        def read() -> Records:
            with closing(RunStore.open(folder_of(name))) as store:
                done = [row.position for row in store.rows("done")]
                return Records(total=len(done), records=list(store.records(done[offset : offset + limit])))

        return await workers.call(read)


def _add_traces(router: APIRouter, traces: TraceStore, workers: Workers) -> None:
    @router.get("/traces", tags=["traces"], summary="List traces")
    async def listed(
        limit: Limit = 50,
        kind: Literal["alignment", "conversation"] | None = None,
        subject: Annotated[str | None, Query(max_length=400, description="A pair's id or a conversation.")] = None,
        verdict: Verdict | None = None,
        status: Literal["ok", "error", "open"] | None = None,
        text: Annotated[str | None, Query(max_length=400, description="Words of messages and results.")] = None,
    ) -> Traces:
        """Of the home folder: conversations and single alignments."""
        chosen = TraceFilter(kind=kind, subject=subject, verdict=verdict, status=status, text=text)

        def look() -> Traces:
            found = [_trace(TraceOut, each) for each in traces.traces(chosen, limit=limit)]
            return Traces(total=traces.count(chosen), traces=found)

        return await workers.call(look)

    @router.get("/traces/{trace_id}", tags=["traces"], summary="Read a trace", responses=responses(404))
    async def one(
        trace_id: Annotated[str, InPath(max_length=64)],
        offset: Offset = 0,
        limit: Annotated[int, Query(ge=1, le=1_000, description="Steps.")] = 200,
    ) -> OneTrace:
        """With its steps and what they read and said."""

        def read() -> OneTrace:
            found = traces.trace(trace_id)
            if found is None:
                raise NotFoundError(f"no trace {trace_id[:64]!r}; /api/v1/traces lists them")
            spans = traces.spans(trace_id, offset=offset, limit=limit)
            steps = [SpanOut.model_validate(traces.resolved(span).to_json()) for span in spans]
            return _trace(OneTrace, found, steps=steps)

        return await workers.call(read)


def _looked_at(name: str, folder: Path) -> RunOut:
    try:
        return _run(name, status_of(folder))
    except InputError as error:
        return RunOut(
            name=name,
            state="unreadable",
            phase="",
            began=None,
            ended=None,
            how=str(error),
            rows={},
            failures={},
            verdicts={},
            rows_per_minute=0.0,
            seconds_left=None,
            cost=None,
            currency="",
        )


def _run(name: str, found: RunStatus) -> RunOut:
    return RunOut(
        name=name,
        state=found.state,
        phase=found.phase,
        began=found.began,
        ended=found.ended,
        how=found.how,
        rows=found.rows,
        failures=found.failures,
        verdicts=found.verdicts,
        rows_per_minute=found.rows_per_minute,
        seconds_left=found.seconds_left,
        cost=found.spent.cost,
        currency=found.currency,
    )


def _trace(make: Callable[..., T], found: TraceSummary, **more: Any) -> T:
    return make(**found.to_json(), **more)
