"""Whether a molecule is one of a class, and why; and which groups stand in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

from rdkit import Chem
from rdkit.Chem import rdMolDescriptors

from molreflect.tools.english import article_of
from molreflect.tools.errors import shorten
from molreflect.tools.facts.composed import (
    DEGREES,
    composed,
    cyclic_alkane,
    degree_judge,
    independent_rings,
    is_bridged,
    is_by_its_end,
    is_fused,
    is_hydrocarbon,
    is_spiro,
)
from molreflect.tools.facts.configured import centres
from molreflect.tools.facts.groups import closest_groups, containing, shorthand
from molreflect.tools.facts.necessary import lacks
from molreflect.tools.facts.parts import ELEMENTS, Places, part_named
from molreflect.tools.meaning.words import COMPOSED
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Level, Reason, Verdict
from molreflect.tools.verification.absence import in_one_kekule_form, in_tautomer
from molreflect.tools.verification.messages import OTHER_BONDS, is_partly_read
from molreflect.tools.verification.text_check import CheckedClaim, check

_ADVICE = re.compile(r";[^;]*\b(?:drop|quote|tie|give|leave|propose|use|say|name|state|pick)\b[^;]*$")
"""What a message advises a teacher to do."""
_OTHER_BONDS = OTHER_BONDS.partition("}")[2]


@dataclass(frozen=True, slots=True)
class ClassAnswer:
    """Whether a molecule is one of a class."""

    words: str
    holds: bool | None = None
    """None where nothing here decides it."""
    name: str = ""
    because: str = ""
    """What it has, or lacks, in words."""
    atoms: Places = ()
    """0-based RDKit atom indices of what makes it one, or of what contradicts it."""
    pattern: str = ""
    why_not: str = ""
    """Why the words could not be read; empty where they were."""
    offers: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def is_a(words: str, molecule: Molecule, resources: Resources) -> ClassAnswer:
    """Decide whether a molecule is what words say it is.

    Args:
        words: A class ("secondary alcohol", "amino acid"), or an adjective ("aromatic", "chiral", "charged").
        molecule: The molecule.
        resources: Where words are looked up.
    """
    text = " ".join(words.strip().strip("\"'`?.!,;:").split())
    if _PLACED.match(text) is not None:
        return ClassAnswer(words, why_not=f"the position that {shorten(text)} names is not compared")
    if (cyclic := cyclic_alkane(text, molecule)) is not None:
        return ClassAnswer(words, cyclic[0], text.casefold().removesuffix("s"), cyclic[1])
    if (judged := _adjectives().get(text.casefold()) or _by_rings_or_degree().get(text.casefold())) is not None:
        holds, because, atoms = judged(molecule)
        return ClassAnswer(words, holds, text.casefold(), because, atoms)
    if (halogenated := _HALOGENATED.match(text)) is not None and resources.lexicon.find(text) is None:
        return _halogenated(words, text, halogenated, molecule, resources)
    if is_by_its_end(text) or (text.casefold().removesuffix("s") in ("alkyne", "alkene") and is_hydrocarbon(molecule)):
        return _of_composed(words, text, molecule)
    for spelling in _spellings(text):
        claim = _claim_of(spelling, molecule, resources)
        if claim is None:
            continue
        answer = _answered(words, spelling, claim, molecule, resources)
        if answer is not None and answer.holds is None and (missing := lacks(spelling, molecule)):
            return ClassAnswer(words, False, spelling, f"every {spelling} has {missing}")
        if answer is not None:
            return answer
    if composed(text) is not None:
        return _of_composed(words, text, molecule)
    if (both := _described(words, text, molecule, resources)) is not None:
        return both
    if (held := containing(text)) is not None:
        return _containing(words, *held, molecule, resources)
    offers = closest_groups(text, resources)
    return ClassAnswer(words, why_not=f"I know no structural class called {shorten(text)}", offers=offers)


_PLACED = re.compile(r"\d(?:,\d)*-(?:aryl|alkyl|acyl)[a-z]", re.IGNORECASE)
"""A class by the position of something that no name has: "3-arylpropionic acid"."""
_HALOGENATED = re.compile(
    r"^(?P<many>poly)?(?P<kind>halogen|chlorin|bromin|fluorin|iodin)ated(?: (?P<noun>[a-z].+))?$", re.I
)
_HALOGENS = {"halogen": (9, 17, 35, 53), "fluorin": (9,), "chlorin": (17,), "bromin": (35,), "iodin": (53,)}


def _halogenated(words: str, text: str, hit: re.Match[str], molecule: Molecule, resources: Resources) -> ClassAnswer:
    """Decide "halogenated hydrocarbon": the halogens, and the class with hydrogens in their place."""
    numbers = _HALOGENS[hit["kind"].casefold()]
    atoms = tuple(
        (a.GetIdx(),)
        for a in molecule.mol.GetAtoms()
        if a.GetAtomicNum() in numbers and any(n.GetAtomicNum() == 6 for n in a.GetNeighbors())
    )
    least = 2 if hit["many"] else 1
    if len(atoms) < least:
        kind = hit["kind"] if hit["kind"] == "halogen" else f"{hit['kind']}e"
        return ClassAnswer(words, False, text, f"it has {'fewer than two' if atoms else 'no'} {kind} on carbon")
    noun = hit["noun"] or "compound"
    if noun in ("compound", "molecule", "substance", "organic compound"):
        return ClassAnswer(words, True, text, "it has halogen on carbon", atoms)
    known = is_a(noun, molecule, resources)
    if known.holds is not True:
        bare = Chem.RWMol(molecule.mol)
        for (index,) in atoms:
            bare.ReplaceAtom(index, Chem.Atom(1))
        parent = read_molecule(Chem.MolToSmiles(Chem.RemoveHs(bare.GetMol())))
        known = is_a(noun, parent, resources)
    if known.holds is not True:
        return replace(known, words=words, name=text)
    return ClassAnswer(words, True, text, "it has halogen on carbon, and with hydrogen in its place it is one", atoms)


def _of_composed(words: str, text: str, molecule: Molecule) -> ClassAnswer:
    """Decide a class that is put together from its words."""
    made = composed(text)
    assert made is not None
    hits = find(molecule, made.pattern, floor=Level.FLAT)
    because = "" if hits is not None else f"no {made.name} occurs in it"
    return ClassAnswer(words, hits is not None, made.name, because, hits.atoms if hits else (), made.pattern)


def _containing(words: str, element: str, noun: str, molecule: Molecule, resources: Resources) -> ClassAnswer:
    """Decide "sulfur-containing heterocycle": the element in a ring; of other classes, anywhere in the molecule."""
    text = f"{element}-containing {noun}"
    known = is_a(noun, molecule, resources)
    if known.why_not or known.holds is not True:
        return replace(known, words=words, name=text)
    number = Chem.GetPeriodicTable().GetAtomicNumber(ELEMENTS[element])
    ring = noun.removesuffix("s") in _RINGS
    atoms = tuple(
        (a.GetIdx(),) for a in molecule.mol.GetAtoms() if a.GetAtomicNum() == number and (a.IsInRing() or not ring)
    )
    where = "a ring of it" if ring else "it"
    return ClassAnswer(words, bool(atoms), text, f"{where} has {element if atoms else 'no ' + element}", atoms)


_RINGS = frozenset({"heterocycle", "ring", "heteroarene", "heterocyclic compound", "heteroaromatic compound", "cycle"})


def _described(words: str, text: str, molecule: Molecule, resources: Resources) -> ClassAnswer | None:
    """Decide an adjective and a class that the lexicon does not name together ("cyclic ester", "chiral alcohol").

    An adjective of rings says something of the group itself, which this decides where all of it lies in one ring, or
    where the molecule has no ring at all; else it stays open.
    """
    adjective, _, noun = text.casefold().partition(" ")
    judged = _adjectives().get(adjective)
    if judged is None or not noun:
        return None
    known = is_a(noun, molecule, resources)
    if known.why_not:
        return None
    holds, because, atoms = judged(molecule)
    if known.holds is False or not holds:
        reason = because if not holds else known.because
        return ClassAnswer(words, False, text, reason, atoms if not holds else known.atoms)
    if known.holds and adjective in _OF_THE_GROUP:
        rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
        inner = [{i for i in place if molecule.mol.GetAtomWithIdx(i).GetDegree() > 1} for place in known.atoms]
        if adjective == "aromatic" or not any(place and any(place <= ring for ring in rings) for place in inner):
            return ClassAnswer(words, None, text, f"it is {noun}, and {because}; whether both mean one place is open")
    return ClassAnswer(words, known.holds, text, "" if known.holds else known.because, known.atoms, known.pattern)


_OF_THE_GROUP = frozenset({"cyclic", "heterocyclic", "aromatic", "monocyclic", "bicyclic"})
"""Adjectives that, before a class, may mean the group and not the molecule."""


def _spellings(text: str) -> list[str]:
    low = text if any(c.isdigit() for c in text) else text.casefold()
    forms = [low]
    for word in (low, low.removesuffix(" compound"), low.removesuffix(" molecule")):
        if (known := shorthand(word)) is not None and not known.startswith("smarts:"):
            forms.append(known)
        forms.append(word)
        if word.endswith("s") and not word.endswith("ss"):
            forms.append(word[:-1])
        if word.startswith("organo") and not word.endswith("compound"):
            forms.append(f"{word} compound")
        if word.endswith("ic"):
            forms += [f"{word} compound", f"{word} acid"]
        if word.endswith(" acid"):
            forms.append(f"{word.removesuffix('acid')}carboxylic acid")  # hydroxy acid
    return list(dict.fromkeys(form for form in forms if form))


def _claim_of(name: str, molecule: Molecule, resources: Resources) -> CheckedClaim | None:
    """Read "The molecule is a ..." as a text that claims it."""
    opening = f"The molecule is {article_of(name)} "
    found = check(molecule, f"{opening}{name}.", resources)
    whole = [c for c in found.claims if c.start <= len(opening) + 2 and c.end >= len(opening) + len(name) - 1]
    return whole[0] if whole else None


def _answered(
    words: str, name: str, claim: CheckedClaim, molecule: Molecule, resources: Resources
) -> ClassAnswer | None:
    if claim.verdict is Verdict.SUPPORTED and (is_partly_read(claim.message) or _is_passed_over(name, resources)):
        return None  # "polyunsaturated C18 fatty acid", of which the fatty acid alone was read
    if claim.verdict is Verdict.SUPPORTED:
        known = resources.lexicon.find(name)
        because = _small(known.definition.rstrip(".")) if known is not None and claim.atoms else ""
        return ClassAnswer(words, True, name, because, claim.atoms, claim.pattern or "")
    if claim.verdict is Verdict.REFUTED:
        because = told_to_people(claim)
        if claim.reason is Reason.ABSENT:
            entry = resources.lexicon.find(name)
            because = f"it has no {entry.name if entry is not None else name}"
            if entry is not None and entry.definition:
                because = f"what makes one does not occur in it ({entry.definition.rstrip('.')})"
        return ClassAnswer(words, False, name, because, claim.atoms, claim.pattern or "")
    entry = resources.lexicon.find(name)
    if entry is None and claim.reason is Reason.NO_READING:
        return None
    if entry is not None and _is_skeleton_alone(claim, entry.patterns, molecule, entry.level):
        because = f"what makes one does not occur in it ({entry.definition.rstrip('.')})"
        return ClassAnswer(words, False, name, because, (), claim.pattern or "")
    if (
        entry is not None
        and entry.absence == "unchecked"
        and all(find(molecule, pattern, floor=entry.level) is None for pattern in entry.patterns)
    ):
        because = f"none of the forms of {name} that I know occurs in it, but the word is used more widely"
        return ClassAnswer(words, None, name, because)
    return ClassAnswer(words, None, name, told_to_people(claim))


def _is_passed_over(name: str, resources: Resources) -> bool:
    """Whether a name begins with an adjective of molecules that a caption's reader passes over: "bicyclic alcohol"."""
    first = name.casefold().partition(" ")[0]
    return first in COMPOSED["claimless"] and is_adjective(first) and resources.lexicon.find(name) is None


def _small(sentence: str) -> str:
    """Write the first letter small, but for what is no word: "N-acyl ..."."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() or sentence[1:2] == " " else sentence


def _is_skeleton_alone(claim: CheckedClaim, patterns: Sequence[str], molecule: Molecule, level: Level) -> bool:
    """Whether a molecule has the atoms of a class with other bonds or hydrogens alone.

    That leaves a phrase of a caption open, which may speak of what a compound came from ("the phenol is methylated").
    A question whether the compound itself is one is decided by the definition: anisole is no phenol.
    """
    if claim.reason is not Reason.ABSENCE_UNDECIDED or not claim.message.endswith(_OTHER_BONDS):
        return False
    return not any(
        find(molecule, pattern, floor=level) is not None
        or in_one_kekule_form(molecule, pattern)
        or in_tautomer(molecule, pattern)
        for pattern in patterns
    )


def told_to_people(claim: CheckedClaim) -> str:
    """Say why a claim has its verdict, without the advice that a teacher is given."""
    if not claim.message:
        return str(Reason(claim.reason).sentence)
    said = re.sub(r";[^;]*$", "", claim.message) if _ADVICE.search(claim.message) else claim.message
    return re.sub(r"^the molecule is no [^:]*: ", "", _without_patterns(said, claim))


_PATTERN_IN_BRACKETS = re.compile(r" \((?=[^\s]*[\[\]=#;!$])[^\s]+\)")


def _without_patterns(said: str, claim: CheckedClaim) -> str:
    """Say in words what a message says with a SMARTS pattern, which stands beside it for programs."""
    if claim.pattern and claim.pattern in said:
        if claim.reason is Reason.ABSENT:
            return "it is not in the molecule"
        said = said.replace(f" of {claim.pattern}", "").replace(f"{claim.pattern}: the pattern", "what it means")
        said = said.replace(claim.pattern, f"what {claim.phrase!r} means")
    return _PATTERN_IN_BRACKETS.sub("", said)


Judged = tuple[bool, str, Places]


@cache
def _by_rings_or_degree() -> dict[str, Callable[[Molecule], Judged]]:
    """Words that a question may use of a molecule, and that stand within the names of parts, too ("fused rings")."""
    table: dict[str, Callable[[Molecule], Judged]] = {degree: degree_judge(degree) for degree in DEGREES}
    for judged, stem, more in (
        (is_spiro, "spiro", ("spirocycle", "spirocyclic")),
        (is_fused, "fused", ()),
        (is_bridged, "bridged", ()),
    ):
        words = (stem, *(f"{stem} {noun}" for noun in ("compound", "ring", "ring system", "system", "cycle")), *more)
        table |= dict.fromkeys(words, judged)
    return table


@cache
def _adjectives() -> dict[str, Callable[[Molecule], Judged]]:
    def by_part(words: str, has: str, lacks: str) -> Callable[[Molecule], Judged]:
        part = part_named(words)
        assert part is not None

        def judged(molecule: Molecule) -> Judged:
            places = part.find(molecule)
            return bool(places), has if places else lacks, places

        return judged

    def negated(other: Callable[[Molecule], Judged]) -> Callable[[Molecule], Judged]:
        def judged(molecule: Molecule) -> Judged:
            holds, because, atoms = other(molecule)
            return not holds, because, atoms

        return judged

    aromatic = by_part("aromatic ring", "it has an aromatic ring", "it has no aromatic ring")
    cyclic = by_part("ring", "it has a ring", "it has no ring")
    table: dict[str, Callable[[Molecule], Judged]] = {
        "aromatic": aromatic,
        "an aromatic": aromatic,
        "non-aromatic": negated(aromatic),
        "aliphatic": negated(aromatic),
        "cyclic": cyclic,
        "acyclic": negated(cyclic),
        "open-chain": negated(cyclic),
        "heterocyclic": by_part(
            "heterocycle", "a ring of it has an atom other than carbon", "no ring of it has an atom other than carbon"
        ),
        "heterocycle": by_part(
            "heterocycle", "a ring of it has an atom other than carbon", "no ring of it has an atom other than carbon"
        ),
        "aromatic heterocycle": by_part(
            "heteroaromatic ring", "a heterocyclic ring of it is aromatic", "no heterocyclic ring of it is aromatic"
        ),
        "halogenated": by_part("halogen", "it has halogen atoms", "it has no halogen atom"),
        "unsaturated": _unsaturated,
        "saturated": negated(_unsaturated),
        "charged": _charged,
        "cationic": lambda m: _of_sign(m, 1),
        "anionic": lambda m: _of_sign(m, -1),
        "ionic": _ionic,
        "neutral": negated(_charged),
        "chiral": is_chiral,
        "optically active": is_chiral,
        "achiral": negated(is_chiral),
        "organic": by_part("C", "it has carbon", "it has no carbon"),
        "inorganic": negated(by_part("C", "it has carbon", "it has no carbon")),
        "branched": _branched,
        "polycyclic": _polycyclic,
        "bicyclic": lambda m: _ring_count(m, 2),
        "monocyclic": lambda m: _ring_count(m, 1),
        "tricyclic": lambda m: _ring_count(m, 3),
        "tetracyclic": lambda m: _ring_count(m, 4),
        "salt": _salt,
        "mixture": lambda m: (m.form == "mixture", f"it has {len(m.components)} components", ()),
        "zwitterion": _zwitterion,
        "zwitterionic": _zwitterion,
    }
    return table


def _salt(molecule: Molecule) -> Judged:
    number = len(molecule.components)
    said = f"it is a {molecule.form} of {number} components" if number > 1 else "it is one component"
    return molecule.form == "salt", said, ()


def _unsaturated(molecule: Molecule) -> Judged:
    hits = tuple(
        (bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())
        for bond in molecule.mol.GetBonds()
        if bond.GetBondType() in (Chem.BondType.DOUBLE, Chem.BondType.TRIPLE, Chem.BondType.AROMATIC)
        and bond.GetBeginAtom().GetAtomicNum() == bond.GetEndAtom().GetAtomicNum() == 6
    )
    said = "it has multiple bonds between carbons" if hits else "it has no multiple bond between carbons"
    return bool(hits), said, hits


def _charged(molecule: Molecule) -> Judged:
    net = Chem.GetFormalCharge(molecule.mol)
    return bool(net), f"its net charge is {net:+d}" if net else "its net charge is 0", ()


def _of_sign(molecule: Molecule, sign: int) -> Judged:
    held, said, atoms = _charged(molecule)
    return held and Chem.GetFormalCharge(molecule.mol) * sign > 0, said, atoms


def _ionic(molecule: Molecule) -> Judged:
    charged = any(
        Chem.GetFormalCharge(part) for part in Chem.GetMolFrags(molecule.mol, asMols=True, sanitizeFrags=False)
    )
    return charged, "a component of it is charged" if charged else "no component of it is charged", ()


def _zwitterion(molecule: Molecule) -> Judged:
    atoms = [
        a
        for a in molecule.mol.GetAtoms()
        if a.GetFormalCharge() and not any(n.GetFormalCharge() * a.GetFormalCharge() < 0 for n in a.GetNeighbors())
    ]
    holds = any(a.GetFormalCharge() > 0 for a in atoms) and any(a.GetFormalCharge() < 0 for a in atoms)
    holds = holds and Chem.GetFormalCharge(molecule.mol) == 0 and len(molecule.components) == 1
    said = (
        "it has opposite charges at atoms that are not bound to each other"
        if holds
        else "it has no two opposite charges apart, as it is written"
    )
    return holds, said, tuple((a.GetIdx(),) for a in atoms)


def is_chiral(molecule: Molecule) -> Judged:
    """Chiral as written: another molecule than its mirror image; centres that are open count as one of their forms."""
    found = centres(molecule)
    places = tuple((index,) for index, _ in found)
    if not found:
        return False, "it has no stereocentre", ()
    mol = Chem.Mol(molecule.mol)
    if any(label == "?" for _, label in found):
        return True, "it has stereocentres, some of them left open in what was given", places
    mirror = Chem.Mol(mol)
    for atom in mirror.GetAtoms():
        atom.InvertChirality()
    same = Chem.MolToSmiles(mol) == Chem.MolToSmiles(Chem.MolFromSmiles(Chem.MolToSmiles(mirror)))
    return (
        not same,
        "its stereocentres cancel: it is the same as its mirror image (meso)"
        if same
        else "it differs from its mirror image",
        places,
    )


def _branched(molecule: Molecule) -> Judged:
    query = Chem.MolFromSmarts("[#6;!R]([#6])([#6])[#6]")
    hits = tuple(tuple(hit[:1]) for hit in molecule.mol.GetSubstructMatches(query))
    return (
        bool(hits),
        "its chain branches" if hits else "no carbon of a chain is bound to three others",
        tuple(dict.fromkeys(hits)),
    )


def _polycyclic(molecule: Molecule) -> Judged:
    number = rdMolDescriptors.CalcNumRings(molecule.mol)
    return number > 1, f"it has {number} rings", ()


def _ring_count(molecule: Molecule, wanted: int) -> Judged:
    number = independent_rings(molecule)
    return number == wanted, f"it has {number} rings" if number != 1 else "it has one ring", ()


def is_adjective(words: str) -> bool:
    """Whether a word describes a molecule without naming a class ("aromatic", "chiral")."""
    return " ".join(words.casefold().split()) in _adjectives()


def describes(words: str) -> bool:
    """Whether a word stands without an article behind "is": "aromatic", "secondary", "fused"; "salt" does not."""
    low = " ".join(words.casefold().split())
    adjective = is_adjective(low) and low not in (
        "salt",
        "mixture",
        "zwitterion",
        "heterocycle",
        "aromatic heterocycle",
    )
    return adjective or (low in _by_rings_or_degree() and " " not in low and low != "spirocycle")
