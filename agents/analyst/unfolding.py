"""A sentence said in several shorter ones, what "it", "its" and "which" speak of put in their place.

"The ring bears a chlorine, which is ortho to the ester, and its nitrogen is methylated" says that the ring bears a
chlorine, that the chlorine is ortho to the ester, and that the nitrogen of the ring is methylated. Each list of
sentences says at least what the sentence says; of a pronoun every part that it may speak of is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

MAX_LENGTH = 320
"""Characters of the longest sentence that is unfolded."""
VERBS = (
    r"is|are|has|have|bears?|carr(?:y|ies)|sits?|lies?|contains?|stands?|holds?|links?|joins?|connects?|bridges?"
    r"|forms?"
    r"|spans?|terminates?|ends?|hangs?|belongs?|comprises?|consists?|includes?|features?|possess(?:es)?|lacks?"
    r"|separates?|tethers?|caps?|decorates?|flanks?|occup(?:y|ies)|attach(?:es)?|corresponds?|makes?|does|do"
)
_CLAUSE = re.compile(rf"^(?P<subject>[^,;:]{{2,90}}?) (?P<verb>{VERBS}) (?P<rest>.{{2,}})$", re.IGNORECASE)
_STARTS_WITH_VERB = re.compile(
    rf"^(?:also |thus |then |therefore |hence )?(?P<said>(?:{VERBS}) .{{2,}})$", re.IGNORECASE
)
_JOINT = re.compile(
    r"(?:,|;|:|\u2014|\u2013)? (?:and(?: that)?|while|whereas|but|so(?: that)?|hence|thus|therefore|with) |(?:,"
    r"|;|:| \u2014| \u2013) "
)
_PRONOUN = re.compile(
    r"^(?:and |so |thus |hence )?(?:it|they|this|these|which|this one|the latter|both|each|all) (?=(?:"
    + VERBS
    + r")\b)",
    re.I,
)
_POSSESSIVE = re.compile(
    r"\b(?:its|their|whose) (?P<noun>[\w'=-]+(?: (?!(?:" + VERBS + r")\b)[\w'=-]+){0,2}?)(?= (?:" + VERBS + r")\b|$)",
    re.I,
)
SPEAKS_BACK = re.compile(
    r"\b(?:the ones?|it|its|they|them|their|this|that|these|those|which|whose|other|others|latter|former|same"
    r"|another"
    r"|each other|rest|remaining|both|respectively)\b",
    re.IGNORECASE,
)
"""Words that speak of what an earlier part told; by themselves they would speak of something else."""
_MODIFIER = (
    r"(?:directly |itself |both |each |also |all |in turn |again )*(?:attached|bonded|bound|linked|connected"
    r"|joined|tethered|fused|anchored|appended|located|situated"
    r"|positioned|placed|flanked|substituted|capped|decorated|bearing|carrying|holding|containing|next to"
    r"|adjacent to|ortho to|meta to"
    r"|para to|alpha to|beta to|gamma to|part of|on|in|at|between|opposite|conjugated|singly|doubly|triply"
    r"|double-bonded|single-bonded)"
)
_MODIFIED = re.compile(rf"^(?P<main>.+?)(?P<comma>,?) (?P<said>{_MODIFIER} .{{2,}})$", re.IGNORECASE)
_RELATIVE = re.compile(
    rf"^(?P<main>.+?),? (?:which|that|(?P<many>both|all|each) of which) (?P<said>(?:also |itself "
    rf"|in turn )*(?:{VERBS}) .{{2,}})$",
    re.IGNORECASE,
)
_ACTIVE = {"bearing": "bears", "carrying": "carries", "holding": "holds", "containing": "contains"}
_NOUN_PHRASE = re.compile(
    r"(?:^|(?<= ))(?P<phrase>(?:the|an?|one|two|three|four|five|six|both|all|its|another|atoms?|index"
    r"|indices)\b(?: [^,;:]+)?"
    r"|(?:carbon|nitrogen|oxygen|sulfur|phosphorus) \d+)$",
    re.IGNORECASE,
)
_OBJECT_START = re.compile(
    r"(?<![\w-])(?:the|an?|one|two|three|four|five|six|both|all|its|another|atoms?)(?= )", re.IGNORECASE
)
_DETERMINER = re.compile(
    r"^(?:its|an?|another|one|the|a single|exactly one|only one)\s+(?:single |only |sole |lone )?", re.IGNORECASE
)
_MANY = re.compile(r"^(?:the )?(?:two|three|four|five|six|both|all|\d+) ", re.IGNORECASE)
_WITH = re.compile(
    r"^(?P<main>It (?:is|has) (?P<noun>an? [^,;:]{2,60}?)),? (?P<how>with|bearing|carrying|containing|having"
    r"|featuring) (?P<what>.{2,})$",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"^(?P<subject>[^,;:]{2,70}?) (?P<verb>has|have|bears?|carr(?:y|ies)|contains?|includes?|features?|lacks?"
    r"|is attached to|is bonded to|is linked to|is connected to|is fused to) (?P<list>[^;:]+(?:,| and) [^;:]+)$",
    re.IGNORECASE,
)
_ITEMS = re.compile(r",? and (?:also )?(?:to |with )?|, (?:as well as )?(?:to |with )?|,? as well as |,? plus ")
_ITEM = re.compile(
    r"^(?:an?|the|one|two|three|four|five|six|its|\d{1,2}|no|exactly|both) (?!of\b|on\b|in\b|at\b|to\b|is\b"
    r"|ortho\b|meta\b|para\b|each\b)\w",
    re.IGNORECASE,
)
_NOT_SHARED = re.compile(
    r"\b(?:both|between|same|each|either|neither|different|respectively|together|one another|which|that)\b",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"^(?:only|just|exactly|both|no|all|two|three|four|five|six|\d) ", re.IGNORECASE)
_APPOSED = re.compile(
    rf"^(?P<subject>(?:the|an?|one|its|both|atoms?|two"
    rf"|three)? ?[^,;:()]{{2,60}}?)(?:, (?P<aside>[^,;:()]{{3,80}}),"
    rf"| \((?P<inner>[^()]{{2,60}})\)) (?P<said>(?:{VERBS}) .{{2,}})$",
    re.IGNORECASE,
)
_AT_ATOMS = re.compile(r"^(?:at|on|in) (?:atoms?|index|indices|positions?) \d", re.IGNORECASE)
_INDEFINITE = re.compile(r"^(?:an?|one|two|three|four|another) ", re.IGNORECASE)
_PLACE_WORD = re.compile(r"^(?:atoms?|index|indices) \d", re.IGNORECASE)


def unfolded(sentence: str) -> Iterator[Sequence[str]]:
    """Say a sentence in several shorter ones.

    Args:
        sentence: One statement without the mark at its end; the molecule is "It" in it.

    Yields:
        Sentences that say together what it says, or more.
    """
    if len(sentence) > MAX_LENGTH:
        return
    if (found := _HALVES.match(sentence)) is not None:
        yield f"It has {_named(found['one'])}", f"It has {_named(found['other'])}", *_behind_halves(found["rest"])
    if (found := _OF_THESE.match(sentence)) is not None:
        yield f"It has {found['n']} {found['what']}", capital(found["rest"])
    yield from _clauses_apart(sentence)
    yield from _apposition_apart(sentence)
    yield from _modifier_apart(sentence)
    yield from _list_apart(sentence)


_HALF = (
    r"(?:(?:left|right)[- ]?hand |acyl |alkyl |other |second |first )?"
    r"(?:half|end|terminus|side|part|portion|arm|head(?: group)?|tail(?: group)?|group)"
)
_HALVES = re.compile(
    rf"^(?:one|the|at one|on one|its) {_HALF}(?: of It)? (?:is|consists of|carries|bears|has|ends in"
    rf"|terminates in|there is) (?P<one>(?:an?|the) [^,;:]{{2,60}}?)"
    rf"(?:,|;)?(?: and| while)? (?:at |on )?the (?:other|second|{_HALF})(?: {_HALF})?(?: is| consists of"
    rf"| carries| bears| has| ends in| terminates in)? (?P<other>(?:an?|the) [^,;:]{{2,60}}?)"
    r"(?P<rest>,.*)?$",
    re.IGNORECASE,
)


def _named(phrase: str) -> str:
    return re.sub(r"^the ", "a ", phrase, flags=re.IGNORECASE)


def _behind_halves(rest: str | None) -> Iterator[str]:
    """What stands behind the two halves: a clause of its own."""
    if rest:
        yield capital(rest.lstrip(", ").removeprefix("and "))


_OF_THESE = re.compile(
    r"^of (?:the|its) (?P<n>two|three|four|five|six|\d) (?P<what>[^,;:]{2,40}), (?P<rest>(?:atoms?|index|indices"
    r"|[A-Z][a-z]?\d) ?\d*.{3,})$",
    re.IGNORECASE,
)


def _clauses_apart(sentence: str) -> Iterator[Sequence[str]]:
    """Part a sentence where a clause ends; what the next one speaks of is put into it."""
    for joint in _JOINT.finditer(sentence):
        before, behind = sentence[: joint.start()], sentence[joint.end() :]
        clause = _CLAUSE.match(before)
        if clause is None or before.count("(") != before.count(")"):
            continue
        with_ = joint[0].strip(" ,").lower() == "with"
        if with_:
            continue
        if (verb := _STARTS_WITH_VERB.match(behind)) is not None:
            if not SPEAKS_BACK.search(behind):
                yield before, f"{definite(clause['subject'])} {verb['said']}"
            continue
        spoken = [clause["subject"], *_objects(clause["rest"])]
        yield from ((before, *told) for told in _in_turn(behind, clause))
        yield from ((before, told) for told in _resolved(behind, spoken))


def _resolved(behind: str, spoken: Sequence[str]) -> Iterator[str]:
    """Put what a clause speaks of in the place of its pronoun, each that it may be."""
    yield from _with_objects(behind, spoken)
    if _CLAUSE.match(behind) is None:
        return
    if not SPEAKS_BACK.search(behind):
        yield capital(behind)
        return
    pronoun = _PRONOUN.match(behind)
    that = _THAT.match(behind)
    for each in spoken:
        if that is None:
            break
        if re.search(rf"\b{that['noun']}\b", each, re.IGNORECASE) and not SPEAKS_BACK.search(that["said"]):
            yield f"{definite(each)} {that['said']}"
    for each in spoken:
        if pronoun is not None:
            told = f"{definite(each)} {behind[pronoun.end() :]}"
            if not SPEAKS_BACK.search(behind[pronoun.end() :]):
                yield told
        elif _POSSESSIVE.search(behind) is not None:
            owner = "It" if each.lower() == "it" else _small(definite(each))
            if not SPEAKS_BACK.search(_POSSESSIVE.sub("", behind)):
                yield capital(_POSSESSIVE.sub(rf"the \g<noun> of {owner}", behind))
    if (
        pronoun is not None
        and pronoun[0].split()[-1].lower() in ("it", "this")
        and not SPEAKS_BACK.search(behind[pronoun.end() :])
    ):
        yield f"It {behind[pronoun.end() :]}"


_OBJECT = re.compile(r"(?<=[a-z] )(?P<word>it|them|those)(?= |$|,)", re.IGNORECASE)


def _with_objects(behind: str, spoken: Sequence[str]) -> Iterator[str]:
    """Put what was spoken of in the place of "it" and "them" behind a verb or preposition."""
    found = _OBJECT.search(behind)
    if found is None or " only " in behind or SPEAKS_BACK.search(_OBJECT.sub("", behind)):
        return
    several = found["word"].lower() != "it"
    for each in spoken:
        if each.lower() != "it" and several == (_is(definite(each)) == "are"):
            yield capital(_OBJECT.sub(_small(definite(each)), behind))


_THAT = re.compile(
    rf"^(?:that|this|the same|that same) (?P<noun>carbon|nitrogen|oxygen|sulfur|ring|atom|group|chain"
    rf"|bond)(?: atom)? (?P<said>(?:{VERBS}) .{{2,}})$",
    re.IGNORECASE,
)
_IN_TURN = re.compile(
    rf"^the (?:former|first(?: one)?) (?P<first>(?P<verb>{VERBS}) .{{2,}}?)(?:,|;)?(?: and| while| whereas)? "
    rf"the (?:latter|second(?: one)?) (?P<second>.{{2,}})$",
    re.IGNORECASE,
)
_ONE_OF_TWO = re.compile(rf"^the (?P<which>former|latter) (?P<said>(?:{VERBS}) .{{2,}})$", re.IGNORECASE)
_PAIR = re.compile(r"^(?P<one>[^,;:]+?) and (?P<other>[^,;:]+)$", re.IGNORECASE)
_ATOM_PAIR = re.compile(r"\b(?:atoms )?(?P<one>\d{1,3}) and (?P<other>\d{1,3})$")


def _in_turn(behind: str, clause: re.Match[str]) -> Iterator[tuple[str, ...]]:
    """Read "the former is an ester, the latter an amide" behind a clause on two things."""
    pair = _pair(clause)
    if pair is None:
        return
    if (found := _IN_TURN.match(behind)) is not None:
        second = found["second"] if _STARTS_WITH_VERB.match(found["second"]) else f"{found['verb']} {found['second']}"
        if not SPEAKS_BACK.search(found["first"]) and not SPEAKS_BACK.search(second):
            yield f"{pair[0]} {found['first']}", f"{pair[1]} {second}"
    elif (one := _ONE_OF_TWO.match(behind)) is not None and not SPEAKS_BACK.search(one["said"]):
        yield (f"{pair[one['which'].lower() == 'latter']} {one['said']}",)


def _pair(clause: re.Match[str]) -> tuple[str, str] | None:
    """The two things that a clause speaks of: its subject, or the atoms it ends with."""
    if (atoms := _ATOM_PAIR.search(clause["rest"])) is not None:
        return f"Atom {atoms['one']}", f"Atom {atoms['other']}"
    found = _PAIR.match(clause["subject"])
    if found is None:
        found = _PAIR.match(clause["rest"])
    if found is None:
        return None
    one, other = found["one"], found["other"]
    if (head := re.search(r" (?P<head>group|ring|atom|substituent|carbon|nitrogen|oxygen|chain)s$", other)) is not None:
        one, other = f"{one} {head['head']}", f"{other[: head.start()]} {head['head']}"
    return definite(one), definite(other)


def _apposition_apart(sentence: str) -> Iterator[Sequence[str]]:
    """Part "the ester, a lactone, bears ..." and "the amide (atom 3) is ..."."""
    found = _APPOSED.match(sentence)
    if found is None:
        return
    aside, subject = found["aside"] or found["inner"], found["subject"]
    if _COUNTED.match(subject):
        return  # "only one hydroxyl, atom 0, is primary" says how many there are
    if _GIVEN.match(aside):
        what = _DETERMINER.sub("", subject)
        article = "an" if what[:1].lower() in "aeiou" else "a"
        yield f"{capital(aside)} is {article} {what}", f"{capital(aside)} {found['said']}"
    verb = _STARTS_WITH_VERB.match(aside.removeprefix("which ").removeprefix("that "))
    said = aside if verb is None else verb["said"]
    if SPEAKS_BACK.search(said):
        return
    own = definite(subject)
    yield f"{own} {said}" if verb is not None else f"{own} {_is(own)} {said}", f"{subject} {found['said']}"


def _modifier_apart(sentence: str) -> Iterator[Sequence[str]]:
    """Part what is said behind a noun: ", attached to the ring", "bearing a chlorine", "which is aromatic"."""
    if (found := _RELATIVE.match(sentence)) is not None and not SPEAKS_BACK.search(found["said"]):
        for each in _spoken(found["main"]):
            yield found["main"], f"{definite(each)} {found['said']}"
    yield from _some_of_which(sentence)
    yield from _tail_apart(sentence)
    for found in _every_modifier(sentence):
        main, said = found["main"], found["said"]
        if SPEAKS_BACK.search(said) or _CLAUSE.match(main) is None:
            continue
        first, _, rest = said.partition(" ")
        spoken = _spoken(main)
        indefinite = [each for each in spoken[1:] if _INDEFINITE.match(each)]
        if _AT_ATOMS.match(
            said
        ):  # where the last thing is that was spoken of, or the first one where there is no other
            spoken = spoken[1:] or spoken
        for each in spoken if found["comma"] else indefinite:
            if _OF_ALL.match(said) and (not _MANY.match(each) or "hydrogen" in each):
                continue
            own = definite(each)
            told = f"{_ACTIVE[first.lower()]} {rest}" if first.lower() in _ACTIVE else f"{_is(own)} {said}"
            yield main, f"{own} {told}"


_SOME_OF_WHICH = re.compile(
    r"^(?P<main>.+?),? (?P<many>(?:only |just |exactly )?(?:one|two|three|four|none|neither|each"
    r"|\d)) of (?:which|them) (?P<said>.{3,})$",
    re.IGNORECASE,
)
_OF_WHICH = re.compile(
    r"^(?P<main>.+?), of (?:which|these|them) (?P<many>(?:only |just |exactly )?(?:one|two|three|four|none"
    r"|\d)) (?P<said>.{3,})$",
    re.IGNORECASE,
)
_OF_WHICH_ONLY = re.compile(
    rf"^(?P<main>.+?)(?:,|;)? (?:of (?:which|these) )?only (?P<atom>(?:the "
    rf"|atom )?[\w-]+(?: \d+)?) (?P<said>(?:{VERBS}) .{{2,}})$",
    re.IGNORECASE,
)
_NONE = re.compile(
    rf"^(?P<main>.+?)(?:,|;)(?: and)? (?P<many>none|neither|no one) (?:of them )?(?P<said>(?:{VERBS}) .{{2,}})$",
    re.IGNORECASE,
)


def _some_of_which(sentence: str) -> Iterator[Sequence[str]]:
    """Part what is said of some of several things: "two rings, only one of which carries chlorine"."""
    for pattern in (_SOME_OF_WHICH, _OF_WHICH, _NONE):
        found = pattern.match(sentence)
        if found is None or SPEAKS_BACK.search(found["said"]):
            continue
        for each in _spoken(found["main"]):
            if _MANY.match(each) and "hydrogen" not in each:
                yield found["main"], f"{capital(found['many'])} of {_small(definite(each))} {found['said']}"
    if (only := _OF_WHICH_ONLY.match(sentence)) is not None and not SPEAKS_BACK.search(only["said"]):
        for each in _spoken(only["main"]):
            if _MANY.match(each):
                one = f"Only one of {_small(definite(each))} {only['said']}"
                yield only["main"], one, f"{capital(only['atom'])} {only['said']}"


_TAIL = re.compile(r"^(?P<main>.+), (?:and )?(?P<tail>[^,;]{3,}?(?: and [^,;]+)?)$")
_EACH_OF_THEM = re.compile(r"^(?:both|all|each)(?: of them)? (?=\w)(?!of\b|the\b|its\b)")
_PREDICATE = re.compile(r"^(?:with|bearing|carrying|containing|having) ", re.IGNORECASE)


def _tail_apart(sentence: str) -> Iterator[Sequence[str]]:
    """Part what is said behind the last comma: ", N-methylated", ", with a propyl chain", ", the attachment point"."""
    begin = 0
    while (at := sentence.find(", ", begin)) > 0:
        begin = at + 2
        main, tail = sentence[:at], sentence[at + 2 :].removeprefix("and ")
        clause = _CLAUSE.match(main)
        of_all = _OF_ALL.match(tail) is not None
        tail = _EACH_OF_THEM.sub("", tail)
        if clause is None or SPEAKS_BACK.search(tail) or (_CLAUSE.match(tail) and not _PREDICATE.match(tail)):
            continue
        if _AT_ATOMS.match(tail):
            continue
        if (index := _GIVEN.match(tail)) is not None:
            yield from _at_atom(main, index["atom"], _objects(clause["rest"]))
            continue
        for each in (clause["subject"], *_objects(clause["rest"])):
            if of_all and (not (_MANY.match(each) or _PLACE_WORD.match(each)) or "hydrogen" in each):
                continue  # "two rings, both aromatic" is not said of the molecule
            own = definite(each)
            if (how := _PREDICATE.match(tail)) is not None:
                yield main, f"{own} {_ACTIVE.get(how[0].strip().lower(), 'has')} {tail[how.end() :]}"
            elif not tail.lower().startswith(("one ", "two ", "three ", "which ", "that ", "not ")):
                yield main, f"{own} {_is(own)} {tail}"


_OF_ALL = re.compile(r"^(?:both|all|each|every|none|neither|either)\b", re.IGNORECASE)
_GIVEN = re.compile(r"^(?P<atom>atom \d{1,3}|[A-Z][a-z]?\d{1,3})$")


def _at_atom(main: str, atom: str, objects: Sequence[str]) -> Iterator[Sequence[str]]:
    """Say "links the ring to a nitrogen, atom 9" of the atom, and that it is a nitrogen."""
    for each in objects:
        if main.endswith(each) and _DETERMINER.match(each):
            what = _DETERMINER.sub("", each)
            article = "an" if what[:1].lower() in "aeiou" else "a"
            yield f"{main[: -len(each)]}{atom}", f"{capital(atom)} is {article} {what}"


def _every_modifier(sentence: str) -> Iterator[re.Match[str]]:
    begin = 0
    while (
        found := re.compile(
            rf"^(?P<main>.{{{begin},}}?)(?P<comma>,?) (?P<said>{_MODIFIER} .{{2,}})$", re.IGNORECASE
        ).match(sentence)
    ) is not None:
        yield found
        begin = found.end("main") + 1


def _list_apart(sentence: str) -> Iterator[Sequence[str]]:
    """Part a list of things that something has or is bonded to, and what stands behind "with"."""
    if (found := _WITH.match(sentence)) is not None and not SPEAKS_BACK.search(found["what"]):
        yield found["main"], f"It has {found['what']}"
        if found["main"].lower().startswith("it has"):
            yield found["main"], f"{definite(found['noun'])} has {found['what']}"
    if (found := _HAS.match(sentence)) is not None and not _NOT_SHARED.search(sentence):
        items = [item.strip() for item in _ITEMS.split(found["list"])]
        if len(items) > 1 and all(map(_ITEM.match, items)):
            yield [f"{definite(found['subject'])} {found['verb']} {item}" for item in items]


def _spoken(main: str) -> list[str]:
    """The subject of a clause and its last objects."""
    clause = _CLAUSE.match(main)
    return [] if clause is None else [clause["subject"], *_objects(clause["rest"])]


def _objects(rest: str) -> list[str]:
    """The noun phrases that a clause ends with, the longest first."""
    rest = rest.partition(":")[0] if ":" in rest else rest
    starts = [m.start() for m in _OBJECT_START.finditer(rest)]
    numbered = re.search(
        r"(?:carbon|nitrogen|oxygen|sulfur|phosphorus|atom)s? \d+(?:(?:,| and) \d+)*$", rest, re.IGNORECASE
    )
    found = [rest[at:] for at in starts if not re.search(r"[,;:]", rest[at:]) and not _NO_NAME.match(rest[at:])]
    return list(dict.fromkeys([*([numbered[0]] if numbered else []), *found[-3:]]))


_NO_NAME = re.compile(r"^(?:the|its|an?) (?:one|ones|others?|first|second|latter|former|same|rest)\b", re.IGNORECASE)
"""What names nothing by itself: "the one that bears the acid"."""


def definite(phrase: str) -> str:
    """Write a noun phrase as what was spoken of: "a chlorine" as "the chlorine"."""
    if phrase.lower() == "it" or _PLACE_WORD.match(phrase) or phrase.lower().startswith(("each ", "every ")):
        return phrase[:1].upper() + phrase[1:]
    if _MANY.match(phrase):
        return phrase[:1].upper() + phrase[1:] if phrase.lower().startswith(("both", "all", "the")) else f"The {phrase}"
    return f"The {_DETERMINER.sub('', phrase)}"


def _is(phrase: str) -> str:
    several = re.match(
        r"(?:the )?(?:two|three|four|five|six|both|all|\d+|atoms|.*s \d+ and)(?= |$)", phrase, re.IGNORECASE
    )
    return "are" if several or " and " in phrase else "is"


def _small(text: str) -> str:
    return text[:1].lower() + text[1:]


def capital(text: str) -> str:
    """Begin a sentence with a capital letter."""
    return text[:1].upper() + text[1:]
