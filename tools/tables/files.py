"""Tables in files, told by their ending; a text's delimiter is looked at, and what was taken is said."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.tables.arrow import import_arrow
from molreflect.tools.tables.table import Row, Table, keys_of, record_row

FORMATS: Mapping[str, str] = {
    ".txt": "tsv",
    ".tsv": "tsv",
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
"""File name ending to layout; `.gz` after any of them."""
ENDINGS = f"{', '.join(FORMATS)}, each also with .gz"
DELIMITERS: Mapping[str, str] = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "vertical bar"}
_MAX_FIELD = 10_000_000  # characters of a CSV field; the csv module's own bound is shorter than some captions


def layout_of(path: Path) -> str:
    """Tell the layout of a file by its ending.

    Raises:
        InputError: It has none that is known.
    """
    suffix = path.with_suffix("").suffix if path.suffix.lower() == ".gz" else path.suffix
    if (layout := FORMATS.get(suffix.lower())) is None:
        raise InputError(f"{path} ends in {path.suffix!r}; a table ends in one of {ENDINGS}: rename or convert it")
    return layout


def open_file(path: Path, holds: str) -> Table:
    """Open a table in a file.

    Args:
        path: The file.
        holds: What it must hold, for messages, e.g. `the columns smiles and caption`.

    Raises:
        InputError: There is no such file, it is empty, no text, damaged, or of no known layout.
    """
    if not path.exists():
        raise InputError(f"there is no file {path}; pass an existing file ({ENDINGS}), a folder or hf:NAME")
    layout = layout_of(path)
    if path.is_file() and path.stat().st_size == 0:
        raise InputError(f"{path} is empty; pass a file with {holds}")
    if layout == "parquet":
        return _parquet(path)
    data = _read(path)
    text = decode(path, data)
    if not text.strip():
        raise InputError(f"{path} holds blank lines only; pass a file with {holds}")
    if layout in ("tsv", "csv"):
        return _delimited(path, text, layout, holds)
    return _json(path, text, holds) if layout == "json" else _json_lines(path, text, holds)


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if path.suffix.lower() != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is not a whole gzip file ({error}); fetch or compress it again") from error


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"{path} cannot be read ({error.strerror}); check its permissions")


def decode(path: Path, data: bytes) -> str:
    """Decode a file without its byte order mark and with `\\n` line ends only.

    Raises:
        InputError: It is not UTF-8; the message names the first line that is not.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path} is not UTF-8: line {line} holds byte 0x{data[error.start]:02x}; save the file as UTF-8"
        ) from error
    return text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")


# ---------------------------------------------------------------------- delimiters


def _delimited(path: Path, text: str, layout: str, holds: str) -> Table:
    usual = "\t" if layout == "tsv" else ","
    delimiter = _sniffed(text, usual)
    notes: tuple[str, ...] = ()
    if delimiter != usual:
        notes = (f"{path}: its first line is cut by the {DELIMITERS[delimiter]}, so that was taken as the delimiter",)
    if layout == "tsv" and delimiter == usual:
        return _unquoted(path, text)
    return _quoted(path, text, delimiter, holds, notes)


def _sniffed(text: str, usual: str) -> str:
    """The delimiter of a header: what its ending promises where it occurs there, else what cuts it most often.

    A comma may stand in a column's name, so in a .csv another delimiter wins where it cuts more often.
    """
    header = text.lstrip("\n").partition("\n")[0]
    if usual == "\t" and usual in header:
        return usual
    counts = {delimiter: _cuts(header, delimiter) for delimiter in DELIMITERS}
    return max(counts, key=lambda delimiter: (counts[delimiter], delimiter == usual))


def _cuts(header: str, delimiter: str) -> int:
    """How many fields a delimiter cuts a header into, quoted names in one piece; 0 where it is no CSV."""
    try:
        return len(next(csv.reader([header], strict=True, delimiter=delimiter)))
    except csv.Error:
        return 0


def _unquoted(path: Path, text: str) -> Table:
    # Captions may hold \x0b or \u2028, at which str.splitlines would cut, and quotes that mean nothing.
    lines = text.rstrip("\n").split("\n")
    header = lines[0].split("\t")

    def cut(names: Sequence[str]) -> Iterator[Row]:
        places = [header.index(name) for name in names]
        for number, line in enumerate(lines[1:], start=2):
            fields = line.split("\t")
            if len(fields) != len(header):
                yield Row(number, line, problem=f"has {len(fields)} tab-separated fields, expected {len(header)}")
            else:
                yield Row(number, line, tuple(fields[place] for place in places))

    return Table(str(path), tuple(header), cut, unit="line")


def _quoted(path: Path, text: str, delimiter: str, holds: str, notes: tuple[str, ...]) -> Table:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    csv.field_size_limit(_MAX_FIELD)
    try:
        header = next(reader)
    except (csv.Error, StopIteration) as error:
        raise InputError(f"the first line of {path} is not CSV ({error}); pass a file with {holds}") from error

    def cut(names: Sequence[str]) -> Iterator[Row]:
        places = [header.index(name) for name in names]
        while True:
            start = reader.line_num + 1  # a quoted caption may run over several lines
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Row(start, "", problem=f"is not CSV: {error}")
                continue
            if not fields:
                continue
            row = delimiter.join(fields)
            if len(fields) != len(header):
                named = f"{DELIMITERS[delimiter]}-separated"
                yield Row(start, row, problem=f"has {len(fields)} {named} fields, expected {len(header)}")
            else:
                yield Row(start, row, tuple(fields[place] for place in places))

    return Table(str(path), tuple(header), cut, notes, "line")


# ---------------------------------------------------------------------- JSON


def _json_lines(path: Path, text: str, holds: str, notes: tuple[str, ...] = ()) -> Table:
    lines = text.rstrip("\n").split("\n")
    first: Any = None
    for line in lines:  # the first readable object tells the columns
        try:
            first = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(first, dict):
            break
    if not isinstance(first, dict):
        raise InputError(f"{path} holds no JSON object; pass one object a line with {holds}")

    def cut(names: Sequence[str]) -> Iterator[Row]:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                yield Row(number, line, problem=f"is not JSON: {getattr(error, 'msg', error)}")
                continue
            if isinstance(record, dict):
                yield record_row(number, record, names, line)
            else:
                yield Row(number, line, problem=f"is a JSON {type(record).__name__}, expected an object")

    return Table(str(path), keys_of([first]), cut, notes, "line")


def _json(path: Path, text: str, holds: str) -> Table:
    """A JSON file: a list of objects, or an object of columns as pandas writes it; JSON Lines are taken as such."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise InputError(f"{path} is nested too deeply for a table; pass a list of objects") from error
    except ValueError as error:
        if getattr(error, "msg", "") == "Extra data" and text.lstrip().startswith("{"):
            return _json_lines(path, text, holds, (f"{path}: one JSON object a line, so it was read as JSON Lines",))
        raise InputError(f"{path} is not JSON ({error}); pass a list of objects with {holds}") from error
    records, notes = _records(path, found)
    if records is None or not any(isinstance(record, dict) for record in records):
        raise InputError(f"{path} holds no table; pass a list of JSON objects with {holds}")

    def cut(names: Sequence[str]) -> Iterator[Row]:
        for number, record in enumerate(records, start=1):
            if isinstance(record, dict):
                yield record_row(number, record, names)
            else:
                problem = f"is a JSON {type(record).__name__}, expected an object"
                yield Row(number, json.dumps(record, ensure_ascii=False), problem=problem)

    columns = keys_of(record for record in records if isinstance(record, dict))
    return Table(str(path), columns, cut, tuple(f"{path}: {note}" for note in notes))


def _records(path: Path, found: Any) -> tuple[list[Any] | None, tuple[str, ...]]:
    """The rows of a JSON value, and what was taken as them where that is not plain."""
    if isinstance(found, list):
        return found, ()
    if not isinstance(found, dict) or not found:
        return None, ()
    values = list(found.values())
    lists = [(name, value) for name, value in found.items() if isinstance(value, list)]
    tables = [(name, value) for name, value in lists if value and all(isinstance(item, dict) for item in value)]
    if len(tables) > 1:
        named = ", ".join(name for name, _ in tables[:4])
        raise InputError(f"{path} holds several tables ({named}); keep one of them in the file")
    if len(tables) == 1:
        return tables[0][1], (f"the list {tables[0][0]!r} in it was taken as the rows",)
    if len(lists) == len(values) and len({len(value) for value in values}) == 1:
        return [dict(zip(found, row, strict=True)) for row in zip(*values, strict=True)], ()
    if all(isinstance(value, dict) for value in values) and len({tuple(value) for value in values}) == 1:
        return [{name: value[key] for name, value in found.items()} for key in values[0]], ()  # DataFrame.to_json()
    return ([found], ()) if not any(isinstance(value, (dict, list)) for value in values) else (None, ())


# ---------------------------------------------------------------------- Parquet


def _parquet(path: Path) -> Table:
    pyarrow = import_arrow(str(path), instead="pass the table as TSV, CSV or JSONL")
    try:
        path.open("rb").close()
    except OSError as error:  # pyarrow's own words would be taken for a damaged file
        raise _unreadable(path, error) from error
    source = pyarrow.BufferReader(_read(path)) if path.suffix.lower() == ".gz" else path
    try:
        file = pyarrow.parquet.ParquetFile(source)
    except (pyarrow.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"{path} is not a Parquet file ({reason}); write it again or pass a TSV") from error

    def cut(names: Sequence[str]) -> Iterator[Row]:
        number = 0
        for batch in file.iter_batches(batch_size=4096, columns=list(dict.fromkeys(names))):
            for record in batch.to_pylist():
                number += 1
                yield record_row(number, record, names)

    return Table(str(path), tuple(file.schema_arrow.names), cut)
