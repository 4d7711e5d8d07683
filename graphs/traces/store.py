"""Traces: the spans of runs of a graph, kept in SQLite."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from molreflect.graphs.traces.recorder import Span
from molreflect.tools.errors import InputError
from molreflect.tools.storage import connect

FORMAT = 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS traces (
    trace_id TEXT PRIMARY KEY, subject TEXT NOT NULL, kind TEXT NOT NULL, started REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS traces_subject ON traces (subject);
CREATE TABLE IF NOT EXISTS spans (
    trace_id TEXT NOT NULL, span_id TEXT NOT NULL, parent_id TEXT, position INTEGER NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, started REAL NOT NULL, seconds REAL, status TEXT NOT NULL, attributes TEXT NOT NULL,
    PRIMARY KEY (trace_id, span_id)
);
"""


class TraceStore:
    """`traces.sqlite`: traces and their spans. Safe to read while a run writes."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        if must_exist and not path.is_file():
            raise InputError(f"{path} does not exist; name a run directory that has traces")
        self._lock = threading.Lock()
        self._db = connect(path, "a database of traces", _SCHEMA)

    def add(self, subject: str, kind: str, spans: Sequence[Span]) -> None:
        """Keep the spans of one trace; spans that are there already are replaced, others are added."""
        if not spans:
            return
        trace_id = spans[0].trace_id
        with self._lock, self._db:
            self._db.execute(
                "INSERT OR IGNORE INTO traces VALUES (?, ?, ?, ?)", (trace_id, subject, kind, spans[0].started)
            )
            (offset,) = self._db.execute("SELECT COUNT(*) FROM spans WHERE trace_id = ?", (trace_id,)).fetchone()
            self._db.executemany(
                "INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        s.trace_id,
                        s.span_id,
                        s.parent_id,
                        offset + i,
                        s.name,
                        s.kind,
                        s.started,
                        s.seconds,
                        s.status,
                        json.dumps(s.attributes, ensure_ascii=False, default=str),
                    )
                    for i, s in enumerate(spans)
                ],
            )

    def forget(self, trace_ids: Iterable[str]) -> None:
        """Drop traces, e.g. those of a row that is done again."""
        with self._lock, self._db:
            for trace_id in trace_ids:
                self._db.execute("DELETE FROM spans WHERE trace_id = ?", (trace_id,))
                self._db.execute("DELETE FROM traces WHERE trace_id = ?", (trace_id,))

    def forget_from(self, trace_id: str, name: str) -> None:
        """Drop a trace's spans from its first whole root of that name on, where what came of it was never kept."""
        with self._lock, self._db:
            self._db.execute(
                "DELETE FROM spans WHERE trace_id = ? AND position >= (SELECT MIN(position) FROM spans "
                "WHERE trace_id = ? AND name = ? AND parent_id IS NULL AND status = 'OK')",
                (trace_id, trace_id, name),
            )

    def traces(self, *, subject: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
        """Traces in the order they began, with counts of their spans."""
        where, values = (
            ("WHERE t.subject = ? OR t.trace_id = ?", [subject, subject]) if subject is not None else ("", [])
        )
        rows = self._db.execute(
            "SELECT t.trace_id, t.subject, t.kind, t.started, COUNT(s.span_id), "
            "SUM(CASE WHEN s.parent_id IS NULL THEN s.seconds ELSE 0 END), "
            "SUM(CASE WHEN s.kind = 'TOOL' THEN 1 ELSE 0 END), SUM(CASE WHEN s.kind = 'LLM' THEN 1 ELSE 0 END), "
            "SUM(CASE WHEN s.status = 'ERROR' THEN 1 ELSE 0 END) "
            f"FROM traces t LEFT JOIN spans s ON s.trace_id = t.trace_id {where} "
            "GROUP BY t.trace_id ORDER BY t.started, t.rowid LIMIT ?",
            [*values, limit if limit is not None else -1],
        )
        names = ("trace_id", "subject", "kind", "started", "spans", "seconds", "tool_calls", "model_calls", "errors")
        return [dict(zip(names, row, strict=True)) for row in rows]

    def spans(self, trace_id: str) -> list[Span]:
        """The spans of one trace, in the order they began."""
        rows = self._db.execute(
            "SELECT trace_id, span_id, parent_id, name, kind, started, seconds, status, attributes FROM spans "
            "WHERE trace_id = ? ORDER BY position",
            (trace_id,),
        )
        return [
            Span(trace, span, parent, name, kind, started, seconds, status, json.loads(attributes))
            for trace, span, parent, name, kind, started, seconds, status, attributes in rows
        ]

    def close(self) -> None:
        """Close the file."""
        self._db.close()
