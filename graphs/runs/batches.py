"""The batches of a run: what was written, uploaded, begun and read, noted before and after each step.

They stand in the run's account of calls, so that reading a batch and paying for it is one step: a run that is killed
in between has done neither.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import uuid4

from molreflect.agents.models.batch_files import BatchRequest, write_requests
from molreflect.agents.schemas import Usage
from molreflect.graphs.runs.calls import FILE, INSERT, as_row, open_calls

FOLDER = "batch"
"""In the run directory: `requests-N.jsonl`, `results-N.jsonl` and `errors-N.jsonl` of every batch N."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (
    number INTEGER PRIMARY KEY, round INTEGER NOT NULL, by_file INTEGER NOT NULL, state TEXT NOT NULL,
    name TEXT NOT NULL, requests INTEGER NOT NULL, made REAL NOT NULL, file_id TEXT NOT NULL DEFAULT '',
    batch_id TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '', done INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS batch_questions (
    id TEXT NOT NULL, batch INTEGER NOT NULL, tokens INTEGER NOT NULL, state TEXT NOT NULL, PRIMARY KEY (id, batch)
) WITHOUT ROWID;
"""


class BatchState(StrEnum):
    """How far a batch is."""

    WRITTEN = "written"
    """Its file of requests lies in the run directory."""
    UPLOADING = "uploading"
    """The provider may have the file."""
    UPLOADED = "uploaded"
    SUBMITTING = "submitting"
    """The provider may have begun it."""
    OUT = "out"
    """The provider works on it."""
    ENDED = "ended"
    """Its results lie in the run directory."""
    READ = "read"
    """Its results are counted and paid for."""
    REFUSED = "refused"
    """The provider has worked on none of it; its questions may be asked again."""


class QuestionState(StrEnum):
    """What came of one question of a batch."""

    OUT = "out"
    ANSWERED = "answered"
    FAILED = "failed"
    """Its line holds an error."""
    UNREADABLE = "unreadable"
    """Its line holds no answer that can be read."""
    MISSING = "missing"
    """It has no line."""
    UNSENT = "unsent"
    """Nobody worked on it before the batch expired or was cancelled."""


NOT_WORKED_ON = (QuestionState.MISSING, QuestionState.UNSENT)


@dataclass(frozen=True, slots=True)
class RunBatch:
    """One batch of a run."""

    number: int
    round: int
    by_file: bool
    """Whether somebody else runs it, who puts the results into the run directory."""
    state: BatchState
    name: str
    """What the provider calls its file; it says nothing of the run."""
    requests: int
    made: float
    file_id: str
    batch_id: str
    status: str
    """The provider's word."""
    done: int
    """Requests the provider had worked on when it was asked last."""


class BatchJournal:
    """The batches in `calls.sqlite` of one run directory, which the caller has locked."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it.

        Raises:
            InputError: It is something else, or cannot be written.
        """
        self.folder = folder / FOLDER
        self._db = open_calls(folder, _SCHEMA)

    def batches(self) -> list[RunBatch]:
        """List all batches, in the order in which they were made."""
        rows = self._db.execute(
            "SELECT number, round, by_file, state, name, requests, made, file_id, batch_id, status, done "
            "FROM batches ORDER BY number"
        ).fetchall()
        return [
            RunBatch(number, round_, bool(by_file), BatchState(state), *rest)
            for number, round_, by_file, state, *rest in rows
        ]

    def questions(self, number: int) -> dict[str, int]:
        """Return the questions of a batch, with their tokens."""
        return dict(self._db.execute("SELECT id, tokens FROM batch_questions WHERE batch = ?", (number,)).fetchall())

    def asked(self) -> dict[str, tuple[int, QuestionState]]:
        """Return every question that was ever in a batch: how often it was, and what came of it in the last."""
        rows = self._db.execute("SELECT id, state FROM batch_questions ORDER BY batch").fetchall()
        found: dict[str, tuple[int, QuestionState]] = {}
        for id_, state in rows:
            found[id_] = (found.get(id_, (0, None))[0] + 1, QuestionState(state))
        return found

    def add(self, parts: Sequence[Sequence[BatchRequest]], *, round_: int, by_file: bool) -> None:
        """Write a file of requests for each part, and note them all at once.

        Args:
            parts: The requests, as many files as there are parts.
            round_: Which round of the run's batches they are.
            by_file: Whether somebody else runs them.
        """
        (last,) = self._db.execute("SELECT COALESCE(MAX(number), 0) FROM batches").fetchone()
        for number, part in enumerate(parts, start=last + 1):
            write_requests(self.requests_file(number), part)
        with self._db:
            for number, part in enumerate(parts, start=last + 1):
                self._db.execute(
                    "INSERT INTO batches (number, round, by_file, state, name, requests, made) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (number, round_, by_file, BatchState.WRITTEN, f"{uuid4().hex}.jsonl", len(part), time.time()),
                )
                self._db.executemany(
                    "INSERT INTO batch_questions VALUES (?, ?, ?, ?)",
                    [(request.id, number, request.tokens, QuestionState.OUT) for request in part],
                )

    def note(self, number: int, state: BatchState, **fields: Any) -> None:
        """Note how far a batch is: `file_id`, `batch_id`, `status`, `done`."""
        names = ["state", *fields]
        with self._db:
            self._db.execute(
                f"UPDATE batches SET {', '.join(f'{name} = ?' for name in names)} WHERE number = ?",
                (state, *fields.values(), number),
            )

    def note_refused(self, number: int, status: str) -> None:
        """Note that nothing of a batch was worked on: its questions were not asked."""
        with self._db:
            self._db.execute(
                "UPDATE batches SET state = ?, status = ? WHERE number = ?", (BatchState.REFUSED, status, number)
            )
            self._db.execute("DELETE FROM batch_questions WHERE batch = ?", (number,))

    def note_read(self, number: int, states: Mapping[str, QuestionState], calls: Iterable[tuple[str, Usage]]) -> None:
        """Note what came of each question of a batch, and what was paid for it, both or neither.

        Args:
            number: The batch.
            states: Of every question of it.
            calls: How each request ended that was worked on, with what it used.
        """
        with self._db:
            self._db.executemany(
                "UPDATE batch_questions SET state = ? WHERE id = ? AND batch = ?",
                [(state, id_, number) for id_, state in states.items()],
            )
            self._db.executemany(INSERT, [as_row(outcome, used) for outcome, used in calls])
            self._db.execute("UPDATE batches SET state = ? WHERE number = ?", (BatchState.READ, number))

    def requests_file(self, number: int) -> Path:
        """Name the file of requests of a batch."""
        return self.folder / f"requests-{number}.jsonl"

    def results_file(self, number: int) -> Path:
        """Name the file of results of a batch."""
        return self.folder / f"results-{number}.jsonl"

    def errors_file(self, number: int) -> Path:
        """Name the file of the lines of a batch that failed."""
        return self.folder / f"errors-{number}.jsonl"

    def result_files(self, number: int) -> list[Path]:
        """List what there is of a batch's results, answers first."""
        return [path for path in (self.results_file(number), self.errors_file(number)) if path.is_file()]

    def close(self) -> None:
        """Close the file."""
        self._db.close()


def batches_of(folder: Path) -> list[RunBatch]:
    """List the batches of a run directory; none where it has no account of calls."""
    if not (folder / FILE).is_file():
        return []
    journal = BatchJournal(folder)
    try:
        return journal.batches()
    finally:
        journal.close()


def unread(batches: Sequence[RunBatch]) -> list[RunBatch]:
    """Choose the batches whose results are still to come, or to be read."""
    return [b for b in batches if b.state not in (BatchState.READ, BatchState.REFUSED)]


def told_of(batches: Sequence[RunBatch]) -> str:
    """Say in a line what is not read yet of a run's batches; empty where there is nothing."""
    waiting = unread(batches)
    out = [f"{b.batch_id} ({b.done:,} of {b.requests:,})" for b in waiting if b.batch_id]
    written = [f"{FOLDER}/requests-{b.number}.jsonl" for b in waiting if b.by_file]
    told = [f"out with the provider: {', '.join(out)}"] if out else []
    told += [f"to be run: {', '.join(written)}"] if written else []
    begun = len(waiting) - len(out) - len(written)
    return "; ".join([*told, *([f"{begun:,} not submitted yet"] if begun else [])])
