"""A chat model that says what a test tells it to; everything around it (tools, judge, graph) is real."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from molreflect.agents.prompts import mend
from molreflect.agents.prompts.data import read_block

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
        if isinstance(message, HumanMessage):
            block = read_block(str(message.content))
            if block["task"] == mend.TASK:
                data.setdefault("mend", []).append(block["problem"])
            else:
                data, tools = block, []
    return data, tools


class ScriptedModel(BaseChatModel):
    """Answers by a script and keeps what it was shown."""

    script: Any
    seen: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], *, tool_choice: str | None = None, **kwargs: Any) -> Any:
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.seen.append(list(messages))
        answer = self.script(*what_is_asked(messages))
        fresh = answer.model_copy(update={"id": None})  # a script may hand out one message again and again
        return ChatResult(generations=[ChatGeneration(message=fresh)])


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
