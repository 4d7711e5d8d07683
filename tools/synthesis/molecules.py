"""New molecules out of known ones: pieces joined by the BRICS rules, substituents, condensations, protons moved.

Everything is a function of the known molecules and a random generator, so the same seed gives the same molecules. What
comes out is sanitised, one component, neutral (but for the ions that are made on purpose) and within bounds; whether it
is new is for the caller to tell, who knows what there is already.

Source of the cutting rules: Degen et al., ChemMedChem 2008, 3, 1503 (BRICS), as RDKit implements them.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from rdkit import Chem
from rdkit.Chem import BRICS

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import Molecule, read_molecule

MIN_HEAVY_ATOMS = 4
MAX_HEAVY_ATOMS = 36
"""Larger molecules are not made: their names are no phrase of a caption."""

Way = Literal["given", "recombined", "substituted", "condensed", "anion", "cation"]
"""How a molecule came about."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A molecule to write a caption for, and what is known of it because of how it was made."""

    smiles: str
    """Canonical SMILES, or the text of the file for a molecule that was given."""
    way: Way
    parents: tuple[str, ...] = ()
    """Canonical SMILES of what it was made from: acid and partner of a `condensed` one, the neutral form of an ion."""
    bond: tuple[int, int] | None = None
    """0-based atoms of the bond that a condensation made: the acyl carbon, and the nitrogen or oxygen."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One side of a molecule that was cut once; its dummy atom carries the BRICS label of the open bond."""

    mol: Chem.Mol
    label: str
    heavy_atoms: int


_JOINS: dict[str, frozenset[str]] = {}
for _group in BRICS.reactionDefs:
    for _left, _right, _bond in _group:
        if _bond == "-":  # the one double bond (7a=7b) says nothing about geometry, so it is not made
            _JOINS[_left] = _JOINS.get(_left, frozenset()) | {_right}
            _JOINS[_right] = _JOINS.get(_right, frozenset()) | {_left}

_BLOCKS: dict[str, list[str]] = tomllib.loads(
    resources.files(__package__).joinpath("data/building_blocks.toml").read_text(encoding="utf-8")
)
_ON_SATURATED = frozenset(_BLOCKS["on_saturated"])
_AROMATIC_CH = Chem.MolFromSmarts("[cH]")
_SATURATED_CH = Chem.MolFromSmarts("[CX4;H1,H2,H3;!$(C[!#6;!#1])]")
"""Carbons whose neighbours are all carbon: a second hetero atom there would be an acetal or a halohydrin."""

_ACID = Chem.MolFromSmarts("[CX3;$(C[#6])](=[OX1])[OX2H1]")
_AMINE = Chem.MolFromSmarts("[NX3;H1,H2;!$(N[!#6]);!$(N[#6]=[!#6]);!$(N[#6]#[!#6]);$(N[CX4,c])]")
_ALCOHOL = Chem.MolFromSmarts("[OX2H1;$(O[CX4,c]);!$(O[CX4][!#6;!$([OX2H1])])]")
_UNSOUND = tuple(Chem.MolFromSmarts(smarts) for smarts in _BLOCKS["unsound"])

_MARK = "end_of_the_new_bond"


class Library:
    """Known molecules, and what can be made of them.

    Args:
        known: SMILES; those that cannot be used as building blocks are passed over.
        max_heavy_atoms: Largest molecule to make.

    Raises:
        InputError: No molecule is left to build from.
    """

    def __init__(self, known: Sequence[str], *, max_heavy_atoms: int = MAX_HEAVY_ATOMS) -> None:
        self.max_heavy_atoms = max_heavy_atoms
        self._blocks = sorted({smiles for text in known if (smiles := _block(text, max_heavy_atoms))})
        if not self._blocks:
            raise InputError(
                f"none of {len(known)} molecules is a neutral, organic, single component of {MIN_HEAVY_ATOMS} to "
                f"{max_heavy_atoms} heavy atoms, so nothing can be built from them; pass others"
            )
        self._pieces: dict[str, list[_Piece]] = {}
        kept: set[tuple[str, str]] = set()
        for smiles in self._blocks:
            for piece in _cut(read_molecule(smiles).mol):
                key = (piece.label, Chem.MolToSmiles(piece.mol))
                if key not in kept:
                    kept.add(key)
                    self._pieces.setdefault(piece.label, []).append(piece)
        self._acids = [s for s in self._blocks if _single(s, _ACID) is not None and _clean_acid(s)]
        self._amines = [s for s in self._blocks if _single(s, _AMINE) is not None and not _has(s, _ALCOHOL, _ACID)]
        self._alcohols = [s for s in self._blocks if _single(s, _ALCOHOL) is not None and not _has(s, _AMINE, _ACID)]

    def __len__(self) -> int:
        """Number of distinct building blocks."""
        return len(self._blocks)

    def propose(self, rng: random.Random) -> Proposal | None:
        """One new molecule, or None where this draw makes none that is sound."""
        way = rng.choices(("recombined", "substituted", "condensed", "anion", "cation"), (38, 36, 16, 6, 4))[0]
        if way == "condensed":
            return self._condense(rng)
        if way in ("anion", "cation"):
            base = self._substitute(rng) if rng.random() < 0.7 else rng.choice(self._blocks)
            return None if base is None else _ionise(base, way, rng)
        smiles = self._recombine(rng) if way == "recombined" else self._substitute(rng)
        return None if smiles is None else Proposal(smiles, "recombined" if way == "recombined" else "substituted")

    def _recombine(self, rng: random.Random) -> str | None:
        labels = sorted(self._pieces)
        if not labels:
            return None
        left = rng.choice(self._pieces[rng.choice(labels)])
        fitting = sorted(label for label in _JOINS.get(left.label, ()) if label in self._pieces)
        if not fitting:
            return None
        right = rng.choice(self._pieces[rng.choice(fitting)])
        if left.heavy_atoms + right.heavy_atoms > self.max_heavy_atoms:
            return None
        return self._sound(_join(left.mol, right.mol))

    def _substitute(self, rng: random.Random) -> str | None:
        smiles: str | None = rng.choice(self._blocks)
        for _ in range(rng.choice((1, 1, 2))):
            if smiles is None:
                return None
            mol = read_molecule(smiles).mol
            aromatic = [hit[0] for hit in mol.GetSubstructMatches(_AROMATIC_CH)]
            saturated = [hit[0] for hit in mol.GetSubstructMatches(_SATURATED_CH)]
            places = [(i, True) for i in aromatic] + [(i, False) for i in saturated]
            if not places:
                return None
            index, is_aromatic = rng.choice(places)
            group = rng.choice([s for s in _BLOCKS["substituents"] if is_aromatic or s in _ON_SATURATED])
            smiles = self._sound(_attach(mol, index, Chem.MolFromSmiles(group)))
        return smiles

    def _condense(self, rng: random.Random) -> Proposal | None:
        partners, query = rng.choice(((self._amines, _AMINE), (self._alcohols, _ALCOHOL)))
        if not self._acids or not partners:
            return None
        acid, partner = rng.choice(self._acids), rng.choice(partners)
        carbon, _, hydroxy = _single(acid, _ACID) or ()
        (hetero,) = _single(partner, query) or ()
        left, right = read_molecule(acid).mol, read_molecule(partner).mol
        both = Chem.RWMol(Chem.CombineMols(left, right))
        both.AddBond(carbon, left.GetNumAtoms() + hetero, Chem.BondType.SINGLE)
        both.GetAtomWithIdx(carbon).SetBoolProp(_MARK, True)
        both.GetAtomWithIdx(left.GetNumAtoms() + hetero).SetBoolProp(_MARK, True)
        both.RemoveAtom(hydroxy)
        smiles = self._sound(both)
        if smiles is None:
            return None
        made = both.GetMol()
        Chem.SanitizeMol(made)
        Chem.MolToSmiles(made)
        written = list(made.GetPropsAsDict(includePrivate=True, includeComputed=True)["_smilesAtomOutputOrder"])
        ends = [n for n, index in enumerate(written) if made.GetAtomWithIdx(index).HasProp(_MARK)]
        first, second = sorted(ends, key=lambda n: made.GetAtomWithIdx(written[n]).GetAtomicNum())
        return Proposal(smiles, "condensed", (acid, partner), (first, second))

    def _sound(self, mol: Chem.Mol | None) -> str | None:
        """Canonical SMILES of a molecule that chemistry allows and the bounds admit."""
        if mol is None:
            return None
        copy = Chem.Mol(mol)
        if Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return None
        smiles = str(Chem.MolToSmiles(copy))
        again = Chem.MolFromSmiles(smiles)
        if again is None or not MIN_HEAVY_ATOMS <= again.GetNumHeavyAtoms() <= self.max_heavy_atoms:
            return None
        if any(again.HasSubstructMatch(query) for query in _UNSOUND):
            return None
        return smiles if _block(smiles, self.max_heavy_atoms) else None


def _block(text: str, most: int) -> str | None:
    """Canonical SMILES where a molecule can be built from and named: neutral, organic, one component, no isotopes."""
    molecule = read_molecule(text)
    mol = molecule.mol
    if not MIN_HEAVY_ATOMS <= molecule.heavy_atoms <= most or "." in molecule.smiles:
        return None
    if Chem.GetFormalCharge(mol) or any(
        atom.GetAtomicNum() not in (5, 6, 7, 8, 9, 15, 16, 17, 35, 53)
        or atom.GetIsotope()
        or atom.GetNumRadicalElectrons()
        or (atom.GetFormalCharge() and not any(n.GetFormalCharge() for n in atom.GetNeighbors()))
        for atom in mol.GetAtoms()
    ):
        return None
    if not any(atom.GetAtomicNum() == 6 for atom in mol.GetAtoms()) or not molecule.inchikey:
        return None
    return str(Chem.MolToSmiles(mol))


def _cut(mol: Chem.Mol) -> list[_Piece]:
    """Both sides of every bond that BRICS breaks."""
    pieces = []
    for (first, second), (near, far) in BRICS.FindBRICSBonds(mol):
        if near not in _JOINS or far not in _JOINS:
            continue
        bond = mol.GetBondBetweenAtoms(first, second).GetIdx()
        # A dummy stands where the other side was, so the one next to `first` says what `first` is.
        apart = Chem.FragmentOnBonds(mol, [bond], dummyLabels=[(int(near), int(far))])
        sides = Chem.GetMolFrags(apart, asMols=True)
        if len(sides) != 2:
            continue
        for side in sides:
            open_ = next(atom for atom in side.GetAtoms() if atom.GetAtomicNum() == 0)
            pieces.append(_Piece(side, str(open_.GetIsotope()), side.GetNumHeavyAtoms() - 1))
    return pieces


def _open_end(mol: Chem.Mol) -> tuple[int, int]:
    """The dummy atom, and what it is bonded to."""
    dummy = next(atom for atom in mol.GetAtoms() if atom.GetAtomicNum() == 0)
    return dummy.GetIdx(), dummy.GetNeighbors()[0].GetIdx()


def _join(left: Chem.Mol, right: Chem.Mol) -> Chem.Mol:
    """Two pieces, a single bond where their dummies were."""
    first, one = _open_end(left)
    second, two = _open_end(right)
    shift = left.GetNumAtoms()
    both = Chem.RWMol(Chem.CombineMols(left, right))
    both.AddBond(one, shift + two, Chem.BondType.SINGLE)
    for index in sorted((first, shift + second), reverse=True):
        both.RemoveAtom(index)
    _forget_stereo_of_ends(both)
    return both


def _attach(mol: Chem.Mol, index: int, group: Chem.Mol) -> Chem.Mol:
    """A molecule with one hydrogen replaced by a substituent."""
    dummy, end = _open_end(group)
    shift = mol.GetNumAtoms()
    both = Chem.RWMol(Chem.CombineMols(mol, group))
    both.AddBond(index, shift + end, Chem.BondType.SINGLE)
    both.RemoveAtom(shift + dummy)
    atom = both.GetAtomWithIdx(index)
    if atom.GetNumExplicitHs():
        atom.SetNumExplicitHs(atom.GetNumExplicitHs() - 1)
    atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
    return both


def _forget_stereo_of_ends(mol: Chem.RWMol) -> None:
    """Chiral marks count neighbours in their order, which joining changed: left alone only where four remain."""
    for atom in mol.GetAtoms():
        if atom.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED and any(
            bond.GetIdx() == mol.GetNumBonds() - 1 for bond in atom.GetBonds()
        ):
            atom.SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)


def _single(smiles: str, query: Chem.Mol) -> tuple[int, ...] | None:
    """The one place where a query matches; None for no place or several."""
    hits = read_molecule(smiles).mol.GetSubstructMatches(query)
    return tuple(hits[0]) if len(hits) == 1 else None


def _has(smiles: str, *queries: Chem.Mol) -> bool:
    mol = read_molecule(smiles).mol
    return any(mol.HasSubstructMatch(query) for query in queries)


def _clean_acid(smiles: str) -> bool:
    """Whether nothing but its carboxy group could be meant where the acid condenses."""
    return not _has(smiles, _AMINE, _ALCOHOL)


def _ionise(smiles: str, way: Literal["anion", "cation"] | str, rng: random.Random) -> Proposal | None:
    """The molecule less the proton of its one carboxy group, or with one more on its one basic nitrogen."""
    molecule: Molecule = read_molecule(smiles)
    copy = Chem.RWMol(molecule.mol)
    if way == "anion":
        hit = _single(smiles, _ACID)
        if hit is None:
            return None
        copy.GetAtomWithIdx(hit[2]).SetFormalCharge(-1)
    else:
        basic = Chem.MolFromSmarts("[NX3;!$(N~[!#6]);!$(N[#6]=,:[!#6]);!$(N[#6]#*);!$(N[c,n]);!$(N[CX3]=[CX3])]")
        hits = molecule.mol.GetSubstructMatches(basic)
        if len(hits) != 1 or molecule.mol.HasSubstructMatch(_ACID):
            return None
        atom = copy.GetAtomWithIdx(hits[0][0])
        atom.SetFormalCharge(1)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(molecule.mol.GetAtomWithIdx(hits[0][0]).GetTotalNumHs() + 1)
    if Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
        return None
    made: Way = "anion" if way == "anion" else "cation"
    return Proposal(str(Chem.MolToSmiles(copy)), made, (smiles,))
