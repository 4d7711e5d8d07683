"""Checks what a language model says of molecules, before it is shown.

A claim is refuted only where chemistry contradicts it for every molecule it may be about, and supported only where it
holds for each of them; what lies between is unchecked. Sentences without a claim that could be read are named.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from langchain_core.messages import BaseMessage

from molreflect.agents.analyst.called_it import called_it
from molreflect.agents.analyst.checked import AnswerClaim, CheckedAnswer
from molreflect.agents.analyst.in_parts import InParts
from molreflect.agents.analyst.plain_answer import MARKDOWN, plain_answer
from molreflect.agents.analyst.predications.check import Judged, judged_clauses
from molreflect.agents.analyst.predications.described import UNKNOWN, with_descriptions
from molreflect.agents.analyst.predications.left_out import left_out
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.residue import NOTHING_SAYS, residue, taken_as_a_whole
from molreflect.agents.analyst.relations import (
    SEVERAL,
    at_its_locant,
    counted_exactly,
    in_its_sentence,
    loosely_named,
    of_a_fused_ring,
    of_carbon,
    of_its_element,
    with_relations,
)
from molreflect.agents.analyst.subjects import Subject, Subjects, ToolFinding, plain_name, subjects_of
from molreflect.tools.facts.classes import is_a, told_to_people
from molreflect.tools.facts.molecules import read_words
from molreflect.tools.facts.statements import AtomList, Statement, atom_lists, numeric_statements
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.messages import is_partly_read
from molreflect.tools.verification.text_check import CheckedClaim, UnreadText, check

MAX_ANSWER = 40_000
"""Characters of an answer that are checked; the rest is named as not read."""
_SENTENCE = re.compile(r"[^\n.!?;]*(?:(?:[.!?;](?!\s|$)|(?<=\bi\.e)\.|(?<=\be\.g)\.|(?<=\bca)\.)[^\n.!?;]*)*[.!?;]?")
_GOES_ON = re.compile(
    r"^(?:it|they|both|each|(?:only )?one|none|neither|(?:two|three|four|five) (?:are|have|of them)"
    r"|the (?:smallest|largest|others?|second|third|remaining|rest|former|latter))\b|\b(?:it|them|its|their)\b"
)
"""What speaks of the sentence before it, behind a semicolon."""
_SMALL_TALK = re.compile(
    r"(?:sure|great|good|nice|excellent|thanks|thank you|yes|of course|certainly|absolutely|right|correct"
    r"|indeed|okay|ok|here (?:it is|you go)|(?:great|good|nice|excellent) question|let me see|hello|hi)[!.,:;? ]*",
    re.IGNORECASE,
)
"""A sentence that says nothing."""
_WORD = re.compile(r"[^\W\d_]{2,}")
_ATTACHED = re.compile(
    r"\b(?:attached|bonded|bound|connected|linked|joined|adjacent|next|on|onto|from|bear(?:s|ing)?|carr(?:ies"
    r"|ying)|via|through)\b"
    r"[^,;()]{0,40}$",
    re.IGNORECASE,
)
_WHY = {
    Reason.ABSENT: "it is not in the molecule",
    Reason.NOT_A_MEMBER: "the molecule is not one",
    Reason.ABSENCE_UNDECIDED: "it was not found, which decides nothing here",
    Reason.WRONG_POSITION: "it stands at another position",
    Reason.RELATION_FAILS: "the compounds do not stand in this relation",
    Reason.NO_READING: UNKNOWN,
    Reason.WHICH_PLACE: SEVERAL,
    Reason.NAME_WITHOUT_STRUCTURE: "the name could not be turned into a structure",
}


_ASIDE = re.compile(r" ?\([^()]{1,60}\)")
_UNIT = re.compile(r"\b(?:g/mol|Da|and|u|amu)\b")
_NUMBER_BEFORE = re.compile(
    rf"\b(?P<number>\d{{1,3}}|{'|'.join(NUMBERS[1:])})\s+(?:(?!(?:and|or|nor|with|plus|of|is|are|has|have|bear|bears|carry|carries)\b)[a-z-]+\s+){{1,2}}$",
    re.IGNORECASE,
)
"""A number before a claim with one or two words between."""


@dataclass(frozen=True, slots=True)
class AnswerChecker:
    """Reads an answer and decides on each of its claims."""

    resources: Resources

    def subjects(self, turn: Sequence[BaseMessage], before: Sequence[BaseMessage], answer: str) -> Subjects:
        """Find the molecules that an answer is about; see `subjects_of`."""
        return subjects_of(turn, before, answer, lambda words: read_words(words, self.resources).smiles)

    def check(self, text: str, subjects: Subjects, *, reworded: bool = True) -> CheckedAnswer:
        """Check an answer.

        Args:
            text: What is to be shown.
            subjects: The molecules it may be about.
            reworded: Read a sentence in other words where it was not read as it stands.
        """
        read = text[:MAX_ANSWER]
        every = [*subjects.meant, *subjects.others]
        sentences = _sentences(read)
        if not every:
            return CheckedAnswer(text, unread=tuple(read[a:b] for a, b in sentences))
        plain = plain_answer(read, every, lambda kind: self._are(kind, every))
        meant = _subject_of(read, sentences, subjects)
        claims: list[AnswerClaim] = []
        partly: set[tuple[int, int]] = set()
        by_subject = {id(s): check(s.molecule, plain, self.resources) for s in every}
        for place, about in zip(sentences, meant, strict=True):
            if _SMALL_TALK.fullmatch(read[slice(*place)]):
                continue
            groups = [by_subject[id(s)] for s in about]
            found = [_recounted(c, read, place[0]) for c in _merged([_within(g.claims, place) for g in groups], about)]
            if len(about) == 1:
                found = with_descriptions(found, plain, place[0], Nouns(about[0].molecule, self.resources))
            unmarked = MARKDOWN.sub(" ", read[place[0] : place[1]])
            numbers = [list(numeric_statements(unmarked, s.molecule)) for s in about]
            found = _with_numbers(found, numbers, about, read, place[0])
            found = [counted_exactly(claim, plain, place[0]) for claim in found]
            molecules = [s.molecule for s in about]
            found = [of_a_fused_ring(claim, plain, place[0]) for claim in found]
            found = [of_carbon(of_its_element(claim, molecules), molecules) for claim in found]
            found = [at_its_locant(claim, molecules, self._named) for claim in found]
            found = with_relations(found, plain, place, [s.molecule for s in about])
            lists = [
                replace(a, start=a.start + place[0], end=a.end + place[0]) for a in atom_lists(read[slice(*place)])
            ]
            found += [_atoms_claim(a, read, place, found, about, subjects.findings) for a in lists]
            found = [loosely_named(c) for claim in found if (c := in_its_sentence(claim, plain, place)) is not None]
            said = judged_clauses(plain, place, about[0].molecule, self.resources, found) if len(about) == 1 else []
            found = _with_clauses(found, said, read, about)
            one = Nouns(about[0].molecule, self.resources) if len(about) == 1 else None
            found, whole = taken_as_a_whole(found, place, plain, read, one) if one else (found, False)
            if reworded and one and not whole:
                found, whole = self._in_other_words(found, place, plain, read, about[0], one)
            claims += sorted(found, key=lambda c: (c.start, c.end))
            left = (u for g in groups for u in g.unread if u.start < place[1] and u.end > place[0])
            decided = [each.words for each in said]
            loose = left_out(plain, place, found, decided, molecules)
            loose = loose or bool(found and residue(plain, place, found, decided, one))
            if not whole and (
                loose
                or (
                    not _is_read_whole(said, place, read)
                    and (not found or any(not _is_covered(u, found, plain) for u in left))
                )
            ):
                partly.add(place)
        unread = [read[a:b].strip() for a, b in sentences if (a, b) in partly and _WORD.search(read, a, b)]
        if len(text) > MAX_ANSWER:
            unread.append(f"{text[MAX_ANSWER : MAX_ANSWER + 80]} ... ({len(text) - MAX_ANSWER:,} characters)")
        used = {id(s): s for about in meant for s in about} or {id(s): s for s in subjects.meant}
        return CheckedAnswer(text, tuple(claims), tuple(unread), tuple(s.molecule.smiles for s in used.values()))

    def _in_other_words(
        self, found: list[AnswerClaim], place: tuple[int, int], plain: str, text: str, about: Subject, nouns: Nouns
    ) -> tuple[list[AnswerClaim], bool]:
        """Let a sentence hold where it holds in other words; what refutes it as it stands goes before.

        Returns:
            Its claims; whether it holds as a whole.
        """
        if any(claim.verdict is Verdict.REFUTED or claim.why.startswith(NOTHING_SAYS) for claim in found):
            return found, False
        sentence = called_it(_without_agreed(plain, place, found), nouns)
        parts = InParts(lambda part: self._as_it_stands(part, about))
        if parts.holds(sentence, shortened=sentence != plain[slice(*place)]):
            kept = [claim for claim in found if claim.verdict is Verdict.SUPPORTED]
            if any(claim.phrase.strip(" .!") == text[slice(*place)].strip(" .!") for claim in kept):
                return kept, True
            return [*kept, AnswerClaim(text[slice(*place)], *place, about.molecule.smiles, Verdict.SUPPORTED, "")], True
        return found, False

    def _as_it_stands(self, sentence: str, about: Subject) -> Verdict:
        """Decide a plain sentence as a whole, in no other words."""
        checked = self.check(sentence, Subjects(meant=[about]), reworded=False)
        verdicts = {claim.verdict for claim in checked.claims}
        if Verdict.REFUTED in verdicts:
            return Verdict.REFUTED
        return Verdict.SUPPORTED if verdicts == {Verdict.SUPPORTED} and not checked.unread else Verdict.UNCHECKED

    def _named(self, name: str) -> Molecule | None:
        """The molecule that a name means."""
        smiles = read_words(name, self.resources).smiles
        return read_molecule(smiles) if smiles else None

    def _are(self, kind: str, every: Sequence[Subject]) -> bool:
        """Whether all molecules are of a kind."""
        return all(is_a(kind, subject.molecule, self.resources).holds for subject in every)


def _without_agreed(plain: str, place: tuple[int, int], found: Sequence[AnswerClaim]) -> str:
    """A sentence without the parentheses in which something stands that holds: "a peroxide (O-O) bridge"."""

    def kept(aside: re.Match[str]) -> str:
        start, end = aside.start() + place[0], aside.end() + place[0]
        inside = [c for c in found if c.start < end and start < c.end]
        agreed = inside and all(
            c.verdict is Verdict.SUPPORTED and c.atoms and start < c.start and c.end < end for c in inside
        )
        return " " if agreed else aside[0]

    return _ASIDE.sub(kept, plain[slice(*place)])


def advice_on(checked: CheckedAnswer) -> str:
    """Tell a model what of its answer is refuted, so that it can answer again."""
    lines = [
        f"- {claim.phrase!r}{f' (of {claim.smiles})' if claim.smiles else ''}: {claim.why}"
        + (f"; it is at atoms {[list(place) for place in claim.atoms[:4]]}" if claim.atoms else "")
        for claim in checked.refuted
    ]
    return (
        "Chemistry contradicts these words of your answer:\n"
        + "\n".join(lines)
        + "\nAnswer the question again without them, as if it were the first time;"
        + " check with the tools what you are not sure of."
    )


def _sentences(text: str) -> list[tuple[int, int]]:
    """Places of the sentences and lines of a text, blanks around them left out."""
    found: list[tuple[int, int]] = []
    for match in _SENTENCE.finditer(text):
        inner = match[0].strip()
        if inner:
            start = match.start() + match[0].index(inner)
            cut = found and text[: found[-1][1]].endswith(";")
            if cut and (_GOES_ON.search(inner) or _is_open(text[slice(*found[-1])])):
                start = found.pop()[0]
            found.append((start, match.start() + match[0].index(inner) + len(inner)))
    return found


def _is_open(sentence: str) -> bool:
    """Whether a parenthesis is opened that is not closed."""
    return any(sentence.count(begins) > sentence.count(ends) for begins, ends in ("()", "[]"))


def _subject_of(text: str, sentences: Sequence[tuple[int, int]], subjects: Subjects) -> list[list[Subject]]:
    """For each sentence the molecules it names; those of the sentence before it, or all, where it names none."""
    found: list[list[Subject]] = []
    default = subjects.meant or subjects.others
    before = default
    for start, end in sentences:
        sentence = text[start:end]
        named = [
            subject
            for subject in (*subjects.meant, *subjects.others)
            if any(
                re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", sentence, re.IGNORECASE) for word in subject.words
            )
        ]
        before = named or before
        found.append(before)
    return found


def _recounted(claim: AnswerClaim, text: str, begin: int) -> AnswerClaim:
    """Count what a number is said of with words between that are no part of the claim: "three fused benzene rings"."""
    told = _NUMBER_BEFORE.search(text, max(begin, claim.start - 60), claim.start)
    if told is None or claim.negated or claim.verdict is not Verdict.SUPPORTED or not claim.phrase.endswith("s"):
        return claim
    word = told["number"].lower()
    said, there = (NUMBERS.index(word) if word in NUMBERS else int(word)), len(claim.atoms)
    if said == there or not there:
        return claim
    several = claim.phrase.endswith("membered rings")  # rings of that size with other bonds are other patterns
    verdict = Verdict.REFUTED if said > there and not several else Verdict.UNCHECKED
    return replace(claim, verdict=verdict, why=f"the molecule has {there}")


def _is_covered(part: UnreadText, claims: Sequence[AnswerClaim], plain: str) -> bool:
    """Whether all words that the reader of captions left unread stand in claims that were read otherwise."""
    if not part.words:  # a line without the small words of English: "Formula: C8H8O3"
        rest = list(plain[part.start : part.end])
        for c in claims:
            inside = range(max(c.start, part.start) - part.start, min(c.end, part.end) - part.start)
            for at in inside:
                rest[at] = " "
        return bool(claims) and not _WORD.search(_UNIT.sub("", "".join(rest)))
    places = [(at := plain.find(word, part.start, part.end), at + len(word)) for word in part.words]
    return bool(places) and all(any(0 <= c.start <= a and b <= c.end for c in claims) for a, b in places)


def _within(claims: Sequence[CheckedClaim], place: tuple[int, int]) -> list[CheckedClaim]:
    return [claim for claim in claims if place[0] <= claim.start and claim.end <= place[1]]


def _merged(found: Sequence[Sequence[CheckedClaim]], about: Sequence[Subject]) -> list[AnswerClaim]:
    """Make one claim of what several molecules say to the same words."""
    return [
        _agreed([(_verdict(c), _why(c), c.atoms) for c in claims], claims[0], about)
        for claims in zip(*found, strict=True)  # which claims a text makes does not depend on the molecule
    ]


def _agreed(
    verdicts: Sequence[tuple[Verdict, str, tuple[tuple[int, ...], ...]]], claim: CheckedClaim, about: Sequence[Subject]
) -> AnswerClaim:
    verdict, why, atoms = verdicts[0]
    smiles = about[0].molecule.smiles
    if len(verdicts) > 1:
        smiles, atoms = "", ()
        if len({v for v, _, _ in verdicts}) > 1:
            each = "; ".join(f"{v} for {s.molecule.smiles}" for (v, _, _), s in zip(verdicts, about, strict=True))
            verdict, why = Verdict.UNCHECKED, f"the sentence does not say which molecule it is about: {each}"
    return AnswerClaim(claim.phrase, claim.start, claim.end, smiles, verdict, why, atoms, claim.negated)


def _verdict(claim: CheckedClaim) -> Verdict:
    """Leave a claim open that stands by some of its words alone: "polyunsaturated C18", of which the acid was read."""
    partly = claim.verdict is Verdict.SUPPORTED and is_partly_read(claim.message)
    return Verdict.UNCHECKED if partly else claim.verdict


def _why(claim: CheckedClaim) -> str:
    """Say to a reader why a claim does not stand, or which words were not compared."""
    if claim.reason in _WHY:
        return _WHY[claim.reason]
    if claim.reason is Reason.PRESENT_THOUGH_DENIED:
        return "the molecule has it"
    if claim.reason is Reason.WRONG_COUNT:
        return f"the molecule has {len(claim.atoms)}"
    if is_partly_read(claim.message):
        return claim.message
    return told_to_people(claim) if claim.message and claim.verdict is not Verdict.SUPPORTED else ""


def _with_numbers(
    found: Sequence[AnswerClaim],
    numbers: Sequence[Sequence[Statement]],
    about: Sequence[Subject],
    text: str,
    offset: int,
) -> list[AnswerClaim]:
    """Add statements that are numbers; where the reader of captions read the same words, the number decides."""
    kept = list(found)
    for each in zip(*numbers, strict=False):
        first = each[0]
        start, end = first.start + offset, first.end + offset
        one = len(about) == 1
        verdict = first.verdict if len({s.verdict for s in each}) == 1 else Verdict.UNCHECKED
        why = (
            first.why
            if one
            else "; ".join(f"{s.molecule.smiles}: {n.why or 'it holds'}" for n, s in zip(each, about, strict=True))
        )
        smiles = about[0].molecule.smiles if one else ""
        kept = [
            c
            for c in kept
            if not (start <= c.start and c.end <= end)
            or (c.verdict is Verdict.REFUTED and (c.start, c.end) != (start, end))
        ]
        kept.append(AnswerClaim(text[start:end], start, end, smiles, verdict, why, first.atoms if one else ()))
    return kept


def _with_clauses(
    found: Sequence[AnswerClaim], said: Sequence[Judged], text: str, about: Sequence[Subject]
) -> list[AnswerClaim]:
    """Add the clauses that were decided as a whole; what was read of their words one by one gives way to them.

    A group that is not there stays refuted, and one that is there stays supported.
    """
    kept = list(found)
    for each in said:
        whole, part = each.words, each.said
        kept = [c for c in kept if (c.start, c.end) != (part.start, part.end)]
        if each.verdict is Verdict.SUPPORTED:
            kept = [c for c in kept if not (whole.start <= c.start and c.end <= whole.end) or _stays(c)]
        else:
            inside = [c for c in kept if part.start <= c.start and c.end <= part.end]
            if each.verdict is Verdict.UNCHECKED and any(c.verdict is Verdict.REFUTED for c in inside):
                continue  # a part of it decides: "contains 6 carbon atoms", of which there are nine
            kept = [c for c in kept if c not in inside or c.verdict is not Verdict.SUPPORTED]
        kept.append(each.claim(text, about[0].molecule.smiles))
    return kept


def _stays(claim: AnswerClaim) -> bool:
    """Whether a claim stands beside a clause that holds."""
    return claim.verdict is Verdict.SUPPORTED


def _is_read_whole(said: Sequence[Judged], place: tuple[int, int], text: str) -> bool:
    """Whether clauses that were decided hold all words of a sentence."""
    if not said:
        return False
    rest = list(text[slice(*place)])
    for each in said:
        words = each.words
        for at in range(words.start - place[0], words.end - place[0]):
            rest[at] = " "
    return not _WORD.search("".join(rest).replace("and", "   ").replace("but", "   ").replace("while", "     "))


def _atoms_claim(
    said: AtomList,
    text: str,
    place: tuple[int, int],
    claims: Sequence[AnswerClaim],
    about: Sequence[Subject],
    findings: Sequence[ToolFinding],
) -> AnswerClaim:
    """Decide on atom indices: they must be of the molecule, and those of what they are said of."""
    parts = [c for c in claims if not _is_the_whole(c, about)]
    before = text[place[0] : said.start]
    nearest = _spoken_of(said, parts or claims)
    if before.endswith("(") and nearest is not None and nearest.start >= said.end:
        nearest = None  # it is given for what stands before it, which was not read
    verdicts = []
    for subject in about:
        for molecule in subject.spellings.values():
            own = nearest and replace(nearest, atoms=_respelt(nearest.atoms, subject.molecule, molecule))
            verdicts.append(_atoms_verdict(said, molecule, before, own, findings))
    order = (Verdict.SUPPORTED, Verdict.UNCHECKED, Verdict.REFUTED)
    verdict, why = min(verdicts, key=lambda v: order.index(v[0]))
    smiles = about[0].molecule.smiles if len(about) == 1 else ""
    return AnswerClaim(text[said.start : said.end], said.start, said.end, smiles, verdict, why)


def _is_the_whole(claim: AnswerClaim, about: Sequence[Subject]) -> bool:
    """Whether a claim is on all atoms of a molecule: its name, of which no index is said."""
    return len(claim.atoms) == 1 and any(len(claim.atoms[0]) == s.molecule.mol.GetNumAtoms() for s in about)


def _respelt(atoms: Sequence[tuple[int, ...]], of: Molecule, to: Molecule) -> tuple[tuple[int, ...], ...]:
    """Count atoms in another spelling of the same compound."""
    if of is to:
        return tuple(atoms)
    order = to.mol.GetSubstructMatch(of.mol, useChirality=True)
    return tuple(tuple(order[atom] for atom in place) for place in atoms) if order else ()


def _spoken_of(said: AtomList, claims: Sequence[AnswerClaim]) -> AnswerClaim | None:
    """The claim that atoms are given for: the last one before them, else the first one behind them."""
    inside = [c for c in claims if c.start <= said.start and said.end <= c.end and c.atoms]
    before = [c for c in claims if c.end <= said.start]
    behind = [c for c in claims if c.start >= said.end]
    if inside:
        return inside[0]
    if before:
        last = max(c.end for c in before)
        return min((c for c in before if c.end == last), key=lambda c: c.start)
    return min(behind, key=lambda c: c.start, default=None)


def _atoms_verdict(
    said: AtomList, molecule: Molecule, before: str, claim: AnswerClaim | None, findings: Sequence[ToolFinding]
) -> tuple[Verdict, str]:
    size = molecule.mol.GetNumAtoms()
    if outside := sorted(atom for atom in said.atoms if atom >= size):
        return Verdict.REFUTED, f"{molecule.smiles} has the atoms 0 to {size - 1}, and no {outside[0]}"
    if claim is None:
        return Verdict.UNCHECKED, "nothing that was read says what is at these atoms"
    if claim.verdict is Verdict.REFUTED and not claim.negated:
        return Verdict.REFUTED, f"{claim.phrase!r} does not stand"
    name = plain_name(claim.phrase)
    by_tool = [f.atoms for f in findings if f.smiles in ("", molecule.smiles) and name in f.names]
    hits = [frozenset(place) for places in (claim.atoms, *by_tool) for place in places]
    everything = frozenset().union(*hits)
    if not hits:
        return Verdict.UNCHECKED, f"the atoms of {claim.phrase!r} are not known"
    neighbours = {n.GetIdx() for atom in everything for n in molecule.mol.GetAtomWithIdx(atom).GetNeighbors()}
    beside = said.atoms - everything
    if not beside or (len(beside) == 1 and beside <= neighbours and any(hit <= said.atoms for hit in hits)):
        return Verdict.SUPPORTED, ""  # many count the atom that carries a group to it
    at = "; ".join(", ".join(map(str, sorted(place))) for place in hits[:4])
    told = f"{claim.phrase!r} is at atoms {at}"
    if said.atoms & everything or said.atoms <= neighbours or _ATTACHED.search(before):
        return Verdict.UNCHECKED, told
    return Verdict.REFUTED, told
