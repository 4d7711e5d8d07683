"""Requests to translate: a molecule into words, or words into a molecule."""

from __future__ import annotations

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence

_ASKS = frozenset(
    ["translate", "translates", "translated", "translating", "translation", "mol2cap", "cap2mol", "student"]
)
_TEXT = frozenset(
    [
        "caption",
        "captions",
        "description",
        "text",
        "words",
        "word",
        "sentence",
        "sentences",
        "english",
        "prose",
        "student",
    ]
)
_INTO_MOLECULE = (
    "into a smiles",
    "into smiles",
    "to a smiles",
    "to smiles",
    "as smiles",
    "as a smiles",
    "into a molecule",
    "into molecule",
    "to a molecule",
    "to molecule",
    "into a structure",
    "into structure",
    "to a structure",
    "to structure",
    "back into",
    "back to",
    "this caption",
    "the caption",
    "following caption",
    "this description",
    "the description",
    "following description",
    "caption to",
    "caption into",
    "text to",
    "text into",
    "from text",
)
_INTO_TEXT = (
    "into a caption",
    "into caption",
    "to a caption",
    "to caption",
    "into a description",
    "to a description",
    "into words",
    "into text",
    "to text",
    "into english",
    "to english",
    "in words",
    "into prose",
    "into a sentence",
)


def translation(sentence: Sentence) -> Question | None:
    """Read "translate CCO into a caption", "use the student to turn this caption into a SMILES: ..."."""
    words = {word.casefold() for word in sentence.words}
    told = " ".join(word.strip(".,;:?!").casefold() for word in sentence.text.split())
    said = f" {told} "
    if not words & _ASKS and "mol2cap" not in said and "cap2mol" not in said:
        return None
    molecules = sentence.of_role(Role.MOLECULE, Role.EITHER)
    into_text = any(f" {phrase} " in said for phrase in _INTO_TEXT) or "mol2cap" in words
    into_molecule = any(f" {phrase} " in said for phrase in _INTO_MOLECULE) or "cap2mol" in words
    if not (words & _TEXT or "cap2mol" in words or "mol2cap" in words or sentence.quoted):
        return None  # "translate the name into a SMILES"
    if words & _ASKS == {"student"} and not (into_text or into_molecule):
        return None  # "I am a student"
    if sentence.quoted and not (into_text and molecules):
        return base(Intent.FROM_CAPTION, sentence, caption=sentence.quoted[0])
    if into_molecule and not into_text:
        return base(Intent.FROM_CAPTION, sentence)
    return base(Intent.WRITE_CAPTION, sentence)
