"""How groups stand to each other: on one carbon, in one ring, ortho, opposite, fused, on one side of a double bond."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from rdkit import Chem

from molreflect.agents.analyst.predications.places import GREEK, Nouns, stands_from
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.parts import ELEMENTS, Places

_OTHER = (
    r"(?:(?:to|with respect to|relative to|of|from) (?P<other>each other|one another|the other|(?:the|its|an?) .+))?"
)
_SAME = re.compile(
    r"(?:bonded to |attached to |bound to )?(?:on|at|in|to|of)?\s*"
    r"(?P<same>the same|one|(?:an? |two |three |four |the two )?(?:different|separate))"
    r" (?P<what>carbons?(?: atoms?)?|atoms?|nitrogens?(?: atoms?)?|"
    r"(?:(?P<size>\w+)-membered )?(?:benzene |aromatic |phenyl )?rings?)"
)
_POSITION = re.compile(
    r"(?:in )?(?:the )?(?P<position>ortho|meta|para|1,[234])(?:[- ](?:positions?|relationship|relation|related))?\s*"
    + _OTHER
)
_RELATION = re.compile(
    r"in an? (?P<position>1,[234]|ortho|meta|para)[- ](?:relationship|relation|arrangement|disposition)"
    r"(?: to each other)?"
)
_ADJACENT = re.compile(
    r"(?:adjacent|next|vicinal|neighbou?rs|neighbou?ring|directly adjacent"
    r"|(?:on |at |in )?(?:adjacent|neighbou?ring|vicinal) (?:ring )?(?:carbons|carbon atoms|atoms|positions|sites))\s*"
    + _OTHER
)
_OPPOSITE = re.compile(
    r"(?:opposite|directly opposite|(?:each other )?across the ring)\s*"
    + _OTHER
    + r"|(?:opposite )(?P<bare>(?:the|its) .+)"
)
_FUSED = re.compile(r"fused(?: together)?\s*(?:(?:to|with) (?P<other>each other|one another|(?:the|its|an?) .+))?")
_SIDES = re.compile(
    r"(?:on )?(?P<side>the same side|opposite sides|cis|trans)"
    r"(?: (?:of|across|about|around|on) (?:the|its) (?:double bond|alkene|c=c(?: double)? bond))?"
    r"(?: (?:to|with respect to) (?:each other|one another))?"
)
_ON_RING = re.compile(
    r" (?:on|of|in) (?:(?:the|one|the same|an?) (?:(?:benzene|aromatic|phenyl) )?ring"
    r"|one of the (?:two )?(?:(?:benzene|aromatic|phenyl) )?rings)$"
)
_WORDS = {1: "ortho", 2: "meta", 3: "para"}
_NUMBERS = {"1,2": 1, "1,3": 2, "1,4": 3, "ortho": 1, "meta": 2, "para": 3}
_EACH = ("each other", "one another", "the other", None)


_CONJUGATED = re.compile(r"conjugated (?:with|to) (?P<other>each other|one another|(?:both )?(?:the|its|an?) .+)")
_NUMBERED = re.compile(
    r"(?:(?:at|in|on) )?(?:the |its )?(?:(?P<first>[2-6])-position|(?:position|c)[ -]?(?P<second>[2-6]))"
    r" (?:of|on|in) (?:the |an? |its )"
    r"(?P<ring>pyridine|piperidine|pyrrole|pyrrolidine|furan|thiophene|tetrahydrofuran|pyran|morpholine)(?: ring)?"
)
_BY_BOND = re.compile(
    r"(?:(?:bonded|linked|connected|joined) )?(?:by|through|via) (?:an?|one) (?P<order>single|double|triple) bond"
)
_BONDED = re.compile(
    r"(?:bonded|attached|bound|linked|connected|joined)(?: directly)? to (?P<other>each other|one another)"
)


def stands(rest: str, groups: Sequence[Places], nouns: Nouns) -> bool | None:
    """Decide how the groups of a clause stand to each other, or to a group behind it; None where it is not understood.

    Args:
        rest: The words behind "is".
        groups: The places of each subject.
        nouns: Looks nouns up.
    """
    text = _ON_RING.sub(
        "", re.sub(r"^(?:(?:both|all|located|found|situated|positioned|placed|joined|directly)\s+)+", "", rest)
    )
    mol = nouns.molecule.mol
    if (same := _SAME.fullmatch(text)) is not None:
        pairs = _pairs(groups, None, nouns)
        return None if pairs is None else _same(same, pairs, mol)
    if (fused := _FUSED.fullmatch(text)) is not None:
        pairs = _pairs(groups, fused["other"], nouns)
        return None if pairs is None else _fused(pairs, mol)
    found = _POSITION.fullmatch(text) or _RELATION.fullmatch(text)
    if found is not None:
        wanted = _NUMBERS[found["position"]]
        pairs = _pairs(groups, found.groupdict().get("other"), nouns)
        return None if pairs is None else _at_distance(pairs, wanted, mol, benzene=found["position"].isalpha())
    if (greek := _GREEK.fullmatch(text)) is not None:
        return _at_greek(GREEK.index(greek["greek"]) + 1, greek["other"], groups, nouns)
    if (opposite := _OPPOSITE.fullmatch(text)) is not None:
        pairs = _pairs(groups, opposite["other"] or opposite["bare"], nouns)
        return None if pairs is None else _at_distance(pairs, 3, mol, benzene=False)
    if (near := _ADJACENT.fullmatch(text)) is not None:
        pairs = _pairs(groups, near["other"], nouns)
        return None if pairs is None else all(_beside(a, b, mol) for a, b in pairs)
    if (bonded := _BONDED.fullmatch(text)) is not None:
        pairs = _pairs(groups, bonded["other"], nouns)
        return None if pairs is None else all(bool(_around(a, mol) & set(b)) for a, b in pairs)
    if (numbered := _NUMBERED.fullmatch(text)) is not None:
        return _is_numbered(int(numbered["first"] or numbered["second"]), numbered["ring"], groups, nouns)
    if (by := _BY_BOND.fullmatch(text)) is not None:
        pairs = _pairs(groups, None, nouns)
        return None if pairs is None else all(_by_bond(a, b, by["order"], mol) for a, b in pairs)
    if (with_what := _CONJUGATED.fullmatch(text)) is not None:
        return _is_conjugated(with_what["other"], groups, nouns)
    if text in ("on opposite sides", "at opposite ends", "at opposite sides"):
        pairs = _pairs(groups, None, nouns)
        return None if pairs is None else _at_distance(pairs, 3, mol, benzene=True)
    if (side := _SIDES.fullmatch(text)) is not None:
        pairs = _pairs(groups, None, nouns)
        return None if pairs is None else _on_one_side(side["side"] in ("the same side", "cis"), pairs, mol)
    return None


_GREEK = re.compile(
    r"(?:at |in )?(?:the )?(?P<greek>alpha|beta|gamma|delta)(?: position)? (?:to|of|from) (?P<other>.+)"
)


def _at_greek(said: int, other: str, groups: Sequence[Places], nouns: Nouns) -> bool | None:
    """Decide "beta to the carbonyl": so many bonds from it, for every place that is spoken of; never refuted."""
    behind = nouns.places(re.sub(r"^(?:the|its|an?) ", "", other))
    every = [place for places in groups for place in places]
    if not behind or not every:
        return None
    near = [min((stands_from(p, q, nouns.molecule.mol) or 99 for q in behind), default=99) for p in every]
    return True if all(distance == said for distance in near) else None


Pairs = list[tuple[tuple[int, ...], tuple[int, ...]]]


def _pairs(groups: Sequence[Places], other: str | None, nouns: Nouns) -> Pairs | None:
    """List which places are compared; None where that is not clear, as of "the methyl" where there are two."""
    if other not in _EACH and other is not None:
        noun = re.sub(r"^(?:the|its|an?) ", "", other)
        noun = re.sub(r"^both (?:the|its|an?) ", "", noun)
        behind = nouns.anchors(noun)
        if not behind or any(not places for places in groups):
            return None
        every = [place for places in groups for place in places]
        if len(behind) > 1:  # "to the alkyl substituent": the one that hangs on the same ring
            behind = tuple(
                b for b in behind if all(any(_distances((p, b), nouns.molecule.mol, benzene=False)) for p in every)
            )
        return [(place, behind[0]) for place in every] if len(behind) == 1 else None
    every = [place for places in groups for place in places]
    if any(not places for places in groups) or len(every) < 2 or len(every) > 8:
        return None
    if len(groups) > 1:
        return [(a, b) for one, two in combinations(groups, 2) for a in one for b in two]
    return list(combinations(every, 2))


def _around(place: tuple[int, ...], mol: Chem.Mol) -> set[int]:
    return {n.GetIdx() for a in place for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(place)


def _same(found: re.Match[str], pairs: Pairs, mol: Chem.Mol) -> bool | None:
    word, what, size = found["same"], found["what"], found["size"]
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings() if not size or len(ring) == number_of(size)]
    if "ring" in what:
        near = [({k for k, r in enumerate(rings) if r & (set(p) | _around(p, mol))}) for pair in pairs for p in pair]
        inside = [({k for k, r in enumerate(rings) if r & set(p)}) for pair in pairs for p in pair]
        sets = inside if all(inside) else near
        if not all(sets):
            return False if size and word == "the same" else None
        shared = [bool(sets[i] & sets[i + 1]) for i in range(0, len(sets), 2)]
    else:
        element = ELEMENTS.get(what.split()[0].removesuffix("s"))
        shared = [
            any(
                element is None or mol.GetAtomWithIdx(a).GetSymbol() == element
                for a in _around(p, mol) & _around(q, mol)
            )
            for p, q in pairs
        ]
    if word in ("the same", "one"):
        return all(shared)
    return not any(shared)


def _fused(pairs: Pairs, mol: Chem.Mol) -> bool | None:
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]

    def ring_of(place: tuple[int, ...]) -> set[int] | None:
        """The ring that a place is, or that has most of its atoms."""
        shared = [len(ring & set(place)) for ring in rings]
        most = max(shared, default=0)
        return rings[shared.index(most)] if most > 1 and shared.count(most) == 1 else None

    decided = [(ring_of(p), ring_of(q)) for p, q in pairs]
    if any(one is None or other is None for one, other in decided):
        return None
    return all(
        one is not None and other is not None and len(one & other) > 1 and one != other for one, other in decided
    )


def on_rings(place: tuple[int, ...], ring: Sequence[int], mol: Chem.Mol) -> set[int]:
    """Where a group stands on a ring: its own atoms in it, else those it is bonded to."""
    inside = set(ring) & set(place)
    if len(inside) == len(ring):
        return set()
    return inside or set(ring) & _around(place, mol)


def _distances(pair: tuple[tuple[int, ...], tuple[int, ...]], mol: Chem.Mol, *, benzene: bool) -> Iterator[int]:
    for ring in mol.GetRingInfo().AtomRings():
        if len(ring) != 6 or (benzene and not all(mol.GetAtomWithIdx(a).GetIsAromatic() for a in ring)):
            continue
        for a in on_rings(pair[0], ring, mol):
            for b in on_rings(pair[1], ring, mol):
                if a != b:
                    apart = abs(ring.index(a) - ring.index(b))
                    yield min(apart, 6 - apart)


def on_ring(one: tuple[int, ...], other: tuple[int, ...], position: str, mol: Chem.Mol) -> bool:
    """Whether two parts stand ortho, meta or para on a benzene ring, and nowhere otherwise."""
    return set(_distances((one, other), mol, benzene=True)) == {_NUMBERS[position]}


def _at_distance(pairs: Pairs, wanted: int, mol: Chem.Mol, *, benzene: bool) -> bool | None:
    found = [set(_distances(pair, mol, benzene=benzene)) for pair in pairs]
    if not all(found):
        return None
    if all(each == {wanted} for each in found):
        return True
    return None if any(wanted in each for each in found) else False


def _beside(one: tuple[int, ...], other: tuple[int, ...], mol: Chem.Mol) -> bool:
    """Whether groups are bonded or stand at atoms that are."""
    if set(one) & set(other) or _around(one, mol) & set(other):
        return True
    bearers = _bearers(one, mol), _bearers(other, mol)
    return any(mol.GetBondBetweenAtoms(a, b) is not None for a in bearers[0] for b in bearers[1])


def _bearers(place: tuple[int, ...], mol: Chem.Mol) -> set[int]:
    """The atoms that bear a group: those beside it, and ring atoms that it is drawn with."""
    rings = [set(ring) for ring in mol.GetRingInfo().AtomRings()]
    if any(ring <= set(place) for ring in rings):
        return _around(place, mol)
    return _around(place, mol) | {a for a in place if mol.GetAtomWithIdx(a).IsInRing()}


def _is_numbered(said: int, name: str, groups: Sequence[Places], nouns: Nouns) -> bool | None:
    """Decide "at the 3-position of the pyridine", counted from the one heteroatom of the one such ring, either way."""
    mol = nouns.molecule.mol
    found = nouns.places(f"{name} ring") or nouns.places(name) or ()
    rings = [r for r in mol.GetRingInfo().AtomRings() if any(set(r) <= set(place) for place in found)]
    if len(rings) != 1 or any(not places for places in groups):
        return None
    (ring,) = rings
    hetero = [k for k, a in enumerate(ring) if mol.GetAtomWithIdx(a).GetAtomicNum() != 6]
    if len(hetero) != 1:
        return None
    truths = []
    for place in (place for places in groups for place in places):
        apart = {abs(ring.index(a) - hetero[0]) for a in on_rings(place, ring, mol)}
        if not apart:
            return None
        truths.append(any(said in (d + 1, len(ring) - d + 1) for d in apart))
    return all(truths)


def _by_bond(one: tuple[int, ...], other: tuple[int, ...], order: str, mol: Chem.Mol) -> bool:
    """Whether a bond of an order joins two parts that have no atom in common."""
    wanted = {"single": Chem.BondType.SINGLE, "double": Chem.BondType.DOUBLE, "triple": Chem.BondType.TRIPLE}[order]
    bonds = (mol.GetBondBetweenAtoms(a, b) for a in one for b in other if a != b)
    return not set(one) & set(other) and any(b is not None and b.GetBondType() == wanted for b in bonds)


def _is_conjugated(other: str, groups: Sequence[Places], nouns: Nouns) -> bool | None:
    """Decide "conjugated with the ring and the acid": with one place of each thing of the list."""
    mol = nouns.molecule.mol
    if other in _EACH:
        pairs = _pairs(groups, None, nouns)
        return None if pairs is None else all(conjugated(a, b, mol) for a, b in pairs)
    every = [place for places in groups for place in places]
    verdicts: list[bool | None] = []
    for noun in re.split(r"(?:,| and(?: with| to)?) ", re.sub(r"^both ", "", other)):
        behind = nouns.places(re.sub(r"^(?:the|its|an?|another) ", "", noun))
        if not behind or not every:
            return None
        found = [any(conjugated(a, b, mol) for b in behind if a != b) for a in every]
        verdicts.append(True if all(found) else None if any(found) or len(behind) > 1 else False)
    return False if False in verdicts else None if None in verdicts else True


def conjugated(one: tuple[int, ...], other: tuple[int, ...], mol: Chem.Mol) -> bool:
    """Whether a conjugated bond joins two parts."""
    bonds = (mol.GetBondBetweenAtoms(a, b) for a in one for b in other if a != b)
    return any(bond is not None and bond.GetIsConjugated() for bond in bonds)


def _on_one_side(same: bool, pairs: Pairs, mol: Chem.Mol) -> bool | None:
    found = {side for pair in pairs for side in _sides(pair, mol)}
    return None if len(found) != 1 else found == {same}


def _sides(pair: tuple[tuple[int, ...], tuple[int, ...]], mol: Chem.Mol) -> Iterator[bool]:
    """For each double bond that two groups stand at, whether they are on one side of it."""
    cis = {Chem.BondStereo.STEREOZ, Chem.BondStereo.STEREOCIS}
    trans = {Chem.BondStereo.STEREOE, Chem.BondStereo.STEREOTRANS}
    for bond in mol.GetBonds():
        reference = list(bond.GetStereoAtoms())
        if bond.GetStereo() not in cis | trans or len(reference) != 2:
            continue
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        for one, other in (pair, pair[::-1]):
            at = [_hangs_on(place, end, mol) for place, end in zip((one, other), ends, strict=True)]
            if None not in at:
                turned = sum(a != r for a, r in zip(at, reference, strict=True))
                yield (bond.GetStereo() in cis) is (turned % 2 == 0)


def _hangs_on(place: tuple[int, ...], end: int, mol: Chem.Mol) -> int | None:
    return next(
        (n.GetIdx() for n in mol.GetAtomWithIdx(end).GetNeighbors() if n.GetIdx() in place and end not in place), None
    )


def positions(pair: tuple[tuple[int, ...], tuple[int, ...]], mol: Chem.Mol) -> set[int]:
    """How many bonds apart two parts stand on rings of six, 1 to 3."""
    return set(_distances(pair, mol, benzene=False))
