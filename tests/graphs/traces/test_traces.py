"""Traces: a complete tree of what happened, kept in SQLite, forgotten where what came of it was not kept."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from traced import chain, start, tool, write

from molreflect.graphs.traces.store import TraceFilter, TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.errors import InputError, StorageError


@pytest.fixture(scope="module")
def store(sample_run: SimpleNamespace) -> Any:
    opened = TraceStore(sample_run.folder / "traces.sqlite", must_exist=True)
    yield opened
    opened.close()


def records(sample_run: SimpleNamespace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sample_run.folder / "alignments.jsonl").read_text().splitlines()]


def test_every_record_has_its_trace(store: TraceStore, sample_run: SimpleNamespace) -> None:
    traces = {t.trace_id: t for t in store.traces()}
    assert len(traces) == len(records(sample_run))
    for record in records(sample_run):
        trace = traces[record["trace_id"]]
        assert (trace.subject, trace.kind, trace.errors, trace.status) == (record["id"], "alignment", 0, "OK")
        assert trace.model_calls == record["usage"]["calls"]
        assert record["caption"].startswith(trace.title.removesuffix("..."))
        verdicts = [a["verdict"] for a in record["alignments"]]
        assert trace.verdicts == {v: verdicts.count(v) for v in set(verdicts)}


def test_a_trace_is_a_tree_whose_parents_exist_and_come_first(store: TraceStore, sample_run: SimpleNamespace) -> None:
    for record in records(sample_run):
        seen: set[str] = set()
        for span in store.spans(record["trace_id"]):
            assert span.parent_id is None or span.parent_id in seen, (record["id"], span)
            assert span.seconds is not None
            seen.add(span.span_id)


def test_every_tool_call_stands_with_arguments_and_result(store: TraceStore, sample_run: SimpleNamespace) -> None:
    tools = 0
    for record in records(sample_run):
        spans = store.spans(record["trace_id"])
        said = [m for s in spans if s.kind == "LLM" for m in store.messages(s)["out"]]
        asked = [c["name"] for m in said for c in m["tool_calls"]]
        called = [store.resolved(s) for s in spans if s.kind == "TOOL"]
        assert [s.name for s in called] == [name for name in asked if name != "AlignmentDraft"]
        by_id = {s.span_id: s for s in spans}
        for span in called:
            tools += 1
            assert span.attributes["input.value"]
            assert json.loads(span.attributes["output.value"])
            above, node = [], span
            while node.parent_id is not None:
                node = by_id[node.parent_id]
                above.append(node.name)
            assert "teacher" in above
            assert above[-1] in ("align:draft", "align:reflect")
    assert tools > 50


def test_verdicts_neighbours_and_choice_can_be_read_off(store: TraceStore, sample_run: SimpleNamespace) -> None:
    seen = set()
    for record in records(sample_run):
        spans = {s.name: s for s in store.spans(record["trace_id"])}
        judged = store.resolved(spans["verify"]).attributes["molreflect.verdicts"]
        assert all({"phrase", "verdict", "reason", "atoms", "level"} <= set(j) for j in judged)
        reflected = "align:reflect" in spans
        assert reflected == (record["selected_because"] != "nothing was refused, so nothing was reflected on")
        seen.add(reflected)
        assert len(record["neighbours"]) == 2
        if reflected:  # neighbours are looked at for nothing else
            found = store.resolved(spans["retrieve"]).attributes["retrieval.documents"]
            assert [n["id"] for n in found] == record["neighbours"]
            assert all(n["smiles"] and n["caption"] and n["alignments"] for n in found)
            assert all(n["distance"] == pytest.approx(1 - n["score"], abs=1e-5) for n in found)
        ended = store.resolved(spans["record"]).attributes["molreflect.record"]
        assert ended == record | ({} if reflected else {"neighbours": []})  # which the run adds where none were shown
        choice = spans["select"].attributes["molreflect.choice"]
        assert choice == {"selected": record["selected"], "because": record["selected_because"]}
        kinds = {s.name: s.kind for s in store.spans(record["trace_id"])}
        assert (kinds["teacher"], kinds["verify"]) == ("AGENT", "EVALUATOR")
        assert kinds.get("retrieve", "RETRIEVER") == "RETRIEVER"
        assert all(s.attributes["openinference.span.kind"] == s.kind for s in store.spans(record["trace_id"]))
    assert seen == {True, False}


def test_a_trace_holds_what_running_the_graph_again_takes(store: TraceStore, sample_run: SimpleNamespace) -> None:
    record = records(sample_run)[0]
    root = store.resolved(store.spans(record["trace_id"])[0]).attributes
    pair = root["molreflect.input"]
    assert [pair[name] for name in ("id", "view", "smiles", "caption", "target", "trace_id")] == [
        record["id"], "pair", record["smiles"], record["caption"], None, record["trace_id"],
    ]  # fmt: skip
    setup = root["molreflect.graph"]
    assert (setup["teacher"], setup["self_checking"], setup["prompt_version"]) == (
        "lexicon", True, record["prompt_version"],
    )  # fmt: skip
    assert setup["settings"]["max_repairs"] == 1
    assert setup["lexicon"]
    assert setup["versions"]["molreflect"]


def test_texts_stand_once_however_often_they_are_said(store: TraceStore, sample_run: SimpleNamespace) -> None:
    record = next(r for r in records(sample_run) if r["usage"]["calls"] >= 4)
    calls = [s for s in store.spans(record["trace_id"]) if s.kind == "LLM"]
    first, second = (s.attributes["llm.input_messages"] for s in calls[:2])
    assert second[: len(first)] == first
    system = {
        hash_
        for t in store.trace_ids()
        for s in store.spans(t)
        for hash_ in s.attributes.get("llm.input_messages", ())[:1]
    }
    assert len(system) == 1
    assert [m["role"] for m in store.messages(calls[1])["in"]] == ["system", "user", "assistant", "tool"]


def test_spans_are_added_in_order_and_forgotten_together(tmp_path: Path) -> None:
    write(tmp_path, start("a"), "align:draft")
    write(tmp_path, start("a"), "align:reflect", "select")
    write(tmp_path, start("b", "other"), "align:draft")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        assert [s.name for s in store.spans("a")] == ["align:draft", "align:reflect", "select"]
        assert [s.name for s in store.spans("a", offset=1, limit=1)] == ["align:reflect"]
        assert [t.trace_id for t in store.traces(TraceFilter(subject="row"))] == ["a"]
        assert [(t.trace_id, t.spans) for t in store.traces()] == [("b", 1), ("a", 3)]
        first = store.traces(limit=1)
        assert [t.trace_id for t in first] == ["b"]
        assert [t.trace_id for t in store.traces(before=first[0].place)] == ["a"]
        store.forget(["a"])
        assert store.spans("a") == []
        assert [t.trace_id for t in store.traces()] == ["b"]


def test_a_reflection_whose_record_was_not_kept_is_dropped_and_a_failed_attempt_stays(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    write(tmp_path, start("a"), "align:draft")
    with closing(TraceStore(path)) as store:
        store.forget_from("a", "align:reflect")
        assert len(store.spans("a")) == 1
    with closing(TraceWriter(TraceTarget(path=path))) as writer:
        recorder = writer.recorder(start("a"))
        chain(recorder, "align:reflect", error="gone")
        root = chain(recorder, "align:reflect")
        recorder.on_chain_start(None, {}, run_id=root, name="align:reflect")  # and one that was killed
        chain(recorder, "select", root)
        writer.flush()
        with closing(TraceStore(path)) as store:
            (trace,) = store.traces()
            assert (trace.spans, trace.status, trace.errors) == (5, "UNSET", 1)
            store.forget_from("a", "align:reflect")
            assert [(s.name, s.status) for s in store.spans("a")] == [("align:draft", "OK"), ("align:reflect", "ERROR")]
            (trace,) = store.traces()
            assert (trace.spans, trace.status, trace.errors) == (2, "ERROR", 1)


def test_a_missing_or_broken_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; name a run directory"):
        TraceStore(tmp_path / "traces.sqlite", must_exist=True)
    assert not (tmp_path / "traces.sqlite").exists()
    (tmp_path / "traces.sqlite").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(InputError, match="is not a database of traces"):
        TraceStore(tmp_path / "traces.sqlite")


@pytest.mark.parametrize(
    ("damage", "asked", "told"),
    [
        ("UPDATE traces SET title = CAST(x'a7ff' AS TEXT)", lambda s: s.traces(), "decode to UTF-8.*it is damaged"),
        ("UPDATE spans SET attributes = '{'", lambda s: s.spans("a"), "a step of trace a cannot be read.*damaged"),
        ("UPDATE packs SET data = x'00'", lambda s: s.prune(time.time() + 1), "is damaged: texts cannot be read"),
        (
            "CREATE TRIGGER zeroed BEFORE UPDATE ON changes BEGIN SELECT RAISE(ABORT, 'it must not be NULL'); END",
            lambda s: s.prune(time.time() + 1),
            "is damaged: its changes cannot be counted",
        ),
    ],
    ids=["title", "step", "texts", "changes"],
)
def test_damage_that_sqlite_does_not_see_is_one_line(damage: str, asked: Any, told: str, tmp_path: Path) -> None:
    with closing(TraceWriter(TraceTarget(path=tmp_path / "traces.sqlite"))) as writer:
        tool(writer.recorder(start("a", title="a title")), None, "find", "long " * 100)
        writer.finish("a")
    with closing(sqlite3.connect(tmp_path / "traces.sqlite")) as db, db:
        db.execute(damage)
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        with pytest.raises(StorageError, match=told) as found:
            asked(store)
        assert "\n" not in str(found.value)
        assert store.count() == 1, "nothing is lost by it"


def test_traces_of_an_earlier_version_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE spans (trace_id TEXT)")
    with pytest.raises(InputError, match=r"an earlier version \(format 1, not 3\); move it away"):
        TraceStore(path)
