"""HTTP for many threads at once.

A pool of connections that all threads share looks through all its connections, under one lock, before and after every
request: with 64 threads in work, that is most of what a request costs. A thread of a batch makes one request at a time
and stays, so each may as well have a client, and with it a connection, of its own.
"""

from __future__ import annotations

import importlib
import threading
from typing import Any

from agents.turns import stepped_aside


def client_per_thread() -> Any:
    """A client for OpenAI's package that keeps connections of its own for every thread it is used in."""
    from openai import DefaultHttpxClient

    library = importlib.import_module(DefaultHttpxClient.__mro__[1].__module__.partition(".")[0])
    verify = library.create_ssl_context()  # reading the certificates takes longer than many requests: once for all

    class PerThread(DefaultHttpxClient):
        """Builds requests as any client, and hands them to the client of the thread."""

        steps_aside = True
        """Another thread may have its turn while this one waits for the network."""

        def __init__(self) -> None:
            super().__init__(verify=verify)
            self._own = threading.local()

        def send(self, request: Any, **settings: Any) -> Any:
            """Send a request with the thread's own client."""
            own = getattr(self._own, "client", None)
            if own is None:
                own = self._own.client = DefaultHttpxClient(verify=verify)
            with stepped_aside():
                return own.send(request, **settings)

    return PerThread()
