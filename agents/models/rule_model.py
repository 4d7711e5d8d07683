"""Chat models that follow rules: no network, no key, no weights behind them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

Tools = Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool]
"""What LangChain lets a chat model be bound to."""


class RuleModel(BaseChatModel):
    """A chat model of LangChain whose subclasses say only what the next message is."""

    kind: ClassVar[str]
    """What traces call the model."""

    @abstractmethod
    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Answer a conversation.

        Args:
            messages: Oldest first.
            call: Settings of the call, `stop` among them.
        """

    @property
    def _llm_type(self) -> str:
        return self.kind

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.kind}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        """Name no provider: nobody is asked."""
        params = super()._get_ls_params(stop=stop, **kwargs)
        params.pop("ls_provider", None)
        return params

    def bind_tools(
        self, tools: Tools, *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Accept tools as every tool-calling model does; which ones are called is up to the rules."""
        return self

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        message = self.next_message(messages, stop=stop, **kwargs)
        return ChatResult(generations=[ChatGeneration(message=message)])


def call_tool(name: str, step: int, **arguments: Any) -> AIMessage:
    """Write a tool call; ids are counted and not drawn at random, so that traces do not differ from run to run."""
    return AIMessage(content="", tool_calls=[{"name": name, "args": arguments, "id": f"{name}-{step}"}])
