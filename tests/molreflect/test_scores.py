"""`evaluate` and `compare` over files of other layouts, other names, other rows, and files that say nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from molreflect.training.evaluation.prediction_files import write_predictions

OPTIONS = ("--direction", "cap2mol", "--bootstrap", 0)


def test_predictions_and_training_pairs_under_names_of_their_own_are_scored(run: Any, tmp_path: Path) -> None:
    answers = [{"prompt": "an acid", "target": "CC(=O)O", "answer": "CC(=O)O"}]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(answer) + "\n" for answer in answers))
    (tmp_path / "train.csv").write_text("mol,caption\nCCO,an alcohol\n")
    columns = "input=prompt,truth=target,output=answer,smiles=mol"
    ran = run(
        "evaluate", tmp_path / "p.jsonl", *OPTIONS, "--columns", columns, "--training", tmp_path / "train.csv", "--json"
    )
    assert ran.code == 0
    assert json.loads(ran.out)["molt5"]["exact_match"] == 1
    assert "train.csv has no column of ids" in ran.err


def test_a_file_of_nan_answers_is_scored_and_ends_with_1_and_a_clear_line(run: Any, tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.tsv", "cap2mol", [("an acid", "CC(=O)O", "nan")] * 3)
    ran = run("evaluate", tmp_path / "p.tsv", *OPTIONS, "--json")
    assert ran.code == 1
    assert json.loads(ran.out)["molt5"]["exact_match"] == 0
    last = ran.err.splitlines()[-1]
    assert last.startswith("the scores say nothing: ")
    assert "of 3 answers, 3 nan; see that the file was written whole" in last


def test_ground_truths_that_are_no_molecules_end_with_1(run: Any, tmp_path: Path) -> None:
    write_predictions(tmp_path / "p.tsv", "cap2mol", [("CC(=O)O", "an acid", "CC(=O)O")])
    ran = run("evaluate", tmp_path / "p.tsv", *OPTIONS)
    assert ran.code == 1
    assert "RDKit reads 0 of 1 ground truth, e.g. not 'an acid'; see that the column holds SMILES" in ran.err


def test_compare_names_the_rows_it_leaves_out(run: Any, tmp_path: Path) -> None:
    a, b = tmp_path / "a.tsv", tmp_path / "b.csv"
    write_predictions(a, "cap2mol", [("an acid", "CC(=O)O", "CO"), ("an alcohol", "CCO", "CCO")])
    b.write_text("description,ground truth,output\nan acid,CC(=O)O,CC(=O)O\nan alcohol,nan,CCO\n")
    options = ("--direction", "cap2mol", "--bootstrap", 10, "--trials", 10)
    refused = run("compare", a, b, *options)
    assert refused.code == 2
    assert "--common compares the rows of both" in refused.mistake
    ran = run("compare", a, b, *options, "--common", "--json")
    assert ran.code == 0
    assert f"{a} line 3: its ground truth is 'CCO', in {b} 'nan'; its input is 'an alcohol'\n" in ran.err
    assert "2 rows left out, 1 row compared\n" in ran.err
    found = json.loads(ran.out)
    assert (found["rows"], len(found["dropped"])) == (1, 2)
