"""Fork: one step changed, what comes before replayed, what comes after paid for and told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from kept_traces import SALICYLIC, WORDS, bench, replay_all
from openai_server import Reply, Server, conversation, says, serve
from scripted import what_is_asked
from scripted_run import ACID, AMIDE, PHENOL

from molreflect.graphs.align_pair import open_aligner
from molreflect.graphs.conversation.conversation import conversation_tools, open_conversation
from molreflect.graphs.replay.edits import read_edits
from molreflect.graphs.replay.fork import Forked, fork
from molreflect.graphs.replay.live import open_live
from molreflect.graphs.replay.recorded import Recorded
from molreflect.graphs.traces.spans import Span
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.names.systematic import Namer
from molreflect.tools.terms import TeacherProtocol

SAMPLE = Path(__file__).parents[3] / "data" / "sample.tsv"
MODEL = "scripted"


def _says(body: dict[str, Any], number: int) -> Reply:
    """Look the acid up, check both, submit a wrong phenol, keep it wrong in the repair and right it in reflection."""
    data, tools = what_is_asked(conversation(body))
    if data["task"] == "draft" and not tools:
        return says(None, calls=[("look_up_phrases", {"names": ["monocarboxylic acid"]})])
    if data["task"] == "draft" and len(tools) == 1:
        return says(None, calls=[("find_substructure", {"smiles": data["smiles"], "patterns": [ACID, AMIDE]})])
    if data["task"] == "reflect":
        return _submits(("monocarboxylic acid", ACID), ("phenols", PHENOL))
    return _submits(("monocarboxylic acid", ACID), ("phenols", AMIDE))


def _submits(*ties: tuple[str, str]) -> Reply:
    return says(None, calls=[("AlignmentDraft", {"alignments": [{"phrase": p, "pattern": s} for p, s in ties]})])


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(_says) as running:
        yield running


@pytest.fixture
def opened(server: Server, resources: Any, tmp_path: Path, cache: Path) -> Iterator[SimpleNamespace]:
    """A trace of five calls of a model: three of the draft, one of its repair, one of the reflection."""
    how = {"teacher": MODEL, "base_url": server.url, "protocol": TeacherProtocol.TOOLS, "resources": resources}
    with open_aligner(**how, home=tmp_path) as aligner:
        record = aligner.align(SALICYLIC, WORDS)
    assert len(server.requests) == 5
    with bench(tmp_path, cache, SAMPLE) as opened:
        (trace,) = opened.store.traces()
        kept = opened.load(trace)
        yield SimpleNamespace(bench=opened, kept=kept, record=record, server=server, folder=tmp_path)


def _fork(opened: SimpleNamespace, span: Span, *changes: str, url: str | None = None) -> Forked:
    kept: Recorded = opened.kept
    live = open_live(kept, opened.folder, base_url=url or opened.server.url)
    edits = read_edits(kept, span, changes)
    return fork(opened.bench.store, kept, edits, live, opened.bench.resources(kept), opened.bench.tools(kept))


def _step(opened: SimpleNamespace, name: str, number: int = 0) -> Span:
    return [span for span in opened.kept.spans if span.name == name][number]


@pytest.mark.parametrize(
    ("name", "number", "change", "replayed", "paid"),
    [
        ("align", 0, "caption=The molecule is a member of phenols.", 0, 6),
        ("draft", 0, "prompt=@{folder}/prompt", 0, 5),
        ("model", 0, "tool_calls.0.arguments.names.0=phenols", 1, 4),
        ("look_up_phrases", 0, 'readings.monocarboxylic acid.0.patterns.0="[CX3](=O)[OX2H1]"', 1, 4),
        ("model", 1, f'tool_calls.0.arguments.patterns=["{PHENOL}"]', 2, 3),
        ("find_substructure", 0, "patterns={}", 2, 3),
        ("model", 2, f"phenols={PHENOL}", 3, 0),
        ("verify", 0, f"phenols={PHENOL}", 3, 0),
        ("draft", 1, f"phenols={PHENOL}", 4, 0),
        ("verify", 1, f"phenols={AMIDE}", 4, 1),
        ("retrieve", 0, "{folder}/neighbours", 4, 1),
        ("reflect", 0, f"phenols={AMIDE}", 5, 1),
        ("verify_again", 0, f"monocarboxylic acid={AMIDE}", 5, 1),
    ],
)
def test_a_fork_at_each_step_pays_only_for_what_follows(
    name: str, number: int, change: str, replayed: int, paid: int, opened: SimpleNamespace
) -> None:
    neighbour = {"id": "N", "smiles": "Oc1ccccc1", "caption": "It is a phenol.", "similarity": 0.5, "alignments": []}
    (opened.folder / "neighbours").write_text(json.dumps([neighbour]), encoding="utf-8")
    asked = opened.kept.model_calls[0].asked[-1]["content"]
    (opened.folder / "prompt").write_text(asked.replace("Draft the", "Please draft the"), encoding="utf-8")
    before = len(opened.server.requests)
    done = _fork(opened, _step(opened, name, number), change.replace("{folder}", str(opened.folder)))
    assert (done.replayed_calls, done.paid_calls) == (replayed, paid)
    assert len(opened.server.requests) - before == paid
    assert done.error == ""
    made = opened.bench.store.trace(done.trace_id)
    assert made is not None
    assert (made.parent_trace, made.status, made.subject) == (opened.kept.trace_id, "OK", "pair")
    # The fork is a trace like any other: with its network blocked it ends in the same record.
    again, _ = replay_all(opened.bench)
    assert [(r.trace_id, r.step, r.how) for r in again if not r.identical] == []


def test_the_difference_is_told_in_verdicts_coverage_and_cost(opened: SimpleNamespace) -> None:
    with serve(lambda body, number: _submits(("monocarboxylic acid", ACID), ("phenols", AMIDE))) as stubborn:
        done = _fork(opened, _step(opened, "verify_again"), f"phenols={AMIDE}", url=stubborn.url)
    found = done.difference
    assert "phenols turned supported into refuted" in [v.sentence for v in found.verdicts]
    assert found.first.verdicts == {"supported": 2}
    assert found.step is not None
    assert found.step.what == "what the model answered, in model"
    assert (found.first.heavy_atoms, found.first.phrases) == (1.0, 1.0)
    assert found.second.phrases == 0.5


def test_a_fork_of_a_changed_question_shows_the_model_the_new_words(opened: SimpleNamespace) -> None:
    asked = opened.kept.model_calls[4].asked[-1]["content"]
    done = _fork(opened, _step(opened, "reflect"), f"prompt={asked} Think twice.")
    assert (done.replayed_calls, done.paid_calls) == (4, 1)
    assert opened.server.requests[-1]["messages"][-1]["content"].endswith("</data> Think twice.")
    assert done.difference.how[0] == "message 2 (user):"


def test_another_model_is_asked_after_the_step(opened: SimpleNamespace) -> None:
    with serve(lambda body, number: _submits(("phenols", PHENOL))) as other:
        live = open_live(opened.kept, opened.folder, model="openai:other", base_url=other.url)
        edits = read_edits(opened.kept, _step(opened, "find_substructure"), ["output={}"])
        kept = opened.kept
        before = len(opened.server.requests)
        done = fork(opened.bench.store, kept, edits, live, opened.bench.resources(kept), opened.bench.tools(kept))
    assert [body["model"] for body in other.requests] == ["other"]
    assert len(opened.server.requests) == before
    assert done.paid_calls == 1
    record = opened.bench.load(opened.bench.store.trace(done.trace_id)).record
    assert record["teacher"] == "openai:other"


def test_a_server_that_fails_ends_the_fork_in_an_error_that_is_told(opened: SimpleNamespace) -> None:
    with serve(lambda body, number: Reply(b'{"error": {"message": "no"}}', 400)) as broken:
        done = _fork(opened, _step(opened, "find_substructure"), "output={}", url=broken.url)
    assert "no" in done.error
    assert done.paid_calls == 0


def test_what_a_step_does_not_have_is_told(opened: SimpleNamespace) -> None:
    for name, change, told in (
        ("select", "selected=draft", "select decides from what came before and has nothing to change"),
        ("align", "charge=1", "the beginning has smiles and caption to change, not 'charge'"),
        ("align", "smiles=C1CC", "is not a SMILES"),
        ("look_up_phrases", "answers.0=1", "there is no 'answers.0'; there is 'readings'"),
        ("find_substructure", "nothing", "is no file and no KEY=VALUE"),
        ("retrieve", 'neighbours=[{"id": "N"}]', "neighbours are a JSON list"),
        ("model", "tool_calls.3.name=x", "there is no '3' among 1 of them"),
    ):
        with pytest.raises(InputError, match=told):
            _fork(opened, _step(opened, name), change)


def test_a_turn_of_a_conversation_is_forked(resources: Any, tmp_path: Path, cache: Path) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        said = [m for m in body["messages"] if m["role"] == "tool"]
        if not said:
            return says(None, calls=[("read_molecules", {"words": [SALICYLIC]})])
        return says(f"it said {said[-1]['content']}")

    from molreflect.agents.models.registry import load_chat_model

    with serve(answer) as server, Namer() as namer:
        tools = conversation_tools(
            resources, lambda: read_corpus(SAMPLE), namer=namer, pictures=lambda: tmp_path / "pictures"
        )
        model = load_chat_model(MODEL, base_url=server.url)
        with open_conversation(model, tools, folder=tmp_path, thread="a", resources=resources) as talk:
            before = talk.ask("What is it?").answer
        with bench(tmp_path, cache, SAMPLE) as opened:
            (trace,) = opened.store.traces()
            kept = opened.load(trace)
            where = SimpleNamespace(bench=opened, kept=kept, folder=tmp_path, server=server)
            asked = len(server.requests)
            done = _fork(where, _step(where, "read_molecules"), "output=nothing")
            assert (done.replayed_calls, done.paid_calls, len(server.requests) - asked) == (1, 1, 1)
            assert done.difference.first.answer is not None
            assert before.startswith(done.difference.first.answer)
            assert done.difference.second.answer == "it said nothing"
            again = _fork(where, _step(where, "analyst"), "question=How many?")
            assert (again.replayed_calls, again.paid_calls) == (0, 2)
            assert [r.identical for r in replay_all(opened)[0]] == [True, True, True]


def test_a_resumed_run_keeps_forks(opened: SimpleNamespace) -> None:
    done = _fork(opened, _step(opened, "verify_again"), f"phenols={AMIDE}")
    store = opened.bench.store
    assert set(store.trace_ids(forks=False)) == {opened.kept.trace_id}
    assert set(store.trace_ids()) == {opened.kept.trace_id, done.trace_id}
