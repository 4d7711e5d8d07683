"""Several questions in one text, parted each answered by itself: "how many rings has X, and is it chiral?"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from molreflect.agents.analyst.fields import fields_in_words
from molreflect.agents.analyst.givens import asked_of, gives, is_given
from molreflect.agents.analyst.openings import is_tag
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.question_reader import read_question
from molreflect.agents.analyst.sentence import is_group
from molreflect.agents.analyst.turned import turned
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

MOST = 4
"""Questions of one text that are answered by themselves."""
_JOINS = frozenset(["n", "and", "also", "then", "but", "plus", "&"])
_ASKING = frozenset(
    ["how", "where", "where's", "what", "what's", "whats", "which", "why", "is", "are", "does", "do", "has", "can"]
)
_TELLING = frozenset(
    ["draw", "give", "show", "tell", "list", "locate", "find", "count", "compare", "calculate", "name", "and", "please"]
)
_BARE = 3
"""Words of a question that asks nothing by itself: "how many?", "which atoms?"."""
_QUOTES = '"\u201c\u201d\u00ab\u00bb'
_QUOTED_SMILES = re.compile(r"(?<![^\s(])[\"\u201c]([^\s\"\u201d]{3,400})[\"\u201d]")
_FRAMES = frozenset([Intent.UNKNOWN, Intent.GREETING, Intent.CONTENTS, Intent.FOLLOW_UP])
_NO_QUESTION = frozenset([Intent.UNKNOWN, Intent.GREETING, Intent.HELP, Intent.CORRECTION, Intent.CAPTION])


def questions_of(text: str, *, spoken_of: bool) -> list[Question]:
    """Read the questions of a text; one where it cannot be parted safely.

    Args:
        text: What the user wrote.
        spoken_of: Whether a molecule was spoken of before, which the first question may mean.
    """
    text = turned(fields_in_words(text))
    parts = [turned(part) for part in _parts(_without_outer_quotes(text))]
    if 1 < len(parts) <= MOST:
        read = _whole([read_question(part) for part in parts])
        *first, last = read
        read = [*(asked_of(question) if is_given(question) else question for question in first), last]
        asking = [question for question in read if question.intent is not Intent.GIVEN]
        if _asks_apart(asking):
            asking = asking[:-1]  # what is left is said not to be understood
        if asking and not any(question.intent in _NO_QUESTION or _is_rest(question) for question in asking):
            if not (spoken_of or read[0].molecules or read[0].either):  # "is it safe, and what is the mass of X"
                later = next((question.molecules for question in read if question.molecules), ())
                read[0] = replace(read[0], molecules=later, pointer="")
            return read
    return [read_question(turned(_without_outer_quotes(text)))]


def _without_outer_quotes(text: str) -> str:
    """Leave out quotation marks around a whole question, and around a SMILES, which quote nothing that is said."""
    bare = text.strip()
    if len(bare) > 2 and bare[0] in _QUOTES and bare[-1] in _QUOTES and bare[-2] == "?":
        return bare[1:-1]
    return _QUOTED_SMILES.sub(lambda found: found[1] if looks_like_smiles(found[1]) else found[0], text)


def _asks_apart(asking: Sequence[Question]) -> bool:
    """Whether only the last of several whole questions cannot be read: "does X have an OH? what of the weather?"."""
    if len(asking) < 2 or asking[-1].intent is not Intent.UNKNOWN or not asking[-1].text.rstrip().endswith("?"):
        return False
    return all(question.text.rstrip().endswith("?") for question in asking[:-1]) and len(asking[-1].text.split()) > 2


def _whole(questions: list[Question]) -> list[Question]:
    """Join what asks by itself of nothing to what stands before it ("naphthalene rings? how many?").

    What comes before the first question and names nothing is left out: "Hi! I am a student. Is ...".
    """
    kept: list[Question] = []
    for question in questions:
        sentence = question.sentence
        bare = not sentence.chunks and not question.pointer and len(sentence.words) <= _BARE
        asks = any(word in vocabulary().function["question"] for word in sentence.words)
        if kept and (told := _index_of_told(kept[-1], question)) is not None:
            kept[-1] = told
        elif kept and bare and asks and not question.keys and kept[-1].sentence.chunks:
            joined = read_question(f"{kept[-1].text.rstrip('?!., ')}, {question.text}")
            kept[-1] = joined if joined.intent not in _NO_QUESTION else kept[-1]
        else:
            kept.append(question)
    while len(kept) > 1 and _only_frames(kept[0]):
        kept = kept[1:]
    return kept


_INDEXED = frozenset(["index", "indices", "indexes", "idx", "atom", "atoms", "position", "positions", "numbers"])


def _index_of_told(told: Question, question: Question) -> Question | None:
    """Read "I want to block the amine of X. What index should I tell my script?" as where the amine of X is."""
    words = {word.casefold() for word in question.sentence.words}
    names = [c for c in question.sentence.chunks if is_known_name(c.text) or looks_like_smiles(c.text)]
    if names or "?" in told.text or not words & _INDEXED or not words & vocabulary().function["question"]:
        return None
    if any(is_group(c.text) for c in question.sentence.chunks if c.text.casefold() not in _INDEXED):
        return None
    chunks = told.sentence.chunks
    molecules = [c.text for c in chunks if looks_like_smiles(c.text) or is_known_name(c.text)]
    groups = [c.text for c in chunks if c.text not in molecules and is_group(c.text)]
    if len(molecules) != 1 or len(groups) != 1:
        return None
    return read_question(f"where is the {groups[0]} in {molecules[0]}?")


def _only_frames(question: Question) -> bool:
    """Whether a sentence asks nothing and names nothing."""
    named = any(is_known_name(c.text) or looks_like_smiles(c.text) for c in question.sentence.chunks)
    if question.intent is Intent.OUT_OF_SCOPE and not named and _asks_nothing(question.text.split()):
        return True
    if question.sentence.chunks or question.pointer in ("it", "all") or question.keys or "?" in question.text:
        return False
    asks = any(word in vocabulary().function["question"] for word in question.sentence.words)
    return not asks and question.intent in _FRAMES


def _is_rest(question: Question) -> bool:
    """Whether what was cut off asks nothing by itself: "... and is in caffeine"."""
    if question.intent is not Intent.CONTENTS:
        return False
    opening = tuple(word.casefold() for word in question.text.split()[:2])
    return opening[0] in ("is", "are", "does", "do") or opening in (("i", "have"), ("we", "have"), ("i", "got"))


def _parts(text: str) -> list[str]:
    """Cut a text before each word that begins a question of its own."""
    if any(mark in text for mark in _QUOTES):
        return [text]
    words = text.replace(" . ", ". ").replace(" ? ", "? ").split()[:200]
    cuts = [0]
    for i in range(1, len(words)):
        low = words[i].casefold().strip(",;")
        low = vocabulary().typos.get(low, low)
        ended = words[i - 1][-1] in "?!;" or (words[i - 1].endswith(".") and len(words[i - 1]) > 3)
        following = words[i + 1].casefold().strip(",;?") if i + 1 < len(words) else ""
        if is_tag(words[i:]):
            break
        before = words[cuts[-1] : i]
        told = words[i - 1][-1] in ".!" and _asks_next(words[i:]) and (gives(before) or _asks_nothing(before))
        if (ended and (low in _ASKING or low in _TELLING or told)) or (low in _JOINS and following in _ASKING):
            cuts.append(i)
    parts = [" ".join(words[a:b]) for a, b in zip(cuts, [*cuts[1:], len(words)], strict=True)]
    return [_without_join(part, first=not k) for k, part in enumerate(parts)]


def _asks_nothing(words: list[str]) -> bool:
    """Whether a sentence asks nothing, by its words: "Filtering kinase inhibitors today."."""
    low = {word.casefold().strip(",;:.!") for word in words}
    return len(words) > 2 and words[-1][-1] in ".!" and len(words[-1]) > 3 and not low & (_ASKING | _TELLING - {"and"})


def _asks_next(words: list[str]) -> bool:
    """Whether the sentence at the head of words asks something: "In it, on which atom is ..."."""
    end = next((i for i, word in enumerate(words) if word[-1] in "?!" or (word[-1] == "." and len(word) > 3)), -1)
    sentence = words[: end + 1] if end >= 0 else words
    asking = {word.casefold().strip(",;:") for word in sentence} & (_ASKING | _TELLING - {"and", "please", "name"})
    return bool(asking) or sentence[-1][-1] == "?"


def _without_join(part: str, *, first: bool) -> str:
    head, _, tail = part.partition(" ")
    starts = not first and head.casefold().strip(",") in _JOINS and tail.split()[:1]
    return tail if starts and tail.split()[0].casefold().strip(",;?") in _ASKING else part
