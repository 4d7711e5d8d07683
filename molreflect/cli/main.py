"""The command line: parse, call one function, print. Data on stdout, progress on stderr.

A mistake of the caller is one line on stderr and exit code 2; a bug keeps its traceback. Heavy packages are imported by
the commands that use them, so that `--help` is instant.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from typing import Annotated

import typer

from molreflect.cli import (
    alignment,
    batches,
    checking,
    comparing,
    conversation,
    evaluation,
    installation,
    kept_conversations,
    properties,
    reviewing,
    runs,
    students,
    trace_runs,
    traces,
    viewing,
)
from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.progress import Interrupted
from molreflect.tools.errors import InputError
from molreflect.tools.interrupts import kept_from_libraries
from molreflect.tools.processes import wait_passively
from molreflect.tools.storage import CANNOT_WRITE

_INTERRUPTED = 130
_RENAMED = {"replay": "recheck"}
"""Commands by the names they had once."""

app = typer.Typer(
    cls=PanelGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Tie the phrases of molecule captions to sub-structures: the model proposes, chemistry decides.",
)
_PANELS: dict[str, tuple[Callable[..., None], ...]] = {
    "Align and check": (alignment.align, checking.check, checking.judge),
    "Runs": (
        *(alignment.distill, batches.status, batches.ctl, batches.failures, batches.retry),
        *(runs.export, comparing.diff, runs.push, runs.recheck, runs.synthesize),
    ),
    "Students": (students.train, students.predict, students.merge, students.ablate),
    "Scores": (evaluation.evaluate, evaluation.compare, evaluation.robustness, properties.properties),
    "Questions": (conversation.ask, conversation.chat, viewing.serve, conversation.mcp),
    "Why, and what is there": (viewing.view, installation.doctor, installation.prompts),
}
for _panel, _commands in _PANELS.items():
    for _command in _commands:
        app.command(cls=PanelCommand, rich_help_panel=_panel)(_command)
trace_runs.register(traces.app)
app.add_typer(kept_conversations.app, name="conversations", rich_help_panel="Questions")
app.add_typer(reviewing.app, name="review", rich_help_panel="Runs")
app.add_typer(traces.app, name="traces", rich_help_panel="Why, and what is there")
app.add_typer(batches.cache, name="cache", rich_help_panel="Why, and what is there")


def _print_version(asked: bool) -> None:
    if asked:
        from molreflect import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    pass  # the option does its work before a command is looked for


def main() -> None:
    """Run a command, and turn a caller's mistake into one line.

    Raises:
        SystemExit: Always, with the exit code.
    """
    # transformers warns about names that trl uses inside itself; nobody who runs a command can act on it.
    warnings.filterwarnings("ignore", category=FutureWarning, module=r"transformers\b")
    wait_passively()
    if (named := sys.argv[1:2]) and (now := _RENAMED.get(named[0])) is not None:
        _mistake(f"molreflect {named[0]} is called {now} now: {' '.join(['molreflect', now, *sys.argv[2:]])}")
    try:
        with kept_from_libraries():
            # hands `typer.Exit(1)` of a command back as 1 instead of raising it
            code = app(prog_name="molreflect", standalone_mode=False)
    except InputError as error:
        _mistake(str(error))
    except typer.Exit as stop:
        raise SystemExit(stop.exit_code) from None
    except Interrupted as stop:
        _interrupted(f"; {stop}")
    except (typer.Abort, KeyboardInterrupt):
        _interrupted("")
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        _mistake(f"{error.filename or 'a file'} cannot be read or written ({error.strerror})")
    except Exception as error:
        usage = getattr(error, "format_message", None)  # click's own errors: unknown option, missing argument
        if usage is None:
            raise
        if type(error).__name__ == "NoArgsIsHelpError":  # its message is the whole help, which is not one line
            print(usage(), file=sys.stderr)
            raise SystemExit(2) from None
        whose = getattr(getattr(error, "ctx", None), "command_path", "molreflect")  # the command that was misused
        said = usage().rstrip(".")
        _mistake(f"{said}{'' if said.endswith('?') else ';'} see `{whose} --help`")
    else:
        if code == _INTERRUPTED:  # typer's word for a KeyboardInterrupt
            _interrupted("")
        raise SystemExit(code if isinstance(code, int) else 0)


def _interrupted(more: str) -> None:
    _say(f"interrupted{more}")
    raise SystemExit(_INTERRUPTED) from None


def _mistake(message: str) -> None:
    from molreflect.cli.printable import readable

    _say(readable(" ".join(message.split())))
    raise SystemExit(2)


def _say(line: str) -> None:
    from molreflect.cli.printable import Flow

    print(Flow.to_fit(sys.stderr).broken(f"molreflect: {line}"), file=sys.stderr)


def run() -> None:
    """Run the installed command: `main`, and no complaint where a reader (`| head`) has had enough."""
    try:
        main()
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:  # what is left would be tried again while the interpreter ends
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
