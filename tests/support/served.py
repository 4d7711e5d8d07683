"""Pages, served to a test from a thread: those of traces, and any app."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvicorn
from fastapi import FastAPI

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
def served(folder: Path, build: Callable[[str], FastAPI]) -> Iterator[Served]:
    """Serve an app from a thread, on a port of its own.

    Args:
        folder: What it is about; told again in what is given.
        build: Makes the app for a host, e.g. `127.0.0.1:8000`.
    """
    with closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        app = build(host)
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


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """Serve the traces of a folder."""
    with closing(TraceStore(folder / FILE, must_exist=True)) as store:
        places = [Place("Traces", AT)]
        build = partial(build_app, [build_router(store)], token=SECRET, places=places)
        with served(folder, lambda host: build(hosts=frozenset({host}))) as found:
            yield found
