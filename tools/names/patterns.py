"""From a named structure to the SMARTS that finds it, stereochemistry kept, further substitution allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

from rdkit import Chem

from molreflect.tools.molecules.parts import atoms_of
from molreflect.tools.molecules.write import uncharge

_ACID_HYDROXY = Chem.MolFromSmarts("[NX3;!$(N-C=[O,S])]-[CX4]-C(=O)-[OX2H1]")
_ACYL = Chem.MolFromSmarts("[#0]-C=O")
_SUGAR_OXYGEN = Chem.MolFromSmarts("[OX2H1]-[CX4]")
_AMINOACYL_NITROGEN = Chem.MolFromSmarts("[#0]-C(=O)-[#6]-[NX3;H1,H2]")
_AMINOACYL_ENDS = tuple(
    Chem.MolFromSmarts(smarts)
    for smarts in ("[#0]-C(=O)-[CX4]~*~*-[NX3;H2]", "[#0]-C(=O)-[CX4]-[CX4]-[NX3;H2]", "[NX3;H2]-[CX4]-C(=O)-[OX2H1]")
)
"""Amino acids bound by a side chain's acid ("gamma-glutamyl"): the last atom may be bound on in a peptide."""


def molecule_pattern(mol: Chem.Mol, *, keep_hydroxy: bool = False) -> str:
    """Write SMARTS of a whole molecule's heavy-atom graph that allows further substitution, without charges.

    Args:
        mol: The named molecule; not modified.
        keep_hydroxy: Let O-H and S-H keep their hydrogen, so that an ether is not found as a phenol.

    Returns:
        SMARTS with the molecule's stereochemistry, where it has any.
    """
    neutral = uncharge(mol)

    def describe(atom: Chem.Atom) -> str:
        text = _element(atom)
        if neutral.GetNumAtoms() == 1 and atom.GetAtomicNum() in (6, 7, 8, 9, 16, 17, 35, 53):
            return text + ";D0"  # water, ammonia, hydrogen chloride: a component of its own, not any such atom
        if keep_hydroxy and atom.GetAtomicNum() in (8, 16) and atom.GetTotalNumHs() == 1 and not atom.GetIsAromatic():
            text += ";H1"
        return text

    return _write(neutral, describe)


def substituent_pattern(mol: Chem.Mol) -> str:
    """Write SMARTS of a substituent: its heavy atoms, with a bond out of the fragment where its `*` atoms are.

    Outside rings every atom keeps its hydrogens (methyl is not found in ethyl); ring atoms may carry more
    substituents but no further ring is fused on. Sugar hydroxy groups and the nitrogen of an aminoacyl group may be
    substituted, since glycans and peptides are spoken of in this way.

    Args:
        mol: The substituent with one `*` atom for each free valence; not modified.
    """
    neutral = uncharge(mol)
    wild = {atom.GetIdx() for atom in atoms_of(neutral) if atom.GetAtomicNum() == 0}
    attachments = {n.GetIdx() for i in wild for n in neutral.GetAtomWithIdx(i).GetNeighbors()} - wild
    single = len(wild) == 1
    free: set[int] = set()
    hydroxy = [carbon for _, carbon in neutral.GetSubstructMatches(_SUGAR_OXYGEN)]
    if sum(neutral.GetAtomWithIdx(carbon).IsInRing() for carbon in hydroxy) >= 2 and any(
        a.GetAtomicNum() == 8 and a.IsInRing() and not a.GetIsAromatic() for a in atoms_of(neutral)
    ):
        free = {a.GetIdx() for a in atoms_of(neutral) if a.GetAtomicNum() == 8 and not a.IsInRing()}
    free |= {hit[-1] for hit in neutral.GetSubstructMatches(_AMINOACYL_NITROGEN)}
    for query in _AMINOACYL_ENDS if single and _is_aminoacyl(neutral) else ():
        free |= {hit[i] for hit in neutral.GetSubstructMatches(query) for i in (0, -1)} - wild
    free |= {
        index
        for bond in _mobile_bonds(neutral)
        for index in (neutral.GetBondWithIdx(bond).GetBeginAtomIdx(), neutral.GetBondWithIdx(bond).GetEndAtomIdx())
        if neutral.GetAtomWithIdx(index).GetAtomicNum() != 6
    }

    def describe(atom: Chem.Atom) -> str:
        index = atom.GetIdx()
        parts = [_element(atom)]
        ring_bonds = sum(bond.IsInRing() for bond in atom.GetBonds())
        if index in free - attachments:
            return parts[0]
        if ring_bonds and single:
            parts.append(f"x{ring_bonds}")
        if not ring_bonds or index in attachments:
            parts += [f"X{atom.GetTotalDegree()}", f"H{atom.GetTotalNumHs()}"]
        if atom.GetAtomicNum() in (8, 16) and atom.GetTotalDegree() == 1 and not atom.GetFormalCharge():
            parts.append("+0")  # a doubly bonded oxygen; the charged one of an anion has one bond as well
        if single and index in attachments:
            parts += _chain_end(atom, wild)
        return ";".join(parts)

    return _write(neutral, describe, leave_out=wild)


def _is_aminoacyl(mol: Chem.Mol) -> bool:
    """Tell whether a group is an amino acid's, bound by an acid group and with another acid group left."""
    return bool(mol.HasSubstructMatch(_ACYL) and mol.HasSubstructMatch(_AMINOACYL_ENDS[2]))


def _chain_end(atom: Chem.Atom, wild: set[int]) -> list[str]:
    """Keep "ethyl" from being found at the end of every longer chain: the next atom is no chain CH2."""
    if atom.GetAtomicNum() != 6 or atom.IsInRing() or atom.GetTotalNumHs() < 2 or atom.GetTotalDegree() != 4:
        return []
    inside = [n for n in atom.GetNeighbors() if n.GetIdx() not in wild]
    own = "".join(
        f"(-[#{n.GetAtomicNum()};H{n.GetTotalNumHs()}])" if n.GetAtomicNum() == 6 else f"(-[#{n.GetAtomicNum()}])"
        for n in inside
    )
    return [f"$([#6]{own}-[!$([CX4;H2;!R])])"]


def _element(atom: Chem.Atom) -> str:
    return f"{atom.GetIsotope() or ''}#{atom.GetAtomicNum()}"


_SINGLE_OR_DOUBLE = Chem.BondFromSmarts("-,=")
_MOBILE = tuple(
    Chem.MolFromSmarts(smarts)
    for smarts in (
        "[NX2;!R]=[CX3;!R]-[NX3;!$(N-*=O)]",  # amidines, guanidines
        "[OX1]=[CX3]-[SX2H1]",
        "[SX1]=[CX3]-[OX2H1]",
        "[SX1]=[CX3;!R]-[NX3;H1,H2]",
        "[NX2;!R]=[CX3;!R]-[SX2H1]",
    )
)
"""Groups whose double bond is drawn on either side of their carbon."""


def _mobile_bonds(mol: Chem.Mol) -> set[int]:
    """Bonds that another tautomer of an amidine, a guanidine or a thio acid has the other way round."""
    carbons = {hit[1] for query in _MOBILE for hit in mol.GetSubstructMatches(query)}
    hetero = {bond.GetIdx(): bond.GetOtherAtomIdx(i) for i in carbons for bond in mol.GetAtomWithIdx(i).GetBonds()}
    return {
        bond
        for bond, other in hetero.items()
        if mol.GetAtomWithIdx(other).GetAtomicNum() in (7, 8, 16) and not mol.GetAtomWithIdx(other).IsInRing()
    }


def _write(mol: Chem.Mol, describe: Callable[[Chem.Atom], str], leave_out: set[int] | None = None) -> str:
    """Write a molecule as SMARTS with one query a atom, stereochemistry kept, hydrogens only where `describe` says."""
    query = Chem.RWMol(mol)
    for atom in atoms_of(mol):
        described = describe(atom)
        isotope = f"{atom.GetIsotope()}" if atom.GetIsotope() else ""
        smarts = (
            f"[{isotope}{described[len(isotope) :]}]" if not isotope else f"[{isotope}*;{described[len(isotope) :]}]"
        )
        replacement = Chem.AtomFromSmarts(smarts)
        query.ReplaceAtom(atom.GetIdx(), replacement)
        query.GetAtomWithIdx(atom.GetIdx()).SetChiralTag(atom.GetChiralTag())
    for bond in _mobile_bonds(mol):
        query.ReplaceBond(bond, _SINGLE_OR_DOUBLE)
    for index in sorted(leave_out or (), reverse=True):
        for neighbour in query.GetAtomWithIdx(index).GetNeighbors():  # without its `*` a centre has no handedness
            neighbour.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
        query.RemoveAtom(index)
    smarts = str(Chem.MolToSmarts(query))
    return mend_chirality(smarts, query.GetMol())


_CHIRAL_TOKEN = re.compile(r"@+")


def mend_chirality(smarts: str, query: Chem.Mol) -> str:
    """Make the handedness of a written SMARTS that of the molecule it was written from.

    RDKit writes and reads centres of three neighbours next to a ring closure by different conventions, so every
    centre is compared after reading back, and its `@` turned over where it came back as the mirror image.
    """
    if "@" not in smarts:
        return smarts
    order = json.loads(query.GetProp("_smilesAtomOutputOrder").replace(",]", "]"))
    read = Chem.MolFromSmarts(smarts)
    turned: list[bool] = []
    for atom in atoms_of(read):
        if atom.GetChiralTag() == Chem.ChiralType.CHI_UNSPECIFIED:
            continue
        original = query.GetAtomWithIdx(order[atom.GetIdx()])
        here = [order[n.GetIdx()] for n in (bond.GetOtherAtom(atom) for bond in atom.GetBonds())]
        there = [n.GetIdx() for n in (bond.GetOtherAtom(original) for bond in original.GetBonds())]
        same = atom.GetChiralTag() == original.GetChiralTag()
        turned.append(same != _even(here, there))
    tokens = iter(turned)
    return _CHIRAL_TOKEN.sub(lambda m: ("@" if m[0] == "@@" else "@@") if next(tokens) else m[0], smarts)


def _even(left: Sequence[int], right: Sequence[int]) -> bool:
    """Tell whether an even number of swaps turns one ordering of the same things into the other."""
    positions = [right.index(item) for item in left]
    inversions = sum(a > b for i, a in enumerate(positions) for b in positions[i + 1 :])
    return inversions % 2 == 0


def anchored_pattern(mol: Chem.Mol) -> str:
    """Write SMARTS of a substituent that sits on a ring."""
    wild = next(atom for atom in atoms_of(mol) if atom.GetAtomicNum() == 0)
    bond = wild.GetBonds()[0]
    tie = "=" if bond.GetBondType() == Chem.BondType.DOUBLE else "-"
    attachment = bond.GetOtherAtom(wild)
    smarts = substituent_pattern(mol)
    query = Chem.MolFromSmarts(smarts)
    # `substituent_pattern` writes the attachment atom first or not at all in order: find it by its place in `mol`.
    mapping = mol.GetSubstructMatch(query)
    place = mapping.index(attachment.GetIdx())
    tokens = list(re.finditer(r"\[[^\]]*\]", smarts))
    token = tokens[place]
    return f"{smarts[: token.end() - 1]};$(*{tie}!@[R]){smarts[token.end() - 1 :]}"


def as_residue(mol: Chem.Mol) -> Chem.Mol:
    """Copy an amino acid as it stands in a peptide: the carboxy group without its hydroxy oxygen."""
    neutral = uncharge(mol)
    hits = neutral.GetSubstructMatches(_ACID_HYDROXY)
    if not hits:
        return neutral
    copy = Chem.RWMol(neutral)
    copy.RemoveAtom(hits[0][-1])
    Chem.SanitizeMol(copy)
    return copy.GetMol()
