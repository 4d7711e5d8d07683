"""How much a true claim says of a molecule: nothing where it is true of most others as well.

A reward for true claims pays for "The molecule is an organic compound" and for "It has no nitro group", which hold of
nearly anything. So a claim is weighed by how seldom it is true of other molecules, a fixed few of the training set.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.errors import InputError
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import PhraseKind, Verdict
from molreflect.tools.verification.claims import Claim
from molreflect.tools.verification.text_check import CheckedClaim, check

COMPARED = 12
"""Other molecules that a claim is compared with."""
_COMMON = 0.5
"""Share of them from which on a claim says nothing."""
_KEPT = 50_000
"""Weights that are remembered; more are dropped together."""


def chosen_for_comparison(molecules: Iterable[Molecule], count: int = COMPARED) -> tuple[Molecule, ...]:
    """Choose the molecules that claims are compared with, by a hash of each, so that the order does not matter.

    Args:
        molecules: Of the training set; those of one InChIKey first block count once.
        count: How many.
    """
    by_block = {molecule.block: molecule for molecule in molecules}
    order = sorted(by_block, key=lambda block: hashlib.sha256(block.encode()).digest())
    return tuple(by_block[block] for block in order[:count])


@dataclass(frozen=True, slots=True)
class Tally:
    """What a text claims of a molecule, each claim once however often it is said."""

    supported: dict[Any, float]
    """Information in bits of what is supported, by the atoms it speaks of; the most that is said of them."""
    refuted: frozenset[str]
    """Keys of the claims that chemistry contradicts."""
    open: frozenset[str]
    """Keys of the claims that nothing here can decide, and the structural words that were not read."""

    @property
    def bits(self) -> float:
        """Information of everything that is supported."""
        return sum(self.supported.values())


class ClaimWeights:
    """Weighs the claims of texts by the molecules that they are compared with.

    Args:
        resources: What claims are looked up in; evidence of a corpus is not asked.
        compared: Other molecules; see `chosen_for_comparison`.
    """

    def __init__(self, resources: Resources, compared: Sequence[Molecule]) -> None:
        self.resources = resources.with_evidence(None)
        self.compared = tuple(compared)
        self._bits: dict[tuple[Any, ...], float] = {}

    def tally(self, molecule: Molecule, text: str) -> Tally:
        """Check a text against a molecule and weigh what is supported.

        What a text says the molecule does *not* have earns nothing where it is so, and counts as refuted where it is
        not: there is always something else that a molecule lacks.
        """
        found = check(molecule, text, self.resources)
        phrases = {(p.start, p.end, p.kind): p for p in self.resources.reader.read(found.text, negated=True)}
        supported: dict[Any, float] = {}
        refuted, left_open = set(), set()
        for claim in found.claims:
            phrase = phrases.get((claim.start, claim.end, claim.kind))
            key = key_of(claim, phrase)
            if claim.verdict is Verdict.REFUTED:
                refuted.add(key)
            elif claim.verdict is Verdict.UNCHECKED:
                left_open.add(key)
            elif not claim.negated and phrase is not None and (bits := self.bits(phrase, found.text)):
                about = frozenset(atom for hit in claim.atoms for atom in hit) or key
                supported[about] = max(bits, supported.get(about, 0.0))
        for part in found.unread:
            left_open.update(f"unread:{word.lower()}" for word in part.words or part.text.split())
        return Tally(supported, frozenset(refuted), frozenset(left_open - refuted))

    def bits(self, phrase: Phrase, text: str) -> float:
        """Return the information of a claim in bits: -log2 of how often other molecules have what it says.

        The share is Laplace's estimate, (found + 1) / (compared + 2); what half of them or more have says nothing.

        Args:
            phrase: What is claimed.
            text: Where it stands.
        """
        claim = Claim(phrase, text, self.resources)
        if claim.negated:
            return 0.0
        said = (phrase.kind, phrase.relation, phrase.key, phrase.name, phrase.count, phrase.locants, claim.modified)
        if said not in self._bits:
            if len(self._bits) >= _KEPT:
                self._bits.clear()
            true = sum(_may_hold(claim, other) for other in self.compared)
            share = (true + 1) / (len(self.compared) + 2)
            self._bits[said] = 0.0 if share >= _COMMON else -math.log2(share)
        return self._bits[said]


def _may_hold(claim: Claim, molecule: Molecule) -> bool:
    """Say whether a molecule has what a claim says, in the number it says.

    Where the words have a pattern, the pattern alone is looked for: why it is absent, which is what takes the verifier
    its time, does not matter here, and a class that asks for more is taken to be more common than it is.
    """
    patterns = [pattern for meant in claim.interpretations for pattern in meant.patterns]
    if not patterns:
        return claim.verify(molecule).verdict is Verdict.SUPPORTED
    try:
        hits = [found for pattern in patterns if (found := find(molecule, pattern)) is not None]
    except (InputError, MatchTimeoutError):  # what cannot be looked for is taken to be common: it must not pay
        return True
    return any(claim.phrase.count in (None, len(found.atoms)) for found in hits)


def key_of(claim: CheckedClaim, phrase: Phrase | None) -> str:
    """Name a claim so that saying it again, in other numbers of blanks or capitals, is the same claim."""
    what = claim.phrase.lower() if phrase is None else f"{phrase.relation or ''}:{phrase.count or ''}:{phrase.key}"
    kind = "relation" if claim.kind is PhraseKind.RELATION else "structure"
    return f"{'no ' * claim.negated}{kind}:{' '.join(what.split())}"
