"""Commands that answer questions about molecules."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from molreflect import api
from molreflect.cli.options import AsJson, BaseUrl, Chat, Columns, Private, SimilarIn, Thread, TraceLevel
from molreflect.cli.progress import say
from molreflect.cli.render import print_json
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TraceMode


def ask(
    question: Annotated[str, typer.Argument(help="A question about a molecule.")],
    model: Chat = api.OFFLINE,
    base_url: BaseUrl = None,
    thread: Thread = None,
    corpus: SimilarIn = None,
    columns: Columns = None,
    trace: TraceLevel = TraceMode.FULL,
    private: Private = False,
    as_json: AsJson = False,
) -> None:
    """Ask one question.

    Example: molreflect ask 'Where is the carboxylic acid in CC(=O)Oc1ccccc1C(=O)O?'
    """
    how: dict[str, Any] = {"base_url": base_url, "thread": thread, "corpus": corpus, "columns": columns}
    answer = api.ask(question, model=model, trace=trace, private=private, **how)
    if as_json:
        fields = ("question", "answer", "tool_calls", "thread", "trace_id")
        print_json({name: getattr(answer, name) for name in fields})
    else:
        print(answer.answer)


def chat(
    model: Chat = api.OFFLINE,
    base_url: BaseUrl = None,
    thread: Thread = None,
    corpus: SimilarIn = None,
    columns: Columns = None,
    trace: TraceLevel = TraceMode.FULL,
    private: Private = False,
) -> None:
    """Talk about molecules.

    An empty line or Ctrl-D ends the conversation.

    Example: molreflect chat --thread monday
    """
    how: dict[str, Any] = {"base_url": base_url, "thread": thread, "corpus": corpus, "columns": columns}
    with api.conversation(model, trace=trace, private=private, **how) as talk:
        say(f"conversation {talk.thread}; an empty line ends it")
        while True:
            try:
                question = input("> " if sys.stdin.isatty() else "")
            except EOFError:
                break
            if not question.strip():
                break
            try:
                print(talk.ask(question).answer, flush=True)
            except InputError as error:
                say(str(error))
