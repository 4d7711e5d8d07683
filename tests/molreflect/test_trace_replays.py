"""`molreflect traces replay` and `diff`: exit codes, and what is said in how many lines."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from openai_server import Reply, conversation, says, serve
from scripted import what_is_asked
from scripted_run import ACID, AMIDE, LEARNER, PAIRS, PHENOL, TUTOR, scripted_run

from molreflect.agents.prompts import align
from molreflect.graphs.align_pair import open_aligner
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.terms import TeacherProtocol


@pytest.fixture(scope="module")
def far_run(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scripted_run(tmp_path_factory.mktemp("far"), cache)


def test_a_replay_that_ends_the_same_is_one_line(run: Any, far_run: Path) -> None:
    done = run("traces", "replay", LEARNER, far_run)
    assert done.code == 0
    (line,) = done.out.splitlines()
    assert line.endswith("the same record byte for byte, from 3 model answers and 1 tool answer of then")
    every = run("traces", "replay", "--all", far_run)
    assert (every.code, every.out) == (0, f"{len(PAIRS)} traces replayed: 3 the same byte for byte, 0 differ\n")
    (told,) = json.loads(run("traces", "replay", TUTOR, far_run, "--json").out)
    assert (told["identical"], told["step"], told["verdicts"]) == (True, None, [])


def test_a_changed_prompt_ends_with_code_1_and_the_step(
    run: Any, far_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = align.request
    monkeypatch.setattr(align, "request", lambda **how: before(**how).replace("Draft the", "Please draft the"))
    done = run("traces", "replay", LEARNER, far_run)
    assert done.code == 1
    assert "differs first at step 4, align:draft > draft > teacher > model, " in done.out
    assert "- Draft the alignments" in done.out
    assert "+ Please draft the alignments" in done.out
    every = run("traces", "replay", "--all", far_run)
    assert every.code == 1
    assert every.out.endswith("3 traces replayed: 0 the same byte for byte, 3 differ\n")


def test_what_cannot_be_replayed_is_one_line_and_code_2(run: Any, far_run: Path, tmp_path: Path) -> None:
    assert "name a trace, or replay all with --all" in run("traces", "replay").mistake
    home = tmp_path / "other"
    home.mkdir()
    shutil.copy(far_run / "traces.sqlite", home)
    refused = run("traces", "replay", LEARNER, home)
    assert "cannot be replayed: it was made with a corpus" in refused.mistake
    assert "(nor can 2 others)" in run("traces", "replay", "--all", home).mistake
    named = run("traces", "replay", LEARNER, home, "--corpus", far_run.parent / "corpus.tsv")
    assert (named.code, named.out[:7]) == (0, LEARNER)


def test_a_record_that_the_run_has_otherwise_is_told(run: Any, far_run: Path, tmp_path: Path) -> None:
    import sqlite3

    folder = tmp_path / "run"
    shutil.copytree(far_run, folder)
    with closing(sqlite3.connect(folder / "run.sqlite")) as db, db:
        (text,) = db.execute("SELECT record FROM pairs WHERE id = ?", (LEARNER,)).fetchone()
        other = json.dumps(json.loads(text) | {"rounds": 7})
        db.execute("UPDATE pairs SET record = ? WHERE id = ?", (other, LEARNER))
    done = run("traces", "replay", LEARNER, folder)
    assert done.code == 1
    assert "the record: what it ended in\n  rounds:\n  - 7\n  + 1\n" in done.out


def test_two_traces_are_told_apart_at_their_first_difference(run: Any, far_run: Path) -> None:
    told = run("traces", "diff", LEARNER, TUTOR, far_run).out
    assert "they part at step 1, align:draft (" in told
    assert "): what the graph was given" in told
    assert "monocarboxylic acid: only the first trace has it, supported" in told
    assert "supported, refuted, unchecked: 2, 0, 0 -> 1, 0, 0" in told
    assert "coverage: phrases 1.000 -> 1.000, heavy atoms 1.000 -> 0.700" in told
    assert told.endswith("3 model calls, 330 tokens, 0.00036 USD -> 1 model call, 110 tokens, 0.00012 USD\n")
    same = run("traces", "diff", LEARNER, LEARNER, far_run)
    assert same.out.startswith("the traces say the same from beginning to end\n")
    found = json.loads(run("traces", "diff", LEARNER, TUTOR, far_run, "--json").out)
    assert found["step"]["place"] == 0
    with closing(TraceStore(far_run / "traces.sqlite")) as store:
        assert found["step"]["span_id"] == store.spans(found["first"]["trace_id"])[0].span_id


def test_traces_of_two_runs_are_compared(run: Any, far_run: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(far_run, folder)
    told = run("traces", "diff", LEARNER, LEARNER, far_run, "--other", folder).out
    assert told.startswith("the traces say the same from beginning to end\n")


def test_a_fork_says_what_it_cost_and_which_verdicts_changed(run: Any, resources: Any, tmp_path: Path) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        data, _ = what_is_asked(conversation(body))
        ties = [("monocarboxylic acid", ACID), ("phenols", AMIDE if data["task"] == "draft" else PHENOL)]
        return says(None, calls=[("AlignmentDraft", {"alignments": [{"phrase": p, "pattern": s} for p, s in ties]})])

    with serve(answer) as server:
        how = {"teacher": "scripted", "base_url": server.url, "protocol": TeacherProtocol.TOOLS}
        with open_aligner(**how, resources=resources, home=tmp_path) as aligner:
            aligner.align(*PAIRS[LEARNER])
        spans = json.loads(run("traces", "show", "pair", tmp_path, "--json").out)[0]["spans"]
        (verify, again) = [s for s in spans if s["name"] == "verify"]
        asked = ("traces", "fork", "pair", tmp_path, "--base-url", server.url)
        done = run(*asked, "--at", again["span_id"][:8], "--set", f"monocarboxylic acid={AMIDE}")
        assert len(server.requests) == 3
    assert done.code == 0, done.err
    assert "2 model answers from the trace, 1 call paid for\n" in done.out
    assert "they part at step 8, align > draft > teacher > model (" in done.out
    made = done.out.splitlines()[0].split()[1].rstrip(",")
    assert f"forked from {spans[0]['trace_id'][:8]}" in run("traces", "show", made, tmp_path).out
    for wrong, told in (
        ((), "name the step to change with --at"),
        (("--at", "zz", "--set", "a=b"), "no step that led to the end begins with zz"),
        (("--at", verify["span_id"]), "name what is changed with --set KEY=VALUE or --set FILE"),
    ):
        assert told in run("traces", "fork", spans[0]["trace_id"], tmp_path, *wrong).mistake
    assert "pair has 2 traces, the last of them" in run("traces", "fork", "pair", tmp_path, "--at", "a").mistake


def test_chosen_traces_become_rows_that_name_them(run: Any, far_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = run("traces", "to-dataset", far_run, "--out", out, "--direction", "mol2cap", "--tool", "look_up_phrases")
    assert done.code == 0, done.err
    (row,) = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    with closing(TraceStore(far_run / "traces.sqlite")) as store:
        (trace,) = store.find(LEARNER)
    assert (row["pair_id"], row["trace_id"]) == (LEARNER, trace.trace_id)
    assert row["metadata"]["run"] == trace.run
    # The same words as the run's own export has.
    run("export", far_run, "--format", "sft", "--out", tmp_path / "all.jsonl", "--direction", "mol2cap")
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text(encoding="utf-8").splitlines()]
    (same,) = [r for r in rows if r["pair_id"] == LEARNER]
    assert (row["prompt"], row["completion"]) == (same["prompt"], same["completion"])


def test_what_was_refused_in_a_trace_is_set_against_what_was_accepted(run: Any, far_run: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    told = run("traces", "to-dataset", far_run, "--format", "preference", "--out", out, "--direction", "mol2cap")
    assert told.code == 0, told.err
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert {row["pair_id"] for row in rows} == {LEARNER}
    assert ("phenols", AMIDE, "absent") in {
        (row["metadata"]["phrase"], row["metadata"]["refused"], row["metadata"]["reason"]) for row in rows
    }
    out.unlink()
    none = run("traces", "to-dataset", far_run, "--format", "preference", "--out", out, "--id", TUTOR)
    assert "no rows, and nothing was written: no proposal was refuted" in none.mistake
    assert not out.exists()
    assert "name the file" in run("traces", "to-dataset", far_run).mistake
