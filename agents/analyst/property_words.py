"""Words of properties and topics, and plain words: they ask, and name no molecule."""

from __future__ import annotations

from functools import cache

from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.tools.facts.parts import part_named


def asked_for(words: list[str]) -> set[int]:
    """Find the words of a property or of a topic in several words ("polar surface area"): they name no molecule."""
    speech = vocabulary()
    low = [word.casefold() for word in words]
    phrases = [
        phrase.split()
        for table in (speech.properties, speech.scope)
        for found in table.values()
        for phrase in found
        if " " in phrase and part_named(phrase) is None
    ]
    return {
        k
        for phrase in phrases
        for i in range(len(low) - len(phrase) + 1)
        if low[i : i + len(phrase)] == phrase
        for k in range(i, i + len(phrase))
    }


def is_plain_english(low: str) -> bool:
    """Whether a word, or each part of one with hyphens ("fact-check"), is a plain one."""
    if low in english():
        return True
    parts = low.split("-")
    return len(parts) > 1 and all(len(p) > 1 and (p in english() or vocabulary().role(p) == "filler") for p in parts)


@cache
def is_property_word(word: str) -> bool:
    """Whether a word names a property or a topic."""
    speech = vocabulary()
    return any(word in phrases for phrases in speech.properties.values()) or any(
        word in phrases for phrases in speech.scope.values()
    )


def asks_for_something(word: str) -> bool:
    """Whether a word asks for something of a molecule."""
    return is_property_word(word) or bool(vocabulary().intents(word))
