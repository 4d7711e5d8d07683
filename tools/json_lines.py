"""JSON objects, one a line, from a file or a stream; a mistake names its line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from molreflect.tools.errors import InputError, shorten

T = TypeVar("T")
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
"""Half of a character, as broken JSON or bytes that are no UTF-8 leave it."""


def read_objects(
    lines: Iterable[str | dict[str, Any]], source: str, make: Callable[[dict[str, Any]], T]
) -> Iterator[T]:
    """Make something of every JSON object; blank lines are passed over.

    Args:
        lines: One object a line, as text or parsed already.
        source: Where they come from, for messages.
        make: Makes one; its `InputError` gets the number of the line.

    Raises:
        InputError: A line is not UTF-8, no JSON object, or `make` refuses it.
    """
    number = 0
    try:
        for line in lines:
            number += 1
            if isinstance(line, dict) or line.strip():
                yield make(line if isinstance(line, dict) else _object(line))
    except UnicodeDecodeError as error:
        raise InputError(f"{source} line {number + 1}: not UTF-8 ({error.reason})") from error
    except InputError as error:
        raise InputError(f"{source} line {number}: {error}") from error


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON ({' '.join(str(error).split())[:120]}): {shorten(line.strip())}") from error
    if not isinstance(found, dict):
        raise InputError(f"one JSON object a line was expected; got {shorten(line.strip())}")
    return found


def text_of(found: dict[str, Any], name: str) -> str:
    """Take a text out of an object; a lone surrogate, which no file can hold, becomes U+FFFD.

    Raises:
        InputError: It is missing, or no text.
    """
    value = found.get(name)
    if not isinstance(value, str):
        has = "is missing" if name not in found else f"must be a text, not {json.dumps(value)[:80]}"
        raise InputError(f"'{name}' {has}; the fields given are {', '.join(map(repr, found)) or 'none'}")
    return LONE_SURROGATE.sub("\ufffd", value)
