"""The loop of a teacher that follows rules leaves the same answers, spans and accounts as LangChain's agent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.tools import Tool

from molreflect.agents.errors import BoundReachedError, CapReachedError, TeacherError
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.rule_model import call_tool
from molreflect.agents.models.tokens import APPROXIMATION
from molreflect.agents.prompts import align, reflect
from molreflect.agents.schemas import Alignment, Usage, Version
from molreflect.agents.teacher.agent import Teacher, build_agent, build_teacher
from molreflect.agents.teacher.budget import Limits, RunMeter
from molreflect.agents.teacher.calls import MeteredCalls
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.agents.teacher.rule_agent import RuleAgent
from molreflect.graphs.traces.memory import MemoryTrace
from molreflect.graphs.traces.spans import TraceStart
from molreflect.tools.langchain_tools import PAIR_ID, build_alignment_tools
from molreflect.tools.terms import FailureKind, View
from molreflect.tools.verification.proposals import ProposedAlignment
from molreflect.tools.verification.verify import verify_all

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester, a polyketide and a member of phenols. It derives from a salicylic acid."
DRAFT = align.request(view=View.PAIR, smiles=SMILES, caption=CAPTION)
UNREADABLE = align.request(view=View.PAIR, smiles="C1CC", caption=CAPTION)


def both(resources: Any, model: LexiconModel | None = None, **options: Any) -> tuple[Teacher, Teacher]:
    """A teacher as it is built, and the same over LangChain's agent."""
    rules, tools = model or LexiconModel(), build_alignment_tools(resources)
    voice = build_teacher(rules, tools, name="lexicon", **options)
    calls = MeteredCalls(APPROXIMATION, None, tools, Endpoint(EndpointPolicy(retries=0)), reads_tokens=False)
    return voice, replace(voice, agent=build_agent(rules, tools, calls, warns=False))


def asked(voice: Teacher, request: str, **spent: Any) -> tuple[Any, list[Any]]:
    """What came of a request, and its spans without ids and times."""
    trace = MemoryTrace()
    recorder = trace.recorder(TraceStart(trace_id="t", kind="alignment", subject="x"))
    config: Any = {"callbacks": [recorder], "configurable": {PAIR_ID: "x"}}
    outcome: Any
    try:
        outcome = voice.propose(request, config, **spent)
    except (TeacherError, CapReachedError) as error:
        outcome = (type(error), str(error), error.usage, getattr(error, "raw", ""), getattr(error, "kind", None))
    names = {span.span_id: (place, span.name) for place, span in enumerate(trace.spans)}
    shown = [(s.name, s.kind, s.status, s.attributes, names[s.parent_id] if s.parent_id else None) for s in trace.spans]
    assert all(span.seconds is not None for span in trace.spans)
    return outcome, shown


def reflection(resources: Any) -> str:
    judged = verify_all(
        [ProposedAlignment(phrase="methyl ester", pattern="N")], smiles=SMILES, caption=CAPTION, resources=resources
    )
    alignments = tuple(Alignment.of(v, Version.DRAFT) for v in judged)
    return reflect.fit(
        view=View.PAIR, smiles=SMILES, caption=CAPTION, judged=alignments, neighbours=(), count=len, budget=100_000
    ).text


@pytest.mark.parametrize("view", [View.PAIR, View.MOLECULE])
def test_answers_and_spans_are_those_of_langchains_agent(resources: Any, view: View) -> None:
    request = DRAFT if view is View.PAIR else align.request(view=view, smiles=SMILES, caption=None)
    ours, theirs = both(resources)
    assert isinstance(ours.agent, RuleAgent)
    answer, spans = asked(ours, request)
    assert (answer, spans) == asked(theirs, request)
    assert answer.alignments
    assert {name for name, *_ in spans} >= {"teacher", "model"}
    assert sum(kind == "TOOL" for _, kind, *_ in spans) == (3 if view is View.PAIR else 1)


def test_a_reflection_is_the_same_too(resources: Any) -> None:
    request = reflection(resources)
    ours, theirs = both(resources)
    assert asked(ours, request) == asked(theirs, request)


def test_a_tool_that_refuses_its_arguments_ends_the_request_alike(resources: Any) -> None:
    ours, theirs = both(resources)
    outcome, spans = asked(ours, UNREADABLE)
    assert outcome[0] is TeacherError
    assert (outcome, spans) == asked(theirs, UNREADABLE)
    assert [s[2] for s in spans if s[0] == "look_up_phrases"] == ["ERROR"]


@pytest.mark.parametrize(
    ("limits", "spent"),
    [
        pytest.param(Limits(request_calls=2), {}, id="calls of a request"),
        pytest.param(Limits(calls=5), {"spent": Usage(calls=3)}, id="calls of a pair"),
        pytest.param(Limits(seconds=1.0), {"seconds": 2.0}, id="seconds"),
    ],
)
def test_bounds_of_a_pair_end_the_request_alike(resources: Any, limits: Limits, spent: dict[str, Any]) -> None:
    ours, theirs = both(resources, limits=limits)
    outcome, spans = asked(ours, DRAFT, **spent)
    assert outcome[0] is BoundReachedError
    assert (outcome, spans) == asked(theirs, DRAFT, **spent)
    assert spans[0][2] == "ERROR"


def test_a_run_that_was_stopped_makes_no_further_call(resources: Any) -> None:
    meter = RunMeter()
    meter.stop("interrupted")
    ours, theirs = both(resources, meter=meter)
    outcome, _ = asked(ours, DRAFT)
    assert outcome[:3] == (CapReachedError, "interrupted", Usage())
    assert outcome == asked(theirs, DRAFT)[0]


class Lost(LexiconModel):
    """Rules that call a tool nobody offers, then answer in words, or submit what is no alignment."""

    submits: bool = False

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        if self.submits:
            return call_tool("AlignmentDraft", 0, alignments=[{"phrase": 1}])
        if len(messages) == 2:
            return call_tool("ask_the_oracle", 0, of="Delphi")
        assert "ask_the_oracle is not a valid tool" in str(messages[-1].content)
        return AIMessage("I am lost")


def test_rules_that_cannot_go_on_fail_with_what_they_said(resources: Any) -> None:
    ours, theirs = both(resources, Lost())
    outcome, _ = asked(ours, DRAFT)
    assert outcome[0] is TeacherError
    assert outcome[3:] == ("I am lost", FailureKind.MALFORMED)
    assert "it calls no tool" in outcome[1]
    assert outcome[3:] == asked(theirs, DRAFT)[0][3:]


def test_what_is_submitted_is_checked(resources: Any) -> None:
    ours, _ = both(resources, Lost(submits=True))
    outcome, _ = asked(ours, DRAFT)
    assert outcome[0] is TeacherError
    assert "phrase" in outcome[1]


def test_a_bug_in_a_tool_travels_up_and_its_span_says_so(resources: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise KeyError("bug")

    monkeypatch.setattr(type(resources.reader), "read", broken)
    ours, _ = both(resources)
    trace = MemoryTrace()
    recorder = trace.recorder(TraceStart(trace_id="t", kind="alignment", subject="x"))
    with pytest.raises(KeyError, match="bug"):
        ours.propose(DRAFT, {"callbacks": [recorder]})
    assert [(s.name, s.status) for s in trace.spans if s.status == "ERROR"] == [
        ("teacher", "ERROR"),
        ("read_caption", "ERROR"),
    ]


def test_only_plain_functions_can_be_called_directly(resources: Any) -> None:
    calls = MeteredCalls(APPROXIMATION, None, [], Endpoint(EndpointPolicy(retries=0)))
    odd = Tool(name="odd", description="Takes one text.", func=str)
    with pytest.raises(TypeError, match="odd is no plain function"):
        RuleAgent(LexiconModel(), [odd], name="teacher", system="", calls=calls)
