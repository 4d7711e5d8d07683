"""Read substituents and their places: "substituted at position 2 by", "bearing two chloro groups at C-3 and C-4"."""

from __future__ import annotations

from typing import NamedTuple

from molreflect.tools.captions.classification import is_bond, is_part
from molreflect.tools.captions.components import read_components
from molreflect.tools.captions.lists import skip_synonym
from molreflect.tools.captions.locants import read_locants_after
from molreflect.tools.captions.noun_phrases import NounPhrase, read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_part

_STEPPED_OVER = frozenset({"hydrogen", "hydrogens", "configuration", "carbons", "stereochemistry"})
"""Head words of items that are no phrase, over which a list may go on all the same."""
_PREPOSITIONS = frozenset({"by", "with", "to", "into", "via", "through", ","})


class _Substituent(NamedTuple):
    phrase: NounPhrase
    locants: tuple[str, ...]
    until: int | None
    """Index behind the locants, where they follow the phrase."""


def read_announced(state: ParseState, i: int) -> int:
    """Read the substituents after "substituted (at position 2) by", "bearing", "with", "replaced by" ..."""
    lows = state.lows
    verb = lows[i]
    j = i + 1
    locants: tuple[str, ...] = ()
    if verb in {"having", "contains", "containing"} and lows[j] in {"the", "a", "an"} and lows[j + 1] == "role":
        return i
    for _ in range(4):
        if lows[j] in {"at", "in", "on"}:
            after, stated = read_locants_after(state, j)
            if after == j:
                ring = read_noun_phrase(state, j + 1)
                if not locants or ring is None or lows[ring.last] not in state.cues.part_nouns:
                    return i + 1
                add_part(state, ring, "group")
                after, stated = ring.next, locants
            j, locants = after, stated
        elif lows[j] in _PREPOSITIONS or lows[j] in state.cues.substituent_adverbs:
            j += 1
        else:
            break
    if verb in {"contains", "containing"}:
        return read_components(state, j - 1, composed=False)
    if locants:
        state.pending = locants
    return read_substituents(state, j, subject=verb in {"with", "having"})


def read_with(state: ParseState, i: int) -> int:
    """Read the substituents after "with", unless it announces company, means or "with data available"."""
    if state.lows[i + 1] == "data" and state.lows[i + 2] == "available":
        return i + 3
    return read_announced(state, i) if _announces_part(state, i) else i


def read_specified(state: ParseState, i: int) -> int:
    """Read the substituents after "specified as"."""
    return read_substituents(state, i + 2) if state.lows[i + 1] == "as" else i


def read_those_at(state: ParseState, i: int) -> int:
    """Read the locants of "those at positions 3 and 7", for the substituents that follow."""
    if state.lows[i + 1] != "at":
        return i
    after, state.pending = read_locants_after(state, i + 1)
    return after


def _announces_part(state: ParseState, i: int) -> bool:
    """Say whether "with" announces a part ("butane with a methyl group"), not company or means."""
    lows, cues = state.lows, state.cues
    if i and lows[i - 1] in cues.not_having:
        return False
    phrase = read_noun_phrase(state, i + 1)
    if phrase is None:
        return lows[i + 1] == "at"
    counted = phrase.article or phrase.count is not None
    return counted or lows[phrase.last] in cues.group_nouns or lows[phrase.next] in {"as", "and", "at"}


def read_substituents(state: ParseState, i: int, *, subject: bool = False) -> int:
    """Read a coordinated list of substituents with counts and locants.

    Args:
        subject: Whether the list may turn out to be what is replaced ("with the hydroxy hydrogen replaced by ...").
    """
    lows = state.lows
    pending, state.pending = state.pending, ()
    after, listed = _read_substituent_list(state, i)
    if not listed:
        state.pending = pending
        return i
    goes = is_replaced_next(state, after) and (subject or lows[after] in state.cues.removing_verbs)
    if goes or (subject and _is_one_of_them_changed(state, listed[-1].phrase, after)):
        state.pending = listed[-1].locants
        state.pass_over(i, after)
        return after
    respectively = lows[after + (lows[after] in {",", "("})] == "respectively"
    _add_substituents(state, listed, pending, respectively=respectively)
    return after


def _is_one_of_them_changed(state: ParseState, phrase: NounPhrase, i: int) -> bool:
    """Say whether "one of the two hydroxy groups" is followed by what is done to it, so that it is none any more."""
    lows, cues = state.lows, state.cues
    k = phrase.counted_from
    if lows[k - 3 : k] != ["one", "of", "the"] and lows[k - 2 : k] != ["one", "of"]:
        return False
    i += lows[i] in cues.forms_of_be or lows[i] == "being"
    return lows[i] in cues.modifying_verbs | cues.attaching_verbs


def _read_substituent_list(state: ParseState, i: int) -> tuple[int, list[_Substituent]]:
    """Read "a methyl group at position 2, two chloro and, at position 4, a nitro group"."""
    lows = state.lows
    listed: list[_Substituent] = []
    before: tuple[str, ...] = ()
    while i < state.size:
        if lows[i] in {"at", "in", "on"}:
            after, before = read_locants_after(state, i)
            if after == i:
                break
            i = after
            while lows[i] in {"by", "with", "and", "the"} or (lows[i] in {"a", "an"} and lows[i + 1] == "by"):
                i += 1
        phrase = read_noun_phrase(state, i)
        if phrase is None:
            break
        part = is_part(state, phrase) or is_bond(state, phrase)
        if not part and not _is_stepped_over(state, phrase):
            break
        i, locants = read_locants_after(state, skip_synonym(state, phrase.next))
        if part:
            listed.append(_Substituent(phrase, locants or before, i if locants else None))
        before = ()
        onward = _skip_list_conjunction(state, i)
        if onward == i or not _list_goes_on(state, onward):
            break
        i = onward
    return i, listed


def _skip_list_conjunction(state: ParseState, i: int) -> int:
    """Step over ", and by", "as well as"."""
    lows = state.lows
    i += lows[i] == ","
    if lows[i : i + 3] == ["as", "well", "as"]:
        return i + 3
    if lows[i] in {"and", "or"}:
        i += 1
        while lows[i] in {"by", "with", "either", "also"}:
            i += 1
    return i


def _list_goes_on(state: ParseState, i: int) -> bool:
    lows = state.lows
    if lows[i] in {"at", "in", "on"}:
        after, locants = read_locants_after(state, i)
        return bool(locants) and (lows[after] in state.cues.articles or lows[after] in {"by", "with"})
    phrase = read_noun_phrase(state, i)
    if phrase is None or lows[phrase.next] in {"is", "are", "was", "has", "have"}:
        return False
    return is_part(state, phrase) or is_bond(state, phrase) or _is_stepped_over(state, phrase)


def _is_stepped_over(state: ParseState, phrase: NounPhrase) -> bool:
    head = state.lows[phrase.last]
    return head in _STEPPED_OVER or head.endswith("-configuration")


def _add_substituents(
    state: ParseState, listed: list[_Substituent], pending: tuple[str, ...], *, respectively: bool
) -> None:
    """Give every substituent of a list its own locants, and none where the caption leaves them open."""
    shared = listed[-1].locants or pending
    others_bare = not any(item.locants for item in listed[:-1])
    if respectively and len(shared) == len(listed) and others_bare:
        for item, locant in zip(listed, shared, strict=True):
            add_part(state, item.phrase, "substituent", (locant,))
        return
    if len(listed) == 1:
        phrase, locants, until = listed[0]
        add_part(state, phrase, "substituent", locants or pending, until)
        return
    last = listed[-1].phrase
    # "hydroxy and methyl groups at positions 3 and 7": which is where is not said
    open_locants = others_bare and not last.article and last.count is None
    for phrase, locants, until in listed:
        add_part(state, phrase, "substituent", () if phrase is last and open_locants else locants, until)


def is_replaced_next(state: ParseState, i: int) -> bool:
    """Say whether the noun phrase before `i` is what goes away: "... (is|has been) replaced by"."""
    cues = state.cues
    for low in state.lows[i : min(i + 6, state.size)]:
        if low in cues.removing_verbs:
            return True
        if low not in cues.auxiliaries and low not in {"formally", "to"}:
            return False
    return False
