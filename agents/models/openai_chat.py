"""OpenAI's chat models as many servers speak them: with a deadline for a whole answer, and their habits put right."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from langchain_core.outputs import ChatResult
from langchain_openai import ChatOpenAI

from molreflect.tools.errors import shorten


class TolerantChatOpenAI(ChatOpenAI):
    """`ChatOpenAI` that reads what OpenAI-compatible servers make of the format."""

    def _create_chat_result(self, response: Any, generation_info: dict[str, Any] | None = None) -> ChatResult:
        if isinstance(response, str):  # a page, given for an answer with status 200
            raise ValueError(f"it is no JSON: {shorten(response, 100)}")
        said = response if isinstance(response, dict) else response.model_dump(mode="python", warnings=False)
        before = json.dumps(said, default=str)
        right = _put_right(said)
        # An answer as it should be is handed on as it came: what the client has parsed of it stays.
        changed = json.dumps(right, default=str) != before
        return super()._create_chat_result(right if changed else response, generation_info)


_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def _put_right(said: dict[str, Any]) -> dict[str, Any]:
    """Arguments given as an object become text; counts that are null or fractions become whole numbers."""
    if not said.get("choices"):
        raise ValueError("it holds no choices" if not said.get("error") else f"it holds an error: {said['error']}")
    usage = said.get("usage")
    if isinstance(usage, Mapping):
        counts = {name: round(usage.get(name) or 0) for name in _COUNTS}
        said = said | {"usage": {**usage, **counts}}
    for choice in said["choices"]:
        message = choice.get("message") or {}
        for call in message.get("tool_calls") or ():
            function = call.get("function") or {}
            if isinstance(function.get("arguments"), Mapping):
                function["arguments"] = json.dumps(function["arguments"], ensure_ascii=False)
            elif function.get("arguments") is None:
                function["arguments"] = "{}"
    return said


class DeadlineTransport(httpx.HTTPTransport):
    """A transport that bounds a whole answer: a server that lets its bytes drip is cut off as well."""

    def __init__(self, seconds: float, **settings: Any) -> None:
        """Bound every answer.

        Args:
            seconds: From sending the request to the last byte of the answer.
            settings: Of `httpx.HTTPTransport`.
        """
        super().__init__(**settings)
        self.seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            httpx.ReadTimeout: The answer is not whole in time; also while its bytes are read.
        """
        until = time.monotonic() + self.seconds
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Timed(response.stream, until, self.seconds, request)
        return response


class _Timed(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, until: float, seconds: float, request: httpx.Request) -> None:
        self._stream, self._until, self._seconds, self._request = stream, until, seconds, request

    def __iter__(self) -> Iterator[bytes]:
        for part in self._stream:
            if time.monotonic() > self._until:
                raise httpx.ReadTimeout(f"no whole answer within {self._seconds:g} s", request=self._request)
            yield part

    def close(self) -> None:
        self._stream.close()


def load(model: str, *, timeout: float | None = None, **settings: Any) -> TolerantChatOpenAI:
    """Load a chat model of OpenAI or of a server that speaks like it.

    Args:
        model: Its name.
        timeout: Seconds from sending a request to the last byte of its answer; None waits for ever.
        settings: Of `ChatOpenAI`.
    """
    if timeout is not None:
        settings["timeout"] = timeout
        settings["http_client"] = httpx.Client(
            transport=DeadlineTransport(timeout, limits=httpx.Limits(max_connections=None)), timeout=timeout
        )
    return TolerantChatOpenAI(model=model, **settings)
