"""Decide the clauses of a sentence for one molecule.

A clause that is understood as a whole is supported where it holds of exactly as many places as it says, and refuted
where what it says is beyond doubt and does not hold. It takes the place of what was read of its words one by one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from molreflect.agents.analyst.checked import AnswerClaim
from molreflect.agents.analyst.grammar.sentences import sentence_statements
from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.apart import apart
from molreflect.agents.analyst.predications.clauses import Clause, Item, Verb, clauses_of
from molreflect.agents.analyst.predications.composed.sentences import composed_statements
from molreflect.agents.analyst.predications.forms import fixed_forms
from molreflect.agents.analyst.predications.indexed import given_atoms
from molreflect.agents.analyst.predications.joins import joins
from molreflect.agents.analyst.predications.linking import linked
from molreflect.agents.analyst.predications.listed import listed_atoms
from molreflect.agents.analyst.predications.neighbours import holds, is_plain
from molreflect.agents.analyst.predications.overall import overall_forms
from molreflect.agents.analyst.predications.places import Nouns, is_alkene, is_placed, names_atoms
from molreflect.agents.analyst.predications.sentences.reader import whole_sentence
from molreflect.agents.analyst.predications.shares import shares
from molreflect.agents.analyst.predications.standing import stands
from molreflect.agents.analyst.predications.subject import Quantity, Subject
from molreflect.agents.analyst.predications.tokens import Words, without_index
from molreflect.agents.analyst.predications.whole import is_so_of_all, of_only
from molreflect.tools.facts.parts import Places, part_named
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict

Decided = tuple[Verdict | None, str, Places]
"""A verdict, None where nothing was decided; why; atoms."""
_PRESENT = re.compile(r"(?:present|found|there|seen)(?: (?:in|within) (?:the )?[\w-]+(?: [\w-]+)?| here)?")
_FORMS = (apart, fixed_forms, given_atoms, shares, joins, linked, listed_atoms, overall_forms)
_HYDROGEN = re.compile(r"(?:hydrogen|proton)s?(?: atoms?)?", re.IGNORECASE)
_LISTED_BEHIND = re.compile(r"\b(?:is|are|has|have|bears|carries)\b[^:]*: [^:]*$")
_GIVEN_ATOM = re.compile(r"\b\d{1,3} \($")
_MOST = 6
"""Places of a group of which some are tried together."""
_READ_TWO_WAYS = "it can be read in two ways, of which one does not hold"
_MORE = "the molecule has {there}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A clause with its verdict."""

    words: Words
    """All that it is decided of."""
    said: Words
    """What is said of the subject."""
    verdict: Verdict
    why: str
    atoms: Places

    def claim(self, text: str, smiles: str) -> AnswerClaim:
        """Write it as a claim on what is said of the subject."""
        start, end = self.said.start, self.said.end
        return AnswerClaim(text[start:end], start, end, smiles, self.verdict, self.why, self.atoms)


def judged_clauses(
    text: str, place: tuple[int, int], molecule: Molecule, resources: Resources, read: Sequence[AnswerClaim] = ()
) -> list[Judged]:
    """Decide the clauses of a sentence; those that nothing decides are left out.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands in it.
        molecule: What it is about.
        resources: Where nouns are looked up.
        read: What was read of the sentence word by word.
    """
    own = {c.phrase.lower(): c.atoms for c in read if c.atoms and c.verdict is Verdict.SUPPORTED and not c.negated}
    nouns = Nouns(molecule, resources, own)
    found = []
    spoken: Places | None = None
    before: Clause | None = None
    atoms: Places = ()
    for clause in clauses_of(text, place):
        if clause.subjects[0].noun == "the other" and spoken is not None:
            spoken = tuple(each for each in spoken if each not in atoms) if atoms else None
        meant = _meant_by_it(clause, before, nouns)
        verdict, why, atoms, spoken = _decided(meant or clause, spoken, nouns)
        if meant is not None and verdict is not Verdict.SUPPORTED:
            whole, why, atoms, spoken = _decided(clause, spoken, nouns)
            verdict = whole if whole is Verdict.SUPPORTED or verdict is whole else Verdict.UNCHECKED
        if verdict is Verdict.REFUTED and before is not None and before.verb is Verb.IS:
            nearer = clause.subjects[0].noun == "them"  # "are borne by carbons, which have no hydrogen"
            verdict = Verdict.UNCHECKED if nearer else verdict
        before = clause
        if verdict is Verdict.REFUTED and _LISTED_BEHIND.search(text, place[0], clause.said.start):
            verdict = Verdict.UNCHECKED  # what is listed behind a colon is said of something else
        if verdict is Verdict.REFUTED and (clause.at or _GIVEN_ATOM.search(text, place[0], clause.said.start)):
            verdict = Verdict.UNCHECKED  # of one of them it may be so: "the centres are 1 (R) and 3 (S)"
        if clause.at and verdict is Verdict.SUPPORTED and not clause.at <= _meant_atoms(clause, atoms, nouns):
            verdict, why = Verdict.UNCHECKED, f"it is not said of {', '.join(map(str, sorted(clause.at)))}"
        if verdict is Verdict.REFUTED and "flanked" in text[clause.words.start : clause.words.end]:
            verdict = Verdict.UNCHECKED  # on a ring its neighbours may be meant
        first = clause.subjects[0]
        if verdict is Verdict.REFUTED and first.noun == "them" and first.quantity is Quantity.EXACTLY:
            verdict = Verdict.UNCHECKED  # "two are ortho and one is para": one of them, or another
        if verdict is not None:
            found.append(Judged(clause.words, clause.said, verdict, why, atoms))
    for told in (read for forms in _FORMS for read in forms(text, place, nouns)):
        words = Words("", told.start, told.end)
        found.append(Judged(words, words, told.verdict, told.why, ()))
    sure = [each.words for each in found if each.verdict is Verdict.SUPPORTED]
    found = [each for each in found if each.verdict is not Verdict.UNCHECKED or not _is_within(each.words, sure)]
    return _with_readings_in_full(found, text, place, nouns, doubted=bool(sure))


def _with_readings_in_full(
    found: list[Judged], text: str, place: tuple[int, int], nouns: Nouns, *, doubted: bool
) -> list[Judged]:
    """Let what reads a sentence to its last word decide whatever was read in part.

    One reading that holds says more than others that do not, but not against a clause that is false beyond doubt.

    Args:
        found: What was read in part.
        text: The answer.
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
        doubted: Whether a clause of it holds by itself, so that one reading that does not bear it out says little.
    """
    by_grammar = list(sentence_statements(text, place, nouns))
    composed = list(composed_statements(text, place, nouns))
    in_full = [*composed, *by_grammar]
    borne_out = [each for each in in_full if each.verdict is Verdict.SUPPORTED]
    differ = len(borne_out) < len(in_full) or (
        len(borne_out) == 1 and whole_sentence(text[slice(*place)], nouns) is False
    )
    if borne_out and differ and not doubted and any(f.verdict is Verdict.REFUTED for f in found):
        words = Words("", *place)
        left = [each for each in found if each.verdict is not Verdict.REFUTED]
        return [*left, Judged(words, words, Verdict.UNCHECKED, _READ_TWO_WAYS, ())]
    for statement in borne_out or [each for each in in_full if each.verdict is not Verdict.SUPPORTED]:
        words = Words("", statement.start, statement.end)
        if statement.verdict is Verdict.SUPPORTED:
            found = [f for f in found if f.verdict is Verdict.SUPPORTED or not _is_within(f.words, [words])]
        elif statement in by_grammar and doubted:
            continue  # what one reading does not bear out may be meant otherwise
        found.append(Judged(words, words, statement.verdict, statement.why, ()))
    return found


def _is_within(words: Words, others: Sequence[Words]) -> bool:
    """Whether words that one reading left open are part of what another one decided."""
    return any(other.start <= words.start and words.end <= other.end for other in others)


def _meant_by_it(clause: Clause, before: Clause | None, nouns: Nouns) -> Clause | None:
    """Read "it" behind a clause on one part as that part; None where it can only be the molecule."""
    last = before.subjects[-1] if before is not None else None
    if last is None or clause.subjects[-1].noun != "it" or len(clause.subjects) != 1:
        return None
    if last.quantity is not Quantity.THE or nouns.is_whole(last.noun) or last.is_bare:
        return None
    places = nouns.anchors(last.noun)
    return replace(clause, subjects=(last,)) if places and len(places) == 1 else None


def _meant_atoms(clause: Clause, atoms: Places, nouns: Nouns) -> set[int]:
    """The atoms that may be given for a clause: those it speaks of; of "on the same carbon" the carbon."""
    mol = nouns.molecule.mol
    if "same" not in clause.rest:
        return {atom for place in atoms for atom in place}
    around = [{n.GetIdx() for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(p) for p in atoms]
    return set.intersection(*around) if around else set()


def _decided(clause: Clause, spoken: Places | None, nouns: Nouns) -> tuple[Verdict | None, str, Places, Places | None]:
    """Decide one clause; the last of what is returned are the places that "them" means in the next."""
    decided: Decided
    subject = clause.subjects[-1]
    if _HYDROGEN.fullmatch(subject.noun) is not None:
        return None, "", (), None  # hydrogens have no place of their own
    if clause.verb is Verb.IS and clause.rest[:1].isdigit():
        return None, "", (), None  # it is said which atoms they are
    whole = nouns.is_whole(subject.noun) or (subject.is_bare and nouns.is_no_part(subject.noun))
    if len(clause.subjects) == 1 and whole:
        decided = _of_the_whole(clause, nouns)
        last = nouns.anchors(clause.items[-1].noun) if clause.items else None
        return (*_turned(decided, clause), last)
    places = [spoken if each.noun in ("them", "the other") else nouns.anchors(each.noun) for each in clause.subjects]
    if any(not each for each in places):
        return (*_of_nothing(clause, places, nouns), None)
    known: list[Places] = [each for each in places if each]
    if clause.verb is Verb.IS and _PRESENT.fullmatch(clause.rest) is not None:
        there = [_is_there(s, p) for s, p in zip(clause.subjects, known, strict=True)]
        return (*_turned(_worst(there), clause), known[-1])
    if (
        clause.verb is Verb.IS
        and len(known) == 1
        and subject.quantity is Quantity.EXACTLY
        and (subject.number or 0) > 1
    ):
        some = _some_stand(clause.rest, known[0], subject.number or 0, nouns)
        if some:
            return (*_turned((Verdict.SUPPORTED, "", some), clause), some)
    of_all = all(s.quantity not in (Quantity.EXACTLY, Quantity.NONE) for s in clause.subjects)
    if clause.verb is Verb.IS and of_all:
        together = stands(clause.rest, known, nouns)
        if together is not None:
            atoms = tuple(place for each in known for place in each)
            decided = (Verdict.SUPPORTED if together else Verdict.REFUTED, "" if together else "they do not", atoms)
            if _is_counted_right(subject, known[-1]) is False:
                decided = (Verdict.UNCHECKED, _MORE.format(there=len(known[-1])), atoms)
            return (*_turned(decided, clause), known[-1])
    each_of = [_of_each(clause, s, p, nouns) for s, p in zip(clause.subjects, known, strict=True)]
    return (*_turned(_worst(each_of), clause), known[-1])


def _of_nothing(clause: Clause, places: Sequence[Places | None], nouns: Nouns) -> Decided:
    """Decide a clause of which a subject is not there, or not understood; the rest of it decides nothing then."""
    nowhere = all(s.quantity is Quantity.NONE for s in clause.subjects) and all(own == () for own in places)
    if nowhere and clause.verb is Verb.IS and _PRESENT.fullmatch(clause.rest) and not clause.denied:
        return Verdict.SUPPORTED, "", ()
    for subject, own in zip(clause.subjects, places, strict=True):
        if own is not None and (names_atoms(subject.noun) or "@" in subject.noun):
            return (
                Verdict.UNCHECKED,
                f"there is no {without_index(subject.noun)}{' there' if '@' in subject.noun else ' in the molecule'}",
                (),
            )
        unknown = (
            own is None and subject.noun not in ("them", "the other") and not nouns.is_kind_of_molecule(subject.noun)
        )
        if unknown and clause.verb is Verb.BEARS:
            return Verdict.UNCHECKED, f"it was not read where {subject.noun!r} is", ()
    return None, "", ()


def _worst(decided: Sequence[Decided]) -> Decided:
    """What several verdicts come to together."""
    order = (Verdict.REFUTED, Verdict.UNCHECKED, None, Verdict.SUPPORTED)
    return min(decided, key=lambda each: order.index(each[0]))


def _some_stand(rest: str, places: Places, number: int, nouns: Nouns) -> Places:
    """Find so many places that stand so to each other: "two phenyl groups are bonded to the same carbon"."""
    if len(places) > _MOST:
        return ()
    return next((some for some in combinations(places, number) if stands(rest, [some], nouns)), ())


def _is_there(subject: Subject, places: Places) -> Decided:
    """Decide "one nitro group is present": there may be more of what no number is said of."""
    if subject.quantity is Quantity.NONE:
        return Verdict.REFUTED, _MORE.format(there=len(places)), places
    number = subject.number if subject.quantity is Quantity.EXACTLY else subject.of
    if number is None or number == len(places):
        return Verdict.SUPPORTED, "", places
    return Verdict.REFUTED if number > len(places) else Verdict.UNCHECKED, _MORE.format(there=len(places)), places


def _turned(decided: Decided, clause: Clause) -> Decided:
    """Turn a verdict round where the clause denies."""
    verdict, _, atoms = decided
    if not clause.denied or verdict is None or verdict is Verdict.UNCHECKED:
        return decided
    if verdict is Verdict.SUPPORTED:
        return Verdict.REFUTED, "it is so", atoms
    return Verdict.SUPPORTED, "", ()


def _is_counted_right(subject: Subject, places: Places) -> bool | None:
    """Whether there are as many of the subject as is said; None where it does not say."""
    return None if subject.of is None else len(places) == subject.of


def _of_each(clause: Clause, subject: Subject, places: Places, nouns: Nouns) -> Decided:
    """Decide a clause on the places of one subject."""
    truths: list[bool | None] = []
    exceeded = False
    shown: list[tuple[int, ...]] = []
    charged = _CHARGE.fullmatch(subject.noun.lower()) is not None
    for anchor in places:
        if charged and clause.verb is Verb.BEARS and len(clause.items) == 1:  # it sits on its own atom
            on = nouns.places(clause.items[0].noun)
            atoms: Places = (anchor,)
            truth = None if on is None else any(set(anchor) <= set(place) for place in on)
        elif clause.verb is Verb.IS:
            atoms = (anchor,)
            truth = is_so(clause.rest, anchor, nouns)
            truth = stands(clause.rest, [(anchor,)], nouns) if truth is None else truth
        else:
            truth, found, more = holds(clause, anchor, nouns)
            exceeded = exceeded or more
            atoms = tuple(place for each in found for place in each)
        truths.append(truth)
        shown += atoms if truth else []
    verdict, why = _by_quantity(subject, truths)
    if _is_counted_right(subject, places) is False and verdict is Verdict.SUPPORTED:
        verdict, why = Verdict.UNCHECKED, _MORE.format(there=len(places))
    if verdict is None and exceeded:
        verdict, why = Verdict.UNCHECKED, "there are more than it says"
    if verdict is Verdict.REFUTED and not _is_beyond_doubt(clause, places, nouns):
        verdict = Verdict.UNCHECKED
    return verdict, why, tuple(dict.fromkeys(shown))


_CHARGE = re.compile(r"(?:formal |net |permanent )*(?:positive|negative)(?: formal)? charge")


def _by_quantity(subject: Subject, truths: Sequence[bool | None]) -> tuple[Verdict | None, str]:
    """Compare of how many places something holds with how many are said."""
    true, false = truths.count(True), truths.count(False)
    unknown = len(truths) - true - false
    if unknown == len(truths):
        return None, ""
    told = f"that holds of {true} of {len(truths)} places"
    if subject.quantity is Quantity.EXACTLY:
        number = subject.number or 0
        if unknown:
            return (Verdict.UNCHECKED, told) if true > number else (None, "")
        return (
            (Verdict.SUPPORTED, "")
            if true == number
            else (Verdict.UNCHECKED, told)
            if true > number
            else (Verdict.REFUTED, told)
        )
    if subject.quantity is Quantity.NONE:
        if true:
            return Verdict.REFUTED, told
        return (None, "") if unknown else (Verdict.SUPPORTED, "")
    if subject.quantity is Quantity.SOME:
        if true:
            return Verdict.SUPPORTED, ""
        return (Verdict.UNCHECKED, told) if unknown else (Verdict.REFUTED, told)
    if true == len(truths):
        return Verdict.SUPPORTED, ""
    if false and (subject.quantity is Quantity.ALL or false == len(truths)):
        return Verdict.REFUTED, told
    return (Verdict.UNCHECKED, told) if true or len(truths) > 1 or not false else (Verdict.REFUTED, told)


def _is_beyond_doubt(clause: Clause, places: Places, nouns: Nouns) -> bool:
    """Whether nothing but the molecule can make a clause false: its things are atoms and plain groups at one atom."""
    if clause.verb is Verb.IS:
        return True
    return all(len(place) == 1 for place in places) and all(is_plain(item, nouns) for item in clause.items)


def _of_the_whole(clause: Clause, nouns: Nouns) -> Decided:
    """Decide what is said of the molecule: an adjective, or how many of something it has."""
    if clause.verb is Verb.IS:
        truth = is_so_of_all(clause.rest, nouns.molecule)
        if truth is None:
            return None, "", ()
        return (Verdict.SUPPORTED, "", ()) if truth else (Verdict.REFUTED, "it is not", ())
    if clause.only and any(item.most is None for item in clause.items):
        return of_only([item.noun for item in clause.items], nouns.molecule) if not clause.denied else (None, "", ())
    decided = [_counted(item, nouns) for item in clause.items]
    if clause.denied and len(decided) == 1 and part_named(clause.items[0].noun) and not decided[0][2]:
        return Verdict.REFUTED, "there is none", ()
    verdict, why, _ = _worst(decided)
    return verdict, why, tuple(place for each in decided for place in each[2])


def _counted(item: Item, nouns: Nouns) -> Decided:
    """Compare how many of something a molecule has with how many are said."""
    part = part_named(item.noun)
    places = nouns.places(item.noun)
    if places is None:
        return None, "", ()
    if item.noun.lower().removesuffix("s") == "double bond":
        between = nouns.places("carbon-carbon double bonds") or ()
        if between and len(between) != len(places):
            return None, "", ()  # C=O may be meant or not
    if item.most is None:
        enough = (part is not None or is_alkene(item.noun) or is_placed(item.noun)) and len(places) >= item.least
        if part is None and not places and is_placed(item.noun):
            return Verdict.UNCHECKED, f"no {item.noun} was found", ()
        return (Verdict.SUPPORTED, "", places) if enough else (None, "", ())
    there = part.count(nouns.molecule) if part is not None and part.count is not None else len(places)
    atoms = [atom for place in places for atom in place]
    if part is None and len(atoms) != len(set(atoms)):
        return None, "", ()  # places that overlap may be counted otherwise
    if there == item.most:
        return Verdict.SUPPORTED, "", places
    if item.noun.lower().startswith("basic "):
        return None, "", ()  # anilines may be counted or not
    if part is not None and (there < item.least or item.most == 0):
        return Verdict.REFUTED, _MORE.format(there=there), places
    return (Verdict.UNCHECKED if there > item.most else None), _MORE.format(there=there), places
