"""Chains of so many atoms: "a four-carbon methylene chain", "a chain of four CH2 groups"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Meaning, Place
from molreflect.agents.analyst.grammar.nouns import rows
from molreflect.agents.analyst.grammar.tokens import Sentence
from molreflect.agents.analyst.predications.subject import number_of

_N_CARBON = re.compile(r"(?P<number>[a-z]+|\d{1,2})-(?P<what>carbon|atom|membered|methylene)")
_CHAIN = frozenset(
    ["chain", "linker", "spacer", "bridge", "tether", "unit", "segment", "backbone", "arm", "link", "linkage", "run"]
)
_OF_CHAIN = frozenset(
    [
        *("alkyl", "methylene", "saturated", "aliphatic", "alkylene", "carbon", "hydrocarbon", "straight", "linear"),
        *("unbranched", "straight-chain", "polymethylene", "short", "flexible", "all-carbon", "long", "open", "side"),
    ]
)


_LONG = {
    **{"ethylene": 2, "ethyl": 2, "ethano": 2, "dimethylene": 2, "propylene": 3, "propyl": 3, "propano": 3},
    **{"trimethylene": 3, "butylene": 4, "butyl": 4, "tetramethylene": 4, "pentyl": 5, "pentamethylene": 5},
    **{"hexyl": 6, "hexamethylene": 6, "heptyl": 7, "octyl": 8, "octamethylene": 8, "decyl": 10, "dodecyl": 12},
}
"""Names of chains, with the number of their carbons."""


def read_chain(s: Sentence, k: int) -> Iterator[tuple[Meaning, int]]:
    """Read "four-carbon methylene chain", "chain of four CH2 groups": rows of so many atoms outside rings."""
    at = k
    number: int | None = None
    test: Callable[[Chem.Atom], bool] | None = _is_carbon
    kept: list[str] = []
    while s.low(at) in _OF_CHAIN or (number is None and s.low(at) in _LONG) or _N_CARBON.fullmatch(s.low(at)):
        found = _N_CARBON.fullmatch(s.low(at))
        if found is not None:
            number = number_of(found["number"])
            if number is None or found["what"] == "membered":
                return
            test = _is_any if found["what"] == "atom" else test
        elif s.low(at) in _LONG:
            number = _LONG[s.low(at)]
        kept.append(s.low(at))
        at += 1
    if s.low(at).removesuffix("s") not in _CHAIN:
        return
    if any(word in ("methylene", "polymethylene") for word in kept):
        test = _is_methylene
    at += 1
    if number is None and s.low(at) in ("of", "with", "containing", "consisting"):
        at += 1 + (s.low(at + 1) == "of")
        at += s.low(at) in ("exactly", "just", "only")
        number = number_of(s.low(at))
        test = _COUNTED.get(s.low(at + 1).removesuffix("s"))
        if number is None or test is None:
            return
        at += 2 + (s.low(at + 2) in ("atoms", "groups", "units", "carbons"))
    if number is None or test is None:
        return
    places = tuple(row for row in _rows(s, test) if len(row) == number)
    places = tuple(p for p in places if all(_describes(word, p, s) for word in kept))
    yield Meaning("chain", places, places), at


def _is_carbon(atom: Chem.Atom) -> bool:
    return bool(atom.GetAtomicNum() == 6)


def _is_any(_: Chem.Atom) -> bool:
    return True


def _is_methylene(atom: Chem.Atom) -> bool:
    return bool(atom.GetAtomicNum() == 6 and atom.GetTotalNumHs(True) == 2 and atom.GetTotalDegree() == 4)


_COUNTED: dict[str, Callable[[Chem.Atom], bool] | None] = {
    "carbon": _is_carbon,
    "atom": _is_any,
    "methylene": _is_methylene,
    "ch2": _is_methylene,
}


def _rows(s: Sentence, test: Callable[[Chem.Atom], bool]) -> list[Place]:
    """Rows of atoms outside rings; of carbon also without those that a group such as an acid is drawn with."""
    found = rows(s.mol, test)
    if test is _is_carbon:
        found += rows(s.mol, lambda a: _is_carbon(a) and not _is_functional(a))
    return list(dict.fromkeys(found))


def _is_functional(atom: Chem.Atom) -> bool:
    return any(b.GetBondTypeAsDouble() > 1 and b.GetOtherAtom(atom).GetAtomicNum() != 6 for b in atom.GetBonds())


def _describes(word: str, place: Place, s: Sentence) -> bool:
    atoms = [s.mol.GetAtomWithIdx(a) for a in place]
    if word in ("saturated", "alkyl", "alkylene", "methylene"):
        return all(a.GetTotalDegree() == 4 or a.GetAtomicNum() != 6 for a in atoms)
    if word in ("straight", "linear", "unbranched", "straight-chain"):
        return all(sum(n.GetIdx() in place for n in a.GetNeighbors()) < 3 for a in atoms)
    return True
