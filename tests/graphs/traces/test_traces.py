"""Traces: a complete tree of what happened, kept in SQLite, forgotten where what came of it was not kept."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from molreflect.graphs.traces.recorder import MAX_TEXT, Span
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.errors import InputError


@pytest.fixture(scope="module")
def store(sample_run: SimpleNamespace) -> Any:
    opened = TraceStore(sample_run.folder / "traces.sqlite", must_exist=True)
    yield opened
    opened.close()


def records(sample_run: SimpleNamespace) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (sample_run.folder / "alignments.jsonl").read_text().splitlines()]


def test_every_record_has_its_trace(store: TraceStore, sample_run: SimpleNamespace) -> None:
    traces = {t["trace_id"]: t for t in store.traces()}
    assert len(traces) == len(records(sample_run))
    for record in records(sample_run):
        trace = traces[record["trace_id"]]
        assert (trace["subject"], trace["kind"], trace["errors"]) == (record["id"], "alignment", 0)
        assert trace["model_calls"] == record["usage"]["calls"]


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
        asked = [
            c["name"] for s in spans if s.kind == "LLM" for c in json.loads(s.attributes.get("llm.tool_calls", "[]"))
        ]
        called = [s for s in spans if s.kind == "TOOL"]
        assert [s.name for s in called] == [name for name in asked if name != "AlignmentDraft"]
        by_id = {s.span_id: s for s in spans}
        for span in called:
            tools += 1
            assert json.loads(span.attributes["input.value"])
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
        judged = json.loads(spans["verify"].attributes["output.value"])
        assert all({"phrase", "verdict", "reason"} <= set(j) for j in judged)
        reflected = "align:reflect" in spans
        assert reflected == (record["selected_because"] != "nothing was refused, so nothing was reflected on")
        seen.add(reflected)
        assert len(record["neighbours"]) == 2
        if reflected:  # neighbours are looked at for nothing else
            found = json.loads(spans["retrieve"].attributes["retrieval.documents"])
            assert [n["id"] for n in found] == record["neighbours"]
        choice = json.loads(spans["select"].attributes["output.value"])
        assert choice == {"selected": record["selected"], "because": record["selected_because"]}
        kinds = {s.name: s.kind for s in store.spans(record["trace_id"])}
        assert (kinds["teacher"], kinds["verify"]) == ("AGENT", "EVALUATOR")
        assert kinds.get("retrieve", "RETRIEVER") == "RETRIEVER"
        assert all(s.attributes["openinference.span.kind"] == s.kind for s in store.spans(record["trace_id"]))
    assert seen == {True, False}


def span(trace: str, name: str, parent: str | None = None, status: str = "OK") -> Span:
    return Span(trace, f"{name}-{trace}", parent, name, "CHAIN", 1.0, 0.1, status)


def test_spans_are_added_in_order_and_forgotten_together(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.sqlite")
    store.add("row", "alignment", [span("a", "align:draft")])
    store.add("row", "alignment", [span("a", "align:reflect"), span("a", "select", "align:reflect-a")])
    store.add("other", "alignment", [span("b", "align:draft")])
    store.add("none", "alignment", [])
    assert [s.name for s in store.spans("a")] == ["align:draft", "align:reflect", "select"]
    assert [t["trace_id"] for t in store.traces(subject="row")] == ["a"]
    assert [t["trace_id"] for t in store.traces(subject="b")] == ["b"]
    assert [t["trace_id"] for t in store.traces(limit=1)] == ["a"]
    store.forget(["a"])
    assert store.spans("a") == []
    assert [t["trace_id"] for t in store.traces()] == ["b"]
    store.close()


def test_a_reflection_whose_record_was_not_kept_is_dropped_and_a_failed_attempt_stays(tmp_path: Path) -> None:
    store = TraceStore(tmp_path / "traces.sqlite")
    store.add("row", "alignment", [span("a", "align:draft")])
    store.forget_from("a", "align:reflect")
    assert len(store.spans("a")) == 1
    failed = Span("a", "f", None, "align:reflect", "CHAIN", 1.0, 0.1, "ERROR")
    store.add("row", "alignment", [failed])
    store.add("row", "alignment", [span("a", "align:reflect"), span("a", "select", "align:reflect-a")])
    store.forget_from("a", "align:reflect")
    assert [(s.name, s.status) for s in store.spans("a")] == [("align:draft", "OK"), ("align:reflect", "ERROR")]
    store.close()


def test_a_missing_or_broken_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; name a run directory"):
        TraceStore(tmp_path / "traces.sqlite", must_exist=True)
    assert not (tmp_path / "traces.sqlite").exists()
    (tmp_path / "traces.sqlite").write_text("not a database, but long enough to be looked at" * 20)
    with pytest.raises(InputError, match="is not a database of traces"):
        TraceStore(tmp_path / "traces.sqlite")


def test_a_long_result_is_cut_and_says_how_long_it_was() -> None:
    from molreflect.graphs.traces.recorder import _text

    cut = _text("x" * (MAX_TEXT + 5))
    assert cut.endswith(f"... ({MAX_TEXT + 5} characters)")
    assert _text("short") == "short"
