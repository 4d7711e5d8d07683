"""Read a caption: which words speak about structure, relations, roles and origin, with exact character offsets.

The reader is a small deterministic grammar over tokens: cues ("It is a", "derives from", "substituted by", "has a role
as", "isolated from") say what the noun phrases after them mean, and coordinated lists are split into their items. No
model, no lookup beyond the lexicon, time linear in the length of the caption. This module walks the tokens and calls
the rule that each cue announces; the rules are in the modules named after what they read.

What is deliberately not a structural phrase: what is replaced or removed ("in which the hydroxy group ... is replaced
by"), what reacts away ("condensation of the carboxy group of X": X is a relation), stereo configurations alone,
linkages the lexicon does not know, negations, and class names that only modify another noun ("alcohol dehydrogenase").
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, lru_cache

from molreflect.tools.captions.claims import add_compound_inside
from molreflect.tools.captions.classification import is_part
from molreflect.tools.captions.clauses import read_in_which, read_where
from molreflect.tools.captions.components import read_components, read_made_of
from molreflect.tools.captions.contexts import mark_contexts
from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.captions.locants import is_locant, read_locants_after
from molreflect.tools.captions.name_shape import MAX_PHRASE_LENGTH
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start, read_noun_phrase, skip_noun_phrase
from molreflect.tools.captions.origins import read_origin
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_part, add_role
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.prose import read_negated, read_prose
from molreflect.tools.captions.reactions import read_reaction
from molreflect.tools.captions.relations import (
    read_conjugate,
    read_derives,
    read_functional_parent,
    read_functionally_related,
)
from molreflect.tools.captions.roles import read_role, read_use
from molreflect.tools.captions.statements import read_called, read_described, read_is, read_its, read_opening
from molreflect.tools.captions.substituents import (
    is_replaced_next,
    read_announced,
    read_specified,
    read_those_at,
    read_with,
)
from molreflect.tools.lexicon.classes import Lexicon

Rule = Callable[[ParseState, int], int]
"""Reads what the token at an index announces; returns the index behind it, or the same index where it reads nothing."""

_QUIET: frozenset[Rule] = frozenset(
    {
        read_in_which,
        read_where,
        read_reaction,
        read_role,
        read_use,
        read_origin,
        read_derives,
        read_functional_parent,
        read_functionally_related,
        read_conjugate,
    }
)
"""Rules that pass over names on purpose; what they have read is not looked at again as free prose."""
_READ_CAPTIONS = 256
"""Captions whose phrases are remembered."""
_MAX_REMEMBERED = 200_000
"""Most names that a reader remembers as known or unknown: hostile corpora must not fill the memory."""
_UNCLEAR_ROLES = frozenset({"component", "intermediate", "metabolite"})
_PLACES = frozenset({"position", "positions", "carbon", "nitrogen", "oxygen", "sulfur", "terminus", "atom"})
_CUES_IN_NAMES = frozenset({"role", "conjugate", "functionally", "functional"})


class CaptionReader:
    """Read captions against one lexicon; what the last ones held is remembered. Safe to share between threads."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Take the lexicon whose classes are known names."""
        self._lexicon = lexicon
        self._known: dict[str, bool] = {}
        # Every step of a pair (the look-ups, each proposal, what was not read) asks for its caption's phrases.
        self._remembered = lru_cache(maxsize=_READ_CAPTIONS)(self._read)

    def read(self, caption: str, *, negated: bool = False) -> tuple[Phrase, ...]:
        """Find the phrases of a caption.

        Args:
            caption: The caption as it stands in the corpus; any text is allowed.
            negated: Whether to add what the caption says is not in the molecule ("lacks a hydroxy group"), as
                phrases with the source "negated"; they are no claims of presence.

        Returns:
            Phrases sorted by start; phrases of one kind never overlap, phrases of different kinds may (the "methyl
            ester" in "methyl ester of benzoic acid" is a structure inside a relation).
        """
        return self._remembered(caption)[negated]

    def _read(self, caption: str) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
        """Read the phrases without and with those that are denied."""
        state = self.parse(caption)
        claimed = state.phrases()
        read_negated(state)
        return claimed, state.phrases()

    def parse(self, caption: str) -> ParseState:
        """Read a caption and return all that is known of its words; `read` is what most callers want."""
        state = ParseState(caption, self.knows)
        mark_contexts(state)
        _walk(state)
        read_prose(state)
        return state

    def knows(self, name: str) -> bool:
        """Say whether the lexicon has a class of that name (any spelling)."""
        known = self._known.get(name)
        if known is None:
            known = len(name) <= MAX_PHRASE_LENGTH and self._lexicon.find(name) is not None
            if len(self._known) < _MAX_REMEMBERED:
                self._known[name] = known
        return known


def _walk(state: ParseState) -> None:
    """Read every token once, by the rules its word announces or else as plain text."""
    rules = _rules_by_word()
    lows, stop = state.lows, state.cues.stop
    i = read_opening(state, 0)
    while i < state.size:
        if lows[i] == ".":
            state.pending = ()
            state.sentence = i + 1
            i = read_opening(state, i + 1)
            continue
        if not state.tokens[i].word:
            i += 1
            continue
        announced = rules.get(lows[i])
        if announced is None:
            i = i + 1 if lows[i] in stop else _read_plain(state, i)
            continue
        for rule in announced:
            after = rule(state, i)
            if after > i:
                if rule in _QUIET:
                    state.pass_over(i, after)
                break
        else:
            after = _read_plain(state, i)
        i = after


@cache
def _rules_by_word() -> dict[str, tuple[Rule, ...]]:
    """Return the rules that a word announces, in the order in which they are tried."""
    cues = load_cue_words()
    announced: tuple[tuple[Iterable[str], Rule], ...] = (
        (cues.forms_of_be, read_is),
        (("it's",), read_its),
        (
            ("counts", "qualifies", "described", "classified", "regarded", "viewed", "categorised", "categorized"),
            read_described,
        ),
        (("call",), read_called),
        (("role",), read_role),
        (("used", "acts", "functions", "serves", "acting"), read_use),
        (("derives", "derived"), read_derives),
        (("related",), read_functionally_related),
        (("functional",), read_functional_parent),
        (("conjugate",), read_conjugate),
        (("in",), read_in_which),
        (("where", "whereby"), read_where),
        (cues.origin_verbs, read_origin),
        (cues.reactions, read_reaction),
        (cues.negations, lambda state, i: skip_noun_phrase(state, i + 1)),
        (("specified", "identified"), read_specified),
        (cues.component_verbs, read_components),
        (("built", "made"), read_made_of),
        (("those", "that"), read_those_at),
        (("with",), read_with),
        (cues.substituent_verbs, read_announced),
    )
    rules: dict[str, tuple[Rule, ...]] = {}
    for words, rule in announced:
        for word in words:
            rules[word] = (*rules.get(word, ()), rule)
    return rules


def _read_plain(state: ParseState, i: int) -> int:
    """Read a token that announces nothing: only "X group" and the like speak about the molecule."""
    lows, cues = state.lows, state.cues
    if lows[i] in cues.stop:
        return i + 1
    phrase = read_noun_phrase(state, i)
    if phrase is None:
        return i + 1
    head = lows[phrase.last]
    group = head in cues.group_nouns or _is_named_ring(state, i, phrase)
    if group and not is_replaced_next(state, phrase.next) and is_part(state, phrase):
        after, locants = read_locants_after(state, phrase.next)
        add_part(state, phrase, "group", locants, after if locants else None)
        return after
    if lows[i - 1] == "of" and i >= 2 and _is_place(state, i - 2):
        add_compound_inside(state, phrase)  # "position 3 of prop-2-enoic acid": the compound is there, changed
    if head in cues.role_nouns and state.sentence == i and head not in _UNCLEAR_ROLES:
        add_role(state, phrase.first, phrase.last)
    for k in range(i + 1, phrase.last + 1):
        if lows[k] in cues.reactions or lows[k] in _CUES_IN_NAMES:
            return k
    return max(phrase.next, i + 1)


def _is_named_ring(state: ParseState, i: int, phrase: NounPhrase) -> bool:
    """Say whether the noun phrase at `i` is a ring of the lexicon behind an article: "the benzene ring"."""
    if state.lows[phrase.last] not in state.cues.part_nouns or state.tokens[i - 1].low not in state.cues.articles:
        return False
    first = name_start(state, phrase)
    return phrase.last > first and state.knows(state.text(first, phrase.last))


def _is_place(state: ParseState, i: int) -> bool:
    """Say whether a token is a place in a compound: "position", "C-3", "nitrogen", "group"."""
    low = state.lows[i]
    return low in _PLACES or low in state.cues.group_nouns or is_locant(state.tokens[i].text)
