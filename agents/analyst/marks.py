"""Marks at the words of a question: what is stripped, what parts clauses, what is an abbreviation's."""

from __future__ import annotations

from collections.abc import Callable, Sequence

ENDS = ".,;:?!\u2026"
"""Marks that may stand behind a word."""
_MEANT = frozenset(["+", "&", "=", "==", "#"])
"""Marks that mean something where they stand alone; any other parts clauses, as dashes and arrows do."""
_CONTRACTED = frozenset(
    ["what's", "where's", "how's", "who's", "it's", "that's", "there's", "here's", "let's", "when's", "why's"]
)


def strip_marks(token: str) -> tuple[str, bool]:
    """Strip marks from a word; say whether one that parts clauses stood behind it."""
    word = token.strip("\"'`\u201c\u201d\u00ab\u00bb")
    bare = word.rstrip(ENDS)
    while bare and bare[-1] in ")]" and bare.count(")") + bare.count("]") > bare.count("(") + bare.count("["):
        bare = bare[:-1].rstrip(ENDS)
    while bare and bare[0] in "([" and bare.count("(") + bare.count("[") > bare.count(")") + bare.count("]"):
        bare = bare[1:]
    if bare.startswith("(") and _closes_at(bare) == len(bare) - 1:
        bare = bare[1:-1]  # no SMILES and no name begins with a branch
    bare = bare.removesuffix("(s)").removesuffix("(es)")
    bare = bare.removesuffix("'s") if bare.casefold() not in _CONTRACTED else bare
    if bare and bare not in _MEANT and not any(c.isalnum() for c in bare):
        return "", True
    ended = any(mark in word[len(bare) :] for mark in ",;:") if bare else any(mark in word for mark in ",;:")
    return bare.strip("\"'`\u201c\u201d"), ended


def _closes_at(word: str) -> int:
    """Index of the parenthesis that closes the first one of a word; -1 where none does."""
    depth = 0
    for i, c in enumerate(word):
        depth += (c == "(") - (c == ")")
        if not depth:
            return i
    return -1


def without_dots(tokens: Sequence[str], is_asked: Callable[[str], bool]) -> list[str]:
    """Write an abbreviation of what is asked for without its dots: "M.W.", "m. w.".

    Args:
        tokens: The words of a question.
        is_asked: Whether a word, in small letters, asks for something of a molecule.
    """
    kept: list[str] = []
    i = 0
    while i < len(tokens):
        dotted = tokens[i]
        n = 1
        while i + n < len(tokens) and _is_letter(tokens[i + n - 1]) and _is_letter(tokens[i + n]):
            dotted += tokens[i + n]
            n += 1
        letters = dotted.rstrip(ENDS).replace(".", "")
        known = "." in dotted and letters.isalpha() and len(letters) > 1 and is_asked(letters.casefold())
        kept += [letters] if known else tokens[i : i + n]
        i += n
    return kept


def _is_letter(token: str) -> bool:
    return len(token) == 2 and token[0].isalpha() and token[1] == "."
