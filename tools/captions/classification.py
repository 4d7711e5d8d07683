"""Say what a noun phrase can be: a chemical name, a part of a molecule, a bond, a compound, an adjective, or prose."""

from __future__ import annotations

from molreflect.tools.captions.name_shape import MAX_PHRASE_LENGTH, looks_chemical
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start, name_text
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.names.atoms import read_bond

_GROUP_ADJECTIVES = frozenset({"side", "functional", "head", "protecting", "end", "leaving"})
_BARE_PARTS = frozenset({"hydrogen", "hydrogens", "carbon", "proton", "acyl", "alkyl", "aryl"})


def is_chemical(state: ParseState, first: int, last: int) -> bool:
    """Say whether the tokens name something of structure, by lexicon or by the shape of the head."""
    cues, tokens = state.cues, state.tokens
    head = state.lows[last]
    if head in cues.not_structure or head in cues.not_names:
        return False
    if state.knows(state.text(first, last)):
        return True
    if head in cues.role_nouns:
        return False
    if first == last and state.formula_name(last):
        return True
    word = tokens[last].text
    if looks_chemical(word):
        return True
    if head in cues.class_heads and last > first:
        return head in {"acid", "acids"} or any(looks_chemical(tokens[k].text) for k in range(first, last))
    short = len(word) <= 8 and (word[0].isupper() or word[0].isdigit())  # "coenzyme A", "phosphatidylcholine 36:0"
    return last > first and (short or head in cues.part_nouns) and looks_chemical(tokens[last - 1].text)


def is_named_chemical(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a noun phrase, describing words left out, names something of structure."""
    return is_chemical(state, name_start(state, phrase), phrase.last)


def is_part(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether "X group(s)" names a substituent worth a phrase."""
    cues, lows = state.cues, state.lows
    first, last = name_start(state, phrase), phrase.last
    if lows[last] in cues.group_nouns:
        last -= 1
        if last >= first and lows[last] in _GROUP_ADJECTIVES:
            last -= 1
    if last < first:
        return False
    head = lows[last]
    if head == ")":
        return any(looks_chemical(state.tokens[k].text) for k in range(first, last))
    if head in _BARE_PARTS and last == first:
        return False
    if head in cues.not_structure or head in cues.role_nouns:
        return state.knows(state.text(first, last))
    return is_chemical(state, first, last) or state.knows(state.text(first, phrase.last))


def is_bond(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a noun phrase is a bond: a double or triple one, or a linkage of the lexicon."""
    lows = state.lows
    if lows[phrase.last] not in state.cues.bond_nouns:
        return False
    if phrase.last > phrase.first and lows[phrase.last - 1].rsplit("-")[-1] in {"double", "triple"}:
        return phrase.count != 0 and lows[phrase.first] != "0"
    name = name_text(state, phrase)
    return state.knows(name) or read_bond(name) is not None


def is_compound(state: ParseState, phrase: NounPhrase, *, listed: bool) -> bool:
    """Say whether a relation's object can be a compound at all; later items of a list must look like one."""
    cues = state.cues
    low = state.lows[phrase.last]
    first = name_start(state, phrase)
    name = state.text(first, phrase.last)
    if len(name) > MAX_PHRASE_LENGTH:
        return False
    if state.knows(name):
        return True
    if low in cues.not_structure or low in cues.group_nouns or low in cues.role_nouns:
        return False
    if first == phrase.last and (low in cues.not_names or low in cues.adjectives):
        return False
    if state.tokens[first].text.startswith("[DB"):  # "salt of [DB01345]": a database's number is no name
        return False
    return not listed or phrase.article or is_chemical(state, first, phrase.last)


def is_adjective(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a noun phrase is no noun at all: it ends in an adjective."""
    low = state.lows[phrase.last]
    if state.knows(state.text(phrase.first, phrase.last)):
        return False
    return low in state.cues.adjectives or low.endswith(state.cues.adjective_endings)


def is_prose(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether a noun phrase is ordinary English: no token in it has the shape of a name."""
    low = state.lows[phrase.last]
    if phrase.first == phrase.last and len(low) > 4 and low not in state.cues.not_names:
        return low.endswith(("ed", "ing", "tion", "sis", "ness", "ity", "ment"))
    return not any(
        looks_chemical(token.text) or state.knows(token.text) or any(c.isdigit() or c.isupper() for c in token.text)
        for token in state.tokens[phrase.first : phrase.last + 1]
    )
