"""Which fragments a corpus would tie to a phrase by itself: the choice among counted candidates."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rdkit import Chem

from molreflect.tools.evidence.fragments import Candidate, FragmentLibrary
from molreflect.tools.molecules.match import MatchTimeoutError
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import LADDER, Evidence, Level

MIN_PAIRS = 5
"""A phrase of fewer pairs is not mined: too many fragments would fit by chance."""
MIN_RECALL = 0.95
"""Recall a mined fragment should reach: captions name a class, and nearly all their molecules show it."""
FALLBACK_RECALL = 0.8
"""Recall a mined fragment must reach where a loose use of the words spoils `MIN_RECALL`."""
LEAST_STRENGTH = 0.9
"""Of fragments of the lower recall, those of at least this share of the highest -log p are equally good."""
_FALLBACK_STRENGTH = 1.5  # how many times smaller log p has to be for a fragment of the lower recall to come first
CHANCE = 0.3
"""A fragment counts as more specific than a simpler one only if that is unlikelier than this by chance: a larger one
that fits a little better has mostly learned the corpus, not the phrase."""
LEAST_SHARE = 0.8
"""Of few pairs anything may be chance; a fragment of a lift below this share of the highest is never preferred."""
COMPLETION = 1.08
"""A fragment is completed (by the rest of its ring, by more of its heteroatoms) as long as its lift changes by no
more than this factor: `S(=O)(=O)N` rather than the `SN` that occurs in the same molecules."""

_CANDIDATES = 32  # fragments whose presence is computed for one mined phrase


@dataclass(frozen=True, slots=True)
class MinedFragment:
    """A fragment whose presence separates a phrase's molecules from the rest of the corpus."""

    pattern: str
    """SMARTS, ready for `molreflect.tools.molecules.match.find`."""
    level: Level
    """Loosest rung of the match ladder the figures below were counted at."""
    recall: float
    """Share of the pairs with the phrase whose molecule holds the fragment, 0 to 1."""
    background: float
    """Share of all pairs whose molecule holds the fragment, 0 to 1."""
    lift: float
    """`recall / background`."""
    p_value: float
    """One-sided Fisher exact test."""


def best_fragments(
    library: FragmentLibrary,
    rows: npt.NDArray[np.intp],
    count: Callable[[Candidate], Evidence],
    pairs: int,
    *,
    min_recall: float = MIN_RECALL,
    fallback_recall: float = FALLBACK_RECALL,
) -> tuple[MinedFragment, ...]:
    """Choose the fragments that best separate the molecules of a phrase from the rest; see `CorpusEvidence.mine`.

    Args:
        library: Where candidates come from.
        rows: 0-based rows of the pairs that use the phrase.
        count: How the corpus speaks on the phrase meaning a candidate.
        pairs: Of the whole corpus.
        min_recall: Share of the phrase's molecules that should hold a fragment.
        fallback_recall: Share that must hold it.
    """
    mined: list[tuple[int, MinedFragment]] = []
    best = 0.0
    least_share = _least_share(len(rows))
    for candidate in library.candidates(rows, min_recall=min_recall, limit=_CANDIDATES):
        if pairs / candidate.cut_from < least_share * best:
            break  # the rest is more frequent still: even at full recall it would not come near the best
        try:
            counted = count(candidate)
        except MatchTimeoutError:
            continue  # a fragment that cannot be counted cannot be proposed either
        if counted.recall is None or counted.background is None or counted.lift is None or counted.p_value is None:
            continue
        if counted.recall < fallback_recall or counted.lift <= 1 or counted.p_value >= 1e-3:
            continue
        figures = (counted.recall, counted.background, counted.lift, counted.p_value)
        mined.append((candidate.size, MinedFragment(candidate.pattern, candidate.level, *figures)))
        if counted.recall >= min_recall:
            best = max(best, counted.lift)
    if not mined:
        return ()
    chosen = _choose([item for item in mined if item[1].recall >= min_recall], least_share)
    strongest = max(_strength(fragment) for _, fragment in mined)
    looser = _choose([item for item in mined if _strength(item[1]) >= LEAST_STRENGTH * strongest], 0.0)
    if looser is not None and (chosen is None or _strength(looser) > _FALLBACK_STRENGTH * _strength(chosen)):
        chosen = looser
    rest = sorted((f for _, f in mined if f != chosen), key=lambda f: (-f.lift, len(f.pattern), f.pattern))
    return (*([chosen] if chosen else []), *rest)


def _least_share(pairs: int) -> float:
    """Share of the highest lift below which a fragment is worse by more than chance.

    If the phrase meant the more frequent fragment, each of its pairs would hold the rarer one with the ratio of the
    two lifts, and all of them together with its power.
    """
    return max(LEAST_SHARE, float(CHANCE ** (1 / pairs)))


def _choose(mined: Sequence[tuple[int, MinedFragment]], least_share: float) -> MinedFragment | None:
    """The simplest of those whose lift is not worse than the highest by more than chance, then completed."""
    best = max((fragment.lift for _, fragment in mined), default=0.0)
    near = [(size, fragment) for size, fragment in mined if fragment.lift >= least_share * best]
    if not near:
        return None
    simplest = min(near, key=_simplicity)[1]
    alike = [
        (size, fragment)
        for size, fragment in mined
        if fragment.recall >= simplest.recall
        and 1 / COMPLETION <= fragment.lift / simplest.lift <= COMPLETION
        and fragment.level is simplest.level
    ]
    return min(alike, key=lambda item: (_broken(item[1].pattern), -_heteroatoms(item[1].pattern), *_simplicity(item)))[
        1
    ]


def _simplicity(item: tuple[int, MinedFragment]) -> tuple[bool, int, int, float, int, str]:
    size, fragment = item
    level = LADDER.index(fragment.level)
    return _broken(fragment.pattern), level, size, -fragment.lift, len(fragment.pattern), fragment.pattern


def _broken(pattern: str) -> bool:
    """Whether a pattern cuts through an aromatic ring."""
    return any(atom.GetIsAromatic() and not atom.IsInRing() for atom in _query_atoms(pattern))


def _heteroatoms(pattern: str) -> int:
    return sum(atom.GetAtomicNum() not in (0, 1, 6) for atom in _query_atoms(pattern))


def _query_atoms(pattern: str) -> Iterator[Chem.Atom]:
    query = Chem.Mol(read_pattern(pattern).query)
    Chem.FastFindRings(query)
    for index in range(query.GetNumAtoms()):
        yield query.GetAtomWithIdx(index)


def _strength(fragment: MinedFragment) -> float:
    """How strongly a fragment and its phrase are tied: minus log p."""
    return -math.log(max(fragment.p_value, sys.float_info.min))
