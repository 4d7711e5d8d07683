"""Noun phrases: a run of tokens between function words, with its article and its count."""

from __future__ import annotations

import re
from dataclasses import dataclass

from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.parse_state import ParseState

_VERBS = frozenset(
    [
        "bridges",
        "bridge",
        "functions",
        "forms",
        "branches",
        "branch",
        "stems",
        "extend",
        "emerges",
        "point",
        "lead",
        "leads",
        "protrudes",
        "counts",
        "count",
        "faces",
        "face",
        "makes",
        "runs",
        "goes",
    ]
)
"""Words that are verbs behind "group" and the like."""
PARTICIPLES = frozenset(
    [
        "linking",
        "bridging",
        "connecting",
        "flanking",
        "joining",
        "spread",
        "distributed",
        "next",
        "conjugated",
        "beside",
        "opposite",
        "closest",
        "nearest",
        "sitting",
        "hanging",
        "protruding",
        "shared",
    ]
)
"""Words that go on about a part they stand behind: "an azo group linking two benzene rings"."""
_WHICH_ATOM = frozenset({"endocyclic", "exocyclic", "bridging"})
RING_KINDS = frozenset({"saturated", "unsaturated", "unsubstituted", "aliphatic", "nonaromatic", "non-aromatic"})
"""Words that say which ring is meant without naming it."""
_ATOMS = frozenset({"nitrogen", "oxygen", "sulfur", "sulphur", "phosphorus"})
_TIED = ("-linked", "-bonded", "-tethered")
_POSITIONS = frozenset({"alpha", "beta", "gamma", "delta", "omega", "n", "o", "s", "c", "cross"})
_GREEK = frozenset({"alpha", "beta", "gamma", "omega"})
_SURE_VERBS = frozenset(
    {
        "neighbours",
        "neighbors",
        "keeps",
        "keep",
        "tolerates",
        "sticks",
        "stick",
        "hang",
        "serves",
        "resists",
        "shields",
        "separate",
        "reacts",
        "react",
    }
)
"""Words that are verbs behind any part."""
_EMPTY_ENDS = frozenset(
    {
        "pair",
        "pairs",
        "part",
        "parts",
        "half",
        "centre",
        "center",
        "centres",
        "centers",
        "site",
        "sites",
        "piece",
        "terminus",
    }
)
"""Words behind a name that only say that it is a part."""
_PAIRS = {"pair": 2, "couple": 2, "trio": 3}
_DETERMINERS = frozenset(
    {"one", "both", "each", "either", "all", "some", "exactly", "precisely", "just", "least", *_PAIRS}
)
_BEFORE_LOCANTS = frozenset({"position", "positions", "carbon", "carbons", "c", "number", "at", "pka", "ph", "type"})
_RANGE = re.compile(r"\d{1,2}[-\u2013]\d{1,2}$")
"""How many of a part there may be: "1-10 chlorine atoms"."""
_TIMES = re.compile(r"[x\u00d7](?P<number>\d{1,2})$")
_ON_ATOM = frozenset({"n-", "o-", "s-", "c-"})
_MAX_TOKENS = 20
"""Most tokens of one noun phrase; longer ones are prose that the grammar does not follow."""


@dataclass(slots=True)
class NounPhrase:
    """A run of tokens between function words: its extent, count, and whether an article stood before it."""

    first: int
    """Index of the first token behind article and count."""
    last: int
    """Index of the last token, inclusive."""
    next: int
    """Index behind the phrase."""
    count: int | None
    counted_from: int
    """Index of the count word, or `first` when there is none."""
    article: bool


def read_noun_phrase(state: ParseState, i: int) -> NounPhrase | None:
    """Read determiners, a count and the words of one name; stop at the first word that cannot belong to it.

    What was read is remembered: rules look ahead at the same words again and again.
    """
    remembered: NounPhrase | int | None = state.noun_phrases.get(i, 0)
    if not isinstance(remembered, int):
        return remembered
    begin = i
    lows = state.lows
    counts, articles = state.cues.counts, state.cues.articles
    article = False
    count: int | None = None
    counted_from = -1
    bounded = False
    end = min(i + _MAX_TOKENS, state.size)
    while i < end:
        low = lows[i]
        if low in articles and is_article(state, i):
            article = True
        elif low not in _DETERMINERS and low not in counts and not low[0].isdecimal():
            break
        elif low in counts and lows[i + 1] != "of":
            count, counted_from = counts[low], i
        elif low in _PAIRS and lows[i + 1] == "of":
            count, counted_from = _PAIRS[low], i
            i += 1
        elif low[0].isdecimal() and not _RANGE.match(low) and (number := _read_number(state, i)):
            if number > 1:
                count, counted_from = number, i
            i += lows[i + 1] in {"x", "×"}
        elif low in {"one", "both", "each", "either", "all", "two", "three", "some"} and lows[i + 1] == "of":
            i += 1
        elif low == "least" or _RANGE.match(low):
            bounded = True
        elif low not in {"one", "both", "each", "all", "exactly", "precisely", "just"}:
            break
        i += 1
    if bounded:
        count, counted_from = None, -1  # "at least two hydroxy groups" may be three, "1-10 chlorine atoms" one
    last, after = _read_name(state, i)
    if last >= 0 and count is None and (times := _times_behind(state, after)):
        count = times if times > 1 else None
        after += 1 if lows[after] != "(" else 3
    phrase = NounPhrase(i, last, after, count, counted_from if counted_from >= 0 else i, article) if last >= 0 else None
    state.noun_phrases[begin] = phrase
    return phrase


def _times_behind(state: ParseState, i: int) -> int:
    """Read how often a table says that a part is there: "methoxy x2", "methoxy (x2)"; 0 where it does not."""
    bracket = state.lows[i] == "(" and state.lows[i + 2] == ")"
    times = _TIMES.match(state.lows[i + bracket])
    return int(times["number"]) if times else 0


def _read_number(state: ParseState, i: int) -> int:
    """Read a number that counts what follows: "2 hydroxyl groups", "3x methoxy"; 0 for a locant ("at position 2")."""
    lows = state.lows
    digits = lows[i].removesuffix("x").removesuffix("×")
    if len(digits) > 2 or not digits.isdecimal():
        return 0
    number = int(digits)
    if digits != lows[i] or lows[i + 1] in {"x", "×"}:
        return number
    before = lows[i - 1] if i else "."
    if before in _BEFORE_LOCANTS or before[-1:].isdigit() or not state.tokens[i + 1].word:
        return 0
    if before in {"and", "or", ","} and i >= 2 and lows[i - 2][-1:].isdigit():
        return 0
    if number == 1:
        return int(lows[i + 1][:1].isalpha())
    for low in lows[i + 1 : i + 5]:
        if low in state.cues.stop or not low[:1].isalpha():
            return 0
        if low.endswith("s"):
            return number
    return 0


def _is_participle(low: str, after: str) -> bool:
    """Tell whether a word is a participle, or an adverb before one; "ring assembly" is neither."""
    return low.endswith("ed") or (low.endswith("ly") and after.endswith("ed"))


def _is_group_of_patent(state: ParseState, first: int, last: int) -> bool:
    """Tell whether the radical behind a name is a group, as patents say, and not what the molecule is or comes from."""
    if not state.tokens[last].low.endswith(("yl", "oxy")) or state.lows[last + 2] in {"cation", "anion"}:
        return False
    before = first - 1
    if before >= 0 and state.lows[before] in state.cues.articles:
        before -= 1
    return before < 0 or state.lows[before] not in {"is", "of"}


def _read_name(state: ParseState, first: int) -> tuple[int, int]:
    """Read the words of a name; return the index of its last token, or -1, and the index behind it."""
    tokens, lows, cues = state.tokens, state.lows, state.cues
    stop = cues.stop
    last = -1
    i = first
    end = min(first + _MAX_TOKENS, state.size)
    while i < end:
        token = tokens[i]
        if not token.word:
            closed = state.closing_bracket(i) if token.low == "(" else 0
            behind = lows[closed + 1]
            if not closed or not (behind in cues.group_nouns or (last >= 0 and behind in cues.class_heads)):
                break
            if last < 0:
                last = closed
            i = closed + 1
            continue
        low = lows[i]
        if low == "and" and last >= 0 and lows[i + 1] == "o-substituted" and lows[i + 2] == "derivatives":
            return i + 2, i + 3  # "dicarboxylic acids and O-substituted derivatives" is one class
        if last >= 0 and low in _VERBS and _is_part_noun(state, last):
            break  # "an azo group bridges two rings"
        if last >= 0 and low in _VERBS and lows[i + 1] in cues.articles and _is_behind_part(state, last):
            break  # "the ketone bridges the two rings"
        if last >= 0 and (low in PARTICIPLES or low in _SURE_VERBS) and _is_behind_part(state, last):
            break
        if last >= 0 and _is_participle(low, lows[i + 1]) and _is_part_noun(state, last):
            break  # "a sulfinyl group followed by", "a ring system fully methylated"
        if last >= 0 and (low in cues.counts or (low in _GREEK and lows[i + 1] == "to")):
            break  # "I count two rings", "the methyl group alpha to the acid"
        if last >= 0 and low in {"radical", "radicals"} and _is_group_of_patent(state, first, last):
            return last, i + 1  # "carries a 4-aminophenyl radical"
        if last >= 0 and (_TIMES.match(low) or (low[:2] in _ON_ATOM and low.endswith("ated"))):
            break  # "phosphonic acid x1", "a pyridine N-alkylated by"
        if (
            last >= 0
            and state.formula_name(last)
            and low.endswith("s")
            and low.isalpha()
            and not _is_part_noun(state, i)
        ):
            break  # "the ring NH donates"
        if token.text == "H" and last >= 0 and state.knows(lows[last]):
            return last, i + 1  # "the imide H"
        if low in _EMPTY_ENDS and last >= 0 and lows[i + 1] != "of" and _is_named(tokens[last].text):
            return last, i + 1  # "a propanoic acid part", "a quaternary ammonium centre"
        ends = low in stop and not (last >= 0 and _is_name_letter(token.text))
        if ends and (low != "ortho" or not _is_ortho_ester(state, i)):
            break
        last = i
        i += 1
    return last, i


def _is_named(word: str) -> bool:
    return looks_chemical(word) and word.lower() not in {"chiral", "stereogenic", "prochiral"}


def _is_part_noun(state: ParseState, k: int) -> bool:
    """Say whether a word is "group", "ring", "bond" or the like."""
    cues, low = state.cues, state.lows[k]
    return low in cues.group_nouns or low in cues.part_nouns or low in cues.bond_nouns


def _is_behind_part(state: ParseState, last: int) -> bool:
    """Say whether the word at `last` ends a part's name, so that what follows speaks about it."""
    return _is_part_noun(state, last) or bool(state.formula_name(last)) or state.knows(state.lows[last])


def is_article(state: ParseState, i: int) -> bool:
    """Say whether a token is an article or the like, and not the letter A within a sentence."""
    low = state.lows[i]
    return low in state.cues.articles and not (low == "a" and state.tokens[i].text == "A" and i != state.sentence)


def _is_ortho_ester(state: ParseState, i: int) -> bool:
    """Say whether "ortho" is no place on a ring but the first word of a class."""
    return i + 1 < state.size and state.knows(state.text(i, i + 1))


def _is_name_letter(word: str) -> bool:
    """Say whether a stop word is in fact the letter that ends a trivial name ("protein A")."""
    return len(word) == 1 and word.isupper()


def skip_noun_phrase(state: ParseState, i: int) -> int:
    """Step over a noun phrase that is not read."""
    phrase = read_noun_phrase(state, i)
    return phrase.next if phrase else i


def name_start(state: ParseState, phrase: NounPhrase) -> int:
    """Return the first token of the phrase that is not a mere describing word."""
    lows, cues = state.lows, state.cues
    first, last = phrase.first, phrase.last
    while first < last:
        low = lows[first]
        if low.endswith(("'s", "\u2019s")):
            first += 1  # "menthol's hydroxy group"
            continue
        adverb = low.endswith("ly") and (low in cues.not_names or lows[first + 1].endswith(_TIED))
        if low not in cues.trimmed and not adverb and not _is_tied(state, first, last):
            break
        if low in cues.placing and low not in cues.adjectives and _is_named_with(state, first, last):
            break
        if low in RING_KINDS and first == last - 1 and lows[last] in {"ring", "rings"}:
            break
        if low in _WHICH_ATOM and first == last - 1 and lows[last].removesuffix("s") in _ATOMS:
            break
        first += 1
    return first


def _is_tied(state: ParseState, first: int, last: int) -> bool:
    """Say whether a word only says by what a part hangs on: "ether-linked ethylene chain"."""
    stem, hyphen, _ = state.lows[first].rpartition("-")
    tied = hyphen and state.lows[first].endswith(_TIED) and stem.isalpha() and stem not in _POSITIONS
    return bool(tied) and not state.knows(state.text(first, last))


def _is_named_with(state: ParseState, first: int, last: int) -> bool:
    """Say whether the lexicon knows the name with its first word: "terminal alkyne", but no "terminal isopropyl"."""
    if state.knows(state.text(first, last)):
        return True
    return state.lows[last] in state.cues.group_nouns and last - 1 > first and state.knows(state.text(first, last - 1))


def name_text(state: ParseState, phrase: NounPhrase) -> str:
    """Quote the phrase from its name on, describing words left out."""
    return state.text(name_start(state, phrase), phrase.last)
