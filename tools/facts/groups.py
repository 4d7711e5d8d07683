"""Where a group is in a molecule, and how often: by the lexicon, by shorthand, by element, bond or ring."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from molreflect.tools.errors import InputError, shorten
from molreflect.tools.facts.parts import ELEMENTS, Places, part_named
from molreflect.tools.facts.positions import function_carbons
from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.match import Hits, MatchTimeoutError, find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level

MAX_PLACES = 64
"""Most places of a group that are searched for."""
SMARTS = "smarts:"
"""What stands before a pattern that is given as SMARTS."""
MAX_WORDS = 200
"""Characters of the longest name of a group that is looked up."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a group is."""

    words: str
    name: str = ""
    """What the words were read as; empty where they could not be."""
    counted: str = ""
    """What exactly was counted."""
    count: int = 0
    atoms: Places = ()
    """0-based RDKit atom indices of each place."""
    pattern: str = ""
    """SMARTS; empty for rings, atoms by kind and the like."""
    level: str = "exact"
    """How strictly it was found; see `Level`."""
    why_not: str = ""
    """Why the words could not be read."""
    offers: tuple[str, ...] = ()
    """Names that they resemble."""
    more: bool = False
    """Whether there may be more places than were searched for."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def locate(words: str, molecule: Molecule, resources: Resources) -> Located:
    """Find a group in a molecule, and count it.

    Args:
        words: A group, class, ring, element, bond or kind of atom: "nitrile", "COOH", "Br", "rings", "C=O bonds".
        molecule: Where it is looked for.
        resources: Where words are looked up.
    """
    text = words.strip() if words.startswith(SMARTS) else _alone(" ".join(words.strip().strip("\"'`?.!,;:").split()))
    if text.startswith(SMARTS):
        return _by_smarts(words, text.removeprefix(SMARTS), molecule)
    if not text or len(text) > MAX_WORDS:
        return Located(
            words, why_not="there is no group to look for" if not text else f"{shorten(text)} is too long for a group"
        )
    known = shorthand(text)
    part = part_named(text) or (part_named(known) if known is not None and not known.startswith(SMARTS) else None)
    if part is not None:
        places = part.find(molecule)
        count = part.count(molecule) if part.count is not None else len(places)
        return Located(words, part.name, part.counted, count, places)
    if known is not None and known.startswith(SMARTS):
        pattern = known.removeprefix(SMARTS)
        hits = find(molecule, pattern, floor=Level.NEUTRAL, max_hits=MAX_PLACES)
        name = next((word for word in _shorthands() if word.casefold() == text.casefold()), text)
        return _located(words, Located(words, name, name, pattern=pattern), [hits] if hits else [])
    within = _element_within(words, text, molecule, resources) or _carbonyl_of(words, text, molecule, resources)
    return within if within is not None else _by_lexicon(words, known or text, molecule, resources)


def _by_smarts(words: str, pattern: str, molecule: Molecule) -> Located:
    """Find a pattern that is given as SMARTS."""
    if not pattern or len(pattern) > MAX_WORDS:
        return Located(words, why_not=f"{shorten(pattern)} is no pattern of at most {MAX_WORDS} characters")
    try:
        hits = find(molecule, pattern, floor=Level.FLAT, max_hits=MAX_PLACES)
    except InputError as error:
        return Located(words, why_not=str(error))
    except MatchTimeoutError:
        return Located(words, why_not=f"the search for {shorten(pattern)} took too long in this molecule")
    name = f"hit of {pattern}"
    return _located(words, Located(words, name, name, pattern=pattern), [hits] if hits else [])


_ADJECTIVAL = {
    "phenolic": "phenol", "alcoholic": "alcohol", "ketonic": "ketone", "aldehydic": "aldehyde", "amidic": "amide",
    "ethereal": "ether", "etheric": "ether", "olefinic": "alkene", "acetylenic": "alkyne", "thiolic": "thiol",
    "anilinic": "aniline", "lactonic": "lactone", "esteric": "ester", "carboxylic": "carboxylic acid",
    "acidic": "carboxylic acid", "nitrilic": "nitrile", "imidic": "imide", "thioetheric": "thioether",
}  # fmt: skip


_YL = re.compile(r"(?P<ring>[a-z]{4,20})-\d-yl(?: (?:ring|group|moiety|substituent|residue))?", re.IGNORECASE)
"""A ring as a substituent: furan-2-yl."""


def noun_of(words: str) -> str:
    """Write an adjective of a group as the group itself: phenolic, phenol; furan-2-yl, furan ring."""
    if (ring := _YL.fullmatch(words)) is not None:
        return f"{ring['ring']} ring"
    return _ADJECTIVAL.get(words.casefold(), words)


def _alone(words: str) -> str:
    """Read an adjective by itself: "the phenolic one" is the hydroxyl of a phenol."""
    return "phenol OH" if words.casefold() == "phenolic" else noun_of(words)


def containing(words: str) -> tuple[str, str] | None:
    """Part "sulfur-containing heterocycle" into the element's name and the group; None for other words."""
    element, found, noun = words.casefold().partition("-containing ")
    return (element, noun) if found and element in ELEMENTS and noun else None


def _element_within(words: str, text: str, molecule: Molecule, resources: Resources) -> Located | None:
    """Find an element within a group: "amide N", "carbonyl carbon"."""
    group, _, last = text.removesuffix(" atom").removesuffix(" atoms").rpartition(" ")
    last = {"proton": "hydrogen", "protons": "hydrogens"}.get(last.casefold(), last)
    group = noun_of(group)
    element = part_named(last)
    capitals = last.removesuffix("s").isupper() and shorthand(last) is not None
    if group and capitals and (element is None or " bond" in element.name):
        return _within_group(words, group, last, molecule, resources)
    if not group or element is None or len(element.name.split()) != 2 or not element.name.endswith(" atom"):
        return None
    if element.name == "hydrogen atom" and group.upper() in _BEARERS:
        bearers = part_named(_BEARERS[group.upper()])
        assert bearers is not None
        return _hydrogens_of(words, f"{group[0].upper()}-H", bearers.find(molecule), molecule)
    outer = locate(group, molecule, resources)
    if outer.why_not:
        return None
    if element.name == "hydrogen atom" and outer.name not in ("aromatic ring", "ring"):
        return _hydrogens_of(words, outer.name, outer.atoms, molecule)
    wanted = {place[0] for place in element.find(molecule)}
    places: Places = outer.atoms
    if element.name == "carbon atom" and "amino acid" not in outer.name:
        places = tuple(function_carbons(molecule, place) for place in places)
    bridging = element.name == "oxygen atom" and outer.name in _BRIDGED and not last.endswith("s")
    atoms = tuple(dict.fromkeys((atom,) for place in places for atom in place if atom in wanted))
    if bridging:  # the other oxygen is the carbonyl's
        atoms = tuple(each for each in atoms if molecule.mol.GetAtomWithIdx(each[0]).GetDegree() > 1)
    name = f"{element.name} of {outer.name}"
    return Located(words, name, f"{element.counted} of {outer.name}", len(atoms), atoms)


_BEARERS = {"NH": "nitrogen", "OH": "oxygen", "SH": "sulfur", "CH": "carbon"}


def _hydrogens_of(words: str, name: str, places: Places, molecule: Molecule) -> Located:
    """Count the hydrogens of a group: those on its heteroatoms, else those on its functional carbons, else all."""
    mol = molecule.mol

    def bearing(atoms: Iterable[int]) -> list[int]:
        return [a for a in dict.fromkeys(atoms) if mol.GetAtomWithIdx(a).GetTotalNumHs(includeNeighbors=True)]

    every = [atom for place in places for atom in place]
    hetero = bearing(a for a in every if mol.GetAtomWithIdx(a).GetAtomicNum() != 6)
    found = hetero or bearing(a for place in places for a in function_carbons(molecule, place)) or bearing(every)
    count = sum(mol.GetAtomWithIdx(a).GetTotalNumHs(includeNeighbors=True) for a in found)
    counted = "hydrogen atoms, at the atoms that bear them"
    return Located(
        words, f"{name} hydrogen" if "-H" in name else f"hydrogen of {name}", counted, count, tuple((a,) for a in found)
    )


_BRIDGED = frozenset({"carboxylic ester", "lactone"})
"""Groups whose oxygen, in the singular, is the one between two carbons."""
_CARBONYL_GROUPS = (
    "ketone",
    "aldehyde",
    "ester",
    "amide",
    "acid",
    "lactone",
    "lactam",
    "imide",
    "anhydride",
    "urea",
    "carbamate",
    "carboxylic acid",
    "carboxylate",
    "enone",
    "quinone",
    "carbonate",
    "acyl chloride",
)
_INNER = {"carbonyl": "carbonyl", "hydroxyl": "OH", "hydroxy": "OH"}


def is_within_group(text: str) -> bool:
    """Whether words name the carbonyl or hydroxyl of another group: "ketone carbonyl", "acid hydroxyl"."""
    head, _, last = text.casefold().removesuffix(" group").removesuffix(" groups").rpartition(" ")
    return last.removesuffix("s") in _INNER and noun_of(head) in _CARBONYL_GROUPS


def _carbonyl_of(words: str, text: str, molecule: Molecule, resources: Resources) -> Located | None:
    """Find "ketone carbonyl": the atoms of a group that are those of another, too."""
    if not is_within_group(text):
        return None
    head, _, last = text.casefold().removesuffix(" group").removesuffix(" groups").rpartition(" ")
    return _within_group(words, noun_of(head), _INNER[last.removesuffix("s")], molecule, resources)


def _within_group(words: str, group: str, inner: str, molecule: Molecule, resources: Resources) -> Located | None:
    """Find a group in shorthand that belongs to another: "phenol OH", "amide NH"."""
    outer, own = locate(group, molecule, resources), locate(inner, molecule, resources)
    if outer.why_not or own.why_not:
        return None
    around = [set(place) for place in outer.atoms]
    atoms = tuple(place for place in own.atoms if any(set(place) <= each for each in around))
    return Located(words, f"{inner} of {outer.name}", f"{inner} within {outer.name}", len(atoms), atoms)


def _by_lexicon(words: str, text: str, molecule: Molecule, resources: Resources) -> Located:
    found: tuple[Interpretation, ...] = ()
    for spelling in dict.fromkeys(_spellings(text)):
        found = tuple(m for m in interpret(spelling, resources, molecule=molecule) if not m.unread)
        if found:
            break
    if not found:  # or a word of it was compared with nothing: "terminal" of "terminal methyl"
        return _unknown(words, text, resources)
    best: Located | None = None
    for meaning in found:
        hits = []
        for pattern in meaning.patterns:
            try:
                hit = find(molecule, pattern, floor=meaning.floor, max_hits=MAX_PLACES)
            except MatchTimeoutError:
                return Located(
                    words, meaning.name, why_not=f"the search for {meaning.name} took too long in this molecule"
                )
            if hit is not None:
                hits.append(hit)
        # What the molecule as a whole is ("benzenes") is asked of its part ("benzene") here.
        located = _located(words, Located(words, meaning.name, meaning.name, pattern=meaning.patterns[0]), hits)
        if best is None or (located.count and not best.count):
            best = located
    assert best is not None
    return best


def _located(words: str, empty: Located, hits: list[Hits]) -> Located:
    """Put the places of several patterns together, each atom set once, one within another not twice."""
    places: list[tuple[int, ...]] = []
    strict = [hit for hit in hits if hit.level in (Level.EXACT, Level.FLAT)] or hits
    for hit in strict:
        for atoms in hit.atoms:
            own = set(atoms)
            if not any(own <= set(other) or own >= set(other) for other in places):
                places.append(atoms)
    if not places:
        return empty
    return replace(
        empty,
        count=len(places),
        atoms=tuple(places),
        pattern=strict[0].pattern,
        level=str(strict[0].level),
        more=any(hit.capped for hit in strict),
    )


def _unknown(words: str, text: str, resources: Resources) -> Located:
    why_not = f"I know no structure for {shorten(text)}"
    return Located(words, why_not=why_not, offers=closest_groups(text, resources))


def _spellings(text: str) -> list[str]:
    low = text if any(c.isdigit() for c in text) else text.lower()
    bare = re.sub(
        r"\b(?:grp|gp|groups?|moiet(?:y|ies)|units?|functions?|functional groups?|functionalit(?:y|ies)|residues?|bits?"
        r"|parts?|pieces?|linkers?)$",
        "",
        low,
    ).strip(" -")
    forms = [text, low, bare, f"{bare} group"]
    if bare.endswith("s") and not bare.endswith(("ss", "us", "is")):
        forms += [bare[:-1], f"{bare[:-1]} group"]
    if bare.endswith("ic"):
        forms.append(f"{bare} acid")
    forms.append(f"{bare} ring")
    return [form for form in forms if form]


@cache
def _shorthands() -> dict[str, str]:
    text = files("molreflect.tools.facts").joinpath("data/shorthands.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    return {str(word): str(meaning) for meaning, words in table["names"].items() for word in words} | {
        str(word): f"{SMARTS}{smarts}" for word, smarts in table["patterns"].items()
    }


def shorthand(text: str) -> str | None:
    """Read chemists' shorthand ("COOH", "acid", "OMe"): a name, or `smarts:` and a pattern; None for other words."""
    table = _shorthands()
    bare = re.sub(
        r"\s+(?:grp|gp|groups?|moiet(?:y|ies)|units?|functions?|functional groups?|parts?|bits?|substituents?)$",
        "",
        text,
    ).lstrip("-\u2013")
    for form in (text, text.rstrip("s"), bare, bare.rstrip("s"), bare.casefold(), bare.casefold().rstrip("s")):
        if form in table:
            return table[form]
    low = bare.casefold()
    return _in_small_letters().get(low) or _in_small_letters().get(low.removesuffix("s"))


@cache
def _in_small_letters() -> dict[str, str]:
    """Shorthand by how it is typed in a hurry ("nh2", "cooh"), where that means one thing and is no other word."""
    found: dict[str, set[str]] = {}
    for word, meaning in _shorthands().items():
        if any(c.isdigit() for c in word) or word in ("COOH", "CHO", "OMe", "OEt", "OAc", "tBu", "iPr"):
            found.setdefault(word.casefold(), set()).add(meaning)
    found |= {"oh": {_shorthands()["OH"]}, "nh": {_shorthands()["NH"]}, "sh": {_shorthands()["SH"]}}
    return {word: next(iter(meanings)) for word, meanings in found.items() if len(meanings) == 1}


@lru_cache(maxsize=4096)
def closest_groups(text: str, resources: Resources, most: int = 3) -> tuple[str, ...]:
    """Names of the lexicon that a misspelt word resembles, nearest first."""
    word = text.casefold().strip()
    if not re.fullmatch(r"[a-z][a-z0-9 -]{2,40}", word):
        return ()
    by_start = _group_names(resources)
    words = [w for size in range(len(word) - 3, len(word) + 4) for w in by_start.get((word[0], size), ())]
    return tuple(difflib.get_close_matches(word, words, n=most, cutoff=0.8))


@lru_cache(maxsize=4)
def _group_names(resources: Resources) -> dict[tuple[str, int], list[str]]:
    """The names of the lexicon, by their first letter and length."""
    found: dict[tuple[str, int], list[str]] = {}
    for entry in resources.lexicon.classes:
        for name in (entry.name, *entry.synonyms):
            if name:
                found.setdefault((name[0], len(name)), []).append(name)
    return found
