"""The alignments of a run, to be found by kind, verdict, reason and words; an index beside the run that follows it.

The index (`browse.sqlite` in the run's folder) is derived from `run.sqlite` and can be removed at any time. Looking
brings it up to date first: rows that came to an end since are read, and no other, so that a run of many thousands of
rows is read once.
"""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from molreflect.graphs.runs.damage import read_kept
from molreflect.graphs.runs.schema import connect_run
from molreflect.graphs.runs.stamp import Stamp, stamp_of
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.storage import connect, encodable
from molreflect.tools.terms import PhraseKind, Reason, Verdict

FILE = "browse.sqlite"
_LOOKED_AT = ("phrase", "start", "kind", "pattern", "verdict", "atoms")
"""What of an alignment a reviewer decides on."""
_BATCH = 1_000
"""Rows that are read into the index in one transaction."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL, at REAL NOT NULL, text TEXT NOT NULL,
    read INTEGER NOT NULL, structural INTEGER NOT NULL, drafted INTEGER NOT NULL, verified INTEGER NOT NULL,
    supported INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS rows_steps ON rows (read, structural, drafted, verified, supported);
CREATE TABLE IF NOT EXISTS alignments (
    position INTEGER NOT NULL, n INTEGER NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL,
    reason TEXT NOT NULL, phrase TEXT NOT NULL, pattern TEXT, PRIMARY KEY (position, n)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS alignments_key ON alignments (key);
CREATE INDEX IF NOT EXISTS alignments_said ON alignments (verdict, kind, reason, position);
CREATE INDEX IF NOT EXISTS alignments_phrase ON alignments (phrase);
CREATE INDEX IF NOT EXISTS alignments_kind ON alignments (kind, reason);
CREATE INDEX IF NOT EXISTS alignments_reason ON alignments (reason);
"""
_NOW = "SELECT p.position, p.id, COALESCE(e.at, 0) AS at FROM pairs p LEFT JOIN ended e ON e.position = p.position"


@dataclass(frozen=True, slots=True)
class AlignmentFilter:
    """Which alignments are looked for; None and empty ask for nothing."""

    kind: PhraseKind | None = None
    verdict: Verdict | None = None
    reason: Reason | None = None
    text: str = ""
    """Words that all stand in the pair's id, SMILES, caption, phrases or patterns, in any case."""

    @property
    def of_alignments(self) -> dict[str, str]:
        """Columns and values that one alignment must have."""
        asked = {"kind": self.kind, "verdict": self.verdict, "reason": self.reason}
        return {name: str(value) for name, value in asked.items() if value is not None}


@dataclass(frozen=True, slots=True)
class FoundRows:
    """A page of pairs with alignments that were looked for."""

    alignments: int
    """How many fit, in all pairs."""
    pairs: int
    """How many pairs have one."""
    records: list[dict[str, Any]]
    """Those of the page, as JSON types, in corpus order."""
    fitting: dict[str, frozenset[int]]
    """Which alignments of each record fit, by pair id and 0-based place."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """Phrases of the finished rows of a run and how far they came; a phrase counts once a row, however often it is
    tied."""

    read: int
    """In a record, of any kind."""
    structural: int
    """Of those, what speaks of structure."""
    drafted: int
    """Tied to a pattern."""
    verified: int
    """Decided by chemistry: supported or refuted."""
    supported: int

    @property
    def steps(self) -> list[tuple[str, int]]:
        """Every step with its number, widest first."""
        return [(name, getattr(self, name)) for name in ("read", "structural", "drafted", "verified", "supported")]


@dataclass(frozen=True, slots=True)
class Item:
    """One alignment with its pair."""

    key: str
    position: int
    n: int
    """0-based place in the record's list."""
    record: Mapping[str, Any] = field(repr=False)

    @property
    def alignment(self) -> dict[str, Any]:
        """The alignment as JSON types."""
        found: dict[str, Any] = self.record["alignments"][self.n]
        return found


class RunIndex:
    """Looks alignments of one run up. May be used from several threads; each call opens its own connection."""

    def __init__(self, folder: Path) -> None:
        """Take a run directory.

        Raises:
            InputError: It is none.
        """
        RunStore.open(folder).close()
        self.folder = folder
        self._following = threading.Lock()
        self._followed: Stamp | None = None
        self._counted: dict[str, dict[str, int]] = {}

    def find(self, chosen: AlignmentFilter, *, page: int = 0, size: int = 10) -> FoundRows:
        """Look for alignments.

        Args:
            chosen: Which.
            page: 0-based.
            size: Pairs of a page.
        """
        with self.opened() as db:
            where, values = _where(chosen)
            columns = chosen.of_alignments
            if columns:
                total, pairs = db.execute(
                    f"SELECT COUNT(*), COUNT(DISTINCT position) FROM alignments WHERE {where}", values
                ).fetchone()
                places = f"SELECT DISTINCT position FROM alignments WHERE {where} ORDER BY position LIMIT ? OFFSET ?"
            else:
                (pairs,) = db.execute(f"SELECT COUNT(*) FROM rows WHERE {where}", values).fetchone()
                (total,) = db.execute(
                    f"SELECT COUNT(*) FROM alignments WHERE position IN (SELECT position FROM rows WHERE {where})"
                    if values
                    else "SELECT COUNT(*) FROM alignments",
                    values,
                ).fetchone()
                places = f"SELECT position FROM rows WHERE {where} ORDER BY position LIMIT ? OFFSET ?"
            positions = [position for (position,) in db.execute(places, [*values, size, page * size])]
        with contextlib.closing(RunStore.open(self.folder)) as store:
            records = list(store.records(positions))
        fitting = {
            record["id"]: frozenset(
                n
                for n, alignment in enumerate(record["alignments"])
                if all(alignment[name] == value for name, value in columns.items())
            )
            for record in records
        }
        return FoundRows(total, pairs, records, fitting)

    def counts(self, column: str) -> dict[str, int]:
        """Count the alignments by `kind`, `verdict` or `reason`, most first."""
        assert column in ("kind", "verdict", "reason")
        with self.opened() as db:
            if (known := self._counted.get(column)) is None:
                found = db.execute(f"SELECT {column}, COUNT(*) FROM alignments GROUP BY 1 ORDER BY 2 DESC, 1")
                known = self._counted[column] = dict(found.fetchall())
            return known

    def funnel(self) -> Funnel:
        """Count how far the phrases of the finished rows came."""
        with self.opened() as db:
            columns = "TOTAL(read), TOTAL(structural), TOTAL(drafted), TOTAL(verified), TOTAL(supported)"
            return Funnel(*map(int, db.execute(f"SELECT {columns} FROM rows").fetchone()))

    def item(self, key: str) -> Item | None:
        """Look an alignment up by its key; None where the run has none of it (any more)."""
        with self.opened() as db:
            found = db.execute("SELECT position, n FROM alignments WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        with contextlib.closing(RunStore.open(self.folder)) as store:
            record = next(iter(store.records([found[0]])), None)
        return None if record is None else Item(key, found[0], found[1], record)

    def patterns_of(self, phrase: str, *, most: int) -> list[tuple[str, int]]:
        """List the patterns that supported alignments of the same words have in this run, most frequent first."""
        with self.opened() as db:
            found = db.execute(
                "SELECT pattern, COUNT(*) FROM alignments WHERE phrase = ? AND verdict = ? AND pattern IS NOT NULL "
                "GROUP BY pattern ORDER BY 2 DESC, 1 LIMIT ?",
                (encodable(phrase.lower()), Verdict.SUPPORTED, most),
            )
            return [(pattern, count) for pattern, count in found]

    @contextlib.contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """Open the index, brought up to the run as it is now."""
        index = connect(self.folder / FILE, "the index of a run", _SCHEMA, advice="remove it", remade=True)
        with contextlib.closing(index) as db:
            with self._following:
                now = stamp_of(self.folder, "run.sqlite", FILE)
                if now != self._followed:
                    _follow(db, self.folder / "run.sqlite")
                    self._counted.clear()
                    # Of the run from before it was read; of the index from after.
                    self._followed = (*now[:2], *stamp_of(self.folder, FILE))
            yield db


def keys_of(record: Mapping[str, Any]) -> list[str]:
    """Hash what a reviewer looks at, for each alignment of a record: a decision holds for just that.

    An alignment with another pattern or verdict, or of a pair that has changed, has another key.
    """
    pair = hashlib.blake2b(orjson.dumps([record["id"], record["smiles"], record["caption"]]), digest_size=8)
    seen: dict[str, int] = {}
    keys = []
    for alignment in record["alignments"]:
        own = pair.copy()
        own.update(orjson.dumps([alignment[name] for name in _LOOKED_AT]))
        key = own.hexdigest()
        again = seen[key] = seen.get(key, 0) + 1
        keys.append(key if again == 1 else f"{key}-{again}")
    return keys


def _where(chosen: AlignmentFilter) -> tuple[str, list[Any]]:
    """The condition of a filter, on `alignments` where one of their columns is asked for and on `rows` otherwise."""
    columns = chosen.of_alignments
    words = [encodable(word) for word in chosen.text.lower().split()]
    having = " AND ".join("instr(text, ?)" for _ in words)
    conditions, values = [f"{name} = ?" for name in columns], list(columns.values())
    if words:
        conditions.append(f"position IN (SELECT position FROM rows WHERE {having})" if columns else having)
    return " AND ".join(conditions) or "1", [*values, *words]


def _follow(db: sqlite3.Connection, run: Path) -> None:
    """Read what has come to an end since, and forget what is no more so."""
    with contextlib.closing(connect_run(run)) as kept:
        known = {position: (pair_id, at) for position, pair_id, at in db.execute("SELECT position, id, at FROM rows")}
        now = {position: (pair_id, at) for position, pair_id, at in kept.execute(f"{_NOW} WHERE p.state = 'done'")}
        gone = [position for position, row in known.items() if now.get(position) != row]
        new = sorted(position for position, row in now.items() if known.get(position) != row)
        if gone:
            with db:
                for table in ("rows", "alignments"):
                    db.executemany(f"DELETE FROM {table} WHERE position = ?", [(position,) for position in gone])
        for begin in range(0, len(new), _BATCH):
            batch = new[begin : begin + _BATCH]
            read = kept.execute(
                "SELECT position, id, record FROM pairs WHERE position BETWEEN ? AND ? AND state = 'done'",
                (batch[0], batch[-1]),
            )
            wanted = set(batch)
            _add(db, ((p, now[p][1], read_kept(text, "record", i, run)) for p, i, text in read if p in wanted))


def _add(db: sqlite3.Connection, rows: Iterable[tuple[int, float, Mapping[str, Any]]]) -> None:
    """Put rows into the index: place, when they ended, record."""
    with db:
        for position, at, record in rows:
            alignments = record["alignments"]
            db.execute(
                "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (position, record["id"], at, _text(record), *_steps(alignments)),
            )
            keyed = enumerate(zip(keys_of(record), alignments, strict=True))
            db.executemany(
                "INSERT OR REPLACE INTO alignments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(position, n, key, *_columns(alignment)) for n, (key, alignment) in keyed],
            )


def _columns(alignment: Mapping[str, Any]) -> tuple[str | None, ...]:
    named = [alignment[name] for name in ("kind", "verdict", "reason")]
    return (*named, encodable(alignment["phrase"].lower()), alignment["pattern"])


def _text(record: Mapping[str, Any]) -> str:
    """What words are looked for in."""
    said = [record["id"], record["smiles"], record["caption"]]
    said += [text for a in record["alignments"] for text in (a["phrase"], a["pattern"])]
    return encodable("\n".join(filter(None, said)).lower())


def _steps(alignments: Sequence[Mapping[str, Any]]) -> list[int]:
    """Count the phrases of a record at each step of the funnel; each place of the caption once."""
    structural = [a for a in alignments if a["kind"] == PhraseKind.STRUCTURE]
    drafted = [a for a in structural if a["pattern"]]
    verified = [a for a in drafted if a["verdict"] != Verdict.UNCHECKED]
    supported = [a for a in verified if a["verdict"] == Verdict.SUPPORTED]
    steps = (alignments, structural, drafted, verified, supported)
    return [len({(a["start"], a["end"], a["phrase"]) for a in step}) for step in steps]
