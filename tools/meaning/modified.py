"""Compounds in modified form: what is left of a named compound where a caption says that a group of it is gone."""

from __future__ import annotations

from functools import lru_cache

from rdkit import Chem

from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.names.patterns import mend_chirality

MIN_MODIFIED_ATOMS = 5
"""Smallest compound, in heavy atoms, that is recognised with one of them gone: glycine."""
MAX_MODIFIED = 8
"""Most alternatives of a compound in modified form."""
MIN_SUGAR_GROUPS = 3
"""Fewest hydroxy or amino groups that make an oxane or oxolane ring a sugar's."""


_AMINO_ACID = Chem.MolFromSmarts("[NX3;!$(N[#6]=O)][CX4][CX3](=[OX1])[OX2H1]")


@lru_cache(maxsize=1_024)
def residue_patterns(smiles: str) -> tuple[str, ...]:
    """Write the residue of an alpha-amino acid: its carbons bear what they bear in the acid, and no more.

    Of other residues, which hold the same atoms and more (alanine of glycine), the pattern finds none. Configuration is
    left out.

    Returns:
        SMARTS of the residue at the end of a chain, with the acid's own oxygen, and of one within, without it; none
        for other compounds.
    """
    mol = Chem.MolFromSmiles(smiles)
    hits: tuple[tuple[int, ...], ...] = mol.GetSubstructMatches(_AMINO_ACID) if mol is not None else ()
    if len(hits) != 1 or mol.GetNumAtoms() > MAX_RESIDUE:
        return ()
    acid, gone = hits[0][2], hits[0][4]
    symbols = []
    for atom in atoms_of(mol):
        element = f"#{atom.GetAtomicNum()}"
        carbon = atom.GetAtomicNum() == 6
        symbols.append(f"[{element};X{atom.GetTotalDegree()};D{atom.GetDegree()}]" if carbon else f"[{element}]")
    symbols[acid] = "[#6;X3;D3,D2]"
    signs = [_SIGNS.get(bond.GetBondType(), "~") for bond in bonds_of(mol)]
    symbols[gone] = "[OX2H1,OX1-]"
    every = [atom.GetIdx() for atom in atoms_of(mol)]
    return tuple(
        str(Chem.MolFragmentToSmiles(mol, kept, atomSymbols=symbols, bondSymbols=signs, isomericSmiles=False))
        for kept in (every, [i for i in every if i != gone])
    )


_SIGNS = {Chem.BondType.SINGLE: "-", Chem.BondType.DOUBLE: "=", Chem.BondType.AROMATIC: ":"}
MAX_RESIDUE = 20
"""Most heavy atoms of an amino acid whose residue is told from others by its side chain."""


def less_one_atom(*patterns: str) -> tuple[str, ...]:
    """Drop any one terminal heteroatom of each pattern: what condensation or replacement leaves of a compound.

    Returns:
        SMARTS alternatives, each once, none for patterns too small to be recognised without the atom.
    """
    return tuple(dict.fromkeys(less for pattern in patterns for less in _less_one_atom(pattern)))


@lru_cache(maxsize=4_096)
def _less_one_atom(pattern: str) -> tuple[str, ...]:
    query = read_pattern(pattern).query
    if query.GetNumAtoms() < MIN_MODIFIED_ATOMS or len(Chem.GetMolFrags(query)) > 1:
        return ()
    left: dict[str, None] = {}
    loose = {
        atom.GetIdx()
        for atom in atoms_of(query)
        if atom.GetDegree() == 1
        and atom.GetAtomicNum() not in (0, 6)
        and atom.GetBonds()[0].GetBondType() == Chem.BondType.SINGLE
    }
    if anomeric := _anomeric(query, loose):
        loose = anomeric  # a sugar without any other of its hydroxy groups is another sugar
    # An acid loses its hydroxy group first: the peptide bond of threonine is not at its side chain.
    for atom in sorted(query.GetAtoms(), key=lambda atom: not _is_acidic(atom)):
        if atom.GetIdx() in loose:
            editable = Chem.RWMol(query)
            # A centre that loses a neighbour has no handedness left to compare.
            editable.GetAtomWithIdx(atom.GetNeighbors()[0].GetIdx()).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
            editable.RemoveAtom(atom.GetIdx())
            left[mend_chirality(Chem.MolToSmarts(editable), editable)] = None
    return tuple(left)[:MAX_MODIFIED]


def _anomeric(query: Chem.Mol, terminal: set[int]) -> set[int]:
    """Choose those terminal atoms of a sugar ring that sit beside its oxygen; empty for what is no sugar ring."""
    Chem.GetSSSR(query)
    rings = query.GetRingInfo()
    elements = {ring: sorted(query.GetAtomWithIdx(i).GetAtomicNum() for i in ring) for ring in rings.AtomRings()}
    sugar = [ring for ring, numbers in elements.items() if numbers in ([6] * 4 + [8], [6] * 5 + [8])]
    if not sugar or len(terminal) < MIN_SUGAR_GROUPS:
        return set()
    oxygens = {i for ring in sugar for i in ring if query.GetAtomWithIdx(i).GetAtomicNum() == 8}
    beside = {n.GetIdx() for i in oxygens for n in query.GetAtomWithIdx(i).GetNeighbors()}
    return {i for i in terminal if query.GetAtomWithIdx(i).GetNeighbors()[0].GetIdx() in beside}


def _is_acidic(atom: Chem.Atom) -> bool:
    """Tell whether an atom sits on one that is doubly bonded to a hetero atom, as in -C(=O)O or -P(=O)O."""
    return any(
        bond.GetBondType() == Chem.BondType.DOUBLE and bond.GetOtherAtom(neighbour).GetAtomicNum() != 6
        for neighbour in atom.GetNeighbors()
        for bond in neighbour.GetBonds()
    )
