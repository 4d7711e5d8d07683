"""Commands that answer questions about molecules."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from molreflect import api
from molreflect.cli.options import AsJson, BaseUrl, Chat, Columns, SimilarIn, Thread
from molreflect.cli.progress import say
from molreflect.cli.render import print_json
from molreflect.tools.errors import InputError


def ask(
    question: Annotated[str, typer.Argument(help="A question about a molecule.")],
    model: Chat = api.OFFLINE,
    base_url: BaseUrl = None,
    thread: Thread = None,
    corpus: SimilarIn = None,
    columns: Columns = None,
    as_json: AsJson = False,
) -> None:
    """Ask one question.

    Example: molreflect ask 'Where is the carboxylic acid in CC(=O)Oc1ccccc1C(=O)O?'
    """
    answer = api.ask(question, model=model, base_url=base_url, thread=thread, corpus=corpus, columns=columns)
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
) -> None:
    """Talk about molecules.

    An empty line or Ctrl-D ends the conversation.

    Example: molreflect chat --thread monday
    """
    with api.conversation(model, base_url=base_url, thread=thread, corpus=corpus, columns=columns) as talk:
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
