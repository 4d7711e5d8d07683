"""Whether a part of a molecule has a group, or what it has: "is there a ketone in ring A"."""

from __future__ import annotations

from typing import Any

from molreflect.agents.analyst.answers import atoms_text, finished, not_known, noun_of_place
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.locants import steroid_rings
from molreflect.tools.molecules.read import read_molecule

CONTENTS = "contents"
"""Key of a question for all that a part has."""
INSIDE = "inside"
ON = "on"
_PLACES = frozenset(["in", "on", "inside", "within", "onto"])
_OF_ONE = frozenset(["the", "its", "this", "that", "each", "every"])
_BEARING = frozenset(["bear", "carry", "hold", "bearing", "carrying"])


def held_within(sentence: Sentence) -> Question | None:
    """Read whether a ring, or a part of a steroid, has a group; the group comes first, then the part."""
    low = [word.casefold() for word in sentence.words]
    if not low or {"or", "than", "which", "where"} & set(low):
        return None
    if (every := _all_of(sentence, low)) is not None:
        return every
    rings = [c for c in sentence.chunks if _is_ring(c)]
    if len(rings) != 1 or low[0] not in vocabulary().function["be"] | vocabulary().function["do"]:
        return None
    ring = rings[0]
    have = vocabulary().function["have"]
    groups = [c for c in sentence.chunks if c is not ring and c.role is not Role.MOLECULE and is_group(c.text)]
    groups = [c for c in groups if c.article or c.before in have or c.role is Role.GROUP]
    if len(groups) != 1 or groups[0].article in _OF_ONE:
        return None
    group = groups[0]
    verbs = set(low) & have
    if low[0] in vocabulary().function["be"]:
        if not sentence.has("is there", "are there") or ring.before not in _PLACES:
            return None
        on = ring.before in ("on", "onto")
    elif ring.first < group.first and ring.before in ("does", "do") and verbs:
        on = bool(verbs & _BEARING)  # "does the ring of X contain a nitrogen"
    elif ring.first > group.first and ring.before in _PLACES and verbs:
        on = ring.before in ("on", "onto")  # "does X have a methyl on the ring"
    else:
        return None
    molecules = tuple(c.text for c in sentence.chunks if c not in (ring, group))
    keys = (ON if on else INSIDE, ring.text)
    return base(Intent.HELD, sentence, molecules=molecules, groups=(group.text, ring.text), either=(), keys=keys)


def _is_ring(chunk: Chunk) -> bool:
    if chunk.text.startswith("steroid-ring-"):
        return True
    return chunk.role is not Role.MOLECULE and chunk.text.casefold().endswith("ring") and chunk.article in _OF_ONE


def _all_of(sentence: Sentence, low: list[str]) -> Question | None:
    """Read "what's in ring A", "what does the D ring of estradiol carry"."""
    ring = next((c for c in sentence.chunks if c.text.startswith("steroid-ring-")), None)
    asks = {"what", "what's", "whats"} & set(low[:6])
    if ring is None or not asks or any(c.role is Role.GROUP for c in sentence.chunks if c is not ring):
        return None
    others = [c for c in sentence.chunks if c is not ring and not c.text.casefold().startswith("steroid ")]
    molecules = tuple(c.text for c in others if c.text.casefold() not in ("groups", "steroid"))
    return base(Intent.HELD, sentence, molecules=molecules, groups=(ring.text,), either=(), keys=(CONTENTS, ring.text))


def answer_held(talk: Talk) -> Turn:
    """Say whether a part has a group in it or on it, or what it has."""
    molecules = yield from talk.molecules()
    groups, (kind, part) = talk.question.groups, talk.question.keys
    groups = (*(each for each in groups if each != part), part)
    understood = Understood(Intent.HELD, molecules, groups, keys=talk.question.keys)
    lines: list[str] = []
    for spoken in molecules:
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
        if result.error:
            return finished(talk, [result.error], understood)
        found = [result.value["groups"][words] for words in groups]
        unknown = [not_known(each) for each in found if each.get("why_not")]
        if unknown:
            lines += unknown
        elif not found[-1]["count"]:
            opening = "" if kind == CONTENTS else "No: there is "
            lines.append(f"{opening or 'There is '}no {found[-1]['name']} in {spoken.shown}.")
        elif kind == CONTENTS:
            listed = yield Call("list_groups", {"smiles": spoken.smiles})
            lines += _contents(spoken, found[0], [] if listed.error else listed.value["groups"])
        else:
            lines.append(_held(spoken, found[0], found[1], on=kind == ON))
    return finished(talk, lines, understood)


def _held(spoken: Spoken, group: dict[str, Any], ring: dict[str, Any], *, on: bool) -> str:
    inner = {atom for place in ring["atoms"] for atom in place}
    places = [
        place
        for place, around in zip(group["atoms"], group["bound_to"], strict=True)
        if set(place) & inner or (on and set(around) & inner)
    ]
    where = f"{noun_of_place(ring)} ({atoms_text(ring['atoms'])}) of {spoken.shown}"
    if places:
        return f"Yes: {noun_of_place(group)} {'on' if on else 'in'} {where}: {atoms_text(places)}."
    elsewhere = f"; it is at {atoms_text(group['atoms'])}" if group["count"] else ""
    return f"No: there is no {noun_of_place(group)} {'on' if on else 'in'} {where}{elsewhere}."


def _contents(spoken: Spoken, ring: dict[str, Any], groups: list[dict[str, Any]]) -> list[str]:
    inner = {atom for place in ring["atoms"] for atom in place}
    molecule = read_molecule(spoken.smiles)
    skeleton = {atom for each in steroid_rings(molecule).values() for atom in each}
    aromatic = all(molecule.mol.GetAtomWithIdx(atom).GetIsAromatic() for atom in inner)
    kind = "aromatic" if aromatic else "not aromatic"
    lines = [f"{ring['name']} in {spoken.shown}: {atoms_text(ring['atoms'])}, {kind}."]
    for group in groups:
        bare_ring = [p for p in group["atoms"] if len(p) > 4 and set(p) <= skeleton]
        places = [p for p in group["atoms"] if set(p) & inner and p not in bare_ring]
        if places and not group["whole"]:
            lines.append(f"- {group['name']}: {atoms_text(places)}")
    return lines if len(lines) > 1 else [f"{lines[0]} No group that I know is in it or on it."]
