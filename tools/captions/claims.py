"""Add what a caption says the molecule is: "is a phenol", "a macrolide antibiotic"."""

from __future__ import annotations

from molreflect.tools.captions.classification import is_adjective, is_chemical, is_named_chemical
from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_class, add_part, add_role, add_structure, class_key

_BINARY = frozenset({"sulfide", "selenide", "telluride"})
"""Names of an ether's kin, and of compounds of two elements where the other one is named behind "of"."""


def add_claim(
    state: ParseState, phrase: NounPhrase, *, head: bool, prose: bool, article: bool, member: bool = False
) -> None:
    """Add one item of a list of claims: structure, role, or nothing.

    Args:
        head: Whether the list follows "The molecule is".
        prose: Whether the sentence is any other than "It is ..."; then only names that look chemical are claims.
        article: Whether an article stands before the item.
        member: Whether "member of" stands before it.
    """
    cues = state.cues
    low = state.lows[phrase.last]
    first = name_start(state, phrase)
    if low.removesuffix("s") in _BINARY and state.lows[phrase.next] == "of" and first == phrase.last:
        return  # "a sulfide of selenium" is no thioether
    known = state.knows(state.text(first, phrase.last))
    if not known and not article and (low in cues.role_nouns or not looks_chemical(state.tokens[phrase.last].text)):
        known = state.names_compound(first, phrase.last)
    if low in cues.role_nouns and not known and not member and (prose or low not in cues.structural_roles):
        add_role(state, phrase.first, phrase.last)
        _add_class_in_role(state, phrase)
        return
    if low.rsplit("-", 1)[-1] in cues.stereo_heads or (not known and is_adjective(state, phrase)):
        return
    if not known:
        if low in cues.not_structure or low in cues.adjectives:
            return
        if phrase.last == phrase.first and (low in cues.not_names or low in cues.empty_heads or low.isdigit()):
            return
    chemical = known or is_chemical(state, first, phrase.last)
    bare = not chemical and _is_bare_name(state, phrase, head=head)
    if not chemical and not bare and (prose or not article or not _may_be_trivial_name(state, first, phrase.last)):
        return
    if low in cues.group_nouns:
        add_part(state, phrase, "group")
        return
    whole = head and not is_modified_next(state, phrase.next)
    add_class(state, phrase, "head" if head else "item" if chemical and not prose else "name", whole=whole)


def _add_class_in_role(state: ParseState, phrase: NounPhrase) -> None:
    """Add the class a role's modifiers name: "a macrolide antibiotic", "an antineoplastic phenothiazine drug"."""
    role = state.lows[phrase.last]
    last = phrase.last - 1
    if role not in state.cues.substance_roles or not looks_chemical(state.tokens[last].text):
        return
    for k in range(name_start(state, phrase), phrase.last):
        name = state.text(k, last)
        if state.knows(name) or (k == last and role.startswith("antibiotic")):
            add_structure(state, k, last, class_key(state, name), "item", name=name)
            return


def _is_bare_name(state: ParseState, phrase: NounPhrase, *, head: bool) -> bool:
    """Say whether "The molecule is X." ends with a name: one word with a capital or a digit in it."""
    text = state.tokens[phrase.last].text
    alone = head and name_start(state, phrase) == phrase.last and state.lows[phrase.next] in {".", "(", ";"}
    return alone and len(text) > 2 and any(c.isupper() or c.isdigit() for c in text)


def _may_be_trivial_name(state: ParseState, first: int, last: int) -> bool:
    """Say whether an unknown item of "It is a X" can be a class nobody listed ("FAHFA", "angucycline")."""
    low = state.tokens[last].low
    return last - first <= 4 and len(low) > 2 and not low.endswith(("ing", "ed", "ness", "tion", "ity"))


def can_continue_claims(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a bare "and X" continues a list of claims: X must be chemical and not the subject of a verb."""
    return state.lows[phrase.next] not in state.cues.auxiliaries and is_named_chemical(state, phrase)


def is_modified_next(state: ParseState, i: int) -> bool:
    """Say whether the words after a head name change it: then it does not name the whole molecule."""
    lows = state.lows
    if lows[i] in {"substituted", "carrying", "bearing", "acylated", "attached", "linked"}:
        return True
    if lows[i] != "in" or lows[i + 1] != "which":
        return False
    ahead = lows[i + 2 : i + 20]
    return any(low in state.cues.removing_verbs for low in ahead[: ahead.index(".") if "." in ahead else None])


def add_compound_inside(state: ParseState, phrase: NounPhrase) -> None:
    """Add the compound a relation names as a structure: it stands in the molecule as it is."""
    cues = state.cues
    low = state.lows[phrase.last]
    if low in cues.group_nouns or low in cues.role_nouns or low in cues.adjectives:
        return
    if low in cues.not_structure or low in cues.not_names:
        return
    single = name_start(state, phrase) == phrase.last
    if not (single and low.isalpha() and len(low) >= 6) and not is_named_chemical(state, phrase):
        return
    if state.lows[phrase.next] != "of" and not is_modified_next(state, phrase.next):
        add_class(state, phrase, "modified-parent")
