"""How far groups are said to be apart: "three methylene groups separate the amine from the acid"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from rdkit import Chem

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.parts import Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.terms import Verdict

_COUNT = rf"(?P<number>an?|a single|\d{{1,2}}|{'|'.join(NUMBERS[1:])})"
_WHAT = r"(?P<what>methylenes?|methylene groups?|ch2 groups?|ch2s?|carbons?|carbon atoms?|atoms?|bonds?)"
_NOUN = r"(?:the |an? |its |two |both )?(?P<{}>[a-z][\w' -]{{1,40}}?)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:joins|links|connects|couples) {_NOUN.format('one')} (?:to|with|and) {_NOUN.format('other')}"
        rf" (?:through|via|by|over) (?:only |just |exactly )?{_COUNT} {_WHAT}(?=[.,;]|$)",
        rf"\b{_COUNT} {_WHAT} (?:separates?|links?|connects?|joins?) {_NOUN.format('one')}"
        rf"(?: (?:from|and|to|with) {_NOUN.format('other')})?(?=[.,;]|$)",
        rf"(?:^|[,;] ){_NOUN.format('one')} and {_NOUN.format('other')} are"
        rf" (?:separated|linked|joined|connected|bridged) by (?:only |just |exactly )?{_COUNT} {_WHAT}(?=[.,;]|$)",
        rf"(?:^|[,;] ){_NOUN.format('one')} is separated from {_NOUN.format('other')} by (?:only |just |exactly )?"
        rf"{_COUNT} {_WHAT}(?=[.,;]|$)",
        rf"(?:^|[,;] ){_NOUN.format('one')} (?:is|sits|lies) (?:only |just |exactly )?{_COUNT} {_WHAT}(?: away)? from"
        rf" {_NOUN.format('other')}(?=[.,;]|$)",
        rf"\b{_COUNT} {_WHAT} (?:lies?|sits?|stands?|are|is)(?: located| found| placed)? between {_NOUN.format('one')}"
        rf" and {_NOUN.format('other')}(?=[.,;]|$)",
        r"\b(?P<number>an ethylene|a propylene|a butylene|a trimethylene|a tetramethylene|a one-carbon|a two-carbon"
        r"|a three-carbon|a four-carbon) (?P<what>bridge|linker|spacer|chain|unit|link|tether) "
        rf"(?:separates|links|connects|joins) {_NOUN.format('one')} (?:from|and|to|with) {_NOUN.format('other')}"
        r"(?=[.,;]|$)",
        rf"(?:^|[,;] ){_NOUN.format('one')} are separated by (?:only |just |exactly )?{_COUNT} {_WHAT}(?=[.,;]|$)",
    )
)


_CHAINS = {"ethylene": 2, "propylene": 3, "trimethylene": 3, "butylene": 4, "tetramethylene": 4} | {
    word: number for number, word in enumerate(NUMBERS[1:5], 1)
}


def apart(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Check how many atoms or bonds are said to be between two groups, each of them one place or two of one group.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    sentence = text[slice(*place)]
    for pattern in _PATTERNS:
        for found in pattern.finditer(sentence):
            decided = _decided(found, nouns)
            if decided is not None:
                verdict, why = decided
                start = found.start() + (found[0][0] in ",;") * 2
                yield Statement(place[0] + start, place[0] + found.end(), verdict, why)


def _decided(found: re.Match[str], nouns: Nouns) -> tuple[Verdict, str] | None:
    one = nouns.anchors(found["one"])
    other = nouns.anchors(found["other"]) if found.groupdict().get("other") else None
    if not one or (found.groupdict().get("other") and not other):
        return None
    one, other = _cores(one, nouns.molecule.mol), _cores(other or (), nouns.molecule.mol)
    if len(one) == 1 and _RING.search(found.groupdict().get("other") or ""):
        other = _nearest(one[0], other, nouns.molecule.mol)
    pairs = [(a, b) for a in one for b in other if a != b] if other else list(combinations(one, 2))
    if not pairs:
        return None
    word = found["number"].lower()
    said = 1 if word in ("a", "an", "a single") else number_of(word)
    what = found["what"].lower()
    if (chain := word.partition(" ")[2].removesuffix("-carbon")) in _CHAINS:
        said, what = _CHAINS[chain], "carbons" if word.endswith("-carbon") else "methylenes"
    there = {_between(a, b, what, nouns.molecule.mol) for a, b in pairs}
    if there == {said}:
        return Verdict.SUPPORTED, ""
    told = " or ".join(sorted("other atoms" if n is None else str(n) for n in there))
    return (Verdict.UNCHECKED if said in there or len(there) > 1 else Verdict.REFUTED), f"there are {told} between them"


_RING = re.compile(r"\bring$", re.IGNORECASE)


def _cores(places: Places, mol: Chem.Mol) -> Places:
    """Leave out the saturated carbon that an alcohol or an amine is drawn with: the way begins at its heteroatom."""

    def core(place: tuple[int, ...]) -> tuple[int, ...]:
        atoms = [mol.GetAtomWithIdx(a) for a in place]
        own = tuple(a.GetIdx() for a in atoms if a.IsInRing() or a.GetAtomicNum() != 6 or a.GetTotalDegree() < 4)
        return own or place

    return tuple(dict.fromkeys(map(core, places)))


def _nearest(to: tuple[int, ...], rings: Places, mol: Chem.Mol) -> Places:
    """Of rings that are fused to each other "the ring" is the nearest."""
    if len(rings) < 2 or any(set(rings[0]).isdisjoint(ring) for ring in rings[1:]):
        return rings
    return (min(rings, key=lambda ring: min(len(Chem.GetShortestPath(mol, a, b)) for a in to for b in ring if a != b)),)


def _between(one: tuple[int, ...], other: tuple[int, ...], what: str, mol: Chem.Mol) -> int | None:
    """Count the atoms, or bonds, on the shortest way between two groups; None where others than named are on it."""
    ways = [Chem.GetShortestPath(mol, a, b) for a in one for b in other if a != b]
    if not ways or set(one) & set(other):
        return None
    way = min(ways, key=len)
    if what.startswith("bond"):
        return len(way) - 1
    inner = [mol.GetAtomWithIdx(a) for a in way[1:-1]]
    if what.startswith(("methylene", "ch2")):
        fits = all(a.GetAtomicNum() == 6 and a.GetTotalNumHs(True) == 2 for a in inner)
    else:
        fits = what.startswith("atom") or all(a.GetAtomicNum() == 6 for a in inner)
    return len(inner) if fits else None
