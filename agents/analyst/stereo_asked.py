"""Questions for a configuration: "R or S", "is its double bond E", "is it defined"."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base, without_bonds, without_labels
from molreflect.agents.analyst.sentence import Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.agents.analyst.within import asks_count
from molreflect.tools.facts.parts import part_named

_SHOWN = ("drawn", "written", "shown", "depicted", "given", "encoded", "specified")
"""Words for how a structure states a label: "drawn E or drawn Z"."""
_LABELLED = frozenset(
    [
        "is",
        "are",
        "it",
        "the",
        "a",
        "an",
        "isomer",
        "enantiomer",
        "form",
        "configuration",
        "configured",
        "label",
        "as",
        *_SHOWN,
    ]
)
"""Words that may stand at the labels to choose from: "the R or the S enantiomer", "E isomer or Z isomer"."""


def label_asked(sentence: Sentence) -> Question | None:
    """Read which of two labels a configuration has."""
    bare = [word for w in sentence.words if (word := w.casefold()) not in _LABELLED]
    for pair in (("r", "s"), ("e", "z"), ("cis", "trans"), ("d", "l")):
        if any(tuple(bare[i : i + 3 : 2]) in (pair, pair[::-1]) and bare[i + 1] == "or" for i in range(len(bare) - 2)):
            drop = {*pair, *(p.upper() for p in pair), *_SHOWN}
            kept = without_labels(sentence.chunks, drop)
            return base(Intent.STEREO, replace(sentence, chunks=kept))
    return None


_DEFINED = tuple(
    f"{verb} {one} {said}"
    for verb, one in (("is", "it"), ("are", "they"), ("are", "these"))
    for said in ("defined", "undefined", "specified", "unspecified", "assigned")
)
"""What asks of the stereocentres that were told whether their configuration is stated."""


def stereo_asked(sentence: Sentence) -> Question | None:
    """Read what asks for configurations."""
    low = [w.casefold() for w in sentence.words]
    if low[0] in vocabulary().function["be"] and low[-1] in ("e", "z", "r", "s") and sentence.chunks:
        *others, last = sentence.chunks  # "is trans-2-butene Z"
        named = last.text[:-1].strip()
        return base(Intent.STEREO, replace(sentence, chunks=(*others, *([replace(last, text=named)] if named else ()))))
    words = set(low)
    asked = words & vocabulary().intent["stereo"]
    if not asked and not sentence.chunks and sentence.has(*_DEFINED):
        return base(Intent.STEREO, sentence, pointer="it")
    if not asked:
        return None
    if asks_count(sentence) and any(c.text.casefold().startswith("stereo bond") for c in sentence.chunks):
        return None
    if any(c.text.casefold().startswith("chirality") and part_named(c.text) for c in sentence.chunks):
        asked -= {"chirality"}  # "chirality centres" are named as chiral ones are
    if asked <= {"chiral", "achiral", "asymmetric"} and (
        asks_count(sentence) or any(part_named(c.text) for c in sentence.chunks)
    ):
        return None  # "how many chiral centres": counted as other parts are
    if asked <= {"cis", "trans"} and not sentence.has("cis or trans", "is cis", "is trans", "cis and trans"):
        return None
    return base(Intent.STEREO, without_bonds(sentence))
