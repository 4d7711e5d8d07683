"""Whether a pattern means what the phrase means, and says enough to mean anything."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from molreflect.tools.meaning.interpret import interpret, mined_interpretations
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.smarts import elements_of, read_pattern
from molreflect.tools.terms import Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.absence import why_absence_undecided
from molreflect.tools.verification.agreement import Agreement, compare
from molreflect.tools.verification.case import Case, Found
from molreflect.tools.verification.proposals import Verification

WHOLE_SHARE = 0.9
"""Share of the heavy atoms above which a pattern is "the whole molecule"."""

_LOCANTS = re.compile(r"(?<![\w'])(?:N|O|S|\d+[a-z]?)'*(?:,(?:N|O|S|\d+[a-z]?)'*)*-")
"""Positions in a systematic name, with the hyphen after them."""
_BARE = re.compile(
    r"AtomNull|AtomOr|AtomAnd|Atom(?:InNRings|MinRingSize|RingBondCount|TotalDegree|ExplicitDegree|TotalValence|"
    r"IsAromatic|IsAliphatic) -?\d+ !?= val|AtomAtomicNum (?:6 !?=|1 !=) val|AtomType (?:6|1006) = val"
)
"""Conditions that nearly any carbon fulfils."""
_BARE_HETERO = re.compile(_BARE.pattern + r"|AtomAtomicNum [78] !?= val|AtomType (?:7|8|1007|1008) = val")
"""The same of carbon, nitrogen and oxygen: no hydrogens, no charge, no other element."""
_QUALIFIED = re.compile(
    r"(?:primary|secondary|tertiary|alcoholic|phenolic|benzylic|allylic|aliphatic|aromatic)\b", re.I
)
"""Words for what an oxygen is bound to: the oxygen by itself does not say it."""
_ANY_BOND = re.compile(
    r"BondNull|BondOr|BondAnd|BondInRing -?\d+ !?= val|BondOrder (?:1|12) !?= val|SingleOrAromaticBond 1 = val"
)


def check_agreement(case: Case, found: Found) -> Found | Verification:
    """Find the interpretation of the phrase that agrees with the pattern; refuse where some exist and none agrees."""
    if not found.known:
        if case.proposal.source == "mined" or _is_mined(case):
            return case.unchecked(Reason.MINED_ONLY, messages.MINED_ONLY, hits=found.hits)
        return found
    for meant in found.known:
        if case.pattern in meant.patterns:
            return replace(found, meant=meant)
    if says_nothing(case.pattern or "*", _BARE):
        return case.refuted(Reason.TOO_GENERAL, messages.ANY_CARBON, hits=found.hits)
    if _QUALIFIED.match(case.name) is not None and _is_bare_oxygen(case.pattern or "*"):
        return case.refuted(Reason.TOO_GENERAL, messages.ANY_OXYGEN, hits=found.hits)
    mol, phrase = found.molecule.mol, case.phrase
    count = phrase.count or (len(phrase.locants) if len(phrase.locants) > 1 else None)
    if count is None and phrase.text.rstrip().endswith("s"):
        count = 0
    best: tuple[int, Interpretation, Agreement] | None = None
    for meant in _in_full(case, found.known):
        all_hits = [find(found.molecule, p, floor=meant.floor, stereo=found.stereo) for p in meant.patterns]
        atoms = [hit for hits in all_hits if hits is not None for hit in hits.atoms]
        if not atoms:
            continue
        agreement = compare(
            mol, found.hits.atoms, atoms, computed=meant.computed, compound=meant.source == "name", count=count
        )
        if agreement.holds:
            return replace(found, meant=meant)
        rank = 2 if agreement.shared else int(agreement.touches)
        if best is None or rank > best[0]:
            best = rank, meant, agreement
    times = len(found.hits.atoms)
    if best is not None and count and len(best[2].shared) == count < times:
        told = {"count": count, "times": times, "meant": best[1]}
        return case.refuted(Reason.WRONG_COUNT, messages.TOO_MANY, hits=found.hits, **told)
    if (refusal := is_lone_atom(case, found)) is not None:
        return refusal
    if best is not None:
        _, meant, agreement = best
        message = messages.OTHER_EXTENT if agreement.touches else messages.MEANS_ELSEWHERE
        message = messages.ALSO_ELSEWHERE if agreement.shared else message
        return case.refuted(
            Reason.CONTRADICTS_READING, message, hits=found.hits, meant=meant, extra=len(agreement.extra)
        )
    if (refusal := _at_other_positions(case, found)) is not None:
        return refusal
    meant = found.known[0]
    if why_absence_undecided(case, found.molecule, found.known) is not None:
        return case.unchecked(Reason.ABSENCE_UNDECIDED, messages.MEANT_ANOTHER, hits=found.hits, meant=meant)
    return case.refuted(Reason.CONTRADICTS_READING, messages.MEANS_ANOTHER, hits=found.hits, meant=meant)


def _in_full(case: Case, known: tuple[Interpretation, ...]) -> tuple[Interpretation, ...]:
    """The meanings that a pattern may agree with: of a class that is its chain, not the acid group by itself."""
    entry = case.resources.lexicon.find(case.name)
    full = tuple(meant for meant in known if meant.computed)
    return full if full and entry is not None and entry.extent == "chain" else known


def _is_mined(case: Case) -> bool:
    """Whether a pattern that no meaning stands behind is the fragment that the corpus would suggest."""
    mined = mined_interpretations(case.name, case.resources, leave_out=case.pair_id)
    return any(case.pattern in meant.patterns for meant in mined)


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


def _is_bare_oxygen(pattern: str) -> bool:
    """Whether a pattern is one oxygen atom and says nothing of what it is bound to."""
    query = read_pattern(pattern).query
    if query.GetNumAtoms() != 1 or elements_of(query.GetAtomWithIdx(0)) != {8}:
        return False
    return "RecursiveStructure" not in query.GetAtomWithIdx(0).DescribeQuery()


def check_specific(case: Case, found: Found) -> Found | Verification:
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
    if says_nothing(case.pattern, _BARE_HETERO):
        return case.refuted(Reason.TOO_GENERAL, messages.SAYS_NOTHING, hits=hits)
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
def says_nothing(pattern: str, bare: re.Pattern[str]) -> bool:
    """Whether a pattern is an atom, or two, of which it says no more than `bare` conditions: most molecules fit.

    A double or triple bond, a count of hydrogens, a charge say something, and so does any other element.
    """
    query = read_pattern(pattern).query
    if (query.GetNumAtoms(), query.GetNumBonds()) not in ((1, 0), (2, 1)):
        return False
    said = [line.strip() for atom in query.GetAtoms() for line in atom.DescribeQuery().splitlines()]
    bond = [line.strip() for each in query.GetBonds() for line in each.DescribeQuery().splitlines()]
    return all(bare.fullmatch(line) for line in said) and all(_ANY_BOND.fullmatch(line) for line in bond)
