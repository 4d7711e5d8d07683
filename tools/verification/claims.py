"""What a free text claims of a molecule's structure, and whether chemistry agrees.

A claim is a phrase of kind structure, or a relation that can be compared, as the caption reader finds them; one that
a text repeats counts once. A phrase with several interpretations is supported if one of them is, refuted only if all
are, and unchecked otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.english import ENGLISH
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level, PhraseKind, Reason, Verdict
from molreflect.tools.verification import messages
from molreflect.tools.verification.absence import LOOSE_FAMILIES
from molreflect.tools.verification.by_relation import compared_as
from molreflect.tools.verification.case import stands_modified
from molreflect.tools.verification.consumed import may_change_group, sentence_around
from molreflect.tools.verification.named_atoms import lacking_atoms
from molreflect.tools.verification.placing import is_placed
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify

NEGATED = "negated"
"""Source of a phrase that names what the molecule does not have."""
SAID_TO_BE = frozenset({"head", "item"})
"""Sources of phrases that say what the molecule is."""
_WIDE_HEADS = frozenset({"ester", "acid", "amide", "anion", "cation", "salt", "ion", "ether", "betaine", "halide"})
"""Words that a word before them may turn into another class: an "imidothiocarbamic ester" is no ester of an acid."""
_NOT_THERE = (Reason.ABSENT, Reason.NOT_A_MEMBER)
MAX_CAPTION = 20_000
"""Characters of a text that is read for claims; a longer one makes none. The longest of ChEBI-20 has under 2,000."""


@dataclass(frozen=True)
class Claim:
    """One structural claim of a text, and how it can be verified."""

    phrase: Phrase
    caption: str
    resources: Resources

    @property
    def negated(self) -> bool:
        """Whether the text says that the molecule does not have it."""
        return self.phrase.source == NEGATED

    @cached_property
    def interpretations(self) -> tuple[Interpretation, ...]:
        """What the phrase means in any molecule; empty for a relation, which is compared as a whole."""
        return () if self.phrase.kind is PhraseKind.RELATION else self._interpret(None)

    @cached_property
    def modified(self) -> bool:
        """Whether the text says that the compound stands in changed form."""
        return stands_modified(self.phrase, self.caption)

    def _interpret(self, molecule: Molecule | None) -> tuple[Interpretation, ...]:
        name = self.phrase.name or self.phrase.key
        return interpret(name, self.resources, modified=self.modified, molecule=molecule)

    @cached_property
    def checkable(self) -> bool:
        """Whether any molecule can satisfy or fail the claim; known from the text alone.

        A relation to a class ("derives from a fatty acid") is none: its absence from the molecule proves nothing.
        """
        if self.phrase.kind is PhraseKind.STRUCTURE:
            return bool(self.interpretations)
        name = self.phrase.name or self.phrase.key
        named = self.resources.nomenclature.resolve([name])[name]
        if named is None:
            return False
        vague = named.kind == "substituent" or named.ambiguous
        return not vague or "derives" in (compared_as(self.phrase.relation) or "")

    def verify(self, molecule: Molecule) -> Verification:
        """Verify the claim against a molecule, by the interpretation that speaks best for it."""
        phrase = self.phrase
        known = () if phrase.kind is PhraseKind.RELATION else self._interpret(molecule) or self.interpretations
        proposals = [ProposedAlignment.of(phrase, pattern, meant) for meant in known for pattern in meant.patterns]
        found: list[Verification] = []
        for proposal in proposals or [ProposedAlignment.of(phrase)]:
            found.append(verify(proposal, molecule=molecule, caption=self.caption, resources=self.resources))
            if found[-1].verdict is Verdict.SUPPORTED or (
                found[-1].reason is Reason.WHICH_PLACE
                and not phrase.locants
                and is_placed(phrase, self.caption, self._phrases)
            ):
                break  # words that choose among places choose no wider meaning
        best = best_of(found)
        if not known and phrase.source in SAID_TO_BE and best.verdict is Verdict.UNCHECKED:
            best = self._refuted_by_head(molecule) or best
        if best.verdict is Verdict.UNCHECKED and (lacking := self._lacking(molecule)) is not None:
            told = messages.LACKS_ATOMS.format(quoted=phrase.text, atoms=lacking)
            best = replace(best, verdict=Verdict.REFUTED, reason=Reason.ABSENT, message=told, atoms=())
        if self.negated and best.verdict is Verdict.SUPPORTED and best is not found[0]:
            # "no double bond" speaks of carbon's; a wider meaning, which others may use, contradicts no denial.
            best = replace(best, verdict=Verdict.UNCHECKED, reason=Reason.DENIAL_UNDECIDED)
        return _deny(best, phrase) if self.negated else best

    def _lacking(self, molecule: Molecule) -> str | None:
        """Say which atoms that the words bring are not there; None where they are, or may be gone."""
        phrase = self.phrase
        if phrase.kind is not PhraseKind.STRUCTURE or self.negated:
            return None
        if phrase.source not in SAID_TO_BE and (self.modified or may_change_group(self._sentence)):
            return None
        return lacking_atoms(molecule, phrase.key)

    @property
    def _phrases(self) -> tuple[Phrase, ...]:
        return self.resources.reader.read(self.caption)

    @property
    def _sentence(self) -> str:
        begin, end = sentence_around(self.caption, self.phrase.start, self.phrase.end)
        return self.caption[begin:end]

    def _refuted_by_head(self, molecule: Molecule) -> Verification | None:
        """Refute words of unknown meaning by the class they end in: a "ribitol sulfate" is a sulfate."""
        phrase = self.phrase
        words = (phrase.name or phrase.key).split()
        for first in range(1, len(words)):
            name = " ".join(words[first:])
            entry = self.resources.lexicon.find(name)
            if entry is None:
                continue
            text = phrase.text.rstrip()
            if name in _WIDE_HEADS or not text.endswith(name):
                return None
            if entry.absence != "refutes" or entry.group in LOOSE_FAMILIES:
                continue  # a "fatty acid methyl ester" is a methyl ester, whatever is called a fatty acid
            head = ProposedAlignment.of(replace(phrase, text=name, start=phrase.start + len(text) - len(name)))
            found = [
                verify(
                    head.with_pattern(pattern, "class"),
                    molecule=molecule,
                    caption=self.caption,
                    resources=self.resources,
                )
                for pattern in entry.patterns
            ]
            refuted = all(each.verdict is Verdict.REFUTED and each.reason in _NOT_THERE for each in found)
            return replace(found[0], proposal=ProposedAlignment.of(phrase)) if found and refuted else None
        return None


def best_of(found: Sequence[Verification]) -> Verification:
    """Choose among the verdicts on a phrase's interpretations: one support suffices, one doubt forbids a refusal.

    Of several refusals the first that is more than "absent" stands, since it says what is there instead. What is there,
    but at another place, is not made doubtful by another meaning that is not there.
    """
    misplaced = next((each for each in found if each.reason is Reason.WRONG_POSITION), None)
    if misplaced is not None and all(
        each.verdict is Verdict.REFUTED or each.reason is Reason.ABSENCE_UNDECIDED for each in found
    ):
        return misplaced
    for verdict in (Verdict.SUPPORTED, Verdict.UNCHECKED):
        for each in found:
            if each.verdict is verdict:
                return each
    return next((each for each in found if each.reason is not Reason.ABSENT), found[0])


def _deny(said: Verification, phrase: Phrase) -> Verification:
    """Turn the verdict on a group's presence into one on the claim that it is not there.

    Only what stands as it is written contradicts the claim (a carboxylate is no carboxylic acid), and only what is
    nowhere confirms it; another number or position than the words state says nothing.
    """
    found = said.verdict is Verdict.SUPPORTED or (said.reason is Reason.WHICH_PLACE and bool(said.atoms))
    as_stated = not phrase.locants and phrase.count in (None, len(said.atoms))
    if found and as_stated and said.level in (Level.EXACT, Level.FLAT):
        told = ENGLISH.format(messages.PRESENT_THOUGH_DENIED, quoted=said.proposal.phrase, times=len(said.atoms))
        return replace(said, verdict=Verdict.REFUTED, reason=Reason.PRESENT_THOUGH_DENIED, message=told)
    if said.verdict is Verdict.REFUTED and said.reason in (Reason.ABSENT, Reason.NOT_A_MEMBER):
        return replace(said, verdict=Verdict.SUPPORTED, reason=Reason.ABSENT_AS_STATED, message="")
    reason = Reason.DENIAL_UNDECIDED if said.verdict is not Verdict.UNCHECKED else said.reason
    told = messages.DENIAL_UNDECIDED.format(quoted=said.proposal.phrase)
    return replace(said, verdict=Verdict.UNCHECKED, reason=reason, message=told)


def claims_of(caption: str, resources: Resources) -> tuple[Claim, ...]:
    """List the distinct structural claims of a text, in its order; none for one longer than `MAX_CAPTION`."""
    if len(caption) > MAX_CAPTION:
        return ()
    found: dict[tuple[Any, ...], Claim] = {}
    for phrase in resources.reader.read(caption):
        compared = phrase.kind is PhraseKind.RELATION and compared_as(phrase.relation) is not None
        if phrase.kind is PhraseKind.STRUCTURE or compared:
            said = (phrase.kind, phrase.relation, phrase.key, phrase.count, phrase.locants)
            found.setdefault(said, Claim(phrase, caption, resources))
    return tuple(found.values())
