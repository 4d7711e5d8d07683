"""Which other part of the molecule a phrase is said to hang on: "the pyridine carries a methoxy group".

Words that place a part narrow down which of several is meant. They never refute: prose is free to say "on the ring" of
what hangs on a chain of it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.terms import PhraseKind

_SENTENCE_START = re.compile(r"[.!?;:]\s|\n")
_SENTENCE_END = re.compile(r"[.!?;:](?:\s|$)|\n")
_CARRIES = re.compile(
    r"^\s*(?:of (?:the )?[\w,'-]+\s+)?(?:,?\s*(?:which|that|each|itself|also|in turn|further)\s+)*"
    r"(?:bear(?:s|ing)?|carr(?:ies|y|ying)|ha(?:s|ve|ving)|with|holds?|holding|possess(?:es|ing)?|features?|featuring|"
    r"(?:is |are )?(?:further )?(?:mono|di|tri)?(?:substituted|decorated|functionali[sz]ed)(?: \w+ly)? (?:with|by))\b"
)
_CONTAINS = re.compile(r"^\s*(?:also |itself )?(?:contain(?:s|ing)?|includ(?:es|ing)|incorporat(?:es|ing))\b")
_LISTED = re.compile(
    r"^(?:[\s,()]|and|as well as|plus|also|both|flanking|an?|one|two|three|four|the|single|free|another|by|\d)*$"
)
"""What may stand among the parts of one list."""
_ON = re.compile(
    r"^\s*(?:\([^()]{1,40}\)\s*)?,?\s*(?:(?:which|that) )?(?:(?:is|are|sits?|lies?|hangs?|resides?) )?"
    r"(?:(?:directly|also|both|each|all|found|located|situated|attached|bonded|bound|linked|connected|positioned|placed|"
    r"appended|present|installed|sitting|hanging) )*(?P<how>(?:directly |immediately )?(?:next|adjacent|closest|"
    r"nearest|alpha|proximal|close|ortho|meta|para) to|beside|between|on|to|onto|of|in) "
    r"(?:the |its |an? |this |that |each )?"
    r"(?P<adjective>(?:same |other |central |fused |aromatic |saturated |terminal |left-hand |right-hand )*)"
)
_SIDE_CHAIN = "[!R;$([#6]),$(*~[#6;!R])]"
_BARE = {
    "side chain": _SIDE_CHAIN,
    "side-chain": _SIDE_CHAIN,
    "acid": "[CX3](=[OX1])[OX2H1,OX1-]",
    "ring": "[*;R]",
    "rings": "[*;R]",
    "nitrogen": "[#7]",
    "oxygen": "[#8]",
    "sulfur": "[#16]",
    "sulphur": "[#16]",
}
"""Words that name a carrier without being a phrase, and SMARTS of its atoms."""
_BARE_WORD = re.compile(rf"(?P<word>{'|'.join(_BARE)})\b(?! \w+ing\b)")
APART = {"ortho": 1, "meta": 2, "para": 3}
"""Bonds of a benzene ring between two places, by the word for it."""
_SHARED = re.compile(r"^\s*(?:(?:which|that) (?:is|are) )?shared by (?:both|the two) rings\b")
_FUSION = "[*;R2,R3]"
_SEPARATED = re.compile(
    r"^\s*,?\s*(?:(?:that|which) )?(?:are )?(?:separated|linked|connected|joined|bridged|tied|tethered)(?: together)? "
    r"(?:by|via|through)(?: an?| one| the| a single)?\s*$"
)
_ATTACHED = re.compile(
    r"^\s*(?:(?:that|which) )?(?:(?:is|are|sits?|lies?) )?(?:directly )?(?:(?P<how>attached|bonded|bound|linked|"
    r"connected|joined|next|adjacent|ortho|meta|para) to|(?:is|are|sits?|lies?) (?:up)?on) "
    r"(?:an?|one|a single|the|its)\s*$"
)
"""What may stand between a part and the one it hangs on: "a phosphonic acid attached to a methylene"."""
_JOINS = re.compile(
    r"^\s*(?:(?:that|which) )?(?:connect|link|join|bridge|separate|tether|span)(?:s|ing)? "
    r"(?:together )?(?:the |its |an? )?|^\s*(?:linking|bridging|joining|separating) (?:the |its |an? )?"
)
"""Words behind a part by which it stands between others."""
_SECOND = re.compile(r"^\s*(?:and|to|with|from) (?:the |its |an? )?$")
MAX_BEHIND = 2
"""Most characters between the words that place a part and the phrase of its carrier."""
MAX_SENTENCE = 600
"""Characters before a part in which its carrier is looked for."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """What a part is said to hang on or to be in."""

    phrase: Phrase | None
    """The phrase that names it; None where `pattern` says it."""
    pattern: str
    """SMARTS of its atoms, where no phrase names it."""
    within: bool
    """Whether the part is said to be of it or in it, rather than on it."""
    near: bool = False
    """Whether the part is said to be next to it, nearer than others."""
    apart: int = 0
    """How many bonds of a benzene ring apart the two are: 1 for "ortho to"; 0 where that is not said."""
    other: Phrase | None = None
    """What else it is next to: "between the ring and the ester"; the carrier itself where that is plural."""


def carrier_of(phrase: Phrase, caption: str, phrases: Sequence[Phrase]) -> Carrier | None:
    """Find what a sentence says that a part hangs on.

    Args:
        phrase: A part.
        caption: The text.
        phrases: All phrases of the text, in order.

    Returns:
        The carrier named behind the part ("a methyl group on the ring"), else the one before it ("the ring bears a
        methyl group"); None where the sentence names none.
    """
    return _named_behind(phrase, caption, phrases) or _named_before(phrase, caption, phrases)


def _named_behind(phrase: Phrase, caption: str, phrases: Sequence[Phrase]) -> Carrier | None:
    stop = _SENTENCE_END.search(caption, phrase.end)
    after = caption[phrase.end : stop.start() if stop else len(caption)]
    hit = _ON.match(after)
    if hit is None and (joins := _JOINS.match(after)) is not None:
        return _joined(phrase.end + joins.end(), caption, phrases)
    if hit is None:
        return Carrier(None, _FUSION, within=True) if _SHARED.match(after) else None
    place, within = phrase.end + hit.end(), hit["how"] in {"of", "in"}
    between = hit["how"].endswith("between")
    near = between or hit["how"].endswith((" to", "beside"))
    apart = APART.get(hit["how"].split()[0], 0)
    begin = phrase.end + hit.start("adjective")  # "on the aromatic ring" may be the phrase "aromatic ring"
    behind = phrases[bisect_left(phrases, begin, key=_start) :]
    for index, other in enumerate(behind):
        if other.start - place > MAX_BEHIND:
            break
        if other.kind is PhraseKind.STRUCTURE:
            second = _second(other, behind[index + 1 :], caption) if between else None
            return None if between and second is None else Carrier(other, "", within, near, apart, second)
    if between:
        return None
    bare = _BARE_WORD.match(caption, place)
    return Carrier(None, _BARE[bare["word"]], within, near, apart) if bare and not hit["adjective"] else None


def _joined(place: int, caption: str, phrases: Sequence[Phrase]) -> Carrier | None:
    """Find the two parts of "links X to Y" and "connects the two X"; None where they are not read."""
    behind = phrases[bisect_left(phrases, place, key=_start) :]
    for index, first in enumerate(behind):
        if first.start - place > MAX_BEHIND:
            break
        if first.kind is PhraseKind.STRUCTURE:
            second = _second(first, behind[index + 1 :], caption)
            return None if second is None else Carrier(first, "", within=False, near=True, other=second)
    return None


def _second(first: Phrase, behind: Sequence[Phrase], caption: str) -> Phrase | None:
    """Find the other part of "between X and Y": the first itself where it is plural ("between the two rings")."""
    for other in behind:
        if other.start >= first.end and other.kind is PhraseKind.STRUCTURE:
            if _SECOND.match(caption[first.end : other.start]):
                return other
            break
    return first if (first.count or 0) > 1 or first.text.rstrip().endswith("s") else None


def _named_before(phrase: Phrase, caption: str, phrases: Sequence[Phrase]) -> Carrier | None:
    begin = max(0, phrase.start - MAX_SENTENCE)
    for hit in _SENTENCE_START.finditer(caption, begin, phrase.start):
        begin = hit.end()
    nearby = phrases[bisect_left(phrases, begin, key=_start) : bisect_left(phrases, phrase.start, key=_start)]
    inside = [p for p in nearby if p.kind is PhraseKind.STRUCTURE and p.end <= phrase.start]
    for index in range(len(inside) - 1, -1, -1):
        after = caption[inside[index].end : phrase.start]
        if _SEPARATED.match(after) and _second(inside[index], (), caption) is not None:
            return Carrier(inside[index], "", within=False, near=True, other=inside[index])
        if (attached := _ATTACHED.match(after)) is not None:
            apart = APART.get(attached["how"] or "", 0)
            return Carrier(inside[index], "", within=False, near=True, apart=apart)
        contains = _CONTAINS.match(after)
        verb = contains or _CARRIES.match(after)
        if verb is None:
            continue
        between = _without(caption, inside[index].end + verb.end(), phrase.start, inside[index + 1 :])
        return Carrier(inside[index], "", within=contains is not None) if _LISTED.match(between) else None
    return None


def _start(phrase: Phrase) -> int:
    return phrase.start


def _without(caption: str, first: int, last: int, phrases: Sequence[Phrase]) -> str:
    """Quote a part of the text without the phrases in it."""
    text, at = "", first
    for phrase in phrases:
        if phrase.start >= at:
            text, at = text + caption[at : phrase.start], phrase.end
    return text + caption[at:last]
