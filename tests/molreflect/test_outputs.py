"""What comes out of a run for other programs, as a user asks for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from altered_run import alter

from molreflect.graphs.runs.store import RunStore
from molreflect.tools.corpus import Pair


def test_rows_go_to_stdout_or_to_a_file_and_counts_to_stderr(
    run: Any, sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    done = sample_run.result.done
    ran = run("export", sample_run.folder, "--format", "sft")
    assert ran.code == 0
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert len(rows) == 2 * done
    assert ran.err.endswith(f"{2 * done} rows of {done} pairs\n")
    file = tmp_path / "new" / "sft.jsonl"
    written = run("export", sample_run.folder, "--format", "sft", "--out", file)
    assert (written.code, written.out, file.read_text(encoding="utf-8")) == (0, "", ran.out)
    assert f"{2 * done} rows of {done} pairs in {file}" in written.err
    half = run("export", sample_run.folder, "--format", "alpaca", "--direction", "mol2cap", "--out", file, "--json")
    assert json.loads(half.out)["rows"] == done


@pytest.fixture
def unfinished(tmp_path: Path) -> Path:
    folder = tmp_path / "unfinished"
    pairs = [Pair("a", "CCO", "An alcohol.", "CCO", 2)]
    RunStore.create(folder, {"settings": {}}, pairs, ["k"], []).close()
    return folder


@pytest.mark.parametrize("form", ["sft", "preference", "alpaca", "sharegpt"])
def test_where_there_is_no_row_the_reason_is_said_and_no_file_made(
    run: Any, unfinished: Path, tmp_path: Path, form: str
) -> None:
    ran = run("export", unfinished, "--format", form, "--out", tmp_path / "rows.jsonl")
    assert (ran.code, ran.out) == (1, "")
    assert "1 pair of the run has no record (not done, or failed)" in ran.err
    assert ran.err.endswith("no rows, and nothing was written: no pair of the run is done\n")
    assert not (tmp_path / "rows.jsonl").exists()


def test_a_run_in_which_nothing_was_refuted_has_nothing_to_reject(
    run: Any, sample_run: SimpleNamespace, tmp_path: Path
) -> None:
    for name in ("run.yaml", "run.sqlite"):  # the lexicon teacher refutes while it checks, which the traces tell
        shutil.copy(sample_run.folder / name, tmp_path)
    ran = run("export", tmp_path, "--format", "preference")
    assert (ran.code, ran.out) == (1, "")
    assert "the run has no traces of its pairs: trace ids lead nowhere" in ran.err
    assert ran.err.endswith(
        "no rows, and nothing was written: no proposal was refuted, so there is nothing to reject\n"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(("--out", "x.jsonl"), "are for rows to train on; add --format sft", id="out without a format"),
        pytest.param(("--direction", "cap2mol"), "add --format sft", id="direction without a format"),
        pytest.param(("--format", "sft", "--json"), "name a file with --out", id="json and rows on stdout"),
        pytest.param(("--format", "sft", "--out", "."), "is a folder; name a file in it", id="a folder"),
        pytest.param(("--format", "csv"), "'csv' is not one of", id="another format"),
    ],
)
def test_mistakes_are_one_line(run: Any, sample_run: SimpleNamespace, options: tuple[str, ...], said: str) -> None:
    ran = run("export", sample_run.folder, *options)
    assert ran.code == 2
    assert said in ran.mistake


@pytest.fixture
def altered(sample_run: SimpleNamespace, tmp_path: Path) -> Path:
    """A copy of the run with one verdict turned, one caption changed and one row failed."""
    folder = tmp_path / "altered"
    alter(sample_run.folder, folder)
    return folder


def test_two_runs_are_compared_and_the_exit_code_tells_only_where_it_is_asked_for(
    run: Any, sample_run: SimpleNamespace, altered: Path
) -> None:
    ran = run("diff", sample_run.folder, altered)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(f"A: {sample_run.folder}\nB: {altered}\nsettings that differ\n")
    for told in (
        "corpus: not the same; 23 pairs in both, 1 with another molecule or caption; 22 done in both and compared",
        "another pair under the same id: S002 (caption)",
        "done -> failed  'the server went away'",
        "supported -> refuted        1",
        "refuted (absent)",
    ):
        assert told in ran.out
    assert run("diff", sample_run.folder, altered, "--exit-code").code == 1
    same = run("diff", sample_run.folder, sample_run.folder, "--exit-code")
    assert same.code == 0
    assert same.out.endswith("the same came out of both\n")
    found = json.loads(run("diff", sample_run.folder, altered, "--json").out)
    assert (found["same"], found["phrases"]["changed"]) == (False, 1)
    assert "is not a run directory" in run("diff", sample_run.folder, altered / "index").mistake
