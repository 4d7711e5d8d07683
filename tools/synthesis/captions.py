"""Captions that are true by construction: a molecule in, a caption and the atoms of everything it says out.

What a caption says is taken from the tools alone: classes of the lexicon that match as written, the parts of a
systematic name that OPSIN reads back as the very same molecule, and relations to the compounds a molecule was made
from. The atoms of each part are known before the caption is written; the words are then verified like anybody else's,
and a caption with one alignment that is not `supported`, or with a claim that nobody made, is not used.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rdkit import Chem

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.english import article_of
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Source
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import Resources
from molreflect.tools.synthesis.class_claims import ClassClaim, ClassClaims, in_speaking_order
from molreflect.tools.synthesis.molecules import Proposal
from molreflect.tools.synthesis.sentences import Text, write_derivation, write_groups, write_relations
from molreflect.tools.synthesis.systematic_names import Derivation, NameReader
from molreflect.tools.terms import Level, PhraseKind, Verdict
from molreflect.tools.verification.by_relation import compared_as
from molreflect.tools.verification.case import stands_modified
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify

VERSION = "synthesis-2"
"""Bump on any change of what a seed gives: captions, choices, or the molecules tried."""
MIN_ALIGNMENTS = 2
"""Fewest structural alignments of a caption that is worth training on."""
RENEW = 2_000
"""Captions after which names that were read are forgotten; memory does not grow with a run."""


@dataclass(frozen=True, slots=True)
class Synthetic:
    """One triple: molecule, caption, and every alignment of the caption with its verdict."""

    smiles: str
    inchikey: str
    block: str
    caption: str
    verified: tuple[Verification, ...]
    """Structures and relations in the caption's order, all `supported`."""
    way: str
    """How the molecule came about, as in `molreflect.tools.synthesis.molecules.Proposal`."""
    pattern: str
    """Which kind of sentence opens the caption."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """Why a proposal gave no triple; equal reasons are counted together."""

    reason: str


class Composer:
    """Writes captions. Not to be shared between threads; keeps what it learned of molecules it met again and again."""

    def __init__(self, resources: Resources, namer: Namer) -> None:
        self.resources = resources
        self.classes = ClassClaims(resources.lexicon)
        self.names = NameReader(resources.lexicon, resources.nomenclature, namer)
        self._composed = 0

    def compose(self, proposal: Proposal, rng: random.Random) -> Synthetic | Dropped:
        """Write a caption for a molecule.

        Args:
            proposal: The molecule, and what it was made from.
            rng: Decides between what could be said; the same state gives the same caption.

        Returns:
            The triple, or the reason why there is none. Every alignment of a triple is `supported`, and every
            structural claim that the caption reader sees in the caption has one.
        """
        self._composed += 1
        if self._composed % RENEW == 0:  # what comes up once or twice must not fill the memory of a long run
            self.names.nomenclature = Nomenclature()
            self.resources = replace(self.resources, nomenclature=self.names.nomenclature)
        molecule = read_molecule(proposal.smiles)
        if not molecule.inchikey:
            return Dropped("has no InChIKey")
        classes = self.classes.find(molecule)
        if not classes:
            return Dropped("no class holds")
        try:
            written = self._write(molecule, classes, proposal, rng)
            if isinstance(written, Dropped):
                return written
            text, pattern = written
            verified = self._verified(molecule, text)
        except MatchTimeoutError:
            return Dropped("a pattern took too long")
        if isinstance(verified, Dropped):
            return verified
        if sum(v.proposal.kind is PhraseKind.STRUCTURE for v in verified) < MIN_ALIGNMENTS:
            return Dropped("fewer than two alignments")
        return Synthetic(
            molecule.smiles, molecule.inchikey, molecule.block, text.caption, verified, proposal.way, pattern
        )

    def _write(
        self, molecule: Molecule, classes: list[ClassClaim], proposal: Proposal, rng: random.Random
    ) -> tuple[Text, str] | Dropped:
        ordered = in_speaking_order(classes, rng)
        text = Text()
        if proposal.way in ("anion", "cation"):
            base = self.names.derivation(read_molecule(proposal.parents[0]))
            if isinstance(base, str):
                return Dropped(base)
            ordered = sorted(ordered, key=lambda c: c.entry.group not in ("acid_anion", "ion"))
            relation = "conjugate base of" if proposal.way == "anion" else "conjugate acid of"
            text.add("The molecule is ").head(ordered[0], rng).add(f" that is the {relation} {base.name}.")
            text.classes(ordered[1 : 1 + rng.choice((1, 2))])
            text.add(f" It is a {relation} {article_of(base.name)} {base.name}.")
            return text, "ion"
        if proposal.way == "condensed":
            return self._condensed(molecule, ordered, proposal, text, rng)
        derived = self.names.derivation(molecule)
        if isinstance(derived, Derivation) and derived.parent and derived.groups and derived.numbered:
            pattern = write_derivation(derived, ordered, text, rng)
        else:
            pattern = write_groups(self.names.substituents(molecule), ordered, text, rng)
        if isinstance(derived, Derivation):
            write_relations(molecule, derived, text, rng)
        return text, pattern

    def _condensed(
        self, molecule: Molecule, ordered: list[ClassClaim], proposal: Proposal, text: Text, rng: random.Random
    ) -> tuple[Text, str] | Dropped:
        acid, partner = (self.names.derivation(read_molecule(smiles)) for smiles in proposal.parents)
        if isinstance(acid, str) or isinstance(partner, str):
            return Dropped(acid if isinstance(acid, str) else str(partner))
        ends = frozenset(proposal.bond or ())
        site = "amino" if any(molecule.mol.GetAtomWithIdx(i).GetAtomicNum() == 7 for i in ends) else "hydroxy"
        family = "amide" if site == "amino" else "ester"
        made = [c for c in ordered if c.entry.group == family and ends <= c.atoms]
        if not made:
            return Dropped("no class holds of the new bond")
        rest = [c for c in ordered if c is not made[0]]
        how = rng.choice(("obtained by formal condensation", "resulting from the formal condensation"))
        text.add("The molecule is ").head(made[0], rng)
        text.add(f" {how} of the carboxy group of {acid.name} with the {site} group of {partner.name}.")
        text.classes(rest[: rng.choice((1, 2, 3))])
        if rng.random() < 0.7:
            named = [acid.name, *([partner.name] if rng.random() < 0.5 else [])]
            text.add(" It derives from " + " and ".join(f"{article_of(n)} {n}" for n in named) + ".")
        return text, "condensed"

    def _verified(self, molecule: Molecule, text: Text) -> tuple[Verification, ...] | Dropped:
        """Every claim of the caption as the caption reader sees it, tied to the atoms that were meant, and verified."""
        caption = text.caption
        proposals: list[ProposedAlignment] = []
        claimed: set[tuple[int, int]] = set()
        for phrase in self.resources.reader.read(caption):
            proposal = ProposedAlignment.of(phrase)
            if phrase.kind is PhraseKind.RELATION:
                if compared_as(phrase.relation) is not None:
                    proposals.append(proposal)
                continue
            meant = [(span, atoms) for span, atoms in text.said if span[0] < phrase.end and phrase.start < span[1]]
            if phrase.kind is PhraseKind.STRUCTURE and not meant and phrase.source == "modified-parent":
                left = self._left_of(molecule, phrase)  # "condensation of X with Y": both stand in the product
                if left is None:
                    return Dropped("a compound that reacted is not recognised")
                proposals.append(proposal.with_pattern(*left))
                continue
            if phrase.kind is not PhraseKind.STRUCTURE or len(meant) != 1:
                return Dropped("the reader sees a claim that was not made")
            claimed.add(meant[0][0])
            spelt = self._spelt(molecule, phrase, meant[0][1], caption)
            if spelt is None:
                return Dropped("the words mean other atoms than were meant")
            proposals.append(proposal.with_pattern(*spelt))
        if len(claimed) != len(text.said):
            return Dropped("the reader misses a claim")
        verified = tuple(
            verify(each, molecule=molecule, caption=caption, resources=self.resources) for each in proposals
        )
        refused = next((v for v in verified if v.verdict is not Verdict.SUPPORTED), None)
        if refused is not None:
            return Dropped(f"judged {refused.verdict}: {refused.reason}")
        return verified

    def _left_of(self, molecule: Molecule, phrase: Phrase) -> tuple[str, Source, Level] | None:
        """The pattern of what is left of a compound that reacted; None where it is not there just once."""
        for reading in interpret(phrase.name or phrase.key, self.resources, modified=True, molecule=molecule):
            for pattern in reading.patterns:
                hits = find(molecule, pattern, floor=reading.floor)
                if hits is not None and hits.level is Level.EXACT and len(hits.atoms) == 1:
                    return pattern, reading.source, reading.floor
        return None

    def _spelt(
        self, molecule: Molecule, phrase: Phrase, meant: frozenset[int], caption: str
    ) -> tuple[str, Source, Level] | None:
        """The pattern that says of a phrase what it means, and finds exactly the atoms that were meant.

        Where the known meaning is found at more places (propanoic acid, from its end or from its phenyl group), the
        atoms are spelt as they stand in the molecule.
        """
        known = interpret(
            phrase.name or phrase.key, self.resources, modified=stands_modified(phrase, caption), molecule=molecule
        )
        found = [
            (reading, pattern, hits)
            for reading in known
            for pattern in reading.patterns
            if (hits := find(molecule, pattern, floor=reading.floor)) is not None and hits.level is Level.EXACT
        ]
        for reading, pattern, hits in found:
            if hits.covered == meant:
                return pattern, reading.source, reading.floor
        for reading, _, hits in found:
            chosen = [hit for hit in hits.atoms if meant.issuperset(hit)]
            if chosen and meant == {i for hit in chosen for i in hit}:
                pattern = _spelt_atoms(molecule.mol, chosen[0])
                own = find(molecule, pattern, floor=Level.EXACT)
                if own is not None and own.covered == meant:
                    return pattern, reading.source, Level.EXACT
        return None


def _spelt_atoms(mol: Chem.Mol, atoms: Sequence[int]) -> str:
    """SMARTS of some atoms as they stand: element, aromaticity, charge, neighbours and hydrogens of each."""
    symbols = []
    for atom in mol.GetAtoms():
        symbol = atom.GetSymbol().lower() if atom.GetIsAromatic() else atom.GetSymbol()
        symbols.append(f"[{symbol};D{atom.GetDegree()};H{atom.GetTotalNumHs()};{atom.GetFormalCharge():+d}]")
    return str(Chem.MolFragmentToSmiles(mol, sorted(atoms), atomSymbols=symbols, isomericSmiles=False))


def in_order(dropped: Mapping[str, int]) -> str:
    """Reasons with their counts, most frequent first, in one line."""
    return "; ".join(f"{reason} {count}" for reason, count in Counter(dropped).most_common())
