"""What pages show of a trace: its tree and time line, its steps in words, the atoms they light, where two part."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from scripted_run import ACID, AMIDE, LEARNER, PHENOL, TUTOR, scripted_run
from traced import chain, start, tool, turn

from molreflect.graphs.traces.divergence import first_divergence, verdict_changes
from molreflect.graphs.traces.lit import Molecules, card_of
from molreflect.graphs.traces.pages import trace_page
from molreflect.graphs.traces.spans import ERROR, INPUT, OUTPUT, RECORD, VERDICTS, Span
from molreflect.graphs.traces.steps import in_words
from molreflect.graphs.traces.store import FILE, TraceStore
from molreflect.graphs.traces.tree import PAUSE, lay_out, window
from molreflect.graphs.traces.view import CUT, TraceView, versions
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.terms import TraceMode

SALICYLIC = "OC(=O)c1ccccc1O"


def span(name: str, parent: str | None = None, *, at: float = 0.0, seconds: float | None = 1.0, **more: Any) -> Span:
    attributes = more.pop("attributes", {})
    kind = more.pop("kind", "CHAIN")
    return Span("t", name, parent, more.pop("named", name), kind, at, seconds, more.pop("status", "OK"), attributes,
                int(at * 1e6))  # fmt: skip


def called(name: str, asked: Any = None, answer: Any = None, **more: Any) -> Span:
    return span(name, kind="TOOL", attributes={INPUT: asked or {}, OUTPUT: answer}, **more)


@pytest.fixture(scope="module")
def learner(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> TraceView:
    store = TraceStore(scripted_run(tmp_path_factory.mktemp("run"), cache) / FILE)
    return TraceView(store, store.find(LEARNER)[0])


def test_a_tree_has_each_step_below_its_caller_in_the_order_they_began() -> None:
    spans = [span("a"), span("b", at=1), span("a1", "a", at=2), span("b1", "b", at=3), span("a2", "a", at=4),
             span("a11", "a1", at=5), span("lost", "gone", at=6)]  # fmt: skip
    rows = lay_out(spans)
    assert [(row.span.span_id, row.level, row.children) for row in rows] == [
        ("a", 1, 2), ("a1", 2, 1), ("a11", 3, 0), ("a2", 2, 0), ("b", 1, 1), ("b1", 2, 0), ("lost", 1, 0),
    ]  # fmt: skip


def test_the_time_line_leaves_long_pauses_out_and_keeps_short_ones() -> None:
    day = 86_400.0
    rows = {row.span.span_id: row for row in lay_out(
        [span("a", at=100.0), span("b", at=101.5), span("c", at=day, seconds=2.0), span("c1", "c", at=day + 0.5)]
    )}  # fmt: skip
    assert [rows[n].begins for n in ("a", "b")] == [0.0, 1500.0]
    assert rows["c"].begins == pytest.approx(2500.0 + 1000 * PAUSE / 10)
    assert rows["c1"].begins == pytest.approx(rows["c"].begins + 500.0)


def test_a_step_that_goes_on_reaches_to_the_last_moment_that_is_known() -> None:
    rows = lay_out([span("a", at=10.0, seconds=None), span("b", "a", at=11.0, seconds=3.0)])
    assert [row.takes for row in rows] == [4000.0, 3000.0]


def test_a_window_has_the_callers_of_its_first_step_and_counts_what_it_leaves_out() -> None:
    spans = [span("root"), span("mid", "root", at=0.1), *(span(f"s{n}", "mid", at=1.0 + n) for n in range(10))]
    rows = lay_out(spans)
    part = window(rows, size=4, holding="s7")
    assert [row.span.span_id for row in part.rows] == ["root", "mid", "s6", "s7", "s8", "s9"]
    assert (part.before, part.after, part.offset) == (6, 0, 8)
    whole = window(rows, size=4)
    assert ([row.span.span_id for row in whole.rows], whole.before, whole.after) == (["root", "mid", "s0", "s1"], 0, 8)
    assert window(rows, size=4, offset=99).rows == ()


@pytest.mark.parametrize(
    ("step", "words"),
    [
        pytest.param(
            called("look_up_phrases", answer='{"readings": {"chloro": [{"patterns": ["[Cl]"]}], "odd": []}}'),
            "looked up 'chloro': [Cl], 2 places; 'odd': nothing known",
            id="looked up",
        ),
        pytest.param(
            called("find_substructure", answer='{"patterns": {"[Cl]": {"hits": 1}, "x": {"error": "no SMARTS"}}}'),
            "looked for [Cl]: 1 place; x: no SMARTS",
            id="looked for",
        ),
        pytest.param(
            called("check_alignments", answer='{"verdicts": [{"phrase": "amide", "pattern": "N", "verdict": "refuted", '
                   '"reason": "absent", "message": "N: it does not occur; drop the phrase"}]}'),
            "checked 'amide' as N refuted, absent: it does not occur",
            id="checked",
        ),
        pytest.param(
            called("resolve_names", answer='{"structures": {"water": {"smiles": "O"}, "x": null}}'),
            "turned names into structures, 'water': O; 'x': unknown",
            id="names",
        ),
        pytest.param(called("own_tool", {"a": 1}, "some text"), "called own_tool with a 1: some text", id="any tool"),
        pytest.param(called("look_up_phrases", answer="no JSON"), "called look_up_phrases: no JSON", id="odd answer"),
        pytest.param(
            called("own_tool", answer="it broke", status="ERROR"), "called own_tool failed: it broke", id="failed tool"
        ),
        pytest.param(
            span("draft", attributes={ERROR: "no budget"}, status="ERROR"),
            "draft: phrases are tied to patterns failed: no budget",
            id="failed node",
        ),
        pytest.param(span("custom", seconds=None), "custom (not ended)", id="goes on"),
        pytest.param(span("verify", kind="EVALUATOR"), "nothing to verify", id="nothing to verify"),
        pytest.param(span("retrieve", kind="RETRIEVER"), "no similar pair", id="no neighbour"),
        pytest.param(
            span("model", kind="LLM", attributes={"llm.model_name": "far", "molreflect.tool_calls": ["a", "b", "a"]}),
            "far asked for a 2 times, b",
            id="model",
        ),
        pytest.param(
            span("conversation", attributes={"molreflect.understood": {"intent": "where", "it": "CCO"}}),
            'a question is answered; understood: intent where, "it" CCO',
            id="understood",
        ),
    ],
)  # fmt: skip
def test_steps_are_told_in_words(step: Span, words: str) -> None:
    assert in_words(step, lambda pattern: 2) == words


def beside(view: TraceView, words: str) -> Any:
    (row,) = [row for row in view.rows if view.row(row)["words"].startswith(words)]
    return view.step(row.span.span_id)


def test_a_verifier_lights_what_it_judged(learner: TraceView) -> None:
    card = beside(learner, "1 supported, 1 refuted").card
    assert [(row["phrase"], row["verdict"], row["atoms"]) for row in card["rows"]] == [
        ("monocarboxylic acid", "supported", "0 1 2"), ("phenols", "refuted", ""),
    ]  # fmt: skip
    assert card["because"] == ""


def test_a_tool_lights_what_it_found_and_says_that_this_is_no_verdict(learner: TraceView) -> None:
    card = beside(learner, "looked up").card
    (row,) = card["rows"]
    assert (row["verdict"], row["why"], row["atoms"]) == ("", "at 1 place", "0 1 2")
    assert card["because"] == "no verdicts, but what look_up_phrases found"
    assert card["tally"] == ""


def test_other_steps_light_what_was_judged_on_them(learner: TraceView) -> None:
    assert beside(learner, "scripted asked for").card["because"] == "as verify judged it afterwards"
    assert beside(learner, "1 similar pair").card["because"] == "as verify had judged before"
    second = beside(learner, "second stage").card
    assert second["because"] == "as record told in the end"
    assert {row["atoms"] for row in second["rows"]} == {"0 1 2", "3 4 5 6 7 8 9"}


def test_refuted_atoms_are_lit_as_refuted() -> None:
    alignment = {"phrase": "ring", "start": 0, "end": 4, "kind": "structure", "pattern": "c1ccccc1", "fragment": None,
                 "atoms": [[3, 4]], "level": None, "verdict": "refuted", "reason": "too_general", "message": "",
                 "evidence": None, "source": "model"}  # fmt: skip
    given = {"molreflect.input": {"id": "x", "smiles": SALICYLIC, "caption": "ring"}, VERDICTS: [alignment]}
    judged = span("verify", attributes=given)
    scene = Molecules([judged]).beside(judged)
    assert scene is not None
    (row,) = card_of("x", scene)["rows"]
    assert row["colour"] == "lit-refuted"


@pytest.mark.parametrize("smiles", ["C1CC", "C" * 10_000, "not a molecule"], ids=["broken", "endless", "words"])
def test_what_cannot_be_drawn_is_said(smiles: str) -> None:
    root = span("align", attributes={"molreflect.input": {"id": "x", "smiles": smiles, "caption": "c" * 6_000}})
    scene = Molecules([root]).beside(root)
    assert scene is not None
    card = card_of("x", scene)
    assert card["drawing"] is None
    assert "1,000 more characters of the caption are left out" in card["because"]
    assert len(card["because"]) < 2_000


def test_versions_are_set_beside_each_other(learner: TraceView) -> None:
    kept = [learner.store.resolved(s, messages=False) for s in learner.spans]
    told = {phrase: (a and a["pattern"], b and b["pattern"], changed) for phrase, a, b, changed in versions(kept)}
    assert told["phenols"] == (AMIDE, PHENOL, True)
    assert told["monocarboxylic acid"][2] is False
    assert versions(kept[:7]) == []  # nothing was reflected on yet


def test_messages_of_earlier_calls_are_told_by_their_step_and_long_texts_are_cut(tmp_path: Path) -> None:
    asked = HumanMessage("q" * (3 * CUT))
    with closing(TraceWriter(TraceTarget(path=tmp_path / FILE))) as writer:
        recorder = writer.recorder(start("a" * 32))
        turn(recorder, None, [asked], AIMessage("first"))
        turn(recorder, None, [asked, AIMessage("first")], AIMessage("second"))
        writer.finish("a" * 32)
    with closing(TraceStore(tmp_path / FILE)) as store:
        trace = store.trace("a" * 32)
        assert trace is not None
        view = TraceView(store, trace)
        one, two = (view.step(s.span_id) for s in view.spans)
    assert [(m["role"], m["way"], m["first"]) for m in one.messages] == [
        ("user", "in", None),
        ("assistant", "out", None),
    ]
    text = one.messages[0]["text"]
    assert (len(text.head), text.length, text.is_cut) == (CUT, 3 * CUT, True)
    assert [m["first"] for m in two.messages] == [one.span.span_id] * 2 + [None]
    assert two.messages[2]["text"].head == "second"
    assert two.words == "far answered: second"


def test_two_traces_part_at_the_first_step_that_says_something_else(tmp_path: Path) -> None:
    def record(name: str, second: str, call: str, *, more: bool = False) -> None:
        with closing(TraceWriter(TraceTarget(path=tmp_path / FILE))) as writer:
            recorder = writer.recorder(start(name * 32))
            root = chain(recorder, "align")
            turn(recorder, root, [HumanMessage("q")], AIMessage("", tool_calls=[{"name": "t", "args": {}, "id": call}]))
            tool(recorder, root, "t", second)
            if more:
                chain(recorder, "record", root)
            writer.finish(name * 32)

    record("a", "one", "call-1")
    record("b", "one", "call-2")
    record("c", "two", "call-3")
    record("d", "one", "call-1", more=True)
    with closing(TraceStore(tmp_path / FILE)) as store:
        of = {name: (store, store.spans(name * 32)) for name in "abcd"}
        assert first_divergence(of["a"], of["b"]) is None  # drawn ids make no difference
        parted = first_divergence(of["a"], of["c"])
        assert parted is not None
        assert (parted.place, parted.attribute, parted.what) == (2, OUTPUT, "what the tool answered, in t")
        assert parted.second == of["c"][1][2].span_id
        longer = first_divergence(of["a"], of["d"])
        assert longer is not None
        assert (longer.first, longer.what) == (None, "the first trace has ended, the other goes on with record")


def test_verdicts_that_differ_are_told(learner: TraceView) -> None:
    def ended(*alignments: dict[str, Any]) -> list[Span]:
        return [span("record", attributes={RECORD: {"alignments": [*alignments]}})]

    def aligned(phrase: str, verdict: str, pattern: str = ACID) -> dict[str, Any]:
        return {"phrase": phrase, "start": 0, "verdict": verdict, "reason": "absent", "pattern": pattern, "atoms": []}

    first = ended(aligned("a", "refuted"), aligned("b", "supported"), aligned("c", "refuted"), aligned("d", "refuted"))
    second = ended(aligned("a", "supported"), aligned("b", "supported"), aligned("d", "refuted", PHENOL))
    assert [change.sentence for change in verdict_changes(first, second)] == [
        "a turned refuted into supported",
        "c: only the first trace has it, refuted",
        "d stays refuted, with another pattern, reason or place",
    ]


def test_the_overview_says_where_alignments_come_from(learner: TraceView) -> None:
    told = learner.overview()
    assert {a.phrase: a.shown_by for a in told["origins"]} == {"monocarboxylic acid": (), "phenols": (TUTOR,)}
    assert told["left_out"] == 0


@pytest.mark.parametrize(
    "answer",
    ['{"verdicts": [1]}', '{"verdicts": [{"phrase": "a", "verdict": "perhaps", "reason": "x"}]}', '{"readings": 3}',
     '{"patterns": {"C": 1}}', '{"classes": [{}]}', '{"classes": [{"name": "a", "pattern": "b", "atoms": [["x"]]}]}',
     '{"structures": [1]}', '{"similar": [{}]}', '{"phrases": [2]}', '{"parts": [{}]}', "[]", "{"],
)  # fmt: skip
@pytest.mark.parametrize(
    "name",
    ["check_alignments", "look_up_phrases", "find_substructure", "list_classes", "resolve_names", "similar_molecules",
     "read_caption", "name_molecule"],
)  # fmt: skip
def test_answers_of_any_shape_are_shown(name: str, answer: str) -> None:
    step = called(name, {"smiles": "CCO"}, answer)
    assert in_words(step)
    scene = Molecules([step]).beside(step)
    assert scene is not None
    card_of("x", scene)


@pytest.mark.parametrize("mode", [TraceMode.SUMMARY, TraceMode.FULL])
def test_every_step_is_shown_however_little_was_kept(cache: Path, tmp_path: Path, mode: TraceMode) -> None:
    with closing(TraceStore(scripted_run(tmp_path, cache, trace=mode) / FILE)) as store:
        page = trace_page(store, store.find(LEARNER)[0])
    assert page.count("<template id=") == 15
    assert f"{TUTOR if mode is TraceMode.FULL else 'a pair'} (similarity 0.357)" in page
