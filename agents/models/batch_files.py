"""Batch files as OpenAI defines them and vLLM's `run-batch` takes them: one request a line, one result a line.

Results come in any order, some not at all; every line is read by itself, and a line that cannot be read costs no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molreflect.tools.storage import atomic_path

URL = "/v1/chat/completions"
MOST_REQUESTS = 50_000
"""Lines of one file that OpenAI takes."""
MOST_BYTES = 200_000_000
"""Bytes of one file that OpenAI takes."""
_NEVER_SENT = frozenset({"batch_expired", "batch_cancelled"})
"""Codes of lines that nobody worked on before their batch ended."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One question of a batch."""

    id: str
    line: bytes
    """With its end."""
    tokens: int
    """Of the question, as far as can be counted here."""


def request_id(body: Mapping[str, Any], attempt: int) -> str:
    """Name a question by what is asked, and by which attempt asks it: the same at every start, and for equal rows.

    It says nothing of the row: ids of a corpus are nobody's else.
    """
    parts = json.dumps([attempt, URL, body], sort_keys=True, default=str)
    return f"ask-{hashlib.sha256(parts.encode()).hexdigest()[:40]}"


def request_line(id_: str, body: Mapping[str, Any]) -> bytes:
    """Write one line of a file of requests; half a surrogate pair goes through it escaped."""
    line = {"custom_id": id_, "method": "POST", "url": URL, "body": body}
    return json.dumps(line).encode("ascii") + b"\n"


def split(
    requests: Iterable[BatchRequest], *, most: int = MOST_REQUESTS, most_bytes: int = MOST_BYTES
) -> Iterator[list[BatchRequest]]:
    """Divide requests into files that a provider takes, in their order; one that is too large stands alone."""
    part: list[BatchRequest] = []
    size = 0
    for request in requests:
        if part and (len(part) >= most or size + len(request.line) > most_bytes):
            yield part
            part, size = [], 0
        part.append(request)
        size += len(request.line)
    if part:
        yield part


def write_requests(path: Path, requests: Sequence[BatchRequest]) -> None:
    """Write a file of requests whole or not at all."""
    with atomic_path(path) as part, part.open("wb") as file:
        file.writelines(request.line for request in requests)


@dataclass(frozen=True, slots=True)
class ResultLine:
    """One line of a file of results."""

    id: str
    """Empty where the line cannot be read."""
    body: dict[str, Any] | None
    """The answer; None where there is none that can be read."""
    code: str
    """Why there is none: an HTTP status, or the provider's word; empty where there is one."""
    place: tuple[Path, int, int]
    """The file, where the line begins, and its length in bytes."""

    @property
    def never_sent(self) -> bool:
        """Whether nobody worked on the question."""
        return self.code in _NEVER_SENT


def read_results(path: Path) -> Iterator[ResultLine]:
    """Read a file of results line by line; a line that is no JSON comes without an id."""
    with path.open("rb") as file:
        begins = 0
        for line in file:
            if line.strip():
                yield _read(line, (path, begins, len(line)))
            begins += len(line)


def read_answer(place: tuple[Path, int, int]) -> dict[str, Any]:
    """Read one answer again, from where `read_results` found it."""
    path, begins, length = place
    with path.open("rb") as file:
        file.seek(begins)
        found = _read(file.read(length), place)
    if found.body is None:
        raise ValueError(f"{path} has changed since it was read")
    return found.body


def _read(line: bytes, place: tuple[Path, int, int]) -> ResultLine:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return ResultLine("", None, "unreadable", place)
    if not isinstance(said, dict) or not isinstance(said.get("custom_id"), str):
        return ResultLine("", None, "unreadable", place)
    response, error = said.get("response"), said.get("error")
    if error is not None:
        code = error.get("code") if isinstance(error, dict) else None
        return ResultLine(said["custom_id"], None, str(code or "error"), place)
    if not isinstance(response, dict):
        return ResultLine(said["custom_id"], None, "unreadable", place)
    status, body = response.get("status_code"), response.get("body")
    if status != 200:
        return ResultLine(said["custom_id"], None, str(status or "unreadable"), place)
    if not isinstance(body, dict) or not _has_choice(body):
        return ResultLine(said["custom_id"], None, "unreadable", place)
    return ResultLine(said["custom_id"], body, "", place)


def _has_choice(body: Mapping[str, Any]) -> bool:
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return isinstance(first, dict) and isinstance(first.get("message"), dict)
