"""What a text says of stereocentres: "The stereocentre is S", "both chiral centres are R", "it has two stereocentres".

Such words name no group, so they are read and compared here, beside the claims of the caption reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rdkit import Chem
from rdkit.Chem import rdCIPLabeler

from molreflect.tools.captions.cue_words import load_cue_words
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Reason, Verdict

_CENTRE = r"(?:(?:stereogenic|chiral(?:ity)?|stereo|asymmetric) ?(?:centre|center|carbon|atom)(?: atom)?)"
_LABEL = r"\(?(?P<label>[RS])\)?"
_SHAPE = r"(?:[- ](?:configured|configuration|stereochemistry|form|descriptor))?"
_END = r"(?=[\s.,;:)]|$)(?![\w-])"
_STATED = re.compile(
    rf"\b(?P<whose>{_CENTRE})(?P<many>s?)\b(?P<between>[^.;:\n]{{0,60}}?)\s(?P<verb>is|are|has|have|adopts?)"
    rf"(?P<not> not)?(?: (?:both|all|each|thus|in|of))*(?: (?:an?|the))?(?: absolute)? {_LABEL}{_SHAPE}{_END}",
    re.IGNORECASE,
)
_CONFIGURATION = re.compile(
    rf"\b(?:has|have|with|of|in|shows|possesses|having) (?:an? |the )?(?:absolute )?{_LABEL}[- ]"
    rf"(?:configuration|stereochemistry){_END}"
    rf"|\b(?:is|as) (?:an?|the) {_LABEL.replace('label', 'label2')}[- ](?:configured )?(?:enantiomer|isomer){_END}"
)
_COUNTED = re.compile(
    rf"\b(?P<number>the|its|this|both|no|one|an?|a single|two|three|four|five|six|seven|eight|nine|ten|\d{{1,2}}) "
    rf"(?:single |only |defined )?{_CENTRE}(?P<many>s?)\b",
    re.IGNORECASE,
)
_LACKING = re.compile(
    rf"\b(?:lacks?|lacking|without|devoid of|free (?:of|from)|(?:not|n['\u2019]t) (?:have|contain|possess|feature))\s+"
    rf"(?:any\s+|an?\s+|a single\s+)?{_CENTRE}s?\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"(?:whereas|unlike|contrast|enantiomer of|other enantiomer|compared|metabolite|analogue)\b")
_DEFINITE = frozenset({"the", "its", "this"})
_NUMBERS = {"no": 0, "one": 1, "a": 1, "an": 1, "a single": 1}
_SENTENCE_START = re.compile(r"[.!?;]\s|\n")

MAX_STEPS = 100_000
"""Most steps of ranking the groups around the centres of one molecule."""

NO_CENTRE = "the molecule has no stereocentre"
OTHER_LABELS = "the stereocentres of the molecule are {labels}"
UNDEFINED = "the molecule is drawn without the configuration of its stereocentres, or of one of them"
WHICH = "the stereocentres of the molecule are {labels}; which one is meant was not found out"
OTHER_NUMBER = "the molecule has {number} stereocentres"


@dataclass(frozen=True, slots=True)
class CentreClaim:
    """What is said of stereocentres in a text, and whether it is so."""

    start: int
    """0-based character offset of the first character."""
    end: int
    """0-based character offset behind the last character."""
    negated: bool
    verdict: Verdict
    reason: Reason
    message: str
    atoms: tuple[tuple[int, ...], ...]


def claims_on_centres(text: str, molecule: Molecule) -> list[CentreClaim]:
    """Read what a text says of stereocentres and compare it with the molecule."""
    if _ANY.search(text) is None:
        return []
    found: list[CentreClaim] = []
    for claim in (*_lacking(text, molecule), *_stated(text, molecule), *_counted(text, molecule)):
        if all(claim.end <= other.start or other.end <= claim.start for other in found):
            found.append(claim)
    return sorted(found, key=lambda claim: claim.start)


_ANY = re.compile(rf"{_CENTRE}|\(?[RS]\)?[- ](?:configur|stereo|enantiomer|isomer)", re.IGNORECASE)


def _stated(text: str, molecule: Molecule) -> Iterator[CentreClaim]:
    labels: dict[int, str] | None = None
    for pattern in (_STATED, _CONFIGURATION):
        for hit in pattern.finditer(text):
            if _is_of_another(text, hit.start()):
                continue
            named = hit.groupdict()
            label = named["label"] or named.get("label2") or ""
            if label not in {"R", "S"}:
                continue
            labels = _labels(molecule) if labels is None else labels
            every = bool(named.get("many")) and not text[: hit.start()].endswith(("of the ", "of its ", "other "))
            verdict, reason, told = _judge(labels, label, every=every, negated=bool(named.get("not")))
            atoms = tuple((i,) for i, own in labels.items() if own == label) if verdict is Verdict.SUPPORTED else ()
            yield CentreClaim(hit.start(), hit.end(), False, verdict, reason, told, atoms)


def _judge(labels: dict[int, str], label: str, *, every: bool, negated: bool) -> tuple[Verdict, Reason, str]:
    """Compare a stated label with those of all centres; open where some have it and some have not."""
    if not labels:
        return Verdict.REFUTED, Reason.ABSENT, NO_CENTRE
    if "" in labels.values():
        return Verdict.UNCHECKED, Reason.ABSENCE_UNDECIDED, UNDEFINED
    told = ", ".join(labels.values())
    own = [each == label for each in labels.values()]
    if all(own) if not negated else not any(own):
        return Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC, ""
    if every or (not any(own) if not negated else all(own)):
        return Verdict.REFUTED, Reason.ABSENT, OTHER_LABELS.format(labels=told)
    return Verdict.UNCHECKED, Reason.WHICH_PLACE, WHICH.format(labels=told)


def _lacking(text: str, molecule: Molecule) -> Iterator[CentreClaim]:
    """Compare "it lacks a stereocentre"."""
    for hit in _LACKING.finditer(text):
        if _is_of_another(text, hit.start()):
            continue
        known = _centres(molecule)
        atoms = tuple((i,) for i in sorted(known[0]))
        if not any(known):
            yield CentreClaim(hit.start(), hit.end(), True, Verdict.SUPPORTED, Reason.ABSENT_AS_STATED, "", ())
        elif all(known):
            told = OTHER_NUMBER.format(number=len(known[0]))
            reason = Reason.PRESENT_THOUGH_DENIED
            yield CentreClaim(hit.start(), hit.end(), True, Verdict.REFUTED, reason, told, atoms)
        else:
            told = OTHER_NUMBER.format(number=f"{min(map(len, known))} to {max(map(len, known))}")
            yield CentreClaim(hit.start(), hit.end(), True, Verdict.UNCHECKED, Reason.DENIAL_UNDECIDED, told, atoms)


def _counted(text: str, molecule: Molecule) -> Iterator[CentreClaim]:
    for hit in _COUNTED.finditer(text):
        word, many = hit["number"].lower(), bool(hit["many"])
        if _is_of_another(text, hit.start()):
            continue
        number = _NUMBERS.get(word, load_cue_words().counts.get(word))
        if number is None:
            number = int(word) if word.isdigit() else 1
        known = _centres(molecule)
        atoms = tuple((i,) for i in sorted(known[0]))
        least = (word in {"a", "an"} and bool(known[0])) or (many and word in _DEFINITE and len(known[0]) > 1)
        if word in _DEFINITE and not many and len(known[0]) > 1:
            told = OTHER_NUMBER.format(number=len(known[0]))
            yield CentreClaim(hit.start(), hit.end(), False, Verdict.UNCHECKED, Reason.WHICH_PLACE, told, atoms)
        elif least or {len(each) for each in known} == {number}:
            yield CentreClaim(hit.start(), hit.end(), False, Verdict.SUPPORTED, Reason.PRESENT_AND_SPECIFIC, "", atoms)
        elif all(len(each) != number for each in known):
            told = OTHER_NUMBER.format(number=len(known[0]))
            yield CentreClaim(hit.start(), hit.end(), False, Verdict.REFUTED, Reason.WRONG_COUNT, told, atoms)
        else:
            told = OTHER_NUMBER.format(number=f"{min(map(len, known))} to {max(map(len, known))}")
            yield CentreClaim(hit.start(), hit.end(), False, Verdict.UNCHECKED, Reason.WHICH_PLACE, told, atoms)


def _is_of_another(text: str, start: int) -> bool:
    """Say whether the sentence before a place speaks of another compound."""
    begin = max(0, start - 200)
    for hit in _SENTENCE_START.finditer(text, begin, start):
        begin = hit.end()
    return _ELSEWHERE.search(text, begin, start) is not None


def _centres(molecule: Molecule) -> tuple[set[int], set[int]]:
    """Find the stereocentres of carbon, sulfur and phosphorus, by two ways of counting those that hang on others."""
    mol = Chem.Mol(molecule.mol)
    ways = []
    for legacy in (True, False):
        found = Chem.FindMolChiralCenters(mol, includeUnassigned=True, includeCIP=False, useLegacyImplementation=legacy)
        ways.append({i for i, _ in found})
    return ways[0], ways[1]


def _labels(molecule: Molecule) -> dict[int, str]:
    """Label every stereocentre R or S; empty where its configuration is not drawn."""
    mol = Chem.Mol(molecule.mol)
    try:
        rdCIPLabeler.AssignCIPLabels(mol, maxRecursiveIterations=MAX_STEPS)
    except RuntimeError:  # given up: no label is known, which leaves the claim open
        return dict.fromkeys(sorted(_centres(molecule)[0]), "")
    labels = {}
    for i in sorted(set().union(*_centres(molecule))):
        atom = mol.GetAtomWithIdx(i)
        labels[i] = atom.GetProp("_CIPCode").upper() if atom.HasProp("_CIPCode") else ""
    return labels
