"""Read what a molecule does: "has a role as a plant metabolite, an antioxidant and a drug"."""

from __future__ import annotations

from molreflect.tools.captions.lists import skip_conjunction
from molreflect.tools.captions.noun_phrases import read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_role

_MAX_ROLE = 40
"""Most tokens of one role."""


def read_role(state: ParseState, i: int) -> int:
    """Read "role as a plant metabolite" from the word "role" on."""
    return _read_role_list(state, i + 2, prose=False) if state.lows[i + 1] == "as" else i


def read_use(state: ParseState, i: int) -> int:
    """Read "used as a herbicide" from its verb on."""
    return _read_role_list(state, i + 2, prose=True) if state.lows[i + 1] == "as" else i


def _read_role_list(state: ParseState, i: int, *, prose: bool) -> int:
    """Read "a plant metabolite, an antioxidant and a human urinary metabolite".

    Args:
        prose: Whether the words before are any other than "role as"; then only known role nouns are roles.
    """
    lows, role_nouns = state.lows, state.cues.role_nouns
    while i < state.size:
        first = i + (lows[i] in {"an", "a", "the", "both", "either"})
        last, i = _find_role_end(state, first, prose=prose)
        if last < 0:
            return i
        if not prose or lows[last] in role_nouns:
            add_role(state, first, last)
        at = state.skip_bracket(i)
        onward = skip_conjunction(state, at)
        if onward == at:
            return at
        if lows[onward] not in {"a", "an", "the"}:
            following = read_noun_phrase(state, onward) if prose else None
            if following is None or lows[following.last] not in role_nouns:
                return at
        i = onward
    return i


def _find_role_end(state: ParseState, first: int, *, prose: bool) -> tuple[int, int]:
    """Return the last token of the role that begins at `first`, or -1, and the index behind it."""
    lows, cues = state.lows, state.cues
    last = -1
    i = first
    while i < state.size and i - first < _MAX_ROLE:
        low = lows[i]
        if low == "(":
            closed = state.closing_bracket(i)
            if not closed or lows[closed + 1] in {".", ",", "and"}:
                break
            i = closed + 1
            continue
        if low in cues.role_ends or (low in {"and", "or"} and (prose or lows[i + 1] in cues.articles)):
            break
        if prose and low in cues.stop:
            break
        if state.tokens[i].word:
            last = i
        i += 1
    return last, i
