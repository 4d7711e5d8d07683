"""How two parts of a molecule stand to each other: bonded, within, fused, ortho, beside, conjugated, linking."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Place
from molreflect.agents.analyst.predications.places import GREEK, stands_from, touches
from molreflect.agents.analyst.predications.standing import conjugated, on_ring, positions

Relation = Callable[[Place, Place, Chem.Mol], bool]


def around(place: Sequence[int], mol: Chem.Mol) -> set[int]:
    """The atoms bonded to a place, its own left out."""
    return {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)


def rings(mol: Chem.Mol) -> list[set[int]]:
    """The rings, as sets of atoms."""
    return [set(ring) for ring in mol.GetRingInfo().AtomRings()]


def is_ring(place: Sequence[int], mol: Chem.Mol) -> bool:
    """Whether a place is a ring, or rings that share atoms."""
    own = set(place)
    inside = [ring for ring in rings(mol) if ring <= own]
    return bool(inside) and set().union(*inside) == own


def attached(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a bond joins two parts; the second one may be drawn with the first, as a phenol with its hydroxyl."""
    a, b = set(one), set(other)
    if not a & b:
        return touches(mol, one, other)
    if a < b:
        return touches(mol, one, tuple(b - a))
    if b < a and [n for n in a if mol.GetAtomWithIdx(n).GetAtomicNum() == 6] == list(other):
        return touches(mol, tuple(a - b), other)  # a thiol that is drawn with its carbon
    return is_ring(other, mol) and bool(a - b) and touches(mol, tuple(a - b), other)


def at_site(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a part is at an atom: it is that atom, or hangs on it."""
    return set(one) == set(other) or attached(one, other, mol)


def bonded_by(order: float) -> Relation:
    """Make the relation of a bond of one order between two parts."""

    def holds(one: Place, other: Place, mol: Chem.Mol) -> bool:
        bonds = (mol.GetBondBetweenAtoms(a, b) for a in one for b in other if a not in other and b not in one)
        return any(bond is not None and bond.GetBondTypeAsDouble() == order for bond in bonds)

    return holds


def within(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a part is in another one; of a carbonyl group by its carbon, of a group by what is no end of it."""
    own = set(one)
    if own <= set(other):
        return True
    core = own - {a for a in own if mol.GetAtomWithIdx(a).GetDegree() == 1 and not mol.GetAtomWithIdx(a).IsInRing()}
    return bool(core) and len(core) < len(own) and core <= set(other)


def outside(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a part has no atom in another one."""
    return not set(one) & set(other)


def holds_within(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether the first part has the second one in it."""
    return one != other and within(other, one, mol)


def bears(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether the first part carries the second one: bonded to it, or on a chain or group that holds it."""
    if attached(other, one, mol):
        return True
    return not is_ring(one, mol) and set(other) < set(one)


def has(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether the first part carries the second one or has it in it."""
    return bears(one, other, mol) or holds_within(one, other, mol)


def fused(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether rings share a bond, each with a ring of its own; of a group the rings that it is part of."""

    return any(len(a & b) > 1 and a != b for a in rings_of(one, mol) for b in rings_of(other, mol))


def spiro(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether rings share one atom, and no bond."""
    return any(len(a & b) == 1 for a in rings_of(one, mol) for b in rings_of(other, mol))


def rings_of(place: Place, mol: Chem.Mol) -> list[set[int]]:
    """The rings that a part is, or that all of its ring atoms are in, two at least."""
    own = set(place)
    inside = [ring for ring in rings(mol) if ring <= own]
    ringed = _in_ring(own, mol)
    return inside or [ring for ring in rings(mol) if len(ringed) > 1 and ringed <= ring]


def placed(word: str) -> Relation:
    """Make the relation of "ortho", "meta" or "para" on a benzene ring."""
    apart = {"ortho": 1, "meta": 2, "para": 3}[word]

    def holds(one: Place, other: Place, mol: Chem.Mol) -> bool:
        if far := _apart_in_ring(one, other, mol):
            return far == {apart}
        for p, q in ((one, other), (_outer(one, mol), other), (one, _outer(other, mol))):
            if p and q and on_ring(p, q, word, mol):
                return True
        return not _on_benzene(one, mol) and positions((one, other), mol) == {apart}

    return holds


def _apart_in_ring(one: Place, other: Place, mol: Chem.Mol) -> set[int]:
    """How far apart groups are that a ring of six holds by one atom each, as a quinone its carbonyls; else nothing."""
    found: set[int] = set()
    if any(len(p) < 2 or is_ring(p, mol) for p in (one, other)):
        return found
    for ring in mol.GetRingInfo().AtomRings():
        own = [[k for k, a in enumerate(ring) if a in place] for place in (one, other)]
        aromatic = all(mol.GetAtomWithIdx(a).GetIsAromatic() for a in ring)
        if len(ring) == 6 and all(len(each) == 1 for each in own) and not aromatic:
            distance = abs(own[0][0] - own[1][0])
            found.add(min(distance, 6 - distance))
    return found


def _outer(place: Place, mol: Chem.Mol) -> Place:
    """The atoms of a part outside rings, by which one such as a phenoxy group hangs."""
    return tuple(a for a in place if not mol.GetAtomWithIdx(a).IsInRing())


def _on_benzene(place: Place, mol: Chem.Mol) -> bool:
    near = set(place) | around(place, mol)
    return any(mol.GetAtomWithIdx(a).GetIsAromatic() for a in near)


def at_places(numbers: str) -> Relation:
    """Make the relation of "1,2", "1,3", "1,4" on any ring of six."""
    wanted = {"1,2": 1, "1,3": 2, "1,4": 3}[numbers]

    def holds(one: Place, other: Place, mol: Chem.Mol) -> bool:
        found = positions((one, other), mol)
        if found:
            return found == {wanted}
        far = Chem.GetDistanceMatrix(mol)
        return min((int(far[a][b]) for a in functional(one, mol) for b in functional(other, mol)), default=0) == wanted

    return holds


def functional(place: Place, mol: Chem.Mol) -> list[int]:
    """The carbons of a part that it is counted from: of its carbonyl group, or what bears it."""
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    own = [a.GetIdx() for a in atoms if a.GetAtomicNum() == 6 and a.GetTotalDegree() < 4 and not a.GetIsAromatic()]
    return own or [a for a in around(place, mol) if mol.GetAtomWithIdx(a).GetAtomicNum() == 6]


_TOGETHER = (Chem.BondStereo.STEREOZ, Chem.BondStereo.STEREOCIS)
_APART = (Chem.BondStereo.STEREOE, Chem.BondStereo.STEREOTRANS)


def across(word: str) -> Relation:
    """Make the relation of "cis" or "trans" at a double bond: of what it bears, or of its carbons."""

    def holds(one: Place, other: Place, mol: Chem.Mol) -> bool:
        for bond in mol.GetBonds():
            if bond.GetStereo() not in (*_TOGETHER, *_APART) or len(bond.GetStereoAtoms()) != 2:
                continue
            ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
            refs = tuple(bond.GetStereoAtoms())
            for p, q in ((one, other), (other, one)):
                sides = [_side(p, ends[0], refs[0], mol), _side(q, ends[1], refs[1], mol)]
                if None not in sides:
                    same = (sides[0] == sides[1]) == (bond.GetStereo() in _TOGETHER)
                    return same == (word == "cis")
        return False

    return holds


def _side(place: Place, end: int, ref: int, mol: Chem.Mol) -> bool | None:
    """Whether a part is what the label of a double bond speaks of at one of its ends; None where it is not there."""
    beside = [n.GetIdx() for n in mol.GetAtomWithIdx(end).GetNeighbors()]
    if end in place:
        return True if len(beside) == 2 else None
    return ref in place if set(beside) & set(place) else None


def greek(word: str) -> Relation:
    """Make the relation of "alpha to", "beta to" ..."""
    wanted = GREEK.index(word) + 1
    return lambda one, other, mol: (
        wanted in (stands_from(one, other, mol), stands_from(_core(one, mol) or one, other, mol))
    )


def next_to(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether parts are bonded, or hang on atoms of a ring that are; a carbon by what its neighbours bear."""
    if one == other:
        return False
    if touches(mol, one, other):
        return True
    if is_inner_carbon(one, mol) and is_inner_carbon(other, mol):
        return False
    for place, atom in ((one, other), (other, one)):
        if is_inner_carbon(atom, mol) and bears_alone(place, mol) == 1:
            return bool(around(place, mol) & around(atom, mol))
    on = [
        _in_ring(place, mol)
        if is_inner_carbon(place, mol)
        else _in_ring(place, mol) or _in_ring(around(place, mol), mol)
        for place in (one, other)
    ]
    return any(mol.GetBondBetweenAtoms(a, b) is not None and _same_ring(a, b, mol) for a in on[0] for b in on[1])


def is_inner_carbon(place: Place, mol: Chem.Mol) -> bool:
    """Whether a place is one carbon within a chain or ring: beside it is what is bonded to it."""
    atom = mol.GetAtomWithIdx(place[0])
    return bool(len(place) == 1 and atom.GetAtomicNum() == 6 and atom.GetDegree() > 1)


def _in_ring(atoms: Iterable[int], mol: Chem.Mol) -> set[int]:
    return {a for a in atoms if mol.GetAtomWithIdx(a).IsInRing()}


def _same_ring(one: int, other: int, mol: Chem.Mol) -> bool:
    return bool(mol.GetRingInfo().AreAtomsInSameRing(one, other))


def _bearing(place: Place, mol: Chem.Mol) -> set[int]:
    """The atoms that bear a part: saturated carbons that its heteroatoms are drawn with, else those beside it."""
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    hetero = any(a.GetAtomicNum() != 6 for a in atoms)
    own = set(place)
    drawn = {
        a.GetIdx()
        for a in atoms
        if hetero
        and a.GetAtomicNum() == 6
        and a.GetTotalDegree() == 4
        and any(n.GetIdx() not in own for n in a.GetNeighbors())
    }
    return drawn or around(place, mol)


def on_neighbours(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether parts hang on two atoms that are bonded."""
    near, far = (_ring_carbons(place, mol) or _bearing(place, mol) for place in (one, other))
    pairs = ((a, b) for a in near for b in far if a != b)
    return any(mol.GetBondBetweenAtoms(a, b) is not None for a, b in pairs)


def _ring_carbons(place: Place, mol: Chem.Mol) -> set[int]:
    """The ring atoms that a group is drawn with, as the carbon of a ring ketone; none of a ring."""
    return set() if is_ring(place, mol) else {a for a in place if mol.GetAtomWithIdx(a).IsInRing()}


_LONGEST_ROW = 6


def is_conjugated(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a conjugated bond joins two parts, or a row of carbons between conjugated bonds."""
    if one == other:
        return False
    if conjugated(one, other, mol):
        return True
    far = Chem.GetDistanceMatrix(mol)
    a, b = min(((a, b) for a in one for b in other), key=lambda pair: float(far[pair[0]][pair[1]]))
    if not 2 <= far[a][b] <= _LONGEST_ROW:
        return False
    path = Chem.GetShortestPath(mol, a, b)
    between = all(mol.GetAtomWithIdx(n).GetAtomicNum() == 6 for n in path[1:-1])
    return between and all(mol.GetBondBetweenAtoms(p, q).GetIsConjugated() for p, q in pairwise(path))


def bears_alone(one: Place, mol: Chem.Mol) -> int:
    """Count the bonds between a part and the rest."""
    own = set(one)
    return sum(n.GetIdx() not in own for a in own for n in mol.GetAtomWithIdx(a).GetNeighbors())


def ends_in(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a chain ends in a group: it is in it or bonded to it, and bears nothing else."""
    own, end = set(one), set(other)
    if own == end or bears_alone(other, mol) > 1:
        return False
    return end < own or bool(own & around(other, mol))


def links(one: Place, others: Sequence[Place], mol: Chem.Mol) -> bool:
    """Whether a part is bonded to each of two others, which share nothing and are bonded otherwise than by it."""
    if len(others) < 2 or any(a == b for a, b in pairwise(others)):
        return False
    core = _core(one, mol)
    if core and len(core) < len(one) and any(set(other) <= set(one) for other in others):
        return links(core, others, mol)
    ends = [set(other) - set(one) for other in others]
    if any(not end for end in ends) or ends[0] & ends[1]:
        return False
    near = around(one, mol)
    if not all(end & near for end in ends):
        return False
    in_ring = any(ring >= set(one) for ring in rings(mol))
    return in_ring or all(mol.GetBondBetweenAtoms(a, b) is None for a in ends[0] for b in ends[1])


def _core(place: Place, mol: Chem.Mol) -> Place:
    """A group without the carbons that it is only drawn with: of a sulfoxide S=O, of an ether its oxygen."""
    atoms = [mol.GetAtomWithIdx(a) for a in place]
    carbonyl = {a.GetIdx() for a in atoms if a.GetAtomicNum() == 6 and _doubly_bonded(a)}
    return tuple(a.GetIdx() for a in atoms if a.GetAtomicNum() != 6 or a.GetIdx() in carbonyl)


def _doubly_bonded(carbon: Chem.Atom) -> bool:
    return any(b.GetBondTypeAsDouble() > 1.5 and b.GetOtherAtom(carbon).GetAtomicNum() != 6 for b in carbon.GetBonds())


def flanks(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a part stands on a ring beside the atom that another one hangs on."""
    ringed = _in_ring(range(mol.GetNumAtoms()), mol)
    one = tuple(set(one) - ringed)
    bearers = around(one, mol) & ringed
    beside = (around(tuple(bearers), mol) & ringed) if bearers else set()
    return bool(around(other, mol) & beside) and not set(other) & (bearers | set(one))


def flanking(one: Place, other: Place, mol: Chem.Mol) -> bool:
    """Whether a part stands beside another one; of a ring atom that bears the other one it is not said."""
    bearer = len(one) == 1 and mol.GetAtomWithIdx(one[0]).IsInRing() and not _in_ring(other, mol)
    return next_to(one, other, mol) and not (bearer and touches(mol, one, other))


def same_bearer(places: Sequence[Place], mol: Chem.Mol, bearer: Callable[[int], bool]) -> bool:
    """Whether parts hang on one atom."""
    bearers = []
    for place in places:
        with_ring = any(ring <= set(place) for ring in rings(mol))  # else its ring atoms are those it hangs on
        own = [a for a in place if with_ring or not mol.GetAtomWithIdx(a).IsInRing()] or list(place)
        bearers.append({a for a in around(own, mol) if bearer(a)})
    return bool(set.intersection(*bearers))
