"""Replay: the same record from what was kept, or the step at which it parts, and why."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from kept_traces import SALICYLIC, align_traced, bench, replay_all
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from scripted import call, submit
from scripted_run import ACID, AMIDE, LEARNER, PHENOL, scripted_run
from traced import chain, start

from molreflect.agents.analyst.offline import OfflineAnalyst
from molreflect.agents.models.responses import asking_anew
from molreflect.agents.models.rule_model import RuleModel
from molreflect.agents.prompts import JSON_VERSION, align
from molreflect.agents.schemas import Version
from molreflect.agents.teacher.budget import Limits
from molreflect.graphs.alignment.state import AlignmentSettings
from molreflect.graphs.conversation.conversation import conversation_tools, open_conversation
from molreflect.graphs.replay import replay as replay_module
from molreflect.graphs.replay.network import NetworkBlockedError
from molreflect.graphs.replay.recorded import NotReplayableError
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.traces.writer import TraceTarget, TraceWriter
from molreflect.tools.corpus import read_corpus
from molreflect.tools.lexicon.patch import curated_table, write_classes
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import open_resources
from molreflect.tools.terms import Select, TeacherProtocol, TraceMode, Verdict

SAMPLE = Path(__file__).parents[3] / "data" / "sample.tsv"


def _mends(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
    """Look the acid up, call a tool wrongly, miss the phenol, and find it where its refusal is shown."""
    if data["task"] != "draft":
        return submit(("monocarboxylic acid", ACID), ("phenols", PHENOL))
    if not tools:
        return call("look_up_phrases", names=["monocarboxylic acid"])
    if len(tools) == 1:
        return call("find_substructure", smiles="no molecule", patterns=[ACID])
    if len(tools) == 2:
        return call("find_substructure", smiles=SALICYLIC, patterns=[])
    return submit(("monocarboxylic acid", ACID), ("phenols", AMIDE))


@pytest.fixture(scope="module")
def far_run(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    return scripted_run(tmp_path_factory.mktemp("far"), cache)


def test_every_trace_of_a_run_ends_in_the_record_that_the_run_kept(sample_run: SimpleNamespace, cache: Path) -> None:
    with bench(sample_run.folder, cache, SAMPLE) as opened:
        done, refused = replay_all(opened)
    with closing(RunStore.open(sample_run.folder)) as store:
        kept = {record["id"]: record for record in store.records()}
    assert refused == []
    assert [(r.subject, r.step, r.how) for r in done if not r.identical] == []
    assert {r.subject for r in done} == kept.keys()
    for replayed in done:
        assert json.dumps(replayed.record) == json.dumps(kept[replayed.subject])


def test_the_agent_of_a_model_that_calls_tools_replays_with_its_neighbours(far_run: Path, cache: Path) -> None:
    with bench(far_run, cache, SAMPLE) as opened:
        done, _ = replay_all(opened)
    assert [(r.step, r.how) for r in done if not r.identical] == []
    (learner,) = [r for r in done if r.subject == LEARNER]
    assert (learner.model_answers, learner.tool_answers) == (3, 1)
    assert learner.record is not None
    assert learner.record["selected"] == Version.REFLECTED  # with what the neighbour had shown


def test_refused_calls_and_repairs_replay(resources: Any, tmp_path: Path, cache: Path) -> None:
    align_traced(tmp_path, resources, _mends)
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
    assert done.tool_answers == 3


class SpeaksJson(RuleModel):
    """Looks one phrase up and ties it, in plain JSON."""

    kind: ClassVar[str] = "json"

    def next_message(self, messages: list[BaseMessage], **settings: Any) -> AIMessage:
        if not any(isinstance(m, AIMessage) for m in messages):
            return AIMessage(json.dumps({"tool": "look_up_phrases", "arguments": {"names": ["phenols"]}}))
        return AIMessage(json.dumps({"alignments": [{"phrase": "phenols", "pattern": PHENOL}]}))


def test_a_teacher_that_speaks_plain_json_replays(resources: Any, tmp_path: Path, cache: Path) -> None:
    align_traced(tmp_path, resources, SpeaksJson(), teacher={"protocol": TeacherProtocol.JSON})
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
    assert done.record is not None
    assert done.record["prompt_version"] == JSON_VERSION
    assert done.record["usage"]["uncounted"] == 2  # tokens that were counted here are counted in the same way


@pytest.mark.parametrize("perplexities", [(2.5, 1.5), (1.5, 2.5), (float("inf"), float("inf"))])
def test_the_students_perplexities_are_those_of_then(
    perplexities: tuple[float, float], resources: Any, tmp_path: Path, cache: Path
) -> None:
    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if data["task"] == "reflect":
            return submit(("phenols", PHENOL), ("monocarboxylic acid", AMIDE))
        return submit(("monocarboxylic acid", ACID), ("phenols", AMIDE))

    settings = AlignmentSettings(max_repairs=0, select=Select.PERPLEXITY)
    align_traced(tmp_path, resources, script, settings=settings, score=lambda _, texts: perplexities)
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
    assert done.record is not None
    assert done.record["perplexity_of"] == "alignments"


@pytest.mark.parametrize(
    "limits",
    [
        *(Limits(tokens=260), Limits(cost=0.0003)),  # of the first call
        *(Limits(tokens=8_000), Limits(cost=0.008), Limits(calls=3), Limits(request_calls=4)),
    ],
    ids=["first-tokens", "first-cost", "tokens", "cost", "calls", "request"],
)
def test_bounds_end_a_request_where_they_did(limits: Limits, resources: Any, tmp_path: Path, cache: Path) -> None:
    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if data["task"] == "draft":
            return submit(("monocarboxylic acid", ACID), ("phenols", AMIDE))
        return call("find_substructure", smiles=SALICYLIC, patterns=[PHENOL])

    align_traced(tmp_path, resources, script, teacher={"limits": limits})
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
    assert done.record is not None
    assert done.record.get("bounds") or "within" in done.record["error"]


def test_seconds_that_ran_out_then_run_out_again(
    resources: Any, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from molreflect.agents.teacher import budget

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if data["task"] != "draft":
            clock.now += 100.0
            return call("find_substructure", smiles=SALICYLIC, patterns=[PHENOL])
        return submit(("monocarboxylic acid", ACID), ("phenols", AMIDE))

    clock = SimpleNamespace(now=0.0)
    opened_before = budget.Ledger.open

    def opened_by(*given: Any) -> Any:
        ledger = opened_before(*given)
        ledger.began, ledger.clock = clock.now, lambda: clock.now
        return ledger

    with monkeypatch.context() as patch:
        patch.setattr(budget.Ledger, "open", opened_by)
        align_traced(tmp_path, resources, script, teacher={"limits": Limits(seconds=50)})
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
    assert done.record is not None
    assert done.record["bounds"] == ["50 seconds for the pair"]


def test_answers_that_could_not_be_used_end_in_the_same_error(resources: Any, tmp_path: Path, cache: Path) -> None:
    align_traced(tmp_path, resources, lambda data, tools: AIMessage("I would say it is an acid."))
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
    assert done.record is not None
    assert "submitted no alignments after 3 calls" in done.record["error"]


def test_another_prompt_is_seen_where_it_is_first_asked(
    resources: Any, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    align_traced(tmp_path, resources, _mends)
    before = align.request
    monkeypatch.setattr(align, "request", lambda **how: before(**how).replace("Draft the", "Please draft the"))
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert not done.identical
    assert done.step is not None
    assert done.step.path == "align > draft > teacher > model"
    assert done.step.what.startswith("what the model was asked")
    assert done.how[0] == "message 2 (user):"
    assert done.how[1].startswith("- Draft the alignments")
    assert done.how[2].startswith("+ Please draft the alignments")
    assert done.stopped


def test_another_verdict_is_seen_where_it_is_given(
    resources: Any, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    align_traced(tmp_path, resources, lambda data, tools: submit(("monocarboxylic acid", ACID), ("phenols", PHENOL)))
    _refuse(monkeypatch, "phenols")
    with bench(tmp_path, cache, SAMPLE) as opened:
        (strict,), _ = replay_all(opened)
        (loose,), _ = replay_all(opened, model_only=True)
    assert strict.step is not None
    assert strict.step.path == "align > verify"
    assert strict.how[0] == "phenols: verdict supported -> refuted"
    assert strict.stopped == "the model is asked what it was not asked then"  # to repair what was refused
    assert [v.sentence for v in loose.verdicts] == ["phenols turned supported into refuted"]
    assert loose.ended
    assert loose.record is not None
    assert loose.record["bounds"] == ["what the trace has of the model's answers"] * len(loose.record["bounds"])


def test_model_only_calls_the_tools_of_today(
    resources: Any, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    align_traced(tmp_path, resources, _mends)
    from molreflect.tools import langchain_tools

    monkeypatch.setattr(langchain_tools, "interpret", lambda *given, **how: [])
    with bench(tmp_path, cache, SAMPLE) as opened:
        (strict,), _ = replay_all(opened)
        (loose,), _ = replay_all(opened, model_only=True)
    assert strict.identical  # its tools answer as then
    assert loose.step is not None
    assert loose.step.what == "what the tool answered, in look_up_phrases"
    assert loose.ended
    assert loose.verdicts == ()  # the teacher said the same to it


def test_turns_of_a_conversation_replay(resources: Any, tmp_path: Path, cache: Path) -> None:
    with Namer() as namer:
        corpus = read_corpus(SAMPLE)
        tools = conversation_tools(resources, lambda: corpus, namer=namer, pictures=lambda: tmp_path / "pictures")
        with open_conversation(OfflineAnalyst(), tools, folder=tmp_path, thread="a") as talk:
            answers = [talk.ask(q) for q in (f"What is in {SALICYLIC}?", "Where is the phenol in it?", "hello")]
    with bench(tmp_path, cache, SAMPLE) as opened:
        done, _ = replay_all(opened)
        loose, _ = replay_all(opened, model_only=True)
    assert [(r.step, r.how) for r in (*done, *loose) if not r.identical] == []
    for replayed, answer in zip(reversed(done), answers, strict=True):
        assert replayed.record is not None
        names = ("question", "answer", "thread", "trace_id")
        assert {name: replayed.record[name] for name in names} == {name: getattr(answer, name) for name in names}
        assert sorted(replayed.record["tool_calls"], key=repr) == sorted(answer.tool_calls, key=repr)


def test_a_stray_connection_is_an_error(
    resources: Any, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    align_traced(tmp_path, resources, _mends)
    before = replay_module.rerun_pair

    def stray(*given: Any) -> Any:
        with socket.socket() as ours:
            assert ours.connect_ex(("127.0.0.1", 9)) is not None
        return before(*given)

    monkeypatch.setattr(replay_module, "rerun_pair", stray)
    with bench(tmp_path, cache, SAMPLE) as opened, pytest.raises(NetworkBlockedError, match="connect"):
        replay_all(opened)


def test_traces_without_what_a_replay_needs_say_so(resources: Any, tmp_path: Path, cache: Path) -> None:
    path = tmp_path / "traces.sqlite"
    align_traced(tmp_path, resources, _mends, target=TraceTarget(path=path, mode=TraceMode.SUMMARY))
    align_traced(tmp_path, resources, _mends, target=TraceTarget(path=path, key=b"k" * 32))
    with closing(TraceWriter(TraceTarget(path=path))) as writer:
        recorder = writer.recorder(start("c" * 32))
        recorder.on_chain_start(None, {}, run_id=chain(recorder, "verify"), name="align")
    with bench(tmp_path, cache, SAMPLE) as opened:
        done, refused = replay_all(opened)
    assert done == []
    assert refused == [
        "it has not ended: it goes on, or was killed",
        "it was kept with --private, which keeps hashes in place of molecules and texts",
        "only a summary of it was kept; --trace full keeps what a replay needs",
    ]


def test_a_trace_with_a_corpus_nobody_names_says_so(far_run: Path, cache: Path, tmp_path: Path) -> None:
    (tmp_path / "traces.sqlite").write_bytes((far_run / "traces.sqlite").read_bytes())
    with bench(tmp_path, cache, SAMPLE) as opened:
        kept = opened.load(opened.store.find(LEARNER)[0])
        with pytest.raises(NotReplayableError, match="name it with --corpus"):
            opened.resources(kept)


def test_a_trace_without_a_corpus_is_judged_by_the_lexicon_of_its_run(tmp_path: Path, cache: Path) -> None:
    table = curated_table("phenol")
    assert table is not None
    patch = write_classes([table | {"patterns": ["[OX2H1]c1ccccc1[NX3H2]"], "matches": ["Oc1ccccc1N"], "misses": []}])
    folder = tmp_path / "run"
    settings: dict[str, Any] = {"settings": {"lexicon_patch": patch}}
    with (
        closing(RunStore.create(folder, settings, [], [], [])),
        closing(open_resources(cache, lexicon_patch=patch)) as patched,
    ):
        align_traced(folder, patched, _mends)
    with bench(folder, cache, SAMPLE) as opened:
        (done,), refused = replay_all(opened)
        assert (done.identical, done.changed, refused) == (True, (), [])
    (folder / "run.yaml").unlink()  # no run any more that knows of a patch
    with bench(folder, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
        assert not done.identical
        assert [change.phrase for change in done.verdicts] == ["phenols"]


def _refuse(monkeypatch: pytest.MonkeyPatch, phrase: str) -> None:
    """Have the verifier refuse a phrase."""
    from dataclasses import replace

    from molreflect.graphs.alignment import nodes

    before = nodes.verify_all

    def stricter(*given: Any, **how: Any) -> Any:
        return [
            replace(v, verdict=Verdict.REFUTED) if v.proposal.phrase == phrase else v for v in before(*given, **how)
        ]

    monkeypatch.setattr(nodes, "verify_all", stricter)


def test_asking_anew_changes_no_replay(resources: Any, tmp_path: Path, cache: Path) -> None:
    with asking_anew(3):
        align_traced(tmp_path, resources, _mends)
    with bench(tmp_path, cache, SAMPLE) as opened:
        (done,), _ = replay_all(opened)
    assert done.identical
