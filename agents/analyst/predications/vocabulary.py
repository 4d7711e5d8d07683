"""What a chemist calls atoms and rings by their place: "carbinol carbon", "bridging oxygen", "outer rings"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from rdkit import Chem

from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule

BY_SMARTS = {
    "alpha carbon": "[CX4;$(C([NX3,NX4+])C(=O)[O,N])]",
    "alpha-carbon": "[CX4;$(C([NX3,NX4+])C(=O)[O,N])]",
    "beta carbon": "[CX4;$(C[CX4]C(=O)[O,N])]",
    "beta-carbon": "[CX4;$(C[CX4]C(=O)[O,N])]",
    "quaternary carbon": "[CX4;$(C([#6])([#6])([#6])[#6])]",
    "quaternary carbon atom": "[CX4;$(C([#6])([#6])([#6])[#6])]",
    "gem-dimethyl carbon": "[CX4;H0;$(C([CH3])([CH3])(*)*)]",
    "carbinol carbon": "[CX4;$(C[OX2H])]",
    "anomeric carbon": "[CX4;R;$(C([OX2;R])[OX2,N,n,SX2])]",
    "benzylic carbon": "[CX4;$(Cc)]",
    "acyl carbon": "[CX3;$(C=[OX1])]",
    "alkyl substituent": "[CX4;$(C-c)]",
    "alkyl chain": "[CX4;$(C-c)]",
    "ester oxygen": "[OX2;$(O(C=[OX1])[#6])]",
    "alkoxy oxygen": "[OX2;$(O([#6])[CX4])]",
    "acid alpha carbon": "[CX4;$(CC(=O)[OX2H,OX1-])]",
    "aldehyde carbon": "[CX3;!H0;$(C=[OX1])]",
    "single-bonded oxygen": "[OX2,$([OX1-][#6])]",
    "double-bonded oxygen": "[OX1;$(O=*)]",
    "double-bonded sulfur": "[SX1;$(S=*)]",
    "n-h": "[#7;!H0]",
    "n-h group": "[#7;!H0]",
    "nh": "[#7;!H0]",
    "nh group": "[#7;!H0]",
    "oh": "[OX2H]",
    "hydroxyl oxygen": "[OX2H]",
    "hydroxy oxygen": "[OX2H]",
    "oh group": "[OX2H]",
    "aromatic ch": "[cH]",
    "aromatic c-h": "[cH]",
    "ch2oh": "[CH2][OX2H]",
    "ch2oh group": "[CH2][OX2H]",
    "ccl3": "C(Cl)(Cl)Cl",
    "ccl3 group": "C(Cl)(Cl)Cl",
    "ccl3 carbon": "[$(C(Cl)(Cl)Cl)]",
    "cf3 carbon": "[$(C(F)(F)F)]",
    "oxo group": "[#6]=[OX1]",
    "carboxyl": "C(=O)[OX2H,OX1-]",
    "carboxy group": "C(=O)[OX2H,OX1-]",
    "carboxyl group": "C(=O)[OX2H,OX1-]",
    "ammonium group": "[NX4+]",
    "ammonium nitrogen": "[NX4+]",
    "benzoate": "c1ccccc1C(=O)[O;!H]",
}  # fmt: skip
"""Patterns by what a chemist calls them."""


def _carbons(atom: Chem.Atom) -> int:
    return int(sum(n.GetAtomicNum() == 6 for n in atom.GetNeighbors()))


def _bridging(atom: Chem.Atom) -> bool:
    """Whether an atom joins two parts: outside rings two atoms, in a ring two bridgeheads."""
    heavy = [n for n in atom.GetNeighbors() if n.GetAtomicNum() != 1]
    rings = atom.GetOwningMol().GetRingInfo()
    if not atom.IsInRing():
        return len(heavy) > 1
    inside = [n for n in heavy if rings.AreAtomsInSameRing(n.GetIdx(), atom.GetIdx())]
    return len(inside) == 2 and all(rings.NumAtomRings(n.GetIdx()) > 1 for n in inside)


def _at_fusion(atom: Chem.Atom) -> bool:
    """Whether rings meet at an atom: it is in two, and three of its bonds are in rings."""
    rings = atom.GetOwningMol().GetRingInfo().NumAtomRings(atom.GetIdx())
    return bool(rings > 1 and sum(bond.IsInRing() for bond in atom.GetBonds()) > 2)


def _aromatic(atom: Chem.Atom) -> bool:
    """Whether an atom is aromatic; one that is in no ring, as a halogen, where it hangs on an aromatic atom."""
    if atom.GetIsAromatic() or atom.IsInRing() or atom.GetAtomicNum() == 6:
        return bool(atom.GetIsAromatic())
    return any(n.GetIsAromatic() for n in atom.GetNeighbors())


FILTERS: dict[str, Callable[[Chem.Atom], bool]] = {
    "ring": lambda a: a.IsInRing(),
    "cyclic": lambda a: a.IsInRing(),
    "exocyclic": lambda a: not a.IsInRing(),
    "acyclic": lambda a: not a.IsInRing(),
    "side-chain": lambda a: not a.IsInRing(),
    "chain": lambda a: not a.IsInRing(),
    "aromatic": _aromatic,
    "aryl": _aromatic,
    "charged": lambda a: a.GetFormalCharge() != 0,
    "aliphatic": lambda a: not _aromatic(a),
    "primary": lambda a: _carbons(a) == 1,
    "secondary": lambda a: _carbons(a) == 2,
    "tertiary": lambda a: _carbons(a) == 3,
    "quaternary": lambda a: a.GetDegree() == 4 and a.GetTotalNumHs(True) == 0,  # prose says it of C(OH)R3, too
    "bridging": _bridging,
    "bridgehead": _at_fusion,
    "ring-fusion": _at_fusion,
    "fusion": _at_fusion,
    "ring-junction": _at_fusion,
}
"""What an adjective says of a single atom."""


def _rings_where(molecule: Molecule, holds: Callable[[list[set[int]], set[int]], bool]) -> Places:
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    return tuple(tuple(sorted(ring)) for ring in rings if holds(rings, ring))


def _fused_to(rings: list[set[int]], ring: set[int]) -> int:
    return sum(len(ring & other) > 1 for other in rings if other != ring)


def _joined_most(molecule: Molecule) -> Places:
    """Find the ring that bonds join to more rings than any other, where it is one."""
    mol = molecule.mol
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]

    def joined(ring: set[int]) -> int:
        near = {n.GetIdx() for a in ring for n in mol.GetAtomWithIdx(a).GetNeighbors()} - ring
        return sum(bool(near & other) for other in rings if not ring & other)

    counts = [joined(ring) for ring in rings]
    most = max(counts, default=0)
    if most < 2 or counts.count(most) > 1:
        return ()
    return (tuple(sorted(rings[counts.index(most)])),)


def _sugar(molecule: Molecule) -> Places:
    """Find saturated rings of one oxygen and four or five carbons, one of them anomeric."""
    mol = molecule.mol

    def is_sugar(_: list[set[int]], ring: set[int]) -> bool:
        atoms = [mol.GetAtomWithIdx(a) for a in ring]
        carbons = [a for a in atoms if a.GetAtomicNum() == 6 and a.GetTotalDegree() == 4]
        oxygens = [a for a in atoms if a.GetAtomicNum() == 8]
        if len(ring) not in (5, 6) or len(oxygens) != 1 or len(carbons) != len(ring) - 1:
            return False
        return any(
            n.GetAtomicNum() in (7, 8, 16) and n.GetIdx() not in ring
            for carbon in oxygens[0].GetNeighbors()
            for n in carbon.GetNeighbors()
        )

    return _rings_where(molecule, is_sugar)


def ring_systems(mol: Chem.Mol, size: int | None = None) -> Places:
    """Find the atoms of rings that share atoms, so many rings together, or any number."""
    left = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    found: list[tuple[int, ...]] = []
    while left:
        system, rings = left.pop(), 1
        while (near := next((ring for ring in left if ring & system), None)) is not None:
            left.remove(near)
            system, rings = system | near, rings + 1
        if size is None or rings == size:
            found.append(tuple(sorted(system)))
    return tuple(found)


def _ends(molecule: Molecule) -> Places:
    """Find the carbons at which chains end."""
    return tuple((a.GetIdx(),) for a in molecule.mol.GetAtoms() if a.GetAtomicNum() == 6 and _carbons(a) == 1)


def connected_parts(atoms: Iterable[int], mol: Chem.Mol) -> list[tuple[int, ...]]:
    """Part atoms into those that are bonded to each other, each part in the order of its indices."""
    left = set(atoms)
    found: list[tuple[int, ...]] = []
    while left:
        part = {left.pop()}
        ahead = list(part)
        while ahead:
            near = {n.GetIdx() for n in mol.GetAtomWithIdx(ahead.pop()).GetNeighbors()} & left
            left -= near
            part |= near
            ahead += near
        found.append(tuple(sorted(part)))
    return found


_AMINO_ACID = Chem.MolFromSmarts("[NX3,NX4+][CX4]C(=O)[O,N]")
_SHORTEST_CHAIN = 3


def _side_chains(molecule: Molecule) -> Places | None:
    """Find what hangs on rings: connected atoms outside rings; None in amino acids, where the word means another."""
    mol = molecule.mol
    if mol.HasSubstructMatch(_AMINO_ACID):
        return None
    outside = {a.GetIdx() for a in mol.GetAtoms() if not a.IsInRing()}
    found: list[tuple[int, ...]] = []
    for part in connected_parts(outside, mol):
        hangs = any(n.IsInRing() for a in part for n in mol.GetAtomWithIdx(a).GetNeighbors())
        if hangs and len(part) >= _SHORTEST_CHAIN:
            found.append(part)
    return tuple(found)


_BY_SEARCH: dict[str, Callable[[Molecule], Places | None]] = {
    "central ring": lambda m: _rings_where(m, lambda rings, ring: _fused_to(rings, ring) > 1) or _joined_most(m),
    "middle ring": lambda m: _rings_where(m, lambda rings, ring: _fused_to(rings, ring) > 1),
    "outer ring": lambda m: _rings_where(m, lambda rings, ring: _fused_to(rings, ring) == 1),
    "terminal ring": lambda m: _rings_where(m, lambda rings, ring: _fused_to(rings, ring) == 1),
    "side chain": _side_chains,
    "sugar": lambda m: None if len(_sugar(m)) == m.mol.GetRingInfo().NumRings() else _sugar(m),
    "sugar ring": _sugar,
    "terminal carbon": _ends,
    "chain-end carbon": _ends,
}
_SYSTEM = re.compile(
    r"(?:fused )?(?P<many>bi|tri|tetra)(?:cycle"
    r"|cyclic (?:core|system|ring system|skeleton|scaffold|framework|nucleus|unit))s?"
)
_OF_CARBONS = re.compile(
    r"(?:(?:linear|straight|unbranched|saturated|alkyl|aliphatic) )*(?P<number>[a-z]+|\d{1,2})-carbon"
    r"(?: (?:alkyl|aliphatic|hydrocarbon))? (?:chain|linker|tether|spacer|arm)s?"
)


def carbon_chains(mol: Chem.Mol) -> list[tuple[int, ...]]:
    """Find the open rows of carbon: connected carbons outside rings, none of them branched among themselves."""
    left = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and not a.IsInRing() and not _is_carbonyl(a)}
    found: list[tuple[int, ...]] = []
    for part in connected_parts(left, mol):
        inside = [sum(n.GetIdx() in part for n in mol.GetAtomWithIdx(a).GetNeighbors()) for a in part]
        if max(inside) < 3:
            found.append(part)
    return found


def _is_carbonyl(atom: Chem.Atom) -> bool:
    return any(
        b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(atom).GetAtomicNum() == 8 for b in atom.GetBonds()
    )


_DOUBLE_BOND = re.compile(r"(?P<where>exocyclic|endocyclic|ring) (?:c=c|double bond|alkene|c=c double bond|c=c bond)s?")
_SAME = {"base": "nucleobase", "the base": "nucleobase"}


def called(noun: str, molecule: Molecule) -> Places | None:
    """Find what has a name of its own by its place; None for other nouns.

    Args:
        noun: In small letters, singular or plural.
        molecule: Where it is looked for.
    """
    if (system := _SYSTEM.fullmatch(noun)) is not None:
        return ring_systems(molecule.mol, {"bi": 2, "tri": 3, "tetra": 4}[system["many"]])
    if (chain := _OF_CARBONS.fullmatch(noun)) is not None and (length := number_of(chain["number"])) is not None:
        return tuple(row for row in carbon_chains(molecule.mol) if len(row) == length)
    if (bond := _DOUBLE_BOND.fullmatch(noun)) is not None:
        inside = 1 if bond["where"] == "exocyclic" else 2
        pairs = molecule.mol.GetSubstructMatches(Chem.MolFromSmarts("[#6;!a]=[#6;!a]"))
        bonds = [(pair, molecule.mol.GetBondBetweenAtoms(*pair).IsInRing()) for pair in pairs]
        ringed = [(p, r, sum(molecule.mol.GetAtomWithIdx(a).IsInRing() for a in p)) for p, r in bonds]
        return tuple(p for p, in_ring, atoms in ringed if in_ring is (inside == 2) and atoms >= inside)
    for key in (noun, re.sub(r"s\b", "", noun), noun.removesuffix("s")):
        if (smarts := BY_SMARTS.get(key)) is not None:
            return tuple(molecule.mol.GetSubstructMatches(Chem.MolFromSmarts(smarts)))
        if (search := _BY_SEARCH.get(key)) is not None:
            return search(molecule)
    return None


def synonym(noun: str) -> str:
    """Write what is called in short by its name."""
    return _SAME.get(noun.lower(), re.sub(r"(?<=methyl)ated (?=[a-z])", "", noun))
