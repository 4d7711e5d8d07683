"""A server on loopback that sends bytes as a test has them, be they HTTP or not."""

from __future__ import annotations

import json
import re
import socket
import socketserver
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Send = Callable[[socket.socket, dict[str, Any]], None]
"""`(connection, body of the request) -> what is sent`."""


@contextmanager
def serve_bytes(send: Send) -> Iterator[str]:
    """Read a request from each connection and let a function answer it; yields the address of the server."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                if (body := _read(self.request)) is not None:
                    send(self.request, body)
            except OSError:  # the client had waited long enough
                return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, request_queue_size = True, 64

    with Server(("127.0.0.1", 0), Handler) as tcp:
        thread = threading.Thread(target=tcp.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{tcp.server_address[1]}/v1"
        tcp.shutdown()
        thread.join()


def _read(connection: socket.socket) -> dict[str, Any] | None:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := connection.recv(65_536)):
            return None
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while length is not None and len(body) < int(length[1]):
        body += connection.recv(65_536)
    return dict(json.loads(body)) if body else {}


def reset(connection: socket.socket) -> None:
    """Break a connection off, so that the other side reads an error and no end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
