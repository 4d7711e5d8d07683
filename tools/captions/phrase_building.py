"""Turn noun phrases into phrases: the key they are looked up by, the count and the locants they state."""

from __future__ import annotations

import re

from molreflect.tools.captions.counts import is_simple_substituent, split_multiplier
from molreflect.tools.captions.locants import split_leading_locant
from molreflect.tools.captions.name_shape import MAX_PHRASE_LENGTH
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.lexicon.spelling import normalise_name
from molreflect.tools.names.atoms import chain_length
from molreflect.tools.terms import PhraseKind

_IN_BRACKETS = re.compile(r"\s\((?:[^()]{1,120})\)(?=\s)")
_LINKAGE_ALONE = re.compile(
    r"^(?:sequentially |sequential |successive )?(?:alpha|beta)?-?"
    r"\((?:alpha|beta)?\d{1,2}'?(?:alpha|beta)?->\d{1,2}'?\)(?:-|[- ]linkage)?$"
)
_NOTHING_LEFT = re.compile(r"^[\d,'-]*(?:di|tri|tetra)?(?:deoxy|anhydro|dehydro|nor|seco)[- ]derivative$")
"""What is missing: no part of the molecule."""
_AT_AN_END = (["in", "an"], ["with", "an"], ["in", "the"], ["by", "an"])
"""Words before a group, behind "ends" and the like."""
_GROUP_WORDS = (" group", " residue", " moiety", " unit")


def add_structure(
    state: ParseState,
    first: int,
    last: int,
    key: str,
    source: str,
    *,
    name: str,
    count: int | None = None,
    locants: tuple[str, ...] = (),
    whole: bool = False,
) -> None:
    """Add tokens as a structural phrase, unless their key says nothing about structure."""
    if key not in state.cues.no_claims and not _LINKAGE_ALONE.match(key) and not _NOTHING_LEFT.match(key):
        kind = PhraseKind.STRUCTURE
        state.add(first, last, kind, key, source, count=count, locants=locants, whole=whole, name=name)


def add_class(
    state: ParseState, phrase: NounPhrase, source: str, *, whole: bool = False, count: int | None = None
) -> None:
    """Add a name or class as a structural phrase."""
    first = name_start(state, phrase)
    text = state.text(first, phrase.last)
    if len(text) > MAX_PHRASE_LENGTH:
        return
    text = (state.formula_name(first) if first == phrase.last else "") or text  # "the benzylic position is a CH2"
    key = class_key(state, text)
    add_structure(state, first, phrase.last, key, source, count=count, whole=whole, name=as_written(text, key))


def class_key(state: ParseState, text: str) -> str:
    """Normalise the name of a class; "compound", "derivative" or "group" behind it say no more than the name."""
    name = normalise_name(_IN_BRACKETS.sub("", text))
    if name.endswith("-"):
        name = name.rstrip("-")  # "a dihydroxy- and monomethoxyflavone"
    if state.knows(name):
        return name
    for word in (" compound", " derivative", *_GROUP_WORDS):
        if name.endswith(word) and state.knows(name.removesuffix(word)):
            return normalise_name(name.removesuffix(word))
    for word in _GROUP_WORDS:
        name = name.removesuffix(word)
    return name


def add_part(
    state: ParseState, phrase: NounPhrase, source: str, locants: tuple[str, ...] = (), until: int | None = None
) -> None:
    """Add a substituent, ring or bond as a structural phrase.

    Args:
        locants: Positions stated behind the phrase.
        until: Index behind the locants, where they belong to the phrase.
    """
    first = name_start(state, phrase) if phrase.count is None else phrase.counted_from
    last = phrase.last if until is None else until - 1
    if state.tokens[last].end - state.tokens[first].start > MAX_PHRASE_LENGTH:
        return
    text = _part_name(state, phrase)
    written = _IN_BRACKETS.sub("", text)
    name = normalise_name(written)
    count = phrase.count
    if name.endswith("phosphate oh"):  # "three diphosphate OH groups" counts the hydroxy groups, not the diphosphates
        name, written, count = name[:-3].removeprefix("free "), written[:-3].removeprefix("free "), None
    if name == "free oh":
        name = written = "OH"
    if source == "negated" and name.lower() == "oh":
        name = written = "hydroxy"  # "no OH" of an acid denies none of its own
    if name in {"isopropyl", "isopropyl group"} and (
        state.lows[first - 2 : first] in _AT_AN_END or state.lows[phrase.last + 1] == "terminus"
    ):
        name = written = "terminal isopropyl group"
    own, stem = split_leading_locant(text)
    if stem and is_simple_substituent(name[stem:]):
        name = name[stem:]
        locants = locants or own
    if count is None:
        name, count = split_multiplier(name)
    if source not in {"group", "component", "negated"} and not state.knows(name):
        source = "name"
    add_structure(state, first, last, name, source, count=count, locants=locants, name=as_written(written, name))


def _part_name(state: ParseState, phrase: NounPhrase) -> str:
    """Quote the name of a part: "hydroxy" of "free (hydroxy) side group"."""
    lows = state.lows
    first, last = name_start(state, phrase), phrase.last
    if last == first + 1 and lows[last] in state.cues.bond_nouns and (formula := state.formula_name(first)):
        return formula  # "a CH2 bridge"
    if lows[last] in state.cues.group_nouns and last > first and chain_length(state.text(first, last)) is None:
        last -= 1
        if lows[last] in {"side", "functional", "head"} and last > first:
            last -= 1
    if lows[first] == "(":
        first, last = first + 1, max(first + 1, last - 1)
    text = (state.formula_name(last) if first == last else "") or state.text(first, last)
    return text.rstrip("-") or text  # "the 3alpha-acetoxy- and 17beta-acetoxy groups"


def add_relation(state: ParseState, first: int, phrase: NounPhrase, relation: str) -> None:
    """Add a relation from the token of its own words to the compound it names."""
    name = _compound_name(state, phrase)
    key = normalise_name(name)
    state.add(first, phrase.last, PhraseKind.RELATION, key, "relation", relation=relation, name=name)


def _compound_name(state: ParseState, phrase: NounPhrase) -> str:
    """Quote the compound's name: "antibiotic" goes from "the antibiotic daunorubicin"."""
    first, last = name_start(state, phrase), phrase.last
    for k in range(first, last):
        if state.lows[k] in state.cues.substance_roles and not state.knows(state.text(first, last)):
            long_enough = state.tokens[last].end - state.tokens[k + 1].start >= 4
            first = k + 1 if long_enough else first
    return _IN_BRACKETS.sub("", state.text(first, last))


def add_role(state: ParseState, first: int, last: int) -> None:
    """Add the tokens, both included, as a role."""
    text = state.text(first, last)
    if len(text) <= MAX_PHRASE_LENGTH:
        state.add(first, last, PhraseKind.ROLE, normalise_name(text), "role")


def as_written(text: str, key: str) -> str:
    """Return the part of `text` that `key` normalises, capitals kept; the key itself where the two differ too much."""
    where = text.lower().find(key)
    if where >= 0:
        return text[where : where + len(key)]
    return key if len(key) + 4 < len(text) else text
