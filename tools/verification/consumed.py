"""Whether a sentence speaks of a change in which a group or a compound at hand may be used up."""

from __future__ import annotations

import re

from molreflect.tools.verification.case import Case
from molreflect.tools.verification.changed_form import may_have_changed, without_replaced_hydrogens

CLASSES = frozenset({"head", "item"})
"""Sources of phrases that say what the molecule is: none of them is used up by a change elsewhere in the sentence."""

_CONSUMED = re.compile(
    r"\b(?:condens\w+|conver(?:sion|ted|ting)|deproton\w+|proton(?:at\w+|s? transfer)|acylat\w+|acetylat\w+|"
    r"esterif\w+|etherif\w+|amidat\w+|oxid(?:ation|i[sz]ed|i[sz]ing)|reduc(?:tion|ed|ing)|hydroly[sz]\w+|"
    r"methylat\w+|alkylat\w+|phosphorylat\w+|sulfat\w+|glycosylat\w+|hydrogenat\w+|dehydr\w+|cycli[sz]\w+|"
    r"loss|lost|losing|remov\w+|replac\w+|substitution|coupl\w+|link\w*|attach\w+|"
    r"migrat\w+|arising|resulting|obtained|formed|prepared|synthesi[sz]ed|react\w*|treat\w+|addition|"
    r"elimination|cleav\w+|tautomer\w*|mesylate|mimic\w*|known|similar|analog\w+|protected|masked|bound|"
    r"coordinat\w+|derive[sd]|deriving|conjugate (?:acid|base)|epimer\w*|enantiomer|isomer\w*|instead|"
    r"rather than|versus)\b"
)
_PROTONS = re.compile(
    r"\b(?:de)?protonat\w+|\b(?:transfer|migration|loss|removal|addition|gain|shift) of "
    r"(?:an? |the |one |two |three |four )?(?:protons?|hydrons?)\b|"
    r"\bproton (?:transfer|migration|shift)\b|\bconjugate (?:acid|base)\b"
)
_CHANGED_BY_PROTONS = re.compile(r"^hydroxyl?$|^oh$|ate$|ium$|ide$|oxy anion|nitrogen")
"""Words for the acidic hydroxy groups of any acid, whose patterns are an alcohol's, and for what has a charge."""
_CAME_ABOUT = re.compile(r"\b(?:arising|resulting|obtained|formed|prepared|derive[sd]|deriving)\b")
_GROUP_CHANGES = re.compile(
    r"\b(?:conver\w+|oxid\w+|reduc\w+|hydroly[sz]\w+|loss|lost|losing|remov\w+|replac\w+|cycli[sz]\w+|migrat\w+|"
    r"eliminat\w+|cleav\w+|(?:de)?hydrogenat\w+|dehydr\w+|tautomer\w*|epimer\w*|isomer\w*|enantiomer\w*|"
    r"instead|rather than|versus|mimic\w*|known|similar|analog\w+|lack\w*|without)\b"
)
"""What may change a group that is named as one; being bound to something does not."""
_MADE_BY = re.compile(
    r"\s*(?:\([^()]*\)\s*)?"
    r"(?P<change>in which|where|whose|modified|lacking|missing|without|minus|less|but|having lost|with)\b"
)
"""What follows a class or compound that the molecule is said to be made of, with a change. One that is "obtained by"
or "resulting from" a change is what the molecule is after it."""
_SUBSTITUTED_ITSELF = re.compile(
    r"\s*(?:\([^()]*\)\s*)?,?\s*(?:(?:which|that)(?: in turn)? (?:is|are) |in turn )?"
    r"(?:itself |themselves |further |in turn )*"
    r"(?:substituted|(?<=\w )(?:attached|bonded|linked|acylated|esterified|replaced))\b"
)
"""What follows a group that bears further groups, so that its hydrogens are not all there."""
_CARRIES = re.compile(
    r"\s*(?:\([^()]*\)\s*)?(?:which|that|carrying|bearing|having)\b[^.;]*"
    r"\b(?:double bonds?|triple bonds?|lack\w*|missing|inverted|replaced|lost|removed)\b"
)
"""What says that a parent has other bonds, or not all of its atoms."""
_BOUND_TO = re.compile(
    r"\b(?:attached|linked|bound|bonded|joined|connected|esterified|glycosylated|acylated|amidated)"
    r"(?: \w+)? (?:to|via|through|at|with|on)(?: (?:its|the|a|an|one|each|both))?(?: \w+)?(?: of)?(?: the)? $"
)
"""What stands before a group that something else is bound to."""
_REPLACED_BY = re.compile(r"\b(?:replaced|substituted|exchanged) (?:by|with|for) (?:(?:an?|one|two|three|four) )?$")
_OF_ANOTHER = re.compile(r"\s*(?:\([^()]*\)\s*)?of\b|.*\b(?:which|whose|latter|in turn|then|respectively)\b", re.DOTALL)
"""What may follow a substituent that is not, or not for long, what has taken the place of another."""
_SENTENCE = re.compile(r"[.!?]\s+(?=[A-Z])")


def may_change_group(sentence: str) -> bool:
    """Whether a sentence speaks of a change in which a whole group goes, not only of one by which it is bound."""
    return _GROUP_CHANGES.search(without_replaced_hydrogens(sentence)) is not None


def is_consumed(case: Case) -> bool:
    """Whether the sentence speaks of a change, in which the group or compound at hand may be gone."""
    if case.caption is None or case.start is None or case.phrase.source == "negated":
        return False
    begin, end = sentence_around(case.caption, case.start, case.end)
    after = case.caption[case.end : end]
    if case.phrase.source in CLASSES or case.is_said:
        made = _MADE_BY.match(after)
        if made is not None and may_have_changed(after[made.start("change") :]):
            return True
        return case.phrase.source not in CLASSES and _CARRIES.match(after) is not None
    if _SUBSTITUTED_ITSELF.match(after) is not None:
        return True
    if _BOUND_TO.search(case.caption[begin : case.start]) is not None:
        return True
    if takes_a_place(case):
        return False
    sentence = case.caption[begin:end]
    if _CHANGED_BY_PROTONS.search(case.phrase.key) is None and case.resources.lexicon.find(case.phrase.key) is not None:
        sentence = _without_protons(sentence)
    return _CONSUMED.search(sentence) is not None


def is_changed_next(case: Case) -> bool:
    """Whether the words behind a group or compound go on about what it bears, or what became of it."""
    if case.caption is None or case.end is None:
        return False
    after = case.caption[case.end :]
    return _MADE_BY.match(after) is not None or _SUBSTITUTED_ITSELF.match(after) is not None


def takes_a_place(case: Case) -> bool:
    """Whether a phrase names a substituent that has come in, as behind "replaced by", and does not go on to change."""
    if case.caption is None or case.start is None:
        return False
    announced = case.phrase.source == "name" and _REPLACED_BY.search(case.caption[: case.start]) is not None
    if case.phrase.source != "substituent" and not announced:
        return False
    _, end = sentence_around(case.caption, case.start, case.end)
    return _OF_ANOTHER.match(case.caption[case.end : end]) is None


def _without_protons(sentence: str) -> str:
    """Leave out of a sentence that protons moved, and that a compound came about by it: no group is used up by that."""
    text, times = _PROTONS.subn(" ", sentence)
    return _CAME_ABOUT.sub(" ", text) if times else sentence


def sentence_of(case: Case) -> str:
    """Give the sentence a phrase stands in, or its own words where there is no caption."""
    if case.caption is None or case.start is None:
        return case.phrase.text
    begin, end = sentence_around(case.caption, case.start, case.end)
    return case.caption[begin:end]


def sentence_around(caption: str, start: int, stop: int | None) -> tuple[int, int]:
    """Find where the sentence of a phrase begins and ends in a caption."""
    begin, end = 0, len(caption)
    for found in _SENTENCE.finditer(caption):
        if found.end() <= start:
            begin = found.end()
        elif stop is not None and found.start() >= stop:
            return begin, found.start()
    return begin, end
