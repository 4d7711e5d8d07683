"""Writing molecules, and forms of them, without touching the molecule that came in."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from rdkit import Chem

from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule, quiet_rdkit


def fragment_smiles(molecule: Molecule, atoms: tuple[int, ...]) -> str:
    """Write some atoms of a molecule as SMILES, as they stand in it.

    Args:
        molecule: The molecule.
        atoms: 0-based atom indices; order does not matter.

    Returns:
        Canonical fragment SMILES. Open valences are not filled: a cut ring may be readable as SMARTS only.
    """
    return _fragment_smiles(molecule, tuple(sorted(set(atoms))))


@lru_cache(maxsize=WITH_MOLECULES)
def _fragment_smiles(molecule: Molecule, atoms: tuple[int, ...]) -> str:
    """Write atoms in ascending order; what several phrases of a caption mean, and each round again, is written once."""
    return str(Chem.MolFragmentToSmiles(molecule.mol, atomsToUse=atoms, canonical=True))


def attached_fragment_smiles(molecule: Molecule, atoms: tuple[int, ...]) -> str:
    """Write some atoms of a molecule as SMILES, with a `*` for every atom that they are bonded to.

    So a hydroxy group is `*O` and an oxo group `*=O`, where both are `O` without; a methyl ester is `*C(=O)OC`. Read as
    SMARTS it matches where it was cut, since `*` is any atom.

    Args:
        molecule: The molecule.
        atoms: 0-based atom indices; order does not matter.

    Returns:
        Canonical fragment SMILES; an atom that two of them are bonded to is one `*`, as in `*1CC1` of a three-ring.
    """
    inside = set(atoms)
    cut = Chem.RWMol(molecule.mol)
    bonds = [bond for bond in cut.GetBonds() if inside & {bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()}]
    ends = {end for bond in bonds for end in (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())} - inside
    for end in ends:
        atom = cut.GetAtomWithIdx(end)
        atom.SetAtomicNum(0)
        atom.SetFormalCharge(0)
        atom.SetIsotope(0)
        atom.SetNumRadicalElectrons(0)
        atom.SetNumExplicitHs(0)
        atom.SetNoImplicit(True)
        atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    return str(
        Chem.MolFragmentToSmiles(
            cut, atomsToUse=sorted(inside | ends), bondsToUse=[bond.GetIdx() for bond in bonds], canonical=True
        )
    )


def atoms_smarts(molecule: Molecule, atoms: tuple[int, ...]) -> str:
    """Write some atoms of a molecule as SMARTS that says what they are: element, neighbours, charge, and hydrogens of
    all but carbon.

    A carboxy group is `[CX3](=[OX1H0])-[OX2H1]`. It matches where it was cut, and wherever such atoms are bonded so;
    stereochemistry is not said.

    Args:
        molecule: The molecule.
        atoms: 0-based atom indices; order does not matter.
    """
    mol = molecule.mol
    bonds = {
        Chem.BondType.SINGLE: "-",
        Chem.BondType.DOUBLE: "=",
        Chem.BondType.TRIPLE: "#",
        Chem.BondType.AROMATIC: ":",
    }
    return str(
        Chem.MolFragmentToSmiles(
            mol,
            atomsToUse=sorted(set(atoms)),
            atomSymbols=[_atom_smarts(atom) for atom in mol.GetAtoms()],
            bondSymbols=[bonds.get(bond.GetBondType(), "~") for bond in mol.GetBonds()],
            isomericSmiles=False,
            canonical=True,
        )
    )


def _atom_smarts(atom: Chem.Atom) -> str:
    symbol = atom.GetSymbol().lower() if atom.GetIsAromatic() else atom.GetSymbol()
    hydrogens = "" if atom.GetAtomicNum() == 6 else f"H{atom.GetTotalNumHs()}"
    charge = f"{atom.GetFormalCharge():+d}" if atom.GetFormalCharge() else ""
    return f"[{symbol}X{atom.GetTotalDegree()}{hydrogens}{charge}]"


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
