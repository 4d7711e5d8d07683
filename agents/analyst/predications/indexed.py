"""Atoms that a sentence gives by their index: "the phenolic oxygen is atom 0, the ether oxygen atom 9"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.facts.parts import ELEMENTS
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

_NOUN = r"(?P<noun>[a-z](?:(?!\b(?:atoms?|and|is|are)\b)[\w' -]){2,50}?)"
_END = r"(?=\s*(?:[.,;)]|and\b|while\b|whereas\b|but\b|$))"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"(?:^|[,;:] |\b(?:and|while|whereas|but) )(?:the |its |an? )?{_NOUN}"
        rf"(?: (?:is|sits|lies)(?: at)?| at)? atom (?P<index>\d{{1,4}}){_END}",
        rf"(?:^|[,;:] |\b(?:and|while|whereas|but) )(?:the |its |an? )?{_NOUN}"
        rf" (?:has|carries) (?:the )?(?:atom )?(?:index|number) (?P<index>\d{{1,4}}){_END}",
        rf"\batom (?P<index>\d{{1,4}})(?: is)? (?:the |an? |its ){_NOUN}{_END}",
    )
)
_DENIED = re.compile(r"\b(?:not|no|never|neither|nor)\b|n['\u2019]t\b", re.IGNORECASE)


def given_atoms(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Check the index of each atom that a sentence gives; its verb may stand with the first of them alone.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    sentence = text[slice(*place)]
    if _DENIED.search(sentence):
        return
    for pattern in _PATTERNS:
        for found in pattern.finditer(sentence):
            start = min(found.start("noun"), found.start("index") - len("atom "))
            decided = _decided(found["noun"], int(found["index"]), nouns)
            if decided is not None:
                yield Statement(place[0] + start, place[0] + found.end(), *decided)


def _decided(noun: str, index: int, nouns: Nouns) -> tuple[Verdict, str] | None:
    mol = nouns.molecule.mol
    places = nouns.places(noun)
    if index >= mol.GetNumAtoms() or not places or any(len(each) != 1 for each in places):
        return None
    if (index,) in places:
        return Verdict.SUPPORTED, ""
    told = f"it is at atoms {'; '.join(str(a) for (a,) in places[:4])}"
    symbol = ELEMENTS.get(noun.split()[-1].lower().removesuffix("s"))
    other = symbol is not None and symbol.isalpha() and mol.GetAtomWithIdx(index).GetSymbol() != symbol
    return (Verdict.REFUTED if other else Verdict.UNCHECKED), told
