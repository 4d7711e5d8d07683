"""Commands over batches: how far a run is, what failed to be tried again, and the answers that all runs share."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molreflect.cli import render
from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.options import AsJson, Run, seconds_of
from molreflect.cli.printable import json_line
from molreflect.cli.progress import say
from molreflect.cli.render import print_json, print_line
from molreflect.cli.run_status import going_on, progress_line, status_lines
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.terms import CommandName, FailureKind

if TYPE_CHECKING:
    from molreflect.agents.models.responses import ResponseStore
    from molreflect.graphs.runs.failures import Attempt
    from molreflect.graphs.runs.status import RunStatus

EVERY = 2.0
"""Seconds between two looks at a run that is watched."""

cache = typer.Typer(
    cls=PanelGroup, help="Answers of models that all runs share.", no_args_is_help=True, rich_markup_mode=None
)


def status(
    run: Run,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until the run ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how far a run is, also while it goes on.

    Example: molreflect status runs/first
    """
    from molreflect.graphs.runs.status import status_of
    from molreflect.settings import Settings

    cache = Settings().cache
    found = status_of(run, cache=cache)
    if not watch:
        print_json(found.to_json()) if as_json else _print_status(found)
        return
    with contextlib.suppress(KeyboardInterrupt), _screen() as show:  # Ctrl-C is how one stops to watch
        while True:
            show(json_line(found.to_json()) if as_json else found)
            if not found.running:
                return
            time.sleep(EVERY)
            found = status_of(run, cache=cache)


def _print_status(found: RunStatus) -> None:
    for line in status_lines(found):
        print_line(line)


@contextlib.contextmanager
def _screen() -> Iterator[Callable[[RunStatus | str], None]]:
    """Show what changes: redrawn in place in a terminal, in a pipe one line each time."""
    if not render.out.is_terminal:
        yield lambda found: print(found if isinstance(found, str) else progress_line(found), flush=True)
        return
    from rich.live import Live
    from rich.text import Text

    with Live(console=render.out, auto_refresh=False, vertical_overflow="crop") as live:
        yield lambda found: live.update(
            Text(found if isinstance(found, str) else "\n".join(status_lines(found))), refresh=True
        )


def ctl(
    run: Run,
    action: Annotated[CommandName, typer.Argument(help="What is wanted of the process that works on the run.")],
    number: Annotated[int | None, typer.Argument(help="Calls at a time, for concurrency.", metavar="n")] = None,
) -> None:
    """Steer a run: pause, resume, calls at a time, stop.

    It is obeyed within a second. A pause makes no new call; stop ends the run as Ctrl-C does. Calls under way are
    finished and kept. The concurrency holds until it is changed, beyond --workers too.

    Example: molreflect ctl runs/first concurrency 8
    """
    from molreflect.graphs.runs.control import FILE, ControlFile

    if (number is not None) != (action is CommandName.CONCURRENCY):
        raise InputError("concurrency takes a number of calls, and nothing else does: molreflect ctl RUN concurrency 8")
    if not (run / FILE).is_file():
        if not (run / "run.sqlite").is_file():
            raise InputError(f"{run} is not a run directory; make one with `molreflect distill`")
        raise InputError(f"{run} is no run that goes on; see `molreflect status {run}`")
    with closing(ControlFile(run)) as control:
        print(control.ask(action, number))


Reason = Annotated[
    FailureKind | None, typer.Option(help=f"Only rows that failed so: {', '.join(FailureKind)}.", metavar="<kind>")
]


def retry(
    run: Run,
    reason: Reason = None,
    attempts: Annotated[int | None, typer.Option(min=1, help="Leave rows alone that failed so often or more.")] = None,
) -> None:
    """Put failed rows back in line for `distill --resume`.

    Where some are chosen, a resume leaves the others as they are. Answers that could not be used are asked for anew.

    Example: molreflect retry runs/first --reason malformed
    """
    from molreflect.graphs.runs.status import status_of
    from molreflect.graphs.runs.store import RunStore

    with closing(RunStore.open(run, write=True)) as store:
        done = store.failed.put_back(reason, fewer_tries_than=attempts)
    again, left = sum(done.again.values()), sum(done.left.values())
    if not again:
        print("no failed row is put back" + (f"; {_by_kind(left, done.left)} stay failed" if left else "; none failed"))
        raise typer.Exit(1)
    print_line(f"back in line: {_by_kind(again, done.again)}")
    if left:
        print_line(f"left alone, by a resume too: {_by_kind(left, done.left)}")
    command = status_of(run).command
    print_line(f"go on with: {going_on(command) if command else 'the command that began the run, and --resume'}")


def _by_kind(rows: int, kinds: Mapping[FailureKind, int]) -> str:
    return f"{counted(rows, 'row')} ({', '.join(f'{count:,} {kind}' for kind, count in kinds.items())})"


def failures(
    run: Run,
    reason: Reason = None,
    row: Annotated[
        str | None, typer.Option("--id", help="One row: every attempt, with its answer as it came or its traceback.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most rows that are listed.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List what failed in a run and why; of one row, the answers.

    Example: molreflect failures runs/first --reason unexpected
    """
    from molreflect.graphs.runs.store import RunStore

    with closing(RunStore.open(run)) as store:
        if row is not None:
            if (attempts := store.failed.attempts(row)) is None:
                raise InputError(f"{run} has no row {shorten(row)}")
            print_json([a.to_json() for a in attempts]) if as_json else _print_attempts(row, attempts)
            return
        kinds, rows = store.failed.counts(), store.failed.rows(reason, most=limit)
    if as_json:
        print_json({"kinds": kinds, "rows": [asdict(failed) for failed in rows]})
        return
    failed = sum(kinds.values())
    print_line(f"{_by_kind(failed, kinds)} failed" if failed else "no row failed")
    for each in rows:
        print_line(f"{each.id}  {each.kind}, tried {counted(each.tries, 'time')}: {each.reason}")
    if (more := (failed if reason is None else kinds.get(reason, 0)) - len(rows)) > 0:
        print_line(f"{counted(more, 'row')} more; --limit {limit + more} lists all, and failures.jsonl holds them")
    if rows:
        print_line(f"the answers of one: molreflect failures {run} --id {rows[0].id}")


def _print_attempts(row: str, attempts: Sequence[Attempt]) -> None:
    if not attempts:
        print_line(f"{row} has not failed")
    for number, attempt in enumerate(attempts, start=1):
        when = "" if attempt.at is None else time.strftime(" at %Y-%m-%d %H:%M:%S", time.localtime(attempt.at))
        why = f"{attempt.kind}: {attempt.reason}" if attempt.kind is not None else "not kept by the version of then"
        tokens = attempt.usage.input_tokens + attempt.usage.output_tokens
        used = f"{counted(attempt.usage.calls, 'call')}, {tokens:,} tokens"
        print_line(f"{row}, attempt {number}{when}: {why} ({used}; trace {attempt.trace_id or 'not kept'})")
        print(_as_it_came(attempt.raw) if attempt.raw else "(no answer came)")


def _as_it_came(raw: str) -> str:
    """An answer as it is; on a terminal with its control characters escaped, which could do anything there."""
    if not render.out.is_terminal:
        return raw
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in raw)


@cache.command("show", cls=PanelCommand)
def show_cache(as_json: AsJson = False) -> None:
    """Say how many answers are kept, and of which models.

    Example: molreflect cache show
    """
    with closing(_open_store()) as store:
        found = store.holdings()
    if as_json:
        print_json({"path": str(store.path), "answers": found.answers, "bytes": found.bytes, "models": found.by_model})
        return
    print(f"{store.path}: {counted(found.answers, 'answer')}, {found.bytes / 1e6:.1f} MB")
    for model, count in found.by_model.items():
        print(f"  {model}: {count:,}")


@cache.command("prune", cls=PanelCommand)
def prune_cache(
    older_than: Annotated[str, typer.Option(help="Answers nobody asked for since, e.g. 30d, 12h; 0d forgets all.")],
) -> None:
    """Forget answers; what asks for them again pays for them again.

    Example: molreflect cache prune --older-than 30d
    """
    age = seconds_of(older_than, "--older-than")
    with closing(_open_store()) as store:
        gone = store.prune(age)
    say(f"{counted(gone, 'answer')} forgotten")


def _open_store() -> ResponseStore:
    from molreflect.agents.models.responses import FILE, ResponseStore
    from molreflect.settings import Settings

    folder: Path = Settings().cache
    return ResponseStore(folder / FILE)
