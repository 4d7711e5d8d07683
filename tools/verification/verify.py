"""The verifier: whether a proposed alignment of a phrase and a pattern stands, and why.

The questions are asked in the order of `docs/architecture.md` (quoted, readable, present, specific, counted, supported
by the corpus); the first "no" gives the reason, and the message says what to do about it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.membership import is_computed
from molreflect.tools.meaning.positions import atoms_at, parents_of
from molreflect.tools.molecules.match import Hits, MatchTimeoutError, find, match_at
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.molecules.write import fragment_smiles
from molreflect.tools.resources import Resources
from molreflect.tools.terms import LADDER, Evidence, Level, PhraseKind, Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.relations import COMPARED_RELATIONS, RelationCheck, check_relation

MIN_PAIRS = 5
"""Fewest other pairs with the phrase for the corpus to have a say."""
MIN_RECALL = 0.6
"""Least share of the pairs with the phrase that must contain the pattern."""
MIN_RECALL_ONE_SIDED = 0.8
"""The same where the corpus alone decides (no molecule is known)."""
MIN_LIFT = 1.5
"""Least recall over background of a pattern that no curated class and no name stands behind."""
MAX_P_VALUE = 0.01
"""Greatest Fisher p-value of such a pattern where the corpus alone decides."""
COMMON = 0.5
"""Share of the corpus above which a pattern without a reading says nothing."""
SAME_ATOMS = 0.5
"""Least overlap (intersection over union) of atoms for two patterns to mean the same part."""
SAME_HIT = 1 / 3
"""Least overlap of the best two single hits: lone carbons that together cover a ring are not the ring."""
WHOLE_SHARE = 0.9
"""Share of the heavy atoms above which a pattern is "the whole molecule"."""

_CHECKED_AS = {
    "functionally related to": "derives from", "functional parent": "derives from",
    "anion of": "conjugate base of", "deprotonation of": "conjugate base of",
    "cation of": "conjugate acid of", "protonation of": "conjugate acid of",
}  # fmt: skip
"""Relations of captions that say the same as one that `molreflect.tools.verification.relations` compares."""

_CONTAINED = frozenset(
    {"condensation of", "acylation of", "reaction of", "ester of", "ether of", "derivative of", "oligomer of"}
)
"""Relations to a compound that stands in the molecule in changed form."""

_LOCANTS = re.compile(r"(?<![\w'])(?:N|O|S|\d+[a-z]?)'*(?:,(?:N|O|S|\d+[a-z]?)'*)*-")
"""Positions in a systematic name, with the hyphen after them."""

_RESIDUE = re.compile(r"\b(?:residue|unit|moiety|moieties)s?\b")

_COMPOSED = re.compile(
    r"\b(?:composed|consists?|consisting|made(?: up)?|built(?: up)?|comprised|formed|assembled)"
    r"\s+(?:of|from|by|out of)\b|\bcompris(?:es|ing)\b|\b(?:residues?|units?)\s+(?:of\b|\()"
)
_CONTEXT = 80
"""Characters before a phrase that may say how it is meant."""

_SINGLE_PLACES = frozenset({"substituent", "group", "name", "component"})
"""Sources of phrases that speak of one part at one place."""
MOST_PLACES = 2
"""Most places for each one stated; of more, lighting up all says less than which is meant."""

_STEREO_WORDS = re.compile(
    r"(?:^|[\s,(\[-])(?:[LD]-|\(?\d*'?[RSEZ]\)?[-,)]|cis\b|trans\b|sn-)|(?:alpha|beta|[αβ])-|\d+(?:alpha|beta|[αβ])"
    r"|\b(?:[RS])-configuration"
)


def verify(
    proposal: ProposedAlignment,
    *,
    molecule: Molecule | None,
    caption: str | None,
    resources: Resources,
    pair_id: str | None = None,
) -> Verification:
    """Decide whether one proposed alignment stands.

    Args:
        proposal: What the teacher said.
        molecule: The molecule, or None in the `caption` view.
        caption: The caption, or None in the `molecule` view.
        resources: What the phrase can be looked up in.
        pair_id: Id of the pair in the evidence's corpus, left out of its own evidence.

    Returns:
        The verdict. Proposals that cannot be used are verdicts too, never exceptions.
    """
    if caption is not None:
        start = _locate(proposal, caption)
        if start is None:
            return Verification(
                proposal, None, None, Verdict.REFUTED, Reason.MISQUOTED,
                f"{proposal.phrase!r} does not stand in the caption; quote the caption's own words, letter by letter",
            )  # fmt: skip
        phrase = phrase_at(caption, start, start + len(proposal.phrase), proposal.kind, resources)
        read_as = _other_kind(caption, start, start + len(proposal.phrase), proposal.kind, resources)
        parents = (
            parents_of(phrase, read_phrases(resources, caption)) if phrase.locants and molecule is not None else ()
        )
        end = start + len(proposal.phrase)
        quoted = proposal.model_copy(update={"start": start})
        modified = stands_modified(phrase, caption)
        settled = _Case(quoted, phrase, start, end, molecule, resources, pair_id, read_as, modified, parents)
    else:
        phrase = phrase_at(proposal.phrase, 0, len(proposal.phrase), proposal.kind, resources)
        settled = _Case(proposal, phrase, None, None, molecule, resources, pair_id)
    return settled.decide()


def verify_all(
    proposals: Sequence[ProposedAlignment],
    *,
    smiles: str | None,
    caption: str | None,
    resources: Resources,
    pair_id: str | None = None,
) -> list[Verification]:
    """Verify several proposed alignments of one pair, in their order.

    A teacher checks its proposals with a tool and the graph verifies them again, so verdicts are remembered.

    Raises:
        InputError: `smiles` cannot be read.
    """
    if smiles is not None:
        read_molecule(smiles)  # said once, before any proposal is looked at
    return [_remembered(p, smiles, caption, resources, pair_id) for p in proposals]


@lru_cache(maxsize=4_096)
def _remembered(
    proposal: ProposedAlignment, smiles: str | None, caption: str | None, resources: Resources, pair_id: str | None
) -> Verification:
    molecule = read_molecule(smiles) if smiles is not None else None
    return verify(proposal, molecule=molecule, caption=caption, resources=resources, pair_id=pair_id)


@lru_cache(maxsize=4_096)
def read_phrases(resources: Resources, caption: str) -> tuple[Phrase, ...]:
    """The caption reader's phrases, remembered: every proposal of a pair asks for them."""
    return resources.reader.read(caption)


def phrase_at(caption: str, start: int, end: int, kind: PhraseKind, resources: Resources) -> Phrase:
    """What the caption reader makes of the words a teacher quoted.

    The reader's own phrase where the spans agree, else the single phrase of the same kind inside the quoted words,
    else the phrase whose name was quoted without its number ("chloro groups" of "three chloro groups"), else the
    quoted words as they are.
    """
    known = [p for p in read_phrases(resources, caption) if p.kind is kind]
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
        text=text, start=start, end=end, kind=kind, key=normalise_name(text),
        count=load_cue_words().counts.get(before[0].lower()) if before else None, locants=(),
        relation=None, source="quoted", whole=False,
    )  # fmt: skip


def _other_kind(caption: str, start: int, end: int, kind: PhraseKind, resources: Resources) -> PhraseKind | None:
    """The kind the reader gives words that a proposal calls structure, where it sees no structure in them."""
    if kind is not PhraseKind.STRUCTURE:
        return None
    known = read_phrases(resources, caption)
    if any(p.kind is kind and p.start < end and start < p.end for p in known):
        return None
    return next((p.kind for p in known if p.start <= start and end <= p.end), None)


def stands_modified(phrase: Phrase, caption: str) -> bool:
    """Whether the caption says that a compound is part of the molecule in changed form.

    The amino acids of a peptide have lost water, and a parent "in which a hydroxy group is replaced" its group.
    """
    if phrase.source in ("component", "modified-parent") or _RESIDUE.search(phrase.text) is not None:
        return True
    before = caption[max(0, phrase.start - _CONTEXT) : phrase.start].rpartition(". ")[2]
    return _COMPOSED.search(before) is not None


def compared_as(relation: str | None) -> str | None:
    """The relation that is compared where a caption states `relation`; None where it compares none."""
    known = _CHECKED_AS.get(relation or "", relation)
    return known if known in COMPARED_RELATIONS else None


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


@dataclass(frozen=True, slots=True)
class _Case:
    """One proposed alignment on its way through the questions."""

    proposal: ProposedAlignment
    phrase: Phrase
    start: int | None
    end: int | None
    molecule: Molecule | None
    resources: Resources
    pair_id: str | None
    read_as: PhraseKind | None = None
    """What kind of phrase the caption's reader sees where the proposal says structure and the reader sees none."""
    modified: bool = False
    """Whether the caption says that the compound stands in changed form."""
    parents: tuple[str, ...] = ()
    """What the positions of the phrase may refer to, the likeliest first."""

    def verdict(
        self,
        verdict: Verdict,
        reason: Reason,
        message: str = "",
        *,
        hits: Hits | None = None,
        evidence: Evidence | None = None,
        atoms: tuple[tuple[int, ...], ...] | None = None,
        level: Level | None = None,
    ) -> Verification:
        atoms = atoms if atoms is not None else (hits.atoms if hits is not None else ())
        fragment = fragment_smiles(self.molecule, atoms[0]) if self.molecule is not None and atoms else None
        return Verification(
            proposal=self.proposal, start=self.start, end=self.end, verdict=verdict, reason=reason, message=message,
            key=self.phrase.key, atoms=atoms, level=level or (hits.level if hits is not None else None),
            fragment=fragment, evidence=evidence,
        )  # fmt: skip

    def decide(self) -> Verification:
        if self.proposal.kind in (PhraseKind.ROLE, PhraseKind.ORIGIN):
            return self.verdict(
                Verdict.UNCHECKED,
                Reason.ROLE_OR_ORIGIN,
                f"a {self.proposal.kind} names no structure; leave it unpatterned",
            )
        if self.proposal.kind is PhraseKind.RELATION:
            return self.relation()
        if self.proposal.pattern is None:
            return self.verdict(
                Verdict.UNCHECKED, Reason.NO_READING,
                f"no pattern was proposed for {self.proposal.phrase!r}; propose SMARTS, or leave the phrase out",
            )  # fmt: skip
        try:
            read_pattern(self.proposal.pattern)
        except InputError as error:
            return self.verdict(Verdict.REFUTED, Reason.UNREADABLE, str(error))
        known = interpret(
            self.phrase.name or self.phrase.key, self.resources, leave_out=self.pair_id,
            modified=self.modified, molecule=self.molecule,
        )  # fmt: skip
        if self.read_as is not None and not known:
            return self.not_a_structure(self.read_as)
        try:
            if self.molecule is None:
                return self.by_corpus_alone(known)
            return self.with_molecule(self.molecule, known)
        except MatchTimeoutError as error:
            return self.verdict(Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS, str(error))

    def not_a_structure(self, kind: PhraseKind) -> Verification:
        """Refuse to tie a pattern to words that state a role, an origin or a relation."""
        if kind is PhraseKind.RELATION:
            return self.verdict(
                Verdict.UNCHECKED, Reason.NO_READING,
                f"{self.proposal.phrase!r} states a relation; submit it as kind relation without a pattern",
            )  # fmt: skip
        return self.verdict(
            Verdict.UNCHECKED, Reason.ROLE_OR_ORIGIN,
            f"{self.proposal.phrase!r} is a {kind}, which names no structure; leave it unpatterned",
        )  # fmt: skip

    def with_molecule(self, molecule: Molecule, known: tuple[Interpretation, ...]) -> Verification:
        pattern = self.proposal.pattern
        assert pattern is not None
        stereo = states_stereo(self.phrase.text)
        hits = find(molecule, pattern, floor=self.floor(known), stereo=stereo)
        if hits is None:
            loose = find(molecule, pattern, floor=Level.FLAT) if stereo else None
            advice = (
                "the atoms are there with another configuration than the phrase states"
                if loose is not None
                else "the pattern does not occur in the molecule; propose another one, or drop the phrase"
            )
            return self.verdict(Verdict.REFUTED, Reason.ABSENT, f"{pattern}: {advice}")
        if not known and is_computed(self.phrase.name or self.phrase.key):
            return self.verdict(
                Verdict.UNCHECKED, Reason.NO_READING,
                f"the rings or the carbon skeleton of a {self.phrase.key} were not found in the molecule", hits=hits,
            )  # fmt: skip
        backing = self.backing(molecule, known, hits, stereo)
        if isinstance(backing, Verification):
            return backing
        if backing is None and (general := self.too_general(molecule, hits)) is not None:
            return general
        if (placed := self.placed(molecule, hits, backing)) is not None:
            if isinstance(placed, Verification):
                return placed
            hits = placed
        if (counted := self.counted(molecule, hits, stereo, self.floor(known), backing)) is not None:
            if isinstance(counted, Verification):
                return counted
            hits = counted
        if (unknown := self.which_place(hits)) is not None:
            return unknown
        return self.by_corpus(hits, backing)

    def floor(self, known: tuple[Interpretation, ...]) -> Level:
        """The loosest rung to look at: a class's own pattern never looser than the class, whoever proposes it.

        On a looser rung "carboxylate" would match the acid, which is just what the word excludes.
        """
        own = [reading.floor for reading in known if self.proposal.pattern in reading.patterns]
        return min([self.proposal.floor, *own], key=LADDER.index)

    def backing(
        self, molecule: Molecule, known: tuple[Interpretation, ...], hits: Hits, stereo: bool
    ) -> Interpretation | Verification | None:
        """The reading of the phrase that agrees with the proposal; a refusal where readings exist and none agrees."""
        if not known:
            return None
        if not any(self.proposal.pattern in reading.patterns for reading in known) and _any_carbons(
            self.proposal.pattern or "*"
        ):
            return self.verdict(
                Verdict.REFUTED, Reason.TOO_GENERAL,
                "any carbon fits this pattern; add the atoms that make the group", hits=hits,
            )  # fmt: skip
        meant: set[int] = set()
        for reading in known:
            if self.proposal.pattern in reading.patterns:
                return reading
            found = [find(molecule, p, floor=reading.floor, stereo=stereo) for p in reading.patterns]
            read = [frozenset(atoms) for hit in found if hit is not None for atoms in hit.atoms]
            covered = frozenset().union(*read)
            if _overlap(covered, hits.covered) >= SAME_ATOMS and any(
                _overlap(frozenset(atoms), other) >= SAME_HIT for atoms in hits.atoms for other in read
            ):
                return reading
            meant |= covered
        if (general := self.says_nothing(molecule, hits)) is not None:
            return general
        if not meant and (elsewhere := self.elsewhere(molecule, hits)) is not None:
            return elsewhere
        name, example = known[0].name, known[0].patterns[0]
        where = "which is elsewhere in this molecule" if meant else "which this molecule does not contain"
        return self.verdict(
            Verdict.REFUTED, Reason.CONTRADICTS_READING,
            f"{self.phrase.key!r} means {name} ({example}), {where}; use that pattern, or drop the phrase", hits=hits,
        )  # fmt: skip

    def elsewhere(self, molecule: Molecule, hits: Hits) -> Verification | None:
        """Whether the molecule has what the words name, but at other positions than they state."""
        name = self.phrase.name or self.phrase.key
        bare = _LOCANTS.sub("", name)
        if not bare or bare == name:
            return None
        unplaced = interpret(bare, self.resources, leave_out=self.pair_id)
        if all(find(molecule, p, floor=reading.floor) is None for reading in unplaced for p in reading.patterns):
            return None
        return self.verdict(
            Verdict.REFUTED, Reason.WRONG_POSITION,
            f"the molecule contains a {bare}, but not with the positions {name!r} states; drop the phrase", hits=hits,
        )  # fmt: skip

    def says_nothing(self, molecule: Molecule, hits: Hits) -> Verification | None:
        """Refuse a single atom that any carbon satisfies, or that is found all over the molecule."""
        query = read_pattern(self.proposal.pattern or "*").query
        if query.GetNumAtoms() > 1:
            return None
        bare = len(query.GetAtomWithIdx(0).DescribeQuery().splitlines()) == 1  # an element, or any atom
        atoms = [molecule.mol.GetAtomWithIdx(i) for i in hits.covered]
        if bare and any(a.GetAtomicNum() == 6 and not a.GetFormalCharge() for a in atoms):
            advice = "a lone carbon says nothing; add the atoms that make the group"
        elif len(atoms) > 1 and len(atoms) > molecule.heavy_atoms / 4:
            advice = f"a lone atom, here found {len(atoms)} times, is no group; add its neighbours"
        else:
            return None
        return self.verdict(Verdict.REFUTED, Reason.TOO_GENERAL, advice, hits=hits)

    def too_general(self, molecule: Molecule, hits: Hits) -> Verification | None:
        """Refuse patterns that say nothing, where no reading of the phrase vouches for them."""
        atoms = [molecule.mol.GetAtomWithIdx(i) for i in hits.covered]
        lone_carbon = any(a.GetAtomicNum() == 6 and not a.GetFormalCharge() for a in atoms)
        size = len(hits.atoms[0])
        if size == 1 and lone_carbon:
            return self.verdict(
                Verdict.REFUTED, Reason.TOO_GENERAL, "a lone carbon says nothing; add the atoms that make the group",
                hits=hits,
            )  # fmt: skip
        carbon_only = any(all(molecule.mol.GetAtomWithIdx(i).GetAtomicNum() == 6 for i in hit) for hit in hits.atoms)
        if carbon_only and size <= 2 and len(hits.covered) > molecule.heavy_atoms / 2:
            return self.verdict(
                Verdict.REFUTED, Reason.TOO_GENERAL, "the pattern fits nearly any carbon chain; make it specific",
                hits=hits,
            )  # fmt: skip
        assert self.proposal.pattern is not None
        if all(
            atom.DescribeQuery().startswith("AtomNull") for atom in read_pattern(self.proposal.pattern).query.GetAtoms()
        ):
            return self.verdict(
                Verdict.REFUTED, Reason.TOO_GENERAL, "the pattern names no element; say which atoms make the group",
                hits=hits,
            )  # fmt: skip
        if (
            molecule.heavy_atoms >= 8
            and max(len(hit) for hit in hits.atoms) > WHOLE_SHARE * molecule.heavy_atoms
            and not self.phrase.whole
        ):
            return self.verdict(
                Verdict.REFUTED, Reason.TOO_LARGE,
                "the pattern covers the whole molecule although the phrase names a part; cut it down to that part",
                hits=hits,
            )  # fmt: skip
        return None

    def placed(self, molecule: Molecule, hits: Hits, backing: Interpretation | None) -> Hits | Verification | None:
        """Compare stated positions with the hits; None where there are none, or nothing is known about them.

        Of several hits only those at the stated positions are meant ("the methyl group at position 16"), if the pattern
        is what the phrase means; a wider one is not made right by its position.
        """
        if all(len(hit) == 1 and molecule.mol.GetAtomWithIdx(hit[0]).IsInRing() for hit in hits.atoms):
            return None  # "the nitrogen at position 4" is an atom of the parent itself, not bound to it
        for parent in self.parents:
            bound = atoms_at(parent, self.phrase.locants, molecule, self.resources.nomenclature)
            if bound is None:
                continue
            if all(any(at.intersection(hit) for hit in hits.atoms) for at in bound):
                if backing is None or self.proposal.pattern not in backing.patterns:
                    return None
                there = frozenset().union(*bound)
                return replace(hits, atoms=tuple(hit for hit in hits.atoms if there.intersection(hit)))
            if any(at.intersection(hit) for at in bound for hit in hits.atoms):
                return None  # some are where they should be: the parent may be numbered otherwise than it seems
            return self.verdict(
                Verdict.REFUTED, Reason.WRONG_POSITION,
                f"{self.proposal.pattern} is in the molecule, but not at {', '.join(self.phrase.locants)} of {parent}; "
                "drop the phrase, or quote the positions it is at", hits=hits,
            )  # fmt: skip
        return None

    def counted(
        self, molecule: Molecule, hits: Hits, stereo: bool, loosest: Level, backing: Interpretation | None
    ) -> Hits | Verification | None:
        """Compare a stated number with the hits; None where nothing is stated or the number is reached.

        A molecule may have more of a group than the words at hand speak of ("two hydroxy groups at ... and a
        4-hydroxyphenyl group"). More is refused only where the known meaning of the phrase gives the stated number,
        so that the pattern itself is too wide.
        """
        count = self.phrase.count or len(self.phrase.locants)  # "hydroxy groups at positions 3, 4 and 5" are three
        if count <= 1 or hits.capped:
            return None
        assert self.proposal.pattern is not None
        if len(hits.atoms) == count:
            return None
        if len(hits.atoms) > count:
            if backing is None or self.proposal.pattern in backing.patterns:
                return None
            meant = [find(molecule, p, floor=backing.floor, stereo=stereo) for p in backing.patterns]
            if all(found is None or len(found.atoms) != count for found in meant):
                return None
            return self.verdict(
                Verdict.REFUTED, Reason.WRONG_COUNT,
                f"{self.phrase.text!r} states {count}, {self.proposal.pattern} is there {len(hits.atoms)} times; "
                f"{backing.patterns[0]} is what {backing.name} means", hits=hits,
            )  # fmt: skip
        # One group may be ionised and its twin not: the looser rung sees both.
        for floor in (Level.FLAT, Level.NEUTRAL):
            if LADDER.index(floor) > LADDER.index(loosest):
                break
            neutral = _all_rungs(molecule, self.proposal.pattern, floor, stereo)
            if neutral is not None and len(neutral.atoms) >= count:
                return neutral
        return self.verdict(
            Verdict.REFUTED, Reason.WRONG_COUNT,
            f"{self.phrase.text!r} states {count}, the molecule has {len(hits.atoms)} of {self.proposal.pattern}; "
            "use a pattern that is there as often, or drop the phrase", hits=hits,
        )  # fmt: skip

    def which_place(self, hits: Hits) -> Verification | None:
        """Leave open which of many groups is meant: "a hydroxy group" of six is there, and is none in particular.

        What the words name by themselves ("an alcohol", "the pyridine rings") lights up wherever it is.
        """
        phrase = self.phrase
        if self.start is None or phrase.source not in _SINGLE_PLACES:
            return None
        stated = max(phrase.count or 1, len(phrase.locants))
        several = phrase.count is None and not phrase.locants and phrase.text.rstrip().endswith("s")
        if several or len(hits.atoms) <= MOST_PLACES * stated:
            return None
        return self.verdict(
            Verdict.UNCHECKED, Reason.WHICH_PLACE,
            f"{self.proposal.pattern} is there {len(hits.atoms)} times and {phrase.text!r} speaks of {stated}; propose "
            "a pattern that is only at the place that is meant, or leave the phrase", hits=hits,
        )  # fmt: skip

    def evidence(self, patterns: tuple[str, ...], floor: Level, *, backed: bool) -> Evidence | None:
        """What the corpus says; for a rare phrase whose meaning is known, only the pairs that use it are looked at."""
        corpus = self.resources.evidence
        if corpus is None:
            return None
        key = self.phrase.key
        own = corpus.own_pair(self.pair_id, self.molecule)
        if backed and corpus.others_with(key, leave_out=own) < MIN_PAIRS:
            return corpus.among_few(key, patterns, level=floor, leave_out=own)
        return corpus.tie_any(key, patterns, level=floor, leave_out=own)

    def by_corpus(self, hits: Hits, backing: Interpretation | None) -> Verification:
        """The last question: does the corpus speak against the proposal?"""
        assert self.proposal.pattern is not None
        note = ""
        if backing is not None and backing.unread:
            note = f"{backing.unread!r} was not read, only {backing.name!r}"
        if backing is None:
            asked: tuple[str, ...] = (self.proposal.pattern,)
            floor = self.proposal.floor
        elif backing.computed:
            if not backing.general:  # cut from this very molecule: no other one can speak about it
                return self.verdict(Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC, note, hits=hits)
            asked, floor = backing.general, backing.general_floor
        else:
            asked = backing.patterns if self.proposal.pattern in backing.patterns else (self.proposal.pattern,)
            floor = backing.floor
        evidence = self.evidence(asked, floor, backed=backing is not None)
        if evidence is not None and evidence.recall is not None and evidence.pairs_with_phrase >= MIN_PAIRS:
            shown = ", ".join(evidence.counterexamples[:3])
            if evidence.recall < MIN_RECALL:
                return self.verdict(
                    Verdict.REFUTED, Reason.NOT_SUPPORTED_BY_CORPUS,
                    f"only {evidence.recall:.0%} of the {evidence.pairs_with_phrase} other pairs that say "
                    f"{self.phrase.key!r} contain {self.proposal.pattern} (not in {shown}); propose what they share",
                    hits=hits, evidence=evidence,
                )  # fmt: skip
            if backing is None and (evidence.lift or 0.0) < MIN_LIFT:
                return self.verdict(
                    Verdict.REFUTED, Reason.TOO_GENERAL,
                    f"{self.proposal.pattern} is in {evidence.background or 0:.0%} of all molecules, hardly more often "
                    f"where the caption says {self.phrase.key!r}; make it specific",
                    hits=hits, evidence=evidence,
                )  # fmt: skip
        elif backing is None and evidence is not None and (evidence.background or 0.0) > COMMON:
            return self.verdict(
                Verdict.REFUTED, Reason.TOO_GENERAL,
                f"{self.proposal.pattern} is in {evidence.background or 0:.0%} of all molecules; make it specific",
                hits=hits, evidence=evidence,
            )  # fmt: skip
        return self.verdict(Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC, note, hits=hits, evidence=evidence)

    def by_corpus_alone(self, known: tuple[Interpretation, ...]) -> Verification:
        """The `caption` view: no molecule to look at, the corpus decides."""
        assert self.proposal.pattern is not None
        reading = next((r for r in known if self.proposal.pattern in r.patterns), None)
        patterns = reading.patterns if reading is not None else (self.proposal.pattern,)
        evidence = self.evidence(
            patterns, reading.floor if reading is not None else self.proposal.floor, backed=reading is not None
        )
        if evidence is None or evidence.pairs_with_phrase < MIN_PAIRS or evidence.recall is None:
            return self.verdict(
                Verdict.UNCHECKED, Reason.TOO_RARE,
                f"too few pairs of the corpus say {self.phrase.key!r} to decide without the molecule",
                evidence=evidence,
            )  # fmt: skip
        p_value = 1.0 if evidence.p_value is None else evidence.p_value
        telling = reading is not None or ((evidence.lift or 0.0) >= MIN_LIFT and p_value <= MAX_P_VALUE)
        if evidence.recall >= MIN_RECALL_ONE_SIDED and telling:
            return self.verdict(Verdict.SUPPORTED, Reason.CORPUS_SUPPORTED, evidence=evidence)
        return self.verdict(
            Verdict.REFUTED, Reason.NOT_SUPPORTED_BY_CORPUS,
            f"{evidence.recall:.0%} of the {evidence.pairs_with_phrase} pairs that say {self.phrase.key!r} contain "
            f"{self.proposal.pattern}, {evidence.background or 0:.0%} of all do; propose what they share",
            evidence=evidence,
        )  # fmt: skip

    def relation(self) -> Verification:
        """Compare the molecule with the compound a relation names."""
        if self.molecule is None:
            return self.verdict(
                Verdict.UNCHECKED, Reason.NAME_WITHOUT_STRUCTURE, "a relation needs the molecule to be compared with"
            )
        name = self.phrase.name or self.phrase.key
        relation = compared_as(self.phrase.relation)
        if relation is None and self.phrase.relation in _CONTAINED:
            return self.contained(self.molecule, name)
        if relation is None:
            return self.verdict(
                Verdict.UNCHECKED, Reason.NO_READING,
                f"{self.proposal.phrase!r} states no relation that can be checked; quote it from the relation word on",
            )  # fmt: skip
        named = self.resources.nomenclature.resolve([name], leave_out=self.pair_id)[name]
        if named is None:
            return self.relation_to_class(name, relation)
        try:
            check = check_relation(self.molecule, relation, named)
        except MatchTimeoutError as error:
            return self.verdict(Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS, str(error))
        if check.holds is None:
            return self.verdict(Verdict.UNCHECKED, check.reason, check.message)
        if not check.holds:
            return self.verdict(Verdict.REFUTED, check.reason, check.message)
        return self.spelled(self.molecule, check)

    def contained(self, molecule: Molecule, name: str) -> Verification:
        """A relation to a compound that reacted: what is left of it must stand in the molecule.

        That it does not is no contradiction, since a reaction may take more than was looked for.
        """
        known = interpret(name, self.resources, leave_out=self.pair_id, modified=True, molecule=molecule)
        stereo = states_stereo(name)
        try:
            for reading in known:
                for pattern in reading.patterns:
                    hits = find(molecule, pattern, floor=reading.floor, stereo=stereo)
                    case = replace(self, proposal=self.proposal.with_pattern(pattern, reading.source))
                    if hits is not None and case.says_nothing(molecule, hits) is None:
                        return case.verdict(Verdict.SUPPORTED, Reason.RELATION_HOLDS, hits=hits)
        except MatchTimeoutError as error:
            return self.verdict(Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS, str(error))
        what = "is not recognised in the molecule" if known else "has no known structure"
        return self.verdict(
            Verdict.UNCHECKED, Reason.NAME_WITHOUT_STRUCTURE,
            f"{name!r} {what}, so the relation cannot be compared; leave it as it is",
        )  # fmt: skip

    def spelled(self, molecule: Molecule, check: RelationCheck) -> Verification:
        """Spell the atoms that a relation rests on as a pattern, so that it replays like any other alignment."""
        meant = sorted({i for atoms in check.atoms[:1] for i in atoms}) or list(range(molecule.mol.GetNumAtoms()))
        pattern = str(Chem.MolFragmentToSmarts(molecule.mol, meant, isomericSmarts=False))
        try:
            hits = find(molecule, pattern, floor=Level.EXACT)
        except InputError as error:  # too large to spell, or too slow to find again
            return self.verdict(Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS, str(error))
        assert hits is not None  # the pattern was cut from these very atoms
        case = replace(self, proposal=self.proposal.with_pattern(pattern, "name"))
        return case.verdict(Verdict.SUPPORTED, check.reason, check.message, hits=hits)

    def relation_to_class(self, name: str, relation: str) -> Verification:
        """A relation to a class ("derives from a fatty acid"): the class itself must be found in the molecule."""
        entry = self.resources.lexicon.find(name)
        if entry is None or self.molecule is None or "derives" not in relation:
            return self.verdict(
                Verdict.UNCHECKED, Reason.NAME_WITHOUT_STRUCTURE,
                f"no structure is known for {name!r}, so the relation cannot be compared",
            )  # fmt: skip
        floor = Level.SKELETON if "hydride" in relation else entry.level
        try:
            for pattern in entry.patterns:
                hits = find(self.molecule, pattern, floor=floor)
                if hits is not None:
                    case = replace(self, proposal=self.proposal.with_pattern(pattern, "class"))
                    return case.verdict(Verdict.SUPPORTED, Reason.RELATION_HOLDS, hits=hits)
        except MatchTimeoutError as error:
            return self.verdict(Verdict.UNCHECKED, Reason.OUT_OF_BOUNDS, str(error))
        return self.verdict(
            Verdict.UNCHECKED, Reason.NAME_WITHOUT_STRUCTURE,
            f"{name!r} is a class, not one structure, and is not left standing in this molecule",
        )  # fmt: skip


_BARE = re.compile(r"AtomNull|AtomOr|AtomAtomicNum (?:6 =|1 !=) val|AtomType (?:6|1006) = val")
_ANY_BOND = re.compile(r"BondNull|BondOr|BondOrder (?:1|12) = val|SingleOrAromaticBond 1 = val")


@lru_cache(maxsize=4_096)
def _any_carbons(pattern: str) -> bool:
    """Whether a pattern is an atom, or two, of which it says no more than "carbon" or "any": most molecules fit.

    A double or triple bond, a count of hydrogens, a ring, a charge say something, and so does any other element.
    """
    query = read_pattern(pattern).query
    if (query.GetNumAtoms(), query.GetNumBonds()) not in ((1, 0), (2, 1)):
        return False
    said = [line.strip() for atom in query.GetAtoms() for line in atom.DescribeQuery().splitlines()]
    bond = [line.strip() for each in query.GetBonds() for line in each.DescribeQuery().splitlines()]
    return all(_BARE.fullmatch(line) for line in said) and all(_ANY_BOND.fullmatch(line) for line in bond)


def _overlap(left: frozenset[int], right: frozenset[int]) -> float:
    """Intersection over union of two atom sets; 0 for two empty ones."""
    return len(left & right) / len(left | right) if left or right else 0.0


def _all_rungs(molecule: Molecule, pattern: str, level: Level, stereo: bool) -> Hits | None:
    """Hits of exactly one looser rung, where it sees more than the strictest one."""
    atoms = match_at(molecule, read_pattern(pattern), level, stereo=stereo)
    return Hits(pattern, atoms, level) if atoms else None
