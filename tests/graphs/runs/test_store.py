"""Run directories: begun whole or not at all, opened only by a version that reads them, rows that keep their state."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml

from molreflect.graphs.runs.store import FORMAT, RunStore, discard_unstarted, require_empty
from molreflect.tools.corpus import BadRow, Pair
from molreflect.tools.errors import InputError
from molreflect.tools.terms import FailureKind

PAIRS = [Pair(f"p{i}", "C" * (i + 1), f"caption {i}", "C", i + 2) for i in range(4)]


def begin(folder: Path) -> RunStore:
    return RunStore.create(folder, {"settings": {"a": 1}}, PAIRS, [p.id for p in PAIRS], [BadRow(9, "why", "text")])


def test_a_new_run_has_every_row_pending_in_corpus_order(tmp_path: Path) -> None:
    store = begin(tmp_path / "run")
    assert [(r.id, r.state, r.attempts) for r in store.rows()] == [(p.id, "pending", 0) for p in PAIRS]
    assert store.counts() == {"pending": 4}
    assert store.bad_rows() == [BadRow(9, "why", "text")]
    assert yaml.safe_load((tmp_path / "run" / "run.yaml").read_text()) == {"format": FORMAT, "settings": {"a": 1}}


def test_rows_go_on_through_their_states_and_keep_what_came_of_them(tmp_path: Path) -> None:
    store = begin(tmp_path / "run")
    rows = store.rows()
    store.keep_drafts([(rows[0], {"drafted": []}, "t0"), (rows[1], {"drafted": []}, "t1")])
    store.keep_failure(rows[1], "reflection failed", "t1")
    store.keep_failure(rows[2], "draft failed", "t2")
    store.close()
    store = RunStore.open(tmp_path / "run")
    assert store.counts() == {"drafted": 1, "failed": 2, "pending": 1}
    assert store.draft("p0") == {"drafted": []}
    assert store.draft("p3") is None
    assert store.trace_ids() == {"t0", "t1", "t2"}
    assert [(r.id, r.reason, r.attempts) for r in store.rows("failed")] == [
        ("p1", "reflection failed", 2), ("p2", "draft failed", 1)
    ]  # fmt: skip
    assert store.failed.put_back().again == {FailureKind.UNEXPECTED: 2}
    assert {r.id: r.state for r in store.rows()} == {
        "p0": "drafted", "p1": "drafted", "p2": "pending", "p3": "pending"
    }  # fmt: skip


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="already holds other files; name another folder"):
        begin(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]
    begin(tmp_path / "run").close()
    with pytest.raises(InputError, match="already holds a run"):
        begin(tmp_path / "run")


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "deep" / "run"):
        with pytest.raises(InputError, match="file is a file; name a folder"):
            require_empty(folder)


def test_an_index_from_an_attempt_that_never_began_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "run" / "index").mkdir(parents=True)
    begin(tmp_path / "run").close()


@pytest.mark.parametrize("found", ["format: 1\n", "format: 3\n", "settings: {}\n", "- 1\n", "just words\n"])
def test_a_run_of_another_version_is_refused(tmp_path: Path, found: str) -> None:
    begin(tmp_path / "run").close()
    (tmp_path / "run" / "run.yaml").write_text(found)
    with pytest.raises(InputError, match=r"is a run of format \S+, this version reads format 2; distil it again"):
        RunStore.open(tmp_path / "run")


@pytest.mark.parametrize("found", [b"format: [1\n", b"\xff\xfe\x00"])
def test_a_broken_settings_file_is_one_line(tmp_path: Path, found: bytes) -> None:
    begin(tmp_path / "run").close()
    (tmp_path / "run" / "run.yaml").write_bytes(found)
    with pytest.raises(InputError, match="is not YAML") as caught:
        RunStore.open(tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_a_broken_database_is_one_line(tmp_path: Path) -> None:
    begin(tmp_path / "run").close()
    for extra in (tmp_path / "run").glob("run.sqlite*"):
        extra.unlink()
    (tmp_path / "run" / "run.sqlite").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(InputError, match=r"run\.sqlite is not a database of a run"):
        RunStore.open(tmp_path / "run")


@pytest.mark.parametrize("missing", ["run.yaml", "run.sqlite"])
def test_half_a_run_is_not_a_run(tmp_path: Path, missing: str) -> None:
    begin(tmp_path / "run").close()
    (tmp_path / "run" / missing).unlink()
    with pytest.raises(InputError, match="is not a run directory"):
        RunStore.open(tmp_path / "run")


def test_what_a_killed_beginning_left_is_cleared_on_resume(tmp_path: Path) -> None:
    begin(tmp_path / "run").close()
    (tmp_path / "run" / "run.yaml").rename(tmp_path / "run" / ".run.yaml.0a1b2c3d.part")
    discard_unstarted(tmp_path / "run")
    # The lock stays: removed, it could be taken twice by processes that came in between.
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["owner.lock"]


def test_a_run_that_lost_its_settings_keeps_its_work(tmp_path: Path) -> None:
    store = begin(tmp_path / "run")
    store.keep_failure(store.rows()[0], "r", "t")
    store.close()
    (tmp_path / "run" / "run.yaml").unlink()
    with pytest.raises(InputError, match=r"lost its run\.yaml, and work on 1 row"):
        discard_unstarted(tmp_path / "run")
    with sqlite3.connect(tmp_path / "run" / "run.sqlite") as db:
        assert db.execute("SELECT COUNT(*) FROM pairs").fetchone() == (4,)
