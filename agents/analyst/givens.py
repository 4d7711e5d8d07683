"""Statements that only give a molecule, before what is asked of it: "X is CCOC(C)=O. Where is the ester?"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.sentence import Role, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles

_MARKS = ".,;:!?()\"'"
_READ_AS = frozenset(
    [Intent.CONTENTS, Intent.UNKNOWN, Intent.FOLLOW_UP, Intent.CLASS, Intent.HAS, Intent.NAME, Intent.CORRECTION]
)
"""Readings that a statement gets though it asks nothing."""
_NAMING = frozenset(["name", "inchi", "inchikey", "iupac", "canonical"])
_ASKS = frozenset(["list", "tell", "show", "give", "name", "describe", "identify", "locate", "find", "count", "draw"])
_WISHES = frozenset(["want", "wants", "need", "wish", "wonder", "wondering", "interested", "please", "pls"])


def gives(words: Sequence[str]) -> bool:
    """Whether words of a text, marks still at them, tell of a molecule and ask nothing."""
    if not words or "?" in words[-1][-1:]:
        return False
    low = [word.casefold().strip(_MARKS) for word in words]
    function = vocabulary().function
    if low[0] in function["question"] | function["do"] | function["be"] | _ASKS:
        return False
    return any(looks_like_smiles(w) or is_known_name(w) for word in words if (w := word.strip(_MARKS)) and len(w) > 2)


def is_given(question: Question) -> bool:
    """Whether a sentence tells which molecule is meant and asks nothing: "I have CCO.", "my lead is CCOC(C)=O."."""
    sentence = question.sentence
    if question.intent not in _READ_AS or "?" in question.text or not sentence.words:
        return False
    low = {word.casefold() for word in sentence.words}
    first = sentence.words[0].casefold()
    function, intents = vocabulary().function, vocabulary().intent
    if first in intents["contents"] | intents["draw"] or low & (function["question"] | _WISHES):
        return False
    if first in function["be"] | function["do"] | _ASKS:
        return False
    if question.intent is Intent.NAME and low & _NAMING:
        return False
    named = [c for c in sentence.chunks if c.role is not Role.GROUP]
    told = [c for c in sentence.chunks if c.role is Role.GROUP and not c.article]
    return any(looks_like_smiles(c.text) or is_known_name(c.text) or not is_group(c.text) for c in named) and not told


def asked_of(question: Question) -> Question:
    """Read a statement as the molecules that it gives, what it calls them aside."""
    return replace(question, intent=Intent.GIVEN, groups=(), pointer="")
