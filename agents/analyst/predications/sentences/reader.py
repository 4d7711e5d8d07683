"""Read a sentence as a whole: clauses on the molecule and on its parts, each of them true, no word left over.

A sentence holds where every clause was understood to its last word and holds. One that was understood and does not hold
refutes nothing: other readers refute what is beyond doubt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from molreflect.agents.analyst.predications.places import Nouns
from molreflect.agents.analyst.predications.sentences.made import of_change
from molreflect.agents.analyst.predications.sentences.named import differs, without_names
from molreflect.agents.analyst.predications.sentences.noun_phrases import (
    Counted,
    borne,
    counted,
    has_all,
    of_number,
    resolved,
)
from molreflect.agents.analyst.predications.sentences.set_phrases import distinct, of_whole_part
from molreflect.agents.analyst.predications.sentences.some_of import holds, of_share
from molreflect.agents.analyst.predications.sentences.state import BE, HAVE, LACK, State
from molreflect.agents.analyst.predications.sentences.wholes import is_called, is_valued
from molreflect.agents.analyst.predications.sentences.wordings import in_one_way
from molreflect.agents.analyst.predications.standing import stands
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.agents.analyst.predications.traits import trait_named
from molreflect.tools.facts.composed import DEGREES
from molreflect.tools.facts.parts import Places, part_named

LONGEST = 60
"""Words of the longest sentence that is read."""
_VERBS = HAVE | BE | LACK | {"exist", "exists"}
_RELATIVE = frozenset(["that", "which"])
_THESE = frozenset(["this", "they", "these", "this one"])
_IT = frozenset(["it", "the molecule", "the compound", "this molecule", "this compound", "the structure"])
_OF_THEM = re.compile(r"(?:of (?:them|these|those|the)|them)\b ?")
_TAKES_IN = re.compile(
    r" (?:with|having|containing|fused (?:to|with)|attached|bonded|bound|linked|joined"
    r"|(?:that|which) (?:has|contains)|on|in|of) "
)


_INDICES = re.compile(
    r"\b(?:atoms?|carbons?|nitrogens?|oxygens?|sulfur|phosphorus) \d"
    r"|\b(?:index|indices|positions?)\b|\b[CNO]-?\d{1,2}(?![\dA-Za-z])"
    r"(?! (?:fatty|chain|acid|alkane|alkyl|carbon|saturated|unsaturated|hydrocarbon|sugar))",
    re.IGNORECASE,
)


_OTHERWISE = re.compile(r"\b(?:instead of|in place of|as opposed to|unlike)\b", re.IGNORECASE)
"""What no form of this reader has."""


def whole_sentence(sentence: str, nouns: Nouns) -> bool | None:
    """Decide a sentence all of whose words are understood; None for any other.

    Args:
        sentence: What its molecule is called put as "It".
        nouns: Looks nouns up in the molecule.
    """
    if len(sentence.split()) > LONGEST or _INDICES.search(sentence):
        return None
    if (truth := of_change(sentence, nouns)) is not None:
        return truth
    if _OTHERWISE.search(sentence):
        return None
    return is_true(in_one_way(without_names(sentence, nouns)), nouns)


def is_true(sentence: str, nouns: Nouns) -> bool | None:
    """Decide a sentence in the one way of `in_one_way`; None where a word of it is not understood."""
    state = State(nouns)
    truths: list[bool] = []
    parts = [part.strip() for part in re.split(r" ?;[ ;]*", sentence)]
    for part in parts:
        if not part:
            continue
        if (truth := of_whole_part(part, state.nouns)) is not None:
            truths.append(truth)
            continue
        for mark, chunk in _chunks(part):
            truth = _of_chunk(chunk, state, opens=mark in (":", "("))
            if truth is None:
                return None
            truths.append(truth)
        if (truth := _adds_up(state)) is not None:
            truths.append(truth)
    if state.kind:
        return None
    return all(truths) if truths else None


def _chunks(part: str) -> list[tuple[str, str]]:
    """Cut at commas, brackets and "and", each piece with the mark before it; what it is, the words before tell."""
    found: list[tuple[str, str]] = []
    mark = ""
    for piece in re.split(r"(?:^| )(, and|,|:|\(|\)|and)(?= |$) ?", part):
        if re.fullmatch(r", and|,|:|\(|\)|and", piece or ""):
            mark = piece
        elif piece.strip():
            found.append((mark, piece.strip()))
    return found


def _adds_up(state: State) -> bool | None:
    """Whether the things listed behind a colon are as many as the number before it; None where nothing was listed."""
    if state.total is None or not state.listed:
        state.total, state.listed = None, 0  # of what kind they are stays open where none is named
        return None
    right = state.total == state.listed
    state.total, state.listed, state.kind = None, 0, ""
    return right


def _of_chunk(chunk: str, state: State, *, opens: bool = False) -> bool | None:
    chunk = re.sub(r"^having (?=(?:an?|no|one|two|three|four|five|six|seven|eight|\d+) )", "with ", chunk)
    words = chunk.split()
    if words[:2] == ["differs", "from"]:
        return differs(chunk, state.nouns)
    if re.match(r"(?:fused|attached|bonded|bound|linked) (?:to|with) ", chunk) and state.last and state.subject is None:
        truths = [holds(chunk, p, state) for p in state.last[-1][1]]
        return None if None in truths or not truths else any(truths)
    if opens and state.last and state.many is not None:
        state.total, state.listed, state.head = state.many, 0, state.last[-1][1]
    at = _verb_at(words)
    if at is not None:
        return _of_clause(words[:at], words[at], words[at + 1 :], state)
    if not state.verb:
        return None
    adjective = len(words) == 2 and words[1].endswith("ed")  # "one methylated"
    readers = _NUMBERED if number_of(words[0]) and words[1:2] != ["of"] and not adjective else _READERS
    for read in readers:
        truth = read(chunk, state)
        if truth is not None:
            return truth
    return None


def _verb_at(words: Sequence[str]) -> int | None:
    for k, word in enumerate(words):
        if word in _VERBS and not (k and words[k - 1] in _RELATIVE and k > 1):
            return k
    return None


def _of_clause(before: Sequence[str], verb: str, behind: Sequence[str], state: State) -> bool | None:
    subject = " ".join(before)
    if verb in ("exist", "exists"):
        said = counted(subject) if not behind else None
        return _list_item(said, state) if said is not None else None
    if not behind:
        return None
    rest = " ".join(behind)
    if not subject:
        pass  # the same as before
    elif subject in _THESE and state.mentioned:
        if subject == "this" and verb in BE and is_called(rest, state.nouns):
            return True
        state.subject = state.mentioned[-1]
    elif subject in _IT or subject in _THESE:
        state.subject = None
    else:
        return _of_parts(subject, verb, rest, state)
    state.verb, state.last = verb, []
    if state.subject is not None:
        return _said_of(rest, state.subject, verb, state)
    return _of_molecule(rest, verb, state)


def _of_molecule(rest: str, verb: str, state: State) -> bool | None:
    if verb in BE:
        return _is_it(rest, verb, state)
    if verb in LACK:
        return _lacks(rest, state)
    said = counted(rest)
    valued = is_valued(rest, state.nouns)
    if valued is not None:
        return valued
    return _list_item(said, state) if said is not None else None


def _lacks(rest: str, state: State) -> bool | None:
    bare = re.sub(r"^(?:an?|any|other|no) ", "", rest)
    places = resolved(bare, state.nouns)
    if places is None:
        places = resolved(f"{bare}s", state.nouns)
    return None if places is None else not places


def _is_it(rest: str, verb: str, state: State) -> bool | None:
    """Decide what the molecule is said to be; "a ketone with two rings" goes on with what it has."""
    if rest.startswith("not "):
        truth = is_called(rest.removeprefix("not "), state.nouns)
        return None if truth is None else not truth
    if verb == "is-no":
        truth = is_called(rest, state.nouns)
        return None if truth is None else not truth
    whole = is_called(rest, state.nouns)
    if whole is not None:
        return whole
    if (bare := re.fullmatch(r"(?P<head>.+) (?:lacking|without|free of) (?P<what>.+)", rest)) is not None:
        truth, gone = is_called(bare["head"], state.nouns), _lacks(bare["what"], state)
        return None if truth is None or gone is None else truth and gone
    for found in re.finditer(
        r" (?:with|having|containing|(?:that|which) (?:has|contains)"
        r"|of(?= (?:two|three|four|five|six|seven|eight|nine|ten|\d+) )) ",
        rest,
    ):
        truth = is_called(rest[: found.start()], state.nouns)
        if truth is not None and (valued := is_valued(rest[found.end() :], state.nouns)) is not None:
            return truth and valued
        said = counted(rest[found.end() :])
        if truth is not None and said is not None:
            state.verb = "has"
            has = _list_item(said, state)
            if has is not None:
                return truth and has
    return None


def _list_item(said: Counted, state: State) -> bool | None:
    """Decide one thing that the molecule has."""
    if (kinds := _KINDS.fullmatch(said.noun)) is not None and said.most:
        state.many = said.most
        there = distinct(kinds["kind"], state.nouns)
        state.last.append((said.noun, ()))
        return there == said.most
    if (but := _OTHER_THAN.fullmatch(said.noun)) is not None:
        every, known = resolved(but["what"], state.nouns), resolved(but["but"], state.nouns)
        if every is None or not known or said.most != 0:
            return None
        return {a for p in every for a in p} <= {a for p in known for a in p}
    if (groups := _GROUPS.fullmatch(said.noun)) is not None and said.most:
        state.kind, state.many = groups["element"] or "any", said.most
        state.last.append((said.noun, ()))
        return True
    truth, places = of_number(said, state.nouns)
    if truth is None:
        return _placed_item(said, state)
    if state.total is not None:
        own = {atom for p in places for atom in p}
        covered = sum(bool(set(h) & own) for h in state.head)  # of "five chlorines" a CCl3 group has three
        many = said.most if said.most is not None else max(said.least, 1)
        atoms = bool(state.head) and all(len(h) == 1 for h in state.head)
        state.listed += covered if atoms and covered > many else many
        if state.kind not in ("", "any") and not all(_has_element(state.kind, p, state.nouns) for p in places):
            return False
        state.last.append((said.noun, places))
        return truth
    state.last.append((said.noun, places))
    state.mentioned.append(places)
    state.left = places
    state.many = said.most
    return truth


_GROUPS = re.compile(
    r"(?:(?P<element>\w+(?:/\w+)?)-(?:containing|based|bearing) )?"
    r"(?:functional groups?|functionalities|functional group types)"
)


_KINDS = re.compile(r"(?:different|distinct|kinds of|types of) (?P<kind>halogen|heteroatom|element)s?(?: atoms)?")
_OTHER_THAN = re.compile(r"(?:other )?(?P<what>.+?) (?:other than|besides|except|apart from|beyond|but) (?P<but>.+)")


def _has_element(element: str, place: tuple[int, ...], nouns: Nouns) -> bool:
    parts = [part_named(each) for each in element.split("/")]
    own = {a for part in parts if part is not None for p in part.find(nouns.molecule) for a in p}
    return bool(own & set(place))


_SHARING = re.compile(
    r"(?P<noun>.*?rings?) (?:that share|which share|sharing) "
    r"(?P<many>an?|one|two) (?:common )?(?P<what>atom|carbon|bond|edge)s?(?: atoms?)?"
)


def _share(sharing: re.Match[str], said: Counted, state: State) -> bool | None:
    """Decide "two rings sharing a single atom"."""
    truth, places = of_number(Counted(sharing["noun"], said.least, said.most), state.nouns)
    if truth is None or len(places) < 2:
        return truth and None
    atoms = 2 if sharing["what"] in ("bond", "edge") else {"two": 2}.get(sharing["many"], 1)
    return truth and any(len(set(p) & set(q)) == atoms for p in places for q in places if p != q)


def _placed_item(said: Counted, state: State) -> bool | None:
    """Decide "two hydroxy groups para to each other": so many, and how they stand."""
    words = said.noun.split()
    if " next to " in said.noun or " adjacent to " in said.noun:
        return None
    if (sharing := _SHARING.fullmatch(said.noun)) is not None:
        return _share(sharing, said, state)
    for k in range(len(words) - 1, 0, -1):
        noun, rest = Counted(" ".join(words[:k]), said.least, said.most), " ".join(words[k:])
        truth, places = of_number(noun, state.nouns)
        if truth is None or not places:
            continue
        state.last.append((noun.noun, places))
        state.mentioned.append(places)
        state.left = places
        holds = _said_of(rest, places, "are", state)
        return None if holds is None else truth and holds
    return None


def _of_value(chunk: str, state: State) -> bool | None:
    return is_valued(chunk, state.nouns) if state.subject is None and state.verb in HAVE else None


_RELATION = re.compile(
    r"(?:directly )?(?:attached|bonded|bound|connected|linked|joined|fused|conjugated|ortho|meta|para|adjacent|next)"
    r"(?: directly)? (?:to|with) "
)
"""What is said of the second thing of "bonded to two oxygens and one nitrogen", too."""


def _of_further(chunk: str, state: State) -> bool | None:
    """Go on with a list: "has two rings, a ketone and ..."; behind "is a ketone" with what else it is."""
    if state.subject is not None:
        if state.verb in BE and re.match(r"(?:an?|the|its|one|two|three|four|no|\d) ", chunk):
            relation = _RELATION.match(state.rest)
            chunk = f"{relation[0]}{chunk}" if relation is not None else chunk
        return _said_of(chunk, state.subject, state.verb, state)
    if state.verb in BE:
        if (denied := re.fullmatch(r"not (?P<what>.+)", chunk)) is not None:
            truth = is_called(denied["what"], state.nouns)
            return None if truth is None else not truth
        if re.match(r"(?:no|one|two|three|four|five|six|\d+) ", chunk) and (said := counted(chunk)) is not None:
            state.verb = "has"
            return _list_item(said, state)
        if chunk.startswith("with ") and (said := counted(chunk.removeprefix("with "))) is not None:
            state.verb = "has"
            return _list_item(said, state)
        return _is_it(chunk, state.verb, state)
    if state.verb in LACK:
        return _lacks(re.sub(r"^(?:or|nor) ", "", chunk), state)
    if state.last and _TAKES_IN.search(f" {state.last[-1][0]} ") is not None:
        longer = f"{state.last[-1][0]} and {chunk}"
        places = resolved(longer, state.nouns)
        if places is None:
            return None
        return bool(places)
    said = counted(re.sub(r"^with ", "", chunk))
    if said is None:
        return None
    if " " not in said.noun and (said.noun in DEGREES or trait_named(said.noun, state.nouns) is not None):
        return None  # "one aromatic"
    before = state.last[-1] if state.last else None
    truth = _list_item(said, state)
    if (
        truth is None
        and before is not None
        and said.noun in ("primary", "secondary", "tertiary", "aromatic", "aliphatic")
    ):
        return None
    return truth


_OF_SOME = re.compile(
    r"(?P<many>both|all|each|one|two|three|four|five|six|the other(?: one| two)?|the others|none)"
    r"(?: of (?:them|these|those))?"
)


def _of_parts(subject: str, verb: str, rest: str, state: State) -> bool | None:
    """Decide a clause on parts of the molecule: "its amine is tertiary", "two of the rings are aromatic"."""
    if (some := _OF_SOME.fullmatch(subject)) is not None:
        return of_share(f"{some['many']} {'with ' if verb in HAVE else ''}{rest}", state)
    number: int | None = None
    every = True
    noun = subject
    total: int | None = None
    words = subject.split()
    if (some := re.fullmatch(r"(?P<many>\w+)(?: of)? (?:the|its|these|their) (?P<noun>.+)", subject)) is not None and (
        some["many"] in ("both", "all", "each", "every", "none") or number_of(some["many"]) is not None
    ):
        noun = some["noun"]
        number = number_of(some["many"])
        every = number is None
        total = 2 if some["many"] == "both" else None
        first, _, behind = noun.partition(" ")
        if (n := number_of(first)) is not None and behind:
            total, noun = n, behind
    elif words[0] in ("the", "its", "their", "this", "that", "these") and len(words) > 1:
        noun = " ".join(words[1:])
        if len(words) > 2 and (n := number_of(words[1])) is not None:
            noun, total = " ".join(words[2:]), n
        if noun.split()[0] in ("only", "sole", "single") and len(noun.split()) > 1:
            noun, total = noun.partition(" ")[2], 1
    elif words[0] in ("both", "all", "each", "every") and len(words) > 1:
        noun = " ".join(words[1:])
        total = 2 if words[0] == "both" else None
        if len(words) > 2 and (n := number_of(words[1])) is not None:
            noun, total = " ".join(words[2:]), n
    elif (n := number_of(words[0])) is not None and len(words) > 1:
        noun, number, every = " ".join(words[1:]), n, False
    elif words[0] in ("a", "an") and len(words) > 1:
        noun, number, every = " ".join(words[1:]), -1, False
    else:
        return of_share(f"{subject} {'with ' if verb in HAVE else ''}{rest}", state)
    if (value := is_valued(f"{noun} {verb} {rest}", state.nouns)) is not None:
        return value
    if noun in ("molecule", "compound"):
        return None
    places = resolved(noun, state.nouns)
    if places is None:
        return None
    if total is not None and total != len(places):
        return False
    if every and len(places) > 1 and total is None and not noun.split()[0].endswith("s"):
        known = {a for each in state.mentioned for p in each for a in p}
        within = tuple(p for p in places if set(p) <= known)
        places = within or places
    state.subject, state.verb, state.last = places, verb, []
    state.mentioned.append(places)
    if not places:
        return False
    if every:
        return _said_of(rest, places, verb, state)
    truths = [_one(rest, p, verb, state) for p in places]
    if None in truths:
        return None
    state.pool = places
    state.left = tuple(p for p, truth in zip(places, truths, strict=True) if not truth)
    state.subject = tuple(p for p, truth in zip(places, truths, strict=True) if truth)
    return truths.count(True) == number if number != -1 else True in truths


def _said_of(rest: str, places: Places, verb: str, state: State) -> bool | None:
    """Decide what is said of all of some places, one by one or together."""
    state.rest = rest
    truths = [_one(rest, p, verb, state) for p in places]
    if None not in truths:
        if verb in HAVE:
            state.mentioned.append(tuple(dict.fromkeys(o for p in places for o in borne(rest, p, state.nouns))))
            if True in truths and False in truths:
                return None  # "the three ring carbons carry a chlorine, ...": one each
        return all(truths)
    if verb in BE:
        return stands(rest, [places], state.nouns)
    return None


def _one(rest: str, place: tuple[int, ...], verb: str, state: State) -> bool | None:
    if verb in HAVE:
        return has_all([rest], place, state.nouns)
    if verb in LACK:
        truth = has_all([re.sub(r"^(?:any|an?) ", "", rest)], place, state.nouns)
        return None if truth is None else not truth
    if verb == "is-no":
        truth = holds(f"a {rest}", place, state)
        return None if truth is None else not truth
    return holds(rest, place, state)


_READERS = (_of_value, of_share, _of_further)
_NUMBERED = (_of_value, _of_further, of_share)
