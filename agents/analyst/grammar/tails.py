"""What may stand behind a clause: what it makes of its subject, participles, what it adds up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from molreflect.agents.analyst.grammar.adjectives import adjective
from molreflect.agents.analyst.grammar.behind import read_participle
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, holds_of, there_are
from molreflect.agents.analyst.grammar.noun_phrases import MOLECULE, read_noun, read_nouns
from molreflect.agents.analyst.grammar.nouns import looked_up
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.grammar.verbs import read_being, read_said
from molreflect.tools.facts.statements import numeric_statements
from molreflect.tools.terms import Verdict


def read_tail(s: Sentence, k: int, mentioned: Sequence[Meaning]) -> Iterator[tuple[bool, int]]:
    """Read what follows from a clause: ", making it a tertiary alcohol", ", giving a net charge of +1".

    Args:
        s: The sentence.
        k: The index behind the clause.
        mentioned: Its subject and objects.

    Yields:
        Whether it holds; the index behind it.
    """
    at = k + (s.low(k) == ",")
    at += s.low(at) in ("and", "thereby", "thus", "hence", "so", "therefore") or 2 * s.starts(at, ("and", "thus"))
    for words in s.words.makes:
        if s.starts(at, words):
            yield from _made(s, at + len(words), mentioned)
    if s.low(at) in ("in", "as") and s.low(at + 1) in ("its", "the", "this"):
        for predicate, end in read_being(s, at + 2):
            if predicate.of_molecule is not None and s.low(end - 1) in ("form", "state"):
                yield predicate.of_molecule(), end
    if at > k and s.low(k) == ",":
        for predicate, end in read_participle(s, at):
            yield holds_of(mentioned[0], predicate), end
            for thing in mentioned[1:]:
                if not thing.is_molecule and thing.places and predicate.of_each is not None:
                    yield holds_of(replace(thing, many=Many.ALL), predicate), end
        yield from _as_in(s, at)


def _as_in(s: Sentence, k: int) -> Iterator[tuple[bool, int]]:
    """Read "as expected for a phthalate", "typical of a steroid": the class must be its own."""
    for words in s.words.typical:
        if s.starts(k, words):
            for predicate, end in read_being(s, k + len(words)):
                if predicate.of_molecule is not None:
                    yield predicate.of_molecule(), end


def _made(s: Sentence, k: int, mentioned: Sequence[Meaning]) -> Iterator[tuple[bool, int]]:
    at = k + (s.low(k) in ("the", "a", "an"))
    if s.low(at) in ("cis", "trans", "e", "z") and s.low(at + 1) in _FORMS:
        label = adjective(s.low(at), s)
        bonds = looked_up(s, "C=C double bond")
        if label is not None and bonds is not None:
            yield any(map(label, bonds.places)), at + 2
    for one, at in _what(s, k, mentioned):
        for predicate, end in read_being(s, at):
            yield any(holds_of(_single(each), predicate) for each in one), end
        for predicate, end in read_said(s, at):
            if s.low(at) in ("with", "without"):
                yield any(holds_of(each, predicate) for each in one), end
        yield from read_value(s, at)
    for things, end in read_nouns(s, k):
        if not any(each.is_molecule or each.given for each in things):
            yield there_are(things), end
            yield from _of_one(s, things, end)


def _of_one(s: Sentence, things: Sequence[Meaning], k: int) -> Iterator[tuple[bool, int]]:
    """Read "in which ..." behind what was made."""
    if s.starts(k, ("in", "which")):
        for subjects, verb in read_nouns(s, k + 2, whole_list=False):
            for predicate, end in read_said(s, verb):
                yield there_are(things) and holds_of(subjects[0], predicate), end


def _what(s: Sentence, k: int, mentioned: Sequence[Meaning]) -> Iterator[tuple[Sequence[Meaning], int]]:
    """Read what something is made of: "it" of anything that was mentioned, a part, the molecule."""
    yield [*mentioned, MOLECULE], k
    if s.low(k) in ("it", "them", "this", "each", "both"):
        yield [*mentioned, MOLECULE], k + 1
    for one, end in read_noun(s, k):
        yield [one], end


_FORMS = frozenset(["isomer", "form", "geometry", "configuration", "compound", "alkene", "arrangement"])


def _single(one: Meaning) -> Meaning:
    return one if one.many is not Many.NONE else MOLECULE


def read_value(s: Sentence, k: int) -> Iterator[tuple[bool, int]]:
    """Read a number said of the molecule: "a net charge of +1", "14 aromatic carbons"."""
    if k >= len(s.tokens) or not s.text:
        return
    begin = s.tokens[k].start
    for end in range(len(s.tokens), k + 1, -1):
        if end < len(s.tokens) and s.low(end) not in (",", ";", "and", ")", "while", "but", "so"):
            continue
        words = s.text[begin : s.tokens[end - 1].end]
        for told in numeric_statements(words, s.nouns.molecule):
            before = {word.lower() for word in words[: told.start].split()}
            if told.end == len(words.rstrip()) and before <= s.words.before_values:
                yield told.verdict is Verdict.SUPPORTED, end
