"""What no fixed pattern can state: rings of a fused system counted, a carbon skeleton measured, a class's full extent.

SMARTS cannot count rings, nor the carbons of a skeleton, so these classes are looked for in one molecule and the
pattern is cut from the very atoms that make it a member. Such a pattern replays on its molecule and says nothing about
any other one, which is why the corpus is never asked about it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from rdkit import Chem

from molreflect.tools.lexicon.classes import StructuralClass
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.parts import atoms_of, bonds_of
from molreflect.tools.molecules.read import WITH_MOLECULES, Molecule
from molreflect.tools.molecules.smarts import MAX_PATTERN_LENGTH
from molreflect.tools.names.words import MULTIPLIERS
from molreflect.tools.terms import Level

MAX_ALTERNATIVES = 12
"""Most alternatives of the patterns of one name."""
_NUMBERS = {**MULTIPLIERS, "bi": 2}
_COUNTS = "mono|bi|tri|tetra|penta|hexa|hepta|octa|nona|deca"
_RINGS = re.compile(
    rf"^(?:organic )?(?P<kind>hetero|carbo|)(?P<number>{_COUNTS}|poly)cyclic (?:compound|(?:ring )?system)$"
)
_TERPENOID = re.compile(
    rf"^(?:(?P<rings>{_COUNTS}|poly|)cyclic )?(?P<size>mono|sesqui|di|sester|tri|tetra|)terpen(?:e|oid)"
    r"(?: (?P<what>lactone|ketone|alkaloid|glycoside))?$"
)
_SKELETONS = {
    "mono": (9, 10, 2),
    "sesqui": (12, 15, 2),
    "di": (17, 20, 3),
    "sester": (22, 25, 3),
    "tri": (26, 30, 4),
    "tetra": (35, 40, 6),
}
"""Fewest and most carbons of a skeleton (nor-compounds counted in), and the fewest carbon branches of one atom."""
_PARTS: dict[str, str | None] = {
    "lactone": "[#6;R](=[OX1])[OX2;R]",
    "ketone": "[#6;R;$(C([#6])[#6]),$(c([#6])[#6])]=[OX1]",
    "glycoside": "[#6][OX2][CX4;R;$(C1O[#6][#6][#6][#6]1),$(C1O[#6][#6][#6]1)]",
    "alkaloid": None,
}
"""What has to be bound in the skeleton, its carbon first; of an alkaloid only that the molecule has a nitrogen."""


@dataclass(frozen=True, slots=True)
class _System:
    """Rings that hang together."""

    atoms: frozenset[int]
    rings: int
    """Number of bonds less number of atoms plus one: independent of which smallest rings were chosen."""


_CAGE = re.compile(r"^(?:polycyclic )?cage(?: compound)?$")
_ALKALOID = "alkaloid"
_LIPID = "lipid"
_HYDROCARBON = "hydrocarbon"
MIN_CAGE_RINGS = 3
"""Fewest rings of a cage."""
MIN_LIPID_CHAIN = 8
"""Fewest carbons of the open chain by which a lipid is recognised; lipids built of isoprene have names of their own."""
MIN_ACONITANE_RINGS = 5
"""Fewest carbocycles of the cage of a diterpenoid alkaloid; steroids have four."""
MAX_N_ACYL = 5
"""Most atoms of a sugar's nitrogen group that still belong to the sugar: N-acetyl, N-glycolyl, N-sulfo."""


def is_computed(name: str) -> bool:
    """Tell whether a name is one of the classes that only a look at the molecule decides."""
    key = normalise_name(name)
    return (
        key in (_ALKALOID, _LIPID, _HYDROCARBON)
        or _CAGE.match(key) is not None
        or _RINGS.match(key) is not None
        or _TERPENOID.match(key) is not None
    )


@lru_cache(maxsize=WITH_MOLECULES)
def computed_patterns(name: str, molecule: Molecule) -> tuple[str, ...]:
    """Write SMARTS of the parts that make a molecule a member of a computed class.

    Args:
        name: Such as "organic heterotricyclic compound", "carbobicyclic compounds", "tetracyclic diterpenoid".
        molecule: Where to look.

    Returns:
        Alternatives, the largest part first; empty for other names and where the molecule is no member.
    """
    key = normalise_name(name)
    if (hit := _RINGS.match(key)) is not None:
        parts = _ring_systems(molecule.mol, hit["kind"], hit["number"])
    elif (hit := _TERPENOID.match(key)) is not None:
        parts = _isoprenoids(molecule.mol, hit["size"] or "", hit["rings"], hit["what"])
    elif key == _ALKALOID:
        parts = _nitrogen_cores(molecule.mol)
    elif key == _LIPID:
        parts = _long_chained(molecule.mol)
    elif key == _HYDROCARBON:
        parts = _hydrocarbons(molecule.mol)
    elif _CAGE.match(key) is not None:
        parts = _cages(molecule.mol)
    else:
        return ()
    return cut_patterns(molecule, parts)


def cut_patterns(molecule: Molecule, parts: Iterable[frozenset[int]]) -> tuple[str, ...]:
    """Write SMARTS of parts of a molecule as they stand in it, the largest first, each once."""
    ordered: list[list[int]] = sorted((sorted(atoms) for atoms in parts), key=lambda atoms: (-len(atoms), atoms))
    spelt = (str(Chem.MolFragmentToSmarts(molecule.mol, atoms, isomericSmarts=False)) for atoms in ordered)
    return tuple(dict.fromkeys(spelt))


def cut_interpretation(molecule: Molecule, parts: Iterable[frozenset[int]], name: str) -> tuple[Interpretation, ...]:
    """Say what a name means where its patterns are cut from the molecule, the largest first; empty without parts."""
    patterns = cut_patterns(molecule, parts)[:MAX_ALTERNATIVES]
    return (Interpretation(patterns, name, Level.EXACT, computed=True),) if patterns else ()


def _ring_systems(mol: Chem.Mol, kind: str, number: str) -> list[frozenset[int]]:
    """Fused systems of so many rings; failing that, systems joined by spiro atoms as well."""

    def carbon(atoms: Iterable[int]) -> bool:
        return all(mol.GetAtomWithIdx(i).GetAtomicNum() == 6 for i in atoms)

    def member(system: _System) -> bool:
        counted = system.rings >= 2 if number == "poly" else system.rings == _NUMBERS[number]
        return counted and (not kind or carbon(system.atoms) == (kind == "carbo"))

    rings = [frozenset(ring) for ring in mol.GetRingInfo().BondRings()]
    # A carbobicycle that bears an anhydro bridge is one still, so its carbon rings count by themselves.
    only_carbon = [ring for ring in rings if carbon(_ends(mol, ring))] if kind == "carbo" else []
    for chosen, spiro in ((rings, False), (rings, True), (only_carbon, False), (only_carbon, True)):
        found = [system.atoms for system in _systems(mol, chosen, spiro=spiro) if member(system)]
        if found:
            return found
    return []


def _ends(mol: Chem.Mol, bonds: Iterable[int]) -> frozenset[int]:
    return frozenset(
        i for b in bonds for i in (mol.GetBondWithIdx(b).GetBeginAtomIdx(), mol.GetBondWithIdx(b).GetEndAtomIdx())
    )


def _systems(mol: Chem.Mol, rings: Iterable[frozenset[int]], *, spiro: bool) -> Iterator[_System]:
    """Join rings that share a bond, or with `spiro` an atom."""
    joined: list[tuple[frozenset[int], frozenset[int]]] = []  # bonds, and what is compared
    for bonds in rings:
        contact = _ends(mol, bonds) if spiro else bonds
        apart = [item for item in joined if item[1].isdisjoint(contact)]
        touching = [item for item in joined if not item[1].isdisjoint(contact)]
        joined = [
            *apart,
            (bonds.union(*(item[0] for item in touching)), contact.union(*(item[1] for item in touching))),
        ]
    for bonds, _ in joined:
        atoms = _ends(mol, bonds)
        yield _System(atoms, len(bonds) - len(atoms) + 1)


def _nitrogen_cores(mol: Chem.Mol) -> list[frozenset[int]]:
    """Ring systems that hold a nitrogen; failing that, amine nitrogens with their carbons ("alkaloid")."""
    rings = [frozenset(ring) for ring in mol.GetRingInfo().BondRings()]
    systems = [system.atoms for system in _systems(mol, rings, spiro=True)]
    cores = [atoms for atoms in systems if any(mol.GetAtomWithIdx(i).GetAtomicNum() == 7 for i in atoms)]
    if cores:
        return cores
    hits = mol.GetSubstructMatches(Chem.MolFromSmarts("[NX3,NX4+;!$(N-[!#6;!#1]);!$(N[#6]=[O,S])]"))
    return [frozenset([n, *_neighbours(mol, n)]) for (n,) in hits if _neighbours(mol, n)]


def _long_chained(mol: Chem.Mol) -> list[frozenset[int]]:
    """Components with an open chain of eight carbons or more ("lipid")."""
    chain = Chem.MolFromSmarts("~".join(["[#6;!R]"] * MIN_LIPID_CHAIN))
    return [_with_component(mol, frozenset(hit)) for hit in mol.GetSubstructMatches(chain, maxMatches=64)]


def _hydrocarbons(mol: Chem.Mol) -> list[frozenset[int]]:
    """Components of carbon and hydrogen alone."""
    parts = [frozenset(i for i in part if mol.GetAtomWithIdx(i).GetAtomicNum() > 1) for part in Chem.GetMolFrags(mol)]
    return [part for part in parts if part and all(mol.GetAtomWithIdx(i).GetAtomicNum() == 6 for i in part)]


def _cages(mol: Chem.Mol) -> list[frozenset[int]]:
    """Ring systems of three rings or more, two of which share more than a bond ("polycyclic cage")."""
    rings = [frozenset(ring) for ring in mol.GetRingInfo().BondRings()]
    bridged = [one | other for i, one in enumerate(rings) for other in rings[:i] if len(one & other) > 1]
    systems = [system for system in _systems(mol, rings, spiro=False) if system.rings >= MIN_CAGE_RINGS]
    return [s.atoms for s in systems if any(_ends(mol, bonds) <= s.atoms for bonds in bridged)]


def _isoprenoids(mol: Chem.Mol, size: str, rings: str | None, what: str | None) -> list[frozenset[int]]:
    """Carbon skeletons, unbroken by hetero atoms, of the size and the branches of so many isoprene units."""
    sizes = [_SKELETONS[size]] if size else list(_SKELETONS.values())
    if what == "alkaloid" and all(atom.GetAtomicNum() != 7 for atom in atoms_of(mol)):
        return []
    smarts = _PARTS[what] if what is not None else None
    query = Chem.MolFromSmarts(smarts) if smarts is not None else None
    marked = {hit[0] for hit in mol.GetSubstructMatches(query)} if query is not None else set()
    found: list[frozenset[int]] = []
    for skeleton in _skeletons(mol):
        inside = {i: [n for n in _neighbours(mol, i) if n in skeleton] for i in skeleton}
        branches = sum(len(ends) == 1 and len(inside[ends[0]]) > 2 for ends in inside.values())
        if not any(low <= len(skeleton) <= high and branches >= least for low, high, least in sizes) and not (
            size in ("di", "") and _is_aconitane_like(mol, skeleton)
        ):
            continue
        if query is not None and marked.isdisjoint(skeleton):
            continue
        bound = {n for i in skeleton for n in _neighbours(mol, i) if n not in skeleton}
        part = skeleton | {n for n in bound if all(m in skeleton for m in _neighbours(mol, n))}
        if rings is not None and not _has_rings(mol, skeleton, part, rings):
            continue
        found.append(part)
    return found


def _is_aconitane_like(mol: Chem.Mol, skeleton: frozenset[int]) -> bool:
    """Tell the cage of diterpenoid alkaloids: few branches are left, nitrogen closes a ring."""
    low, high, _ = _SKELETONS["di"]
    bonds = sum(b.GetBeginAtomIdx() in skeleton and b.GetEndAtomIdx() in skeleton for b in bonds_of(mol))
    bridged = any(
        atom.GetAtomicNum() == 7 and sum(n in skeleton for n in _neighbours(mol, atom.GetIdx())) >= 2
        for atom in atoms_of(mol)
    )
    return low <= len(skeleton) <= high and bonds - len(skeleton) + 1 >= MIN_ACONITANE_RINGS and bridged


def _has_rings(mol: Chem.Mol, skeleton: frozenset[int], part: frozenset[int], rings: str) -> bool:
    counts = [
        sum(b.GetBeginAtomIdx() in atoms and b.GetEndAtomIdx() in atoms for b in bonds_of(mol)) - len(atoms) + 1
        for atoms in (skeleton, part)  # an ether bridge may or may not be counted
    ]
    if rings in ("", "poly"):
        return max(counts) >= (2 if rings else 1)
    return _NUMBERS[rings] in counts


def _skeletons(mol: Chem.Mol) -> Iterator[frozenset[int]]:
    """Connected carbons, hetero atoms left out."""
    left = {atom.GetIdx() for atom in atoms_of(mol) if atom.GetAtomicNum() == 6}
    while left:
        skeleton = _grown(mol, frozenset([min(left)]), lambda _atom, neighbour: neighbour.GetAtomicNum() == 6)
        left -= skeleton
        yield skeleton


def _neighbours(mol: Chem.Mol, index: int) -> list[int]:
    """Heavy neighbours of an atom."""
    return [n.GetIdx() for n in mol.GetAtomWithIdx(index).GetNeighbors() if n.GetAtomicNum() > 1]


# ---------------------------------------------------------------------------------------------------------------------
# Classes that mean more than the part they are recognised by


@lru_cache(maxsize=WITH_MOLECULES)
def extended_patterns(entry: StructuralClass, molecule: Molecule) -> tuple[str, ...]:
    """Write SMARTS of all that a class's name speaks of, where its pattern finds the characteristic part only.

    "Triglyceride" is recognised by glycerol and three ester groups and means the chains too.

    Args:
        entry: Class whose `extent` is not `hit`; any other one has no extended pattern.
        molecule: Where to look.

    Returns:
        Alternatives cut from the molecule, the largest first; empty where the class is not in the molecule.
    """
    if entry.extent == "hit":
        return ()
    try:
        hits = next((h for p in entry.patterns if (h := find(molecule, p, floor=entry.level)) is not None), None)
    except MatchTimeoutError:
        return ()  # the class's own patterns are next, and say that they were not found in time
    if hits is None:
        return ()
    parts = {_GROW[entry.extent](molecule.mol, frozenset(hit)) for hit in hits.atoms}
    return tuple(smarts for smarts in cut_patterns(molecule, parts) if len(smarts) <= MAX_PATTERN_LENGTH)


def _with_everything(mol: Chem.Mol, _hit: frozenset[int]) -> frozenset[int]:
    """All heavy atoms, counter-ions and solvent included."""
    return frozenset(atom.GetIdx() for atom in atoms_of(mol) if atom.GetAtomicNum() > 1)


def _with_component(mol: Chem.Mol, hit: frozenset[int]) -> frozenset[int]:
    """All heavy atoms that are bound to the hit, directly or not."""
    together: set[int] = set()
    for component in Chem.GetMolFrags(mol):
        if not hit.isdisjoint(component):
            together.update(component)
    return frozenset(i for i in together if mol.GetAtomWithIdx(i).GetAtomicNum() > 1)


def _with_chain(mol: Chem.Mol, hit: frozenset[int]) -> frozenset[int]:
    """The carbon skeleton that the hit's carbons belong to, with the hetero atoms that end on it or bridge it."""
    carbons = _grown(mol, hit, lambda atom, neighbour: atom.GetAtomicNum() == neighbour.GetAtomicNum() == 6)
    ends = {n for i in carbons for n in _neighbours(mol, i) if mol.GetAtomWithIdx(n).GetAtomicNum() != 6}
    closed = {n for n in ends if set(_neighbours(mol, n)) <= carbons}
    peroxy = {m for n in ends for m in _neighbours(mol, n) if len(_neighbours(mol, m)) == 1 and m not in carbons}
    both = {n for n in ends if peroxy & set(_neighbours(mol, n)) and len(_neighbours(mol, n)) == 2}
    return carbons | closed | both | {m for m in peroxy if both & set(_neighbours(mol, m))}


def _with_sugar_groups(mol: Chem.Mol, hit: frozenset[int]) -> frozenset[int]:
    """The hit with what a sugar ring bears: its exocyclic carbons, the hetero atoms on both, and N-acetyl groups."""

    def sugar_carbon(atom: Chem.Atom, neighbour: Chem.Atom) -> bool:
        return atom.GetAtomicNum() == 6 and neighbour.GetAtomicNum() == 6 and not neighbour.IsInRing()

    carbons = _grown(mol, hit, sugar_carbon)
    borne = {n for i in carbons for n in _neighbours(mol, i) if mol.GetAtomWithIdx(n).GetAtomicNum() != 6}
    acyl: set[int] = set()
    for n in borne:
        if mol.GetAtomWithIdx(n).GetAtomicNum() == 7:
            reach = _grown(mol, frozenset([n]), lambda _atom, neighbour: neighbour.GetIdx() not in carbons)
            acyl |= reach if len(reach) <= MAX_N_ACYL else set()
    return carbons | borne | acyl


def _grown(mol: Chem.Mol, start: frozenset[int], follows: Callable[[Chem.Atom, Chem.Atom], bool]) -> frozenset[int]:
    """Atoms reached from `start` over bonds that `follows(atom, neighbour)` goes along; `start` included."""
    reached, todo = set(start), list(start)
    while todo:
        index = todo.pop()
        atom = mol.GetAtomWithIdx(index)
        for n in _neighbours(mol, index):
            if n not in reached and follows(atom, mol.GetAtomWithIdx(n)):
                reached.add(n)
                todo.append(n)
    return frozenset(reached)


_GROW: dict[str, Callable[[Chem.Mol, frozenset[int]], frozenset[int]]] = {
    "chain": _with_chain,
    "sugar": _with_sugar_groups,
    "molecule": _with_component,
    "all": _with_everything,
}
"""Extent of a class to what is added to a hit of its pattern."""
