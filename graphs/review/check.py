"""What verification says of a reviewer's correction, at once, and which patterns could be meant instead."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from molreflect.graphs.review.decisions import Correction
from molreflect.graphs.runs.browse import Item, RunIndex
from molreflect.graphs.runs.store import lexicon_patch_of
from molreflect.tools.english import counted
from molreflect.tools.errors import InputError
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.molecules.write import atoms_smarts
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import PhraseKind
from molreflect.tools.verification.case import open_case
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify_all

MAX_CANDIDATES = 7
"""Patterns offered beside the alignment as it stands, so that each has a key from 2 to 8."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pattern that could be meant."""

    pattern: str
    source: str
    """Where it comes from, in words."""


class Checker:
    """Verifies corrections on one run, with the lexicon that the run was made with; opened when first needed.

    It asks chemistry alone: the evidence of the corpus, which a run gathers for itself, is not gathered again.
    """

    def __init__(self, run: Path, *, cache: Path | None) -> None:
        """Take a run directory and the folder in which names turned into structures are kept."""
        self._run, self._cache = run, cache
        self._opened: Resources | None = None
        self._lock = threading.Lock()

    def check(self, item: Item, pattern: str) -> Correction:
        """Say what verification makes of another pattern.

        Raises:
            InputError: The alignment is not about structure.
        """
        found = self._verify(item, pattern.strip())
        return _correction(pattern.strip(), found.atoms, found, by_atoms=False)

    def check_atoms(self, item: Item, atoms: Iterable[int]) -> Correction:
        """Say what verification makes of the pattern that some atoms spell.

        Args:
            item: The alignment.
            atoms: 0-based indices in the molecule; atoms that are not bonded to each other are places of their own.

        Raises:
            InputError: There is no molecule, no such atom, or none at all; or the alignment is not about structure.
        """
        smiles = item.record["smiles"]
        if smiles is None:
            raise InputError("the pair has no molecule whose atoms could be chosen; give a pattern")
        molecule, chosen = read_molecule(smiles), sorted(set(atoms))
        last = molecule.mol.GetNumAtoms() - 1
        if not chosen:
            raise InputError("no atom is chosen; choose one in the drawing")
        if chosen[0] < 0 or chosen[-1] > last:
            raise InputError(f"the molecule has the atoms 0 to {last}, and {chosen[-1]} was chosen")
        places = _places(molecule, chosen)
        spelled = sorted({atoms_smarts(molecule, place) for place in places})
        found = self._verify(item, ".".join(spelled))
        return _correction(".".join(spelled), places, found, by_atoms=True)

    def candidates(self, item: Item, index: RunIndex) -> list[Candidate]:
        """List other patterns that the phrase could mean: what it is known as, then what this run tied it to elsewhere.

        Only those that occur in the molecule are listed.
        """
        alignment, record = item.alignment, item.record
        if alignment["kind"] != PhraseKind.STRUCTURE:
            return []
        proposal = ProposedAlignment(phrase=alignment["phrase"], start=alignment["start"])
        molecule = None if record["smiles"] is None else read_molecule(record["smiles"])
        case = open_case(proposal, molecule=molecule, caption=record["caption"], resources=self.resources)
        found: dict[str, str] = {}
        for meant in (
            () if case is None else interpret(case.name, self.resources, modified=case.modified, molecule=molecule)
        ):
            for pattern in meant.patterns:
                found.setdefault(pattern, f"{meant.name}, as known by {meant.source}")
        for pattern, count in index.patterns_of(alignment["phrase"], most=2 * MAX_CANDIDATES):
            found.setdefault(pattern, f"supported of the same words in {counted(count, 'pair')} here")
        found.pop(alignment["pattern"] or "", None)
        there = [Candidate(p, source) for p, source in found.items() if molecule is None or _occurs(molecule, p)]
        return there[:MAX_CANDIDATES]

    @property
    def resources(self) -> Resources:
        """What phrases are looked up in."""
        with self._lock:
            if self._opened is None:
                self._opened = open_resources(self._cache, lexicon_patch=lexicon_patch_of(self._run))
            return self._opened

    def close(self) -> None:
        """Close what was opened."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _verify(self, item: Item, pattern: str) -> Verification:
        alignment, record = item.alignment, item.record
        if alignment["kind"] != PhraseKind.STRUCTURE:
            raise InputError(f"a {alignment['kind']} has no pattern of its own; accept or reject it")
        proposal = ProposedAlignment(phrase=alignment["phrase"], pattern=pattern, start=alignment["start"])
        (found,) = verify_all([proposal], smiles=record["smiles"], caption=record["caption"], resources=self.resources)
        return found


def class_name(phrase: str, start: int | None, smiles: str | None, caption: str | None, resources: Resources) -> str:
    """Say which class words speak of: the name of the lexicon's entry, or else their own, normalised."""
    molecule = None if smiles is None else read_molecule(smiles)
    proposal = ProposedAlignment(phrase=phrase, start=start)
    case = open_case(proposal, molecule=molecule, caption=caption, resources=resources)
    name = phrase if case is None else case.name
    entry = resources.lexicon.find(name)
    return normalise_name(name) if entry is None else entry.name


def _occurs(molecule: Molecule, pattern: str) -> bool:
    with suppress(InputError):  # a search that takes too long offers nothing
        read_pattern(pattern)
        return find(molecule, pattern) is not None
    return False


def _places(molecule: Molecule, chosen: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    """Cut atoms into those that are bonded to each other."""
    left, places = set(chosen), []
    while left:
        place, waiting = [], [min(left)]
        while waiting:
            atom = waiting.pop()
            if atom in left:
                left.remove(atom)
                place.append(atom)
                waiting += [other.GetIdx() for other in molecule.mol.GetAtomWithIdx(atom).GetNeighbors()]
        places.append(tuple(sorted(place)))
    return tuple(places)


def _correction(pattern: str, atoms: tuple[tuple[int, ...], ...], found: Verification, *, by_atoms: bool) -> Correction:
    return Correction(pattern, atoms, found.verdict, found.reason, found.message, by_atoms)
