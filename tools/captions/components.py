"""Read what a molecule is composed of: "consisting of X, Y and two Z residues"."""

from __future__ import annotations

import re

from molreflect.tools.captions.classification import is_bond, is_named_chemical, is_part
from molreflect.tools.captions.lists import skip_conjunction
from molreflect.tools.captions.locants import read_locants_after
from molreflect.tools.captions.noun_phrases import NounPhrase, name_text, read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_class, add_part
from molreflect.tools.captions.relations import read_relation_noun

_WHOLE_ION = re.compile(r"(?:ate|ide|ium|\))$")
"""Names of ions that a salt "contains": compounds, where "contains a thiol" speaks of a group."""
_COLLECTIONS = frozenset({"total", "mixture", "sequence", "chain", "series", "combination"})


def read_components(state: ParseState, i: int, *, composed: bool = True) -> int:
    """Read a list of components from its verb on.

    Args:
        composed: Whether the molecule is said to be made of them, not only to contain them.
    """
    lows, cues = state.lows, state.cues
    j = _skip_to_components(state, i + 1)
    first_item = True
    while j < state.size:
        relation = j + (lows[j] in {"a", "an", "the"})
        related = read_relation_noun(state, relation)
        if related > j + 1:
            return related
        phrase = read_noun_phrase(state, j)
        after = -1 if phrase is None else _read_component(state, phrase, first_item=first_item, composed=composed)
        if after < 0:
            break
        first_item = False
        j = skip_conjunction(state, after)
        ends = lows[j] in cues.stop and lows[j] not in cues.articles and lows[j] != "both"
        if j == after or ends:
            return after
    return max(j, i + 1)


def read_made_of(state: ParseState, i: int) -> int:
    """Read "built from" or "made up of" and the components behind it."""
    return read_components(state, i) if state.lows[i + 1] in {"of", "from", "up", "on", "around"} else i


def _skip_to_components(state: ParseState, i: int) -> int:
    """Step over "solely of a mixture of"."""
    lows = state.lows
    i += lows[i] in {"of", "in", "solely", "mainly", "from", "up", "on", "around"}
    i += lows[i] == "of"
    opening = read_noun_phrase(state, i)
    if opening is not None and lows[opening.next] == "of" and lows[opening.last] in _COLLECTIONS:
        return opening.next + 1
    return i


def _read_component(state: ParseState, phrase: NounPhrase, *, first_item: bool, composed: bool) -> int:
    """Add one component; return the index behind it and its locants, or -1 where it is none."""
    lows, cues = state.lows, state.cues
    head, after = lows[phrase.last], phrase.next
    name = name_text(state, phrase)
    if composed or (state.knows(name) and _WHOLE_ION.search(name) is not None):
        source = "component"
    else:
        source = "group" if state.knows(name) else "name"
    group = head in cues.group_nouns or head in cues.part_nouns
    piece = is_part(state, phrase) if group else is_bond(state, phrase)
    if piece:
        after, locants = read_locants_after(state, phrase.next)
        add_part(state, phrase, source, locants, after if locants else None)
        return after
    if group or (lows[after] == "of" and head != "acid") or not is_named_chemical(state, phrase):
        return -1
    if first_item and lows[after] in {"in", "where"} and lows[after + 1] == "which":
        add_class(state, phrase, "modified-parent")
    else:
        add_class(state, phrase, source, count=phrase.count)
    return after
