"""Chat models that follow rules: no network, no key, no weights behind them."""

from __future__ import annotations

import json
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool

_PIECE = re.compile(r"\s*\S+\s*")
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

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        """Say the next message in pieces; whoever streams a language model streams this one as well."""
        message = self.next_message(messages, stop=stop, **kwargs)
        text = message.content if isinstance(message.content, str) else ""
        pieces = _PIECE.findall(text) if isinstance(message.content, str) else []
        for piece in pieces:
            chunk = ChatGenerationChunk(message=AIMessageChunk(content=piece))
            if run_manager is not None:
                run_manager.on_llm_new_token(piece, chunk=chunk)
            yield chunk
        fields = {**message.__dict__, "type": "AIMessageChunk", "content": "" if pieces else message.content}
        fields["tool_call_chunks"] = [
            {"name": c["name"], "args": json.dumps(c["args"]), "id": c["id"], "index": i}
            for i, c in enumerate(message.tool_calls)
        ]
        yield ChatGenerationChunk(message=AIMessageChunk(**{k: v for k, v in fields.items() if k != "tool_calls"}))


def call_tool(name: str, step: int, **arguments: Any) -> AIMessage:
    """Write a tool call; ids are counted and not drawn at random, so that traces do not differ from run to run."""
    return AIMessage(content="", tool_calls=[{"name": name, "args": arguments, "id": f"{name}-{step}"}])
