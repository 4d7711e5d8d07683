"""Words that a question was read with as names, and that name nothing: the question is read anew without them.

"A name that cannot be read is never passed over": only plain words are, and only where the question itself names a
molecule that can be read. The answer says which words were passed over.
"""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.question_reader import read_question
from molreflect.agents.analyst.sentence import Chunk, is_group, reads_as_name
from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.molecules import closest_name, is_known_name, looks_like_smiles

MOST = 4
"""Words of a question that are passed over."""
_OF_SEVERAL = frozenset({Intent.COMPARE, Intent.SAME, Intent.SIMILARITY, Intent.WHICH_HAS})
_OF_GROUPS = frozenset({Intent.WHERE, Intent.COUNT, Intent.HAS, Intent.CLASS, Intent.WHY})
_NOT_ANSWERED = frozenset({Intent.UNKNOWN, Intent.HELP, Intent.GREETING, Intent.CORRECTION})
_TELLING = frozenset({"a", "an", "any", "of", "the", "every", "each"})
"""Words before a chunk that make it what is asked for, or asked about."""
_ASKING = frozenset({"what", "which", "where", "how", "why", "whether", "if"})
_NOT_SUBJECTS = frozenset({Intent.PROPERTY, Intent.STEREO, Intent.NAME})
"""What "in ethanol" may say the solvent of."""


def passed_over(question: Question, unread: str) -> Question | None:
    """Read a question anew without the plain words of a chunk that could not be read as a molecule.

    Args:
        question: As it was read.
        unread: The chunk.

    Returns:
        The question without them; None where they may be meant as a name.
    """
    chunk = next((c for c in question.sentence.chunks if c.text == unread), None)
    parts = unread.split()
    plain = frozenset(word.casefold() for word in parts if is_plain(word))
    if chunk is None or not plain or len(plain | question.aside) > MOST or f"{unread}'s" in question.text:
        return None
    if len(plain) == len(set(parts)):
        if not _says_nothing(chunk, question):
            return None
    elif any(word.casefold() in plain and is_group(" ".join(parts[i + 1 :])) for i, word in enumerate(parts[:-1])):
        return None  # "pi bonds": a word before a group says which ones are meant
    again = read_question(question.text, plain | question.aside, question.named)
    if question.intent is Intent.GIVEN:
        told = again.molecules or again.either
        return replace(again, intent=Intent.GIVEN, groups=(), pointer="") if told else None
    if again.intent in _NOT_ANSWERED or not (again.molecules or again.either):
        return None
    if again.intent is Intent.FOLLOW_UP and question.intent is not Intent.FOLLOW_UP:
        return None
    if again.intent is Intent.CONTENTS and not _asks_for_contents(again):
        return None  # "CAS number for aspirin": what is left asks for nothing
    named = len(again.molecules) + len(again.either) + len(again.groups)
    if again.intent in _OF_GROUPS and named < 2:
        return None
    if again.intent in _NOT_SUBJECTS and again.sentence.chunks[0].before == "in":
        return None  # "logP of that stuff in ethanol"
    return again


def _asks_for_contents(question: Question) -> bool:
    """Whether words ask what is in a molecule, or tell of one that is there; a name alone may stand for either."""
    sentence = question.sentence
    words = {word.casefold() for word in sentence.words}
    told = sentence.has("i have", "we have", "i got", "we got", "i've", "we've")
    return told or sentence.says("contents") or bool(words & vocabulary().intent["contents"])


def _says_nothing(chunk: Chunk, question: Question) -> bool:
    """Whether a whole chunk of plain words may be passed over: neither asked about nor one of a list."""
    chunks, words = question.sentence.chunks, question.sentence.words
    if chunk.last < len(words) and words[chunk.last].casefold() in _ASKING and chunk.first <= 2:
        return True  # "any idea where ..."
    listed = chunk.joined or any(c.joined and c.first - chunk.last <= 1 for c in chunks if c.first >= chunk.last)
    return question.intent not in _OF_SEVERAL and chunk.article not in _TELLING and not listed and len(chunks) > 1


def asks(question: Question) -> bool:
    """Whether a sentence asks something, by its mark or its first word."""
    words = question.sentence.words
    first = vocabulary().role(words[0].casefold()) if words else ""
    return "?" in question.text or first in ("question", "be", "do") or "where" in vocabulary().intents(words[0])


_ONESELF = (("i", "am"), ("i'm",), ("im",), ("we", "are"), ("my", "name"), ("sorry",), ("i", "come"), ("i", "study"))


def tells_of_oneself(question: Question) -> bool:
    """Whether a sentence says who somebody is, which no molecule is meant in: "I am a student from Brazil"."""
    words = tuple(word.casefold().strip(".,;:!") for word in question.text.split())
    return any(words[: len(opening)] == opening for opening in _ONESELF)


def is_english(word: str) -> bool:
    """Whether a word is known to be a plain one, or ends as verbs do: "preparing"."""
    low = word.casefold()
    return is_plain(word) and (low in english() or bool(vocabulary().role(low)) or low.endswith(("ing", "ed")))


def is_plain(word: str) -> bool:
    """Whether a word is neither a name, nor like one, nor a group: "somewhere", "grams", "ML"."""
    if not word.isalpha() or not word.isascii() or is_group(word) or looks_like_smiles(word):
        return False
    if word.isupper() and len(word) > 3:
        return False
    low = word.casefold()
    if is_adjective(low) or low in DEGREES:
        return False  # "an alcohol of secondary type"
    return not (reads_as_name(low) or is_known_name(low) or closest_name(low) is not None)
