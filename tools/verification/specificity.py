"""Whether a pattern means what the phrase means, and says enough to mean anything."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found
from molreflect.tools.verification.proposals import Verification

SAME_ATOMS = 0.5
"""Least overlap (intersection over union) of atoms for two patterns to mean the same part."""
SAME_HIT = 1 / 3
"""Least overlap of the best two single hits: lone carbons that together cover a ring are not the ring."""
WHOLE_SHARE = 0.9
"""Share of the heavy atoms above which a pattern is "the whole molecule"."""

_LOCANTS = re.compile(r"(?<![\w'])(?:N|O|S|\d+[a-z]?)'*(?:,(?:N|O|S|\d+[a-z]?)'*)*-")
"""Positions in a systematic name, with the hyphen after them."""
_BARE = re.compile(r"AtomNull|AtomOr|AtomAtomicNum (?:6 =|1 !=) val|AtomType (?:6|1006) = val")
_ANY_BOND = re.compile(r"BondNull|BondOr|BondOrder (?:1|12) = val|SingleOrAromaticBond 1 = val")


def agrees_with_meaning(case: Case, found: Found) -> Found | Verification:
    """Find the interpretation of the phrase that agrees with the pattern; refuse where some exist and none agrees."""
    if not found.known:
        return found
    proposed = any(case.pattern in meant.patterns for meant in found.known)
    if not proposed and _any_carbons(case.pattern or "*"):
        return case.refuted(Reason.TOO_GENERAL, messages.ANY_CARBON, hits=found.hits)
    elsewhere = False
    for meant in found.known:
        if case.pattern in meant.patterns:
            return replace(found, meant=meant)
        all_hits = [find(found.molecule, p, floor=meant.floor, stereo=found.stereo) for p in meant.patterns]
        read = [frozenset(atoms) for hits in all_hits if hits is not None for atoms in hits.atoms]
        if _overlap(frozenset().union(*read), found.hits.covered) >= SAME_ATOMS and any(
            _overlap(frozenset(atoms), other) >= SAME_HIT for atoms in found.hits.atoms for other in read
        ):
            return replace(found, meant=meant)
        elsewhere = elsewhere or bool(read)
    if (refusal := is_lone_atom(case, found)) is not None:
        return refusal
    if not elsewhere and (refusal := _at_other_positions(case, found)) is not None:
        return refusal
    message = messages.MEANS_ELSEWHERE if elsewhere else messages.MEANS_ANOTHER
    return case.refuted(Reason.CONTRADICTS_READING, message, hits=found.hits, meant=found.known[0])


def _at_other_positions(case: Case, found: Found) -> Verification | None:
    """Refuse where the molecule has what the words name, but at other positions than they state."""
    bare = _LOCANTS.sub("", case.name)
    if not bare or bare == case.name:
        return None
    unplaced = interpret(bare, case.resources, leave_out=case.pair_id)
    if all(find(found.molecule, p, floor=meant.floor) is None for meant in unplaced for p in meant.patterns):
        return None
    return case.refuted(Reason.WRONG_POSITION, messages.OTHER_POSITIONS, hits=found.hits, bare=bare)


def is_lone_atom(case: Case, found: Found) -> Verification | None:
    """Refuse a single atom that any carbon satisfies, or that is found all over the molecule."""
    query = read_pattern(case.pattern or "*").query
    if query.GetNumAtoms() > 1:
        return None
    bare = len(query.GetAtomWithIdx(0).DescribeQuery().splitlines()) == 1  # an element, or any atom
    times = len(found.hits.covered)
    if bare and _has_plain_carbon(found):
        return case.refuted(Reason.TOO_GENERAL, messages.LONE_CARBON, hits=found.hits)
    if times > 1 and times > found.molecule.heavy_atoms / 4:
        return case.refuted(Reason.TOO_GENERAL, messages.LONE_ATOM, hits=found.hits, times=times)
    return None


def is_specific(case: Case, found: Found) -> Found | Verification:
    """Refuse a pattern that says nothing, where no interpretation of the phrase vouches for it."""
    if found.meant is not None:
        return found
    mol, hits, heavy = found.molecule.mol, found.hits, found.molecule.heavy_atoms
    size = len(hits.atoms[0])
    if size == 1 and _has_plain_carbon(found):
        return case.refuted(Reason.TOO_GENERAL, messages.LONE_CARBON, hits=hits)
    carbon_only = any(all(mol.GetAtomWithIdx(i).GetAtomicNum() == 6 for i in hit) for hit in hits.atoms)
    if carbon_only and size <= 2 and len(hits.covered) > heavy / 2:
        return case.refuted(Reason.TOO_GENERAL, messages.ANY_CHAIN, hits=hits)
    if all(atom.DescribeQuery().startswith("AtomNull") for atom in read_pattern(case.pattern).query.GetAtoms()):
        return case.refuted(Reason.TOO_GENERAL, messages.NO_ELEMENT, hits=hits)
    if heavy >= 8 and max(map(len, hits.atoms)) > WHOLE_SHARE * heavy and not case.phrase.whole:
        return case.refuted(Reason.TOO_LARGE, messages.WHOLE_MOLECULE, hits=hits)
    return found


def _has_plain_carbon(found: Found) -> bool:
    """Whether an uncharged carbon is among the atoms that were hit."""
    atoms = (found.molecule.mol.GetAtomWithIdx(i) for i in found.hits.covered)
    return any(atom.GetAtomicNum() == 6 and not atom.GetFormalCharge() for atom in atoms)


@lru_cache(maxsize=4_096)
def _any_carbons(pattern: str) -> bool:
    """Whether a pattern is an atom, or two, of which it says no more than "carbon" or "any": most molecules fit.

    A double or triple bond, a count of hydrogens, a ring, a charge say something, and so does any other element.
    """
    query = read_pattern(pattern).query
    if (query.GetNumAtoms(), query.GetNumBonds()) not in ((1, 0), (2, 1)):
        return False
    said = [line.strip() for atom in query.GetAtoms() for line in atom.DescribeQuery().splitlines()]
    bond = [line.strip() for each in query.GetBonds() for line in each.DescribeQuery().splitlines()]
    return all(_BARE.fullmatch(line) for line in said) and all(_ANY_BOND.fullmatch(line) for line in bond)


def _overlap(left: frozenset[int], right: frozenset[int]) -> float:
    """Intersection over union of two atom sets; 0 for two empty ones."""
    return len(left & right) / len(left | right) if left or right else 0.0
