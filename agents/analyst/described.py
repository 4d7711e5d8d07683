"""Questions whether the parts of a molecule are of a kind: "are both rings of tetralin aromatic"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from molreflect.agents.analyst.answers import atoms_text, finished
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import RINGS, Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.english import counted
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.parts import part_named

_OF_PARTS = frozenset({"the", "its", "all", "both", "each", "every", "any"})


def part_described(sentence: Sentence) -> Question | None:
    """Read "are the rings of X aromatic": the parts, and the same parts with what is said of them.

    The part stands in the groups, and in the keys as it is described.
    """
    low = [word.casefold() for word in sentence.words]
    if not low or not (low[0] in vocabulary().function["be"] or sentence.polar) or {"or", "there"} & set(low):
        return None
    last = low[-1]
    describes = (
        is_adjective(last)
        or part_named(f"{last} ring") is not None
        or noun_of(last) != last
        or last in ("sp", "sp2", "sp3", *DEGREES)
    )
    first = sentence.chunks[0] if sentence.chunks else None
    if not describes or first is None or first.role is Role.MOLECULE or first.first > 3:
        return None
    plural = _singular(first.text) != first.text
    if not (first.article in _OF_PARTS or "both" in low[: first.first] or plural):
        return None
    part = first.text.removesuffix(f" {sentence.words[-1]}")  # "are both OHs phenolic"
    named = part_named(part)
    joined = f"{last} {_singular(part)}"
    if last in DEGREES:
        noun = _WITH_DEGREES.get(_singular(part.casefold()).removesuffix(" group"), "")
        if not noun:
            return None
        joined = f"{last} {noun}"
    if named is None and not is_group(part):
        return None
    if not is_group(joined) or (named is None and noun_of(last) == last and last not in DEGREES):
        return None
    kept = tuple(c for c in sentence.chunks[1:] if c.text.casefold() != last)
    kept = tuple(replace(c, text=c.text.removesuffix(f" {sentence.words[-1]}")) for c in kept)
    if any(c.role is Role.GROUP for c in kept):
        return None
    molecules = tuple(c.text for c in kept)
    asked = replace(sentence, chunks=(replace(first, text=part), *kept))
    return base(Intent.DESCRIBED, asked, molecules=molecules, groups=(part,), keys=(joined,), either=())


_WITH_DEGREES = {
    "oh": "alcohol",
    "hydroxyl": "alcohol",
    "hydroxy": "alcohol",
    "alcohol": "alcohol",
    "amine": "amine",
    "amino": "amine",
    "amide": "amide",
}
"""What has a degree, by what is said to have it."""
_IN_RING = (
    "part of the ring",
    "part of a ring",
    "in the ring",
    "in a ring",
    "within the ring",
    "within a ring",
    "cyclic",
    "inside the ring",
    "inside a ring",
    "a ring member",
    "member of the ring",
    "a member of the ring",
    "endocyclic",
    "a ring atom",
    "belong to the ring",
    "belongs to the ring",
    "belong to a ring",
    "belongs to a ring",
)
_OF_RINGS = frozenset({"ring", "cyclic", "endocyclic", "ring member", "ring atom", "member", "rings"})


def in_ring(sentence: Sentence) -> Question | None:
    """Read "is the carbamate in X cyclic", "is the nitrogen part of the ring": the group's place, and not X's."""
    low = [word.casefold() for word in sentence.words]
    opens = vocabulary().function["be"] | {"does", "do"}
    if not low or low[0] not in opens or {"or", "there"} & set(low) or not sentence.chunks:
        return None
    part, *others = sentence.chunks
    if part.article not in ("the", "its") or part.first != 2 or part.role is Role.MOLECULE or not is_group(part.text):
        return None
    if not sentence.has(*_IN_RING) or part.text.casefold().endswith("ring"):
        return None
    kept = tuple(
        replace(c, text=c.text.removesuffix(" part"), role=Role.MOLECULE) if c.text.endswith(" part") else c
        for c in others
    )  # "... in cyclohexanol part of the ring"
    kept = tuple(c for c in kept if c.text.casefold() not in _OF_RINGS)
    if any(c.role is Role.GROUP for c in kept):
        return None
    asked = replace(sentence, chunks=(part, *kept))
    molecules = tuple(c.text for c in kept)
    return base(Intent.DESCRIBED, asked, molecules=molecules, groups=(part.text,), keys=(RINGS,), either=())


ATTACHED = "attached to"
"""Key of a question whether a group is bound to another."""
_TO = frozenset({"to", "on", "onto", "with"})
_TIED = frozenset({"attached", "bonded", "bound", "connected", "linked", "joined", "directly", "sitting", "located"})


def attached(sentence: Sentence) -> Question | None:
    """Read "is the OH of X on the ring", "is the chlorine attached to the benzene ring in X"."""
    low = [word.casefold() for word in sentence.words]
    if not low or low[0] not in vocabulary().function["be"] or {"or", "there", "which"} & set(low):
        return None
    parts = [c for c in sentence.chunks if c.article in ("the", "its", "a", "an") and _is_part(c)]
    if len(parts) != 2 or parts[0].first != 2:
        return None
    one, two = parts
    between = low[one.last : two.first]
    other = [c for c in sentence.chunks if c not in parts]
    inside = {i - one.last for c in other for i in range(c.first, c.last) if one.last <= i < two.first}
    told = {word for i, word in enumerate(between) if i not in inside}
    if not told & _TO or not told <= _TO | _TIED | {"of", "in", "the", "a", "an", "its"}:
        return None
    if any(c.role is Role.GROUP for c in other) or ("to" in told and not told & _TIED):
        return None
    asked = replace(sentence, chunks=tuple(sentence.chunks))
    groups = (one.text, two.text)
    molecules = tuple(c.text for c in other)
    return base(Intent.DESCRIBED, asked, molecules=molecules, groups=groups, keys=(ATTACHED,), either=())


def _is_part(chunk: Chunk) -> bool:
    return chunk.role is not Role.MOLECULE and is_group(chunk.text)


def _bound(spoken: Spoken, one: dict[str, Any], two: dict[str, Any]) -> str:
    """Say whether an atom of a group is bound to one of another, or is one of them."""
    if not one["count"] or not two["count"]:
        missing = one if not one["count"] else two
        return f"No: there is no {missing['name']} in {spoken.shown}."
    target = {atom for place in two["atoms"] for atom in place}
    pairs = [
        (place, sorted(target & {*around, *place}))
        for place, around in zip(one["atoms"], one["bound_to"], strict=True)
        if target & {*around, *place} and not set(place) <= target
    ]
    total = len(one["atoms"])
    told = "; ".join(f"{atoms_text([place])} at atom {', '.join(map(str, at))}" for place, at in pairs)
    if len(pairs) == total:
        return f"Yes: {one['name']} is bound to {two['name']} in {spoken.shown}: {told}."
    if pairs:
        return f"{len(pairs)} of {total}: {one['name']} is bound to {two['name']} in {spoken.shown}: {told}."
    at = atoms_text([[atom] for around in one["bound_to"] for atom in around])
    return (
        f"No: {one['name']} in {spoken.shown} ({atoms_text(one['atoms'])}) is bound to {at}, "
        f"which is not of {two['name']} ({atoms_text(two['atoms'])})."
    )


def _within_rings(spoken: Spoken, every: dict[str, Any], rings: Sequence[Sequence[int]], question: Question) -> str:
    """Say how many places of a group are in rings: a lone atom of a ring, or two or more atoms that a ring has."""
    total = every["count"]
    places = [place for place in every["atoms"] if any(len(set(place) & set(r)) >= min(2, len(place)) for r in rings)]
    number = len(places)
    opening = "Yes" if number == total or (number and "any" in question.sentence.words) else "No"
    where = f": {atoms_text(places)}" if places else ""
    noun = counted(total, _singular(every["name"]))
    verb = "is" if number == 1 else "are"
    return f"{opening}: {number} of {noun} in {spoken.shown} {verb} part of a ring{where}."


def _singular(words: str) -> str:
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words


def _answer_attached(talk: Talk, molecules: Sequence[Spoken]) -> Turn:
    groups = talk.question.groups
    understood = Understood(Intent.DESCRIBED, tuple(molecules), groups, keys=(ATTACHED,))
    lines: list[str] = []
    for spoken in molecules:
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": list(groups)})
        if result.error:
            return finished(talk, [result.error], understood)
        one, two = (result.value["groups"][words] for words in groups)
        unknown = next((found["why_not"] for found in (one, two) if found.get("why_not")), "")
        lines.append(f"{unknown}, so I cannot say." if unknown else _bound(spoken, one, two))
    return finished(talk, lines, understood)


def answer_described(talk: Talk) -> Turn:
    """Say whether all parts are of the kind that is asked for, or how many are."""
    molecules = yield from talk.molecules()
    if talk.question.keys == (ATTACHED,):
        return (yield from _answer_attached(talk, molecules))
    part, described = talk.question.groups[0], talk.question.keys[0]
    understood = Understood(Intent.DESCRIBED, molecules, (part,), keys=(described,))
    lines: list[str] = []
    for spoken in molecules:
        asked = "ring" if described == RINGS else described
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": [part, asked]})
        if result.error:
            return finished(talk, [result.error], understood)
        every, such = (result.value["groups"][words] for words in (part, asked))
        unknown = next((found["why_not"] for found in (every, such) if found.get("why_not")), "")
        if unknown:
            lines.append(f"{unknown}, so I cannot say.")
            continue
        total, number = every["count"], such["count"]
        if not total:
            lines.append(f"No: there is no {every['name']} in {spoken.shown}.")
            continue
        if described == RINGS:
            lines.append(_within_rings(spoken, every, such["atoms"], talk.question))
            continue
        some = talk.question.sentence.has("any", "any of")
        opening = "Yes" if number == total or (some and number) else "No"
        kind = described.partition(" ")[0]
        where = f": {atoms_text(such['atoms'])}" if number else ""
        verb = "is" if number == 1 else "are"
        lines.append(
            f"{opening}: {number} of {counted(total, _singular(every['name']))} in {spoken.shown} {verb} {kind}{where}."
        )
    return finished(talk, lines, understood)
