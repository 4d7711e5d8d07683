"""Recognise what is written without a verb: "FG: aldehyde; phenol", "Rings - benzene, pyrrole", "Terminal NH2."

Suppliers, tables and students list parts; nothing in such a sentence announces structure but its form. A list stands
behind a label and a colon, dash or equals sign; a fragment is a sentence that begins with a known name and has no verb.
"""

from __future__ import annotations

from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start, read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState

_LABEL_ENDS = frozenset({":", "-", "\u2013", "\u2014", "=", "|", "=>", "->", "\u2192"})
_MAX_LABEL = 10
"""Most tokens of a label: "Imatinib from one end to the other:"."""
_PARTS_ITEMS = frozenset({",", ";", "/", "+", "|", "(", ")", "&", ":", "-", "\u2013", "\u2014", "and", "or", "plus"})
_GOES_ON = frozenset({"bearing", "carrying", "with", "without", "on", "at", "in", "para", "meta", "ortho", "fused"})
_GOES_ON |= {"attached", "linked", "present", "absent", "between", "next", "never", "not", "no"}
"""Words with which a fragment may go on behind its first name."""
_OPENERS = frozenset({"then", "also", "plus", "and", "finally", "just", "only", "still", "&", "+"})
_VERBS = frozenset(
    {"has", "have", "had", "can", "may", "might", "will", "would", "does", "do", "did", "should", "must"}
)


def begins_item(state: ParseState, i: int, first: int) -> bool:
    """Say whether an item of a list of names can begin at `i`, in the sentence whose first token is `first`."""
    return i == first or state.lows[i - 1] in _PARTS_ITEMS or state.lows[i - 1] in _LABEL_ENDS


def is_listing(state: ParseState, first: int, last: int) -> bool:
    """Say whether a sentence lists names without a verb: behind a label, or from its first word on."""
    lows = state.lows
    while lows[first] in _OPENERS:
        first += 1
    if _is_named_item(state, first, last):
        words = lows[first:last]
        return state.cues.forms_of_be.isdisjoint(words) and _VERBS.isdisjoint(words)
    for i in range(first + 1, min(last - 1, first + _MAX_LABEL)):
        if lows[i] in state.cues.forms_of_be or lows[i] in _VERBS:
            return False
        if lows[i] in _LABEL_ENDS:
            return _is_named_item(state, i + 1, last)
    return False


def is_bare_item(state: ParseState, phrase: NounPhrase, i: int, first: int, *, named: bool) -> bool:
    """Say whether an item of a list needs no article: a part's name, or one by its shape alone ("3-pyridyl")."""
    ends = _ends_item(state, phrase.next) or (i == first and state.lows[phrase.next] in _GOES_ON)
    return ends and begins_item(state, i, first) and (named or _is_name(state, phrase))


def _ends_item(state: ParseState, i: int) -> bool:
    return i >= state.size or not state.tokens[i].word or state.lows[i] in _PARTS_ITEMS


def _is_named_item(state: ParseState, i: int, last: int) -> bool:
    """Say whether a name is all of the item at `i`, or goes on as fragments do."""
    phrase = read_noun_phrase(state, i)
    if phrase is None or phrase.next > last:
        return False
    ends = phrase.next == last or _ends_item(state, phrase.next) or state.lows[phrase.next] in _GOES_ON
    return ends and (_is_known(state, phrase) or _is_name(state, phrase))


def _is_known(state: ParseState, phrase: NounPhrase) -> bool:
    start = name_start(state, phrase)
    if state.formula_name(phrase.last):
        return True
    if state.knows(state.text(start, phrase.last)):
        return state.lows[phrase.last] not in state.cues.bare_names
    head = state.lows[phrase.last]
    derived = head in state.cues.group_nouns or head in state.cues.empty_heads
    return derived and start < phrase.last and state.knows(state.text(start, phrase.last - 1))


def _is_name(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether the noun phrase is a name by its shape: one word, or two that make an ester's name."""
    start = name_start(state, phrase)
    words = phrase.last - start + 1
    if words > 2 or state.lows[phrase.last] in state.cues.bare_names or not looks_chemical(state.tokens[start].text):
        return False
    head = state.lows[phrase.last]
    return words == 1 or head in state.cues.class_heads or head.endswith(("ate", "ide", "one"))
