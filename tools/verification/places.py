"""Whether a pattern is in the molecule, at the positions and as often as the phrase states."""

from __future__ import annotations

from dataclasses import replace

from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.membership import is_computed
from molreflect.tools.meaning.positions import atoms_at
from molreflect.tools.molecules.configuration import Configuration
from molreflect.tools.molecules.match import Hits, find, match_at
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import LADDER, Level, Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found, states_stereo
from molreflect.tools.verification.proposals import Verification

MOST_PLACES = 2
"""Most places for each one stated; of more, lighting up all says less than which is meant."""
_SINGLE_PLACES = frozenset({"substituent", "group", "name", "component"})
"""Sources of phrases that speak of one part at one place."""


def is_present(case: Case, molecule: Molecule, known: tuple[Interpretation, ...]) -> Found | Verification:
    """Find the pattern in the molecule; refuse it as absent where it is not there.

    A class's own pattern is never looked for on a looser rung than the class's, whoever proposes it: on a looser one
    "carboxylate" would match the acid, which is just what the word excludes.
    """
    stereo = states_stereo(case.phrase.text)
    own = [meant.floor for meant in known if case.pattern in meant.patterns]
    floor = min([case.proposal.floor, *own], key=LADDER.index)
    hits = find(molecule, case.pattern, floor=floor, stereo=stereo)
    if known and all(meant.configuration is Configuration.CONTRADICTS for meant in known):
        return case.refuted(Reason.ABSENT, messages.OTHER_CONFIGURATION)
    if hits is None:
        if stereo and any(meant.configuration is Configuration.UNDEFINED for meant in known):
            return case.unchecked(Reason.NO_READING, messages.UNDEFINED_CONFIGURATION)
        other = stereo and find(molecule, case.pattern, floor=Level.FLAT) is not None
        return case.refuted(Reason.ABSENT, messages.OTHER_CONFIGURATION if other else messages.ABSENT)
    if not known and is_computed(case.name):
        return case.unchecked(Reason.NO_READING, messages.NOT_COMPUTED, hits=hits)
    return Found(molecule, hits, known, stereo, floor)


def is_where_stated(case: Case, found: Found) -> Found | Verification:
    """Compare stated positions with the hits; unchanged where there are none, or nothing is known about them.

    Of several hits only those at the stated positions are meant ("the methyl group at position 16"), if the pattern
    is what the phrase means; a wider one is not made right by its position.
    """
    hits = found.hits.atoms
    if all(len(hit) == 1 and found.molecule.mol.GetAtomWithIdx(hit[0]).IsInRing() for hit in hits):
        return found  # "the nitrogen at position 4" is an atom of the parent itself, not bound to it
    for parent in case.parents:
        bound = atoms_at(parent, case.phrase.locants, found.molecule, case.resources.nomenclature)
        if bound is None:
            continue
        if all(any(at.intersection(hit) for hit in hits) for at in bound):
            if found.meant is None or case.pattern not in found.meant.patterns:
                return found
            there = frozenset().union(*bound)
            kept = tuple(hit for hit in hits if there.intersection(hit))
            return replace(found, hits=replace(found.hits, atoms=kept))
        if any(at.intersection(hit) for at in bound for hit in hits):
            return found  # some are where they should be: the parent may be numbered otherwise than it seems
        return case.refuted(
            Reason.WRONG_POSITION,
            messages.NOT_AT_POSITIONS,
            hits=found.hits,
            locants=", ".join(case.phrase.locants),
            parent=parent,
        )
    return found


def is_as_often_as_stated(case: Case, found: Found) -> Found | Verification:
    """Compare a stated number with the hits; unchanged where nothing is stated or the number is reached.

    A molecule may have more of a group than the words at hand speak of ("two hydroxy groups at ... and a
    4-hydroxyphenyl group"). More is refused only where the known meaning of the phrase gives the stated number, so that
    the pattern itself is too wide.
    """
    molecule, hits, meant = found.molecule, found.hits, found.meant
    count = case.phrase.count or len(case.phrase.locants)  # "hydroxy groups at positions 3, 4 and 5" are three
    times = len(hits.atoms)
    if count <= 1 or hits.capped or times == count:
        return found
    if times > count:
        if meant is None or case.pattern in meant.patterns:
            return found
        exact = [find(molecule, p, floor=meant.floor, stereo=found.stereo) for p in meant.patterns]
        if all(each is None or len(each.atoms) != count for each in exact):
            return found
        return case.refuted(Reason.WRONG_COUNT, messages.TOO_MANY, hits=hits, count=count, times=times, meant=meant)
    # One group may be ionised and its twin not: the looser rung sees both.
    for rung in (Level.FLAT, Level.NEUTRAL):
        if LADDER.index(rung) > LADDER.index(found.floor):
            break
        atoms = match_at(molecule, read_pattern(case.pattern), rung, stereo=found.stereo)
        if len(atoms) >= count:
            return replace(found, hits=Hits(case.pattern, atoms, rung))
    return case.refuted(Reason.WRONG_COUNT, messages.TOO_FEW, hits=hits, count=count, times=times)


def says_which_place(case: Case, found: Found) -> Found | Verification:
    """Leave open which of many groups is meant: "a hydroxy group" of six is there, and is none in particular.

    What the words name by themselves ("an alcohol", "the pyridine rings") lights up wherever it is.
    """
    phrase = case.phrase
    count, times = max(phrase.count or 1, len(phrase.locants)), len(found.hits.atoms)
    several = phrase.count is None and not phrase.locants and phrase.text.rstrip().endswith("s")
    single = case.start is not None and phrase.source in _SINGLE_PLACES
    if not single or several or times <= MOST_PLACES * count:
        return found
    return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_PLACE, hits=found.hits, count=count, times=times)
