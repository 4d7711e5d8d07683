"""A statement in other words: frames that say nothing of the structure left out, and what it says in parts.

"I count two N-methyl groups in it (0-based)" says what "it has two N-methyl groups" says. A sentence that was not
read as it stands is read in its plain wordings: if each of them holds, so does it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

MAX_LENGTH = 320
"""Characters of the longest sentence that is put in other words."""
_BLANKS = re.compile(r"\s+")
_ARTICLE = re.compile(r"^(?:the|its|an?|one) ", re.IGNORECASE)
_PLACED = r"(?:on|at|in|to|next to|near|from|beside|ortho to|meta to|para to|adjacent to|attached to|bonded to|part of)"
_BESIDE = re.compile(
    r"^(?:besides|apart from|aside from|in addition to|along(?:side)?(?: with)?|beside|as well as|on top of) "
    r"(?P<what>[^,;:]{2,80}), (?P<rest>.+)$",
    re.IGNORECASE,
)
_WHOSE = re.compile(
    r"^(?P<main>It has (?:an?|one|its|a single) (?P<noun>[^,;:()]{2,60}?)),? whose (?P<part>[\w-]+(?: [\w-]+){0,2}?) "
    r"(?P<said>(?:is|are|sits?|lies?|bears?|has|have|carries|stands?|points?) .+)$",
    re.IGNORECASE,
)
_RATHER = re.compile(
    rf"^(?P<whole>(?P<subject>[^,;:]{{2,60}}?) (?P<verb>is|are|sits?|lies?|stands?|hangs?|resides?)(?: \w+ed)? "
    rf"(?P<place>{_PLACED}) [^,;:]{{2,60}}?),? (?:rather than|instead of|and not|but not|not) "
    rf"(?:{_PLACED} )?(?P<other>[^,;:]{{2,60}})$",
    re.IGNORECASE,
)
_MAKING = re.compile(r"^(?P<main>.+?),? (?:making|which makes|rendering) it (?P<what>an? [^,;:]{2,60})$", re.IGNORECASE)
_THEREFORE = re.compile(
    r"^(?P<main>.+?),? (?:so|hence|thus|therefore|meaning(?: that)?|which means(?: that)?|i\.e\.?,?|that is,?) "
    r"(?P<rest>(?:it|there|the|its|both|all|each) .+)$",
    re.IGNORECASE,
)
_PLURALS = frozenset(["are", "sit", "lie", "stand", "hang", "reside"])


def paraphrases(sentence: str, *, shortened: bool = False) -> Iterator[Sequence[str]]:
    """Put a sentence in plainer words.

    Args:
        sentence: One statement; the molecule is "It" in it.
        shortened: It is not as it was said, and so a wording of its own.

    Yields:
        Sentences that say together what it says, or more; nothing where there are no other words for it.
    """
    if len(sentence) > MAX_LENGTH:
        return
    plain = _tidied(sentence)
    first = plain
    for pattern, put in _rules():
        plain = _tidied(pattern.sub(put, plain, count=2))
    if shortened or plain != first:
        yield (plain,)
    parts = _parted(plain)
    if len(parts) > 1:
        yield parts


def _tidied(text: str) -> str:
    """One blank between words, none at the ends or before a mark."""
    text = _BLANKS.sub(" ", text).strip().rstrip(".!").strip()
    text = re.sub(r" (?=[,;:)])|(?<=\() |\(\s*\)", "", text)
    return re.sub(r"\bIt(?: It)+\b", "It", text)


def _parted(plain: str) -> tuple[str, ...]:
    """Say a sentence in several that are true if, and only if, it is."""
    if (found := _BESIDE.match(plain)) is not None:
        has = f"It has {_ARTICLE.sub('', found['what'])}"
        return (has, *_parted(re.sub(r"\b(?:also|additionally|further) ", "", found["rest"])))
    if (found := _WHOSE.match(plain)) is not None:
        return (*_parted(found["main"]), f"The {found['part']} of the {found['noun']} {found['said']}")
    if (found := _RATHER.match(plain)) is not None:
        is_ = "are" if found["verb"].lower() in _PLURALS else "is"
        return (found["whole"], f"{found['subject']} {is_} not {found['place']} {found['other']}")
    if (found := _MAKING.match(plain)) is not None:
        return (*_parted(found["main"]), f"It is {found['what']}")
    if (found := _THEREFORE.match(plain)) is not None:
        return (*_parted(found["main"]), found["rest"])
    return (plain,)


@cache
def _rules() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Read the rules of `data/paraphrases.toml`."""
    text = files("molreflect.agents.analyst").joinpath("data/paraphrases.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    words: dict[str, str] = table["words"]
    found = []
    for rule in table["rule"]:
        say = rule["say"]
        for name, meant in words.items():
            say = say.replace(f"{{{name}}}", meant)
        found.append((re.compile(say, re.IGNORECASE), rule["as"]))
    return tuple(found)
