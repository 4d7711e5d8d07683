"""Read how a molecule is made: "condensation of the carboxy group of X with the amino group of Y"."""

from __future__ import annotations

from molreflect.tools.captions.claims import add_compound_inside
from molreflect.tools.captions.classification import is_compound, is_part, is_prose
from molreflect.tools.captions.lists import skip_conjunction, skip_synonym
from molreflect.tools.captions.locants import read_locants_after
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start, read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_part, add_relation

_MAX_STEPS = 8
"""Most noun phrases of one reaction."""
_GENTLE = frozenset({"deprotonation of", "protonation of", "tautomer of"})
"""Reactions that leave the group they happen at recognisable."""
_GROUP_LIKE = frozenset({"terminus", "termini", "nitrogen", "nitrogens", "oxygen", "oxygens", "ring"})


def read_reaction(state: ParseState, i: int) -> int:
    """Read "condensation of the carboxy group of X with ...", "deprotonation of ... of X" from the reaction on."""
    lows, cues = state.lows, state.cues
    relation = cues.reactions[lows[i]]
    gentle = relation in _GENTLE
    if lows[i + 1] not in {"of", "between", "at", "to", "by", "on"}:
        return i
    if not any(lows[k] in cues.made_by for k in range(max(state.sentence, i - 4), i)):
        return i  # "prevents the addition of amino acids": a process, not how the molecule is made
    j = i + 2
    first_item = True
    for _ in range(_MAX_STEPS):
        phrase = read_noun_phrase(state, j)
        if phrase is None:
            if lows[j] not in {"position", "positions", "both", "the"}:
                break
            j += 1
            continue
        if _is_site(state, phrase):
            j, goes_on = _read_site(state, phrase, gentle=gentle)
            if goes_on:
                continue
            break
        if not is_compound(state, phrase, listed=False) or is_prose(state, phrase):
            break
        add_relation(state, i if first_item else name_start(state, phrase), phrase, relation)
        first_item = False
        if relation in {"condensation of", "acylation of"}:
            add_compound_inside(state, phrase)  # both partners stand in the product, less what they lost
        j = _skip_places(state, skip_synonym(state, phrase.next), {"at", "in", "("})
        if gentle:
            break
        if lows[j] in {"with", "and", "by", "to"}:
            j += 1
        elif lows[j] == "," and lows[j + 1] == "and":
            j += 2
        else:
            break
    return max(j, i + 2)


def _is_site(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a noun phrase is the place of a reaction ("the carboxy group of") and not a compound."""
    head, follows = state.lows[phrase.last], state.lows[phrase.next]
    return (
        head in state.cues.reaction_sites
        or head in state.cues.group_nouns
        or follows in {"to", "from"}
        or (follows == "of" and head != "acid")
        or _ends_in_group(state, phrase)
    )


def _ends_in_group(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether "X, Y and Z functions" follows: then X is a group and not a compound."""
    j = phrase.next
    for _ in range(5):
        onward = skip_conjunction(state, j)
        following = read_noun_phrase(state, onward) if onward > j else None
        if following is None or following.article:
            return False
        head = state.lows[following.last]
        if head in state.cues.group_nouns or head in _GROUP_LIKE:
            return True
        j = following.next
    return False


def _read_site(state: ParseState, phrase: NounPhrase, *, gentle: bool) -> tuple[int, bool]:
    """Read the place of a reaction; return the index behind it and whether the reaction goes on."""
    lows = state.lows
    if gentle and lows[phrase.last] not in {"proton", "protons"} and is_part(state, phrase):
        after, locants = read_locants_after(state, phrase.next)
        add_part(state, phrase, "group", locants, after if locants else None)
    j = _skip_places(state, phrase.next, {"at", "in", "on"})
    if lows[j] in {"of", "from", "to", "with", "and", "by"}:
        return j + 1, True
    if lows[j] == "," and gentle:
        return j + 1 + (lows[j + 1] == "and"), True
    return j, False


def _skip_places(state: ParseState, i: int, openers: set[str]) -> int:
    """Step over locants: "at positions 3 and 4"."""
    while state.lows[i] in openers:
        after, _ = read_locants_after(state, i)
        if after == i:
            break
        i = after
    return i
