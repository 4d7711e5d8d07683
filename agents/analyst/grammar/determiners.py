"""How many of a noun are spoken of: "both of the", "at least two", "every one of its six"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from molreflect.agents.analyst.grammar.meaning import Many
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.subject import number_of


@dataclass(frozen=True, slots=True)
class HowMany:
    """How many of its places a noun phrase speaks of, and of how many there are said to be."""

    many: Many
    number: int = 1
    of: int | None = None
    definite: bool = False


def read_determiners(s: Sentence, k: int) -> Iterator[tuple[HowMany, int]]:
    """Read how many are spoken of; what stands behind it begins at the index given."""
    begin = k
    for words, bound in _BOUNDS.items():
        number = number_of(s.low(k + len(words)))
        if s.starts(k, words) and number is not None:
            yield HowMany(bound, number + (words[0] in ("more", "over"))), k + len(words) + 1
    k += 3 if s.starts(k, ("a", "total", "of")) else s.low(k) in s.words.before_numbers
    k += s.starts(k, ("both", "a")) or s.starts(k, ("both", "an"))
    low = s.low(k)
    number = number_of(low)
    if low == "it" and s.low(k + 1) in ("'s", "\u2019s"):
        yield from _counted_definite(s, k + 2)
    elif low in ("that", "this", "these", "those") and k:
        yield from _counted_definite(s, k + 1)
    elif low in ("the", "its", "it's", "their") or (low.endswith("'s") and s.tokens[k].text[:1].isupper() and k == 0):
        yield from _counted_definite(s, k + 1)
    elif low in ("a", "an", "another", "any", "some"):
        yield from _indefinite(s, k)
        yield from _parts_of(s, k)
    elif low in ("both", "each", "every", "all", "either", "neither"):
        yield from _universal(s, k)
        paired = low == "both" and s.low(k + 1) in ("the", "its")
        if paired and any(s.low(n) == "and" for n in range(k + 3, k + 9)):  # "both the ring oxygen and the base"
            yield HowMany(Many.THE, definite=True), k + 2
    elif low == "none" and s.low(k + 1) == "of":
        yield from ((replace(said, many=Many.NONE), after) for said, after in _universal(s, k))
    elif low == "half" or (low in ("a", "one") and s.low(k + 1) in ("third", "quarter")):
        yield from _parts_of(s, k)
    elif number is not None:
        many = HowMany(Many.NONE) if number == 0 else HowMany(Many.EXACTLY, number)
        if s.low(k + 1) == "of" and s.low(k + 2) in ("the", "its", "these", "those", "their"):
            of = number_of(s.low(k + 3))
            yield replace(many, of=of), k + 3 + (of is not None)
        if s.starts(k + 1, ("of", "it", "'s")):
            yield many, k + 4
        yield many, k + 1 + (s.low(k + 1) in ("more", "further", "additional", "separate", "distinct"))
    elif begin == k or s.low(begin) in ("both", "only"):
        yield HowMany(Many.SOME), k


def _parts_of(s: Sentence, k: int) -> Iterator[tuple[HowMany, int]]:
    """Read "half of its four", "a third of the six"."""
    share = 2 if s.low(k) == "half" else {"third": 3, "quarter": 4}.get(s.low(k + 1), 0)
    at = k + (1 if share == 2 else 2)
    at += s.low(at) == "of"
    of = number_of(s.low(at + 1)) if s.low(at) in ("the", "its", "these", "their") else None
    if share and of and of % share == 0:
        yield HowMany(Many.EXACTLY, of // share, of), at + 2


_BOUNDS: dict[tuple[str, ...], Many] = {
    ("at", "least"): Many.LEAST,
    ("no", "fewer", "than"): Many.LEAST,
    ("no", "less", "than"): Many.LEAST,
    ("not", "fewer", "than"): Many.LEAST,
    ("more", "than"): Many.LEAST,
    ("at", "most"): Many.MOST,
    ("no", "more", "than"): Many.MOST,
    ("not", "more", "than"): Many.MOST,
    ("up", "to"): Many.MOST,
}


def _indefinite(s: Sentence, k: int) -> Iterator[tuple[HowMany, int]]:
    if s.low(k + 1) in ("single", "lone", "sole", "solitary"):
        yield HowMany(Many.EXACTLY, 1), k + 2
    elif s.low(k + 1) in ("pair", "couple", "trio") and s.low(k + 2) == "of":
        yield HowMany(Many.EXACTLY, 3 if s.low(k + 1) == "trio" else 2), k + 3
    else:
        yield HowMany(Many.SOME), k + 1 + (s.low(k + 1) in ("second", "third", "further"))


def _universal(s: Sentence, k: int) -> Iterator[tuple[HowMany, int]]:
    """Read "both of the", "every one of its six", "all three"."""
    low = s.low(k)
    after = k + 1 + (s.low(k + 1) in ("one", "single") and low in ("every", "each"))
    after += s.low(after) == "of"
    after += s.low(after) in ("the", "its", "these", "their")
    pair = low in ("both", "either", "neither")
    of = 2 if pair else number_of(s.low(after))
    after += not pair and of is not None
    after += low in ("both", "either", "each", "neither") and s.low(after) == "two"
    yield HowMany(Many.NONE if low == "neither" else Many.ALL, of=of), after


def _counted_definite(s: Sentence, k: int) -> Iterator[tuple[HowMany, int]]:
    number = number_of(s.low(k))
    if number:
        yield HowMany(Many.ALL, of=number, definite=True), k + 1
    elif s.low(k) in ("only", "sole", "lone", "single", "solitary"):
        of = number_of(s.low(k + 1)) if s.low(k) == "only" else None
        yield HowMany(Many.ALL, of=of or 1, definite=True), k + 1 + (of is not None)
    else:
        yield HowMany(Many.THE, definite=True), k
