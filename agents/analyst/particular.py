"""Questions of which the words say more together than one by one: degrees to choose from, atoms with hydrogen."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.question import WHICH, Intent, Question
from molreflect.agents.analyst.readings import BONDS, base
from molreflect.agents.analyst.sentence import Chunk, Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.composed import DEGREES

_HYDROGEN = frozenset(["h", "hs", "h's", "hydrogen", "hydrogens"])
_WITH = frozenset(["including", "include", "incl", "inc", "with", "counting", "plus", "included", "too", "also"])
_WITHOUT = frozenset(["excluding", "exclude", "excl", "excluded", "without", "ignoring", "except", "non-hydrogen"])
_TOTAL = frozenset(["total", "altogether", "all"])
_ABOUT_ATOMS = (
    _HYDROGEN | _WITH | _WITHOUT | _TOTAL | {"atom", "atoms", "not", "number", "included", "count", "of", "the", "in"}
)
_AT_THE_END = frozenset(["spiro", "spirocyclic", "fused", "bridged"])
_DEGREE_ASKED = frozenset([*DEGREES, *_AT_THE_END, "or", "and", "a", "an"])


def degrees_asked(sentence: Sentence) -> tuple[tuple[str, ...], tuple[Chunk, ...]] | None:
    """Read "is X primary, secondary or tertiary", "is X a secondary or tertiary alcohol", "is the amine in X ...".

    Returns:
        The classes to decide between, and the chunks that are not part of them; None for any other question.
    """
    low = [word.casefold() for word in sentence.words]
    degrees = tuple(dict.fromkeys(word for word in low if word in DEGREES))
    opens = low[0] in vocabulary().function["be"] or low[0] in DEGREES
    opens = opens or bool(sentence.chunks and sentence.chunks[0].first == 0)  # "propanol: primary or secondary?"
    opens = opens or low[0] in ("for", "in", "with", "of")  # "for CCO and for CCC(C)O: is the alcohol ...?"
    if opens and low[-1] in _AT_THE_END and not degrees:
        degrees = (low[-1],)  # "is anthracene fused"
    alone = len(degrees) == 1 and low[-1] == degrees[0]
    if not opens or not (alone or ("or" in low and len(degrees) > 1)):
        return None
    kept: list[Chunk] = []
    noun = ""
    for chunk in sentence.chunks:
        words = chunk.text.split()
        while words and words[-1].casefold() in _DEGREE_ASKED:
            words.pop()
        named = bool(words) and words[0].casefold() not in _DEGREE_ASKED
        named = named and not (chunk.article == "the" and is_group(" ".join(words)))  # "is the alcohol primary"
        if named and (chunk.role is Role.MOLECULE or (chunk.role is Role.EITHER and chunk.article != "the")):
            kept.append(replace(chunk, text=" ".join(words)))
        elif left := " ".join(word for word in words if word.casefold() not in _DEGREE_ASKED):
            noun = left  # "... or tertiary alcohol", "is the amine in X ..."
    return tuple(f"{degree} {noun}".strip() for degree in degrees), tuple(kept)


def counted_with_hydrogen(sentence: Sentence) -> tuple[str, tuple[Chunk, ...]] | None:
    """Read whether atoms are counted with hydrogen or without: "total atoms including H", "atoms without hydrogen".

    Returns:
        What is counted, and the chunks that name no atoms; None for any other question.
    """
    low = [word.casefold() for word in sentence.words]
    places = [i for i, word in enumerate(low) if word in ("atom", "atoms")]
    if not places or (places[0] and low[places[0] - 1] in (*_HYDROGEN, "heavy")):
        return None
    kept = tuple(c for c in sentence.chunks if not set(c.text.casefold().split()) <= _ABOUT_ATOMS)
    if any(c.role is Role.GROUP or c.last == places[0] + 1 for c in kept):
        return None  # "nitrogen atoms with hydrogen"
    hydrogen = next((i for i, word in enumerate(low) if word in _HYDROGEN), None)
    if hydrogen is not None:
        before = {
            *low[max(0, hydrogen - 3) : hydrogen],
            *low[hydrogen + 1 : hydrogen + 2],
        }  # "including H", "H included"
        if before & _WITHOUT or {"not", "counting"} <= before or {"not", "including"} <= before:
            return "heavy atoms", kept
        return ("atoms including hydrogen", kept) if before & _WITH else None
    counts = "how many" in " ".join(low) or "number" in low or low[0] in ("total", "count")
    return ("atoms including hydrogen", kept) if counts and "total" in low else None


_KINDS = frozenset(["kind", "type", "sort", "class", "kinds", "types", "category", "degree"])
_WITH_DEGREES = ("alcohol", "amine", "amide", "carbon", "halide", "carbocation")


def kind_of(sentence: Sentence) -> Question | None:
    """Read "what kind of alcohol is X": primary, secondary or tertiary; of other groups, what is in X."""
    low = [word.casefold() for word in sentence.words]
    asked = next(
        (c for c in sentence.chunks if c.first > 1 and low[c.first - 1] == "of" and low[c.first - 2] in _KINDS), None
    )
    if asked is None or not {"what", "which"} & set(low[: asked.first]) or asked.role is Role.MOLECULE:
        return None
    degrees = {*DEGREES, "or", "and"}  # "..., primary, secondary or tertiary?"
    kept = tuple(c for c in sentence.chunks if c is not asked and not set(c.text.casefold().split()) <= degrees)
    molecules = tuple(c.text for c in kept if c.role is not Role.GROUP)
    noun = asked.text.casefold().removesuffix("s")
    if noun not in _WITH_DEGREES:
        return base(Intent.CONTENTS, replace(sentence, chunks=kept), molecules=molecules, groups=(), either=())
    classes = tuple(f"{degree} {noun}" for degree in ("primary", "secondary", "tertiary"))
    return base(
        Intent.CLASS, replace(sentence, chunks=kept), molecules=molecules, groups=classes, either=(), keys=(WHICH,)
    )


_LABELS = {"cis": "cis", "trans": "trans", "E": "E", "Z": "Z", "R": "R", "S": "S"}


def configuration_asked(sentence: Sentence) -> Question | None:
    """Read "is the double bond in X trans", "does X have an E double bond": whether, and not where.

    The configuration that is asked for stands in the keys.
    """
    low = [word.casefold() for word in sentence.words]
    speech = vocabulary()
    if {"or", "fusion", "ring", "fused"} & set(low) or not (
        sentence.polar or low[0] in speech.function["be"] | speech.function["do"]
    ):
        return None
    places = [i for i, word in enumerate(sentence.words) if word.strip("()") in _LABELS or low[i] in ("cis", "trans")]
    if len(places) != 1:
        return None
    place = places[0]
    label = _LABELS.get(sentence.words[place].strip("()"), low[place])
    named = any(set(chunk.text.casefold().split()) & {*BONDS} for chunk in sentence.chunks)
    ends = all(word in BONDS or word in ("in", "config") for word in low[place + 1 :])
    if not (ends or named):
        return None
    kept: list[Chunk] = []
    for chunk in sentence.chunks:
        within = chunk.first <= place < chunk.last and chunk.last - chunk.first > 1
        label_word = sentence.words[place].casefold() if within else ""
        text = " ".join(word for word in chunk.text.split() if word.casefold() != label_word)
        words = set(text.casefold().split())
        if text and text not in _LABELS and not words & {*BONDS} and chunk.role is not Role.GROUP:
            kept.append(replace(chunk, text=text))
    return base(Intent.STEREO, replace(sentence, chunks=tuple(kept)), keys=(label,))
