"""Run directories on full, read-only and broken disks: one line, nothing lost, and what can be made again is made."""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from copied import copied_folder

from molreflect.cli.main import main
from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.runs.export import export
from molreflect.graphs.runs.opened import Run
from molreflect.graphs.runs.status import status_of
from molreflect.graphs.runs.store import RunStore
from molreflect.tools import storage
from molreflect.tools.errors import InputError, StorageError
from molreflect.tools.storage import atomic_write_text, connect

EXPORTED = ("alignments.jsonl", "failures.jsonl", "summary.json")


@pytest.fixture
def run(sample_run: SimpleNamespace, tmp_path: Path) -> Path:
    """A finished run that may be damaged."""
    folder = tmp_path / "run"
    shutil.copytree(sample_run.folder, folder, ignore=shutil.ignore_patterns("owner.lock"))
    return folder


def go_on(run: Path, sample_run: SimpleNamespace, cache: Path, **more: Any) -> Any:
    return distill_corpus(str(sample_run.corpus), run, DistillSettings(), resume=True, cache=cache, **more)[0]


def change(run: Path, statement: str) -> None:
    with contextlib.closing(sqlite3.connect(run / "run.sqlite")) as db, db:
        db.execute(statement)


def overwrite(path: Path, content: bytes) -> None:
    for extra in path.parent.glob(f"{path.name}-*"):
        extra.unlink()
    path.write_bytes(content)


def noise(path: Path) -> None:
    """Write nonsense into the middle of a database, whose head stays as it was."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(path.read_bytes())
    for start in range(4_096, len(content), 4_096):
        content[start : start + 64] = bytes(64)
    overwrite(path, bytes(content))


@pytest.mark.parametrize("damage", ["empty", "text", "noise"])
@pytest.mark.parametrize("name", ["run.sqlite", "traces.sqlite"])
def test_a_damaged_database_is_one_line_and_what_was_exported_stays(
    damage: str, name: str, run: Path, sample_run: SimpleNamespace, cache: Path
) -> None:
    path = run / name
    noise(path) if damage == "noise" else overwrite(path, b"no database " * 200 if damage == "text" else b"")
    before = {file: (run / file).read_bytes() for file in EXPORTED}
    if name == "run.sqlite":
        for use in (status_of, lambda folder: export(RunStore.open(folder, write=True))):
            with pytest.raises(InputError, match=r"run\.sqlite") as caught:
                use(run)
            assert "\n" not in str(caught.value)
        with pytest.raises(InputError, match=r"run\.sqlite"):
            go_on(run, sample_run, cache)
    elif damage == "empty":
        assert go_on(run, sample_run, cache).done == 24
    else:
        with pytest.raises(InputError, match=r"traces\.sqlite"):
            go_on(run, sample_run, cache)
    assert {file: (run / file).read_bytes() for file in EXPORTED} == before


@pytest.mark.parametrize(
    "record",
    ["substr(record, 1, 300)", "'[1]'", '\'{"id": "x"}\'', "NULL", "json_remove(record, '$.alignments')"],
)
def test_a_damaged_record_is_told_and_made_again_by_a_resume(
    record: str, run: Path, sample_run: SimpleNamespace, cache: Path
) -> None:
    wanted = (run / "alignments.jsonl").read_bytes()
    change(run, "DROP TRIGGER usage_of_changed")  # a broken disk tells no trigger
    change(run, f"UPDATE pairs SET record = {record} WHERE position = 2")
    damaged = RunStore.open(run).rows()[2].id
    for use in (lambda folder: [*Run(folder)], lambda folder: export(RunStore.open(folder))):
        with pytest.raises(StorageError, match=f"the record of '{damaged}' is damaged.*--resume"):
            use(run)
    told: list[str] = []
    assert go_on(run, sample_run, cache, report=told.append).done == 24
    assert "1 damaged row to do again" in told
    assert (run / "alignments.jsonl").read_bytes() == wanted


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pairs SET state = 'drafted', record = NULL, draft = substr(draft, 1, 40) WHERE position = 2",
        "UPDATE pairs SET state = 'drafted', record = NULL, draft = NULL WHERE position = 2",
        "UPDATE pairs SET state = 'nonsense' WHERE position = 2",
        "DELETE FROM pairs WHERE position = 2",
    ],
)
def test_a_row_that_was_lost_half_way_is_made_again(
    statement: str, run: Path, sample_run: SimpleNamespace, cache: Path
) -> None:
    def made() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in (run / "alignments.jsonl").read_text(encoding="utf-8").splitlines()]
        return [{name: value for name, value in record.items() if name != "trace_id"} for record in found]

    wanted = made()
    change(run, "DROP TRIGGER usage_of_changed")
    change(run, statement)
    assert go_on(run, sample_run, cache).done == 24
    assert made() == wanted


def test_settings_without_their_settings_are_one_line(run: Path) -> None:
    (run / "run.yaml").write_text("format: 2\n")
    with pytest.raises(InputError, match="holds no settings"):
        status_of(run)


@pytest.mark.parametrize("content", [b"", b"garbage " * 40])
def test_a_damaged_index_and_damaged_caches_are_made_again_and_said(
    content: bytes,
    run: Path,
    sample_run: SimpleNamespace,
    cache: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    own_cache = tmp_path / "cache"
    copied_folder(cache, own_cache)
    wanted = (run / "alignments.jsonl").read_bytes()
    broken = [path for path in [*(run / "index").rglob("*"), *own_cache.iterdir()] if path.is_file()]
    broken = [path for path in broken if path.name != "owner.lock" and "responses" not in path.name]
    for path in broken:
        path.write_bytes(content)
    change(run, "UPDATE pairs SET state = 'pending', record = NULL, draft = NULL, trace_id = '', attempts = 0")
    with caplog.at_level(logging.WARNING):
        assert go_on(run, sample_run, own_cache).done == 24
    assert (run / "alignments.jsonl").read_bytes() == wanted
    if content:
        assert sum("is made again" in line for line in caplog.messages) >= 2


def full(connection: Any) -> None:
    """Let a database grow no further, as on a full disk."""
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_stops_the_run_in_one_line_and_keeps_what_is_done(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = DistillSettings(neighbours=0)
    calm = tmp_path / "calm"
    distill_corpus(str(sample_run.corpus), calm, settings, cache=cache)
    original = RunStore.create.__func__  # type: ignore[attr-defined]

    def on_a_full_disk(*given: Any) -> RunStore:
        store: RunStore = original(*given)
        full(store._db)
        return store

    monkeypatch.setattr(RunStore, "create", classmethod(on_a_full_disk))
    out = tmp_path / "run"
    with pytest.raises(StorageError, match=r"run\.sqlite: database or disk is full; see that the disk") as caught:
        distill_corpus(str(sample_run.corpus), out, settings, cache=cache)
    assert "\n" not in str(caught.value)
    monkeypatch.undo()
    counts = RunStore.open(out).counts()
    assert counts.get("failed", 0) == 0
    assert counts["pending"] > 0
    result, _ = distill_corpus(str(sample_run.corpus), out, settings, resume=True, cache=cache)
    assert result.done == 24
    assert (out / "alignments.jsonl").read_bytes() == (calm / "alignments.jsonl").read_bytes()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_an_export_that_finds_no_room_leaves_what_was_there(
    number: int, run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {file: (run / file).read_bytes() for file in EXPORTED}

    def no_room(descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(storage.os, "fsync", no_room)
    monkeypatch.setattr("sys.argv", ["molreflect", "export", str(run)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 2
    *_, last = capsys.readouterr().err.strip().splitlines()
    assert last.startswith("molreflect: ")
    assert f"cannot be written ({os.strerror(number)})" in last
    assert {file: (run / file).read_bytes() for file in EXPORTED} == before
    assert not [*run.glob(".*.part")]


def test_a_half_written_export_is_whole_again_after_the_next_one(run: Path) -> None:
    before = {file: (run / file).read_bytes() for file in EXPORTED}
    for file in EXPORTED:
        (run / file).write_bytes(before[file][:50])
    export(RunStore.open(run, write=True))
    assert {file: (run / file).read_bytes() for file in EXPORTED} == before


def test_statements_that_are_wrong_are_no_matter_of_the_disk(tmp_path: Path) -> None:
    with contextlib.closing(connect(tmp_path / "x.sqlite", "a test", "CREATE TABLE t (a PRIMARY KEY)")) as db:
        with pytest.raises(sqlite3.OperationalError, match="no such table"):
            db.execute("SELECT * FROM missing")
        db.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(sqlite3.IntegrityError):
            db.execute("INSERT INTO t VALUES (1)")


@pytest.mark.parametrize(
    "use",
    [
        lambda db: db.execute("SELECT * FROM t").fetchall(),
        lambda db: db.execute("SELECT * FROM t").fetchone(),
        lambda db: list(db.execute("SELECT * FROM t")),
        lambda db: db.executemany("INSERT INTO t VALUES (?)", [("x" * 9_000,)] * 40),
    ],
)
def test_errors_of_a_damaged_database_name_its_file(use: Callable[[Any], Any], tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with contextlib.closing(connect(path, "a test", "CREATE TABLE t (a)")) as db, db:
        db.executemany("INSERT INTO t VALUES (?)", [(f"{i} " * 400,) for i in range(60)])
    noise(path)
    with contextlib.closing(connect(path, "a test")) as db, pytest.raises(StorageError, match=r"x\.sqlite: .*damaged"):
        use(db)


def test_a_file_in_the_way_of_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(StorageError, match="there cannot be written"):
        atomic_write_text(tmp_path / "there", "x")
