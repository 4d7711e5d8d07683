"""No network: while a trace is replayed, every connection to a machine is an error."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_REFUSED = frozenset(
    {
        *("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"),
        *("socket.gethostbyname", "socket.gethostbyaddr"),
    }
)
"""Audit events of Python that a connection cannot do without."""


class NetworkBlockedError(RuntimeError):
    """Something wanted to connect while no network was allowed."""


class _Gate:
    """Whether sockets refuse, for all threads of the process."""

    def __init__(self) -> None:
        self._guard, self._hooked, self._blocks = threading.Lock(), False, 0
        self.attempts: list[str] = []

    def close(self) -> None:
        with self._guard:
            if not self._hooked:  # hooks of Python cannot be taken away again; an open gate lets everything through
                sys.addaudithook(self._look)
                self._hooked = True
            self._blocks += 1

    def open(self) -> list[str]:
        """Let others through again; returns what was refused."""
        with self._guard:
            self._blocks -= 1
            attempts, self.attempts = self.attempts, []
        return attempts

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._blocks or event not in _REFUSED:
            return
        first = arguments[0] if arguments else None
        if getattr(first, "family", None) == getattr(socket, "AF_UNIX", object()):
            return  # processes of this machine among themselves
        told = [str(each) for each in arguments[1:2] if each is not None] or [str(first)]
        said = f"{event.removeprefix('socket.')} {' '.join(told)}"
        self.attempts.append(said)
        raise NetworkBlockedError(f"no network is allowed here: {said}")


_GATE = _Gate()


@contextmanager
def blocked_network() -> Iterator[None]:
    """Refuse every connection of this process while the block runs, loopback included.

    Raises:
        NetworkBlockedError: Something tried, even where whoever tried has kept it to itself.
    """
    _GATE.close()
    try:
        yield
    except BaseException:
        _GATE.open()
        raise
    if attempts := _GATE.open():
        raise NetworkBlockedError(f"no network is allowed here: {attempts[0]}")
