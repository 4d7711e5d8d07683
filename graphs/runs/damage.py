"""Rows of a run whose record or draft can no longer be read: told, and put back to where they can be done again."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import orjson

from molreflect.graphs.runs.schema import connect_run
from molreflect.tools.errors import StorageError, shorten

_STATES = ("pending", "drafted", "done", "failed")
_WHOLE_RECORD = (
    "json_extract(record, '$.id') = id AND json_type(record, '$.alignments') = 'array' "
    "AND json_type(record, '$.coverage') = 'object' AND json_type(record, '$.usage') = 'object'"
)
_WHOLE_DRAFT = "json_type(draft, '$.drafted') = 'array'"
SOUND_RECORD = f"CASE WHEN record IS NULL OR NOT json_valid(record) THEN 0 ELSE COALESCE({_WHOLE_RECORD}, 0) END"
_SOUND_DRAFT = f"CASE WHEN draft IS NULL OR NOT json_valid(draft) THEN 0 ELSE COALESCE({_WHOLE_DRAFT}, 0) END"
"""SQL that says whether record and draft of a row can be read."""


def read_kept(text: str | None, what: str, pair_id: str, path: Path) -> dict[str, Any]:
    """Read a record or a draft of a row.

    Args:
        text: As the database has it.
        what: `record` or `draft`.
        pair_id: Of the row.
        path: The database.

    Raises:
        StorageError: It is damaged.
    """
    needed = ("id", "alignments", "coverage", "usage") if what == "record" else ("drafted",)
    try:
        found = orjson.loads(text or "")
    except ValueError:
        found = None
    if not isinstance(found, dict) or any(name not in found for name in needed):
        raise damaged(path, what, pair_id)
    return found


def damaged(path: Path, what: str, pair_id: str) -> StorageError:
    """Say that the record or draft of a row is damaged."""
    return StorageError(
        f"{path}: the {what} of {shorten(pair_id)} is damaged; molreflect distill --resume makes it again"
    )


def put_back_damaged(folder: Path) -> int:
    """Put rows back that are said to be further than what is kept of them, and count them.

    Args:
        folder: The run directory, which the caller has locked.
    """
    known = ", ".join(f"'{state}'" for state in _STATES)
    behind = (
        f"(state = 'done' AND NOT {SOUND_RECORD}) OR (state = 'drafted' AND NOT {_SOUND_DRAFT}) "
        f"OR (draft IS NOT NULL AND NOT {_SOUND_DRAFT}) OR state NOT IN ({known})"
    )
    with contextlib.closing(connect_run(folder / "run.sqlite")) as db, db:
        places = db.execute(f"SELECT position, {_SOUND_DRAFT} FROM pairs WHERE {behind}").fetchall()
        for position, drafted in places:
            kept = "state = 'drafted', record = NULL" if drafted else "state = 'pending', record = NULL, draft = NULL"
            db.execute(f"UPDATE pairs SET {kept}, reason = '' WHERE position = ?", (position,))
    return len(places)
