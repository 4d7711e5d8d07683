"""Molecules with binary labels, read from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.tables.open import open_table
from molreflect.tools.tables.table import Field, Row, choose_columns, parse_columns

if TYPE_CHECKING:
    from molreflect.tools.tables.table import Table

Labels = npt.NDArray[np.float64]
"""1 for active, 0 for inactive, NaN where nothing is known; shape (molecules, tasks)."""

_SMILES = Field("smiles", ("smiles", "canonical_smiles", "mol", "molecule", "structure"))
_VALUES = {"0": 0.0, "1": 1.0, "0.0": 0.0, "1.0": 1.0, "false": 0.0, "true": 1.0}
_MISSING = frozenset(("", "nan", "na", "none", "null"))


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row whose molecule could not be read."""

    line: int
    smiles: str
    reason: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A molecule of the table."""

    line: int
    """Of the first row that holds it; see `Dataset.unit`."""
    smiles: str
    """As it stands there."""
    canonical: str
    molecule: Molecule


@dataclass(frozen=True, slots=True)
class Dataset:
    """Distinct molecules, and what is known of each task."""

    source: str
    unit: str
    """What `Entry.line` counts: lines of a text file, or rows."""
    tasks: tuple[str, ...]
    entries: tuple[Entry, ...]
    labels: Labels
    rows: int
    """Rows of the table, the unreadable ones among them."""
    bad_rows: tuple[BadRow, ...]
    duplicates: int
    """Rows that repeat the molecule of an earlier row (same canonical SMILES) and were merged into it."""
    conflicts: tuple[int, ...]
    """For each task, molecules whose rows contradict each other; that label is taken as missing."""
    notes: tuple[str, ...]
    """What was guessed about the layout."""


def read_dataset(
    source: str | Path,
    *,
    tasks: Sequence[str] = (),
    columns: str | None = None,
    merge: bool = True,
    unlabelled: bool = False,
) -> Dataset:
    """Read molecules and their binary labels.

    A label is 0 or 1 (also 0.0, 1.0, true, false); an empty cell is a missing one.

    Args:
        source: A table: CSV, TSV, JSON Lines, Parquet ...
        tasks: Columns of labels; every column that holds nothing but labels where none are named.
        columns: Which column holds the molecules, e.g. `smiles=mol`.
        merge: Merge rows of one molecule; False keeps every readable row, for a test file.
        unlabelled: Whether the columns of `tasks` may be missing, as in a test file whose labels are not known.

    Raises:
        InputError: The table cannot be read, has no such column, holds another value in a column of labels, or no
            molecule that can be read.
    """
    table = open_table(source, "the columns smiles and one of labels")
    given = parse_columns(columns, ("smiles",))
    smiles = choose_columns(table, (_SMILES,), given)["smiles"]
    names = tuple(table.columns)
    rows = list(table.rows(names))
    at = names.index(smiles)
    others = [n for n in names if n != smiles]
    chosen = _named_tasks(table, tasks, others, unlabelled) if tasks else _found_tasks(table, rows, names, others)
    entries, labels, bad = _cut(rows, names, at, chosen, table.unit)
    if not entries:
        raise InputError(f"{table.where} holds no molecule that can be read; pass a table with a column of SMILES")
    duplicates, conflicts = 0, (0,) * len(chosen)
    if merge:
        entries, labels, duplicates, conflicts = _merged(entries, labels)
    return Dataset(
        source=str(source),
        unit=table.unit,
        tasks=chosen,
        entries=tuple(entries),
        labels=labels,
        rows=len(rows),
        bad_rows=tuple(bad),
        duplicates=duplicates,
        conflicts=conflicts,
        notes=table.notes,
    )


def _named_tasks(table: Table, tasks: Sequence[str], others: Sequence[str], unlabelled: bool) -> tuple[str, ...]:
    if len(set(tasks)) < len(tasks):
        raise InputError(f"a task is named twice: {', '.join(tasks)}")
    missing = [task for task in tasks if task not in others]
    if missing and not unlabelled:
        raise InputError(
            f"{table.where} has no column {missing[0]!r} of labels; its other columns are "
            f"{shorten(', '.join(others), 160) or 'none'}: name some with --tasks"
        )
    return tuple(tasks)


def _found_tasks(table: Table, rows: Sequence[Row], names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    found = []
    for name in others:
        at = names.index(name)
        cells = {row.fields[at].strip().lower() for row in rows if row.fields is not None} - _MISSING
        if cells and cells <= set(_VALUES):
            found.append(name)
    if not found:
        raise InputError(
            f"{table.where} has no column that holds only 0 and 1; name the columns of labels with --tasks "
            f"(there are {shorten(', '.join(others), 160) or 'no others'})"
        )
    return tuple(found)


def _cut(
    rows: Sequence[Row], names: Sequence[str], at: int, tasks: Sequence[str], unit: str
) -> tuple[list[Entry], Labels, list[BadRow]]:
    places = [names.index(task) if task in names else None for task in tasks]
    entries: list[Entry] = []
    labels: list[list[float]] = []
    bad: list[BadRow] = []
    for row in rows:
        if row.fields is None:
            bad.append(BadRow(row.line, "", row.problem))
            continue
        values = [
            float("nan") if place is None else _label(row.fields[place], task, row.line, unit)
            for place, task in zip(places, tasks, strict=True)
        ]
        text = row.fields[at]
        try:
            molecule = read_molecule(text)
        except InputError as error:
            bad.append(BadRow(row.line, text, str(error)))
            continue
        entries.append(Entry(row.line, text, Chem.MolToSmiles(molecule.mol), molecule))
        labels.append(values)
    return entries, np.array(labels, dtype=np.float64).reshape(len(entries), len(tasks)), bad


def _label(cell: str, task: str, line: int, unit: str) -> float:
    text = cell.strip().lower()
    if text in _MISSING:
        return float("nan")
    if (value := _VALUES.get(text)) is None:
        raise InputError(f"{unit} {line} has {shorten(cell)} as its {task}; a label is 0 or 1, or empty if unknown")
    return value


def _merged(entries: Sequence[Entry], labels: Labels) -> tuple[list[Entry], Labels, int, tuple[int, ...]]:
    """Merge rows of one molecule: a label that one of them has counts, contradicting ones are taken as missing."""
    rows: dict[str, list[int]] = {}
    for number, entry in enumerate(entries):
        rows.setdefault(entry.canonical, []).append(number)
    kept = [entries[numbers[0]] for numbers in rows.values()]
    merged = np.full((len(kept), labels.shape[1]), np.nan)
    conflicts = [0] * labels.shape[1]
    for place, numbers in enumerate(rows.values()):
        for task in range(labels.shape[1]):
            known = {labels[n, task] for n in numbers if not np.isnan(labels[n, task])}
            if len(known) == 1:
                merged[place, task] = known.pop()
            conflicts[task] += len(known) > 1
    return kept, merged, len(entries) - len(kept), tuple(conflicts)
