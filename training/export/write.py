"""Files of rows: whole or not at all, and none where there is no row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from molreflect.tools.storage import atomic_path


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write rows as JSON Lines; an empty file would be refused by whoever reads it, so none is made.

    Args:
        path: The file; one that is there is replaced.
        rows: Taken one by one.
    """
    left = iter(rows)
    first = next(left, None)
    if first is None:
        return
    with atomic_path(path) as part, part.open("w", encoding="utf-8") as lines:
        for row in chain([first], left):
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
