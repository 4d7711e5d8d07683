"""A pattern read as the SMILES it looks like: Kekule rings, explicit hydrogens and charge-separated groups.

`C1=CC=CC=C1` copied from a SMILES is benzene there and three isolated double bonds as SMARTS. This reading says in
SMARTS what the SMILES says: rings that are aromatic match aromatic atoms, explicit hydrogens become counts, either
spelling of a nitro, azide, diazo, N-oxide, sulfoxide or dative group fits, and the hydrogen of an azole may be at
any of its nitrogens.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import quiet_rdkit
from molreflect.tools.molecules.smarts import ELEMENT, elements_of, parse_atom, read_pattern

_ORDERS = {
    "SingleOrAromaticBond": Chem.BondType.SINGLE,
    "BondOrder 1": Chem.BondType.SINGLE,
    "BondOrder 2": Chem.BondType.DOUBLE,
    "BondOrder 3": Chem.BondType.TRIPLE,
    "BondOrder 12": Chem.BondType.AROMATIC,
}
_CHARGE = re.compile(r"AtomFormalCharge (-?\d+) = val")
_HYDROGENS = re.compile(r"AtomHCount (\d+) = val")
_AROMATIC = re.compile(r"AtomType 1\d\d\d = val|AtomIsAromatic 1 = val")
_COUNT_OF_HYDROGENS = re.compile(r"!?H\d*$")
MAX_ELEMENT = 118
_METALS = {3, 4, *range(11, 14), *range(19, 33), *range(37, 52), *range(55, 85)}
_OXIDES = {15, 16, 33, 34, 52}
"""Phosphorus, sulfur and their kin, whose oxides are written with a double bond or as a dipole."""


@lru_cache(maxsize=4_096)
def read_as_smiles(pattern: str) -> str | None:
    """Write SMARTS of the SMILES that a pattern looks like.

    Args:
        pattern: A readable SMARTS pattern.

    Returns:
        SMARTS; None where the reading says nothing else, or the pattern cannot be read so.
    """
    query = read_pattern(pattern).query
    hydrogens = _terminal_hydrogens(query)
    with quiet_rdkit():
        plain, unclear = _as_molecule(query)
        try:
            Chem.SanitizeMol(plain)
        except (ValueError, RuntimeError):
            plain, unclear = None, set()
        try:
            loosened = _loosened(query, plain, hydrogens, unclear)
            text = str(Chem.MolToSmarts(loosened)) if loosened is not None else None
            same = text is None or text == str(Chem.MolToSmarts(query))
        except RuntimeError:  # an element that does not exist cannot be written
            return None
    try:
        return None if same or text is None or not read_pattern(text) else text
    except InputError:
        return None


@lru_cache(maxsize=4_096)
def written_as_smiles(pattern: str) -> str | None:
    """Write a pattern as one SMILES that it stands for, without the conditions on its atoms.

    A bond that is left open is written as a single one.

    Args:
        pattern: SMARTS.

    Returns:
        SMILES, in the manner of a fragment; None where the pattern cannot be read, leaves an element open, or has an
        aromatic atom that no ring of it makes aromatic.
    """
    try:
        query = read_pattern(pattern).query
    except InputError:
        return None
    with quiet_rdkit():
        plain, unclear = _as_molecule(query)
        if unclear:
            return None
        try:
            Chem.SanitizeMol(plain)
        except (ValueError, RuntimeError):  # a piece of an aromatic ring is no molecule; it is written as it stands
            plain, _ = _as_molecule(query)
            plain.UpdatePropertyCache(strict=False)
        meant = (_AROMATIC.search(atom.DescribeQuery()) is not None for atom in query.GetAtoms())
        if any(said and not atom.GetIsAromatic() for said, atom in zip(meant, plain.GetAtoms(), strict=True)):
            return None
        return str(Chem.MolToSmiles(plain))


def _terminal_hydrogens(query: Chem.Mol) -> dict[int, int]:
    """Explicit hydrogens that sit on one heavy atom, with that atom."""
    found = {}
    for atom in query.GetAtoms():
        neighbours = [n.GetIdx() for n in atom.GetNeighbors()]
        if len(neighbours) == 1 and elements_of(atom) == {1}:
            found[atom.GetIdx()] = neighbours[0]
    return {h: heavy for h, heavy in found.items() if heavy not in found}


def _as_molecule(query: Chem.Mol) -> tuple[Chem.RWMol, set[int]]:
    """Build the molecule a pattern looks like, atom by atom, and the atoms of which it leaves the element open."""
    plain, unclear = Chem.RWMol(), set()
    Chem.FastFindRings(query)
    in_ring = {atom for ring in query.GetRingInfo().AtomRings() for atom in ring}
    for atom in query.GetAtoms():
        said = atom.DescribeQuery()
        elements = elements_of(atom) or set()
        number = next(iter(elements)) if len(elements) == 1 else 0
        made = Chem.Atom(number if number <= MAX_ELEMENT else 0)
        if not 0 < number <= MAX_ELEMENT:
            unclear.add(atom.GetIdx())
        charge = _CHARGE.findall(said)
        made.SetFormalCharge(int(charge[0]) if len(charge) == 1 and "Or" not in said else 0)
        aromatic = _AROMATIC.search(said) is not None and "Or" not in said and atom.GetIdx() in in_ring
        made.SetIsAromatic(aromatic)
        counted = _HYDROGENS.findall(said)
        if aromatic and counted:
            made.SetNumExplicitHs(int(counted[0]))
        plain.AddAtom(made)
    for bond in query.GetBonds():
        said = bond.DescribeQuery() if bond.HasQuery() else f"BondOrder {int(bond.GetBondTypeAsDouble())}"
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        order = next((kind for key, kind in _ORDERS.items() if said.startswith(key + " ")), Chem.BondType.SINGLE)
        if said.startswith("BondOrder") and " " in said and order is Chem.BondType.SINGLE:
            order = next((k for key, k in _ORDERS.items() if said.strip() == key), order)
        both = all(plain.GetAtomWithIdx(a.GetIdx()).GetIsAromatic() for a in ends)
        if both and said.startswith("SingleOrAromaticBond") and _in_ring(query, bond):
            order = Chem.BondType.AROMATIC
        plain.AddBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx(), order)
        plain.GetBondWithIdx(plain.GetNumBonds() - 1).SetIsAromatic(order is Chem.BondType.AROMATIC)
    _separate_charges(plain)
    return plain, unclear


def _separate_charges(plain: Chem.RWMol) -> None:
    """Write a nitrogen of more than three bonds (`N(=O)=O`, `N=N#N`) with two charges.

    RDKit does so where five bonds are written; a pattern often leaves out the one that leads away.
    """
    for nitrogen in plain.GetAtoms():
        bonds = nitrogen.GetBonds()
        if nitrogen.GetAtomicNum() != 7 or nitrogen.GetFormalCharge() or nitrogen.GetIsAromatic():
            continue
        if sum(bond.GetBondTypeAsDouble() for bond in bonds) < 4:
            continue
        for bond in sorted(bonds, key=lambda bond: -bond.GetOtherAtom(nitrogen).GetAtomicNum()):
            end, order = bond.GetOtherAtom(nitrogen), bond.GetBondTypeAsDouble()
            if end.GetDegree() == 1 and not end.GetFormalCharge() and (end.GetAtomicNum(), order) in ((8, 2), (7, 3)):
                bond.SetBondType(Chem.BondType.SINGLE if order == 2 else Chem.BondType.DOUBLE)
                end.SetFormalCharge(-1)
                nitrogen.SetFormalCharge(1)
                break


def _in_ring(query: Chem.Mol, bond: Chem.Bond) -> bool:
    Chem.FastFindRings(query)
    return bool(query.GetRingInfo().NumBondRings(bond.GetIdx()))


def _loosened(query: Chem.Mol, plain: Chem.Mol | None, hydrogens: dict[int, int], unclear: set[int]) -> Chem.Mol | None:
    """The pattern with what the molecule's reading changes."""
    made = Chem.RWMol(query)
    wanted: dict[int, list[str]] = {}  # conditions to add to an atom
    free: set[int] = set()  # atoms whose charge, valence and hydrogens are not held to
    aromatic: set[int] = set()
    bonds: dict[int, str] = {}
    if plain is not None:
        for atom in plain.GetAtoms():
            if atom.GetIsAromatic() and atom.GetIdx() not in unclear:
                aromatic.add(atom.GetIdx())
        for bond in plain.GetBonds():
            if bond.GetIsAromatic():
                bonds[bond.GetIdx()] = ":"
        _dipoles(plain, free, bonds, wanted)
    for heavy in set(hydrogens.values()):
        number = sum(each == heavy for each in hydrogens.values())
        wanted.setdefault(heavy, []).extend(f"!H{n}" for n in range(number))
    for index in range(made.GetNumAtoms()):
        atom = query.GetAtomWithIdx(index)
        if index not in aromatic and index not in free and index not in wanted:
            continue
        text = _rewritten(atom, index in aromatic, index in free, wanted.get(index, []))
        fresh = Chem.AtomFromSmarts(text) if text is not None else None
        if fresh is None:
            return None
        if index not in hydrogens.values():
            fresh.SetChiralTag(atom.GetChiralTag())
        made.ReplaceAtom(index, fresh)
    for number, kind in bonds.items():
        bond = query.GetBondWithIdx(number)
        direction = bond.GetBondDir()
        made.ReplaceBond(number, Chem.BondFromSmarts(kind))
        if kind not in (":", "~"):
            made.GetBondWithIdx(number).SetBondDir(direction)
    for index in sorted(hydrogens, reverse=True):
        made.RemoveAtom(index)
    return made.GetMol() if made.GetNumAtoms() else None


def _dipoles(plain: Chem.Mol, free: set[int], bonds: dict[int, str], wanted: dict[int, list[str]]) -> None:
    """Free what is written with a double bond or with two charges, whichever way it is written here."""
    for bond in plain.GetBonds():
        ends = bond.GetBeginAtom(), bond.GetEndAtom()
        if bond.GetBondType() is Chem.BondType.DATIVE or any(a.GetAtomicNum() in _METALS for a in ends):
            free.update(a.GetIdx() for a in ends)  # a metal's bonds are written as dative, as covalent or not at all
            bonds[bond.GetIdx()] = "~"
            continue
        for center, other in (ends, ends[::-1]):
            dipole = center.GetFormalCharge() > 0 > other.GetFormalCharge() and other.GetAtomicNum() != 6
            oxide = (
                center.GetAtomicNum() in _OXIDES
                and other.GetAtomicNum() in (8, 16)
                and other.GetDegree() == 1
                and bond.GetBondType() is Chem.BondType.DOUBLE
            )
            if not (dipole or oxide):
                continue
            free.update((center.GetIdx(), other.GetIdx()))
            bonds[bond.GetIdx()] = "-,=,#" if other.GetAtomicNum() == 7 else "-,="
            if other.GetDegree() == 1 and other.GetAtomicNum() in (7, 8, 16):
                wanted.setdefault(other.GetIdx(), []).append("X1")
            if center.GetAtomicNum() == 7:
                wanted.setdefault(center.GetIdx(), []).append("+")
            if center.GetAtomicNum() == 7 and not center.GetIsAromatic():
                for far in center.GetBonds():  # the other bond of an azide or diazo group
                    carbon_or_nitrogen = far.GetOtherAtom(center).GetAtomicNum() in (6, 7)
                    if carbon_or_nitrogen and far.GetIdx() not in bonds and far.GetBondTypeAsDouble() > 1:
                        bonds[far.GetIdx()] = "-,=,#"


def _rewritten(atom: Chem.Atom, aromatic: bool, free: bool, wanted: list[str]) -> str | None:
    """One atom of the pattern, its element no longer held to be aliphatic or aromatic; None where it says it oddly."""
    text = atom.GetSmarts()
    body = text[1:-1] if text.startswith("[") else text
    groups = parse_atom(re.sub(r":\d+$", "", body))
    if groups is None:
        return None
    number = next(iter(elements_of(atom) or {0}))
    said: list[str] = []
    for group in groups:
        options = []
        for option in group:
            kept = []
            for token in option:
                if ELEMENT.match(token) or token in ("A", "a"):
                    token = f"#{number}" if aromatic or free else token
                elif token.startswith("@") or (free and re.match(r"[+\-vH]", token.lstrip("!"))):
                    continue
                elif aromatic and number == 7 and _COUNT_OF_HYDROGENS.match(token):
                    continue
                kept.append(token)
            options.append("&".join(dict.fromkeys(kept)))
        if all(options):
            said.append(",".join(options))
    if not said:
        said = [f"#{number}"]
    return "[" + ";".join([*said, *dict.fromkeys(wanted)]) + "]"
