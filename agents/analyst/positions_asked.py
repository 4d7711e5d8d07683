"""Questions at which position of a ring, or in which ring of a steroid, a group stands."""

from __future__ import annotations

from typing import Any

from molreflect.agents.analyst.answers import atoms_text, finished, not_known
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.tools.facts.locants import is_numbered, positions_of, steroid_rings
from molreflect.tools.molecules.read import read_molecule

_POSITIONS = frozenset(["position", "positions", "locant", "locants", "site"])
_NOUNS = (" ring", " nucleus", " core", " moiety", " system", " skeleton")
LETTERS = "letters"


def position_asked(sentence: Sentence) -> Question | None:
    """Read "which position of the pyridine bears the chlorine", "in which ring of the steroid is the ketone".

    The group stands in the groups, the ring's name in the keys.
    """
    low = [word.casefold() for word in sentence.words]
    if not {"which", "what"} & set(low[:4]):
        return None
    asks_position = bool(_POSITIONS & set(low[:6]))
    asks_letter = sentence.has("which ring", "what ring") and (sentence.has("steroid") or {"b", "c", "d"} <= set(low))
    if not (asks_position or asks_letter):
        return None
    ring = next((c for c in sentence.chunks if is_numbered(_ring_name(c.text))), None)
    if asks_position and (ring is None or asks_letter):
        return None
    name = LETTERS if asks_letter else _ring_name(ring.text) if ring is not None else ""
    told = ("position", "site", "ring", "rings", "a", "b", "c", "d")
    left = [c for c in sentence.chunks if c is not ring and c.text.casefold() not in told]
    groups = [c for c in left if c.role is Role.GROUP or (c.role is Role.EITHER and c.article and is_group(c.text))]
    if len(groups) != 1:
        return None
    molecules = tuple(c.text for c in left if c not in groups and not c.text.casefold().startswith("steroid"))
    return base(Intent.POSITION, sentence, molecules=molecules, groups=(groups[0].text,), either=(), keys=(name,))


def _ring_name(text: str) -> str:
    low = text.casefold()
    for noun in _NOUNS:
        low = low.removesuffix(noun)
    return low


def answer_position(talk: Talk) -> Turn:
    """Say at which position of a ring, or in which ring of a steroid, a group stands."""
    molecules = yield from talk.molecules()
    group, ring = talk.question.groups[0], talk.question.keys[0]
    understood = Understood(Intent.POSITION, molecules, (group,), keys=talk.question.keys)
    lines: list[str] = []
    for spoken in molecules:
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": [group]})
        if result.error:
            return finished(talk, [result.error], understood)
        found = result.value["groups"][group]
        if found.get("why_not"):
            lines.append(not_known(found))
        elif not found["count"]:
            lines.append(f"There is no {found['name']} in {spoken.shown}.")
        elif ring == LETTERS:
            lines += _in_rings(spoken, found)
        else:
            lines += _at_positions(spoken, found, ring)
    return finished(talk, lines, understood)


def _in_rings(spoken: Spoken, found: dict[str, Any]) -> list[str]:
    rings = steroid_rings(read_molecule(spoken.smiles))
    if not rings:
        return [f"There is no steroid skeleton in {spoken.shown}, so its rings have no letters A to D."]
    lines = []
    for place in found["atoms"]:
        held = {letter: len(set(ring) & set(place)) for letter, ring in rings.items()}
        most = max(held.values())
        own = f"{found['name']} ({atoms_text([place])}) in {spoken.shown}"
        inside = [f"ring {letter} ({atoms_text([rings[letter]])})" for letter, n in held.items() if n == most and most]
        lines.append(f"{own} is of {' and '.join(inside)}." if inside else f"{own} is of none of the rings A to D.")
    return lines


def _at_positions(spoken: Spoken, found: dict[str, Any], ring: str) -> list[str]:
    positions = positions_of(ring, read_molecule(spoken.smiles))
    if not positions:
        return [f"There is no {ring} ring in {spoken.shown}."]
    lines = []
    for place, around in zip(found["atoms"], found["bound_to"], strict=True):
        reach = {*place, *around}
        own = f"{found['name']} ({atoms_text([place])}) in {spoken.shown}"
        at: dict[int, list[str]] = {}
        for number, atoms in positions.items():
            for atom in set(atoms) & reach:
                at.setdefault(atom, []).append(number)
        if not at:
            lines.append(f"{own} is not bound to the {ring} ring.")
        for atom, numbers in sorted(at.items()):
            other = f" (or {' or '.join(numbers[1:])}, counted another way)" if numbers[1:] else ""
            lines.append(f"{own} is at position {numbers[0]}{other} of {ring}: atom {atom}.")
    return lines
