"""Which of several places a phrase means, by the part that its sentence says it hangs on."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from molreflect.tools.captions.carriers import Carrier, carrier_of
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import PhraseKind, Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found
from molreflect.tools.verification.proposals import Verification


def check_carrier(case: Case, found: Found) -> Found | Verification:
    """Keep those of several hits that are where the sentence says: on the part that carries them, or in it.

    Unchanged where no carrier is named or known, and where fewer hits than are stated would be left: words that place a
    part choose, they refute nothing.
    """
    hits, phrase = found.hits, case.phrase
    count = phrase.count or 1
    if case.caption is None or case.start is None or phrase.kind is not PhraseKind.STRUCTURE:
        return found
    if len(hits.atoms) <= count or hits.capped or phrase.locants:
        return found
    carrier = carrier_of(phrase, case.caption, case.resources.reader.read(case.caption))
    at = _atoms_of(carrier, case, found.molecule) if carrier is not None else frozenset()
    if carrier is None or not at:
        return found
    mol = found.molecule.mol
    near = at if carrier.within else at | {n.GetIdx() for i in at for n in mol.GetAtomWithIdx(i).GetNeighbors()}
    kept = tuple(hit for hit in hits.atoms if near.intersection(hit) and not at.issuperset(hit)) or tuple(
        hit for hit in hits.atoms if at.issuperset(hit)
    )
    return replace(found, hits=replace(hits, atoms=kept)) if count <= len(kept) < len(hits.atoms) else found


def _atoms_of(carrier: Carrier, case: Case, molecule: Molecule) -> frozenset[int]:
    """Find the atoms of a carrier in the molecule; empty where it is not known or not there."""
    if carrier.phrase is None:
        hits = find(molecule, carrier.pattern)
        return hits.covered if hits is not None else frozenset()
    name = carrier.phrase.name or carrier.phrase.key
    for meant in interpret(name, case.resources, leave_out=case.pair_id, molecule=molecule):
        for pattern in meant.patterns:
            hits = find(molecule, pattern, floor=meant.floor)
            if hits is not None:
                return hits.covered
    return frozenset()


_QUALIFIED = re.compile(
    r"\b(?P<which>(?P<places>ortho|meta|para|[omp]|1,[234])-(?:di)?substituted|monosubstituted|unsubstituted|exocyclic|"
    r"endocyclic|terminal|pendant|isolated|central|internal|inner|outer|lateral|proximal|distal|left-hand|right-hand|left|"
    r"right|upper|lower|other|second|third|remaining)\s+$",
    re.IGNORECASE,
)
"""Words that choose one of several, in front of a phrase."""
_APART = {"ortho": 1, "o": 1, "1,2": 1, "meta": 2, "m": 2, "1,3": 2, "para": 3, "p": 3, "1,4": 3}
_BENZENE = 6
_TWO = 2


def check_qualifier(case: Case, found: Found) -> Found | Verification:
    """Heed a word that chooses one of several: "a para-substituted phenol", "the endocyclic oxygen", "the other ring".

    Where the molecule decides which one has it, that one is kept; where it does not, which one is meant stays open, so
    that no group lights up by guess.
    """
    count, hits = case.phrase.count or 1, found.hits
    hit = _QUALIFIED.search(case.caption or "", 0, case.start) if case.start is not None else None
    if hit is None or case.phrase.text.rstrip().endswith("s") or case.phrase.locants:
        return found
    test = _test_of(hit, found.molecule)
    if test is not None:
        kept = tuple(atoms for atoms in hits.atoms if test(atoms))
        if count <= len(kept):
            return replace(found, hits=replace(hits, atoms=kept))
    elif len(hits.atoms) <= count:
        return found
    return case.unchecked(Reason.WHICH_PLACE, messages.WHICH_ONE, hits=hits, word=hit["which"])


def _test_of(hit: re.Match[str], molecule: Molecule) -> Callable[[Sequence[int]], bool] | None:
    """Say how a word is decided for the atoms of a place; None where the molecule does not decide it."""
    which = hit["which"].lower()
    mol = molecule.mol
    if which in {"exocyclic", "endocyclic"}:
        inside = which == "endocyclic"
        return lambda atoms: all(mol.GetAtomWithIdx(i).IsInRing() is inside for i in atoms)
    if which in {"monosubstituted", "unsubstituted"}:
        return lambda atoms: any(len(at) <= 1 for at in _substituted(molecule, atoms))
    if hit["places"]:
        apart = _APART[hit["places"].lower()]
        return lambda atoms: any(_are_apart(at, apart) for at in _substituted(molecule, atoms))
    return None


def _substituted(molecule: Molecule, atoms: Sequence[int]) -> list[list[int]]:
    """List for each benzene-sized ring among atoms the places on it, 0 to 5, that bear something outside of it."""
    mol = molecule.mol
    found = []
    for ring in mol.GetRingInfo().AtomRings():
        if len(ring) == _BENZENE and set(ring) <= set(atoms):
            degrees = [mol.GetAtomWithIdx(i).GetDegree() for i in ring]
            found.append([place for place, degree in enumerate(degrees) if degree > _TWO])
    return found


def _are_apart(places: Sequence[int], apart: int) -> bool:
    """Say whether a ring bears exactly two groups, so far apart."""
    steps = abs(places[0] - places[-1]) if len(places) == _TWO else 0
    return min(steps, _BENZENE - steps) == apart
