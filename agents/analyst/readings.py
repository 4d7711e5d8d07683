"""Readings of a sentence about several molecules, rings and presence, and what every reading is made with."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from molreflect.agents.analyst.question import FEWER, MORE, POINTERS, RINGS, Intent, Question
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.molecules import is_known_name


def base(intent: Intent, sentence: Sentence, **more: object) -> Question:
    """Make a question of a sentence, its chunks by their roles; `more` sets or replaces fields."""
    chunks = sentence.chunks
    question = Question(
        intent,
        sentence.text,
        molecules=tuple(c.text for c in chunks if c.role is Role.MOLECULE),
        groups=tuple(_each_of(c) for c in chunks if c.role is Role.GROUP),
        either=tuple(c.text for c in chunks if c.role is Role.EITHER),
        pointer=pointer(sentence),
    )
    return replace(question, **more)  # type: ignore[arg-type]


def _each_of(chunk: Chunk) -> str:
    """Write "every ester oxygen" in the plural, since the singular may mean one of several."""
    every = chunk.article in ("every", "each", "all") and chunk.text.endswith(" oxygen")
    return f"{chunk.text}s" if every else chunk.text


def pointer(sentence: Sentence) -> str:
    """What a pointing word of a sentence means: a value of `POINTERS`; empty where there is none."""
    pairs = pairwise(("", *sentence.words, ""))
    among = {i for i, pair in enumerate(pairs) if pair in (("each", "other"), ("one", "another"))}
    among |= {i - 1 for i in among}  # "each other" points to no other one
    among |= {c.first - 1 - bool(c.article) for c in sentence.chunks if _is_said_of(c, sentence)}
    counted = [c for c in sentence.chunks if c.role is Role.GROUP and sentence.words[c.first - 1] == "one"]
    among |= {c.first - 1 for c in counted if c.first > 1 and sentence.words[c.first - 2] not in ("which", "other")}
    found = [POINTERS[word] for i, word in enumerate(sentence.words) if word in POINTERS and i not in among]
    named = [c for c in sentence.chunks if c.role is Role.MOLECULE or is_known_name(c.text)]
    if not found or (
        named and all(w == "here" for i, w in enumerate(sentence.words) if w in POINTERS and i not in among)
    ):
        return ""  # "how come phenol isn't an alcohol here"
    if "one" in sentence.words and all(kind == "it" for kind in found):
        return "it"
    return next((kind for kind in found if kind not in ("it", "all")), found[0])


def _is_said_of(chunk: Chunk, sentence: Sentence) -> bool:
    """Whether "that" before a chunk begins what somebody says of it: "wrote that pyrazine contains ..."."""
    words, verbs = sentence.words, vocabulary().function["be"] | vocabulary().function["have"]
    before = chunk.first - 1 - bool(chunk.article)
    if before < 1 or words[before] != "that" or chunk.role is Role.GROUP:
        return False
    return chunk.role is Role.MOLECULE or (
        words[chunk.last : chunk.last + 1] != () and words[chunk.last].casefold() in verbs
    )


def which_rings(sentence: Sentence) -> Question | None:
    """Read "which ring systems does it have": the rings by their names, and not how many there are."""
    lists = sentence.words[0] in ("list", "name", "give") and sentence.has("ring systems")
    asks = sentence.words[0] in ("which", "what", "what's", "whats")
    if asks and sentence.has("core", "scaffold", "ring skeleton", "ring system") and len(sentence.chunks) < 2:
        return base(Intent.CONTENTS, sentence, keys=(RINGS,))  # "what scaffold does diazepam have"
    if not (lists or asks) or not sentence.has("ring systems", "rings", "heterocycles", "cycles"):
        return None
    if not set(sentence.words) & {*vocabulary().function["have"], "in", "are", "make"} or sentence.has(
        "of these", *MORE, *FEWER
    ):
        return None
    kept = tuple(c for c in sentence.chunks if c.role is Role.MOLECULE or c.article not in ("", "the"))
    kept = tuple(c for c in kept if not c.text.casefold().endswith(("rings", "cycles", "ring systems")))
    return base(Intent.CONTENTS, replace(sentence, chunks=kept), keys=(RINGS,))


def is_present(sentence: Sentence) -> Question | None:
    """Read "is nitrogen present in X": whether, not where."""
    if sentence.words[0] not in vocabulary().function["be"] or not sentence.has("present", "found", "contained"):
        return None
    return base(Intent.HAS, sentence) if sentence.of_role(Role.GROUP, Role.EITHER) else None


def which_has(sentence: Sentence) -> Question | None:
    """Read which of several molecules has a group, or is of a class."""
    have = vocabulary().function["have"]
    if sentence.words[0] in ("which", "what") and [c.text[:6] for c in sentence.chunks] == ["InChI="]:
        return base(Intent.NAME, sentence, keys=("name", "smiles"))  # "which compound has InChI ..."
    if sentence.words[0] == "which" and sentence.has(*MORE, *FEWER) and sentence.of_role(Role.GROUP, Role.EITHER):
        return base(Intent.WHICH_HAS, sentence)
    if sentence.has(*(f"{ask} {what} has" for ask in ("which", "what") for what in ("number", "index", "position"))):
        return None
    if sentence.words[0] == "which" and any(w in have for w in sentence.words) and not sentence.says("which_part"):
        return base(Intent.WHICH_HAS, sentence)
    if (
        sentence.words[0] == "which"
        and sentence.has("is a", "is an", "are", "is aromatic", "is chiral", "is charged")
        and (sentence.has("which of", "which one", "which molecule", "which compound"))
    ):
        inside = {i for chunk in sentence.chunks for i in range(chunk.first, chunk.last)}
        told = tuple(w for i, w in enumerate(sentence.words) if i not in inside and is_adjective(w))
        groups = tuple(c.text for c in sentence.of_role(Role.GROUP))
        return base(Intent.WHICH_HAS, sentence, groups=(*told, *groups))
    return _which_is_one(sentence) or _which_of_them(sentence) or _which_of_list(sentence)


def _which_of_list(sentence: Sentence) -> Question | None:
    """Read "of benzene, pyridine and hexane, which contain nitrogen?": the molecules stand before the question."""
    words = sentence.words
    at = words.index("which") if "which" in words else 0
    named = [c for c in sentence.chunks if c.last <= at]
    asked = [c for c in sentence.chunks if c.first > at and c.role is not Role.MOLECULE]
    listed = len(named) > 1 and all(c.role is not Role.GROUP and not c.article for c in named)
    verbs = set(words[at:]) & vocabulary().function["have"]
    if not at or not listed or len(asked) != 1 or len(named) + 1 != len(sentence.chunks) or not verbs:
        return None
    if not set(words[at : asked[0].first]) <= _OF_THEM | verbs | {"any", "all", "do", "does", *MORE, *FEWER}:
        return None
    molecules = tuple(c.text for c in named)
    return base(Intent.WHICH_HAS, sentence, molecules=molecules, groups=(asked[0].text,), either=(), pointer="")


_OF_THEM = frozenset(["which", "one", "ones", "of", "them", "these", "those", "the", "two", "is", "are", "a", "an"])


def _which_of_them(sentence: Sentence) -> Question | None:
    """Read "X and Y: which one is the ketone?": the molecules stand before the question."""
    at = sentence.words.index("which") if "which" in sentence.words else 0
    named = [c for c in sentence.chunks if c.last <= at and c.role is not Role.GROUP]
    others = [c for c in sentence.chunks if c.first > at]
    told = sentence.words[-1].casefold()
    if len(named) > 1 and len(named) == len(sentence.chunks) and is_adjective(told) and at:
        if not set(sentence.words[at:-1]) <= _OF_THEM:
            return None
        molecules = tuple(c.text for c in named)  # "benzene and cyclohexane: which is aromatic?"
        return base(Intent.WHICH_HAS, sentence, molecules=molecules, groups=(told,), either=(), pointer="")
    if len(named) < 2 or len(others) != 1 or len(named) + 1 != len(sentence.chunks) or not others[0].article:
        return None
    asked = others[0]
    if not set(sentence.words[at : asked.first]) <= _OF_THEM or asked.role is Role.MOLECULE:
        return None
    if asked.last != len(sentence.words) or not {"is", "are"} & set(sentence.words[at : asked.first]):
        return None
    molecules = tuple(c.text for c in named)
    return base(Intent.WHICH_HAS, sentence, molecules=molecules, groups=(asked.text,), either=(), pointer="")


def _which_is_one(sentence: Sentence) -> Question | None:
    """Read "which is an amide: X or Y", "which is aromatic, X or Y": the class stands before the molecules."""
    words = tuple(word.casefold() for word in sentence.words)
    if words[0] not in ("which", "what") or words[1:2] not in (("is",), ("are",)) or len(sentence.chunks) < 2:
        return None
    first, *others = sentence.chunks
    adjectives = tuple(word for word in words[2 : first.first] if is_adjective(word))
    if adjectives:
        others = [first, *others]
    elif first.first > 3 or first.article not in ("a", "an", "the") or first.role is Role.MOLECULE:
        return None
    named = tuple(c for c in others if c.role is not Role.GROUP and c.article not in ("a", "an"))
    listed = len(named) > 1 and len(named) == len(others) and ("or" in words or not adjectives or named[1].joined)
    if not listed or (adjectives and words[2] not in adjectives):
        return None
    groups = adjectives or (first.text,)
    molecules = tuple(c.text for c in named)
    return base(Intent.WHICH_HAS, sentence, molecules=molecules, groups=groups, either=())


def tells(sentence: Sentence) -> bool:
    """Whether a text says that something is a class, rather than asking: "benzene is an alcohol, right?"."""
    first = sentence.chunks[0] if sentence.chunks else None
    if first is None or first.last >= len(sentence.words) or sentence.words[0] in vocabulary().function["question"]:
        return False
    behind = sentence.chunks[1:]
    resumed = sentence.words[first.last] == "it"  # "cyclohexane it is cyclic"
    after = [word.casefold() for word in sentence.words[first.last + resumed : first.last + resumed + 3]] or [""]
    if after[0] not in vocabulary().function["be"] or first.role is Role.GROUP:
        return False
    at = 2 if after[1:2] in (["a"], ["an"]) else 1  # "furan is a heterocycle"
    described = any(is_adjective(word) for word in after[at : at + 1]) or (
        after[1:2] == ["not"] and is_adjective(after[-1])
    )
    return described or (bool(behind) and (behind[0].article in ("a", "an") or sentence.polar))


def draw(sentence: Sentence) -> Question | None:
    """Read a request for a picture."""
    words = set(sentence.words)
    if sentence.has("mirror image", "mirror images"):
        return None
    asks_same = sentence.words[0] in vocabulary().function["do"] and words & vocabulary().intent["same"]
    if words & vocabulary().intent["draw"] and not (asks_same and len(sentence.of_role(Role.MOLECULE)) > 1):
        return base(Intent.DRAW, sentence, keys=("png",) if "png" in words else ("svg",))
    if (
        sentence.has("show me")
        and not words & (vocabulary().intent["where"] | vocabulary().intent["name"] | vocabulary().intent["contents"])
        and len(sentence.chunks) == 1
        and sentence.chunks[0].role is Role.MOLECULE
    ):
        return base(Intent.DRAW, sentence, keys=("svg",))
    return None


def changes(sentence: Sentence) -> Question | None:
    """Read what becomes of a molecule when a group of it is changed."""
    words = set(sentence.words)
    if {word.casefold() for word in words} & {"ph", "pka", "physiological"}:
        return None  # how far it is protonated is no change that a rule makes
    if sentence.has("catalyst", "catalysts"):
        return None  # what it takes is no change that a rule makes
    if sentence.has("protonated first", "protonates first", "deprotonated first"):
        return None  # which comes first is no change that a rule makes
    verbs = words & vocabulary().intent["change"]
    before = dict(zip(sentence.words[1:], sentence.words, strict=False))
    verbs -= {verb for verb in verbs if verb.endswith("ed") and before.get(verb) in ("a", "an", "any")}
    within = {word for c in sentence.of_role(Role.GROUP) if " " in c.text for word in c.text.casefold().split()}
    verbs -= {verb for verb in verbs & within if verb.endswith("ed")}  # "how many methylated nitrogens"
    supposed = "if" in words and bool(words & {"removed", "remove", "added", "add", "lost", "gone", "taken"})
    if supposed and sentence.of_role(Role.GROUP, Role.EITHER):
        return base(Intent.CHANGE, sentence)  # "how many chlorines are left if one is removed"
    told = words & {"changes", "changed", "change"} and sentence.words[0] in ("what", "which", "how")
    if told and not verbs and ("between" in words or {"from", "to"} <= words or {"from", "into"} <= words):
        return base(Intent.COMPARE, sentence)  # "what changes from phenol to anisole"
    if sentence.has("oxidation state", "oxidation states", "oxidation number"):
        return None
    if verbs and words & {"smiles", "inchi", "inchikey", "iupac"} and words & {"convert", "converted", "transform"}:
        return None  # into another notation
    turned = sentence.has("turn", "make", "made", "change", "changed", "become") and sentence.has("into", "to")
    turned = turned and not sentence.has("make up", "makes up", "made up", "to make", "so kind")
    turned = turned or (sentence.has("in place of", "instead of") and bool({"what", "if", "with"} & words))
    if turned and sentence.of_role(Role.GROUP, Role.EITHER):
        return base(Intent.CHANGE, sentence)
    if not verbs or (verbs <= {"substitute"} and "pattern" in words):
        return None
    return base(Intent.CHANGE, sentence)


_GOING_ON = frozenset(
    ["and", "or", "also", "then", "but", "now", "so", "ok", "okay", "right", "alright", "fine", "good"]
)
"""Words that may stand before a follow-up and say nothing of it."""


_AS_BEFORE = (("too",), ("as", "well"), ("also",), ("likewise",))
"""What stands behind a name of which the same is asked as before."""


def follow_up(sentence: Sentence) -> Question | None:
    """Read what goes on from an earlier question: "and of X?", "ok then of X", "same for X"."""
    words = sentence.words
    if sentence.has("what about", "how about") or words[0] in ("and", "or", "also", "then", "but"):
        return base(Intent.FOLLOW_UP, sentence)
    opens = vocabulary().function["place"] | {"for", "of", "with"}
    first = next((i for i, word in enumerate(words) if word.casefold() not in _GOING_ON), 0)
    if first < len(words) and words[first] in opens and sentence.chunks and len(words) - first < 6:
        return base(Intent.FOLLOW_UP, sentence)  # "in CCCO?", "now of CCCO"
    if {"and", "also", "then", "now"} & set(words[:first]) and sentence.chunks and len(words) - first < 4:
        return base(Intent.FOLLOW_UP, sentence)  # "fine, and CCO?"
    if not sentence.chunks and sentence.has("by how much", "how much heavier", "how much lighter", "how much more"):
        return base(Intent.FOLLOW_UP, sentence, pointer="all")  # "which is heavier? - by how much?"
    inside = {i for chunk in sentence.chunks for i in range(chunk.first, chunk.last)}
    said = words[:-1] if words[-1] in ("please", "pls") else words
    if sentence.chunks and any(said[-len(end) :] == end for end in _AS_BEFORE) and len(words) - len(inside) < 4:
        return base(Intent.FOLLOW_UP, sentence)  # "cadaverine too?"
    if sentence.says("again_for") and sentence.chunks:
        return base(Intent.FOLLOW_UP, sentence)
    return None


BONDS = (
    "bond",
    "bonds",
    "alkene",
    "alkenes",
    "olefin",
    "olefins",
    "c=c",
    "geometry",
    "configuration",
    "stereocentre",
    "stereocenter",
    "centre",
    "center",
    "isomer",
    "configured",
    "carbon",
    "double",
)


def without_bonds(sentence: Sentence) -> Sentence:
    """Leave out the bond or centre whose configuration is asked for, where a molecule is named beside it."""
    named = [c for c in sentence.chunks if not set(c.text.casefold().split()) <= {*BONDS}]
    return replace(sentence, chunks=tuple(named))


def without_labels(chunks: tuple[Chunk, ...], labels: set[str]) -> tuple[Chunk, ...]:
    """Leave out labels, and the bond or centre that they are asked for: "is its double bond E or Z"."""
    kept = []
    named = [c for c in chunks if c.role is Role.MOLECULE or (c.role is Role.EITHER and not c.article)]
    for chunk in chunks:
        words = [word for word in chunk.text.split() if word not in labels]
        others = [c for c in named if c is not chunk]
        if others and chunk.article in ("the", "its", "each") and words and is_group(" ".join(words)):
            continue  # "L-cysteine, is the alpha carbon R or S"
        if words and not {word.casefold() for word in words} <= {*BONDS, "its", "alkyne"}:
            kept.append(replace(chunk, text=" ".join(words)))
    return tuple(kept)
