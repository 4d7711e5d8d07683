"""Questions as notes put them: "For our report: ...", "confirm or deny: ...", "ester, yes or no? CCO"."""

from __future__ import annotations

import re
from collections.abc import Callable

from molreflect.agents.analyst.vocabulary import english, vocabulary
from molreflect.tools.facts.classes import is_adjective
from molreflect.tools.facts.molecules import is_known_name, looks_like_smiles
from molreflect.tools.facts.parts import part_named

_READ = 2_000
"""Characters of the longest note."""
_DOCUMENT = (
    "library|sheet|sheets|spreadsheet|report|database|data base|table|slide|slides|poster|thesis|paper|notebook|"
    "manuscript|dossier|inventory|catalogue|catalog|record|records|file|files|label|labels|worksheet|submission|"
    "register|registry|protocol|log|list|lists|presentation|handout|dataset|data|sds|msds|eln|lims|si"
)
_FORM = "registration|order|submission|application|request|entry|web|safety|customs|shipping|export|import"
"""What a form to fill in is called by; the salt form and the enol form are forms of a molecule."""
_KIND = (
    "mass spec|mass spectrometry|mass spectra|mass-spec|ms|ms/ms|lc-ms|gc-ms|hrms|nmr|ir|uv|spectra|spectral|"
    "spectroscopy|safety data|safety|hazard|synthesis|lab|laboratory|group|course|project|internal|annual|monthly|"
    "weekly|final|supporting|supplementary|information|compound|sample|chemical|chemicals|stock|reagent|excel|data|"
    "product|quality|qc|regulatory|homework|exam|lecture|patent|solubility|toxicity|toxicology|screening"
)
"""What a document is about, which asks for nothing by itself."""
_PURPOSE = (
    rf"for\s+(?:the|a|an|my|our|this|his|her|their|your)\s+(?:new\s+)?"
    rf"(?:(?:(?:{_KIND})\s+){{0,3}}(?:{_DOCUMENT})|(?:(?:{_FORM})\s+){{1,2}}form)"
)
_BEFORE = re.compile(rf"\s*{_PURPOSE}\s*[:,]\s+(?=\S+\s+\S)", re.IGNORECASE)
_BEHIND = re.compile(rf",?\s+{_PURPOSE}(?P<end>(?:,?\s+please)?\s*[.?!]*)\s*\Z", re.IGNORECASE)
_CONFIRM = re.compile(
    r"\s*(?:(?:please|kindly|can you|could you)\s+)?(?:(?:confirm|verify|affirm|support) or (?:deny|refute|disprove|"
    r"reject|contradict)|agree or disagree|fact or fiction)(?:\s*[:,]|\s+that\b)?\s+(?=\S+\s+\S)",
    re.IGNORECASE,
)
_POLAR = re.compile(
    r"\s*(?P<what>[A-Za-z][\w' -]{1,50}?),?\s+(?:yes or no|yes/no|y/n|true or false|true/false|or not)\s*[?:]+\s+"
    r"(?P<of>\S(?:.*\S)?)\s*\Z",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"(?P<head>.*\S)(?:\s*[:,]|\s+[-\u2013])\s+(?P<part>[^,:?]{1,60}?)\s*[,:-]\s+"
    r"(?:in total|total|total number|number|altogether|all told|how many in total|no\.?|#)\s*[?.]*\s*\Z",
    re.IGNORECASE,
)
_SUM = re.compile(
    r"(?P<part>[^,:?]{1,60}?) (?P<of>(?:in|of) [^,:?]{2,200}),\s+(?:in total|total|altogether|all told)\s*[?.]*\s*\Z",
    re.IGNORECASE,
)
_SPOKEN_OF = frozenset(["it", "this", "that", "they", "these"])
_MOST = 3
"""Words of the longest name behind "yes or no?"."""


def spoken_out(text: str, is_group: Callable[[str], bool]) -> str:
    """Write a note as a question; any other text comes back as it is.

    Args:
        text: The question.
        is_group: Whether words name a group, a class or a part.
    """
    if len(text) > _READ or '"' in text:
        return text
    told = _without_purpose(text)
    if (asked := _CONFIRM.match(told)) is not None:
        rest = told[asked.end() :]
        opening = "is it true that " if rest.split()[0].casefold() in _SPOKEN_OF else "true or false: "
        told = f"{opening}{rest}"
    return _class_asked(_counted(told, is_group), is_group)


def _without_purpose(text: str) -> str:
    """Leave out what an answer is wanted for: "for the NMR sheet: ...", "... for the registration form"."""
    found = _BEFORE.match(text)
    kept = text[found.end() :] if found else text
    end = _BEHIND.search(kept)
    return f"{kept[: end.start()]}{end['end']}" if end and len(kept[: end.start()].split()) > 1 else kept


def _counted(text: str, is_group: Callable[[str], bool]) -> str:
    """Write "camphor: rings, total?" as "camphor: rings, how many?", "rings in camphor, total?" as their number."""
    found = _SUM.fullmatch(text)
    if found is not None and is_group(found["part"]):
        return f"number of {found['part']} {found['of']}?"
    found = _TOTAL.fullmatch(text)
    if found is None or not is_group(found["part"]):
        return text
    return f"{found['head']}: {found['part']}, how many?"


def _may_be_name(text: str) -> bool:
    """Whether none of some words is one of speech."""
    speech = vocabulary()
    low = [word.casefold() for word in text.split()]
    return not any(speech.role(w) or speech.intents(w) or w in english() or not w[-1].isalnum() for w in low)


def _class_asked(text: str, is_group: Callable[[str], bool]) -> str:
    """Write "ester, yes or no? CC(=O)OC" as "is CC(=O)OC a ester?", and of a part whether it is there."""
    found = _POLAR.fullmatch(text)
    if found is None:
        return text
    what, of = re.sub(r"\A(?:an?|any)\s+", "", found["what"]), found["of"].rstrip("?.! ")
    words = [word.casefold() for word in what.split()]
    speech = vocabulary().function
    asks = speech["be"] | speech["do"] | speech["have"] | speech["question"]
    compound = looks_like_smiles(of) or (len(of.split()) <= _MOST and (is_known_name(of) or _may_be_name(of)))
    if (
        not compound
        or ", " in of
        or asks & set(words)
        or len(words) > _MOST
        or (is_known_name(what) and not is_group(what))
    ):
        return text
    if is_adjective(what) or what.casefold() in vocabulary().intent["stereo"]:
        return f"is {of} {what}?"
    if part_named(what) is not None:
        return f"does {of} have a {what}?"
    return f"is {of} {'an' if what[:1].casefold() in 'aeiou' else 'a'} {what}?"
