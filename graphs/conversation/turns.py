"""The turns of a conversation as a reader sees them: question, steps, answer, and what of it was found where."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

from molreflect.agents.analyst.checked import CHECKED, AnswerClaim, CheckedAnswer
from molreflect.agents.analyst.context import UNDERSTOOD
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.views.several import DrawnMolecule, PhraseInMolecules, several_card

MAX_DRAWN = 6
"""Molecules of one answer that are drawn."""
MAX_PHRASES = 60
"""Phrases of one answer that are told of."""

Places = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class ToolStep:
    """A tool call of a turn."""

    call_id: str
    name: str
    arguments: Mapping[str, Any]
    result: str = ""
    """Empty while it goes on."""
    failed: bool = False

    @property
    def answer(self) -> dict[str, Any]:
        """What the tool answered; empty where that is no JSON object."""
        if self.failed or not self.result.startswith("{"):
            return {}
        try:
            read = json.loads(self.result)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


@dataclass(slots=True)
class Shown:
    """What is drawn beside an answer, and what is said of it."""

    molecules: list[DrawnMolecule] = field(default_factory=list)
    phrases: list[PhraseInMolecules] = field(default_factory=list)
    left_out: int = 0
    """Phrases and molecules that were found and are too many to stand there."""


@dataclass(slots=True)
class ConversationTurn:
    """A question and what came of it."""

    number: int
    """From 1."""
    question: str
    trace_id: str = ""
    """Empty where it is not known."""
    steps: list[ToolStep] = field(default_factory=list)
    answer: str = ""
    """As it was written, without its verdicts; empty while there is none."""
    checked: CheckedAnswer | None = None
    names: dict[str, str] = field(default_factory=dict)
    """What molecules are called, by SMILES."""

    @property
    def unread(self) -> tuple[str, ...]:
        """Sentences that nobody has checked."""
        return () if self.checked is None else self.checked.unread


def turns_of(messages: Sequence[BaseMessage]) -> list[ConversationTurn]:
    """Take a conversation apart, oldest turn first.

    Args:
        messages: From its memory; those before the first question are left out.
    """
    turns: list[ConversationTurn] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            turns.append(ConversationTurn(len(turns) + 1, str(message.text), message.id or ""))
        elif not turns:
            continue
        elif isinstance(message, ToolMessage):
            _end_step(turns[-1], message)
        elif isinstance(message, AIMessage):
            turns[-1].steps += [ToolStep(str(c["id"]), c["name"], c["args"]) for c in message.tool_calls]
            if text := str(message.text):
                turns[-1].answer = text
            if kept := message.additional_kwargs.get(CHECKED):
                turns[-1].checked = CheckedAnswer.of(kept)
            for spoken in (message.additional_kwargs.get(UNDERSTOOD) or {}).get("molecules", ()):
                if spoken["words"] != spoken["smiles"]:
                    turns[-1].names.setdefault(spoken["smiles"], spoken["words"])
    return turns


def _end_step(turn: ConversationTurn, message: ToolMessage) -> None:
    for n, step in enumerate(turn.steps):
        if step.call_id == message.tool_call_id and not step.result:
            failed = message.status == "error"
            turn.steps[n] = ToolStep(step.call_id, step.name, step.arguments, str(message.content), failed)
            return


def shown_of(turn: ConversationTurn) -> Shown:
    """Say what is drawn beside an answer: what was claimed with its verdicts, else what the tools found."""
    checked, names = turn.checked, turn.names | _names(turn.steps)
    if checked is not None and checked.text:
        return _claimed(checked.claims, _drawable(checked.molecules, names))
    spoken = [smiles for step in turn.steps for smiles in _smiles_of(step)]
    return _found(turn, _drawable(spoken, names))


def card_of(turn: ConversationTurn, *, title: str = "", more: Sequence[str] = ()) -> dict[str, Any]:
    """Prepare the answer of a turn, with what is drawn beside it, for the component.

    Args:
        turn: The turn.
        title: Heading.
        more: Sentences that stand below all else.
    """
    shown, checked = shown_of(turn), turn.checked
    because = list(more)
    if checked is not None and checked.repaired:
        because.append("Answered again after chemistry had contradicted the first answer.")
    if checked is not None and checked.text and not checked.molecules:
        because.append("Not checked: no molecule of this conversation could be read from question, tools or answer.")
    if shown.left_out:
        because.append(f"{shown.left_out} more are left out here; the trace has them.")
    return several_card(
        shown.molecules, shown.phrases, text=turn.answer, title=title, unread=turn.unread, because=" ".join(because)
    )


# ---------------------------------------------------------------------------------------------------------------------


def _claimed(claims: Sequence[AnswerClaim], drawn: Shown) -> Shown:
    places = {molecule.smiles: n for n, molecule in enumerate(drawn.molecules)}
    for claim in claims[:MAX_PHRASES]:
        denied = "the answer denies it" if claim.negated else ""
        found = f"at {counted(len(claim.atoms), 'place')}" if claim.atoms else ""
        why = "; ".join(part for part in (denied, claim.why or found) if part)
        atoms = _at(places.get(claim.smiles), claim.atoms, drawn.molecules)
        of = (("of", claim.smiles, True),) if claim.smiles else ()
        drawn.phrases.append(
            PhraseInMolecules(claim.phrase, atoms, claim.verdict, why or "it holds", claim.start, claim.end, of)
        )
    drawn.left_out += max(0, len(claims) - MAX_PHRASES)
    return drawn


def _found(turn: ConversationTurn, drawn: Shown) -> Shown:
    """Take what the tools found in the molecules; each phrase stands once."""
    places = {molecule.smiles: n for n, molecule in enumerate(drawn.molecules)}
    best: dict[tuple[str, int | None], _Find] = {}
    for step in turn.steps:
        smiles = str(step.answer.get("smiles", ""))
        for find in _finds(step):
            if find.phrase and (find.atoms or find.verdict is not None):
                best.setdefault((find.phrase.casefold(), places.get(smiles)), find)
    taken: list[tuple[int, int]] = []
    for (_, place), find in [*best.items()][:MAX_PHRASES]:
        start, end = _in_text(find, turn.answer, taken)
        pattern = (("pattern", find.pattern, True),) if find.pattern else ()
        atoms = _at(place, find.atoms, drawn.molecules)
        drawn.phrases.append(PhraseInMolecules(find.phrase, atoms, find.verdict, find.why, start, end, pattern))
    drawn.left_out += max(0, len(best) - MAX_PHRASES)
    return drawn


@dataclass(frozen=True, slots=True)
class _Find:
    """What a tool says of a phrase."""

    phrase: str
    atoms: Places
    why: str
    verdict: Verdict | None = None
    pattern: str = ""
    words: str = ""
    """What the question called it."""


def _finds(step: ToolStep) -> list[_Find]:
    """Read what a tool of ours found in one molecule; other tools found nothing that can be drawn."""
    read = _READERS.get(step.name)
    if read is None or not (answer := step.answer):
        return []
    try:
        return read(answer)
    except (AttributeError, KeyError, TypeError, ValueError):  # the answer of a fork, or of an earlier version
        return []


def _located(answer: Mapping[str, Any]) -> list[_Find]:
    found = []
    for words, group in answer["groups"].items():
        if group.get("why_not"):
            continue
        count = int(group["count"])
        why = f"at {counted(count, 'place')}" if count else "it was not found"
        counts = f", counted as {group['counted']}" if group.get("counted") not in (None, "", group.get("name")) else ""
        atoms = _places(group["atoms"])
        verdict = Verdict.SUPPORTED if atoms else None
        found.append(_Find(group.get("name") or words, atoms, why + counts, verdict, group.get("pattern", ""), words))
    return found


def _classes(answer: Mapping[str, Any]) -> list[_Find]:
    verdicts = {True: Verdict.SUPPORTED, False: Verdict.REFUTED, None: Verdict.UNCHECKED}
    return [
        _Find(
            told.get("name") or words,
            _places(told["atoms"]),
            told.get("because") or told.get("why_not", ""),
            verdicts[told["holds"]],
            told.get("pattern", ""),
            words,
        )
        for words, told in answer["classes"].items()
    ]


def _listed(answer: Mapping[str, Any]) -> list[_Find]:
    return [
        _Find(
            group["name"],
            _places(group["atoms"]),
            f"at {counted(len(group['atoms']), 'place')}",
            Verdict.SUPPORTED,
            group.get("pattern", ""),
        )
        for group in answer["groups"]
    ]


def _claims(answer: Mapping[str, Any]) -> list[_Find]:
    return [
        _Find(claim["phrase"], _places(claim["atoms"]), claim["why"], Verdict(claim["verdict"]), claim["pattern"] or "")
        for claim in answer["claims"]
    ]


def _stereo(answer: Mapping[str, Any]) -> list[_Find]:
    centres = [_Find(f"atom {atom}", ((int(atom),),), _cip(label)) for atom, label in answer["centres"]]
    bonds = [
        _Find(f"bond {a}={b}", ((int(a), int(b)),), f"double bond {label}" if label != "?" else "left open")
        for (a, b), label in answer["bonds"]
    ]
    return centres + bonds


def _cip(label: str) -> str:
    return "a stereocentre that is left open" if label == "?" else f"stereocentre, {label} by RDKit's CIP labels"


def _rings(answer: Mapping[str, Any]) -> list[_Find]:
    return [_Find(ring["pattern"], (tuple(map(int, ring["ring"])),), "benzene ring") for ring in answer["rings"]]


_READERS = {
    "locate_groups": _located,
    "check_classes": _classes,
    "list_groups": _listed,
    "check_text": _claims,
    "describe_stereochemistry": _stereo,
    "describe_substitution": _rings,
}


def _places(atoms: Sequence[Sequence[int]]) -> Places:
    return tuple(tuple(int(atom) for atom in place) for place in atoms)


def _at(molecule: int | None, atoms: Places, drawn: Sequence[DrawnMolecule]) -> tuple[Places, ...]:
    """Put places into the molecule they are of; atoms that it does not have are nowhere."""
    if molecule is None or not atoms:
        return ()
    count = read_molecule(drawn[molecule].smiles).mol.GetNumAtoms()
    there = tuple(place for place in atoms if all(0 <= atom < count for atom in place))
    return ((),) * molecule + (there,) if there else ()


def _in_text(find: _Find, text: str, taken: list[tuple[int, int]]) -> tuple[int | None, int | None]:
    """Find the first place of a phrase in the answer that no other phrase has."""
    folded = text.casefold()
    if len(folded) != len(text):  # some letters become two
        folded = text
    for words in (find.phrase, find.words):
        at = folded.find(words.casefold()) if words else -1
        while at >= 0:
            place = (at, at + len(words))
            if all(place[1] <= start or end <= place[0] for start, end in taken):
                taken.append(place)
                return place
            at = folded.find(words.casefold(), at + 1)
    return None, None


def _names(steps: Sequence[ToolStep]) -> dict[str, str]:
    """What the question calls the molecules that were read, by SMILES."""
    names: dict[str, str] = {}
    for step in steps:
        if step.name == "read_molecules" and isinstance(read := step.answer.get("molecules"), dict):
            for words, told in read.items():
                if isinstance(told, dict) and (smiles := told.get("smiles")) and words != smiles:
                    names.setdefault(str(smiles), str(words))
    return names


def _smiles_of(step: ToolStep) -> list[str]:
    """Say which molecules a tool was about."""
    answer = step.answer
    if step.name == "read_molecules" and isinstance(read := answer.get("molecules"), dict):
        return [str(told["smiles"]) for told in read.values() if isinstance(told, dict) and told.get("smiles")]
    given = answer.get("smiles") or ()
    return [given] if isinstance(given, str) else [str(each) for each in given if isinstance(each, str)]


def _drawable(spoken: Sequence[str], names: Mapping[str, str]) -> Shown:
    shown = Shown()
    for smiles in dict.fromkeys(spoken):
        try:
            read_molecule(smiles)
        except InputError:  # what a model wrote; the answer's own verdicts say so
            continue
        if len(shown.molecules) == MAX_DRAWN:
            shown.left_out += 1
        else:
            shown.molecules.append(DrawnMolecule(smiles, names.get(smiles, "")))
    return shown
