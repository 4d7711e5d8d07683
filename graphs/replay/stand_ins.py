"""What stands in for model and tools where a trace runs again: their answers of then."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import LLMResult
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, Field, ValidationError

from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.prompts.data import OPEN, read_block
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import Ledger
from molreflect.agents.teacher.calls import MeteredCalls, OutOfBoundsError, last_answer
from molreflect.graphs.replay.edits import Edits
from molreflect.graphs.replay.recorded import ModelCall, Recorded, ToolCall
from molreflect.graphs.traces.contents import resolve
from molreflect.graphs.traces.memory import MemoryTrace
from molreflect.graphs.traces.messages import lasting, to_langchain, to_plain
from molreflect.tools.errors import InputError

NO_MORE = "what the trace has of the model's answers"
"""The bound that a replay reaches where the graph of today asks more than then."""


class DivergedError(Exception):
    """What runs again asks for something that the trace has no answer to."""


class Match(StrEnum):
    """Which answer of then is given to a question."""

    EXACT = "exact"
    """The one to the same question, word for word."""
    IN_ORDER = "in order"
    """The next one, where no question is the same."""


class Answers:
    """Answers of the model, each given once."""

    def __init__(self, kept: Recorded, match: Match = Match.EXACT, *, edits: Edits | None = None) -> None:
        """Take the answers of a trace.

        Args:
            kept: The trace.
            match: Which answer is given to a question.
            edits: Only the answers up to a step are given, some of them changed.
        """
        self._packing = MemoryTrace()
        self._match, self._request = match, -1
        calls = kept.model_calls
        if edits is not None:
            calls = tuple(
                replace(c, said=edits.answers.get(c.span.span_id, c.said))
                for c in calls
                if c.span.position <= edits.until
            )
        self._left = [(_question(call.asked), call) for call in calls]
        self._bounds = kept.bounds
        self._tasks = {call.request: _task_of(call.asked) for call in reversed(kept.model_calls)}
        self.asked_otherwise: list[ModelCall] = []
        """Answers that were given to another question than then."""

    @property
    def left(self) -> int:
        """How many answers were not given yet."""
        return len(self._left)

    def knows(self, messages: Sequence[BaseMessage]) -> bool:
        """Say whether there is an answer to a question, word for word."""
        question = _question(self._plain(messages))
        return any(key == question for key, _ in self._left)

    def begin(self, shown: Sequence[BaseMessage]) -> None:
        """Begin another request of the graph."""
        if self._match is Match.EXACT:
            self._request += 1
            return
        task = _task_of(self._plain(shown))
        later = [n for n in sorted(self._tasks) if n > self._request and self._tasks[n] == task]
        self._request = later[0] if later else len(self._tasks)

    def bound(self) -> str | None:
        """Name the bound that ended the request in hand at this moment; None where it went on."""
        if any(call.request == self._request for _, call in self._left):
            return None
        if self._match is Match.IN_ORDER:
            return NO_MORE
        return self._bounds.pop(0) if self._bounds else None

    def __call__(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """Answer as then.

        Raises:
            DivergedError: Nobody asked this then.
        """
        question = _question(self._plain(messages))
        found = next((n for n, (key, _) in enumerate(self._left) if key == question), None)
        if found is None and self._match is Match.IN_ORDER:
            found = next((n for n, (_, call) in enumerate(self._left) if call.request == self._request), None)
            if found is not None:
                self.asked_otherwise.append(self._left[found][1])
        if found is None:
            raise DivergedError("the model is asked what it was not asked then")
        _, call = self._left.pop(found)
        answer = to_langchain(call.said)
        if not isinstance(answer, AIMessage):
            raise DivergedError(f"the trace has a message of the role {answer.type} for an answer")
        return answer

    def _plain(self, messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
        """Write messages as they stand in traces."""
        return [resolve(to_plain(m, self._packing.packer), self._packing.content) for m in messages]


class RecordedModel(RuleModel):
    """A chat model that gives the answers of a trace."""

    kind: ClassVar[str] = "recorded"
    answers: Any
    reworded: dict[str, str] = Field(default_factory=dict)
    """Questions that a fork asks in other words, from some call on."""

    def generate(self, messages: list[list[BaseMessage]], *given: Any, **settings: Any) -> LLMResult:
        """As any model, with questions in the words of a fork."""
        return super().generate([self._shown(each) for each in messages], *given, **settings)

    def _shown(self, messages: list[BaseMessage]) -> list[BaseMessage]:
        if not self.reworded or self._asks_as_then(messages):
            return messages
        return [
            m.model_copy(update={"content": self.reworded[m.content]})
            if isinstance(m, HumanMessage) and isinstance(m.content, str) and m.content in self.reworded
            else m
            for m in messages
        ]

    def _asks_as_then(self, messages: list[BaseMessage]) -> bool:
        return bool(self.answers.knows(messages))

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Answer as then."""
        answer: AIMessage = self.answers(messages)
        return answer


class RecordedCalls(MeteredCalls):
    """Lets a request end where it ended then: by calls it counts, and by what nobody can count again."""

    def __init__(self, answers: Answers, *given: Any, **settings: Any) -> None:
        super().__init__(*given, **settings)
        self._answers = answers
        self._ledger: Ledger | None = None

    def allow(self, ledger: Ledger, shown: Sequence[BaseMessage]) -> Usage:
        """As `MeteredCalls.allow`.

        Raises:
            OutOfBoundsError: The request ended here.
        """
        if ledger is not self._ledger:
            self._ledger = ledger
            self._answers.begin(shown)
        counted = replace(ledger, limits=replace(ledger.limits, tokens=None, seconds=None, cost=None))
        if (bound := counted.bound(Usage(calls=1)) or self._answers.bound()) is not None:
            raise OutOfBoundsError(bound, last_answer(shown))
        return ledger.priced(Usage(calls=1))


def recorded_tools(tools: Sequence[BaseTool], calls: Sequence[ToolCall]) -> list[BaseTool]:
    """Have tools answer as then.

    Args:
        tools: Of today: plain functions, whose schemas check the arguments.
        calls: What they answered, in order.
    """
    left: dict[tuple[str, str], list[ToolCall]] = {}
    schemas = {tool.name: tool.args_schema for tool in tools}
    for call in calls:
        if (given := checked_arguments(schemas.get(call.name), call.given)) is not None:
            left.setdefault((call.name, given), []).append(call)
    return [_recorded(tool, left) for tool in tools]


def _recorded(tool: BaseTool, left: Mapping[tuple[str, str], list[ToolCall]]) -> BaseTool:
    name = tool.name

    def answer(**given: Any) -> str:
        checked = checked_arguments(tool.args_schema, given)
        found = None if checked is None else left.get((name, checked))
        if not found:
            raise DivergedError(f"{name} is called with arguments it was not called with then")
        call = found.pop(0) if len(found) > 1 else found[0]
        if call.failed:
            raise InputError(call.said)
        return call.said

    assert isinstance(tool, StructuredTool)
    return tool.model_copy(update={"func": answer, "coroutine": None})


def checked_arguments(schema: Any, given: Any) -> str | None:
    """Write arguments out, defaults included; None where they do not fit the tool's schema, so that it was not run."""
    if not (isinstance(schema, type) and issubclass(schema, BaseModel)) or not isinstance(given, dict):
        return None
    try:
        checked = schema.model_validate(given)
    except ValidationError:
        return None
    return json.dumps(checked.model_dump(mode="json"), sort_keys=True)


def _question(messages: Sequence[Mapping[str, Any]]) -> str:
    """Write down what a model is asked, without what is drawn at random."""
    return json.dumps([lasting(m) for m in messages], sort_keys=True, ensure_ascii=False)


def _task_of(messages: Sequence[Mapping[str, Any]]) -> str:
    """Name what a request asks for; empty in a conversation."""
    for message in messages:
        said = message.get("content")
        if message.get("role") == "user" and isinstance(said, str) and OPEN in said:
            return str(read_block(said).get("task", ""))
    return ""
