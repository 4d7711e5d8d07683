from __future__ import annotations

import csv
import json
import os
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from molreflect.tools import corpus as corpus_module
from molreflect.tools.corpus import Pair, fingerprint, read_corpus, require_corpus, require_pairs
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule

HEADER = "CID\tSMILES\tdescription\n"
GOOD = HEADER + "1\tCCO\tThe molecule is a primary alcohol.\n2\tCC(=O)O\tThe molecule is a monocarboxylic acid.\n"


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def shared(name: str) -> Path:
    root = os.environ.get("MOLREFLECT_SHARED_DATA")
    if not root or not (Path(root) / name).exists():
        pytest.skip(f"{name} is not here; set MOLREFLECT_SHARED_DATA to the folder that holds it")
    return Path(root) / name


def test_a_tsv_keeps_the_original_smiles_and_mends_doubled_backslashes(tmp_path):
    path = write(tmp_path, "c.txt", HEADER + '7\tC/C=C\\\\C\tHas "quotes", kept.\n')
    corpus = read_corpus(path)
    assert corpus.pairs == (Pair("7", "C/C=C\\C", 'Has "quotes", kept.', "C/C=C\\\\C", 2),)
    assert corpus.bad_rows == ()


def test_bad_rows_are_reported_with_line_and_reason_and_the_rest_go_on(tmp_path):
    rows = [
        "1\tCCO\tfine",
        "2\tC1CC\tbad ring",
        "3\tCC\t  ",
        "4\tCC",
        "1\tCC\ttwice",
        "",
        "\tCC\tno id",
        "8\tCCN\tgood",
    ]
    corpus = read_corpus(write(tmp_path, "c.tsv", HEADER + "\n".join(rows) + "\n\n"))
    assert [pair.id for pair in corpus.pairs] == ["1", "8"]
    assert [
        (bad.line, word in bad.reason)
        for bad, word in zip(
            corpus.bad_rows,
            ["SMILES", "caption is empty", "2 tab-separated", "line 2", "1 tab-separated", "id is empty"],
            strict=True,
        )
    ] == [(3, True), (4, True), (5, True), (6, True), (7, True), (8, True)]
    assert corpus.pairs[1].line == 9


@pytest.mark.parametrize(
    "mangle",
    [
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="windows line ends"),
        pytest.param(lambda text: "\ufeff" + text, id="byte order mark"),
        pytest.param(lambda text: text + "\n\n", id="blank last lines"),
        pytest.param(lambda text: text.rstrip("\n"), id="no last line end"),
    ],
)
def test_the_same_pairs_come_out_of_every_text_convention(tmp_path, mangle):
    plain = read_corpus(write(tmp_path, "a.tsv", GOOD))
    other = read_corpus(write(tmp_path, "b.tsv", mangle(GOOD)))
    assert other.pairs == plain.pairs
    assert other.fingerprint == plain.fingerprint
    assert not other.bad_rows


def test_every_layout_gives_the_same_pairs(tmp_path):
    import pyarrow
    import pyarrow.parquet

    plain = read_corpus(write(tmp_path, "a.tsv", GOOD))
    records = [{"ID": int(p.id), "extra": None, "SMILES": p.smiles, "Caption": p.caption} for p in plain.pairs]
    with (tmp_path / "a.csv").open("w", newline="") as stream:
        table = csv.DictWriter(stream, list(records[0]))
        table.writeheader()
        table.writerows(records)
    write(tmp_path, "a.jsonl", "".join(json.dumps(record) + "\n" for record in records))
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(records), tmp_path / "a.parquet")
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        corpus = read_corpus(tmp_path / name)
        assert corpus.fingerprint == plain.fingerprint, name
        assert not corpus.bad_rows, name


def test_a_csv_caption_may_run_over_lines_and_later_lines_keep_their_numbers(tmp_path):
    text = 'id,smiles,caption\n1,CCO,"an alcohol,\nof two lines"\n2,CC\n3,CCN,an amine\n'
    corpus = read_corpus(write(tmp_path, "c.csv", text))
    assert [(pair.id, pair.line) for pair in corpus.pairs] == [("1", 2), ("3", 5)]
    assert corpus.pairs[0].caption == "an alcohol,\nof two lines"
    assert [bad.line for bad in corpus.bad_rows] == [4]


def test_jsonl_rows_that_are_not_objects_are_bad_rows(tmp_path):
    good = json.dumps({"id": 1, "smiles": "CC", "caption": "ethane"})
    corpus = read_corpus(write(tmp_path, "c.jsonl", f'{good}\n[1]\n{{"id": 2}}\nnot json\n'))
    assert len(corpus) == 1
    assert [bad.line for bad in corpus.bad_rows] == [2, 3, 4]


def test_a_hugging_face_dataset_folder_is_read(tmp_path):
    pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder, "train.csv", "cid,smiles,description\n5,CCO,ethanol\n")
    corpus = read_corpus(f"hf:{folder}:train")
    assert [(pair.id, pair.caption) for pair in corpus.pairs] == [("5", "ethanol")]
    with pytest.raises(InputError, match="cannot be loaded"):
        read_corpus(f"hf:{folder}:nosuchsplit")


def test_limit_counts_usable_pairs(tmp_path):
    path = write(tmp_path, "c.tsv", HEADER + "0\tC1C\tbad\n1\tCC\ta\n2\tCCC\tb\n3\tCCCC\tc\n")
    corpus = read_corpus(path, limit=2)
    assert [pair.id for pair in corpus.pairs] == ["1", "2"]
    assert len(corpus.bad_rows) == 1
    with pytest.raises(InputError, match="limit of 0"):
        read_corpus(path, limit=0)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        pytest.param("c.tsv", "a\tb\n1\t2\n", "columns 'a, b'; expected", id="wrong columns"),
        pytest.param("c.csv", "1,CC,x\n", "expected", id="no header"),
        pytest.param("c.tsv", "", "is empty", id="empty file"),
        pytest.param("c.tsv", "\n\n", "blank lines", id="blank file"),
        pytest.param("c.tsv", HEADER, "no rows", id="header only"),
        pytest.param("c.tsv", GOOD.encode() + b"3\tCC\tcaf\xe9\n", "line 4 holds byte 0xe9", id="latin-1"),
        pytest.param("c.xlsx", "x", "ends in '.xlsx'", id="unknown ending"),
        pytest.param("c.parquet", "x", "not a Parquet file", id="broken parquet"),
        pytest.param("c.jsonl", "[]\n", "no JSON object", id="json without objects"),
    ],
)
def test_an_unusable_source_is_one_clear_line(tmp_path, name, content, words):
    with pytest.raises(InputError, match=words) as caught:
        read_corpus(write(tmp_path, name, content))
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(InputError, match="there is no file"):
        read_corpus(tmp_path / "none.tsv")
    with pytest.raises(InputError, match="is a folder"):
        read_corpus(tmp_path)


texts = st.text(max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(texts, texts, texts), max_size=4), st.lists(st.tuples(texts, texts, texts), max_size=4))
def test_fingerprints_are_equal_exactly_when_the_fields_are(left, right):
    def make(rows):
        return [Pair(a, b, c, b, 1) for a, b, c in rows]

    assert (fingerprint(make(left)) == fingerprint(make(right))) == (left == right)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_corpus_or_a_clean_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("c.tsv", "c.csv", "c.jsonl"):
        head = b"" if name == "c.jsonl" else b"id,smiles,caption\n" if name == "c.csv" else HEADER.encode()
        with suppress(InputError):
            read_corpus(write(folder, name, head + data))


def test_all_of_chebi20_validation_is_read_in_seconds():
    path = shared("chebi20/validation.txt")
    start = time.perf_counter()
    corpus = read_corpus(path)
    assert (len(corpus), len(corpus.bad_rows)) == (3301, 0)
    assert time.perf_counter() - start < 30  # a hang, not a speed: the machine may be busy
    assert sum("\\\\" in pair.smiles_text for pair in corpus.pairs) > 300
    assert not any("\\\\" in pair.smiles for pair in corpus.pairs)


def test_columns_of_other_names_are_told_and_rows_without_ids_are_numbered(tmp_path):
    path = write(tmp_path, "c.csv", "canonical,text\nCCO,an alcohol\nC1C,broken\nCCN,an amine\n")
    corpus = read_corpus(path, columns="smiles=canonical,caption=text")
    assert [(pair.id, pair.smiles) for pair in corpus.pairs] == [("1", "CCO"), ("3", "CCN")]
    assert corpus.notes == (f"{path} has no column of ids: the rows' numbers are taken",)
    assert read_corpus(path, columns={"smiles": "canonical"}).fingerprint == corpus.fingerprint
    named = read_corpus(path, columns="id=text,smiles=canonical,caption=text")
    assert [pair.id for pair in named.pairs] == ["an alcohol", "an amine"]
    assert named.notes == ()


def test_places_are_lines_of_a_text_and_rows_of_a_table_without_lines(tmp_path):
    records = [{"id": 1, "smiles": "CC", "caption": "ethane"}] * 2
    corpus = read_corpus(write(tmp_path, "c.json", json.dumps(records)))
    assert (corpus.unit, corpus.bad_rows[0].line) == ("row", 2)
    assert corpus.bad_rows[0].reason == "the id '1' was used before, on row 1"
    corpus = read_corpus(write(tmp_path, "c.jsonl", "\n".join(map(json.dumps, records))))
    assert (corpus.unit, corpus.bad_rows[0].reason) == ("line", "the id '1' was used before, on line 1")


def test_a_dataset_without_ids_is_numbered_as_well(tmp_path):
    pytest.importorskip("datasets", reason="the extra molreflect[train] is not installed")
    folder = tmp_path / "set"
    folder.mkdir()
    write(folder, "train.csv", "smiles,description\nCCO,ethanol\nCC,ethane\n")
    assert [pair.id for pair in read_corpus(f"hf:{folder}").pairs] == ["1", "2"]


def test_columns_are_checked_without_a_molecule_being_read(tmp_path):
    good = write(tmp_path, "good.csv", "smiles,caption\nno molecule,an alcohol\n")
    require_corpus(good)
    with pytest.raises(InputError, match="has no column 'x' for the smiles"):
        require_corpus(good, "smiles=x")
    with pytest.raises(InputError, match="there is no file"):
        require_corpus(tmp_path / "none.csv")
    with pytest.raises(InputError, match=r"no usable row; line 2: .* \(it reads 'no molecule,an alcohol'\)"):
        require_pairs(read_corpus(good))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"caption": "word " * 400_000}, "the caption has 2,000,000 characters, more than 20,000; shorten it"),
        ({"caption": "an \ud83d alcohol"}, "the caption holds half of a surrogate pair"),
        ({"id": "\ud83d"}, "the id holds half of a surrogate pair"),
        ({"smiles": "CC\ud83dO"}, "has characters no SMILES has"),
        ({"smiles": "C" * 6_000}, "is longer than 5000 characters"),
        ({"smiles": "C" * 4_990}, "more than 1000; pass a smaller molecule"),
    ],
)
def test_a_row_beyond_all_bounds_says_why_and_the_rest_go_on(tmp_path, row, reason):
    rows = [{"id": "x", "smiles": "CCO", "caption": "The molecule is an alcohol."} | row]
    rows.append({"id": "y", "smiles": "CCO", "caption": "The molecule is an alcohol."})
    corpus = read_corpus(write(tmp_path, "c.jsonl", "".join(json.dumps(r) + "\n" for r in rows)))
    assert [pair.id for pair in corpus.pairs] == ["y"]
    assert reason in corpus.bad_rows[0].reason
    assert len(corpus.bad_rows[0].reason) < 300
    (corpus.bad_rows[0].reason + corpus.bad_rows[0].text).encode()


def test_molecules_that_are_known_to_be_readable_are_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("CID\tSMILES\tdescription\n1\tC\\\\C=C\\\\C\tan alkene\n2\t CCO \tan alcohol\n3\tC1CC\tbroken\n")
    whole = read_corpus(path)
    seen: list[str] = []
    monkeypatch.setattr(corpus_module, "read_molecule", lambda text: (seen.append(text), read_molecule(text))[1])
    again = read_corpus(path, readable={pair.smiles for pair in whole.pairs})
    assert seen == ["C1CC"]
    assert again == whole
    assert [pair.smiles for pair in again.pairs] == ["C\\C=C\\C", "CCO"]
