"""Readings of questions about texts: whether a caption is right, for a caption, for the molecule of one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base, pointer
from molreflect.agents.analyst.sentence import Role, Sentence, take_apart
from molreflect.agents.analyst.translated import translation
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles


def caption_asked(sentence: Sentence, read: Callable[[str], Question]) -> Question | None:
    """Read what asks whether a text is right, for a caption, or for the molecule of one.

    Args:
        sentence: The question.
        read: Reads a text as a question of its own.
    """
    speech = vocabulary()
    words = set(sentence.words)
    if sentence.says("molecule_of_caption"):
        tail = sentence.quoted[0] if sentence.quoted else ""
        if (
            not tail
            and [c.role for c in sentence.chunks] == [Role.MOLECULE]
            and sentence.chunks[0].text.endswith("ester")
        ):
            return base(Intent.NAME, sentence, keys=("name", "smiles"))  # "which molecule is benzoic acid ethyl ester"
        if tail and len(sentence.of_role(Role.MOLECULE)) > 1:
            return base(Intent.CAPTION, sentence, caption=tail)  # "which of X and Y fits ..."
        several = len(sentence.of_role(Role.MOLECULE)) > 1
        if (tail or len(sentence.words) > 7) and not several and not words & speech.intent["similar"]:
            return base(Intent.FROM_CAPTION, sentence, caption=tail or sentence.text)
    if (stated := _own_subject(sentence, read)) is not None:
        return stated
    if (translated := translation(sentence)) is not None:
        return translated
    asks = bool(words & (speech.intent["caption"] | {"right", "true"}))
    if sentence.quoted and (
        asks or sentence.has("is this", "is it", "does this", "fits", "fit", "match", "matches", "describe")
    ):
        if sentence.has("which molecule", "what molecule", "which compound", "what compound") and not sentence.of_role(
            Role.MOLECULE
        ):
            return base(Intent.FROM_CAPTION, sentence, caption=sentence.quoted[0])
        return _of_text(sentence)
    if sentence.says("write_caption"):
        return base(Intent.WRITE_CAPTION, sentence)
    if sentence.says("is_caption_right"):
        return base(Intent.CAPTION, sentence)
    if sentence.quoted:
        return _of_text(sentence)
    return None


def _of_text(sentence: Sentence) -> Question:
    """Ask of a quoted text whether it is right, of the molecule that it begins with where no other is named."""
    question = base(Intent.CAPTION, sentence, caption=sentence.quoted[0])
    first = next(iter(take_apart(sentence.quoted[0]).chunks), None)
    named = first is not None and not first.first and (looks_like_smiles(first.text) or is_known_name(first.text))
    if first is None or not named or question.molecules or question.either:
        return question
    return replace(question, molecules=(first.text,), pointer="")


def _own_subject(sentence: Sentence, read: Callable[[str], Question]) -> Question | None:
    """Read a statement that says itself what it is about: "true or false: ibuprofen contains a benzene ring"."""
    if not sentence.quoted or sentence.chunks or pointer(sentence):
        return None
    if sentence.has("proofread", "review"):
        return None  # its phrases are told one by one
    stated = read(sentence.quoted[0])
    if '"' in sentence.text and not (stated.molecules or any(map(is_known_name, stated.either))):
        return None
    if len(stated.groups) > 1 and '"' in sentence.text:
        return None  # its phrases are told one by one
    told = stated.intent in (Intent.HAS, Intent.CLASS) and bool(stated.groups)
    if not told or not (stated.molecules or stated.either):
        return None
    asks = {"true", "false", "correct", "right", "verify", "check", "validate", "claim", "statement"}
    asked = sentence.polar or bool(asks & {word.casefold() for word in sentence.words})
    return replace(stated, sentence=replace(stated.sentence, polar=asked))
