"""Decisions of reviewers on the alignments of a run, in a small file of their own beside it.

Nothing is written over: a later decision stands in place of an earlier one of the same reviewer, and what was undone
brings the earlier one back. Each decision holds a copy of what it was about, so that it stays readable whatever becomes
of the run.
"""

from __future__ import annotations

import getpass
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from molreflect.graphs.runs.browse import Item
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.storage import connect, encodable
from molreflect.tools.terms import Reason, Verdict

FILE = "review.sqlite"
FORMAT = 1
"""Version of the file; a change that older readers cannot read raises it."""
MAX_NAME = 60
"""Characters of a reviewer's name."""
MAX_NOTE = 2_000
"""Characters of a note."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, reviewer TEXT NOT NULL, key TEXT NOT NULL, judgement TEXT NOT NULL,
    correction TEXT, reason TEXT, note TEXT NOT NULL, teaches INTEGER NOT NULL, about TEXT NOT NULL, at REAL NOT NULL,
    undone REAL
);
CREATE INDEX IF NOT EXISTS decisions_key ON decisions (reviewer, key, undone, id);
CREATE VIEW IF NOT EXISTS standing AS
    SELECT * FROM decisions WHERE id IN (SELECT MAX(id) FROM decisions WHERE undone IS NULL GROUP BY reviewer, key);
"""
_COLUMNS = "reviewer, key, judgement, correction, reason, note, teaches, about, at"


class Judgement(StrEnum):
    """What a reviewer says of an alignment and its verdict."""

    ACCEPT = "accept"
    """It is right, verdict and all."""
    CORRECT = "correct"
    """The phrase means another pattern, or other atoms."""
    REJECT = "reject"
    """It is wrong, and what would be right is not said."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a phrase means in its molecule, by a reviewer."""

    pattern: str
    """SMARTS: as it was given, or written from the atoms."""
    atoms: tuple[tuple[int, ...], ...]
    """0-based RDKit atom indices of the pair's SMILES, one tuple a place."""
    verdict: Verdict
    """What verification says of phrase and pattern."""
    reason: Reason
    message: str
    by_atoms: bool
    """Whether the atoms were chosen, and the pattern is only what they spell."""


@dataclass(frozen=True, slots=True)
class About:
    """What a decision is about, as it was shown."""

    id: str
    smiles: str | None
    caption: str | None
    alignment: Mapping[str, Any] = field(hash=False)
    """As JSON types."""


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision of one reviewer."""

    reviewer: str
    key: str
    """Of the alignment; see `molreflect.graphs.runs.browse.keys_of`."""
    judgement: Judgement
    about: About
    correction: Correction | None = None
    """Only of a correction."""
    reason: Reason | None = None
    """Why a supported alignment was rejected."""
    note: str = ""
    teaches: bool = False
    """Whether it says what the words mean in any molecule, so that the lexicon may learn from it."""
    at: float = 0.0
    """Seconds since 1970."""


class ReviewStore:
    """The decisions on one run."""

    def __init__(self, db: sqlite3.Connection, path: Path) -> None:
        self._db, self.path = db, path

    @classmethod
    def open(cls, run: Path) -> ReviewStore:
        """Open the decisions on a run; the file is made where it is missing.

        Raises:
            InputError: It is no run directory, or the file is of a later version or something else.
        """
        RunStore.open(run).close()
        path = run / FILE
        db = connect(path, "a file of decisions", _SCHEMA)
        (found,) = db.execute("PRAGMA user_version").fetchone()
        if found not in (0, FORMAT):
            db.close()
            raise InputError(f"{path} is of format {found}, this version reads {FORMAT}; use the later molreflect")
        if found == 0:
            db.execute(f"PRAGMA user_version = {FORMAT}")
        return cls(db, path)

    def keep(self, decision: Decision) -> None:
        """Keep a decision, at once and for good.

        Raises:
            InputError: It contradicts itself, its reviewer has no usable name, or its note is too long.
        """
        _check(decision)
        correction = None
        if decision.correction is not None:
            correction = json.dumps(
                {name: getattr(decision.correction, name) for name in Correction.__slots__}, ensure_ascii=False
            )
        about = {name: getattr(decision.about, name) for name in About.__slots__}
        with self._db:
            self._db.execute(
                f"INSERT INTO decisions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    decision.reviewer,
                    decision.key,
                    decision.judgement,
                    correction,
                    decision.reason,
                    encodable(decision.note),
                    int(decision.teaches),
                    encodable(json.dumps(about, ensure_ascii=False)),
                    decision.at or time.time(),
                ),
            )

    def undo(self, reviewer: str) -> Decision | None:
        """Take a reviewer's latest decision back; None where there is none.

        Returns:
            What was taken back. What stood before it on the same alignment stands again.
        """
        with self._db:
            last = self._db.execute(
                f"SELECT id, {_COLUMNS} FROM decisions WHERE reviewer = ? AND undone IS NULL ORDER BY id DESC LIMIT 1",
                (reviewer,),
            ).fetchone()
            if last is None:
                return None
            self._db.execute("UPDATE decisions SET undone = ? WHERE id = ?", (time.time(), last[0]))
        return _read(last[1:])

    def decision(self, reviewer: str, key: str) -> Decision | None:
        """Look up what a reviewer said of an alignment."""
        found = self._db.execute(
            f"SELECT {_COLUMNS} FROM standing WHERE reviewer = ? AND key = ?", (reviewer, key)
        ).fetchone()
        return None if found is None else _read(found)

    def decisions(self, reviewer: str | None = None) -> Iterator[Decision]:
        """Go through the decisions that stand, of one reviewer or of all, in the order they were made."""
        which = ("WHERE reviewer = ?", (reviewer,)) if reviewer is not None else ("", ())
        for row in self._db.execute(f"SELECT {_COLUMNS} FROM standing {which[0]} ORDER BY id", which[1]):
            yield _read(row)

    def reviewers(self) -> dict[str, int]:
        """Count the decisions that stand, by reviewer, most first."""
        return dict(self._db.execute("SELECT reviewer, COUNT(*) FROM standing GROUP BY 1 ORDER BY 2 DESC, 1"))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def about_of(item: Item) -> About:
    """Copy what a decision on an alignment is about."""
    record = item.record
    return About(record["id"], record["smiles"], record["caption"], item.alignment)


def reviewer_name(text: str) -> str:
    """Read the name of a reviewer.

    Raises:
        InputError: It is empty, too long, or holds what cannot be shown.
    """
    name = " ".join(text.split())
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise InputError(f"{shorten(text)} is no name of a reviewer; give 1 to {MAX_NAME} printable characters")
    return name


def user_name() -> str:
    """Look up the name of whoever works at this machine, as a reviewer's; empty where it has none that fits."""
    try:
        return reviewer_name(getpass.getuser())
    except (InputError, OSError, KeyError, ImportError):  # a user without an entry, as in some containers
        return ""


def _check(decision: Decision) -> None:
    reviewer_name(decision.reviewer)
    if (decision.judgement is Judgement.CORRECT) != (decision.correction is not None):
        raise InputError("a correction says which pattern or atoms are meant, and nothing else does")
    if len(decision.note) > MAX_NOTE:
        raise InputError(f"the note has {len(decision.note):,} characters; {MAX_NOTE:,} are kept")


def _read(row: Sequence[Any]) -> Decision:
    reviewer, key, judgement, correction, reason, note, teaches, about, at = row
    return Decision(
        reviewer,
        key,
        Judgement(judgement),
        About(**json.loads(about)),
        None if correction is None else _correction(json.loads(correction)),
        None if reason is None else Reason(reason),
        note,
        bool(teaches),
        at,
    )


def _correction(kept: Mapping[str, Any]) -> Correction:
    atoms = tuple(tuple(place) for place in kept["atoms"])
    given = {"atoms": atoms, "verdict": Verdict(kept["verdict"]), "reason": Reason(kept["reason"])}
    return Correction(**{**kept, **given})
