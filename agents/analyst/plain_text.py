"""The text of a question without what nobody means by it: control characters, curly quotes, orders to the analyst."""

from __future__ import annotations

import re
import unicodedata

from molreflect.agents.analyst.fields import fields_in_words

_ESCAPE = re.compile(r"\x1b\[[0-9;?]{0,20}[A-Za-z]")
_STRAIGHT = str.maketrans({0x2019: "'", 0x2018: "'", 0xA0: " "})
_SINGLE = re.compile(r"(?<![\w'])'(?=\S)((?:[^'\"]|(?<=\w)'(?=\w))*)'(?!\w)")
"""A text in single quotation marks; marks between letters are apostrophes."""
_ORDERS = ("ignore", "disregard", "forget")
_NOUNS = ("instructions", "your rules", "your guidelines", "your programming")
_SPEAKERS = ("system:", "[system]", "[system]:", "admin:", "developer:")
_ORDER_END = 80
"""Characters within which an order to forget the instructions ends."""


def plain_text(text: str) -> str:
    """Leave out control and formatting characters, and write quotation marks in one way.

    A text of more than two words in single quotation marks comes out in double ones. An order to ignore the
    instructions is left out, since there are none to ignore; what it is followed by is read as any question.
    """
    plain = _ESCAPE.sub(" ", text).translate(_STRAIGHT)
    plain = "".join(c if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf") else "" for c in plain)
    plain = _SINGLE.sub(lambda m: f'"{m[1]}"' if len(m[1].split()) > 2 else m[0], plain)
    return fields_in_words(_without_order(plain))


def _without_order(text: str) -> str:
    start = next((len(mark) for mark in _SPEAKERS if text[: len(mark)].casefold() == mark), 0)
    head = text[start : start + _ORDER_END].casefold()
    opening = head.lstrip()
    end = min((head.find(noun) + len(noun) for noun in _NOUNS if noun in head), default=-1)
    if end < 0 or not opening.startswith(_ORDERS):
        return text
    return text[start + end :].lstrip(" .,;:!").removeprefix("and ")
