"""Every request that a run sent to its teacher: when, how it ended, what it used. The account that caps go by."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.tools.storage import connect

FILE = "calls.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    ended REAL NOT NULL, outcome TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    uncounted INTEGER NOT NULL, cost REAL
);
CREATE INDEX IF NOT EXISTS calls_ended ON calls (ended);
"""
ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Recent:
    """What the last seconds brought."""

    calls: int
    answered: int
    tokens: int
    by_outcome: dict[str, int]


class CallLog:
    """`calls.sqlite` of one run directory; all its processes write to it."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it.

        Raises:
            InputError: It is something else, or cannot be written.
        """
        self._guard = threading.Lock()
        self._db = connect(folder / FILE, "an account of calls", _SCHEMA, advice="move it away")

    def note(self, outcome: str, used: Usage) -> None:
        """Note how a request ended; it counts as one call whatever came of it."""
        row = (time.time(), outcome, used.input_tokens, used.output_tokens, used.uncounted, used.cost)
        with self._guard, self._db:
            self._db.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?, ?)", row)

    def paid(self) -> Usage:
        """Sum what all requests used, those without an answer included."""
        with self._guard:
            calls, read, written, uncounted, cost = self._db.execute(
                "SELECT COUNT(*), TOTAL(input_tokens), TOTAL(output_tokens), TOTAL(uncounted), SUM(cost) FROM calls"
            ).fetchone()
        return Usage(
            calls=calls,
            input_tokens=int(read),
            output_tokens=int(written),
            uncounted=int(uncounted),
            cost=None if cost is None else round(cost, 9),
        )

    def outcomes(self) -> dict[str, int]:
        """Count requests by how they ended, most first."""
        return self._count("1", ())

    def recent(self, seconds: float) -> Recent:
        """Look at the last seconds."""
        since = time.time() - seconds
        outcomes = self._count("ended >= ?", (since,))
        with self._guard:
            (tokens,) = self._db.execute(
                "SELECT TOTAL(input_tokens + output_tokens) FROM calls WHERE ended >= ?", (since,)
            ).fetchone()
        return Recent(sum(outcomes.values()), outcomes.get(ANSWERED, 0), int(tokens), outcomes)

    def _count(self, where: str, values: tuple[Any, ...]) -> dict[str, int]:
        with self._guard:
            return dict(
                self._db.execute(
                    f"SELECT outcome, COUNT(*) FROM calls WHERE {where} GROUP BY outcome ORDER BY 2 DESC, 1", values
                ).fetchall()
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
