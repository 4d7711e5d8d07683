"""Step from one item of a coordinated list to the next: "a A, a B (C) and a D"."""

from __future__ import annotations

from molreflect.tools.captions.parse_state import ParseState


def skip_conjunction(state: ParseState, i: int) -> int:
    """Step over what parts two items of a list: ",", "and", ", or"."""
    i += state.lows[i] == ","
    i += state.lows[i] in {"and", "or"}
    return i


def skip_synonym(state: ParseState, i: int) -> int:
    """Step over a bracket that only repeats a name ("palmitoyl (hexadecanoyl)")."""
    if state.lows[i] == "(":
        closed = state.closing_bracket(i)
        if closed and closed - i <= 4 and state.lows[closed + 1] in {",", "and", "respectively", "."}:
            return closed + 1
    return i


def next_claim(state: ParseState, i: int) -> int:
    """Return where the next item of a list of claims begins, or `i` when the list is over.

    An item begins with an article or "member of"; behind "and" it may be bare.
    """
    lows = state.lows
    j = skip_conjunction(state, i)
    if j == i:
        return i
    if lows[j] in {"a", "an", "the"} or (lows[j] == "member" and lows[j + 1] == "of"):
        return j
    bare = lows[j - 1] == "and" and lows[j] not in state.cues.stop and lows[j] not in state.cues.articles
    return j if bare else i
