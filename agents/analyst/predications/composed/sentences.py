"""Decide sentences of which every word is read: subject, verb and objects, each resolved to atoms.

A clause that is read in full is supported where one of its readings holds, and left open where none does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, permutations

from molreflect.agents.analyst.predications.composed.linked import chain_links
from molreflect.agents.analyst.predications.composed.meant import Meant, Said, counts, of_subject, relates
from molreflect.agents.analyst.predications.composed.nouns import Resolver
from molreflect.agents.analyst.predications.composed.phrases import lists, noun_phrases, reduced
from molreflect.agents.analyst.predications.composed.reader import Reader
from molreflect.agents.analyst.predications.composed.relations import RELATIONS
from molreflect.agents.analyst.predications.composed.verbs import related, verb_phrases
from molreflect.agents.analyst.predications.composed.words import MAX_WORDS, Word, words_of
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import Quantity
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

_DENIALS = frozenset(["never", "neither", "nor", "cannot", "none", "n't", "unlike"])
_JOINS = frozenset(["and", "while", "whereas", "but", ";", "since"])
_MOST = 40
"""Readings of one clause that are tried."""
_OPENINGS = tuple(
    (*words.split(), ",")
    for words in (
        "in this molecule",
        "in this compound",
        "here",
        "in it",
        "structurally",
        "overall",
        "in the molecule",
        "in this structure",
        "notably",
        "in the structure",
        "yes",
    )
)


@dataclass(frozen=True, slots=True)
class Decided:
    """Whether a clause holds, and the word behind it."""

    holds: bool
    end: int
    subject: Meant | None = None
    begin: int = 0
    said: Said | None = None


_ONLY_AT = re.compile(
    r"\b(?:only|just) (?:one|two|three|four|\d) [^,;:()]{2,40}(?:,| \() ?(?:atoms?|[A-Z]\d)", re.IGNORECASE
)
"""So many and no more, at atoms that are given: of how many there are the atoms say nothing."""


def composed_statements(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Decide the clauses of a sentence that are read in full.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    words = words_of(text, place)
    if not words or len(words) > MAX_WORDS or _ONLY_AT.search(text, *place) is not None:
        return
    denied = [k for k, word in enumerate(words) if word.low == "not" and k and words[k - 1].low in ("is", "are")]
    if len(denied) == 1:  # only whether it is so: a denial that holds is decided elsewhere
        told = [word for k, word in enumerate(words) if k != denied[0]]
        without = Reader(told, Resolver(nouns), verb_phrases, noun_phrases)
        decided = _sentence(without, 0)
        if decided is not None and all(each.holds for each in decided):
            yield Statement(words[0].start, told[decided[-1].end - 1].end, Verdict.UNCHECKED, "it is so")
        return
    reader = Reader(words, Resolver(nouns), verb_phrases, noun_phrases)
    begin = 0
    for opening in _OPENINGS:
        if tuple(word.low for word in words[: len(opening)]) == opening:
            begin = len(opening)
            break
    while begin < len(words):
        if (decided := _sentence(reader, begin)) is not None:
            yield from _statements(reader, decided, opened=begin if begin < 5 else 0)
            begin = decided[-1].end
            begin += begin < len(words) and words[begin].low in (",", ";")
            begin += begin < len(words) and words[begin].low in _JOINS
            continue
        begin = _next(reader, begin) + 1


def _statements(reader: Reader, decided: Sequence[Decided], opened: int) -> Iterator[Statement]:
    """Write the clauses that were decided; none that fails by a label alone, which may be no index."""
    for clause in decided:
        words = reader.words[0 if clause.begin == opened else clause.begin : clause.end]
        if not clause.holds and any(_is_label(word) for word in words):
            continue
        verdict = Verdict.SUPPORTED if clause.holds else Verdict.UNCHECKED
        why = "" if clause.holds else "the atoms do not bear that out"
        yield Statement(words[0].start, words[-1].end, verdict, why)


def _is_label(word: Word) -> bool:
    return re.fullmatch(r"(?:[CNOS]-?)\d{1,2}'*|\d-position", word.text) is not None


def _ends(reader: Reader, k: int) -> bool:
    """Whether a sentence, or a part of it that stands by itself, ends before a word."""
    k = reader.skip(k)
    return k >= len(reader.words) or reader.low(k) in (";",) or (reader.low(k) == ")" and k + 1 >= len(reader.words))


def _goes_on(reader: Reader, k: int) -> int | None:
    """Where the next clause begins, where a conjunction stands before it."""
    comma = reader.low(k) in (",", ";")
    if reader.low(k + comma) in _JOINS - {";"}:
        return k + comma + 1
    return k + 1 if reader.low(k) == ";" else None


def _sentence(reader: Reader, begin: int, before: Decided | None = None) -> tuple[Decided, ...] | None:
    """Decide clauses from a word on, all to the end where they can be read so; the first alone else."""
    key = (begin, "" if before is None else f"{before.subject}{before.said.relation if before.said else ''}")
    if key not in reader.rests:
        reader.rests[key] = None
        reader.rests[key] = _decided_from(reader, begin, before)
    found = reader.rests[key]
    return found if isinstance(found, tuple) else None


def _decided_from(reader: Reader, begin: int, before: Decided | None) -> tuple[Decided, ...] | None:
    best: tuple[Decided, ...] | None = None
    if any(word.low in _DENIALS for word in reader.words[begin : _next(reader, begin)]):
        return None
    for decided in islice(_clauses(reader, begin, before), _MOST):
        first = replace(decided, begin=begin, end=min(decided.end, len(reader.words)))
        behind = _goes_on(reader, decided.end)
        rest: tuple[Decided, ...] | None = None
        if behind is not None:
            rest = _sentence(reader, behind, decided)
        elif reader.low(decided.end) == "," and decided.said is not None:  # "..., nitrogen 0 to a CH"
            behind = decided.end + 1
            left = [each for each in islice(_gapped(reader, behind, decided.said), _MOST) if _ends(reader, each.end)]
            best_left = next((each for each in left if each.holds), left[0] if left else None)
            rest = None if best_left is None else (replace(best_left, begin=behind),)
        if _ends(reader, decided.end):
            read: tuple[Decided, ...] = (first,)
        elif rest is not None and _ends(reader, rest[-1].end):
            read = (first, *rest)
        elif behind is not None and rest is None and reader.low(behind - 1) != "and" and decided.holds:
            best = best or (first,)
            continue
        else:
            continue
        if all(each.holds for each in read):
            return read
        best = best if best is not None and len(best) >= len(read) else read
    return best


def _next(reader: Reader, begin: int) -> int:
    return next(
        (k for k in range(begin, len(reader.words)) if reader.low(k) in ("while", "whereas", "but", ";", "since")),
        len(reader.words),
    )


def _clauses(reader: Reader, k: int, before: Decided | None) -> Iterator[Decided]:
    """Read the clauses that begin at a word, each with what follows from it."""
    yield from _of_some(reader, k)
    yield from _existential(reader, k)
    yield from _fronted(reader, k)
    yield from _inverted(reader, k)
    if before is not None and before.subject is not None and before.said is not None:
        yield from _gapped(reader, k, before.said)
    for subject in _subjects(reader, k, before):
        if subject.end >= len(reader.words) or (
            subject.is_bare and not subject.is_index and not subject.is_whole and not _may_be_bare(subject, reader, k)
        ):
            continue
        if subject.is_whole or _is_all(reader, subject):
            yield from _of_the_whole(reader, subject)
            continue
        for said in verb_phrases(reader, subject.end):
            yield from _split_up(reader, subject, said)
            truth = of_subject(subject, said, reader.molecule)
            if subject.chain is not None and said.holds is None:
                truth = None
            if truth is not None:
                yield from _with_adjuncts(reader, Decided(truth, said.end, subject, said=said))
        if subject.chain is not None:
            yield from _chain_between(reader, subject)


def _subjects(reader: Reader, k: int, before: Decided | None) -> Iterator[Meant]:
    """Read what a clause is about; "it" and "they" speak of what the clause before it is about, or names last."""
    said = before.said.other if before is not None and before.said is not None else None
    if said is not None and k < len(reader.words) and reader.words[k].text in ("it", "they") and said.places:
        yield replace(said, end=k + 1, quantity=Quantity.ALL if said.is_plural else Quantity.THE, number=None)
    if (
        before is not None
        and before.subject is not None
        and k < len(reader.words)
        and reader.words[k].text in ("it", "they")
    ):
        yield replace(before.subject, end=k + 1)
    yield from lists(reader, k)


def _fronted(reader: Reader, k: int) -> Iterator[Decided]:
    """Read "on the aromatic ring the OH and the methyl group are adjacent": the clause, and that all of it is there."""
    relation = _relation_at(reader, k)
    if relation in ("ortho", "meta", "para", "opposite", "adjacent"):
        yield from _placed_object(reader, k)
    if reader.low(k) not in ("on", "in", "within"):
        return
    for holds, end in reduced(reader, k, 0):
        behind = end + (reader.low(end) == ",")
        for decided in islice(_clauses(reader, behind, None), _MOST):
            if decided.subject is not None and decided.subject.each()[0].places:
                places = [p for part in decided.subject.each() for p in part.places]
                yield replace(decided, holds=decided.holds and all(map(holds, places)))


def _inverted(reader: Reader, k: int) -> Iterator[Decided]:
    """Read "attached to the ring is a methyl group", "next to it sits a CH2"."""
    for holds, end in reduced(reader, k, 0):
        if reader.low(end) not in ("is", "are", "sits", "sit", "lies", "lie", "stands", "stand"):
            continue
        for other in noun_phrases(reader, end + 1):
            if other.places and other.chain is None:
                truth = of_subject(other, Said(other.end, holds), reader.molecule)
                if truth is not None:
                    yield Decided(truth, other.end, other)


def _placed_object(reader: Reader, k: int) -> Iterator[Decided]:
    """Read "para to the ester, the ring bears a butylamino group": what it bears stands there."""
    for holds, end in reduced(reader, k, 0):
        behind = end + (reader.low(end) == ",")
        for decided in islice(_clauses(reader, behind, None), _MOST):
            said = decided.said
            if said is None or said.other is None or said.other.parts or said.relation not in ("bears", "contains"):
                continue
            there = replace(said.other, places=tuple(filter(holds, said.other.places)))
            places = decided.subject.places if decided.subject is not None else ()
            borne = any(relates(reader.molecule, "bears", place, there) for place in places)
            yield replace(decided, holds=decided.holds and borne)


_OPENS_OBJECT = frozenset([",", "a", "an", "the", "one", "two", "three", "no", "its", "another", "atom", "atoms"])


def _gapped(reader: Reader, k: int, said: Said) -> Iterator[Decided]:
    """Read "C2 bears the amide nitrogen and C9 the hydroxyl", in which the second verb is left out."""
    if not said.relation:
        return
    for subject in noun_phrases(reader, k):
        if subject.is_bare and not subject.is_index:
            continue
        behind = reader.skip(subject.end)
        placed = reader.low(behind) in ("to", "with", "on", "by", "in")
        behind += placed
        if not placed and reader.low(behind) not in _OPENS_OBJECT:
            continue  # "and the ring carbon" is no ring, and a carbon
        for other in lists(reader, behind):
            truth = of_subject(subject, related(reader, said.relation, other), reader.molecule)
            if truth is not None:
                yield Decided(truth, other.end, subject)


def _is_all(reader: Reader, subject: Meant) -> bool:
    """Whether a name without an article is that of the molecule, and of no part of it."""
    size = reader.molecule.mol.GetNumAtoms()
    return subject.is_bare and len(subject.places) == 1 and len(subject.places[0]) == size


def _may_be_bare(subject: Meant, reader: Reader, k: int) -> bool:
    return k == 0 and (subject.is_plural or bool(subject.parts))


def _with_adjuncts(reader: Reader, decided: Decided) -> Iterator[Decided]:
    """Read ", at atom 9" and ", one carrying ... and the other ..." behind a clause."""
    subject = decided.subject
    comma = reader.low(decided.end) == ","
    at = decided.end + comma
    assert subject is not None
    places = [p for part in subject.each() for p in part.places]
    together = decided.said is not None and decided.said.holds is None
    placed = _relation_at(reader, at) in ("ortho", "meta", "para", "opposite", "adjacent")
    if comma or placed or (together and reader.low(at) in ("on", "in", "of", "within", "across")):
        for holds, end in reduced(reader, at, 0):
            some = all(any(map(holds, part.places)) for part in subject.each()) if together else any(map(holds, places))
            yield Decided(decided.holds and some, end, subject)
    contrast = 1 if reader.low(at) == "not" else 2 * ((reader.low(at), reader.low(at + 1)) == ("rather", "than"))
    if contrast:
        for holds, end in reduced(reader, at + contrast, 0):
            yield Decided(decided.holds and not any(map(holds, places)), end, subject)
    if comma and reader.low(at) == "one":
        for truth, end in _parted(reader, subject, at):
            yield Decided(decided.holds and truth, end, subject)
        if (borne := _borne(reader, decided)) is not None:
            for truth, end in _parted(reader, borne, at):
                yield Decided(decided.holds and truth, end, subject)
    if comma and reader.low(at) in ("each", "both", "all"):
        for holds, end in reduced(reader, at + 1, 0):
            yield Decided(decided.holds and bool(places) and all(map(holds, places)), end, subject)
            own = _borne(reader, decided)
            if own is not None:
                right = reader.low(at) != "both" or len(own.places) == 2
                yield Decided(
                    decided.holds and right and bool(own.places) and all(map(holds, own.places)), end, subject
                )
    if (reader.low(at), reader.low(at + 1)) == ("instead", "of") and decided.said is not None and decided.said.relation:
        relation = decided.said.relation
        for other in noun_phrases(reader, at + 2):
            gone = not any(relates(reader.molecule, relation, p, other) for p in places)
            yield Decided(decided.holds and gone, other.end, subject)
    yield decided


def _borne(reader: Reader, decided: Decided) -> Meant | None:
    """What a clause says that its subject has: "carries two hydroxyl groups, one on ... and one on ..."."""
    said, subject = decided.said, decided.subject
    if said is None or said.other is None or said.other.parts or subject is None or not said.relation:
        return None
    holds = RELATIONS[said.relation]
    places = tuple(q for q in said.other.places if any(holds(reader.molecule, p, q) for p in subject.places))
    return replace(said.other, places=places)


def _predicate(reader: Reader, k: int, elided: Said | None) -> Iterator[Said]:
    """Read what is said of one of several: a verb phrase, a participle, or an object whose verb is left out."""
    yield from verb_phrases(reader, k)
    for holds, end in reduced(reader, k, 0):
        yield Said(end, holds, relation=_relation_at(reader, k))
    if elided is not None and elided.relation:
        behind = reader.skip(k)
        behind += reader.low(behind) in ("to", "with", "on", "by")
        for other in lists(reader, behind):
            yield related(reader, elided.relation, other)


def _relation_at(reader: Reader, k: int) -> str:
    return next((relation for relation, _ in reader.phrase_at("behind", reader.skip(k))), "")


def _parted(reader: Reader, subject: Meant, k: int) -> Iterator[tuple[bool, int]]:
    """Read "one carrying the methoxy group and the other the hydroxyl" of two things that were named."""
    if reader.low(k) != "one":
        return
    places = tuple(p for part in subject.each() for p in part.places)
    for first in _predicate(reader, k + 1, None):
        behind = _to_the_other(reader, first.end)
        if behind is None or first.holds is None:
            continue
        for second in _predicate(reader, behind, first):
            if second.holds is not None:
                yield len(places) == 2 and _is_shared_out(places, ((1, first), (1, second))), second.end


_OTHERS = {"other": 1, "others": 0, "second": 1, "third": 1, "fourth": 1, "remaining": 0}


def _to_the_other(reader: Reader, k: int) -> int | None:
    """The word behind ", while the other", "and the second one"."""
    k += reader.low(k) in (",", ";")
    k += reader.low(k) in ("and", "while", "whereas", "but")
    if reader.low(k) in ("one", "another") and reader.low(k - 1) in ("and", "while", "whereas"):
        return k + 1
    if reader.low(k) == "the" and reader.low(k + 1) in _OTHERS:
        return k + 2 + (reader.low(k + 2) in ("one", "ones"))
    return None


def _is_shared_out(places: Sequence[tuple[int, ...]], parts: Sequence[tuple[int, Said]]) -> bool:
    """Whether places can be parted so that each part is what is said of it; all others must be told apart by it."""
    if sum(number for number, _ in parts) != len(places) or len(places) > 6:
        return False
    predicates = [said.holds for number, said in parts for _ in range(number)]
    return any(
        all(holds is not None and holds(p) for holds, p in zip(predicates, row, strict=True))
        for row in permutations(places)
    )


def _of_some(reader: Reader, k: int) -> Iterator[Decided]:
    """Read "of the two nitrogens, one is ... while the other ..."."""
    if reader.low(k) != "of":
        return
    for every in noun_phrases(reader, k + 1):
        at = every.end + (reader.low(every.end) == ",")
        if not every.places or reader.low(at) not in ("one", "two", "three"):
            continue
        number = ("one", "two", "three").index(reader.low(at)) + 1
        right = every.of in (None, len(every.places))
        yield from (
            Decided(right and holds, end, every) for holds, end in _first_and_others(reader, every, number, at + 1)
        )


def _first_and_others(reader: Reader, every: Meant, number: int, k: int) -> Iterator[tuple[bool, int]]:
    for first in _predicate(reader, k, None):
        if first.holds is None:
            continue
        behind = _to_the_other(reader, first.end)
        if behind is not None:
            for second in _predicate(reader, behind, first):
                if second.holds is not None:
                    rest = len(every.places) - number
                    yield rest > 0 and _is_shared_out(every.places, ((number, first), (rest, second))), second.end
        yield sum(map(first.holds, every.places)) == number, first.end


def _split_up(reader: Reader, subject: Meant, first: Said) -> Iterator[Decided]:
    """Read "one C=C bond is in the ring and the other is exocyclic", "two of the three ..., the third ..."."""
    behind = _to_the_other(reader, first.end)
    if behind is None or first.holds is None or subject.quantity is not Quantity.EXACTLY or subject.parts:
        return
    number = subject.number or 0
    rest = len(subject.places) - number
    if subject.places and reader.low(behind) and _is_noun_again(reader, subject, behind):
        behind += 1
    for second in _predicate(reader, behind, first):
        if second.holds is not None:
            right = subject.of in (None, len(subject.places)) and rest > 0
            yield Decided(
                right and _is_shared_out(subject.places, ((number, first), (rest, second))), second.end, subject
            )


def _is_noun_again(reader: Reader, subject: Meant, k: int) -> bool:
    return reader.low(k).rstrip("s") == subject.noun.lower().split()[-1].rstrip("s") if subject.noun else False


def _existential(reader: Reader, k: int) -> Iterator[Decided]:
    """Read "there is a CH2 group between the nitrogen and the ring"."""
    if reader.low(k) != "there" or reader.low(k + 1) not in ("is", "are"):
        return
    for other in noun_phrases(reader, k + 2):
        yield from _is_there(other)


def _of_the_whole(reader: Reader, subject: Meant) -> Iterator[Decided]:
    """Read "it has a pyridine ring fused to a benzene ring"; what nothing restricts is decided elsewhere."""
    for relation, end in reader.phrase_at("verbs", reader.skip(subject.end)):
        if relation in ("bears", "contains"):
            for other in lists(reader, reader.skip(end)):
                if all(part.modified for part in other.each()):
                    holds = all(one.holds for part in other.each() for one in _is_there(part))
                    yield Decided(holds, other.end, replace(other, places=()))


def _is_there(other: Meant) -> Iterator[Decided]:
    if other.modified and other.chain is None and not other.hydrogens and not other.is_whole:
        yield Decided(counts(replace(other, of=None), len(other.places)) and bool(other.places), other.end, other)


def _chain_between(reader: Reader, subject: Meant) -> Iterator[Decided]:
    """Read "a two-carbon chain connects the amine to the ring", "two CH2 groups separate ..."."""
    assert subject.chain is not None
    for relation, end in reader.phrase_at("verbs", reader.skip(subject.end)):
        if relation not in ("links", "spans"):
            continue
        for one in lists(reader, reader.skip(end)):
            if reader.low(one.end) in ("to", "and", "with", "from") and not one.parts:
                for other in noun_phrases(reader, reader.skip(one.end + 1)):
                    yield Decided(chain_links(reader.molecule, subject.chain, (one, other)), other.end, subject)
            if one.parts or one.is_plural:
                yield Decided(chain_links(reader.molecule, subject.chain, one.each()), one.end, subject)
