"""What the rules of the reader share while one caption is read: its tokens, and what was found so far."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.tokens import EMPHASIS, tokenise
from molreflect.tools.names.atoms import read_bond
from molreflect.tools.names.trivial import trivial_names
from molreflect.tools.terms import PhraseKind

IN_COMPONENT = 2
"""Value in `ParseState.covered` of what a list of components names; a name beside it belongs to the list."""
_BONDS = "-–—−=≡#()[]"
_SHORT = 6
"""More characters than a bond between two symbols of elements has."""
_MAX_BRACKET = 8
"""Most tokens behind an opening bracket in which its partner is looked for."""


class Context(IntEnum):
    """What the words around a token make of a name in it."""

    NONE = 0
    NEGATED = 1
    """It is said not to be in the molecule."""
    CONSUMED = 2
    """It has reacted away: a group of it is no claim, the compound it belongs to may be a relation."""
    FOREIGN = 3
    """It speaks of something else."""


class ParseState:
    """Hold the tokens of one caption, the phrases found and what later words refer to.

    Every rule takes the state and a token index and returns the index behind what it read, or the same index where
    it read nothing. A rule that is given an index past the end reads nothing.
    """

    def __init__(self, caption: str, knows: Callable[[str], bool]) -> None:
        self.caption = caption
        self.knows = knows
        """Says whether the lexicon has a class of that name."""
        self.emphasised = "*" in caption or "`" in caption
        self.cues = load_cue_words()
        self.tokens = tokenise(caption)
        misspelt = self.cues.misspelt
        self.lows = [token[3] for token in self.tokens]
        if not misspelt.keys().isdisjoint(self.lows):
            self.lows = [misspelt.get(low, low) for low in self.lows]
        """Lower-case texts of the tokens, spelling mended, and four full stops behind them."""
        self.lows.extend("....")  # so that looking a few tokens ahead needs no bounds checks
        self.size = len(self.tokens)
        stops = [i for i, low in enumerate(self.lows) if low == "."][:-4]
        starts = [0, *(i + 1 for i in stops[:-1])]
        self.sentences = [(first, last) for first, last in zip(starts, stops, strict=False) if first < last]
        """Index of the first token of each sentence and the index behind its last one, full stop left out."""
        self.noun_phrases: dict[int, Any] = {}
        """What `read_noun_phrase` has read, by the index of its first token."""
        self.found: list[Phrase] = []
        self.covered = bytearray(self.size + 4)
        """Whether each token needs no further look: it is in a phrase, `IN_COMPONENT`, or `passed`."""
        self.passed = bytearray(self.size + 4)
        """Whether a rule has judged each token and made no phrase of it on purpose."""
        self.pending: tuple[str, ...] = ()
        """Locants of what is being replaced, for the substituents that take its place."""
        self.marks = bytearray(self.size + 4)
        """What the words around each token make of a name in it: a `Context` for each."""
        self.sentence = 0
        """Index of the first token of the current sentence."""

    def text(self, first: int, last: int) -> str:
        """Quote the caption from one token to another, both included."""
        text = self.caption[self.tokens[first].start : self.tokens[last].end]
        return EMPHASIS.sub("", text) if self.emphasised else text

    def formula_name(self, i: int) -> str:
        """Return the name of a group that the token writes as a formula ("COOH", "-OMe"); empty where it does not."""
        text = self.tokens[i].text
        if text.endswith("s"):  # "three OH's", "the two NHs"
            text = text.removesuffix("s").removesuffix("'").removesuffix("\u2019")
        return self.cues.formulas.get(text.strip(_BONDS), "") or (
            text if len(text) < _SHORT and read_bond(text) else ""
        )

    def names_compound(self, first: int, last: int) -> bool:
        """Say whether the tokens are a trivial name of the table ("camphor", "GABA")."""
        return trivial_names().find(self.text(first, last)) is not None

    def closing_bracket(self, i: int) -> int:
        """Return the index of the `)` token that closes the `(` token at `i`, at most 8 tokens on; 0 if none."""
        depth = 0
        for j in range(i, min(i + _MAX_BRACKET + 1, self.size)):
            low = self.lows[j]
            if low == "(":
                depth += 1
            elif low == ")":
                depth -= 1
                if depth == 0:
                    return j
            elif low == ".":
                return 0
        return 0

    def skip_bracket(self, i: int) -> int:
        """Return the index behind the bracket that opens at `i`, or `i` where none opens or it does not close."""
        closed = self.closing_bracket(i) if self.lows[i] == "(" else 0
        return closed + 1 if closed else i

    def add(
        self,
        first: int,
        last: int,
        kind: PhraseKind,
        key: str,
        source: str,
        *,
        count: int | None = None,
        locants: tuple[str, ...] = (),
        relation: str | None = None,
        whole: bool = False,
        name: str = "",
    ) -> None:
        """Add the tokens from `first` to `last`, both included, as a phrase; the rest is as in `Phrase`."""
        start, end = self.tokens[first].start, self.tokens[last].end
        if end > start and not (self.marks[last] and self._claims_nothing(kind, source, key, last)):
            text = self.caption[start:end]
            self.covered[first : last + 1] = bytes([IN_COMPONENT if source == "component" else 1]) * (last + 1 - first)
            self.found.append(Phrase(text, start, end, kind, key, count, locants, relation, source, whole, name))

    def pass_over(self, first: int, last: int) -> None:
        """Keep the tokens from `first` to before `last` out of what is read as free prose."""
        last = min(last, self.size)
        self.passed[first:last] = self.covered[first:last] = b"\1" * (last - first)

    def _claims_nothing(self, kind: PhraseKind, source: str, key: str, i: int) -> bool:
        """Say whether the words around the token make a name in it no claim."""
        mark = self.marks[i]
        if source == "negated" or kind not in {PhraseKind.STRUCTURE, PhraseKind.RELATION}:
            return False
        return mark != Context.CONSUMED or (source in {"group", "substituent"} and not key.endswith("ring"))

    def phrases(self) -> tuple[Phrase, ...]:
        """Sort what was found and keep phrases of one kind apart: the one that starts first wins, then the longest."""
        kept: list[Phrase] = []
        ends: dict[PhraseKind, int] = {}
        for phrase in sorted(self.found, key=lambda p: (p.start, -p.end)):
            if phrase.start >= ends.get(phrase.kind, 0):
                ends[phrase.kind] = phrase.end
                kept.append(phrase)
        return tuple(kept)
