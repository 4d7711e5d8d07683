"""The turns of a conversation as a reader sees them: what was said, which steps were taken, what lies where."""

from __future__ import annotations

import json

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from molreflect.agents.analyst.checked import CHECKED, AnswerClaim, CheckedAnswer
from molreflect.graphs.conversation.turns import MAX_DRAWN, ToolStep, shown_of, turns_of
from molreflect.tools.terms import Verdict

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
ACID = ((10, 11, 12),)


def called(name: str, id_: str = "1", **arguments: object) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": id_}])


def answered(value: object, id_: str = "1", status: str = "success") -> ToolMessage:
    text = value if isinstance(value, str) else json.dumps(value)
    return ToolMessage(text, tool_call_id=id_, status=status)


def located(smiles: str, **groups: object) -> ToolMessage:
    return answered({"smiles": smiles, "groups": groups})


def test_turns_have_question_steps_answer_and_the_trace_of_each() -> None:
    first, second = turns_of(
        [
            HumanMessage("one", id="a" * 32),
            called("locate_groups", smiles=ASPIRIN, groups=["acid"]),
            answered("no such molecule", status="error"),
            AIMessage("first"),
            HumanMessage("two"),
            called("list_groups", "2", smiles="CCO"),
        ]
    )
    assert (first.number, first.question, first.answer, first.trace_id) == (1, "one", "first", "a" * 32)
    assert first.steps == [
        ToolStep("1", "locate_groups", {"smiles": ASPIRIN, "groups": ["acid"]}, "no such molecule", True)
    ]
    assert (second.answer, second.trace_id, second.steps[0].result) == ("", "", "")


def test_what_tools_found_is_marked_in_the_answer_and_lies_in_its_molecule() -> None:
    read = {"molecules": {"aspirin": {"words": "aspirin", "smiles": ASPIRIN}, "CCO": {"smiles": "CCO"}}}
    acid = {"name": "carboxylic acid", "count": 1, "atoms": [[10, 11, 12]], "pattern": "C(=O)[OH]"}
    none = {"name": "nitrile", "count": 0, "atoms": []}
    (turn,) = turns_of(
        [
            HumanMessage("where?"),
            called("read_molecules", "0", words=["aspirin", "CCO"]),
            answered(read, "0"),
            called("locate_groups", smiles=ASPIRIN, groups=["acid", "nitrile"]),
            located(ASPIRIN, acid=acid, nitrile=none),
            AIMessage("A Carboxylic Acid is there, no nitrile."),
        ]
    )
    shown = shown_of(turn)
    assert [(m.smiles, m.name) for m in shown.molecules] == [(ASPIRIN, "aspirin"), ("CCO", "")]
    (phrase,) = shown.phrases
    assert (phrase.phrase, phrase.verdict, phrase.atoms) == ("carboxylic acid", Verdict.SUPPORTED, (ACID,))
    assert turn.answer[phrase.start : phrase.end] == "Carboxylic Acid"


def test_claims_of_a_model_keep_their_places_verdicts_and_reasons() -> None:
    text = "It has a carboxylic acid, atom 99 and a nitrile."
    claims = (
        AnswerClaim("carboxylic acid", 9, 24, ASPIRIN, Verdict.SUPPORTED, "", ACID),
        AnswerClaim("atom 99", 26, 33, ASPIRIN, Verdict.REFUTED, "it has no such atom", ((99,),)),
        AnswerClaim("nitrile", 40, 47, "CCO", Verdict.SUPPORTED, "", (), True),
    )
    checked = CheckedAnswer(text, claims, ("Hm.",), (ASPIRIN, "CCO"))
    (turn,) = turns_of([HumanMessage("what?"), AIMessage(text, additional_kwargs={CHECKED: checked.to_json()})])
    assert turn.unread == ("Hm.",)
    acid, atom, nitrile = shown_of(turn).phrases
    assert (acid.atoms, acid.why) == ((ACID,), "at 1 place")
    assert (atom.atoms, atom.verdict, atom.why) == ((), Verdict.REFUTED, "it has no such atom")
    assert nitrile.why == "the answer denies it"
    assert all(text[p.start : p.end] == p.phrase for p in (acid, atom, nitrile))


def test_tools_of_others_and_answers_of_earlier_versions_draw_nothing() -> None:
    (turn,) = turns_of(
        [
            HumanMessage("what?"),
            called("locate_groups", smiles="CCO"),
            answered({"smiles": "no SMILES", "groups": ["of another shape"]}),
            called("search_the_web", "2", words="CCO"),
            answered("[1, 2", "2"),
            AIMessage("Nothing."),
        ]
    )
    shown = shown_of(turn)
    assert (shown.molecules, shown.phrases, shown.left_out) == ([], [], 0)


def test_more_molecules_than_are_drawn_are_counted() -> None:
    smiles = ["C" * n for n in range(1, MAX_DRAWN + 3)]
    (turn,) = turns_of(
        [HumanMessage("compare"), called("compare_molecules"), answered({"smiles": smiles}), AIMessage("They differ.")]
    )
    shown = shown_of(turn)
    assert (len(shown.molecules), shown.left_out) == (MAX_DRAWN, 2)
