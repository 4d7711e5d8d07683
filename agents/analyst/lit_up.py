"""Requests to light up a part: "colour the azo group in red", "which atoms should I highlight for the ester"."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.question import LIT, Intent, Question
from molreflect.agents.analyst.readings import base
from molreflect.agents.analyst.sentence import Role, Sentence, is_group
from molreflect.agents.analyst.vocabulary import vocabulary

_LIGHTING = frozenset(
    [
        "colour",
        "color",
        "colours",
        "colors",
        "colouring",
        "coloring",
        "highlight",
        "highlighting",
        "highlights",
        "mark",
        "shade",
        "paint",
        "tint",
        "circle",
        "label",
        "labelling",
        "labeling",
        "emphasise",
        "emphasize",
        "underline",
        "encircle",
    ]
)
_COLOURS = frozenset(
    [
        "red",
        "blue",
        "green",
        "yellow",
        "orange",
        "purple",
        "violet",
        "pink",
        "magenta",
        "cyan",
        "grey",
        "gray",
        "black",
        "bold",
        "brown",
        "white",
    ]
)
_WHERE = frozenset(["which", "where", "what", "indices", "index", "atoms"])


def lit(sentence: Sentence) -> Question | None:
    """Read a request to light up a group: the picture and its atoms, or the atoms alone where they are asked for."""
    low = [word.casefold() for word in sentence.words]
    verb = next((i for i, word in enumerate(low) if word in _LIGHTING), -1)
    if verb < 0 or low[verb - 1 : verb] in (["what"], ["which"], ["the"], ["a"], ["its"], ["of"], ["no"], ["any"]):
        return None
    if low[verb] == "label" and (verb > 1 or {"cip", "r", "s", "stereo"} & set(low)):
        return None  # "CIP label of ..."
    if low[0] in vocabulary().function["be"] | {"why"} or "draw" in low[:verb]:
        return None
    chunks = tuple(c for c in sentence.chunks if c.text.casefold() not in _COLOURS)
    told = [c for c in chunks if c.role is Role.GROUP or (c.article and c.role is Role.EITHER)]
    parts = [c for c in told if is_group(c.text)]
    if (
        not parts
        and verb < 3
        and low[verb + 1 : verb + 2] in (["it"], ["them"], ["that"], ["this"], ["those"], ["these"])
    ):
        return base(Intent.DRAW, replace(sentence, chunks=()), keys=("svg", LIT), pointer="it")  # "and colour it red"
    if not parts:
        return None
    kept = replace(sentence, chunks=chunks)
    if set(low) & _WHERE:
        return base(Intent.WHERE, kept)
    return base(Intent.DRAW, kept, keys=("png" if "png" in low else "svg", LIT))
