"""The answer to one relation."""

from __future__ import annotations

from dataclasses import dataclass

from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Level, Reason


@dataclass(frozen=True, slots=True)
class RelationCheck:
    """The answer to one relation."""

    holds: bool | None
    """None where nothing here can decide it."""
    reason: Reason
    message: str
    atoms: tuple[tuple[int, ...], ...] = ()
    """0-based atoms of the molecule that carry the relation, one tuple per place: the parent's atoms for "derives
    from", the organic component for salts, else all heavy atoms. Empty unless the relation holds."""
    level: Level | None = None
    """How strictly the named structure was found, where it was."""


def whole_of(molecule: Molecule) -> tuple[tuple[int, ...], ...]:
    """All heavy atoms of a molecule, as the one place of a relation."""
    return (tuple(a.GetIdx() for a in molecule.mol.GetAtoms() if a.GetAtomicNum() != 1),)


def fails(message: str) -> RelationCheck:
    """A relation that does not hold."""
    return RelationCheck(False, Reason.RELATION_FAILS, message)


def holds(message: str, atoms: tuple[tuple[int, ...], ...], level: Level | None = None) -> RelationCheck:
    """A relation that holds, on these atoms."""
    return RelationCheck(True, Reason.RELATION_HOLDS, message, atoms, level)


def undecided(message: str, reason: Reason = Reason.NO_READING) -> RelationCheck:
    """A relation that nothing here can decide."""
    return RelationCheck(None, reason, message)
