"""Noun phrases of statements of a fixed form: of how many of what, and where that is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from molreflect.agents.analyst.predications.patterned import Decision
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.subject import Quantity, Subject, subject_of
from molreflect.agents.analyst.predications.tokens import tokens_of, with_indices
from molreflect.tools.facts.parts import Places
from molreflect.tools.facts.statements import Statement
from molreflect.tools.terms import Verdict

HOLDS = (Verdict.SUPPORTED, "")
NO_BOND = (Verdict.UNCHECKED, "no bond bears that out")
NOUN = r"(?P<{}>(?:(?!\b(?:is|are|and|or|has|have)\b)(?:[^,;:()]|(?<=\d),(?=\d)))+?)"
"""Words without a verb or a mark."""
START = r"(?:^|(?:, | )(?:and|while|whereas|but) |; )"
END = r"(?= ?(?:[.;]|(?:,| ,)? (?:and|while|whereas|but) |$))"
_OPENING = re.compile(
    r"^(?:in (?:this|the) (?:molecule|compound|structure)|here|structurally|overall|notably) ?,? ", re.I
)
_DENIED = re.compile(r"\b(?:not|no|never|neither|nor|cannot|lacks?|without)\b|n['\u2019]t\b", re.IGNORECASE)
_AT_THE_END = re.compile(r" (?:,|\()(?: namely)? (?:atoms?|index|indices) (?P<atoms>\d[\d,]*)(?: \))?$")
"""Indices that end a sentence, for the noun before them."""
_MOST = 64


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a noun phrase means in a molecule."""

    subject: Subject
    places: Places


def phrase(words: str, nouns: Nouns) -> Phrase | None:
    """Read a noun phrase; None where its words are not understood or there is none of it."""
    words = words.strip()
    subject = subject_of(words.split(), goes_on=False, listed=True)
    if subject is None and words:
        subject = Subject(words, Quantity.SOME)
    if subject is None or subject.noun in ("it", "them"):
        return None
    places = nouns.anchors(subject.noun)
    return Phrase(subject, places) if places and len(places) <= _MOST else None


def of_quantity(said: Phrase, holds: Callable[[tuple[int, ...]], bool]) -> Decision:
    """Compare of how many of its places something holds with how many a phrase speaks of."""
    subject, places = said.subject, said.places
    true = sum(map(holds, places))
    if subject.of is not None and subject.of != len(places):
        return Verdict.UNCHECKED, f"the molecule has {len(places)}"
    told = f"that holds of {true} of {len(places)} places"
    if subject.quantity is Quantity.EXACTLY:
        right = true == subject.number
    elif subject.quantity is Quantity.NONE:
        right = true == 0
    elif subject.quantity is Quantity.SOME:
        right = true > 0
    else:
        right = true == len(places)
    return HOLDS if right else (Verdict.UNCHECKED, told)


Read = tuple[re.Pattern[str], Callable[[re.Match[str], Nouns], Decision]]


def in_phrases(text: str, place: tuple[int, int], nouns: Nouns, forms: Sequence[Read]) -> Iterator[Statement]:
    """Decide the statements of a sentence that have one of some forms; indices stand with their nouns in them.

    Args:
        text: The answer, what its molecules are called put as "It".
        place: Where the sentence stands.
        nouns: Looks nouns up in the molecule.
        forms: Patterns with what decides them.
    """
    tokens = with_indices(tokens_of(text, place))
    sentence, starts, ends = "", dict[int, int](), dict[int, int]()
    for token in tokens:
        sentence += " " if sentence else ""
        starts[len(sentence)] = token.start
        sentence += token.text
        ends[len(sentence)] = token.end
    if _DENIED.search(sentence):
        return
    sentence = _AT_THE_END.sub(r"@\g<atoms>", sentence)
    opening = _OPENING.match(sentence)
    skipped = opening.end() if opening is not None else 0
    for pattern, decide in forms:
        for found in pattern.finditer(sentence[skipped:]):
            decided = decide(found, nouns)
            if decided is None:
                continue
            first, last = found.start() + skipped, found.end() + skipped
            begin = max((starts[k] for k in starts if k <= first), default=place[0])
            yield Statement(begin, min((ends[k] for k in ends if k >= last), default=place[1]), *decided)
