"""Values that an answer gives of a molecule: "logP of about 1.3", "TPSA: 72.7", "five degrees of unsaturation"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rdkit.Chem import Crippen, Lipinski, rdMolDescriptors

from molreflect.tools.facts.configured import centres
from molreflect.tools.facts.properties import degree_of_unsaturation, rule_of_five
from molreflect.tools.molecules.read import Molecule

NUMBERS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty"),
)
_MANY = rf"\d{{1,3}}|{'|'.join(NUMBERS)}|none|zero"
_IS = (
    r"(?:\s*\((?!\s*[-+\d])[^()]{1,40}\))?(?:\s+count|\s+value)?\s*"
    r"(?:[:=\u2248~|]|\b(?:of|is|at|equals|amounts to|comes to|equal to|comes out at|lies at)\b)?\s*"
    r"(?:[:=\u2248~]|\b(?:about|around|approximately|roughly|ca\.|close to|near|exactly|just|only)(?!\w))?\s*"
)


@dataclass(frozen=True, slots=True)
class ValueSaid:
    """A value in a text, and whether it is the molecule's; `text[start:end]` says it."""

    start: int
    end: int
    holds: bool | None
    """None where it is near, and another method may give it."""
    why: str


@dataclass(frozen=True, slots=True)
class _Value:
    label: str
    """A regular expression."""
    of: Callable[[Molecule], tuple[float, ...]]
    """The values that are right, by several ways of counting."""
    near: float
    far: float
    """Up to `near` a value is right, from `far` on it is wrong."""
    unit: str = ""


def _donors(m: Molecule) -> tuple[float, ...]:
    return rdMolDescriptors.CalcNumHBD(m.mol), rdMolDescriptors.CalcNumLipinskiHBD(m.mol)


def _acceptors(m: Molecule) -> tuple[float, ...]:
    return rdMolDescriptors.CalcNumHBA(m.mol), rdMolDescriptors.CalcNumLipinskiHBA(m.mol), Lipinski.NumHAcceptors(m.mol)


def _tpsa(m: Molecule) -> tuple[float, ...]:
    return rdMolDescriptors.CalcTPSA(m.mol), rdMolDescriptors.CalcTPSA(m.mol, includeSandP=True)


def _rotatable(m: Molecule) -> tuple[float, ...]:
    loose = rdMolDescriptors.NumRotatableBondsOptions.NonStrict
    return rdMolDescriptors.CalcNumRotatableBonds(m.mol), rdMolDescriptors.CalcNumRotatableBonds(m.mol, loose)


_HYDROGEN_BOND = r"(?:hydrogen|h)[- ]bond(?:ing)?"
_COUNTS: tuple[tuple[str, Callable[[Molecule], tuple[float, ...]]], ...] = (
    (rf"{_HYDROGEN_BOND}\s+donors?|(?<=[,;] )donors?|hbds?", _donors),
    (rf"{_HYDROGEN_BOND}\s+acceptors?|(?<=[,;] )acceptors?|hbas?", _acceptors),
    (r"rotatable bonds?", _rotatable),
    (r"(?:number of|total|ring count:?) aromatic rings|aromatic rings?", lambda m: (_aromatic(m),)),
    (r"(?<!aromatic )(?<!hetero)(?:number of )?rings?(?: count)?", lambda m: (m.mol.GetRingInfo().NumRings(),)),
    (r"heavy atoms?", lambda m: (m.heavy_atoms,)),
    (
        r"(?:stereo(?:genic )?|chiral(?:ity)? )cent(?:re|er)s?",
        lambda m: (len(centres(m)),),
    ),
    (
        r"degrees? of unsaturation|double[- ]bond equivalents?|dbe"
        r"|ind(?:ex|ices) of hydrogen deficiency|unsaturation number",
        lambda m: (degree_of_unsaturation(m.mol),),
    ),
)
_VALUES = (
    _Value(
        r"(?:[acx]|crippen )?log ?p(?:\s*\(?(?:o/w|ow)\)?)?(?:\s+value)?|octanol[-\u2013/ ]water partition coefficient",
        lambda m: (Crippen.MolLogP(m.mol),),
        0.5,
        2.0,
    ),
    _Value(
        r"(?:topological )?polar surface area(?: \(t?psa\))?|t?psa(?=\W)",
        _tpsa,
        1.5,
        6.0,
        r"\s*(?:\u00c5(?:\u00b2|\^?2)?|A\^?2)?",
    ),
)
_DECIMAL = r"(?P<value>[-\u2212]?\d{1,3}(?:\.\d+)?)"
_DONATES = re.compile(
    rf"\b(?P<verb>donates?|accepts?|donating|accepting) (?:up to |exactly |only |a total of )?"
    rf"(?P<number>{_MANY}|a single|an?) {_HYDROGEN_BOND}s?\b",
    re.IGNORECASE,
)
_UNSATURATION = re.compile(
    rf"\b(?P<number>{_MANY}) (?:degrees? of unsaturation|double[- ]bond equivalents?|unsaturations)\b", re.IGNORECASE
)
_LIPINSKI = re.compile(
    r"\b(?:(?P<yes>satisfies|obeys|complies with|meets|passes|follows|conforms to|is compliant with|fulfils|fulfills)"
    r"|(?P<no>violates|breaks|fails)) (?:all (?:four )?(?:criteria )?(?:of )?)?(?:the )?"
    r"(?:lipinski(?:['\u2019]s)?(?: rules?(?: of (?:five|5))?)?|rule of (?:five|5))\b",
    re.IGNORECASE,
)
_BARE_FORMULA = re.compile(
    r"(?<![\w=#\[\]()-])C\d{1,3}H\d{1,3}(?:[A-Z][a-z]?\d*)*(?![\w=#\[(+-])(?! (?:group|unit|ring|chain))"
)
_WORDS_OF_COUNT = {"none": 0, "zero": 0, "a single": 1, "a": 1, "an": 1}


def values_in(text: str, molecule: Molecule) -> Iterator[ValueSaid]:
    """Find the values of a text and compare them with RDKit's.

    Args:
        text: A sentence, or a line of a list.
        molecule: What it is about.
    """
    for value in _VALUES:
        for found in _pattern(value.label, _DECIMAL + value.unit).finditer(text):
            said = float(found["value"].replace("\u2212", "-"))
            yield _compared(found, said, value.of(molecule), value.near, value.far)
    for label, of in _COUNTS:
        for found in _pattern(label, rf"(?P<value>{_MANY})(?!\.\d)(?![-\w])(?!\s+[a-z])", marked=True).finditer(text):
            yield _compared(found, _number(found["value"]), of(molecule), 0.0, 0.5)
    for found in _DONATES.finditer(text):
        of = _donors if found["verb"].lower().startswith("donat") else _acceptors
        yield _compared(found, _number(found["number"]), of(molecule), 0.0, 0.5)
    for found in _UNSATURATION.finditer(text):
        yield _compared(found, _number(found["number"]), (degree_of_unsaturation(molecule.mol),), 0.0, 0.5)
    for found in _LIPINSKI.finditer(text):
        exceeded = rule_of_five(molecule).exceeded
        holds = not exceeded if found["yes"] else bool(exceeded)
        told = "; ".join(exceeded) or "no bound is exceeded"
        yield ValueSaid(found.start(), found.end(), holds if len(exceeded) != 1 else None, "" if holds else told)
    for found in _BARE_FORMULA.finditer(text):
        own = rdMolDescriptors.CalcMolFormula(molecule.mol)
        carbons = re.match(r"C(\d+)", found[0])
        if found[0] == re.sub(r"[+-]\d*$", "", own):
            yield ValueSaid(found.start(), found.end(), True, "")
        elif carbons is not None and int(carbons[1]) >= max(molecule.elements[6], 3) and "formula" not in text.lower():
            yield ValueSaid(found.start(), found.end(), False, f"the formula is {own}")


def _pattern(label: str, value: str, *, marked: bool = False) -> re.Pattern[str]:
    """Write a label with its value; a count needs a mark between them, for "rings two" is no list."""
    between = r"(?:\s+count)?\s*(?:[:=|]\s*|\s+(?:is|of|equals)\s+)(?:only\s+|exactly\s+|just\s+)?" if marked else _IS
    return re.compile(rf"(?<![\w-])(?:{label}){between}{value}", re.IGNORECASE)


def _number(word: str) -> int:
    low = word.lower()
    if low in _WORDS_OF_COUNT:
        return _WORDS_OF_COUNT[low]
    return NUMBERS.index(low) if low in NUMBERS else int(low)


def _compared(found: re.Match[str], said: float, right: tuple[float, ...], near: float, far: float) -> ValueSaid:
    off = min(abs(said - value) for value in right)
    holds = True if off <= near else False if off >= far else None
    return ValueSaid(found.start(), found.end(), holds, "" if holds else f"it is {right[0]:.4g} as RDKit calculates it")


def _aromatic(molecule: Molecule) -> float:
    return float(rdMolDescriptors.CalcNumAromaticRings(molecule.mol))
