"""Prediction files in MolT5's evaluation layout, so that other groups' scripts read ours and ours read theirs.

Tab-separated, one row a prediction, no quoting, UTF-8, a header line: `description`, `ground truth`, `output` for
cap2mol and `SMILES`, `ground truth`, `output` for mol2cap. Columns are found by name, as MolT5's `csv.DictReader`
finds them, so their order is free and further columns are ignored.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.terms import Direction

SOURCE_COLUMN = {Direction.CAP2MOL: "description", Direction.MOL2CAP: "SMILES"}
TRUTH_COLUMN = "ground truth"
OUTPUT_COLUMN = "output"
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

    @property
    def ragged_counts(self) -> dict[str, int]:
        """How many rows have which problem, most frequent first; empty for a clean file."""
        return {str(problem): n for problem, n in Counter(row.problem for row in self.ragged).most_common()}


def read_predictions(path: str | Path, direction: str | Direction | None = None) -> Predictions:
    """Read a prediction file of MolT5's layout.

    Lines end in `\\n`, `\\r\\n` or `\\r`. Blank lines are skipped; a row with other fields than the header's is counted
    in `ragged`, see `Ragged` for which of them are scored. Nothing is interpreted: `nan`, `None` and quotes are text.

    Args:
        path: The file.
        direction: `mol2cap` or `cap2mol`; left out, the header says it.

    Raises:
        InputError: no such file, another header, a header that contradicts `direction`, or no row to score.

    Source: `evaluation/*_metrics.py` of github.com/blender-nlp/MolT5 (`csv.DictReader`, tab, `QUOTE_NONE`).
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read the prediction file {str(path)!r}: {error.strerror or error}") from error
    if not data.strip():
        raise InputError(f"{path} is empty; a prediction file has a header line and one row a prediction")
    lines = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    header_at = next(i for i, line in enumerate(lines) if line.strip())
    columns, found = _read_header(path, lines[header_at], direction)
    needed = max(columns)
    width = lines[header_at].count(b"\t") + 1
    source_at, truth_at, output_at = columns
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


def _read_header(path: Path, line: bytes, wanted: str | Direction | None) -> tuple[tuple[int, int, int], Direction]:
    """Return the places of source, truth and output (0-based), and the direction that the header states."""
    names = [name.strip().lower() for name in line.decode("utf-8", errors="replace").split("\t")]
    expected = "'description', 'ground truth', 'output' (cap2mol) or 'SMILES', 'ground truth', 'output' (mol2cap)"
    sources = [(i, _ALIASES[name]) for i, name in enumerate(names) if name in _ALIASES]
    if len(sources) != 1 or names.count(TRUTH_COLUMN) != 1 or names.count(OUTPUT_COLUMN) != 1:
        raise InputError(
            f"{path}: the header is {shorten(line.decode('utf-8', errors='replace'))}; "
            f"expected the tab-separated columns {expected}"
        )
    place, found = sources[0]
    if wanted is not None and found != parse_direction(wanted):
        raise InputError(f"{path} holds {found} predictions by its header, but {wanted} was asked for")
    return (place, names.index(TRUTH_COLUMN), names.index(OUTPUT_COLUMN)), found


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
