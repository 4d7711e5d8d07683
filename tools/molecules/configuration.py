"""Whether a molecule has a part in the configuration that a name states; an undefined centre contradicts nothing."""

from __future__ import annotations

from enum import StrEnum

from rdkit import Chem

from molreflect.tools.molecules.parts import atoms_of, bonds_of

MAX_LAYINGS = 64
"""Most ways of laying a part over the molecule that are compared."""
_CIS = (Chem.BondStereo.STEREOZ, Chem.BondStereo.STEREOCIS)
_TRANS = (Chem.BondStereo.STEREOE, Chem.BondStereo.STEREOTRANS)
_NO_TAG = Chem.ChiralType.CHI_UNSPECIFIED


class Configuration(StrEnum):
    """What a comparison of configurations found."""

    AGREES = "agrees"
    UNDEFINED = "undefined"
    """The molecule leaves open at least one centre or double bond that is stated, and contradicts none."""
    CONTRADICTS = "contradicts"
    ABSENT = "absent"
    """The part is not in the molecule, whatever its configuration."""


def compare_configuration(
    mol: Chem.Mol, part: Chem.Mol, most: int = MAX_LAYINGS, *, any_end: bool = False
) -> Configuration:
    """Compare a part's configuration with the molecule's, in the way of laying it over that fits best.

    Args:
        mol: The molecule, as a rule its uncharged form.
        part: A molecule read from SMILES, not from SMARTS; `*` is any atom, further substitution is allowed.
        most: Most ways of laying the part over the molecule that are compared.
        any_end: `*` on a ring may be a hydroxy group as well; without it, it is a glycosyl group's bond where it can.

    Source: RDKit `Mol.GetSubstructMatches` with `useChirality`.
    """
    params = Chem.AdjustQueryParameters.NoAdjustments()
    params.makeDummiesQueries = True
    query = Chem.AdjustQueryProperties(part, params)
    layings = mol.GetSubstructMatches(query, uniquify=False, maxMatches=most)
    wild = [atom.GetIdx() for atom in atoms_of(part) if atom.GetAtomicNum() == 0 and _is_on_ring(atom)]
    bound = [laying for laying in layings if not any(_is_hydroxy(mol.GetAtomWithIdx(laying[i])) for i in wild)]
    found = Configuration.ABSENT
    for laying in layings if any_end else bound or layings:
        one = _compare(mol, query, part, tuple(laying), most)
        if one is Configuration.AGREES:
            return one
        if found is not Configuration.UNDEFINED:
            found = one
    return found


def _is_on_ring(atom: Chem.Atom) -> bool:
    """Tell whether a free valence is a ring's, as of a glycosyl group; a peptide ends in an acyl group with hydroxy."""
    return any(n.IsInRing() and not n.GetIsAromatic() for n in atom.GetNeighbors())


def _is_hydroxy(atom: Chem.Atom) -> bool:
    """Tell whether an atom ends where it is: a sugar's own anomeric hydroxy group makes no glycosyl group of it."""
    return bool(atom.GetAtomicNum() == 8 and atom.GetDegree() == 1)


def _compare(mol: Chem.Mol, query: Chem.Mol, part: Chem.Mol, laying: tuple[int, ...], most: int) -> Configuration:
    bonds = [_geometry(mol, bond, laying) for bond in bonds_of(part) if bond.GetStereo() in _CIS + _TRANS]
    if False in bonds:
        return Configuration.CONTRADICTS
    loose = Chem.RWMol(query)
    undefined = None in bonds
    for bond in bonds_of(loose):
        bond.SetStereo(Chem.BondStereo.STEREONONE)
    for atom in atoms_of(loose):
        if atom.GetChiralTag() != _NO_TAG and mol.GetAtomWithIdx(laying[atom.GetIdx()]).GetChiralTag() == _NO_TAG:
            atom.SetChiralTag(_NO_TAG)
            undefined = True
    if _is_laid(mol, loose, laying, most):
        return Configuration.UNDEFINED if undefined else Configuration.AGREES
    # Where a hydrogen was replaced, the neighbours rank otherwise: a descriptor of the part may mean either.
    substituted = [a for a in atoms_of(loose) if a.GetChiralTag() != _NO_TAG and _lost_hydrogen(mol, part, a, laying)]
    for atom in substituted:
        atom.SetChiralTag(_NO_TAG)
    return Configuration.UNDEFINED if substituted and _is_laid(mol, loose, laying, most) else Configuration.CONTRADICTS


def _lost_hydrogen(mol: Chem.Mol, part: Chem.Mol, atom: Chem.Atom, laying: tuple[int, ...]) -> bool:
    """Tell whether a hydrogen atom of a part's centre is replaced in the molecule."""
    own = part.GetAtomWithIdx(atom.GetIdx()).GetTotalNumHs()
    return bool(own > mol.GetAtomWithIdx(laying[atom.GetIdx()]).GetTotalNumHs())


def _is_laid(mol: Chem.Mol, query: Chem.RWMol, laying: tuple[int, ...], most: int) -> bool:
    """Tell whether a part fits on these very atoms with the centres it has left."""
    if all(atom.GetChiralTag() == _NO_TAG for atom in atoms_of(query)):
        return True
    params = Chem.SubstructMatchParameters()
    params.useChirality = True
    params.uniquify = False
    params.maxMatches = most
    return laying in {tuple(hit) for hit in mol.GetSubstructMatches(query.GetMol(), params)}


def _geometry(mol: Chem.Mol, stated: Chem.Bond, laying: tuple[int, ...]) -> bool | None:
    """Tell whether a double bond has the stated geometry; None where the molecule leaves it open."""
    bond = mol.GetBondBetweenAtoms(laying[stated.GetBeginAtomIdx()], laying[stated.GetEndAtomIdx()])
    if bond is None or bond.GetStereo() not in _CIS + _TRANS:
        return None
    here = set(bond.GetStereoAtoms())
    crossed = sum(laying[index] not in here for index in stated.GetStereoAtoms())
    same = (bond.GetStereo() in _CIS) == (stated.GetStereo() in _CIS)
    return same == (crossed % 2 == 0)
