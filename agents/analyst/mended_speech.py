"""A question that corrects itself: "rings in benzene, no wait, in naphthalene" asks for the rings of naphthalene."""

from __future__ import annotations

from molreflect.agents.analyst.comparing import keys_asked
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary

_MARKERS = tuple(
    tuple(phrase.split())
    for phrase in (
        "no wait sorry",
        "wait no sorry",
        "sorry i meant",
        "sorry i mean",
        "no i meant",
        "no i mean",
        "actually i mean",
        "actually i meant",
        "i should say",
        "actually no",
        "no wait",
        "wait no",
        "no sorry",
        "sorry no",
        "oh sorry",
        "or rather",
        "no rather",
        "scratch that",
        "strike that",
        "make that",
        "my bad",
        "my mistake",
        "i meant",
        "i mean",
        "correction",
        "actually",
        "sorry",
        "oops",
        "wait",
        "no",
    )
)
"""What a speaker says before what was meant, the longest first."""
_SLIPPED = frozenset(
    ["oops", "sorry", "no", "wait", "ah", "oh", "hmm", "er", "um", "well", "ups", "whoops", "my", "bad"]
)
_MOST = 8
"""Words of the longest correction."""
_NAMES = (Role.MOLECULE, Role.EITHER)


def without_slip(sentence: Sentence) -> str | None:
    """Write a question as it was meant in the end.

    Returns:
        The question with what was corrected in place of the slip; None where nothing in it is corrected.
    """
    found = _marker(sentence)
    if found is None:
        return None
    start, end = found
    words = sentence.words
    tail = [word.casefold() for word in words[end:]]
    asking = vocabulary().function
    if not 0 < len(tail) <= _MOST or set(tail) & (asking["question"] | asking["be"] | asking["do"] | asking["have"]):
        return None
    head = [c for c in sentence.chunks if c.last <= start]
    meant = [c for c in sentence.chunks if c.first >= end]
    mark = "?" if sentence.text.rstrip().endswith("?") else ""
    if not meant:
        named = [c.text for c in head if c.role in _NAMES]
        keys = keys_asked(Sentence(tuple(tail), ()))
        value = keys and len(tail) < 4 and named
        return f"{' '.join(words[end:])} of {' and '.join(named)}{mark}" if value else None
    spans: dict[int, tuple[Chunk, Chunk]] = {}
    for chunk in reversed(meant):
        slips = [c for c in head if c.first not in spans and _stands_for(chunk, c)]
        if not slips:
            return None
        alike = [((c.article == chunk.article) + (c.before == chunk.before), c.first) for c in slips]
        slip = slips[alike.index(max(alike))]
        spans[slip.first] = (slip, chunk)
    kept: list[str] = []
    i = 0
    while i < start:
        if i in spans:
            slip, chunk = spans[i]
            kept += words[chunk.first : chunk.last]
            i = slip.last
        else:
            kept.append(words[i])
            i += 1
    return f"{' '.join(kept)}{mark}"


def _marker(sentence: Sentence) -> tuple[int, int] | None:
    """Find the last words that say that a correction follows, and something named before and behind them."""
    low = [word.casefold() for word in sentence.words]
    for at in range(len(low) - 1, 0, -1):
        for marker in _MARKERS:
            end = at + len(marker)
            if tuple(low[at:end]) != marker or end >= len(low):
                continue
            before = [c for c in sentence.chunks if c.last <= at]
            if set(low[:at]) <= _SLIPPED:
                continue  # "Oops, I meant alanine" corrects an earlier question
            if not before or (at and tuple(low[at - 1 : end]) in _MARKERS):
                continue
            close = before[-1].last == at
            if marker in (("no",), ("actually",), ("wait",), ("sorry",)) and not close:
                continue
            if marker == ("no",) and not any(c.first == end and c.role is Role.MOLECULE for c in sentence.chunks):
                continue
            return at, end
    return None


def _stands_for(meant: Chunk, slip: Chunk) -> bool:
    """Whether a chunk may be what was meant in place of another: a molecule for a molecule, a group for a group."""
    if meant.article in ("a", "an") and slip.article not in ("a", "an"):
        return False
    if meant.role is Role.GROUP:
        return slip.role is Role.GROUP or (slip.role is Role.EITHER and bool(slip.article))
    if meant.role is Role.EITHER and slip.role is Role.GROUP:
        return meant.article == slip.article
    return slip.role in _NAMES
