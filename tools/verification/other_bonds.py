"""Whether a named part that is there with other bonds is there at all: what no tautomer and no hydrogenation explains.

A name is read as one drawing of its bonds, and a molecule may have another: aromatic rings drawn in their Kekulé forms,
indicated hydrogen, tautomers. An open chain has only one: a double bond elsewhere in it, an oxo group that is an ether
oxygen, or a methyl group that goes on as a chain is another compound.
"""

from __future__ import annotations

from collections.abc import Sequence

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import read_pattern

MAX_LAYINGS = 256
"""Most ways of laying a part over a molecule that are looked at; where there are more, nothing is decided."""
_ORDERS = {Chem.BondType.SINGLE: 1, Chem.BondType.DOUBLE: 2, Chem.BondType.TRIPLE: 3}


def may_have_other_bonds(molecule: Molecule, pattern: str, *, group: bool) -> bool:
    """Tell whether a part lies somewhere with bonds that may be drawn as they are in the molecule.

    Args:
        molecule: The molecule.
        pattern: SMARTS of a name's structure (`molreflect.tools.names.patterns`), which is not in it as it stands.
        group: Whether it is a group with one free valence, whose hydrogens outside rings and whose rings are its own.

    Returns:
        False where its atoms do not lie anywhere, or wherever they lie a bond or an end contradicts.
    """
    read = read_pattern(pattern)
    query = Chem.Mol(read.query)
    Chem.FastFindRings(query)
    mol = molecule.mol
    parameters = Chem.SubstructMatchParameters()
    parameters.uniquify, parameters.maxMatches = False, MAX_LAYINGS
    layings = mol.GetSubstructMatches(_any_bonds(query) if group else read.skeleton, parameters)
    return len(layings) == MAX_LAYINGS or any(not _contradicts(mol, query, laying) for laying in layings)


def _any_bonds(query: Chem.Mol) -> Chem.Mol:
    """Copy a query with its atoms as they are and bonds of any kind."""
    copy = Chem.RWMol(query)
    any_bond = Chem.BondFromSmarts("~")
    for bond in query.GetBonds():
        copy.ReplaceBond(bond.GetIdx(), any_bond)
    return copy.GetMol()


def _contradicts(mol: Chem.Mol, query: Chem.Mol, laying: Sequence[int]) -> bool:
    """Whether a bond of a laid part can only be drawn in one way, and the molecule has another there."""
    ring_bonds: list[tuple[int, int]] = []
    for bond in query.GetBonds():
        own = _ORDERS.get(bond.GetBondType()) if bond.GetSmarts() in ("-", "=", "#", "", "/", "\\") else None
        begin, end = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        there = mol.GetBondBetweenAtoms(laying[begin], laying[end])
        order = _ORDERS.get(there.GetBondType())
        if own is None or order is None:
            continue
        ends = [mol.GetAtomWithIdx(laying[i]) for i in (begin, end)]
        if bond.IsInRing() or there.IsInRing():
            if all(atom.GetAtomicNum() == 6 for atom in ends):
                ring_bonds.append((own, order))
            continue
        if own != order and all(atom.GetAtomicNum() == 6 for atom in ends):
            return True
        lone = [atom for i, atom in zip((begin, end), ends, strict=True) if query.GetAtomWithIdx(i).GetDegree() == 1]
        if own == 2 and order == 1 and any(atom.GetAtomicNum() in (8, 16) and atom.GetDegree() > 1 for atom in lone):
            return True  # an ether's oxygen is the oxo group of no tautomer
    moved = any(own != order for own, order in ring_bonds)
    return moved and sum(own for own, _ in ring_bonds) == sum(order for _, order in ring_bonds)
