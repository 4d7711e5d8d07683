"""Pages of traces, served to a test from a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.web.app import build_app
from molreflect.web.pages import Place
from molreflect.web.security import TOKEN
from molreflect.web.traces import AT, build_router

SECRET = "a-token-of-tests"


@dataclass(frozen=True)
class Served:
    base: str
    """Address without a path, e.g. `http://127.0.0.1:8000`."""
    folder: Path

    def link(self, path: str = "/") -> str:
        """An address with the token."""
        return f"{self.base}{path}{'&' if '?' in path else '?'}{TOKEN}={SECRET}"


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve the traces of a folder."""
    with closing(TraceStore(folder / FILE, must_exist=True)) as store, closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        app = build_app([build_router(store)], token=SECRET, hosts=frozenset({host}), places=[Place("Traces", AT)])
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        app.state.stopping = lambda: server.should_exit
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server ended before it began"
            time.sleep(0.01)
        try:
            yield Served(f"http://{host}", folder)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server does not end while pages listen"
