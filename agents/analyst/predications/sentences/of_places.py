"""What is said of one place: "in the ring", "on the sulfur", "fused to a pyrrole", "Z", "a phenol"."""

from __future__ import annotations

import re

from molreflect.agents.analyst.predications.adjectives import is_so
from molreflect.agents.analyst.predications.places import Nouns, touches
from molreflect.agents.analyst.predications.sentences.noun_phrases import counted, has_all, resolved
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.traits import trait_named
from molreflect.agents.analyst.predications.vocabulary import FILTERS
from molreflect.tools.facts.configured import centres
from molreflect.tools.facts.parts import part_named

_BOUND = re.compile(
    r"(?:directly )?(?:attached|bonded|bound|connected|linked|joined) (?:directly )?(?:to|with) "
    r"(?P<what>(?:one|two|three|four|no|\d) .+)"
)
_IN = re.compile(r"(?:part of|in|within|inside|members? of|located in) (?:(?:the|an?|its|one|their) )?(?P<noun>.+)")
ON = re.compile(
    r"(?:directly )?(?:on|attached to|bonded to|bound to|linked to|connected to|at|located on) "
    r"(?:the |an? |its |one )?(?P<noun>.+)"
)


def is_so_of_place(words: str, place: tuple[int, ...], nouns: Nouns) -> bool | None:
    """Decide what "is" says of one place; None where the words are not understood."""
    if (inner := re.fullmatch(r"(?:with|having|containing|has|have) (?P<what>.+)", words)) is not None:
        return has_all([inner["what"]], place, nouns)
    mol = nouns.molecule.mol
    if words.lower() in ("z", "e", "r", "s", "cis", "trans"):
        return is_so(words.lower(), place, nouns)
    if (fused := re.fullmatch(r"fused (?:to|with|onto) (?:the |an? |its )?(?P<noun>.+)", words)) is not None:
        own = resolved(fused["noun"], nouns)
        return None if own is None else any(len(set(place) & set(o)) > 1 and not set(place) <= set(o) for o in own)
    if (many := _BOUND.fullmatch(words)) is not None and counted(many["what"]) is not None:
        return has_all([many["what"]], place, nouns)
    if words in ("undefined", "defined"):
        if len(place) != 1 or place[0] not in dict(centres(nouns.molecule)):
            return None
        return (dict(centres(nouns.molecule))[place[0]] == "?") is (words == "undefined")
    if len(place) == 1 and words in ("aromatic", "aliphatic"):
        return FILTERS[words](mol.GetAtomWithIdx(place[0]))
    if words in ("outside", "outside it", "outside the ring", "outside of the ring"):
        return not any(mol.GetAtomWithIdx(a).IsInRing() for a in place)
    if words in ("in rings", "in a ring", "part of a ring", "in the ring", "within rings", "ring members"):
        return all(mol.GetAtomWithIdx(a).IsInRing() for a in place)
    if (within := _IN.fullmatch(words)) is not None and within["noun"]:
        if (truth := is_so(words, place, nouns)) is not None:
            return truth
        own = resolved(within["noun"], nouns)
        return None if own is None else any(set(place) <= set(o) for o in own)
    if (on := ON.fullmatch(words)) is not None:
        own = resolved(on["noun"], nouns)
        if not own:
            return None
        return any(
            n.GetIdx() in o and n.GetIdx() not in place
            for o in own
            for a in place
            for n in mol.GetAtomWithIdx(a).GetNeighbors()
        )
    if words in ("arylated", "alkylated") and len(place) == 1:
        near = mol.GetAtomWithIdx(place[0]).GetNeighbors()
        return any(n.GetIsAromatic() is (words == "arylated") and n.GetAtomicNum() == 6 for n in near)
    if (
        flanked := re.fullmatch(r"(?:flanked|sandwiched) (?:by|between) (?P<many>\w+) (?P<noun>.+)", words)
    ) is not None:
        own, times = resolved(flanked["noun"], nouns), number_of(flanked["many"])
        if not own or times is None:
            return None
        return sum(bool(set(o) & set(place)) or touches(mol, place, o) for o in own if o != place) == times
    if part_named(words) is not None and len(place) == 1 and (own := nouns.places(words)):
        return place in own  # "its only heteroatom is sulfur"
    trait = trait_named(words.lower(), nouns) if " " not in words else None
    if trait is not None and trait.of_place is not None:
        return trait.of_place(nouns.molecule, place)
    truth = is_so(words, place, nouns)
    if truth is None:
        own = resolved(re.sub(r"^(?:an?|one) ", "", words), nouns) if re.match(r"(?:an?|one) ", words) else None
        if own is not None:
            return any(set(place) <= set(o) or set(o) <= set(place) for o in own)
    return truth
