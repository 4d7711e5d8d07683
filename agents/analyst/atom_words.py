"""Where "atoms" asks for the places of what stands before it: "ester atoms", "list of atoms of"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from molreflect.tools.facts.parts import part_named

INDICES = frozenset(
    ["index", "indices", "indexes", "idx", "number", "numbers", "nr", "nrs", "no", "nos", "id", "ids", "list", "lists"]
)
"""Words that ask for atoms by their places."""


def atoms_wanted(words: Sequence[str], run: Sequence[str], end: int, is_group: Callable[[str], bool]) -> bool:
    """Whether "atoms" behind a name asks where it is, and is no part of what is named ("N atoms", "sp2 carbon atoms").

    Args:
        words: The words of a question, in small letters.
        run: The words before "atom" or "atoms" that belong together, as they stand.
        end: Where "atom" or "atoms" stands.
        is_group: Whether words name a group, a class or a part.
    """
    if set(words[end + 1 : end + 2]) & INDICES:
        return True
    named = " ".join(run)
    kind = part_named(f"{named} atoms") or part_named(run[-1])
    of_kind = kind is not None and (kind.name.endswith("atom") or part_named(f"{named} atoms") is not None)
    return words[end] == "atoms" and not of_kind and is_group(named)


def listed_atoms(words: Sequence[str], at: int) -> bool:
    """Whether atoms are asked for by a list of them: "list of atoms of the ring"."""
    listed = at > 1 and words[at - 1] == "of" and words[at - 2] in ("list", "lists", "set", "indices", "numbers")
    return listed and list(words[at + 1 : at + 3]) in (["of", "the"], ["in", "the"], ["of", "its"], ["of", "each"])
