"""The agent of a teacher that follows rules: the steps of LangChain's agent without its graph.

`create_agent` runs each step through a graph of its own and starts a thread for each tool, which takes five times as
long as the rules do. A model that follows rules needs no mending, no retries and no binding of tools; what is left of
the agent is a loop. Callbacks are told the same, so that traces do not differ.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManager
from langchain_core.load import dumpd
from langchain_core.messages import AIMessage, BaseMessage, SystemMessage, ToolCall, ToolMessage
from langchain_core.outputs import ChatGeneration, LLMResult
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import get_callback_manager_for_config
from langchain_core.tools import BaseTool, StructuredTool
from pydantic import BaseModel, ValidationError

from molreflect.agents.errors import explain_to_model
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.schemas import SUBMIT, AlignmentDraft
from molreflect.agents.teacher.budget import Ledger
from molreflect.agents.teacher.calls import (
    MalformedError,
    MeteredCalls,
    classify_fault,
    describe_problem,
    last_answer,
)
from molreflect.agents.teacher.direct_callbacks import DirectCallbacks

_Callbacks = CallbackManager | DirectCallbacks


class RuleAgent:
    """Asks a rule model for its next step and takes it, until alignments are submitted."""

    def __init__(
        self, model: RuleModel, tools: Sequence[BaseTool], *, name: str, system: str, calls: MeteredCalls
    ) -> None:
        """Work out once what each call needs.

        Args:
            model: The rules.
            tools: What they call; plain functions behind LangChain's tools.
            name: Of the agent, in traces.
            system: The system prompt.
            calls: Counts the calls.
        """
        bound = model.bind_tools(tools)
        assert isinstance(bound, RuleModel)  # which binds by copying itself
        self._model, self._name, self._calls = bound, name, calls
        self._tools = {tool.name: _Tool(tool) for tool in tools}
        self._system = SystemMessage(system)
        self._described = dumpd(bound)
        self._parameters = {"model_name": bound.kind, "_type": bound.kind}

    def invoke(
        self, inputs: dict[str, list[BaseMessage]], config: RunnableConfig | None = None, *, context: Ledger
    ) -> dict[str, AlignmentDraft]:
        """Answer a request.

        Args:
            inputs: `messages`, the request being the last.
            config: Callbacks, and what tools find in it.
            context: What the request may spend.

        Returns:
            `structured_response`: the alignments.

        Raises:
            OutOfBoundsError: A bound of the pair forbids the next call.
            MalformedError: The rules could not go on.
            CapReachedError: The run has spent what it may.
        """
        settings = config or {}
        run = _callbacks_of(settings).on_chain_start(None, inputs, name=self._name)
        try:
            answer = {"structured_response": self._work(inputs["messages"], settings, context, run.get_child())}
        except BaseException as error:
            run.on_chain_error(error)
            raise
        run.on_chain_end(answer)
        return answer

    def _work(
        self, asked: Sequence[BaseMessage], config: RunnableConfig, ledger: Ledger, told: _Callbacks
    ) -> AlignmentDraft:
        messages: list[BaseMessage] = [self._system, *asked]
        while True:
            answer = self._next(messages, ledger, told)
            messages.append(answer)
            submitted = next((call for call in answer.tool_calls if call["name"] == SUBMIT), None)
            if submitted is not None:
                return _submitted(submitted, answer)
            if not answer.tool_calls:
                raise MalformedError(describe_problem(answer), last_answer([answer]), classify_fault(answer))
            messages += [self._call(call, config, told) for call in answer.tool_calls]

    def _next(self, messages: list[BaseMessage], ledger: Ledger, told: _Callbacks) -> AIMessage:
        """Ask the model, within the budgets."""
        estimate = self._calls.allow(ledger, messages)
        return self._calls.make(
            ledger, messages, estimate, lambda: self._ask(messages, told), lambda answer: [answer], gated=False
        )

    def _ask(self, messages: list[BaseMessage], told: _Callbacks) -> AIMessage:
        (run,) = told.on_chat_model_start(self._described, [messages], invocation_params=self._parameters)
        try:
            answer = self._model.next_message(messages)
        except BaseException as error:
            run.on_llm_error(error)
            raise
        run.on_llm_end(LLMResult(generations=[[ChatGeneration(message=answer)]]))
        return answer

    def _call(self, call: ToolCall, config: RunnableConfig, told: _Callbacks) -> ToolMessage:
        """Run a tool; a mistake in its arguments is its answer, as any model is told it."""
        name, arguments = call["name"], call["args"]
        tool = self._tools.get(name)
        if tool is None:
            offered = ", ".join(self._tools)
            content = f"Error: {name} is not a valid tool, try one of [{offered}]."
            return ToolMessage(content, name=name, tool_call_id=call["id"], status="error")
        run = told.on_tool_start(tool.described, str(arguments), inputs=arguments, tool_call_id=call["id"])
        try:
            content = tool(arguments, config)
        except BaseException as error:
            run.on_tool_error(error)
            explained = explain_to_model(error, call) if isinstance(error, Exception) else None
            if explained is None:
                raise
            return ToolMessage(explained, name=name, tool_call_id=call["id"], status="error")
        message = ToolMessage(content, name=name, tool_call_id=call["id"])
        run.on_tool_end(message)
        return message


def _callbacks_of(config: RunnableConfig) -> _Callbacks:
    found: Any = config.get("callbacks")
    return found if isinstance(found, DirectCallbacks) else get_callback_manager_for_config(config)


class _Tool:
    """A tool of LangChain, called through what is worked out once: its schema and whether it takes the settings.

    LangChain works both out at each call, from type hints that it evaluates anew.
    """

    def __init__(self, tool: BaseTool) -> None:
        if not isinstance(tool, StructuredTool) or tool.func is None:
            raise TypeError(f"{tool.name} is no plain function behind a tool")
        if not (isinstance(tool.args_schema, type) and issubclass(tool.args_schema, BaseModel)):
            raise TypeError(f"{tool.name} has no pydantic schema of its arguments")
        self.described = {"name": tool.name, "description": tool.description}
        self._function: Callable[..., str] = tool.func
        self._schema: type[BaseModel] = tool.args_schema
        self._takes_config = "config" in inspect.signature(tool.func).parameters

    def __call__(self, arguments: dict[str, Any], config: RunnableConfig) -> str:
        checked = self._schema.model_validate(arguments)
        given = {name: getattr(checked, name) for name in checked.model_fields_set}
        return self._function(**given, config=config) if self._takes_config else self._function(**given)


def _submitted(call: ToolCall, answer: AIMessage) -> AlignmentDraft:
    try:
        return AlignmentDraft.model_validate(call["args"])
    except ValidationError as error:
        raise MalformedError(" ".join(str(error).split()), last_answer([answer]), classify_fault(answer)) from error
