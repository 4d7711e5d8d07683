"""Where the atoms of a drawing lie: two-dimensional coordinates without clashes, and how many phrases share a place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rdkit import Chem
from rdkit.Chem import rdCoordGen, rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from molreflect.tools.molecules.parts import bonds_of
from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.views.skeletons import BOND, on_skeletons

MACROCYCLE = 12
"""Atoms of the smallest ring that is no longer drawn as a regular polygon."""
MAX_COORDGEN_ATOMS = 160
"""Heavy atoms of the largest molecule that CoordGen lays out: its time grows with the square and more."""
CLOSE = 0.42
"""Distance below which two atoms that share no bond clash, in bond lengths."""
TIGHT = 0.7
"""Distance below which two such atoms count as a quarter of a clash: their halos run into one another."""
SHORT = 0.45
"""Length below which a bond counts as three clashes, in bond lengths; templates of bridges have some at one half."""
APART = 1.3
"""Distance that is kept between atoms of different components, in bond lengths."""
FUSED = 3
"""Fused rings from which a molecule is turned the way chemists draw it."""
SLIGHT = 0.5
"""Below this, rings neither rise nor fall: nothing is turned for the sake of a rounding."""


def bonded_pairs(mol: Chem.Mol) -> list[tuple[int, int]]:
    """List the atoms of every bond, by its number."""
    return [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in bonds_of(mol)]


def laid_out(molecule: Molecule) -> Chem.Mol:
    """Copy a molecule for drawing, Kekulé, with coordinates and wedges; atom indices stay.

    Ring systems take RDKit's templates, which have most bridged ones. Macrocycles, and whatever still has atoms on one
    another or bonds that cross, are tried in other ways as well: RDKit's sampling of the bonds that turn, and
    CoordGen. The layout with the fewest clashes is taken; CoordGen's of macrocycles where it is as good. Where even
    that one clashes, the skeletons of `skeletons` are tried.
    """
    plain = Chem.Mol(molecule.mol)
    large = any(len(ring) >= MACROCYCLE for ring in plain.GetRingInfo().AtomRings())
    with quiet_rdkit():
        best = _templates(plain)
        fewest = clashes(best)
        if fewest:
            other = _sampled(plain)
            if (found := clashes(other)) < fewest:
                best, fewest = other, found
        if (fewest or large) and plain.GetNumAtoms() <= MAX_COORDGEN_ATOMS:
            other = _coordgen(plain)
            if (found := clashes(other)) < fewest or (large and found == fewest):
                best, fewest = other, found
        known = min(on_skeletons(plain), key=clashes, default=None) if fewest >= 1 else None
        if known is not None and clashes(known) < fewest:
            best = known  # stands as it is usually drawn
        else:
            _turn(best)
        _part_components(best)
        return rdMolDraw2D.PrepareMolForDrawing(best, kekulize=True, addChiralHs=False)


def _templates(plain: Chem.Mol) -> Chem.Mol:
    mol = Chem.Mol(plain)
    rdDepictor.Compute2DCoords(mol, useRingTemplates=True)
    rdDepictor.StraightenDepiction(mol)
    return mol


def _sampled(plain: Chem.Mol) -> Chem.Mol:
    mol = Chem.Mol(plain)
    rdDepictor.Compute2DCoords(
        mol, useRingTemplates=True, nFlipsPerSample=3, nSample=100, sampleSeed=7, permuteDeg4Nodes=True
    )
    rdDepictor.StraightenDepiction(mol)
    return mol


def _coordgen(plain: Chem.Mol) -> Chem.Mol:
    mol = Chem.Mol(plain)
    rdCoordGen.AddCoords(mol)
    rdDepictor.NormalizeDepiction(mol)
    rdDepictor.StraightenDepiction(mol)
    return mol


def _turn(mol: Chem.Mol) -> None:
    """Turn and mirror fused rings as chemists draw them: rising from left to right, five-membered rings last.

    Carbon that stands where rings meet points up, as the methyl groups of a steroid do, whose ring A comes to lie lower
    left (IUPAC, Recommendations 1989, 3S-1.1). Wedges are set afterwards: a mirrored drawing is of the same molecule.
    """
    rings = mol.GetRingInfo()
    if sum(rings.IsRingFused(number) for number in range(rings.NumRings())) < FUSED:
        return
    points: NDArray[np.float64] = mol.GetConformer().GetPositions()[:, :2]
    fused = [ring for number, ring in enumerate(rings.AtomRings()) if rings.IsRingFused(number)]
    sizes = np.array([len(ring) for ring in fused])
    centre, offsets = _about(points, fused)
    if float((offsets[:, 0] * offsets[:, 1]).sum()) < -SLIGHT:
        points = centre + (points - centre) * (1, -1)
        centre, offsets = _about(points, fused)
    if float((offsets[:, 0] * (sizes - sizes.mean())).sum()) > SLIGHT:
        points = 2 * centre - points
        centre, offsets = _about(points, fused)
    axis = np.linalg.eigh(offsets.T @ offsets)[1][:, -1]
    axis = axis if axis[0] > 0 else -axis
    up = np.array([-axis[1], axis[0]])
    heights = (points - centre) @ up
    angular = [i for i in range(len(points)) if rings.NumAtomRings(i) > 1 and _bears(mol.GetAtomWithIdx(i))]
    if heights[angular].sum() < -SLIGHT:
        points = points - 2 * heights[:, None] * up
    for index, (x, y) in enumerate(points.tolist()):
        mol.GetConformer().SetAtomPosition(index, (x, y, 0.0))
    rdDepictor.StraightenDepiction(mol)


def _about(
    points: NDArray[np.float64], fused: Sequence[Sequence[int]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle of fused rings, and where their own middles are seen from it."""
    centres = np.array([points[list(ring)].mean(axis=0) for ring in fused])
    centre: NDArray[np.float64] = centres.mean(axis=0)
    return centre, centres - centre


def _bears(atom: Chem.Atom) -> bool:
    """Whether an atom of a ring bears carbon that is in none."""
    return any(not other.IsInRing() and other.GetAtomicNum() == 6 for other in atom.GetNeighbors())


def _part_components(mol: Chem.Mol) -> None:
    """Push ions and the like outward, away from the largest component, until no halo of one touches another."""
    parts = sorted(Chem.GetMolFrags(mol), key=len, reverse=True)
    if len(parts) < 2:
        return
    conformer = mol.GetConformer()
    points: NDArray[np.float64] = conformer.GetPositions()
    middle = points[list(parts[0])].mean(axis=0)
    placed = points[list(parts[0])]
    for part in parts[1:]:
        own = points[list(part)]
        way = own.mean(axis=0) - middle
        length = float(np.linalg.norm(way))
        step = (way / length if length > 0.1 else np.array([1.0, 0.0, 0.0])) * 0.25 * BOND
        while np.linalg.norm(own[:, None] - placed[None], axis=2).min() < APART * BOND:
            own = own + step
        placed = np.concatenate([placed, own])
        for index, point in zip(part, own, strict=True):
            conformer.SetAtomPosition(index, point.tolist())


def clashes(mol: Chem.Mol) -> float:
    """Count what makes a layout hard to read: atoms on one another, bonds that cross, bonds that are far too short."""
    points: NDArray[np.float64] = mol.GetConformer().GetPositions()[:, :2]
    count = len(points)
    if count < 2:
        return 0
    bonds = np.array(bonded_pairs(mol), dtype=int).reshape(-1, 2)
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    lengths = apart[bonds[:, 0], bonds[:, 1]]
    short = int((lengths < SHORT * BOND).sum())
    apart[bonds[:, 0], bonds[:, 1]] = apart[bonds[:, 1], bonds[:, 0]] = np.inf
    np.fill_diagonal(apart, np.inf)
    tight = apart[apart < TIGHT * BOND]  # every pair twice
    close = 0.75 * float((tight < CLOSE * BOND).sum() / 2) + 0.25 * len(tight) / 2
    middles = points[bonds].mean(axis=1)
    near = np.hypot(*(middles[:, None] - middles[None]).transpose(2, 0, 1)) <= max(lengths, default=0.0)
    first, second = np.nonzero(np.triu(near, 1))  # bonds that cross have their middles close together
    one, other = bonds[first], bonds[second]
    free = (one[:, :, None] != other[:, None, :]).all(axis=(1, 2))
    a, b = points[one[free, 0]], points[one[free, 1]]
    c, d = points[other[free, 0]], points[other[free, 1]]
    crossing = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
    return close + 3 * short + int(crossing.sum())


def _side(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> NDArray[np.float64]:
    """On which side of the line from `a` to `b` the point `c` lies, as a sign."""
    one, other = b - a, c - a
    side: NDArray[np.float64] = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return side


@dataclass(frozen=True, slots=True)
class Halo:
    """The ground of one phrase, in shares of the full width: 1 where it lies lowest, less where it lies on others."""

    number: int
    """Which phrase, 0-based."""
    atoms: tuple[tuple[int, float], ...]
    bonds: tuple[tuple[int, int, float], ...]


INNERMOST = 0.72
"""What the layers of one place share out: the topmost of many is little more than a quarter as wide as the lowest."""


def halos(mol: Chem.Mol, phrases: Sequence[Sequence[Sequence[int]]]) -> list[Halo]:
    """Lay the phrases on one another, the largest lowest, so that each one stays in sight at all of its atoms.

    Args:
        mol: The molecule.
        phrases: For every phrase its places, each a list of atoms. Only bonds within one place belong to it.

    Returns:
        The halos, lowest first.
    """
    pairs = bonded_pairs(mol)
    atoms = [sorted({i for place in places for i in place}) for places in phrases]
    bonds = []
    for places in phrases:
        sets = [frozenset(place) for place in places]
        within: set[tuple[int, int]] = set()
        for place in sets:
            within.update([pair for pair in pairs if pair[0] in place and pair[1] in place])
        bonds.append([pair for pair in pairs if pair in within])
    order = sorted(range(len(phrases)), key=lambda n: (-len(atoms[n]), n))
    share = [_shares(atoms, order), _shares(bonds, order)]
    return [
        Halo(
            n,
            tuple((i, share[0][n, i]) for i in atoms[n]),
            tuple((a, b, share[1][n, (a, b)]) for a, b in bonds[n]),
        )
        for n in order
    ]


def _shares(parts: Sequence[Sequence[object]], order: Sequence[int]) -> dict[tuple[int, object], float]:
    """How wide each phrase is at each of its atoms or bonds."""
    layers: dict[object, list[int]] = {}
    for n in order:
        for part in parts[n]:
            layers.setdefault(part, []).append(n)
    return {
        (n, part): 1 - INNERMOST * depth / len(numbers)
        for part, numbers in layers.items()
        for depth, n in enumerate(numbers)
    }
