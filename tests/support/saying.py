"""A chat model that says one message after another, and keeps what it was shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import Field

from molreflect.agents.models.rule_model import RuleModel


class Saying(RuleModel):
    """Says its messages in order, the last one again and again; a function is called with the conversation."""

    kind: ClassVar[str] = "saying"
    says: list[Any]
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Say the next message."""
        said: AIMessage | str | Callable[[list[BaseMessage]], AIMessage] = self.says[
            min(len(self.seen), len(self.says) - 1)
        ]
        self.seen.append(list(messages))
        if isinstance(said, str):
            return AIMessage(said)
        answer = said if isinstance(said, AIMessage) else said(messages)
        return answer.model_copy(update={"id": None})


def calling(name: str, *ids: str, **arguments: Any) -> AIMessage:
    """Call a tool once, or once for each id."""
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": each} for each in ids or ("1",)])
