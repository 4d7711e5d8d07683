"""Readings of a sentence that compare molecules, or ask for properties and places on a ring."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from molreflect.agents.analyst.question import BOUND, Intent, Question
from molreflect.agents.analyst.readings import base, pointer
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.agents.analyst.within import asks_count
from molreflect.tools.facts.molecules import looks_like_smiles
from molreflect.tools.facts.parts import part_named

_NOT = ("doesn't", "does not", "doesnt", "not", "lacks", "hasn't", "has not")


def _of_a_part(sentence: Sentence, words: set[str]) -> Question | None:
    """Read "difference in heavy atoms between X and Y" and "do X and Y share a benzene ring"."""
    parts = [c for c in sentence.of_role(Role.GROUP) if part_named(c.text) is not None or c.article in ("a", "an")]
    if len(parts) == 1 and sentence.has("difference in", "differ in", "difference of"):
        told = tuple(c.text for c in sentence.chunks if c is not parts[0])
        return base(
            Intent.COUNT, sentence, molecules=told, groups=(parts[0].text,), either=()
        )  # "difference in heavy atoms between X and Y"
    polar = sentence.words[0] in vocabulary().function["do"] | vocabulary().function["be"]
    if len(parts) == 1 and polar and words & {"share", "shared"} and parts[0].article in ("a", "an"):
        return base(Intent.HAS, sentence)  # "do toluene and anisole share a benzene ring"
    return None


def compare(sentence: Sentence) -> Question | None:
    """Read what compares molecules: which has more of a value, what differs, whether they are the same, how alike."""
    words = set(sentence.words)
    intent = vocabulary().intent
    behind = "which" in words and sentence.words[0] != "which"
    if words & {"vs", "versus"} and (asks_count(sentence) or (behind and not keys_asked(sentence))):
        return None  # "count of OH in catechol vs glycerol"
    if (of_a_part := _of_a_part(sentence, words)) is not None:
        return of_a_part
    named = [c for c in sentence.of_role(Role.MOLECULE, Role.EITHER) if c.text not in ("E", "Z", "R", "S")]
    several = len(named) > 1 or pointer(sentence) in ("all", "other")
    of_value = sentence.has("difference in", "differ in", "differs in", "the same", "equal", "identical", *_SAME_VALUE)
    of_value = of_value or sentence.has(
        "difference", "mass difference", "compared to", "compared with", "compare to", "compare with"
    )
    keys = keys_asked(sentence) if several and of_value and not sentence.of_role(Role.GROUP) else ()
    keys = tuple(key for key in keys if sentence.has(*vocabulary().properties[key]))  # no "formula I: ..."
    if {"mass", "exact_mass"} <= set(keys):
        keys = tuple(key for key in keys if key != "mass")
    if keys:
        return base(Intent.PROPERTY, sentence, keys=keys)  # "difference in mass between X and Y"
    if len(named) > 2 and sentence.has("more similar to", "closer to", "more like", "most similar to"):
        return base(Intent.SIMILARITY, sentence)  # "is X more similar to Y or to Z"
    if words & intent["similarity"] or sentence.has("how similar", "how alike", "how close", "how different"):
        return base(Intent.SIMILARITY, sentence)
    if sentence.has("how many", "number of") and not sentence.has("in common"):
        return None  # "how many stereoisomers has tartaric acid (OC(=O)...)"
    if (several or (len(sentence.words) < 4 and not sentence.chunks)) and (
        words & intent["same"] or sentence.says("same")
    ):
        return base(Intent.SAME, sentence)
    opens = sentence.words[0] in ("which", "what", "what's", "whats", "who's", "whos") or (
        sentence.has("than") and sentence.words[0] in vocabulary().function["be"] | vocabulary().function["do"]
    )
    opens = opens or (
        len(named) > 1 and sentence.words[named[-1].last : named[-1].last + 1] in (("which",), ("what",))
    )  # "acetone and toluene: which is heavier?"
    opens = opens or (
        sentence.words[0] in vocabulary().function["be"]
        and "or" in words
        and sentence.words[-1] in vocabulary().phrases["which_is_more"]
    )  # "is citric or tartaric acid heavier"
    shortest = len(named) > 1 and "or" in words and len(sentence.words) < 9
    opens = opens or (shortest and sentence.words[-1] in vocabulary().phrases["which_is_more"])  # "X or Y heavier?"
    of_part = any(word in _OF_PARTS for before, word in pairwise(sentence.words) if before in _EXTREMES)
    of_part = of_part or (sentence.words[0] == "which" and sentence.words[1:2] != () and sentence.words[1] in _OF_PARTS)
    if opens and sentence.says("which_is_more") and not of_part:  # "the largest ring" asks for no mass
        key = keys_asked(sentence) or (("mass",) if sentence.says("which_is_heavier") else ())
        if key:
            return base(Intent.PROPERTY, sentence, keys=key)
    if sentence.has("relationship between", "relation between", "relationship of", "relation of"):
        between = [c for c in sentence.of_role(Role.GROUP, Role.EITHER) if c.article == "the"]
        return base(Intent.SUBSTITUTION if between else Intent.COMPARE, sentence)
    if (
        words & {"vs", "versus"}
        and (keys := keys_asked(sentence))
        and not words & (intent["compare"] - {"vs", "versus"})
    ):
        return base(Intent.PROPERTY, sentence, keys=keys)  # "logP of X vs Y"
    shared = (
        "in common",
        "common to",
        "common substructure",
        "common substructures",
        "common core",
        "common scaffold",
        "maximum common",
    )
    if several and sentence.words[0] in ("what", "what's", "whats", "how") and sentence.has("different", "distinct"):
        return base(Intent.COMPARE, sentence)
    parted = "apart" in words and bool(words & {"set", "sets", "tell", "tells"})
    parted = parted or sentence.has("vary from", "varies from", "deviate from", "deviates from")
    if words & intent["compare"] or sentence.has(*shared) or (several and parted):
        return base(Intent.COMPARE, sentence)
    if several and sentence.words[0] in ("what", "which") and sentence.has("that", "but") and sentence.has(*_NOT):
        return base(Intent.COMPARE, sentence)
    return None


def _is_called_so(sentence: Sentence) -> bool:
    """Whether "analog" only says what a molecule is whose SMILES stands right behind it, and more is asked."""
    words = [word.casefold() for word in sentence.words]
    behind = {c.first for c in sentence.chunks if looks_like_smiles(c.text)}
    called = any(word in _ANALOGUES and i + 1 in behind for i, word in enumerate(words))
    return called and bool(sentence.of_role(Role.GROUP, Role.EITHER))


_ANALOGUES = frozenset(["analog", "analogue", "relative", "related", "lookalike"])


def similar(sentence: Sentence) -> Question | None:
    """Read what asks for other molecules like one."""
    told = set(sentence.words) & vocabulary().intent["similar"]
    if told and _is_called_so(sentence):
        return None  # "the guanidine in the metformin analog NC(=N)NCC"
    if told or sentence.has("molecules like", "compounds like"):
        return base(Intent.SIMILAR, sentence)
    return None


_ARRANGED = frozenset(["placed", "arranged", "positioned", "disposed", "oriented", "situated"])


_SAME_VALUE = ("same formula", "same molecular formula", "same mass", "same molecular weight", "same weight")
_EXTREMES = frozenset(["largest", "smallest", "biggest", "longest", "heaviest", "lightest"])
_OF_PARTS = frozenset(
    [
        "substituents",
        "groups",
        "fragments",
        "ring",
        "rings",
        "chain",
        "chains",
        "atom",
        "group",
        "substituent",
        "fragment",
        "cycle",
    ]
)


def substitution(sentence: Sentence) -> Question | None:
    """Read what asks for places on a ring: ortho, meta, para."""
    words = set(sentence.words)
    rings = [c for c in sentence.chunks if c.text.casefold().endswith(" ring") and "benzene" not in c.text.casefold()]
    if "substituents" in words and len(rings) == 1 and sentence.words[0] in ("what", "which", "where"):
        kept = tuple(c for c in sentence.chunks if c.role is Role.MOLECULE or c is rings[0])
        return base(Intent.WHERE, replace(sentence, chunks=kept), keys=(BOUND,))  # "... on the pyridine ring of X"
    if any(w.startswith(("ortho-", "meta-", "para-")) and w.endswith(("substituted", "isomer")) for w in words):
        asked = tuple(w.partition("-")[0] for w in sentence.words if w.startswith(("ortho-", "meta-", "para-")))
        kept = tuple(c for c in sentence.chunks if not c.text.casefold().startswith(("ortho-", "meta-", "para-")))
        return base(Intent.SUBSTITUTION, replace(sentence, chunks=kept), keys=asked)
    arranged = "how" in words and bool(words & _ARRANGED)
    arranged = arranged or sentence.says("substitution")
    if arranged or words & {"ortho", "meta", "para"}:
        return base(Intent.SUBSTITUTION, sentence)
    return None


def keys_asked(sentence: Sentence) -> tuple[str, ...]:
    """Find the properties that a sentence names."""
    joined = f" {' '.join(w.casefold() for w in sentence.words)} "
    text = f" {' '.join(sentence.text.casefold().replace('?', ' ').split())} "
    joined = f"{joined}{text.replace(' of formula ', ' ').replace(' of the formula ', ' ')}"
    parts = [c for c in sentence.chunks if " " in c.text and part_named(c.text) is not None and not only_property(c)]
    within = {c.text.casefold().split()[-1] for c in parts}  # the acceptor of a Michael acceptor
    found = tuple(
        key
        for key, phrases in vocabulary().properties.items()
        if any(f" {phrase} " in joined and phrase not in within for phrase in phrases)
    )
    whole = "molecular" in joined or "sum formula" in joined
    return tuple(key for key in found if not (key == "formula" and "empirical_formula" in found and not whole))


def only_property(chunk: Chunk) -> bool:
    """Say whether a chunk is a word of a property, and no name."""
    low = chunk.text.casefold()
    part = part_named(chunk.text) is not None  # "ring" is more than a word of "ring size"
    return any(
        low == phrase or (low in phrase.split() and not part)
        for phrases in vocabulary().properties.values()
        for phrase in phrases
    )
