"""What a question about molecules may ask for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from molreflect.agents.analyst.sentence import Sentence


class Intent(StrEnum):
    """What is asked for."""

    WHERE = "where"
    COUNT = "count"
    HAS = "has"
    CLASS = "class"
    WHY = "why"
    CONTENTS = "contents"
    PROPERTY = "property"
    STEREO = "stereo"
    NAME = "name"
    COMPARE = "compare"
    SAME = "same"
    SIMILARITY = "similarity"
    SIMILAR = "similar"
    WHICH_HAS = "which has"
    SUBSTITUTION = "substitution"
    CAPTION = "caption"
    WRITE_CAPTION = "write a caption"
    FROM_CAPTION = "molecule of a caption"
    DRAW = "draw"
    CHANGE = "change"
    DESCRIBED = "described part"
    ATOM = "atom"
    BESIDE = "beside"
    SAME_PLACE = "same place"
    HELD = "held within"
    POSITION = "position"
    ODD_ONE = "odd one out"
    VALID = "valid"
    GIVEN = "given"
    FOLLOW_UP = "follow-up"
    CORRECTION = "correction"
    HELP = "help"
    GREETING = "greeting"
    OUT_OF_SCOPE = "out of scope"
    UNKNOWN = "unknown"


POINTERS = {
    "it": "it",
    "its": "it",
    "this": "it",
    "that": "it",
    "here": "it",
    "itself": "it",
    "one": "it",
    "they": "all",
    "them": "all",
    "these": "all",
    "those": "all",
    "both": "all",
    "their": "all",
    "either": "all",
    "neither": "all",
    "first": "first",
    "former": "first",
    "second": "second",
    "latter": "second",
    "third": "third",
    "fourth": "fourth",
    "last": "last",
    "previous": "last",
    "other": "other",
    "others": "other",
}
"""Words that point to molecules of the conversation."""
MORE = ("more", "most")
RINGS = "rings"
"""Key of a question for the rings alone of what is in a molecule."""
WHICH = "which"
"""Key of a question which of several classes holds."""
LIT = "lit"
"""Key of a question for a picture that asks for groups to be lit up, so that their atoms are told, too."""
IN_RING = "in a ring"
OFF_RING = "outside rings"
"""Keys of a question for the places of a group that are in rings, or outside them."""
BOUND = "bound to"
"""Key of a question for the atoms that a group is bound to."""
FEWER = ("fewer", "fewest", "less", "least")
"""Words that ask which of several molecules has more or fewer of a group."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a question asks for."""

    intent: Intent
    text: str
    molecules: tuple[str, ...] = ()
    """Words that name molecules, as they stand."""
    groups: tuple[str, ...] = ()
    """Words that name groups, classes or parts."""
    either: tuple[str, ...] = ()
    """Words that may name a molecule or a group."""
    pointer: str = ""
    """`it`, `all`, `first`, `second`, `third`, `fourth`, `last` or `other`; empty where nothing points."""
    keys: tuple[str, ...] = ()
    """Properties or identifiers that are asked for."""
    caption: str = ""
    claimed: str = ""
    """A value that is supposed: "is the mass of benzene 78.11?"."""
    topic: str = ""
    """What is asked for though no structure answers it."""
    mended: tuple[tuple[str, str], ...] = ()
    """Words that were taken for others."""
    aside: frozenset[str] = frozenset()
    """Words, in small letters, that were found to name nothing and are passed over."""
    named: frozenset[str] = frozenset()
    """Words that read like a molecule's name and were found to name a group: "methyl sulfone"."""
    sentence: Sentence = field(default_factory=lambda: Sentence((), ()), compare=False)
