"""Positions of rings by the numbers that names give them, and the rings of a steroid by their letters.

Numbers follow IUPAC's rules for the ring alone (P-25.2, P-25.3); a steroid's numbers and letters follow 3S-1. Of a ring
that may be numbered in more than one way (pyridine) every place that may bear the number is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule

Places = tuple[tuple[int, ...], ...]

_INDOLE = "1 2 3 3a 4 5 6 7 7a"
_QUINOLINE = "1 2 3 4 4a 5 6 7 8 8a"
_FIVE = "1 2 3 4 5"
_SIX = "1 2 3 4 5 6"
_NUMBERED: dict[str, tuple[str, str]] = {
    "indole": ("n1ccc2ccccc12", _INDOLE),
    "indazole": ("n1ncc2ccccc12", _INDOLE),
    "benzimidazole": ("[nX3]1cnc2ccccc12", _INDOLE),
    "benzofuran": ("o1ccc2ccccc12", _INDOLE),
    "benzothiophene": ("s1ccc2ccccc12", _INDOLE),
    "benzoxazole": ("o1cnc2ccccc12", _INDOLE),
    "benzothiazole": ("s1cnc2ccccc12", _INDOLE),
    "quinoline": ("n1cccc2ccccc12", _QUINOLINE),
    "isoquinoline": ("c1nccc2ccccc12", _QUINOLINE),
    "quinazoline": ("n1cncc2ccccc12", _QUINOLINE),
    "quinoxaline": ("n1ccnc2ccccc12", _QUINOLINE),
    "naphthalene": ("c1cccc2ccccc12", _QUINOLINE),
    "coumarin": ("o1c(=O)ccc2ccccc12", "1 2 - 3 4 4a 5 6 7 8 8a"),
    "chromone": ("o1ccc(=O)c2ccccc12", "1 2 3 4 - 4a 5 6 7 8 8a"),
    "purine": ("[#7]~1~[#6]~[#7]~[#6]~2~[#6](~[#6]~1)~[#7]~[#6]~[#7]~2", "1 2 3 4 5 6 7 8 9"),
    "pyridine": ("n1ccccc1", _SIX),
    "pyrimidine": ("n1cnccc1", _SIX),
    "pyrazine": ("n1ccncc1", _SIX),
    "pyridazine": ("n1ncccc1", _SIX),
    "pyrrole": ("n1cccc1", _FIVE),
    "furan": ("o1cccc1", _FIVE),
    "thiophene": ("s1cccc1", _FIVE),
    "imidazole": ("[nX3]1cncc1", _FIVE),
    "pyrazole": ("[nX3]1nccc1", _FIVE),
    "thiazole": ("s1cncc1", _FIVE),
    "oxazole": ("o1cncc1", _FIVE),
    "isoxazole": ("o1nccc1", _FIVE),
    "isothiazole": ("s1nccc1", _FIVE),
    "piperidine": ("[NX3]1[C;X4,X3][C;X4,X3][C;X4,X3][C;X4,X3][C;X4,X3]1", _SIX),
    "piperazine": ("[NX3]1[C;X4,X3][C;X4,X3][NX3][C;X4,X3][C;X4,X3]1", _SIX),
    "morpholine": ("O1[CX4][CX4][NX3][CX4][CX4]1", _SIX),
    "pyrrolidine": ("[NX3]1[C;X4,X3][C;X4,X3][C;X4,X3][C;X4,X3]1", _FIVE),
    "steroid": (
        "[#6]~1~[#6]~[#6]~[#6]~[#6]~2~[#6]~[#6]~[#6]~3~[#6]~4~[#6]~[#6]~[#6]~[#6]~4~[#6]~[#6]~[#6]~3~[#6]~1~2",
        "1 2 3 4 5 6 7 8 14 15 16 17 13 12 11 9 10",
    ),
}
"""Rings by name: SMARTS, and the number of each of its atoms, a dash for one that has none."""
_LETTERS = {
    "A": "1 2 3 4 5 10",
    "B": "5 6 7 8 9 10",
    "C": "8 9 11 12 13 14",
    "D": "13 14 15 16 17",
}
"""Rings of a steroid by the numbers of their atoms."""
_POSITION = re.compile(r"(?P<ring>[a-z]{5,14})-position-(?P<number>\d{1,2}a?)")
_RING = re.compile(r"steroid-ring-(?P<letter>[A-D])", re.IGNORECASE)


def is_numbered(ring: str) -> bool:
    """Whether the numbers of a ring's atoms are known, by its name in small letters."""
    return ring in _NUMBERED


@cache
def _query(ring: str) -> tuple[Chem.Mol, tuple[str, ...]]:
    smarts, numbers = _NUMBERED[ring]
    return Chem.MolFromSmarts(smarts), tuple(numbers.split())


def positions_of(ring: str, molecule: Molecule) -> dict[str, tuple[int, ...]]:
    """Find the atoms of each number of a ring: several where the ring may be numbered in more than one way.

    Args:
        ring: A name that `is_numbered`.
        molecule: Where it is looked for.
    """
    found: dict[str, dict[int, None]] = {}
    for numbering in numberings(ring, molecule):
        for atom, number in numbering.items():
            found.setdefault(number, {})[atom] = None
    return {number: tuple(sorted(atoms)) for number, atoms in found.items()}


def numberings(ring: str, molecule: Molecule) -> list[dict[int, str]]:
    """Number each ring of a name in every way that its name allows: the number of each of its atoms.

    Args:
        ring: A name that `is_numbered`.
        molecule: Where it is looked for.
    """
    query, numbers = _query(ring)
    hits = molecule.mol.GetSubstructMatches(query, uniquify=False, maxMatches=1_000)
    return [{atom: n for n, atom in zip(numbers, hit, strict=True) if n != "-"} for hit in hits]


def steroid_rings(molecule: Molecule) -> dict[str, tuple[int, ...]]:
    """Find the rings A to D of a steroid; empty where there is no such skeleton, or more than one."""
    numbers = positions_of("steroid", molecule)
    if not numbers or any(len(atoms) > 1 for atoms in numbers.values()):
        return {}
    return {letter: tuple(numbers[n][0] for n in told.split()) for letter, told in _LETTERS.items()}


def numbered_part(text: str) -> tuple[str, str, Callable[[Molecule], Places]] | None:
    """Read "indole-position-3" and "steroid-ring-A": a name, what is counted, and what finds the places.

    Args:
        text: The words of a part.
    """
    if (lettered := _RING.fullmatch(text)) is not None:
        letter = lettered["letter"].upper()

        def ring_of(molecule: Molecule) -> Places:
            ring = steroid_rings(molecule).get(letter)
            return (ring,) if ring else ()

        return f"ring {letter} of a steroid", f"ring {letter} of the steroid skeleton", ring_of
    found = _POSITION.fullmatch(text.casefold())
    if found is None or not is_numbered(found["ring"]):
        return None
    ring, number = found["ring"], found["number"]
    if number not in _query(ring)[1]:
        return None

    def position(molecule: Molecule) -> Places:
        return tuple((atom,) for atom in positions_of(ring, molecule).get(number, ()))

    return (
        f"position {number} of {ring}",
        f"atoms that may bear number {number} where the {ring} ring is numbered by itself",
        position,
    )
