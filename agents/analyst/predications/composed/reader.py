"""A sentence that is being read word by word, with what it speaks of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from molreflect.agents.analyst.predications.composed.meant import Meant, Said
from molreflect.agents.analyst.predications.composed.nouns import Resolver
from molreflect.agents.analyst.predications.composed.words import Word, listed, longest, phrases
from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule


@dataclass(slots=True)
class Reader:
    """A sentence that is being read, and where its nouns are looked up."""

    words: Sequence[Word]
    resolver: Resolver
    verb_phrase: Callable[[Reader, int, int], Iterator[Said]]
    """Reads what stands behind "that" and "which"."""
    noun_phrase: Callable[[Reader, int, int], Iterator[Meant]]
    """Reads what a noun is of, in or bound to."""
    heads: dict[int, Places] = field(default_factory=dict)
    """The nouns that were read, by where they begin: "the one bearing fluorine" speaks of the last."""

    rests: dict[tuple[int, str], object] = field(default_factory=dict)
    """The clauses that were decided from a word on, so that they are once."""

    @property
    def molecule(self) -> Molecule:
        """What the sentence is about."""
        return self.resolver.nouns.molecule

    def low(self, k: int) -> str:
        """A word in small letters; empty behind the last."""
        return self.words[k].low if 0 <= k < len(self.words) else ""

    def skip(self, k: int, *, floating: bool = False) -> int:
        """Step over adverbs that restrict nothing; over "both" and "each", too, where they float beside a verb."""
        while True:
            if self.low(k) in listed("adverbs") or (floating and self.low(k) in ("both", "each", "all")):
                k += 1
            elif f"{self.low(k)} {self.low(k + 1)}" in listed("adverbs"):
                k += 2
            else:
                return k

    def phrase_at(self, table: str, k: int) -> Iterator[tuple[str, int]]:
        """Find the relations of phrases of a table that begin at a word, the longest first, and the word behind."""
        for size in range(longest(table), 0, -1):
            key = tuple(word.low for word in self.words[k : k + size])
            if len(key) == size:
                for relation in phrases(table).get(key, ()):
                    yield relation, k + size
