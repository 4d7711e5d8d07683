"""HTTP for many threads at once.

A pool of connections that all threads share looks through all its connections, under one lock, before and after every
request: with 64 threads in work, that is most of what a request costs. So every request that is under way has a client,
and with it a connection, to itself.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any


def _httpx() -> Any:
    """The HTTP library that OpenAI's package is built on; which one it is differs from version to version."""
    from openai import DefaultHttpxClient

    return importlib.import_module(DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])


def client_per_request() -> Any:
    """A client for OpenAI's package in which every request that is under way has a connection to itself."""
    from openai import DefaultHttpxClient

    verify = _httpx().create_ssl_context()  # reading the certificates takes longer than many requests: once for all

    class PerRequest(DefaultHttpxClient):
        """Builds requests as any client, and hands each to a client that nobody else is using."""

        def __init__(self) -> None:
            super().__init__(verify=verify)
            self._idle: list[Any] = []
            """Clients that nobody is using, the last one used at the end."""

        def send(self, request: Any, **settings: Any) -> Any:
            """Send a request with a client that is idle, or with a new one."""
            try:
                own = self._idle.pop()
            except IndexError:
                own = DefaultHttpxClient(verify=verify)
            try:
                return own.send(request, **settings)
            finally:
                self._idle.append(own)

    return PerRequest()


class Completions:
    """OpenAI's chat completions as plain JSON, in the place of the typed resource in LangChain's `ChatOpenAI`.

    The typed resource walks through every field of a request in search of names that are written otherwise in JSON (a
    chat has none) and builds an object of every field of the answer, which LangChain then takes apart: together as much
    work as all the rest of a request. Retries, keys and errors stay those of OpenAI's client; a stream, or a request
    with settings of its own, goes to the typed resource.
    """

    def __init__(self, client: Any) -> None:
        self._typed = client.chat.completions
        self.with_raw_response = _Raw(client, self._typed.with_raw_response)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._typed, name)


class _Raw:
    """What LangChain asks for an answer together with its headers."""

    def __init__(self, client: Any, typed: Any) -> None:
        self._client, self._typed = client, typed
        # Whole, so that it is not put together anew for every request.
        self._address = f"{str(client.base_url).rstrip('/')}/chat/completions"
        self._response = _httpx().Response

    def create(self, *, extra_body: Mapping[str, Any] | None = None, **body: Any) -> Any:
        if body.get("stream") or not _SETTINGS.isdisjoint(body):
            return self._typed.create(extra_body=extra_body, **body)
        body.update(extra_body or {})
        return _Answer(self._client.post(self._address, cast_to=self._response, body=body))


class _Answer:
    """An answer that is read as it is."""

    def __init__(self, response: Any) -> None:
        self.http_response, self.headers = response, response.headers

    def parse(self) -> Any:
        """JSON types; plain text where the server says that it is no JSON, as OpenAI's client has it."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        return json.loads(self.http_response.content) if kind.endswith("json") else self.http_response.text


_SETTINGS = frozenset({"extra_headers", "extra_query", "timeout"})
