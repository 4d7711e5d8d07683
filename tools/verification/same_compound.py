"""Whether two molecules are one compound: but for protonation, for stereochemistry, or for mobile hydrogens."""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molreflect.tools.molecules.configuration import Configuration, compare_configuration
from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.write import uncharge, write_inchi
from molreflect.tools.names.structures import NamedStructure
from molreflect.tools.names.sugars import open_form

NO_TAG = Chem.ChiralType.CHI_UNSPECIFIED
_CHARGE_OR_PROTON = re.compile(r"[+-]|\[\d*(?:H|#1)[\]:]")
"""In SMILES: without either, there is nothing to take away."""


@lru_cache(maxsize=4_096)
def neutral_key(smiles: str, stereo: bool) -> str:
    """Canonical text of the uncharged form; the same for all protonation states that RDKit can neutralise."""
    mol = read_molecule(smiles).neutral
    if _CHARGE_OR_PROTON.search(smiles):
        copy = Chem.RWMol(mol)
        for atom in reversed(list(copy.GetAtoms())):
            if atom.GetAtomicNum() == 1 and atom.GetDegree() == 0 and copy.GetNumAtoms() > 1:
                copy.RemoveAtom(atom.GetIdx())  # "[H+]" written beside an anion: neutralising gives the proton back
        mol = uncharge(copy.GetMol())
    return str(Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(mol)) or mol, isomericSmiles=stereo))


@lru_cache(maxsize=4_096)
def connectivity(smiles: str) -> str:
    """InChI of the uncharged form without stereo: mobile hydrogens of standard InChI are not told apart."""
    mol = Chem.MolFromSmiles(neutral_key(smiles, False))
    return write_inchi(mol) if mol is not None else ""


@lru_cache(maxsize=4_096)
def stereo_key(smiles: str) -> str:
    """Standard InChI of the uncharged form (so that the drawn tautomer does not matter), else canonical SMILES."""
    text = neutral_key(smiles, True)
    return write_inchi(Chem.MolFromSmiles(text)) or text


def is_same(left: Molecule, right: Molecule) -> bool:
    """The same compound but for protonation, stereochemistry included."""
    return neutral_key(left.smiles, True) == neutral_key(right.smiles, True)


def has_same_graph(left: Molecule, right: Molecule) -> bool:
    """Whether two molecules differ in stereochemistry, protons and mobile hydrogens at most."""
    if neutral_key(left.smiles, False) == neutral_key(right.smiles, False):
        return True
    return bool(connectivity(left.smiles)) and connectivity(left.smiles) == connectivity(right.smiles)


def _flavylium(molecule: Molecule) -> bool:
    return any(
        a.GetAtomicNum() == 8 and a.GetFormalCharge() == 1 and a.GetIsAromatic() for a in atoms_of(molecule.neutral)
    )


def agrees_without_stereo(molecule: Molecule, named: NamedStructure, other: Molecule) -> tuple[bool, str]:
    """Whether the two agree as far as the name goes, and what to say about it."""
    flat = neutral_key(molecule.smiles, False) == neutral_key(other.smiles, False)
    tautomers = (
        not flat
        and bool(connectivity(molecule.smiles))
        and (connectivity(molecule.smiles) == connectivity(other.smiles))
    )
    if not (flat or tautomers) and (_flavylium(molecule) or _flavylium(other)):
        # The quinoid base of an anthocyanidin has its hydrogens and bonds elsewhere: atoms and connections must agree.
        tautomers = connectivity(molecule.smiles).split("/h")[0] == connectivity(other.smiles).split("/h")[0] != ""
    if not (flat or tautomers):
        return False, ""
    note = "compared as tautomers, stereochemistry left aside" if tautomers else "compared without stereochemistry"
    if named.stereo and flat and _contradicting_stereo(molecule, other):
        return False, ", and the stereochemistry is another"
    return True, note + ("" if named.stereo else ", which the name does not give")


def _contradicting_stereo(molecule: Molecule, other: Molecule) -> bool:
    """Whether both give stereochemistry and disagree where both do."""
    left = Chem.MolFromSmiles(neutral_key(molecule.smiles, True))
    right = Chem.MolFromSmiles(neutral_key(other.smiles, True))
    return compare_configuration(left, right) is Configuration.CONTRADICTS


def same_as_ring_or_chain(molecule: Molecule, other: Molecule) -> bool | None:
    """Whether two sugars differ in being drawn as a ring and as a chain only.

    Returns:
        None where they are no such pair; False where they are, but in another configuration.
    """
    left, right = neutral_key(molecule.smiles, True), neutral_key(other.smiles, True)
    opened = open_form(left), open_form(right)
    if (opened[0] == left) == (opened[1] == right) and _hemiacetals(left) == _hemiacetals(right):
        return None  # two rings may be two anomers
    if neutral_key(opened[0], False) != neutral_key(opened[1], False):
        return None
    chains = Chem.MolFromSmiles(opened[0]), Chem.MolFromSmiles(opened[1])
    return compare_configuration(*chains) is not Configuration.CONTRADICTS


def _hemiacetals(smiles: str) -> int:
    """Count the rings that opening a sugar takes away."""
    bonds = [int(Chem.MolFromSmiles(text).GetNumBonds()) for text in (smiles, open_form(smiles))]
    return bonds[0] - bonds[1]


@lru_cache(maxsize=4_096)
def skeleton_key(smiles: str) -> tuple[str, int]:
    """Elements and connections of the uncharged form, and its number of hydrogens: the same for all tautomers."""
    mol = Chem.RWMol(Chem.MolFromSmiles(neutral_key(smiles, False)))
    hydrogens = sum(atom.GetTotalNumHs() for atom in atoms_of(mol))
    charge = Chem.GetFormalCharge(mol)  # what neutralising could not take away
    for bond in bonds_of(mol):
        bond.SetBondType(Chem.BondType.SINGLE)
        bond.SetIsAromatic(False)
    for atom in atoms_of(mol):
        atom.SetIsAromatic(False)
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(0)
        atom.SetNumRadicalElectrons(0)
    return str(Chem.MolToSmiles(mol, isomericSmiles=False)), hydrogens - charge


def formula_of(molecule: Molecule) -> str:
    """Molecular formula in Hill order, with the charge."""
    return str(rdMolDescriptors.CalcMolFormula(molecule.mol))
