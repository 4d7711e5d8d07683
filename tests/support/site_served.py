"""The whole page, served to a test from a thread, with any model."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.conversations import OFFLINE, Desk
from molreflect.graphs.conversation.conversation import conversation_tools
from molreflect.tools.corpus import read_corpus
from molreflect.tools.names.systematic import Namer
from molreflect.tools.terms import TraceMode
from molreflect.web.security import TOKEN
from molreflect.web.site import Site
from molreflect.web.subjects import build_site

SECRET = "a-token-of-tests"


@dataclass(frozen=True)
class ServedSite:
    base: str
    """Address without a path."""
    home: Path

    def link(self, path: str = "/") -> str:
        """An address with the token."""
        return f"{self.base}{path}{'&' if '?' in path else '?'}{TOKEN}={SECRET}"


@contextmanager
def desk_of(home: Path, resources: Any, corpus: Path, model: Any = None) -> Iterator[Desk]:
    """Open a desk: the offline analyst, or a scripted model that is said to be one of a provider."""
    with Namer() as namer:
        tools = conversation_tools(
            resources, lambda: read_corpus(corpus), namer=namer, pictures=lambda: home / "pictures"
        )
        how = {
            "folder": home, "resources": resources, "limits": None, "price": None, "trace": TraceMode.FULL,
            "private": False,
        }  # fmt: skip
        yield Desk(model or OfflineAnalyst(), tools, how, OFFLINE if model is None else "openai:scripted")


@contextmanager
def serving_site(desk: Desk, home: Path, *, runs: tuple[Path, ...] = (), secret: str = SECRET) -> Iterator[ServedSite]:
    """Serve the page of a desk."""
    with ExitStack() as stack, closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{bound.getsockname()[1]}"
        site = Site(desk=desk, home=home, runs=runs)
        app = build_site(site, stack, token=secret, hosts=frozenset({host}))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
        app.state.stopping = lambda: server.should_exit
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not server.started:
            assert thread.is_alive(), "the server ended before it began"
            time.sleep(0.01)
        try:
            yield ServedSite(f"http://{host}", home)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server does not end while pages listen"
