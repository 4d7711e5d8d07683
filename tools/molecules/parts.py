"""The atoms and bonds of a molecule as lists.

RDKit's `GetAtoms()` and `GetBonds()` ask for the size before each atom, in Python: they take more than twice as long.
"""

from __future__ import annotations

from rdkit import Chem


def atoms_of(mol: Chem.Mol) -> list[Chem.Atom]:
    """List the atoms of a molecule or a query, by their 0-based index."""
    return list(map(mol.GetAtomWithIdx, range(mol.GetNumAtoms())))


def bonds_of(mol: Chem.Mol) -> list[Chem.Bond]:
    """List the bonds of a molecule or a query, by their 0-based index."""
    return list(map(mol.GetBondWithIdx, range(mol.GetNumBonds())))
