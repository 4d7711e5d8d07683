"""The offline analyst: a rule-following chat model that answers a few kinds of question with the chemistry tools.

It calls the tools that a language model would call, and reports what they return. It says so where a question is beyond
its rules, and never guesses.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from molreflect.agents.analyst.questions import Question, find_smiles, read_question
from molreflect.agents.models.rule_model import RuleModel, call_tool
from molreflect.tools.english import article_of, counted
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import LADDER, Reason, Verdict

NAME = "offline"

UNDERSTOOD = "understood"
"""Key of a message's `additional_kwargs` under which traces find what a question was taken to mean."""

Answers = dict[str, dict[str, Any]]
"""What tools have returned since the question, by the name of the tool."""

CAN = (
    "I can say what is in a molecule, where a group is in it, why it is (or is not) a member of a class, align a "
    "caption with it, and what is similar to it in the corpus. Give the molecule as SMILES or by a systematic name."
)

_GIVE = "Give it as SMILES or by a systematic name, e.g. 'what is in CC(=O)Oc1ccccc1C(=O)O'."


class OfflineAnalyst(RuleModel):
    """Answers questions by rules."""

    kind: ClassVar[str] = NAME

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Call the next tool, or say what the tools returned."""
        return _next_step(messages)


def _next_step(messages: Sequence[BaseMessage]) -> AIMessage:
    asked = max(index for index, message in enumerate(messages) if isinstance(message, HumanMessage))
    text = str(messages[asked].content)
    question = read_question(text)
    answers: Answers = {}
    for message in messages[asked + 1 :]:
        if isinstance(message, ToolMessage) and message.name is not None:
            if message.status == "error":
                return AIMessage(content=str(message.content))
            answers[message.name] = json.loads(str(message.content))
    if question.intent == "unknown":
        return AIMessage(content=f"That is beyond what I can answer without a language model. {CAN}")
    molecule = _molecule(messages, asked, question, answers)
    if isinstance(molecule, AIMessage):
        return molecule
    step = asked  # ids stay unique over a conversation
    answer = {"what": _what, "where": _find, "why": _find, "align": _align, "similar": _similar}[question.intent]
    said = answer(molecule, question, answers, step)
    said.additional_kwargs[UNDERSTOOD] = _understood(text, question, molecule)
    return said


def _understood(text: str, question: Question, molecule: str) -> dict[str, str]:
    """Say what a question was taken to mean; `it` where it only points to the molecule."""
    pointed = find_smiles(text) is None and not question.name
    found = {"intent": question.intent, "what": question.what, "it" if pointed else "molecule": molecule}
    return {name: value for name, value in found.items() if value}


def _molecule(
    messages: Sequence[BaseMessage], asked: int, question: Question, answers: dict[str, dict[str, Any]]
) -> str | AIMessage:
    """Find the molecule in question: in this message, by name in it, or the last one of the conversation."""
    text = str(messages[asked].content)
    outside = text.replace(question.what, " ") if question.intent == "align" and question.what else text
    if (smiles := find_smiles(outside)) is not None:
        return smiles
    name = question.name
    if name and "resolve_names" not in answers:
        return call_tool("resolve_names", asked, names=[name])
    if name and (found := answers["resolve_names"]["structures"].get(name)) is not None:
        return str(found["smiles"])
    if name:  # a molecule that was named is never taken for an earlier one
        return AIMessage(content=f"I cannot read {name!r} as a molecule. {_GIVE}")
    for message in reversed(messages[:asked]):
        if isinstance(message, HumanMessage) and (smiles := find_smiles(str(message.content))) is not None:
            return smiles
        if isinstance(message, ToolMessage) and message.name == "resolve_names" and message.status != "error":
            structures = json.loads(str(message.content))["structures"].values()
            if found := next((s for s in structures if s is not None), None):
                return str(found["smiles"])
    return AIMessage(content=f"Which molecule? {_GIVE}")


def _what(smiles: str, question: Question, answers: Answers, step: int) -> AIMessage:
    if "list_classes" not in answers:
        return call_tool("list_classes", step, smiles=smiles)
    molecule = read_molecule(smiles)
    classes = answers["list_classes"]["classes"]
    lines = [f"{smiles} is {molecule.formula}, {counted(molecule.heavy_atoms, 'heavy atom')}, {molecule.form}."]
    if not classes:
        return AIMessage(content=lines[0] + " The lexicon names no class in it.")
    lines.append(f"{counted(len(classes), 'class', 'classes')} of the lexicon in it:")
    lines += [f"- {c['name']}: atoms {_atoms(c['atoms'])} ({c['pattern']})" for c in classes]
    return AIMessage(content="\n".join(lines))


def _find(smiles: str, question: Question, answers: Answers, step: int) -> AIMessage:
    """Say where a group is, or why a molecule is a member of a class."""
    found = _matched(smiles, question, answers, step)
    if isinstance(found, AIMessage):
        return found
    pattern, hits = found
    what, why = question.what, question.intent == "why"
    if hits is None and why:
        said = f"{smiles} is not {article_of(what)} {what}: what makes one, {pattern}, does not occur in it."
    elif hits is None:
        said = f"There is no {what} in {smiles}: {pattern} does not occur in it."
    elif why:
        atoms, level = _atoms(hits["atoms"]), hits["level"]
        said = f"{smiles} is {article_of(what)} {what} because atoms {atoms} are what makes one: {pattern} "
        said += f"(match {level})."
    else:
        count = "one place" if hits["hits"] == 1 else f"{hits['hits']} places"
        said = (
            f"{what} stands in {count} of {smiles}: atoms {_atoms(hits['atoms'])} (pattern {pattern}, match "
            f"{hits['level']})."
        )
    return AIMessage(content=said)


def _matched(
    smiles: str, question: Question, answers: Answers, step: int
) -> AIMessage | tuple[str, dict[str, Any] | None]:
    """Find the pattern that the words of the question mean, and its hits."""
    if "look_up_phrases" not in answers:
        return call_tool("look_up_phrases", step, names=[question.what])
    readings = answers["look_up_phrases"]["readings"][question.what]
    patterns = [p for r in readings for p in r["patterns"]]
    if not patterns:
        return AIMessage(
            content=f"I know no structure for {question.what!r}: it is neither in the lexicon of classes nor a "
            "systematic name. Ask for a functional group, a ring or a class."
        )
    if "find_substructure" not in answers:
        return call_tool("find_substructure", step, smiles=smiles, patterns=patterns)
    results = answers["find_substructure"]["patterns"]
    for reading in readings:
        rungs = LADDER[: LADDER.index(reading["floor"]) + 1]  # an acid is no carboxylate, though it matches one loosely
        for pattern in reading["patterns"]:
            if results[pattern].get("hits") and results[pattern]["level"] in rungs:
                return pattern, results[pattern]
    return patterns[0], None


def _align(smiles: str, question: Question, answers: Answers, step: int) -> AIMessage:
    if not question.what:
        return AIMessage(content="Which caption? Put it in double quotes behind the word 'align'.")
    if "read_caption" not in answers:
        return call_tool("read_caption", step, caption=question.what)
    phrases = answers["read_caption"]["phrases"]
    keys = list(dict.fromkeys(p["name"] for p in phrases if p["kind"] == "structure"))
    if keys and "look_up_phrases" not in answers:
        return call_tool("look_up_phrases", step, names=keys)
    known = answers["look_up_phrases"]["readings"] if keys else {}
    ties = [
        {"phrase": p["phrase"], "start": p["start"], "kind": p["kind"], "pattern": pattern}
        for p in phrases
        for pattern in ([q for r in known.get(p["name"], []) for q in r["patterns"]] or [None])
    ]
    if not ties:
        return AIMessage(
            content="I find no phrase in that caption that speaks about structure, relations, roles or origin."
        )
    if "check_alignments" not in answers:
        return call_tool("check_alignments", step, alignments=ties, smiles=smiles, caption=question.what)
    best: dict[tuple[str, int | None], dict[str, Any]] = {}
    for verdict in answers["check_alignments"]["verdicts"]:
        place = (verdict["phrase"], verdict["start"])
        if place not in best or (verdict["verdict"] == "supported" and best[place]["verdict"] != "supported"):
            best[place] = verdict
    lines = [f"{counted(len(best), 'phrase')} against {smiles}:"]
    for verdict in best.values():
        atoms = f", atoms {_atoms(verdict['atoms'])}" if verdict.get("atoms") else ""
        pattern = f" as {verdict['pattern']}" if verdict["pattern"] else ""
        why = Reason(verdict["reason"]).sentence
        more = f" ({verdict['message']})" if verdict.get("message") and verdict["verdict"] == Verdict.REFUTED else ""
        lines.append(f"- {verdict['phrase']!r}{pattern}: {verdict['verdict']}, {why}{atoms}{more}")
    return AIMessage(content="\n".join(lines))


def _similar(smiles: str, question: Question, answers: Answers, step: int) -> AIMessage:
    if "similar_molecules" not in answers:
        return call_tool("similar_molecules", step, smiles=smiles, k=3)
    found = answers["similar_molecules"]["similar"]
    if not found:
        return AIMessage(content="The corpus has no other molecule.")
    lines = [f"Most similar to {smiles} in the corpus (Tanimoto of Morgan fingerprints, radius 2):"]
    lines += [f"- {n['similarity']:.2f} {n['id']} {n['smiles']}: {n['caption']}" for n in found]
    return AIMessage(content="\n".join(lines))


def _atoms(hits: Sequence[Sequence[int]]) -> str:
    shown = " and ".join("(" + ", ".join(str(i) for i in hit) + ")" for hit in hits[:6])
    return shown + (f" and {len(hits) - 6} more" if len(hits) > 6 else "")
