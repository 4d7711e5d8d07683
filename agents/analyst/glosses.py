"""What stands in parentheses behind a group: the same group in another word, which must be the same atoms.

"It has a free thiol (sulfhydryl) group" says that it has a free thiol group, and that the thiol is a sulfhydryl group.
"""

from __future__ import annotations

import re

_GLOSS = re.compile(r"^(?P<before>[^()]+?) \((?P<gloss>[^()]{2,60})\)(?P<behind>(?:,? [^()]*)?)$")
_NOUN = re.compile(
    r"^(?:.*\b(?:an?|the|its|one|two|three|four|both|each|every|free|single|terminal|central|of|in|on|at|to|with|by|has"
    r"|have|is|are|as|and|via|through|contains?|bears?|carr(?:y|ies)|no|joins?|links?|connects?|adjacent) )?"
    r"(?P<noun>[A-Za-z0-9][\w'-]*(?: [\w'-]+){0,2})$",
    re.IGNORECASE,
)
_PREFIX = re.compile(
    r"^(?:i\.e\.,?|that is,?|also (?:called|known as)|a\.?k\.?a\.?|known as|or|so-called|namely|=|drawn as|written) ",
    re.IGNORECASE,
)
_HEAD = re.compile(r"^ (?:groups?|bonds?|rings?|units?|linkages?|moiet(?:y|ies)|bridges?|substituents?|functions?)\b")
_NO_GLOSS = re.compile(
    r"^(?:atoms?|ind(?:ex|ices)|positions?|at|on|in|from|not|no|each|both|one|two|with|[01][- ]?based|zero|one-"
    r"|[\d,. \u2013-]+$)\b",
    re.IGNORECASE,
)
_ARTICLED = re.compile(r"^(?:an?|the|its) ", re.IGNORECASE)
_SPOKEN_WITH_VOWEL = re.compile(r"[aeiou]|[NSO]-")
_TYPE = re.compile(r" (?:type|kind|like|motif)$", re.IGNORECASE)


def gloss_apart(plain: str) -> tuple[str, str] | None:
    """Take one parenthesis out of a sentence.

    Args:
        plain: A statement with one pair of parentheses.

    Returns:
        The sentence without it, and what it says in a sentence of its own; None where it is no other word for a group.
    """
    found = _GLOSS.match(plain)
    noun = _NOUN.search(found["before"]) if found is not None else None
    if found is None or noun is None or _NO_GLOSS.match(found["gloss"]) or "=" in noun["noun"]:
        return None
    said = _TYPE.sub("", _PREFIX.sub("", found["gloss"]))
    head = _HEAD.match(found["behind"])
    if head is not None and not said.endswith(head[0].strip()):
        said += head[0]
    if not _ARTICLED.match(said) and said[0].isalpha():
        said = f"{'an' if _SPOKEN_WITH_VOWEL.match(said) else 'a'} {said}"
    if noun["noun"].rsplit(" ", 1)[-1] in ("compound", "molecule", "derivative"):
        return f"{found['before']}{found['behind']}", f"It is {said}"
    several = noun["noun"].endswith("s") and not noun["noun"].endswith(("ss", "is", "us"))
    return f"{found['before']}{found['behind']}", f"The {noun['noun']} {'are' if several else 'is'} {said}"
