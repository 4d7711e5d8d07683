"""Data in: columns of other names, made ids, unreadable rows, and mistakes told before anything heavy is loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROWS = "mol_id;canonical;text\na1;CCO;The molecule is a primary alcohol.\nb2;C1C;broken\nc3;CC(=O)O;It is an acid.\n"
COLUMNS = "id=mol_id,smiles=canonical,caption=text"
TRAIN_MISTAKES = (
    ["train", "{tmp}", "--out", "{tmp}/s"],
    ["train", "{tmp}", "--out", "{tmp}/s", "--set", "nosuch=1"],
    ["ablate", "{tmp}", "--out", "{tmp}/a"],
)
MISTAKES = (
    ["distill", "{tmp}/none.tsv", "--out", "{tmp}/run"],
    ["distill", "{tmp}/rows.csv", "--out", "{tmp}/run"],
    ["distill", "{tmp}/rows.csv", "--columns", "smiles=x,caption=text", "--out", "{tmp}/run"],
    ["distill", "{tmp}/rows.csv", "--columns", COLUMNS, "--out", "{tmp}/run", "--teacher", "gpt"],
    ["distill", "{tmp}/rows.csv", "--columns", COLUMNS, "--out", "{tmp}/run", "--student", "./none"],
    ["predict", "{tmp}", "{tmp}/rows.csv", "--direction", "cap2mol", "--out", "{tmp}/p.tsv"],
    ["robustness", "{tmp}", "{tmp}/rows.csv", "--out", "{tmp}/r"],
    ["merge", "{tmp}", "--out", "{tmp}/merged"],
    ["evaluate", "{tmp}/none.tsv", "--direction", "cap2mol"],
    ["compare", "{tmp}/none.tsv", "{tmp}/none.tsv", "--direction", "cap2mol"],
    ["align", "C1CC", "x"],
    ["ask", "hello", "--corpus", "{tmp}/none.tsv"],
    ["properties", "{tmp}/none.csv"],
    *TRAIN_MISTAKES,
)
_ALL_IN_ONE = """
import json, sys
from molreflect.cli.main import main
codes = []
for arguments in json.loads(sys.argv[1]):
    sys.argv = ["molreflect", *arguments]
    try:
        main()
    except SystemExit as stop:
        codes.append(stop.code)
print(json.dumps({"codes": codes, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}))
"""


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS)
    return path


def loaded_by(mistakes: Any, folder: Path, env: dict[str, str]) -> set[str]:
    given = [[a.replace("{tmp}", str(folder)) for a in arguments] for arguments in mistakes]
    command = [sys.executable, "-c", _ALL_IN_ONE, json.dumps(given)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(done.stdout)
    assert found["codes"] == [2] * len(mistakes), done.stderr
    return set(found["loaded"])


def test_mistakes_are_found_before_torch_transformers_and_chroma_are_loaded(
    rows: Path, child_env: dict[str, str]
) -> None:
    loaded = loaded_by(MISTAKES, rows.parent, child_env)
    assert "rdkit" in loaded
    assert loaded.isdisjoint({"torch", "transformers", "chromadb", "datasets", "peft", "trl"})


def test_a_corpus_that_cannot_be_read_is_told_before_the_graphs_are_loaded(
    rows: Path, child_env: dict[str, str]
) -> None:
    about_the_corpus = [*MISTAKES[:3], MISTAKES[11]]
    assert loaded_by(about_the_corpus, rows.parent, child_env).isdisjoint({"langchain", "langchain_core", "langgraph"})


def test_distill_reads_columns_of_other_names_and_says_what_it_took_and_left(
    run: Any, rows: Path, tmp_path: Path
) -> None:
    ran = run("distill", rows, "--columns", COLUMNS, "--out", tmp_path / "run", "--neighbours", 0)
    assert ran.code == 0
    assert f"{rows}: its first line is cut by the semicolon, so that was taken as the delimiter\n" in ran.err
    assert "line 3: 'C1C' is not a SMILES RDKit can read" in ran.err
    assert "it reads 'b2;C1C;broken'\n1 row could not be read and is left out\n" in ran.err
    records = [json.loads(line) for line in (tmp_path / "run/alignments.jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == ["a1", "c3"]


def test_rows_without_ids_are_numbered_and_that_is_said(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    path.write_text(json.dumps([{"smiles": "CCO", "caption": "The molecule is a primary alcohol."}]))
    ran = run("distill", path, "--out", tmp_path / "run", "--neighbours", 0, "--json")
    assert ran.code == 0
    assert f"{path} has no column of ids: the rows' numbers are taken\n" in ran.err
    assert json.loads((tmp_path / "run/alignments.jsonl").read_text())["id"] == "1"


def test_columns_are_told_to_align_as_well(run: Any, rows: Path) -> None:
    ran = run("align", "CCO", "The molecule is a primary alcohol.", "--corpus", rows, "--columns", COLUMNS, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["id"] == "a1"
    ran = run("align", "CCO", "The molecule is a primary alcohol.", "--corpus", rows, "--columns", "smiles=x")
    assert ran.code == 2
    assert "has no column 'x' for the smiles" in ran.mistake
