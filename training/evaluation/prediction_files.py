"""Prediction files in MolT5's evaluation layout, so that other groups' scripts read ours and ours read theirs.

Tab-separated, one row a prediction, no quoting, UTF-8, a header line: `description`, `ground truth`, `output` for
cap2mol and `SMILES`, `ground truth`, `output` for mol2cap. Columns are found by name, as MolT5's `csv.DictReader`
finds them, so their order is free and further columns are ignored. CSV, JSON, JSON Lines and Parquet are read too.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from molreflect.tools.corpus import FIELDS as PAIR_FIELDS
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.tables.open import open_table
from molreflect.tools.tables.table import Field, Table, choose_columns, parse_columns
from molreflect.tools.terms import Direction

SOURCE_COLUMN = {Direction.CAP2MOL: "description", Direction.MOL2CAP: "SMILES"}
TRUTH_COLUMN = "ground truth"
OUTPUT_COLUMN = "output"
FIELDS = ("input", "truth", "output")
"""What `--columns` calls the columns of predictions."""
_TRUTHS = (TRUTH_COLUMN, "ground_truth", "truth", "reference")
_OUTPUTS = (OUTPUT_COLUMN, "prediction")
_TABLES = (".csv", ".json", ".jsonl", ".ndjson", ".parquet", ".gz")
SPOILT = 0.9
"""Share of answers or ground truths that are no such thing, from which on scores say nothing of a system."""
_MISSING = frozenset(("", "nan", "none", "null", "na", "n/a", "<na>"))
_ALIASES = {"description": Direction.CAP2MOL, "caption": Direction.CAP2MOL, "smiles": Direction.MOL2CAP}


class Ragged(StrEnum):
    """What is wrong with a row whose number of fields is not that of the header."""

    TOO_FEW_FIELDS = "too_few_fields"
    """Input or ground truth is missing: the row cannot be scored and is set aside."""
    MISSING_OUTPUT = "missing_output"
    """Only the answer is missing (editors that strip blanks at line ends do this): scored as an empty answer."""
    TOO_MANY_FIELDS = "too_many_fields"
    """A tab inside a field: scored with the header's columns, the rest is dropped, as MolT5's scripts do."""
    NOT_UTF8 = "not_utf8"
    """The line's bytes are no UTF-8 text: the row is set aside."""
    UNREADABLE = "unreadable"
    """The row is no CSV or JSON, or lacks a field: it is set aside."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """One row: what the model was given, what was right, what it answered."""

    source: str
    truth: str
    output: str
    line: int
    """1-based line number in the file; the header is line 1."""


@dataclass(frozen=True, slots=True)
class RaggedRow:
    """A row that does not have the fields of the header."""

    line: int
    """1-based line number in the file."""
    problem: Ragged


@dataclass(frozen=True, slots=True)
class Predictions:
    """A prediction file as read."""

    path: str
    direction: Direction
    rows: tuple[Prediction, ...]
    ragged: tuple[RaggedRow, ...]
    sha256: str
    """Of the file's bytes."""
    notes: tuple[str, ...] = ()
    """What was guessed of the file's layout, a sentence each."""

    @property
    def ragged_counts(self) -> dict[str, int]:
        """How many rows have which problem, most frequent first; empty for a clean file."""
        return {str(problem): n for problem, n in Counter(row.problem for row in self.ragged).most_common()}


def read_predictions(
    path: str | Path,
    direction: str | Direction | None = None,
    columns: str | Mapping[str, str] | None = None,
) -> Predictions:
    """Read a prediction file of MolT5's layout, or a table (`.csv`, `.json`, `.jsonl`, `.parquet`, `.gz`) like it.

    Lines end in `\\n`, `\\r\\n` or `\\r`. Blank lines are skipped; a row with other fields than the header's is counted
    in `ragged`, see `Ragged` for which of them are scored. Nothing is interpreted: `nan`, `None` and quotes are text.

    Args:
        path: The file.
        direction: `mol2cap` or `cap2mol`; left out, the header says it.
        columns: Which column holds what where the names are others: `input=prompt,truth=target,output=answer`, or a
            mapping of the same. An input under a name of its own does not say the direction.

    Raises:
        InputError: no such file, another header, a header that contradicts `direction`, or no row to score.

    Source: `evaluation/*_metrics.py` of github.com/blender-nlp/MolT5 (`csv.DictReader`, tab, `QUOTE_NONE`).
    """
    path = Path(path)
    given = parse_columns(columns, FIELDS)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the prediction file {str(path)!r}: {error.strerror or error}") from error
    if not data.strip():
        raise InputError(f"{path} is empty; a prediction file has a header line and one row a prediction")
    header = data.lstrip().partition(b"\n")[0]
    no_tabs = path.suffix.lower() in (".txt", ".tsv") and b"\t" not in header and re.search(rb"[,;|]", header)
    if path.suffix.lower() in _TABLES or no_tabs:
        return _read_table(path, hashlib.sha256(data).hexdigest(), direction, given)
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    header_at = next(i for i, line in enumerate(lines) if line.strip())
    places, found = _read_header(path, lines[header_at], direction, given)
    needed = max(places)
    width = lines[header_at].count(b"\t") + 1
    source_at, truth_at, output_at = places
    rows: list[Prediction] = []
    ragged: list[RaggedRow] = []
    for number, line in enumerate(lines[header_at + 1 :], start=header_at + 2):
        if not line:
            continue
        try:
            fields = line.decode("utf-8").split("\t")
        except UnicodeDecodeError:
            ragged.append(RaggedRow(number, Ragged.NOT_UTF8))
            continue
        if len(fields) > width:
            ragged.append(RaggedRow(number, Ragged.TOO_MANY_FIELDS))
        elif len(fields) <= needed:
            if output_at == needed == len(fields):
                ragged.append(RaggedRow(number, Ragged.MISSING_OUTPUT))
                fields.append("")
            else:
                ragged.append(RaggedRow(number, Ragged.TOO_FEW_FIELDS))
                continue
        rows.append(Prediction(fields[source_at], fields[truth_at], fields[output_at], number))
    if not rows:
        raise InputError(f"{path} has a header but no row that can be scored ({len(ragged)} ragged rows)")
    return Predictions(str(path), found, tuple(rows), tuple(ragged), hashlib.sha256(data).hexdigest())


def _read_header(
    path: Path, line: bytes, wanted: str | Direction | None, given: Mapping[str, str]
) -> tuple[tuple[int, int, int], Direction]:
    """Return the places of source, truth and output (0-based), and the direction that the header states."""
    header = [name.strip() for name in line.decode("utf-8", errors="replace").split("\t")]
    table = Table(str(path), tuple(header), lambda _: iter(()))
    chosen, found = _columns_of(table, wanted, given)
    return (header.index(chosen["input"]), header.index(chosen["truth"]), header.index(chosen["output"])), found


def _columns_of(
    table: Table, wanted: str | Direction | None, given: Mapping[str, str]
) -> tuple[dict[str, str], Direction]:
    """Find the columns of input, truth and answer, and the direction that the input's name states.

    Raises:
        InputError: One is missing or stands there twice, or the input is of another direction than the one wanted.
    """
    names = [name.strip().lower() for name in table.columns]
    fields = (Field("input", tuple(_ALIASES)), Field("truth", _TRUTHS), Field("output", _OUTPUTS))
    known = {field.name: [name for name in names if name in field.accepted] for field in fields}
    missing = any(not known[name] and name not in given for name in known)
    twice = any(names.count(name) > 1 for name in (*known["input"], TRUTH_COLUMN, OUTPUT_COLUMN))
    if missing or twice or (len(known["input"]) > 1 and "input" not in given):
        if {"chosen", "candidates"} <= set(names):
            where = Path(table.where).with_suffix(".tsv").name
            raise InputError(f"{table.where} holds the candidates that `molreflect predict` keeps; pass {where}")
        raise InputError(
            f"{table.where}: the header is {shorten(', '.join(table.columns))}; expected the columns 'description', "
            "'ground truth', 'output' (cap2mol) or 'SMILES', 'ground truth', 'output' (mol2cap), tab-separated in a "
            ".tsv, or --columns input=COLUMN,truth=COLUMN,output=COLUMN"
        )
    chosen = choose_columns(table, fields, given)
    stated = _ALIASES.get(chosen["input"].strip().lower())
    if wanted is None and stated is None:
        raise InputError(f"the column {chosen['input']!r} does not say which way was predicted; name the direction")
    asked = stated if wanted is None else parse_direction(wanted)
    if stated is not None and stated != asked:
        raise InputError(f"{table.where} holds {stated} predictions by its header, but {wanted} was asked for")
    assert asked is not None  # one of the two is there
    return chosen, asked


def _read_table(path: Path, sha256: str, direction: str | Direction | None, given: Mapping[str, str]) -> Predictions:
    """Read predictions of any other layout; a missing answer is an empty one."""
    table = open_table(path, "the columns of predictions")
    chosen, found = _columns_of(table, direction, given)
    rows: list[Prediction] = []
    ragged: list[RaggedRow] = []
    for row in table.rows([chosen[name] for name in FIELDS]):
        if row.fields is None:
            ragged.append(RaggedRow(row.line, Ragged.UNREADABLE))
        else:
            source, truth, output = row.fields
            rows.append(Prediction(source, truth, output, row.line))
    if not rows:
        raise InputError(f"{path} has columns but no row that can be scored ({len(ragged)} unreadable rows)")
    return Predictions(str(path), found, tuple(rows), tuple(ragged), sha256, table.notes)


def placeholders_told(predictions: Predictions) -> str:
    """Say it where nearly all answers, or all ground truths, are what tables write for a missing text; else nothing.

    Such a file can be scored, but the scores say nothing of the system.
    """
    for side, of in (("output", "answer"), ("truth", "ground truth")):
        texts = [getattr(row, side).strip() for row in predictions.rows]
        missing = Counter(text for text in texts if text.lower() in _MISSING)
        if sum(missing.values()) >= SPOILT * len(texts):
            told = ", ".join(f"{count} {text or 'empty'}" for text, count in missing.most_common())
            return f"{predictions.path}: of {counted(len(texts), of)}, {told}; see that the file was written whole"
    return ""


def split_columns(columns: str | Mapping[str, str] | None) -> tuple[dict[str, str], dict[str, str]]:
    """Tell the columns of predictions from those of training pairs, e.g. in `output=answer,smiles=canonical`.

    Raises:
        InputError: Something is told of another field.
    """
    of_pairs = tuple(field.name for field in PAIR_FIELDS)
    given = parse_columns(columns, (*FIELDS, *of_pairs))
    mine = {name: column for name, column in given.items() if name in FIELDS}
    return mine, {name: column for name, column in given.items() if name in of_pairs}


def parse_direction(text: str | Direction) -> Direction:
    """Read `mol2cap` or `cap2mol`.

    Raises:
        InputError: `text` is neither.
    """
    try:
        return Direction(text)
    except ValueError:
        raise InputError(f"{shorten(str(text))} is no direction; pass 'mol2cap' or 'cap2mol'") from None


def write_predictions(path: str | Path, direction: str | Direction, rows: Iterable[tuple[str, str, str]]) -> int:
    """Write `(source, truth, output)` rows in MolT5's layout.

    The layout has no quoting, so a tab or line break inside a field is written as a blank.

    Returns:
        How many rows had to be changed for that.
    """
    direction = parse_direction(direction)
    lines, changed = [f"{SOURCE_COLUMN[direction]}\t{TRUTH_COLUMN}\t{OUTPUT_COLUMN}"], 0
    for row in rows:
        fields = tuple(_on_one_line(field) for field in row)
        changed += fields != tuple(row)
        lines.append("\t".join(fields))
    atomic_write_text(Path(path), "\n".join(lines) + "\n")
    return changed


def _on_one_line(text: str) -> str:
    return text.translate({ord("\t"): " ", ord("\n"): " ", ord("\r"): " "})
