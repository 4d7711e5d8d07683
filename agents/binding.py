"""Middleware that keeps a call of the model cheap: who waits steps aside, and tools are bound once.

`create_agent` binds the tools before each call of the model, which turns every schema into the provider's words anew:
a third of what a call costs in Python. The tools of a teacher never change.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain.agents.middleware.types import ModelRequest, ModelResponse

from agents.turns import my_turn, stepped_aside

Handler = Callable[[ModelRequest[Any]], ModelResponse[Any]]


class StepAside(AgentMiddleware[Any, Any, Any]):
    """The outermost: lets another thread work while this one waits for leave to call the model, and for its answer."""

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """Make the call."""
        with stepped_aside():
            return handler(request)


class BindOnce(AgentMiddleware[Any, Any, Any]):
    """The innermost: hands the agent a model that remembers what it was bound to.

    Where the model's client steps aside by itself while it waits for the network, the work around that is done in turn.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[int, _Remembering] = {}

    def wrap_model_call(self, request: ModelRequest[Any], handler: Handler) -> ModelResponse[Any]:
        """Make the call with the remembered binding."""
        model = self._known.get(id(request.model))
        if model is None:
            model = self._known[id(request.model)] = _Remembering(request.model)
        stand_in: Any = model
        by_itself = getattr(getattr(request.model, "http_client", None), "steps_aside", False)
        with my_turn() if by_itself else contextlib.nullcontext():
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
            bound = _as_sent(self._model, self._model.bind_tools(tools, **settings))
            found = self._bound[key] = (bound, tuple(tools))
        return found[0]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def _as_sent(model: Any, bound: Any) -> Any:
    """A binding whose schemas go into the request as they are.

    OpenAI's client walks through everything it is given, field by field and at every call, in search of names that are
    written otherwise in JSON. The schemas of tools have none and are most of a request; `extra_body` is not walked
    through, and the request that is sent is the same.
    """
    given = getattr(bound, "kwargs", {})
    if "tools" not in given or not hasattr(model, "extra_body") or getattr(model, "use_responses_api", None):
        return bound
    plain = {name: value for name, value in given.items() if name in ("tools", "tool_choice")}
    others = {name: value for name, value in given.items() if name not in plain}
    return bound.bound.bind(**others, extra_body={**(model.extra_body or {}), **plain})
