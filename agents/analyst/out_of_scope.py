"""Questions that no structure answers: boiling points, routes, the numbers that names give to positions."""

from __future__ import annotations

import re

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary

_LOCANT = re.compile(r"(?i:\d{1,2}'?-position|c-\d{1,2}|position-\d{1,2})")
"""A position by the number that a name gives it."""
_LABEL = re.compile(r"[CNO]\d{1,2}")
"""A position as chemists label it, C11; by itself a formula."""


def out_of_scope(sentence: Sentence) -> Question | None:
    """Read what no structure answers; its topic stands in the question."""
    joined = f" {' '.join(w.casefold() for w in sentence.words)} "
    if sentence.words[-1].casefold() in ("acidic", "basic") and sentence.words[0] in vocabulary().function["be"]:
        return base(Intent.OUT_OF_SCOPE, sentence, topic="acidity constants (pKa)")
    located = {w for w in sentence.words if _LOCANT.fullmatch(w) or _LABEL.fullmatch(w)}
    others = any(c.text not in located for c in sentence.of_role(Role.MOLECULE, Role.EITHER))
    if located and (others or sentence.has("on", "at") or any(_LOCANT.fullmatch(w) for w in located)):
        return base(Intent.OUT_OF_SCOPE, sentence, topic="the numbers that names give to positions (C2, 3-position)")
    for topic, phrases in vocabulary().scope.items():
        if any(f" {phrase} " in joined for phrase in phrases):
            return base(Intent.OUT_OF_SCOPE, sentence, topic=topic)
    return None
