"""Cut a sentence into clauses: of how many of what something is said, and what.

Only clauses of which every word is understood come out of here; whatever else a sentence holds makes it no clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from molreflect.agents.analyst.predications.order import in_order
from molreflect.agents.analyst.predications.subject import FILLING, Quantity, Subject, number_of, subject_of
from molreflect.agents.analyst.predications.tokens import MAX_TOKENS, Tokens, Words, tokens_of, with_indices
from molreflect.tools.facts.composed import DEGREES

_SEPARATORS = frozenset([",", ";", ":", "(", ")", "and", "but", "while", "whereas", "plus", "along", "together"])
_OPENINGS = tuple(
    tuple(words.split())
    for words in (
        "in this molecule", "in this compound", "in this structure", "in it", "here", "overall", "yes", "in total",
        "in all",
        "since", "because", "as",
        "note that",
    )
)  # fmt: skip
_BEARS = frozenset(["bears", "bear", "bearing", "carries", "carry", "carrying", "has", "have", "holds"])
_CONTAINS = frozenset(
    ["contains", "contain", "includes", "include", "comprises", "features", "feature", "possesses", "possess"]
)
_IS = frozenset(["is", "are", "lies", "lie", "sits", "sit", "stands", "stand", "belongs", "belong"]) | {
    "forms",
    "form",
    "makes",
    "hang",
    "hangs",
    "reside",
    "resides",
    "make",
    "face",
    "faces",
    "occupy",
    "occupies",
}
_BEARING = frozenset(["substituted", "flanked", "acylated", "alkylated", "arylated", "capped", "decorated"])
_ON_ATOM = re.compile(
    r"(?:on|at) (?:the |an? |its |one of the |both |each of the )(?!same |different |adjacent |other |opposite )"
    r"(?:[\w-]+ ){0,2}(?:carbon|nitrogen|oxygen|sulfur|(?:benzene|aromatic|phenyl|pyridine|\w+) ring|ring)s?(?: atom)?"
    r"(?! (?:\w+ )?(?:side|face|position))(?= |$)"
    r"|(?:on|at) (?:carbon|nitrogen|oxygen|sulfur)$"
)
_ATTACHED = frozenset(["attached", "bonded", "bound", "connected", "linked", "joined"])
MAX_ITEMS = 8
"""Most things of one list."""


class Verb(StrEnum):
    """What a clause says."""

    BEARS = "bears"
    """Its atoms are bonded to the things of the list."""
    CONTAINS = "contains"
    """The things of the list are within it."""
    IS = "is"
    """What stands behind it is an adjective or a place."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing of a list."""

    noun: str
    """In the words of the sentence; empty for "nothing else"."""
    least: int
    most: int | None
    """How many of it are said to be there; `most` is None where it is left open."""
    words: Words


@dataclass(frozen=True, slots=True)
class Clause:
    """What is said of something."""

    subjects: tuple[Subject, ...]
    verb: Verb
    items: tuple[Item, ...]
    """For `BEARS` and `CONTAINS`."""
    rest: str
    """For `IS`: the words behind it."""
    only: bool
    """Whether it says that there is nothing else."""
    denied: bool
    words: Words
    said: Words
    """The words behind the subject; its text is the verb alone."""
    at: frozenset[int] = frozenset()
    """Atoms that are given for it: "on the same carbon (atom 5)"."""


def clauses_of(text: str, place: tuple[int, int]) -> list[Clause]:
    """Read the clauses of a sentence; none where one of them is not understood."""
    tokens = tokens_of(text, place)
    if len(tokens) > MAX_TOKENS:
        return []
    tokens = in_order(with_indices(_without_opening(tokens)))
    found: list[Clause] = []
    pending: list[Subject] = []
    begin: int | None = None
    known: Clause | None = None
    lost = False
    for segment in _segments(tokens):
        verb = _verb_at(segment)
        if verb is not None:
            read = [] if lost else _clauses(segment, verb, pending, known)
            if read and begin is not None:
                read[0] = replace(read[0], words=replace(read[0].words, start=begin))
            pending, begin, lost = [], None, False
            found += read
            known = found[-1] if read else _of_it(segment)
        elif (numbers := _atoms_given(segment)) and found and known is found[-1]:
            words = replace(known.words, end=segment[-1].end)
            said = replace(known.said, end=segment[-1].end)
            found[-1] = known = replace(known, at=numbers, words=words, said=said)
        elif known is None:
            subject = None if found else subject_of([t.text for t in segment], goes_on=False)
            lost = subject is None
            known = _of_it(segment) if lost else None  # "it combines ..."
            lost = lost and known is None
            if subject is not None:
                pending.append(subject)
                begin = segment[0].start if begin is None else begin
        elif (shortened := _shortened(segment, known)) is not None:
            found.append(shortened)
            known = shortened
        elif not found or known is not found[-1]:
            lost = True
        elif known.verb is Verb.IS:
            words = Words("is", segment[0].start, segment[-1].end)
            rest = _gone_on_with(known.rest, " ".join(token.text.lower() for token in segment))
            found.append(replace(known, rest=rest, words=words, said=words))  # "..., in a 1,4 relationship"
            known = found[-1]
        elif (more := _with_items(known, segment)) is not None:
            found[-1] = known = more
        else:
            found.pop()  # a list is understood as a whole or not
            known, lost = None, True
    return _with_common_end([part for clause in found for part in _apart(clause)])


def _atoms_given(segment: Tokens) -> frozenset[int]:
    """Read "atom 5", "atoms 5 and 6" that stand by themselves behind a clause."""
    low = [token.text.lower() for token in segment]
    digits = [word for each in low[1:] for word in each.split(",")] if low[0] in ("atom", "atoms") else []
    return frozenset(int(word) for word in digits) if digits and all(word.isdigit() for word in digits) else frozenset()


_TO_A_NOUN = re.compile(r"(?P<relation>.+? (?:to|with|from)) (?:both )?(?:the|an?|its) (?!carbon\b).+")


def _gone_on_with(rest: str, further: str) -> str:
    """Repeat "conjugated with" for the second thing of "conjugated with the ring and the ester"."""
    relation = _TO_A_NOUN.fullmatch(rest)
    goes_on = relation is not None and re.match(r"(?:the|an?|its) ", further) is not None
    return f"{relation['relation']} {further}" if relation is not None and goes_on else further


_TOGETHER = re.compile(
    r"(?P<noun>.+?) (?P<rest>(?:in|on|at) (?:the same|different|one|adjacent|neighbou?ring) .+"
    r"|in an? (?:ortho|meta|para|1,[234])[ -].+)"
)


def _apart(clause: Clause) -> list[Clause]:
    """Part "it has nitrogen and sulfur in the same ring" into what it has and how that stands."""
    last = clause.items[-1] if clause.items else None
    placed = _TOGETHER.fullmatch(last.noun) if last is not None else None
    if last is None or placed is None:
        return [clause]
    items = (*clause.items[:-1], replace(last, noun=placed["noun"]))
    of = [item.most if item.most and item.most > 1 else None for item in items]
    subjects = tuple(
        Subject(item.noun, Quantity.THE if number is None else Quantity.ALL, of=number)
        for item, number in zip(items, of, strict=True)
    )
    cut = clause.said.end - len(placed["rest"]) if not clause.at else clause.said.start
    first = replace(
        clause,
        items=items,
        at=frozenset(),
        words=replace(clause.words, end=cut),
        said=replace(clause.said, end=cut),
    )
    words = Words("is", cut, clause.said.end)
    return [
        first,
        replace(
            clause, subjects=subjects, verb=Verb.IS, items=(), rest=placed["rest"].lower(), words=words, said=words
        ),
    ]


def _of_it(segment: Tokens) -> Clause | None:
    """Remember of a clause that was not understood that it speaks of the molecule."""
    if segment[0].text.lower() != "it" and not segment[0].text[0].isupper():
        return None
    words = Words("", segment[0].start, segment[-1].end)
    return Clause(
        (Subject("it", Quantity.THE),), Verb.CONTAINS, (), "", only=False, denied=False, words=words, said=words
    )


_POSITION = re.compile(r"(?P<position>ortho|meta|para)(?P<end> (?:to|of) .+)?")


def _with_common_end(clauses: list[Clause]) -> list[Clause]:
    """Give "one ortho and one para to the chain" its end twice."""
    done: list[Clause] = []
    end = ""
    for clause in reversed(clauses):
        placed = _POSITION.fullmatch(clause.rest) if clause.verb is Verb.IS else None
        if placed is not None and not placed["end"] and end:
            clause = replace(clause, rest=clause.rest + end)
        end = placed["end"] or end if placed is not None else ""
        done.append(clause)
    return done[::-1]


def _without_opening(tokens: list[Words]) -> list[Words]:
    low = tuple(token.text.lower() for token in tokens[:4])
    if low[:3] in (("you", "will", "find"), ("one", "can", "find"), ("you", "can", "find"), ("we", "can", "see")):
        there = [replace(tokens[0], text="There"), replace(tokens[2], text="are")]
        return [*there, *tokens[3:]]
    if low[:1] == ("of",) and low[1:2] and low[1] in ("the", "its", "these"):
        tokens = _of_these(tokens)
    for opening in _OPENINGS:
        if low[: len(opening)] == opening:
            return tokens[len(opening) + (low[len(opening) :][:1] == (",",)) :]
    return tokens


def _of_these(tokens: list[Words]) -> list[Words]:
    """Turn "of the five nitrogens, three belong to" into "three of the five nitrogens belong to"."""
    comma = next((k for k, token in enumerate(tokens[:8]) if token.text == ","), 0)
    behind = [token.text.lower() for token in tokens[comma + 1 : comma + 3]]
    only = behind[:1] in (["only"], ["just"], ["exactly"])
    many = behind[only : only + 1]
    if not comma or not many or (number_of(many[0]) is None and many[0] not in ("both", "all", "none", "each")):
        return tokens
    cut = comma + 2 + only
    first = replace(tokens[comma + 1], start=tokens[0].start)
    return [first, *tokens[comma + 2 : cut], *tokens[:comma], *tokens[cut:]]


def _segments(tokens: Tokens) -> Iterator[list[Words]]:
    """Parts between commas and conjunctions; "and" between a subject and its own list stays with neither."""
    segment: list[Words] = []
    k = 0
    while k < len(tokens):
        low = tokens[k].text.lower()
        as_well = low == "as" and [t.text.lower() for t in tokens[k + 1 : k + 3]] == ["well", "as"]
        if low in _SEPARATORS or as_well:
            if segment:
                yield segment
            segment = []
            k += 3 if as_well else 2 if low in ("along", "together") else 1
            continue
        segment.append(tokens[k])
        k += 1
    if segment:
        yield segment


@dataclass(frozen=True, slots=True)
class _Verb:
    kind: Verb
    first: int
    last: int
    """Index behind its last word."""
    denied: bool = False


def _verb_at(segment: Tokens) -> _Verb | None:
    """Find the verb of a part; that of a relative clause ("the carbon that bears ...") belongs to the noun."""
    low = [token.text.lower() for token in segment]
    for k, word in enumerate(low):
        if k > 1 and low[k - 1] in ("that", "which") and not (k > 1 and low[k - 2] == "of"):
            continue
        if word == "bearing" or word == "carrying":
            continue
        if word in ("does", "do") and low[k + 1 : k + 2] == ["not"] and k + 2 < len(low):
            kind = _kind(low[k + 2])
            return _Verb(kind, k, k + 3, denied=True) if kind is not None else None
        if word in ("does", "do") and k + 1 < len(low):
            return None
        if (kind := _kind(word)) is not None:
            return _behind(low, k, kind)
        if word in ("consists", "made") and low[k + 1 : k + 2] in (["of"], ["up"]):
            return None
    return None


def _kind(word: str) -> Verb | None:
    kinds = ((Verb.BEARS, _BEARS | {"bear", "carry", "have"}), (Verb.CONTAINS, _CONTAINS), (Verb.IS, _IS))
    return next((kind for kind, words in kinds if word in words), None)


def _behind(low: list[str], k: int, kind: Verb) -> _Verb:
    """Step over what belongs to a verb: "is directly attached to", "is not"."""
    last, denied = k + 1, False
    if last < len(low) and low[last] == "not":
        last, denied = last + 1, True
    if kind is not Verb.IS:
        return _Verb(kind, k, last, denied)
    ahead = last
    while ahead < len(low) and low[ahead] in FILLING - {"in"}:
        ahead += 1
    passive = low[ahead : ahead + 1]
    if passive and (passive[0] in _ATTACHED or passive[0] in _BEARING):
        ahead += 1
        ahead += low[ahead : ahead + 1] == ["directly"]
        together = low[ahead + 1 : ahead + 3] in (["the", "same"], ["each", "other"], ["one", "another"])
        together = together or low[ahead + 1 : ahead + 2] in (["different"], ["adjacent"], ["neighbouring"])
        by = passive[0] in _BEARING
        if low[ahead : ahead + 1] and low[ahead] in (("to", "with", "by") if by else ("to", "with")) and not together:
            return _Verb(Verb.BEARS, k, ahead + 1, denied)
    if passive and passive[0] in ("located", "found", "situated", "positioned", "placed"):
        ahead += 1
    if _ON_ATOM.match(" ".join(low[ahead:])):  # "is on a primary carbon": it is bonded to that
        return _Verb(Verb.BEARS, k, ahead + 1, denied)
    return _Verb(kind, k, last, denied)


def _clauses(segment: Tokens, verb: _Verb, pending: Sequence[Subject], before: Clause | None) -> list[Clause]:
    """Read one clause, or two of "it is a ketone with two rings"."""
    low = [token.text.lower() for token in segment]
    if verb.kind is Verb.IS and not verb.denied and low[0] == "it" and "with" in low[verb.last + 1 :]:
        cut = low.index("with", verb.last + 1)
        first = _clause(segment[:cut], verb, pending, before)
        if first is not None and cut + 1 < len(segment):
            words = Words("with", segment[cut].start, segment[-1].end)
            behind = replace(first, verb=Verb.CONTAINS, rest="", words=words, said=words)
            second = _with_items(behind, segment[cut + 1 :])
            return [first, second] if second is not None else [first]
    clause = _clause(segment, verb, pending, before)
    return [clause] if clause is not None else []


def _clause(segment: Tokens, verb: _Verb, pending: Sequence[Subject], before: Clause | None) -> Clause | None:
    own = [token.text for token in segment[: verb.first]]
    if own:
        subject = subject_of(own, goes_on=before is not None, listed=bool(pending))
        if subject is None:
            return None
        subjects = (*(_completed(each, subject) for each in pending), subject)
    elif before is not None:
        subjects = before.subjects  # "... and is attached to"
    else:
        return None
    behind = segment[verb.last :]
    if not behind:
        return None
    words = Words("", segment[0].start, segment[-1].end)
    said = Words(segment[verb.first].text.lower(), segment[verb.first].start, segment[-1].end)
    clause = Clause(subjects, verb.kind, (), "", only=False, denied=verb.denied, words=words, said=said)
    if own and own[0].lower() == "there" and verb.kind is Verb.IS:
        return _with_items(replace(clause, verb=Verb.CONTAINS), behind)
    if verb.kind is Verb.IS:
        return replace(clause, rest=" ".join(token.text.lower() for token in behind))
    return _with_items(clause, behind)


def _completed(subject: Subject, following: Subject) -> Subject:
    """Complete "both a primary and a secondary alcohol": the noun of the second is that of the first."""
    adjective = subject.noun.lower() in ("primary", "secondary", "tertiary", "quaternary", "aromatic", "aliphatic")
    return replace(subject, noun=f"{subject.noun} {following.noun.split()[-1]}") if adjective else subject


def _shortened(segment: Tokens, before: Clause) -> Clause | None:
    """Read "two of them phenolic", in which the verb is left out."""
    low = [token.text.lower() for token in segment]
    if len(low) > 2 and low[0] in ("both", "each", "all") and low[1] in ("in", "on", "inside", "within", "part", "at"):
        return _without_verb(segment, 1, before)
    if len(low) > 1 and number_of(low[0]) is not None and low[1] in ("ortho", "meta", "para"):
        return _without_verb(segment, 1, before)
    if low[:2] == ["the", "other"] and len(low) > 2 and before.verb is Verb.IS:  # "... and the other outside it"
        return _without_verb(segment, 2, before)
    for k in range(1, min(len(low) - 1, 4)):
        if low[k] in ("them", "which", "these", "those") and low[k - 1] == "of":
            return _without_verb(segment, k + 1, before)
    return None


def _without_verb(segment: Tokens, cut: int, before: Clause) -> Clause | None:
    """Read a subject and what is said of it where "are" is left out between them."""
    verb = Words("are", segment[cut].start, segment[cut].start)
    whole = [*segment[:cut], verb, *segment[cut:]]
    behind = _behind([token.text.lower() for token in whole], cut, Verb.IS)
    return _clause(whole, behind, (), before)


def _with_items(clause: Clause, segment: Tokens) -> Clause | None:
    """Add a thing to the list of a clause."""
    low = [token.text.lower() for token in segment]
    only = clause.only
    if low[-1:] in (["here"], ["altogether"], ["overall"]) or low[-2:] in (["in", "total"], ["in", "all"]):
        cut = 1 if low[-1] in ("here", "altogether", "overall") else 2
        segment, low = segment[:-cut], low[:-cut]
        if not segment:
            return None
    while len(low) > 1 and low[0] in ("therefore", "thus", "hence", "also", "so", "consequently"):
        segment, low = segment[1:], low[1:]
    if low[:2] in (["both", "a"], ["both", "an"], ["both", "the"]):
        segment, low = segment[1:], low[1:]
    if low[:1] == ["to"]:
        segment, low = segment[1:], low[1:]  # "bonded to a methyl group and to nitrogen"
    if low in (["nothing", "else"], ["nothing", "more"]) or (low[:2] == ["no", "other"] and len(low) <= 3):
        end = segment[-1].end
        return replace(clause, only=True, words=replace(clause.words, end=end), said=replace(clause.said, end=end))
    if low and low[-1] in ("only", "alone"):
        only, segment, low = True, segment[:-1], low[:-1]
    if low and low[0] in ("only", "just", "exactly", "solely", "precisely"):
        only = only or (low[0] in ("only", "solely") and clause.verb is not Verb.IS and not clause.items)
        exact, segment, low = True, segment[1:], low[1:]
    else:
        exact = False
    item = _item(segment, exact=exact)
    if item is None or len(clause.items) >= MAX_ITEMS:
        return None
    end = segment[-1].end
    items = [*clause.items]
    if items and items[-1].noun.lower() in DEGREES:  # "two primary and one secondary hydroxyl groups"
        items[-1] = replace(items[-1], noun=f"{items[-1].noun} {item.noun.partition(' ')[2]}")
    return replace(
        clause,
        items=(*items, item),
        only=only,
        words=replace(clause.words, end=max(end, clause.words.end)),
        said=replace(clause.said, end=max(end, clause.said.end)),
    )


def item_of(words: Tokens) -> Item | None:
    """Read one thing of a list; None where it is not understood."""
    return _item(words, exact=False)


def _item(segment: Tokens, *, exact: bool) -> Item | None:
    """Read "two methyl groups", "a hydrogen", "no hydrogen", "the ring", "carbonyl groups"."""
    low = [token.text.lower() for token in segment]
    if not low:
        return None
    words = Words("", segment[0].start, segment[-1].end)
    least: int = 1
    most: int | None = None
    first = 0
    if low[0] == "all" and len(low) > 1:
        segment, low = segment[1:], low[1:]
    of_the = low[1:3] in (["of", "the"], ["of", "its"], ["of", "these"])
    if of_the and len(low) > 3 and (low[0] in ("one", "both", "each", "all") or number_of(low[0]) is not None):
        if low[0] in ("one", "both") and number_of(low[3]) is not None and len(low) > 4:  # "one of the two rings"
            segment, low = [*segment[:3], *segment[4:]], [*low[:3], *low[4:]]
        if low[0] in ("each", "all"):
            return None
        noun = " ".join(token.text for token in segment[3:])
        so_many = 2 if low[0] == "both" else number_of(low[0]) or 1
        return Item(noun, so_many, None if low[0] == "one" else so_many, words)
    if low[0] == "at" and low[1:2] == ["least"]:
        first, number = 3, number_of(low[2]) if len(low) > 2 else None
        if number is None:
            return None
        least = number
    elif low[0] in ("a", "an", "any"):
        first = 1
        if low[1:2] and low[1] in ("single", "sole", "lone"):
            first, most = 2, 1
        most = 1 if exact else most
    elif low[0] in ("the", "its", "another", "both"):
        first = 1
        if low[0] == "both":
            least, most = 2, 2
    elif (number := number_of(low[0])) is not None:
        first, least, most = 1, number, number
    if low[first : first + 1] and (number := number_of(low[first])) is not None and first and low[0] in ("the", "its"):
        least, most, first = number, number, first + 1
    noun = " ".join(token.text for token in segment[first:])
    return Item(noun, least, most, words) if noun else None
