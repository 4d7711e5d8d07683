"""What is in a molecule: what it is as a whole, its functional groups and its rings, the specific first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from rdkit import Chem

from molreflect.tools.facts.molecules import read_words
from molreflect.tools.facts.parts import Places, part_named
from molreflect.tools.lexicon.classes import Lexicon, StructuralClass
from molreflect.tools.meaning.membership import membership
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level

MAX_LISTED = 8
"""Lines of a list."""
MAX_WHOLE = 1
"""Lines that say what the molecule is as a whole."""
PATTERN_SECONDS = 0.1
"""Bound on the work of one search, as an idle core's time."""

FUNCTIONAL = (
    "acid anhydride",
    "acyl chloride",
    "lactone",
    "lactam",
    "carboxylic acid",
    "carboxylic acid anion",
    "thioester",
    "carbamate ester",
    "carboxylic ester",
    "dicarboximide",
    "urea",
    "carboxamide",
    "thiocarboxamide",
    "nitrile",
    "isothiocyanate",
    "isocyanate",
    "thiocyanate",
    "aldehyde",
    "quinone",
    "ketone",
    "hemiacetal",
    "acetal",
    "epoxide",
    "phenols",
    "primary alcohol",
    "secondary alcohol",
    "tertiary alcohol",
    "enol",
    "hydroperoxide",
    "peroxide",
    "thiol",
    "disulfide",
    "sulfonamide",
    "sulfonic acid",
    "sulfone",
    "sulfoxide",
    "sulfate ester",
    "sulfide",
    "nitro group",
    "azide",
    "azo compound",
    "hydrazone",
    "hydrazide",
    "oxime",
    "guanidine",
    "amidine",
    "imine",
    "nitroso group",
    "quaternary ammonium ion",
    "primary amino compound",
    "secondary amino compound",
    "tertiary amino compound",
    "phosphate",
    "phosphonic acid",
    "boronic acid",
    "trifluoromethyl group",
    "methoxy group",
    "ether",
    "alkyne",
    "carbon-carbon double bond",
    "hydroxy group",
    "fluoro group",
    "chloro group",
    "bromo group",
    "iodo group",
)
"""Functional groups, by names of the lexicon; one that lies within an earlier one is not named again."""
_RINGS = frozenset({"heterocycle", "carbocycle", "aromatic", "nucleobase"})
_RING_NAMES = {"benzenes": "benzene ring"}
_WHOLE = frozenset(
    {
        "steroid",
        "saccharide",
        "flavonoid",
        "terpenoid",
        "alkaloid",
        "nucleotide",
        "nucleoside",
        "peptide",
        "amino acid",
        "lipid",
        "antibiotic",
        "vitamin",
        "acyl-CoA",
        "coumarin",
        "phenylpropanoid",
        "tetrapyrrole",
        "salt",
        "isoprenoid quinone",
        "cyclitol",
        "inorganic",
        "hydrocarbon",
        "acid",
        "ester",
    }
)


_VAGUE = re.compile(r"compound|heteroarene|heterocycle|arene$|cyclic|nucleobase|ring|carbocycle|alkaloid")
"""Words of classes that say little of a ring."""


@dataclass(frozen=True, slots=True)
class Group:
    """A class that stands in a molecule."""

    name: str
    pattern: str
    atoms: Places
    whole: bool = False
    """Whether the molecule as a whole is one."""
    ring: bool = False
    """Whether it is a ring or a system of rings."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def rings_of(molecule: Molecule, resources: Resources) -> tuple[Group, ...]:
    """Name the ring systems of a molecule, or their single rings where the lexicon has no name for the whole."""
    return tuple(_rings(molecule, resources.lexicon))


def contents_of(molecule: Molecule, resources: Resources, *, most: int = MAX_LISTED) -> tuple[Group, ...]:
    """List what is in a molecule: what it is, then its functional groups, then its rings, each place said once.

    Args:
        molecule: The molecule.
        resources: With the lexicon.
        most: Lines at most.
    """
    lexicon = resources.lexicon
    functional = _functional(molecule, lexicon)
    rings = _rings(molecule, lexicon)
    whole = _whole(molecule, resources, {group.name for group in (*functional, *rings)})
    return tuple([*whole, *functional, *rings][:most])


def _functional(molecule: Molecule, lexicon: Lexicon) -> list[Group]:
    kept: list[Group] = []
    taken: list[set[int]] = []
    for name in FUNCTIONAL:
        part = part_named(name)
        if part is not None:
            places, pattern = part.find(molecule), ""
        elif (entry := lexicon.find(name)) is not None:
            places, pattern = _places(entry, molecule)
        else:
            continue
        new = tuple(place for place in places if not _is_said(molecule, set(place), taken))
        if new:
            kept.append(Group(name, pattern, new))
            taken += [set(place) for place in new]
    return kept


def _is_said(molecule: Molecule, place: set[int], taken: list[set[int]]) -> bool:
    """Whether a place lies in one that was named, its carbons aside: an ester's oxygen is no ether."""
    telling = {atom for atom in place if molecule.mol.GetAtomWithIdx(atom).GetAtomicNum() != 6} or place
    return any(telling <= other for other in taken)


def _places(entry: StructuralClass, molecule: Molecule) -> tuple[Places, str]:
    places: list[tuple[int, ...]] = []
    pattern = ""
    for smarts in entry.patterns:
        try:
            hits = find(molecule, smarts, floor=Level.FLAT, seconds=PATTERN_SECONDS)
        except MatchTimeoutError:
            continue
        if hits is not None:
            pattern = pattern or hits.pattern
            places += [a for a in hits.atoms if not any(set(a) <= set(o) or set(a) >= set(o) for o in places)]
    return tuple(places), pattern


def _rings(molecule: Molecule, lexicon: Lexicon) -> list[Group]:
    """Name each ring system, or its single rings, by the class that has just its atoms."""
    systems = part_named("fused system")
    assert systems is not None
    wanted = [frozenset(place) for place in systems.find(molecule)]
    single = [frozenset(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    named: dict[frozenset[int], Group] = {}
    for entry in _ring_classes(lexicon):
        places, pattern = _places(entry, molecule)
        if places and entry.member is not None and membership(entry, molecule).holds is False:
            continue
        for place in places:
            atoms = frozenset(place)
            rings = sum(ring <= atoms for ring in single)
            if (atoms in wanted or atoms in single) and atoms not in named and rings == _ring_number(pattern):
                named[atoms] = Group(_RING_NAMES.get(entry.name, entry.name), pattern, (place,))
    left = set(single)
    for system in wanted:
        if system in named:
            left -= {ring for ring in single if ring <= system and ring != system}
    groups: dict[str, Group] = {}
    for atoms in [*wanted, *sorted(left, key=sorted)]:
        if (group := named.get(atoms)) is not None:
            before = groups.get(group.name)
            places = (
                *(before.atoms if before else ()),
                *(p for p in group.atoms if before is None or p not in before.atoms),
            )
            groups[group.name] = Group(group.name, group.pattern, places)
    return [replace(group, ring=True) for group in groups.values()]


@cache
def _ring_number(smarts: str) -> int:
    """Count the rings of a pattern: a seven-membered ring lies around the two rings of a penicillin, too."""
    pattern = Chem.MolFromSmarts(smarts)
    bonds = sum(1 for _ in pattern.GetBonds())
    return bonds - int(pattern.GetNumAtoms()) + len(Chem.GetMolFrags(pattern))


def _names_another(name: str, molecule: Molecule, resources: Resources) -> bool:
    """Whether the name of a class is also that of a compound, and not of this one: aspirin is no salicylic acid."""
    named = read_words(name, resources)
    if not named.smiles or named.guess:
        return False
    one, two = (Chem.MolToSmiles(m, isomericSmiles=False) for m in (Chem.MolFromSmiles(named.smiles), molecule.mol))
    return bool(one != two)


def _ring_classes(lexicon: Lexicon) -> Iterator[StructuralClass]:
    """Classes that are a ring or a system of rings and nothing more."""
    benzene = lexicon.find("benzene ring")
    if benzene is not None:
        yield benzene
    for entry in lexicon.classes:
        if entry.group in _RINGS and entry.ring and _is_of_rings(entry) and _VAGUE.search(entry.name) is None:
            yield entry


def _is_of_rings(entry: StructuralClass) -> bool:
    """Whether a class says something of rings alone, and nothing of the molecule's elements or size."""
    member = entry.member
    if member is None:
        return True
    return not (
        member.elements or member.acyclic or member.carbons or member.charge or member.residues or member.sugars
    )


def _whole(molecule: Molecule, resources: Resources, said: set[str]) -> list[Group]:
    """Name the most specific classes that the molecule as a whole is one of."""
    lexicon = resources.lexicon
    found: list[tuple[StructuralClass, Group]] = []
    for entry in lexicon.classes:
        named = entry.name in said or entry.name.endswith((" group", " bond"))
        if named or entry.group not in _WHOLE or entry.absence != "refutes":
            continue
        places, pattern = _places(entry, molecule)
        if places and membership(entry, molecule).holds is True and not _names_another(entry.name, molecule, resources):
            found.append((entry, Group(entry.name, pattern, places, whole=True)))
    parents: set[str] = set()
    todo = [parent for entry, _ in found for parent in entry.parents]
    while todo:
        name = todo.pop()
        if name not in parents:
            parents.add(name)
            parent = lexicon.find(name)
            todo += parent.parents if parent is not None else ()
    left = [group for entry, group in found if entry.name not in parents]
    half = molecule.heavy_atoms / 2
    left = [group for group in left if max(map(len, group.atoms)) >= half]
    left.sort(key=lambda group: (-max(map(len, group.atoms)), len(group.name)))
    return left[:MAX_WHOLE]
