"""HTTP with bounds: an answer that drips, never ends or unpacks without end is cut off, whatever its server sends."""

from __future__ import annotations

import ssl
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import httpcore
import httpx

MAX_ANSWER = 32 * 2**20
"""Most bytes of one answer, unpacked."""
MAX_REDIRECTS = 5
"""Redirections that one request follows; each is a request of its own to whoever answers."""
PACKINGS = ("gzip", "deflate")
"""What a server is told that it may pack an answer with."""
_UNPACKED = ("gzip", "x-gzip", "deflate")
_PLAIN = ("", "identity")


class _Deadline(threading.local):
    """When the answer has to be whole that this thread waits for; a request is made and read by one thread."""

    until: float | None = None
    """By `time.monotonic`; None is never."""
    seconds: float = 0.0

    def set(self, seconds: float | None) -> None:
        self.until = None if seconds is None else time.monotonic() + seconds
        self.seconds = seconds or 0.0

    def left(self, timeout: float | None) -> float | None:
        """Shorten a timeout to what is left.

        Raises:
            httpcore.ReadTimeout: Nothing is.
        """
        if self.until is None:
            return timeout
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"no whole answer within {self.seconds:g} s")
        return left if timeout is None else min(timeout, left)


_deadline = _Deadline()


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline: dripping headers and answers to come (1xx) end as well."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _deadline.left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _deadline.left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Network(httpcore.NetworkBackend):
    """Connections of another backend that keep to the deadline."""

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._backend = backend

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _deadline.left(timeout)
        return _Stream(self._backend.connect_tcp(host, port, left, local_address, socket_options))

    def sleep(self, seconds: float) -> None:
        self._backend.sleep(seconds)


class BoundedTransport(httpx.HTTPTransport):
    """A transport that bounds a whole answer: in time, so that dripping bytes end as well, and in size, unpacked."""

    def __init__(self, seconds: float | None, **settings: Any) -> None:
        """Bound every answer.

        Args:
            seconds: From sending the request to the last byte of the answer; None waits for ever.
            settings: Of `httpx.HTTPTransport`.
        """
        super().__init__(**settings)
        self.seconds = seconds
        # httpcore's pools take a backend, but httpx hands none on
        self._pool._network_backend = _Network(self._pool._network_backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request.

        Raises:
            httpx.ReadTimeout: The answer is not whole in time; also while its bytes are read.
            httpx.ReadError: It is too large, or packed as nobody asked for.
        """
        _deadline.set(self.seconds)
        response = super().handle_request(request)
        assert isinstance(response.stream, httpx.SyncByteStream)
        packed = response.headers.get("content-encoding", "").strip().lower()
        if packed not in _PLAIN:  # before httpx unpacks it whole, whatever comes out
            del response.headers["content-encoding"]
            response.headers.pop("content-length", None)
        response.stream = _Bounded(response.stream, request, packed)
        return response


class _Bounded(httpx.SyncByteStream):
    def __init__(self, stream: httpx.SyncByteStream, request: httpx.Request, packed: str) -> None:
        self._stream, self._request, self._packed = stream, request, packed

    def __iter__(self) -> Iterator[bytes]:
        strange = self._packed not in (*_PLAIN, *_UNPACKED)
        size = 0
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32) if self._packed in _UNPACKED else None
        for part in self._stream:
            if strange and not size and not part.lstrip().startswith(b"{"):  # else it says so and is as plain as any
                raise self._error(f"the answer is packed as nobody asked for ({self._packed[:40]})")
            whole = self._unpack(unpacker, part, MAX_ANSWER - size + 1) if unpacker is not None else part
            size += len(whole)
            if size > MAX_ANSWER:
                raise self._error(f"the answer is larger than {MAX_ANSWER:,} bytes")
            yield whole
        if unpacker is not None and size and not unpacker.eof:
            raise self._error("the packed answer ends in the middle")

    def _unpack(self, unpacker: Any, part: bytes, room: int) -> bytes:
        try:
            unpacked: bytes = unpacker.decompress(part, room)
        except zlib.error as error:
            raise self._error(f"the answer cannot be unpacked ({error})") from None
        return unpacked

    def _error(self, text: str) -> httpx.ReadError:
        return httpx.ReadError(text, request=self._request)

    def close(self) -> None:
        self._stream.close()
