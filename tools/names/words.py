"""Words of chemical names that several rules share: multiplying prefixes, biochemical words, patterns of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_SIMPLE = (
    "mono",
    "di",
    "tri",
    "tetra",
    "penta",
    "hexa",
    "hepta",
    "octa",
    "nona",
    "deca",
    "undeca",
    "dodeca",
    "trideca",
)
_OF_COMPOUND_GROUPS = ("bis", "tris", "tetrakis", "pentakis")
MULTIPLIERS = {
    "": 1,
    **{word: number for number, word in enumerate(_SIMPLE, start=1)},
    **{word: number for number, word in enumerate(_OF_COMPOUND_GROUPS, start=2)},
}
"""Multiplying prefix to its number, none being one. Source: IUPAC Blue Book 2013, P-14.2."""
BIOCHEMICAL: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "biochemical.toml").read_text("utf-8"))
"""The tables of `data/biochemical.toml`, by name."""


def one_of(words: Iterable[str]) -> str:
    """Write a regular expression for any one of some words, the longest tried first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))
