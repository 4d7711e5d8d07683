"""The offline teacher: a chat model that follows rules, step by step, over the real tools."""

from __future__ import annotations

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import BaseTool

from molreflect.agents.errors import TeacherError
from molreflect.agents.models.lexicon_teacher import LexiconModel
from molreflect.agents.prompts import align, reflect
from molreflect.agents.prompts.reflect import NeighbourExample
from molreflect.agents.schemas import Alignment, Version
from molreflect.agents.teacher.agent import build_teacher
from molreflect.tools.langchain_tools import build_alignment_tools, build_naming_tool
from molreflect.tools.names.systematic import Namer
from molreflect.tools.terms import PhraseKind, Reason, Verdict, View
from molreflect.tools.verification.proposals import ProposedAlignment
from molreflect.tools.verification.verify import verify_all

SMILES = "COC(=O)c1ccccc1O"
CAPTION = "The molecule is a methyl ester and a member of phenols. It has a role as a plant metabolite."


def steps(resources: Any, request: str, *more: BaseTool) -> list[AIMessage]:
    """What the model says, one after the other, with the tools really called in between."""
    tools = {t.name: t for t in [*build_alignment_tools(resources), *more]}
    messages, said = [SystemMessage("s"), HumanMessage(request)], []
    model = LexiconModel().bind_tools(list(tools.values()))
    conversation: list[BaseMessage] = list(messages)
    for _ in range(8):
        answer = model.invoke(conversation)
        said.append(answer)
        (call,) = answer.tool_calls
        if call["name"] not in tools:
            return said
        result = tools[call["name"]].invoke(call["args"])
        conversation += [answer, ToolMessage(result, tool_call_id=call["id"], name=call["name"])]
    raise AssertionError("the lexicon never submitted")


def names(said: list[AIMessage]) -> list[str]:
    return [m.tool_calls[0]["name"] for m in said]


def submitted(said: list[AIMessage]) -> list[dict[str, Any]]:
    ties: list[dict[str, Any]] = said[-1].tool_calls[0]["args"]["alignments"]
    return ties


def judged(resources: Any, *ties: ProposedAlignment, smiles: str = SMILES, caption: str = CAPTION) -> list[Alignment]:
    verified = verify_all(list(ties), smiles=smiles, caption=caption, resources=resources)
    return [Alignment.of(each, Version.DRAFT) for each in verified]


def test_a_draft_reads_looks_up_checks_and_submits(resources: Any) -> None:
    said = steps(resources, align.request(view=View.PAIR, smiles=SMILES, caption=CAPTION))
    assert names(said) == ["read_caption", "look_up_phrases", "check_alignments", "AlignmentDraft"]
    ties = {t["phrase"]: t for t in submitted(said)}
    assert ties["methyl ester"]["pattern"] is not None
    assert ties["phenols"]["pattern"] is not None
    role = {"kind": "role", "pattern": None, "source": "lexicon"}
    assert ties["plant metabolite"] == {"phrase": "plant metabolite", "start": CAPTION.index("plant"), **role}


def test_the_same_request_gets_the_same_words(resources: Any) -> None:
    request = align.request(view=View.PAIR, smiles=SMILES, caption=CAPTION)
    once, again = steps(resources, request), steps(resources, request)
    assert [m.tool_calls for m in once] == [m.tool_calls for m in again]


def test_the_molecule_view_names_classes_without_a_caption(resources: Any) -> None:
    said = steps(resources, align.request(view=View.MOLECULE, smiles=SMILES, caption=None))
    assert names(said) == ["list_classes", "AlignmentDraft"]
    assert {"methyl ester", "phenol"} <= {t["phrase"].removesuffix("s") for t in submitted(said)}


def test_the_molecule_view_asks_for_a_name_where_there_is_a_namer(resources: Any) -> None:
    with Namer() as namer:
        request = align.request(view=View.MOLECULE, smiles=SMILES, caption=None)
        said = steps(resources, request, build_naming_tool(namer))
    assert names(said) == ["list_classes", "name_molecule", "AlignmentDraft"]
    assert {t["source"] for t in submitted(said)} >= {"class"}


def test_the_caption_view_proposes_patterns_without_a_molecule(resources: Any) -> None:
    said = steps(resources, align.request(view=View.CAPTION, smiles=None, caption=CAPTION))
    assert said[2].tool_calls[0]["args"]["smiles"] is None
    assert next(t for t in submitted(said) if t["phrase"] == "methyl ester")["pattern"] is not None


def test_a_caption_without_phrases_is_answered_with_an_empty_list(resources: Any) -> None:
    said = steps(resources, align.request(view=View.PAIR, smiles=SMILES, caption="Nothing to see here."))
    assert submitted(said) == []


def test_reflection_keeps_what_was_accepted_and_learns_from_a_neighbour(resources: Any) -> None:
    caption = "The molecule is a methyl ester and a zorgoid."
    drafted = judged(
        resources,
        ProposedAlignment(phrase="methyl ester", pattern="[CH3]OC(=O)[#6]"),
        ProposedAlignment(phrase="zorgoid"),
        caption=caption,
    )
    assert [a.verdict for a in drafted] == [Verdict.SUPPORTED, Verdict.UNCHECKED]
    taught = judged(
        resources, ProposedAlignment(phrase="zorgoid", pattern="[OX2H1]c1ccccc1"), caption="The molecule is a zorgoid."
    )
    example = NeighbourExample("n", "Oc1ccccc1", "The molecule is a zorgoid.", 0.5, tuple(taught))
    request = reflect.request(view=View.PAIR, smiles=SMILES, caption=caption, judged=drafted, neighbours=[example])
    said = steps(resources, request)
    assert names(said) == ["read_caption", "check_alignments", "AlignmentDraft"]
    ties = {t["phrase"]: t for t in submitted(said)}
    assert ties["methyl ester"]["pattern"] == "[CH3]OC(=O)[#6]"
    assert (ties["zorgoid"]["pattern"], ties["zorgoid"]["source"]) == ("[OX2H1]c1ccccc1", "neighbour")


def test_what_was_refused_stays_to_be_seen_where_nothing_better_is_found(resources: Any) -> None:
    drafted = judged(resources, ProposedAlignment(phrase="phenols", pattern="Nc1ccccc1"))
    assert drafted[0].reason is Reason.ABSENT
    request = reflect.request(view=View.PAIR, smiles=SMILES, caption=CAPTION, judged=drafted, neighbours=[])
    tie = next(t for t in submitted(steps(resources, request)) if t["phrase"] == "phenols")
    assert tie["pattern"] == "Nc1ccccc1"


@pytest.mark.parametrize(
    ("smiles", "phrase", "pattern"), [("CC(=O)O", "carboxylate", "[CX3](=O)[O-]"), ("CCO", "alkoxide", "[OX1-]C")]
)
def test_reflection_cannot_pass_an_ion_off_as_its_neutral_form(
    resources: Any, smiles: str, phrase: str, pattern: str
) -> None:
    """A class says how loosely its pattern may match; a tie that comes back without that word is held to it."""
    entry = resources.lexicon.find(phrase)
    if entry is None or entry.level not in ("exact", "flat"):
        pytest.skip(f"the lexicon has no strict class {phrase!r}")
    caption = f"The molecule is a {phrase}."
    readings = [ProposedAlignment(phrase=phrase, pattern=p) for p in entry.patterns]
    assert all(a.verdict is Verdict.REFUTED for a in judged(resources, *readings, smiles=smiles, caption=caption))


def test_a_class_that_excludes_its_ion_stays_refuted_at_a_looser_floor(resources: Any) -> None:
    """The same over the whole lexicon: no pattern of a strict class holds at a looser rung than its class allows."""
    tried = 0
    for entry in resources.lexicon.classes:
        if entry.level != "flat" or entry.scope != "part":
            continue
        for smiles in entry.misses[:2]:
            for a in judged(
                resources,
                *(ProposedAlignment(phrase=entry.name, pattern=p) for p in entry.patterns),
                smiles=smiles,
                caption=f"It is a {entry.name}.",
            ):
                tried += 1
                assert a.verdict is not Verdict.SUPPORTED, (entry.name, smiles, a.pattern, a.level)
    assert tried > 50


def test_a_refused_tool_call_ends_the_row_with_the_tools_words(resources: Any) -> None:
    voice = build_teacher(LexiconModel(), build_alignment_tools(resources), name="lexicon")
    with pytest.raises(TeacherError, match=r"look_up_phrases refused.*C1CC"):
        voice.propose(align.request(view=View.PAIR, smiles="C1CC", caption=CAPTION))


def test_tool_answers_are_read_as_json_and_other_text_is_kept() -> None:
    asked = HumanMessage(align.request(view=View.MOLECULE, smiles=SMILES, caption=None))
    told = ToolMessage(json.dumps({"classes": []}), tool_call_id="1", name="list_classes")
    answer = LexiconModel().invoke([asked, told])
    assert answer.tool_calls[0]["args"] == {"alignments": []}
    assert PhraseKind.STRUCTURE.value == "structure"
