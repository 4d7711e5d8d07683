"""The command that scores baselines on properties."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

CHEAP = ("--systems", "prevalence,nearest", "--seeds", 2, "--bootstrap", 10)


@pytest.fixture
def rings(tmp_path: Path) -> Path:
    path = tmp_path / "rings.csv"
    smiles = ["C" * n + end for n in range(2, 12) for end in ("O", "N")]
    smiles += ["C" * n + ring for n in range(2, 12) for ring in ("c1ccccc1", "C1CCNCC1")]
    path.write_text("smiles,ring\n" + "".join(f"{s},{int('1' in s)}\n" for s in smiles) + "C(,1\nOCC,1\n")
    return path


def test_a_split_table_gives_scores_predictions_and_plots(run: Any, rings: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = run("properties", rings, "--split", "random", *CHEAP, "--out", out)
    assert ran.code == 0
    assert "ring, random split, test part: 20 of 39 labelled molecules active" in ran.out
    assert "1 row could not be read" in ran.err
    assert "1 molecule with contradicting labels of ring" in ran.err
    data = json.loads((out / "metrics.json").read_text())
    assert set(data["tasks"][0]["scores"]["test"]) == {"prevalence", "nearest"}
    assert {p.name for p in (out / "plots").iterdir()} == {"scores.svg", "calibration.svg"}
    again = run("properties", rings, "--split", "random", *CHEAP, "--out", out)
    assert again.code == 2
    assert "holds files already" in again.mistake


def test_a_test_table_is_predicted_row_by_row(run: Any, rings: Path, tmp_path: Path) -> None:
    test, out = tmp_path / "test.csv", tmp_path / "out"
    test.write_text("smiles,ring\nCCCCc1ccccc1,1\nCCCCCO,0\nx(,0\nCCCCc1ccccc1,1\n")
    ran = run("properties", "--train", rings, "--test", test, *CHEAP, "--out", out, "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["tasks"][0]["scores"]["test"]["nearest"]["roc_auc"]["value"] == 1.0
    rows = list(csv.DictReader((out / "predictions.csv").open()))
    assert [row["line"] for row in rows] == ["2", "3", "5", "4"]
    assert float(rows[0]["nearest"]) > 0.5 > float(rows[1]["nearest"])
    assert rows[3]["nearest"] == ""
    assert "RDKit" in rows[3]["problem"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param((), "pass one table to be split, or --train and --test", id="nothing"),
        pytest.param(("{rings}", "--test", "{rings}"), "pass one table to be split", id="both ways"),
        pytest.param(("{rings}", "--systems", "oracle"), "no system 'oracle'", id="unknown system"),
        pytest.param(("{rings}", "--tasks", "label"), "no column 'label'", id="unknown task"),
        pytest.param(("{rings}", "--max-similarity", "2"), "between 0 and 1", id="no similarity"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(
    run: Any, rings: Path, arguments: tuple[str, ...], said: str
) -> None:
    ran = run("properties", *(a.format(rings=rings) for a in arguments))
    assert ran.code == 2
    assert said in ran.mistake
