"""Read where a molecule was found: "isolated from the roots of Genus species and Genus species"."""

from __future__ import annotations

import re

from molreflect.tools.captions.lists import skip_conjunction
from molreflect.tools.captions.name_shape import MAX_PHRASE_LENGTH
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.terms import PhraseKind

_MAX_ORIGIN = 30
"""Most tokens of one origin."""
_GENUS = re.compile(r"^[A-Z][a-z]{3,}$|^[A-Z]\.$")
_ADVERBS = frozenset({"originally", "naturally", "mainly", "primarily", "exclusively", "widely", "commonly"})


def is_species(genus: str, epithet: str) -> bool:
    """Say whether two words have the shape of a species' name: "Streptomyces venezuelae"."""
    return bool(_GENUS.match(genus)) and epithet.isalpha() and epithet.islower()


def read_origin(state: ParseState, i: int) -> int:
    """Read an origin from its verb on; return `i` where what follows is no organism, tissue or place."""
    lows, cues = state.lows, state.cues
    verb = lows[i]
    j = _skip_preposition(state, i)
    if j == i or (i and lows[i - 1] in {"not", "have", "never"}):
        return i
    opens = i == state.sentence and verb in {"found", "present", "obtained"}  # "Found in parsley and chamomile."
    sure = verb in cues.sure_origins or opens
    begin = i  # the first phrase spans the verb
    while j < state.size:
        first = j
        last, j = _find_origin_end(state, first)
        if last < 0:
            return i if begin == i else first
        named = any(_GENUS.match(state.tokens[k].text) for k in range(first, last + 1))
        usual = named or any(lows[k] in cues.origin_words for k in range(first, last + 1))
        if begin == i and not (sure or usual):
            return i
        if lows[first] == "other" or (begin != i and not usual):
            return j
        _add_origin(state, begin, first, last)
        j = state.skip_bracket(j)
        begin = skip_conjunction(state, j)
        if begin == j or begin >= state.size or not state.tokens[begin].word or lows[begin] in cues.origin_ends:
            return j
        j = begin
    return j


def _skip_preposition(state: ParseState, i: int) -> int:
    """Step over "isolated from", "found in or produced by", "occurring naturally in"; `i` where none follows."""
    lows, origin_verbs = state.lows, state.cues.origin_verbs
    verb = lows[i]
    j = i + 1
    if verb == "found" and lows[j : j + 3] == ["in", "or", "produced"]:
        j += 3
    elif lows[j] in _ADVERBS:
        j += 1
    return j + 1 if lows[j] in origin_verbs[verb] or lows[j] in {"by", "in", "from"} else i


def _find_origin_end(state: ParseState, first: int) -> tuple[int, int]:
    """Return the last token of the origin that begins at `first`, or -1, and the index behind it."""
    lows, cues = state.lows, state.cues
    last = -1
    i = first
    while i < state.size and i - first < _MAX_ORIGIN:
        low = lows[i]
        if (
            low in {".", ";", ":", ",", "("}
            or low in cues.origin_ends
            or (low in {"and", "or"} and _separates(state, i))
        ):
            break
        if state.tokens[i].word:
            last = i
        i += 1
    return last, i


def _separates(state: ParseState, i: int) -> bool:
    """Say whether "and" parts two organisms (or two clauses) rather than two parts of one."""
    if i + 1 >= state.size:
        return True
    low = state.lows[i + 1]
    return state.tokens[i + 1].text[:1].isupper() or low in state.cues.origin_ends or low in {"other", "from", "in"}


def _add_origin(state: ParseState, begin: int, first: int, last: int) -> None:
    """Add the tokens from `begin` to `last` as an origin; the organism or place is looked for from `first` on."""
    if len(state.text(begin, last)) > MAX_PHRASE_LENGTH:
        return
    named_from = first
    for k in range(first, last):
        if state.lows[k] in {"of", "sponge", "fungus", "bacterium"}:
            named_from = k + 1
    while named_from < last and state.lows[named_from] in {"the", "a", "an"}:
        named_from += 1
    key = " ".join(state.text(named_from, last).lower().split())
    state.add(begin, last, PhraseKind.ORIGIN, key, "origin")
