"""A chat model that says what a test tells it to; everything around it (tools, verification, graph) is real."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import Field

from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.prompts import mend
from molreflect.agents.prompts.data import OPEN, read_block

Script = Callable[[dict[str, Any], list[ToolMessage]], AIMessage]
"""`(data of the latest request, tool messages since then) -> what the model says`. Stateless, hence order-proof.

Where the model was told since then that its answer cannot be used, the data has the reasons under `mend`."""


def what_is_asked(messages: Sequence[BaseMessage]) -> tuple[dict[str, Any], list[ToolMessage]]:
    """What a script is given of a conversation."""
    data: dict[str, Any] = {}
    tools: list[ToolMessage] = []
    for message in messages:
        if isinstance(message, ToolMessage):
            tools.append(message)
            if isinstance(message.content, str) and OPEN in message.content:  # a warning at the end of a tool's answer
                data.setdefault("mend", []).append(read_block(message.content)["problem"])
        if isinstance(message, HumanMessage) and OPEN not in str(message.content):
            tools.append(ToolMessage(message.content, tool_call_id=""))  # the result of a call of a tool nobody offered
        elif isinstance(message, HumanMessage):
            block = read_block(str(message.content))
            if block["task"] == mend.TASK:
                data.setdefault("mend", []).append(block["problem"])
            else:
                data, tools = block, []
    return data, tools


class ScriptedModel(RuleModel):
    """Answers by a script and keeps what it was shown."""

    kind: ClassVar[str] = "scripted"
    script: Any
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Say what the script says to the conversation."""
        self.seen.append(list(messages))
        answer: AIMessage = self.script(*what_is_asked(messages))
        return answer.model_copy(update={"id": None})  # a script may hand out one message again and again


def call(name: str, **arguments: Any) -> AIMessage:
    """One tool call."""
    return AIMessage(
        content="",
        tool_calls=[{"name": name, "args": arguments, "id": f"{name}-1"}],
        usage_metadata={"input_tokens": 100, "output_tokens": 10, "total_tokens": 110},
    )


def submit(*ties: tuple[str, str | None] | dict[str, Any]) -> AIMessage:
    """The final answer: `(phrase, pattern)` ties, or alignments in full."""
    return call(
        "AlignmentDraft",
        alignments=[t if isinstance(t, dict) else {"phrase": t[0], "pattern": t[1]} for t in ties],
    )
