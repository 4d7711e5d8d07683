"""Read how a molecule is related to named compounds: "derives from X", "conjugate base of X", "methyl ester of X"."""

from __future__ import annotations

import re

from molreflect.tools.captions.claims import add_claim, add_compound_inside
from molreflect.tools.captions.classification import is_chemical, is_compound
from molreflect.tools.captions.counts import is_simple_substituent, split_multiplier
from molreflect.tools.captions.lists import next_claim, skip_synonym
from molreflect.tools.captions.locants import split_locants
from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start, read_noun_phrase
from molreflect.tools.captions.origins import is_species, read_origin
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_relation, add_structure, as_written, class_key
from molreflect.tools.lexicon.spelling import normalise_name

_FORMS = frozenset({"form", "forms"})
_FORM_RELATIONS = {
    "zwitterionic": "zwitterion of",
    "cationic": "cation of",
    **dict.fromkeys(("anionic", "deprotonated", "protonated", "ionised", "ionized"), "anion of"),
}
_SAME_COMPOUND = frozenset({"salt of", "hydrate of", "stereoisomer of", "enantiomer of", "free base of"})
"""Relations whose compound is in the molecule as it is, so that what describes it describes the molecule."""
_LISTS_GROUPS = re.compile(r"[a-z]-\d[\d,']*-[a-z]")
_STEREO_ISOMER = re.compile(
    r"(?:^|-)(?:\(?\d*[rsez](?:,\d*[rsez])*\)?|cis|trans|[dl]|\(?\+\)?|\(?-\)?|syn|anti|endo|exo)-isomer$",
    re.IGNORECASE,
)
"""Isomers that are the named compound in another configuration; a "beta-isomer" may have its groups elsewhere."""
_NO_MODIFIERS = frozenset({"conjugate", "adduct", "form", "analogue", "metabolite", "prodrug"})
"""Nouns before which no part of the molecule is named: a "hydroxy metabolite" of X need have no hydroxy group."""


def read_derives(state: ParseState, i: int) -> int:
    """Read "derives from (a hydride of) X" from its verb on."""
    lows = state.lows
    if lows[i + 1] != "from":
        return i
    hydride = i + 2 + (lows[i + 2] in {"a", "the"})
    if lows[hydride] == "hydride" and lows[hydride + 1] == "of":
        return read_relation_list(state, i, hydride + 2, "derives from a hydride of")
    source = read_noun_phrase(state, i + 2)
    if lows[i] == "derived" and source is not None and source.last > source.first:
        genus, epithet = state.tokens[source.first].text, state.tokens[source.first + 1].text
        if is_species(genus, epithet) and not is_chemical(state, source.first, source.last):
            return max(read_origin(state, i), i + 2)  # "derived from Streptomyces venezuelae"
    return read_relation_list(state, i, i + 2, "derives from")


def read_functional_parent(state: ParseState, i: int) -> int:
    """Read "functional parent (of) X" from its first word on."""
    if state.lows[i + 1] != "parent":
        return i
    return read_relation_list(state, i, i + 2 + (state.lows[i + 2] == "of"), "functional parent")


def read_functionally_related(state: ParseState, i: int) -> int:
    """Read "functionally related to X" from its second word on."""
    if not i or state.lows[i - 1] != "functionally" or state.lows[i + 1] != "to":
        return i
    return read_relation_list(state, i - 1, i + 2, "functionally related to")


def read_conjugate(state: ParseState, i: int) -> int:
    """Read "conjugate base of X" or "conjugate acid of X" from its first word on."""
    lows = state.lows
    if lows[i + 1] in {"base", "acid"} and lows[i + 2] == "of":
        return read_relation_list(state, i, i + 3, f"conjugate {lows[i + 1]} of")
    return i


def read_relation_noun(state: ParseState, i: int) -> int:
    """Read "(the) conjugate base of X", "2-methyl ether of X", "sulfate salt form of X"; `i` if it is none."""
    lows = state.lows
    if lows[i] == "conjugate" and (after := read_conjugate(state, i)) > i:
        return after
    if lows[i] == "hydride" and lows[i + 1] == "of":
        return read_relation_list(state, i, i + 2, "derives from a hydride of")
    phrase = read_noun_phrase(state, i)
    if phrase is None or lows[phrase.next] != "of":
        return i
    last = phrase.last
    if lows[last] in _FORMS and last > phrase.first:
        last -= 1
        relation = _relation_of_form(state, lows[last])
        if relation is not None:
            return read_relation_list(state, phrase.first, phrase.next + 1, relation)
    word = lows[last]
    tail = word.rsplit("-", 1)[-1]
    relation = _relation_of_noun(state, word, tail)
    if relation is None:
        return i
    # "the R-enantiomer of X" says that the molecule is an X; an ester or ether of X holds it.
    described = relation in {"enantiomer of", "stereoisomer of", "isomer of"} and tail not in {"epimer", "isomer"}
    described = described and (tail != word or last > phrase.first)
    after = read_relation_list(state, phrase.first, phrase.next + 1, relation, single=described)
    stereo = _STEREO_ISOMER.search("-".join(lows[max(phrase.first, last - 1) : last + 1]))
    if described or stereo or relation in {"ester of", "ether of"}:
        read_compound_inside(state, phrase.next + 1)
    if relation in {"ester of", "ether of", "derivative of", "salt of"} and after > phrase.next + 1:
        _add_modifier(state, phrase, last)
    return after


def _relation_of_form(state: ParseState, word: str) -> str | None:
    """Return the relation of "anionic form of", "trihydrate form of", "sodium form of"."""
    cues = state.cues
    if word in _FORM_RELATIONS:
        return _FORM_RELATIONS[word]
    if word.endswith("hydrate"):
        return "hydrate of"
    if word in cues.tautomer_words:
        return "tautomer of"
    is_salt = word in cues.salt_words or word.endswith(("ate", "ide", "ium"))
    return "salt of" if is_salt and word not in cues.products else None


def _relation_of_noun(state: ParseState, word: str, tail: str) -> str | None:
    """Return the relation a noun states before "of"; `tail` is what follows its last hyphen."""
    cues = state.cues
    relation = cues.isomers.get(tail) or cues.ions.get(word) or cues.products.get(word) or cues.products.get(tail)
    if relation is not None:
        return relation
    if word.endswith(("oside", "osides", "uronide")):
        return "derivative of"
    if word.endswith(("hydrochloride", "hydrobromide")):
        return "salt of"
    return "hydrate of" if word.endswith("hydrate") and "carbo" not in word else None


def read_compound_inside(state: ParseState, i: int) -> None:
    """Add the compound named at `i` as a structure: it stands in the molecule as it is."""
    phrase = read_noun_phrase(state, i)
    if phrase is not None:
        add_compound_inside(state, phrase)


def _add_modifier(state: ParseState, phrase: NounPhrase, last: int) -> None:
    """Add the structural part of a relation: "methyl ester" of X, "N-acetyl" derivative of X.

    Args:
        last: Token of the relation's noun: the last of the phrase, or the one before "form".
    """
    first = name_start(state, phrase)
    word = state.lows[last]
    text = state.text(first, last)
    if word == "derivative":
        if last == first or not looks_chemical(state.tokens[last - 1].text):
            return
        text = state.text(first, last - 1)
        locants, stem = split_locants(text)
        if _LISTS_GROUPS.search(text, stem):
            locants, stem = (), 0  # "4,5-dihydroxy-2,6-dioxo": which is where is part of the name
        name, count = split_multiplier(normalise_name(text[stem:]))
        written = as_written(text[stem:], name)
    elif word == "salt":
        if last == first or not state.knows(text):
            return
        locants, count, name, written = (), None, class_key(state, text), text
    elif word in _NO_MODIFIERS:
        return
    else:
        name, count = normalise_name(text), None
        locants, stem = split_locants(text) if last > first else ((), 0)
        if stem and is_simple_substituent(name[stem:].split(" ", 1)[0]):
            name = name[stem:]
        else:
            locants = ()
        if len(name) > 8:
            name = name.removeprefix("mono")
        if last > first:
            name, count = split_multiplier(name)
        written = as_written(text, name)
    add_structure(state, first, last, name, "modifier", count=count, locants=locants, name=written)


def read_relation_list(state: ParseState, start: int, i: int, relation: str, *, single: bool = False) -> int:
    """Read the named compounds of a relation.

    Args:
        start: Index of the first of the relation's own words; the first phrase spans them.
        i: Index of the first compound.
        relation: One of `CueWords.relations`.
        single: Whether what follows the compound behind a comma describes it.
    """
    lows, cues = state.lows, state.cues
    begin = i
    i = _skip_part_of(state, i)
    first_item = True
    while i < state.size:
        phrase = read_noun_phrase(state, i)
        if phrase is None or not is_compound(state, phrase, listed=not first_item):
            break
        add_relation(state, start if first_item else name_start(state, phrase), phrase, relation)
        first_item = False
        i = skip_synonym(state, phrase.next)
        onward = next_claim(state, i)
        if onward == i or (lows[onward] not in cues.articles and lows[i] != "and"):
            return i
        upcoming = read_noun_phrase(state, onward)
        if upcoming is None:
            return i
        if lows[i] == "," and (single or relation not in cues.formal_relations):
            # ", a naturally occurring alkaloid" describes X; what a salt holds is still there
            if not single and relation not in _SAME_COMPOUND:
                return i
            add_claim(state, upcoming, head=False, prose=True, article=True)
            return upcoming.next
        if lows[upcoming.next] in cues.auxiliaries or not is_compound(state, upcoming, listed=True):
            return i
        i = onward
    return begin if first_item else i


def _skip_part_of(state: ParseState, i: int) -> int:
    """Step over "the carboxy group of" in "derived from the carboxy group of X", four times at most."""
    for _ in range(4):
        phrase = read_noun_phrase(state, i)
        if phrase is None or state.lows[phrase.next] != "of":
            break
        low = state.lows[phrase.last]
        if low not in state.cues.group_nouns and low not in _FORMS and low != "base":
            break
        i = phrase.next + 1
    return i
