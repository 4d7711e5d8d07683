"""Which of several molecules does not belong to the others: "odd one out", "which of these is not an alcohol"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from molreflect.agents.analyst.answers import finished
from molreflect.agents.analyst.context import Spoken, Understood
from molreflect.agents.analyst.dialogue import Call, NotReadError, Reply, Talk, Turn
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.tools.facts.classes import is_adjective

_ODD = (
    "odd one",
    "odd man",
    "odd molecule",
    "odd compound",
    "does not belong",
    "doesn't belong",
    "doesnt belong",
    "not belong",
    "does not fit in",
    "doesn't fit in",
    "does not fit with",
    "doesn't fit with",
    "the intruder",
    "the outlier",
    "the misfit",
    "the exception",
    "different from the others",
    "different from the rest",
    "unlike the others",
    "unlike the rest",
    "stands out",
)
_MARKED = (
    "alcohol",
    "phenol",
    "ether",
    "ketone",
    "aldehyde",
    "carboxylic acid",
    "ester",
    "amide",
    "amine",
    "nitrile",
    "nitro group",
    "halogen",
    "thiol",
    "thioether",
    "sulfonamide",
    "alkene",
    "alkyne",
)
_RINGS = ("aromatic ring", "ring", "heterocycle")
_ELEMENTS = ("oxygen", "nitrogen", "sulfur atom", "phosphorus atom")
_NOT = frozenset(["not", "isn't", "isnt", "aren't", "arent"])
_SAID = frozenset(
    ["which", "what", "one", "ones", "of", "them", "these", "those", "the", "two", "three", "four", "is", "are"]
)


def odd_one_out(sentence: Sentence) -> Question | None:
    """Read what asks which of several molecules is unlike the others."""
    plain = "which" in sentence.words and sentence.has("doesn't fit", "does not fit", "doesnt fit")
    if not (sentence.has(*_ODD) or plain) or sentence.quoted:
        return None
    named = tuple(c.text for c in sentence.chunks if c.text.casefold() != "odd")
    return base(Intent.ODD_ONE, sentence, molecules=named, groups=(), either=(), pointer="all" if not named else "")


def which_is_not(sentence: Sentence) -> Question | None:
    """Read "which of these is not an alcohol: X, Y or Z", "which isn't aromatic"."""
    low = [word.casefold() for word in sentence.words]
    at = next((i for i, word in enumerate(low[:8]) if word in _NOT), -1)
    if low[0] not in ("which", "what") or at < 1 or not set(low[:at]) <= _SAID or {"atom", "atoms"} & set(low):
        return None
    told = low[at + 1 : at + 2]
    if told and is_adjective(told[0]) and not any(c.first == at + 1 and c.last > at + 2 for c in sentence.chunks):
        groups, named = (told[0],), [c for c in sentence.chunks if c.first > at + 1]
    else:
        first = next((c for c in sentence.chunks if c.first in (at + 1, at + 2)), None)
        if first is None or first.role is Role.MOLECULE or not is_group(first.text):
            return None
        groups, named = (first.text,), [c for c in sentence.chunks if c is not first]
    if any(c.role is Role.GROUP for c in named) or len(named) == 1:
        return None
    molecules = tuple(c.text for c in named)
    return base(
        Intent.WHICH_HAS, sentence, molecules=molecules, groups=groups, either=(), pointer="" if molecules else "all"
    )


def answer_odd_one(talk: Talk) -> Turn:
    """Say which molecule is unlike the others by its groups, rings and elements; each mark that sets one apart."""
    molecules = yield from talk.molecules(need=2)
    understood = Understood(Intent.ODD_ONE, molecules)
    if len(molecules) < 3:
        raise NotReadError(Reply("Of two molecules none is the odd one; name three or more."))
    marks: dict[str, list[bool]] = {}
    for spoken in molecules:
        wanted = [*_MARKED, *_RINGS, *_ELEMENTS]
        result = yield Call("locate_groups", {"smiles": spoken.smiles, "groups": wanted})
        if result.error:
            return finished(talk, [result.error], understood)
        for words in wanted:
            found = result.value["groups"][words]
            if not found.get("why_not"):
                marks.setdefault(words, []).append(bool(found["count"]))
    apart = _set_apart(molecules, marks)
    if not apart:
        text = "By groups, rings and elements none of them stands apart from all the others."
        return finished(talk, [text], understood)
    most = max(len(lacks) * 2 + len(has) for lacks, has in apart.values())
    odd = [s for s in molecules if s in apart and 2 * len(apart[s][0]) + len(apart[s][1]) == most]
    head = f"{odd[0].words}." if len(odd) == 1 else f"Either {' or '.join(s.words for s in odd)}, by what is compared."
    lines = [head]
    for spoken in (*odd, *(s for s in apart if s not in odd)):
        lacks, has = apart[spoken]
        told = [*(f"it alone has no {mark}" for mark in lacks[:3]), *(f"it alone has {mark}" for mark in has[:3])]
        lines.append(f"- {spoken.shown}: {'; '.join(told)}")
    if len(odd) == 1:
        understood = replace(understood, singled=odd[0].smiles)
    lines.append("Compared were groups, rings and elements; another mark may set another apart.")
    return finished(talk, lines, understood)


def _set_apart(
    molecules: Sequence[Spoken], marks: Mapping[str, Sequence[bool]]
) -> dict[Spoken, tuple[list[str], list[str]]]:
    """Find what each molecule alone lacks, and what it alone has."""
    apart: dict[Spoken, tuple[list[str], list[str]]] = {}
    for mark, there in marks.items():
        if len(there) != len(molecules):
            continue
        for is_there, at in ((True, 1), (False, 0)):
            if there.count(is_there) == 1:
                apart.setdefault(molecules[there.index(is_there)], ([], []))[at].append(mark)
    return apart
