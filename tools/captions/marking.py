"""Mark a list of noun phrases, or a clause, of a caption."""

from __future__ import annotations

from molreflect.tools.captions.lists import skip_conjunction
from molreflect.tools.captions.noun_phrases import NounPhrase, read_noun_phrase
from molreflect.tools.captions.parse_state import Context, ParseState

MAX_LIST = 40
"""Most tokens of one list of what is missing or compared with."""
_BEFORE_OBJECT = frozenset(
    {"got", "of", "any", "from", "contain", "have", "possess", "bear", "include", "feature", "carry"}
)
_CLAUSE_ENDS = frozenset({".", ";", ":"})
_GOES_ON = frozenset(
    {"and", "but", "it", "which", "with", "where", "while", "in", "bearing", "carrying", "having", "this"}
)
"""Words behind a comma that go on about the molecule."""


def mark_clause(state: ParseState, marks: bytearray, i: int, last: int, context: Context) -> int:
    """Mark from `i` to the end of the clause."""
    lows = state.lows
    end = i + 1
    aside = lows[i - 1] in {"which", "that"} and i - 2 > 0 and lows[i - 2] != ","
    while end < last and lows[end] not in _CLAUSE_ENDS:
        if lows[end] == "," and lows[end + 1] in _GOES_ON:
            break
        if aside and lows[end] == "," and (lows[end + 1] in {"a", "an"} or lows[end + 1] in state.cues.counts):
            break  # "has a thiol that binds zinc, a tertiary amide and a carboxylic acid"
        if lows[end] == "and" and lows[end + 1] in state.cues.structure_cues:
            break  # "is similar to X and contains a ring"
        if lows[end] in {"it", "but"} and end > i + 1:
            break
        end += 1
    mark(marks, i, end, context)
    return end


def mark_list(state: ParseState, marks: bytearray, i: int, last: int, context: Context) -> int:
    """Mark the noun phrases of the list that begins at `i`."""
    lows = state.lows
    start = i
    while i < last and (lows[i] in _BEFORE_OBJECT or lows[i] in state.cues.articles or lows[i] in {"both", "either"}):
        i += 1
    end = i
    while i < last and i - start < MAX_LIST:
        phrase = read_noun_phrase(state, i)
        if phrase is None or phrase.next > last:
            break
        if end > start and end != i and _is_subject(state, phrase):
            break
        end = i = _behind_object(state, phrase, last)
        onward = skip_conjunction(state, i)
        if lows[onward] == "nor":
            onward += 1
        if onward == i:
            break
        i = onward
    if context == Context.FOREIGN and lows[end + (lows[end] == ",")] in {"which", "whose"}:
        end += 1
        while end < last and lows[end] not in {",", ";"}:
            end += 1
    mark(marks, start, end, context)
    return end


def _is_subject(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a verb follows the noun phrase: then it begins a clause of its own."""
    follows = state.lows[phrase.next]
    return (follows in state.cues.auxiliaries and follows not in {"each", "also"}) or follows in {"contains", "carries"}


def _behind_object(state: ParseState, phrase: NounPhrase, last: int) -> int:
    """Return the index behind a noun phrase with its "of X" and "at position 3"."""
    lows = state.lows
    i = phrase.next
    while i < last and lows[i] in {"of", "at", "in", "on", "from"}:
        if (lows[i] == "in" and lows[i + 1] == "which") or (lows[i] == "from" and lows[i - 1] in {"apart", "aside"}):
            break
        following = read_noun_phrase(state, i + 1)
        if following is None or following.next > last or following.next <= i + 1:
            break
        i = following.next
    return i


def mark(marks: bytearray, first: int, last: int, context: Context) -> None:
    """Mark tokens; the stronger mark stays."""
    for k in range(first, last):
        marks[k] = max(marks[k], context)
