"""Tables in files: every layout gives the same rows, and what was guessed is said."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.tables.open import open_table

RECORDS = [{"mol": "CCO", "note": "an alcohol, of two"}, {"mol": "CC=O", "note": 'it has "quotes"'}]
WANTED = [tuple(record.values()) for record in RECORDS]


def tabular(delimiter: str) -> str:
    quoted = [[f'"{value}"'.replace('"quotes"', '""quotes""') for value in record.values()] for record in RECORDS]
    return "\n".join(delimiter.join(row) for row in [["mol", "note"], *quoted]) + "\n"


def fields_of(path: Path) -> list[tuple[str, ...] | None]:
    return [row.fields for row in open_table(path).rows(["mol", "note"])]


LAYOUTS: dict[str, tuple[str, str]] = {
    "csv": ("t.csv", tabular(",")),
    "semicolons": ("t.csv", tabular(";")),
    "tabs in a csv": ("t.csv", tabular("\t")),
    "vertical bars": ("t.txt", tabular("|")),
    "commas in a tsv": ("t.tsv", tabular(",")),
    "tsv": ("t.tsv", "mol\tnote\n" + "".join("\t".join(r.values()) + "\n" for r in RECORDS)),
    "json lines": ("t.jsonl", "".join(json.dumps(record) + "\n" for record in RECORDS)),
    "json": ("t.json", json.dumps(RECORDS)),
    "json of columns": ("t.json", json.dumps({name: [r[name] for r in RECORDS] for name in RECORDS[0]})),
    "json of pandas": (
        "t.json",
        json.dumps({name: {str(i): r[name] for i, r in enumerate(RECORDS)} for name in RECORDS[0]}),
    ),
    "json with a list in it": ("t.json", json.dumps({"version": 1, "data": RECORDS})),
    "json lines called json": ("t.json", "".join(json.dumps(record) + "\n" for record in RECORDS)),
}


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_same_rows(tmp_path: Path, name: str, packed: bool) -> None:
    file, text = LAYOUTS[name]
    path = tmp_path / (file + ".gz" if packed else file)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert fields_of(path) == WANTED


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gz"])
def test_parquet_gives_the_same_rows_and_reads_only_the_columns_asked_for(tmp_path: Path, packed: bool) -> None:
    import pyarrow
    import pyarrow.parquet

    path = tmp_path / "t.parquet"
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist([{**r, "more": b"x"} for r in RECORDS]), path)
    if packed:
        path = tmp_path / "t.parquet.gz"
        path.write_bytes(gzip.compress((tmp_path / "t.parquet").read_bytes()))
    assert fields_of(path) == WANTED
    assert open_table(path).columns == ("mol", "note", "more")


def test_without_pyarrow_a_parquet_file_is_refused_with_the_line_that_gets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(InputError) as mistake:
        open_table(path)
    assert str(mistake.value) == (
        f"{path} needs the package pyarrow; install it with pip install 'molreflect[parquet]', or pass the table as "
        "TSV, CSV or JSONL"
    )


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("semicolons", "semicolon, so that was taken as the delimiter", id="semicolons"),
        pytest.param("tabs in a csv", "by the tab", id="tabs"),
        pytest.param("commas in a tsv", "by the comma", id="commas"),
        pytest.param("json lines called json", "read as JSON Lines", id="json lines"),
        pytest.param("json with a list in it", "the list 'data' in it", id="list"),
    ],
)
def test_what_was_guessed_is_said_and_what_the_ending_promises_is_not(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / LAYOUTS[name][0]
    path.write_text(LAYOUTS[name][1])
    (note,) = open_table(path).notes
    assert said in note
    assert str(path) in note
    plain = {"t.csv": "csv", "t.tsv": "tsv", "t.json": "json"}[path.name]
    path.write_text(LAYOUTS[plain][1])
    assert open_table(path).notes == ()


def test_a_quoted_name_with_other_delimiters_does_not_decide(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('"a;b;c;d",mol,note\n1,CCO,an alcohol\n')
    assert open_table(path).columns == ("a;b;c;d", "mol", "note")


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        pytest.param("t.csv.gz", b"mol,note\n", "is not a whole gzip file", id="no gzip"),
        pytest.param("t.csv.gz", cut_short(gzip.compress(b"mol,note\n" * 99)), "is not a whole gzip file", id="cut"),
        pytest.param("t.xls.gz", gzip.compress(b"x"), "ends in '.gz'; a table ends in one of", id="ending"),
        pytest.param("t.json", b"{", "is not JSON", id="broken json"),
        pytest.param("t.json", b"[1, 2]", "holds no table", id="numbers"),
        pytest.param("t.json", b'{"a": [1], "b": [1, 2]}', "holds no table", id="uneven columns"),
        pytest.param("t.json", b'{"train": [{"a": 1}], "test": [{"a": 2}]}', "several tables .train, test.", id="two"),
        pytest.param("t.json", b"[" * 100_000, "nested too deeply", id="deep"),
    ],
)
def test_a_file_that_is_no_table_is_one_clear_line(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=said) as caught:
        open_table(path)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)


def test_items_of_a_json_list_that_are_no_objects_are_problems_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(json.dumps([RECORDS[0], 7, {"mol": "C"}]))
    rows = list(open_table(path).rows(["mol", "note"]))
    assert [(row.line, row.problem) for row in rows] == [
        (1, ""),
        (2, "is a JSON int, expected an object"),
        (3, "lacks the field note"),
    ]


def test_blank_lines_of_json_lines_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text("\n".join(["", json.dumps(RECORDS[0]), "  ", json.dumps(RECORDS[1])]) + "\n\n")
    assert [(row.line, row.problem) for row in open_table(path).rows(["mol"])] == [(2, ""), (4, "")]


def test_a_run_directory_is_told_from_any_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder that save_to_disk did not write"):
        open_table(tmp_path)
    (tmp_path / "alignments.jsonl").write_text("")
    with pytest.raises(InputError, match=r"run directory; its pairs are in .*alignments\.jsonl"):
        open_table(tmp_path)


@pytest.mark.parametrize("split", [None, "train"], ids=["one table", "splits"])
def test_folders_that_save_to_disk_wrote_are_read(tmp_path: Path, split: str | None) -> None:
    datasets = pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    table = datasets.Dataset.from_list(RECORDS)
    other = datasets.Dataset.from_list(RECORDS[:1])
    made: Any = table if split is None else datasets.DatasetDict({"train": table, "test": other})
    made.save_to_disk(str(tmp_path / "saved"))
    assert fields_of(tmp_path / "saved") == WANTED
    if split is None:
        assert open_table(tmp_path / "saved").notes == ()
        with pytest.raises(InputError, match="no splits; leave out :test"):
            open_table(f"hf:{tmp_path / 'saved'}:test")
        return
    assert "train was taken" in open_table(tmp_path / "saved").notes[0]
    assert [row.fields for row in open_table(f"hf:{tmp_path / 'saved'}:test").rows(["mol"])] == [("CCO",)]
    with pytest.raises(InputError, match="no split 'dev'; name one of train, test"):
        open_table(f"hf:{tmp_path / 'saved'}:dev")
