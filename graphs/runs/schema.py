"""The tables of `run.sqlite`, and how those of earlier versions are brought up to date."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from molreflect.tools.storage import connect
from molreflect.tools.terms import NOT_REFLECTED

BY_PLACE = ("pairs", "failed_attempts", "failure_kinds", "ended", "row_usage")
"""Tables whose rows belong to a place in the corpus."""

USAGE_FIELDS = ("input_tokens", "output_tokens", "calls", "uncounted", "cost")
"""Of `Usage`, as rows keep them; money last."""
_USED = ", ".join(f"json_extract(COALESCE({{0}}record, {{0}}draft), '$.usage.{name}')" for name in USAGE_FIELDS)
_USAGE = f"{_USED}, COALESCE(json_extract({{0}}record, '$.selected_because') != '{NOT_REFLECTED}', 0)"

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pairs (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, key TEXT NOT NULL, smiles TEXT NOT NULL,
    caption TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
    trace_id TEXT NOT NULL DEFAULT '', draft TEXT, record TEXT, seconds REAL
);
CREATE INDEX IF NOT EXISTS pairs_state ON pairs (state);
CREATE TABLE IF NOT EXISTS ended (
    position INTEGER PRIMARY KEY, at REAL NOT NULL, supported INTEGER, refuted INTEGER, unchecked INTEGER
);
CREATE INDEX IF NOT EXISTS ended_at ON ended (at);
CREATE TABLE IF NOT EXISTS failed_attempts (
    position INTEGER NOT NULL, outcome TEXT NOT NULL, raw TEXT NOT NULL, usage TEXT NOT NULL,
    at REAL, kind TEXT, reason TEXT, trace_id TEXT
);
CREATE INDEX IF NOT EXISTS failed_attempts_position ON failed_attempts (position);
CREATE TABLE IF NOT EXISTS failure_kinds (position INTEGER PRIMARY KEY, kind TEXT NOT NULL, answered INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS bad_rows (line INTEGER NOT NULL, reason TEXT NOT NULL, text TEXT NOT NULL);

-- What each row has used, beside its record, so that sums need no record read. Kept right by the database itself.
CREATE TABLE IF NOT EXISTS row_usage (
    position INTEGER PRIMARY KEY, input_tokens INTEGER, output_tokens INTEGER, calls INTEGER, uncounted INTEGER,
    cost REAL, reflected INTEGER NOT NULL
);
CREATE TRIGGER IF NOT EXISTS usage_of_made AFTER INSERT ON pairs WHEN COALESCE(NEW.record, NEW.draft) IS NOT NULL BEGIN
    INSERT OR REPLACE INTO row_usage SELECT NEW.position, {_USAGE.format("NEW.")};
END;
CREATE TRIGGER IF NOT EXISTS usage_of_changed AFTER UPDATE OF record, draft ON pairs BEGIN
    DELETE FROM row_usage WHERE position = NEW.position;
    INSERT INTO row_usage SELECT NEW.position, {_USAGE.format("NEW.")}
        WHERE COALESCE(NEW.record, NEW.draft) IS NOT NULL;
END;
"""

_ADDED = {"failed_attempts": ("at REAL", "kind TEXT", "reason TEXT", "trace_id TEXT")}
"""Columns that earlier versions of a table lack."""


def connect_run(path: Path) -> sqlite3.Connection:
    """Open the database of a run, or make it; one of an earlier version gets what it lacks.

    Raises:
        InputError: It is something else, or cannot be written.
    """
    db = connect(path, "a database of a run", _SCHEMA, advice="distil it again")
    for table, columns in _ADDED.items():
        there = {name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")}
        for column in columns:
            if column.split()[0] not in there:
                with contextlib.suppress(sqlite3.OperationalError):  # another process was first
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
    return db


def count_earlier_usage(db: sqlite3.Connection) -> None:
    """Sum up rows that were finished before their usage was kept beside them."""
    missing = (
        "SELECT position FROM pairs WHERE state IN ('done', 'drafted') UNION ALL "
        "SELECT position FROM pairs WHERE state = 'failed' AND draft IS NOT NULL EXCEPT SELECT position FROM row_usage"
    )
    if db.execute(f"{missing} LIMIT 1").fetchone() is not None:
        with db:
            db.execute(
                f"INSERT OR REPLACE INTO row_usage SELECT position, {_USAGE.format('')} FROM pairs "
                "WHERE COALESCE(record, draft) IS NOT NULL"
            )
