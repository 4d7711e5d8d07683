"""Every request that a run sent to its teacher: when, how it ended, what it used. The account that caps go by."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from pathlib import Path

from molreflect.agents.schemas import Usage
from molreflect.tools.storage import connect

FILE = "calls.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS calls (
    ended REAL NOT NULL, outcome TEXT NOT NULL, input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
    uncounted INTEGER NOT NULL, cost REAL, cached_tokens INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS calls_ended ON calls (ended);
"""
INSERT = (
    "INSERT INTO calls (ended, outcome, input_tokens, output_tokens, uncounted, cost, cached_tokens) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


def as_row(outcome: str, used: Usage) -> tuple[float, str, int, int, int, float | None, int]:
    """What `INSERT` keeps of a request that ends now."""
    return (
        time.time(),
        outcome,
        used.input_tokens,
        used.output_tokens,
        used.uncounted,
        used.cost,
        used.cached_tokens,
    )


def open_calls(folder: Path, more: str = "") -> sqlite3.Connection:
    """Open the account of a run directory, or make it.

    Args:
        folder: The run directory.
        more: Further tables that stand in it.

    Raises:
        InputError: It is something else, or cannot be written.
    """
    db = connect(folder / FILE, "an account of calls", SCHEMA + more, advice="move it away")
    if "cached_tokens" not in {name for _, name, *_ in db.execute("PRAGMA table_info(calls)")}:
        with contextlib.suppress(sqlite3.OperationalError):  # another process was first
            db.execute("ALTER TABLE calls ADD COLUMN cached_tokens INTEGER NOT NULL DEFAULT 0")
    return db


class CallLog:
    """`calls.sqlite` of one run directory; all its processes write to it."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it.

        Raises:
            InputError: It is something else, or cannot be written.
        """
        self._guard = threading.Lock()
        self._db = open_calls(folder)

    def note(self, outcome: str, used: Usage) -> None:
        """Note how a request ended; it counts as one call whatever came of it."""
        with self._guard, self._db:
            self._db.execute(INSERT, as_row(outcome, used))

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

    def cached_tokens(self) -> int:
        """Sum the tokens read that the provider had in its own cache."""
        with self._guard:
            (count,) = self._db.execute("SELECT TOTAL(cached_tokens) FROM calls").fetchone()
        return int(count)

    def outcomes(self) -> dict[str, int]:
        """Count requests by how they ended, most first."""
        with self._guard:
            return dict(
                self._db.execute("SELECT outcome, COUNT(*) FROM calls GROUP BY outcome ORDER BY 2 DESC, 1").fetchall()
            )

    def ended_since(self, seconds: float) -> int:
        """Count the requests that ended in the last seconds."""
        with self._guard:
            (count,) = self._db.execute(
                "SELECT COUNT(*) FROM calls WHERE ended >= ?", (time.time() - seconds,)
            ).fetchone()
        return int(count)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
