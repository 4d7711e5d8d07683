"""The writer of traces: nothing lost, nothing mixed up, nothing kept that is not to be kept."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from traced import QUESTION, chain, start, tool, turn, write

from molreflect.agents.models.prices import Price
from molreflect.graphs.traces.contents import private_key
from molreflect.graphs.traces.messages import to_langchain
from molreflect.graphs.traces.packs import MAX_PACK, PLACES, unpack
from molreflect.graphs.traces.spans import UNDERSTOOD
from molreflect.graphs.traces.store import TraceFilter, TraceStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.errors import InputError
from molreflect.tools.terms import TraceMode

LONG = "The molecule is a benzoate ester. " * 20
KEY = "sk-proj-abcdefghijklmnop1234"


def target(folder: Path, **more: object) -> TraceTarget:
    return TraceTarget(path=folder / "traces.sqlite", **more)  # type: ignore[arg-type]


def test_a_call_of_a_model_is_kept_with_everything_that_was_said(tmp_path: Path) -> None:
    said = [
        SystemMessage("You are a chemist."),
        HumanMessage(LONG),
        ToolMessage("[1]", tool_call_id="a-1", name="find"),
    ]
    answer = AIMessage(
        content=[{"type": "text", "text": "I look."}],
        tool_calls=[{"name": "find", "args": {"smiles": "CCO"}, "id": "a-2"}],
        usage_metadata={
            "input_tokens": 100, "output_tokens": 20, "total_tokens": 120, "input_token_details": {"cache_read": 64},
        },
        response_metadata={"finish_reason": "tool_calls"},
    )  # fmt: skip
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a"), price=Price(1.0, 2.0, "EUR", "far", "a table"))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="analyst")
        turn(recorder, root, said, answer, temperature=0.5, tools=[{"type": "function", "function": {"name": "find"}}])
        recorder.on_chain_end({}, run_id=root)
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        (trace,) = store.traces()
        assert (trace.input_tokens, trace.cached_tokens, trace.output_tokens) == (100, 64, 20)
        assert (trace.cost, trace.currency) == (pytest.approx(140e-6), "EUR")
        span = store.spans("a")[1]
        messages = store.messages(span)
        assert [m["role"] for m in messages["in"]] == ["system", "user", "tool"]
        (out,) = map(to_langchain, messages["out"])
        assert out == answer
        assert [to_langchain(m) for m in messages["in"]] == said
        told = store.resolved(span).attributes
        assert told["llm.model_name"] == "far"
        assert told["llm.invocation_parameters"] == {"model": "far", "temperature": 0.5}
        assert told["llm.tools"] == [{"type": "function", "function": {"name": "find"}}]


def test_what_goes_on_is_seen_within_a_second_and_what_was_killed_stays_open(tmp_path: Path) -> None:
    with closing(TraceWriter(target(tmp_path))) as writer, closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        recorder = writer.recorder(start("a", title="a question"))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="analyst")
        deadline = time.monotonic() + 10
        while not store.traces() and time.monotonic() < deadline:
            time.sleep(0.05)
        first = store.changes(0, trace_id="a")
        assert [(t.title, t.status) for t in first.traces] == [("a question", "UNSET")]
        assert [(s.name, s.seconds) for s in first.spans] == [("analyst", None)]
        assert store.changes(first.cursor, trace_id="a").spans == ()
        recorder.annotate(**{UNDERSTOOD: {"intent": "where", "it": "CCO"}})
        chain(recorder, "draft", root)
        writer.flush()
        later = store.changes(first.cursor, trace_id="a")
        assert [s.name for s in later.spans] == ["analyst", "draft"]
        assert later.spans[0].attributes[UNDERSTOOD] == {"intent": "where", "it": "CCO"}
        assert [t.trace_id for t in store.traces(TraceFilter(status="open"))] == ["a"]


def test_conversations_at_once_leave_no_orphan_and_no_lost_span(tmp_path: Path) -> None:
    turns, threads, traces = 6, 16, 120

    def talk(number: int) -> None:
        recorder = writer.recorder(start(f"{number:032x}", f"thread-{number}"))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="analyst")
        for step in range(turns):
            turn(recorder, root, QUESTION, AIMessage(f"answer {step} of {number}"))
            tool(recorder, root, "find_substructure", f"{LONG} {number} {step}", smiles="CCO", step=step)
        recorder.on_chain_end({}, run_id=root)
        writer.finish(f"{number:032x}")

    with closing(TraceWriter(target(tmp_path))) as writer, ThreadPoolExecutor(threads) as pool:
        list(pool.map(talk, range(traces)))
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        found = store.traces()
        assert len(found) == traces
        assert {(t.status, t.spans, t.model_calls, t.tool_calls) for t in found} == {
            ("OK", 2 * turns + 1, turns, turns)
        }
        for trace in found:
            root, *below = store.spans(trace.trace_id)
            number = int(trace.trace_id, 16)
            assert {s.parent_id for s in below} == {root.span_id}
            answers = [store.messages(s)["out"][0]["content"] for s in below if s.kind == "LLM"]
            assert answers == [f"answer {step} of {number}" for step in range(turns)]
            results = [store.resolved(s).attributes["output.value"] for s in below if s.kind == "TOOL"]
            assert results == [f"{LONG} {number} {step}" for step in range(turns)]


def test_what_ends_after_its_trace_was_finished_is_kept_and_counted_once(tmp_path: Path) -> None:
    """A turn is broken off while a thread of it still works."""
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a"))
        root, call = uuid4(), uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="analyst")
        recorder.on_tool_start({"name": "find"}, "", run_id=call, parent_run_id=root, inputs={"smiles": "CCO"})
        writer.finish("a")
        recorder.on_tool_end(LONG, run_id=call)
        turn(recorder, root, [HumanMessage(f"{LONG} late")], AIMessage("An ester."))
        recorder.on_chain_error(KeyboardInterrupt(), run_id=root)
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        (trace,) = store.traces()
        assert (trace.status, trace.spans, trace.tool_calls, trace.model_calls) == ("ERROR", 3, 1, 1)
        _, called, asked = store.spans("a")
        assert store.resolved(called).attributes["output.value"] == LONG
        assert store.messages(asked)["in"][0]["content"] == f"{LONG} late"


def test_steps_that_begin_at_the_same_moment_in_several_threads_are_all_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("molreflect.graphs.traces.recorder.time.time", lambda: 1_000.0)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with closing(TraceWriter(target(tmp_path))) as writer, ThreadPoolExecutor(8) as pool:
            recorder = writer.recorder(start("a"))
            root = uuid4()
            recorder.on_chain_start(None, {}, run_id=root, name="analyst")
            list(pool.map(lambda n: tool(recorder, root, "find", str(n), number=n), range(800)))
            recorder.on_chain_end({}, run_id=root)
    finally:
        sys.setswitchinterval(before)
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        called = [s.attributes["input.value"]["number"] for s in store.spans("a") if s.kind == "TOOL"]
        assert sorted(called) == list(range(800))


def test_traces_that_ended_are_written_together(tmp_path: Path) -> None:
    with closing(TraceWriter(target(tmp_path))) as writer, closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        for number in range(20):
            tool(writer.recorder(start(f"t{number}")), None, "find", f"{LONG} {number}")
            writer.end(f"t{number}")
        before = store.cursor()
        writer.write_ended()
        assert store.cursor() == before + 1, "one transaction"
        assert store.count(TraceFilter(status="ok")) == 20
        writer.write_ended()
        assert store.cursor() == before + 1
        again = writer.recorder(start("t7"))  # goes on, as a row does with its reflection
        chain(again, "align")
        writer.end("t7")
        writer.write_ended()
        assert [s.name for s in store.spans("t7")] == ["find", "align"]
        assert next(t for t in store.traces() if t.trace_id == "t7").spans == 2


def test_pruning_spares_what_goes_on_and_mixes_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(TraceWriter(target(tmp_path))) as writer, closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        recorder, drafted = writer.recorder(start("going-on")), writer.recorder(start("drafted"))
        root = uuid4()
        recorder.on_chain_start(None, {}, run_id=root, name="analyst")
        turn(recorder, root, QUESTION, AIMessage(f"{LONG} at first"))
        chain(drafted, "align:draft")
        writer.flush()
        assert store.prune(time.time() + 1) == 1, "what has ended"
        chain(drafted, "align:reflect")  # of a row whose first part was pruned
        turn(recorder, root, QUESTION, AIMessage("then"))
        recorder.on_chain_end({}, run_id=root)
        writer.flush()
        told = {t.trace_id: (t.status, t.spans) for t in store.traces()}
        assert told == {"going-on": ("OK", 3), "drafted": ("OK", 1)}
        assert [s.name for s in store.spans("drafted")] == ["align:reflect"]
        said = [store.messages(s)["out"][0]["content"] for s in store.spans("going-on") if s.kind == "LLM"]
        assert said == [f"{LONG} at first", "then"]
        killed = writer.recorder(start("killed"))
        killed.on_chain_start(None, {}, run_id=uuid4(), name="analyst")
        writer.flush()
        monkeypatch.setattr("molreflect.graphs.traces.store._GOES_ON", -1.0)  # as if it were hours ago
        assert store.prune(time.time() + 1) == 3


def test_two_processes_write_one_file(tmp_path: Path, child_env: dict[str, str]) -> None:
    code = (
        "import sys; from pathlib import Path; from traced import start, write\n"
        "for n in range(40): write(Path(sys.argv[1]), start(f'{sys.argv[2]}{n}'), 'align:draft', 'align:reflect')"
    )
    env = child_env | {"PYTHONPATH": f"{child_env['PYTHONPATH']}{os.pathsep}{Path(__file__).parents[2] / 'support'}"}
    command = [sys.executable, "-c", code, str(tmp_path)]
    both = [subprocess.Popen([*command, name], env=env) for name in ("x", "y")]
    assert [one.wait(120) for one in both] == [0, 0]
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        assert {t.spans for t in store.traces()} == {2}
        assert len(store.trace_ids()) == 80


KILLED = """
import sys, time
from pathlib import Path
from contextlib import closing
from uuid import uuid4
from traced import chain, start, tool
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
writer = TraceWriter(TraceTarget(path=Path(sys.argv[1])))
recorder = writer.recorder(start("k" * 32))
root = uuid4()
recorder.on_chain_start(None, {}, run_id=root, name="analyst")
for number in range(100_000):
    tool(recorder, root, "look_up_phrases", "x" * 300 + str(number), number=number)
    print(number, time.time(), flush=True)
    time.sleep(0.002)
"""


@pytest.mark.parametrize("after", [0.4, 0.9, 1.6])
def test_a_killed_process_loses_a_second_at_most(tmp_path: Path, child_env: dict[str, str], after: float) -> None:
    path = tmp_path / "traces.sqlite"
    env = child_env | {"PYTHONPATH": f"{child_env['PYTHONPATH']}{os.pathsep}{Path(__file__).parents[2] / 'support'}"}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], env=env, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        first = float(child.stdout.readline().split()[1])
        time.sleep(after)
        child.send_signal(signal.SIGKILL)
        told = [(0, first), *((int(n), float(at)) for n, at in (line.split() for line in child.stdout if "\n" in line))]
    with closing(TraceStore(path)) as store:
        kept = {
            json.loads(json.dumps(s.attributes["input.value"]))["number"]
            for s in store.spans("k" * 32)
            if s.kind == "TOOL"
        }
        last = told[-1][1]
        assert {number for number, at in told if at < last - 1.0} <= kept
        for span in store.spans("k" * 32):
            store.resolved(span)  # every text is there


def test_the_same_private_text_has_the_same_hash_under_the_same_key_only(tmp_path: Path) -> None:
    mine, other = private_key(tmp_path), private_key(tmp_path / "elsewhere")
    assert private_key(tmp_path) == mine != other
    titles = []
    for name, key in (("a", mine), ("b", mine), ("c", other)):
        write(tmp_path, start(name, title="a question about CCO"), "analyst", key=key)
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        titles = [t.title for t in store.traces()]
        assert titles[1] == titles[2] != titles[0]
        assert store.prune(time.time() + 1) == 3  # whose texts no index holds
    (tmp_path / "private.key").write_text("no key")
    with pytest.raises(InputError, match="holds no key for --private"):
        private_key(tmp_path)


def test_texts_that_no_trace_has_any_more_go_with_the_last_of_them(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    with closing(TraceWriter(target(tmp_path))) as writer:
        for name, words in (("a", f"{LONG} alone"), ("b", LONG), ("c", LONG)):
            recorder = writer.recorder(start(name))
            tool(recorder, None, "find", words, trace=name)
            writer.finish(name)
        with closing(TraceStore(path)) as store:
            assert store.count(TraceFilter(text="benzoate ester")) == 3
            assert store.count(TraceFilter(text="alone")) == 1
            store.forget(["a", "b"])
            assert store.prune(0.0) == 0
            assert store.count(TraceFilter(text="alone")) == 0
            assert store.count(TraceFilter(text="benzo*")) == 1
            store.forget(["c"])
            store.prune(0.0)
        # the writer knew that the text was there, and is told that it went
        recorder = writer.recorder(start("d"))
        tool(recorder, None, "find", LONG)
        writer.finish("d")
    with closing(TraceStore(path)) as store:
        assert store.resolved(store.spans("d")[0]).attributes["output.value"] == LONG
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT COUNT(*) FROM contents").fetchone() == (1,)


def test_a_search_finds_the_traces_that_say_it_and_not_those_that_share_another_text(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    shared = f"{LONG} shared"
    with closing(TraceWriter(target(tmp_path))) as writer, closing(TraceStore(path)) as store:
        for name, more in (("a", ["of a"]), ("b", [])):
            recorder = writer.recorder(start(name))
            for words in (shared, *(f"{LONG} {each}" for each in more)):
                tool(recorder, None, "find", words)
            writer.finish(name)
        assert [t.trace_id for t in store.traces(TraceFilter(text="of a"))] == ["a"]
        assert [t.trace_id for t in store.traces(TraceFilter(text="shared"))] == ["b", "a"]
        assert [t.trace_id for t in store.traces(TraceFilter(text="of_a"))] == ["a"]
        newer = TraceFilter(text="a\u19b0b")  # a letter that SQLite's index does not know, between two that it does
        with pytest.raises(InputError, match="cannot be searched for"):
            store.traces(newer)
        with pytest.raises(InputError, match="cannot be searched for"):
            store.count(newer)
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("SELECT COUNT(*) FROM packs").fetchone() == (1,)
        store.forget(["a"])
        store.prune(0.0)
        assert store.count(TraceFilter(text="shared")) == 1
        (span,) = store.spans("b")
        assert store.resolved(span).attributes["output.value"] == shared
    held = [text for (data,) in sqlite3.connect(path).execute("SELECT data FROM packs") for text, _ in unpack(data)]
    assert shared in held
    assert f"{LONG} of a" not in held, "what only the pruned trace said is gone from the pack that both used"


def test_many_and_long_texts_of_one_trace_stand_in_packs_of_bounded_size(tmp_path: Path) -> None:
    path = tmp_path / "traces.sqlite"
    said = [f"{number} {LONG}" for number in range(PLACES + 2)] + [letter * 600_000 for letter in "ab"]
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a"))
        for words in said:
            tool(recorder, None, "find", words)
        writer.finish("a")
    with closing(TraceStore(path)) as store:
        assert [store.resolved(span).attributes["output.value"] for span in store.spans("a")] == said
    with closing(sqlite3.connect(path)) as db:
        sizes = [[len(text) for text, _ in unpack(data)] for (data,) in db.execute("SELECT data FROM packs")]
    assert max(sum(each) for each in sizes) <= MAX_PACK
    assert max(map(len, sizes)) <= PLACES


def test_half_a_surrogate_pair_is_kept_as_a_question_mark(tmp_path: Path) -> None:
    with closing(TraceWriter(target(tmp_path))) as writer:
        recorder = writer.recorder(start("a"))
        tool(recorder, None, "find", f"{LONG}\ud800", smiles=f"{LONG}\udfff", number=float("inf"))
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        told = store.resolved(store.spans("a")[0]).attributes
        assert told["output.value"] == f"{LONG}?"
        assert told["input.value"] == {"smiles": f"{LONG}?", "number": float("inf")}


def test_a_summary_holds_numbers_and_no_texts(tmp_path: Path) -> None:
    with closing(TraceWriter(target(tmp_path, mode=TraceMode.SUMMARY))) as writer:
        recorder = writer.recorder(start("a"))
        root = chain(recorder, "analyst")
        turn(recorder, root, [HumanMessage("a private matter")], AIMessage("indeed"))
        tool(recorder, root, "find", "found CCO", smiles="CCO")
        writer.finish("a")
    with closing(TraceStore(tmp_path / "traces.sqlite")) as store:
        (trace,) = store.traces()
        assert (trace.model_calls, trace.tool_calls, trace.spans) == (1, 1, 3)
        told = json.dumps([store.resolved(s).to_json() for s in store.spans("a")])
        assert not any(word in told for word in ("private", "indeed", "CCO"))
        assert store.messages(store.spans("a")[1]) == {"in": [], "out": []}
