"""Find the sentences that hold words which look structural and that no phrase was read from.

A claim that was not read must not look like one that holds; whoever checks a text says beside the verdicts which
sentences they say nothing about.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from molreflect.tools.captions.configured import configured
from molreflect.tools.captions.name_shape import looks_chemical
from molreflect.tools.captions.noun_phrases import NounPhrase, name_start, read_noun_phrase
from molreflect.tools.captions.parse_state import ParseState
from molreflect.tools.captions.phrases import Phrase
from molreflect.tools.captions.prose import speaks_of_structure, structural_name
from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.names.atoms import ELEMENTS

_NOUNS_OF_PROSE = frozenset({"role", "roles", "formal", "application", "applications", "individuals"})
_WITHOUT_NAME = frozenset({"ring", "carbon", "nitrogen", "oxygen", "sulfur", "sulphur", "chain"})
_CHOOSING = frozenset(
    ["other", "first", "second", "third", "middle", "last", "outer", "inner", "stereogenic", "saturated"]
)
_MIN_LETTERS = 3
"""Fewest letters of a word that can be a name by itself."""


@dataclass(frozen=True, slots=True)
class Unread:
    """A sentence with words that look structural and are in no phrase; `caption[start:end] == text`."""

    text: str
    start: int
    """0-based character offset of the sentence's first character."""
    end: int
    """0-based character offset behind its last character."""
    words: tuple[str, ...]
    """The words that look structural, as written, in their order."""


def unread(caption: str, phrases: Iterable[Phrase], reader: CaptionReader) -> tuple[Unread, ...]:
    """Find what a caption says of structure without a phrase that says so. Takes time linear in the caption.

    Words of other matters ("used in the synthesis of X", "similar to X", "without X") are left out: they claim
    nothing of the molecule.

    Args:
        caption: The text that was read.
        phrases: What `CaptionReader.read` found in it, of every kind.
        reader: The reader that found them.

    Returns:
        Sentences in the order of the caption; empty where every word that looks structural was read.
    """
    state = reader.parse(caption)
    covered = bytearray(len(caption) + 1)
    for phrase in phrases:
        said = configured(phrase, caption)  # compared together with its bond
        end = said.end if said is not None else phrase.end
        covered[phrase.start : end] = b"\1" * (end - phrase.start)
    found: list[Unread] = []
    for first, last in state.sentences:
        words = _unread_words(state, first, last, covered)
        if words:
            start, end = state.tokens[first].start, state.tokens[last - 1].end
            found.append(Unread(caption[start:end], start, end, tuple(words)))
    return tuple(found)


def _unread_words(state: ParseState, first: int, last: int, covered: bytearray) -> list[str]:
    """List the names of one sentence that are in no phrase; `last` is the index behind the sentence."""
    words: list[str] = []
    speaks = speaks_of_structure(state, first, last)
    i = first
    while i < last:
        token = state.tokens[i]
        if state.lows[i] in state.cues.forms_of_be:
            words += _predicates(state, i + 1, last, covered)
        if (
            not token.word
            or state.lows[i] in state.cues.stop
            or state.marks[i]
            or state.passed[i]
            or covered[token.start]
        ):
            i += 1
            continue
        phrase = read_noun_phrase(state, i)
        if phrase is None or phrase.first >= last:
            i += 1
            continue
        seen = any(covered[state.tokens[k].start] for k in range(phrase.first, phrase.last + 1))
        if (
            not seen
            and not (state.marks[phrase.first] or state.passed[phrase.first])
            and _looks_structural(state, phrase, speaks=speaks)
        ):
            words.append(state.text(name_start(state, phrase), phrase.last))
        i = max(phrase.next, i + 1)
    return words


def _predicates(state: ParseState, place: int, last: int, covered: bytearray) -> list[str]:
    """List the adjectives that end a clause behind a form of "be" and are in no phrase: "the ring is aromatic"."""
    words: list[str] = []
    while place < last and state.lows[place] in state.cues.before_predicates:
        place += 1
    while place < last and state.lows[place] in state.cues.predicates and not covered[state.tokens[place].start]:
        ends = place + 1 >= last or not state.tokens[place + 1].word or state.lows[place + 1] in ("and", "or", "but")
        if not ends:
            break
        words.append(state.text(place, place))
        place += 2
    return words


def _is_chosen(state: ParseState, phrase: NounPhrase) -> bool:
    """Say whether words choose or count parts without a name: "the other ring", "its terminal nitrogen"."""
    if phrase.count is not None or state.lows[phrase.counted_from - 1] in {"one", "1"}:
        return state.lows[phrase.last].removesuffix("s") in ELEMENTS
    chosen = {low for low in state.lows[phrase.first : phrase.last] if low in state.cues.placing or low in _CHOOSING}
    return bool(chosen) and phrase.last - phrase.first == len(chosen)


def _looks_structural(state: ParseState, phrase: NounPhrase, *, speaks: bool) -> bool:
    """Say whether a noun phrase names a part or a class by the lexicon or by its shape."""
    head = state.lows[phrase.last]
    if phrase.count is not None and head in state.cues.part_nouns | state.cues.bond_nouns:
        return True  # "four rings": which is not said, but it is a claim
    if head.removesuffix("s") == "substituent" and state.lows[phrase.next] in {"at", "on", "in"}:
        return True  # "its substituent at position 4"
    if speaks and head.removesuffix("s") in _WITHOUT_NAME and _is_chosen(state, phrase):
        return True
    if sum(c.isalpha() for c in head) < _MIN_LETTERS and not state.formula_name(phrase.last):
        return False
    first = structural_name(state, phrase)
    if first is None or head in _NOUNS_OF_PROSE:
        return False
    counted = state.lows[phrase.counted_from - 1] in state.cues.articles or phrase.count is not None
    named = state.knows(state.text(first, phrase.last))
    named = named or (first < phrase.last and looks_chemical(state.tokens[first].text) and state.knows(head))
    return speaks or counted or named
