"""How two places stand to each other in a molecule: bonded, within, beside, fused, so many bonds apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rdkit import Chem

from molreflect.agents.analyst.grammar.relations import is_inner_carbon
from molreflect.agents.analyst.predications.composed.adjectives import bonds_out, is_ring
from molreflect.agents.analyst.predications.places import GREEK, stands_from, touches
from molreflect.agents.analyst.predications.standing import on_ring, on_rings
from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule

Place = tuple[int, ...]
Relation = Callable[[Molecule, Place, Place], bool]


def bare(molecule: Molecule, place: Place, *beside: Place) -> Place:
    """Leave out a saturated carbon that a group is drawn with, where that belongs to another place.

    Args:
        molecule: The molecule.
        place: A group.
        beside: What it is said to be bonded to.
    """
    shared = {a for other in beside for a in other} & set(place)
    if not shared or len(place) == 1:
        return place
    if any(other == place[:1] for other in beside):
        return place  # nor the CH2OH group on its own carbon, which is written first
    if any(set(other) <= set(place) for other in beside) and not _has_hetero(molecule.mol, set(place) - shared):
        return place  # an ethyl group does not hang on its own carbon
    carriers = {a for a in shared if _is_carrier(molecule.mol, a, place)}
    return tuple(a for a in place if a not in carriers) if carriers == shared else place


def _has_hetero(mol: Chem.Mol, atoms: set[int]) -> bool:
    return any(mol.GetAtomWithIdx(a).GetAtomicNum() != 6 for a in atoms)


def bearers(molecule: Molecule, place: Place) -> set[int]:
    """The atoms that bear a group: ring atoms or carbons that it is drawn with, else those beside it."""
    mol = molecule.mol
    ringed = {a for a in place if mol.GetAtomWithIdx(a).IsInRing()}
    if ringed and len(ringed) < len(place):
        return ringed
    carriers = {a for a in place if len(place) > 1 and _is_carrier(mol, a, place)}
    if carriers and not ringed and _has_hetero(mol, set(place) - carriers):
        free = {a for a in carriers if mol.GetAtomWithIdx(a).GetDegree() > 1}
        if free:
            return free
    return {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)


def _is_carrier(mol: Chem.Mol, index: int, place: Place) -> bool:
    """Whether an atom of a group is a carbon by which it hangs on the rest: one bond within, and a single one."""
    atom = mol.GetAtomWithIdx(index)
    inside = [b for b in atom.GetBonds() if b.GetOtherAtomIdx(index) in place]
    return atom.GetAtomicNum() == 6 and len(inside) == 1 and inside[0].GetBondType() == Chem.BondType.SINGLE


def bonded(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a bond joins two parts that have no atom in common but one that carries the other."""
    left, right = bare(molecule, one, other), bare(molecule, other, one)
    return any(touches(molecule.mol, a, b) for a, b in ((one, right), (left, other), (left, right)))


def _by_order(*orders: Chem.BondType) -> Relation:
    def holds(molecule: Molecule, one: Place, other: Place) -> bool:
        left, right = bare(molecule, one, other), bare(molecule, other, one)
        if set(left) & set(right):
            return False
        bonds = (molecule.mol.GetBondBetweenAtoms(a, b) for a in left for b in right)
        return any(bond is not None and bond.GetBondType() in orders for bond in bonds)

    return holds


def inside(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part is within another; a carbonyl group is in a ring by its carbon."""
    if set(one) <= set(other):
        return set(one) != set(other)
    outer = {
        a.GetIdx()
        for a in map(molecule.mol.GetAtomWithIdx, one)
        if a.GetDegree() == 1 and a.GetAtomicNum() != 6 and a.GetBonds()[0].GetBondType() == Chem.BondType.DOUBLE
    }
    core = set(one) - outer
    return bool(outer) and bool(core) and core <= set(other)


def contained(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part has no atom that another has not."""
    return set(one) <= set(other)


def outside(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part has no atom in another."""
    return not set(one) & set(other)


def belongs(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether "of" relates two parts: one is within the other, or the group is borne by the ring."""
    if set(one) <= set(other) or set(other) <= set(one) or inside(molecule, one, other):
        return True
    if len(other) == 1 and bonds_out(molecule, one) == 1 and bonded(molecule, one, other):
        return True  # the methyl group of the nitrogen
    ringed = is_ring(molecule, other) or is_ring(molecule, one)
    return ringed and (bonded(molecule, one, other) or bool(set(one) & set(other)))


def bears(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part bears another: bonded to it, or an oxo group by its carbon in the ring."""
    if bonded(molecule, one, other):
        return True
    return len(one) > 1 and not set(other) <= set(one) and inside(molecule, other, one)


def contains(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part holds another."""
    return inside(molecule, other, one)


def adjacent(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether two parts are bonded, or stand at neighbouring atoms of a ring."""
    if set(one) & set(other):
        return False
    if bonded(molecule, one, other):
        return True
    mol = molecule.mol
    if (
        is_ring(molecule, one)
        or is_ring(molecule, other)
        or (len(one) == len(other) == 1 and _are_in_rings(mol, one, other))
        or (is_inner_carbon(one, mol) and is_inner_carbon(other, mol))
    ):
        return False
    left, right = ({place[0]} if is_inner_carbon(place, mol) else _at_ring(molecule, place) for place in (one, other))
    pairs = ((a, b) for a in left for b in right)
    return any((bond := mol.GetBondBetweenAtoms(a, b)) is not None and bond.IsInRing() for a, b in pairs)


def _are_in_rings(mol: Chem.Mol, *places: Place) -> bool:
    return all(mol.GetAtomWithIdx(a).IsInRing() for place in places for a in place)


def _at_ring(molecule: Molecule, place: Place) -> set[int]:
    """The ring atoms that a part is, or hangs on."""
    mol = molecule.mol
    own = {a for a in place if mol.GetAtomWithIdx(a).IsInRing()}
    if own:
        return own
    return {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.IsInRing()}


def vicinal(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether two groups hang on atoms that are bonded."""
    mol = molecule.mol
    if all(mol.GetAtomWithIdx(a).IsInRing() for a in (*one, *other)):
        return False  # atoms of rings stand for themselves
    left, right = (
        set(place) if all(mol.GetAtomWithIdx(a).IsInRing() for a in place) else bearers(molecule, place)
        for place in (one, other)
    )
    return any(mol.GetBondBetweenAtoms(a, b) is not None for a in left for b in right if a != b)


def fused(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether two rings, or what holds them, share a bond."""
    left, right = _rings_of(molecule, one), _rings_of(molecule, other)
    return any(len(p & q) > 1 and p not in right and q not in left for p in left for q in right)


def _rings_of(molecule: Molecule, place: Place) -> list[set[int]]:
    """The rings that a part holds; of a group that is part of a ring that ring."""
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    whole = [ring for ring in rings if ring <= set(place)]
    inside = {a for a in place if molecule.mol.GetAtomWithIdx(a).IsInRing()}
    return whole or [ring for ring in rings if len(inside) > 1 and inside <= ring]


def conjugated(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a conjugated bond joins two parts."""
    bonds = (molecule.mol.GetBondBetweenAtoms(a, b) for a in one for b in other if a != b)
    return any(bond is not None and bond.GetIsConjugated() for bond in bonds)


def _positioned(position: str) -> Relation:
    bonds = ("ortho", "meta", "para").index(position) + 1

    def holds(molecule: Molecule, one: Place, other: Place) -> bool:
        if on_ring(one, other, position, molecule.mol):
            return True
        aromatic = any(molecule.mol.GetAtomWithIdx(a).GetIsAromatic() for a in _at_ring(molecule, one))
        return not aromatic and apart_on_ring(molecule, one, other, bonds, size=6)

    return holds


def across(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether two parts stand at opposite atoms of a ring of even size, and at no others."""
    found = set()
    for ring in molecule.mol.GetRingInfo().AtomRings():
        for a in on_rings(one, ring, molecule.mol):
            for b in on_rings(other, ring, molecule.mol):
                if a != b:
                    apart = abs(ring.index(a) - ring.index(b))
                    found.add(2 * min(apart, len(ring) - apart) == len(ring))
    return found == {True}


def apart_on_ring(molecule: Molecule, one: Place, other: Place, bonds: int, size: int = 0) -> bool:
    """Whether two parts stand so many bonds apart on a ring, the short way round, and not otherwise.

    Args:
        molecule: The molecule.
        one: A part.
        other: Another.
        bonds: How many.
        size: Of the rings that count; 0 for all.
    """
    found = set()
    for ring in molecule.mol.GetRingInfo().AtomRings():
        if size and len(ring) != size:
            continue
        for a in on_rings(one, ring, molecule.mol):
            for b in on_rings(other, ring, molecule.mol):
                if a != b:
                    apart = abs(ring.index(a) - ring.index(b))
                    found.add(min(apart, len(ring) - apart))
    return found == {bonds}


def _greek(letter: str) -> Relation:
    said = GREEK.index(letter) + 1
    return lambda molecule, one, other: stands_from(one, other, molecule.mol) == said


def at(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part has an atom, or hangs on it."""
    return bool(set(one) & set(other)) or (bonds_out(molecule, one) == 1 and bonded(molecule, one, other))


def geminal(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether one atom bears two parts."""
    return one != other and bool(bearers(molecule, one) & bearers(molecule, other))


def peri(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether two parts are, or stand at, atoms of two fused rings on both sides of an atom that the rings share."""
    mol, rings = molecule.mol, molecule.mol.GetRingInfo()
    for a in _at_ring(molecule, one):
        for b in _at_ring(molecule, other):
            common = {n.GetIdx() for n in mol.GetAtomWithIdx(a).GetNeighbors()} & {
                n.GetIdx() for n in mol.GetAtomWithIdx(b).GetNeighbors()
            }
            if a != b and not rings.AreAtomsInSameRing(a, b) and any(rings.NumAtomRings(c) > 1 for c in common):
                return True
    return False


def ends_in(molecule: Molecule, one: Place, other: Place) -> bool:
    """Whether a part has another at its end, behind which nothing hangs."""
    beyond = {
        n.GetIdx()
        for a in other
        for n in molecule.mol.GetAtomWithIdx(a).GetNeighbors()
        if n.GetIdx() not in other and (n.GetDegree() > 1 or n.GetAtomicNum() != 6)
    }
    near = bool(set(one) & set(other)) or bonded(molecule, one, other)
    return near and len(beyond) == 1 and beyond <= set(one) and not set(one) <= set(other)


RELATIONS: dict[str, Relation] = {
    "bonded": bonded,
    "single": _by_order(Chem.BondType.SINGLE, Chem.BondType.AROMATIC),
    "double": _by_order(Chem.BondType.DOUBLE),
    "triple": _by_order(Chem.BondType.TRIPLE),
    "bears": bears,
    "contains": contains,
    "inside": inside,
    "outside": outside,
    "of": belongs,
    "adjacent": adjacent,
    "ortho": _positioned("ortho"),
    "meta": _positioned("meta"),
    "para": _positioned("para"),
    "opposite": across,
    "alpha": _greek("alpha"),
    "beta": _greek("beta"),
    "gamma": _greek("gamma"),
    "fused": fused,
    "conjugated": conjugated,
    "at": at,
    "shared": contained,
    "ends": ends_in,
    "peri": peri,
    "geminal": geminal,
}
"""Relations by their names in the vocabulary."""


def joins(molecule: Molecule, link: Place, one: Place, other: Place) -> bool:
    """Whether a part is bonded to two others that have no atom in common beside it."""
    left, right = set(one) - set(link), set(other) - set(link)
    if not left or not right or left & right:
        return False
    return touches(molecule.mol, link, tuple(left)) and touches(molecule.mol, link, tuple(right))


def way_between(molecule: Molecule, one: Place, other: Place) -> list[int] | None:
    """Find the atoms on the shortest way between two parts, their own left out; None where they overlap."""
    left, right = _core(molecule, one, other), _core(molecule, other, one)
    if set(left) & set(right):
        return None
    distances = Chem.GetDistanceMatrix(molecule.mol)
    pairs = sorted((distances[a][b], a, b) for a in left for b in right)
    if not pairs:
        return None
    _, a, b = pairs[0]
    return [int(i) for i in Chem.GetShortestPath(molecule.mol, a, b)[1:-1]] if a != b else None


def _core(molecule: Molecule, place: Place, other: Place) -> Place:
    """Leave out saturated carbons outside rings by which a group with a heteroatom is drawn."""
    atoms = [molecule.mol.GetAtomWithIdx(a) for a in place]
    if all(a.GetAtomicNum() == 6 for a in atoms):
        return place
    own = tuple(a.GetIdx() for a in atoms if a.IsInRing() or a.GetAtomicNum() != 6 or a.GetTotalDegree() < 4)
    return own or place


def share(one: Place, other: Place) -> set[int]:
    """The atoms that two parts have in common."""
    return set(one) & set(other)


def are_equivalent(molecule: Molecule, places: Places) -> bool:
    """Whether symmetry takes each of some places to the others."""
    ranks = list(Chem.CanonicalRankAtoms(molecule.mol, breakTies=False, includeChirality=False))
    kinds = {tuple(sorted(ranks[a] for a in place)) for place in places}
    return len(places) > 1 and len(kinds) == 1


def common_bearers(molecule: Molecule, places: Sequence[Place]) -> set[int]:
    """The atoms that bear all of some parts, or are part of those that are drawn with them."""
    around = [{n.GetIdx() for a in p for n in molecule.mol.GetAtomWithIdx(a).GetNeighbors()} | set(p) for p in places]
    return set.intersection(*around) if around else set()
