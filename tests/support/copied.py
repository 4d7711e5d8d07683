"""Copies of folders whose databases the process of the tests may hold open."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path


def copied_folder(source: Path, to: Path, *leave_out: str) -> Path:
    """Copy a folder, its databases through SQLite.

    A plain copy opens and closes each file, and closing one descriptor of a file gives up all the locks that this
    process holds on it: the next process then takes an open database for free and removes its log.

    Args:
        source: The folder.
        to: The copy; it is made.
        leave_out: Patterns of names that are not copied.
    """
    shutil.copytree(source, to, ignore=shutil.ignore_patterns("*.sqlite*", *leave_out))
    for path in source.rglob("*.sqlite"):
        if not any(path.match(pattern) for pattern in leave_out):
            copy = to / path.relative_to(source)
            with closing(sqlite3.connect(path)) as given, closing(sqlite3.connect(copy)) as taken:
                given.backup(taken)
    return to
