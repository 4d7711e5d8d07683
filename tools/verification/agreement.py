"""Whether a proposed pattern lies on the atoms that the phrase's own meaning lies on.

The atoms other than carbon must be the same; of the carbons the pattern may name a part, or a few more around them:
`[OX2H]c` is as good for a phenol as the whole ring. Skeletons of carbon alone are compared by their overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rdkit import Chem

SAME_ATOMS = 0.5
"""Least overlap (intersection over union) of two parts that consist of carbon alone, or were cut from the molecule."""
MANY_CARBONS = 10
"""Carbons of a skeleton that may be tied with what it bears."""
LEAST_SHARE = 1 / 6
"""Least share of a meaning's atoms that a pattern must name."""
RING_SHARE, RINGS_SHARE = 0.5, 0.75
"""The same for a heterocycle, and for one of several rings, of which a lone ring is another class."""
MAX_RING = 8
"""Atoms of a ring that counts as one thing with an atom of it."""
MAX_FAR = 1
"""Most carbons that are neither bound to the meaning's atoms nor in a ring with them."""

Atoms = frozenset[int]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the hits of a pattern lie to those of a meaning."""

    shared: tuple[tuple[int, ...], ...]
    """Hits that lie where the meaning lies."""
    extra: tuple[tuple[int, ...], ...]
    """Hits that do not."""
    touches: bool
    """Whether any hit has an atom in common with the meaning."""

    @property
    def holds(self) -> bool:
        """Whether all hits lie where the meaning lies."""
        return bool(self.shared) and not self.extra


def compare(
    mol: Chem.Mol,
    proposed: Sequence[tuple[int, ...]],
    meaning: Sequence[tuple[int, ...]],
    *,
    computed: bool = False,
    compound: bool = False,
    count: int | None = None,
) -> Agreement:
    """Compare the hits of a proposed pattern with those of a meaning of its phrase.

    Args:
        mol: The molecule.
        proposed: Hits of the proposed pattern, 0-based atom indices.
        meaning: Hits of the meaning's patterns.
        computed: The meaning was cut from the molecule, so that its outline is not exact.
        compound: The meaning is one compound, which no group that it has several times stands for.
        count: How many the phrase states, or 0 for a plural: one hit may then span as many places.
    """
    meant = [frozenset(hit) for hit in meaning]
    hits = [frozenset(hit) for hit in proposed]
    fits = [any(is_same(mol, hit, other, computed=computed) for other in meant) for hit in hits]
    for other in () if compound else meant:  # "triol" tied to the hydroxy group that is there three times
        inside = [n for n, hit in enumerate(hits) if not fits[n] and _hetero(mol, hit) and hit & other]
        inside = [n for n in inside if _hetero(mol, hits[n]) <= other]
        parts = [hits[n] for n in inside]
        union = frozenset().union(*parts)
        if len(parts) < 2 or len(union & other) <= SAME_ATOMS * len(other):
            continue  # two carbonyl groups are no quinone
        if _has_whole_ring(mol, other) and not any(_has_whole_ring(mol, part) for part in parts):
            continue  # nor are six carbinols an inositol
        if not (_apart(mol, parts) or _over_each_other(parts)):
            continue
        if is_same(mol, union, other, computed=computed):
            for n in inside:
                fits[n] = True
    for n, hit in enumerate(hits):  # "two hydroxy groups" tied to one pattern that has both
        spanned = [other for other in meant if _hetero(mol, other) and _hetero(mol, other) <= hit]
        if fits[n] or count is None or len(spanned) < 2 or (count and len(spanned) != count):
            continue
        fits[n] = is_same(mol, hit, frozenset().union(*spanned), computed=computed)
    everything = frozenset().union(*meant)
    return Agreement(
        tuple(hit for hit, fit in zip(proposed, fits, strict=True) if fit),
        tuple(hit for hit, fit in zip(proposed, fits, strict=True) if not fit),
        any(hit & everything for hit in hits),
    )


def is_same(mol: Chem.Mol, hit: Atoms, meant: Atoms, *, computed: bool = False) -> bool:
    """Whether one hit of a pattern is the part that one hit of a meaning is."""
    parts = [frozenset(part) for part in Chem.GetMolFrags(mol) if meant & set(part)]
    if len(parts) > 1 and not all(hit & part for part in parts):  # a salt: its counter-ion says it, the other part not
        return any(hit == part and _hetero(mol, part) == part for part in parts)
    overlap = len(hit & meant) / len(hit | meant)
    of_carbon = not _hetero(mol, meant)
    if _leaves_out_fused_ring(mol, hit, meant):
        return False  # a chlorobenzene is no chloronaphthalene
    if computed or (of_carbon and len(meant) >= MANY_CARBONS):
        return overlap >= SAME_ATOMS
    if of_carbon:
        anchor = meant < hit and len(hit) == len(meant) + 1  # "methyl" tied with the atom that it is bound to
        return anchor or (not _hetero(mol, hit) and overlap >= SAME_ATOMS)
    if _hetero(mol, hit) != _hetero(mol, meant) or len(hit & meant) < _least_share(mol, meant) * len(meant):
        return False
    return overlap >= SAME_ATOMS or len(hit - meant - _around(mol, meant)) <= MAX_FAR


def _hetero(mol: Chem.Mol, atoms: Atoms) -> Atoms:
    """Those of the atoms that are not carbon (of hydrogens, only isotopes and lone ones are atoms here)."""
    return frozenset(i for i in atoms if mol.GetAtomWithIdx(i).GetAtomicNum() != 6)


def _has_whole_ring(mol: Chem.Mol, atoms: Atoms) -> bool:
    """Whether all atoms of a ring are among these."""
    return any(atoms.issuperset(ring) for ring in mol.GetRingInfo().AtomRings())


def _leaves_out_fused_ring(mol: Chem.Mol, hit: Atoms, meant: Atoms) -> bool:
    """Whether a hit has one whole aromatic ring of a meaning and not the one that is fused to it."""
    rings = [ring for ring in map(frozenset, mol.GetRingInfo().AtomRings()) if ring <= meant]
    aromatic = [ring for ring in rings if all(mol.GetAtomWithIdx(i).GetIsAromatic() for i in ring)]
    named = [ring for ring in aromatic if ring <= hit]
    return any(len(ring & other) > 1 for ring in named for other in aromatic if not other <= hit)


def _least_share(mol: Chem.Mol, meant: Atoms) -> float:
    """Share of a meaning's atoms below which a pattern is another part."""
    rings = [ring for ring in mol.GetRingInfo().AtomRings() if meant.issuperset(ring)]
    in_rings = {i for ring in rings for i in ring}
    if not rings or not _hetero(mol, meant) <= in_rings:
        return LEAST_SHARE
    return RING_SHARE if len(rings) == 1 else RINGS_SHARE


def _around(mol: Chem.Mol, meant: Atoms) -> Atoms:
    """Atoms bound to a meaning's, and those in a ring with one of its carbons."""
    bound = {n.GetIdx() for i in meant for n in mol.GetAtomWithIdx(i).GetNeighbors()}
    carbons = meant - _hetero(mol, meant)
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings() if len(ring) <= MAX_RING and carbons & set(ring)]
    return frozenset(bound.union(*rings))


def _over_each_other(hits: Sequence[Atoms]) -> bool:
    """Whether hits are one place laid in several ways: each shares most of its atoms with the first."""
    return all(len(hits[0] & hit) > len(hit) / 2 for hit in hits)


def _apart(mol: Chem.Mol, hits: Sequence[Atoms]) -> bool:
    """Whether hits neither share atoms nor sit on one atom: the two oxygens of a carboxy group do."""
    seen: set[int] = set()
    for hit in hits:
        reach = {n.GetIdx() for i in _hetero(mol, hit) for n in mol.GetAtomWithIdx(i).GetNeighbors()} | hit
        if seen & reach:
            return False
        seen |= reach
    return True
