"""Signals kept from libraries: Ctrl-C and SIGTERM wait in line for one thread, which tells whoever is to stop.

RDKit takes Ctrl-C for itself while it matches: it gives up, answers "no match", and nobody else learns of the signal.
So the signals are blocked in every thread, and one thread of ours waits for them.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM})
_WAKE = signal.SIGURG
"""Ignored by default and used by nobody here: it ends a wait of the main thread, which then sees the interrupt."""


class Terminated(KeyboardInterrupt):
    """SIGTERM, as it is raised in the main thread."""


_first: list[Callable[[signal.Signals], None]] = []
"""Who is told of the first signal in place of an exception in the main thread; the innermost counts."""
_guarded = threading.Event()
_unheard: list[signal.Signals] = []
"""Signals that the main thread has not raised yet."""


@contextlib.contextmanager
def kept_from_libraries() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM from libraries while the block runs; to be entered by the main thread of a program.

    A signal raises `KeyboardInterrupt` (`Terminated`, one of its kind, for SIGTERM) in the main thread between two
    steps of Python, or is told to `told_first`'s function; the next one raises all the same. One more while the main
    thread has not come round to raising it ends the process. Threads and processes that are started in the block
    inherit the blocking.

    Elsewhere than in the main thread, and where a platform has no such signals, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "sigwait") or _guarded.is_set():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    handlers = {number: signal.signal(number, _raise) for number in _SIGNALS} | {
        _WAKE: signal.signal(_WAKE, lambda *_: None)
    }
    main, ended = threading.get_ident(), threading.Event()
    _guarded.set()
    thread = threading.Thread(target=_wait, args=(main, ended), daemon=True, name="signals")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        signal.pthread_kill(thread.ident or main, signal.SIGTERM)  # it waits for signals only
        thread.join()
        _guarded.clear()
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def told_first(stop: Callable[[signal.Signals], None]) -> Iterator[None]:
    """Tell a function of the first signal while the block runs, in place of an exception in the main thread.

    Args:
        stop: Called from another thread; must return soon. What it stops comes to its own end.
    """
    _first.append(stop)
    try:
        yield
    finally:
        if stop in _first:
            _first.remove(stop)


def interrupt() -> bool:
    """Do what Ctrl-C would do to this process, from any thread; False, and nothing, where signals are not kept."""
    if not _guarded.is_set():
        return False
    os.kill(os.getpid(), signal.SIGINT)
    return True


def _wait(main: int, ended: threading.Event) -> None:
    while True:
        number = signal.Signals(signal.sigwait(_SIGNALS))
        if ended.is_set():
            return
        if _first:
            _first.pop()(number)
            continue
        _unheard.append(number)
        if len(_unheard) > 1:
            os.kill(os.getpid(), signal.SIGKILL)
        _thread.interrupt_main(number)
        with contextlib.suppress(ProcessLookupError):
            signal.pthread_kill(main, _WAKE)


def _raise(number: int, frame: FrameType | None) -> None:
    _unheard.clear()
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
