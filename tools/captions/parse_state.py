"""What the rules of the reader share while one caption is read: its tokens, and what was found so far."""

from __future__ import annotations

from collections.abc import Callable

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.tokens import tokenise
from molreflect.tools.terms import PhraseKind

_MAX_BRACKET = 8
"""Most tokens behind an opening bracket in which its partner is looked for."""


class ParseState:
    """Hold the tokens of one caption, the phrases found and what later words refer to.

    Every rule takes the state and a token index and returns the index behind what it read, or the same index where
    it read nothing. A rule that is given an index past the end reads nothing.
    """

    def __init__(self, caption: str, knows: Callable[[str], bool]) -> None:
        self.caption = caption
        self.knows = knows
        """Says whether the lexicon has a class of that name."""
        self.cues = load_cue_words()
        self.tokens = tokenise(caption)
        misspelt = self.cues.misspelt
        self.lows = [misspelt.get(token.low, token.low) for token in self.tokens]
        """Lower-case texts of the tokens, spelling mended, and four full stops behind them."""
        self.lows.extend("....")  # so that looking a few tokens ahead needs no bounds checks
        self.size = len(self.tokens)
        self.found: list[Phrase] = []
        self.pending: tuple[str, ...] = ()
        """Locants of what is being replaced, for the substituents that take its place."""
        self.sentence = 0
        """Index of the first token of the current sentence."""

    def text(self, first: int, last: int) -> str:
        """Quote the caption from one token to another, both included."""
        return self.caption[self.tokens[first].start : self.tokens[last].end]

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
        if end > start:
            text = self.caption[start:end]
            self.found.append(Phrase(text, start, end, kind, key, count, locants, relation, source, whole, name))

    def phrases(self) -> tuple[Phrase, ...]:
        """Sort what was found and keep phrases of one kind apart: the one that starts first wins, then the longest."""
        kept: list[Phrase] = []
        ends: dict[PhraseKind, int] = {}
        for phrase in sorted(self.found, key=lambda p: (p.start, -p.end)):
            if phrase.start >= ends.get(phrase.kind, 0):
                ends[phrase.kind] = phrase.end
                kept.append(phrase)
        return tuple(kept)
