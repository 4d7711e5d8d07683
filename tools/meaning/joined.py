"""A name in two words: the head and what must be in the molecule beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from math import prod

from molreflect.tools.meaning.computed_classes import MAX_ALTERNATIVES
from molreflect.tools.meaning.interpretation import Interpretation, Interpretations
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import MAX_PATTERN_LENGTH, MAX_PATTERN_NESTING
from molreflect.tools.terms import LADDER

PART_SECONDS = 0.1
"""Bound on the processor time of looking for one part of a name."""
MAX_COMBINATIONS = 12
"""Most ways of combining a head with its modifiers in one molecule for them to be looked for together."""


def joined_with(
    heads: Sequence[Interpretation], parts: Sequence[Interpretation], unread: str, molecule: Molecule | None
) -> Interpretations:
    """Keep the heads in a molecule (or a pattern) that has every other part as well."""
    if not parts:
        return tuple(with_unread(head, unread) for head in heads)
    if any(head.computed for head in heads):
        if molecule is None or not all(is_present(part, molecule) for part in parts):
            return ()
        return tuple(with_unread(head, unread) for head in heads)
    if molecule is not None and not all(is_present(part, molecule) for part in parts):
        return ()
    found: list[Interpretation] = []
    for head in heads:
        name = " + ".join([head.name, *(part.name for part in parts)])
        floor = min([head.floor, *(part.floor for part in parts)], key=LADDER.index)
        choices = [head.patterns, *(part.patterns for part in parts)]
        if molecule is None or _stand_apart(head, parts, molecule):
            joined = tuple(filter(_within_bounds, (".".join(choice) for choice in product(*choices))))
            if joined:
                found.append(Interpretation(joined[:MAX_ALTERNATIVES], name, floor, unread=unread))
        if molecule is not None:
            # Where the parts share atoms (the lactone of a macrolide), or are too many, the head says it alone.
            found.append(Interpretation(head.patterns, name, head.floor, unread=unread))
    return tuple(found)


def _within_bounds(pattern: str) -> bool:
    return len(pattern) <= MAX_PATTERN_LENGTH and pattern.count("$(") <= MAX_PATTERN_NESTING


def is_present(part: Interpretation, molecule: Molecule) -> bool:
    """Say whether a part is in a molecule."""
    return part.computed or bool(_hits(part, molecule))


def _stand_apart(head: Interpretation, parts: Sequence[Interpretation], molecule: Molecule) -> bool:
    """Say whether a head and its parts are few and share no atom: "phenyl ketone" is no ketone beside some phenyl."""
    found = [_hits(member, molecule) for member in (head, *parts)]
    if prod(map(len, found)) > MAX_COMBINATIONS:
        return False
    of_head, *of_parts = (set().union(*hits) for hits in found)
    return all(of_head.isdisjoint(atoms) for atoms in of_parts)


def _hits(part: Interpretation, molecule: Molecule) -> tuple[tuple[int, ...], ...]:
    """Find a part; nothing where that could not be decided in time, so that the name stays unread."""
    try:
        for pattern in filter(_within_bounds, part.patterns):
            hits = find(molecule, pattern, floor=part.floor, max_hits=MAX_COMBINATIONS + 1, seconds=PART_SECONDS)
            if hits is not None:
                return hits.atoms
    except MatchTimeoutError:
        return ()
    return ()


def with_unread(part: Interpretation, left: str) -> Interpretation:
    """Give a meaning with words that were left unread, before those it has."""
    return replace(part, unread=", ".join(filter(None, (left, part.unread)))) if left else part
