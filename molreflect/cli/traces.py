"""Commands that show how alignments and answers came about."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Annotated

import typer

from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.options import AsJson, Traces
from molreflect.cli.render import print_json
from molreflect.tools.errors import InputError

app = typer.Typer(
    cls=PanelGroup, no_args_is_help=True, rich_markup_mode=None, help="See how alignments and answers came about."
)


@app.command("list", cls=PanelCommand)
def list_traces(
    run: Traces,
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the traces of a run.

    Example: molreflect traces list runs/first
    """
    from molreflect.cli.render import print_traces
    from molreflect.graphs.traces.store import TraceStore

    with closing(TraceStore(run / "traces.sqlite", must_exist=True)) as store:
        found = store.traces(limit=limit)
    print_json(found) if as_json else print_traces(found)


@app.command("show", cls=PanelCommand)
def show_trace(
    run: Traces,
    id: Annotated[str, typer.Argument(help="A pair's id, a conversation's name, or a trace id.")],
    full: Annotated[bool, typer.Option("--full", help="Show every argument and result whole.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show one trace as a tree: a line for each step and what came of it.

    Example: molreflect traces show runs/first S001 --full
    """
    from molreflect.cli.render import print_trace
    from molreflect.graphs.traces.store import TraceStore

    with closing(TraceStore(run / "traces.sqlite", must_exist=True)) as store:
        found = store.traces(subject=id)
        if not found:
            raise InputError(f"{run} has no trace of {id!r}; molreflect traces list {run} names those it has")
        spans = {trace["trace_id"]: store.spans(trace["trace_id"]) for trace in found}
    if as_json:
        print_json([{**t, "spans": [asdict(s) for s in spans[t["trace_id"]]]} for t in found])
    else:
        for trace in found:
            print_trace(trace, spans[trace["trace_id"]], full=full)
