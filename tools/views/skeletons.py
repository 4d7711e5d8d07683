"""Bridged ring systems as chemists draw them, where no general rule finds a readable drawing.

RDKit's templates have most bridged systems; these are what they lack, or draw with substituents on top of bonds. A
skeleton is only tried where every other layout clashes, and is taken where it clashes less.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rdkit import Chem
from rdkit.Chem import rdDepictor
from rdkit.Geometry import Point2D

BOND = 1.5
"""Length of a bond in the coordinates, as RDKit has it."""
MAX_WAYS = 48
"""Ways to put one skeleton on a molecule that are tried: a skeleton lies on itself in as many."""

Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Rings, as pairs of numbered atoms, and where each atom is drawn, in bond lengths."""

    name: str
    places: dict[int, Place]
    bonds: str
    """Chains of atoms by their numbers: `1 2 3, 3 1` is a triangle."""


_MORPHINAN: dict[int, Place] = {
    1: (0.0, 1.0),
    2: (-0.87, 0.5),
    3: (-0.87, -0.5),
    4: (0.0, -1.0),
    12: (0.87, -0.5),
    11: (0.87, 0.5),
    10: (1.73, 1.0),
    9: (2.6, 0.5),
    14: (2.6, -0.5),
    13: (1.73, -1.0),
    5: (1.73, -2.0),
    6: (2.6, -2.5),
    7: (3.46, -2.0),
    8: (3.46, -1.0),
    15: (2.55, -1.45),
    16: (3.8, -0.45),
    17: (3.75, 0.6),
}
_MORPHINAN_BONDS = "1 2 3 4 12 11 1, 11 10 9 14 13 12, 13 5 6 7 8 14, 13 15 16 17 9"

SKELETONS: tuple[Skeleton, ...] = (
    Skeleton(  # the two paths of two atoms one below the other, the bridge of one above both
        "norbornane",
        {
            1: (-1.1, 0.25),
            2: (-0.65, -0.9),
            3: (0.5, -0.9),
            4: (1.1, 0.25),
            5: (0.6, -0.2),
            6: (-0.4, -0.2),
            7: (-0.05, 0.95),
        },
        "1 2 3 4 5 6 1, 1 7 4",
    ),
    Skeleton("morphinan", _MORPHINAN, _MORPHINAN_BONDS),
    Skeleton("4,5-epoxymorphinan", _MORPHINAN | {18: (0.6, -2.0)}, _MORPHINAN_BONDS + ", 4 18 5"),
    Skeleton(  # numbered as strychnine: N4 and N9, O24
        "strychnidine",
        {
            1: (-2.23, 1.73),
            2: (-3.22, 1.83),
            3: (-3.81, 1.02),
            22: (-3.41, 0.11),
            5: (-2.41, 0.0),
            6: (-1.82, 0.81),
            7: (-0.87, 0.5),
            8: (-0.87, -0.5),
            9: (-1.78, -0.9),
            10: (-1.73, -2.0),
            11: (-0.87, -2.5),
            12: (0.0, -2.0),
            13: (0.0, -1.0),
            14: (0.87, -0.5),
            15: (0.83, 0.45),
            16: (0.0, 1.0),
            17: (-0.75, 1.6),
            18: (0.3, 2.15),
            4: (1.1, 1.4),
            20: (2.05, 0.5),
            21: (1.85, -0.75),
            25: (2.35, -1.8),
            23: (1.75, -2.6),
            24: (0.75, -2.65),
        },
        "1 2 3 22 5 6 1, 6 7 8 9 5, 9 10 11 12 13 8, 13 14 15 16 7, 7 17 18 4 16, 4 20 21 14, 21 25 23 24 12",
    ),
)


def on_skeletons(plain: Chem.Mol) -> list[Chem.Mol]:
    """Lay a molecule out on every skeleton it has, in every way that fits; without wedges, atom indices stay."""
    found = []
    for query, places in _queries():
        for match in plain.GetSubstructMatches(query, uniquify=False, maxMatches=MAX_WAYS):
            mol = Chem.Mol(plain)
            rdDepictor.Compute2DCoords(mol, coordMap=dict(zip(match, places, strict=True)))
            found.append(mol)
    return found


@lru_cache(maxsize=1)
def _queries() -> tuple[tuple[Chem.Mol, tuple[Point2D, ...]], ...]:
    return tuple(
        (_query(skeleton), tuple(Point2D(x * BOND, y * BOND) for x, y in skeleton.places.values()))
        for skeleton in SKELETONS
    )


def _query(skeleton: Skeleton) -> Chem.Mol:
    """The rings as a pattern of any atoms in rings, in the order of `places`."""
    ring = Chem.AtomFromSmarts("[R]")
    query = Chem.RWMol()
    numbers = {number: query.AddAtom(ring) for number in skeleton.places}
    for chain in skeleton.bonds.split(", "):
        atoms = [numbers[int(number)] for number in chain.split()]
        for first, second in pairwise(atoms):
            query.AddBond(first, second, Chem.BondType.SINGLE)
            query.ReplaceBond(query.GetNumBonds() - 1, Chem.BondFromSmarts("@"))
    return query.GetMol()
