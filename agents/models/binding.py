"""Bind a teacher's tools to its model once.

`create_agent` binds the tools before each call of the model, which turns every schema into the provider's words anew:
a third of what a call costs in Python. The tools of a teacher never change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware.types import ModelRequest, ModelResponse

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
            found = self._bound[key] = (self._model.bind_tools(tools, **settings), tuple(tools))
        return found[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)
