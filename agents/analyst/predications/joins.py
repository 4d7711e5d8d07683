"""Groups that a verb of its own relates: "fuses a pyrazole to a pyridine", "two nitro groups flank the methyl"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from rdkit import Chem

from molreflect.agents.analyst.predications.patterned import Decision, compiled, in_forms
from molreflect.agents.analyst.predications.places import Nouns, reaches, touches
from molreflect.agents.analyst.predications.standing import stands
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.whole import is_so_of_all
from molreflect.tools.facts.parts import Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.facts.values import NUMBERS
from molreflect.tools.terms import Verdict

_NOUN = (
    r"(?:the |an? |its |one |this )*"
    r"(?P<{}>[A-Za-z](?:(?!\b(?:and|or|is|are|which|that)\b)[\w'=,-]|(?<! ) (?! )){{1,50}}?)"
)
_END = r"(?=\s*(?:[.;)]|, (?:and|but|while|with|so)\b|$))"
_NO_BOND = (Verdict.UNCHECKED, "no bond bears that out")
_HOLDS = (Verdict.SUPPORTED, "")


def _ring(noun: str, nouns: Nouns) -> Places | None:
    return nouns.anchors(noun) or nouns.anchors(f"{noun} ring")


def _fuses(found: re.Match[str], nouns: Nouns) -> Decision:
    one, other = _ring(found["one"], nouns), _ring(found["other"], nouns)
    if not one or not other:
        return None
    shared = any(len(set(p) & set(q)) > 1 and not set(p) <= set(q) and not set(q) <= set(p) for p in one for q in other)
    return _HOLDS if shared else _NO_BOND


def _flank(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "two methyl groups flank the amine": both are bonded to it, or stand at its neighbours on a ring."""
    one, other = nouns.anchors(found["one"]), nouns.anchors(found["other"])
    one = nouns.anchors(f"{found['one']} groups") if one is None else one
    if not one or not other:
        return _NO_BOND
    holds = any(flank(one, place, nouns.molecule.mol) for place in other)
    return _HOLDS if holds else _NO_BOND


def flank(groups: Places, place: tuple[int, ...], mol: Chem.Mol) -> bool:
    """Whether two of some groups are bonded to a part, or stand on both sides of it on a ring."""
    if sum(touches(mol, place, p) for p in groups) == _BOTH:
        return True
    for ring in mol.GetRingInfo().AtomRings():
        outside = set(place) - set(ring)
        for k, atom in enumerate(ring):
            bears = outside and any(n.GetIdx() in outside for n in mol.GetAtomWithIdx(atom).GetNeighbors())
            if not bears and (atom not in place or set(place) >= set(ring)):
                continue
            beside = ((ring[k - 1],), (ring[(k + 1) % len(ring)],))
            if all(any(touches(mol, b, p) for p in groups) for b in beside):
                return True
    return False


_BOTH = 2


def _next_to(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "it has a vinyl group next to the carbonyl"."""
    name, on_carbon, _ = found["one"].partition(" on the carbon")
    one, other = nouns.anchors(name), nouns.anchors(found["other"])
    if one is None or other is None:
        return None
    if on_carbon:
        mol = nouns.molecule.mol
        carbons = [(a.GetIdx(),) for a in mol.GetAtoms() if a.GetAtomicNum() == 6]
        bearers = [c for c in carbons if any(touches(mol, c, p) for p in one)]
        return _HOLDS if any(touches(mol, c, q) for c in bearers for q in other) else _NO_BOND
    holds = any(touches(nouns.molecule.mol, p, q) or _beside(p, q, nouns.molecule.mol) for p in one for q in other)
    return _HOLDS if holds else _NO_BOND


def _beside(one: tuple[int, ...], other: tuple[int, ...], mol: Chem.Mol) -> bool:
    """Whether what stands at a ring atom is beside another part: that is, or stands at, a neighbour in the ring."""
    around = {n.GetIdx() for a in one for n in mol.GetAtomWithIdx(a).GetNeighbors()} - set(one)
    bearers = [mol.GetAtomWithIdx(a) for a in around if mol.GetAtomWithIdx(a).IsInRing()]
    near = [(n.GetIdx(),) for bearer in bearers for n in bearer.GetNeighbors() if n.IsInRing()]
    inside = any(mol.GetAtomWithIdx(a).IsInRing() for a in other)
    return any(atom[0] in other or (not inside and touches(mol, atom, other)) for atom in near)


def _through(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "a furan is attached through a CH2 to the nitrogen": the link is bonded to both."""
    one, link, other = (nouns.anchors(found[name]) for name in ("one", "link", "other"))
    if not one or not link or not other:
        return None
    mol = nouns.molecule.mol
    holds = any(
        any(reaches(mol, place, p) for p in one) and any(reaches(mol, place, q) for q in other) for place in link
    )
    return _HOLDS if holds else _NO_BOND


def _conjugated(found: re.Match[str], nouns: Nouns) -> Decision:
    places = nouns.anchors(found["one"])
    if not places:
        return None
    truth = stands(f"conjugated with {found['other'].lower()}", [places], nouns)
    return _HOLDS if truth else _NO_BOND if truth is False else None


def _kind_of_chain(found: re.Match[str], nouns: Nouns) -> Decision:
    """Decide "an unbranched primary alcohol": what it is, and that no carbon of its chain has three others."""
    places = nouns.places(found["noun"])
    carbons = [a for a in nouns.molecule.mol.GetAtoms() if a.GetAtomicNum() == 6]
    if not places or nouns.molecule.mol.GetRingInfo().NumRings() or not carbons:
        return None
    branched = any(sum(n.GetAtomicNum() == 6 for n in a.GetNeighbors()) > _BOTH for a in carbons)
    if found["number"] and number_of(found["number"]) != len(carbons):
        return Verdict.REFUTED, f"there are {len(carbons)} carbons"
    return _HOLDS if branched is (found["how"].lower() == "branched") else (Verdict.REFUTED, "it is not")


def _symmetric(found: re.Match[str], nouns: Nouns) -> Decision:
    places = nouns.places(found["noun"])
    truth = is_so_of_all(found["how"].lower(), nouns.molecule)
    if not places or truth is None:
        return None
    return _HOLDS if truth else (Verdict.REFUTED, "it is not")


_FORMS: tuple[tuple[str, Callable[[re.Match[str], Nouns], Decision]], ...] = (
    (
        r"^[\w-]+ fuses " + _NOUN.format("one") + r" (?:to|with|onto|and) " + _NOUN.format("other") + _END,
        _fuses,
    ),
    (
        rf"\b(?:two|both|the|the two) {_NOUN.format('one')} (?:flank|surround|sandwich) "
        + _NOUN.format("other") + r"(?: on (?:the|one|its|a)(?: [a-z]+)? ring)?" + _END,
        _flank,
    ),
    (
        r"\b(?:has|contains|bears|features|is there) " + _NOUN.format("one")
        + r" (?:directly |right )?(?:next to|adjacent to|beside) " + _NOUN.format("other") + _END,
        _next_to,
    ),
    (
        "^" + _NOUN.format("one") + r" is (?:attached|linked|connected|joined|bonded|bound|tied) (?:through|via|by) "
        + _NOUN.format("link") + r" to " + _NOUN.format("other") + _END,
        _through,
    ),
    (
        r"(?:^|\b(?:is|are|has|contains|bears|features) )" + _NOUN.format("one")
        + r" (?:is )?conjugated (?:with|to) (?P<other>(?:the|its|an?|another) [a-z][\w' -]{2,40}?)" + _END,
        _conjugated,
    ),
    (
        r"^[\w-]+ is an? (?:(?P<how>unbranched|branched|linear|straight-chain)) (?P<noun>[a-z][\w -]{2,40}?)"
        rf"(?: (?:with|of) (?P<number>\d+|{'|'.join(NUMBERS[1:])}) carbons?(?: atoms)?)?" + _END,
        _kind_of_chain,
    ),
    (
        r"^[\w-]+(?: acid)? is an? (?P<how>(?:un)?symmetric(?:al)?) (?P<noun>[a-z][\w -]{2,40}?)" + _END,
        _symmetric,
    ),
)  # fmt: skip
_COMPILED = compiled(_FORMS)
_DENIED = re.compile(r"\b(?:not|no|never|neither|nor|lacks?|without)\b|n['\u2019]t\b", re.IGNORECASE)


def joins(text: str, place: tuple[int, int], nouns: Nouns) -> Iterator[Statement]:
    """Check sentences on two groups that are fused, linked, conjugated or flanked, and on the shape of a chain.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
    """
    return in_forms(text, place, nouns, _COMPILED, _DENIED)
