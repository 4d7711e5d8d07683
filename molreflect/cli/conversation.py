"""Commands that answer questions about molecules."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect import api
from molreflect.cli import help
from molreflect.cli.options import AsJson, BaseUrl, Chat, Columns, Private, SimilarIn, Thread, TraceLevel, grouped
from molreflect.cli.printable import readable
from molreflect.cli.progress import say
from molreflect.cli.render import print_json
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TraceMode

if TYPE_CHECKING:
    from molreflect.agents.analyst.turn import TurnLimits

MAX_STDIN = 1_000_000
"""Characters of a question that are taken from stdin; the analyst says of shorter ones that they are too long."""


@dataclass(frozen=True, kw_only=True)
class TurnBounds:
    """Bounds of one turn; each is told when it is reached."""

    max_calls: Annotated[int, typer.Option(min=1, help="Calls of the model a turn.", rich_help_panel=help.TURN)] = 16
    max_tool_calls: Annotated[int, typer.Option(min=1, help="Tool calls a turn.", rich_help_panel=help.TURN)] = 64
    max_at_once: Annotated[
        int, typer.Option(min=1, help="Tool calls in one answer of the model.", rich_help_panel=help.TURN)
    ] = 16
    max_tokens: Annotated[
        int, typer.Option(min=1, help="Tokens read and written a turn.", rich_help_panel=help.TURN)
    ] = 400_000
    max_seconds: Annotated[float, typer.Option(min=0.1, help="Seconds a turn.", rich_help_panel=help.TURN)] = 600.0
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Money a turn, in the price's currency.", rich_help_panel=help.TURN)
    ] = None

    def limits(self) -> TurnLimits:
        """The same as the conversation takes it."""
        from molreflect.agents.analyst.turn import TurnLimits

        return TurnLimits(
            calls=self.max_calls,
            tool_calls=self.max_tool_calls,
            at_once=self.max_at_once,
            tokens=self.max_tokens,
            seconds=self.max_seconds,
            cost=self.max_cost,
        )


@grouped
def ask(
    bounds: TurnBounds,
    question: Annotated[
        str | None, typer.Argument(help="A question about a molecule; - takes it from standard input.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help='Conversations instead, one a line: {"id": ..., "turns": ["...", "..."]}. Not remembered.'),
    ] = None,
    model: Chat = api.OFFLINE,
    base_url: BaseUrl = None,
    thread: Thread = None,
    corpus: SimilarIn = None,
    columns: Columns = None,
    trace: TraceLevel = TraceMode.FULL,
    private: Private = False,
    as_json: AsJson = False,
) -> None:
    """Ask one question, or a file of conversations.

    Exit code 1 where there is no whole answer: a bound was reached, the model said nothing or was cut off.

    Example: molreflect ask 'Where is the carboxylic acid in CC(=O)Oc1ccccc1C(=O)O?'
    """
    if corpus is not None:
        from molreflect.tools.corpus import require_corpus

        require_corpus(corpus, columns)  # before packages are loaded that take seconds
    how: dict[str, Any] = {"base_url": base_url, "corpus": corpus, "columns": columns, "private": private}
    if file is not None:
        from molreflect.cli.asked_file import answer_file

        if question is not None or thread is not None:
            raise InputError("--file brings its own questions and threads; leave out the question and --thread")
        raise typer.Exit(answer_file(file, model=model, limits=bounds.limits(), as_json=as_json, **how))
    if question in (None, "-"):
        question = _from_stdin()
    answer = api.ask(str(question), model=model, thread=thread, trace=trace, limits=bounds.limits(), **how)
    if as_json:
        print_json(answer.to_json())
    else:
        print(readable(answer.answer))
    for notice in answer.notices:
        say(readable(notice))
    if answer.problem:
        if answer.problem not in answer.notices:
            say(readable(answer.problem))
        raise typer.Exit(1)


@grouped
def chat(
    bounds: TurnBounds,
    model: Chat = api.OFFLINE,
    base_url: BaseUrl = None,
    thread: Thread = None,
    corpus: SimilarIn = None,
    columns: Columns = None,
    trace: TraceLevel = TraceMode.FULL,
    private: Private = False,
) -> None:
    """Talk about molecules; /help says what else can be typed.

    Ctrl-D or /quit ends the conversation, Ctrl-C cancels an answer. Without a terminal, every line of standard input
    is a question.

    Example: molreflect chat --thread monday
    """
    from molreflect.cli.chat import Chat as Session
    from molreflect.cli.chat import talk

    how: dict[str, Any] = {"base_url": base_url, "corpus": corpus, "columns": columns}
    how |= {"trace": trace, "private": private, "limits": bounds.limits()}
    with Session(model, thread, how) as session:
        talk(session)


def mcp(corpus: SimilarIn = None) -> None:
    """Serve the facts to other agents (MCP).

    The Model Context Protocol over standard input and output, for hosts that start the server themselves.

    Example: molreflect mcp --corpus pairs.tsv
    """
    try:
        from molreflect.mcp_server import open_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("mcp", "mcp_types"):
            raise
        raise InputError("molreflect mcp needs the extra: pip install 'molreflect[mcp]'") from error
    with open_server(corpus) as server:
        server.run("stdio")


def _from_stdin() -> str:
    if sys.stdin.isatty():
        raise InputError("no question; pass one, e.g. molreflect ask 'what is in CCO'")
    return sys.stdin.buffer.read(MAX_STDIN).decode("utf-8", "replace")
