"""Clauses: what is said of a subject, what is there, what stands in front; and the clauses that are joined to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Predicate, holds_of, joined, there_are
from molreflect.agents.analyst.grammar.noun_phrases import MOLECULE, read_nouns
from molreflect.agents.analyst.grammar.placing import read_place
from molreflect.agents.analyst.grammar.saying import related
from molreflect.agents.analyst.grammar.sharing import shared_out
from molreflect.agents.analyst.grammar.tails import read_tail, read_value
from molreflect.agents.analyst.grammar.tokens import Sentence, atoms_at
from molreflect.agents.analyst.grammar.verbs import read_being, read_said
from molreflect.agents.analyst.predications.sentences.reader import whole_sentence


@dataclass(frozen=True, slots=True)
class Clause:
    """What is said of a subject, where it ends, and its subject, for "it" behind it."""

    holds: bool
    end: int
    subject: Meaning
    objects: tuple[Meaning, ...] = ()
    said: Predicate | None = None
    """What is said of its subject, for what is said of others behind it."""


_PRONOUNS = frozenset(["it", "they", "which", "that", "these", "this", "both", "each"])


def read_clauses(s: Sentence, k: int, before: Clause | None = None) -> Iterator[Clause]:
    """Read a clause, and those that are joined to it."""
    for clause in _with_tails(s, k, before):
        yield clause
        for after in _conjunctions(s, clause.end):
            for more in read_clauses(s, after, clause):
                yield replace(more, holds=clause.holds and more.holds)


def _with_tails(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    for clause in _clause(s, k, before):
        yield clause
        if clause.said is not None:
            with s.speaking(None, clause.objects[-1] if clause.objects else None):
                found = list(shared_out(s, clause.subject, clause.said, clause.end))
            for holds, end in found:
                yield replace(clause, holds=holds, end=end, said=None)
        for tail in _tails(s, clause):
            yield tail
            yield from _tails(s, tail)


def _tails(s: Sentence, clause: Clause) -> Iterator[Clause]:
    with s.speaking(clause.subject, clause.objects[-1] if clause.objects else clause.subject):
        found = list(read_tail(s, clause.end, [clause.subject, *clause.objects]))
    for holds, end in found:
        yield replace(clause, holds=clause.holds and holds, end=end)


def _conjunctions(s: Sentence, k: int) -> Iterator[int]:
    mark = s.low(k) in (",", ";")
    at = k + mark
    for words in s.words.so:
        if s.starts(at, words):
            behind = at + len(words)
            yield behind + (s.low(behind) == ",")
    if s.low(at) in ("and", "while", "whereas", "but", "whilst"):
        yield at + 1
    elif mark:
        yield at
    elif s.low(k) == ":":
        yield k + 1


def _clause(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    if not s.step():
        return
    if s.low(k) == "there" and s.low(k + 1) in ("is", "are", "'s"):
        yield from _there_is(s, k + 2)
        return
    yield from _read_elsewhere(s, k, before)
    if before is None:
        yield from _of_new_subject(s, k, None)
        return
    mentioned = [before.subject, *before.objects[-1:]]
    with s.speaking(before.subject, before.objects[-1] if before.objects else before.subject):
        found = list(_of_new_subject(s, k, before))
    yield from found
    for each in mentioned if s.low(k) in _PRONOUNS and s.low(k + 1) != "'s" else mentioned[:1]:
        with s.speaking(each, before.objects[-1] if before.objects else each):
            found = list(_goes_on(s, k, each))
        yield from found


def _read_elsewhere(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    """Read a clause on the molecule as another reader does, which knows more of wholes and of numbers."""
    for holds, end in read_value(s, k):
        yield Clause(holds, end, MOLECULE)
    if before is not None and (not before.subject.is_molecule or s.low(k) not in ("it", "this")):
        return
    for end in range(len(s.tokens) - 1, k + 2, -1):
        if s.low(end) in (",", ";", "and", "but", "while", "whereas"):
            holds_whole = whole_sentence(s.text[s.tokens[k].start : s.tokens[end - 1].end], s.nouns)
            if holds_whole is not None:
                yield Clause(holds_whole, end, MOLECULE)


def _goes_on(s: Sentence, k: int, subject: Meaning) -> Iterator[Clause]:
    """Read what is said of a part that a clause before it speaks of."""
    if not subject.is_molecule and s.low(k) == "not":
        for predicate, end in read_place(s, k + 1):  # ", not on the pyridine ring"
            if (of_each := predicate.of_each) is not None:
                yield Clause(not any(map(of_each, subject.places)), end, subject)
    if s.low(k - 1) == ",":
        for predicate, end in read_place(s, k):
            yield Clause(holds_of(subject, predicate), end, subject)
        for others, end in read_nouns(s, k, whole_list=False):
            if end == len(s.tokens) and not subject.is_molecule and others[0].places and not others[0].given:
                yield Clause(_is_the_same(subject, others[0]), end, subject)
    if s.low(k) in ("it", "they", "which", "that", "these", "this") and not subject.is_molecule:
        yield from _said_of(s, k + 1, subject)
    if s.low(k) in ("both", "each", "all") and not subject.is_molecule:
        each = replace(subject, many=Many.ALL, of=2 if s.low(k) == "both" else None, is_plural=True)
        yield from _said_of(s, k + 1, each)
    yield from _said_of(s, k, subject)


def _of_new_subject(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    """Read a clause that names what it is about."""
    yield from _fronted(s, k)
    yield from _core(s, k)
    if s.low(k - 1) in (":", "i.e") or (k and s.low(k - 1) in ("e.g", ",") and before is None):
        yield from _there_is(s, k)
    for subjects, end in read_nouns(s, k):
        subject = joined(subjects)
        if any(each.is_molecule for each in subjects) and len(subjects) > 1:
            continue
        with s.speaking(subject, None):
            found = list(_said_of(s, end, subject))
            if before is not None and before.said is not None and s.low(k - 1) in _JOINING:
                found += _gapped(s, end, subject, before.said)
        yield from found
        for words in s.words.there:
            if s.starts(end, words):
                yield from _is_there(s, end + len(words), subjects)
        if before is not None and end == len(s.tokens) and s.low(k - 1) in (",", "and"):
            if s.low(end - 2) in ("atom", "index") and subject.noun.lower() != "atom" and not subject.given:
                yield Clause(bool(subject.places), end, subject)
        elif before is not None and subject.given and s.low(k - 1) in (",", "and"):
            for others, last in read_nouns(s, end, whole_list=False):  # "and atom 0 the carbonyl oxygen"
                yield Clause(_is_the_same(subject, others[0]), last, subject)


_JOINING = frozenset(["and", "while", "whereas", "but", ",", ";"])
_PREPOSITIONS = frozenset(["to", "by", "with", "on", "at", "in"])


def _gapped(s: Sentence, k: int, subject: Meaning, before: Predicate) -> Iterator[Clause]:
    """Read a clause whose verb stands in the one before: "and the para position by a methyl group"."""
    if subject.is_molecule:
        return
    if before.relation:
        at = k + (s.low(k) in _PREPOSITIONS) + (s.low(k) == ",")
        for objects, end in read_nouns(s, at):
            said = related(RELATIONS[before.relation], objects, s, before.relation)
            yield Clause(holds_of(subject, said), end, subject, tuple(objects), said)
    for said, end in (*read_place(s, k), *read_being(s, k)):
        yield Clause(holds_of(subject, said), end, subject, said.objects, said)


def _is_there(s: Sentence, k: int, subjects: list[Meaning]) -> Iterator[Clause]:
    """Read what follows "is present": ", at atoms 1 and 3", "in this molecule"."""
    subject = joined(subjects)
    yield Clause(there_are(subjects), k, subject)
    if s.low(k) in ("in", "within"):
        for inside, end in read_nouns(s, k + 1, whole_list=False):
            if inside[0].is_molecule:
                yield Clause(there_are(subjects), end, subject)
    at = k + (s.low(k) == ",")
    at += s.low(at) in ("at", "namely")
    atoms, end = atoms_at(s, at) if at > k and at < len(s.tokens) else ((), k)
    if atoms:
        own = [set(place) for place in subject.places]
        right = len(own) == len(atoms) and all(any(a in place for place in own) for a in atoms)
        yield Clause(there_are(subjects) and right, end, subject)


def _is_the_same(one: Meaning, other: Meaning) -> bool:
    """Whether what stands in apposition is what it stands beside."""
    return all(any(set(p) & set(q) for q in (*other.places, *other.whole)) for p in one.places)


def _core(s: Sentence, k: int) -> Iterator[Clause]:
    """Read "its core is a purine", "the scaffold is built on an indole"."""
    at = k + (s.low(k) in ("the", "its")) + 2 * (s.low(k) == "it" and s.low(k + 1) == "'s")
    at += s.low(at) in ("molecular", "structural", "central", "basic", "parent")
    if at == k or s.low(at) not in s.words.cores or s.low(at + 1) not in ("is", "consists", "contains", "features"):
        return
    verb = at + 2 + (s.low(at + 1) == "consists")
    for subjects, end in read_nouns(s, verb):
        yield Clause(there_are(subjects), end, joined(subjects))


def _said_of(s: Sentence, k: int, subject: Meaning) -> Iterator[Clause]:
    for predicate, end in read_said(s, k):
        if subject.is_molecule and predicate.of_molecule is None:
            continue
        if not subject.is_molecule and predicate.of_each is None and predicate.of_all is None:
            continue
        holds = holds_of(subject, predicate)
        yield Clause(holds, end, subject, predicate.objects, predicate)
        yield from _with_atoms_behind(s, Clause(holds, end, subject, predicate.objects), predicate)
        for words in (("as", "part", "of"), ("as",), ("giving",), ("forming",), ("making",)):
            behind = end + (s.low(end) == ",")
            if s.starts(behind, words):  # ", as a CCl3 group"
                for others, last in read_nouns(s, behind + len(words), whole_list=False):
                    yield Clause(holds and there_are(others), last, subject, tuple(others))


def _with_atoms_behind(s: Sentence, clause: Clause, predicate: Predicate) -> Iterator[Clause]:
    """Read indices behind a clause that are those of its subject: "three nitrogens bear a methyl (atoms 1, 8, 12)"."""
    k, subject, of_each = clause.end, clause.subject, predicate.of_each
    if s.low(k) != "(" or s.low(k + 1) not in ("atom", "atoms") or of_each is None or subject.is_molecule:
        return
    atoms, end = atoms_at(s, k + 1)
    if s.low(end) != ")" or not atoms:
        return
    meant = [p for p in subject.places if of_each(p)]
    right = len(meant) == len(atoms) and all(any(a in p for p in meant) for a in atoms)
    yield Clause(clause.holds and right, end + 1, subject, clause.objects)


def _there_is(s: Sentence, k: int) -> Iterator[Clause]:
    for subjects, end in read_nouns(s, k):
        if not any(each.is_molecule or each.given for each in subjects):
            yield Clause(there_are(subjects), end, joined(subjects))


def _fronted(s: Sentence, k: int) -> Iterator[Clause]:
    """Read "Para to the ester, the benzene ring bears a butylamino group": the place is that of what is borne."""
    for place, end in read_place(s, k):
        if s.low(end) != "," or place.of_each is None:
            continue
        for subjects, verb in read_nouns(s, end + 1):
            for predicate, last in _borne_there(s, verb, place):
                yield Clause(holds_of(joined(subjects), predicate), last, joined(subjects))


def _borne_there(s: Sentence, k: int, place: Predicate) -> Iterator[tuple[Predicate, int]]:
    name = s.words.verbs.get((s.low(k),))
    if name is None or place.of_each is None:
        return
    holds = place.of_each
    for objects, end in read_nouns(s, k + 1):
        yield related(RELATIONS[name], [each.kept(holds) for each in objects], s, name), end
