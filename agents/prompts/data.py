"""Data in a prompt: JSON between markers, so that a caption can never pass for an instruction."""

from __future__ import annotations

import json
from typing import Any

OPEN, CLOSE = "<data>", "</data>"


def block(data: dict[str, Any]) -> str:
    """Render data for a prompt; no text inside can close the block."""
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return f"{OPEN}\n{text}\n{CLOSE}"


def read_block(message: str) -> dict[str, Any]:
    """Read the data of a rendered prompt.

    Raises:
        ValueError: There is no data block.
    """
    start, end = message.rfind(OPEN), message.rfind(CLOSE)  # instructions before it may name the marks
    if start < 0 or end < start:
        raise ValueError("the message holds no data block")
    return dict(json.loads(message[start + len(OPEN) : end]))
