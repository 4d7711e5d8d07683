"""The conversation in a terminal: lines are edited by prompt_toolkit, answers are shown as they come."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.cli.printable import Flow, readable
from molreflect.cli.progress import say
from molreflect.conversations import OFFLINE, desk, kept_conversations
from molreflect.tools.errors import InputError
from molreflect.tools.interrupts import told_first

if TYPE_CHECKING:
    from molreflect.conversations import Desk
    from molreflect.graphs.conversation.conversation import Conversation
    from molreflect.graphs.conversation.events import Answer

HISTORY_FILE = "chat-history"
_STRUCK = re.compile(r"~~(.+?)~~", re.DOTALL)
_ARGUMENTS = 120
"""Characters of a tool's arguments that are shown."""

HELP = """Type a question about molecules, e.g. "Where is the ester in CC(=O)OCC?".
Enter sends it; Alt-Enter or Ctrl-J begins a new line; what is pasted waits.
Ctrl-C cancels an answer or clears the line; Ctrl-D or /quit ends, and the
conversation is kept.

  /new [NAME]    begin another conversation
  /open NAME     go on with one that is kept
  /list          list those that are kept
  /trace         show how the last answer came about
  /draw [FILE]   draw the molecule of the last answer into an SVG or PNG file
  /model [NAME]  show the model, or take another: offline, or provider:model
  /quit          end"""


class Chat:
    """A conversation, and the commands that change which one it is."""

    def __init__(self, model: str, thread: str | None, how: Mapping[str, Any]) -> None:
        self._how, self.model, self._first = dict(how), model, thread
        self._desks, self._talks = ExitStack(), ExitStack()
        self._desk: Desk | None = None
        self._talk: Conversation | None = None
        self.last: Answer | None = None

    def __enter__(self) -> Chat:
        try:
            self._open_desk(self.model)
            self._open_talk(self._first)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the conversation free."""
        self._talks.close()
        self._desks.close()

    @property
    def talk(self) -> Conversation:
        """The conversation that goes on."""
        assert self._talk is not None
        return self._talk

    def answer(self, question: str) -> None:
        """Ask, and print steps and answer as they come; a signal cancels the answer."""
        from molreflect.graphs.conversation.events import Answer, StepEnded, StepStarted, TextPiece

        live, flow = self.model == OFFLINE, Flow.to_fit(sys.stdout)
        try:
            with told_first(lambda _: self.talk.cancel()):
                for event in self.talk.stream(question):
                    if isinstance(event, StepStarted):
                        _step(event.name, event.arguments)
                    elif isinstance(event, StepEnded) and event.failed:
                        _dim(f"  ! {readable(event.result)[:_ARGUMENTS]}")
                    elif isinstance(event, TextPiece) and live:
                        print(flow.broken(readable(event.text)), end="", flush=True)
                    elif isinstance(event, Answer):
                        self.last = event
                        print("" if live else _struck(flow.broken(readable(event.answer))), flush=True)
                        for notice in event.notices:
                            say(readable(notice))
        except InputError as error:
            say(readable(str(error)))

    def command(self, line: str) -> bool:
        """Do what a line with a slash says; False where it ends the conversation."""
        name, _, rest = line.strip().partition(" ")
        if name in ("/quit", "/exit"):
            return False
        known: dict[str, Callable[[str], None]] = {
            "/help": lambda _: print(Flow.to_fit(sys.stdout).broken(HELP)),
            "/new": lambda given: self._reopen(given.strip() or None),
            "/open": self._go_on,
            "/list": lambda _: self._list(),
            "/trace": lambda _: self._trace(),
            "/draw": self._draw,
            "/model": self._change_model,
        }
        if name not in known:
            say(f"{readable(name)} is no command; /help lists them")
            return True
        try:
            known[name](rest)
        except InputError as error:
            say(readable(str(error)))
        return True

    def _open_desk(self, model: str) -> None:
        stack = ExitStack()
        self._desk = stack.enter_context(desk(model, **self._how))
        self._desks.close()
        self._desks, self.model = stack, model

    def _open_talk(self, thread: str | None) -> None:
        assert self._desk is not None
        stack = ExitStack()
        self._talk = stack.enter_context(self._desk.conversation(thread))
        self._talks.close()
        self._talks, self.last = stack, None
        say(f"conversation {readable(self.talk.thread)} with {readable(self.model)}; /help, Ctrl-D ends it")

    def _reopen(self, thread: str | None) -> None:
        if thread is not None and thread == self.talk.thread:
            raise InputError(f"this is the conversation {thread!r}")
        with kept_conversations() as kept:
            if thread is not None and any(t.name == thread for t in kept.threads()):
                raise InputError(f"there is a conversation {thread!r} already; /open {thread} goes on with it")
        self._open_talk(thread)

    def _go_on(self, given: str) -> None:
        with kept_conversations() as kept:
            name = kept.find(given.strip())
            if name == self.talk.thread:
                raise InputError(f"this is the conversation {name!r}")
            asked = [str(m.text) for m in kept.messages(name) if m.type == "human"]
        self._open_talk(name)
        for question in asked[-3:]:
            _dim(f"> {readable(' '.join(question.split()))}")

    def _list(self) -> None:
        from molreflect.cli.kept_conversations import print_threads

        with kept_conversations() as kept:
            threads = kept.threads()
        if threads:
            print_threads(threads)
        else:
            say("no conversation is kept yet")

    def _trace(self) -> None:
        from molreflect.cli.trace_list import print_trace
        from molreflect.graphs.traces.schema import FILE
        from molreflect.graphs.traces.store import TraceStore
        from molreflect.settings import Settings

        if self.last is None:
            raise InputError("nothing was answered yet")
        path = Settings().home / FILE
        if not path.is_file():
            raise InputError("no traces are kept (--trace off)")
        store = TraceStore(path)
        try:
            found = store.find(self.last.trace_id)
            if not found:
                raise InputError("no trace of the last answer is kept (--trace off)")
            print_trace(found[0], store.spans(found[0].trace_id), store)
        finally:
            store.close()

    def _draw(self, given: str) -> None:
        from molreflect.settings import Settings

        smiles, lit = _spoken_of(self.talk.messages())
        name = given.strip()
        path = Path(shlex.split(name)[0]).expanduser() if name else Settings().home / "pictures" / "molecule.svg"
        if path.suffix not in (".svg", ".png"):
            raise InputError(f"{path} is no picture; name a file that ends in .svg or .png")
        draw(smiles, lit, path)
        say(f"{path}: {smiles}")

    def _change_model(self, given: str) -> None:
        if not (name := given.strip()):
            say(f"the model is {readable(self.model)}")
            return
        thread = self.talk.thread
        self._open_desk(name)
        self._talks.close()
        self._open_talk(thread)


def draw(smiles: str, lit: Mapping[str, tuple[tuple[int, ...], ...]], path: Path) -> None:
    """Draw a molecule into a file, named atoms lit up.

    Raises:
        InputError: The molecule cannot be drawn.
    """
    from molreflect.tools.molecules.read import read_molecule
    from molreflect.tools.storage import atomic_path
    from molreflect.tools.views.drawing import Highlight, draw_alignments, draw_alignments_png

    molecule = read_molecule(smiles)
    highlights = [Highlight(label, atoms) for label, atoms in lit.items()]
    svg = path.suffix == ".svg"
    data = draw_alignments(molecule, highlights).encode() if svg else draw_alignments_png(molecule, highlights)
    with atomic_path(path) as part:
        part.write_bytes(data)


def talk(session: Chat) -> None:
    """Read lines until the conversation ends: from a terminal with history and editing, else from standard input."""
    for line in _prompted(session) if sys.stdin.isatty() else _piped():
        if not line.strip():
            continue
        if line.lstrip().startswith("/") and "\n" not in line.strip():
            if not session.command(line):
                return
        else:
            session.answer(line)


def _piped() -> Iterator[str]:
    for line in sys.stdin.buffer:
        yield line.decode("utf-8", "replace").rstrip("\r\n")


def _prompted(session: Chat) -> Iterator[str]:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.history import FileHistory
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    from molreflect.settings import Settings

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.validate_and_handle()

    @keys.add("escape", "enter")
    @keys.add("c-j")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    # Enter sends and pasted line ends do not: a terminal marks what is pasted, and the marked text goes to the buffer.
    lines: PromptSession[str] = PromptSession(
        history=FileHistory(str(Settings().home / HISTORY_FILE)),
        multiline=True,
        key_bindings=keys,
        reserve_space_for_menu=0,
    )
    while True:
        try:
            yield lines.prompt("> ", prompt_continuation="  ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return


def _step(name: str, arguments: Mapping[str, Any]) -> None:
    told = readable(json.dumps(arguments, ensure_ascii=False))
    _dim(f"  . {readable(name)} {told if len(told) <= _ARGUMENTS else told[:_ARGUMENTS] + ' ...'}")


def _dim(text: str) -> None:
    if sys.stderr.isatty():
        text = f"\x1b[2m{text}\x1b[22m"
    print(text, file=sys.stderr, flush=True)


def _struck(text: str) -> str:
    """Strike out in a terminal what stands between `~~`."""
    return _STRUCK.sub("\x1b[9m\\1\x1b[29m", text) if sys.stdout.isatty() else text


def _spoken_of(messages: list[Any]) -> tuple[str, dict[str, tuple[tuple[int, ...], ...]]]:
    """The molecule of the last answer that had one, and what of it was found."""
    from molreflect.agents.analyst.checked import CHECKED, CheckedAnswer
    from molreflect.agents.analyst.context import UNDERSTOOD
    from molreflect.tools.terms import Verdict

    for message in reversed(messages):
        kept = message.additional_kwargs
        molecules = (kept.get(UNDERSTOOD) or {}).get("molecules") or ()
        smiles = molecules[0]["smiles"] if molecules else (kept.get(UNDERSTOOD) or {}).get("it")
        if not smiles:
            continue
        checked = CheckedAnswer.of(kept[CHECKED]) if CHECKED in kept else CheckedAnswer("")
        found = [c for c in checked.claims if c.verdict is Verdict.SUPPORTED and c.atoms and c.smiles == smiles]
        return str(smiles), {claim.phrase: claim.atoms for claim in found}
    raise InputError("no answer of this conversation speaks of a molecule")
