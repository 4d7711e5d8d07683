"""The graph of one pair: its nodes in order, its bounds, what it selects, and what it writes down."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, ToolMessage
from scripted import Script, ScriptedModel, call, submit

from molreflect.agents.errors import BoundReachedError
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.models.tokens import APPROXIMATION
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import PairRecord, Version
from molreflect.agents.teacher.agent import build_teacher
from molreflect.agents.teacher.budget import Limits
from molreflect.graphs.alignment.coverage import unread_sentences
from molreflect.graphs.alignment.graph import build_alignment_graph
from molreflect.graphs.alignment.nodes import perplexities
from molreflect.graphs.alignment.state import AlignmentContext, AlignmentSettings, AlignmentState
from molreflect.tools.langchain_tools import build_alignment_tools
from molreflect.tools.terms import PerplexityOf, Reason, Verdict, View

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester and a member of phenols. It has a role as a plant metabolite."
ESTER, PHENOL, WRONG = ("methyl ester", "[CH3]OC(=O)[#6]"), ("phenols", "[OX2H1]c1ccccc1"), ("phenols", "Nc1ccccc1")


class Run:
    """One pair through the graph: the nodes that were visited, and the final state."""

    def __init__(
        self,
        resources: Any,
        script: Script | None,
        *,
        view: View = View.PAIR,
        target: str | None = None,
        limits: Limits | None = None,
        **more: Any,
    ) -> None:
        settings = AlignmentSettings(**more.pop("settings", {}))
        model = LexiconModel() if script is None else ScriptedModel(script=script)
        name = "lexicon" if script is None else "scripted"
        teacher = build_teacher(model, build_alignment_tools(resources), name=name, limits=limits)
        context = AlignmentContext(teacher=teacher, resources=resources, settings=settings, **more)
        state = AlignmentState(
            id="x", view=view, smiles=None if view is View.CAPTION else SMILES,
            caption=None if view is View.MOLECULE else CAPTION, target=target, trace_id="t",
        )  # fmt: skip
        self.nodes: list[str] = []
        self.final: dict[str, Any] = {}
        for mode, chunk in build_alignment_graph().stream(state, context=context, stream_mode=["updates", "values"]):
            if mode == "updates":
                self.nodes += list(chunk)
            else:
                self.final = chunk
        self.record: PairRecord = self.final["record"]


def always(*ties: Any) -> Script:
    return lambda data, tools: submit(*ties)


def by_task(draft: list[Any], repair: list[Any], reflect: list[Any]) -> Script:
    answers = {"draft": draft, "repair": repair, "reflect": reflect}
    return lambda data, tools: submit(*answers[data["task"]])


def test_a_good_draft_is_not_reflected_on(resources: Any) -> None:
    run = Run(resources, always(ESTER, PHENOL))
    assert run.nodes == ["draft", "verify", "retrieve", "select", "record"]
    assert (run.record.selected, run.record.rounds) == (Version.DRAFT, 0)


def test_a_refused_draft_is_repaired_once_and_then_reflected_on(resources: Any) -> None:
    run = Run(resources, always(ESTER, WRONG))
    assert run.nodes == [
        "draft", "verify", "draft", "verify", "retrieve", "reflect", "verify_again", "reflect", "verify_again",
        "select", "record",
    ]  # fmt: skip
    assert run.record.rounds == 3


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_repair_is_bounded_by_its_setting(resources: Any, rounds: int) -> None:
    run = Run(resources, always(WRONG), settings={"max_repairs": rounds})
    assert run.nodes.count("draft") == 1 + rounds
    assert run.nodes.count("reflect") == 1 + rounds
    assert run.record.rounds == 2 * rounds + 1


def test_a_self_checking_teacher_is_not_asked_to_repair(resources: Any) -> None:
    run = Run(resources, None, settings={"reflect_when": "always"})
    assert run.nodes == ["draft", "verify", "retrieve", "reflect", "verify_again", "select", "record"]


def test_always_reflects_on_a_good_draft_too(resources: Any) -> None:
    run = Run(resources, always(ESTER, PHENOL), settings={"reflect_when": "always"})
    assert "reflect" in run.nodes
    assert run.record.selected_because == "reflection changed nothing that is supported"


def test_a_phrase_without_a_reading_is_reflected_on_and_a_role_is_not(resources: Any) -> None:
    assert "reflect" in Run(resources, always(ESTER, ("phenols", None))).nodes
    role = {"phrase": "plant metabolite", "kind": "role"}
    assert "reflect" not in Run(resources, always(ESTER, PHENOL, role)).nodes


def test_reflection_is_shown_the_neighbours(resources: Any) -> None:
    shown: list[dict[str, Any]] = []

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        shown.append(data)
        return submit(WRONG)

    found = (NeighbourExample("n1", "Oc1ccccc1", "A phenol.", 0.5, ()), NeighbourExample("n2", "CO", "An ol.", 0.1, ()))
    asked: list[str] = []

    def retrieve(pair_id: str) -> Sequence[NeighbourExample]:
        asked.append(pair_id)
        return found

    run = Run(resources, script, retrieve=retrieve)
    assert asked == ["x"]
    assert run.record.neighbours == ("n1", "n2")
    assert [n["id"] for n in shown[-1]["neighbours"]] == ["n2", "n1"]


def test_the_version_that_supports_more_is_selected(resources: Any) -> None:
    better = Run(resources, by_task([WRONG], [WRONG], [ESTER, PHENOL]))
    assert (better.record.selected, better.record.selected_because) == (
        Version.REFLECTED, "supported alignments: draft 0, reflected 2"
    )  # fmt: skip
    worse = Run(resources, by_task([ESTER, WRONG], [ESTER, WRONG], [WRONG]))
    assert worse.record.selected is Version.DRAFT
    assert [a.phrase for a in worse.record.alignments] == ["methyl ester", "phenols"]


TIED: dict[str, Any] = {"draft": [ESTER, WRONG], "repair": [ESTER, WRONG], "reflect": [PHENOL]}


def scorer(draft: float, reflected: float, seen: list[Any] | None = None) -> Any:
    def score(shown: str, texts: Sequence[str]) -> Sequence[float]:
        if seen is not None:
            seen.append((shown, *texts))
        return [draft, reflected]

    return score


@pytest.mark.parametrize(
    ("reflected", "chosen"), [(1.5, Version.REFLECTED), (3.5, Version.DRAFT), (2.5, Version.DRAFT)]
)
def test_perplexity_breaks_a_tie(resources: Any, reflected: float, chosen: Version) -> None:
    seen: list[Any] = []
    run = Run(resources, by_task(**TIED), score=scorer(2.5, reflected, seen))
    assert run.record.selected is chosen
    assert run.record.perplexity == {"draft": 2.5, "reflected": reflected}
    assert seen == [(SMILES, "methyl ester: cC(=O)OC", "phenols: Oc1ccccc1")]


def test_a_tie_without_a_student_keeps_the_reflection_and_says_so(resources: Any) -> None:
    run = Run(resources, by_task(**TIED))
    assert (run.record.selected, run.record.selected_because) == (
        Version.REFLECTED, "equal coverage and no student to break the tie"
    )  # fmt: skip


def test_perplexity_decides_only_where_it_has_to(resources: Any) -> None:
    seen: list[Any] = []
    run = Run(resources, by_task([WRONG], [WRONG], [ESTER]), score=scorer(1, 2, seen))
    assert (seen, run.record.perplexity) == ([], {})


def test_the_papers_rule_lets_perplexity_decide_against_coverage(resources: Any) -> None:
    run = Run(
        resources, by_task([ESTER, WRONG], [ESTER, WRONG], [ESTER, PHENOL]), score=scorer(1, 2),
        settings={"select": "perplexity"},
    )  # fmt: skip
    assert run.record.selected is Version.DRAFT


@pytest.mark.parametrize(
    ("view", "shown", "target", "molecule"),
    [
        (View.PAIR, SMILES, CAPTION, False), (View.MOLECULE, SMILES, "hidden", False),
    ],
)  # fmt: skip
def test_perplexity_of_the_target_given_the_alignments_is_a_switch_and_is_recorded(
    resources: Any, view: View, shown: str, target: str, molecule: bool
) -> None:
    seen: list[Any] = []

    def score_target(shown: str, texts: Sequence[str], target: str, molecule: bool) -> Sequence[float]:
        seen.append((shown, target, molecule, len(texts)))
        return [3.0, 2.0]

    run = Run(
        resources, by_task([ESTER, WRONG], [ESTER, WRONG], [PHENOL]), view=view, target="hidden", score=None,
        score_target=score_target,
        settings={"select": "perplexity", "perplexity_of": PerplexityOf.TARGET, "reflect_when": "always"},
    )  # fmt: skip
    assert seen == [(shown, target, molecule, 2)]
    assert (run.record.selected, run.record.perplexity_of) == (Version.REFLECTED, PerplexityOf.TARGET)
    assert run.record.selected_because == (
        "the student's perplexity of the target given the alignments: draft 3.0, reflected 2.0"
    )
    assert "hidden" not in json.dumps(run.record.to_json())


def test_the_target_of_the_caption_view_is_the_molecule_and_must_be_known(resources: Any) -> None:
    seen: list[Any] = []

    def score_target(shown: str, texts: Sequence[str], target: str, molecule: bool) -> Sequence[float]:
        seen.append((shown, target, molecule))
        return [1.0, 1.0]

    teacher = build_teacher(LexiconModel(), [], name="lexicon")
    settings = AlignmentSettings(perplexity_of=PerplexityOf.TARGET)
    context = AlignmentContext(teacher=teacher, resources=resources, settings=settings, score_target=score_target)
    state = AlignmentState(id="x", view=View.CAPTION, caption=CAPTION, target="CCO")
    assert perplexities(state, context, ["a", "b"]) == [1.0, 1.0]
    assert seen == [(CAPTION, "CCO", True)]
    with pytest.raises(ValueError, match="needs the side that the caption view hides"):
        perplexities(AlignmentState(id="x", view=View.CAPTION, caption=CAPTION), context, ["a", "b"])


def test_which_perplexity_decided_is_recorded_and_none_where_it_did_not(resources: Any) -> None:
    assert Run(resources, by_task(**TIED), score=scorer(2.5, 1.5)).record.perplexity_of is PerplexityOf.ALIGNMENTS
    assert Run(resources, by_task([WRONG], [WRONG], [ESTER]), score=scorer(1, 2)).record.perplexity_of is None


def test_a_phrase_that_is_submitted_twice_counts_once(resources: Any) -> None:
    twice = by_task([ESTER, ESTER, WRONG], [ESTER, ESTER, WRONG], [ESTER, PHENOL])
    assert Run(resources, twice).record.selected is Version.REFLECTED
    once = by_task([ESTER, PHENOL], [ESTER, PHENOL], [ESTER, ESTER, ESTER])
    run = Run(resources, once, settings={"reflect_when": "always"})
    assert (run.record.selected, run.record.selected_because) == (
        Version.DRAFT, "supported alignments: draft 2, reflected 1"
    )  # fmt: skip


def test_in_the_molecule_view_the_atoms_that_are_accounted_for_decide(resources: Any) -> None:
    names = [("phenol", PHENOL[1]), ("hydroxyphenyl group", PHENOL[1]), ("aromatic alcohol", PHENOL[1])]
    run = Run(
        resources, by_task(names, names, [ESTER, ("phenol", PHENOL[1])]), view=View.MOLECULE,
        settings={"reflect_when": "always"},
    )  # fmt: skip
    assert run.record.selected is Version.REFLECTED
    assert run.record.selected_because.startswith("heavy atoms supported: draft 7, reflected 1")


def test_neighbours_without_room_are_left_out_and_the_record_says_so(resources: Any) -> None:
    shown: list[dict[str, Any]] = []

    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        shown.append(data)
        return submit(WRONG)

    found = tuple(NeighbourExample(f"n{i}", "Oc1ccccc1", "A phenol. " * 40, 0.5, ()) for i in range(3))
    run = Run(resources, script, retrieve=lambda _: found, settings={"reflect_tokens": 800, "max_repairs": 0})
    assert [n["id"] for n in shown[-1]["neighbours"]] == ["n1", "n0"]
    assert shown[-1]["neighbours"][0]["caption"] == "A phenol. " * 40
    (bound,) = run.record.bounds
    assert bound.startswith(f"reflection within 800 tokens ({APPROXIMATION.how}): neighbours left out: n2; the request")
    assert run.record.neighbours == ("n0", "n1", "n2")


def test_a_bound_that_ends_the_reflection_keeps_the_draft(resources: Any) -> None:
    def script(data: dict[str, Any], tools: list[ToolMessage]) -> AIMessage:
        if data["task"] == "draft":
            return submit(ESTER, WRONG)
        return call("find_substructure", smiles=SMILES, patterns=["C"])

    run = Run(resources, script, settings={"max_repairs": 0}, limits=Limits(request_calls=3))
    assert run.nodes == ["draft", "verify", "retrieve", "reflect", "select", "record"]
    assert run.record.bounds == ("3 model calls of one request",)
    assert run.record.selected_because == "a bound was reached before the teacher had reflected"
    assert (run.record.selected, run.record.usage.calls, run.record.rounds) == (Version.DRAFT, 4, 0)
    assert [a.phrase for a in run.record.alignments] == ["methyl ester", "phenols"]


def test_a_bound_that_ends_a_repair_keeps_the_draft_and_asks_no_more(resources: Any) -> None:
    run = Run(resources, always(ESTER, WRONG), limits=Limits(calls=1))
    assert run.nodes == ["draft", "verify", "draft", "verify", "retrieve", "select", "record"]
    assert run.record.bounds == ("1 model call for the pair",)
    assert run.record.usage.calls == 1


def test_a_bound_before_any_answer_fails_the_row(resources: Any) -> None:
    forever = call("find_substructure", smiles=SMILES, patterns=["C"])
    with pytest.raises(BoundReachedError, match="within 2 model calls of one request"):
        Run(resources, lambda data, tools: forever, limits=Limits(request_calls=2))


def test_a_version_that_supports_nothing_has_no_perplexity_and_json_stays_json(resources: Any) -> None:
    run = Run(
        resources,
        by_task([WRONG], [WRONG], [ESTER]),
        score=scorer(float("inf"), 2.0),
        settings={"select": "perplexity"},
    )
    assert run.record.selected is Version.REFLECTED
    assert run.record.perplexity == {"reflected": 2.0}
    json.dumps(run.record.to_json(), allow_nan=False)


def test_the_caption_view_is_scored_by_its_caption(resources: Any) -> None:
    run = Run(resources, always(ESTER), view=View.CAPTION, settings={"reflect_when": "always"})
    assert (run.record.smiles, run.record.caption) == (None, CAPTION)
    assert run.record.alignments[0].atoms == ()
    assert run.record.coverage.heavy_atoms is None


def test_the_molecule_view_has_no_offsets(resources: Any) -> None:
    run = Run(resources, None, view=View.MOLECULE)
    assert run.record.caption is None
    assert run.record.alignments
    assert all(a.start is None and a.end is None for a in run.record.alignments)
    assert run.record.coverage.phrases is None


def test_refused_alignments_stay_in_the_record_with_their_reason(resources: Any) -> None:
    record = Run(resources, always(WRONG, ("ester of nothing", "C"))).record
    reasons = {a.phrase: (a.verdict, a.reason) for a in record.alignments}
    assert reasons == {
        "phenols": (Verdict.REFUTED, Reason.ABSENT), "ester of nothing": (Verdict.REFUTED, Reason.MISQUOTED)
    }  # fmt: skip
    assert all(a.message for a in record.alignments)


def test_a_record_survives_json_and_says_all_that_the_design_asks_for(resources: Any) -> None:
    record = Run(resources, None).record
    again = PairRecord.model_validate(json.loads(json.dumps(record.to_json())))
    assert again == record
    assert list(record.to_json()) == [
        "id", "view", "smiles", "caption", "alignments", "selected", "selected_because", "perplexity",
        "perplexity_of", "coverage", "unread", "neighbours", "rounds", "bounds", "teacher",
        "prompt_version", "index_hash", "usage", "trace_id", "status",
    ]  # fmt: skip
    assert (record.status, record.teacher, record.trace_id) == ("ok", "lexicon", "t")
    for a in record.alignments:
        assert a.start is not None
        assert CAPTION[a.start : a.end] == a.phrase
    starts = [a.start for a in record.alignments if a.start is not None]
    assert starts == sorted(starts)


def test_a_record_names_the_sentences_that_nobody_read(resources: Any) -> None:
    caption = "The molecule is a phenol. Beside it stands an ammonium salt of frobnicyl acetate, unlike any other."
    left = unread_sentences((), caption, resources)
    assert left is not None
    for each in left:
        assert caption[each.start : each.end].startswith("Beside")
        assert all(word in caption for word in each.words)
    covered = Run(resources, always(ESTER, PHENOL)).record
    assert covered.unread == ()
    assert unread_sentences((), None, resources) is None
    everything = [
        a.model_copy(update={"start": 0, "end": len(caption)}) for a in covered.alignments[:1]
    ]  # a teacher that quotes the whole caption has spoken of all of it
    assert unread_sentences(everything, caption, resources) == ()


def test_usage_is_summed_over_all_rounds(resources: Any) -> None:
    record = Run(resources, always(WRONG)).record
    assert (record.usage.calls, record.usage.input_tokens) == (4, 400)


def test_plain_text_as_a_caller_over_http_gives_it_is_understood(resources: Any) -> None:
    teacher = build_teacher(LexiconModel(), build_alignment_tools(resources), name="lexicon")
    graph = build_alignment_graph(context=AlignmentContext(teacher=teacher, resources=resources))
    record = graph.invoke({"id": "x", "view": "molecule", "smiles": SMILES})["record"]
    assert record.view is View.MOLECULE
    assert record.alignments


@pytest.mark.parametrize(("said", "when"), [((ESTER, WRONG), "refused"), ((ESTER,), "always"), ((ESTER,), "refused")])
def test_halves_of_the_graph_do_together_what_the_whole_does(resources: Any, said: Any, when: Any) -> None:
    teacher = build_teacher(ScriptedModel(script=always(*said)), build_alignment_tools(resources), name="scripted")
    context = AlignmentContext(teacher=teacher, resources=resources, settings=AlignmentSettings(reflect_when=when))
    state = AlignmentState(id="x", smiles=SMILES, caption=CAPTION)
    drafted = build_alignment_graph(part="draft").invoke(state, context=context)
    reflects = WRONG in said or when == "always"
    assert (drafted.get("record") is None) == reflects  # with nothing to reflect on, the first half comes to the end
    whole = build_alignment_graph().invoke(state, context=context)["record"]
    assert drafted.get("record") in (None, whole)
    drafted.pop("record", None)
    halves = build_alignment_graph(part="reflect").invoke(AlignmentState(**drafted), context=context)["record"]
    assert halves == whole
