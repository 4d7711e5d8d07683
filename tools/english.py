"""English that depends on a number or a noun: plurals and articles."""

from __future__ import annotations

import re
from string import Formatter
from typing import Any


def counted(count: int, one: str, many: str = "") -> str:
    """Write a number with its noun: `1 row`, `2 rows`; `many` is the plural where an `s` is not enough."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def article_of(name: str) -> str:
    """Choose the indefinite article in front of a noun or a chemical name: `an origin`, `a uracil`, `an N-oxide`."""
    if re.match(r"[(\[{]*([AEFHILMNORSX](?=[-,])|8|1[18](?!\d))", name):  # as they are spoken: en, ess, eight, eleven
        return "an"
    first = next((char for char in name.lower() if char.isalpha()), "")
    letters = re.sub(r"^[^a-zA-Z]+", "", name).lower()
    vowel = first in "aeio" or (first == "u" and not letters.startswith(("ur", "uni")))
    return "an" if vowel and not re.match(r"[\d(\[{NOS]", name) and not letters.startswith(("eu", "one")) else "a"


class EnglishFormatter(Formatter):
    """`str.format` with two more ways to write a value.

    >>> EnglishFormatter().format("{kind:a} with {n:#other pair}", kind="origin", n=1)
    'an origin with 1 other pair'
    """

    def format_field(self, value: Any, format_spec: str) -> str:
        """Write a value: `a` puts its article before it, `#noun` the noun behind it, in its plural where due."""
        if format_spec == "a":
            return f"{article_of(str(value))} {value}"
        if format_spec.startswith("#"):
            return counted(value, format_spec[1:])
        return str(super().format_field(value, format_spec))


ENGLISH = EnglishFormatter()


def replace_surrogates(text: str) -> str:
    """Put U+FFFD in the place of surrogates, which a terminal may pass on but no file, database or JSON can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
