"""A proposed alignment in its caption and molecule: what was quoted, and how the caption reader reads it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.english import ENGLISH
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.interpretation import Interpretation, Source
from molreflect.tools.meaning.membership import asks_membership
from molreflect.tools.meaning.positions import parents_of
from molreflect.tools.molecules.match import Hits
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.write import fragment_smiles
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Evidence, Level, PhraseKind, Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification

_RESIDUE = re.compile(r"\b(?:residue|unit|moiety|moieties)s?\b|ose sugar\b")
_COMPOSED = re.compile(
    r"\b(?:composed|consists?|consisting|made(?: up)?|built(?: up)?|comprised|formed|assembled)"
    r"\s+(?:of|from|by|out of)\b|\bcompris(?:es|ing)\b|\b(?:residues?|units?)\s+(?:of\b|\()"
)
_LIST_ENDS = re.compile(
    r";|\b(?:bearing|carrying|having|substituted|attached|linked|joined|connected|replaced|located|together|with|where|"
    r"which|that|whose|obtained|formed|resulting|isolated|used|skeleton|aimed|[Ii]t|is|are|has|have|was|were|contains)\b"
)
"""What ends a list of components before its sentence does."""

_STEREO_WORDS = re.compile(
    r"(?:^|[\s,(\[-])(?:[LD]-|\(?\d*'?[RSEZ]\)?[-,)]|cis\b|trans\b|sn-)|(?:alpha|beta|[αβ])-|\d+(?:alpha|beta|[αβ])"
    r"|\b(?:[RS])-configuration"
)


@dataclass(frozen=True, slots=True)
class Case:
    """One proposed alignment on its way through the questions."""

    proposal: ProposedAlignment
    phrase: Phrase
    molecule: Molecule | None
    resources: Resources
    pair_id: str | None = None
    start: int | None = None
    end: int | None = None
    read_as: PhraseKind | None = None
    """What kind of phrase the caption's reader sees where the proposal says structure and the reader sees none."""
    modified: bool = False
    """Whether the caption says that the compound stands in changed form."""
    caption: str | None = None
    is_said: bool = False
    """Whether the words say that the molecule is one of a class, not only that it has such a part."""
    parents: tuple[str, ...] = ()
    """What the positions of the phrase may refer to, the likeliest first."""

    @property
    def name(self) -> str:
        """What is looked up for the phrase."""
        return self.phrase.name or self.phrase.key

    @property
    def pattern(self) -> str:
        """The proposed pattern; empty where there is none."""
        return self.proposal.pattern or ""

    def with_pattern(self, pattern: str, source: Source) -> Case:
        """The same case with the pattern that was found to stand."""
        return replace(self, proposal=self.proposal.with_pattern(pattern, source))

    def supported(self, reason: Reason, message: str = "", **found: Any) -> Verification:
        """Let the alignment stand; arguments as in `decide`."""
        return self.decide(Verdict.SUPPORTED, reason, message, **found)

    def refuted(self, reason: Reason, message: str, **found: Any) -> Verification:
        """Refuse the alignment; arguments as in `decide`."""
        return self.decide(Verdict.REFUTED, reason, message, **found)

    def unchecked(self, reason: Reason, message: str, **found: Any) -> Verification:
        """Leave the alignment open; arguments as in `decide`."""
        return self.decide(Verdict.UNCHECKED, reason, message, **found)

    def decide(
        self,
        verdict: Verdict,
        reason: Reason,
        message: str,
        *,
        hits: Hits | None = None,
        evidence: Evidence | None = None,
        **words: Any,
    ) -> Verification:
        """Give the verdict.

        Args:
            verdict: Whether the alignment stands.
            reason: Why.
            message: A template of `molreflect.tools.verification.messages`.
            hits: Where the pattern is in the molecule.
            evidence: What the corpus says.
            words: What the template names beyond the case.
        """
        atoms = hits.atoms if hits is not None else ()
        words |= {"quoted": self.proposal.phrase, "pattern": self.pattern, "text": self.phrase.text}
        words |= {"name": self.name, "key": self.phrase.key, "evidence": evidence}
        return Verification(
            proposal=self.proposal,
            start=self.start,
            end=self.end,
            verdict=verdict,
            reason=reason,
            message=ENGLISH.format(message, **words),
            key=self.phrase.key,
            atoms=atoms,
            level=hits.level if hits is not None else None,
            fragment=fragment_smiles(self.molecule, atoms[0]) if self.molecule is not None and atoms else None,
            evidence=evidence,
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern that is present in the molecule, as one question hands it to the next."""

    molecule: Molecule
    hits: Hits
    known: tuple[Interpretation, ...]
    """What the phrase may mean."""
    stereo: bool
    """Whether the phrase states a configuration."""
    floor: Level
    """The loosest rung of the ladder that was looked at."""
    meant: Interpretation | None = None
    """The interpretation that agrees with the proposal, once that was asked."""


def open_case(
    proposal: ProposedAlignment,
    *,
    molecule: Molecule | None,
    caption: str | None,
    resources: Resources,
    pair_id: str | None = None,
) -> Case | None:
    """Put a proposal into its caption; None where the caption does not have its words."""
    if caption is None:
        phrase = phrase_at(proposal.phrase, 0, len(proposal.phrase), proposal.kind, resources)
        return Case(proposal, phrase, molecule, resources, pair_id)
    start = _locate(proposal, caption)
    if start is None:
        return None
    end = start + len(proposal.phrase)
    phrase = phrase_at(caption, start, end, proposal.kind, resources)
    placed = phrase.locants and molecule is not None
    return Case(
        proposal.model_copy(update={"start": start}),
        phrase,
        molecule,
        resources,
        pair_id,
        start,
        end,
        read_as=_other_kind(caption, start, end, proposal.kind, resources),
        modified=stands_modified(phrase, caption),
        caption=caption,
        is_said=asks_membership(phrase, caption),
        parents=parents_of(phrase, resources.reader.read(caption)) if placed else (),
    )


def phrase_at(caption: str, start: int, end: int, kind: PhraseKind, resources: Resources) -> Phrase:
    """What the caption reader makes of the words a teacher quoted.

    The reader's own phrase where the spans agree, else the single phrase of the same kind inside the quoted words,
    else the phrase whose name was quoted without its number ("chloro groups" of "three chloro groups"), else the
    quoted words as they are.
    """
    known = [p for p in resources.reader.read(caption) if p.kind is kind]
    for phrase in known:
        if phrase.start == start and phrase.end == end:
            return phrase
    inside = [p for p in known if start <= p.start and p.end <= end]
    if len(inside) == 1:
        return inside[0]
    text = caption[start:end]
    around = [p for p in known if p.start <= start and end <= p.end and (p.name or p.key).lower() in text.lower()]
    if len(around) == 1:
        return around[0]
    before = caption[:start].rsplit(maxsplit=1)[-1:]  # "three" in front of the quoted words
    return Phrase(
        text=text,
        start=start,
        end=end,
        kind=kind,
        key=normalise_name(text),
        count=load_cue_words().counts.get(before[0].lower()) if before else None,
        locants=(),
        relation=None,
        source="quoted",
        whole=False,
    )


def _other_kind(caption: str, start: int, end: int, kind: PhraseKind, resources: Resources) -> PhraseKind | None:
    """The kind the reader gives words that a proposal calls structure, where it sees no structure in them."""
    if kind is not PhraseKind.STRUCTURE:
        return None
    known = resources.reader.read(caption)
    if any(p.kind is kind and p.start < end and start < p.end for p in known):
        return None
    return next((p.kind for p in known if p.start <= start and end <= p.end), None)


def stands_modified(phrase: Phrase, caption: str) -> bool:
    """Whether the caption says that a compound is part of the molecule in changed form.

    The amino acids of a peptide have lost water, and a parent "in which a hydroxy group is replaced" its group.
    """
    if phrase.source in ("component", "modified-parent") or _RESIDUE.search(phrase.text) is not None:
        return True
    before = caption[max(0, phrase.start - len("C-terminal ")) : phrase.start]
    return before.endswith("-terminal ") or _lists_components(caption, phrase.start)


def _lists_components(caption: str, start: int) -> bool:
    """Whether words stand in a list of what a compound is made of: such a list is one context to its end.

    It ends with its sentence, or where a comma or conjunction goes on about something else.
    """
    before = caption[:start].rpartition(". ")[2]
    opened = list(_COMPOSED.finditer(before))
    return bool(opened) and _LIST_ENDS.search(before, opened[-1].end()) is None


def states_stereo(phrase: str) -> bool:
    """Whether words name a configuration ("L-", "(2R)", "beta-D-", "3beta-", "cis")."""
    return _STEREO_WORDS.search(phrase) is not None


def _locate(proposal: ProposedAlignment, caption: str) -> int | None:
    if not proposal.phrase.strip():
        return None
    if (
        proposal.start is not None
        and caption[proposal.start : proposal.start + len(proposal.phrase)] == proposal.phrase
    ):
        return proposal.start
    found = caption.find(proposal.phrase)
    return found if found >= 0 else None
