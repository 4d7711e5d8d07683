"""Stereochemistry of a molecule: its centres and double bonds, and how two molecules stand to each other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

from molreflect.tools.facts.classes import is_chiral
from molreflect.tools.facts.configured import centres, stereo_bonds
from molreflect.tools.molecules.read import Molecule, quiet_rdkit
from molreflect.tools.molecules.write import mirror_image

MAX_ELEMENTS = 6
"""Centres and double bonds up to which stereoisomers are counted one by one; beyond, a bound is given."""


@dataclass(frozen=True, slots=True)
class Stereo:
    """The stereochemistry of a molecule as it is written."""

    centres: tuple[tuple[int, str], ...]
    """Atom (0-based) and CIP label of each tetrahedral centre: `R`, `S`, or `?` where it is left open."""
    bonds: tuple[tuple[tuple[int, int], str], ...]
    """Atoms and label of each double bond that can have one: `E`, `Z`, or `?`."""
    chiral: bool
    """Whether it differs from its mirror image; true where open centres leave that open."""
    why: str
    stereoisomers: int
    """How many stereoisomers the centres and bonds that are left open allow; 1 where all are stated."""
    of_constitution: int
    """How many stereoisomers the constitution has, whatever is stated."""
    exact: bool
    """Whether both were counted, meso forms once; else they are upper bounds."""
    cis_trans: tuple[str, ...] = ()
    """For each of `bonds`: `cis` or `trans` where both its atoms bear one hydrogen, else empty."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def stereo_of(molecule: Molecule) -> Stereo:
    """Describe the stereochemistry of a molecule. CIP labels are RDKit's."""
    found, bonds = tuple(centres(molecule)), tuple(stereo_bonds(molecule))
    chiral, why, _ = is_chiral(molecule)
    open_ones = sum(label == "?" for _, label in found) + sum(label == "?" for _, label in bonds)
    elements = len(found) + len(bonds)
    exact = elements <= MAX_ELEMENTS
    left, whole = (_count(molecule, stated) for stated in (True, False)) if exact else (2**open_ones, 2**elements)
    geometry = tuple(_cis_trans(molecule, ends, label) for ends, label in bonds)
    return Stereo(found, bonds, chiral, why, left, whole, exact, geometry)


def _count(molecule: Molecule, stated: bool) -> int:
    """Count stereoisomers, those with what is stated alone where `stated`; a meso form counts once."""
    options = StereoEnumerationOptions(unique=True, onlyUnassigned=stated, tryEmbedding=False)
    with quiet_rdkit():
        return len({Chem.MolToSmiles(isomer) for isomer in EnumerateStereoisomers(Chem.Mol(molecule.mol), options)})


def _cis_trans(molecule: Molecule, ends: tuple[int, int], label: str) -> str:
    plain = all(molecule.mol.GetAtomWithIdx(i).GetTotalNumHs(includeNeighbors=True) == 1 for i in ends)
    return {"E": "trans", "Z": "cis"}.get(label, "") if plain else ""


class Sameness(StrEnum):
    """How two molecules stand to each other."""

    SAME = "the same compound"
    ENANTIOMERS = "enantiomers"
    DIASTEREOMERS = "diastereomers"
    LESS_STATED = "the same constitution, with stereochemistry that only one of them states in full"
    PROTONATION = "the same compound but for its charge or protonation"
    ISOMERS = "constitutional isomers"
    DIFFERENT = "different compounds"


def compare_identity(a: Molecule, b: Molecule) -> Sameness:
    """Say how two molecules stand to each other, by canonical SMILES, mirror image and formula."""
    one, two = (Chem.MolToSmiles(m.mol) for m in (a, b))
    if one == two or (a.inchikey and a.inchikey == b.inchikey):
        return Sameness.SAME
    flat_one, flat_two = (Chem.MolToSmiles(m.mol, isomericSmiles=False) for m in (a, b))
    if flat_one == flat_two:
        if any(label == "?" for m in (a, b) for _, label in (*centres(m), *stereo_bonds(m))):
            return Sameness.LESS_STATED
        mirrored = Chem.MolToSmiles(mirror_image(a.mol))
        return Sameness.ENANTIOMERS if mirrored == two else Sameness.DIASTEREOMERS
    neutral = [Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(m.neutral)) or m.mol) for m in (a, b)]
    if neutral[0] == neutral[1]:
        return Sameness.PROTONATION
    return Sameness.ISOMERS if a.formula == b.formula else Sameness.DIFFERENT
