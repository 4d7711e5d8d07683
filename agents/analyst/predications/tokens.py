"""A sentence as words and marks, atom indices put with the noun that they are given for.

"the bridging nitrogen (atom 1) is" becomes "the bridging nitrogen@1 is", "bonded to oxygen 7" "bonded to oxygen@7",
and "double-bonded to oxygen" "attached to =oxygen": one word each, which keeps its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from molreflect.tools.facts.parts import ELEMENTS
from molreflect.tools.facts.values import NUMBERS

_TOKEN = re.compile(r"(?:[^\s,;:()]|(?<=\d),(?=\d))+|[,;:()]")
MAX_TOKENS = 60
"""Words of the longest sentence that is cut."""
_ATOM = frozenset(["atom", "atoms", "index", "indices"])
_ELEMENTS = frozenset(name for name in ELEMENTS if name.isalpha() and len(name) > 3)
_MARKS = frozenset([",", ";", ":", "(", ")"])
_FORMED = (("formed", "by"), ("made", "of"), ("made", "up", "of"), ("consisting", "of"), ("comprising",), ("namely",))
_NO_NOUN = frozenset(["at", "is", "are", "as", "on", "both", "located", "found", "situated", "positioned", "with"])
"""Words behind which indices say where something is, and are no noun of their own."""
_VERBS = frozenset(["is", "are", "has", "have", "sits", "sit", "lies", "lie", "bears", "carries", "hangs", "belongs"])
_RANGE = re.compile(r"(\d{1,4})[-\u2013](\d{1,4})")
_LONGEST = 40
"""Atoms of the longest range that is written out."""
_ORDERS = {"single": "-", "singly": "-", "double": "=", "doubly": "=", "triple": "#", "triply": "#"}
INDEX = re.compile(r"@(?P<atoms>[\d,]+)")
"""Atoms that are given for a noun."""


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a sentence, with their place in the text."""

    text: str
    start: int
    end: int


Tokens = Sequence[Words]


def tokens_of(text: str, place: tuple[int, int]) -> list[Words]:
    """Cut a sentence into words and marks."""
    found = []
    for match in _TOKEN.finditer(text, *place):
        bare = match[0].rstrip(".!?")
        if bare:
            found.append(Words(bare, match.start(), match.start() + len(bare)))
    return found[: MAX_TOKENS + 1]


def without_index(noun: str) -> str:
    """Leave out the atoms that are given for a noun."""
    return INDEX.sub("", noun)


def with_indices(tokens: Tokens) -> list[Words]:
    """Put indices with their nouns; those that end a sentence, or say where something is, stay as they are."""
    done: list[Words] = []
    low = [token.text.lower() for token in tokens]
    k = 0
    while k < len(tokens):
        element = low[k] in _ELEMENTS and low[k + 1 : k + 2] and low[k + 1].isdigit()
        if element and (low[k] != "carbon" or _ATOM & set(low)) and low[k + 2 : k + 3] != ["of"]:
            done.append(Words(f"{tokens[k].text}@{low[k + 1]}", tokens[k].start, tokens[k + 1].end))
            k += 2
            continue
        atoms, end = indices_from(low, k + 1) if low[k] in _ATOM else ([], k)
        if not atoms:
            done.append(tokens[k])
            k += 1
            continue
        given = "@" + ",".join(map(str, atoms))
        if (given_for := _in_apposition(done, low, end)) is not None:
            del done[given_for + 1 :]
            closes = low[end : end + 1] in ([")"], [","])
            end += closes
            done[-1] = Words(done[-1].text + given, done[-1].start, tokens[end - 1].end)
        elif not done or done[-1].text.lower() not in _NO_NOUN | _MARKS or _is_of_subject(done):
            done.append(Words(tokens[k].text + given, tokens[k].start, tokens[end - 1].end))
        else:
            done += [tokens[k], Words(given[1:], tokens[k + 1].start, tokens[end - 1].end)]
        k = end
    return _with_orders(done)


def indices_from(low: Sequence[str], k: int) -> tuple[list[int], int]:
    """Read "5", "7, 8 and 9", "16 through 21", "16-21" from a word on; the index behind the last of it."""
    atoms: list[int] = []
    while k < len(low):
        word = low[k]
        if word.isdigit() and len(word) < 5:
            atoms.append(int(word))
        elif (span := _RANGE.fullmatch(word)) is not None and 0 <= int(span[2]) - int(span[1]) <= _LONGEST:
            atoms += range(int(span[1]), int(span[2]) + 1)
        elif re.fullmatch(r"\d{1,4}(?:,\d{1,4})+", word):
            atoms += map(int, word.split(","))
        else:
            break
        k += 1
        following = low[k : k + 3]
        if following[:1] in (["to"], ["through"]) and following[1:2] and following[1].isdigit():
            last = int(following[1])
            if not 0 <= last - atoms[-1] <= _LONGEST:
                return [], k
            atoms += range(atoms[-1] + 1, last + 1)
            k += 2
        elif following[:2] == [",", "and"] and following[2:] and following[2][0].isdigit():
            k += 2
        elif following[:1] and following[0] in (",", "and", "&") and following[1:2] and following[1][0].isdigit():
            k += 1
        else:
            break
    return atoms, k


def _in_apposition(done: Tokens, low: Sequence[str], end: int) -> int | None:
    """Where the noun ends that indices are given for, "(atom 1)", ", atom 1,", "at atom 1"; None where they are not."""
    before = [token.text.lower() for token in done]
    last = len(done) - 1
    if low[end : end + 1] == [")"] and before[-1:] == ["("] and last > 0 and end + 1 < len(low):
        return last - 1
    for words in _FORMED:
        if tuple(before[-len(words) :]) == words:
            last -= len(words)
            break
    if low[end : end + 1] == [","] and last > 0 and before[last] == "," and end + 1 < len(low):
        return last - 1
    if before[-1:] == ["at"] and last > 0 and not _VERBS & set(before) and end < len(low) and low[end] not in _MARKS:
        return last - 1
    return None


def _is_of_subject(done: Tokens) -> bool:
    """Whether "on atom 4" tells which of its subject a sentence speaks of: no verb stands before it."""
    return len(done) > 1 and done[-1].text.lower() == "on" and not _VERBS & {token.text.lower() for token in done}


def _with_orders(tokens: Tokens) -> list[Words]:
    """Put the order of "double-bonded to" before its noun: "attached to =oxygen"."""
    done: list[Words] = []
    order = ""
    for k, token in enumerate(tokens):
        low = token.text.lower()
        following = tokens[k + 1].text.lower() if k + 1 < len(tokens) else ""
        how, _, bonded = low.partition("-")
        split = low in _ORDERS and following == "bonded"
        if (bonded == "bonded" and how in _ORDERS and following == "to") or split:
            order = _ORDERS[how]
            if not split and done and done[-1].text.lower() in ("is", "are"):
                done.append(replace(token, text="attached"))
            elif split:
                pass  # "doubly bonded to": the word behind it stays
            continue
        if order and low not in ("to", "the", "a", "an", "its", "bonded", "both", *NUMBERS):
            token, order = replace(token, text=order + token.text), ""
        done.append(token)
    return done
