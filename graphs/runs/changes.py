"""A run whose corpus has changed: which rows are new, changed, moved or gone, and which have to be done again."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from molreflect.graphs.runs.schema import BY_PLACE, connect_run
from molreflect.tools.corpus import BadRow, Pair
from molreflect.tools.english import counted
from molreflect.tools.terms import NOT_REFLECTED


@dataclass(frozen=True, slots=True)
class Changes:
    """How a corpus differs from the one a run was made from."""

    new: int
    changed: int
    """Rows of the same id with another molecule or caption."""
    removed: int
    kept: int

    def __str__(self) -> str:
        told = [f"{counted(self.new, 'row')} new", f"{self.changed} changed", f"{self.removed} removed"]
        return f"{', '.join(told)}, {self.kept:,} kept"


def start_over(folder: Path) -> None:
    """Put every row back to where nothing of it is done; what was spent on it stays in the account.

    Args:
        folder: The run directory, which the caller has locked.
    """
    with contextlib.closing(connect_run(folder / "run.sqlite")) as db, db:
        db.execute(
            "INSERT INTO failed_attempts (position, outcome, raw, usage) "
            "SELECT position, 'redone', '', json_extract(COALESCE(record, draft), '$.usage') "
            "FROM pairs WHERE COALESCE(record, draft) IS NOT NULL"
        )
        db.execute("UPDATE pairs SET state = 'pending', draft = NULL, record = NULL, reason = '', trace_id = ''")


def apply_corpus(folder: Path, pairs: Sequence[Pair], keys: Sequence[str], bad: Sequence[BadRow]) -> Changes:
    """Make the rows of a run those of a corpus, in its order; what was done for a pair that is still there is kept.

    Args:
        folder: The run directory, which the caller has locked.
        pairs: The corpus.
        keys: What determines the result of each.
        bad: Its rows that cannot be read.
    """
    with contextlib.closing(connect_run(folder / "run.sqlite")) as db, db:
        known = {
            pair_id: (position, smiles, caption)
            for position, pair_id, smiles, caption in db.execute("SELECT position, id, smiles, caption FROM pairs")
        }
        wanted = {pair.id for pair in pairs}
        gone = [(position,) for pair_id, (position, *_) in known.items() if pair_id not in wanted]
        for table in BY_PLACE:
            db.executemany(f"DELETE FROM {table} WHERE position = ?", gone)
        moved = [(i, known[p.id][0]) for i, p in enumerate(pairs) if p.id in known and known[p.id][0] != i]
        _move(db, moved)
        new = changed = 0
        for i, (pair, key) in enumerate(zip(pairs, keys, strict=True)):
            if pair.id not in known:
                new += 1
                db.execute(
                    "INSERT INTO pairs (position, id, key, smiles, caption, state) VALUES (?, ?, ?, ?, ?, 'pending')",
                    (i, pair.id, key, pair.smiles, pair.caption),
                )
            elif known[pair.id][1:] != (pair.smiles, pair.caption):
                changed += 1
                db.execute(
                    "UPDATE pairs SET key = ?, smiles = ?, caption = ?, state = 'pending', draft = NULL, "
                    "record = NULL, reason = '', trace_id = '', seconds = NULL WHERE position = ?",
                    (key, pair.smiles, pair.caption, i),
                )
        db.execute("DELETE FROM bad_rows")
        db.executemany("INSERT INTO bad_rows VALUES (?, ?, ?)", [(b.line, b.reason, b.text) for b in bad])
    return Changes(new, changed, len(gone), len(pairs) - new - changed)


def _move(db: sqlite3.Connection, moved: Sequence[tuple[int, int]]) -> None:
    """Give rows other places: by way of negative ones, since no two may share one meanwhile."""
    for table in BY_PLACE:
        db.executemany(
            f"UPDATE {table} SET position = ? WHERE position = ?", [(-1 - after, before) for after, before in moved]
        )
        db.execute(f"UPDATE {table} SET position = -1 - position WHERE position < 0")


def apply_neighbours(folder: Path, found: Mapping[str, Sequence[str]], drafted_anew: AbstractSet[str]) -> int:
    """Put done rows back to their draft whose reflection would be shown something else.

    Rows that were shown no neighbours only name the ones of now.

    Args:
        folder: The run directory, which the caller has locked.
        found: Ids of the neighbours of every row, most similar first; empty where none are shown.
        drafted_anew: Rows whose drafts are made anew.

    Returns:
        How many rows are reflected on again.
    """
    again = 0
    with contextlib.closing(connect_run(folder / "run.sqlite")) as db, db:
        for pair_id, (position, reflected, named) in _named(db).items():
            now = list(found.get(pair_id, ()))
            if reflected and (named != now or not drafted_anew.isdisjoint(now)):
                again += 1
                db.execute("UPDATE pairs SET state = 'drafted', record = NULL WHERE position = ?", (position,))
            elif not reflected and named != now:
                (text,) = db.execute("SELECT record FROM pairs WHERE position = ?", (position,)).fetchone()
                kept = json.dumps(json.loads(text) | {"neighbours": now}, ensure_ascii=False)
                db.execute("UPDATE pairs SET record = ? WHERE position = ?", (kept, position))
    return again


def named_neighbours(folder: Path) -> dict[str, list[str]]:
    """Look up which neighbours the records of done rows name, by id."""
    with contextlib.closing(connect_run(folder / "run.sqlite")) as db:
        return {pair_id: named for pair_id, (_, _, named) in _named(db).items()}


def _named(db: sqlite3.Connection) -> dict[str, tuple[int, bool, list[str]]]:
    """Of every done row its place, whether it was reflected on, and the neighbours its record names."""
    rows = db.execute(
        "SELECT id, position, json_extract(record, '$.selected_because') != ?, json_extract(record, '$.neighbours') "
        "FROM pairs WHERE state = 'done'",
        (NOT_REFLECTED,),
    )
    return {pair_id: (place, bool(reflected), json.loads(named)) for pair_id, place, reflected, named in rows}
