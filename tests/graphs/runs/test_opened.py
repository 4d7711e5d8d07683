"""A run, looked at from Python."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

import molreflect as mr
from molreflect.agents.schemas import PairRecord
from molreflect.tools.errors import InputError


@pytest.fixture(scope="module")
def run(sample_run: SimpleNamespace) -> mr.Run:
    return mr.Run(sample_run.folder)


def test_a_run_is_its_finished_records_in_corpus_order(run: mr.Run, sample_run: SimpleNamespace) -> None:
    records = list(run)
    assert len(run) == len(records) == sample_run.result.done > 0
    assert all(isinstance(record, PairRecord) for record in records)
    lines = (sample_run.folder / "alignments.jsonl").read_text(encoding="utf-8").splitlines()
    assert [record.to_json() for record in records] == [json.loads(line) for line in lines]
    assert run[records[3].id] == records[3]
    with pytest.raises(KeyError, match="no finished pair 'nobody'"):
        _ = run["nobody"]


def test_failures_are_those_of_the_file(run: mr.Run, sample_run: SimpleNamespace) -> None:
    lines = (sample_run.folder / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    assert run.failures == [json.loads(line) for line in lines]
    assert "C1CC" in run.failures[0]["text"]


def test_settings_counts_and_summary_are_those_of_the_run(run: mr.Run, sample_run: SimpleNamespace) -> None:
    assert run.settings["settings"]["teacher"] == "lexicon"
    assert run.summary == sample_run.summary
    assert repr(run) == f"Run('{sample_run.folder}': {len(run)} done)"


def test_a_data_frame_has_a_row_for_each_alignment_or_for_each_pair(run: mr.Run) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    table = run.to_pandas()
    assert len(table) == sum(len(record.alignments) for record in run)
    assert {"id", "caption", "phrase", "verdict", "atoms", "evidence_recall"} <= set(table.columns)
    supported = sum(a.verdict == "supported" for record in run for a in record.alignments)
    assert (table["verdict"] == "supported").sum() == supported
    row = table.iloc[0]
    assert row["caption"][int(row["start"]) : int(row["end"])] == row["phrase"]
    pairs = run.to_pandas(pairs=True)
    assert list(pairs["id"]) == [record.id for record in run]


def test_a_report_is_written_where_it_is_asked_for(run: mr.Run, tmp_path: Path) -> None:
    page = run.report(tmp_path / "page.html")
    assert page == tmp_path / "page.html"
    assert page.read_text(encoding="utf-8") == (run.folder / "report.html").read_text(encoding="utf-8")


def test_a_notebook_shows_counts_and_the_first_pairs(run: mr.Run) -> None:
    shown = run._repr_html_()
    first, *_ = run
    assert shown.count("<article") == 3
    assert f"<h2>{first.id}</h2>" in shown
    assert "Verdicts by kind of phrase" in shown
    assert "Content-Security-Policy" not in shown  # a part of a page, not one


def test_a_record_a_checked_text_and_scores_show_themselves_in_a_notebook(run: mr.Run, tmp_path: Path) -> None:
    from molreflect.training.evaluation.prediction_files import write_predictions

    record = next(iter(run))
    assert 'class="alignment' in record._repr_html_()
    checked = mr.check("Oc1ccccc1", "It is a phenol. It has a chloro group. It lacks a nitro group.")
    shown = checked._repr_html_()
    assert "&lt;b&gt;" in mr.check("C", "<b>")._repr_html_()
    assert shown.count('class="verdict supported"') == 2
    assert shown.count('class="verdict refuted"') == 1
    assert "the text denies it" in shown
    write_predictions(tmp_path / "p.tsv", "cap2mol", [("an acid", "CC(=O)O", "OC(C)=O")])
    scores = mr.evaluate(tmp_path / "p.tsv", bootstrap=0, strata=True)._repr_html_()
    assert "Exact match" in scores
    assert "By class of rows" in scores


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a run directory"):
        mr.Run(tmp_path)
