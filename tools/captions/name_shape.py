"""Say whether a word has the shape of a chemical name: an ending of the nomenclature, locants, a charge."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from molreflect.tools.captions.cue_words import load_cue_words

MAX_PHRASE_LENGTH = 1200
"""Longest text (characters) that is looked at as one name; the longest names of ChEBI have some 500."""

_LOCANT_NAME = re.compile(r"\d[a-z]?'{0,3}(?:,\d[a-z]?'{0,3}){0,12}[)\]}]{0,3}-[(\[{]{0,4}[A-Za-z]")
_CHARGE = re.compile(r"\(\d{0,2}[+-]\)$|\([ivx]{1,4}\)$|\(\d{0,2}[+-]\)s$")
_LAST_LETTERS = re.compile(r"[a-z]+$")
_GREEK_TAIL = re.compile(r"(?:alpha|beta|gamma|delta|epsilon|omega|zeta|[- ][a-h])$")
_BIOLOGY = re.compile(r"(?:ase|ases|ases'|receptor|receptors|like|related|dependent|induced|mediated|resistant)$")


@cache
def _ending() -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(sorted(load_cue_words().name_endings))})s?$")


@lru_cache(maxsize=65536)
def looks_chemical(word: str) -> bool:
    """Say whether one token has the shape of a chemical name.

    Only a hint: English words that end alike are known by a list, and the reader asks where a name is expected.

    Args:
        word: One token as written, e.g. "4-methoxyphenyl", "N-acetyl-beta-D-glucosamine", "CDP(3-)".
    """
    if not word or len(word) > MAX_PHRASE_LENGTH:
        return False
    not_names = load_cue_words().not_names
    low = word.lower().strip("-'\"")
    if low in not_names or _BIOLOGY.search(low):
        return False
    if _CHARGE.search(low) or ("->" in low and len(low) > 8):
        return True
    low = low.rstrip(")]}")
    letters = _LAST_LETTERS.search(low)
    if letters is None:
        return bool(_LOCANT_NAME.search(low)) or bool(_GREEK_TAIL.search(low))
    tail = letters.group()
    if len(tail) < 3 and len(tail) != len(low):
        return bool(_LOCANT_NAME.search(low)) or tail in {"yl", "ol", "al"}
    if tail in not_names:
        return False
    return len(low) > 3 and bool(_ending().search(tail))
