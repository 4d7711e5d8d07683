"""Words that could be read as a SMILES and are none."""

from __future__ import annotations

ORDINARY = frozenset(
    [
        "IS",
        "IN",
        "ON",
        "SO",
        "NO",
        "OF",
        "OS",
        "IF",
        "I",
        "CO",
        "PS",
        "OFF",
        "SON",
        "CON",
        "ION",
        "COP",
        "SIN",
        "SONS",
        "ICON",
        "NOON",
        "SOON",
        "SPOON",
        "COPS",
        "CIS",
        "SNOB",
        "OK",
        "BOSS",
        "BIO",
        "NICS",
        "POP",
        "POPS",
        "COCOON",
        "SPIN",
        "SIP",
        "BISON",
    ]
)
"""Words of letters that stand for elements but are words, or formulas, first."""
