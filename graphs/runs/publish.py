"""What of a run is uploaded to a hub: its data and a card, nothing that speaks of the machine it was made on."""

from __future__ import annotations

import importlib.util
import json
from contextlib import closing
from pathlib import Path

from molreflect.graphs.runs.card import LINES_FILE, TABLE_FILE, UNKNOWN_LICENCE, dataset_card
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import InputError
from molreflect.tools.hub import Upload, files_of

DATA_FILES = (TABLE_FILE, LINES_FILE)
"""Settings with addresses and paths, failed rows with raw answers, traces and the report stay here."""


def run_upload(folder: Path, name: str, *, licence: str | None = None, private: bool = True) -> Upload:
    """Put together what is uploaded of a run.

    Args:
        folder: The run directory.
        name: Of the dataset on the hub.
        licence: Of the captions, as the hub spells it.
        private: Whether only its owner may see it.

    Raises:
        InputError: It is no run, or its exported files are missing or older than its rows.
    """
    remedy = f"`molreflect export {folder}`"
    with closing(RunStore.open(folder)) as store:
        counts = store.counts()
    # Where nothing here can write the table, the lines go alone.
    tabled = (folder / TABLE_FILE).is_file() or importlib.util.find_spec("pyarrow") is not None
    files = files_of(folder, ("summary.json", *(DATA_FILES if tabled else (LINES_FILE,))), made_by=remedy)
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    del files["summary.json"]
    if summary["rows"] != counts:
        raise InputError(f"{folder} went on after its files were exported; make them again with {remedy}")
    card = dataset_card(summary, licence=licence or UNKNOWN_LICENCE, data_file=TABLE_FILE if tabled else LINES_FILE)
    message = f"Alignments of {counts.get('done', 0)} pairs, by molreflect {summary['run']['molreflect']}"
    return Upload(name, "dataset", {"README.md": card.encode()} | files, message, private)
