"""Statements of a sentence that the grammar reads as a whole, decided for one molecule.

A statement is supported where it was read to its last word and the molecule bears it out; where it was read and nothing
bears it out it stays open, since a reading may be another one than was meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from molreflect.agents.analyst.grammar.behind import read_behind
from molreflect.agents.analyst.grammar.lexis import RELATIONS, load_words
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Predicate, holds_of, joined
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.placing import read_place
from molreflect.agents.analyst.grammar.saying import related
from molreflect.agents.analyst.grammar.tokens import Sentence, Token, atoms_at, tokens_of
from molreflect.agents.analyst.grammar.verbs import read_said
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.facts.classes import is_a
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

MAX_TOKENS = 40
"""Words and marks of the longest sentence that is read."""
_NOT_BORNE_OUT = "the sentence as a whole was not found to hold"


@dataclass(frozen=True, slots=True)
class _Clause:
    """What is said of a subject, where it ends, and its subject, for "it" behind it."""

    holds: bool
    end: int
    subject: Meaning
    objects: tuple[Meaning, ...] = ()


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
    s = Sentence(tokens, nouns, read_behind)
    read = False
    for clause in _sentence(s, _past_place(s), None):
        if clause.end != len(tokens):
            continue
        read = True
        if clause.holds:
            yield Statement(every[0].start, every[-1].end, Verdict.SUPPORTED, "")
            return
    if read and s.left > 0:
        yield Statement(every[0].start, every[-1].end, Verdict.UNCHECKED, _NOT_BORNE_OUT)


def _past_place(s: Sentence) -> int:
    """The index behind "in it" or "in this ester" that opens a sentence on the molecule."""
    if s.low(0) != "in":
        return 0
    for last in range(min(5, len(s.tokens) - 3), 1, -1):
        words = " ".join(t.text for t in s.tokens[1:last] if t.low not in ("this", "the", "a", "an"))
        if words.lower() in s.words.molecule or is_a(words, s.nouns.molecule, s.nouns.resources).holds is True:
            return last + (s.low(last) == ",")
    return 0


def _without_frame(tokens: list[Token]) -> list[Token]:
    low = [token.low for token in tokens]
    table = load_words()
    for words in table.openings:
        if tuple(low[: len(words)]) == words and len(low) > len(words) + 2:
            cut = len(words) + (low[len(words)] == ",")
            tokens, low = tokens[cut:], low[cut:]
            break
    for words in table.endings:
        if len(low) > len(words) + 2 and tuple(low[-len(words) :]) == words:
            tokens = tokens[: -len(words)]
            break
    return tokens


def _sentence(s: Sentence, k: int, before: Meaning | None) -> Iterator[_Clause]:
    """Read a clause, and those that are joined to it."""
    for clause in _clause(s, k, before):
        yield clause
        for after in _conjunctions(s, clause.end):
            mentioned = [clause.subject, *clause.objects[-1:]] if _is_pronoun(s, after) else [clause.subject]
            for more in (more for each in mentioned for more in _sentence(s, after, each)):
                yield _Clause(clause.holds and more.holds, more.end, more.subject)


def _is_pronoun(s: Sentence, k: int) -> bool:
    return s.low(k) in ("it", "they", "which", "that", "these") and s.low(k + 1) != "'s"


def _conjunctions(s: Sentence, k: int) -> Iterator[int]:
    mark = s.low(k) in (",", ";")
    at = k + mark
    if s.low(at) in ("and", "while", "whereas", "but"):
        yield at + 1
    elif s.low(at) in ("i.e", "i.e."):
        yield at + 1 + (s.low(at + 1) == ",")
    elif mark:
        yield at
    elif s.low(k) == ":":
        yield k + 1


def _clause(s: Sentence, k: int, before: Meaning | None) -> Iterator[_Clause]:
    if not s.step():
        return
    if s.low(k) == "there" and s.low(k + 1) in ("is", "are", "'s"):
        yield from _there_is(s, k + 2)
        return
    yield from _fronted(s, k)
    yield from _core(s, k)
    if s.low(k - 1) in (":", "i.e") or (k and s.low(k - 1) in ("e.g", ",") and before is None):
        yield from _there_is(s, k)
    if before is not None and not before.is_molecule and s.low(k) == "not":
        for predicate, end in read_place(s, k + 1):  # ", not on the pyridine ring"
            if (of_each := predicate.of_each) is not None:
                yield _Clause(not any(map(of_each, before.places)), end, before)
    if before is not None:
        if s.low(k - 1) == ",":
            for predicate, end in read_place(s, k):
                yield _Clause(holds_of(before, predicate), end, before)
            for others, end in read_nouns(s, k, whole_list=False):
                if end == len(s.tokens) and not before.is_molecule and others[0].places and not others[0].given:
                    yield _Clause(_is_the_same(before, others[0]), end, before)
        if s.low(k) in ("it", "they", "which", "that") and not before.is_molecule:
            yield from _said_of(s, k + 1, before)
        yield from _said_of(s, k, before)
    for subjects, end in read_nouns(s, k):
        subject = joined(subjects)
        if any(each.is_molecule for each in subjects) and len(subjects) > 1:
            continue
        yield from _said_of(s, end, subject)
        for words in s.words.there:
            if s.starts(end, words):
                last = end + len(words)
                yield _Clause(_are_there(subjects), last, subject)
                if s.low(last) in ("in", "within"):
                    for inside, behind in read_nouns(s, last + 1, whole_list=False):
                        if inside[0].is_molecule:
                            yield _Clause(_are_there(subjects), behind, subject)
        if before is not None and end == len(s.tokens) and s.low(k - 1) in (",", "and"):
            if s.low(end - 2) in ("atom", "index") and subject.noun.lower() != "atom" and not subject.given:
                yield _Clause(bool(subject.places), end, subject)
        elif before is not None and subject.given and s.low(k - 1) in (",", "and"):
            for others, last in read_nouns(s, end, whole_list=False):  # "and atom 0 the carbonyl oxygen"
                yield _Clause(_is_the_same(subject, others[0]), last, subject)


def _is_the_same(one: Meaning, other: Meaning) -> bool:
    """Whether what stands in apposition is what it stands beside."""
    return all(any(set(p) & set(q) for q in (*other.places, *other.whole)) for p in one.places)


def _core(s: Sentence, k: int) -> Iterator[_Clause]:
    """Read "its core is a purine", "the scaffold is built on an indole"."""
    at = k + (s.low(k) in ("the", "its")) + 2 * (s.low(k) == "it" and s.low(k + 1) == "'s")
    at += s.low(at) in ("molecular", "structural", "central", "basic", "parent")
    if at == k or s.low(at) not in s.words.cores or s.low(at + 1) not in ("is", "consists", "contains", "features"):
        return
    verb = at + 2 + (s.low(at + 1) == "consists")
    for subjects, end in read_nouns(s, verb):
        yield _Clause(_are_there(subjects), end, joined(subjects))


def _said_of(s: Sentence, k: int, subject: Meaning) -> Iterator[_Clause]:
    for predicate, end in read_said(s, k):
        if subject.is_molecule and predicate.of_molecule is None:
            continue
        if not subject.is_molecule and predicate.of_each is None and predicate.of_all is None:
            continue
        holds = holds_of(subject, predicate)
        yield _Clause(holds, end, subject, predicate.objects)
        yield from _with_atoms_behind(s, _Clause(holds, end, subject, predicate.objects), predicate)
        for words in (("as", "part", "of"), ("as",), ("giving",), ("forming",), ("making",)):
            behind = end + (s.low(end) == ",")
            if s.starts(behind, words):  # ", as a CCl3 group"
                for others, last in read_nouns(s, behind + len(words), whole_list=False):
                    yield _Clause(holds and _are_there(others), last, subject, tuple(others))


def _with_atoms_behind(s: Sentence, clause: _Clause, predicate: Predicate) -> Iterator[_Clause]:
    """Read indices behind a clause that are those of its subject: "three nitrogens bear a methyl (atoms 1, 8, 12)"."""
    k, subject, of_each = clause.end, clause.subject, predicate.of_each
    if s.low(k) != "(" or s.low(k + 1) not in ("atom", "atoms") or of_each is None or subject.is_molecule:
        return
    atoms, end = atoms_at(s, k + 1)
    if s.low(end) != ")" or not atoms:
        return
    meant = [p for p in subject.places if of_each(p)]
    right = len(meant) == len(atoms) and all(any(a in p for p in meant) for a in atoms)
    yield _Clause(clause.holds and right, end + 1, subject, clause.objects)


def _there_is(s: Sentence, k: int) -> Iterator[_Clause]:
    for subjects, end in read_nouns(s, k):
        if not any(each.is_molecule or each.given for each in subjects):
            yield _Clause(_are_there(subjects), end, joined(subjects))


def _are_there(subjects: Sequence[Meaning]) -> bool:
    """Whether there are as many of each thing as is said."""
    for each in subjects:
        found = len(each.places)
        if not all(holds(each.places) for holds in each.then):
            return False
        if each.many is Many.NONE:
            if found:
                return False
        elif not found or (each.many is Many.EXACTLY and found != each.number):
            return False
        elif each.of is not None and found != each.of:
            return False
    return True


def _fronted(s: Sentence, k: int) -> Iterator[_Clause]:
    """Read "Para to the ester, the benzene ring bears a butylamino group": the place is that of what is borne."""
    for place, end in read_place(s, k):
        if s.low(end) != "," or place.of_each is None:
            continue
        for subjects, verb in read_nouns(s, end + 1):
            for predicate, last in _borne_there(s, verb, place):
                yield _Clause(holds_of(joined(subjects), predicate), last, joined(subjects))


def _borne_there(s: Sentence, k: int, place: Predicate) -> Iterator[tuple[Predicate, int]]:
    name = s.words.verbs.get((s.low(k),))
    if name is None or place.of_each is None:
        return
    holds = place.of_each
    for objects, end in read_nouns(s, k + 1):
        yield related(RELATIONS[name], [each.kept(holds) for each in objects], s, name), end
