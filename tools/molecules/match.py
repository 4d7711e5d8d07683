"""Where a pattern occurs in a molecule, and how strictly: SMARTS matching with the match ladder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeAlias, cast

from rdkit import Chem

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import Pattern, read_pattern, split_at_dots
from molreflect.tools.molecules.smiles_patterns import read_as_smiles
from molreflect.tools.terms import LADDER, Level

MATCH_SECONDS = 0.5
"""Most seconds of an idle core that one search may take on all rungs together."""
_STEPS_PER_SECOND = 400_000
"""Comparisons of atoms that an idle core makes in a second. They are counted and no clock is looked at: the answer must
not depend on who else is at work."""
_STRIDE = 512
"""Comparisons between two looks at the bound."""
_FEW_WAYS = 1_000
"""Ways of laying the parts of a pattern on a molecule that are tried in a short time."""
_KEPT = 64
"""Searches of one molecule whose answers are at hand: as many as the checks of one caption make, and more."""

Matches: TypeAlias = tuple[tuple[int, ...], ...]
"""Places of a pattern in a molecule: 0-based RDKit atom indices in pattern order."""


class MatchTimeoutError(InputError):
    """A search was given up after its time bound; nothing is known about the pattern."""


class _Budget:
    """A bound on the comparisons of one or several searches."""

    __slots__ = ("_left",)

    def __init__(self, seconds: float) -> None:
        self._left = seconds * _STEPS_PER_SECOND

    def is_spent(self, strides: int = 1) -> bool:
        """Take strides from what is left, one after the other, and say whether nothing was before the last."""
        self._left -= _STRIDE * strides
        return self._left + _STRIDE <= 0


@dataclass(frozen=True, slots=True)
class Hits:
    """The places where a pattern occurs in a molecule."""

    pattern: str
    """What was searched for; on level `smiles` the SMARTS of that reading."""
    atoms: Matches
    """0-based RDKit atom indices in pattern order, shape (n_hits, n_pattern_atoms); every hit a different atom set."""
    level: Level
    """The strictest rung of the match ladder on which the pattern occurs, or `smiles`."""
    capped: bool = False
    """Whether there may be more hits than were asked for."""

    @property
    def covered(self) -> frozenset[int]:
        """All atoms any hit touches."""
        return frozenset(index for hit in self.atoms for index in hit)


def find(
    molecule: Molecule,
    pattern: str,
    *,
    floor: Level = Level.NEUTRAL,
    stereo: bool = False,
    max_hits: int = 64,
    seconds: float = MATCH_SECONDS,
    unique: bool = True,
    smiles_too: bool = False,
) -> Hits | None:
    """Find every place where a pattern occurs, on the strictest rung of the match ladder that has a hit.

    Args:
        molecule: The molecule; indices run over all its components.
        pattern: SMARTS.
        floor: The loosest rung to climb down to.
        stereo: Insist on the pattern's stereochemistry on every rung (a phrase that says "L-" means it);
            `flat` is then skipped, and `skeleton` where the pattern has any.
        max_hits: Most hits to return (a count of hits, not of atoms).
        seconds: Bound on the work of all rungs together, as an idle core's time.
        unique: One hit for each set of atoms; without it, one for each way of laying the pattern on them.
        smiles_too: Read a pattern that is found nowhere as the SMILES it looks like as well (`Level.SMILES`).

    Returns:
        The hits, or None where the pattern does not occur down to `floor`.

    Raises:
        InputError: The pattern cannot be read.
        MatchTimeoutError: The time bound was reached.

    Source: RDKit `Mol.GetSubstructMatches`.
    """
    read = read_pattern(pattern)
    budget = _Budget(seconds)
    for level in LADDER[: LADDER.index(floor) + 1]:
        if level is Level.FLAT and (stereo or not read.has_stereo):
            continue  # the same search as `exact`, or one the caller ruled out
        if level is Level.SKELETON and stereo and read.has_stereo:
            continue  # the skeleton has no stereochemistry to insist on
        if level is Level.NEUTRAL and read.neutral is read.query and molecule.neutral is molecule.mol:
            continue  # nothing is charged on either side
        atoms = match_at(molecule, read, level, stereo=stereo, max_hits=max_hits, budget=budget, unique=unique)
        if atoms:
            return Hits(read.smarts, atoms, level, capped=len(atoms) >= max_hits)
    meant = read_as_smiles(pattern) if smiles_too and floor in (Level.NEUTRAL, Level.SKELETON) else None
    if meant is None:
        return None
    found = find(molecule, meant, stereo=stereo, max_hits=max_hits, seconds=seconds, unique=unique)
    return replace(found, level=Level.SMILES) if found is not None else None


def match_at(
    molecule: Molecule,
    pattern: Pattern,
    level: Level,
    *,
    stereo: bool = False,
    max_hits: int = 64,
    budget: _Budget | None = None,
    unique: bool = True,
) -> Matches:
    """Match on exactly one rung of the ladder; the empty tuple where the pattern does not occur there.

    Args:
        molecule: The molecule to search.
        pattern: From `read_pattern`.
        level: The one rung to use.
        stereo: Keep stereochemistry on the `neutral` rung too (`exact` always has it, `flat` and `skeleton` never).
        max_hits: Most hits to return.
        budget: Bound on the work, shared with other searches; default `MATCH_SECONDS` for this one.
        unique: One hit for each set of atoms; without it, one for each way of laying the pattern on them.

    Raises:
        MatchTimeoutError: The bound was reached.
    """
    chiral = level is Level.EXACT or (stereo and level is Level.NEUTRAL)
    params = _parameters(max_hits, unique, chiral)
    if level is Level.NEUTRAL:
        mol, query = molecule.neutral, pattern.neutral
    elif level is Level.SKELETON:
        mol, query = molecule.mol, pattern.skeleton
    else:
        mol, query = molecule.mol, pattern.query
    if pattern.quick or (pattern.quick_in_tame and molecule.is_tame):
        return cast("Matches", mol.GetSubstructMatches(query, params))
    if any(molecule.elements.get(element, 0) < least for element, least in pattern.elements.items()):
        return ()
    if unique and pattern.parts:
        return _lay_parts(molecule, pattern, level, stereo, max_hits, budget or _Budget(MATCH_SECONDS))
    if molecule.is_tame and pattern.parts:
        ways = _ways_of_parts(molecule, pattern, level, stereo)
        if not ways:
            return ()
        if ways <= _FEW_WAYS:
            return cast("Matches", mol.GetSubstructMatches(query, params))
    asked = (pattern.smarts, level, chiral, max_hits, unique)
    return _search_in_time(molecule, asked, mol, query, budget)


@lru_cache(maxsize=256)
def _parameters(max_hits: int, unique: bool, chiral: bool) -> Chem.SubstructMatchParameters:
    """Say how to search, to be read only: to make them anew takes longer than to search for a small pattern."""
    params = Chem.SubstructMatchParameters()
    params.maxMatches = max_hits
    params.uniquify = unique
    params.useChirality = chiral
    return params


def _lay_parts(
    molecule: Molecule, pattern: Pattern, level: Level, stereo: bool, max_hits: int, bound: _Budget
) -> Matches:
    """Find the sets of places, no two of them with an atom in common, that hold every part of a pattern.

    RDKit would go through all orders of parts that are alike, six for three sugars; here each set is made once.
    """
    places: dict[str, Matches] = {}
    for part, times in pattern.parts.items():
        found = match_at(molecule, part, level, stereo=stereo, max_hits=_FEW_WAYS, budget=bound)
        if len(found) < times:
            return ()
        places[part.smarts] = found
    order = split_at_dots(pattern.smarts)
    hits: dict[frozenset[int], tuple[int, ...]] = {}
    steps = 0

    def lay(at: int, laid: tuple[int, ...], used: frozenset[int], last: dict[str, int]) -> None:
        nonlocal steps
        if at == len(order):
            hits.setdefault(used, laid)
            return
        part = order[at]
        for number in range(last.get(part, -1) + 1, len(places[part])):
            steps += 1
            if steps % _STRIDE == 0 and bound.is_spent():
                raise _given_up(pattern.smarts)
            place = places[part][number]
            if used.isdisjoint(place):
                lay(at + 1, laid + place, used.union(place), last | {part: number})
                if len(hits) >= max_hits:
                    return

    lay(0, (), frozenset(), {})
    return tuple(hits.values())


def _ways_of_parts(molecule: Molecule, pattern: Pattern, level: Level, stereo: bool) -> int:
    """Bound the ways of laying the parts of a pattern on a molecule, each by itself; more than `_FEW_WAYS` are many."""
    ways = 1
    for part, times in pattern.parts.items():
        found = match_at(molecule, part, level, stereo=stereo, max_hits=_FEW_WAYS, unique=False)
        ways *= int(len(found) ** times)
        if not 0 < ways <= _FEW_WAYS:
            return ways
    return ways


def _search_in_time(
    molecule: Molecule,
    asked: tuple[str, Level, bool, int, bool],
    mol: Chem.Mol,
    query: Chem.Mol,
    budget: _Budget | None,
) -> Matches:
    """Search within a bound, counting comparisons, which takes longer than the search; the last answers are kept.

    An answer that is kept takes as much from the bound as it took when it was found. `asked` ends in whether chirality
    counts, the most hits, and whether each set of atoms is one.
    """
    bound = budget or _Budget(MATCH_SECONDS)
    kept = molecule.searches
    if (known := kept.get(asked)) is not None:
        atoms, strides = known
        if strides and bound.is_spent(strides):
            raise _given_up(asked[0])
        return atoms
    strides = comparisons = 0

    def in_time(_query: Chem.Atom, _target: Chem.Atom) -> bool:
        nonlocal comparisons, strides
        comparisons += 1
        if comparisons % _STRIDE == 0:
            strides += 1
            if bound.is_spent():
                raise _given_up(asked[0])
        return True

    params = Chem.SubstructMatchParameters()
    _smarts, _level, params.useChirality, params.maxMatches, params.uniquify = asked
    params.setExtraAtomCheckFunc(in_time)
    found: Matches = mol.GetSubstructMatches(query, params)
    if len(kept) >= _KEPT:
        kept.clear()
    kept[asked] = found, strides
    return found


def _given_up(smarts: str) -> MatchTimeoutError:
    return MatchTimeoutError(
        f"the search for {shorten(smarts)} was given up after its time bound; pass a smaller or more specific pattern"
    )
