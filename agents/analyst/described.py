"""Questions whether the parts of a molecule are of a kind: "are both rings of tetralin aromatic"."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.answers import atoms_text, finished
from molreflect.agents.analyst.context import Understood
from molreflect.agents.analyst.dialogue import Call, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.english import counted
from molreflect.tools.facts.classes import is_adjective
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
    describes = is_adjective(last) or noun_of(last) != last or last in ("sp", "sp2", "sp3")
    first = sentence.chunks[0] if sentence.chunks else None
    if not describes or first is None or first.role is Role.MOLECULE or first.first > 3:
        return None
    plural = _singular(first.text) != first.text
    if not (first.article in _OF_PARTS or "both" in low[: first.first] or plural):
        return None
    part = first.text.removesuffix(f" {sentence.words[-1]}")  # "are both OHs phenolic"
    named = part_named(part)
    joined = f"{last} {_singular(part)}"
    if named is None and not is_group(part):
        return None
    if not is_group(joined) or (named is None and noun_of(last) == last):
        return None
    kept = tuple(c for c in sentence.chunks[1:] if c.text.casefold() != last)
    kept = tuple(replace(c, text=c.text.removesuffix(f" {sentence.words[-1]}")) for c in kept)
    if any(c.role is Role.GROUP for c in kept):
        return None
    molecules = tuple(c.text for c in kept)
    asked = replace(sentence, chunks=(replace(first, text=part), *kept))
    return base(Intent.DESCRIBED, asked, molecules=molecules, groups=(part,), keys=(joined,), either=())


def _singular(words: str) -> str:
    return words[:-1] if words.endswith("s") and not words.endswith("ss") else words


def answer_described(talk: Talk) -> Turn:
    """Say whether all parts are of the kind that is asked for, or how many are."""
    molecules = yield from talk.molecules()
    part, described = talk.question.groups[0], talk.question.keys[0]
    understood = Understood(Intent.DESCRIBED, molecules, (part,), keys=(described,))
    lines: list[str] = []
    for spoken in molecules:
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": [part, described]})
        if result.error:
            return finished(talk, [result.error], understood)
        every, such = (result.value["groups"][words] for words in (part, described))
        unknown = next((found["why_not"] for found in (every, such) if found.get("why_not")), "")
        if unknown:
            lines.append(f"{unknown}, so I cannot say.")
            continue
        total, number = every["count"], such["count"]
        if not total:
            lines.append(f"No: there is no {every['name']} in {spoken.shown}.")
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
