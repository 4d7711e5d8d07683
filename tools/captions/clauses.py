"""Read clauses that say what is done to a part: "in which the hydrogens at positions 2 and 4 are replaced by ..."."""

from __future__ import annotations

from molreflect.tools.captions.classification import is_named_chemical, is_part
from molreflect.tools.captions.locants import find_locants, read_locants_after
from molreflect.tools.captions.noun_phrases import NounPhrase, read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_class, add_part
from molreflect.tools.captions.relations import read_compound_inside
from molreflect.tools.captions.substituents import read_announced, read_substituents

_MAX_LOOKAHEAD = 60
"""Most tokens that are searched for the verb of a clause."""


def read_in_which(state: ParseState, i: int) -> int:
    """Read a clause from "in which" on."""
    return _read_clause(state, i + 2) if state.lows[i + 1] == "which" else i


def read_where(state: ParseState, i: int) -> int:
    """Read a clause from "where" on."""
    return _read_clause(state, i + 1)


def _read_clause(state: ParseState, i: int) -> int:
    """Read a clause from its subject on; what goes away is skipped, what takes its place is read."""
    lows, cues = state.lows, state.cues
    phrase = read_noun_phrase(state, i)
    if phrase is not None and lows[phrase.next] in {"carries", "bears", "acylates"}:
        _add_subject(state, phrase, reacts=False)
        return phrase.next
    limit = min(i + _MAX_LOOKAHEAD, state.size)
    verb = _find_verb(state, i, limit)
    if verb < 0:
        return i
    predicate = verb
    while predicate < limit and lows[predicate] in cues.auxiliaries and lows[predicate] != "undergone":
        predicate += 1
    action = lows[predicate]
    locants: tuple[str, ...] = ()
    if phrase is not None:
        _, locants = read_locants_after(state, _skip_of(state, phrase.next))
    has_hydrogen = any(low.endswith(("hydrogen", "hydrogens", "proton", "protons")) for low in lows[i:verb])
    if phrase is not None and phrase.next == verb:
        if not has_hydrogen and action in cues.attaching_verbs and lows[phrase.last] not in cues.role_nouns:
            _add_subject(state, phrase, reacts=action in cues.modifying_verbs)
    elif phrase is not None and lows[phrase.next] == "of" and lows[phrase.last] in cues.group_nouns:
        read_compound_inside(state, phrase.next + 1)
    removed = action in cues.removing_verbs or action in cues.modifying_verbs
    if removed or (action == "substituted" and has_hydrogen):
        state.pending = locants
        if action == "converted":
            return read_announced(state, predicate)
        return predicate + (action == "undergone")
    if action == "specified":
        state.pending = locants or find_locants(state, i, verb)
        return predicate
    names_part = action not in cues.stop and action not in cues.articles
    if lows[verb] in cues.forms_of_be and phrase is not None and predicate < limit and names_part:
        state.pending = locants or find_locants(state, i, verb)
        return max(read_substituents(state, predicate), predicate)
    if action in {"located", "attached", "positioned", "at"} and phrase is not None and is_part(state, phrase):
        after, locants = read_locants_after(state, predicate)
        add_part(state, phrase, "group", locants)
        return max(after, predicate)
    return i


def _find_verb(state: ParseState, i: int, limit: int) -> int:
    """Return the index of the first verb before `limit` that a clause can turn on, or -1."""
    cues = state.cues
    for j in range(i, limit):
        low = state.lows[j]
        if low in {".", ";"}:
            return -1
        if low in cues.forms_of_be or low in {"has", "have"} or low in cues.removing_verbs:
            return j
    return -1


def _add_subject(state: ParseState, phrase: NounPhrase, *, reacts: bool) -> None:
    """Add the compound or ring that a clause says something is done to: "in which isoquinoline is substituted".

    A group that `reacts` ("in which the hydroxy group is esterified") is none any more; a compound is still there.
    """
    head = state.lows[phrase.last]
    if head in state.cues.group_nouns or head in state.cues.part_nouns:
        if is_part(state, phrase) and not reacts:
            add_part(state, phrase, "group")
    elif is_named_chemical(state, phrase):
        add_class(state, phrase, "modified-parent")


def _skip_of(state: ParseState, i: int) -> int:
    """Step over "of the methyl group" behind a subject."""
    phrase = read_noun_phrase(state, i + 1) if state.lows[i] == "of" else None
    return phrase.next if phrase else i
