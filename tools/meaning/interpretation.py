"""What one phrase means as a substructure: the record that every source of meanings answers with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast, get_args

from molreflect.tools.molecules.configuration import Configuration
from molreflect.tools.terms import Level

Source = Literal["class", "name", "mined", "neighbour", "model"]
"""Where a pattern comes from; `model` is a teacher's own proposal."""


def source_of(text: str) -> Source:
    """Read a teacher's word on a pattern's origin; anything but a known word is its own proposal."""
    return cast("Source", text) if text in get_args(Source) else "model"


@dataclass(frozen=True, slots=True)
class Interpretation:
    """One meaning of a phrase, or of a part of it."""

    patterns: tuple[str, ...]
    """SMARTS alternatives, never empty: any one of them makes a part of the molecule what the phrase says."""
    name: str
    """The entry of the lexicon, the systematic name, or the mined fragment that was used."""
    floor: Level
    """The loosest rung of the match ladder on which the pattern still means the phrase."""
    source: Source = "class"
    computed: bool = False
    """Whether the patterns were cut from the molecule in hand and mean nothing in another one."""
    unread: str = ""
    """Words of the phrase that nothing was compared with: "vibsane" of "vibsane diterpenoid"."""
    general: tuple[str, ...] = ()
    """Patterns that say of any molecule what the computed ones say of this one; empty where none do."""
    general_floor: Level = Level.NEUTRAL
    """The loosest rung for `general`."""
    configuration: Configuration | None = None
    """How the molecule in hand compares with the configuration the name fixes; None where that was not compared."""


Interpretations = tuple[Interpretation, ...]
