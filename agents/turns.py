"""Threads of a batch take turns at Python's own work, and step aside while they wait for a model.

One interpreter runs one thread at a time anyway. Left to themselves, sixty threads that all want to run hand it to and
fro at every system call, which takes as much processor time again as the work itself.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

_turn = threading.Lock()
_mine = threading.local()


@contextlib.contextmanager
def my_turn() -> Iterator[None]:
    """Wait for a turn and keep it, but for the time of `stepped_aside`."""
    if getattr(_mine, "held", False):
        yield
        return
    with _turn:
        _mine.held = True
        try:
            yield
        finally:
            _mine.held = False


@contextlib.contextmanager
def stepped_aside() -> Iterator[None]:
    """Let others have the turn meanwhile, if this thread has it; on the way out it is waited for again."""
    if not getattr(_mine, "held", False):
        yield
        return
    _mine.held = False
    _turn.release()
    try:
        yield
    finally:
        _turn.acquire()
        _mine.held = True
