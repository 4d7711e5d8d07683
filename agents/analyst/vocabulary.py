"""The words that questions and answers about molecules are made of (`data/words.toml`, `english.txt`, `prose.toml`)."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

CLOSE = 0.84
"""Likeness (difflib's ratio) from which a word is taken for a misspelt word of a question."""
SHORTEST = 5
"""Letters of the shortest word that may be misspelt: short words resemble too many others."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Words by what they do."""

    function: Mapping[str, frozenset[str]]
    intent: Mapping[str, frozenset[str]]
    phrases: Mapping[str, tuple[str, ...]]
    """Runs of words by the reading that they speak for."""
    properties: Mapping[str, tuple[str, ...]]
    scope: Mapping[str, tuple[str, ...]]
    typos: Mapping[str, str]
    """Short words by their usual misspellings."""
    joined: Mapping[str, str]
    """What two words that are written apart mean together."""
    every: frozenset[str]
    """Single words of all tables."""

    def role(self, word: str) -> str:
        """What a word does in a sentence: a key of `function`; empty for a word of content."""
        return next((role for role, words in self.function.items() if word in words), "")

    def intents(self, word: str) -> frozenset[str]:
        """The intents that a word speaks for."""
        return frozenset(intent for intent, words in self.intent.items() if word in words)

    def mended(self, word: str) -> str:
        """The word of a question that a misspelt one is nearest to; the word itself where none is near."""
        if word in self.typos:
            return self.typos[word]
        if word in self.every or len(word) < SHORTEST or not word.isalpha():
            return word
        letters = sorted(word)
        alike = [w for w in _long_words() if w[0] == word[0] and abs(len(w) - len(word)) < 3]
        swapped = [w for w in alike if sorted(w) == letters]
        near = swapped or difflib.get_close_matches(word, alike, n=1, cutoff=CLOSE)
        return near[0] if near else word


def edits(word: str, other: str) -> int:
    """Count the letters in which words differ; letters that are merely swapped count as one."""
    if len(word) == len(other) and sorted(word) == sorted(other):
        return int(word != other)
    blocks = difflib.SequenceMatcher(None, word, other, autojunk=False).get_opcodes()
    return sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in blocks if tag != "equal")


@cache
def vocabulary() -> Vocabulary:
    """Read the words, once."""
    text = files("molreflect.agents.analyst").joinpath("data/words.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    function = {role: frozenset(words) for role, words in table["function"].items()}
    intent = {name: frozenset(words) for name, words in table["intent"].items()}
    phrases = {name: tuple(words) for name, words in table["phrases"].items()}
    properties = {key: tuple(words) for key, words in table["properties"].items()}
    scope = {topic: tuple(words) for topic, words in table["scope"].items()}
    every = frozenset(
        word
        for words in (
            table["known"]["words"],
            table["groups"]["words"],
            *function.values(),
            *intent.values(),
            *properties.values(),
            *scope.values(),
        )
        for phrase in words
        for word in phrase.split()
    )
    typos = {typo: word for word, found in table["typos"].items() for typo in found}
    joined = {apart: word for word, found in table["joined"].items() for apart in found}
    return Vocabulary(function, intent, phrases, properties, scope, typos, joined, every)


@cache
def english() -> frozenset[str]:
    """Plain words that name no molecule and restrict nothing (`data/english.txt`): "enumerate", "output", "digits"."""
    text = files("molreflect.agents.analyst").joinpath("data/english.txt").read_text(encoding="utf-8")
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Prose:
    """Words of a language model's prose that say nothing of a structure (`data/prose.toml`)."""

    adjectives: frozenset[str]
    """Words before a class that restrict nothing: "simple", "typical"."""
    asides: tuple[str, ...]
    """Asides that claim nothing, the longest first: "structurally speaking", "in fact"."""
    uses: frozenset[str]
    """What a molecule is used for, said in its place: "the drug"."""
    kinds: frozenset[str]
    """Kinds of whole molecules: "the sugar"."""
    joining: frozenset[str]
    """Words that may stand outside all that was decided of a sentence."""


@cache
def prose() -> Prose:
    """Read the words of prose, once."""
    text = files("molreflect.agents.analyst").joinpath("data/prose.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    asides = tuple(sorted(table["asides"], key=len, reverse=True))
    adjectives, uses, kinds, joining = (frozenset(table[key]) for key in ("adjectives", "uses", "kinds", "joining"))
    return Prose(adjectives, asides, uses, kinds, joining)


@cache
def _long_words() -> list[str]:
    return sorted(word for word in vocabulary().every if len(word) >= SHORTEST and word.isalpha())
