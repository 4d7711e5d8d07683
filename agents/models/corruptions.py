"""Errors that language models make when they tie phrases to patterns, made on purpose.

Each function spoils the pattern of one tie in one way, or says that it cannot. What is written is what a model would
write: a group as SMILES, or SMARTS of atoms that are there. `docs/teachers.md` has the mixture and where it is from.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.molecules.smiles_patterns import written_as_smiles

MOST_ATOMS = 14
"""Of a fabricated group: names of whole scaffolds are rarely made up."""
TRIES = 24
"""Groups, places or pieces that are tried before a kind of error is given up for a tie."""
GENERAL = ("[#6]", "*", "[!#1]", "*~*", "[#6]~[#6]", "[C,c]")
"""Patterns that nearly every molecule has."""


class Corruption(StrEnum):
    """How a tie is wrong."""

    FABRICATED = "fabricated"
    """A group that the molecule does not have."""
    NEIGHBOUR = "neighbour"
    """The pattern of another phrase: of the same caption, or of a neighbour that the request shows."""
    WRONG_ATOMS = "wrong_atoms"
    """As many atoms of the molecule, joined, but others."""
    WRONG_POSITION = "wrong_position"
    """The right group with a substituent at another position of its ring."""
    OVER_GENERAL = "over_general"
    """A piece of the group, or a pattern that nearly every molecule has."""


MIXTURE: Mapping[Corruption, float] = {
    Corruption.FABRICATED: 0.30,
    Corruption.NEIGHBOUR: 0.25,
    Corruption.WRONG_ATOMS: 0.15,
    Corruption.WRONG_POSITION: 0.10,
    Corruption.OVER_GENERAL: 0.20,
}
"""How often each error is tried first; where a tie cannot be spoilt so, the others share its part."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What is to be spoilt."""

    pattern: str
    molecule: Molecule
    hits: tuple[tuple[int, ...], ...]
    """0-based atom indices of every place of the pattern in the molecule; empty where it is nowhere."""
    others: tuple[str, ...]
    """Patterns of other phrases."""


def corrupt(
    pattern: str,
    molecule: Molecule,
    others: Sequence[str],
    rng: random.Random,
    *,
    mixture: Mapping[Corruption, float] = MIXTURE,
) -> tuple[Corruption, str] | None:
    """Spoil the pattern of a tie.

    Args:
        pattern: SMARTS that is right.
        molecule: The molecule it is tied to.
        others: Patterns of other phrases.
        rng: Draws the kind of error and all that is chosen.
        mixture: Weight of each kind.

    Returns:
        The kind and the wrong pattern; None where no kind can spoil this tie.
    """
    tie = Tie(pattern, molecule, _places(molecule, pattern), tuple(sorted({o for o in others if o != pattern})))
    left = {kind: weight for kind, weight in mixture.items() if weight > 0}
    while left:
        kind = rng.choices(list(left), weights=list(left.values()))[0]
        wrong = _WAYS[kind](tie, rng)
        if wrong is not None and wrong != pattern:
            return kind, wrong
        del left[kind]
    return None


def _places(molecule: Molecule, pattern: str) -> tuple[tuple[int, ...], ...]:
    try:
        found = find(molecule, pattern)
    except InputError:  # unreadable, or a search that was given up: nothing of the molecule can be taken from it
        return ()
    return () if found is None else found.atoms


def _fabricated(tie: Tie, rng: random.Random) -> str | None:
    groups = fabricated_groups()
    for group in rng.sample(groups, min(TRIES, len(groups))):
        if _is_absent(tie.molecule, group):
            return group
    return None


@lru_cache(maxsize=1)
def fabricated_groups() -> tuple[str, ...]:
    """Groups that a model may make up: the lexicon's, written as SMILES, without those of a single atom."""
    written = {
        written_as_smiles(p) for entry in load_lexicon().classes if entry.scope == "part" for p in entry.patterns
    }
    return tuple(sorted(text for text in written if text is not None and 1 < _size(text) <= MOST_ATOMS))


def _size(text: str) -> int:
    try:
        return int(read_pattern(text).query.GetNumAtoms())
    except InputError:  # a charge or an element that SMARTS reads otherwise; such a group is not used
        return 0


def _is_absent(molecule: Molecule, pattern: str) -> bool:
    try:
        return find(molecule, pattern, smiles_too=True) is None
    except MatchTimeoutError:  # not known, so not said
        return False


def _neighbour(tie: Tie, rng: random.Random) -> str | None:
    return rng.choice(tie.others) if tie.others else None


def _wrong_atoms(tie: Tie, rng: random.Random) -> str | None:
    if not tie.hits:
        return None
    right = {atom for hit in tie.hits for atom in hit}
    size = len(tie.hits[0])
    starts = [atom.GetIdx() for atom in tie.molecule.mol.GetAtoms() if atom.GetIdx() not in right]
    for start in rng.sample(starts, min(TRIES, len(starts))):
        piece = _grown(tie.molecule.mol, start, size, rng)
        if len(piece) == size and 2 * len(piece & right) <= size:
            pattern = _smarts(tie.molecule.mol, piece)
            # A piece of other atoms may spell the same group; then nothing would be wrong.
            if not _same_atoms(tie, pattern):
                return pattern
    return None


def _wrong_position(tie: Tie, rng: random.Random) -> str | None:
    if not tie.hits:
        return None
    mol, group = tie.molecule.mol, set(tie.hits[0])
    moves = [
        (ring_atom, other, outside.GetIdx())
        for ring in mol.GetRingInfo().AtomRings()
        for ring_atom in ring
        if ring_atom in group
        for outside in mol.GetAtomWithIdx(ring_atom).GetNeighbors()
        if outside.GetIdx() in group and not outside.IsInRing()
        for other in ring
        if other in group and other != ring_atom and mol.GetAtomWithIdx(other).GetTotalNumHs() > 0
    ]
    for here, there, substituent in rng.sample(moves, min(TRIES, len(moves))):
        moved = Chem.RWMol(mol)
        order = moved.GetBondBetweenAtoms(here, substituent).GetBondType()
        moved.RemoveBond(here, substituent)
        moved.AddBond(there, substituent, order)
        pattern = _smarts(moved, group)
        if _is_absent(tie.molecule, pattern):
            return pattern
    return None


def _over_general(tie: Tie, rng: random.Random) -> str | None:
    size = len(tie.hits[0]) if tie.hits else 0
    if size > 1 and rng.random() < 0.5:
        start = rng.choice(tie.hits[0])
        piece = _grown(tie.molecule.mol, start, rng.randint(1, size // 2), rng, within=set(tie.hits[0]))
        return _smarts(tie.molecule.mol, piece)
    fitting = [p for p in GENERAL if p != tie.pattern and _places(tie.molecule, p)]
    return rng.choice(fitting) if fitting else None


_WAYS: Mapping[Corruption, Callable[[Tie, random.Random], str | None]] = {
    Corruption.FABRICATED: _fabricated,
    Corruption.NEIGHBOUR: _neighbour,
    Corruption.WRONG_ATOMS: _wrong_atoms,
    Corruption.WRONG_POSITION: _wrong_position,
    Corruption.OVER_GENERAL: _over_general,
}


def _grown(mol: Chem.Mol, start: int, size: int, rng: random.Random, *, within: set[int] | None = None) -> set[int]:
    """Grow a joined piece from an atom, at random; smaller than `size` where there is no more."""
    piece, edge = {start}, {start}
    while len(piece) < size:
        edge = {
            near.GetIdx()
            for atom in piece
            for near in mol.GetAtomWithIdx(atom).GetNeighbors()
            if near.GetIdx() not in piece and (within is None or near.GetIdx() in within)
        }
        if not edge:
            break
        piece.add(rng.choice(sorted(edge)))
    return piece


def _smarts(mol: Chem.Mol, atoms: set[int]) -> str:
    with quiet_rdkit():
        return str(Chem.MolFragmentToSmarts(mol, sorted(atoms), isomericSmarts=False))


def _same_atoms(tie: Tie, pattern: str) -> bool:
    """Whether a pattern lights up half or more of what the right one does."""
    right = {atom for hit in tie.hits for atom in hit}
    lit = {atom for hit in _places(tie.molecule, pattern) for atom in hit}
    return 2 * len(lit & right) >= len(lit | right)
