"""The tautomers that drawings put in each other's place: imidic acids and amides."""

from __future__ import annotations

from functools import lru_cache

from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule, quiet_rdkit, read_molecule

_IMIDIC = Chem.MolFromSmarts("[OX2H1,SX2H1,OX1-,SX1-][CX3]=[NX2]")
_MAX_REDRAWN = 400


def amide_form(molecule: Molecule) -> Molecule | None:
    """Redraw every imidic acid, RC(OH)=NR, and its sulfur analogue as the amide, RC(=O)NHR, in open chains and rings.

    Returns:
        The molecule drawn so; None where it holds no imidic acid, or none that can be redrawn.
    """
    return _amide_form(molecule.smiles) if molecule.mol.HasSubstructMatch(_IMIDIC) else None


@lru_cache(maxsize=WITH_MOLECULES)
def _amide_form(smiles: str) -> Molecule | None:
    with quiet_rdkit():
        mol = Chem.RWMol(Chem.MolFromSmiles(smiles))
        redrawn = 0
        for acid, carbon, nitrogen in mol.GetSubstructMatches(_IMIDIC, maxMatches=_MAX_REDRAWN):
            double, single = mol.GetBondBetweenAtoms(carbon, nitrogen), mol.GetBondBetweenAtoms(acid, carbon)
            if double.GetBondType() != Chem.BondType.DOUBLE:
                continue  # the carbon has its C=O by now
            double.SetStereo(Chem.BondStereo.STEREONONE)
            double.SetBondType(Chem.BondType.SINGLE)
            single.SetBondType(Chem.BondType.DOUBLE)
            _move_proton(mol.GetAtomWithIdx(acid), mol.GetAtomWithIdx(nitrogen))
            redrawn += 1
        if not redrawn:
            return None
        try:
            Chem.SanitizeMol(mol)
            return read_molecule(Chem.MolToSmiles(mol))
        except (Chem.MolSanitizeException, InputError):
            return None


def _move_proton(acid: Chem.Atom, nitrogen: Chem.Atom) -> None:
    """Move the acid's hydrogen, or the charge it left, to the nitrogen; atoms in brackets state their hydrogens."""
    if acid.GetFormalCharge():
        acid.SetFormalCharge(0)
        nitrogen.SetFormalCharge(nitrogen.GetFormalCharge() - 1)
        return
    acid.SetNumExplicitHs(0)
    if nitrogen.GetNoImplicit():
        nitrogen.SetNumExplicitHs(nitrogen.GetNumExplicitHs() + 1)
