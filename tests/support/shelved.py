"""Pages of runs and of their review, served to a test from a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import uvicorn
from served import SECRET, Served

from molreflect.web import review, runs
from molreflect.web.app import build_app
from molreflect.web.pages import Place
from molreflect.web.shelf import Shelf


@contextmanager
def serving_runs(folder: Path, *, cache: Path | None) -> Iterator[Served]:
    """Serve the runs in a folder, and the pages that review them."""
    with closing(Shelf([folder], cache=cache)) as shelf, closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        places = [Place("Runs", runs.AT), Place("Review", review.AT)]
        routers = [runs.build_router(shelf), review.build_router(shelf, reviewer="Ada")]
        app = build_app(routers, token=SECRET, hosts=frozenset({host}), places=places)
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
