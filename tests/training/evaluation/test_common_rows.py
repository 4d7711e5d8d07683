"""Comparing two systems over the rows that both have, and naming the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from molreflect.tools.errors import InputError
from molreflect.training.evaluation.compare import align, common_rows, compare
from molreflect.training.evaluation.prediction_files import read_predictions, write_predictions

QUESTIONS = [("an acid", "CC(=O)O"), ("an alcohol", "CCO"), ("an amine", "CCN"), ("an amine", "CCN")]


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    a, b = tmp_path / "a.tsv", tmp_path / "b.tsv"
    write_predictions(a, "cap2mol", [(*question, "C") for question in [*QUESTIONS, ("a thiol", "CS")]])
    other = [("an alcohol", "nan"), *QUESTIONS[:1], QUESTIONS[2], ("an ester", "CC(=O)OC")]
    write_predictions(b, "cap2mol", [(*question, "CC") for question in other])
    return a, b


def test_rows_of_both_are_kept_in_the_order_of_the_first_and_the_others_are_named(files: tuple[Path, Path]) -> None:
    a, b = map(read_predictions, files)
    left, right, dropped = common_rows(a, b)
    assert [(row.source, row.truth) for row in left.rows] == [QUESTIONS[0], QUESTIONS[2]]
    assert [(row.source, row.truth) for row in right.rows] == [QUESTIONS[0], QUESTIONS[2]]
    assert {row.output for row in right.rows} == {"CC"}
    named = [(Path(row.path).name, row.line, row.why.replace(str(files[0].parent) + "/", "")) for row in dropped]
    assert named == [
        ("a.tsv", 3, "its ground truth is 'CCO', in b.tsv 'nan'"),
        ("a.tsv", 5, "b.tsv asks it less often"),
        ("a.tsv", 6, "b.tsv has no such input"),
        ("b.tsv", 2, "its ground truth is 'nan', in a.tsv 'CCO'"),
        ("b.tsv", 5, "a.tsv has no such input"),
    ]


def test_without_being_asked_files_with_other_questions_are_refused_and_the_way_out_is_named(
    files: tuple[Path, Path],
) -> None:
    a, b = map(read_predictions, files)
    with pytest.raises(InputError, match=r"3 rows only in the first, 2 only in the second .*--common"):
        align(a, b)


def test_a_comparison_tests_the_common_rows_and_keeps_what_it_left_out(files: tuple[Path, Path]) -> None:
    found = compare(*files, common=True, bootstrap=10, trials=10, workers=1)
    assert (found.a.rows, found.b.rows, len(found.dropped)) == (2, 2, 5)
    assert found.to_dict()["dropped"][0]["source"] == "an alcohol"


def test_files_without_a_common_row_are_refused(tmp_path: Path, files: tuple[Path, Path]) -> None:
    write_predictions(tmp_path / "c.tsv", "cap2mol", [("a sugar", "OCC=O", "C")])
    with pytest.raises(InputError, match="no row with the same input and ground truth"):
        compare(files[0], tmp_path / "c.tsv", common=True)
