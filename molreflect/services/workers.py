"""Threads in which a server answers: few of them, each call with a bound on time, and a bound on those that wait."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from molreflect.tools.errors import InputError

R = TypeVar("R")


class BusyError(InputError):
    """More is asked at a time than is carried out; ask again later."""


class TooSlowError(InputError):
    """A call took longer than it may."""


class Workers:
    """Carries calls out in threads of its own.

    A thread cannot be ended from outside. A call that is given up on therefore keeps its thread until it ends, so that
    there are never more at work than threads.
    """

    def __init__(self, threads: int, *, waiting: int, seconds: float | None, name: str) -> None:
        """Start with no thread; each is started when it is first needed.

        Args:
            threads: Calls that are carried out at a time.
            waiting: Calls that may wait for a thread; more are refused at once.
            seconds: Bound on each call, its wait included; None for none.
            name: Of the threads.
        """
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._most, self._seconds = threads + waiting, seconds
        self._lock, self._under_way = threading.Lock(), 0

    def submit(self, call: Callable[..., R], *arguments: Any) -> Future[R]:
        """Hand a call over.

        Raises:
            BusyError: Too many calls wait already.
        """
        with self._lock:
            if self._under_way >= self._most:
                raise BusyError(f"{self._under_way} calls are under way or wait; ask again in a moment")
            self._under_way += 1
        try:
            made = self._pool.submit(contextvars.copy_context().run, call, *arguments)
        except RuntimeError:  # the pool is closed
            self._ended(None)
            raise
        made.add_done_callback(self._ended)
        return made

    async def call(self, call: Callable[..., R], *arguments: Any) -> R:
        """Carry a call out without blocking the event loop.

        Raises:
            BusyError: Too many calls wait already, or no thread was free in time.
            TooSlowError: It took too long.
        """
        made = self.submit(call, *arguments)
        done = asyncio.wrap_future(made)
        finished, _ = await asyncio.wait({done}, timeout=self._seconds)
        if finished:
            return done.result()
        if made.cancel():
            raise BusyError(f"no thread was free for {self._seconds:g} seconds; ask again in a moment")
        raise TooSlowError(
            f"this takes longer than {self._seconds:g} seconds; pass a smaller molecule or a shorter text"
        )

    def close(self) -> None:
        """Take no more calls; those that wait are dropped, those under way are left to end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ended(self, _: object) -> None:
        with self._lock:
            self._under_way -= 1
