"""Commands over batches: how far a run is, what failed to be tried again, and the answers that all runs share."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.options import AsJson, Run, seconds_of
from molreflect.cli.progress import say
from molreflect.cli.render import print_json
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.terms import CommandName, FailureKind

if TYPE_CHECKING:
    from molreflect.agents.models.responses import ResponseStore
    from molreflect.graphs.runs.status import RunStatus

cache = typer.Typer(
    cls=PanelGroup, help="Answers of models that all runs share.", no_args_is_help=True, rich_markup_mode=None
)


def status(
    run: Run,
    watch: Annotated[bool, typer.Option("--watch", help="Look again every two seconds, until the run ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Say how far a run is: while it goes on, and after it has died.

    Example: molreflect status runs/first
    """
    from molreflect.graphs.runs.status import status_of

    while True:
        found = status_of(run)
        print_json(found.to_json()) if as_json else _print_status(found)
        if not watch or not found.running:
            return
        time.sleep(2.0)
        if not as_json:
            print()


def _print_status(found: RunStatus) -> None:
    total = sum(found.rows.values())
    states = ", ".join(f"{count:,} {state}" for state, count in found.rows.items())
    print(f"{found.folder}: {'running' if found.running else 'nobody works on it'}")
    print(f"rows       {states} of {total:,}")
    if found.failures:
        print(f"failures   {', '.join(f'{count:,} {kind}' for kind, count in found.failures.items())}")
    print(f"phrases    {', '.join(f'{count:,} {verdict}' for verdict, count in found.verdicts.items())}")
    if found.calls:
        print(f"requests   {', '.join(f'{count:,} {outcome}' for outcome, count in found.calls.items())}")
    spent = found.spent
    tokens = f"{spent.input_tokens:,} tokens read, {spent.output_tokens:,} written"
    print(f"spent      {counted(spent.calls, 'call')}, {tokens}")
    if spent.cost is not None:
        projected = "" if found.projected_cost is None else f", {found.projected_cost:,.4f} projected for all rows"
        print(f"money      {spent.cost:,.4f} {found.currency}{projected}")
    left = "" if found.seconds_left is None else f", about {_as_time(found.seconds_left)} left"
    print(f"rate       {found.rows_per_minute:,.0f} rows and {found.calls_per_minute:,.0f} requests a minute{left}")


def _as_time(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else counted(max(1, minutes), "minute")


def ctl(
    run: Run,
    action: Annotated[CommandName, typer.Argument(help="What is wanted of the process that works on the run.")],
    number: Annotated[int | None, typer.Argument(help="Calls at a time, for concurrency.", metavar="[N]")] = None,
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
        raise InputError(f"{run} is no run that goes on; see `molreflect status {run}`")
    with closing(ControlFile(run)) as control:
        print(control.ask(action, number))


def retry(
    run: Run,
    reason: Annotated[
        FailureKind | None, typer.Option(help=f"Only rows that failed so: {', '.join(FailureKind)}.", metavar="<kind>")
    ] = None,
    attempts: Annotated[int | None, typer.Option(min=1, help="Only rows that were tried so often at most.")] = None,
) -> None:
    """Put failed rows back in line; `distill --resume` works on them.

    Answers that could not be used are asked for anew.

    Example: molreflect retry runs/first --reason malformed
    """
    from molreflect.graphs.runs.store import RunStore

    with closing(RunStore.open(run, write=True)) as store:
        put_back = store.retry_failures(kind=reason, most_attempts=attempts)
        left = store.counts().get("failed", 0)
    print(f"{counted(put_back, 'row')} in line again, {left} failed; go on with molreflect distill ... --resume")
    if not put_back:
        raise typer.Exit(1)


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
