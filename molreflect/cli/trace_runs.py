"""Commands that run traces again, and compare them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molreflect.cli import help
from molreflect.cli.help import PanelCommand
from molreflect.cli.options import AsJson, BaseUrl, Prices, TracesOf, TracesOfRun, seconds_of
from molreflect.cli.progress import say
from molreflect.cli.render import print_json
from molreflect.cli.traces import folder_of, found_traces, open_store
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Directions, ExportFormat, Reason, Verdict

if TYPE_CHECKING:
    from molreflect.graphs.replay.opening import Bench
    from molreflect.graphs.traces.spans import Span
    from molreflect.graphs.traces.store import TraceStore, TraceSummary

CorpusOf = Annotated[
    str | None, typer.Option("--corpus", help="The pairs it was made with, where it is not a run's.", metavar="<file>")
]


def replay_traces(
    id: Annotated[
        str | None, typer.Argument(help="A pair's id, a conversation's name, or what a trace id begins with.")
    ] = None,
    path: TracesOf = None,
    run: TracesOfRun = None,
    turn: Annotated[int | None, typer.Option(min=1, help="Only the Nth question of a conversation.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every trace; give no id.")] = False,
    model_only: Annotated[
        bool, typer.Option("--model-only", help="Only the model answers as then; tools and verification are today's.")
    ] = False,
    corpus: CorpusOf = None,
    as_json: AsJson = False,
) -> None:
    """Run a trace again from what was kept, offline.

    Ends with code 0 where the record is the same byte for byte, with 1 where it is not, and says where it parts from
    the trace; with 2 where the trace cannot be replayed.

    Example: molreflect traces replay S001 runs/first
    """
    from molreflect.cli.trace_replays import print_replayed, print_replays
    from molreflect.graphs.replay.opening import replay_traces as replay_each

    if every:
        path, id = path or (Path(id) if id else None), None
    elif id is None:
        raise InputError("name a trace, or replay all with --all; molreflect traces list names them")
    with _bench(path, run, corpus) as bench:
        found = bench.store.traces() if id is None else found_traces(bench.store, id, turn)
        refused: list[tuple[TraceSummary, str]] = []
        done = list(replay_each(bench, found, lambda trace, why: refused.append((trace, why)), model_only=model_only))
    if not done and refused:
        trace, why = refused[0]
        more = f" (nor can {counted(len(refused) - 1, 'other')})" if len(refused) > 1 else ""
        raise InputError(f"{trace.subject} (trace {trace.trace_id[:8]}) cannot be replayed{more}: {why}")
    if as_json:
        print_json([each.to_json() for each in done])
    elif every:
        print_replays(done, refused, model_only=model_only)
    else:
        for each in done:
            print_replayed(each, model_only=model_only)
        for trace, why in refused:
            say(f"{trace.subject} (trace {trace.trace_id[:8]}) cannot be replayed: {why}")
    if not all(each.identical for each in done):
        raise typer.Exit(1)


def diff_traces(
    first: Annotated[str, typer.Argument(help="A pair's id, or what a trace id begins with.")],
    second: Annotated[str, typer.Argument(help="Likewise, of the trace it is compared with.")],
    path: TracesOf = None,
    run: TracesOfRun = None,
    other: Annotated[
        Path | None, typer.Option(help="The run directory of the second; that of the first by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show where two traces part first, and which verdicts differ.

    Example: molreflect traces diff 3f2a 91bc runs/first
    """
    from molreflect.cli.trace_replays import print_difference
    from molreflect.graphs.replay.compare import compare_traces

    with closing(open_store(path, run)) as ours, closing(open_store(other or path, None if other else run)) as theirs:
        traces = (_one(ours, first), _one(theirs, second))
        difference = compare_traces((ours, traces[0]), (theirs, traces[1]))
    print_json(difference.to_json()) if as_json else print_difference(difference)


def register(app: typer.Typer) -> None:
    """Offer the commands beside those that show traces."""
    for name, command in (
        ("replay", replay_traces),
        ("fork", fork_trace),
        ("diff", diff_traces),
        ("to-dataset", export_dataset),
    ):
        app.command(name, cls=PanelCommand)(command)


@contextmanager
def _bench(path: Path | None, run: Path | None, corpus: str | None) -> Iterator[Bench]:
    from molreflect.graphs.replay.opening import open_bench
    from molreflect.settings import Settings

    settings = Settings()
    where = open_bench(
        folder_of(path, run), cache=settings.cache, sample=settings.sample, corpus=corpus, report=lambda _: None
    )
    with where as bench:
        yield bench


def fork_trace(
    id: Annotated[str, typer.Argument(help="A pair's id, or what a trace id begins with.")],
    path: TracesOf = None,
    run: TracesOfRun = None,
    at: Annotated[str, typer.Option("--at", help="What the id of the changed step begins with.", metavar="<id>")] = "",
    changes: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="A file with all of its new text, or one thing of it as KEY=VALUE; repeatable.",
            metavar="<what>",
        ),
    ] = None,
    turn: Annotated[int | None, typer.Option(min=1, help="The Nth question of a conversation.")] = None,
    model: Annotated[str | None, typer.Option(help="Ask another model: 'lexicon', or provider:model.")] = None,
    base_url: BaseUrl = None,
    prices: Prices = None,
    corpus: CorpusOf = None,
    as_json: AsJson = False,
) -> None:
    """Run a trace again with a step changed; pay for what follows.

    What comes before the step is replayed from the trace. The fork is a trace of its own that names its parent.

    Example: molreflect traces fork S001 runs/first --at 9573a2d4 --set 'phenols=[OX2H1]c1ccccc1'
    """
    from molreflect.cli.trace_replays import print_forked
    from molreflect.graphs.replay.edits import read_edits
    from molreflect.graphs.replay.fork import fork
    from molreflect.graphs.replay.live import open_live

    if not at:
        raise InputError("name the step to change with --at; molreflect traces show names steps by their ids")
    with _bench(path, run, corpus) as bench:
        trace = _one(bench.store, id, turn)
        kept = bench.load(trace)
        edits = read_edits(kept, step_of(kept.spans, at, trace.trace_id), changes or ())
        live = open_live(kept, bench.folder, model=model, base_url=base_url, prices=prices)
        done = fork(bench.store, kept, edits, live, bench.resources(kept), bench.tools(kept), run=trace.run)
    print_json(done.to_json()) if as_json else print_forked(done)
    if done.error:
        raise typer.Exit(1)


class DatasetFormat(StrEnum):
    """Rows that chosen traces become."""

    SFT = "sft"
    PREFERENCE = "preference"


def export_dataset(
    path: TracesOf = None,
    run: TracesOfRun = None,
    format: Annotated[DatasetFormat, typer.Option(help="What is trained with.")] = DatasetFormat.SFT,
    out: Annotated[Path | None, typer.Option(help="The file of JSON lines.", metavar="<file>")] = None,
    id: Annotated[
        list[str] | None, typer.Option(help="Only these: a pair's id or a trace id; repeatable.", metavar="<id>")
    ] = None,
    verdict: Annotated[Verdict | None, typer.Option(help="As in list, like what follows.")] = None,
    reason: Annotated[Reason | None, typer.Option(metavar="<reason>")] = None,
    tool: Annotated[str | None, typer.Option()] = None,
    min_cost: Annotated[float | None, typer.Option(min=0, rich_help_panel=help.MORE)] = None,
    text: Annotated[str | None, typer.Option(rich_help_panel=help.MORE)] = None,
    since: Annotated[str | None, typer.Option(rich_help_panel=help.MORE)] = None,
    direction: Annotated[
        Directions, typer.Option(help="What is given and what is written.", rich_help_panel=help.MORE)
    ] = Directions.BOTH,
) -> None:
    """Write chosen traces as rows to train with.

    Example: molreflect traces to-dataset runs/first --format preference --reason absent --out pairs.jsonl
    """
    from molreflect.graphs.traces.summary import TraceFilter
    from molreflect.tools.storage import require_writable
    from molreflect.training.export.rows import ExportCounts, trace_rows
    from molreflect.training.export.write import write_rows

    if out is None:
        raise InputError("name the file of the rows with --out")
    require_writable(out, "--out")
    after = None if since is None else time.time() - seconds_of(since, "--since")
    chosen = TraceFilter(
        kind="alignment", verdict=verdict, reason=reason, tool=tool, min_cost=min_cost, text=text, since=after
    )
    form, counts = ExportFormat(format.value), ExportCounts()
    with closing(open_store(path, run)) as store:
        found = store.traces(chosen)
        if id:
            named = {trace.trace_id for each in id for trace in found_traces(store, each, None)}
            found = [trace for trace in found if trace.trace_id in named]
        write_rows(out, trace_rows(store, reversed(found), form, direction, counts))
    if counts.unfinished:
        say(f"{counted(counts.unfinished, 'trace')} left out: without a record, or its texts were not kept")
    if not counts.rows:
        why = counts.why_none(form) if counts.pairs else "no trace that was chosen has a record"
        raise InputError(f"no rows, and nothing was written: {why}")
    say(f"{counted(counts.rows, 'row')} of {counted(counts.pairs, 'trace')} in {out}")


def step_of(spans: Sequence[Span], named: str, trace_id: str) -> Span:
    """Find a step by what its id begins with.

    Raises:
        InputError: None does, or several.
    """
    fitting = [span for span in spans if span.span_id.startswith(named)]
    if len(fitting) != 1:
        said = "several steps begin" if fitting else "no step that led to the end begins"
        raise InputError(f"{said} with {named}; molreflect traces show {trace_id[:8]} names them")
    return fitting[0]


def _one(store: TraceStore, id: str, turn: int | None = None) -> TraceSummary:
    found = found_traces(store, id, turn)
    if len(found) > 1:
        ids = ", ".join(trace.trace_id[:8] for trace in found[-3:])
        raise InputError(f"{id} has {counted(len(found), 'trace')}, the last of them {ids}; name one by its id")
    return found[0]
