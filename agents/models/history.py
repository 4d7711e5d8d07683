"""Conversations that every server reads, and answers that can be written down.

Strict servers refuse a conversation for what they answered themselves: a call whose arguments are no JSON, whose tool
does not exist or whose id stands twice, an answer without any text, a call without its result, a user who speaks after
a tool. What cannot be sent as a call is sent as the text it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolCall, ToolMessage

from molreflect.agents.models.tokens import text_of
from molreflect.tools.storage import encodable

MALFORMED = "malformed"
"""Key of a message's `additional_kwargs` that says why it could not be read."""
WRITE_LESS = ", so write less"
"""What a model is told, and nobody else, whose answer was cut off."""
MAX_CALLS = 128
"""Most calls of one answer that are carried out; a model that makes more at once is told so."""
NOTHING_SAID = "(an empty answer)"
NOT_DONE = "not carried out"
MAX_TEXT = 100_000
"""Most characters of an answer that a conversation goes on with."""
_SHOWN = 2_000
"""Most characters of a call that is shown as text."""
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def as_every_server_reads(messages: Sequence[BaseMessage], tools: AbstractSet[str]) -> list[BaseMessage]:
    """Rewrite a conversation so that no server refuses it; one that is in order stays as it is.

    Args:
        messages: The conversation.
        tools: Names of the tools that are offered with it.
    """
    sent: list[BaseMessage] = []
    position = 0
    while position < len(messages):
        message = messages[position]
        position += 1
        if isinstance(message, AIMessage):
            results: list[ToolMessage] = []
            while position < len(messages) and isinstance(result := messages[position], ToolMessage):
                results.append(result)
                position += 1
            sent += _turn(message, results, tools)
        elif isinstance(message, HumanMessage) and sent and isinstance(sent[-1], ToolMessage | HumanMessage):
            sent[-1] = _longer(sent[-1], str(message.content))
        else:
            sent.append(message)
    return sent


def _turn(answer: AIMessage, results: Sequence[ToolMessage], tools: AbstractSet[str]) -> list[BaseMessage]:
    """An answer and the results of its calls, as they are sent."""
    kept = [call for call in answer.tool_calls if _NAME.fullmatch(call["name"]) and call["name"] in tools]
    by_id: dict[str, ToolMessage] = {}
    ids = {call["id"] for call in kept}
    loose: list[str] = []
    for result in results:
        if result.tool_call_id in ids and result.tool_call_id not in by_id:
            by_id[result.tool_call_id] = result
        else:
            loose.append(str(result.content))
    if len(kept) < len(answer.tool_calls) or answer.invalid_tool_calls or not (kept or answer.content):
        answer = _without_others(answer, kept)
    done = [
        by_id.get(str(call["id"])) or ToolMessage(NOT_DONE, tool_call_id=str(call["id"]), name=call["name"])
        for call in kept
    ]
    if not loose:
        return [answer, *done]
    if not done:
        return [answer, HumanMessage("\n\n".join(loose))]
    return [answer, *done[:-1], _longer(done[-1], "\n\n".join(loose))]


def _without_others(answer: AIMessage, kept: Sequence[ToolCall]) -> AIMessage:
    """The answer with these of its calls; the others become text."""
    ids = {call["id"] for call in kept}
    others = [call for call in answer.tool_calls if call["id"] not in ids]
    told = answer.model_copy(update={"tool_calls": others, "content": ""})
    text = text_of(told)
    said = answer.content
    if text:
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ..."
        said = f"{said}\n{shown}" if isinstance(said, str) and said else shown
    rest = {name: value for name, value in answer.additional_kwargs.items() if name not in ("tool_calls", "refusal")}
    update = {"tool_calls": list(kept), "invalid_tool_calls": [], "additional_kwargs": rest}
    return answer.model_copy(update={**update, "content": said or ("" if kept else NOTHING_SAID)})


def _longer(message: BaseMessage, text: str) -> BaseMessage:
    return message.model_copy(update={"content": f"{message.content}\n\n{text}"})


def as_written(answer: AIMessage, before: Sequence[BaseMessage]) -> AIMessage:
    """Put an answer into a form that can be written down and gone on with.

    Half surrogate pairs, which no file holds, are replaced; calls without an id, or with one that is taken, get one of
    their own; of more than `MAX_CALLS` calls at once none is carried out.

    Args:
        answer: As the model gave it.
        before: The conversation it ends.
    """
    update: dict[str, Any] = {}
    content = _whole(answer.content)
    if isinstance(content, str) and len(content) > MAX_TEXT:
        content = f"{content[:MAX_TEXT]} ..."
    if content != answer.content:
        update["content"] = content
    if (extra := _whole(answer.additional_kwargs)) != answer.additional_kwargs:
        update["additional_kwargs"] = extra
    if (invalid := _whole(answer.invalid_tool_calls)) != answer.invalid_tool_calls:
        update["invalid_tool_calls"] = invalid
    count = len(answer.tool_calls) + len(answer.invalid_tool_calls)
    if count > MAX_CALLS:
        problem = f"it makes {count:,} calls at once; make at most {MAX_CALLS}"
        said = encodable(text_of(answer)[:_SHOWN])
        update |= {"tool_calls": [], "invalid_tool_calls": [], "content": f"{said} ..."}
        update["additional_kwargs"] = {**extra, MALFORMED: problem}
        return answer.model_copy(update=update)
    taken = {call["id"] for m in before if isinstance(m, AIMessage) for call in m.tool_calls}
    calls = [_numbered(_whole(call), f"call-{len(before)}-{i}", taken) for i, call in enumerate(answer.tool_calls)]
    if calls != answer.tool_calls:
        update["tool_calls"] = calls
    return answer.model_copy(update=update) if update else answer


def _numbered(call: dict[str, Any], own: str, taken: set[str | None]) -> dict[str, Any]:
    """The call with an id that no other call of the conversation has."""
    named = call if call["id"] and call["id"] not in taken else {**call, "id": own}
    taken.add(named["id"])
    return named


def _whole(value: Any) -> Any:
    """Replace half surrogate pairs in every text of a JSON-like value."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {_whole(key): _whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value
