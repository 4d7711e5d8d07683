"""What must hold for a molecule to be one of a class, beside the class's pattern occurring in it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from rdkit import Chem

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import quiet_rdkit

Bounds = tuple[int, int]
"""Fewest and most, both allowed; -1 as the most where there is no bound."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a part may occur."""

    pattern: str
    """SMARTS; counted with charges normalised, or as written where it states a configuration; sets of atoms once."""
    bounds: tuple[float, float]
    """As `Bounds`; of `salt` also halves, for one water of two molecules."""
    words: str = ""
    """What a chemist calls the part, in the singular; the SMARTS stands in where it is empty."""


@dataclass(frozen=True, slots=True)
class Member:
    """Conditions of membership; None and empty ones ask for nothing.

    All but `components` and `salt` are of the organic component with the most heavy atoms: counter-ions and solvent are
    looked through.
    """

    elements: frozenset[str] = frozenset()
    """The only elements, hydrogen among them where it may occur; empty where any may."""
    acyclic: bool = False
    rings: Bounds | None = None
    """Independent rings."""
    carbons: Bounds | None = None
    charge: Bounds | None = None
    """Net charge, lowest and highest, where -1 is a charge; the only condition that is looked at with the charges as
    written. A proton written apart is added to it."""
    count: tuple[Counted, ...] = ()
    without: tuple[str, ...] = ()
    """SMARTS that must not occur."""
    open: tuple[str, ...] = ()
    """SMARTS of what some call so and some do not: where one occurs, a condition that fails refuses nothing."""
    salt: tuple[Counted, ...] = ()
    """How often a part, as a counter-ion, may occur in the whole for each of its longest component."""
    residues: Bounds | None = None
    """Amino acid residues joined by peptide bonds."""
    sugars: Bounds | None = None
    """Monosaccharide units."""
    components: Bounds | None = None
    """Components of the whole, counter-ions included."""
    chain: Bounds | None = None
    """Carbons of the longest unbranched open chain of the acyl part."""


def read_member(table: object, where: str, *, checked: bool = False) -> Member | None:
    """Read the `member` table of an entry; None where there is none.

    Args:
        table: The table.
        where: What a message begins with.
        checked: Whether its SMARTS were read before: to read those of the lexicon takes a third of a second.

    Raises:
        InputError: A key is unknown or a value is not of its kind; the message begins with `where`.
    """
    if table is None:
        return None
    known = {field.name for field in fields(Member)}
    if not isinstance(table, dict) or not table or set(table) - known:
        raise InputError(f"{where}: member must be a table with some of {', '.join(sorted(known))}, got {table!r}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key == "elements":
            values[key] = frozenset(_elements(value, where))
        elif key == "acyclic":
            if not isinstance(value, bool):
                raise InputError(f"{where}: member.acyclic must be true or false, got {value!r}")
            values[key] = value
        elif key in {"count", "salt"}:
            if not isinstance(value, list):
                raise InputError(f"{where}: member.{key} must be a list of [SMARTS, min, max], got {value!r}")
            values[key] = tuple(_counted(item, key, where) for item in value)
        elif key in {"without", "open"}:
            if not isinstance(value, list):
                raise InputError(f"{where}: member.{key} must be a list of SMARTS, got {value!r}")
            values[key] = tuple(_smarts(item, where) for item in value)
        else:
            values[key] = _bounds(value, key, where)
    member = Member(**values)
    if not checked:
        counted = (item.pattern for item in (*member.count, *member.salt))
        for pattern in (*counted, *member.without, *member.open):
            with quiet_rdkit():
                query = Chem.MolFromSmarts(pattern)
            if query is None or query.GetNumAtoms() == 0:
                raise InputError(f"{where}: RDKit cannot read {pattern!r} in member as SMARTS")
    return member


def _elements(value: object, where: str) -> list[str]:
    table = Chem.GetPeriodicTable()
    with quiet_rdkit():
        try:
            if isinstance(value, list) and value and all(table.GetAtomicNumber(item) > 0 for item in value):
                return value
        except (RuntimeError, TypeError):
            pass
    raise InputError(f"{where}: member.elements must be a list of element symbols, got {value!r}")


def _counted(item: object, key: str, where: str) -> Counted:
    if (
        not isinstance(item, list)
        or len(item) not in (3, 4)
        or not isinstance(item[-1], int if len(item) == 3 else str)
    ):
        raise InputError(f"{where}: an item of member.{key} must be [SMARTS, min, max] and a word for it, got {item!r}")
    return Counted(_smarts(item[0], where), _bounds(item[1:3], key, where), *item[3:])


def _smarts(item: object, where: str) -> str:
    if not isinstance(item, str) or not item:
        raise InputError(f"{where}: RDKit cannot read {item!r} in member as SMARTS")
    return item


def _bounds(value: object, key: str, where: str) -> tuple[float, float]:
    both = [value, value] if type(value) is int else value
    halves = isinstance(both, list) and all(type(item) is float and (2 * item).is_integer() for item in both)
    if isinstance(both, list) and len(both) == 2 and (all(type(i) is int for i in both) or (halves and key == "salt")):
        low, high = both
        if low <= high or (high == -1 and key != "charge"):
            return low, high
    raise InputError(f"{where}: member.{key} must be a whole number or [min, max] (max -1 for no bound), got {value!r}")
