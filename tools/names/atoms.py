"""Parts named by their atoms: bonds by the elements they join ("carbon-nitrogen triple bond"), short chains.

Nomenclature would take "propylene chain" for propene.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from molreflect.tools.names.words import one_of

ELEMENTS = {"carbon": 6, "nitrogen": 7, "oxygen": 8, "phosphorus": 15, "sulfur": 16, "sulphur": 16, "chlorine": 17}
ELEMENTS |= {"hydrogen": 1, "fluorine": 9, "bromine": 35, "iodine": 53, "boron": 5, "silicon": 14}
"""Names of elements to atomic numbers."""
_SYMBOLS = {"C": 6, "N": 7, "O": 8, "P": 15, "S": 16, "Cl": 17, "H": 1, "F": 9, "Br": 35, "I": 53, "B": 5, "Si": 14}
_ORDERS = {"single": "-", "double": "=", "triple": "#"}
_SIGNS = {"=": "=", "\u2261": "#", "#": "#"}
_HYPHENS = "-\u2010-\u2014\u2212"
_ORDER = rf"(?:[ -](?P<order>{one_of(_ORDERS)}))?"
_SPELT = re.compile(
    rf"^(?P<one>{one_of(ELEMENTS)})[{_HYPHENS} ](?:to[- ])?(?P<other>{one_of(ELEMENTS)}){_ORDER} (?:bond|linkage)s?$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    rf"^(?P<one>{one_of(_SYMBOLS)})(?P<sign>[{_HYPHENS}=\u2261#])(?P<other>{one_of(_SYMBOLS)}){_ORDER}"
    r"(?: (?:bond|linkage|group|function|unit)s?)?$"
)


@dataclass(frozen=True, slots=True)
class NamedBond:
    """Two elements and the bond between them."""

    elements: tuple[int, int]
    """Their atomic numbers."""
    sign: str
    """The bond in SMARTS; `~` where its order is not stated."""

    @property
    def pattern(self) -> str:
        """SMARTS; of a bond to hydrogen the other atom, since hydrogens are folded in."""
        heavy = [f"#{number}" for number in self.elements if number != 1]
        return f"[{heavy[0]};!H0]" if len(heavy) == 1 else f"[{heavy[0]}]{self.sign}[{heavy[1]}]"


def read_bond(text: str) -> NamedBond | None:
    """Read a bond that is named by its elements; None for other words, and for one of hydrogen with itself."""
    if (hit := _SPELT.match(text)) is not None:
        ends, sign = (ELEMENTS[hit["one"].lower()], ELEMENTS[hit["other"].lower()]), ""
    elif (hit := _WRITTEN.match(text)) is not None:
        ends, sign = (_SYMBOLS[hit["one"]], _SYMBOLS[hit["other"]]), _SIGNS.get(hit["sign"], "")
    else:
        return None
    order = _ORDERS.get((hit["order"] or "").lower(), "")
    return NamedBond(ends, order or sign or "~") if set(ends) != {1} else None


_LENGTHS = {"methylene": 1, "ethylene": 2, "dimethylene": 2, "propylene": 3, "trimethylene": 3, "butylene": 4}
_LENGTHS |= {"tetramethylene": 4, "pentamethylene": 5, "hexamethylene": 6}
_NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8}
_CHAIN = re.compile(
    rf"^(?:(?P<name>{one_of(_LENGTHS)})|(?P<number>[1-9]|{one_of(_NUMBERS)})-carbon) "
    r"(?:chain|linker|bridge|spacer|tether)s?$",
    re.IGNORECASE,
)


def chain_length(text: str) -> int | None:
    """Count the carbons of a chain between two parts ("ethylene linker", "two-carbon chain"); None for other words."""
    hit = _CHAIN.match(text)
    if hit is None:
        return None
    number = (hit["number"] or "").lower()
    return _LENGTHS.get((hit["name"] or "").lower()) or _NUMBERS.get(number) or int(number)
