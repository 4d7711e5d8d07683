"""Reading molecule-caption pairs: one reader for every layout the field uses, bad rows reported and counted."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rdkit import rdBase

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.storage import cached_array

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

HUB_PREFIX = "hf:"
"""A source that starts with this is the name of a Hugging Face dataset."""

ID_COLUMNS = ("id", "cid", "pair_id", "chebi_id", "pubchem_cid")
SMILES_COLUMNS = ("smiles", "canonical_smiles", "molecule")
CAPTION_COLUMNS = ("caption", "description", "text")
"""Accepted column names, case ignored; where a file has several of a list, the first in the list counts."""

FORMATS: Mapping[str, str] = {
    ".txt": "tsv",
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
"""File name ending to layout."""

_EXPECTED = (
    f"an id ({' or '.join(ID_COLUMNS[:2])}), a SMILES ({SMILES_COLUMNS[0]}) "
    f"and a caption ({' or '.join(CAPTION_COLUMNS[:2])}) column"
)
BLOCKS_VERSION = "2"
"""Version of what `Molecule.block` says; part of the key of kept blocks."""
_EXCERPT = 200  # characters of a bad row that are kept for its report


@dataclass(frozen=True, slots=True)
class Pair:
    """One molecule with its caption."""

    id: str
    """Unique in its corpus."""
    smiles: str
    """With doubled backslashes mended; atom indices refer to this text."""
    caption: str
    """Exactly as in the source, since offsets of phrases refer to it."""
    smiles_text: str
    """The SMILES as the source has it."""
    line: int
    """1-based line of a text file, or 1-based row of a table without lines."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """One row that could not be used."""

    line: int
    """1-based, counted as in `Pair.line`."""
    reason: str
    text: str
    """The row, shortened to some 200 characters."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The pairs of one source in its order, and what had to be left out."""

    pairs: tuple[Pair, ...]
    bad_rows: tuple[BadRow, ...]
    fingerprint: str
    """SHA-256 (64 hex digits) over id, SMILES and caption of every pair in order."""
    source: str

    def __len__(self) -> int:
        """Number of usable pairs."""
        return len(self.pairs)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row cut into its three fields, or the reason why it could not be."""

    line: int
    text: str
    fields: tuple[str, str, str] | None = None
    problem: str = ""


def read_corpus(source: str | Path, *, limit: int | None = None) -> Corpus:
    """Read molecule-caption pairs; rows that cannot be used are reported in the result and the rest go on.

    Args:
        source: A file, its layout told by its ending: `.tsv` or `.txt` (MolT5's layout: header
            `CID SMILES description`, tab-separated, no quoting), `.csv` (named columns), `.jsonl`, `.parquet`;
            or `hf:NAME[:SPLIT]` for a Hugging Face dataset (split `train` unless given).
        limit: Stop after this many usable pairs.

    Returns:
        The corpus in source order. `pairs` is empty where every row was bad.

    Raises:
        InputError: There is no such source, it is empty, has the wrong columns or is not UTF-8 text, or
            `limit` is below 1.
    """
    if limit is not None and limit < 1:
        raise InputError(f"a limit of {limit} rows leaves nothing to read; pass 1 or more, or no limit")
    text = str(source)
    rows = _hub_rows(text) if text.startswith(HUB_PREFIX) else _file_rows(Path(source))
    pairs: list[Pair] = []
    bad: list[BadRow] = []
    seen: dict[str, int] = {}
    for row in rows:
        if row.fields is None:
            bad.append(BadRow(row.line, row.problem, _excerpt(row.text)))
            continue
        pair = _check(row.line, row.fields, seen)
        if isinstance(pair, str):
            bad.append(BadRow(row.line, pair, _excerpt(row.text)))
            continue
        seen[pair.id] = row.line
        pairs.append(pair)
        if limit is not None and len(pairs) == limit:
            break
    if not pairs and not bad:
        raise InputError(f"{text} has column names but no rows; pass a corpus with at least one pair")
    return Corpus(tuple(pairs), tuple(bad), fingerprint(pairs), text)


def fingerprint(pairs: Iterable[Pair]) -> str:
    """SHA-256 (64 hex digits) over id, SMILES and caption of every pair, in order.

    Every field is preceded by its length in bytes, so that moving text from one field to the next changes it.
    """
    digest = hashlib.sha256()
    for pair in pairs:
        for field in (pair.id, pair.smiles, pair.caption):
            data = field.encode("utf-8", "surrogatepass")
            digest.update(f"{len(data)}:".encode())
            digest.update(data)
    return digest.hexdigest()


def _check(line: int, fields: tuple[str, str, str], seen: Mapping[str, int]) -> Pair | str:
    """The pair of one row, or the reason why it cannot be used."""
    pair_id, smiles_text, caption = fields[0].strip(), fields[1], fields[2]
    if not pair_id:
        return "the id is empty"
    if pair_id in seen:
        return f"the id {shorten(pair_id)} was used before, on line {seen[pair_id]}"
    if not caption.strip():
        return "the caption is empty"
    try:
        molecule = read_molecule(smiles_text)
    except InputError as error:
        return str(error)
    return Pair(pair_id, molecule.smiles, caption, smiles_text, line)


def _file_rows(path: Path) -> Iterator[_Row]:
    """Rows of a local file, by the layout its ending names."""
    if path.is_dir():
        raise InputError(f"{path} is a folder; pass a corpus file ({', '.join(FORMATS)}) or hf:NAME")
    layout = FORMATS.get(path.suffix.lower())
    if not path.exists():
        raise InputError(f"there is no file {path}; pass an existing corpus file or hf:NAME")
    if layout is None:
        raise InputError(
            f"{path} ends in {path.suffix!r}; a corpus file ends in one of {', '.join(FORMATS)}: rename or convert it"
        )
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty; pass a file with {_EXPECTED}")
    if layout == "parquet":
        return _parquet_rows(path)
    text = _decode(path)
    if not text.strip():
        raise InputError(f"{path} holds blank lines only; pass a file with {_EXPECTED}")
    if layout == "tsv":
        return _tsv_rows(text, path)
    return _csv_rows(text, path) if layout == "csv" else _jsonl_rows(text, path)


def _decode(path: Path) -> str:
    """The file as text without a byte order mark and with `\\n` line ends only."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}); check its permissions") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path} is not UTF-8: line {line} holds byte 0x{data[error.start]:02x}; save the file as UTF-8"
        ) from error
    return text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")


def _columns(names: Iterable[Any], where: object) -> tuple[str, str, str]:
    """The names of the id, SMILES and caption columns as the source spells them."""
    given = [str(name) for name in names]
    lowered: dict[str, str] = {}
    for name in given:
        lowered.setdefault(name.strip().lower(), name)
    found = [
        next((lowered[wanted] for wanted in accepted if wanted in lowered), None)
        for accepted in (ID_COLUMNS, SMILES_COLUMNS, CAPTION_COLUMNS)
    ]
    if found[0] is None or found[1] is None or found[2] is None:
        raise InputError(
            f"{where} has the columns {shorten(', '.join(given), 120)}; expected {_EXPECTED}: "
            "name them in the first line"
        )
    return found[0], found[1], found[2]


def _tsv_rows(text: str, path: Path) -> Iterator[_Row]:
    # Captions may hold \x0b or \u2028, at which str.splitlines would cut, and quotes that mean nothing.
    lines = text.rstrip("\n").split("\n")
    header = lines[0].split("\t")
    places = tuple(header.index(name) for name in _columns(header, path))

    def rows() -> Iterator[_Row]:
        for number, line in enumerate(lines[1:], start=2):
            fields = line.split("\t")
            if len(fields) != len(header):
                yield _Row(number, line, problem=f"has {len(fields)} tab-separated fields, expected {len(header)}")
            else:
                yield _Row(number, line, (fields[places[0]], fields[places[1]], fields[places[2]]))

    return rows()


def _csv_rows(text: str, path: Path) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    csv.field_size_limit(10_000_000)
    try:
        header = next(reader)
    except (csv.Error, StopIteration) as error:
        raise InputError(f"the first line of {path} is not CSV ({error}); pass a file with {_EXPECTED}") from error
    places = tuple(header.index(name) for name in _columns(header, path))

    def rows() -> Iterator[_Row]:
        while True:
            start = reader.line_num + 1  # a quoted caption may run over several lines
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield _Row(start, "", problem=f"is not CSV: {error}")
                continue
            if not fields:
                continue
            row = ",".join(fields)
            if len(fields) != len(header):
                yield _Row(start, row, problem=f"has {len(fields)} comma-separated fields, expected {len(header)}")
            else:
                yield _Row(start, row, (fields[places[0]], fields[places[1]], fields[places[2]]))

    return rows()


def _jsonl_rows(text: str, path: Path) -> Iterator[_Row]:
    lines = text.rstrip("\n").split("\n")
    first: Any = None
    for line in lines:  # the first readable object tells the columns
        try:
            first = json.loads(line)
        except json.JSONDecodeError:
            continue
        if isinstance(first, dict):
            break
    if not isinstance(first, dict):
        raise InputError(f"{path} holds no JSON object; pass one object a line with {_EXPECTED}")
    columns = _columns(first, path)

    def rows() -> Iterator[_Row]:
        for number, line in enumerate(lines, start=1):
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                yield _Row(number, line, problem=f"is not JSON: {error.msg}")
                continue
            if not isinstance(record, dict):
                yield _Row(number, line, problem=f"is a JSON {type(record).__name__}, expected an object")
                continue
            yield _record_row(number, record, columns, line)

    return rows()


def _parquet_rows(path: Path) -> Iterator[_Row]:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        file = parquet.ParquetFile(path)
    except (pyarrow.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} is not a Parquet file ({reason}); write it again or pass a TSV") from error
    columns = _columns(file.schema_arrow.names, path)

    def records() -> Iterator[dict[str, Any]]:
        for batch in file.iter_batches(batch_size=4096, columns=list(dict.fromkeys(columns))):
            yield from batch.to_pylist()

    return (_record_row(number, record, columns) for number, record in enumerate(records(), start=1))


def _hub_rows(source: str) -> Iterator[_Row]:
    name, split = source.removeprefix(HUB_PREFIX), "train"
    head, _, tail = name.rpartition(":")
    if head and "/" not in tail:
        name, split = head, tail
    if not name:
        raise InputError(f"{source!r} names no dataset; pass hf:NAME or hf:NAME:SPLIT")
    try:
        import datasets
    except ImportError as error:
        raise InputError(
            f"{source} needs the package `datasets`; install it with pip install 'molreflect[train]', or pass a file"
        ) from error
    try:
        table = datasets.load_dataset(name, split=split)
    except (OSError, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"the dataset {name!r} (split {split!r}) cannot be loaded: {reason}; check name, split and network"
        ) from error
    columns = _columns(table.column_names, source)
    wanted: Iterable[dict[str, Any]] = table.select_columns(list(dict.fromkeys(columns)))
    numbered = enumerate(wanted, start=1)
    first = next(numbered, None)
    if first is None:
        raise InputError(f"the dataset {name!r} (split {split!r}) has no rows; name another split")
    return (_record_row(number, record, columns) for number, record in chain([first], numbered))


def _record_row(number: int, record: Mapping[str, Any], columns: tuple[str, str, str], text: str = "") -> _Row:
    """A row of a table whose fields have types; a missing field counts as empty."""
    shown = text or json.dumps(record, default=str, ensure_ascii=False)
    missing = [name for name in columns if name not in record]
    if missing:
        return _Row(number, shown, problem=f"lacks the field {', '.join(missing)}")
    fields = tuple(_as_text(record[name]) for name in columns)
    return _Row(number, shown, (fields[0], fields[1], fields[2]))


def _as_text(value: Any) -> str:
    if value is None or value != value:  # None, or the NaN that tables use for a missing text
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # whole ids that went through a table with gaps
    return str(value)


def _excerpt(text: str) -> str:
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 3] + "..."


def inchikey_blocks(corpus: Corpus, folder: Path | None = None) -> npt.NDArray[np.str_]:
    """First block of the InChIKey of every pair (`Molecule.block`), in corpus order, shape (n_pairs,).

    About 1 ms a molecule, so it is kept in `folder` where one is given.
    """
    import numpy as np

    return cached_array(
        folder,
        "blocks",
        [corpus.fingerprint, rdBase.rdkitVersion, BLOCKS_VERSION],
        len(corpus.pairs),
        lambda: np.array([read_molecule(pair.smiles).block for pair in corpus.pairs], dtype=np.str_),
    )
