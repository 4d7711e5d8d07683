"""Lists behind a number of things of no kind: "four substituents: a methyl group, two chlorines and a hydroxyl"."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from molreflect.agents.analyst.grammar.determiners import read_determiners
from molreflect.agents.analyst.grammar.meaning import Many, Meaning
from molreflect.agents.analyst.grammar.nouns import is_hydrogen
from molreflect.agents.analyst.grammar.tokens import Sentence

Nouns = Callable[[Sentence, int], Iterator[tuple[list[Meaning], int]]]
_OF_ANY_KIND = frozenset(
    [
        "group",
        "groups",
        "substituent",
        "substituents",
        "neighbour",
        "neighbours",
        "neighbor",
        "neighbors",
        "unit",
        "units",
        "part",
        "parts",
        "thing",
        "things",
        "moiety",
        "moieties",
        "feature",
        "features",
        "functionality",
        "functionalities",
        "component",
        "components",
        "atom",
        "atoms",
        "piece",
        "pieces",
        "fragment",
        "fragments",
        "partner",
        "partners",
        "ligand",
        "ligands",
        "element",
        "elements",
    ]
)
SUBSTITUENTS = frozenset(
    ["substituent", "substituents", "groups", "atoms", "neighbour", "neighbours", "neighbor", "neighbors"]
)
"""Things of no kind that, where they are counted at one part, are all that it bears."""
_KINDS = frozenset(["kinds", "types", "sorts", "classes", "kind", "type"])
_BETWEEN = frozenset(
    ["different", "distinct", "separate", "other", "functional", "structural", "following", "main", "key"]
)
_NAMELY = (
    ("namely",),
    ("i.e",),
    ("specifically",),
    ("which", "are"),
    ("these", "are"),
    ("they", "are"),
    ("that", "is"),
)


def read_listed(s: Sentence, k: int, read: Nouns) -> Iterator[tuple[list[Meaning], int]]:
    """Read a number, a noun of no kind, a mark and as many things as the number says.

    Args:
        s: The sentence.
        k: Where it begins.
        read: Reads a list of noun phrases.

    Yields:
        The things, and with them that there are just so many; the index behind.
    """
    for said, after in read_determiners(s, k):
        if said.many is not Many.EXACTLY or after >= len(s.tokens):
            continue
        at = after
        while s.low(at) in _BETWEEN:
            at += 1
        if s.low(at) in _KINDS and s.low(at + 1) == "of":  # "three kinds of hydroxyl group"
            ends = [(end, one) for every, end in read(s, at + 2) for one in every[:1]]
            kind, at = next(((one, end) for end, one in ends if s.low(end + (s.low(end) == "here")) == ":"), (None, at))
            if kind is None:
                continue
            noun = "kinds"
        elif s.low(at) in _OF_ANY_KIND:
            kind, noun, at = None, s.low(at), at + 1
        else:
            continue
        at += s.low(at) in ("here", "overall", "altogether")
        if s.low(at) not in (":", ",", "(", "-", "\u2014"):
            continue
        opened, at = s.low(at) == "(", at + 1
        for words in _NAMELY:
            if s.starts(at, words):
                at += len(words) + (s.low(at + len(words)) == ",")
                break
        for things, end in read(s, at):
            counts = [_number(each) for each in things]
            if opened and s.low(end) != ")":
                continue
            own = {a for p in kind.whole for a in p} if kind is not None else None
            if own is not None and not all(own & set(p) for each in things for p in each.whole):
                continue
            if len(things) > 1 and None not in counts and sum(n or 0 for n in counts) == said.number:
                bearing = Meaning(noun, (), (), Many.EXACTLY, said.number, is_plural=True, only_counts=True)
                whole = [*things, bearing] if noun in SUBSTITUENTS and not any(map(_is_molecule, things)) else things
                yield whole, end + opened


def _is_molecule(thing: Meaning) -> bool:
    return thing.is_molecule


def _number(thing: Meaning) -> int | None:
    """How many a thing of a list says there are; None where it does not say."""
    if thing.many is Many.EXACTLY:
        return thing.number
    if thing.given or thing.many not in (Many.SOME, Many.THE) or thing.is_plural:
        return None
    return 1


def counts_hydrogens(things: Sequence[Meaning]) -> bool:
    """Whether hydrogens are among the things that a part is said to bear."""
    return any(map(is_hydrogen, things))
