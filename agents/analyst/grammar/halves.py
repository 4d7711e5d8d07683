"""What is said of the halves of a symmetrical molecule: "each half contains one N-H group"."""

from __future__ import annotations

from collections.abc import Iterator

from rdkit import Chem

from molreflect.agents.analyst.grammar.meaning import Many, Meaning
from molreflect.agents.analyst.grammar.noun_phrases import read_nouns
from molreflect.agents.analyst.grammar.tokens import Sentence

_HALF = frozenset(
    ["half", "halves", "side", "sides", "arm", "arms", "wing", "wings", "end", "ends", "subunit", "subunits"]
)
_HAS = frozenset(["has", "bears", "contains"])


def read_halves(s: Sentence, k: int) -> Iterator[tuple[bool, tuple[Meaning, ...], int]]:
    """Read what each half of the molecule has.

    Yields:
        Whether there is twice as much of each thing, two alike by the symmetry of the molecule; the things, the index
        behind.
    """
    if s.low(k) not in ("each", "both", "either"):
        return
    at = k + 1 + (s.low(k + 1) in ("of", "its")) + s.starts(k + 1, ("of", "the")) + s.starts(k + 1, ("of", "its"))
    at += s.low(at) in ("two", "identical", "equivalent")
    if s.low(at) not in _HALF:
        return
    at += 1
    if s.low(at) == "of" and s.low(at + 2) in s.words.molecule:
        at += 3
    elif s.low(at) == "of" and s.low(at + 1) == "it":
        at += 2
    for width in (2, 1):
        if s.words.verbs.get(tuple(s.low(at + n) for n in range(width))) not in _HAS:
            continue
        for things, end in read_nouns(s, at + width):
            if not any(each.is_molecule or each.given for each in things):
                yield all(_is_halved(each, s) for each in things), tuple(things), end


def _is_halved(thing: Meaning, s: Sentence) -> bool:
    number = thing.number if thing.many is Many.EXACTLY else 1
    if len(thing.places) != 2 * number or thing.many not in (Many.EXACTLY, Many.SOME, Many.THE):
        return False
    ranks = list(Chem.CanonicalRankAtoms(s.mol, breakTies=False))
    classes = [tuple(sorted(ranks[a] for a in place)) for place in thing.places]
    return all(classes.count(each) % 2 == 0 for each in classes)
