"""Denials in few words: "Ester: none", "never a disulfide", "X occurs only in ATP", "Y is not"."""

from __future__ import annotations

from molreflect.tools.captions.marking import mark, mark_clause, mark_list
from molreflect.tools.captions.noun_phrases import read_noun_phrase
from molreflect.tools.captions.parse_state import Context, ParseState

MAX_BACK = 12
"""Most tokens before "is absent" that are its subject."""
ABSENT = frozenset({"absent", "missing", "lost", "lacking", "nowhere", "excluded", "gone", "wrong"})
THERE = frozenset({"there", "here", "present", "found", "seen", "observed", "detected", "included", "contained"})
_TIMES_NONE = frozenset({"x0", "\u00d70"})
NONE = _TIMES_NONE | {"no", "nope", "none", "zero", "0", "absent", "nil"}
"""What a table says of what is not there: "Ester: none"."""
_NOT_LISTED = frozenset({"absent", "missing", "not", "none", "without", "excluded", "lacks", "lacking", "no"})
"""First words of a label of what is not there."""
_WHOLES = frozenset({"picture", "molecule", "structure", "compound", "it", "story", "formula"})
_SAYS = frozenset({":", ",", ";", "-", "\u2013", "\u2014", "=", "|"})
_ONLY_IN = frozenset({"appear", "appears", "occur", "occurs", "are", "is", "found", "present", "exist", "exists"})
NOT_HAVING = frozenset(
    {"contain", "have", "possess", "bear", "include", "feature", "carry", "display", "a", "an", "any"}
    | {"find", "show", "see", "got"}
)
CONTRACTED = frozenset({"do", "does", "did", "has", "have", "had", "is", "are", "was", "were", "ca", "wo", "ai"})
"""What stands before "n't": "doesn't", "hasn't"."""
_OWN = frozenset({"the", "this", "it", "its", "that"})
_PUT_ON = frozenset(
    {"put", "attached", "introduced", "added", "installed", "built", "formed", "made", "placed", "fitted"}
)
_HAD = frozenset({"had", "contained", "carried", "borne", "possessed", "featured", "included", "held", "been"})
_COMPOUNDS = frozenset({"compound", "molecule", "drug", "one", "substance"})


def opens_denial() -> frozenset[str]:
    """List the words that can open a denial."""
    return (
        NONE
        | ABSENT
        | frozenset({"not", "never", "only", "ruled", "out", "would", "cannot", "used", "place", "nowhere"})
    )


def mark_denial(state: ParseState, marks: bytearray, i: int, first: int, last: int) -> int:
    """Mark what is denied in few words: "Ester: none", "never a disulfide", "X occurs only in ATP", "Y is not"."""
    lows = state.lows
    low, following = lows[i], lows[i + 1]
    before = lows[i - 1] if i > first else ""
    ends = following in {".", ",", ";", ")", "(", "|"}
    if _heads_list_of_none(state, i, first):
        mark(marks, lows.index(":", i) + 1, last, Context.NEGATED)  # "Not in it: amine, ester"
        return last
    denied = low in {"not", "never"} or is_contracted_not(low)
    if _is_out(lows, i) or (denied and _is_not_there(lows, i)):
        mark(marks, clause_start(lows, i, first), i, Context.NEGATED)
        return i + 2
    if low in NONE and ends and (before in _SAYS or low in _TIMES_NONE):
        start = i - 1
        while start > first and i - start < MAX_BACK and lows[start - 1] not in _SAYS:
            start -= 1
        mark(marks, start, i, Context.NEGATED)
        return i + 1
    if low in NONE and i == first and state.tokens[i - 1].text == "?":  # "Thiophene? No"
        start = i - 1
        while start > 0 and i - start < MAX_BACK and lows[start - 1] != ".":
            start -= 1
        mark(marks, start, i - 1, Context.NEGATED)
        return i + 1 if ends else i
    if (behind := _mark_by_verb(state, marks, i, first, last)) > i:
        return behind
    if low == "zero" or (low == "never" and following in state.cues.articles):
        return mark_list(state, marks, i + 1, last, Context.NEGATED)
    if low == "only" and following == "in" and before in _ONLY_IN and lows[i + 2] not in _OWN | state.cues.articles:
        mark(marks, clause_start(lows, i, first), i, Context.FOREIGN)
        return mark_list(state, marks, i + 2, last, Context.FOREIGN)
    if low == "not" and before in state.cues.forms_of_be and ends and not THERE.isdisjoint(lows[first:i]):
        start = before_aside(lows, i, first)
        mark(marks, clause_start(lows, start, first), i, Context.NEGATED)  # "X is included, whereas Y is not"
        return i + 1
    return i


def _mark_by_verb(state: ParseState, marks: bytearray, i: int, first: int, last: int) -> int:
    """Mark what a verb says to be gone, elsewhere or yet to come: "used to have X", "has lost its X", "in place of"."""
    lows = state.lows
    low, following, third = lows[i : i + 3]
    before = lows[i - 1] if i > first else ""
    if (low == "would" and following == "be" and third in ABSENT) or (
        low == "not" and before in {"has", "have"} and following == "been" and third in _PUT_ON
    ):
        mark(marks, clause_start(lows, i, first), i, Context.NEGATED)  # "has not been put on yet"
        return i + 3
    if low == "not" and before == "," and following in _OWN and third in _COMPOUNDS:
        mark(marks, first, last, Context.FOREIGN)  # "Ampicillin, not this compound, bears ..."
        return last
    if low == "nowhere" and i == first:
        mark(marks, i, last, Context.NEGATED)  # "Nowhere in it is there a nitro group"
        return last
    if low in {"missing", "absent"} and following in {"from", "in"} and i == first:
        return mark_clause(state, marks, i, last, Context.NEGATED)
    if (low == "never" and following in _HAD) or (low == "cannot" and following in NOT_HAVING | {"be"}):
        return mark_clause(state, marks, i, last, Context.NEGATED)
    if low == "used" and following == "to" and third in NOT_HAVING | {"be"}:
        return mark_clause(state, marks, i, last, Context.FOREIGN)
    if low == "lost" and before in {"has", "have", "had"} and following == "its":
        return mark_list(state, marks, i + 1, last, Context.NEGATED)
    if low == "place" and before == "in" and following == "of":
        phrase = read_noun_phrase(state, i + 2)
        end = min(phrase.next, last) if phrase is not None else i + 2
        mark(marks, i, end, Context.FOREIGN)
        return end
    return i


def _heads_list_of_none(state: ParseState, i: int, first: int) -> bool:
    """Say whether the label that ends with a colon says that what follows is not there: "Absent: nitro, ester"."""
    lows = state.lows
    if i == first and lows[i] in _NOT_LISTED:
        return ":" in lows[i + 1 : i + 5]
    return lows[i] == "not" and lows[i + 1] in NOT_HAVING and lows[i + 2] == ":"


def _is_out(lows: list[str], i: int) -> bool:
    """Say whether "ruled out" or "out of the question" stands at `i`."""
    if lows[i] == "ruled":
        return lows[i + 1] == "out"
    return lows[i] == "out" and lows[i + 1] == "of" and lows[i + 3] == "question"


def _is_not_there(lows: list[str], i: int) -> bool:
    """Say whether a "not" or "isn't" at `i` denies that its subject is there: "does not occur", "isn't present"."""
    following, ends = lows[i + 1], lows[i + 2] in {".", ",", ";", "(", ")", "in", "here"}
    if following in {"occur", "appear", "exist", "feature"}:
        return lows[i] != "not" or lows[i - 1] in {"do", "does", "did"}
    if following == "part" and lows[i + 2] == "of":
        return not _WHOLES.isdisjoint(lows[i + 3 : i + 5])
    return following in THERE and ends and lows[i - 1] not in {"if", "is", "are", "was", "were"}


def before_aside(lows: list[str], i: int, first: int) -> int:
    """Return `i`, or the index of the comma before an aside: "A nitrile, typical of X, is missing"."""
    if i - 2 <= first or lows[i - 2] != ",":
        return i if i - 1 <= first or lows[i] != "not" else clause_start(lows, i, first)
    start = i - 3
    while start > first and lows[start] != "," and i - start < MAX_BACK:
        start -= 1
    return start if lows[start] == "," else i


def clause_start(lows: list[str], i: int, first: int) -> int:
    """Return the index of the first word of a clause that ends before `i`."""
    start = i
    while start > first and i - start < MAX_BACK and lows[start - 1] not in {",", ";", "but", "which", "that", "and"}:
        start -= 1
    return start


def is_contracted_not(low: str) -> bool:
    """Say whether a word is a verb with "not" in it: "doesn't", "hasn\u2019t"."""
    return low[-3:] in {"n't", "n\u2019t"} and low[:-3] in CONTRACTED
