"""Adjectives of molecules and groups before a noun: "monocyclic", "five-membered", "monounsaturated", "C18"."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from rdkit import Chem

from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.whole import is_so_of_all
from molreflect.agents.analyst.vocabulary import prose
from molreflect.tools.facts.composed import DEGREES, is_bridged, is_fused, is_spiro
from molreflect.tools.facts.parts import ELEMENTS, part_named
from molreflect.tools.molecules.read import Molecule

Place = tuple[int, ...]
_TIMES = ("mono", "di", "tri", "tetra", "penta", "hexa")
_RINGS = ("monocyclic", "bicyclic", "tricyclic", "tetracyclic", "pentacyclic")
_SIZED = re.compile(r"(?P<size>[a-z]+|\d{1,2})-membered")
_CARBONS = re.compile(r"c(?P<digits>\d{1,2})|(?P<number>[a-z]+|\d{1,2})-carbon")
_HOLDS = re.compile(r"(?P<element>[a-z]+)-containing")
_UNSATURATED = re.compile(r"(?P<times>mono|di|tri|tetra|penta|hexa|poly)unsaturated")
_HALOGENATED = re.compile(rf"(?P<times>{'|'.join(_TIMES)}|poly)?(?P<what>halogen|fluorin|chlorin|bromin|iodin)ated")
_CONFIGURED = re.compile(r"\(?(?P<label>[ez]|cis|trans)\)?(?:-configured|-)?")
_ON_NITROGEN = re.compile(r"n-(?P<group>methyl|ethyl|benzyl|phenyl|acetyl)(?:ated)?")
_ON_ONE_NITROGEN = re.compile(r"n,n-di(?P<group>methyl|ethyl|propyl|isopropyl|butyl|benzyl|phenyl)(?:ated)?")
_HALOGENS = {"halogen": (9, 17, 35, 53), "fluorin": (9,), "chlorin": (17,), "bromin": (35,), "iodin": (53,)}
_MULTIPLE = Chem.MolFromSmarts("[#6]=,#[#6]")
_CONJUGATED_CARBONYL = Chem.MolFromSmarts("[#6;!a]=,#[#6;!a]-[#6]=[#8]")
_OF_PLACE = frozenset(
    ["exocyclic", "endocyclic", "terminal", "internal", "benzylic", "allylic", "propargylic", *DEGREES]
)
_JOINED = {"bridged": is_bridged, "spiro": is_spiro, "fused": is_fused}
SAYS_NOTHING = prose().adjectives
"""Adjectives that restrict nothing: "simple", "typical"."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What an adjective says; it may be decided of the molecule, of the group that it stands before, or of both."""

    word: str
    exact: Callable[[Molecule], bool | None] | None = None
    """Decides it of the molecule; None where the group alone may be meant."""
    of_place: Callable[[Molecule, Place], bool] | None = None
    """Decides it of a group; where it is missing, what is said with "is" of one."""
    some: Callable[[Molecule], bool] | None = None
    """What no molecule is without that has such a group."""


def trait_named(word: str, nouns: Nouns) -> Trait | None:
    """Read an adjective; None where it is not known.

    Args:
        word: In small letters, hyphens as "-".
        nouns: Looks nouns up in the molecule.
    """
    if word in SAYS_NOTHING or word in _OF_PLACE:
        return Trait(word)
    for read in (_of_rings, _of_chains, _of_elements, _of_bonds):
        trait = read(word)
        if trait is not None:
            return trait
    if (both := _ON_ONE_NITROGEN.fullmatch(word)) is not None:
        return Trait(word, of_place=lambda m, p: _bears_on_nitrogen(both["group"], p, nouns, times=2))
    if (on := _ON_NITROGEN.fullmatch(word)) is not None:
        return Trait(word, of_place=lambda m, p: _bears_on_nitrogen(on["group"], p, nouns))
    if is_so_of_all(word, nouns.molecule) is not None:
        return Trait(word, exact=lambda m: is_so_of_all(word, m))
    place = (0,)
    return Trait(word) if word.endswith("ated") and is_so(word, place, nouns) is not None else None


def _systems(molecule: Molecule) -> list[tuple[set[int], int]]:
    """Ring systems, with the number of rings of each; rings that share an atom belong together."""
    systems: list[tuple[set[int], int]] = []
    for ring in map(set, molecule.mol.GetRingInfo().AtomRings()):
        joined = [each for each in systems if each[0] & ring]
        merged = ring.union(*(atoms for atoms, _ in joined))
        systems = [each for each in systems if each not in joined]
        systems.append((merged, 1 + sum(number for _, number in joined)))
    return [(atoms, _independent(molecule, atoms)) for atoms, _ in systems]


def _independent(molecule: Molecule, atoms: set[int]) -> int:
    """Count the rings of a system as names do: bonds to be cut until none is left; quinuclidine has two."""
    bonds = sum(b.GetBeginAtomIdx() in atoms and b.GetEndAtomIdx() in atoms for b in molecule.mol.GetBonds())
    return bonds - len(atoms) + 1


def _of_rings(word: str) -> Trait | None:
    if word in _RINGS:
        return _counted(word, _RINGS.index(word) + 1)
    if word == "polycyclic":
        return Trait(word, lambda m: None if _rings(m) > 1 else False, lambda m, p: _in_system(m, p, 2))
    if word in ("acyclic", "open-chain"):
        return Trait(word, lambda m: _rings(m) == 0)
    if word == "cyclic":
        return Trait(
            word, lambda m: None if _rings(m) else False, lambda m, p: any(len(set(p) & r) > 1 for r in _ring_sets(m))
        )
    if (judge := _JOINED.get(word.removesuffix("cyclic"))) is not None:
        return Trait(word, lambda m: _one_system(m) if judge(m)[0] else False)
    if (sized := _SIZED.fullmatch(word)) is not None and (size := number_of(sized["size"])) is not None:
        return Trait(
            word,
            lambda m: any(len(r) == size for r in _ring_sets(m)) and (True if _rings(m) == 1 else None),
            lambda m, p: any(len(r) == size and len(r & set(p)) >= min(2, len(p)) for r in _ring_sets(m)),
        )
    if word in ("heterocyclic", "heteroaromatic"):
        part = part_named("heterocycle" if word == "heterocyclic" else "heteroaromatic ring")
        if part is None:
            return None
        return Trait(
            word,
            lambda m: bool(part.find(m)) and (True if _rings(m) == 1 else None),
            lambda m, p: any(set(r) & set(p) for r in part.find(m)),
        )
    if word == "benzo-fused":
        return Trait(word, of_place=_is_benzo_fused)
    if word == "aromatic":
        return Trait(word, of_place=_at_aromatic, some=_has_aromatic)
    if word == "alicyclic":
        return Trait(word, lambda m: bool(_rings(m)) and (not _has_aromatic(m) or None))
    return Trait(word, lambda m: not _has_aromatic(m) or None) if word == "aliphatic" else None


def _counted(word: str, number: int) -> Trait:
    """Count the rings of the molecule; where one of its ring systems alone has so many, that may be meant."""

    def exact(molecule: Molecule) -> bool | None:
        if _rings(molecule) == number:
            return True
        return None if any(rings == number for _, rings in _systems(molecule)) else False

    return Trait(word, exact, lambda m, p: any(n == number and len(set(p) & s) > 1 for s, n in _systems(m)))


def _of_chains(word: str) -> Trait | None:
    if word in ("linear", "straight-chain", "unbranched", "branched"):
        return Trait(word, lambda m: None if _rings(m) else _branches(m) is (word == "branched"))
    if (counted := _CARBONS.fullmatch(word)) is not None:
        said = int(counted["digits"]) if counted["digits"] else number_of(counted["number"])
        return Trait(word, lambda m: _has_carbons(m, said)) if said is not None else None
    return None


def _of_elements(word: str) -> Trait | None:
    if (held := _HOLDS.fullmatch(word)) is not None:
        symbol = ELEMENTS.get(held["element"])
        number = Chem.GetPeriodicTable().GetAtomicNumber(symbol) if symbol and symbol.isalpha() else 0
        if not number:
            return None
        return Trait(
            word,
            lambda m: None if m.elements[number] else False,
            lambda m, p: any(m.mol.GetAtomWithIdx(a).GetAtomicNum() == number for a in p),
        )
    if (halogenated := _HALOGENATED.fullmatch(word)) is None:
        return None
    kinds = _HALOGENS[halogenated["what"]]
    times = halogenated["times"]

    def exact(molecule: Molecule) -> bool | None:
        there = sum(molecule.elements[number] for number in kinds)
        if not times:
            return None if there else False
        if times == "poly":
            return there > 1
        said = _TIMES.index(times) + 1
        return True if there == said else None if there > said else False

    def of_place(molecule: Molecule, place: Place) -> bool:
        around = {n for a in place for n in molecule.mol.GetAtomWithIdx(a).GetNeighbors()}
        there = sum(n.GetAtomicNum() in kinds and n.GetIdx() not in place for n in around)
        return there > 0 if not times else there > 1 if times == "poly" else there == _TIMES.index(times) + 1

    return Trait(word, exact, of_place)


def _of_bonds(word: str) -> Trait | None:
    if (many := _UNSATURATED.fullmatch(word)) is not None:
        said = 0 if many["times"] == "poly" else _TIMES.index(many["times"]) + 1
        return Trait(word, lambda m: _multiple(m) == said if said else _multiple(m) > 1)
    if word in ("saturated", "unsaturated"):
        saturated = word == "saturated"
        return Trait(
            word,
            lambda m: True if _is_saturated(m) is saturated else None,
            lambda m, p: any(r <= set(p) and _single(m, r) is saturated for r in _ring_sets(m)),
            lambda m: any(_single(m, r) is saturated for r in _ring_sets(m)),
        )
    if word in ("\u03b1,\u03b2-unsaturated", "alpha,beta-unsaturated"):
        return Trait(word, lambda m: None if m.mol.HasSubstructMatch(_CONJUGATED_CARBONYL) else False, _is_enone)
    if (label := _CONFIGURED.fullmatch(word)) is not None:
        wanted = {"cis": "z", "trans": "e"}.get(label["label"], label["label"])
        bond = {"z": Chem.BondStereo.STEREOZ, "e": Chem.BondStereo.STEREOE}[wanted]
        return Trait(word, of_place=lambda m, p: _is_configured(m, p, bond))
    return None


def _rings(molecule: Molecule) -> int:
    return sum(number for _, number in _systems(molecule))


def _ring_sets(molecule: Molecule) -> list[set[int]]:
    return [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]


def _one_system(molecule: Molecule) -> bool | None:
    return True if len(_systems(molecule)) == 1 else None


def _in_system(molecule: Molecule, place: Place, least: int) -> bool:
    return any(number >= least and len(set(place) & atoms) > 1 for atoms, number in _systems(molecule))


def _is_benzo_fused(molecule: Molecule, place: Place) -> bool:
    """Whether a ring that a group is part of shares a bond with a benzene ring."""
    carbon = {a.GetIdx() for a in molecule.mol.GetAtoms() if a.GetIsAromatic() and a.GetAtomicNum() == 6}
    benzene = [ring for ring in _ring_sets(molecule) if len(ring) == 6 and ring <= carbon]
    own = [ring for ring in _ring_sets(molecule) if len(ring & set(place)) > 1 and ring not in benzene]
    return any(len(ring & each) == 2 for ring in own for each in benzene)


def _has_aromatic(molecule: Molecule) -> bool:
    return any(atom.GetIsAromatic() for atom in molecule.mol.GetAtoms())


def _at_aromatic(molecule: Molecule, place: Place) -> bool:
    """Whether a group's heteroatom, or its carbon with a multiple bond, is in an aromatic ring or bonded to one."""
    for atom in map(molecule.mol.GetAtomWithIdx, place):
        plain = atom.GetAtomicNum() == 6 and not atom.GetIsAromatic() and atom.GetTotalDegree() == 4
        if not plain and (atom.GetIsAromatic() or any(n.GetIsAromatic() for n in atom.GetNeighbors())):
            return True
    return False


def _branches(molecule: Molecule) -> bool:
    carbons = (a for a in molecule.mol.GetAtoms() if a.GetAtomicNum() == 6)
    return any(sum(n.GetAtomicNum() == 6 for n in a.GetNeighbors()) > 2 for a in carbons)


def _has_carbons(molecule: Molecule, said: int) -> bool | None:
    """Whether a molecule has so many carbons in all; of a longer one its acid or chain may be meant."""
    there = molecule.elements[6]
    return True if there == said else None if there > said else False


def _multiple(molecule: Molecule) -> int:
    """Count double and triple bonds between carbons outside aromatic rings."""
    hits = molecule.mol.GetSubstructMatches(_MULTIPLE)
    bonds = (molecule.mol.GetBondBetweenAtoms(*hit) for hit in hits)
    return sum(not bond.GetIsAromatic() for bond in bonds)


def _is_saturated(molecule: Molecule) -> bool:
    return not _has_aromatic(molecule) and not molecule.mol.HasSubstructMatch(_MULTIPLE)


def _single(molecule: Molecule, ring: set[int]) -> bool:
    bonds = (b for b in molecule.mol.GetBonds() if b.GetBeginAtomIdx() in ring and b.GetEndAtomIdx() in ring)
    return all(bond.GetBondType() == Chem.BondType.SINGLE for bond in bonds)


def _is_enone(molecule: Molecule, place: Place) -> bool:
    hits = molecule.mol.GetSubstructMatches(_CONJUGATED_CARBONYL)
    return any({hit[2], hit[3]} <= set(place) for hit in hits)


def _is_configured(molecule: Molecule, place: Place, label: Chem.BondStereo) -> bool:
    return any(
        bond.GetStereo() == label and bond.GetBeginAtomIdx() in place and bond.GetEndAtomIdx() in place
        for bond in molecule.mol.GetBonds()
    )


def _bears_on_nitrogen(group: str, place: Place, nouns: Nouns, *, times: int = 1) -> bool:
    mol = nouns.molecule.mol
    nitrogens = [a for a in place if mol.GetAtomWithIdx(a).GetAtomicNum() == 7]
    groups = nouns.places(f"{group} group") or ()
    around = [{n.GetIdx() for n in mol.GetAtomWithIdx(a).GetNeighbors()} for a in nitrogens]
    counts = [sum(bool(set(p) & near) for p in groups) for near in around]
    return any(count == times if times > 1 else count > 0 for count in counts)
