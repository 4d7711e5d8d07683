"""Systematic names taken apart: a molecule as parent and substituents, each with the atoms it stands for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.lexicon.classes import Lexicon
from molreflect.tools.molecules.match import match_at
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.names.systematic import Namer
from molreflect.tools.synthesis.class_claims import load_choices
from molreflect.tools.synthesis.name_parts import restyle, split_name
from molreflect.tools.terms import Level

NAMING_SECONDS = 20.0
"""Most time for one name. Far above what a molecule within the bounds below takes, so that a slow machine does not
change the result; a name that takes longer all the same is counted as `naming timed out`."""
_RUN_ON = re.compile(r"[a-z]\((?:\d+[RSEZ]|[RSEZ]\))")
"""A descriptor behind a word without a hyphen, "N-methyl(2R)-2-methyl": OPSIN reads it, and nobody writes it."""
MAX_NAMED_ATOMS = 40
MAX_NAMED_RINGS = 4
"""Rings of one fused or bridged system; names of larger systems can take openclatura minutes."""


@dataclass(frozen=True, slots=True)
class Group:
    """A substituent of a named molecule, or several of one name."""

    name: str
    locants: tuple[str, ...]
    """Positions on the parent as the name gives them; empty where it needs none."""
    atoms: frozenset[int]
    """0-based atoms of all of them together."""
    count: int


@dataclass(frozen=True, slots=True)
class Derivation:
    """A molecule as parent and substituents, by a systematic name that reads back as the same molecule."""

    name: str
    parent: str
    parent_atoms: frozenset[int]
    groups: tuple[Group, ...]
    stereo: str
    """Descriptors that open the name, e.g. "2R,3S"; empty where it has none."""

    @property
    def numbered(self) -> bool:
        """Whether all positions are numbers: nobody says that a hydrogen "at position N" is replaced."""
        return all(locant[0].isdigit() for group in self.groups for locant in group.locants)


class NameReader:
    """Names molecules and takes the names apart; remembers the molecules it met. Not to be shared between threads."""

    def __init__(self, lexicon: Lexicon, nomenclature: Nomenclature, namer: Namer) -> None:
        self.nomenclature = nomenclature
        self._namer = namer
        vague = load_choices().vague_groups
        self._substituents = tuple(
            entry
            for entry in lexicon.classes
            if entry.group in ("substituent", "halide", "sulfur", "acyl group")
            and entry.name.endswith(" group")
            and entry.name not in vague
        )
        self._derive = lru_cache(maxsize=20_000)(self._read_name)

    def derivation(self, molecule: Molecule) -> Derivation | str:
        """Parent and substituents of a molecule; a text says why there are none."""
        return self._derive(molecule.smiles)

    def _read_name(self, smiles: str) -> Derivation | str:
        molecule = read_molecule(smiles)
        if molecule.heavy_atoms > MAX_NAMED_ATOMS or _largest_system(molecule.mol) > MAX_NAMED_RINGS:
            return "too large to be named"
        naming = self._namer.name(molecule, NAMING_SECONDS)
        if naming.status != "named":
            return "naming timed out" if naming.status == "timeout" else "has no name"
        name = restyle(naming.name)
        if "^" in name or _RUN_ON.search(name):
            return "has a name that no caption would use"
        structure = self.nomenclature.resolve([name])[name]
        if structure is None or structure.kind != "molecule" or structure.ambiguous:
            return "its name cannot be read back"
        if read_molecule(structure.smiles).inchikey != molecule.inchikey:
            return "its name reads back as another molecule"
        parents = [part for part in naming.parts if part.role == "parent"]
        if len(parents) != 1 or " " in naming.name[: -len(parents[0].phrase) or None]:
            return Derivation(name, "", frozenset(), (), "")
        split = split_name(naming.name, parents[0].phrase)
        atoms = frozenset(parents[0].atoms)
        if split is None or not self._is_parent(split.parent, len(atoms)):
            return Derivation(name, "", frozenset(), (), "")
        groups = self._placed(molecule, atoms, split.groups)
        if groups is None:
            return Derivation(name, "", frozenset(), (), "")
        return Derivation(name, restyle(split.parent), atoms, groups, split.stereo)

    def _is_parent(self, parent: str, atoms: int) -> bool:
        read = self.nomenclature.resolve([restyle(parent)])[restyle(parent)]
        return (
            read is not None
            and read.kind == "molecule"
            and not read.ambiguous
            and read_molecule(read.smiles).heavy_atoms == atoms
        )

    def _placed(
        self, molecule: Molecule, parent: frozenset[int], named: Sequence[tuple[str, tuple[str, ...], int]]
    ) -> tuple[Group, ...] | None:
        """The atoms of every substituent: what hangs on the parent, compared piece by piece with what OPSIN reads."""
        pieces = _hanging(molecule.mol, parent)
        if sum(count for _, _, count in named) != sum(len(atoms) for atoms in pieces.values()):
            return None
        left = {key: list(atoms) for key, atoms in pieces.items()}
        placed = []
        kinds: Counter[str] = Counter()
        for name, locants, count in named:
            read = self.nomenclature.resolve([name])[name]
            if read is None or read.kind != "substituent":
                return None
            key = _flat(read.smiles)
            kinds[key] += 1
            mine = left.get(key, [])
            # Two names for one kind of piece: which piece is which cannot be told from the pieces.
            if len(mine) != count or kinds[key] > 1:
                return None
            left[key] = []
            placed.append(Group(name, locants, frozenset(i for atoms in mine for i in atoms), count))
        return tuple(placed)

    def substituents(self, molecule: Molecule) -> list[Group]:
        """Substituents of the lexicon that hang on the molecule by one bond, for captions without a systematic name."""
        found: list[Group] = []
        for entry in self._substituents:
            hits = next((h for p in entry.patterns if (h := match_at(molecule, read_pattern(p), Level.EXACT))), ())
            if hits and len(hits) <= 6 and all(_hangs(molecule.mol, hit) for hit in hits):
                atoms = frozenset(i for hit in hits for i in hit)
                name = entry.name.removesuffix(" group")
                if sum(map(len, hits)) == len(atoms) and all(self._is_called(molecule, hit, name) for hit in hits):
                    found.append(Group(name, (), atoms, len(hits)))
        largest = sorted(found, key=lambda g: (-len(g.atoms) // g.count, g.name))
        kept: list[Group] = []
        for group in largest:
            if all(group.atoms.isdisjoint(other.atoms) for other in kept):
                kept.append(group)
        return kept

    def _is_called(self, molecule: Molecule, hit: Sequence[int], name: str) -> bool:
        """Whether OPSIN reads a substituent's name as just these atoms, bound where they are bound."""
        read = self.nomenclature.resolve([name])[name]
        outside = frozenset(range(molecule.mol.GetNumAtoms())).difference(hit)
        return read is not None and read.kind == "substituent" and _flat(read.smiles) in _hanging(molecule.mol, outside)


def _hanging(mol: Chem.Mol, parent: frozenset[int]) -> dict[str, list[frozenset[int]]]:
    """The pieces of a molecule outside its parent, by SMILES with `*` for the parent, stereo left out."""
    cut = [b.GetIdx() for b in mol.GetBonds() if (b.GetBeginAtomIdx() in parent) != (b.GetEndAtomIdx() in parent)]
    if not cut:
        return {}
    apart = Chem.FragmentOnBonds(mol, cut, dummyLabels=[(0, 0)] * len(cut))
    found: dict[str, list[frozenset[int]]] = {}
    size = mol.GetNumAtoms()
    for atoms in Chem.GetMolFrags(apart):
        own = frozenset(i for i in atoms if i < size)
        if own and own.isdisjoint(parent):
            text = Chem.MolFragmentToSmiles(apart, atoms, isomericSmiles=False)
            found.setdefault(_flat(text), []).append(own)
    return found


@lru_cache(maxsize=20_000)
def _flat(smiles: str) -> str:
    mol = Chem.MolFromSmiles(smiles)
    return "" if mol is None else str(Chem.MolToSmiles(mol, isomericSmiles=False))


def _hangs(mol: Chem.Mol, hit: Sequence[int]) -> bool:
    """Whether matched atoms are a substituent: one bond out, and not the hetero atom of an acid or an amide."""
    inside = set(hit)
    out = [(i, n.GetIdx()) for i in inside for n in mol.GetAtomWithIdx(i).GetNeighbors() if n.GetIdx() not in inside]
    if len(out) != 1:
        return False
    near, far = (mol.GetAtomWithIdx(i) for i in out[0])
    if near.GetAtomicNum() == 6:
        return True
    return far.GetAtomicNum() == 6 and not any(
        b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(far).GetAtomicNum() != 6 for b in far.GetBonds()
    )


def _largest_system(mol: Chem.Mol) -> int:
    """Most rings that hang together by shared atoms."""
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    systems: list[tuple[set[int], int]] = []
    for ring in rings:
        touching = [s for s in systems if s[0] & ring]
        systems = [s for s in systems if not s[0] & ring]
        systems.append((ring.union(*(s[0] for s in touching)), 1 + sum(s[1] for s in touching)))
    return max((count for _, count in systems), default=0)
