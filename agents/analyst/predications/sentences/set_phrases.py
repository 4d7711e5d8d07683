"""Clauses that are no lists: what a molecule differs by, what it has only, what it lacks beside something."""

from __future__ import annotations

import re
from itertools import pairwise

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.named import compares, differs
from molreflect.agents.analyst.predications.sentences.noun_phrases import Counted, counted, of_number, resolved
from molreflect.agents.analyst.predications.whole import of_only
from molreflect.tools.facts.parts import ELEMENTS
from molreflect.tools.terms import Verdict


def of_whole_part(part: str, nouns: Nouns) -> bool | None:
    """Decide what is no list: "differs from uracil by ...", "besides one fluorine it lacks other halogens"."""
    bare = re.sub(r"^it (?:has |is )?", "", part)
    if part.startswith("it differs "):
        return differs(bare, nouns)
    if part.startswith("it has ") and (truth := compares(bare, nouns)) is not None:
        return truth
    if (turns := _ALTERNATING.fullmatch(part)) is not None:
        return _alternates(turns, nouns)
    if (only := _ONLY.fullmatch(part)) is not None:
        elements = [e for e in re.split(r" ?, and | ?, | and ", only["what"]) if e]
        verdict, _, _ = of_only(elements, nouns.molecule)
        return None if verdict is None else verdict is Verdict.SUPPORTED
    if (but := _BESIDES.fullmatch(part) or _BESIDES_BEHIND.fullmatch(part)) is not None:
        said = counted(but["but"]) or Counted(re.sub(r"^(?:the|its) ", "", but["but"]), 1, None)
        truth, places = of_number(said, nouns)
        every = resolved(but["what"], nouns)
        if truth is None or every is None:
            return None
        known = {a for p in places for a in p}
        return truth and all(set(p) & known for p in every)
    return None


_ONLY = re.compile(r"it (?:has|contains) (?P<what>[^:;()]+) (?:only|alone)")
_BESIDES = re.compile(
    r"(?:besides|apart from|other than|except for|aside from|beyond) (?P<but>[^,;]+?) ?,? (?:it|there) lacks "
    r"(?:any )?(?:other |further |additional )?(?P<what>[^,;]+)"
)
_BESIDES_BEHIND = re.compile(
    r"it lacks (?:any )?(?:other )?(?P<what>[^,;]+?) ?,? "
    r"(?:besides|apart from|other than|except for|except|aside from) (?P<but>[^,;]+)"
)


_ALTERNATING = re.compile(
    r"(?:the|its) (?P<ring>.+?) (?:contains|has) alternating (?P<one>\w+) and (?P<two>\w+)(?: atoms)?"
)


def _alternates(turns: re.Match[str], nouns: Nouns) -> bool | None:
    """Whether the atoms of a ring are of two elements by turns."""
    rings = resolved(turns["ring"], nouns)
    symbols = [ELEMENTS.get(turns[name].removesuffix("s")) for name in ("one", "two")]
    if not rings or None in symbols:
        return None
    mol = nouns.molecule.mol
    for ring in mol.GetRingInfo().AtomRings():
        if set(ring) in map(set, rings):
            own = [mol.GetAtomWithIdx(a).GetSymbol() for a in ring]
            if set(own) != set(symbols) or any(a == b for a, b in pairwise([*own, own[0]])):
                return False
    return True


def distinct(kind: str, nouns: Nouns) -> int:
    """Count the elements of a kind: of "halogen", "heteroatom", "element"."""
    symbols = {a.GetSymbol() for a in nouns.molecule.mol.GetAtoms()}
    if kind == "halogen":
        return len(symbols & {"F", "Cl", "Br", "I"})
    if kind == "heteroatom":
        return len(symbols - {"C", "H"})
    return len(symbols | ({"H"} if any(a.GetTotalNumHs() for a in nouns.molecule.mol.GetAtoms()) else set()))
