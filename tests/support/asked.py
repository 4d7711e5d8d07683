"""A question or several to an analyst."""

from __future__ import annotations

from typing import Any
from uuid import uuid4


def ask(analyst: Any, *turns: str) -> str:
    """Ask in a conversation of its own; the answer to the last."""
    config = {"configurable": {"thread_id": uuid4().hex}}
    messages: list[Any] = []
    for turn in turns:
        messages = analyst.invoke({"messages": [("user", turn)]}, config)["messages"]
    return str(messages[-1].content)
