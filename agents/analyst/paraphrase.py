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

from molreflect.agents.analyst.glosses import gloss_apart
from molreflect.agents.analyst.predications.subject import number_of

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
    r"^(?P<main>It has (?:an?|one|its"
    r"|a single) (?P<noun>[^,;:()]{2,60}?)),? whose (?P<part>[\w-]+(?: [\w-]+){0,2}?) "
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
_ELEMENT = (
    r"(?:carbon|nitrogen|oxygen|sul(?:f|ph)ur|fluorine|chlorine|bromine|iodine|phosphorus|boron|silicon|selenium"
    r"|hydrogen)"
)
_NUMBERED = re.compile(rf"\b(?:the )?(?:ring )?(?P<element>{_ELEMENT})(?: atom)? (?P<index>\d{{1,3}})\b", re.IGNORECASE)
"""An atom that is called by its element and its index: "carbon 5"."""
_BEFORE_AN_ATOM = frozenset(
    [
        *("a", "an", "the", "and", "or", "to", "of", "on", "onto", "at", "in", "by", "with", "from", "via", "through"),
        *("between", "is", "are", "bears", "bear", "bearing", "carries", "carrying", "has", "have", "while", "whereas"),
        *("but", "only", "both", "atom", "atoms", "that", "so", "since", "because", "next", "joins", "links", "as"),
        *("connects", "bridges", "holds"),
    ]
)
"""Words before an atom that say nothing of what atom it is."""
_SYMBOLS = {
    "C": "carbon",
    "N": "nitrogen",
    "O": "oxygen",
    "S": "sulfur",
    "F": "fluorine",
    "Cl": "chlorine",
    "Br": "bromine",
    "I": "iodine",
    "P": "phosphorus",
    "B": "boron",
}
_LABELLED = re.compile(r"(?<![\w(=#-])(?P<symbol>Cl|Br|(?<!\bat )C|[NOSFIPB])(?P<index>\d{1,3})(?![\w)=#-])")
_TOLD = re.compile(r"\b(?P<index>\d{1,3}) ?\((?P<symbol>Cl|Br|[CNOSFIPB])\)")
_ATOMS = re.compile(r"\batom \d{1,3}(?:,? (?:and )?atom \d{1,3})+")
_ANSWER = re.compile(
    r"^(?:the |my )?(?:answer|count|number|result|total)(?: here)? is (?P<n>\w+) ?[:,;\u2013-] ?(?P<rest>.+)$",
    re.IGNORECASE,
)
_WITH_AT = re.compile(
    r"^(?P<main>.+?),? with (?:the |its |an? |two |three |four )?(?P<what>[a-z][a-z -]{2,40}?) (?:at|being) "
    r"(?:atoms? )?(?P<list>\d[\d, and]*)$",
    re.IGNORECASE,
)
_AND = re.compile(
    r"(?:,? (?:and|while|whereas|but)|;|,) "
    r"(?=(?:(?:the|an?|one|two|three|four|five|both|each|all|every|atoms?|no|there) (?:[\w,'-]+ ){0,6}?)"
    r"(?:is|are|has|have|sits?|lies?|bears?|carr(?:y|ies)|contains?|stands?)\b)",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:is|are|has|have|sits?|lies?|bears?|carr(?:y|ies)|contains?|stands?|forms?|links?|joins?|shows?"
    r"|spans?)\b",
    re.IGNORECASE,
)
_TOGETHER = re.compile(r"\b(?:both|either|neither|between|if)\b", re.IGNORECASE)
_SPOKEN_OF = re.compile(r"\b(?:it|its|they|them|their|this|that|these|those|the other|the same|which)\b", re.IGNORECASE)
"""Words that speak of what an earlier clause told; by themselves they would speak of something else."""
_WHICH = re.compile(
    r"^(?P<subject>(?:the|an?|one) [^,;:()]{2,60}), which (?P<aside>[^,;:()]{3,80}), "
    r"(?P<said>(?:is|are|has|sits?|lies?|bears?|carries) .+)$",
    re.IGNORECASE,
)
_APPOSED = re.compile(
    r"^(?P<what>(?:the|its|an?|one) [^,;:()]{2,60}), (?P<atoms>atoms?) (?P<list>\d[\d, and]*\d|\d), "
    r"(?P<said>(?:is|are|has|sits?|lies?|bears?|carries) .+)$",
    re.IGNORECASE,
)
_GIVEN = re.compile(
    r"^(?P<main>It has (?:an?|one|its) [^,;:()]{2,60}) (?P<atoms>\(atoms? \d[\d, and]*\)),? "
    r"(?P<said>(?:\w+ed|\w+ing|on|at|next|ortho|meta|para) [^;:]{2,120})$",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"^(?P<main>It has [^,;:]{2,60}) ?: (?P<list>(?:an?|one|two|three|four|five|six"
    r"|\d+) [^;:]{2,120})$",
    re.IGNORECASE,
)
_COMBINES = re.compile(
    r"^It (?:combines|joins|unites|pairs|merges) (?P<one>(?:an?|the|its|one) [^,;:()]{2,50}) (?:and|with|to) "
    r"(?P<other>(?:an?|the|its|one) [^,;:()]{2,50}?)(?P<how>,? (?:which are |that are )?"
    r"(?:linked|joined|connected|held together|bridged|tethered) (?:by|via|through) [^;:()]{2,60})?$",
    re.IGNORECASE,
)
_APPOSED_CLASS = re.compile(
    r"^(?P<main>It is (?:an?|the) [^,;:()]{2,60}) ?: (?P<what>(?:an?|the) [^;:()]{2,100})$", re.IGNORECASE
)
_TWO_CLAUSES = re.compile(
    r"^(?P<main>It (?:is|has|contains|bears|carries) [^;:()]{2,100}) ?: (?P<said>(?:the|its|both|one|each|all) "
    r"[^;:()]{2,50} (?:is|are|sits?|lies?|bears?|has|have|carries|carry) [^;:()]{1,100})$",
    re.IGNORECASE,
)
_IS_WITH = re.compile(
    r"^(?P<main>It is (?:an?|the) [^,;:()]{2,60}?),? (?:with|bearing|carrying|containing|featuring|having"
    r"|that (?:has|bears|carries|contains)) (?P<what>(?:(?:an?|one|two|three|four|both|its|no) "
    r"|[a-z]+ groups on )[^;:()]{2,80})$",
    re.IGNORECASE,
)
_OF_SEVERAL = re.compile(
    r"^(?:the |its |both )?(?:two|three|four|five|both|several)? ?(?:[\w-]+ )*?"
    r"(?P<noun>ring|group|nitrogen|oxygen|carbon|chain|atom|bond)s\b",
    re.IGNORECASE,
)
_THE_ONE = re.compile(r"^the (?P<which>[\w-]+) one\b", re.IGNORECASE)
_OF_TYPE = re.compile(r" ?\((?:an? )?(?P<kind>[a-z]+)[- ](?:type|like|based|derived)\)")
"""What a part is like, in brackets: "a carboxamide (urea-type) group"."""
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
    if len(parts) > 1 or parts[0] != plain:
        yield parts
    for pattern in (_APPOSED_CLASS, _TWO_CLAUSES, _IS_WITH):
        if (found := pattern.match(plain)) is not None:
            own = found.groupdict()
            more = own.get("said") or (f"It is {own['what']}" if pattern is _APPOSED_CLASS else f"It has {own['what']}")
            yield (*_parted(own["main"]), *_parted(more))
            if pattern is _APPOSED_CLASS and (with_ := _IS_WITH.match(more)) is not None:
                yield (*_parted(own["main"]), with_["main"], f"It has {with_['what']}")
    told = [part for each in parts for part in _elements_told(each)]
    if len(told) > len(parts):
        yield told


def _tidied(text: str) -> str:
    """One blank between words, none at the ends or before a mark."""
    text = _BLANKS.sub(" ", text).strip().rstrip(".!;").strip()
    text = re.sub(r" (?=[,;:)])|(?<=\() |\(\s*\)", "", text)
    return re.sub(r"\bIt(?: It)+\b", "It", text)


def _elements_told(plain: str) -> Iterator[str]:
    """Say "carbon 5", "N5" and "5 (N)" as "atom 5", and that it is a carbon or nitrogen in a sentence of its own."""
    elements: dict[str, str] = {}

    def put(found: re.Match[str]) -> str:
        own = found.groupdict()
        before = found.string[: found.start()].split()
        described = bool(before) and before[-1].isalpha() and before[-1].lower() not in _BEFORE_AN_ATOM
        if described and found.re is _NUMBERED:
            return found[0]  # "the piperazine nitrogen 10" is no other nitrogen
        elements[own["index"]] = own.get("element") or _SYMBOLS[own["symbol"]]
        if described and found.re is _LABELLED:
            return f"(atom {own['index']})"
        return f"atom {own['index']}" if found.re is not _TOLD else own["index"]

    for pattern in (_NUMBERED, _LABELLED, _TOLD):
        plain = pattern.sub(put, plain)
    plain = _ATOMS.sub(lambda found: f"atoms {found[0].replace('atom ', '')}", plain)
    yield plain
    for index, element in elements.items():
        yield f"Atom {index} is {'an' if element[0] in 'aeiou' else 'a'} {element}"


def _parted(plain: str) -> tuple[str, ...]:
    """Say a sentence in several that are true if, and only if, it is."""
    if (apart := gloss_apart(plain)) is not None:
        return (*_parted(apart[0]), apart[1])
    if (found := _OF_TYPE.search(plain)) is not None:
        bare = plain[: found.start()] + plain[found.end() :]
        return (
            *_parted(_BLANKS.sub(" ", bare)),
            f"It has {'an' if found['kind'][0] in 'aeio' else 'a'} {found['kind']}",
        )
    if (found := _WITH_AT.match(plain)) is not None:
        several = "," in found["list"] or "and" in found["list"]
        what = found["what"] if several else f"{'an' if found['what'][0] in 'aeiou' else 'a'} {found['what']}"
        return (
            *_parted(found["main"]),
            f"{'Atoms' if several else 'Atom'} {found['list']} {'are' if several else 'is'} {what}",
        )
    if (found := _APPOSED.match(plain)) is not None:
        is_ = "are" if "," in found["list"] or " " in found["list"] else "is"
        told = f"{found['what']} {is_} {found['atoms']} {found['list']}"
        return (told, *_parted(f"{found['atoms'].capitalize()} {found['list']} {found['said']}"))
    if (found := _GIVEN.match(plain)) is not None:
        return (f"{found['main']} {found['atoms']}", f"{found['main']} {found['said']}")
    if (found := _LISTED.match(plain)) is not None:
        return (found["main"], f"It has {found['list']}")
    if (found := _ANSWER.match(plain)) is not None:
        number = number_of(found["n"].lower())
        if number is not None and number in map(number_of, re.findall(r"\w+", found["rest"].lower())):
            return _parted(found["rest"])
        return (plain,)
    if (found := _WHICH.match(plain)) is not None:
        return (f"{found['subject']} {found['aside']}", *_parted(f"{found['subject']} {found['said']}"))
    if (found := _COMBINES.match(plain)) is not None:
        both = [f"It has {found['one']}", f"It has {found['other']}"]
        how = (found["how"] or "").lstrip(", ")
        first, second = (_ARTICLE.sub("", found[each]) for each in ("one", "other"))
        return (*both, f"The {first} and the {second} are {how}") if how else tuple(both)
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
    if (sized := _ring_sizes(plain)) is not None:
        return sized
    if (near := _NEIGHBOURS.match(plain)) is not None and (heavy := _neighbours_told(near["list"])):
        return (f"{near['atom']} is bonded to {near['list']}", f"{near['atom']} is bonded to {heavy} heavy atoms")
    if (each := _each_atom(plain)) is not None:
        return each
    if (counted := _COUNTED_LABELS.match(plain)) is not None:
        each_label = (f"Atom {index} is {label}" for index, label in _INDEX_AND_LABEL.findall(counted["list"]))
        return (f"It has {counted['n']} stereocentres", *each_label)
    if (labels := _LABELS.match(plain)) is not None:
        return tuple(f"Atom {index} is {label}" for index, label in _INDEX_AND_LABEL.findall(labels["list"]))
    for found in _AND.finditer(plain):
        before, behind = plain[: found.start()], plain[found.end() :]
        only, among = _THE_ONE.match(behind), _OF_SEVERAL.match(before)
        if only is not None and among is not None:
            behind = f"the {only['which']} {among['noun']}{behind[only.end() :]}"
        if _VERB.search(before) is not None and not _TOGETHER.search(before) and not _SPOKEN_OF.search(behind):
            return (before, *_parted(behind))
    return (plain,)


_SIZES = re.compile(
    r"^It has (?P<rings>(?P<n>\w+) rings?),? ?(?:of sizes?|with sizes?|\(?sizes?:?|sized|:|whose sizes are) "
    r"(?P<list>\d{1,2}(?:(?:,|,? and) \d{1,2})*)\)?$",
    re.IGNORECASE,
)
_LABELS = re.compile(
    r"^(?:It has |(?:the )?(?:CIP )?(?:labels?|descriptors?|codes?|assignments?|stereo(?:centers|centres"
    r"|chemistry)|centers|centres)"
    r"(?: is| are| gives?)?:? )?\(?(?P<list>\d{1,3}[RS](?:(?:,|,? and) ?\d{1,3}[RS])*)\)?$",
)
_INDEX_AND_LABEL = re.compile(r"(\d{1,3})([RS])")


_COUNTED_LABELS = re.compile(
    r"^(?:It has )?(?P<n>\w+) stereocent(?:er|re)s?(?: are| were| is)?(?: \w+)?(?:,|:| at"
    r"| \()? ?\(?(?P<list>\d{1,3}[RS](?:(?:,|,? and) ?\d{1,3}[RS])*)\)?"
    r"(?:,? (?:was|were|are|is) \w+)?$",
    re.IGNORECASE,
)
_EACH_ATOM = re.compile(
    r"^(?:It: ?|(?:formal )?(?:hybridi[sz]ation|charges?|elements?|types?|labels?)(?: states?)?: ?)?"
    r"(?P<list>(?:atom \d{1,3}|[A-Z][a-z]?\d{1,3})(?: is|:| =)? (?P<what>sp\d?|aromatic|aliphatic|R|S|carbon"
    r"|nitrogen|oxygen|sulfur)"
    r"(?:(?:,|;|,? and) (?:atom \d{1,3}|[A-Z][a-z]?\d{1,3})(?: is|:| =)? (?:sp\d?|aromatic|aliphatic|R|S|carbon"
    r"|nitrogen|oxygen|sulfur))+)$",
    re.IGNORECASE,
)
_ATOM_AND_WORD = re.compile(r"(?:atom |[A-Z][a-z]?)(?P<n>\d{1,3})(?: is|:| =)? (?P<what>[a-zA-Z]+\d?)")
_CHARGES = re.compile(
    r"^(?:It: ?)?(?:formal )?charges?:? ?(?P<list>[+\-\u2212]\d on (?:atom \d{1,3}|[A-Z][a-z]?\d{1,3})(?:(?:,"
    r"|,? and) [+\-\u2212]\d on (?:atom \d{1,3}|[A-Z][a-z]?\d{1,3}))*)$",
    re.IGNORECASE,
)
_CHARGE = re.compile(r"(?P<sign>[+\-\u2212])1 on (?:atom |[A-Z][a-z]?)(?P<n>\d{1,3})")


_NEIGHBOURS = re.compile(
    r"^(?:the )?neighbou?rs of (?P<atom>atom \d{1,3}|[A-Z][a-z]?\d{1,3})(?: are|:| are:)? (?P<list>.+)$", re.IGNORECASE
)


def _neighbours_told(words: str) -> str:
    """How many atoms a list names that are no hydrogens; empty where it names others than by index."""
    heavy = re.sub(r"(?:,? (?:plus|and)|,) (?:\w+) (?:hydrogens?|H)(?: atoms?)?$", "", words)
    found = re.findall(r"(?:[A-Z][a-z]?|\b)(\d{1,3})\b", heavy)
    return (
        str(len(found))
        if 1 < len(found) < 7 and re.fullmatch(r"(?:atoms? |[A-Z][a-z]?|\d{1,3}|,| |and)+", heavy)
        else ""
    )


def _each_atom(plain: str) -> tuple[str, ...] | None:
    """Say "atom 4 sp3, atom 2 sp2" and "charges: -1 on O7 and +1 on K8" of each atom; None for other sentences."""
    if (found := _EACH_ATOM.match(plain)) is not None:
        return tuple(f"Atom {each['n']} is {each['what']}" for each in _ATOM_AND_WORD.finditer(found["list"]))
    if (found := _CHARGES.match(plain)) is not None:
        every = [
            (each["n"], "positively" if each["sign"] == "+" else "negatively")
            for each in _CHARGE.finditer(found["list"])
        ]
        return (
            tuple(f"Atom {n} is {how} charged" for n, how in every)
            if len(every) == found["list"].count(" on ")
            else None
        )
    return None


def _ring_sizes(plain: str) -> tuple[str, ...] | None:
    """Say "four rings of sizes 3, 6, 6 and 6" as so many rings of each size; None for other sentences."""
    found = _SIZES.match(plain)
    if found is None:
        return None
    sizes = [int(size) for size in re.findall(r"\d+", found["list"])]
    if number_of(found["n"].lower()) != len(sizes):
        return (plain,)
    each = (f"It has {sizes.count(k)} {k}-membered ring{'s' * (sizes.count(k) > 1)}" for k in sorted(set(sizes)))
    return (f"It has {found['rings']}", *each)


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
