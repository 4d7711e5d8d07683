"""What the strictest of the OpenAI-compatible servers refuse to be sent."""

from __future__ import annotations

import json
from typing import Any


def complaint(body: dict[str, Any]) -> str | None:
    """Say what is wrong with a conversation; None where every server takes it."""
    offered = {tool["function"]["name"] for tool in body.get("tools") or ()}
    open_calls: set[str] = set()
    known: set[str] = set()
    before = ""
    for message in body["messages"]:
        role = message["role"]
        if role in ("user", "assistant") and open_calls:
            return f"calls without results: {sorted(open_calls)}"
        if (before, role) in (("tool", "user"), ("user", "user"), ("assistant", "assistant")):
            return f"{role} after {before}"
        if role == "assistant":
            calls = message.get("tool_calls") or []
            if not calls and not message.get("content"):
                return "an assistant's message without content"
            for call in calls:
                if (wrong := _wrong_with(call, offered, known)) is not None:
                    return wrong
                known.add(call["id"])
                open_calls.add(call["id"])
        elif role == "tool":
            if message["tool_call_id"] not in open_calls:
                return "a result of no call"
            open_calls.discard(message["tool_call_id"])
        before = role
    if open_calls:
        return f"calls without results: {sorted(open_calls)}"
    json.dumps(body, ensure_ascii=False).encode()
    return None


def _wrong_with(call: dict[str, Any], offered: set[str], known: set[str]) -> str | None:
    if not call.get("id"):
        return "a call without an id"
    if call["id"] in known:
        return f"the id {call['id']} twice"
    if call["function"]["name"] not in offered:
        return f"a call of {call['function']['name']!r}, which is not offered"
    try:
        arguments = json.loads(call["function"]["arguments"])
    except ValueError:
        return "arguments that are no JSON"
    return None if isinstance(arguments, dict) else "arguments that are no object"
