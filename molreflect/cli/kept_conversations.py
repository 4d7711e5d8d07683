"""Commands that list, show, search, rename, delete and export conversations."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect.cli.help import PanelCommand, PanelGroup
from molreflect.cli.options import AsJson
from molreflect.cli.printable import readable
from molreflect.cli.progress import say
from molreflect.cli.render import print_json, print_line, print_table
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.text_tables import TextTable

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from molreflect.graphs.conversation.memory import Thread

app = typer.Typer(
    cls=PanelGroup, no_args_is_help=True, rich_markup_mode=None, help="Conversations that are kept in the home folder."
)
Name = Annotated[str, typer.Argument(help="Its name, or the unique beginning of it.")]
_WORDS = 100


@app.command("list", cls=PanelCommand)
def list_conversations(as_json: AsJson = False) -> None:
    """List conversations, the one last spoken in first.

    Example: molreflect conversations list
    """
    from molreflect.conversations import kept_conversations

    with kept_conversations() as kept:
        threads = kept.threads()
    if as_json:
        print_json([thread.to_json() for thread in threads])
    elif not threads:
        say("no conversation is kept yet; begin one with molreflect chat")
    else:
        print_threads(threads)


@app.command("show", cls=PanelCommand)
def show_conversation(name: Name, as_json: AsJson = False) -> None:
    """Print a conversation: questions, tool calls and answers.

    Example: molreflect conversations show monday
    """
    from molreflect.conversations import kept_conversations

    with kept_conversations() as kept:
        thread = kept.find(name)
        messages = kept.messages(thread)
    if as_json:
        print_json({"thread": thread, "messages": [_plain(message) for message in messages]})
        return
    for message in messages:
        for line in _lines(message):
            print_line(readable(line))


@app.command("search", cls=PanelCommand)
def search_conversations(
    words: Annotated[str, typer.Argument(help="Words that a question or an answer has, all of them.")],
    limit: Annotated[int, typer.Option(min=1, help="Most messages.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Find words in questions and answers.

    Example: molreflect conversations search 'carboxylic acid'
    """
    from molreflect.conversations import kept_conversations

    with kept_conversations() as kept:
        found = kept.search(words, most=limit)
    if as_json:
        print_json([each.to_json() for each in found])
        return
    for each in found:
        who = "asked" if each.kind == "human" else "answered"
        text = " ".join(each.text.split())
        print_line(readable(f"{each.thread} {each.turn} {who}: {text[:_WORDS]}{' ...' if len(text) > _WORDS else ''}"))
    say(f"{counted(len(found), 'message')} found")
    if not found:
        raise typer.Exit(1)


@app.command("rename", cls=PanelCommand)
def rename_conversation(name: Name, new_name: Annotated[str, typer.Argument(help="What it is to be called.")]) -> None:
    """Give a conversation another name.

    Example: molreflect conversations rename 3f9a11c2 monday
    """
    from molreflect.conversations import kept_conversations

    with kept_conversations() as kept:
        thread = kept.find(name)
        kept.rename(thread, new_name)
    say(f"{thread} is called {new_name} now")


@app.command("delete", cls=PanelCommand)
def delete_conversation(
    name: Annotated[str, typer.Argument(help="Its whole name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a conversation for good.

    Example: molreflect conversations delete monday --yes
    """
    from molreflect.conversations import kept_conversations

    with kept_conversations() as kept:
        thread = kept.find(name)
        if thread != name:
            raise InputError(f"no conversation {name!r}; to delete {thread!r}, name it whole")
        if not yes and not typer.confirm(f"Delete the conversation {thread}?", err=True):
            raise typer.Abort
        kept.delete(thread)
    say(f"{thread} is deleted; its traces are kept (molreflect traces)")


@app.command("export", cls=PanelCommand)
def export_conversation(
    name: Name,
    out: Annotated[
        Path | None, typer.Option(help="File to write, .md or .json; by default Markdown is printed.")
    ] = None,
) -> None:
    """Write a conversation as Markdown or JSON.

    Example: molreflect conversations export monday --out monday.md
    """
    from molreflect.conversations import kept_conversations

    if out is not None and out.suffix not in (".md", ".json"):
        raise InputError(f"--out {out} is no format of a conversation; end it in .md or .json")
    with kept_conversations() as kept:
        thread = kept.find(name)
        messages = kept.messages(thread)
    if out is not None and out.suffix == ".json":
        data = {"thread": thread, "messages": [_plain(message) for message in messages]}
        text = json.dumps(data, ensure_ascii=False, indent=2) + "\n"
    else:
        text = _markdown(thread, messages)
    if out is None:
        print(readable(text), end="")
    else:
        atomic_write_text(out, text)
        say(f"{out}: {counted(len(messages), 'message')}")


def print_threads(threads: list[Thread]) -> None:
    """Print one line for each conversation."""
    rows = [
        (
            readable(t.name),
            readable(t.title),
            str(t.turns),
            datetime.fromtimestamp(t.updated, UTC).strftime("%Y-%m-%d %H:%M"),
        )
        for t in threads
    ]
    print_table(
        TextTable("", ("conversation", "begins with", "turns", "last (UTC)"), rows, words=frozenset(("begins with",)))
    )


def _shown(message: BaseMessage) -> str:
    """An answer with its verdicts, any other message as it is."""
    from molreflect.agents.analyst.checked import CHECKED, CheckedAnswer

    checked = message.additional_kwargs.get(CHECKED)
    return CheckedAnswer.of(checked).shown() if checked and checked["text"] else str(message.text)


def _plain(message: BaseMessage) -> dict[str, Any]:
    """A message for programs."""
    plain: dict[str, Any] = {"role": message.type, "text": str(message.text)}
    for name in ("tool_calls", "tool_call_id", "name", "status"):
        if value := getattr(message, name, None):
            plain[name] = value
    if checked := message.additional_kwargs.get("checked"):
        plain["checked"] = checked
    return plain


def _lines(message: BaseMessage) -> list[str]:
    if message.type == "human":
        return [f"> {message.text}"]
    calls = [f"  . {c['name']} {json.dumps(c['args'], ensure_ascii=False)}" for c in getattr(message, "tool_calls", ())]
    if message.type == "ai":
        text = _shown(message)
        return [*calls, *([text] if text else [])]
    return []


def _markdown(thread: str, messages: list[BaseMessage]) -> str:
    parts = [f"# {thread}"]
    for message in messages:
        if message.type == "human":
            parts.append("## " + " ".join(str(message.text).split()))
        elif message.type == "ai":
            parts += [f"- `{c['name']}` `{json.dumps(c['args'], ensure_ascii=False)}`" for c in message.tool_calls]  # type: ignore[attr-defined]
            parts += [text] if (text := _shown(message)) else []
    return "\n\n".join(parts) + "\n"
