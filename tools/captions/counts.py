"""How many of a part a caption states: "two chloro substituents", "dichloro"."""

from __future__ import annotations

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.names.assembly import is_polyprenyl
from molreflect.tools.names.words import MULTIPLIERS

_COUNTING = {prefix: MULTIPLIERS[prefix] for prefix in ("bis", "tris", "di", "tri", "tetra", "penta", "hexa")}
"""Prefixes that count a substituent, longest first where one begins another."""


def split_multiplier(name: str) -> tuple[str, int | None]:
    """Split "dichloro" into ("chloro", 2); names whose prefix does not merely count come back whole."""
    cues = load_cue_words()
    if name.split(" ", 1)[0] in cues.simple_substituents:
        return name, None
    for prefix, count in _COUNTING.items():
        if name.startswith(prefix):
            stem = name[len(prefix) :]
            if stem.startswith("("):
                stem = stem.strip("()")
            first = stem.split(" ", 1)[0]
            if first in cues.simple_substituents and first not in cues.not_multiplied and not is_polyprenyl(name):
                return stem, count
    return name, None


def is_simple_substituent(name: str) -> bool:
    """Say whether a normalised name is a substituent of the list, counted or not: "chloro", "dichloro"."""
    stem, _ = split_multiplier(name)
    return stem in load_cue_words().simple_substituents
