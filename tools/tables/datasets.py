"""Tables of the `datasets` library: by name from the hub, and in folders that its `save_to_disk` wrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.tables.table import Row, Table, record_row

HUB_PREFIX = "hf:"
"""A source that starts with this is the name of a dataset."""
_USUAL_SPLIT = "train"
_ONE_SPLIT, _MANY_SPLITS = "state.json", "dataset_dict.json"


def is_saved(folder: Path) -> bool:
    """Whether `Dataset.save_to_disk` or `DatasetDict.save_to_disk` wrote a folder."""
    return (folder / _ONE_SPLIT).is_file() or (folder / _MANY_SPLITS).is_file()


def open_dataset(source: str) -> Table:
    """Open `hf:NAME[:SPLIT]`; NAME may be a folder too.

    Raises:
        InputError: There is no such dataset, split or library, or it has no rows.
    """
    name, split = source.removeprefix(HUB_PREFIX), None
    head, _, tail = name.rpartition(":")
    if head and "/" not in tail:
        name, split = head, tail
    if not name:
        raise InputError(f"{source!r} names no dataset; pass hf:NAME or hf:NAME:SPLIT")
    if is_saved(Path(name)):
        return open_saved(Path(name), split)
    datasets = _library(source)
    try:
        found = datasets.load_dataset(name, split=split or _USUAL_SPLIT)
    except (OSError, ValueError) as error:
        raise _unloaded(name, split or _USUAL_SPLIT, error) from error
    return _table(found, source, f"the dataset {name!r} (split {split or _USUAL_SPLIT!r})")


def open_saved(folder: Path, split: str | None = None) -> Table:
    """Open a folder that `save_to_disk` wrote.

    Args:
        folder: The folder.
        split: Which of several splits; `train`, or the only one, where none is named.

    Raises:
        InputError: It cannot be loaded, or has no such split.
    """
    datasets = _library(str(folder))
    try:
        found = datasets.load_from_disk(str(folder))
    except (OSError, ValueError) as error:
        raise _unloaded(str(folder), split, error) from error
    notes: tuple[str, ...] = ()
    if isinstance(found, dict):
        if split is None and len(found) > 1:
            notes = (f"{folder} holds the splits {', '.join(found)}; {_USUAL_SPLIT} was taken (hf:FOLDER:SPLIT)",)
        chosen = split or (next(iter(found)) if len(found) == 1 else _USUAL_SPLIT)
        if chosen not in found:
            raise InputError(f"{folder} has no split {chosen!r}; name one of {', '.join(found)} as hf:{folder}:SPLIT")
        found = found[chosen]
    elif split is not None:
        raise InputError(f"{folder} holds one table and no splits; leave out :{split}")
    return _table(found, str(folder), str(folder), notes)


def _library(source: str) -> Any:
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            f"{source} needs the package `datasets`; install it with pip install 'molreflect[train]', or pass a file"
        ) from error
    return datasets


def _unloaded(name: str, split: str | None, error: Exception) -> InputError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    which = f" (split {split!r})" if split else ""
    return InputError(f"the dataset {name!r}{which} cannot be loaded: {reason}; check name, split and network")


def _table(found: Any, where: str, named: str, notes: tuple[str, ...] = ()) -> Table:
    if not len(found):
        raise InputError(f"{named} has no rows; name another split")

    def cut(names: Sequence[str]) -> Iterator[Row]:
        wanted = found.select_columns(list(dict.fromkeys(names)))
        return (record_row(number, record, names) for number, record in enumerate(wanted, start=1))

    return Table(where, tuple(found.column_names), cut, notes)
