"""One door to every table."""

from __future__ import annotations

from pathlib import Path

from molreflect.tools.errors import InputError
from molreflect.tools.tables.datasets import HUB_PREFIX, is_saved, open_dataset, open_saved
from molreflect.tools.tables.files import ENDINGS, open_file
from molreflect.tools.tables.table import Table


def open_table(source: str | Path, holds: str = "named columns") -> Table:
    """Open a table; nothing is read of it yet but its layout and columns, where that can be helped.

    Args:
        source: A file (`.tsv`, `.txt`, `.csv`, `.json`, `.jsonl`, `.ndjson`, `.parquet`, each also `.gz`), a folder
            that `datasets`' `save_to_disk` wrote, or `hf:NAME[:SPLIT]`.
        holds: What it must hold, for messages.

    Raises:
        InputError: It cannot be opened; the message says why and what to pass.
    """
    text = str(source)
    if text.startswith(HUB_PREFIX):
        return open_dataset(text)
    path = Path(source)
    if not path.is_dir():
        return open_file(path, holds)
    if is_saved(path):
        return open_saved(path)
    if (path / "alignments.jsonl").is_file():
        raise InputError(f"{path} is a run directory; its pairs are in {path / 'alignments.jsonl'}: pass that file")
    raise InputError(f"{path} is a folder that save_to_disk did not write; pass a file ({ENDINGS}) or hf:NAME")
