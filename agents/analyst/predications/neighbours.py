"""What atoms and rings bear and hold, counted and compared with what a clause says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rdkit import Chem

from molreflect.agents.analyst.predications.clauses import Clause, Item, Verb
from molreflect.agents.analyst.predications.places import Nouns, position_in, ring_numbers, without_position
from molreflect.tools.facts.parts import ELEMENTS, Places
from molreflect.tools.facts.substitution import substitution_of

_PLACED = re.compile(
    r"(?P<noun>.+?) (?:in|at) (?:the |its |a )?(?P<position>ortho|meta|para)(?:[- ]position)", re.IGNORECASE
)

_PLACED_BEFORE = re.compile(r"(?P<position>ortho|meta|para)[ -](?P<noun>[a-z].+)", re.IGNORECASE)
_BOND_TO = re.compile(
    r"(?P<order>single|double|triple) bonds? (?:to|with) (?:an? |the |each )?(?P<to>\w+)(?: atoms?)?", re.IGNORECASE
)
_ORDERS = {"single": Chem.BondType.SINGLE, "double": Chem.BondType.DOUBLE, "triple": Chem.BondType.TRIPLE}
_OTHER_SUBSTITUENT = re.compile(r"(?:any )?(?:other|further|additional) (?:ring )?substituents?", re.IGNORECASE)
_ORDER_SIGNS = {"-": Chem.BondType.SINGLE, "=": Chem.BondType.DOUBLE, "#": Chem.BondType.TRIPLE}
_CARBONYL = re.compile(r"\b(?:carbonyl|oxo)(?: group)?s?$", re.IGNORECASE)
_ALCOHOL = re.compile(r"\b(?:alcohol|phenol)s?$", re.IGNORECASE)
_CHARGE = re.compile(r"(?:formal )?(?P<sign>positive|negative|\+1|-1)(?: formal)? charge", re.IGNORECASE)
_HYDROGENS = frozenset(["hydrogen", "hydrogens", "h", "hydrogen atom", "hydrogen atoms", "proton", "protons"])


def holds(clause: Clause, anchor: tuple[int, ...], nouns: Nouns) -> tuple[bool | None, list[Places], bool]:
    """Decide what a clause says of one place of its subject.

    Returns:
        Whether it holds, None where that is not decided; the atoms of each thing of the list; whether there is more of
        one than is said.
    """
    found: list[Places] = []
    verdicts: list[bool | None] = []
    taken: list[int] = []
    more = False
    if clause.said.text.startswith("compris") and any(item.noun.lower().startswith("atom") for item in clause.items):
        return None, [], False  # "comprises atoms 2 to 6" tells all of its atoms
    for item in clause.items:
        counted = _held(item, anchor, nouns) if _is_held(clause, item, anchor, nouns) else _borne(item, anchor, nouns)
        if counted is None:
            return None, [], False
        number, atoms = counted
        found.append(atoms)
        taken.append(number)
        verdicts.append(_compared(item, number, single=len(anchor) == 1))
        more = more or (item.most is not None and number > item.most)
    if False in verdicts:
        return False, found, more
    if clause.only and (rest := _left_over(clause, anchor, taken, nouns)) is not None:
        verdicts.append(None if rest < 0 else rest == 0)
    if False in verdicts:
        return False, found, more
    return (None if None in verdicts else True), found, more


def _is_held(clause: Clause, item: Item, anchor: tuple[int, ...], nouns: Nouns) -> bool:
    """Whether a thing is said to be within the subject: "the ring has two nitrogens", not "has two methyl groups"."""
    if clause.verb is Verb.CONTAINS:
        return True
    within = _element(item.noun) in (6, 7, 8, 16) or item.noun.lower() in ("members", "ring members", "ring atoms")
    return clause.said.text in ("has", "have") and _is_ring(anchor, nouns) and within


def _is_ring(anchor: tuple[int, ...], nouns: Nouns) -> bool:
    return any(set(ring) == set(anchor) for ring in nouns.molecule.mol.GetRingInfo().AtomRings())


def _compared(item: Item, number: int, *, single: bool) -> bool | None:
    """Compare a number; more than is said is left open, since a sentence need not tell everything."""
    if number < item.least:
        return False
    if item.most is not None:
        return True if number == item.most else None if item.most else False
    return None if single and item.least == 1 and number > 1 and not item.noun.endswith("s") else True


def _element(noun: str) -> int | None:
    low = noun.lower().removesuffix(" atoms").removesuffix(" atom")
    symbol = ELEMENTS.get(low) or ELEMENTS.get(low.removesuffix("s"))
    return Chem.GetPeriodicTable().GetAtomicNumber(symbol) if symbol and symbol.isalpha() else None


def _borne(item: Item, anchor: tuple[int, ...], nouns: Nouns) -> tuple[int, Places] | None:
    """Count what is bonded to an atom, or to the atoms of a group or ring."""
    mol = nouns.molecule.mol
    if item.noun[:1] in _ORDER_SIGNS and len(item.noun) > 1:
        return _by_order(_ORDER_SIGNS[item.noun[0]], replace(item, noun=item.noun[1:]), anchor, nouns)
    if (numbered := position_in(item.noun)) is not None:
        return _at_number(numbered, replace(item, noun=without_position(item.noun)), anchor, nouns)
    if (placed := _PLACED.fullmatch(item.noun) or _PLACED_BEFORE.fullmatch(item.noun)) is not None:
        return _at_position(placed["position"].lower(), replace(item, noun=placed["noun"]), anchor, nouns)
    if item.noun.lower() in _HYDROGENS:
        return sum(int(mol.GetAtomWithIdx(a).GetTotalNumHs(True)) for a in anchor), ()
    if (bond := _BOND_TO.fullmatch(item.noun)) is not None and (element := _element(bond["to"])) is not None:
        order = _ORDERS[bond["order"].lower()]
        bonds = [(mol.GetAtomWithIdx(a), b) for a in anchor for b in mol.GetAtomWithIdx(a).GetBonds()]
        reached = [b.GetOtherAtom(a) for a, b in bonds if b.GetBondType() == order]
        there: Places = tuple((n.GetIdx(),) for n in reached if n.GetAtomicNum() == element)
        return len(there), there
    if (charge := _CHARGE.fullmatch(item.noun)) is not None:
        sign = 1 if charge["sign"].lower() in ("positive", "+1") else -1
        return sum(mol.GetAtomWithIdx(a).GetFormalCharge() == sign for a in anchor), ()
    around = sorted(
        {n.GetIdx() for a in anchor for n in mol.GetAtomWithIdx(a).GetNeighbors() if n.GetIdx() not in anchor}
    )
    if (charged := re.fullmatch(r"(?:formal )?(positive|negative)(?: formal)? charge", item.noun.lower())) is not None:
        sign = 1 if charged[1] == "positive" else -1
        own_charge = sum(mol.GetAtomWithIdx(a).GetFormalCharge() for a in anchor)
        return int(own_charge * sign > 0), ()
    if (other := _OTHER_SUBSTITUENT.fullmatch(item.noun)) is not None and len(anchor) > 2:
        borne = tuple((a,) for a in around if mol.GetAtomWithIdx(a).GetAtomicNum() != 1)
        return max(len(borne) - 1, 0), borne if other else ()
    if item.noun.lower() in ("substituent", "substituents", "heavy substituents"):
        heavy: Places = tuple((a,) for a in around if mol.GetAtomWithIdx(a).GetAtomicNum() != 1)
        return len(heavy), heavy
    if (number := _element(re.sub(r" (?:substituents?|neighbou?rs?)$", "", item.noun))) is not None:
        own: Places = tuple((a,) for a in around if mol.GetAtomWithIdx(a).GetAtomicNum() == number)
        return len(own), own
    places = nouns.places(item.noun)
    if places is None:
        return None
    if len(anchor) == 1 and _ALCOHOL.search(item.noun):  # it is drawn with the carbon that bears it
        places = tuple(tuple(a for a in p if mol.GetAtomWithIdx(a).GetAtomicNum() == 8) or p for p in places)
    exo = _CARBONYL.search(item.noun) is not None and _is_ring(anchor, nouns)
    own = tuple(
        place
        for place in places
        if _is_bonded(mol, anchor, place) or (exo and set(place) & set(anchor) and not set(place) <= set(anchor))
    )
    if len(own) < item.least and any(set(place) & set(anchor) for place in places):
        return None  # it is drawn with the atoms that bear it: "the ring bears a phenol"
    return len(own), own


def _by_order(order: Chem.BondType, item: Item, anchor: tuple[int, ...], nouns: Nouns) -> tuple[int, Places] | None:
    """Count what a bond of an order joins to an atom."""
    mol = nouns.molecule.mol
    places = nouns.places(item.noun)
    if places is None:
        return None
    bonds = [b for a in anchor for b in mol.GetAtomWithIdx(a).GetBonds() if b.GetBondType() == order]
    ends = {a for b in bonds for a in (b.GetBeginAtomIdx(), b.GetEndAtomIdx())} - set(anchor)
    own = tuple(place for place in places if ends & set(place))
    return len(own), own


def _at_number(said: int, item: Item, anchor: tuple[int, ...], nouns: Nouns) -> tuple[int, Places] | None:
    """Count what stands at a numbered place of a ring."""
    mol = nouns.molecule.mol
    numbers = ring_numbers(anchor, mol)
    every = _borne(item, anchor, nouns)
    if numbers is None or every is None:
        return None
    at = {a for a in anchor if said in numbers[a]}
    own = tuple(p for p in every[1] if any(n.GetIdx() in at for a in p for n in mol.GetAtomWithIdx(a).GetNeighbors()))
    return len(own), own


def _at_position(position: str, item: Item, anchor: tuple[int, ...], nouns: Nouns) -> tuple[int, Places] | None:
    """Count what stands so on a benzene ring to the only other thing that it bears."""
    ring = next((r for r in substitution_of(nouns.molecule) if set(r.ring) == set(anchor)), None)
    every = _borne(item, anchor, nouns)
    if ring is None or every is None or len(ring.pairs) != 1:
        return None
    return every if ring.pairs[0][2] == position else (0, ())


def _is_bonded(mol: Chem.Mol, anchor: tuple[int, ...], place: tuple[int, ...]) -> bool:
    """Whether a group hangs on an anchor; one that is drawn with the atom that bears it counts, too."""
    outside = set(place) - set(anchor)
    if not outside or set(anchor) & set(place):
        return False
    return any(n.GetIdx() in outside for a in anchor for n in mol.GetAtomWithIdx(a).GetNeighbors())


def _held(item: Item, anchor: tuple[int, ...], nouns: Nouns) -> tuple[int, Places] | None:
    """Count what is within a ring or a group: atoms of an element, bonds and groups of which two atoms are in it."""
    mol = nouns.molecule.mol
    low = item.noun.lower()
    if low in _HYDROGENS:
        return None
    if low in ("members", "ring members", "atoms", "ring atoms") and _is_ring(anchor, nouns):
        return len(anchor), (anchor,)
    if low.removesuffix("s").removesuffix(" atom") == "heteroatom":
        own: Places = tuple((a,) for a in anchor if mol.GetAtomWithIdx(a).GetAtomicNum() != 6)
        return len(own), own
    if (number := _element(item.noun)) is not None:
        own = tuple((a,) for a in anchor if mol.GetAtomWithIdx(a).GetAtomicNum() == number)
        return len(own), own
    places = nouns.places(item.noun)
    if places is None:
        return None
    carbonyl = "carbonyl" in low or "oxo" in low
    own = tuple(
        p for p in places if (set(p) <= set(anchor) and set(p) != set(anchor)) or (carbonyl and set(p) & set(anchor))
    )
    if not own and places:
        return None  # it may be said of what hangs on it
    return len(own), own


def _left_over(clause: Clause, anchor: tuple[int, ...], taken: Sequence[int], nouns: Nouns) -> int | None:
    """How many neighbours of an atom the things of a list leave; None where the subject is no single atom."""
    if len(anchor) != 1:
        return -1
    atom = nouns.molecule.mol.GetAtomWithIdx(anchor[0])
    said = sum(n for n, item in zip(taken, clause.items, strict=True) if item.noun.lower() not in _HYDROGENS)
    hydrogens = int(atom.GetTotalNumHs(False)) if not any(i.noun.lower() in _HYDROGENS for i in clause.items) else 0
    heavy = sum(n.GetAtomicNum() != 1 for n in atom.GetNeighbors())
    return int(heavy) - said + hydrogens


_NESTED = re.compile(r"[a-z]{5,}yl(?:oxy|amino|thio|sulf)")
"""A substituent named by what it is made of, whose atoms may be drawn with or without what joins them."""


def is_plain(item: Item, nouns: Nouns) -> bool:
    """Whether a thing is an element, or a group that is there: what it means leaves no choice."""
    if _NESTED.search(item.noun) is not None:
        return False
    return item.noun.lower() in _HYDROGENS or _element(item.noun) is not None or bool(nouns.places(item.noun))
