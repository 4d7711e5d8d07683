"""Bind a teacher's tools to its model once, and keep what the model says in a form that can be written down.

`create_agent` binds the tools before each call of the model, which turns every schema into the provider's words anew:
a third of what a call costs in Python. The tools of a teacher never change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain.agents.middleware.types import ModelRequest, ModelResponse
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig

from molreflect.tools.storage import encodable

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
            found = self._bound[key] = (_Orderly(self._model.bind_tools(tools, **settings)), tuple(tools))
        return found[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


class _Orderly:
    """A bound model whose answers can be written down and whose conversations every server reads."""

    def __init__(self, bound: Any) -> None:
        self._bound = bound

    def invoke(self, messages: Sequence[BaseMessage], config: RunnableConfig | None = None, **call: Any) -> Any:
        answer = self._bound.invoke([_as_read(m) for m in messages], config, **call)
        return _as_written(answer) if isinstance(answer, AIMessage) else answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bound, name)


def _as_read(message: BaseMessage) -> BaseMessage:
    """Leave calls out whose arguments are no JSON: strict servers refuse to see them again."""
    if not isinstance(message, AIMessage) or not message.invalid_tool_calls:
        return message
    rest = {name: value for name, value in message.additional_kwargs.items() if name != "tool_calls"}
    said = message.content or "(a call that was cut off)"
    return message.model_copy(update={"invalid_tool_calls": [], "additional_kwargs": rest, "content": said})


def _as_written(answer: AIMessage) -> AIMessage:
    """Replace what no file holds (half surrogate pairs), and number calls that came without an id."""
    update: dict[str, Any] = {}
    if (content := _whole(answer.content)) != answer.content:
        update["content"] = content
    if any(not call["id"] for call in answer.tool_calls) or _whole(answer.tool_calls) != answer.tool_calls:
        update["tool_calls"] = [
            {**_whole(call), "id": call["id"] or f"call-{number}"} for number, call in enumerate(answer.tool_calls)
        ]
    if (invalid := _whole(answer.invalid_tool_calls)) != answer.invalid_tool_calls:
        update["invalid_tool_calls"] = invalid
    return answer.model_copy(update=update) if update else answer


def _whole(value: Any) -> Any:
    """Replace half surrogate pairs in every text of a JSON-like value."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {_whole(key): _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value
