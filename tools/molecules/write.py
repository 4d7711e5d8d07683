"""Writing molecules, and forms of them, without touching the molecule that came in."""

from __future__ import annotations

from functools import cache
from typing import Any

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule, quiet_rdkit


def fragment_smiles(molecule: Molecule, atoms: tuple[int, ...]) -> str:
    """Write some atoms of a molecule as SMILES, as they stand in it.

    Args:
        molecule: The molecule.
        atoms: 0-based atom indices; order does not matter.

    Returns:
        Canonical fragment SMILES. Open valences are not filled: a cut ring may be readable as SMARTS only.
    """
    return str(Chem.MolFragmentToSmiles(molecule.mol, atomsToUse=sorted(set(atoms)), canonical=True))


def mirror_image(mol: Chem.Mol) -> Chem.Mol:
    """Turn every tetrahedral centre of a copy over; double-bond geometry stays."""
    copy = Chem.Mol(mol)
    for atom in copy.GetAtoms():
        atom.InvertChirality()
    Chem.AssignStereochemistry(copy, cleanIt=True, force=True)
    return copy


def uncharge(mol: Chem.Mol) -> Chem.Mol:
    """Give a copy its protons back as RDKit standardises molecules: charges that balance inside one molecule go first.

    For named structures, which are compared as wholes. Hits are looked for in `Molecule.neutral`, where every acid and
    base stands uncharged and every atom keeps its index.

    Source: RDKit `rdMolStandardize.Uncharger`.
    """
    with quiet_rdkit():
        return _uncharger().uncharge(mol)


def write_inchi(mol: Chem.Mol) -> str:
    """Write a molecule's standard InChI, empty where there is none; what InChI leaves out on the way is not told.

    Source: RDKit `Chem.MolToInchi`.
    """
    with quiet_rdkit():
        return str(Chem.MolToInchi(mol))


@cache
def _uncharger() -> Any:
    from rdkit.Chem.MolStandardize import rdMolStandardize

    return rdMolStandardize.Uncharger()  # made once: it reads patterns of its own, which takes as long as a molecule
