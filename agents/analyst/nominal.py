"""Yes-or-no questions without a verb: "cyclohexene - aromatic?", "lactam? O=C1CCCCN1", "testosterone steroid y/n"."""

from __future__ import annotations

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.parts import part_named

_VERBS = ("be", "do", "have", "question", "place")


def nominal(sentence: Sentence) -> Question | None:
    """Read a molecule and a class beside it, with a question mark or "y/n", as "is X a Y"."""
    speech = vocabulary()
    low = [word.casefold() for word in sentence.words]
    if not (sentence.polar or "?" in sentence.text) or any(speech.role(word) in _VERBS for word in low):
        return None
    chunks = sentence.chunks
    inside = {i for chunk in chunks for i in range(chunk.first, chunk.last)}
    adjectives = tuple(word for i, word in enumerate(low) if i not in inside and is_adjective(word))
    if len(chunks) == 1:
        head, behind = name_and_class(chunks[0].text)
        if head and part_named(head) is not None:  # "nitrogens quinoline?"
            return base(Intent.COUNT, sentence, molecules=(behind,), groups=(head,), either=())
        molecule, groups = (head, (behind,)) if head and not is_group(chunks[0].text) else (chunks[0].text, ())
        if groups and chunks[0].role is Role.GROUP:
            return None
    elif len(chunks) == 2:
        own = [chunk for chunk in chunks if chunk.role is Role.MOLECULE] or [chunks[0]]
        others = [chunk for chunk in chunks if chunk is not own[0] and chunk.role is not Role.MOLECULE]
        if len(own) != 1 or len(others) != 1 or "and" in low or "or" in low:
            return None
        molecule, groups = own[0].text, (others[0].text,)
        if others[0].article == "the" and others[0].first == 1 and own[0].before in ("of", "in"):
            return base(Intent.WHERE, sentence, molecules=(molecule,), groups=groups, either=())
    else:
        return None
    groups = (*adjectives, *groups)
    if not groups:
        return None
    asked = Intent.HAS if any(part_named(group) is not None and not is_adjective(group) for group in groups) else None
    return base(asked or Intent.CLASS, sentence, molecules=(molecule,), groups=groups, either=())


def name_and_class(text: str) -> tuple[str, str]:
    """Part a name from the class behind it, the longest that is one: aspirin, salicylic acid; empty where none is."""
    words = text.split()
    if len(words) == 2 and words[0].endswith("ic") and words[1] == "acid":
        return "", ""  # one name
    for i in range(1, len(words)):
        if is_group(second := " ".join(words[i:])):
            return " ".join(words[:i]), second
    return "", ""
