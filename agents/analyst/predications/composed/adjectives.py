"""What an adjective before a noun says of one place: "ring", "exocyclic", "terminal", "unsubstituted"."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdkit import Chem

from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.vocabulary import FILTERS
from molreflect.tools.facts.configured import centres
from molreflect.tools.facts.parts import part_named
from molreflect.tools.molecules.read import Molecule

Place = tuple[int, ...]
Holds = Callable[[Molecule, Place], bool]
_SIZED = re.compile(r"(?P<size>[a-z]+|\d{1,2})-membered")
_SP = re.compile(r"(?P<kind>sp[23]?)(?:-?(?:carbon|hybridi[sz]ed))?")


def _atoms(molecule: Molecule, place: Place) -> list[Chem.Atom]:
    return [molecule.mol.GetAtomWithIdx(a) for a in place]


def is_ring(molecule: Molecule, place: Place) -> bool:
    """Whether a place is all atoms of one ring."""
    return any(set(ring) == set(place) for ring in molecule.mol.GetRingInfo().AtomRings())


def bonds_out(molecule: Molecule, place: Place) -> int:
    """Count the bonds between a place and the other heavy atoms."""
    return sum(
        n.GetIdx() not in place and n.GetAtomicNum() != 1 for a in _atoms(molecule, place) for n in a.GetNeighbors()
    )


def _in_ring(molecule: Molecule, place: Place) -> bool:
    """Whether a place is in a ring: an atom, a bond of it, or a carbonyl group by its carbon."""
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    core = _core(molecule, place)
    return any(core <= ring or set(place) <= ring for ring in rings)


def _core(molecule: Molecule, place: Place) -> set[int]:
    """The atoms of a place without those that end there with a multiple bond."""
    atoms = _atoms(molecule, place)
    outer = {
        a.GetIdx()
        for a in atoms
        if a.GetDegree() == 1 and len(place) > 1 and a.GetBonds()[0].GetBondType() != Chem.BondType.SINGLE
    }
    return set(place) - outer or set(place)


def _outside_rings(molecule: Molecule, place: Place) -> bool:
    if len(place) == 2 and (bond := molecule.mol.GetBondBetweenAtoms(*place)) is not None:
        return not bond.IsInRing()
    return not any(a.IsInRing() for a in _atoms(molecule, place))


_BACKBONE = Chem.MolFromSmarts("[NX3,NX4+;$(N[CX4]C(=O)[O,N])][CX4]C(=O)[O,N]")


def _in_side_chain(molecule: Molecule, place: Place) -> bool:
    """Whether a part is outside rings, and in an amino acid beyond its alpha-carbon."""
    backbone = {a for hit in molecule.mol.GetSubstructMatches(_BACKBONE) for a in hit}
    return _outside_rings(molecule, place) and not set(place) & backbone


def _substituents(molecule: Molecule, place: Place) -> int:
    """Count what a part bears; of a ring atom what is outside its rings."""
    if len(place) != 1 or not molecule.mol.GetAtomWithIdx(place[0]).IsInRing():
        return bonds_out(molecule, place)
    rings = [ring for ring in molecule.mol.GetRingInfo().AtomRings() if place[0] in ring]
    near = molecule.mol.GetAtomWithIdx(place[0]).GetNeighbors()
    return sum(not any(n.GetIdx() in ring for ring in rings) for n in near)


_NO_CHAIN = (1, 9, 17, 35, 53)
"""Hydrogen and halogens, by which no chain goes on."""


def _terminal(molecule: Molecule, place: Place) -> bool:
    atoms = _atoms(molecule, place)
    ends = [a for a in atoms if sum(n.GetAtomicNum() not in _NO_CHAIN for n in a.GetNeighbors()) == 1]
    if len(place) == 1:
        return bool(ends)
    if len(place) == 2 and molecule.mol.GetBondBetweenAtoms(*place) is not None:
        return bool(ends)
    return bonds_out(molecule, place) == 1


def _aromatic(molecule: Molecule, place: Place) -> bool:
    atoms = _atoms(molecule, place)
    inside = [a for a in atoms if a.IsInRing()]
    if inside:
        return all(a.GetIsAromatic() for a in inside)
    return any(n.GetIsAromatic() for a in atoms for n in a.GetNeighbors())


def _stereogenic(molecule: Molecule, place: Place) -> bool:
    return any((a,) == place or (len(place) == 1 and a in place) for a, _ in centres(molecule))


def _fused(molecule: Molecule, place: Place) -> bool:
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    return any(len(ring & set(place)) > 1 and not ring <= set(place) for ring in rings)


def _fused_neighbours(molecule: Molecule, place: Place) -> int:
    """Count the rings that share a bond with a ring; 0 for what is no ring."""
    if not is_ring(molecule, place):
        return 0
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    return sum(len(ring & set(place)) > 1 and ring != set(place) for ring in rings)


def _saturated(molecule: Molecule, place: Place) -> bool:
    mol = molecule.mol
    inside = [b for b in mol.GetBonds() if b.GetBeginAtomIdx() in place and b.GetEndAtomIdx() in place]
    return all(bond.GetBondType() == Chem.BondType.SINGLE for bond in inside)


def _conjugated(molecule: Molecule, place: Place) -> bool:
    """Whether all bonds within a part are conjugated, two at least."""
    inside = [b for b in molecule.mol.GetBonds() if b.GetBeginAtomIdx() in place and b.GetEndAtomIdx() in place]
    return len(inside) > 1 and all(bond.GetIsConjugated() for bond in inside)


def _hetero(molecule: Molecule, place: Place) -> bool:
    return any(a.GetAtomicNum() != 6 for a in _atoms(molecule, place))


def _charge(molecule: Molecule, place: Place) -> int:
    return sum(a.GetFormalCharge() for a in _atoms(molecule, place))


def _at_bond(order: Chem.BondType) -> Holds:
    """Whether an atom has a bond of an order."""
    return lambda m, p: len(p) == 1 and any(b.GetBondType() == order for b in _atoms(m, p)[0].GetBonds())


_BY_WORD: dict[str, Holds] = {
    "ring": _in_ring,
    "cyclic": _in_ring,
    "endocyclic": _in_ring,
    "in-ring": _in_ring,
    "exocyclic": _outside_rings,
    "acyclic": _outside_rings,
    "side-chain": _in_side_chain,
    "chain": _outside_rings,
    "open-chain": _outside_rings,
    "terminal": _terminal,
    "end": _terminal,
    "internal": lambda m, p: not _terminal(m, p),
    "aromatic": _aromatic,
    "aryl": _aromatic,
    "aliphatic": lambda m, p: not _aromatic(m, p),
    "non-aromatic": lambda m, p: not _aromatic(m, p),
    "nonaromatic": lambda m, p: not _aromatic(m, p),
    "alicyclic": lambda m, p: _in_ring(m, p) and not _aromatic(m, p),
    "stereogenic": _stereogenic,
    "chiral": _stereogenic,
    "asymmetric": _stereogenic,
    "fused": _fused,
    "outer": lambda m, p: _fused_neighbours(m, p) == 1,
    "central": lambda m, p: _fused_neighbours(m, p) > 1,
    "middle": lambda m, p: _fused_neighbours(m, p) > 1,
    "inner": lambda m, p: _fused_neighbours(m, p) > 1,
    "isolated": lambda m, p: not _fused(m, p),
    "saturated": _saturated,
    "unsaturated": lambda m, p: not _saturated(m, p),
    "heterocyclic": lambda m, p: _in_ring(m, p) and _hetero(m, p),
    "heteroaromatic": lambda m, p: _aromatic(m, p) and _hetero(m, p),
    "carbocyclic": lambda m, p: _in_ring(m, p) and not _hetero(m, p),
    "unsubstituted": lambda m, p: _substituents(m, p) <= (len(p) > 1 or not _in_ring(m, p)),
    "monosubstituted": lambda m, p: bonds_out(m, p) == 1,
    "disubstituted": lambda m, p: bonds_out(m, p) == 2,
    "trisubstituted": lambda m, p: bonds_out(m, p) == 3,
    "tetrasubstituted": lambda m, p: bonds_out(m, p) == 4,
    "substituted": lambda m, p: _substituents(m, p) > (len(p) == 1 and not _in_ring(m, p)),
    "positively-charged": lambda m, p: _charge(m, p) > 0,
    "cationic": lambda m, p: _charge(m, p) > 0,
    "negatively-charged": lambda m, p: _charge(m, p) < 0,
    "anionic": lambda m, p: _charge(m, p) < 0,
    "charged": lambda m, p: any(a.GetFormalCharge() for a in _atoms(m, p)),
    "neutral": lambda m, p: not any(a.GetFormalCharge() for a in _atoms(m, p)),
    "double-bonded": _at_bond(Chem.BondType.DOUBLE),
    "doubly-bonded": _at_bond(Chem.BondType.DOUBLE),
    "single-bonded": lambda m, p: not _at_bond(Chem.BondType.DOUBLE)(m, p),
    "singly-bonded": lambda m, p: not _at_bond(Chem.BondType.DOUBLE)(m, p),
    "triple-bonded": _at_bond(Chem.BondType.TRIPLE),
    "conjugated": _conjugated,
    "protonated": lambda m, p: any(a.GetFormalCharge() > 0 and a.GetTotalNumHs(True) for a in _atoms(m, p)),
}
_OF_ATOMS = frozenset(["bridging", "ring-fusion", "fusion", "ring-junction", "junction", "shared"])
_DEGREES = ("primary", "secondary", "tertiary", "quaternary")


def adjective(word: str) -> Holds | None:
    """Read an adjective that is decided by one place; None for other words.

    Args:
        word: In small letters, hyphens as "-".
    """
    if word in _BY_WORD:
        return _BY_WORD[word]
    if (sized := _SIZED.fullmatch(word)) is not None and (size := number_of(sized["size"])) is not None:
        return lambda m, p: any(len(r) == size and set(r) <= set(p) for r in m.mol.GetRingInfo().AtomRings())
    if (hybrid := _SP.fullmatch(word)) is not None:
        kind = getattr(Chem.HybridizationType, hybrid["kind"].upper())
        return lambda m, p: all(a.GetHybridization() == kind for a in _atoms(m, p))
    if word == "bridgehead":
        return _bridgehead
    if word == "quaternary":
        return lambda m, p: len(p) == 1 and FILTERS["quaternary"](m.mol.GetAtomWithIdx(p[0])) and _sp3_carbon(m, p)
    if word in _OF_ATOMS:
        filtered = FILTERS.get(word, FILTERS["fusion"])
        return lambda m, p: len(p) == 1 and filtered(m.mol.GetAtomWithIdx(p[0]))
    if word in _DEGREES:
        said = _DEGREES.index(word) + 1
        return lambda m, p: _carbons(m, p) == said
    return None


def _bridgehead(molecule: Molecule, place: Place) -> bool:
    """Whether an atom is where bridged rings meet; where none are bridged, where rings are fused."""
    part = part_named("bridgehead")
    found = part.find(molecule) if part is not None else ()
    return place in found if found else len(place) == 1 and FILTERS["bridgehead"](molecule.mol.GetAtomWithIdx(place[0]))


def _sp3_carbon(molecule: Molecule, place: Place) -> bool:
    atom = molecule.mol.GetAtomWithIdx(place[0])
    return bool(atom.GetAtomicNum() == 6 and atom.GetTotalDegree() == 4)


def _carbons(molecule: Molecule, place: Place) -> int:
    """Count the carbons at an sp3 carbon; 0 for any other place, of which degrees are said otherwise."""
    atom = molecule.mol.GetAtomWithIdx(place[0])
    if len(place) != 1 or atom.GetAtomicNum() != 6 or atom.GetTotalDegree() != 4:
        return 0
    return sum(n.GetAtomicNum() == 6 for n in atom.GetNeighbors())
