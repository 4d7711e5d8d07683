"""What a phrase means as a substructure, by three independent sources: curated classes, names, corpus evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tools.toolbox import Toolbox
from tools.verdicts import Level

Source = Literal["class", "name", "mined", "neighbour", "model"]
"""Where a pattern comes from; `model` is a teacher's own proposal."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a phrase."""

    patterns: tuple[str, ...]
    """SMARTS alternatives: any one of them makes a part of the molecule what the phrase says."""
    source: Source
    name: str
    """The entry of the lexicon, the systematic name, or the mined fragment that was used."""
    floor: Level
    """The loosest rung of the match ladder on which the reading still means the phrase."""


def readings(key: str, toolbox: Toolbox, *, leave_out: str | None = None) -> tuple[Reading, ...]:
    """Every known meaning of a phrase, the most trustworthy first.

    Args:
        key: Normalised phrase, as `tools.caption.Phrase.key` has it.
        toolbox: Lexicon, nomenclature and evidence to look in.
        leave_out: Id of the pair in hand, whose own naming of its molecule proves nothing about it.

    Returns:
        Curated class first, then the structure of the name; empty where nothing is known. Mined fragments are a
        statistical guess, not a meaning: see `mined_readings`.
    """
    found: list[Reading] = []
    entry = toolbox.lexicon.find(key)
    if entry is not None:
        found.append(Reading(entry.patterns, "class", entry.name, entry.level))
    else:
        named = toolbox.nomenclature.resolve([key], leave_out=leave_out)[key]
        if named is not None:
            found.append(Reading((named.pattern,), "name", named.name, Level.NEUTRAL))
    return tuple(found)


def mined_readings(key: str, toolbox: Toolbox) -> tuple[Reading, ...]:
    """Fragments that best separate the molecules captioned with a phrase from the rest of the corpus."""
    if toolbox.evidence is None:
        return ()
    return tuple(
        Reading((fragment.pattern,), "mined", fragment.pattern, Level.NEUTRAL)
        for fragment in toolbox.evidence.mine(key)
    )
