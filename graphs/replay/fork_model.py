"""A chat model that gives the answers of a trace up to a step, and asks a live model from there on."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.base import LangSmithParams
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import Runnable, RunnableConfig
from langchain_core.runnables.base import RunnableBinding
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import Field

from molreflect.agents.models.rule_model import Tools
from molreflect.graphs.replay.edits import Edits
from molreflect.graphs.replay.recorded import Recorded
from molreflect.graphs.replay.stand_ins import RecordedModel, checked_arguments


class ForkModel(RecordedModel):
    """Answers as then while the trace lasts; then the live model is asked, and what it answers is paid for."""

    kind: ClassVar[str] = "fork"
    live: Any
    """A chat model; once bound, with its tools."""
    paid: list[AIMessage] = Field(default_factory=list)
    """What the live model has answered."""

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return dict(getattr(self.live, "_identifying_params", None) or {})

    def bind_tools(
        self, tools: Tools, *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Bind the live model to the tools; what it answers is noted in the same place."""
        settings = kwargs if tool_choice is None else {**kwargs, "tool_choice": tool_choice}
        bound = self.model_copy(update={"live": self.live.bind_tools(tools, **settings)})
        bound.paid = self.paid
        return bound

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Answer as then, or ask."""
        if self.answers.left:
            return super().next_message(messages)
        model, settings = self._unbound
        # This call is traced; with callbacks the live one would be traced as the same call a second time.
        answer: AIMessage = model.invoke(
            messages, {"callbacks": []}, **settings, **{k: v for k, v in call.items() if v}
        )
        self.paid.append(answer)
        return answer

    def _asks_as_then(self, messages: list[BaseMessage]) -> bool:
        return bool(self.answers.left)

    @property
    def _unbound(self) -> tuple[Any, dict[str, Any]]:
        """The live model itself, and what it was bound to."""
        if isinstance(self.live, RunnableBinding):
            return self.live.bound, dict(self.live.kwargs)
        return self.live, {}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        model, _ = self._unbound
        found: LangSmithParams = model._get_ls_params(stop=stop)
        return found

    def _get_invocation_params(self, stop: list[str] | None = None, **kwargs: Any) -> dict[str, Any]:
        model, settings = self._unbound
        found: dict[str, Any] = model._get_invocation_params(stop=stop, **settings)
        return found


def forked_tools(tools: Sequence[BaseTool], kept: Recorded, edits: Edits) -> list[BaseTool]:
    """Have tools answer as then before the step that is changed and as is put in its place there, and work afterwards.

    Args:
        tools: Of today.
        kept: The trace.
        edits: What is changed.
    """
    schemas = {tool.name: tool.args_schema for tool in tools}
    left: dict[tuple[str, str], list[str]] = {}
    for call in kept.tool_calls:
        changed = edits.tools.get(call.span.span_id)
        if call.span.position > edits.until or (call.failed and changed is None):
            continue  # a refusal is met again for nothing
        if (given := checked_arguments(schemas.get(call.name), call.given)) is not None:
            left.setdefault((call.name, given), []).append(call.said if changed is None else changed)
    return [_forked(tool, left) for tool in tools]


def _forked(tool: BaseTool, left: Mapping[tuple[str, str], list[str]]) -> BaseTool:
    assert isinstance(tool, StructuredTool)
    function, name = tool.func, tool.name
    assert function is not None
    takes_config = "config" in inspect.signature(function).parameters

    def answer(config: RunnableConfig, **given: Any) -> str:
        checked = checked_arguments(tool.args_schema, given)
        if checked is not None and (kept := left.get((name, checked))):
            return kept.pop(0)
        return str(function(**given, config=config) if takes_config else function(**given))

    return tool.model_copy(update={"func": answer, "coroutine": None})
