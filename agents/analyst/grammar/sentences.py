"""Statements of a sentence that the grammar reads as a whole, decided for one molecule.

A statement is supported where it was read to its last word and the molecule bears it out; where it was read and nothing
bears it out it stays open, since a reading may be another one than was meant.
"""

from __future__ import annotations

from collections.abc import Iterator

from molreflect.agents.analyst.grammar.behind import read_behind
from molreflect.agents.analyst.grammar.clauses import read_clauses
from molreflect.agents.analyst.grammar.lexis import load_words
from molreflect.agents.analyst.grammar.tokens import Sentence, Token, tokens_of
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.named import is_its_name, of_name, plain
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

MAX_TOKENS = 60
"""Words and marks of the longest sentence that is read."""
_NOT_BORNE_OUT = "the sentence as a whole was not found to hold"


def sentence_statements(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Decide a sentence that is read as a whole.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    every = tokens_of(text, place)
    tokens = _without_frame(every)
    if not 2 < len(tokens) <= MAX_TOKENS:
        return
    s = Sentence(tokens, nouns, read_behind, text)
    read, denies = False, s.low(_past_place(s)) in ("no", "none", "neither")
    for clause in read_clauses(s, _past_place(s)):
        if clause.end != len(tokens):
            continue
        read = True
        if denies and not clause.holds:
            break  # of "no carbon lies between them" a reading that fails is one that is not so
        if clause.holds and not denies:
            yield Statement(every[0].start, every[-1].end, Verdict.SUPPORTED, "")
            return
    else:
        if read and denies and s.left > 0:
            yield Statement(every[0].start, every[-1].end, Verdict.SUPPORTED, "")
            return
    if read and s.left > 0:
        yield Statement(every[0].start, every[-1].end, Verdict.UNCHECKED, _NOT_BORNE_OUT)


_SHORTEST = 4
"""Words of a sentence that says something behind "in caffeine"."""


def _past_place(s: Sentence) -> int:
    """The index behind "in it", "in this ester", "as a sulfonyl chloride" that opens a sentence on the molecule."""
    if s.low(0) not in ("in", "as", "being"):
        return 0
    if len(s.tokens) > _SHORTEST and _means_it(s.tokens[1].text, s.nouns):
        return 2 + (s.low(2) == ",")
    for last in range(min(5, len(s.tokens) - 3), 1, -1):
        words = " ".join(t.text for t in s.tokens[1:last] if t.low not in ("this", "the", "a", "an"))
        if words.lower() in s.words.molecule or is_a(words, s.nouns.molecule, s.nouns.resources).holds is True:
            return last + (s.low(last) == ",")
    return 0


def _means_it(word: str, nouns: Nouns) -> bool:
    """Whether a word is what the molecule is called."""
    if not word.isalpha() or word.lower() in load_words().stop:
        return False
    named = of_name(word, nouns)
    return is_its_name(word, nouns) if named is None else plain(named.mol) == plain(nouns.molecule.mol)


def _without_frame(tokens: list[Token]) -> list[Token]:
    while tokens and tokens[0].text in ("-", "*", "\u2022"):
        tokens = tokens[1:]
    low = [token.low for token in tokens]
    table = load_words()
    for words in table.openings:
        if tuple(low[: len(words)]) == words and len(low) > len(words) + 2:
            cut = len(words) + (low[len(words)] == ",")
            tokens, low = tokens[cut:], low[cut:]
            break
    for words in table.endings:
        is_verb = words == ("left",) and low[-2:-1] in (["is"], ["are"])
        if len(low) > len(words) + 2 and tuple(low[-len(words) :]) == words and not is_verb:
            tokens = tokens[: -len(words)]
            break
    return tokens
