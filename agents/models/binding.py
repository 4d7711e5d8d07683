"""Bind a teacher's tools to its model once, and keep what the model says in a form that can be written down.

`create_agent` binds the tools before each call of the model, which turns every schema into the provider's words anew:
a third of what a call costs in Python. The tools of a teacher never change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.utils.function_calling import convert_to_openai_tool

from molreflect.agents.models.history import as_every_server_reads, as_written

Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]


class BoundOnce:
    """Hands the agent a model that remembers what it was bound to; for the middleware around a call."""

    def __init__(self) -> None:
        self._known: dict[int, _Remembering] = {}

    def __call__(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """Make the call with the remembered binding."""
        model = self._known.get(id(request.model))
        if model is None:
            model = self._known[id(request.model)] = _Remembering(request.model)
        stand_in: Any = model
        return handler(request.override(model=stand_in))


class _Remembering:
    """A chat model in all but `bind_tools`, which answers equal questions with the same object."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._bound: dict[tuple[Any, ...], tuple[Any, Any]] = {}

    def bind_tools(self, tools: Sequence[Any], **settings: Any) -> Any:
        key = (tuple(map(id, tools)), repr(sorted(settings.items())))
        found = self._bound.get(key)
        if found is None:
            # The tools are kept as well: the name of an object that is gone may be given to another.
            names = frozenset(convert_to_openai_tool(tool)["function"]["name"] for tool in tools)
            found = self._bound[key] = (_Orderly(self._model.bind_tools(tools, **settings), names), tuple(tools))
        return found[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _Orderly:
    """A bound model whose answers can be written down and whose conversations every server reads."""

    def __init__(self, bound: Any, tools: AbstractSet[str]) -> None:
        self._bound, self._tools = bound, tools

    def invoke(self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None, **call: Any) -> Any:
        answer = self._bound.invoke(as_every_server_reads(messages, self._tools), config, **call)
        return as_written(answer, messages) if isinstance(answer, AIMessage) else answer

    async def ainvoke(self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None, **call: Any) -> Any:
        answer = await self._bound.ainvoke(as_every_server_reads(messages, self._tools), config, **call)
        return as_written(answer, messages) if isinstance(answer, AIMessage) else answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bound, name)
