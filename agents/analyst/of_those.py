"""What is asked of the parts just counted: "how many rings has morphine? - how many of those are aromatic?"."""

from __future__ import annotations

from dataclasses import replace

from molreflect.agents.analyst.context import Context
from molreflect.agents.analyst.question import Intent, Question
from molreflect.agents.analyst.question_reader import read_question
from molreflect.agents.analyst.sentence import is_group
from molreflect.agents.analyst.vocabulary import vocabulary
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.parts import part_named

_THOSE = frozenset(["those", "these", "them"])
_PASSED = frozenset(["a", "an", "the", "any", "part", "of", "inside", "at", "all", "themselves"])
_AFTER_PARTS = frozenset([Intent.COUNT, Intent.WHERE, Intent.HAS])
_ASKED = {
    Intent.COUNT: "how many {} does it have?",
    Intent.WHERE: "where are the {} in it?",
    Intent.HAS: "are there any {} in it?",
}


def narrowed(question: Question, context: Context) -> Question:
    """Read a question about some of the parts that the last answer was about as one for parts of a narrower kind.

    Where no such kind is known, the answer says so by its name, and never counts all of them.
    """
    last = context.last
    if last is None or last.intent not in _AFTER_PARTS or len(last.groups) != 1 or len(context.current) != 1:
        return question
    words = [word.casefold() for word in question.sentence.words]
    at = next((i for i, w in enumerate(words[1:6], 1) if w in _THOSE and words[i - 1] == "of"), -1)
    intent = _intent(words, at)
    if intent is None or any(word.casefold() in _THOSE for word in words[at + 1 :]):
        return question
    kind = _kind(words, list(question.sentence.words), at, last.groups[0])
    if not kind:
        return question
    if is_group(kind):
        return replace(read_question(_ASKED[intent].format(kind)), text=question.text)
    return replace(question, intent=intent, groups=(kind,), molecules=(), either=(), keys=(), pointer="it")


def _intent(words: list[str], at: int) -> Intent | None:
    if at < 0:
        return None
    head = words[:at]
    if "many" in head or "number" in head or (head[:2] == ["of", *head[1:2]] and "many" in words):
        return Intent.COUNT
    if {"which", "what", "where"} & set(head) or "which" in words:
        return Intent.WHERE
    return Intent.HAS if {"any", "some", "one", "none"} & set(head) else Intent.COUNT if "many" in words else None


def _kind(words: list[str], shown: list[str], at: int, noun: str) -> str:
    """Name the parts of the narrower kind: "aromatic rings", "ring nitrogens", "nitrogen-containing rings"."""
    function = vocabulary().function
    start = at + 1
    while start < len(words) and words[start] in ("how", "many", "which", "ones"):
        start += 1
    tail = list(zip(words[start:], shown[start:], strict=True))
    verb, place = "", False
    while tail and (tail[0][0] in function["be"] | function["have"] | function["place"] | _PASSED):
        verb = verb or ("have" if tail[0][0] in function["have"] else "")
        place = place or tail[0][0] in function["place"]
        tail = tail[1:]
    kept = [as_shown for low, as_shown in tail if low not in ("it", "in", "a", "an", "the", "please")]
    what = " ".join(kept)
    if not what:
        return ""
    if verb:
        return f"{what}-containing {noun}"
    if place:
        return f"{noun_of(what.removesuffix('s'))} {noun}"
    same, its_own = part_named(noun), part_named(what.rpartition(" ")[2])  # "which of them are carbonyl oxygens"
    told = same is not None and its_own is not None and same.name == its_own.name
    return what if told and is_group(what) else f"{what} {noun}"
