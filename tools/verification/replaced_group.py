"""Whether a molecule is a large compound of which one group at an end was replaced by another."""

from __future__ import annotations

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.write import uncharge
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.verification.changed_form import MAX_ATOMS, MAX_LAYINGS, any_bonds

MIN_WHOLE = 15
"""Heavy atoms of the smallest compound that is still the same parent with another group: such as drugs have."""
MAX_GROUP = 4
"""Heavy atoms of the largest group that was replaced."""


def has_group_replaced(molecule: Molecule, named: NamedStructure) -> bool:
    """Tell whether all of a compound but one group stands in a molecule, with another group in its place.

    Cefaclor is said to derive from cefalexin, whose methyl group is a chlorine in it. A compound whose group is only
    missing has not: there the molecule is a part of the compound.

    Args:
        molecule: The molecule.
        named: The compound; other than one whole structure gives False, and so does one of fewer than `MIN_WHOLE`.
    """
    form = uncharge(Chem.MolFromSmiles(named.smiles)) if named.kind == "molecule" and not named.ambiguous else None
    if form is None or not MIN_WHOLE <= form.GetNumHeavyAtoms() <= MAX_ATOMS:
        return False
    return any(_stands_replaced(molecule.neutral, form, *cut) for cut in _end_groups(form))


def _end_groups(form: Chem.Mol) -> list[tuple[int, frozenset[int]]]:
    """List the ring and heteroatoms that carry a carbon group at an end, each with the atoms of the group.

    What a chain ends in is no such group: a longer chain holds a shorter one that goes on otherwise.
    """
    found: list[tuple[int, frozenset[int]]] = []
    for bond in form.GetBonds():
        if bond.IsInRing() or bond.GetBondType() is not Chem.BondType.SINGLE:
            continue
        for kept, gone in ((bond.GetBeginAtom(), bond.GetEndAtom()), (bond.GetEndAtom(), bond.GetBeginAtom())):
            if not kept.IsInRing() and kept.GetAtomicNum() == 6:
                continue
            group = _beyond(gone, kept.GetIdx())
            if len(group) <= MAX_GROUP and all(form.GetAtomWithIdx(index).GetAtomicNum() == 6 for index in group):
                found.append((kept.GetIdx(), group))
    return found


def _beyond(start: Chem.Atom, before: int) -> frozenset[int]:
    """Collect the atoms on one side of a bond, `MAX_GROUP` and one more at most."""
    seen, open_ones = {start.GetIdx()}, [start]
    while open_ones and len(seen) <= MAX_GROUP:
        for atom in open_ones.pop().GetNeighbors():
            if atom.GetIdx() != before and atom.GetIdx() not in seen:
                seen.add(atom.GetIdx())
                open_ones.append(atom)
    return frozenset(seen)


def _stands_replaced(mol: Chem.Mol, form: Chem.Mol, carrier: int, group: frozenset[int]) -> bool:
    rest = Chem.RWMol(form)
    for index in sorted(group, reverse=True):
        for neighbour in rest.GetAtomWithIdx(index).GetNeighbors():
            neighbour.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        rest.RemoveAtom(index)
    place = carrier - sum(index < carrier for index in group)
    query = any_bonds(rest.GetMol())
    for laying in mol.GetSubstructMatches(query, uniquify=False, maxMatches=MAX_LAYINGS):
        inside = set(laying)
        if any(atom.GetIdx() not in inside for atom in mol.GetAtomWithIdx(laying[place]).GetNeighbors()):
            return True
    return False
