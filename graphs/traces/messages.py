"""Messages of a chat model as traces hold them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)

from molreflect.graphs.traces.contents import Packer

_DRAWN = frozenset({"id", "tool_call_id", "usage", "response_metadata", "additional_kwargs", "trace_id"})
"""Keys whose values are drawn at random, or say how a message came and not what it says."""
_ROLES = {"human": "user", "ai": "assistant", "system": "system", "tool": "tool", "function": "function"}


def to_plain(message: BaseMessage, packer: Packer) -> dict[str, Any]:
    """Write a message down: role and content, and of what else it has what is not empty.

    Ids that LangChain draws at random are left out, so that the same words have the same hash.
    """
    role = _ROLES.get(message.type) or str(getattr(message, "role", message.type))
    found: dict[str, Any] = {"role": packer.label(role), "content": packer.value(message.content, "content")}
    if message.name:  # of an agent or a tool; another one may be a person's
        ours = isinstance(message, AIMessage | ToolMessage)
        found["name"] = packer.label(message.name) if ours else packer.value(message.name, "name")
    if isinstance(message, AIMessage):
        if message.tool_calls:
            found["tool_calls"] = [
                {
                    "id": None if c["id"] is None else packer.label(c["id"]),
                    "name": packer.label(c["name"]),
                    "arguments": packer.json(c["args"]),
                }
                for c in message.tool_calls
            ]
        if message.invalid_tool_calls:
            found["invalid_tool_calls"] = packer.value([dict(c) for c in message.invalid_tool_calls])
        if message.usage_metadata:
            found["usage"] = packer.value(dict(message.usage_metadata))
    if isinstance(message, ToolMessage):
        found["tool_call_id"] = packer.label(message.tool_call_id)
        if message.status != "success":
            found["status"] = message.status
        if message.artifact is not None:
            found["artifact"] = packer.json(message.artifact)
    for name in ("additional_kwargs", "response_metadata"):
        if value := getattr(message, name):
            found[name] = packer.value(value)
    return found


def to_langchain(message: Mapping[str, Any]) -> BaseMessage:
    """Make a message of LangChain from one that was read back with its texts."""
    extra = {name: message[name] for name in ("additional_kwargs", "response_metadata", "name") if name in message}
    content = message["content"]
    role = message["role"]
    if role == "assistant":
        calls = [
            {"name": c["name"], "args": c["arguments"], "id": c["id"], "type": "tool_call"}
            for c in message.get("tool_calls", ())
        ]
        return AIMessage(
            content=content,
            tool_calls=calls,
            invalid_tool_calls=message.get("invalid_tool_calls", []),
            usage_metadata=message.get("usage"),
            **extra,
        )
    if role == "tool":
        return ToolMessage(
            content=content,
            tool_call_id=message["tool_call_id"],
            status=message.get("status", "success"),
            artifact=message.get("artifact"),
            **extra,
        )
    if role == "function":
        return FunctionMessage(content=content, **extra)
    kinds: dict[str, type[BaseMessage]] = {"user": HumanMessage, "system": SystemMessage}
    return kinds[role](content=content, **extra) if role in kinds else ChatMessage(content=content, role=role, **extra)


def lasting(value: Any) -> Any:
    """Leave out of a message what is drawn at random, so that the same words are the same value."""
    if isinstance(value, Mapping):
        # An agent writes its own name on answers, some of them after they were recorded.
        hidden = _DRAWN | {"name"} if value.get("role") == "assistant" else _DRAWN
        return {name: lasting(each) for name, each in value.items() if name not in hidden}
    return [lasting(each) for each in value] if isinstance(value, list) else value
