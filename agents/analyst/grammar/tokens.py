"""A sentence cut into words, and the atoms that stand in it by index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from rdkit import Chem

from molreflect.agents.analyst.grammar.lexis import Words, load_words
from molreflect.agents.analyst.grammar.meaning import Meaning, Place
from molreflect.agents.analyst.predications.places import Nouns

T = TypeVar("T")
Behind = Callable[["Sentence", Meaning, int], Iterator[tuple[Meaning, int]]]
"""Reads what may follow a noun."""
_TOKEN = re.compile(
    r"[-\u2013]?(?=[A-Z])(?:[A-Z][a-z]?|\d|\((?=[=A-Z])[^()\s]{1,12}\)\d?|[=\u2261#\u2013-])+(?=[\s,;:.)]|$)"
    r"|(?:[^\s,;:()\"\u201c\u201d]|(?<=[\w\u03b1-\u03c9'\u2032]),(?=[\w\u03b1-\u03c9]))+|[,;:()]"
)
_SPAN = re.compile(r"(?P<a>\d{1,4})[-\u2013](?P<b>\d{1,4})")
_LABELLED = re.compile(r"(?P<element>[A-Z][a-z]?)(?P<index>\d{1,3})")
_BOND = re.compile(r"(?P<a>[A-Z][a-z]?\d{1,3})[=#\u2261-](?P<b>[A-Z][a-z]?\d{1,3})")
_MAX_SPAN = 40
STEPS = 6_000
"""Most steps of the reading of one sentence; what needs more is not read."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark with its place in the text."""

    text: str
    low: str
    start: int
    end: int


def tokens_of(text: str, place: tuple[int, int]) -> list[Token]:
    """Cut a sentence into words and marks; a Greek letter is written out."""
    found = []
    for match in _TOKEN.finditer(text, *place):
        bare = match[0].rstrip(".!?")
        if bare[:1] == "[" and bare[1:].isalpha():  # "[atoms 3 and 4]"
            found.append(Token("(", "(", match.start(), match.start() + 1))
            bare = bare[1:]
        if bare[-1:] == "]" and bare[:-1].isdigit():
            found.append(Token(bare[:-1], bare[:-1], match.start(), match.end() - 1))
            bare = ")"
        for letter, name in (("\u03b1", "alpha"), ("\u03b2", "beta"), ("\u03b3", "gamma"), ("\u03b4", "delta")):
            plain = bare.replace(letter, name)
            bare = plain
        bare = bare.replace("\u2013", "-").replace("\u2011", "-").replace("\u2032", "'").replace("\u2019", "'")
        if bare:
            found.append(Token(bare, bare.lower(), match.start(), match.start() + len(match[0].rstrip(".!?"))))
    return found


@dataclass(slots=True)
class Sentence:
    """A sentence that is being read, and where its nouns are looked up."""

    tokens: Sequence[Token]
    nouns: Nouns
    behind: Behind
    """Reads what may follow a noun; it is given here since nouns may stand in it again."""
    text: str = ""
    """The text that the words stand in."""
    words: Words = field(default_factory=load_words)
    left: int = STEPS
    heads: dict[tuple[int, int], Meaning | None] = field(default_factory=dict)
    owner: Meaning | None = None
    """The part that "its" and "their" speak of; None where that is the molecule."""
    it: Meaning | None = None
    """The part that "it" and "them" may speak of behind a verb or preposition."""
    spoken: tuple[Place, ...] = ()
    """Places that were spoken of before, for "the other one"."""
    memory: dict[tuple[Any, ...], tuple[Any, ...]] = field(default_factory=dict)
    """What was read at a place, by the reader, the place and what is spoken of."""

    @property
    def mol(self) -> Chem.Mol:
        """The molecule."""
        return self.nouns.molecule.mol

    def low(self, k: int) -> str:
        """The word at an index in small letters; empty behind the last one."""
        return self.tokens[k].low if 0 <= k < len(self.tokens) else ""

    def starts(self, k: int, words: Sequence[str]) -> bool:
        """Whether words stand at an index."""
        return all(self.low(k + n) == word for n, word in enumerate(words))

    def past_fillers(self, k: int) -> int:
        """The index behind words that say nothing."""
        while self.low(k) in self.words.fillers:
            k += 1
        return k

    @contextmanager
    def speaking(self, owner: Meaning | None, it: Meaning | None) -> Iterator[None]:
        """Read what stands behind the name of a part, of which "its" and "it" speak."""
        before = self.owner, self.it, self.spoken
        self.spoken += tuple(p for each in (owner, it) if each is not None for p in each.places)
        self.owner = before[0] if owner is None else None if owner.is_molecule else owner
        self.it = before[1] if it is None or it.is_molecule else it
        try:
            yield
        finally:
            self.owner, self.it, self.spoken = before

    def step(self) -> bool:
        """Count a step; false when there are none left."""
        self.left -= 1
        return self.left > 0


def remembered(read: Callable[..., Iterator[T]]) -> Callable[..., Iterator[T]]:
    """Read what begins at a word once only; what is read within it does not begin with itself."""

    @wraps(read)
    def reading(s: Sentence, k: int, **flags: bool) -> Iterator[T]:
        key = (read.__name__, k, s.owner, s.it, s.spoken, *flags.items())
        if key not in s.memory:
            s.memory[key] = ()
            s.memory[key] = tuple(read(s, k, **flags))
        return iter(s.memory[key])

    return reading


def atoms_at(s: Sentence, k: int, *, bare: bool = False, lone: bool = False) -> tuple[tuple[int, ...], int]:
    """Read "atom 5", "atoms 3, 4 and 5", "index 2", "O0, O12 and O15"; with `bare` numbers alone, with `lone` "C3"."""
    labelled = _LABELLED.fullmatch(s.tokens[k].text) if k < len(s.tokens) else None
    if k < len(s.tokens) and (bond := _BOND.fullmatch(s.tokens[k].text)) is not None:
        ends = [_LABELLED.fullmatch(bond[name]) for name in ("a", "b")]
        indices = tuple(int(end["index"]) for end in ends if end is not None)
        if len(indices) == 2 and max(indices) < s.mol.GetNumAtoms():
            return indices, k + 1
    if labelled is None and not bare:
        if s.low(k) not in ("atom", "atoms", "index", "indices"):
            return (), k
        k += 1
        while s.low(k) in ("index", "indices", "number", "numbers", "no", "#"):
            k += 1
    found: list[int] = []
    begin = k
    while k < len(s.tokens):
        word = s.tokens[k].text
        own = _LABELLED.fullmatch(word)
        if own is not None:
            index = int(own["index"])
            if index >= s.mol.GetNumAtoms() or s.mol.GetAtomWithIdx(index).GetSymbol() != own["element"]:
                return (), k
            found.append(index)
        elif word.isdigit() and len(word) < 5:
            found.append(int(word))
        elif (span := _SPAN.fullmatch(word)) is not None and 0 <= int(span["b"]) - int(span["a"]) <= _MAX_SPAN:
            found += range(int(span["a"]), int(span["b"]) + 1)
        elif re.fullmatch(r"\d{1,4}(?:,\d{1,4})+", word):
            found += map(int, word.split(","))
        else:
            break
        k += 1
        if s.low(k) in ("to", "through") and s.low(k + 1).isdigit() and 0 <= int(s.low(k + 1)) - found[-1] <= _MAX_SPAN:
            found += range(found[-1] + 1, int(s.low(k + 1)) + 1)
            k += 2
        more = k + (2 if s.starts(k, (",", "and")) else 1)
        if s.low(k) not in (",", "and", "&", "plus") or not _is_index(s, more):
            break
        k = more
    if labelled is not None and labelled["element"] == "C" and k == begin + 1 and not lone:
        return (), k  # "C3" by itself is a position of a name
    return tuple(found), k


def _is_index(s: Sentence, k: int) -> bool:
    if k >= len(s.tokens):
        return False
    word = s.tokens[k].text
    return (word[0].isdigit() and re.fullmatch(r"[\d,\u2013-]+", word) is not None) or bool(_LABELLED.fullmatch(word))
