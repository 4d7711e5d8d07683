"""One spelling for every way in which captions write a name: plurals, hyphens, Greek letters, British and American."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

PLAIN_CHARACTERS = {
    **dict.fromkeys("‐‑‒–—−", "-"),
    **dict.fromkeys("′’‘ʹ`´", "'"),
    **{letter: unicodedata.name(letter).split()[-1].lower() for letter in "αβγδεζηθικμνξπρσςτφχψω"},
    "λ": "lambda",  # Unicode spells it "lamda"
    "µ": "mu",  # the micro sign
    "Δ": "Delta",
    "Ω": "Omega",
}
"""Typographic hyphens, primes and Greek letters to what stands for them in plain ASCII names."""
_CHARACTERS = str.maketrans(
    {
        **PLAIN_CHARACTERS,
        **dict.fromkeys("″“”", '"'),
        **{sign: str(i % 10) for i, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉")},
        "⁺": "+",
        "⁻": "-",
    }
)
_SPACE = re.compile(r"\s+")
_DELTA = re.compile(r"\bdelta(?:\s*\(\s*([\d,\s]+?)\s*\)|[\^-]?\s*(\d+(?:,\s*\d+)*))(?!\d)")
_LOOSE = re.compile(r"\s|(?<!\d)-|-(?![\d)])")
_DEGREES = {
    **{"1\u00b0": "primary", "prim.": "primary", "2\u00b0": "secondary", "sec.": "secondary"},
    **{"3\u00b0": "tertiary", "tert.": "tertiary"},
}
_DEGREE = re.compile(r"^(1\u00b0|2\u00b0|3\u00b0|prim\.|sec\.|tert\.) ?(?=[a-z])")
"""How students write the kind of an alcohol or amine: "sec. alcohol", "1\u00b0 amine"."""
_OPTIONAL_S = re.compile(r"\((?:e?s)\)$")
_SINGULAR_ENDINGS = ("ss", "us", "is", "species", "series", "gas", "trans", "bias", "lens", "ous")


def _singular(word: str) -> str:
    """Return the singular of a regular English plural; other words come back unchanged."""
    if len(word) < 4 or not word.endswith("s") or word.endswith(_SINGULAR_ENDINGS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


@lru_cache(maxsize=65536)
def normalise_name(text: str) -> str:
    """Bring a name into the one form in which names are compared, counted and looked up.

    Lower case, Greek letters spelt out, typographic hyphens and primes made plain, American "sulf" for "sulph",
    `Delta(4)` for every way to write it, spaces collapsed, the last word in the singular. Locants stay as they are.

    Args:
        text: A class name or phrase, without its article, e.g. "α,β-unsaturated Ketones".

    Returns:
        The normalised name, e.g. "alpha,beta-unsaturated ketone"; empty for blank text.
    """
    name = _SPACE.sub(" ", text.translate(_CHARACTERS).lower().translate(_CHARACTERS)).strip(" .,;:")
    name = name.replace("sulph", "sulf").replace("aluminium", "aluminum").replace("caesium", "cesium")
    name = name.replace("oestr", "estr").replace("haem", "hem")
    name = _DEGREE.sub(lambda hit: _DEGREES[hit[1]] + " ", name)
    name = _DELTA.sub(lambda hit: "delta(" + (hit[1] or hit[2]).replace(" ", "") + ")", name)
    name = _OPTIONAL_S.sub("", name)
    head, space, last = name.rpartition(" ")
    return head + space + _singular(last)


def squash(normalised: str) -> str:
    """Drop hyphens and spaces, so that "alpha,beta unsaturated ketone" finds its hyphenated entry."""
    # A hyphen between two digits separates locants ("1-2") and one before a charge belongs to it; both must stay.
    return _LOOSE.sub("", normalised)
