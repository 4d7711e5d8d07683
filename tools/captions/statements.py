"""Read sentences that say what the molecule is: "The molecule is a phenol that is X", "An alkaloid used to ..."."""

from __future__ import annotations

from molreflect.tools.captions.claims import add_claim, can_continue_claims
from molreflect.tools.captions.classification import is_adjective, is_chemical
from molreflect.tools.captions.lists import next_claim, skip_synonym
from molreflect.tools.captions.noun_phrases import (
    NounPhrase,
    is_article,
    name_start,
    read_noun_phrase,
    skip_noun_phrase,
)
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrase_building import add_class
from molreflect.tools.captions.relations import read_relation_noun

_JOINED = frozenset({"linked", "attached", "joined", "coupled", "esterified", "glycosylated", "conjugated"})
"""Words behind a compound that is named as a part."""


def read_opening(state: ParseState, i: int) -> int:
    """Read a sentence that opens with its claim: "A nitroimidazole used to treat ...", "An alkaloid ..."."""
    if state.lows[i] not in {"a", "an"} or not state.tokens[i].text[0].isupper():
        return i
    return _read_claims(state, i, head=False, prose=True)


def read_is(state: ParseState, i: int) -> int:
    """Read what "is" claims, when the subject is the molecule."""
    lows, articles = state.lows, state.cues.articles
    subject = lows[i - 1] if i > state.sentence else ""
    after = i + 1
    while lows[after] in {
        "also",
        "basically",
        "chemically",
        "structurally",
        "therefore",
        "thus",
        "hence",
        "indeed",
        "actually",
    }:
        after += 1
    if lows[after] in {"not", "no"}:
        return skip_noun_phrase(state, after + 1)
    if subject in {"molecule", "it", "compound", "this"} and (i - state.sentence <= 2 or lows[i - 2] == ","):
        return _read_claims(state, after, head=subject != "it", prose=False)
    if subject in {"that", "which"}:
        if lows[after] in articles or lows[after] == "one":
            return _read_claims(state, after, head=False, prose=False)
        return _read_parent(state, after)
    if subject == "and" and lows[state.sentence] in {"it", "the"} and lows[after] in {"a", "an"}:
        return _read_claims(state, after, head=False, prose=True)
    named = 0 < i - state.sentence <= 5 and not any(
        low in state.cues.stop and low not in articles for low in lows[state.sentence : i]
    )
    return _read_claims(state, after, head=False, prose=True) if named else i + 1


def read_its(state: ParseState, i: int) -> int:
    """Read "It's a ketone" from its first word on."""
    if state.lows[i + 1] in {"built", "made", "based"}:
        return i + 1  # "It's built on proline"
    return _read_claims(state, i + 1, head=False, prose=False)


def read_described(state: ParseState, i: int) -> int:
    """Read "can be described as a biphenyl" from its verb on."""
    return _read_claims(state, i + 2, head=False, prose=True) if state.lows[i + 1] == "as" else i


def read_called(state: ParseState, i: int) -> int:
    """Read "You could call it a methoxyphenol" from its verb on."""
    lows = state.lows
    named = lows[i + 1] in {"it", "this"} and lows[i + 2] in {"a", "an"}
    return _read_claims(state, i + 2, head=False, prose=True) if named else i


def _read_claims(state: ParseState, i: int, *, head: bool, prose: bool) -> int:
    """Read a coordinated list "a A, a B and a C" of claims; `head` and `prose` are as in `add_claim`."""
    lows = state.lows
    begin = i
    while i < state.size:
        here = i
        article = is_article(state, i)
        i += article
        if lows[i] == "one" and lows[i + 1] == "of":
            if lows[i + 2] != "the" or read_noun_phrase(state, i + 2) is None:
                return skip_noun_phrase(state, i + 2)
            i += 2  # "one of the cholines"
        while lows[i] in {"a", "an", "the"}:  # "an a lipid"
            i += 1
        i, member = _skip_member_of(state, i)
        related = read_relation_noun(state, i)
        if related > i:
            i = related
        else:
            phrase = _read_behind_adjectives(state, i)
            if phrase is None:
                return max(i, begin + (here != begin))
            if here != begin and not article and not can_continue_claims(state, phrase):
                return here
            if not head and lows[phrase.next] in _JOINED and is_chemical(state, phrase.first, phrase.last):
                add_class(state, phrase, "modified-parent")  # "Arbutin is hydroquinone linked to glucose"
            else:
                add_claim(state, phrase, head=head, prose=prose, article=article, member=member)
            i = skip_synonym(state, phrase.next)
        onward = next_claim(state, i)
        if onward == i:
            return i
        i = onward
    return i


def _skip_member_of(state: ParseState, i: int) -> tuple[int, bool]:
    """Step over "member of the class of" and the like; return the index behind it and whether it was "member"."""
    lows = state.lows
    i += lows[i] in {"simplest", "smallest"} and lows[i + 1] in {"member", "memebr"}
    if lows[i + 1] != "of":
        return i, False
    if lows[i] in {"class", "type", "family"}:
        return i + 2, False
    if lows[i] not in {"member", "memebr", "parent"}:
        return i, False
    i += 2
    if lows[i] == "the":
        i += 1
        if lows[i] in {"class", "family", "group"}:  # "member of the class resorcinols" as well
            i += 1 + (lows[i + 1] == "of")
    return i, True


def _read_behind_adjectives(state: ParseState, i: int) -> NounPhrase | None:
    """Read the noun phrase behind adjectives in a row: "a potent, selective, long-chain amine"."""
    phrase = read_noun_phrase(state, i)
    if phrase is None and i + 1 < state.size and state.names_compound(i, i + 1):  # "reduced glutathione"
        return NounPhrase(i, i + 1, i + 2, None, i, article=False)
    for _ in range(4):
        if phrase is None or not is_adjective(state, phrase) or state.lows[phrase.next] not in {",", "and"}:
            break
        onward = phrase.next + 1
        if state.lows[onward] in state.cues.articles:
            break
        phrase = read_noun_phrase(state, onward) or phrase
        if phrase.first < onward:
            break
    return phrase


def _read_parent(state: ParseState, i: int) -> int:
    """Read "that is X (substituted by ...)": the parent the substituents sit on."""
    lows, cues = state.lows, state.cues
    related = read_relation_noun(state, i)
    if related > i:
        return related
    phrase = read_noun_phrase(state, i)
    if phrase is None:
        return i
    first = name_start(state, phrase)
    low, follows = lows[phrase.last], lows[phrase.next]
    if first == phrase.last and low in cues.predicates:
        return i  # "two of which are primary"
    if low in cues.not_structure or low in cues.role_nouns:
        return phrase.next
    if low in cues.adjectives and not state.knows(state.text(first, phrase.last)):
        return phrase.next
    if not is_chemical(state, first, phrase.last):
        capital = first == phrase.last and any(c.isupper() for c in state.tokens[first].text)
        adjective = low.endswith(("ed", "ing", "ly", "ic", "ous", "able"))
        if adjective or phrase.last - first > 2 or not (capital or follows in cues.parent_followers):
            return phrase.next
    modified = follows == "where" or (follows == "in" and lows[phrase.next + 1] == "which")
    add_class(state, phrase, "modified-parent" if modified else "parent")
    return phrase.next
