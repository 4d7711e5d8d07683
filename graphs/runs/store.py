"""A run directory: `run.yaml` (what was asked for), `run.sqlite` (the source of truth), `traces.sqlite`, and the lock.

The row is the durable unit: a pair is `pending`, `drafted`, `done` or `failed`, and each step of a row is one
transaction. Everything else in a run directory is derived and can be made again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from molreflect.agents.schemas import PairRecord, Usage, add
from molreflect.graphs.runs.control import FILE as CONTROL_FILE
from molreflect.graphs.runs.damage import read_kept
from molreflect.graphs.runs.failures import FailureLog
from molreflect.graphs.runs.schema import USAGE_FIELDS, connect_run, count_earlier_usage
from molreflect.tools.corpus import BadRow, Pair
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, StorageError
from molreflect.tools.storage import LOCK_FILE, atomic_write_text, encodable, require_writable, run_lock
from molreflect.tools.terms import FailureKind, PhraseKind, Verdict

FORMAT = 2
"""Version of the run directory; a change that older readers cannot read raises it."""


@dataclass(frozen=True, slots=True)
class RunRow:
    """A pair of a run and how far it got."""

    position: int
    """0-based place in the corpus."""
    id: str
    smiles: str
    caption: str
    state: str
    attempts: int
    reason: str
    trace_id: str


@dataclass(frozen=True, slots=True)
class MadeRow:
    """A pair that came into being together with its record."""

    id: str
    key: str
    """What tells it from the others; unique to it."""
    record: dict[str, Any]
    """As `PairRecord.to_json` gives it."""


class RunStore:
    """`run.sqlite` and `run.yaml` of one run directory."""

    def __init__(
        self, folder: Path, db: sqlite3.Connection, settings: dict[str, Any], lock: contextlib.ExitStack | None = None
    ) -> None:
        self.folder = folder
        self.settings = settings
        """What `run.yaml` says."""
        self._db = db
        self.failed = FailureLog(db)
        """What failed, and which rows are to be tried again."""
        self._lock = lock or contextlib.ExitStack()

    @classmethod
    def create(
        cls, folder: Path, settings: dict[str, Any], pairs: Sequence[Pair], keys: Sequence[str], bad: Sequence[BadRow]
    ) -> RunStore:
        """Begin a run, and lock its folder.

        `run.yaml` is written last, in one step: a directory without it is not a run.

        Raises:
            InputError: The folder holds something already, or another process works in it.
        """
        require_empty(folder)  # before a lock file is left there
        with contextlib.ExitStack() as lock:
            lock.enter_context(run_lock(folder))
            require_empty(folder)
            db = connect_run(folder / "run.sqlite")
            with db:
                db.executemany(
                    "INSERT INTO pairs (position, id, key, smiles, caption, state) VALUES (?, ?, ?, ?, ?, 'pending')",
                    [(i, p.id, key, p.smiles, p.caption) for i, (p, key) in enumerate(zip(pairs, keys, strict=True))],
                )
                db.executemany("INSERT INTO bad_rows VALUES (?, ?, ?)", [(b.line, b.reason, b.text) for b in bad])
                db.execute("INSERT INTO meta VALUES ('format', ?)", (str(FORMAT),))
            whole = {"format": FORMAT, **settings}
            atomic_write_text(folder / "run.yaml", _as_yaml(whole))
            return cls(folder, db, whole, lock.pop_all())

    @classmethod
    def open(cls, folder: Path, *, write: bool = False) -> RunStore:
        """Open an existing run.

        Args:
            folder: The run directory.
            write: Lock the folder until the store is closed; readers need no lock.

        Raises:
            InputError: It is no run directory, or one of another version, or another process writes to it.
        """
        if not (folder / "run.yaml").is_file() or not (folder / "run.sqlite").is_file():
            raise InputError(
                f"{folder} is not a run directory (no run.yaml and run.sqlite); make one with `molreflect distill`"
            )
        try:
            settings = yaml.safe_load((folder / "run.yaml").read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise InputError(f"{folder / 'run.yaml'} is not YAML: {error}".replace("\n", " ")) from error
        found = settings.get("format") if isinstance(settings, dict) else None
        if found == FORMAT and not isinstance(settings.get("settings"), dict):
            raise StorageError(f"{folder / 'run.yaml'} is damaged: it holds no settings; put it back")
        if found != FORMAT:
            raise InputError(
                f"{folder} is a run of format {found}, this version reads format {FORMAT}; distil it again, or use the "
                "version of molreflect that made it"
            )
        with contextlib.ExitStack() as lock:
            if write:
                lock.enter_context(run_lock(folder))
            db = connect_run(folder / "run.sqlite")
            lock.callback(db.close)
            if db.execute("SELECT 1 FROM meta WHERE name = 'format'").fetchone() is None:
                raise StorageError(
                    f"{folder / 'run.sqlite'} has lost its rows; what was exported of them is left as it is. Move the "
                    "folder away and distil again: answers that the cache holds cost nothing"
                )
            return cls(folder, db, settings, lock.pop_all())

    def rows(self, *states: str) -> list[RunRow]:
        """List rows in corpus order, of the given states or of all."""
        where = f"WHERE state IN ({','.join('?' * len(states))})" if states else ""
        columns = "position, id, smiles, caption, state, attempts, reason, trace_id"
        found = self._db.execute(f"SELECT {columns} FROM pairs {where} ORDER BY position", states)
        return [RunRow(*row) for row in found]

    def counts(self) -> dict[str, int]:
        """Count the rows in each state."""
        return dict(self._db.execute("SELECT state, COUNT(*) FROM pairs GROUP BY state ORDER BY state"))

    def bad_rows(self) -> list[BadRow]:
        """List the rows of the corpus that could not be read."""
        return [BadRow(*found) for found in self._db.execute("SELECT line, reason, text FROM bad_rows ORDER BY line")]

    def keep_drafts(self, drafts: Iterable[tuple[RunRow, dict[str, Any], str]]) -> None:
        """Keep drafts (row, state of the graph as JSON types, trace id) in one transaction."""
        with self._db:
            self._db.executemany(
                "UPDATE pairs SET state = 'drafted', draft = ?, trace_id = ?, attempts = attempts + 1, reason = '' "
                "WHERE position = ?",
                [(json.dumps(draft, ensure_ascii=False), trace, row.position) for row, draft, trace in drafts],
            )

    def keep_records(self, records: Iterable[tuple[RunRow, PairRecord, float]]) -> None:
        """Keep finished records, and the seconds they took, in one transaction."""
        records = list(records)
        now = time.time()
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO ended VALUES (?, ?, ?, ?, ?)",
                [(row.position, now, *_structural(record)) for row, record, _ in records],
            )
            self._db.executemany(
                "UPDATE pairs SET state = 'done', record = ?, seconds = ?, reason = '' WHERE position = ?",
                [
                    (json.dumps(record.to_json(), ensure_ascii=False), seconds, row.position)
                    for row, record, seconds in records
                ],
            )

    def seconds(self) -> dict[str, float]:
        """Look up the seconds of every finished row in teacher, tools and verification, by id.

        Records do not hold them: those are the same bytes whenever they are made again.
        """
        return dict(self._db.execute("SELECT id, seconds FROM pairs WHERE state = 'done'"))

    def keep_failure(
        self,
        row: RunRow,
        reason: str,
        trace_id: str,
        *,
        kind: FailureKind = FailureKind.UNEXPECTED,
        usage: Usage | None = None,
        raw: str = "",
    ) -> None:
        """Keep why a row failed; it is tried again when the run is resumed.

        Args:
            row: The row.
            reason: In one line.
            kind: What kind of failure it is.
            trace_id: Where its spans are.
            usage: What the attempt spent.
            raw: The model's last answer as it wrote it, where it could not be used.
        """
        with self._db:
            self.failed.add(
                row.position, "failed", usage or Usage(), raw=raw, kind=kind, reason=reason, trace_id=trace_id
            )
            self._db.execute(
                "INSERT OR REPLACE INTO ended VALUES (?, ?, NULL, NULL, NULL)", (row.position, time.time())
            )
            self._db.execute(
                "INSERT INTO failure_kinds VALUES (?, ?, ?) ON CONFLICT (position) DO UPDATE "
                "SET kind = excluded.kind, answered = answered + excluded.answered",
                (row.position, kind.value, int(kind.answered)),
            )
            self._db.execute(
                "UPDATE pairs SET state = 'failed', reason = ?, trace_id = ?, attempts = attempts + 1 "
                "WHERE position = ?",
                (encodable(reason), trace_id, row.position),
            )

    def keep_interrupted(self, row: RunRow, usage: Usage) -> None:
        """Keep what was spent on a row that a cap of the run interrupted; the row stays as it was."""
        with self._db:
            self.failed.add(row.position, "interrupted", usage)

    def failure_kinds(self) -> dict[str, FailureKind]:
        """Look up the kind of every failed row, by id."""
        found = self._db.execute(
            "SELECT p.id, k.kind FROM pairs p LEFT JOIN failure_kinds k ON k.position = p.position "
            "WHERE p.state = 'failed' ORDER BY p.position"
        )
        return {pair_id: FailureKind(kind or FailureKind.UNEXPECTED) for pair_id, kind in found}

    def unusable_attempts(self) -> dict[str, int]:
        """Count, by id, the attempts of rows that ended with answers nobody could use; others are left out."""
        return dict(
            self._db.execute(
                "SELECT p.id, k.answered FROM pairs p JOIN failure_kinds k ON k.position = p.position "
                "WHERE k.answered > 0"
            )
        )

    def last_failures(self) -> dict[str, tuple[str, Usage]]:
        """Look up of every failed row, by id, the last unusable answer (may be empty) and what the attempt spent."""
        found = self._db.execute(
            "SELECT p.id, a.raw, a.usage FROM failed_attempts a JOIN pairs p ON p.position = a.position "
            "WHERE p.state = 'failed' AND a.outcome = 'failed' ORDER BY a.rowid"
        )
        return {pair_id: (raw, Usage.model_validate_json(usage)) for pair_id, raw, usage in found}

    def spent(self) -> Usage:
        """Sum what all rows have spent so far, failed attempts included."""
        count_earlier_usage(self._db)
        failed = ", ".join(f"json_extract(usage, '$.{name}')" for name in USAGE_FIELDS)
        return add(
            self._summed(f"SELECT {', '.join(USAGE_FIELDS)} FROM row_usage"),
            self._summed(f"SELECT {failed} FROM failed_attempts"),
        )

    def _summed(self, usages: str) -> Usage:
        """Sum usages, whose fields are the columns of a query in their order."""
        *names, cost = USAGE_FIELDS
        columns = ", ".join(USAGE_FIELDS)
        *counts, money, priced = self._db.execute(
            f"WITH used ({columns}) AS ({usages}) "
            f"SELECT {', '.join(f'TOTAL({name})' for name in names)}, TOTAL({cost}), COUNT({cost}) FROM used"
        ).fetchone()
        return Usage(
            **{name: int(value) for name, value in zip(names, counts, strict=True)},
            cost=round(money, 9) if priced else None,
        )

    def describe(self, settings: dict[str, Any]) -> None:
        """Write down what the run is made with and from, as it goes on."""
        whole = {"format": FORMAT, **settings}
        if whole != self.settings:
            self.settings = whole
            atomic_write_text(self.folder / "run.yaml", _as_yaml(whole))

    def draft(self, pair_id: str) -> dict[str, Any] | None:
        """Read the state a row's draft ended in, as JSON types."""
        found = self._db.execute("SELECT draft FROM pairs WHERE id = ?", (pair_id,)).fetchone()
        return None if found is None or found[0] is None else self._read(found[0], "draft", pair_id)

    def records(self, positions: Sequence[int] | None = None) -> Iterable[dict[str, Any]]:
        """Yield finished records as JSON types, in corpus order; of some places in the corpus or of all."""
        if positions is None:
            yield from (record for _, record in self.records_as_kept())
            return
        for position in sorted(positions):
            found = self._db.execute("SELECT record, id FROM pairs WHERE position = ? AND state = 'done'", (position,))
            yield from (self._read(text, "record", pair_id) for text, pair_id in found)

    def records_as_kept(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield finished records as they are kept, and as JSON types, in corpus order."""
        for text, pair_id in self._db.execute("SELECT record, id FROM pairs WHERE state = 'done' ORDER BY position"):
            yield text, self._read(text, "record", pair_id)

    def record(self, pair_id: str) -> dict[str, Any] | None:
        """Read one finished record as JSON types; None where the run has none of that id."""
        found = self._db.execute("SELECT record FROM pairs WHERE id = ? AND state = 'done'", (pair_id,)).fetchone()
        return None if found is None else self._read(found[0], "record", pair_id)

    def _read(self, text: str | None, what: str, pair_id: str) -> dict[str, Any]:
        return read_kept(text, what, pair_id, self.folder / "run.sqlite")

    def add_made(self, rows: Sequence[MadeRow], *, first: int, name: str, note: str) -> None:
        """Append finished pairs and a note on how far the work got, in one transaction.

        Args:
            rows: In order.
            first: 0-based position of the first of them.
            name: Of the note; an older note of that name is replaced.
            note: Any text.
        """
        with self._db:
            self._db.executemany(
                "INSERT INTO pairs (position, id, key, smiles, caption, state, attempts, record) "
                "VALUES (?, ?, ?, ?, ?, 'done', 1, ?)",
                [
                    (
                        first + n,
                        row.id,
                        row.key,
                        row.record["smiles"],
                        row.record["caption"],
                        json.dumps(row.record, ensure_ascii=False),
                    )
                    for n, row in enumerate(rows)
                ],
            )
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (f"note:{name}", note))

    def note(self, name: str) -> str | None:
        """Read the note that `add_made` kept last; None where there is none."""
        found = self._db.execute("SELECT value FROM meta WHERE name = ?", (f"note:{name}",)).fetchone()
        return None if found is None else str(found[0])

    def row_keys(self) -> Iterator[str]:
        """Yield the keys of all rows, in corpus order."""
        for (key,) in self._db.execute("SELECT key FROM pairs ORDER BY position"):
            yield key

    def trace_ids(self) -> set[str]:
        """List the traces that belong to a row."""
        return {trace for (trace,) in self._db.execute("SELECT trace_id FROM pairs WHERE trace_id != ''")}

    def close(self) -> None:
        """Close the file and release the folder."""
        self._db.close()
        self._lock.close()


def lexicon_patch_of(folder: Path) -> str | None:
    """Look up the lexicon patch that a run was made with; None where there was none, or where there is no run."""
    if not (folder / "run.yaml").is_file():
        return None
    with contextlib.closing(RunStore.open(folder)) as store:
        patch = store.settings["settings"].get("lexicon_patch")
    return None if patch is None else str(patch)


def _structural(record: PairRecord) -> tuple[int, ...]:
    """Count the structural phrases of a record by verdict, in the order of `Verdict`."""
    found = [a.verdict for a in record.alignments if a.kind is PhraseKind.STRUCTURE]
    return tuple(found.count(verdict) for verdict in Verdict)


def require_empty(folder: Path) -> None:
    """Refuse a folder that cannot become a new run; an `index` from an attempt that never began is no hindrance.

    Raises:
        InputError: It is a file, or holds something already.
    """
    above = next((p for p in (folder, *folder.parents) if p.exists()), None)
    if above is not None and not above.is_dir():
        raise InputError(f"{above} is a file; name a folder for the run")
    if folder.is_dir() and any(child for child in folder.iterdir() if not _is_unstarted(child.name)):
        if not (folder / "run.yaml").is_file():
            raise InputError(f"{folder} already holds other files; name another folder")
        raise InputError(f"{folder} already holds a run; pass --resume to go on with it, or name another folder")
    require_writable(folder, "--out", folder=True)


def _is_unstarted(name: str) -> bool:
    """Whether a file may lie in a folder whose run has not begun: what is prepared, who prepares it."""
    return name in ("index", LOCK_FILE) or name.startswith(CONTROL_FILE)


def discard_unstarted(folder: Path) -> None:
    """Remove what a process left that was killed before it wrote `run.yaml`; then nothing was worked on yet.

    Raises:
        InputError: Rows were worked on after all, so that `run.yaml` has been lost and work would be too.
    """
    if not (folder / "run.sqlite").is_file():
        return
    with run_lock(folder):
        with contextlib.closing(connect_run(folder / "run.sqlite")) as db:
            (begun,) = db.execute("SELECT COUNT(*) FROM pairs WHERE state != 'pending'").fetchone()
        if begun:
            raise InputError(
                f"{folder} has lost its run.yaml, and work on {counted(begun, 'row')} of its run.sqlite has "
                "begun; put run.yaml back, "
                "or name another folder"
            )
        for leftover in [*folder.glob("run.sqlite*"), *folder.glob(".run.yaml.*part")]:
            leftover.unlink(missing_ok=True)


def _as_yaml(settings: dict[str, Any]) -> str:
    return yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
