"""Traces: the spans of runs of a graph, kept in SQLite."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from molreflect.graphs.traces.packs import PLACES, drop_unused, unpack
from molreflect.graphs.traces.reader import TextReader
from molreflect.graphs.traces.rows import Sums, add_sums, ended_sums, read_attributes
from molreflect.graphs.traces.schema import FILE, open_traces
from molreflect.graphs.traces.spans import CURRENCY, Span
from molreflect.graphs.traces.summary import TraceFilter, TraceSummary
from molreflect.tools.errors import InputError, StorageError
from molreflect.tools.terms import Verdict

__all__ = ["FILE", "Changes", "TraceFilter", "TraceStore", "TraceSummary"]

_SUMMARY = (
    "SELECT t.trace_id, t.parent_trace, t.run, t.kind, t.subject, t.title, t.started, t.seconds, t.status, "
    "t.supported, t.refuted, t.unchecked, t.input_tokens, t.cached_tokens, t.output_tokens, t.cost, t.currency, "
    "t.spans, t.model_calls, t.tool_calls, t.errors, t.id FROM traces t"
)
_SPAN = "span_id, parent_id, name, kind, started, seconds, status, attributes, position"
_EXPANDED = 16
"""Packs whose texts are held for the next question: those of a trace stand in few."""
_GOES_ON = 3600.0
"""Seconds since its last step began after which a trace that has not ended is taken for one that was killed."""
_SHORTEST_ID = 4
"""Characters of a trace id that name it, where no other begins so."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new in a store."""

    cursor: int
    """What to ask for the next time."""
    traces: tuple[TraceSummary, ...]
    """New, or changed."""
    spans: tuple[Span, ...]
    """New or changed spans of the trace that was asked about."""


class TraceStore(TextReader):
    """`traces.sqlite`, read: safe while a run writes."""

    def __init__(self, path: Path, *, must_exist: bool = False) -> None:
        """Open the file.

        Raises:
            InputError: It is missing though it must exist, something else, or of another version.
        """
        self.path = path
        self._lock = threading.Lock()
        self._db = open_traces(path, must_exist=must_exist)
        self._expanded: OrderedDict[int, list[str]] = OrderedDict()
        """The texts of packs that were read last, the latest at the end."""

    def traces(
        self,
        chosen: TraceFilter | None = None,
        *,
        limit: int | None = None,
        before: tuple[float, int] | None = None,
    ) -> list[TraceSummary]:
        """List traces, the latest first.

        Args:
            chosen: Which ones; None lists all.
            limit: Most of them.
            before: The `place` of the last one that was listed before.
        """
        where, values = (chosen or TraceFilter()).conditions()
        if before is not None:
            where += " AND (t.started, t.id) < (?, ?)"
            values += before
        return self._listed(f"WHERE {where} ORDER BY t.started DESC, t.id DESC LIMIT ?", [*values, limit or -1])

    def count(self, chosen: TraceFilter | None = None) -> int:
        """Count the traces that a filter lets through."""
        where, values = (chosen or TraceFilter()).conditions()
        with self._lock, _searching():
            return int(self._db.execute(f"SELECT COUNT(*) FROM traces t WHERE {where}", values).fetchone()[0])

    def trace(self, trace_id: str) -> TraceSummary | None:
        """Look one trace up by its whole id."""
        return next(iter(self._listed("WHERE t.trace_id = ?", [trace_id])), None)

    def find(self, named: str) -> list[TraceSummary]:
        """Find the traces that an id, its unique beginning, a pair's id or a conversation's name stands for.

        Returns:
            In the order they began, so that the turns of a conversation are in theirs; empty where there is none.

        Raises:
            InputError: Several ids begin so.
        """
        if found := self._listed("WHERE t.subject = ? ORDER BY t.started, t.id", [named]):
            return found
        if len(named) < _SHORTEST_ID:
            return []
        end = f"{named[:-1]}{chr(ord(named[-1]) + 1)}"
        found = self._listed("WHERE t.trace_id >= ? AND t.trace_id < ? LIMIT 3", [named, end])
        if len(found) > 1:
            ids = ", ".join(trace.trace_id for trace in found[:2])
            raise InputError(f"several traces begin with {named}, such as {ids}; write more of the id")
        return found

    def spans(self, trace_id: str, *, offset: int = 0, limit: int | None = None) -> list[Span]:
        """Read spans of one trace, in the order they began; long texts stand as hashes (see `resolved`)."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_SPAN} FROM spans WHERE trace = (SELECT id FROM traces WHERE trace_id = ?) "
                "ORDER BY position LIMIT ? OFFSET ?",
                (trace_id, -1 if limit is None else limit, offset),
            ).fetchall()
        return self._spans_of(trace_id, rows)

    def content(self, hash_: str) -> str:
        """Read a text by its hash.

        Raises:
            InputError: The store has no such text.
        """
        try:
            key = bytes.fromhex(hash_)
        except ValueError:
            raise InputError(f"{self.path} has no text {hash_}") from None
        with self._lock:
            row = self._db.execute("SELECT place FROM contents WHERE hash = ?", (key,)).fetchone()
            if row is None:
                raise InputError(f"{self.path} has no text {hash_}")
            number, place = divmod(int(row[0]), PLACES)
            try:
                return self._texts(number)[place]
            except (ValueError, LookupError, TypeError) as error:
                raise InputError(f"{self.path} is damaged: the text {hash_} cannot be read ({error})") from error

    def _texts(self, number: int) -> list[str]:
        """Expand a pack, unless it was read lately."""
        found = self._expanded.get(number)
        if found is None:
            row = self._db.execute("SELECT data FROM packs WHERE id = ?", (number,)).fetchone()
            if row is None:
                raise LookupError(f"pack {number} is missing")
            found = self._expanded[number] = [text for text, _ in unpack(row[0])]
            if len(self._expanded) > _EXPANDED:
                self._expanded.popitem(last=False)
        self._expanded.move_to_end(number)
        return found

    def changes(self, cursor: int = 0, *, trace_id: str | None = None, limit: int = 1_000) -> Changes:
        """Tell what was written since a cursor.

        Args:
            cursor: Of the last answer; 0 at first.
            trace_id: The trace whose spans are told too.
            limit: Most traces told, the latest ones.
        """
        with self._lock:
            (number,) = self._db.execute("SELECT number FROM changes").fetchone()
            rows = []
            if trace_id is not None:
                rows = self._db.execute(
                    f"SELECT {_SPAN} FROM spans WHERE trace = (SELECT id FROM traces WHERE trace_id = ?) "
                    "AND changed > ? AND changed <= ? ORDER BY position",
                    (trace_id, cursor, number),
                ).fetchall()
        traces = self._listed(
            "WHERE t.changed > ? AND t.changed <= ? ORDER BY t.changed DESC LIMIT ?", [cursor, number, limit]
        )
        return Changes(int(number), tuple(traces), tuple(self._spans_of(trace_id or "", rows)))

    def cursor(self) -> int:
        """Tell the number of the latest change, to ask `changes` with."""
        with self._lock:
            return int(self._db.execute("SELECT number FROM changes").fetchone()[0])

    def choices(self) -> tuple[list[str], list[str]]:
        """List the names of all runs, and of all tools that were called."""
        with self._lock:
            runs = self._db.execute("SELECT DISTINCT run FROM traces WHERE run <> '' ORDER BY run").fetchall()
            tools = self._db.execute("SELECT DISTINCT tool FROM tools ORDER BY tool").fetchall()
        return [run for (run,) in runs], [tool for (tool,) in tools]

    def reasons(self, trace_id: str) -> list[tuple[str, str, int]]:
        """List the verdicts of a trace: verdict, reason, and how many alignments have them."""
        with self._lock:
            return self._db.execute(
                "SELECT verdict, reason, count FROM reasons WHERE trace = (SELECT id FROM traces WHERE trace_id = ?) "
                "ORDER BY verdict, count DESC, reason",
                (trace_id,),
            ).fetchall()

    def trace_ids(self, *, forks: bool = True) -> list[str]:
        """List the ids of all traces, or of those that are no fork of another."""
        where = "" if forks else " WHERE parent_trace IS NULL"
        with self._lock:
            return [name for (name,) in self._db.execute(f"SELECT trace_id FROM traces{where}")]

    def forget(self, trace_ids: Iterable[str]) -> None:
        """Drop traces, e.g. those of a row that is done again."""
        with self._lock, self._db:
            self._begin_change()
            rows = [
                row
                for name in trace_ids
                for (row,) in self._db.execute("SELECT id FROM traces WHERE trace_id = ?", (name,))
            ]
            self._drop(rows)

    def forget_from(self, trace_id: str, name: str) -> None:
        """Drop a trace's whole and unfinished roots of that name, where what came of them was never kept.

        Those that failed stay.
        """
        spans = self.spans(trace_id)
        dropped = {s.span_id for s in spans if s.parent_id is None and s.name == name and s.status != "ERROR"}
        if not dropped:
            return
        for span in spans:  # parents come first
            if span.parent_id in dropped:
                dropped.add(span.span_id)
        with self._lock, self._db:
            number = self._begin_change()
            (row,) = self._db.execute("SELECT id FROM traces WHERE trace_id = ?", (trace_id,)).fetchone()
            self._db.executemany(
                "DELETE FROM spans WHERE trace = ? AND position = ?",
                [(row, s.position) for s in spans if s.span_id in dropped],
            )
            _recount(self._db, row, [s for s in spans if s.span_id not in dropped], number)

    def prune(self, older_than: float) -> int:
        """Forget traces that began before a time, and give the space back.

        Those that go on stay, whose next steps refer to what was said in the last ones.

        Args:
            older_than: Unix time in seconds.

        Returns:
            How many there were.

        Raises:
            StorageError: The file is damaged; nothing is forgotten then.
        """
        with self._lock:
            with self._db:
                self._begin_change()
                lately = int(1e6 * (time.time() - _GOES_ON))
                rows = [
                    row
                    for (row,) in self._db.execute(
                        "SELECT id FROM traces t WHERE started < ? AND NOT (open_roots > 0 AND COALESCE("
                        "(SELECT MAX(position) FROM spans WHERE trace = t.id), 0) > ?)",
                        (older_than, lately),
                    )
                ]
                self._drop(rows)
                self._db.execute("UPDATE changes SET pruned = pruned + 1")
                try:
                    drop_unused(self._db)
                except ValueError as error:
                    raise StorageError(f"{self.path} is damaged: texts cannot be read ({error})") from error
            self._expanded.clear()
            self._db.execute("VACUUM")
        return len(rows)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _spans_of(self, trace_id: str, rows: Sequence[Sequence[Any]]) -> list[Span]:
        try:
            return [_span(trace_id, row) for row in rows]
        except ValueError as error:
            raise StorageError(
                f"{self.path}: a step of trace {trace_id} cannot be read ({error}); it is damaged"
            ) from error

    def _listed(self, rest: str, values: Sequence[Any]) -> list[TraceSummary]:
        with self._lock, _searching():
            rows = self._db.execute(f"{_SUMMARY} {rest}", values).fetchall()
        return [_summary(row) for row in rows]

    def _begin_change(self) -> int:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.execute("UPDATE changes SET number = number + 1")
            return int(self._db.execute("SELECT number FROM changes").fetchone()[0])
        except (sqlite3.IntegrityError, TypeError) as error:
            raise StorageError(f"{self.path} is damaged: its changes cannot be counted ({error})") from error

    def _drop(self, rows: Sequence[int]) -> None:
        self._db.execute("CREATE TEMP TABLE IF NOT EXISTS dropped (trace INTEGER PRIMARY KEY)")
        self._db.execute("DELETE FROM dropped")
        self._db.executemany("INSERT INTO dropped VALUES (?)", [(row,) for row in rows])
        for table in ("spans", "reasons", "tools", "uses"):
            self._db.execute(f"DELETE FROM {table} WHERE trace IN (SELECT trace FROM dropped)")
        self._db.execute("DELETE FROM traces WHERE id IN (SELECT trace FROM dropped)")


@contextmanager
def _searching() -> Iterator[None]:
    """Tell words that the index cannot be asked for, such as letters that it does not know, from a fault of ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if not str(error).startswith("fts5:"):
            raise
        raise InputError(f"these words cannot be searched for ({error}); search for others") from error


def _recount(db: sqlite3.Connection, row: int, spans: Sequence[Span], number: int) -> None:
    """Count the sums beside a trace anew from its spans."""
    db.execute(
        "UPDATE traces SET spans = 0, model_calls = 0, tool_calls = 0, errors = 0, seconds = 0, input_tokens = 0, "
        "cached_tokens = 0, output_tokens = 0, cost = NULL, open_roots = 0, status = 'UNSET' WHERE id = ?",
        (row,),
    )
    db.execute("DELETE FROM tools WHERE trace = ?", (row,))
    sums: Sums = defaultdict(float)
    tools: dict[str, int] = {}
    status, currency = "", ""
    for span in spans:
        sums["spans"] += 1
        sums["model_calls"] += span.kind == "LLM"
        if span.kind == "TOOL":
            sums["tool_calls"] += 1
            tools[span.name] = tools.get(span.name, 0) + 1
        if span.seconds is None:
            sums["open_roots"] += span.parent_id is None
            continue
        ended_sums(span, sums)
        currency = span.attributes.get(CURRENCY) or currency
        if span.parent_id is None:
            status = span.status
    db.executemany("INSERT INTO tools VALUES (?, ?, ?)", [(row, tool, count) for tool, count in tools.items()])
    add_sums(db, row, sums, status, currency, number)


def _summary(row: Sequence[Any]) -> TraceSummary:
    names = ("trace_id", "parent_trace", "run", "kind", "subject", "title", "started", "seconds", "status")
    after = ("input_tokens", "cached_tokens", "output_tokens", "cost", "currency", "spans", "model_calls")
    values = dict(zip(names, row[:9], strict=True)) | dict(zip(after, row[12:19], strict=True))
    verdicts = {str(v): n for v, n in zip(Verdict, row[9:12], strict=True) if n}
    return TraceSummary(
        **values, verdicts=verdicts, tool_calls=row[19], errors=row[20], place=(values["started"], row[21])
    )


def _span(trace_id: str, row: Sequence[Any]) -> Span:
    span_id, parent, name, kind, started, seconds, status, attributes, position = row
    return Span(trace_id, span_id, parent, name, kind, started, seconds, status, read_attributes(attributes), position)
