"""A run that differs from another one in known ways."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def alter(source: Path, folder: Path) -> None:
    """Copy a run with one verdict turned, one caption changed, one row failed and one setting of another value."""
    folder.mkdir()
    shutil.copy(source / "run.sqlite", folder)
    settings = (source / "run.yaml").read_text(encoding="utf-8")
    (folder / "run.yaml").write_text(settings.replace("  neighbours: 2\n", "  neighbours: 5\n"), encoding="utf-8")
    with closing(sqlite3.connect(folder / "run.sqlite")) as db, db:
        (text,) = db.execute("SELECT record FROM pairs WHERE position = 0").fetchone()
        record = json.loads(text)
        record["alignments"][0] |= {"verdict": "refuted", "reason": "absent"}
        db.execute("UPDATE pairs SET record = ? WHERE position = 0", (json.dumps(record),))
        db.execute("UPDATE pairs SET caption = caption || ' It is new.' WHERE position = 1")
        db.execute("UPDATE pairs SET state = 'failed', reason = 'the server went away' WHERE position = 2")
