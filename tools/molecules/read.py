"""Reading molecules at the edge: text in, a checked and bounded molecule out."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.parts import atoms_of, bonds_of

MAX_SMILES_LENGTH = 5_000
"""Characters. The longest SMILES of ChEBI-20 has 1,135."""
MAX_HEAVY_ATOMS = 1_000
MAX_RINGS = 200
"""Independent rings (bonds - atoms + components); ring perception is what gets slow on hostile input."""

WITH_MOLECULES = 256
"""Entries of a cache that keeps molecules alive, with all that was worked out of them: some 60 kB each. What is asked
of one is asked while its caption is in work."""

_MANY_HYDROGENS = re.compile(r"H\d\d")


class quiet_rdkit:  # noqa: N801  (reads as `with quiet_rdkit():`)
    """Keep RDKit's lines off stderr while the block runs: its reasons reach the caller as errors.

    Blocks of several threads may overlap; RDKit speaks again as before when the last one ends. Costs 4 microseconds.
    """

    _lock = threading.Lock()
    _blocks = 0
    _silence: rdBase.BlockLogs | None = None

    def __enter__(self) -> None:
        cls = quiet_rdkit
        with cls._lock:
            if not cls._blocks:
                cls._silence = rdBase.BlockLogs()
            cls._blocks += 1

    def __exit__(self, *_: object) -> None:
        cls = quiet_rdkit
        with cls._lock:
            cls._blocks -= 1
            if not cls._blocks:
                cls._silence = None  # what it holds is given back when it goes


_TAME_ATOMS, _TAME_RINGS = 150, 8
_CROWDED = Chem.MolFromSmarts("[!D0;!D1;!D2;!D3;!D4;!D5;!D6]")


@dataclass(frozen=True)
class Molecule:
    """A molecule as it was given, and what RDKit makes of it. Treat `mol` as read-only: it is shared."""

    text: str
    """The SMILES as it came in, untouched."""
    smiles: str
    """`text` with doubled backslashes mended (MolT5's files double them); atom indices refer to this text."""
    mol: Chem.Mol
    """Sanitised, explicit hydrogens folded in; atom `i` is RDKit's 0-based index of `smiles`."""

    @property
    def heavy_atoms(self) -> int:
        """Number of heavy atoms over all components."""
        return int(self.mol.GetNumHeavyAtoms())

    @cached_property
    def elements(self) -> Counter[int]:
        """Atoms by atomic number; hydrogens that are folded in are not counted."""
        return Counter(atom.GetAtomicNum() for atom in atoms_of(self.mol))

    @cached_property
    def is_tame(self) -> bool:
        """Whether it has so few atoms, rings and neighbours that a search cannot branch without end."""
        mol = self.mol
        small = mol.GetNumAtoms() <= _TAME_ATOMS and mol.GetRingInfo().NumRings() <= _TAME_RINGS
        return bool(small and not mol.HasSubstructMatch(_CROWDED))

    @cached_property
    def inchikey(self) -> str:
        """Standard InChIKey; empty where InChI has none (wildcard atoms).

        InChI takes the bonds of metals apart but knows no dative ones, so a complex drawn with arrows is read without
        them: it then has the key of its drawing with covalent bonds or as ions.
        """
        with quiet_rdkit():
            return str(Chem.MolToInchiKey(_without_dative_bonds(self.mol)))

    @cached_property
    def block(self) -> str:
        """First block of the InChIKey: the same for stereoisomers, isotopologues and most protonation states.

        Where InChI has no key, a hash of the canonical SMILES without stereo stands in, marked `smiles:`.
        """
        if self.inchikey:
            return self.inchikey.split("-")[0]
        flat = Chem.MolToSmiles(self.mol, isomericSmiles=False)
        return "smiles:" + hashlib.sha256(flat.encode()).hexdigest()[:14]

    @cached_property
    def formula(self) -> str:
        """Molecular formula in Hill order with the net charge, e.g. `C2H3O2-`."""
        return str(rdMolDescriptors.CalcMolFormula(self.mol))

    @cached_property
    def components(self) -> tuple[str, ...]:
        """Canonical SMILES of every component, largest first, duplicates kept."""
        parts = Chem.GetMolFrags(self.mol, asMols=True, sanitizeFrags=False)
        ordered = sorted(parts, key=lambda part: (-part.GetNumHeavyAtoms(), Chem.MolToSmiles(part)))
        return tuple(Chem.MolToSmiles(part) for part in ordered)

    @cached_property
    def form(self) -> Literal["single", "salt", "mixture"]:
        """Whether the text holds one molecule, a salt (charged or mineral-acid components) or a mixture."""
        if len(self.components) == 1:
            return "single"
        parts = Chem.GetMolFrags(self.mol, asMols=True, sanitizeFrags=False)
        if any(Chem.GetFormalCharge(part) for part in parts):
            return "salt"
        carbon_free = [part for part in parts if not any(a.GetAtomicNum() == 6 for a in atoms_of(part))]
        acids = [part for part in carbon_free if Chem.MolToSmiles(part) not in ("O", "[2H]O[2H]")]
        return "salt" if acids and len(acids) < len(parts) else "mixture"

    @cached_property
    def searches(self) -> dict[Hashable, tuple[tuple[tuple[int, ...], ...], int]]:
        """What long searches found in it, and how much they took of their bound; filled by `match_at`."""
        return {}

    @cached_property
    def neutral(self) -> Chem.Mol:
        """A copy with protonation-type charges removed; atom indices are unchanged."""
        return _neutralise(self.mol)


def mend_backslashes(text: str) -> str:
    r"""Undo the doubling of backslashes in MolT5's text files: `C\\C=C` (two in the file) becomes `C\C=C`."""
    return re.sub(r"\\+", r"\\", text)  # a run of any length: mending what is mended already changes nothing


@lru_cache(maxsize=1_024)  # 30 kB each, twice that once they were looked at; more are hardly asked for again
def read_molecule(text: str) -> Molecule:
    """Read a SMILES, keeping the text it came in.

    Args:
        text: One molecule as SMILES; several components separated by `.` are kept.

    Returns:
        The molecule. Reading `read_molecule(text).smiles` again gives the same `smiles` and the same atoms.

    Raises:
        InputError: RDKit cannot read the text (with RDKit's reason), or it is over a limit on size.
    """
    smiles = mend_backslashes(text.strip())
    if not smiles:
        raise InputError("an empty text is not a molecule; pass one SMILES, e.g. 'CC(=O)O'")
    if len(smiles) > MAX_SMILES_LENGTH:
        raise InputError(f"{shorten(smiles)} is longer than {MAX_SMILES_LENGTH} characters; pass a smaller molecule")
    if not smiles.isascii() or not smiles.isprintable() or any(c.isspace() for c in smiles):
        raise InputError(f"{shorten(text)} has characters no SMILES has; pass one molecule, e.g. 'CC(=O)O'")
    with quiet_rdkit():
        _bound(smiles, text)
        mol = Chem.MolFromSmiles(smiles)
        if mol is None or mol.GetNumAtoms() == 0:
            raise InputError(f"{shorten(text)} is not a SMILES RDKit can read: {_reason(smiles)}")
    return Molecule(text=text, smiles=smiles, mol=mol)


def _bound(smiles: str, text: str) -> None:
    """Refuse molecules that would make ring perception or matching slow, before RDKit sanitises them."""
    if _MANY_HYDROGENS.search(smiles):
        raise InputError(f"{shorten(text)} states more hydrogens than an atom can bear; pass a real molecule")
    if len(smiles) < 120:  # too short to hold enough rings, atoms or bonds to matter
        return
    raw = Chem.MolFromSmiles(smiles, sanitize=False)
    if raw is None:
        return  # the caller names the reason
    atoms = raw.GetNumAtoms()
    if atoms > MAX_HEAVY_ATOMS * 3 or raw.GetNumHeavyAtoms() > MAX_HEAVY_ATOMS:
        raise InputError(f"{shorten(text)} has {atoms} atoms, more than {MAX_HEAVY_ATOMS}; pass a smaller molecule")
    # RDKit keeps valences in one byte: 260 bonds would pass for 4, and 200 end in an error of its own.
    if any(
        len(bonds := atom.GetBonds()) > 20 or sum(b.GetBondTypeAsDouble() for b in bonds) > 20 for atom in atoms_of(raw)
    ):
        raise InputError(f"{shorten(text)} has an atom with more than 20 bonds; pass a real molecule")
    rings = raw.GetNumBonds() - atoms + len(Chem.GetMolFrags(raw))
    if rings > MAX_RINGS:
        raise InputError(f"{shorten(text)} has {rings} rings, more than {MAX_RINGS}; pass a smaller molecule")


def _reason(smiles: str) -> str:
    """What RDKit objects to, in one line."""
    raw = Chem.MolFromSmiles(smiles, sanitize=False)
    if raw is None:
        return "its syntax is broken (brackets, ring closures or element symbols)"
    problems = Chem.DetectChemistryProblems(raw)
    if problems:
        return "; ".join(problem.Message() for problem in problems[:3])
    return "it holds no atoms" if raw.GetNumAtoms() == 0 else "RDKit gives no reason"


def _without_dative_bonds(mol: Chem.Mol) -> Chem.Mol:
    """Copy a complex without its arrows; the molecule itself where it has none."""
    arrows = [bond for bond in bonds_of(mol) if bond.GetBondType() == Chem.BondType.DATIVE]
    if not arrows:
        return mol
    copy = Chem.RWMol(mol)
    for bond in arrows:
        copy.RemoveBond(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
    return mol if Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE else copy.GetMol()


def _double_dipoles(mol: Chem.RWMol) -> None:
    """Write the dipoles `[S+][O-]`, `[S+2]([O-])[O-]`, `[P+][O-]` and `[As+][O-]` as double bonds, in place.

    Both drawings are common and mean one compound; patterns are written with the double bond.
    """
    for bond in bonds_of(mol):
        for centre, oxygen in ((bond.GetBeginAtom(), bond.GetEndAtom()), (bond.GetEndAtom(), bond.GetBeginAtom())):
            if centre.GetAtomicNum() not in (15, 16, 33) or centre.GetFormalCharge() <= 0 or centre.GetIsAromatic():
                continue
            if oxygen.GetAtomicNum() == 8 and oxygen.GetFormalCharge() == -1 and oxygen.GetDegree() == 1:
                bond.SetBondType(Chem.BondType.DOUBLE)
                centre.SetFormalCharge(centre.GetFormalCharge() - 1)
                oxygen.SetFormalCharge(0)


def _neutralise(mol: Chem.Mol) -> Chem.Mol:
    """Move protons so that acids and bases stand uncharged; nitro, N-oxide and quaternary centres stay.

    Sulfur, phosphorus and arsenic bound to oxygen by a dipole are bound by a double bond.

    Atom indices do not change. Where the neutral form would not be a sane molecule, the charged one is returned,
    since a wrong normalisation is worse than none.
    """
    if not any(atom.GetFormalCharge() for atom in atoms_of(mol)):
        return mol
    copy = Chem.RWMol(mol)
    _double_dipoles(copy)
    for atom in atoms_of(copy):
        charge = atom.GetFormalCharge()
        if charge == 0 or any(n.GetFormalCharge() * charge < 0 for n in atom.GetNeighbors()):
            continue  # neutral, or one half of a dipole such as nitro or an N-oxide
        hydrogens = atom.GetTotalNumHs()
        if charge < 0 and atom.GetAtomicNum() in (6, 7, 8, 9, 16, 17, 34, 35, 53):
            new_hydrogens = hydrogens - charge
        elif charge > 0 and atom.GetAtomicNum() in (7, 8, 15, 16) and hydrogens >= charge:
            new_hydrogens = hydrogens - charge
        else:
            continue  # metal cations and quaternary centres have no proton to move
        atom.SetFormalCharge(0)
        atom.SetNoImplicit(True)
        atom.SetNumExplicitHs(new_hydrogens)
    with quiet_rdkit():
        if Chem.SanitizeMol(copy, catchErrors=True) != Chem.SanitizeFlags.SANITIZE_NONE:
            return mol
    return copy.GetMol()
