"""Commands that show how alignments and answers came about."""

from __future__ import annotations

import json
import time
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.options import AsJson, TracesOf, TracesOfRun, seconds_of
from molreflect.cli.printable import json_line
from molreflect.cli.progress import say
from molreflect.cli.render import print_json
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_path
from molreflect.tools.terms import Reason, Verdict

if TYPE_CHECKING:
    from molreflect.graphs.traces.spans import Span
    from molreflect.graphs.traces.store import TraceStore, TraceSummary

app = typer.Typer(
    cls=PanelGroup, no_args_is_help=True, rich_markup_mode=None, help="See how alignments and answers came about."
)


class Ended(StrEnum):
    """How a trace ended."""

    OK = "ok"
    ERROR = "error"
    OPEN = "open"


class TraceFormat(StrEnum):
    """How traces are written for other programs."""

    JSONL = "jsonl"
    OTLP = "otlp"


@app.command("list", cls=PanelCommand)
def list_traces(
    path: TracesOf = None,
    run: TracesOfRun = None,
    verdict: Annotated[Verdict | None, typer.Option(help="With such an alignment at the end.")] = None,
    reason: Annotated[Reason | None, typer.Option(help="Likewise, by its reason.", metavar="<reason>")] = None,
    tool: Annotated[str | None, typer.Option(help="That called this tool.")] = None,
    status: Annotated[Ended | None, typer.Option(help="That ended so; open ones go on, or were killed.")] = None,
    min_cost: Annotated[float | None, typer.Option(min=0, help="That cost so much at least.")] = None,
    text: Annotated[str | None, typer.Option(help="With a message, argument or result that has these words.")] = None,
    since: Annotated[str | None, typer.Option(help="Of the last time: 30m, 12h, 2d.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most traces, the latest ones.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List traces, the latest first.

    Example: molreflect traces list runs/first --verdict refuted --text 'methyl ester'
    """
    from molreflect.cli.trace_list import print_traces
    from molreflect.graphs.traces.store import TraceFilter

    after = None if since is None else time.time() - seconds_of(since, "--since")
    chosen = TraceFilter(
        verdict=verdict, reason=reason, tool=tool, status=status, min_cost=min_cost, text=text, since=after
    )
    with closing(open_store(path, run)) as store:
        found, total = store.traces(chosen, limit=limit), store.count(chosen)
    if as_json:
        print_json([trace.to_json() for trace in found])
        return
    if not found:
        say("no trace fits what was asked for" if chosen != TraceFilter() else "there are no traces")
        return
    print_traces(found)
    if total > len(found):
        say(f"the latest {len(found)} of {counted(total, 'trace')}; --limit shows more")


@app.command("show", cls=PanelCommand)
def show_trace(
    id: Annotated[str, typer.Argument(help="A pair's id, a conversation's name, or what a trace id begins with.")],
    path: TracesOf = None,
    run: TracesOfRun = None,
    span: Annotated[str | None, typer.Option(help="Only this step, whole.", metavar="<id>")] = None,
    turn: Annotated[int | None, typer.Option(min=1, help="Only the Nth question of a conversation.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Show every message, argument and result whole.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write one trace as a page that works from disk.", metavar="<file>")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show a trace as a tree, a line a step and what came of it.

    Example: molreflect traces show S001 runs/first
    """
    from molreflect.cli.trace_list import print_span, print_trace

    where = path or run
    if (Path(id) / "traces.sqlite").is_file() and where is not None and not where.is_dir():
        raise InputError(f"the id comes first: molreflect traces show {where} {id}")
    with closing(open_store(path, run)) as store:
        found = found_traces(store, id, turn)
        if html is not None:
            _write_page(store, found, id, html)
            return
        spans = {trace.trace_id: store.spans(trace.trace_id) for trace in found}
        if span is not None:
            one = _one_span(found, spans, span)
            print_json(store.resolved(one).to_json()) if as_json else print_span(store.resolved(one))
        elif as_json:
            print_json([_whole(store, trace, spans[trace.trace_id]) for trace in found])
        else:
            for trace in found:
                print_trace(trace, spans[trace.trace_id], store, full=full)


@app.command("export", cls=PanelCommand)
def export_traces(
    path: TracesOf = None,
    run: TracesOfRun = None,
    format: Annotated[TraceFormat, typer.Option(help="JSON lines, or OpenTelemetry's protocol.")] = TraceFormat.JSONL,
    endpoint: Annotated[
        str | None, typer.Option(help="Where otlp goes, e.g. http://127.0.0.1:6006/v1/traces.", metavar="<url>")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The file of JSON lines; the terminal where none is named.")] = None,
    id: Annotated[
        list[str] | None,
        typer.Option(help="Only these: a pair's id, a conversation's name, a trace id; repeatable.", metavar="<id>"),
    ] = None,
    since: Annotated[str | None, typer.Option(help="Only those of the last time: 30m, 12h, 2d.")] = None,
) -> None:
    """Write traces as JSON lines, or send them over OTLP.

    Example: molreflect traces export runs/first --format otlp --endpoint http://127.0.0.1:6006/v1/traces
    """

    if (format is TraceFormat.OTLP) != (endpoint is not None):
        raise InputError("--format otlp takes an --endpoint, and nothing else does")
    if format is TraceFormat.OTLP and out is not None:
        raise InputError("--out is for --format jsonl; otlp goes to its --endpoint")
    after = None if since is None else time.time() - seconds_of(since, "--since")
    with closing(open_store(path, run)) as store:
        found = [t for each in id for t in found_traces(store, each, None)] if id else store.traces()
        chosen = sorted((t for t in found if after is None or t.started >= after), key=lambda t: t.place)
        if endpoint is not None:
            from molreflect.graphs.traces.otlp import send_traces

            sent = send_traces(store, chosen, endpoint)
            say(f"{counted(len(chosen), 'trace')} sent, {counted(sent, 'span')}")
            return
        whole = (_whole(store, t, store.spans(t.trace_id)) for t in chosen)
        if out is None:
            for trace in whole:
                print(json_line(trace))
            return
        with atomic_path(out) as part, part.open("w", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(trace, ensure_ascii=False)}\n" for trace in whole)
    say(f"{counted(len(chosen), 'trace')} written to {out}")


@app.command("prune", cls=PanelCommand)
def prune_traces(
    older_than: Annotated[str, typer.Option(help="Those that began before: 30d, 12h; 0d forgets all.")],
    path: TracesOf = None,
    run: TracesOfRun = None,
) -> None:
    """Forget old traces, and the texts that only they had.

    Example: molreflect traces prune --older-than 30d
    """
    age = seconds_of(older_than, "--older-than")
    with closing(open_store(path, run)) as store:
        gone = store.prune(time.time() - age)
    say(f"{counted(gone, 'trace')} forgotten")


def folder_of(path: Path | None, run: Path | None) -> Path:
    """Name the folder whose traces are meant: a run, or the home folder.

    Raises:
        InputError: Two are named, or the home folder has no traces.
    """
    from molreflect.graphs.traces.schema import FILE
    from molreflect.settings import Settings

    if path is not None and run is not None:
        raise InputError(f"two runs are named, {path} and {run}; name one")
    folder = path or run
    if folder is not None:
        return folder
    home = Settings().home
    if not (home / FILE).is_file():
        raise InputError(f"there are no traces in {home} yet; ask a question, align a pair, or name a run directory")
    return home


def open_store(path: Path | None, run: Path | None) -> TraceStore:
    """Open the traces of a run, or those of the home folder."""
    from molreflect.graphs.traces.store import FILE, TraceStore

    return TraceStore(folder_of(path, run) / FILE, must_exist=True)


def found_traces(store: TraceStore, id: str, turn: int | None) -> list[TraceSummary]:
    """Find the traces that an id stands for.

    Raises:
        InputError: There is none, or no such turn.
    """
    found = store.find(id) or _found_hashed(store, id)
    where = store.path.parent
    if not found:
        raise InputError(f"{where} has no trace of {id!r}; molreflect traces list {where} names those it has")
    if turn is None:
        return found
    if turn > len(found):
        raise InputError(f"{id} has {counted(len(found), 'turn')}; there is no turn {turn}")
    return [found[turn - 1]]


def _write_page(store: TraceStore, found: list[TraceSummary], id: str, path: Path) -> None:
    from molreflect.graphs.traces.pages import trace_page

    if len(found) > 1:
        raise InputError(f"{id} has {counted(len(found), 'trace')}; a page shows one: name it by its id, or by --turn")
    text = trace_page(store, found[0])
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")
    print(f"page: {path}")


def _found_hashed(store: TraceStore, id: str) -> list[TraceSummary]:
    """Find traces that were written with --private, whose subjects are hashes."""
    from molreflect.graphs.traces.contents import KEY_FILE, keyed, private_key
    from molreflect.settings import Settings

    home = Settings().home
    return store.find(keyed(private_key(home), id)) if (home / KEY_FILE).is_file() else []


def _one_span(found: list[TraceSummary], spans: dict[str, list[Span]], named: str) -> Span:
    fitting = [s for trace in found for s in spans[trace.trace_id] if s.span_id.startswith(named)]
    if len(fitting) != 1:
        said = "several steps begin" if fitting else "no step begins"
        raise InputError(f"{said} with {named}; molreflect traces show {found[0].trace_id} names them")
    return fitting[0]


def _whole(store: TraceStore, trace: TraceSummary, spans: list[Span]) -> dict[str, Any]:
    from molreflect.graphs.traces.explain import explain

    resolved = [store.resolved(span) for span in spans]
    return {
        **trace.to_json(),
        "alignments": [each.to_json() for each in explain(resolved)],
        "spans": [span.to_json() for span in resolved],
    }
