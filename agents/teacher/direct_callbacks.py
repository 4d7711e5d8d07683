"""LangChain's callbacks, told without its managers, for agents whose own steps take less time than a manager does.

A manager copies handlers, tags and metadata at every step, and prepares for handlers that are coroutines, are to be
left out or must not raise. Here a few handlers that are none of these are told what happens, in the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.messages import BaseMessage
from langchain_core.outputs import LLMResult

_random = Random()


def new_id() -> UUID:
    """Make a random UUID; `uuid4` asks the system for each, which takes some machines as long as a step."""
    return UUID(int=_random.getrandbits(128), version=4)


class DirectCallbacks:
    """Tells handlers what begins below one step; has those methods of `CallbackManager` that rules need."""

    __slots__ = ("_handlers", "_parent")

    def __init__(self, handlers: Sequence[BaseCallbackHandler], parent: UUID | None = None) -> None:
        """Take handlers, each of which runs inline and raises what goes wrong; they are told in their order."""
        self._handlers, self._parent = handlers, parent

    def on_chain_start(self, serialized: dict[str, Any] | None, inputs: Any, *, name: str) -> DirectRun:
        """Say that a graph, a node or an agent begins."""
        run = DirectRun(self._handlers, new_id(), self._parent)
        for handler in self._handlers:
            handler.on_chain_start(serialized or {}, inputs, run_id=run.id, parent_run_id=run.parent, name=name)
        return run

    def on_chat_model_start(
        self, serialized: dict[str, Any], messages: list[list[BaseMessage]], **told: Any
    ) -> list[DirectRun]:
        """Say that a model is asked, once for every conversation."""
        runs = []
        for conversation in messages:
            run = DirectRun(self._handlers, new_id(), self._parent)
            for handler in self._handlers:
                handler.on_chat_model_start(serialized, [conversation], run_id=run.id, parent_run_id=run.parent, **told)
            runs.append(run)
        return runs

    def on_tool_start(
        self, serialized: dict[str, Any], input_str: str, *, inputs: dict[str, Any], tool_call_id: str | None
    ) -> DirectRun:
        """Say that a tool is called."""
        run = DirectRun(self._handlers, new_id(), self._parent)
        for handler in self._handlers:
            handler.on_tool_start(
                serialized,
                input_str,
                run_id=run.id,
                parent_run_id=run.parent,
                inputs=inputs,
                tool_call_id=tool_call_id,
            )
        return run


class DirectRun:
    """One step that has begun, whatever it is of."""

    __slots__ = ("_handlers", "id", "parent")

    def __init__(self, handlers: Sequence[BaseCallbackHandler], id_: UUID, parent: UUID | None) -> None:
        self._handlers, self.id, self.parent = handlers, id_, parent

    def get_child(self) -> DirectCallbacks:
        """Callbacks for what begins within this step."""
        return DirectCallbacks(self._handlers, self.id)

    def on_chain_end(self, outputs: Any) -> None:
        """Say that it is done."""
        for handler in self._handlers:
            handler.on_chain_end(outputs, run_id=self.id, parent_run_id=self.parent)

    def on_chain_error(self, error: BaseException) -> None:
        """Say that it failed."""
        for handler in self._handlers:
            handler.on_chain_error(error, run_id=self.id, parent_run_id=self.parent)

    def on_llm_end(self, response: LLMResult) -> None:
        """Say that the model has answered."""
        for handler in self._handlers:
            handler.on_llm_end(response, run_id=self.id, parent_run_id=self.parent)

    def on_llm_error(self, error: BaseException) -> None:
        """Say that the model could not answer."""
        for handler in self._handlers:
            handler.on_llm_error(error, run_id=self.id, parent_run_id=self.parent)

    def on_tool_end(self, output: Any) -> None:
        """Say that the tool has answered."""
        for handler in self._handlers:
            handler.on_tool_end(output, run_id=self.id, parent_run_id=self.parent)

    def on_tool_error(self, error: BaseException) -> None:
        """Say that the tool refused its arguments, or broke."""
        for handler in self._handlers:
            handler.on_tool_error(error, run_id=self.id, parent_run_id=self.parent)
