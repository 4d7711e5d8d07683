"""Around each call of the analyst's model: bounds, answers that cannot be used, and claims that do not stand."""

from __future__ import annotations

import asyncio
import contextvars
import re
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ModelRequest, ModelResponse, ToolCallRequest
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage
from langgraph.types import Command

from molreflect.agents.analyst.checked import CHECKED, CheckedAnswer
from molreflect.agents.analyst.checker import AnswerChecker, advice_on
from molreflect.agents.analyst.context import UNDERSTOOD
from molreflect.agents.analyst.turn import CANCELLED, Turn
from molreflect.agents.models.binding import BoundOnce
from molreflect.agents.models.history import MALFORMED
from molreflect.tools.errors import InputError

FROM_MODEL = "model"
"""The intent under which a turn of a language model is kept; it has read the question itself."""
_THOUGHTS = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_CUT = frozenset({"length", "max_tokens", "MAX_TOKENS"})
_FILTERED = frozenset({"content_filter", "SAFETY", "refusal"})

_PATIENCE = 0.05
"""Seconds until it is looked again whether a call is to be left behind."""

A = TypeVar("A")
Handler = Callable[[ModelRequest[Turn]], ModelResponse[Any]]
AsyncHandler = Callable[[ModelRequest[Turn]], Awaitable[ModelResponse[Any]]]


class TurnMiddleware(AgentMiddleware[AgentState[Any], Turn, Any]):
    """Keep a turn within its bounds and check what is said in it."""

    def __init__(self, checker: AnswerChecker | None = None) -> None:
        super().__init__()
        self.checker = checker
        self.bound_once = BoundOnce()

    def turn_of(self, context: Turn | None, messages: Sequence[BaseMessage]) -> Turn:
        """The turn in hand; for a caller that hands in none (Studio), one that has made the calls of the messages."""
        if context is not None:
            return context
        asked = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
        made = sum(isinstance(m, AIMessage) for m in messages[asked:])
        return Turn(checker=self.checker, before=messages[:asked], calls=made, marks=True)

    def wrap_model_call(self, request: ModelRequest[Turn], handler: Handler) -> ModelResponse[Any]:
        """Call the model until it calls tools or gives an answer, or a bound is reached.

        What cannot be used, and an answer that chemistry contradicts, is asked for again; neither is kept in the
        conversation.
        """
        turn = self.turn_of(request.runtime.context, request.messages)
        asides: list[BaseMessage] = []
        while True:
            shown: list[AnyMessage] = [*request.messages, *turn.advice, *asides]  # type: ignore[list-item]
            if reached := turn.reached(shown):
                return ModelResponse([_stopped(turn, reached)])
            answer = self._call(turn, request.override(messages=shown), handler)
            if answer is None:
                return ModelResponse([_stopped(turn, turn.out_of_time())])
            turn.spend(answer, shown)
            problem = _problem_of(answer)
            usable = bool(answer.tool_calls or thoughtless(answer)) and not _is_malformed(answer)
            if not usable and turn.mends < turn.limits.mends:
                turn.mends += 1
                asides = [answer, HumanMessage(f"That cannot be used: {problem}. Answer the question, or call a tool.")]
                continue
            if answer.tool_calls and usable:
                return ModelResponse([answer])
            turn.problem = problem
            final = _final(answer, problem)
            if turn.checker is None:
                return ModelResponse([final])
            checked = _check(turn, request.messages, str(final.content))
            if checked.refuted and not turn.repaired:
                turn.repaired = True
                turn.advice = [AIMessage(final.content), HumanMessage(advice_on(checked))]
                asides = []
                continue
            return ModelResponse([_with_verdicts(final, checked, marks=turn.marks)])

    async def awrap_model_call(self, request: ModelRequest[Turn], handler: AsyncHandler) -> ModelResponse[Any]:
        """Do the same for servers of LangGraph, which run graphs in an event loop."""
        loop = asyncio.get_running_loop()

        def call(asked: ModelRequest[Turn]) -> ModelResponse[Any]:
            return asyncio.run_coroutine_threadsafe(_awaited(handler(asked)), loop).result()

        return await asyncio.to_thread(self.wrap_model_call, request, call)

    def _call(self, turn: Turn, request: ModelRequest[Turn], handler: Handler) -> AIMessage | None:
        """Make one call; None where the turn's time is over before it ends."""
        if turn.checker is None:  # rules answer at once
            return _message_of(self.bound_once(request, handler))
        return _message_of(_abandonable(turn, lambda: self.bound_once(request, handler)))

    def wrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]]
    ) -> ToolMessage | Command[Any]:
        """Carry out a call within the bounds, and tell the model of its mistakes."""
        state: Any = request.state
        messages = state["messages"] if isinstance(state, dict) else state.messages
        turn = self.turn_of(request.runtime.context, messages)
        if turn.cancelled.is_set():
            return _refusal(request, f"not carried out: {CANCELLED}")
        if refused := _over(turn, request.tool_call, messages):
            turn.notice(refused)
            return _refusal(request, f"not carried out: {refused}")
        try:
            return handler(request)
        except InputError as error:
            return _refusal(request, str(error))

    async def awrap_tool_call(
        self, request: ToolCallRequest, handler: Callable[[ToolCallRequest], Awaitable[ToolMessage | Command[Any]]]
    ) -> ToolMessage | Command[Any]:
        """Do the same for servers of LangGraph, which run graphs in an event loop."""
        loop = asyncio.get_running_loop()

        def carry_out(asked: ToolCallRequest) -> ToolMessage | Command[Any]:
            return asyncio.run_coroutine_threadsafe(_awaited(handler(asked)), loop).result()

        return await asyncio.to_thread(self.wrap_tool_call, request, carry_out)


async def _awaited(made: Awaitable[A]) -> A:
    return await made


def thoughtless(answer: AIMessage) -> str:
    """What an answer says, without the thoughts that some models write into it."""
    return _THOUGHTS.sub("", str(answer.text)).strip()


def _over(turn: Turn, call: ToolCall, messages: Sequence[BaseMessage]) -> str:
    """Say which bound a tool call is over; empty where it is within them."""
    last = next((m for m in reversed(messages) if isinstance(m, AIMessage)), None)
    ids = [each["id"] for each in last.tool_calls] if last is not None else []
    index = ids.index(call["id"]) if call["id"] in ids else 0
    if index >= turn.limits.at_once:
        return f"of {len(ids)} tool calls at a time, {turn.limits.at_once} are carried out"
    before = sum(len(m.tool_calls) for m in messages[len(turn.before) :] if isinstance(m, AIMessage)) - len(ids)
    if before + index >= turn.limits.tool_calls:
        return f"the bound of {turn.limits.tool_calls} tool calls a turn is reached"
    return ""


def _refusal(request: ToolCallRequest, text: str) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(text, tool_call_id=str(call["id"]), name=call["name"], status="error")


def _stopped(turn: Turn, reached: str) -> AIMessage:
    turn.notice(reached)
    turn.problem = reached
    return AIMessage(f"I stopped before there was an answer: {reached}.")


def _message_of(response: ModelResponse[Any] | None) -> AIMessage | None:
    return None if response is None else next(m for m in response.result if isinstance(m, AIMessage))


def _is_malformed(answer: AIMessage) -> bool:
    return bool(answer.invalid_tool_calls or MALFORMED in answer.additional_kwargs)


def _problem_of(answer: AIMessage) -> str:
    """Say what is wrong with an answer; empty where it is whole."""
    if (known := answer.additional_kwargs.get(MALFORMED)) is not None:
        return str(known)
    ended = answer.response_metadata.get("finish_reason") or answer.response_metadata.get("stop_reason")
    cut = "; it was cut off at its limit of tokens" if ended in _CUT else ""
    if answer.invalid_tool_calls:
        call = answer.invalid_tool_calls[0]
        return f"the arguments of its call of {call['name']} are no JSON: {str(call['args'])[:200]!r}{cut}"
    if answer.tool_calls:
        return ""
    if not thoughtless(answer):
        if ended in _FILTERED or answer.additional_kwargs.get("refusal"):
            return "the provider's filter, or the model itself, refused to answer"
        thought = str(answer.text).strip() or _has_thoughts(answer)
        return f"the model {'thought, and said nothing' if thought else 'gave an empty answer'}{cut}"
    if ended in _CUT:
        return "the answer was cut off at the model's limit of tokens"
    return "the provider's filter cut the answer off" if ended in _FILTERED else ""


def _has_thoughts(answer: AIMessage) -> bool:
    kinds = {str(block.get("type")) for block in answer.content if isinstance(block, dict)}
    return bool(
        kinds & {"thinking", "reasoning", "redacted_thinking"} or answer.additional_kwargs.get("reasoning_content")
    )


def _final(answer: AIMessage, problem: str) -> AIMessage:
    """The message that ends the turn: the text of the answer, or in its place what is wrong."""
    text = thoughtless(answer) or f"(There is no answer: {problem}.)"
    return answer.model_copy(update={"content": text, "tool_calls": [], "invalid_tool_calls": []})


def _check(turn: Turn, messages: Sequence[BaseMessage], text: str) -> CheckedAnswer:
    assert turn.checker is not None
    if turn.problem and text.startswith("(There is no answer"):
        return CheckedAnswer("")
    asked = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=0)
    subjects = turn.checker.subjects(messages[asked:], messages[:asked], text)
    checked = turn.checker.check(text, subjects)
    return CheckedAnswer(checked.text, checked.claims, checked.unread, checked.molecules, turn.repaired)


def _with_verdicts(answer: AIMessage, checked: CheckedAnswer, *, marks: bool) -> AIMessage:
    """Keep the verdicts with the answer, and the molecules for questions about "it".

    Args:
        answer: The answer.
        checked: What was found.
        marks: Whether its text is to say so too.
    """
    kept = {**answer.additional_kwargs, CHECKED: checked.to_json()}
    if checked.molecules:
        spoken = [{"words": smiles, "smiles": smiles} for smiles in checked.molecules]
        kept[UNDERSTOOD] = {"intent": FROM_MODEL, "molecules": spoken}
    text = checked.shown() if marks and checked.text else answer.content
    return answer.model_copy(update={"content": text, "additional_kwargs": kept})


def _abandonable(turn: Turn, make: Callable[[], ModelResponse[Any]]) -> ModelResponse[Any] | None:
    """Run a call in a thread of its own, and leave it behind when the turn is over: no client can be interrupted.

    Returns:
        The response; None where it was left behind.
    """
    done: list[ModelResponse[Any]] = []
    failed: list[BaseException] = []
    context = contextvars.copy_context()

    def run() -> None:
        try:
            done.append(context.run(make))
        except BaseException as error:  # noqa: BLE001 - raised again by the caller
            failed.append(error)

    thread = threading.Thread(target=run, name="analyst-model", daemon=True)
    thread.start()
    while thread.is_alive() and not turn.out_of_time():
        thread.join(_PATIENCE)
    if failed:
        raise failed[0]
    return done[0] if done else None
