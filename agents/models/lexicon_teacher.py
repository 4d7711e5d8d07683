"""The embedded teacher: a chat model that follows rules.

It answers like any tool-calling chat model, so graph, tools and traces are the same for it and for an LLM. Its rules:
read the caption, look the phrases up, check every candidate, submit the best. It is the control an LLM has to beat.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, ClassVar

from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable

from molreflect.agents.models.rule_model import RuleModel, Tools, call_tool
from molreflect.agents.prompts.data import read_block
from molreflect.agents.schemas import SUBMIT
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.terms import PhraseKind, Verdict

NAME = "lexicon"
MAX_CANDIDATES = 120
"""Proposals checked in one call; a caption has some ten phrases with one to three patterns each."""


class LexiconModel(RuleModel):
    """The rules of the embedded teacher over the chemistry tools."""

    kind: ClassVar[str] = NAME
    self_checking: ClassVar[bool] = True
    """Whether it submits what it has checked itself, so that a repair round could only repeat it."""
    has_namer: bool = False
    """Whether `name_molecule` is among its tools; naming takes time, so not every caller offers it."""

    def bind_tools(
        self, tools: Tools, *, tool_choice: str | None = None, **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Accept tools; whether `name_molecule` is among them is the only thing the rules have to know."""
        return self.model_copy(update={"has_namer": any(getattr(t, "name", None) == "name_molecule" for t in tools)})

    def next_message(self, messages: list[BaseMessage], **call: Any) -> AIMessage:
        """Follow the rules one step further."""
        try:
            step = self._step(messages)
        except _ToolRefusedError as error:
            step = AIMessage(content=str(error))  # the graph records the row as failed with this reason
        step.usage_metadata = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}  # rules read no tokens
        return step

    def _step(self, messages: Sequence[BaseMessage]) -> AIMessage:
        """Choose the next step from the conversation alone."""
        data, answers = conversation_of(messages)
        if data["view"] == "molecule":
            return _molecule_step(data, answers, self.has_namer)
        return draft_step(data, answers) if data["task"] == "draft" else second_step(data, answers)


class _ToolRefusedError(Exception):
    """A tool refused its arguments."""


def conversation_of(messages: Sequence[BaseMessage]) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Read the latest request, and what tools have answered since, by the name of the tool and in their order.

    Raises:
        _ToolRefusedError: A tool refused its arguments, which rules cannot correct.
    """
    asked = max(index for index, message in enumerate(messages) if isinstance(message, HumanMessage))
    data = read_block(str(messages[asked].content))
    answers: dict[str, list[dict[str, Any]]] = {}
    for message in messages[asked + 1 :]:
        if isinstance(message, ToolMessage) and message.name is not None:
            if message.status == "error":
                raise _ToolRefusedError(f"{message.name} refused: {message.content}")
            answers.setdefault(message.name, []).append(_parsed(message))
    return data, answers


def _parsed(message: ToolMessage) -> dict[str, Any]:
    content = str(message.content)
    return dict(json.loads(content)) if content.startswith("{") else {"text": content}


def submitting(alignments: list[dict[str, Any]]) -> AIMessage:
    """Submit alignments."""
    return call_tool(SUBMIT, 0, alignments=alignments)


def submitted_by(step: AIMessage) -> list[dict[str, Any]] | None:
    """Read the alignments that a step submits; None where it does something else."""
    found = [call["args"]["alignments"] for call in step.tool_calls if call["name"] == SUBMIT]
    return found[0] if found else None


def draft_step(data: dict[str, Any], answers: dict[str, list[dict[str, Any]]]) -> AIMessage:
    """Draft: read, look up, check every reading, submit the best."""
    if "read_caption" not in answers:
        return call_tool("read_caption", 0, caption=data["caption"])
    phrases = answers["read_caption"][0]["phrases"]
    keys = list(dict.fromkeys(p["name"] for p in phrases if p["kind"] == PhraseKind.STRUCTURE))
    if keys and "look_up_phrases" not in answers:
        changed = [p["name"] for p in phrases if p["kind"] == PhraseKind.STRUCTURE and p["modified"]]
        return call_tool(
            "look_up_phrases", 0, names=keys, modified=list(dict.fromkeys(changed)), smiles=data.get("smiles")
        )
    known = answers["look_up_phrases"][0]["readings"] if keys else {}
    # A relation names another compound: it is compared as a whole, and takes no pattern from what its name means.
    candidates = [
        tie for p in phrases for tie in _ties(p, known.get(p["name"], []) if p["kind"] == PhraseKind.STRUCTURE else [])
    ]
    if candidates and "check_alignments" not in answers:
        return _check(data, candidates, 0)
    return submitting(_best(candidates, answers.get("check_alignments", [])))


def second_step(data: dict[str, Any], answers: dict[str, list[dict[str, Any]]]) -> AIMessage:
    """Repair and reflect: look for other meanings of what was refused or had none.

    Mined fragments are no meanings: rules could not tell a good hint from a bad one, so they do not ask for them.
    """
    if "read_caption" not in answers:
        return call_tool("read_caption", 0, caption=data["caption"])
    phrases = answers["read_caption"][0]["phrases"]
    settled = {
        (a["start"], a["kind"]): a
        for a in data["accepted"]
        if a["pattern"] is not None or a["kind"] != PhraseKind.STRUCTURE
    }
    open_ones = [p for p in phrases if p["kind"] == PhraseKind.STRUCTURE and (p["start"], p["kind"]) not in settled]
    learned = _learned(data.get("neighbours", []))
    refused = {a["start"]: a for a in data["refused"] if a["kind"] == PhraseKind.STRUCTURE}
    final = [a for a in data["refused"] if a["kind"] != PhraseKind.STRUCTURE]  # a relation has no second reading
    candidates: list[dict[str, Any]] = []
    for phrase in open_ones:
        ties = _ties(phrase, learned.get(normalise_name(phrase["name"]), []), bare=False)
        first = refused.get(phrase["start"])
        if first is not None:  # what was refused stays in the list, to be seen, unless something better is found
            ties.append(_as_tie(first))
        candidates += ties or _ties(phrase, [])
    if candidates and "check_alignments" not in answers:
        return _check(data, candidates, 1)
    chosen = _best(candidates, answers.get("check_alignments", []))
    kept = [_as_tie(a) for a in [*settled.values(), *final]]
    return submitting(sorted([*kept, *chosen], key=lambda tie: (tie["start"], tie["phrase"])))


def _molecule_step(data: dict[str, Any], answers: dict[str, list[dict[str, Any]]], has_namer: bool) -> AIMessage:
    if data["task"] != "draft":
        return submitting([_as_tie(a) for a in [*data["accepted"], *data["refused"]]])
    if "list_classes" not in answers:
        return call_tool("list_classes", 0, smiles=data["smiles"])
    if has_namer and "name_molecule" not in answers:
        return call_tool("name_molecule", 0, smiles=data["smiles"])
    base = {"kind": PhraseKind.STRUCTURE.value, "start": None}
    classes = [
        base | {"phrase": c["name"], "pattern": c["pattern"], "source": "class"}
        for c in answers["list_classes"][0]["classes"]
    ]
    known = {normalise_name(c["name"]) for c in answers["list_classes"][0]["classes"]}
    named = {
        (part["phrase"], part["pattern"]): base
        | {"phrase": part["phrase"], "pattern": part["pattern"], "source": "name"}
        for part in (answers["name_molecule"][0]["parts"] if has_namer else ())
        # A lone atom is no group, and what the lexicon names already needs no second pattern.
        if len(part["atoms"]) > 1
        and known.isdisjoint({normalise_name(part["phrase"] + tail) for tail in ("", " group")})
    }
    return submitting([*classes, *named.values()])


def _check(data: dict[str, Any], candidates: list[dict[str, Any]], step: int) -> AIMessage:
    return call_tool(
        "check_alignments", step, alignments=candidates[:MAX_CANDIDATES], smiles=data["smiles"], caption=data["caption"]
    )


def _ties(phrase: dict[str, Any], readings: list[dict[str, Any]], *, bare: bool = True) -> list[dict[str, Any]]:
    """Propose every pattern of every meaning, the best meaning first; no pattern where there is none."""
    base = {"phrase": phrase["phrase"], "start": phrase["start"], "kind": phrase["kind"]}
    ties = [
        base | {"pattern": pattern, "source": reading["source"], "floor": reading["floor"]}
        for reading in readings
        for pattern in reading["patterns"]
    ]
    return ties or ([base | {"pattern": None, "source": NAME}] if bare else [])


def _as_tie(alignment: dict[str, Any]) -> dict[str, Any]:
    return {
        key: alignment[key] for key in ("phrase", "start", "kind", "pattern", "source", "floor") if key in alignment
    }


_STANDING = {Verdict.SUPPORTED: 2, Verdict.UNCHECKED: 1, Verdict.REFUTED: 0}


def _best(candidates: list[dict[str, Any]], checks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Choose for every phrase the first supported candidate, else the first unchecked one, else the first one."""
    verdicts = checks[0]["verdicts"] if checks else []
    chosen: dict[tuple[int | None, str, str], tuple[int, dict[str, Any]]] = {}
    for index, tie in enumerate(candidates):
        standing = _STANDING[verdicts[index]["verdict"]] if index < len(verdicts) else 0
        place = (tie["start"], tie["phrase"], tie["kind"])
        if place not in chosen or standing > chosen[place][0]:
            chosen[place] = (standing, tie)
    return [tie for _, tie in chosen.values()]


def _learned(neighbours: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Collect the verified patterns of neighbours by normalised phrase, the most similar neighbour first."""
    learned: dict[str, list[dict[str, Any]]] = {}
    for neighbour in reversed(neighbours):
        for alignment in neighbour["alignments"]:
            reading = {"patterns": [alignment["pattern"]], "source": "neighbour", "floor": "neutral"}
            learned.setdefault(normalise_name(alignment["phrase"]), []).append(reading)
    return learned
