"""Clauses: what is said of a subject, what is there, what stands in front; and the clauses that are joined to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from molreflect.agents.analyst.grammar.along import read_ends
from molreflect.agents.analyst.grammar.halves import read_halves
from molreflect.agents.analyst.grammar.lexis import RELATIONS
from molreflect.agents.analyst.grammar.meaning import Many, Meaning, Predicate, holds_of, joined, there_are
from molreflect.agents.analyst.grammar.noun_phrases import MOLECULE, read_noun, read_nouns
from molreflect.agents.analyst.grammar.nouns import is_hydrogen
from molreflect.agents.analyst.grammar.placing import read_place
from molreflect.agents.analyst.grammar.pronouns import OF_THEM, so_many_of
from molreflect.agents.analyst.grammar.saying import all_of, linking, related
from molreflect.agents.analyst.grammar.sharing import read_all_said, shared_among, shared_out
from molreflect.agents.analyst.grammar.tails import read_tail, read_value
from molreflect.agents.analyst.grammar.tokens import Sentence, atoms_at
from molreflect.agents.analyst.grammar.verbs import read_being, read_said
from molreflect.agents.analyst.predications.sentences.reader import whole_sentence
from molreflect.agents.analyst.predications.subject import number_of


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
        for thing in clause.objects:
            if clause.said is not None and clause.said.relation and thing.many is Many.EXACTLY and thing.of is not None:
                yield from _others_of(s, clause, thing)
        for tail in (*_tails(s, clause), *_shared(s, clause)):
            yield tail
            yield from _tails(s, tail)


def _others_of(s: Sentence, clause: Clause, thing: Meaning) -> Iterator[Clause]:
    """Read what is said of the others: "is conjugated with one of the two alkenes, while the other is isolated"."""
    assert clause.said is not None
    relation, bearers = RELATIONS[clause.said.relation], clause.subject.places
    near = Predicate(lambda place: any(relation(q, place, s.mol) for q in bearers))
    for holds, end in shared_out(s, thing, near, clause.end):
        yield replace(clause, holds=clause.holds and holds, end=end, said=None)


def _borne(s: Sentence, clause: Clause, thing: Meaning) -> Meaning:
    """Leave of a thing that a clause speaks of the places that its subject stands in the relation to."""
    if clause.said is None or not clause.said.relation or clause.subject.is_molecule:
        return thing
    relation = RELATIONS[clause.said.relation]
    kept = thing.kept(lambda place: any(relation(p, place, s.mol) for p in clause.subject.places))
    return kept if kept.places else thing


def _shared(s: Sentence, clause: Clause) -> Iterator[Clause]:
    """Read what is said of each of several things that a clause speaks of: ": one phenolic and two benzylic"."""
    inner = (each for thing in clause.objects for each in thing.mentions)
    for things in (clause.subject, *clause.objects, *inner):
        with s.speaking(None, clause.subject):
            found = list(shared_among(s, things, clause.end))
        told = things.many is Many.EXACTLY and things.number == len(things.places)
        for holds, end in found:
            yield replace(clause, holds=holds and (clause.holds or told), end=end, said=None)


def _tails(s: Sentence, clause: Clause) -> Iterator[Clause]:
    objects = [_borne(s, clause, each) for each in clause.objects]
    with s.speaking(clause.subject, clause.objects[-1] if clause.objects else clause.subject):
        found = list(read_tail(s, clause.end, [clause.subject, *objects]))
    for holds, end in found:
        yield replace(clause, holds=clause.holds and holds, end=end)


def _conjunctions(s: Sentence, k: int) -> Iterator[int]:
    k += s.low(k) in ("altogether", "overall") or 2 * (s.starts(k, ("in", "total")) or s.starts(k, ("in", "all")))
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
        yield from _there_are_so_many(s, k + 2, before)
        return
    yield from _read_elsewhere(s, k, before)
    if before is None:
        yield from _of_new_subject(s, k, None)
        return
    mentioned = [before.subject, *before.objects[-1:]]
    with s.speaking(before.subject, before.objects[-1] if before.objects else before.subject):
        found = list(_of_new_subject(s, k, before))
    yield from found
    if s.starts(k, ("the", "two")) and before.objects and not before.subject.is_molecule:
        pair = joined([before.subject, before.objects[-1]])
        yield from _said_of(s, k + 2, pair)
    for each in mentioned:
        for some, end in so_many_of(s, k, each, before.said):
            yield from _said_of(s, end, some)
    for each in mentioned if s.low(k) in _PRONOUNS and s.low(k + 1) != "'s" else mentioned[:1]:
        with s.speaking(each, before.objects[-1] if before.objects else each):
            found = list(_goes_on(s, k, each, before.said))
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


_LOOSE = frozenset([",", "and", "but", "i.e", "so", "thus", "hence", "therefore", "namely", ";"])


def _goes_on(s: Sentence, k: int, subject: Meaning, before: Predicate | None = None) -> Iterator[Clause]:
    """Read what is said of a part that a clause before it speaks of."""
    if not subject.is_molecule and s.low(k) == "not" and before is not None and before.relation:
        for objects, end in read_nouns(s, k + 1 + (s.low(k + 1) in _PREPOSITIONS), whole_list=False):
            told = related(RELATIONS[before.relation], objects, s, before.relation).of_each
            if told is not None:  # "but not with the ester carbonyl"
                yield Clause(not any(map(told, subject.places)), end, subject)
    if not subject.is_molecule and s.low(k) == "not" and s.low(k + 1) != "with":
        for predicate, end in read_place(s, k + 1):  # ", not on the pyridine ring"
            if (of_each := predicate.of_each) is not None:
                yield Clause(not any(map(of_each, subject.places)), end, subject)
    if s.low(k - 1) in _LOOSE and not subject.is_molecule:
        for predicate, end in read_place(s, k):
            yield Clause(holds_of(subject, predicate), end, subject, predicate.objects, predicate)
    if s.low(k - 1) == ",":
        for others, end in read_nouns(s, k, whole_list=False):
            if end == len(s.tokens) and not subject.is_molecule and others[0].places and not others[0].given:
                yield Clause(_is_the_same(subject, others[0]), end, subject)
    if s.low(k) in ("it", "they", "which", "that", "these", "this") and not subject.is_molecule:
        yield from _said_of(s, k + 1, subject)
    if s.starts(k, ("in", "turn")):
        yield from _goes_on(s, k + 2, subject)
    if s.low(k) in ("both", "each", "all") and not subject.is_molecule:
        each = replace(subject, many=Many.ALL, of=2 if s.low(k) == "both" else None, is_plural=True)
        yield from _said_of(s, k + 1, each)
    yield from _said_of(s, k, subject)


def _of_new_subject(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    """Read a clause that names what it is about."""
    if k == 0:
        yield from _labelled(s)
    yield from _fronted(s, k)
    yield from _placed_in_front(s, k, before)
    yield from _core(s, k)
    yield from _of_those(s, k)
    yield from _besides(s, k, before)
    yield from _on_both_sides(s, k)
    for holds, things, end in (*read_halves(s, k), *read_ends(s, k)):
        yield Clause(holds, end, joined(things), things)
    yield from _there_in_front(s, k)
    if s.low(k - 1) in (":", "i.e") or (k and s.low(k - 1) in ("e.g", ",") and before is None):
        yield from _there_is(s, k)
    for subjects, end in read_nouns(s, k):
        subject = joined(subjects)
        if any(each.is_molecule for each in subjects) and len(subjects) > 1:
            continue
        if subject.is_molecule and s.low(k) == "it" and before is not None and not before.subject.is_molecule:
            continue  # "it" is the part that was spoken of
        with s.speaking(subject, _also(s.it, subject)):
            found = list(_said_of(s, end, subject))
            found += _of_hydrogens(s, end, subject)
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


def _also(it: Meaning | None, subject: Meaning) -> Meaning | None:
    """Let "it" speak of the subject of its own clause, too."""
    if it is None or subject.is_molecule:
        return None if subject.is_molecule else subject
    return replace(it, mentions=(*it.mentions, subject))


def _of_those(s: Sentence, k: int) -> Iterator[Clause]:
    """Read "of the four fused rings, only one is aromatic", and what is said of the others behind it."""
    if s.low(k) not in ("of", "among", "out"):
        return
    for every, end in read_noun(s, k + 1 + (s.low(k) == "out")):
        at = end + (s.low(end) == ",")
        exact = s.low(at) in ("only", "just", "exactly")
        number = number_of(s.low(at + exact))
        if every.is_molecule or number is None or not every.places:
            continue
        subject = replace(every, many=Many.EXACTLY if number else Many.NONE, number=number)
        for said, last in _with_apposition(s, at + exact + 1):
            tells = said.of_each
            kept = every.kept(tells, by_whole=said.by_whole) if tells is not None else every
            right = holds_of(subject, said)
            yield Clause(right, last, replace(kept, many=Many.THE if number == 1 else Many.ALL), said.objects, None)
            for holds, behind in shared_out(s, subject, said, last):
                yield Clause(holds, behind, every)


def _with_apposition(s: Sentence, k: int) -> Iterator[tuple[Predicate, int]]:
    """Read a verb phrase, with atoms between commas before it: "one, atom 5, is aromatic"."""
    yield from read_all_said(s, k)
    if s.low(k) in (",", "("):
        atoms, end = atoms_at(s, k + 1, lone=True)
        if atoms and s.low(end) in (",", ")"):
            for said, last in read_said(s, end + 1):
                tells = said.of_each
                if tells is not None:
                    yield (
                        replace(said, of_each=all_of(tells, lambda place: set(atoms) <= set(place)), of_all=None),
                        last,
                    )


def _besides(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    """Read "besides the NH2 it bears two methyl groups", "in addition to the ester there is an amide"."""
    for words in s.words.besides:
        if s.starts(k, words):
            for things, end in read_nouns(s, k + len(words)):
                for clause in _clause(s, end + (s.low(end) == ","), before):
                    yield replace(clause, holds=clause.holds and there_are(things))


def _on_both_sides(s: Sentence, k: int) -> Iterator[Clause]:
    """Read "on one side of the ether oxygen there is a CHF2 group, on the other a CF2 group"."""
    if not s.starts(k, ("on", "one", "side", "of")):
        return
    for middle, end in read_nouns(s, k + 4, whole_list=False):
        at = end + (s.low(end) == ",") + 2 * (s.low(end) == "there") + (s.low(end) in ("is", "sits", "lies"))
        for first, after in read_nouns(s, at, whole_list=False):
            other = after + (s.low(after) in (",", ";"))
            other += s.low(other) in ("and", "while")
            if not s.starts(other, ("on", "the", "other")):
                continue
            other += 3 + (s.low(other + 3) in ("side", "there"))
            other += (s.low(other) == "there") + (s.low(other) in ("is", "sits"))
            for second, last in read_nouns(s, other, whole_list=False):
                yield Clause(holds_of(middle[0], linking([*first, *second], s)), last, middle[0])


def _of_hydrogens(s: Sentence, k: int, subject: Meaning) -> Iterator[Clause]:
    """Read "no hydrogen is attached to the nitrogen": of what bears it."""
    verb = k + (s.low(k) in ("is", "are", "remains", "sits"))
    if not is_hydrogen(subject) or verb == k:
        return
    at = verb + (s.low(verb) in ("directly", "still", "left"))
    at += s.low(at) in ("attached", "bonded", "bound", "present", "left")
    if s.low(at) not in ("to", "on", "at"):
        return
    for objects, end in read_nouns(s, at + 1, whole_list=False):
        said = related(RELATIONS["has"], [subject], s, "has")
        yield Clause(holds_of(objects[0], said), end, objects[0], (objects[0],))


_JOINING = frozenset(["and", "while", "whereas", "but", ",", ";"])
_PREPOSITIONS = frozenset(["to", "by", "with", "on", "at", "in"])
_OPENS_OBJECT = frozenset([",", "a", "an", "the", "one", "two", "three", "no", "its", "another", "atom", "atoms"])


def _gapped(s: Sentence, k: int, subject: Meaning, before: Predicate) -> Iterator[Clause]:
    """Read a clause whose verb stands in the one before: "and the para position by a methyl group"."""
    if subject.is_molecule:
        return
    opens = s.low(k) in _PREPOSITIONS | _OPENS_OBJECT  # "and the ring carbon" is no ring, and a carbon
    if before.relation and opens:
        at = k + (s.low(k) in _PREPOSITIONS) + (s.low(k) == ",")
        for objects, end in read_nouns(s, at):
            said = related(RELATIONS[before.relation], objects, s, before.relation)
            yield Clause(holds_of(subject, said), end, subject, tuple(objects), said)
    for said, end in (*read_place(s, k), *(each for each in read_being(s, k) if opens or not each[0].objects)):
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


def _there_are_so_many(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    """Read "so there are two (of them) (in total)" of what the clause before it speaks of."""
    k += s.low(k) in ("exactly", "only", "just")
    number = number_of(s.low(k))
    if before is None or number is None:
        return
    end = k + 1 + 2 * (s.low(k + 1) == "of" and s.low(k + 2) in OF_THEM)
    for thing in (before.subject, *before.objects):
        if not thing.is_molecule and thing.places:
            yield Clause(len(thing.places) == number, end, thing)


def _fronted(s: Sentence, k: int) -> Iterator[Clause]:
    """Read "Para to the ester, the benzene ring bears a butylamino group": the place is that of what is borne."""
    for place, end in read_place(s, k):
        if s.low(end) != "," or place.of_each is None:
            continue
        for subjects, verb in read_nouns(s, end + 1):
            for predicate, last in _borne_there(s, verb, place):
                yield Clause(holds_of(joined(subjects), predicate), last, joined(subjects))


def _placed_in_front(s: Sentence, k: int, before: Clause | None) -> Iterator[Clause]:
    """Read "on the phenoxy ring, the ether oxygen and the ketone are para": a clause, and where its subject is."""
    if s.low(k) not in ("on", "in", "within", "at") or not s.step():
        return
    for place, end in read_place(s, k):
        if s.low(end) == "," and place.of_each is not None:
            for clause in _of_new_subject(s, end + 1, before):
                there = clause.subject.places and all(map(place.of_each, clause.subject.places))
                if not clause.subject.is_molecule:
                    yield replace(clause, holds=clause.holds and bool(there))


_LONGEST_LABEL = 6


def _labelled(s: Sentence) -> Iterator[Clause]:
    """Read "number of hydroxyl groups: 5", "carboxylic acid groups: three", "aromatic ring: a benzene with ..."."""
    colon = next((k for k in range(1, min(_LONGEST_LABEL, len(s.tokens))) if s.low(k) == ":"), None)
    if colon is None:
        return
    begin = 2 if s.starts(0, ("number", "of")) else 3 if s.starts(0, ("the", "number", "of")) else 0
    at = colon + 1
    for label, end in read_noun(s, begin):
        if end != colon or label.is_molecule:
            continue
        number = number_of(s.low(at + (s.low(at) in ("exactly", "only"))))
        last = at + 1 + (s.low(at) in ("exactly", "only"))
        if number is not None:
            yield Clause(len(label.places) == number, last, label)
        if begin:
            continue
        for things, last in read_nouns(s, at):
            same = all(any(set(p) & set(q) for q in (*label.places, *label.whole)) for t in things for p in t.places)
            if not any(each.is_molecule for each in things):
                yield Clause(there_are(things) and same, last, joined(things), tuple(things))


def _there_in_front(s: Sentence, k: int) -> Iterator[Clause]:
    """Read "between the two hydroxyls there is one ring carbon", "next to it sits a methyl group"."""
    for place, end in read_place(s, k):
        at = end + (s.low(end) == ",")
        found = next((words for words in _YOU_FIND if s.starts(at, words)), None)
        if found is not None:
            at += len(found)
        elif s.low(at) == "there" and s.low(at + 1) in ("is", "are", "sits", "stands", "lies"):
            at += 2
        elif s.low(at) in ("is", "are", "sits", "sit", "lies", "lie", "stands"):
            at += 1
        else:
            continue
        if place.of_each is not None:
            for things, last in read_nouns(s, at, whole_list=False):
                there = [each.kept(place.of_each, by_whole=place.by_whole) for each in things]
                yield Clause(there_are(there), last, there[0])


_YOU_FIND = [
    (who, *verb)
    for who in ("you", "one", "we", "i")
    for verb in (("will", "find"), ("find",), ("finds",), ("can", "find"), ("see",), ("sees",), ("can", "see"))
]


def _borne_there(s: Sentence, k: int, place: Predicate) -> Iterator[tuple[Predicate, int]]:
    name = s.words.verbs.get((s.low(k),))
    if name is None or place.of_each is None:
        return
    holds = place.of_each
    for objects, end in read_nouns(s, k + 1):
        yield related(RELATIONS[name], [each.kept(holds) for each in objects], s, name), end
