"""Texts in quotation marks, or behind a colon, parted from the question about them."""

from __future__ import annotations

from molreflect.agents.analyst.marks import ENDS
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.molecules import looks_like_smiles

_OPENING = '"\u201c\u00ab'
_CLOSING = '"\u201d\u00bb'
_READ = 120
"""Words of a text that are looked at."""


def without_quotes(text: str) -> tuple[str, list[str]]:
    """Part quoted texts of more than two words from the rest; a quoted name stays where it is."""
    quoted: list[str] = []
    kept: list[str] = []
    position = 0
    while position < len(text):
        start = next((i for i in range(position, len(text)) if text[i] in _OPENING), -1)
        if start < 0:
            break
        end = next((i for i in range(start + 1, len(text)) if text[i] in _CLOSING), -1)
        if end < 0:
            break
        inside = text[start + 1 : end]
        kept.append(text[position:start])
        if len(inside.split()) > 2 and not looks_like_smiles(inside.strip()):
            quoted.append(inside.strip())
            kept.append(" ")
        else:
            kept.append(f" {inside} ")
        position = end + 1
    kept.append(text[position:])
    body = "".join(kept)
    if not quoted:
        for mark in (": ", " - ", " \u2013 "):
            head, found, tail = body.partition(mark)
            told = mark == ": " or "the molecule" in tail[:40].casefold()
            told = told and not _asks(tail)
            checks = mark == ": " and _checks(head) and len(tail.split()) > 2 and not _asks(tail)
            states = checks or (told and len(tail.split()) > 3 and _is_statement(tail))
            if found and states and len(head.split()) < 25:
                return head, [tail.strip().strip("'")]
    return body, quoted


def _asks(text: str) -> bool:
    """Whether a text is a question, by its first word, or by a word that asks and its end: "the acid, where is it?"."""
    words = [word.casefold().strip(ENDS) for word in text.split()[:_READ]] or [""]
    role = vocabulary().role
    given = text.split()[0].strip(ENDS) if text.split() else ""
    if len(given) > 3 and looks_like_smiles(given) and role("".join(words[1:2])) not in ("be", "have"):
        return True  # "I got this: CCOC(C)=O . where is the ester": a molecule, and what is asked of it
    if role(words[0]) in ("question", "be", "do"):
        return True
    return text.rstrip().endswith("?") and any(role(word) == "question" for word in words)


_CHECKED = frozenset(["sentence", "caption", "statement", "claim", "description", "text", "phrase"])


def _checks(head: str) -> bool:
    """Whether words ask for a text to be checked: "check this sentence about glycine"."""
    words = {word.casefold().strip(ENDS) for word in head.split()[:_READ]}
    return bool(words & _CHECKED) and not words & {
        "smiles",
        "write",
        "give",
        "generate",
        "translate",
        "turn",
        "convert",
    }


def _is_statement(text: str) -> bool:
    """Whether a text says something, rather than listing molecules."""
    speech = vocabulary()
    roles = {speech.role(word.casefold().strip(ENDS)) for word in text.split()[:40]}
    return bool(roles & {"be", "have"}) or "the molecule" in text[:200].casefold()
