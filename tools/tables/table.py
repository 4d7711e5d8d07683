"""What a table is: its columns, its rows, and how a reader's own column names are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.tools.errors import InputError, shorten


@dataclass(frozen=True, slots=True)
class Row:
    """A row cut into the fields that were asked for, or the reason why it could not be."""

    line: int
    """1-based line of a text file, or 1-based row of a table without lines."""
    text: str
    """The row as it stands there."""
    fields: tuple[str, ...] | None = None
    """In the order of the columns that were asked for; None where there is a problem."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was opened: its columns are known, its rows are still to be gone through."""

    where: str
    """What messages call it."""
    columns: tuple[str, ...]
    """Names as the source spells them."""
    cut: Callable[[Sequence[str]], Iterator[Row]]
    """Goes through the rows once, and cuts the named columns out of each."""
    notes: tuple[str, ...] = ()
    """What was guessed about the layout, a sentence each, for a person to see."""
    unit: str = "row"
    """What `Row.line` counts: `line` of a text file, or `row` of a table without lines."""

    def rows(self, names: Sequence[str]) -> Iterator[Row]:
        """Go through the rows, with the fields of the named columns."""
        return self.cut(names)


@dataclass(frozen=True, slots=True)
class Field:
    """What a reader looks for in a table."""

    name: str
    """What `--columns` and messages call it."""
    accepted: tuple[str, ...]
    """Column names it may have, case ignored; of several in one table, the first of these counts."""
    required: bool = True


def parse_columns(text: str | Mapping[str, str] | None, fields: Sequence[str]) -> dict[str, str]:
    """Read which column holds what, e.g. `id=mol_id,smiles=canonical,caption=text`.

    Args:
        text: As above, or a mapping of the same; None and nothing name no column.
        fields: Names that may stand before the equals sign.

    Raises:
        InputError: A part has no equals sign, names another field, or a field is named twice or left empty.
    """
    example = ",".join(f"{name}=COLUMN" for name in fields)
    if text is None or isinstance(text, Mapping):
        parts = list((text or {}).items())
    else:
        cut = [part.partition("=") for part in text.split(",") if part.strip()]
        if missing := [name for name, equals, _ in cut if not equals]:
            raise InputError(f"--columns says {shorten(missing[0].strip())} without '='; write {example}")
        parts = [(name, column) for name, _, column in cut]
    found: dict[str, str] = {}
    for given, column in parts:
        name = given.strip().lower()
        if name not in fields:
            raise InputError(
                f"--columns knows no {shorten(name)}; it tells the columns of {', '.join(fields)}: {example}"
            )
        if name in found:
            raise InputError(f"--columns names two columns for {name}: {found[name]!r} and {column.strip()!r}")
        if not column.strip():
            raise InputError(f"--columns names no column for {name}; write {example}")
        found[name] = column.strip()
    return found


def choose_columns(table: Table, fields: Sequence[Field], given: Mapping[str, str]) -> dict[str, str]:
    """Find the columns of the fields, as the table spells them; a field that need not be there may be missing.

    Args:
        table: An opened table.
        fields: What is looked for.
        given: Columns by field, from `parse_columns`; they win over the accepted names.

    Raises:
        InputError: A column that was named, or one that must be there, is missing.
    """
    lowered: dict[str, str] = {}
    for name in table.columns:
        lowered.setdefault(name.strip().lower(), name)
    found: dict[str, str] = {}
    for field in fields:
        if field.name in given:
            wanted = given[field.name]
            column = wanted if wanted in table.columns else lowered.get(wanted.lower())
            if column is None:
                raise InputError(
                    f"{table.where} has no column {wanted!r} for the {field.name}; its columns are {_listed(table)}"
                )
            found[field.name] = column
            continue
        column = next((lowered[name] for name in field.accepted if name in lowered), None)
        if column is not None:
            found[field.name] = column
        elif field.required:
            raise InputError(
                f"{table.where} has the columns {_listed(table)}; expected {expected(fields)}: "
                f"name them in the first line, or say which is which with --columns {field.name}=COLUMN"
            )
    return found


def expected(fields: Sequence[Field]) -> str:
    """Say which columns are looked for, e.g. `a SMILES (smiles) and a caption (caption or description) column`."""
    told = [f"{field.name} ({' or '.join(field.accepted[:2])})" for field in fields if field.required]
    optional = [f"{field.name} ({' or '.join(field.accepted[:2])})" for field in fields if not field.required]
    text = "the columns " + (" and ".join((", ".join(told[:-1]), told[-1])) if len(told) > 1 else told[0])
    return text + (f", and perhaps {', '.join(optional)}" if optional else "")


def _listed(table: Table) -> str:
    return shorten(", ".join(table.columns), 160)


def record_row(number: int, record: Mapping[str, Any], names: Sequence[str], text: str = "") -> Row:
    """Cut a row out of a record whose fields have types; a missing value counts as an empty text."""
    shown = text or json.dumps(record, default=str, ensure_ascii=False)
    missing = [name for name in names if name not in record]
    if missing:
        return Row(number, shown, problem=f"lacks the field {', '.join(missing)}")
    return Row(number, shown, tuple(as_text(record[name]) for name in names))


def as_text(value: Any) -> str:
    """Write a value of a table as text; None and NaN, which tables use for a missing text, are empty."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # whole ids that went through a table with gaps
    return str(value)


def keys_of(records: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Name the columns of records: those of the first one, in its order."""
    return tuple(str(name) for name in next(iter(records), {}))
