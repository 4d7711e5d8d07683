"""Readings of what stands within or at a part: "which O is in the ring", "which carbon bears the hydroxyl"."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from molreflect.agents.analyst.openings import number_of
from molreflect.agents.analyst.question import BOUND, Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.parts import part_named

_PLACES_TO_BEAR = frozenset(["ring atom", "ring carbon", "ring position", "position", "carbon atom", "ring atoms"])


def asks_count(sentence: Sentence) -> bool:
    """Whether a sentence asks how many there are of something."""
    if sentence.has("count as", "counts as", "counted as", "as many", "as much"):
        return False
    speech = vocabulary()
    if sentence.words[0] in ("number", "count") and sentence.chunks and sentence.chunks[0].first == 1:
        return not speech.role(sentence.words[1])  # "number double bonds acetone"
    numbers = [i for i, word in enumerate(sentence.words) if number_of(word) is not None]
    if any(j - i == 2 and sentence.words[i + 1] == "or" for i, j in pairwise(numbers)):
        return True  # "two or three carboxyls"
    return sentence.has(
        "how many",
        "number of",
        "count",
        "count of",
        "the number",
        "many",
        "nr of",
        "no of",
        "how often",
        "amount of",
        "how frequently",
        "quantity of",
        "total of",
        "their number",
    )


def inner(sentence: Sentence) -> Question | None:
    """Read "which O is in the ring of X" as where the ring's O is."""
    if len(sentence.chunks) < 2 or sentence.words[0] not in ("which", "what"):
        return None
    part, outer, *others = sentence.chunks
    between = [word.casefold() for word in sentence.words[part.last : outer.first]]
    element = part_named(part.text)
    if element is None or not element.name.endswith(" atom") or part.first != 1 or outer.role is Role.MOLECULE:
        return None
    if between not in (["is", "in", "the"], ["are", "in", "the"], ["belongs", "to", "the"], ["belong", "to", "the"]):
        return None
    joined = replace(part, text=f"{noun_of(outer.text)} {part.text}", role=Role.GROUP, last=outer.last)
    return base(Intent.WHERE, replace(sentence, chunks=(joined, *others)))


def within_part(sentence: Sentence) -> Question | None:
    """Read "how many nitrogens are in the ring of X" as the ring's nitrogens: of X's others nothing is asked."""
    told = [c for c in sentence.chunks if c.role is Role.GROUP or (c.role is Role.EITHER and c.article == "the")]
    groups = [c for c in told if is_group(c.text)]
    asks = sentence.has("which", "what", "where", "index", "indices", "list", "locate", "give", "find")
    if len(groups) != 2 or not (asks_count(sentence) or asks):
        return None
    part, outer = groups
    element = part_named(part.text)
    within = outer.before in ("in", "inside", "within", "from", "does", "do", "of", "has", "have")
    if (
        element is None
        or not element.name.endswith(" atom")
        or outer.article not in ("the", "its", "each")
        or not within
    ):
        return None
    if sentence.has("and", "or", "than") or outer.joined:
        return None
    joined = replace(part, text=f"{noun_of(outer.text)} {part.text}")
    if not is_group(joined.text):
        return None
    intent = Intent.COUNT if asks_count(sentence) else Intent.WHERE
    kept = tuple(joined if c is part else c for c in sentence.chunks if c is not outer)
    return base(intent, replace(sentence, chunks=kept))


def counted_kind(sentence: Sentence) -> Question | None:
    """Read "carbons in camphor: how many are quaternary?" and "how many stereocentres remain undefined"."""
    low = [word.casefold() for word in sentence.words]
    part = sentence.chunks[0] if sentence.chunks else None
    if part is None or part.role is Role.MOLECULE or not asks_count(sentence):
        return None
    kept = [c for c in sentence.chunks[1:] if c.text.casefold() not in _OPEN]
    told = ""
    if low[-1] in _OPEN or set(low) & _OPEN:
        told = f"undefined {part.text}"
    elif low[-3:-1] in (["many", "are"], ["them", "are"], ["these", "are"]):
        told = f"{low[-1]} {part.text}"
        kept = [c for c in kept if c.text.casefold() != low[-1]]
    element = part_named(told.removesuffix("s")) if told else None
    if element is None or any(c.role is Role.GROUP for c in kept):
        return None
    molecules = tuple(c.text for c in kept)
    return base(Intent.COUNT, sentence, molecules=molecules, groups=(told,), either=())


_OPEN = frozenset(["undefined", "unspecified", "unassigned"])


def of_kind(sentence: Sentence) -> Question | None:
    """Read "which carbon of X is the ketone one", "which N is the amide one": the carbon of the ketone."""
    low = [word.casefold() for word in sentence.words]
    element = sentence.chunks[0] if sentence.chunks else None
    if element is None or element.before not in ("which", "what") or element.first > 4:
        return None
    part = part_named(element.text)
    kind = next((c for c in sentence.chunks[1:] if low[c.last : c.last + 1] == ["one"] and c.article == "the"), None)
    if part is None or kind is None or kind.role is Role.MOLECULE or not part.name.endswith(" atom"):
        return None
    others = [c for c in sentence.chunks if c not in (element, kind)]
    joined = f"{noun_of(kind.text)} {element.text}"
    if any(c.role is Role.GROUP for c in others) or not is_group(joined):
        return None
    molecules = tuple(c.text for c in others)
    told = replace(element, text=joined)
    kept = replace(sentence, chunks=(told, *others), words=tuple(w if w != "one" else "it" for w in sentence.words))
    return base(Intent.WHERE, kept, molecules=molecules, groups=(joined,), either=(), pointer="" if molecules else "it")


_OTHER = ("not", "isn't", "isnt", "aren't", "arent", "other than", "except")


def other_atoms(sentence: Sentence) -> Question | None:
    """Read "which atoms of X are not carbon" as its heteroatoms; of other elements nothing is said."""
    asks = sentence.words[0] in ("which", "what", "where") or asks_count(sentence)
    element = next((c for c in sentence.chunks if (part := part_named(c.text)) and part.name == "carbon atom"), None)
    if not asks or element is None or not sentence.has(*_OTHER) or not set(sentence.words) & {"atom", "atoms"}:
        return None
    if not any(sentence.words[element.first - 1] == word.split()[-1] for word in _OTHER):
        return None
    kept = tuple(replace(c, text="heteroatom", role=Role.GROUP) if c is element else c for c in sentence.chunks)
    kept = tuple(c for c in kept if c.text not in ("atom", "atoms"))
    return base(Intent.COUNT if asks_count(sentence) else Intent.WHERE, replace(sentence, chunks=kept))


_ANY_ATOM = (("atom",), ("atoms",))
_BOUND_TO = ("bonded to", "attached to", "bound to", "connected to", "linked to", "next to", "adjacent to")


def bearer(sentence: Sentence) -> Question | None:
    """Read "which carbon bears the hydroxyl": where the hydroxyl is, and what it is bound to."""
    groups = sentence.of_role(Role.GROUP, Role.EITHER)
    of_one = len(groups) == 1 and sentence.words[0] in ("which", "what") and sentence.words[1:2] in _ANY_ATOM
    if of_one and sentence.has(*_BOUND_TO) and groups[0].before in ("to", "by"):
        return base(Intent.WHERE, sentence, keys=(BOUND,))  # "which atom is bonded to the chlorine"
    bears = sentence.has("bears", "bear", "carries", "carry", "holds", "bearing", "carrying", "attached", "bonded")
    atom = groups and part_named(groups[0].text) is not None and sentence.has("which", "what")
    bears = bears or sentence.has("on which", "at which", "to which", "has the", "have the", "with the", "holding")
    bears = bears or any(
        sentence.words[c.last : c.last + 1] == ("on",) or sentence.words[c.last : c.last + 2] == ("sits", "on")
        for c in groups[1:]
    )  # "which C is the OH on"
    if groups and groups[0].text.casefold() in _PLACES_TO_BEAR:
        atom = True  # "to which ring atom is the OH attached"
    if not bears or not atom or len(groups) < 2 or groups[0].before not in ("which", "what"):
        return None
    kept = tuple(c for c in sentence.chunks if c is not groups[0])
    return base(Intent.WHERE, replace(sentence, chunks=kept), keys=(BOUND,))
