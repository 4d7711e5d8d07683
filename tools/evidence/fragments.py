"""A library of the fragments that recur in a corpus, each with the molecules it was cut from.

Fragments are connected pieces of up to four bonds, circular environments up to three bonds around an atom, rings
and ring systems, their skeletons, scaffolds and BRICS pieces; the first two come in several grades of detail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rdkit import Chem, rdBase
from rdkit.Chem import BRICS, rdFingerprintGenerator
from rdkit.Chem.Scaffolds import MurckoScaffold

from molreflect.tools.storage import atomic_path, read_cached, short_hash, waited_for
from molreflect.tools.terms import Level

FORMAT = 3
"""Part of the name of a kept library. Raise it with every change here after which other fragments are cut or kept."""
MIN_MOLECULES = 5
"""A fragment of fewer molecules is not kept."""
MAX_SHARE = 0.7
"""A fragment of a larger share of the molecules separates nothing."""
MAX_ATOMS = 40
"""Larger ring systems, scaffolds and BRICS pieces are not kept."""

_SMALL_CORPUS = 20  # below so many molecules, MAX_SHARE would throw away everything


class _Detail(IntEnum):
    """What a fragment says of its atoms besides element, aromaticity and charge."""

    PLAIN = 0
    """Nothing: `CO` is in ethers and alcohols."""
    HETERO = 1
    """Hydrogens of N, O, P and S: `C[OH1]` is in alcohols, not in ethers."""
    ALL = 2
    """Hydrogens of carbon as well: `[CH2][OH1]` is in primary alcohols."""
    RING = 3
    """Which atoms stand in a ring: `[N;R][C;R]=O` is in lactams, not in open amides."""
    ELEMENT = 4
    """As `HETERO`, with carbon aromatic or not: `[#6][#6]([#6])=O` is in alkyl and aryl ketones."""


_ORGANIC = frozenset({"B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I"})
_AROMATIC = frozenset({"b", "c", "n", "o", "p", "s"})
_PROTIC = frozenset({7, 8, 15, 16})


@dataclass(frozen=True, slots=True)
class Candidate:
    """A fragment that may tell a phrase's molecules from the rest."""

    pattern: str
    level: Level
    size: int
    """Heavy atoms."""
    cut_from: int
    """Molecules it was cut from: at least so many contain it."""


@dataclass(frozen=True, slots=True)
class FragmentLibrary:
    """Fragments as patterns, with the molecules they were cut from."""

    patterns: tuple[str, ...]
    """SMARTS."""
    levels: tuple[Level, ...]
    """`flat`, or `skeleton` for ring skeletons: how the pattern has to be matched."""
    sizes: npt.NDArray[np.int32]
    """Heavy atoms, shape (n_fragments,)."""
    packed: npt.NDArray[np.uint8]
    """Bit `i` of row `f` says that fragment `f` was cut from molecule `i`, shape (n_fragments, ceil(n / 8)).
    A molecule may contain a fragment that was not cut from it, never the other way round."""
    rows: npt.NDArray[np.int64]
    """0-based rows of the corpus that were cut, ascending: molecule `i` stands in row `rows[i]`, shape (n,)."""
    _totals: npt.NDArray[np.int64] = field(init=False, repr=False)
    _lengths: npt.NDArray[np.int64] = field(init=False, repr=False)
    _richness: npt.NDArray[np.int64] = field(init=False, repr=False)
    _whole: npt.NDArray[np.bool_] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # What every search over the library needs, counted once.
        object.__setattr__(self, "_totals", np.bitwise_count(self.packed).sum(axis=1, dtype=np.int64))
        object.__setattr__(self, "_lengths", np.array([len(text) for text in self.patterns]))
        object.__setattr__(self, "_richness", np.array([len(_HETEROATOM.findall(text)) for text in self.patterns]))
        object.__setattr__(self, "_whole", np.array([_looks_whole(text) for text in self.patterns], dtype=np.bool_))

    @classmethod
    def build(cls, mols: Iterable[Chem.Mol], places: Sequence[int]) -> FragmentLibrary:
        """Cut every molecule and keep the fragments that recur, in an order that depends on the molecules only.

        Args:
            mols: The molecules to cut, taken one by one: a kilobyte is kept of each, where RDKit's own take thirty.
            places: Their 0-based rows in the corpus, ascending.
        """
        packed = [mol.ToBinary() for mol in mols]
        held: dict[tuple[str, Level], npt.NDArray[np.uint8]] = {}
        sizes: dict[tuple[str, Level], int] = {}
        for source in (_small_pieces(packed), _large_pieces(packed)) if packed else ():
            for text, level, size, rows in source:
                bits = held.get((text, level))
                if bits is None:
                    bits = held[text, level] = np.zeros(-(-len(packed) // 8), dtype=np.uint8)
                np.bitwise_or.at(bits, rows >> 3, (128 >> (rows & 7)).astype(np.uint8))
                sizes[text, level] = size
        most = max(MAX_SHARE * len(packed), _SMALL_CORPUS)
        counts = {key: int(np.bitwise_count(bits).sum()) for key, bits in held.items()}
        kept = sorted(key for key, count in counts.items() if MIN_MOLECULES <= count <= most)
        return cls(
            tuple(text for text, _ in kept),
            tuple(level for _, level in kept),
            np.array([sizes[key] for key in kept], dtype=np.int32),
            np.stack([held[key] for key in kept]) if kept else np.zeros((0, -(-len(packed) // 8)), dtype=np.uint8),
            np.array(places, dtype=np.int64),
        )

    @classmethod
    def cached(
        cls, folder: Path | None, fingerprint: str, places: Sequence[int], mols: Callable[[], Iterable[Chem.Mol]]
    ) -> FragmentLibrary:
        """Read the library of a corpus from a folder, or build it and leave it there.

        Of several processes that want it at once, one builds it and the others wait.

        Args:
            folder: None keeps nothing.
            fingerprint: Of the corpus.
            places: 0-based rows of the molecules to cut, ascending.
            mols: These molecules, called where the library has to be built.
        """
        if folder is None:
            return cls.build(mols(), places)
        name = short_hash([FORMAT, fingerprint, list(places), rdBase.rdkitVersion])
        path = folder / f"fragments-{name}.npz"
        if (kept := read_cached(path, lambda: cls.load(path))) is not None:
            return kept
        with waited_for(folder / "fragments.lock"):
            if (kept := read_cached(path, lambda: cls.load(path))) is not None:
                return kept
            built = cls.build(mols(), places)
            built.save(path)
        for old in folder.glob("fragments-*.npz"):
            if old != path:
                old.unlink(missing_ok=True)
        return built

    def save(self, path: Path) -> None:
        """Write the library whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as part, part.open("wb") as stream:
            np.savez_compressed(
                stream,
                patterns=np.array(self.patterns, dtype=np.str_),
                levels=np.array([level.value for level in self.levels], dtype=np.str_),
                sizes=self.sizes,
                packed=self.packed,
                rows=self.rows,
            )

    @classmethod
    def load(cls, path: Path) -> FragmentLibrary:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(
                tuple(data["patterns"].tolist()),
                tuple(Level(value) for value in data["levels"].tolist()),
                data["sizes"],
                data["packed"],
                data["rows"],
            )

    def candidates(self, rows: npt.NDArray[np.intp], *, min_recall: float, limit: int) -> list[Candidate]:
        """At most `limit` fragments worth counting exactly for the molecules `rows`, rarest first.

        The molecules a fragment was cut from are a lower bound of those that contain it, so that fragments
        below `min_recall` are looked at as well.

        Args:
            rows: 0-based rows of the corpus; those that were not cut are passed over.
            min_recall: Share of the molecules that should hold a fragment.
            limit: Most fragments to give.
        """
        cut = np.flatnonzero(np.isin(self.rows, rows))
        if not self.patterns or not len(cut):
            return []
        mask = np.zeros(self.packed.shape[1] * 8, dtype=np.bool_)
        mask[cut] = True
        inside = np.bitwise_count(self.packed & np.packbits(mask)).sum(axis=1, dtype=np.int64)
        total = self._totals
        recall = inside / len(cut)
        lift = recall / np.maximum(total, 1)  # up to a factor that is the same for all
        chosen: dict[int, None] = {}
        for least, share in ((min_recall, 0.6), (min_recall * 0.5, 0.4)):
            able = np.flatnonzero(recall >= least)
            merit = recall[able] ** 2 * lift[able] if least < min_recall else lift[able]
            order = able[np.lexsort((able, self._lengths[able], self.sizes[able], -merit))]
            chosen.update(dict.fromkeys(self._distinct(order, inside, int(limit * share))))
        return self._described(sorted(chosen, key=lambda place: (int(total[place]), place)))

    def _described(self, places: Iterable[int]) -> list[Candidate]:
        return [
            Candidate(self.patterns[place], self.levels[place], int(self.sizes[place]), int(self._totals[place]))
            for place in places
        ]

    def _distinct(self, order: npt.NDArray[np.intp], inside: npt.NDArray[np.int64], limit: int) -> list[int]:
        """The first places of an order; of fragments with the same counts only the first, the one with most
        heteroatoms and the first that cuts no aromatic ring."""
        groups: dict[tuple[int, int], list[int]] = {}
        for place in order.tolist():
            groups.setdefault((int(inside[place]), int(self._totals[place])), []).append(place)
        picked: list[int] = []
        for members in groups.values():
            richest = max(members, key=lambda place: int(self._richness[place]))  # the first of them
            whole = max(members, key=lambda place: (bool(self._whole[place]), int(self._richness[place])))
            picked += dict.fromkeys((members[0], richest, whole))
            if len(picked) >= limit:
                break
        return picked[:limit]


_HETEROATOM = re.compile(r"Cl|Br|[NOPSFInops](?![a-z])")
_IN_BRACKETS = re.compile(r"\[[^]]*\]")
_AROMATIC_ATOM = re.compile(r"[bcnops]")


def _looks_whole(smarts: str) -> bool:
    """Whether a pattern has no aromatic atoms, or closes at least one ring."""
    bare = _IN_BRACKETS.sub(lambda found: "c" if found.group()[1].islower() else "C", smarts)
    return any(letter.isdigit() for letter in bare) or not _AROMATIC_ATOM.search(
        bare.replace("Cl", "").replace("Br", "")
    )


_PIECE, _CIRCLE = 0, 1
_CIRCLES = rdFingerprintGenerator.GetMorganGenerator(radius=3, includeRedundantEnvironments=True)

_Codes = tuple[Mapping[int, Sequence[Sequence[int]]], Mapping[int, Sequence[tuple[int, int]]]]
_Piece = tuple[str, Level, int, npt.NDArray[np.intp]]


class _Sketch:
    """What is asked of a molecule again and again; RDKit's Python iteration over atoms is slow."""

    def __init__(self, mol: Chem.Mol) -> None:
        self.mol = mol
        self.atoms = list(mol.GetAtoms())
        self.numbers = [atom.GetAtomicNum() for atom in self.atoms]
        self._symbols: dict[_Detail, list[str]] = {}

    def symbols(self, detail: _Detail) -> list[str]:
        """How the atoms are written."""
        if detail not in self._symbols:
            self._symbols[detail] = [_symbol(atom, detail) for atom in self.atoms]
        return self._symbols[detail]

    @cached_property
    def ends(self) -> list[tuple[int, int]]:
        """Atoms of every bond."""
        return [(bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()) for bond in self._bonds]

    @cached_property
    def double_bonds(self) -> list[tuple[int, int]]:
        """Atoms of every double bond."""
        pairs = zip(self.ends, self._bonds, strict=True)
        return [ends for ends, bond in pairs if bond.GetBondTypeAsDouble() == 2]

    @cached_property
    def _bonds(self) -> list[Chem.Bond]:
        return list(self.mol.GetBonds())

    def codes(self, detail: _Detail) -> _Codes:
        """Hashes of its connected pieces, each with the bonds of one, and of its circles, with an atom and a radius."""
        invariants = [_invariant(atom, detail) for atom in self.atoms]
        pieces: dict[int, list[list[int]]] = {}
        Chem.UnfoldedRDKFingerprintCountBased(
            self.mol,
            minPath=1,
            maxPath=3 if detail is _Detail.ALL else 4,
            branchedPaths=True,
            atomInvariants=invariants,
            bitInfo=pieces,
        )
        output = rdFingerprintGenerator.AdditionalOutput()
        output.AllocateBitInfoMap()
        _CIRCLES.GetSparseCountFingerprint(self.mol, customAtomInvariants=invariants, additionalOutput=output)
        return pieces, output.GetBitInfoMap()

    def write(self, atoms: Collection[int], bonds: Collection[int] | None, detail: _Detail) -> str:
        """Atoms and bonds as SMARTS; without bonds, all between the atoms."""
        if bonds is None:
            bonds = [place for place, (begin, end) in enumerate(self.ends) if begin in atoms and end in atoms]
        text = Chem.MolFragmentToSmiles(
            self.mol,
            list(atoms),
            bondsToUse=list(bonds),
            atomSymbols=self.symbols(detail),
            isomericSmiles=False,
            canonical=True,
        )
        return str(text)

    def write_circle(self, atom: int, radius: int, detail: _Detail) -> tuple[str, int]:
        """What is within some bonds of an atom as SMARTS, and how many atoms there are."""
        around = tuple(Chem.FindAtomEnvironmentOfRadiusN(self.mol, radius, atom)) if radius else ()
        return self.write_bonds(around, detail) if around else (self.symbols(detail)[atom], 1)

    def write_bonds(self, bonds: Collection[int], detail: _Detail) -> tuple[str, int]:
        """Bonds with their atoms as SMARTS, and how many atoms there are."""
        atoms = sorted({end for bond in bonds for end in self.ends[bond]})
        return self.write(atoms, bonds, detail), len(atoms)


def _small_pieces(mols: Sequence[bytes]) -> Iterator[_Piece]:
    """Connected pieces and circular environments, found by hash first: only the recurring ones are written out."""
    # Writing takes as long as the molecule is large, not the piece: so the smallest molecules come first.
    order = sorted(range(len(mols)), key=lambda row: int(Chem.Mol(mols[row]).GetNumAtoms()))
    for detail in _Detail:
        hashes = [[_numbers(codes) for codes in _Sketch(Chem.Mol(mols[row])).codes(detail)] for row in order]
        of_row: dict[int, list[tuple[int, int, npt.NDArray[np.intp]]]] = {}
        for kind in (_PIECE, _CIRCLE):
            for code, rows in _recurring([each[kind] for each in hashes], order):
                of_row.setdefault(int(rows[0]), []).append((kind, code, rows))
        for row, recurring in of_row.items():
            sketch = _Sketch(Chem.Mol(mols[row]))
            pieces, circles = sketch.codes(detail)
            for kind, code, rows in recurring:
                if kind == _PIECE:
                    text, size = sketch.write_bonds(pieces[code][0], detail)
                else:
                    text, size = sketch.write_circle(*circles[code][0], detail)
                yield text, Level.FLAT, size, rows


def _numbers(codes: Collection[int]) -> npt.NDArray[np.uint64]:
    return np.fromiter(codes, np.uint64, len(codes))


def _recurring(
    hashes: Sequence[npt.NDArray[np.uint64]], order: Sequence[int]
) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Hashes that several molecules have, each with their rows in the order in which they are given.

    Dictionaries of them all would take half a gigabyte for five thousand molecules.
    """
    codes = np.concatenate(hashes)
    owners = np.repeat(np.array(order), [len(each) for each in hashes])
    by_code = np.argsort(codes, kind="stable")
    codes = codes[by_code]
    starts = np.flatnonzero(np.append(True, codes[1:] != codes[:-1]))
    ends = np.append(starts[1:], len(codes))
    many = ends - starts >= MIN_MOLECULES
    for start, end in zip(starts[many].tolist(), ends[many].tolist(), strict=True):
        yield int(codes[start]), owners[by_code[start:end]]


def _symbol(atom: Chem.Atom, detail: _Detail) -> str:
    if atom.GetAtomicNum() == 0:
        return "*"
    symbol = str(atom.GetSymbol())
    if detail is _Detail.ELEMENT and symbol == "C":
        symbol = "#6"
    elif atom.GetIsAromatic():
        symbol = symbol.lower()
    charge = atom.GetFormalCharge()
    more = f"{charge:+d}" if charge else ""
    if _counts_hydrogens(atom, detail):
        more = f"H{atom.GetTotalNumHs()}{more}"
    if _states_ring(atom, detail):
        more += ";R"
    plain = not more and (symbol in _ORGANIC or symbol in _AROMATIC)
    return symbol if plain else f"[{symbol}{more}]"


def _counts_hydrogens(atom: Chem.Atom, detail: _Detail) -> bool:
    number = atom.GetAtomicNum()
    if number == 6:
        return detail is _Detail.ALL
    return detail in (_Detail.HETERO, _Detail.ALL, _Detail.ELEMENT) and number in _PROTIC


def _states_ring(atom: Chem.Atom, detail: _Detail) -> bool:
    return detail is _Detail.RING and bool(atom.IsInRing()) and not atom.GetIsAromatic()


def _invariant(atom: Chem.Atom, detail: _Detail) -> int:
    """One number for everything `_symbol` writes; charges outside -7 to 8 share one."""
    number = int(atom.GetAtomicNum())
    hydrogens = int(atom.GetTotalNumHs()) + 1 if _counts_hydrogens(atom, detail) else 0
    charge = min(max(int(atom.GetFormalCharge()) + 7, 0), 15)
    aromatic = bool(atom.GetIsAromatic()) and not (detail is _Detail.ELEMENT and number == 6)
    ring = _states_ring(atom, detail)
    return (((number * 2 + aromatic) * 2 + ring) * 16 + charge) * 8 + min(hydrogens, 7)


def _large_pieces(mols: Sequence[bytes]) -> Iterator[_Piece]:
    """Rings (bare and with their double-bonded atoms), ring skeletons, scaffolds and BRICS pieces."""
    for row, packed in enumerate(mols):
        sketch = _Sketch(Chem.Mol(packed))
        rings = _rings(sketch.mol)
        sets = {frozenset(atoms) for atoms in rings}
        for atoms in rings:
            doubled = {end for ends in sketch.double_bonds if atoms.intersection(ends) for end in ends}
            sets.add(frozenset(atoms | doubled))
        sets.update(_brics_pieces(sketch.mol))
        if rings:
            sets.add(_scaffold(sketch.mol))
        seen = {
            (sketch.write(atoms, None, _Detail.PLAIN), Level.FLAT, len(atoms))
            for atoms in sets
            if 1 < len(atoms) <= MAX_ATOMS
        }
        seen |= {
            (_write_skeleton(sketch, sorted(atoms)), Level.SKELETON, len(atoms))
            for atoms in rings
            if len(atoms) <= MAX_ATOMS
        }
        for text, level, size in seen:
            yield text, level, size, np.array([row])


def _rings(mol: Chem.Mol) -> list[set[int]]:
    """Atoms of each ring, of each two rings that share a bond, and of each set of rings that share atoms."""
    single = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    found = {frozenset(ring) for ring in single}
    found.update(
        frozenset(one | other) for place, one in enumerate(single) for other in single[:place] if len(one & other) > 1
    )
    systems: list[set[int]] = []
    for ring in single:
        joined = set(ring)
        apart = []
        for system in systems:
            if system & joined:
                joined |= system
            else:
                apart.append(system)
        systems = [*apart, joined]
    found.update(frozenset(system) for system in systems)
    return [set(atoms) for atoms in found]


def _write_skeleton(sketch: _Sketch, atoms: Sequence[int]) -> str:
    """Elements and connections only, written with single bonds."""
    place = {index: new for new, index in enumerate(atoms)}
    bare = Chem.RWMol()
    for index in atoms:
        atom = Chem.Atom(sketch.numbers[index])
        atom.SetNoImplicit(True)
        bare.AddAtom(atom)
    for begin, end in sketch.ends:
        if begin in place and end in place:
            bare.AddBond(place[begin], place[end], Chem.BondType.SINGLE)
    symbols = [Chem.GetPeriodicTable().GetElementSymbol(sketch.numbers[i]) if sketch.numbers[i] else "*" for i in atoms]
    written = [symbol if symbol in _ORGANIC or symbol == "*" else f"[{symbol}]" for symbol in symbols]
    return str(Chem.MolFragmentToSmiles(bare, list(range(len(atoms))), atomSymbols=written))


def _scaffold(mol: Chem.Mol) -> frozenset[int]:
    """Atoms of the Murcko scaffold: rings, what links them, and what is double-bonded to either."""
    marked = Chem.Mol(mol)
    for place, atom in enumerate(marked.GetAtoms()):
        atom.SetIntProp("_place", place)
    scaffold = MurckoScaffold.GetScaffoldForMol(marked)
    return frozenset(atom.GetIntProp("_place") for atom in scaffold.GetAtoms() if atom.HasProp("_place"))


def _brics_pieces(mol: Chem.Mol) -> list[frozenset[int]]:
    """Atoms of the pieces left when every BRICS bond is cut."""
    cuts = [mol.GetBondBetweenAtoms(*ends).GetIdx() for ends, _ in BRICS.FindBRICSBonds(mol)]
    if not cuts:
        return []
    return [frozenset(piece) for piece in Chem.GetMolFrags(Chem.FragmentOnBonds(mol, cuts, addDummies=False))]
