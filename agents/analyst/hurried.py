"""What is typed in a hurry, spelt out: "cn group", "n count", "smiles 4 phenol", "r or s"."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from molreflect.agents.analyst.marks import ENDS
from molreflect.tools.facts.groups import shorthand
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles
from molreflect.tools.facts.parts import part_named

_NOUNS = frozenset(["group", "groups", "grp", "grps"])
_COUNTED = frozenset(["count", "counts"])
_SHORT = 5
"""Letters of the longest shorthand that is typed in small letters."""


def typed_in_full(tokens: Sequence[str], is_asked: Callable[[str], bool]) -> list[str]:
    """Spell out small letters that stand for a group or an element, and figures that stand for words.

    Args:
        tokens: The words of a question, marks still at them.
        is_asked: Whether a word, in small letters, asks for something of a molecule.
    """
    kept: list[str] = []
    tokens = _labelled_formulas([part for token in tokens for part in _apart(token, is_asked)])
    for i, token in enumerate(tokens):
        behind = tokens[i + 1].casefold().rstrip(ENDS) if i + 1 < len(tokens) else ""
        before = tokens[i - 1].casefold().rstrip(ENDS) if i else ""
        small = token.islower() and len(token) <= _SHORT and token.isalnum()
        if small and behind in _NOUNS and shorthand(token) is None and shorthand(token.upper()) is not None:
            kept.append(token.upper())
        elif small and behind in _COUNTED and part_named(token.capitalize()) is not None and len(token) <= 2:
            kept.append(token.capitalize())
        elif token.rstrip(ENDS).casefold() in ("r/s", "e/z"):
            kept.append(token.casefold())
        elif token == "4" and behind and is_asked(before) and before not in ("atom", "atoms", "index", "indices"):
            kept.append("for")
        else:
            kept.append(token)
    return kept


def _apart(token: str, is_asked: Callable[[str], bool]) -> list[str]:
    """Part "empirical/molecular", two words of what is asked for with a stroke between them."""
    parts = token.rstrip(ENDS).replace(";", "|").split("|")
    if len(parts) > 1 and all(looks_like_smiles(part) for part in parts):
        return [f"{part}," for part in parts[:-1]] + [f"{parts[-1]}{token[len(token.rstrip(ENDS)) :]}"]
    bare = token.rstrip(ENDS)
    for mark in "/+&":
        pieces = bare.split(mark)
        names = len(pieces) > 1 and all(len(piece) > 3 and piece.isalpha() for piece in pieces)
        if names and all(is_known_name(piece) for piece in pieces):  # "phenol/anisole/toluene - which ..."
            return [*(f"{piece}," for piece in pieces[:-1]), "and", f"{pieces[-1]}{token[len(bare) :]}"]
        if len(pieces) > 1 and mark != "/" and all(piece and is_asked(piece.casefold()) for piece in pieces):
            return [*pieces[:-1], "and", f"{pieces[-1]}{token[len(bare) :]}"]  # "logp+tpsa"
    first, stroke, second = token.partition("/")
    words = stroke and first.isalpha() and second.isalpha() and min(len(first), len(second)) > _SHORT
    return [first, second] if words and not is_asked(token.casefold()) else [token]


_LABELS = frozenset(["i", "ii", "iii", "iv", "v", "a", "b", "c", "d", "x", "y", "1", "2", "3", "4"])
_LABELLED = frozenset(["formula", "compound", "structure", "molecule", "cpd", "substance"])


def _labelled_formulas(tokens: list[str]) -> list[str]:
    """Read "formula I: CCO" as "I = CCO", and "of formula CCO" as "CCO": neither asks for a formula."""
    kept: list[str] = []
    i = 0
    while i < len(tokens):
        low = tokens[i].casefold()
        label, following = (*tokens[i + 1 : i + 3], "", "")[:2]
        if low in _LABELLED and label[-1:] == ":" and label[:-1].casefold() in _LABELS and looks_like_smiles(following):
            kept += [label[:-1], "="]
            i += 2
            continue
        given = low == "formula" and looks_like_smiles(label.rstrip(ENDS)) and kept
        if given and kept[-1].casefold() in ("of", "with", "having") and len(kept) > 1:
            kept.pop()
            i += 1
            continue
        kept.append(tokens[i])
        i += 1
    return kept
