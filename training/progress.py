"""How long work tells its caller how far it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how much is done, and of how many (0 where nobody knows)."""


class DetailedProgress(Protocol):
    """Called as `Progress`, with more where it is known."""

    def __call__(self, what: str, done: int, of: int, *, loss: float | None = None, tokens: int | None = None) -> None:
        """Take in an event.

        Args:
            what: What is going on.
            done: How much is done.
            of: Of how many, 0 where nobody knows.
            loss: Of this step.
            tokens: All that were taken so far.
        """
