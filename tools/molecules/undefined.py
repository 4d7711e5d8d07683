"""Configurations that a molecule leaves open where a pattern states them."""

from __future__ import annotations

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import read_pattern


def is_undefined(molecule: Molecule, pattern: str) -> bool:
    """Whether the pattern's configuration contradicts no centre or double bond that the molecule defines.

    True only where the molecule leaves at least one of them open.
    """
    query = read_pattern(pattern).query
    flat = Chem.SubstructMatchParameters()
    flat.uniquify, flat.maxMatches = False, 256
    strict = Chem.SubstructMatchParameters()
    strict.useChirality, strict.maxMatches = True, 64
    for hit in molecule.mol.GetSubstructMatches(query, flat):
        loose = Chem.RWMol(query)
        opened = False
        for atom in loose.GetAtoms():
            there = molecule.mol.GetAtomWithIdx(hit[atom.GetIdx()])
            open_there = there.GetChiralTag() is Chem.ChiralType.CHI_UNSPECIFIED
            if atom.GetChiralTag() is not Chem.ChiralType.CHI_UNSPECIFIED and open_there:
                atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
                opened = True
        for bond in query.GetBonds():
            if bond.GetStereo() in (Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY):
                continue
            ends = hit[bond.GetBeginAtomIdx()], hit[bond.GetEndAtomIdx()]
            there = molecule.mol.GetBondBetweenAtoms(*ends)
            if there is not None and there.GetStereo() in (Chem.BondStereo.STEREONONE, Chem.BondStereo.STEREOANY):
                loose.GetBondWithIdx(bond.GetIdx()).SetStereo(Chem.BondStereo.STEREONONE)
                opened = True
        if opened and any(set(other) == set(hit) for other in molecule.mol.GetSubstructMatches(loose.GetMol(), strict)):
            return True
    return False
