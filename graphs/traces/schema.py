"""Tables of `traces.sqlite`, and opening one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from molreflect.tools.errors import InputError
from molreflect.tools.storage import connect

FILE = "traces.sqlite"
FORMAT = 3
"""Kept as SQLite's `user_version`."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS traces (
    id INTEGER PRIMARY KEY, trace_id TEXT NOT NULL UNIQUE, parent_trace TEXT, run TEXT NOT NULL, kind TEXT NOT NULL,
    subject TEXT NOT NULL, title TEXT NOT NULL, started REAL NOT NULL, seconds REAL NOT NULL DEFAULT 0,
    open_roots INTEGER NOT NULL DEFAULT 0, status TEXT NOT NULL DEFAULT 'UNSET',
    supported INTEGER NOT NULL DEFAULT 0, refuted INTEGER NOT NULL DEFAULT 0, unchecked INTEGER NOT NULL DEFAULT 0,
    input_tokens INTEGER NOT NULL DEFAULT 0, cached_tokens INTEGER NOT NULL DEFAULT 0,
    output_tokens INTEGER NOT NULL DEFAULT 0, cost REAL, currency TEXT NOT NULL DEFAULT '',
    spans INTEGER NOT NULL DEFAULT 0, model_calls INTEGER NOT NULL DEFAULT 0, tool_calls INTEGER NOT NULL DEFAULT 0,
    errors INTEGER NOT NULL DEFAULT 0, changed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS traces_started ON traces (started);
CREATE INDEX IF NOT EXISTS traces_subject ON traces (subject);
CREATE INDEX IF NOT EXISTS traces_changed ON traces (changed);
CREATE TABLE IF NOT EXISTS spans (
    trace INTEGER NOT NULL, position INTEGER NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, name TEXT NOT NULL,
    kind TEXT NOT NULL, started REAL NOT NULL, seconds REAL, status TEXT NOT NULL, changed INTEGER NOT NULL,
    attributes TEXT NOT NULL, PRIMARY KEY (trace, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reasons (
    trace INTEGER NOT NULL, verdict TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (trace, verdict, reason)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tools (
    trace INTEGER NOT NULL, tool TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (trace, tool)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS packs (id INTEGER PRIMARY KEY AUTOINCREMENT, data BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS contents (hash BLOB PRIMARY KEY, place INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uses (
    pack INTEGER NOT NULL, trace INTEGER NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (pack, trace, place)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (text, content = '', detail = 'none');
CREATE TABLE IF NOT EXISTS changes (number INTEGER NOT NULL, pruned INTEGER NOT NULL);
INSERT INTO changes SELECT 0, 0 WHERE NOT EXISTS (SELECT 1 FROM changes);
"""


def open_traces(path: Path, *, must_exist: bool = False) -> sqlite3.Connection:
    """Open a database of traces; it is made where it is missing.

    Args:
        path: The file.
        must_exist: Whether a missing file is a mistake.

    Raises:
        InputError: The file is missing, something else, or of another version.
    """
    if must_exist and not path.is_file():
        raise InputError(f"{path} does not exist; name a run directory that has traces")
    found = _format_of(path) if path.is_file() else 0
    if found not in (0, FORMAT):
        made = "an earlier" if found < FORMAT else "a later"
        raise InputError(f"{path} holds traces of {made} version (format {found}, not {FORMAT}); move it away")
    # The format goes first: whoever opens the file meanwhile must not see tables of no format.
    schema = _SCHEMA if found else f"PRAGMA user_version = {FORMAT};\n{_SCHEMA}"
    return connect(path, "a database of traces", schema)


def _format_of(path: Path) -> int:
    """Read the format of a file; 0 where it is empty or no database, which opening it tells better."""
    with closing(sqlite3.connect(path, timeout=30)) as db:
        try:
            first = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'spans'").fetchone()
            (found,) = db.execute("PRAGMA user_version").fetchone()
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return 0
    return 1 if found == 0 and first else int(found)
