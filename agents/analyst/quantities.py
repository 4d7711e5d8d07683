"""What a question supposes of a number: "two methyls", "more than one ring", "more N than O", "how many more than"."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from molreflect.agents.analyst.openings import number_of
from molreflect.agents.analyst.question import Intent, Question

_COMPARISONS: tuple[tuple[tuple[str, ...], str, Callable[[int, int], bool]], ...] = (
    (("no more than", "not more than", "at most", "up to", "maximum", "max"), "at most", operator.le),
    (("no fewer than", "no less than", "not less than", "at least", "minimum", "min"), "at least", operator.ge),
    (("more than", "over", "above", "greater than"), "more than", operator.gt),
    (("fewer than", "less than", "under", "below"), "fewer than", operator.lt),
)
_SEVERAL = frozenset(["several", "multiple"])
_MORE = frozenset(["more", "larger", "greater", "higher"])
_FEWER = frozenset(["fewer", "less", "smaller", "lower"])


@dataclass(frozen=True, slots=True)
class Supposed:
    """A number that a question supposes of a group."""

    words: str
    """E.g. "exactly 2", "more than 1"."""
    holds: Callable[[int], bool]


def supposed(question: Question, group: str) -> Supposed | None:
    """Find how many of a group a question supposes; None where it does not say.

    Args:
        question: Whether something is there.
        group: The words that name it.
    """
    sentence = question.sentence
    chunk = next((c for c in sentence.chunks if c.text == group), None)
    if chunk is None or question.intent is not Intent.HAS or not chunk.first:
        return None
    words = [word.casefold() for word in sentence.words]
    last = chunk.first - 1
    if words[last] in _SEVERAL:
        return Supposed("at least 2", lambda count: count >= 2)
    number = number_of(words[last])
    if number is None or (last > 1 and words[last - 1] == "or" and number_of(words[last - 2]) is not None):
        return None
    before = f" {' '.join(words[max(0, last - 3) : last])}"
    for phrases, told, compare in _COMPARISONS:
        if any(before.endswith(f" {phrase}") for phrase in phrases):
            return Supposed(f"{told} {number}", partial(_meets, compare, number))
    return Supposed(str(number), partial(_meets, operator.eq, number))


def _meets(compare: Callable[[int, int], bool], number: int, count: int) -> bool:
    return compare(count, number)


def more_of_one(question: Question, counts: Sequence[tuple[str, int]], of: str) -> str:
    """Answer "does X have more N than O"; empty for any other question.

    Args:
        question: The question.
        counts: Name and number of each group, in the order of the question.
        of: The molecule, as an answer names it.
    """
    words = {word.casefold() for word in question.sentence.words}
    if len(counts) != 2 or question.intent not in (Intent.HAS, Intent.COUNT, Intent.WHERE):
        return ""
    if question.intent is not Intent.HAS and not ("or" in words and "than" not in words):
        return ""
    (one, first), (two, second) = counts
    shown = f"{first} x {one} and {second} x {two} in {of}."
    if words & (_MORE | _FEWER) and "or" in words and "than" not in words:  # "are there more N or O in X"
        if first == second:
            return f"Equally many: {shown}"
        most = one if (first > second) is bool(words & _MORE) else two
        return f"{'More' if words & _MORE else 'Fewer'} {most}s: {shown}"
    if "than" in words and words & (_MORE | _FEWER):
        holds = first > second if words & _MORE else first < second
    elif question.sentence.has("as many", "as much", "the same number", "an equal number", "equally many", "equal"):
        holds = first == second
    else:
        return ""
    return f"{'Yes' if holds else 'No'}: {shown}"


def difference(question: Question, counts: Sequence[tuple[str, int]], noun: str) -> str:
    """Answer "how many more carbons has octane than pentane"; empty for any other question.

    Args:
        question: The question.
        counts: Each molecule, and how many it has.
        noun: What is counted.
    """
    words = {word.casefold() for word in question.sentence.words}
    if len(counts) != 2 or question.intent not in (Intent.COUNT, Intent.HAS):
        return ""
    (one, first), (two, second) = counts
    if question.intent is Intent.HAS:  # "does octane have more carbons than pentane"
        if words & (_MORE | _FEWER) and words & {"than", "as"}:
            holds = first > second if words & _MORE else first < second
        elif question.sentence.has("as many", "as much", "the same number", "an equal number", "equally many"):
            holds = first == second
        else:
            return ""
        return f"{'Yes' if holds else 'No'}: {one} has {first} x {noun}, {two} {second}."
    apart = abs(first - second)
    if words & {"difference", "differ", "differs"}:
        return f"{apart}: {one} has {first} x {noun}, {two} {second}."
    if not words & (_MORE | _FEWER) or "than" not in words:
        return ""
    degree = "more" if first >= second else "fewer"
    return f"{apart}: {one} has {first} x {noun}, {two} {second}, so {one} has {apart} {degree}."


_NOT = frozenset(
    ["no", "not", "isn't", "isnt", "aren't", "arent", "doesn't", "doesnt", "don't", "hasn't", "hasnt", "never"]
)
_LACK = ("lack", "lacks", "lacking", "devoid of", "free of", "free from", "missing")


def asks_for_lack(question: Question) -> bool:
    """Whether it is asked what is without something: "which of these lacks a ring", "which has no nitro group"."""
    words = {word.casefold() for word in question.sentence.words}
    return question.sentence.has(*_LACK, "without") is not bool(words & _NOT)


def _asks_for_none(question: Question) -> bool:
    """Whether "no" stands right before what is asked for: "does hexane have no ring"."""
    words = [word.casefold() for word in question.sentence.words]
    named = {*question.groups, *question.either}
    return any(c.text in named and c.first > 1 and words[c.first - 1] == "no" for c in question.sentence.chunks)


_FIRST = 80
"""Characters of a question in which it says that it asks for faults."""
_FAULTS = (
    "anything wrong",
    "something wrong",
    "anything false",
    "any mistake",
    "a mistake in",
    "any error",
    "an error in",
    "anything incorrect",
    "something incorrect",
)


def truth(line: str, question: Question) -> str:
    """Turn the yes or no of a line round where a question asks for the contrary.

    "Does hexane lack a ring" and "does hexane have no ring" are answered by yes where there is none. Whether "hexane
    has no ring" is true is answered by "True" or "False", since yes and no may be taken either way.
    """
    if question.intent not in (Intent.HAS, Intent.CLASS, Intent.CAPTION) or not line.startswith(("Yes: ", "No: ")):
        return line
    opening, _, rest = line.partition(": ")
    asked = question.text.casefold()[:_FIRST]
    if any(fault in asked for fault in _FAULTS):
        return f"Yes, something is wrong: {rest}" if opening == "No" else f"No, nothing is wrong: {rest}"
    if question.intent is Intent.CAPTION:
        return line
    words = {word.casefold() for word in question.sentence.words}
    if question.sentence.polar and words & _NOT:
        return f"{'True' if opening == 'No' else 'False'}: {rest}"
    if question.intent is Intent.HAS and _asks_for_none(question):
        return f"Yes, none: {rest}" if opening == "No" else f"No, there is: {rest}"
    if question.intent is Intent.HAS and question.sentence.has(*_LACK) and not words & _NOT:
        return f"{'Yes' if opening == 'No' else 'No'}: {rest}"
    return line
