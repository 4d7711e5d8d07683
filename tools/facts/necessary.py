"""What whatever is of a class has, in the widest use of the word: enough to say no where patterns leave it open."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molreflect.tools.molecules.read import Molecule


@dataclass(frozen=True, slots=True)
class Need:
    """A condition that all members of some classes meet (`data/necessary.toml`)."""

    has: str
    """What they have, in words."""
    patterns: tuple[Chem.Mol, ...]
    """One of them occurs; empty where nothing is asked of patterns."""
    times: int
    """How often the first one occurs at least."""
    rings: int
    carbons: int
    skeleton: tuple[int, int] | None
    """Fewest and most carbons of the largest piece of carbons that are bound to each other."""

    def met_by(self, molecule: Molecule) -> bool:
        """Whether a molecule meets it."""
        mol = molecule.mol
        found = [mol.GetSubstructMatches(pattern, maxMatches=self.times) for pattern in self.patterns]
        if self.patterns and not (len(found[0]) >= self.times or (self.times == 1 and any(found))):
            return False
        if rdMolDescriptors.CalcNumRings(mol) < self.rings:
            return False
        if sum(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms()) < self.carbons:
            return False
        return self.skeleton is None or self.skeleton[0] <= largest_skeleton(mol) <= self.skeleton[1]


def lacks(name: str, molecule: Molecule) -> str:
    """Say what a molecule lacks that every member of a class has; empty where it lacks nothing known.

    Args:
        name: The class, in the singular.
        molecule: The molecule.
    """
    return next((need.has for need in _needs_of(name.casefold()) if not need.met_by(molecule)), "")


def largest_skeleton(mol: Chem.Mol) -> int:
    """Count the carbons of the largest piece of carbons that are bound to each other."""
    left = {atom.GetIdx() for atom in mol.GetAtoms() if atom.GetAtomicNum() == 6}
    largest = 0
    while left:
        piece, edge = set(), [left.pop()]
        while edge:
            atom = edge.pop()
            piece.add(atom)
            near = {n.GetIdx() for n in mol.GetAtomWithIdx(atom).GetNeighbors()} & left
            left -= near
            edge += near
        largest = max(largest, len(piece))
    return largest


def _needs_of(name: str) -> Iterator[Need]:
    if name.endswith((" derivative", " analogue", " group", " residue")):
        return
    for words, need in _table():
        if any(name == word or name.endswith(f" {word}") for word in words):
            yield need


@cache
def _table() -> tuple[tuple[tuple[str, ...], Need], ...]:
    text = files("molreflect.tools.facts").joinpath("data/necessary.toml").read_text(encoding="utf-8")
    return tuple(
        (
            tuple(entry["words"]),
            Need(
                entry["has"],
                tuple(Chem.MolFromSmarts(smarts) for smarts in entry.get("any", ())),
                int(entry.get("times", 1)),
                int(entry.get("rings", 0)),
                int(entry.get("carbons", 0)),
                tuple(entry["skeleton"]) if "skeleton" in entry else None,
            ),
        )
        for entry in tomllib.loads(text)["need"]
    )
