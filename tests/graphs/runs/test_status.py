"""How far a run is: sums without reading records, what it waits for, and who works on it."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from molreflect.agents.schemas import Usage
from molreflect.cli.run_status import going_on, progress_line, status_lines
from molreflect.graphs.runs.calls import CallLog
from molreflect.graphs.runs.changes import start_over
from molreflect.graphs.runs.control import ControlFile
from molreflect.graphs.runs.status import status_of
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.runs.waits import waits_of
from molreflect.tools.errors import InputError
from molreflect.tools.storage import run_lock

QUIET = {
    "under_way": 0, "waiting": 0, "room": None, "told": "", "status": None, "opens_at": None, "silent_since": None,
    "patience_ends": None, "limited": False,
}  # fmt: skip


def state(**endpoint: Any) -> dict[str, Any]:
    return {
        "worker": None, "phase": "drafting", "done": 2, "of": 5, "rows_in_work": 4, "stopping": "", "paused": False,
        "concurrency": 4, "steps_per_minute": 30.0, "endpoint": QUIET | endpoint,
    }  # fmt: skip


@pytest.fixture
def run(sample_run: SimpleNamespace, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sample_run.folder, tmp_path / "run", ignore=shutil.ignore_patterns("index")))


def used_by_records(run: Path) -> Usage:
    with contextlib.closing(sqlite3.connect(run / "run.sqlite")) as db:
        found = db.execute("SELECT json_extract(COALESCE(record, draft), '$.usage.calls') FROM pairs").fetchall()
    return Usage(calls=sum(calls or 0 for (calls,) in found))


def test_what_rows_have_used_is_kept_beside_them_whatever_becomes_of_them(run: Path) -> None:
    with contextlib.closing(RunStore.open(run)) as store:
        whole = store.spent()
        assert whole.calls == used_by_records(run).calls > 0
        row = store.rows()[0]
        with store._db as db:
            db.execute("UPDATE pairs SET state = 'drafted', record = NULL WHERE position = ?", (row.position,))
        assert store.spent().calls == used_by_records(run).calls
        with store._db as db:  # as an earlier version left it
            db.execute("DELETE FROM row_usage")
        assert store.spent().calls == used_by_records(run).calls
    start_over(run)
    with contextlib.closing(RunStore.open(run)) as store:
        assert store.spent().calls == whole.calls, "what was spent stays spent"
        assert store.counts() == {"pending": 24}


def test_a_finished_run_is_summed_up(run: Path, sample_run: SimpleNamespace) -> None:
    found = status_of(run)
    assert (found.state, found.running, found.rows) == ("ended", False, {"done": 24})
    assert found.how == "24 rows done"
    structure = sample_run.summary["alignments"]["structure"]
    assert {k: v for k, v in found.verdicts.items() if v} == structure
    assert found.seconds_left is None
    assert json.loads(json.dumps(found.to_json()))["rows"] == {"done": 24}


def test_no_record_is_read_to_sum_up_a_run(run: Path) -> None:
    before = status_of(run)
    with contextlib.closing(sqlite3.connect(run / "run.sqlite")) as db, db:
        db.execute("DROP TRIGGER usage_of_changed")
        db.execute("UPDATE pairs SET record = 'no JSON'")
    assert status_of(run) == before


def test_whoever_works_on_a_run_is_told_from_one_that_died(run: Path) -> None:
    with contextlib.closing(ControlFile(run)) as control:
        start = control.begin("molreflect distill x --out y")
        control.say(start, state(under_way=3))
        found = status_of(run)
        assert (found.state, found.phase, found.calls_under_way) == ("died", "", 0)
        assert "has died" in status_lines(found)[0]
        with run_lock(run):
            found = status_of(run)
            assert (found.state, found.phase, found.calls_under_way, found.concurrency) == (
                "running", "drafting, 40%", 3, 4
            )  # fmt: skip
            control.end(start, "done")
            assert status_of(run).state == "busy"
        assert status_of(run).state == "ended"


def test_a_folder_whose_run_never_began_says_so(tmp_path: Path) -> None:
    with contextlib.closing(ControlFile(tmp_path)) as control:
        start = control.begin("molreflect distill x --out y")
        with run_lock(tmp_path):
            control.say(start, state() | {"phase": "counting evidence", "done": 40, "of": 100, "endpoint": None})
            found = status_of(tmp_path)
            assert (found.state, found.phase) == ("preparing", "counting evidence, 40%")
            assert progress_line(found) == "counting evidence, 40%"
        assert status_of(tmp_path).state == "died"
        control.end(start, "InputError: no such model")
    found = status_of(tmp_path)
    assert found.state == "never begun"
    assert "no such model" in status_lines(found)[0]
    with pytest.raises(InputError, match="is not a run directory"):
        status_of(tmp_path / "nothing")


def test_what_a_run_waits_for_is_said_in_words() -> None:
    now = time.time()
    told = {"told": "RateLimitError (429): slow down", "status": 429}
    (wait,) = waits_of([state(waiting=12, opens_at=now + 60, **told)], [])
    assert (wait.reason, wait.rows) == ("told to wait", 12)
    assert wait.text.startswith("12 rows wait on 429 until ")
    outage = {"silent_since": now - 30, "patience_ends": now + 570, "told": "APIConnectionError: refused"}
    (wait,) = waits_of([state(waiting=1, **outage)], [])
    assert wait.reason == "outage"
    assert wait.text.startswith("1 row waits out an outage since ")
    assert "patience ends at" in wait.text
    assert wait.text.endswith(": APIConnectionError: refused")
    (wait,) = waits_of([state(waiting=3, under_way=2, room=2)], [])
    assert wait.text == "3 rows wait, since the endpoint bears 2 calls at a time"
    (wait,) = waits_of([state(waiting=3, limited=True)], [])
    assert wait.reason == "limit"
    (wait,) = waits_of([state(waiting=3) | {"paused": True}], [])
    assert wait.text.startswith("paused by ctl")
    assert waits_of([state(under_way=4)], []) == ()
    moment_ago = {"silent_since": now - 1, "patience_ends": now + 599}
    assert waits_of([state(waiting=1, **moment_ago)], []) == (), "one failed call is no outage"


def test_tokens_cached_by_the_provider_are_told_apart(run: Path) -> None:
    with contextlib.closing(CallLog(run)) as log:
        log.note("answered", Usage(calls=1, input_tokens=100, output_tokens=10, cached_tokens=64, cost=0.5))
        log.note("busy", Usage(calls=1))
    found = status_of(run)
    assert (found.spent.calls, found.spent.input_tokens, found.cached_tokens) == (2, 100, 64)
    assert found.calls == {"answered": 1, "busy": 1}
    assert found.projected_cost == 0.5, "nothing is left to be done"
    assert "(64 of them cached by the provider)" in "\n".join(status_lines(found))
    assert "cached_tokens" not in found.spent.model_dump(), "no record holds what the next run finds otherwise"


def test_money_is_projected_by_drafts_and_reflections(run: Path) -> None:
    with contextlib.closing(CallLog(run)) as log:
        log.note("answered", Usage(calls=1, cost=1.0))
    with contextlib.closing(sqlite3.connect(run / "run.sqlite")) as db, db:
        db.execute("UPDATE pairs SET state = 'pending', record = NULL, draft = NULL WHERE position >= 6")
        db.execute("UPDATE row_usage SET reflected = position < 3")
    assert status_of(run).projected_cost == 4.0, "6 drafts and 3 reflections made, 18 and 9 to come"


def test_a_command_is_written_so_that_it_goes_on() -> None:
    assert going_on("molreflect distill c --out r") == "molreflect distill c --out r --resume"
    assert going_on("molreflect distill c --resume --redo --out r") == "molreflect distill c --resume --out r"
