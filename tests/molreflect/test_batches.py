"""Looking at a run, putting failed rows back in line, and the answers all runs share, as a user sees them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import Reply, fails, says, serve


def moody(body: dict[str, Any], number: int) -> Reply:
    """Decline every third question."""
    if sum(map(ord, str(body["messages"][-1]["content"]))) % 3 == 0:
        return says("I'm sorry, but I can't help with that.")
    return says(None, calls=[("AlignmentDraft", {"alignments": []})])


@pytest.fixture
def distilled(run: Any, sample_run: SimpleNamespace, fresh_out: Path, no_page: None) -> Any:
    def command(url: str, *more: object) -> Any:
        return run(
            "distill", sample_run.corpus, "--out", fresh_out, "--teacher", "m", "--base-url", url, "--protocol",
            "tools", "--neighbours", 0, "--mends", 0, "--no-cache", "--json", *more,
        )  # fmt: skip

    return command


def test_a_run_is_looked_at_and_its_failures_are_put_back_in_line(run: Any, distilled: Any, fresh_out: Path) -> None:
    with serve(moody) as server:
        ran = distilled(server.url)
        assert ran.code == 4, "rows failed, others are done"
        found = json.loads(run("status", fresh_out, "--json").out)
        failed = found["rows"]["failed"]
        assert failed > 1
        assert found["failures"] == {"refusal": failed}
        assert f"{failed} rows failed (refusal {failed})" in ran.err
        assert sum(found["rows"].values()) == 24
        assert found["spent"]["calls"] == len(server.requests) == 24
        assert found["calls"] == {"answered": 24}
        assert found["running"] is False
        told = run("status", fresh_out)
        assert f"{failed} refusal" in told.out
        assert "nobody works on it" in told.out
        assert run("retry", fresh_out, "--reason", "endpoint").code == 1
        again = run("retry", fresh_out, "--reason", "refusal")
        assert again.code == 0
        lines = again.out.splitlines()
        assert lines[0] == f"back in line: {failed} rows ({failed} refusal)"
        assert lines[1].startswith("go on with: molreflect distill ")
        assert lines[1].endswith(" --resume")


def two_kinds(body: dict[str, Any], number: int) -> Reply:
    """Decline a third of the questions, and take another third for too long."""
    kind = sum(map(ord, str(body["messages"][-1]["content"]))) % 3
    if kind == 1:
        return fails(400, "that is too long for me")
    return says("I'm sorry, but I can't help with that.") if kind == 0 else good()


def good(*_: Any) -> Reply:
    return says(None, calls=[("AlignmentDraft", {"alignments": []})])


def test_a_resume_after_a_choice_of_failed_rows_does_just_those(run: Any, distilled: Any, fresh_out: Path) -> None:
    with serve(two_kinds) as server:
        assert distilled(server.url).code == 4
    kinds = json.loads(run("status", fresh_out, "--json").out)["failures"]
    assert set(kinds) == {"refusal", "rejected"}
    none = run("retry", fresh_out, "--attempts", 1)
    assert none.code == 1
    assert "no failed row is put back" in none.out
    chosen = run("retry", fresh_out, "--reason", "refusal").out.splitlines()
    assert chosen[:2] == [
        f"back in line: {kinds['refusal']} rows ({kinds['refusal']} refusal)",
        f"left alone, by a resume too: {kinds['rejected']} rows ({kinds['rejected']} rejected)",
    ]
    with serve(good) as server:
        for asked in (kinds["refusal"], 0):  # also once they are done
            server.requests.clear()
            ran = distilled(server.url, "--resume")
            assert ran.code == 4, "some are failed still"
            assert len(server.requests) == asked
            assert f"{kinds['rejected']} failed rows left alone" in ran.err
            assert json.loads(ran.out)["failures"] == {"rejected": kinds["rejected"]}
        assert distilled(server.url, "--resume", "--keep-failed").code == 4
        assert run("retry", fresh_out, "--attempts", 2).code == 0
        ran = distilled(server.url, "--resume")
        assert (ran.code, json.loads(ran.out)["rows"]) == (0, {"done": 24})


def test_failed_rows_stay_as_they_are_where_that_is_asked_for(run: Any, distilled: Any, fresh_out: Path) -> None:
    with serve(moody) as server:
        distilled(server.url)
    with serve(good) as server:
        assert distilled(server.url, "--resume", "--keep-failed").code == 4
        assert server.requests == []
        assert distilled(server.url, "--resume").code == 0


def test_what_failed_is_listed_and_its_answers_are_shown_as_they_came(
    run: Any, distilled: Any, fresh_out: Path
) -> None:
    with serve(two_kinds) as server:
        distilled(server.url)
    found = json.loads(run("failures", fresh_out, "--json").out)
    assert sum(found["kinds"].values()) == len(found["rows"])
    refused = [row for row in found["rows"] if row["kind"] == "refusal"]
    listed = run("failures", fresh_out, "--reason", "refusal", "--limit", 1).out
    assert f"{len(found['rows'])} rows (" in listed
    assert f"{refused[0]['id']}  refusal, tried 1 time: " in listed
    assert f"{len(refused) - 1} row" in listed
    shown = run("failures", fresh_out, "--id", refused[0]["id"]).out
    assert "I'm sorry, but I can't help with that." in shown
    (attempt,) = json.loads(run("failures", fresh_out, "--id", refused[0]["id"], "--json").out)
    assert (attempt["kind"], attempt["raw"]) == ("refusal", "I'm sorry, but I can't help with that.")
    assert "has no row 'nobody'" in run("failures", fresh_out, "--id", "nobody").mistake


def test_a_refused_key_stops_a_run_and_leaves_its_rows(distilled: Any, fresh_out: Path) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        return fails(401, "key revoked") if number >= 5 else says(None, calls=[("AlignmentDraft", {"alignments": []})])

    with serve(answer) as server:
        ran = distilled(server.url, "--workers", 4)
        assert ran.code == 3
        assert len(server.requests) <= 5 + 4
    rows = json.loads(ran.out)["rows"]
    assert rows.get("failed", 0) == 0
    assert rows["pending"] >= 15
    (line,) = [x for x in ran.err.splitlines() if x.startswith("stopped: ")]
    assert "key revoked" in line
    assert "go on with --resume" in line
    with serve(moody) as server:
        assert distilled(server.url, "--resume").code in (0, 4)


def test_kept_answers_are_counted_and_forgotten(
    run: Any, sample_run: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOLREFLECT_CACHE", str(tmp_path / "cache"))
    with serve(lambda *_: says(None, calls=[("AlignmentDraft", {"alignments": []})])) as server:
        for out in ("a", "b"):
            ran = run(
                "distill", sample_run.corpus, "--limit", 3, "--out", tmp_path / out, "--teacher", "m", "--base-url",
                server.url, "--protocol", "tools", "--neighbours", 0,
            )  # fmt: skip
            assert ran.code == 0
        assert len(server.requests) == 3, "the second run was given what the first had paid for"
    found = json.loads(run("cache", "show", "--json").out)
    assert (found["answers"], found["models"]) == (3, {"m": 3})
    assert run("cache", "prune", "--older-than", "soon").code == 2
    assert "3 answers forgotten" in run("cache", "prune", "--older-than", "0d").err
    assert json.loads(run("cache", "show", "--json").out)["answers"] == 0


def test_steering_a_run_that_nobody_works_on_is_one_line(run: Any, sample_run: SimpleNamespace, tmp_path: Path) -> None:
    assert "nobody works on" in run("ctl", sample_run.folder, "pause").mistake
    assert "is not a run directory" in run("ctl", tmp_path, "stop").mistake
    for words in (["pause", 3], ["concurrency"]):
        assert "concurrency takes a number" in run("ctl", sample_run.folder, *words).mistake


def test_watching_a_run_that_has_ended_says_it_once(run: Any, sample_run: SimpleNamespace) -> None:
    (line,) = run("status", sample_run.folder, "--watch").out.splitlines()
    assert line.startswith("24 of 24 rows done; ")
    (line,) = run("status", sample_run.folder, "--watch", "--json").out.splitlines()
    assert json.loads(line)["rows"] == {"done": 24}


def test_a_run_is_watched_until_it_ends(run: Any, sample_run: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    from molreflect.cli import batches
    from molreflect.tools.storage import run_lock

    looks = []
    with ExitStack() as held:
        held.enter_context(run_lock(sample_run.folder))

        def wait(seconds: float) -> None:
            looks.append(seconds)
            if len(looks) == 2:
                held.close()

        monkeypatch.setattr(batches.time, "sleep", wait)
        lines = run("status", sample_run.folder, "--watch").out.splitlines()
    assert looks == [2.0, 2.0]
    assert len(lines) == 3


def test_a_log_is_told_how_far_the_whole_run_is(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    from molreflect.cli.alignment import _line_of

    line = _line_of(sample_run.folder)
    assert line is not None
    assert line.startswith("24 of 24 rows done; ")
    assert "rows/min" in line
    assert _line_of(tmp_path) is None, "before there is a run, the step is told"
