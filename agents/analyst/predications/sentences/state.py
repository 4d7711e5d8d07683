"""What a sentence that is read clause by clause spoke of so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.facts.parts import Places

HAVE = frozenset(["has", "have", "contains", "contain"])
BE = frozenset(["is", "are", "is-no"])
LACK = frozenset(["lacks", "lack"])


@dataclass(slots=True)
class State:
    """What was spoken of so far."""

    nouns: Nouns
    subject: Places | None = None
    """None for the molecule."""
    verb: str = ""
    last: list[tuple[str, Places]] = field(default_factory=list)
    """The things of the list that is being read."""
    mentioned: list[Places] = field(default_factory=list)
    left: Places = ()
    """Of the last things those of which nothing was said yet."""
    rest: str = ""
    """What was said of the subject."""
    many: int | None = None
    pool: Places = ()
    """All that a number of was spoken of: of "one ring" both."""
    total: int | None = None
    """What the things of the list behind a colon must add up to."""
    listed: int = 0
    head: Places = ()
    """The places of what stands before the colon."""
    kind: str = ""
    """Of groups that are told behind a colon only, the element that each of them has."""
