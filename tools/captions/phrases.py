"""What the caption reader returns: phrases with exact offsets."""

from __future__ import annotations

from dataclasses import dataclass

from molreflect.tools.terms import PhraseKind


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words quoted from a caption; `caption[start:end] == text` always."""

    text: str
    start: int
    """0-based character offset of the first character."""
    end: int
    """0-based character offset behind the last character."""
    kind: PhraseKind
    key: str
    """Normalised name for lookups and corpus statistics: singular, no article, no count, no "group". For a relation
    the compound it names, for an origin the organism or place."""
    count: int | None = None
    """How many of `key` the phrase states ("two chloro substituents", "dichloro"), else None."""
    locants: tuple[str, ...] = ()
    """Positions the phrase states, as written: ("3", "11"), ("N-2",), ("3beta",)."""
    relation: str | None = None
    """For relations the relation in words, one of `CueWords.relations`."""
    source: str = ""
    """Which rule found it: "head", "item", "parent", "modified-parent", "component", "substituent", "group",
    "modifier", "name" (unknown to the lexicon, only its shape is chemical), "relation", "role", "origin"."""
    whole: bool = False
    """Whether the phrase names the whole molecule: what follows "The molecule is a"."""
    name: str = ""
    """The name behind `key` with its capitals ("N-acetyl-L-leucine", "O-methyl"), which nomenclature needs; empty for
    roles and origins."""
