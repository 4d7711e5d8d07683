"""Parts with a place that restricts them: "double bonds that are not in a ring", "atoms shared by both rings"."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from molreflect.agents.analyst.context import Spoken
from molreflect.agents.analyst.dialogue import Call, Result
from molreflect.agents.analyst.question import IN_RING, OFF_RING, Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.agents.analyst.within import asks_count

_RINGS = frozenset(["ring", "rings", "cycle", "cycles"])
_ARTICLES = frozenset(["a", "an", "the", "any", "either", "its", "of", "all"])
_OUTSIDE = frozenset(["outside", "off", "beyond"])
_INSIDE = frozenset(["in", "inside", "within"])
_NOT = frozenset(["not", "no", "isn't", "aren't", "arent", "isnt"])
_JOINING = frozenset(
    ["that", "which", "are", "is", "lie", "lies", "sit", "part", "of", "located", "do", "does", "there"]
)
_SHARED = ("both rings", "two rings", "shared by the rings", "common to the rings", "more than one ring", "fused rings")
FUSION = "ring fusion atom"


def restricted(sentence: Sentence) -> Question | None:
    """Read where, or how many, parts are that stand in rings or outside them; the place stands in the keys."""
    low = [word.casefold() for word in sentence.words]
    asks = asks_count(sentence) or bool({"where", "which", "what", "list", "locate", "find", "indices"} & set(low[:4]))
    if not low or not asks or {"or", "than"} & set(low) or low[0] in vocabulary().function["be"]:
        return None
    return _shared(sentence, low) or _placed(sentence, low)


def _shared(sentence: Sentence, low: list[str]) -> Question | None:
    of_atoms = {"atoms", "atom", "carbons", "carbon"} & set(low)
    if not of_atoms or not sentence.has(*_SHARED) or "between" in low or not _says_shared(low):
        return None
    kept = tuple(c for c in sentence.chunks if c.text.casefold() not in (*_RINGS, "atom", "atoms", "carbon", "carbons"))
    if any(c.role is Role.GROUP for c in kept):
        return None
    intent = Intent.COUNT if asks_count(sentence) else Intent.WHERE
    named = [c for c in kept if c.role is Role.MOLECULE] or list(kept)
    kept_texts = tuple(c.text for c in named)
    return base(intent, replace(sentence, chunks=tuple(named)), molecules=kept_texts, groups=(FUSION,), either=())


def _says_shared(low: Sequence[str]) -> bool:
    return bool({"shared", "belong", "belongs", "common", "share", "part", "in", "member", "members", "of"} & set(low))


def _placed(sentence: Sentence, low: list[str]) -> Question | None:
    ring = next((i for i, word in enumerate(low) if word in _RINGS), -1)
    before = ring - 1
    while before > 0 and low[before] in _ARTICLES - {"of"}:
        before -= 1
    if ring < 2 or before < 1:
        return None
    place = low[before]
    if place == "of" and low[before - 1] in ("outside", "part"):
        place, before = ("outside" if low[before - 1] == "outside" else "in"), before - 1
    if place not in _OUTSIDE | _INSIDE | {"no"}:
        return None
    negated = set(low[max(0, before - 4) : before]) & _NOT or place == "no"
    outside = place in _OUTSIDE or bool(negated)
    part = next((c for c in reversed(sentence.chunks) if c.last <= before and c.role is not Role.MOLECULE), None)
    if part is None or part.text.casefold().endswith(("ring", "rings")):
        return None
    between = set(low[part.last : before]) - _NOT
    if not between <= _JOINING:
        return None
    if not outside and part.article == "the":
        return None  # "is the nitrogen in the ring"
    ends = _end_of_ring(sentence.chunks, ring)
    others = [c for c in sentence.chunks if c is not part and c is not ends]
    if ends is None or any(c.role is Role.GROUP for c in others):
        return None
    molecules = tuple(c.text for c in others)
    intent = Intent.COUNT if asks_count(sentence) else Intent.WHERE
    key = OFF_RING if outside else IN_RING
    return base(intent, sentence, molecules=molecules, groups=(part.text,), either=(), keys=(key,))


def _end_of_ring(chunks: Sequence[Chunk], at: int) -> Chunk | None:
    """The chunk that is the ring alone: a ring of some kind restricts more than is read here."""
    return next((c for c in chunks if c.first == at and c.last == at + 1), None)


def placed(question: Question, spoken: Spoken, found: dict[str, Any]) -> Generator[Call, Result, dict[str, Any]]:
    """Keep the places of a group that are in rings, or outside them, as a question asks.

    Args:
        question: With `IN_RING` or `OFF_RING` among its keys; any other changes nothing.
        spoken: The molecule.
        found: Where the group is, as `locate_groups` says.
    """
    if not {IN_RING, OFF_RING} & set(question.keys) or found.get("why_not"):
        return found
    result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": ["ring"]})
    if result.error:
        return found
    rings = [set(ring) for ring in result.value["groups"]["ring"]["atoms"]]
    inside = [any(len(set(place) & ring) >= min(2, len(place)) for ring in rings) for place in found["atoms"]]
    wanted = IN_RING in question.keys
    kept = [i for i, within in enumerate(inside) if within is wanted]
    name = f"{found['name']} {'in a ring' if wanted else 'outside a ring'}"
    return found | {
        "atoms": [found["atoms"][i] for i in kept],
        "bound_to": [found["bound_to"][i] for i in kept],
        "count": len(kept),
        "name": name,
    }
