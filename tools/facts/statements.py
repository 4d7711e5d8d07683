"""Statements of an answer that are numbers: atom indices, elements of atoms, formulas, masses and how many there are.

What a caption says of groups and classes is read by the caption reader; these are what a chemist adds in prose.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from rdkit import Chem
from rdkit.Chem import Descriptors, rdMolDescriptors

from molreflect.tools.facts.stereo import stereo_of
from molreflect.tools.facts.substitution import substitution_of
from molreflect.tools.facts.values import NUMBERS, values_in
from molreflect.tools.molecules.descriptors import labelled_centres
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Verdict

_NUMBER = rf"(?P<number>\d{{1,3}}|{'|'.join(NUMBERS)}|zero|a single)"
_INDEX = r"(?:[A-Z][a-z]?)?\d{1,4}"
_BETWEEN = r"[\s,;/&()\[\]{}]{0,6}(?:and|or|to|through|[-\u2013\u2014])?[\s,;/&()\[\]{}]{0,6}"
_ATOM_LIST = re.compile(
    r"\batoms?\b(?:\s{1,3}(?:indices|index|indexes|ids?|numbers?|numbered|nos?\.?))?\s{0,3}[:#=]?\s{0,3}[(\[{]{0,3}"
    rf"(?P<list>{_INDEX}(?:{_BETWEEN}{_INDEX})*)",
    re.IGNORECASE,
)
"""The lists of blanks are bounded, so that no text makes a search long."""
_RANGE = re.compile(r"(\d{1,4})\s*(?:-|\u2013|\u2014|to|through)\s*(?:[A-Z][a-z]?)?(\d{1,4})")
_MAX_RANGE = 500
_FORMULA = re.compile(
    r"\b(?i:formula)\b[^.\n]{0,40}?(?<![A-Za-z])(?P<formula>(?:[A-Z][a-z]?\d*){2,}(?:[+-]\d*)?)(?![A-Za-z0-9])"
)
_MASS = re.compile(
    r"\b(?i:molecular weight|molar mass|molecular mass|monoisotopic mass|exact mass|mass|MW)\b[^.\d\n]{0,40}"
    r"(?P<mass>\d{1,5}(?:\.\d+)?)"
)
_ELEMENT_OF = re.compile(
    r"\batom\s+#?(?P<atom>\d{1,4})\s*(?:is|=|\()\s*(?:an?\s+|the\s+)?(?:\w+\s+){0,2}?(?P<element>[A-Za-z]+)\b"
)
_COUNTED = re.compile(
    rf"\b{_NUMBER}\s+(?:(?P<aromatic>aromatic)\s+)?(?P<what>rings?|(?P<element>[a-z]+)\s+atoms?|stereo(?:genic\s+)?cent(?:er|re)s?"
    r"|chiral\s+cent(?:er|re)s?|rotatable\s+bonds?|(?:hydrogen|h)[- ]bond(?:ing)?\s+(?:donor|acceptor)s?"
    r"|(?:heavy\s+)?atoms?|(?P<atoms>(?:carbon|nitrogen|oxygen|sul(?:f|ph)ur|phosphoru|fluorine|chlorine|bromine|iodine|hydrogen"
    r"|heteroatom)s?))\b(?![-\u2010-\u2013])",
    re.IGNORECASE,
)
_NONE_OF = re.compile(
    r"\b(?:no|without(?: any)?|lacks(?: any)?)\s+(?P<element>[a-z]+)(?:\s+atoms?)?\b(?![-\u2010-\u2013])"
    r"(?!\s+(?:other than|besides|apart from|aside from|except|beyond)\b)",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"(?:\b(?:has|have|contains?|there (?:is|are)|with|of|exactly|total|only|possess(?:es)?|bears?|features?)\b\W*)"
    r"(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
_OF_A_PART = re.compile(
    r"\b(?:rings?|chains?|groups?|units?|moiety|moieties|core|skeleton|linker|bridge|residues?|substituents?|side-chain)\s+"
    r"(?:also\s+|itself\s+)?(?:has|have|with|contains?|containing|possess(?:es)?|bears?|features?)\b\W*(?:\w+\s+){0,2}$",
    re.IGNORECASE,
)
"""The subject is a part of the molecule, which need not hold all atoms of a kind."""
_LOOSE = re.compile(
    r"\b(?:at least|more than|fewer than|less than|up to|about|each|per|ring of|chain of)\W*$", re.IGNORECASE
)
_EXACT_END = re.compile(r"\s*(?:[.;!?)]|in total|in all|in it\b|altogether|$)", re.IGNORECASE)


_SINGULAR = (
    "carbon",
    "nitrogen",
    "oxygen",
    "sulfur",
    "sulphur",
    "phosphorus",
    "fluorine",
    "chlorine",
    "bromine",
    "iodine",
    "hydrogen",
    "heteroatom",
)
_CONFIGURED = re.compile(
    r"(?:\b(?:alkene|olefin|double bond|stereocent(?:re|er)) (?:is|has|bears) (?:an? |the )?)?"
    r"(?:(?<![\w-])\(?(?P<label>[EZRS])\)?[- ]configur(?:ation|ed)\b|\bconfigur(?:ation|ed)(?: is| as)?:? "
    r"\(?(?P<configured>[EZRS])\)?(?![\w-]))"
)
_DISUBSTITUTED = re.compile(
    r"(?<![\w-])(?P<position>ortho|meta|para|o|m|p|1,2|1,3|1,4)-(?:di)?substituted"
    r"(?: (?:benzene|phenyl|aromatic|arene|aryl))?(?: ring)?\b",
    re.IGNORECASE,
)
_POSITIONS = {"o": "ortho", "m": "meta", "p": "para", "1,2": "ortho", "1,3": "meta", "1,4": "para"} | {
    word: word for word in ("ortho", "meta", "para")
}
_ONE = ("no", "one", "1", "a single")
_OF_ANOTHER = re.compile(
    r"\s+(?!in\b|and\b|or\b|at\b|on\b|is\b|are\b|present\b|that\b|which\b|but\b|with\b)[a-z]"
    r"|\s+(?:[CNOS]\b|[CNOS][\u2010-\u2013-]?H)"
)
"""A word behind a singular that makes it part of a longer name."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with its verdict for one molecule; `text[start:end]` says it."""

    start: int
    end: int
    verdict: Verdict
    why: str
    atoms: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class AtomList:
    """Atom indices that an answer gives; `text[start:end]` are its words."""

    start: int
    end: int
    atoms: frozenset[int]


def atom_lists(text: str) -> Iterator[AtomList]:
    """Find the lists of atom indices of a text; ranges are written out."""
    for found in _ATOM_LIST.finditer(text):
        listed = found["list"]
        atoms = {int(digits) for digits in re.findall(r"\d+", listed)}
        for first, last in _RANGE.findall(listed):
            if 0 <= int(last) - int(first) <= _MAX_RANGE:
                atoms |= set(range(int(first), int(last) + 1))
        yield AtomList(found.start(), found.start("list") + len(listed.rstrip(" ,;([{")), frozenset(atoms))


def numeric_statements(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check formulas, masses, elements of atoms and counts of atoms, rings, centres and bonds."""
    checks = (
        _formulas,
        _masses,
        _elements,
        _counts,
        _absences,
        _configurations,
        _disubstituted,
        _charges,
        _different,
        _made_of,
        _substituted,
        _values,
    )
    for check in checks:
        for said in check(text, molecule):
            denied = _DENIED.search(text, max(0, said.start - 40), said.start)
            why = "a denial of that is not compared"
            yield said if denied is None else replace(said, verdict=Verdict.UNCHECKED, why=why)


_DENIED = re.compile(r"\b(?:lacks?|lacking|not|never|devoid of|free of)\s+(?:(?:an?|the|exactly|contain|have)\s+)*$")


def _formulas(text: str, molecule: Molecule) -> Iterator[Statement]:
    own = rdMolDescriptors.CalcMolFormula(molecule.mol)
    for found in _FORMULA.finditer(text):
        said = found["formula"]
        holds = _atoms_of(said) == _atoms_of(own)
        yield _decided(found, holds, f"the formula is {own}")


def _masses(text: str, molecule: Molecule) -> Iterator[Statement]:
    average, exact = Descriptors.MolWt(molecule.mol), Descriptors.ExactMolWt(molecule.mol)
    for found in _MASS.finditer(text):
        off = min(abs(float(found["mass"]) - mass) for mass in (average, exact))
        yield _decided(found, off < _MASS_TOLERANCE, f"the average mass is {average:.2f}, the exact one {exact:.4f}")


def _elements(text: str, molecule: Molecule) -> Iterator[Statement]:
    for found in _ELEMENT_OF.finditer(text):
        number = _element_number(found["element"])
        index = int(found["atom"])
        if number is None or index >= molecule.mol.GetNumAtoms():
            continue  # an index out of range is told by `atom_lists`
        atom = molecule.mol.GetAtomWithIdx(index)
        yield _decided(
            found, atom.GetAtomicNum() == number, f"atom {index} is {_name(atom.GetAtomicNum())}", ((index,),)
        )


_OTHER_THAN = re.compile(r"\s+(?:other than|besides|apart from|aside from|except|beyond)\b", re.IGNORECASE)


def _counts(text: str, molecule: Molecule) -> Iterator[Statement]:
    for found in _COUNTED.finditer(text):
        before = text[max(0, found.start() - 60) : found.start()]
        counted = _counter(found)
        if counted is None or _LOOSE.search(before) or _OTHER_THAN.match(text, found.end()):
            continue
        word = found["number"].lower()
        said = (
            1 if word == "a single" else 0 if word == "zero" else NUMBERS.index(word) if word in NUMBERS else int(word)
        )
        there = counted(molecule)
        why = f"there {'is' if there == 1 else 'are'} {there}"
        whole = _WHOLE.search(before) and _EXACT_END.match(text, found.end()) and not _OF_A_PART.search(before)
        if said in (there, _by_lipinski(found["what"].lower(), molecule)):
            yield Statement(found.start(), found.end(), Verdict.SUPPORTED, "")
        elif said > there or (not _counts_hydrogen(found) and (said == 0 or whole)):
            yield Statement(found.start(), found.end(), Verdict.REFUTED, why)
        else:  # "two carbon atoms of the ring" may be some of many
            yield Statement(found.start(), found.end(), Verdict.UNCHECKED, f"{why} in the whole molecule")


def _counts_hydrogen(found: re.Match[str]) -> bool:
    """Whether hydrogens are counted, which is said of an atom as often as of the molecule."""
    return (found["element"] or found["atoms"] or "").lower().removesuffix("s") == "hydrogen"


def _absences(text: str, molecule: Molecule) -> Iterator[Statement]:
    for found in _NONE_OF.finditer(text):
        number = _element_number(found["element"])
        if number is None:
            continue
        there = _count_element(molecule, number)
        why = f"there {'is' if there == 1 else 'are'} {there}"
        if number == 1 and there:  # "the nitrogen bears no hydrogen": said of an atom
            yield Statement(found.start(), found.end(), Verdict.UNCHECKED, f"{why} in the whole molecule")
        else:
            yield _decided(found, there == 0, why)


def _configurations(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check a configuration that is said of the molecule's centre or double bond, where all of them have one label."""
    for found in _CONFIGURED.finditer(text):
        label = found["label"] or found["configured"]
        labels = _labels_of(molecule, bonds=label in ("E", "Z"))
        if not labels or "?" in labels or len(set(labels)) > 1:
            continue
        yield _decided(found, labels[0] == label, f"it is {labels[0]}")


def _disubstituted(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check "para-disubstituted benzene ring" on the benzene rings that bear two substituents."""
    for found in _DISUBSTITUTED.finditer(text):
        said = _POSITIONS[found["position"].lower()]
        rings = [ring for ring in substitution_of(molecule) if len(ring.pairs) == 1 and not ring.fused]
        holds = [ring for ring in rings if ring.pairs[0][2] == said]
        told = " and ".join(dict.fromkeys(ring.pairs[0][2] for ring in rings))
        why = (
            f"its benzene rings with two substituents are {told}" if told else "no benzene ring bears two substituents"
        )
        yield _decided(found, bool(holds), why, tuple(ring.ring for ring in holds))


_CHARGE = re.compile(
    r"\b(?P<which>net|overall|total|formal)\s+(?:electric(?:al)?\s+|formal\s+)?charge\b(?!\s+on\b)"
    r"(?:\s+of\s+(?:the|this)\s+(?:species|molecule|compound|ion|cation|anion|structure|salt)|\s+of\s+it\b)?"
    r"(?:\s+(?:of|is|equals|amounts to|comes to)|\s*[=:])*(?:\s+exactly|\s+therefore)?\s*"
    r"(?P<value>[+\u2212-]?\s?\d(?:[+\u2212-](?!\d))?|zero|(?:plus|minus|positive|negative)\s+(?:one|two|three|\d))(?![\w])",
    re.IGNORECASE,
)
_NO_CHARGE = re.compile(
    r"\b(?:no (?:net|overall) charge|(?:net|overall|electrically)[- ]neutral|neutral overall|overall neutral)\b",
    re.IGNORECASE,
)
_SORTS = re.compile(
    rf"\b{_NUMBER}\s+(?:(?:different|distinct)\s+|(?:kinds?|types?|sorts?)\s+of\s+)(?P<what>halogens?|heteroatoms?|elements?)"
    r"(?:\s+atoms?)?\b(?:\s?(?:,|:|\(|namely|-)\s*(?:namely\s+)?(?P<listed>[a-z]+(?:, [a-z]+)*,? and [a-z]+)\b)?",
    re.IGNORECASE,
)


def _charges(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check the net charge; that of a single atom is no statement on the molecule."""
    own = Chem.GetFormalCharge(molecule.mol)
    for found in _CHARGE.finditer(text):
        if found["which"].lower() != "formal" or not _has_charged_atoms(molecule):
            yield _decided(found, _charge_said(found["value"]) == own, f"the net charge is {own:+d}")
    for found in _NO_CHARGE.finditer(text):
        yield _decided(found, own == 0, f"the net charge is {own:+d}")


def _has_charged_atoms(molecule: Molecule) -> bool:
    return any(atom.GetFormalCharge() for atom in molecule.mol.GetAtoms())


def _charge_said(words: str) -> int:
    low = words.lower().replace("\u2212", "-")
    digits = re.search(r"\d", low)
    size = int(digits[0]) if digits else next((n for n, word in enumerate(NUMBERS) if n and low.endswith(word)), 0)
    return -size if "-" in low or low.startswith(("minus", "negative")) else size


def _different(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check "three different halogens"."""
    for found in _SORTS.finditer(text):
        kinds = {number for number, count in molecule.elements.items() if count}
        what = found["what"].lower()
        if what.startswith("halogen"):
            kinds &= {9, 17, 35, 53}
        elif what.startswith("hetero"):
            kinds -= {1, 6}
        elif _count_element(molecule, 1):
            kinds.add(1)
        word = found["number"].lower()
        said = (
            NUMBERS.index(word) if word in NUMBERS else 1 if word == "a single" else 0 if word == "zero" else int(word)
        )
        listed = {_element_number(word) for word in re.split(r",? and |, ", found["listed"] or "") if word}
        if listed and None not in listed and listed != kinds:
            yield _decided(found, False, f"they are {' and '.join(_name(number) for number in sorted(kinds))}")
        else:
            end = found.end() if not listed or None not in listed else found.start("listed")
            verdict = Verdict.SUPPORTED if said == len(kinds) else Verdict.REFUTED
            why = "" if said == len(kinds) else f"there are {len(kinds)}"
            yield Statement(found.start(), end, verdict, why)


_MADE_OF = re.compile(
    r"\b(?:made(?: up)?|composed|consists?|built(?: up)?) "
    r"(?:only |solely |entirely |exclusively )?(?:of|from) (?P<only>only )?"
    r"(?P<elements>[a-z]+(?:(?:, and |, | and )[a-z]+){1,5})(?: atoms)?(?P<alone> only| alone)?(?=\s*(?:[.;,)]|$))",
    re.IGNORECASE,
)


def _made_of(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check "made of carbon and hydrogen only"."""
    for found in _MADE_OF.finditer(text):
        said = {_element_number(word) for word in re.split(r", and |, | and ", found["elements"].lower())}
        if None in said:
            continue
        own = {number for number in (1, *molecule.elements) if _count_element(molecule, number)}
        alone = found["only"] or found["alone"] or _ALONE.search(found[0]) is not None
        yield _decided(found, said == own if alone else said <= own, "it has other elements")


_SUBSTITUTED = re.compile(
    r"(?<![\w-])(?P<how>un|mono|di|tri|tetra|penta)substituted (?P<what>phenyl|benzene|aromatic|arene)"
    r"(?: ring| group| residue)?s?\b",
    re.IGNORECASE,
)


def _substituted(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check "unsubstituted phenyl ring": a benzene ring that bears nothing but its bond to the rest of the molecule."""
    for found in _SUBSTITUTED.finditer(text):
        how = found["how"].lower()
        wanted = {1} if how == "un" else {("un", "mono", "di", "tri", "tetra", "penta").index(how)}
        if how == "un" and found["what"].lower() != "phenyl":
            wanted = {0, 1}
        rings = [ring for ring in substitution_of(molecule) if not ring.fused and len(ring.substituted) in wanted]
        yield _decided(found, bool(rings), "no benzene ring is", tuple(ring.ring for ring in rings))


_ALONE = re.compile(r"\b(?:only|solely|entirely|exclusively)\b", re.IGNORECASE)


def _values(text: str, molecule: Molecule) -> Iterator[Statement]:
    """Check logP, polar surface area and counts given as "label: value"."""
    for said in values_in(text, molecule):
        verdict = {True: Verdict.SUPPORTED, False: Verdict.REFUTED, None: Verdict.UNCHECKED}[said.holds]
        yield Statement(said.start, said.end, verdict, said.why)


def _labels_of(molecule: Molecule, *, bonds: bool) -> list[str]:
    found = stereo_of(molecule)
    return [label for _, label in (found.bonds if bonds else found.centres)]


def _decided(found: re.Match[str], holds: bool, why: str, atoms: tuple[tuple[int, ...], ...] = ()) -> Statement:
    verdict = Verdict.SUPPORTED if holds else Verdict.REFUTED
    return Statement(found.start(), found.end(), verdict, "" if holds else why, atoms)


def _counter(found: re.Match[str]) -> Callable[[Molecule], int] | None:
    """How that is counted which a number stands before; None where the words name nothing that is counted here."""
    what = found["what"].lower()
    if what in ("ring", *_SINGULAR) and found["number"].lower() not in _ONE:
        return None  # "two ring substituents", "three nitrogen heterocycles"
    if what in ("ring", *_SINGULAR) and _OF_ANOTHER.match(found.string, found.end()):
        return None  # "one ring nitrogen", "one oxygen bridge"
    if found["atoms"]:
        return _atoms_counter(what)
    if "bond" in what and what.startswith("h"):
        donors = "donor" in what
        return lambda m: int(rdMolDescriptors.CalcNumHBD(m.mol) if donors else rdMolDescriptors.CalcNumHBA(m.mol))
    if what.startswith("ring"):
        aromatic = found["aromatic"] is not None
        return lambda m: int(
            rdMolDescriptors.CalcNumAromaticRings(m.mol) if aromatic else m.mol.GetRingInfo().NumRings()
        )
    if found["aromatic"]:
        return None
    if what.startswith(("stereo", "chiral")):
        return lambda m: len(labelled_centres(m.mol, unassigned=True))
    if what.startswith("rotatable"):
        return lambda m: int(rdMolDescriptors.CalcNumRotatableBonds(m.mol))
    if what.startswith("heavy"):
        return lambda m: m.heavy_atoms
    if not found["element"] or (number := _element_number(found["element"])) is None:
        return None
    return lambda m: _count_element(m, number)


def _by_lipinski(what: str, molecule: Molecule) -> int | None:
    """Count hydrogen bond donors or acceptors as the rule of five does: N-H and O-H, N and O; both counts are usual."""
    if "donor" in what:
        return int(rdMolDescriptors.CalcNumLipinskiHBD(molecule.mol))
    return int(rdMolDescriptors.CalcNumLipinskiHBA(molecule.mol)) if "acceptor" in what else None


def _atoms_counter(what: str) -> Callable[[Molecule], int] | None:
    if what.startswith("heteroatom"):
        return lambda m: sum(count for number, count in m.elements.items() if number not in (1, 6))
    number = _element_number(what)
    return None if number is None else lambda m: _count_element(m, number)


def _count_element(molecule: Molecule, number: int) -> int:
    if number == 1:
        return int(sum(atom.GetTotalNumHs() for atom in molecule.mol.GetAtoms())) + molecule.elements[1]
    return molecule.elements[number]


@lru_cache(maxsize=1)
def _element_names() -> dict[str, int]:
    table = Chem.GetPeriodicTable()
    return {table.GetElementName(number).lower(): number for number in range(1, 119)} | {"sulphur": 16, "aluminum": 13}


def _element_number(word: str) -> int | None:
    names = _element_names()
    lowered = word.lower()
    return names.get(lowered, names.get(lowered.removesuffix("s")))


def _name(number: int) -> str:
    return str(Chem.GetPeriodicTable().GetElementName(number)).lower()


def _atoms_of(formula: str) -> dict[str, int]:
    """Count the atoms of a formula; its charge is left out."""
    atoms: dict[str, int] = {}
    for element, count in re.findall(r"([A-Z][a-z]?)(\d*)", formula):
        atoms[element] = atoms.get(element, 0) + int(count or 1)
    return atoms


_MASS_TOLERANCE = 0.6
"""Within this a mass is the stated one, rounded."""
