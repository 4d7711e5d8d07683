"""Sugars as rings and as chains: a name such as "D-glucose 6-phosphate" is read as a chain and means mostly a ring."""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem

_CARBONYL = Chem.MolFromSmarts("[OX1]=[CX3;H1,$(C([#6])[#6]);!R]-[CX4;!R]([OX2,NX3])")
_HYDROXY_CARBON = Chem.MolFromSmarts("[CX4;!R]-[OX2H1]")
_HEMIACETAL = Chem.MolFromSmarts("[OX2;R]-[CX4;R;!$(C([#8,#7])([#8,#7])[#8,#7])]-[OX2H1]")
_CHAIN_WANTED = re.compile(r"aldehydo|keto-|open[- ]chain|acyclic", re.IGNORECASE)
MAX_SUGAR_ATOMS = 24
"""Most heavy atoms of one sugar with its groups: N-acetylneuraminic acid has 21."""
MAX_ATOMS = 80
"""Heavy atoms above which a structure is not closed to rings."""


def ring_forms(smiles: str, name: str = "") -> tuple[str, ...]:
    """Close a sugar's chain to its rings, six-membered before five-membered, the new centre undefined.

    Args:
        smiles: A structure; one that is no open-chain sugar has no ring forms.
        name: Its name; one that asks for the chain ("aldehydo-D-glucose") has none either.
    """
    return () if _CHAIN_WANTED.search(name) else _ring_forms(smiles)


@lru_cache(maxsize=4_096)
def _ring_forms(smiles: str) -> tuple[str, ...]:
    mol = Chem.MolFromSmiles(smiles)
    if mol is None or mol.GetNumAtoms() > MAX_ATOMS:
        return ()
    found: dict[str, None] = {}
    for oxo, carbon, *_ in mol.GetSubstructMatches(_CARBONYL):
        hydroxy = mol.GetSubstructMatches(_HYDROXY_CARBON)
        rings: list[tuple[int, str]] = []
        for start, oxygen in hydroxy:
            path = Chem.GetShortestPath(mol, carbon, start)
            if len(path) not in (4, 5) or not all(_is_sugar_carbon(mol, index) for index in path[1:-1]):
                continue
            closed = Chem.RWMol(mol)
            closed.GetBondBetweenAtoms(oxo, carbon).SetBondType(Chem.BondType.SINGLE)
            closed.AddBond(oxygen, carbon, Chem.BondType.SINGLE)
            for index in (oxo, carbon, oxygen):
                atom = closed.GetAtomWithIdx(index)
                atom.SetNoImplicit(False)
                atom.SetNumExplicitHs(0)
            if Chem.SanitizeMol(closed, catchErrors=True) == Chem.SanitizeFlags.SANITIZE_NONE:
                rings.append((-len(path), str(Chem.MolToSmiles(closed))))
        found.update(dict.fromkeys(text for _, text in sorted(rings)))
    return tuple(found)


def _is_sugar_carbon(mol: Chem.Mol, index: int) -> bool:
    atom = mol.GetAtomWithIdx(index)
    return atom.GetAtomicNum() == 6 and not atom.IsInRing() and atom.GetHybridization() == Chem.HybridizationType.SP3


def is_sugar(smiles: str) -> bool:
    """Tell whether a structure is one sugar, as a chain or as a ring, and little else."""
    mol = Chem.MolFromSmiles(smiles)
    return mol.GetNumHeavyAtoms() <= MAX_SUGAR_ATOMS and bool(_ring_forms(smiles) or open_form(smiles) != smiles)


@lru_cache(maxsize=4_096)
def open_form(smiles: str) -> str:
    """Open every hemiacetal ring of a structure to its carbonyl group; other structures come back as they are."""
    mol = Chem.MolFromSmiles(smiles)
    if mol is None:
        return smiles
    hits = mol.GetSubstructMatches(_HEMIACETAL)
    if not hits:
        return smiles
    copy = Chem.RWMol(mol)
    done: set[int] = set()
    for ring_oxygen, carbon, hydroxy in hits:
        if {ring_oxygen, carbon} & done:
            continue
        done |= {ring_oxygen, carbon}
        copy.RemoveBond(ring_oxygen, carbon)
        copy.GetBondBetweenAtoms(carbon, hydroxy).SetBondType(Chem.BondType.DOUBLE)
        copy.GetAtomWithIdx(carbon).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        for index in (ring_oxygen, carbon, hydroxy):
            copy.GetAtomWithIdx(index).SetNoImplicit(False)
            copy.GetAtomWithIdx(index).SetNumExplicitHs(0)
    if Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return smiles
    return str(Chem.MolToSmiles(copy))
