"""What happens while a question is answered, told as it happens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from molreflect.agents.analyst.checked import CheckedAnswer


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A tool is called."""

    event: ClassVar[str] = "step_started"
    call_id: str
    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A tool has answered."""

    event: ClassVar[str] = "step_ended"
    call_id: str
    name: str
    result: str
    failed: bool


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of the answer; put together, the pieces are the answer as it is shown."""

    event: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """One turn of a conversation."""

    event: ClassVar[str] = "answer"
    question: str
    answer: str
    """As it is shown: what a language model said, what chemistry refutes struck out, the verdicts below it."""
    tool_calls: tuple[dict[str, Any], ...]
    """Name, arguments and result of every tool call of this turn, in order."""
    thread: str
    trace_id: str
    checked: CheckedAnswer | None = None
    """The claims of a language model's answer with their verdicts; None for the offline analyst, whose answers the
    tools have made."""
    problem: str = ""
    """Why there is no answer, or only a part of one; empty where all went well."""
    notices: tuple[str, ...] = ()
    """Bounds that were reached."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        plain = asdict(self) | {"tool_calls": list(self.tool_calls), "notices": list(self.notices)}
        plain["checked"] = None if self.checked is None else self.checked.to_json()
        return plain

    def _repr_html_(self) -> str:
        """Show the answer in a notebook as on the page: verdicts in its text, what was found drawn beside it."""
        from molreflect.graphs.conversation.turns import ConversationTurn, ToolStep, card_of
        from molreflect.tools.views.html import notebook_several

        steps = [ToolStep("", call["name"], call["arguments"], call["result"]) for call in self.tool_calls]
        text = self.answer if self.checked is None else self.checked.text
        turn = ConversationTurn(1, self.question, self.trace_id, steps, text, self.checked)
        more = [part for part in (self.problem, *self.notices) if part]
        return notebook_several(card_of(turn, title=self.question, more=more))


Event = StepStarted | StepEnded | TextPiece | Answer
"""`Answer` is the last of a turn."""


def pieces_of(text: str) -> Iterator[TextPiece]:
    """Cut a text into pieces of some words, so that it can be shown as it comes."""
    begin = 0
    for position, character in enumerate(text):
        if character in " \n" and position - begin >= _PIECE:
            yield TextPiece(text[begin : position + 1])
            begin = position + 1
    if begin < len(text):
        yield TextPiece(text[begin:])


_PIECE = 24
"""Fewest characters of a piece."""
