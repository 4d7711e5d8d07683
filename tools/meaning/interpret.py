"""What a phrase means as a substructure, by three independent sources: curated classes, names, corpus evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, cast, get_args

from rdkit import Chem

from molreflect.tools.lexicon.classes import normalise_name
from molreflect.tools.meaning.compositional import Composed, composed_readings, open_readings
from molreflect.tools.meaning.membership import computed_patterns, extended_patterns, is_computed
from molreflect.tools.molecules.match import read_pattern
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.structures import NamedStructure, mend_chirality
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level

Source = Literal["class", "name", "mined", "neighbour", "model"]
"""Where a pattern comes from; `model` is a teacher's own proposal."""


def source_of(text: str) -> Source:
    """What a teacher says of a pattern's origin; anything but a known word is its own proposal."""
    return cast("Source", text) if text in get_args(Source) else "model"


_LONE_ATOM = re.compile(r"^\[#[678]&D0\]$")
"""Carbon, nitrogen or oxygen named as an element: OPSIN reads the free atom, the caption ("the nitrogen") means one of
many in the molecule, and which one only its context says."""

MIN_MINED_RECALL = 0.9
"""Least share of a phrase's molecules that must contain a mined fragment for it to be proposed."""
MIN_MINED_LIFT = 3.0
"""Least recall over background of such a fragment: what is shared by chance ("CCCC(C)C") is no meaning."""


MIN_MODIFIED_ATOMS = 5
"""Smallest compound, in heavy atoms, that is recognised with one of them gone: glycine."""
MAX_MODIFIED = 8
"""Most alternatives of a compound in modified form."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a phrase."""

    patterns: tuple[str, ...]
    """SMARTS alternatives: any one of them makes a part of the molecule what the phrase says."""
    source: Source
    name: str
    """The entry of the lexicon, the systematic name, or the mined fragment that was used."""
    floor: Level
    """The loosest rung of the match ladder on which the reading still means the phrase."""
    computed: bool = False
    """Whether the patterns were cut from the molecule in hand and mean nothing in another one."""
    unread: str = ""
    """Words of the phrase that nothing was compared with: "vibsane" of "vibsane diterpenoid"."""
    general: tuple[str, ...] = ()
    """Patterns that say of any molecule what the computed ones say of this one; empty where none do."""
    general_floor: Level = Level.NEUTRAL
    """The loosest rung for `general`."""


def readings(
    phrase: str,
    resources: Resources,
    *,
    leave_out: str | None = None,
    modified: bool = False,
    molecule: Molecule | None = None,
) -> tuple[Reading, ...]:
    """Every known meaning of a phrase, the most trustworthy first.

    Args:
        phrase: Name without article and count: `Phrase.name`, with its capitals, or `Phrase.key`.
        resources: Lexicon, nomenclature and evidence to look in.
        leave_out: Id of the pair in hand, whose own naming of its molecule proves nothing about it.
        modified: The caption says that the compound stands in changed form (an amino acid in a peptide, a parent with
            a group replaced): the name less any one of its terminal atoms is then a meaning as well, the last one.
        molecule: The molecule in hand; without it, classes that only a look at it decides have no reading.

    Returns:
        Curated class first, then the structure of the name; empty where nothing is known. Mined fragments are a
        statistical guess, not a meaning: see `mined_readings`.
    """
    found: list[Reading] = []
    entry = resources.lexicon.find(phrase)
    if entry is not None:
        if molecule is not None and (full := extended_patterns(entry, molecule)):
            found.append(
                Reading(
                    full, "class", entry.name, Level.EXACT, computed=True, general=entry.patterns,
                    general_floor=entry.level,
                )
            )  # fmt: skip
        found.append(Reading(entry.patterns, "class", entry.name, entry.level))
    if entry is None and is_computed(phrase):
        patterns = computed_patterns(phrase, molecule) if molecule is not None else ()
        # As written only: another rung could find other rings than those that were counted.
        return (Reading(patterns, "class", normalise_name(phrase), Level.EXACT, computed=True),) if patterns else ()
    if entry is None and molecule is not None and (opened := open_readings(phrase, molecule)) is not None:
        found += [_as_reading(part) for part in opened]
        if not opened and not modified:
            return ()  # the molecule was looked at; OPSIN would only choose one isomer, and find it in longer chains
    if entry is None or modified:
        named = resources.nomenclature.resolve([phrase], leave_out=leave_out)[phrase]
        if named is not None and (named.kind != "molecule" or _LONE_ATOM.match(named.pattern) is None):
            if entry is None:
                found.append(Reading((named.pattern,), "name", named.name, Level.NEUTRAL))
            rings = _ring_forms(phrase, named, resources)
            if rings:
                found.append(Reading(rings, "name", f"{named.name}, as a ring", Level.NEUTRAL))
            if modified and named.kind == "molecule" and (less := _less_one_atom_of((named.pattern, *rings))):
                found.append(Reading(less, "name", f"{named.name}, in modified form", Level.NEUTRAL))
    if not found:

        def look_up(name: str, names: bool) -> tuple[Composed, ...]:
            return _parts(name, resources, leave_out, modified, molecule, names=names)

        found += [_as_reading(part) for part in composed_readings(phrase, look_up, molecule)]
    return tuple(found)


_OPEN_SUGAR = re.compile(r"(?<=[a-z]{3})ose\b")


def _ring_forms(phrase: str, named: NamedStructure, resources: Resources) -> tuple[str, ...]:
    """Patterns of a sugar's rings: "mannose" is read as the open chain, and stands in most molecules as a ring."""
    if named.kind != "molecule" or "1" in named.pattern or _OPEN_SUGAR.search(phrase) is None:
        return ()
    names = [_OPEN_SUGAR.sub(f"o{ring}ose", phrase, count=1) for ring in ("pyran", "furan")]
    found = resources.nomenclature.resolve(names)
    return tuple(dict.fromkeys(ring.pattern for name in names if (ring := found[name]) is not None))


def _less_one_atom_of(patterns: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(less for pattern in patterns for less in less_one_atom(pattern)))


def _as_reading(part: Composed) -> Reading:
    return Reading(part.patterns, "class", part.name, part.floor, part.computed, part.unread)


def _parts(
    name: str, resources: Resources, leave_out: str | None, modified: bool, molecule: Molecule | None, *, names: bool
) -> tuple[Composed, ...]:
    """What a part of a composed name means by itself."""
    if (entry := resources.lexicon.find(name)) is not None:
        if molecule is not None and (full := extended_patterns(entry, molecule)):
            return (Composed(full, entry.name, Level.EXACT, True),)
        return (Composed(entry.patterns, entry.name, entry.level),)
    if is_computed(name):
        patterns = computed_patterns(name, molecule) if molecule is not None else ()
        return (Composed(patterns, normalise_name(name), Level.EXACT, True),) if patterns else ()
    if not names:
        return ()
    named = resources.nomenclature.resolve([name], leave_out=leave_out)[name]
    if named is None or (named.kind == "molecule" and _LONE_ATOM.match(named.pattern) is not None):
        return ()
    less = less_one_atom(named.pattern) if modified and named.kind == "molecule" else ()
    return (Composed((named.pattern, *less), named.name, Level.NEUTRAL),)


@lru_cache(maxsize=4_096)
def less_one_atom(pattern: str) -> tuple[str, ...]:
    """A pattern without any one of its terminal heteroatoms: what condensation or replacement leaves of a compound.

    Returns:
        SMARTS alternatives, empty for patterns too small to be recognised without the atom.
    """
    query = read_pattern(pattern).query
    if query.GetNumAtoms() < MIN_MODIFIED_ATOMS or len(Chem.GetMolFrags(query)) > 1:
        return ()
    left: dict[str, None] = {}
    loose = {
        atom.GetIdx()
        for atom in query.GetAtoms()
        if atom.GetDegree() == 1
        and atom.GetAtomicNum() not in (0, 6)
        and atom.GetBonds()[0].GetBondType() == Chem.BondType.SINGLE
    }
    if anomeric := _anomeric(query, loose):
        loose = anomeric  # a sugar without any other of its hydroxy groups is another sugar
    # An acid loses its hydroxy group first: the peptide bond of threonine is not at its side chain.
    for atom in sorted(query.GetAtoms(), key=lambda atom: not _is_acidic(atom)):
        if atom.GetIdx() in loose:
            editable = Chem.RWMol(query)
            # A centre that loses a neighbour has no handedness left to compare.
            editable.GetAtomWithIdx(atom.GetNeighbors()[0].GetIdx()).SetChiralTag(Chem.ChiralType.CHI_UNSPECIFIED)
            editable.RemoveAtom(atom.GetIdx())
            left[mend_chirality(Chem.MolToSmarts(editable), editable)] = None
    return tuple(left)[:MAX_MODIFIED]


def _anomeric(query: Chem.Mol, terminal: set[int]) -> set[int]:
    """Those terminal atoms of a sugar ring that sit beside its oxygen; empty for what is no sugar ring."""
    Chem.FastFindRings(query)
    rings = query.GetRingInfo()
    sugar = [
        ring for ring in rings.AtomRings()
        if len(ring) in (5, 6) and [query.GetAtomWithIdx(i).GetAtomicNum() for i in ring].count(8) == 1
        and all(query.GetAtomWithIdx(i).GetAtomicNum() in (6, 8) for i in ring)
    ]  # fmt: skip
    if not sugar or len(terminal) < MIN_SUGAR_GROUPS:
        return set()
    oxygens = {i for ring in sugar for i in ring if query.GetAtomWithIdx(i).GetAtomicNum() == 8}
    beside = {n.GetIdx() for i in oxygens for n in query.GetAtomWithIdx(i).GetNeighbors()}
    return {i for i in terminal if query.GetAtomWithIdx(i).GetNeighbors()[0].GetIdx() in beside}


MIN_SUGAR_GROUPS = 3
"""Fewest hydroxy or amino groups that make an oxane or oxolane ring a sugar's."""


def _is_acidic(atom: Chem.Atom) -> bool:
    """Whether an atom of a pattern sits on one that is doubly bonded to a hetero atom, as in -C(=O)O or -P(=O)O."""
    return any(
        bond.GetBondType() == Chem.BondType.DOUBLE and bond.GetOtherAtom(neighbour).GetAtomicNum() != 6
        for neighbour in atom.GetNeighbors()
        for bond in neighbour.GetBonds()
    )


def mined_readings(phrase: str, resources: Resources, *, leave_out: str | None = None) -> tuple[Reading, ...]:
    """The fragment that best separates the molecules captioned with a phrase from the rest of the corpus.

    Empty without a corpus, for phrases of too few pairs, for those that only a look at the molecule decides, and where
    no fragment is shared by nearly all of them and by few others.
    """
    if resources.evidence is None or is_computed(phrase):
        return ()
    own = resources.evidence.own_pair(leave_out)  # a pair from elsewhere has nothing to be left out
    mined = resources.evidence.mine(normalise_name(phrase), leave_out=own)
    return tuple(
        Reading((fragment.pattern,), "mined", fragment.pattern, fragment.level)
        for fragment in mined[:1]
        if fragment.recall >= MIN_MINED_RECALL and fragment.lift >= MIN_MINED_LIFT
    )
