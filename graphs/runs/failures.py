"""What failed in a run, attempt by attempt: why, what the model had said, and which rows are to be tried again."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.tools.storage import encodable
from molreflect.tools.terms import FailureKind

_LEFT = "failed rows left alone until"
"""The note with the time up to which rows failed that a resume does not try again."""
_TRIES = "(SELECT COUNT(*) FROM failed_attempts a WHERE a.position = p.position AND a.outcome = 'failed')"
_KIND = "COALESCE(k.kind, 'unexpected')"


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt at a row that came to nothing."""

    at: float | None
    """When it ended, in seconds since 1970; None in a run of an earlier version, as are the next two."""
    kind: FailureKind | None
    reason: str
    raw: str
    """The last answer as it came, where it could not be used; the traceback of an unexpected error."""
    usage: Usage
    trace_id: str

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return {
            "at": self.at,
            "kind": self.kind,
            "reason": self.reason,
            "raw": self.raw,
            "usage": self.usage.model_dump(),
            "trace_id": self.trace_id,
        }


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that has failed."""

    id: str
    kind: FailureKind
    reason: str
    tries: int
    """How often it was tried and failed."""
    trace_id: str


@dataclass(frozen=True, slots=True)
class PutBack:
    """What is tried again, and what stays failed."""

    again: Mapping[FailureKind, int]
    """Rows put back in line by how they had failed, most first."""
    left: Mapping[FailureKind, int]
    """Rows that stay failed, likewise."""


class FailureLog:
    """The failed attempts in the database of a run."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(
        self,
        position: int,
        outcome: str,
        usage: Usage,
        *,
        raw: str = "",
        kind: FailureKind | None = None,
        reason: str = "",
        trace_id: str = "",
    ) -> None:
        """Add an attempt, in the caller's transaction."""
        self._db.execute(
            "INSERT INTO failed_attempts (position, outcome, raw, usage, at, kind, reason, trace_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                position,
                outcome,
                encodable(raw),
                usage.model_dump_json(),
                time.time(),
                kind,
                encodable(reason),
                trace_id,
            ),
        )

    def counts(self) -> dict[FailureKind, int]:
        """Count failed rows by kind, most first; they sum to the failed rows."""
        return self._counted("p.state = 'failed'")

    def rows(self, kind: FailureKind | None = None, *, most: int = -1) -> list[FailedRow]:
        """List failed rows in corpus order.

        Args:
            kind: Only those that failed so.
            most: So many at most; -1 lists all.
        """
        found = self._db.execute(
            f"SELECT p.id, {_KIND}, p.reason, {_TRIES}, p.trace_id FROM pairs p "
            "LEFT JOIN failure_kinds k ON k.position = p.position "
            f"WHERE p.state = 'failed' AND (?1 IS NULL OR {_KIND} = ?1) ORDER BY p.position LIMIT ?2",
            (kind, most),
        )
        return [FailedRow(i, FailureKind(k), reason, tries, trace) for i, k, reason, tries, trace in found]

    def attempts(self, pair_id: str) -> list[Attempt] | None:
        """List the attempts at a row that failed, oldest first, whatever became of it since; None for no row."""
        if self._db.execute("SELECT 1 FROM pairs WHERE id = ?", (pair_id,)).fetchone() is None:
            return None
        found = self._db.execute(
            "SELECT a.at, a.kind, a.reason, a.raw, a.usage, a.trace_id FROM failed_attempts a "
            "JOIN pairs p ON p.position = a.position WHERE p.id = ? AND a.outcome = 'failed' ORDER BY a.rowid",
            (pair_id,),
        )
        return [
            Attempt(
                at,
                None if kind is None else FailureKind(kind),
                reason or "",
                raw,
                Usage.model_validate_json(usage),
                trace or "",
            )
            for at, kind, reason, raw, usage, trace in found
        ]

    def put_back(self, kind: FailureKind | None = None, *, fewer_tries_than: int | None = None) -> PutBack:
        """Put failed rows back to where they can go on. Those that are not chosen stay failed in a resume, too.

        Args:
            kind: Only those that failed so.
            fewer_tries_than: Only those that were tried less often.
        """
        done = self._put_back(
            f"(?1 IS NULL OR {_KIND} = ?1) AND (?2 IS NULL OR {_TRIES} < ?2)", (kind, fewer_tries_than)
        )
        if done.again:
            chosen = kind is not None or fewer_tries_than is not None
            with self._db:
                self._db.execute("DELETE FROM meta WHERE name = ?", (_LEFT,))
                if chosen and done.left:
                    self._db.execute("INSERT INTO meta VALUES (?, ?)", (_LEFT, repr(time.time())))
        return done

    def put_back_for_resume(self) -> PutBack:
        """Put back what a resume tries again: all that failed, but what a choice among them has left alone."""
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (_LEFT,)).fetchone()
        since = 0.0 if found is None else float(found[0])
        ended = "(SELECT e.at FROM ended e WHERE e.position = p.position)"
        return self._put_back(f"COALESCE({ended}, 0) >= ?1", (since,))

    def unreached(self) -> set[str]:
        """List failed rows without a draft that the endpoint is at fault for: what waits for their drafts waits on."""
        found = self._db.execute(
            "SELECT p.id FROM pairs p JOIN failure_kinds k ON k.position = p.position "
            "WHERE p.state = 'failed' AND p.draft IS NULL AND k.kind = ?",
            (FailureKind.ENDPOINT,),
        )
        return {pair_id for (pair_id,) in found}

    def _put_back(self, which: str, values: tuple[Any, ...]) -> PutBack:
        chosen = (
            "SELECT p.position FROM pairs p LEFT JOIN failure_kinds k ON k.position = p.position "
            f"WHERE p.state = 'failed' AND {which}"
        )
        with self._db:
            again = self._counted(f"p.position IN ({chosen})", values)
            self._db.execute(
                "UPDATE pairs SET state = CASE WHEN draft IS NULL THEN 'pending' ELSE 'drafted' END "
                f"WHERE position IN ({chosen})",
                values,
            )
        return PutBack(again, self.counts())

    def _counted(self, where: str, values: tuple[Any, ...] = ()) -> dict[FailureKind, int]:
        found = self._db.execute(
            f"SELECT {_KIND} FROM pairs p LEFT JOIN failure_kinds k ON k.position = p.position WHERE {where}", values
        )
        return dict(Counter(FailureKind(kind) for (kind,) in found).most_common())
