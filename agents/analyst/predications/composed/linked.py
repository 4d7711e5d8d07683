"""What links two parts, and through what they are linked: "connects the amine to the ring"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rdkit import Chem

from molreflect.agents.analyst.predications.composed.meant import Chain, Meant, Said
from molreflect.agents.analyst.predications.composed.phrases import lists, noun_phrases
from molreflect.agents.analyst.predications.composed.reader import Reader
from molreflect.agents.analyst.predications.composed.relations import Place, bonded, joins, way_between
from molreflect.agents.analyst.predications.places import touches
from molreflect.agents.analyst.predications.subject import Quantity
from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule

_TO = ("to", "and", "with", "from")
_THROUGH = ("through", "via", "by")
_JOINED = re.compile(
    r"(?:attached|bonded|bound|connected|linked|joined|tethered|coupled|tied|bridged|separated|anchored|fused"
    r"|held together)"
)


def linking(reader: Reader, k: int, depth: int, *, passive: bool = False) -> Iterator[Said]:
    """Read what follows "connects", or "is", where it says what is between two parts."""
    if passive:
        yield from _passive(reader, k, depth)
        return
    for one in lists(reader, k, depth + 1):
        if reader.low(one.end) in _TO and not one.parts:
            for other in noun_phrases(reader, reader.skip(one.end + 1), depth + 1):
                yield _linked(reader, (one, other), other.end)
        if one.parts or one.is_plural:
            yield _linked(reader, one.each(), one.end)


def _linked(reader: Reader, ends: tuple[Meant, ...], end: int) -> Said:
    return Said(end, lambda place: links(reader.molecule, place, ends))


def meets(molecule: Molecule, link: Place, other: Place) -> bool:
    """Whether a link is bonded to a part, or to the rest of a ring that it belongs to."""
    if bonded(molecule, link, other):
        return True
    rest = tuple(set(other) - set(link))
    return bool(rest) and bool(set(link) & set(other)) and touches(molecule.mol, link, rest)


def links(molecule: Molecule, link: Place, ends: tuple[Meant, ...]) -> bool:
    """Whether a part is bonded to as many of each thing of a list as is said, and to two in all."""
    if _is_beside(molecule, link, ends):
        return False
    reached: list[Place] = []
    for end in ends:
        hits = [p for p in end.places if p != link and meets(molecule, link, p)]
        if end.hydrogens or end.is_whole or not hits:
            return False
        if end.quantity is Quantity.EXACTLY and len(hits) != end.number:
            return False
        if end.quantity is Quantity.ALL and len(hits) != (end.of or len(end.places)) and end.of is not None:
            return False
        if end.quantity is Quantity.ALL and len(hits) < 2 and len(ends) == 1:
            return False
        reached += hits if end.is_plural else hits[:1] if len(hits) == 1 else hits
    rests = [set(p) - set(link) for p in reached]
    if not any(a.isdisjoint(b) for i, a in enumerate(rests) for b in rests[i + 1 :]):
        return False
    return any(set(p).isdisjoint(link) for p in reached)


def _is_beside(molecule: Molecule, link: Place, ends: tuple[Meant, ...]) -> bool:
    """Whether a bond has one of two atoms that it is said to join, and not the other: it only stands beside that."""
    if len(link) != 2 or molecule.mol.GetBondBetweenAtoms(*link) is None or len(ends) != 2:
        return False
    if any(len(place) != 1 for end in ends for place in end.places):
        return False
    own = [any(set(place) <= set(link) for place in end.places) for end in ends]
    if own[0] != own[1] or all(own):
        return own[0] != own[1]
    mol = molecule.mol
    at = [{a for p in end.places for a in link if mol.GetBondBetweenAtoms(a, p[0]) is not None} for end in ends]
    return len(at[0] | at[1]) == 1 and all(mol.GetAtomWithIdx(a).GetAtomicNum() == 6 for a in link)


def chain_links(molecule: Molecule, chain: Chain, ends: tuple[Meant, ...]) -> bool:
    """Whether the way between two parts is as long as is said."""
    if len(ends) == 2:
        pairs = [(p, q) for p in ends[0].places for q in ends[1].places if p != q]
        single = all(len(end.places) == 1 for end in ends)
    elif len(ends) == 1 and len(ends[0].places) == 2 and ends[0].of in (None, 2):
        pairs, single = [(ends[0].places[0], ends[0].places[1])], True
    else:
        return False
    truths = [_is_so_long(molecule, chain, p, q) for p, q in pairs]
    return all(truths) and bool(truths) if single else any(truths) and _nearest_holds(molecule, chain, pairs)


def _nearest_holds(molecule: Molecule, chain: Chain, pairs: list[tuple[Place, Place]]) -> bool:
    ways = [(len(way), p, q) for p, q in pairs if (way := way_between(molecule, p, q)) is not None]
    shortest = min((n for n, _, _ in ways), default=-1)
    return any(n == shortest and _is_so_long(molecule, chain, p, q) for n, p, q in ways)


def _is_so_long(molecule: Molecule, chain: Chain, one: Place, other: Place) -> bool:
    way = way_between(molecule, one, other)
    if way is None:
        return False
    if chain.kind == "bond":
        return len(way) + 1 == chain.number
    if chain.at and chain.at != frozenset(way):
        return False
    atoms = [molecule.mol.GetAtomWithIdx(a) for a in way]
    if chain.kind == "methylene" and not all(a.GetAtomicNum() == 6 and a.GetTotalNumHs(True) == 2 for a in atoms):
        return False
    if chain.kind == "carbon" and not all(a.GetAtomicNum() == 6 for a in atoms):
        return False
    return len(way) == chain.number


_BONDS = {"single": Chem.BondType.SINGLE, "double": Chem.BondType.DOUBLE, "triple": Chem.BondType.TRIPLE}


def _passive(reader: Reader, k: int, depth: int) -> Iterator[Said]:
    """Read "are linked by an NH group", "joined to the ring through CH2", "separated from the acid by two carbons"."""
    words = 2 if reader.low(k) == "held" else 1
    joined = " ".join(word.low for word in reader.words[k : k + words])
    if _JOINED.fullmatch(joined) is None:
        return
    at = reader.skip(k + words)
    at += reader.low(at) == "together"
    at = reader.skip(at)
    if reader.low(at) in _THROUGH:
        for link in noun_phrases(reader, reader.skip(at + 1), depth + 1):
            yield Said(link.end, together=lambda places, link=link: _are_linked(reader.molecule, places, link))  # type: ignore[misc]
            if reader.low(link.end) in ("to", "with"):
                for other in lists(reader, reader.skip(link.end + 1), depth + 1):
                    yield _through(reader, other, link, other.end)
        kind = (
            _BONDS.get(reader.low(at + 2))
            if reader.low(at + 3) == "bond" and reader.low(at + 1) in ("a", "one")
            else None
        )
        if kind is not None:
            yield Said(at + 4, together=lambda places: _by_bond(reader.molecule, places, kind))
    if reader.low(at) in ("to", "with", "from", "onto", "on"):
        for other in noun_phrases(reader, reader.skip(at + 1), depth + 1):
            behind = reader.skip(other.end)
            if reader.low(behind) in _THROUGH:
                for link in noun_phrases(reader, reader.skip(behind + 1), depth + 1):
                    yield _through(reader, other, link, link.end)


def _through(reader: Reader, other: Meant, link: Meant, end: int) -> Said:
    molecule = reader.molecule

    def holds(place: Place) -> bool:
        if link.chain is not None and chain_links(molecule, link.chain, (Meant((place,), Quantity.THE, 0), other)):
            return True
        if link.quantity is Quantity.EXACTLY and link.number != 1:
            return False
        return any(_is_joined(molecule, place, q, own) for q in other.places for own in link.places)

    return Said(end, holds)


def _is_joined(molecule: Molecule, place: Place, other: Place, link: Place) -> bool:
    """Whether a part is joined to another by a link between them, or by an atom of one of them."""
    if set(link) < set(other) and touches(molecule.mol, link, tuple(set(place) - set(other))):
        return True
    if set(link) < set(place) and touches(molecule.mol, link, tuple(set(other) - set(place))):
        return True
    return place != other and joins(molecule, link, place, other)


def _are_linked(molecule: Molecule, places: Places, link: Meant) -> bool:
    if len(places) != 2:
        return False
    if link.chain is not None and _is_so_long(molecule, link.chain, *places):
        return True
    if link.quantity is Quantity.EXACTLY and link.number != 1:
        return False
    return any(joins(molecule, own, places[0], places[1]) for own in link.places)


def _by_bond(molecule: Molecule, places: Places, kind: Chem.BondType) -> bool:
    if len(places) != 2 or set(places[0]) & set(places[1]):
        return False
    bonds = (molecule.mol.GetBondBetweenAtoms(a, b) for a in places[0] for b in places[1])
    return any(bond is not None and bond.GetBondType() == kind for bond in bonds)
