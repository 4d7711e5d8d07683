"""Locants: the positions a caption states, behind a group ("at positions 3 and 7") or within a name ("11beta-")."""

from __future__ import annotations

import re

from molreflect.tools.captions.lists import skip_conjunction
from molreflect.tools.captions.parse_state import ParseState

_LOCANT = re.compile(
    r"^(?:[1-9]\d{0,2}(?:[a-z]|alpha|beta|[RSEZ]|bis|ter)?'{0,4}(?:\([\w'-]{1,9}\))?"
    r"|[CNOSP][-(]?\d{0,3}[a-z]?'{0,3}\)?|[NOSC](?:alpha|beta|gamma|epsilon)?|alpha|beta|gamma|delta|epsilon|omega"
    r"|omega-\d|\(omega-1\)|ortho|meta|para|N\(?\d{0,3}\)?|N\(?(?:alpha|epsilon|tau|pi)\)?|[NOC]-?(?:\d{1,3}|alpha|epsilon)'{0,3}"
    r"|\d{1,3}-?pro-[RS]|reducing-end|sn-\d|anomeric)$"
)
_LEADING = re.compile(
    r"^(\(?\d{1,2}[a-z]?(?:alpha|beta|[RSEZ]|xi)?'{0,3}\)?|[CNOS](?:\(?\d{0,3}\)?)?|alpha|beta|gamma|omega|\(omega-1\)|\(\d{1,2}[EZRS]\))-(?=[A-Za-z])"
)
_OWN = re.compile(
    r"((?:(?:\d{1,2}[a-z]?'{0,3}-)?[NOSC](?:\(?\d{0,3}\)?)?'{0,2}|\d{1,2}[a-z]?'{0,3}(?:alpha|beta)?)"
    r"(?:,(?:[NOSC]\(?\d{0,3}\)?|\d{1,2})'{0,3}){0,6})-(?=[\w(\[{])"
)
_OF_ACYL = re.compile(r"(\d{1,2}'{0,2}|[NOS])-(?:acyl|alkyl|$)")
_SINGLE_WORDS = frozenset({"N", "O", "S", "alpha", "beta", "gamma", "omega"})
_MAX_LOCANTS = 64
_MAX_JOINED = 40
"""Most locants of one token ("2,3,5-")."""
_POSITION_WORDS = frozenset({"position", "positions", "carbon", "carbons"})
_POSITION_ENDINGS = _POSITION_WORDS | {"yl"}
_LEADING_VERBS = frozenset({"located", "attached", "positioned", "situated", "specified", "each", "both"})
_LEADING_NOUNS = _POSITION_WORDS | {"the", "both", "atom", "a", "each", "of", "either"}


def is_locant(text: str) -> bool:
    """Say whether a word is one locant: "3", "11beta", "C-4", "N(6)", "ortho"."""
    return len(text) <= 24 and bool(_LOCANT.match(text))


def read_locants_after(state: ParseState, i: int) -> tuple[int, tuple[str, ...]]:
    """Read the locants behind a group: "at positions 3, 7 and 11", "(located) at C-2", "in the 2- and 4-positions".

    Returns:
        Index behind them and the locants as written; `i` and none where there are none.
    """
    j, named = _skip_to_locants(state, i)
    if j == i:
        return i, ()
    j, locants, named_within = _read_locant_list(state, j)
    if not locants:
        return i, ()
    if not (named or named_within) and not all(any(c.isdigit() for c in locant) for locant in locants):
        return i, ()  # "in alpha" is no place
    j += state.lows[j] in {"position", "positions"}
    j += state.lows[i] == "(" and state.lows[j] == ")"
    return j, tuple(locants)


def _skip_to_locants(state: ParseState, i: int) -> tuple[int, bool]:
    """Step over "(located) at the positions"; return the index behind it and whether a position was named."""
    lows = state.lows
    j = i
    if lows[j] == "(" and lows[j + 1] in {"at", "one"}:
        j += 1
    while lows[j] in _LEADING_VERBS:
        j += 1
    if lows[j] in {"at", "on", "in", "to"}:
        if lows[j] == "in" and lows[j + 1] == "which":
            return i, False
        j += 1
    elif lows[j] not in {"position", "positions"} or state.tokens[j].text[:1].isupper():
        return i, False
    named = False
    while lows[j] in _LEADING_NOUNS:
        named = named or lows[j].startswith("position")
        j += 1
    return j, named


def _read_locant_list(state: ParseState, j: int) -> tuple[int, list[str], bool]:
    """Read "3, 7 and 11-positions"; return the index behind it, the locants and whether a position was named."""
    lows, tokens = state.lows, state.tokens
    locants: list[str] = []
    named = False
    while j < state.size and len(locants) < _MAX_LOCANTS and tokens[j].word:
        stated, named_here = _locants_of_word(tokens[j].text)
        if not stated:
            break
        locants.extend(stated)
        named = named or named_here
        j += 1
        if lows[j] in _POSITION_WORDS:
            named = True
            j += 1
        onward = skip_conjunction(state, j)
        onward += lows[onward] in {"the", "position", "positions"}
        if onward == j or onward >= state.size or not tokens[onward].word:
            break
        following = tokens[onward].text
        if following.endswith(("-", "-position", "-positions")):
            following = following.rpartition("-")[0]
        if not is_locant(following):
            break
        j = onward
    return j, locants, named


def _locants_of_word(word: str) -> tuple[list[str], bool]:
    """Return the locants one word states, and whether it names a position: "2-position", "4-", "C-2", "2,3,5"."""
    stem, hyphen, tail = word.rpartition("-")
    if stem and tail.lower() in _POSITION_ENDINGS:
        return [stem], True
    if hyphen and not tail and is_locant(stem):
        return [stem], False
    if is_locant(word):
        return [word], False
    parts = [part.rstrip("-") for part in word.split(",")[:_MAX_JOINED]]
    return parts if len(parts) > 1 and all(is_locant(part) for part in parts) else [], False


def find_locants(state: ParseState, first: int, end: int) -> tuple[str, ...]:
    """Find the locants anywhere in a subject: "the acyl groups specified at positions 1 and 2"."""
    leading = [hit.group(1) for hit in (_OF_ACYL.match(state.tokens[k].text) for k in range(first, end)) if hit]
    if leading:
        return tuple(leading)
    for k in range(first, end):
        if state.lows[k] in {"at", "position", "positions"}:
            _, locants = read_locants_after(state, k)
            if locants:
                return locants
    return ()


def split_locants(name: str) -> tuple[tuple[str, ...], int]:
    """Find the locants in front of a name: "N,2-dimethyl" has ("N", "2"), and its stem starts at offset 4."""
    own = _OWN.match(name)
    return (tuple(part for part in own.group(1).split(",") if part), own.end()) if own else ((), 0)


def split_leading_locant(name: str) -> tuple[tuple[str, ...], int]:
    """Find the one locant in front of a group's name: "11beta-hydroxy" has ("11beta",), its stem starts at offset 7.

    Letters that only look like a locant ("C-methyl") are split off without being returned.
    """
    own = _LEADING.match(name)
    if not own or own.end() >= 30:
        return (), 0
    locant = own.group(1)
    states = any(c.isdigit() for c in locant) or locant in _SINGLE_WORDS
    return (locant.strip("()"),) if states else (), own.end()
