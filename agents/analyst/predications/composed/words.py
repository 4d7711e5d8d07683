"""A sentence as words: marks by themselves, small letters beside what is written, words of the same sense alike."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TOKEN = re.compile(r"(?:[^\s,;:()]|(?<=[\dN']),(?=[\dN])|\((?=[^()\s]{1,12}\)[\w-])|(?<=\w)\)(?=[\w-]))+|[,;:()]")
_POSSESSIVE = re.compile(r"(?<=[A-Za-z])['\u2019]s$")
MAX_WORDS = 60
"""Words of the longest sentence that is read."""
_ALIKE: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("as", "well", "as"), ("and",)),
    (("along", "with"), ("and",)),
    (("together", "with"), ("and",)),
    (("plus",), ("and",)),
    (("in", "addition", "to"), ("and",)),
    (("each", "of", "which"), (",", "each")),
    (("both", "of", "which"), (",", "both")),
    (("one", "of", "which"), (",", "one")),
    (("by", "means", "of"), ("through",)),
    (("by", "way", "of"), ("through",)),
    (("relative", "to"), ("to",)),
    (("with", "respect", "to"), ("to",)),
    (("doubly", "bonded"), ("doubly-bonded",)),
    (("singly", "bonded"), ("singly-bonded",)),
    (("double", "bonded"), ("double-bonded",)),
    (("single", "bonded"), ("single-bonded",)),
    (("triply", "bonded"), ("triple-bonded",)),
    (("e", "configured"), ("e-configured",)),
    (("z", "configured"), ("z-configured",)),
    (("positively", "charged"), ("positively-charged",)),
    (("negatively", "charged"), ("negatively-charged",)),
    (("because",), (",", "since")),
    (("since",), (",", "since")),
    (("namely",), (",",)),
    (("i.e",), (",",)),
    (("that", "is", ","), (",",)),
)
"""Words that mean the same, and those that are read."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word or a mark, and its place in the text."""

    text: str
    low: str
    start: int
    end: int


def words_of(text: str, place: tuple[int, int]) -> list[Word]:
    """Cut a sentence into words and marks."""
    found: list[Word] = []
    for match in _TOKEN.finditer(text, *place):
        bare = match[0].rstrip(".!?") if len(match[0]) > 1 else match[0]
        bare = re.sub("[\u2010-\u2012]", "-", bare)
        if bare in ("\u2013", "\u2014", "-"):
            bare = ","
        if not bare or bare in ".!?":
            continue
        owner = _POSSESSIVE.sub("", bare)
        found.append(Word(owner, owner.lower(), match.start(), match.start() + len(bare)))
        if owner != bare:
            found.append(Word("'s", "'s", match.start() + len(owner), match.start() + len(bare)))
    return _alike(found[: MAX_WORDS + 1])


def _alike(words: Sequence[Word]) -> list[Word]:
    done: list[Word] = []
    k = 0
    while k < len(words):
        for said, meant in _ALIKE:
            if tuple(word.low for word in words[k : k + len(said)]) == said:
                end = words[k + len(said) - 1].end
                done += [Word(each, each, words[k].start, end) for each in meant]
                k += len(said)
                break
        else:
            done.append(words[k])
            k += 1
    return [w for i, w in enumerate(done) if w.low != "," or i == 0 or done[i - 1].low != ","]


@cache
def vocabulary() -> Mapping[str, object]:
    """The words of the reader, as `data/composed.toml` has them."""
    text = files("molreflect.agents.analyst").joinpath("data/composed.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def listed(name: str) -> frozenset[str]:
    """A plain list of the vocabulary."""
    words = vocabulary()[name]
    assert isinstance(words, list)
    return frozenset(words)


@cache
def phrases(table: str) -> dict[tuple[str, ...], tuple[str, ...]]:
    """The phrases of a table, each with the relations that it means."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    entries = vocabulary()[table]
    assert isinstance(entries, dict)
    for relation, sayings in entries.items():
        for saying in sayings:
            key = tuple(saying.split())
            found[key] = (*found.get(key, ()), relation)
    return found


@cache
def longest(table: str) -> int:
    """Words of the longest phrase of a table."""
    return max(map(len, phrases(table)))
