"""What a phrase means as a substructure, by three independent sources: curated classes, names, corpus evidence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tools.classes import normalise_name
from tools.toolbox import Toolbox
from tools.verdicts import Level

Source = Literal["class", "name", "mined", "neighbour", "model"]
"""Where a pattern comes from; `model` is a teacher's own proposal."""


_LONE_ATOM = re.compile(r"^\[#[678]&D0\]$")
"""Carbon, nitrogen or oxygen named as an element: OPSIN reads the free atom, the caption ("the nitrogen") means one of
many in the molecule, and which one only its context says."""

MIN_MINED_RECALL = 0.9
"""Least share of a phrase's molecules that must contain a mined fragment for it to be proposed."""


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


def readings(phrase: str, toolbox: Toolbox, *, leave_out: str | None = None) -> tuple[Reading, ...]:
    """Every known meaning of a phrase, the most trustworthy first.

    Args:
        phrase: Name without article and count: `Phrase.name`, with its capitals, or `Phrase.key`.
        toolbox: Lexicon, nomenclature and evidence to look in.
        leave_out: Id of the pair in hand, whose own naming of its molecule proves nothing about it.

    Returns:
        Curated class first, then the structure of the name; empty where nothing is known. Mined fragments are a
        statistical guess, not a meaning: see `mined_readings`.
    """
    found: list[Reading] = []
    entry = toolbox.lexicon.find(phrase)
    if entry is not None:
        found.append(Reading(entry.patterns, "class", entry.name, entry.level))
    else:
        named = toolbox.nomenclature.resolve([phrase], leave_out=leave_out)[phrase]
        if named is not None and (named.kind != "molecule" or _LONE_ATOM.match(named.pattern) is None):
            found.append(Reading((named.pattern,), "name", named.name, Level.NEUTRAL))
    return tuple(found)


def mined_readings(phrase: str, toolbox: Toolbox, *, leave_out: str | None = None) -> tuple[Reading, ...]:
    """The fragment that best separates the molecules captioned with a phrase from the rest of the corpus.

    Empty without a corpus, for phrases of too few pairs, and where no fragment is shared by nearly all of them.
    """
    if toolbox.evidence is None:
        return ()
    own = toolbox.evidence.own_pair(leave_out)  # a pair from elsewhere has nothing to be left out
    mined = toolbox.evidence.mine(normalise_name(phrase), leave_out=own)
    return tuple(
        Reading((fragment.pattern,), "mined", fragment.pattern, fragment.level)
        for fragment in mined[:1]
        if fragment.recall >= MIN_MINED_RECALL
    )
