"""Whether a run has moved, by its files alone: nothing is opened."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[tuple[int, int], ...]


def stamp_of(folder: Path, *names: str) -> Stamp:
    """Take what changes when databases are written to: the times and sizes of the files and of their logs.

    A log without a page in it counts as none: it comes and goes as readers open and close the database.

    Args:
        folder: The run directory.
        names: Of databases in it, e.g. `run.sqlite`.
    """
    found = []
    for name in names:
        for path in (folder / name, folder / f"{name}-wal"):
            try:
                known = path.stat()
            except FileNotFoundError:
                found.append((0, 0))
            else:
                found.append((known.st_mtime_ns, known.st_size) if known.st_size else (0, 0))
    return tuple(found)
