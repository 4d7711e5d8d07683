"""Two runs beside each other: what is the same, what changed, and which rows are not compared."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from molreflect.graphs.runs.diff import ABSENT, ContentChange, PhraseChange, SettingDifference, StateChange, diff_runs
from molreflect.graphs.runs.opened import Run
from molreflect.tools.errors import InputError

Edit = Callable[[dict[str, Any]], None]


class Copy:
    """A copy of a run that a test changes."""

    def __init__(self, source: Path, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        for name in ("run.yaml", "run.sqlite"):
            shutil.copy(source / name, folder)

    def sql(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.folder / "run.sqlite")) as db, db:
            assert db.execute(statement, values).rowcount > 0

    def record(self, position: int, edit: Edit) -> dict[str, Any]:
        with closing(sqlite3.connect(self.folder / "run.sqlite")) as db, db:
            (text,) = db.execute("SELECT record FROM pairs WHERE position = ?", (position,)).fetchone()
            record: dict[str, Any] = json.loads(text)
            edit(record)
            db.execute("UPDATE pairs SET record = ? WHERE position = ?", (json.dumps(record), position))
        return record

    def settings(self, edit: Edit) -> None:
        whole = yaml.safe_load((self.folder / "run.yaml").read_text(encoding="utf-8"))
        edit(whole)
        (self.folder / "run.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")


@pytest.fixture
def other(sample_run: SimpleNamespace, tmp_path: Path) -> Copy:
    return Copy(sample_run.folder, tmp_path / "other")


def test_a_run_is_the_same_as_itself_made_again(sample_run: SimpleNamespace, other: Copy) -> None:
    for position in range(sample_run.result.done):

        def made_again(record: dict[str, Any], position: int = position) -> None:
            record["trace_id"] = f"{position:032}"
            record["usage"]["calls"] += 1

        other.record(position, made_again)
    found = diff_runs(sample_run.folder, other.folder)
    assert found.same
    assert found.same_corpus
    assert found.settings == []
    assert (found.both, found.compared, found.differing) == (24, 24, 0)
    assert found.verdicts == {}
    assert found.side_b.usage.calls == found.side_a.usage.calls + 24
    assert found.side_a.coverage == sample_run.summary["mean_coverage"]


def test_a_changed_verdict_is_told_with_phrase_pattern_and_reason(sample_run: SimpleNamespace, other: Copy) -> None:
    def refute(record: dict[str, Any]) -> None:
        record["alignments"][0] |= {"verdict": "refuted", "reason": "absent"}
        record["coverage"]["phrases"] = 0.1
        record["selected"] = "reflected"
        del record["alignments"][1]

    record = other.record(0, refute)
    first = record["alignments"][0]
    found = diff_runs(sample_run.folder, other.folder)
    assert not found.same
    assert found.differing == found.coverage_down == found.reselected == 1
    assert found.verdicts == {("supported", "refuted"): 1, ("supported", ABSENT): 1}
    assert found.phrase_changes[0] == PhraseChange(
        record["id"], first["phrase"], first["start"], "structure", "supported", "present_and_specific",
        first["pattern"], "refuted", "absent", first["pattern"],
    )  # fmt: skip
    assert (found.phrase_changes[1].b, found.phrase_changes[1].b_pattern) == (ABSENT, None)
    turned = diff_runs(other.folder, sample_run.folder)
    assert turned.verdicts == {("refuted", "supported"): 1, (ABSENT, "supported"): 1}
    assert turned.coverage_up == 1


def test_a_row_without_phrases_to_cover_has_lost_none(sample_run: SimpleNamespace, other: Copy) -> None:
    other.record(0, lambda record: record["coverage"].update(phrases=None))
    found = diff_runs(sample_run.folder, other.folder)
    assert (found.differing, found.coverage_up, found.coverage_down) == (1, 0, 0)


def test_another_pattern_of_the_same_verdict_is_a_difference_and_no_changed_verdict(
    sample_run: SimpleNamespace, other: Copy
) -> None:
    other.record(0, lambda record: record["alignments"][0].update(pattern="[#6]"))
    found = diff_runs(sample_run.folder, other.folder)
    assert (found.repatterned, found.verdicts, found.differing, found.same) == (1, {}, 1, False)


def test_the_supported_one_speaks_for_a_phrase_with_several_patterns(sample_run: SimpleNamespace, other: Copy) -> None:
    def doubt(record: dict[str, Any]) -> None:
        alternative = record["alignments"][0] | {"verdict": "refuted", "reason": "absent", "pattern": "[Pb]"}
        record["alignments"].insert(0, alternative)

    other.record(0, doubt)
    found = diff_runs(sample_run.folder, other.folder)
    assert (found.verdicts, found.repatterned, found.differing) == ({}, 0, 1)


def test_rows_are_paired_by_id_and_content(sample_run: SimpleNamespace, other: Copy) -> None:
    with closing(sqlite3.connect(other.folder / "run.sqlite")) as db:
        ids = [pair_id for (pair_id,) in db.execute("SELECT id FROM pairs ORDER BY position LIMIT 5")]
    other.sql("UPDATE pairs SET caption = caption || ' It is new.' WHERE position = 0")
    other.sql("UPDATE pairs SET smiles = 'CCO', caption = 'x' WHERE position = 1")
    other.sql("UPDATE pairs SET id = 'renamed' WHERE position = 2")
    other.sql("DELETE FROM pairs WHERE position = 3")
    other.record(0, lambda record: record["alignments"].clear())
    found = diff_runs(sample_run.folder, other.folder)
    assert found.changed == [ContentChange(ids[0], "caption"), ContentChange(ids[1], "molecule and caption")]
    assert (found.only_a, found.only_b, found.renamed) == ([ids[2], ids[3]], ["renamed"], 1)
    assert (found.both, found.compared) == (20, 20)
    assert not found.same_corpus
    assert found.verdicts == {}, "a pair that changed is not compared"


def test_another_order_is_the_same_corpus(sample_run: SimpleNamespace, other: Copy) -> None:
    other.sql("UPDATE pairs SET position = 1000 - position")
    assert diff_runs(sample_run.folder, other.folder).same
    assert Run(sample_run.folder).diff(other.folder).same
    assert Run(sample_run.folder).diff(Run(other.folder)).b.folder == str(other.folder)


def test_rows_that_came_to_another_end_are_told_with_the_reason(sample_run: SimpleNamespace, other: Copy) -> None:
    other.sql("UPDATE pairs SET state = 'failed', reason = 'gone', record = NULL WHERE position = 0")
    found = diff_runs(sample_run.folder, other.folder)
    pair_id = json.loads((sample_run.folder / "alignments.jsonl").read_text().splitlines()[0])["id"]
    assert found.states == [StateChange(pair_id, "done", "failed", "gone")]
    assert (found.both, found.compared, found.same_corpus, found.same) == (24, 23, True, False)
    assert found.b.failures == {"unexpected": 1}


def test_settings_are_told_by_their_whole_name(sample_run: SimpleNamespace, other: Copy) -> None:
    other.settings(lambda whole: whole["settings"]["limits"].update(calls=7, more="x"))
    found = diff_runs(sample_run.folder, other.folder)
    assert found.settings == [
        SettingDifference("settings.limits.calls", 48, 7),
        SettingDifference("settings.limits.more", None, "x"),
    ]
    assert found.same, "what came out is the same"


def test_what_is_no_run_is_refused(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    for pair in ((sample_run.folder, tmp_path), (tmp_path, sample_run.folder)):
        with pytest.raises(InputError, match="is not a run directory"):
            diff_runs(*pair)


def test_json_holds_all_and_with_a_limit_the_first(sample_run: SimpleNamespace, other: Copy) -> None:
    other.sql("UPDATE pairs SET caption = caption || ' It is new.' WHERE position < 5")
    found = diff_runs(sample_run.folder, other.folder)
    whole, cut = (json.loads(json.dumps(found.to_json(limit))) for limit in (None, 2))
    assert len(whole["changed_pairs"]) == whole["rows"]["changed"] == cut["rows"]["changed"] == 5
    assert cut["changed_pairs"] == whole["changed_pairs"][:2]
