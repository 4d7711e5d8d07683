"""Prediction files of every layout, under names of their own, and files that say nothing of a system."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.evaluate import evaluate
from molreflect.training.evaluation.prediction_files import (
    Ragged,
    placeholders_told,
    read_predictions,
    split_columns,
    write_predictions,
)

ROWS = [("an acid, of two", "CC(=O)O", "CC(=O)O"), ("an alcohol", "CCO", "nan")]


def records(*names: str) -> list[dict[str, str]]:
    return [dict(zip(names, row, strict=True)) for row in ROWS]


USUAL = records("description", "ground truth", "output")


def write(path: Path, text: str) -> Path:
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def delimited(delimiter: str) -> str:
    rows = [tuple(USUAL[0]), *ROWS]
    return "\n".join(delimiter.join(f'"{field}"' for field in row) for row in rows) + "\n"


LINES = "".join(json.dumps(record) + "\n" for record in USUAL)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param("p.csv", delimited(","), id="csv"),
        pytest.param("p.csv", delimited(";"), id="semicolons"),
        pytest.param("p.txt", delimited(","), id="commas in a txt"),
        pytest.param("p.jsonl", LINES, id="jsonl"),
        pytest.param("p.json", json.dumps(USUAL), id="json"),
        pytest.param("p.csv.gz", delimited(","), id="csv.gz"),
        pytest.param("p.jsonl.gz", LINES, id="jsonl.gz"),
    ],
)
def test_every_layout_gives_the_rows_of_the_tsv(tmp_path: Path, name: str, text: str) -> None:
    write_predictions(tmp_path / "p.tsv", "cap2mol", ROWS)
    plain = read_predictions(tmp_path / "p.tsv")
    found = read_predictions(write(tmp_path / name, text))
    assert [(r.source, r.truth, r.output) for r in found.rows] == [(r.source, r.truth, r.output) for r in plain.rows]
    assert found.direction == plain.direction == Direction.CAP2MOL
    assert found.ragged == ()


@pytest.mark.parametrize("name", ["p.tsv", "p.jsonl"])
def test_names_of_another_group_are_told_with_columns(tmp_path: Path, name: str) -> None:
    table = records("prompt", "target", "answer")
    lines = ["\t".join(table[0]), *("\t".join(record.values()) for record in table)]
    texts = {"p.tsv": "\n".join(lines) + "\n", "p.jsonl": "".join(json.dumps(record) + "\n" for record in table)}
    path = write(tmp_path / name, texts[name])
    columns = "input=prompt,truth=target,output=answer"
    assert [row.output for row in read_predictions(path, "cap2mol", columns).rows] == ["CC(=O)O", "nan"]
    with pytest.raises(InputError, match="'prompt' does not say which way was predicted"):
        read_predictions(path, None, columns)
    with pytest.raises(InputError, match=r"or --columns input=COLUMN,truth=COLUMN,output=COLUMN"):
        read_predictions(path, "cap2mol")
    with pytest.raises(InputError, match="no column 'nosuch' for the output"):
        read_predictions(path, "cap2mol", "input=prompt,truth=target,output=nosuch")


def test_a_table_with_both_sides_needs_to_be_told_which_is_given(tmp_path: Path) -> None:
    path = write(
        tmp_path / "p.jsonl", json.dumps({"SMILES": "CCO", "description": "an alcohol", "output": "CO"}) + "\n"
    )
    with pytest.raises(InputError, match="the header is"):
        read_predictions(path, "cap2mol")
    (row,) = read_predictions(path, "cap2mol", {"input": "description", "truth": "SMILES"}).rows
    assert (row.source, row.truth, row.output) == ("an alcohol", "CCO", "CO")
    with pytest.raises(InputError, match="holds cap2mol predictions by its header, but mol2cap"):
        read_predictions(path, "mol2cap", {"input": "description", "truth": "SMILES"})


def test_rows_that_cannot_be_read_are_set_aside_and_a_missing_answer_is_an_empty_one(tmp_path: Path) -> None:
    lines = [json.dumps(USUAL[0]), "not json", json.dumps(USUAL[0] | {"output": None}), '{"description": "x"}']
    found = read_predictions(write(tmp_path / "p.jsonl", "\n".join(lines)))
    assert [(row.line, row.output) for row in found.rows] == [(1, "CC(=O)O"), (3, "")]
    assert [(row.line, row.problem) for row in found.ragged] == [(2, Ragged.UNREADABLE), (4, Ragged.UNREADABLE)]


def test_the_candidates_of_predict_are_not_taken_for_predictions(tmp_path: Path) -> None:
    line = json.dumps({"id": "1", "output": "CCO", "chosen": 0, "candidates": []})
    with pytest.raises(InputError, match=r"candidates that `molreflect predict` keeps; pass p\.tsv"):
        read_predictions(write(tmp_path / "p.jsonl", line + "\n"))


def test_what_was_guessed_of_a_layout_is_among_the_notes_of_the_scores(tmp_path: Path) -> None:
    found = evaluate(write(tmp_path / "p.csv", delimited(";")), bootstrap=0)
    assert any("by the semicolon" in note for note in found.notes)


def test_columns_of_predictions_and_of_training_pairs_are_told_apart() -> None:
    assert split_columns("output=answer,smiles=mol") == ({"output": "answer"}, {"smiles": "mol"})
    with pytest.raises(InputError, match="knows no 'answer'"):
        split_columns("answer=output")


@pytest.mark.parametrize(
    ("direction", "rows", "said"),
    [
        pytest.param("cap2mol", [("a", "CCO", "nan")] * 9 + [("a", "CCO", "CCO")], "of 10 answers, 9 nan", id="nan"),
        pytest.param("mol2cap", [("C", "gas", ""), ("C", "gas", "None")], "of 2 answers, 1 empty, 1 None", id="empty"),
        pytest.param("mol2cap", [("C", "nan", "gas")], "of 1 ground truth, 1 nan", id="truths"),
        pytest.param("cap2mol", [("a", "an acid", "CCO")] * 4, "RDKit reads 0 of 4 ground truths", id="no SMILES"),
    ],
)
def test_scores_that_say_nothing_of_a_system_say_so(tmp_path: Path, direction: str, rows: Any, said: str) -> None:
    write_predictions(tmp_path / "p.tsv", direction, rows)
    found = evaluate(tmp_path / "p.tsv", bootstrap=0)
    assert said in found.spoilt
    assert said in found.to_dict()["spoilt"]


def test_a_system_that_often_gives_no_answer_is_scored_like_any_other(tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.tsv", "cap2mol", [("a", "CCO", "")] * 8 + [("a", "CCO", "CCO")] * 2)
    assert placeholders_told(read_predictions(tmp_path / "p.tsv")) == ""
