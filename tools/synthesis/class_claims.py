"""Classes of the lexicon that a molecule belongs to as written, fit to be said in a caption."""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from rdkit import Chem

from molreflect.tools.lexicon.classes import Lexicon, StructuralClass
from molreflect.tools.meaning.membership import membership_of
from molreflect.tools.molecules.match import match_at
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import Level

_NUMBERED = re.compile(r"(?<![a-z])(mono|di|tri|tetra|penta|hexa|poly)(?=[a-z])")
_COUNT_OF = {"mono": 1, "di": 2, "tri": 3, "tetra": 4, "penta": 5, "hexa": 6}
_PARTS = (" group", " hydroxy", " ring", " atom", " salt", " parent")
"""Ends of names that say a part of a molecule or a bare ring: nobody says that a compound is "a secondary hydroxy"."""
_HYDROXY = frozenset({"acid", "phenol", "alcohol"})


@dataclass(frozen=True, slots=True)
class Choices:
    """Which entries of the lexicon are said; `data/class_claims.toml` says why."""

    families: frozenset[str]
    not_said: frozenset[str]
    broad: frozenset[str]
    vague_groups: frozenset[str]
    plain_heads: frozenset[str]


@cache
def load_choices() -> Choices:
    """Read which entries of the lexicon are said."""
    text = resources.files(__package__).joinpath("data/class_claims.toml").read_text(encoding="utf-8")
    return Choices(**{name: frozenset(words) for name, words in tomllib.loads(text).items()})


@dataclass(frozen=True, slots=True)
class ClassClaim:
    """A class that a molecule belongs to as written."""

    entry: StructuralClass
    atoms: frozenset[int]
    hits: int


class ClassClaims:
    """Finds the classes that a caption can claim of a molecule."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._classes = _claimable(lexicon)

    def find(self, molecule: Molecule) -> list[ClassClaim]:
        """Classes of the lexicon that hold as written: exact matches, whole ring systems, and the right numbers."""
        found: list[ClassClaim] = []
        for entry in self._classes:
            for pattern in entry.patterns:
                read = read_pattern(pattern)
                if not molecule.mol.HasSubstructMatch(read.query):
                    continue
                hits = match_at(molecule, read, Level.EXACT)
                if not hits or not _meant(molecule.mol, entry, read.query, hits):
                    break
                judged = membership_of(entry.name, molecule, self._lexicon)
                if judged.holds is not False and not judged.why:  # nor where only some call it so
                    found.append(ClassClaim(entry, frozenset(i for hit in hits for i in hit), len(hits)))
                break
        return _most_specific(found)


def _claimable(lexicon: Lexicon) -> tuple[StructuralClass, ...]:
    choices = load_choices()
    return tuple(
        entry
        for entry in lexicon.classes
        if entry.group in choices.families
        and entry.scope == "part"
        and entry.name not in choices.not_said
        and not entry.name.endswith(_PARTS)
    )


def _meant(mol: Chem.Mol, entry: StructuralClass, query: Chem.Mol, hits: Sequence[tuple[int, ...]]) -> bool:
    """Whether matches are what the class is about, and not merely what a generous pattern lets pass."""
    if entry.group in ("acid_anion", "ion") and not all(
        any(mol.GetAtomWithIdx(i).GetFormalCharge() for i in hit) for hit in hits
    ):
        return False  # "acetate" is an ion here, though the ester is spoken of in the same way
    if entry.group in _HYDROXY and not all(any(_bears(mol, i, entry.group) for i in hit) for hit in hits):
        return False  # "salicylic acid" has synonyms that its esters share
    units = [Chem.MolToSmarts(unit) for unit in Chem.GetMolFrags(query, asMols=True, sanitizeFrags=False)]
    if len(units) > 1:
        # "diol" is two hydroxy groups anywhere, so the molecule must have just two; a "hydroxy ester" says nothing
        # about where the two are, and is not said at all.
        unit = Chem.MolFromSmarts(units[0])
        return len(set(units)) == 1 and len(mol.GetSubstructMatches(unit)) == len(units)
    if entry.group == "amide" and any(_aromatic_carbonyl(mol, i) for hit in hits for i in hit):
        return False  # xanthine is no urea
    return not entry.ring or all(_whole_rings(mol, query, hit) for hit in hits)


def _aromatic_carbonyl(mol: Chem.Mol, index: int) -> bool:
    atom = mol.GetAtomWithIdx(index)
    return bool(atom.GetIsAromatic()) and any(
        b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(atom).GetAtomicNum() in (8, 16)
        for b in atom.GetBonds()
    )


def _whole_rings(mol: Chem.Mol, query: Chem.Mol, hit: Sequence[int]) -> bool:
    """Whether a match is a ring system as a whole: piperidine is no class of tropane, nor oxepane of a bridged ring."""
    inside = set(hit)
    ring_bonds = {bond.GetIdx() for i in inside for bond in mol.GetAtomWithIdx(i).GetBonds() if bond.IsInRing()}
    bonds = [mol.GetBondWithIdx(b) for b in ring_bonds]
    if any(b.GetBeginAtomIdx() not in inside or b.GetEndAtomIdx() not in inside for b in bonds):
        return False
    Chem.FastFindRings(query)
    return len(ring_bonds) == sum(int(bond.IsInRing()) for bond in query.GetBonds())


def _bears(mol: Chem.Mol, index: int, group: str) -> bool:
    """Whether an atom is the hydroxy oxygen that makes an acid, a phenol or an alcohol."""
    atom = mol.GetAtomWithIdx(index)
    if atom.GetAtomicNum() not in (8, 16) or not atom.GetTotalNumHs() or not atom.GetDegree():
        return False
    bearer = atom.GetNeighbors()[0]
    if group == "phenol":
        return bool(bearer.GetIsAromatic())
    doubly = any(
        b.GetBondType() == Chem.BondType.DOUBLE and b.GetOtherAtom(bearer).GetAtomicNum() in (7, 8, 16)
        for b in bearer.GetBonds()
    )
    return doubly or bearer.GetAtomicNum() != 6 if group == "acid" else not doubly and bearer.GetAtomicNum() == 6


def _most_specific(claims: list[ClassClaim]) -> list[ClassClaim]:
    """Drop what another claim says better: "diol" beside "triol", "carboxylic acid" beside "monocarboxylic acid"."""
    highest: dict[str, int] = {}
    for claim in claims:
        if (number := _NUMBERED.search(claim.entry.name)) is not None and number[1] in _COUNT_OF:
            family = _NUMBERED.sub("#", claim.entry.name, count=1)
            highest[family] = max(highest.get(family, 0), _COUNT_OF[number[1]])
    kept = []
    for claim in claims:
        number = _NUMBERED.search(claim.entry.name)
        if number is not None:
            count = _COUNT_OF.get(number[1], 0)
            if count < highest.get(_NUMBERED.sub("#", claim.entry.name, count=1), 0):
                continue
            if count == 1 and claim.hits != 1:
                continue
        narrower = (
            other
            for other in claims
            if other is not claim and other.entry.name.endswith(claim.entry.name) and claim.atoms <= other.atoms
        )
        if next(narrower, None) is None:
            kept.append(claim)
    anhydride = frozenset(i for c in kept if c.entry.name.endswith("anhydride") for i in c.atoms)
    # An anhydride holds the atoms of an ester twice, and is none.
    return [
        c for c in kept if c.entry.group != "ester" or c.entry.name.endswith("anhydride") or not c.atoms & anhydride
    ]


def in_speaking_order(claims: Sequence[ClassClaim], rng: random.Random) -> list[ClassClaim]:
    """Claims in the order in which they are said: telling ones early more often than not."""
    weights = [0.15 if c.entry.name in load_choices().broad else 1.0 + 0.15 * len(c.atoms) / c.hits for c in claims]
    keyed = [(rng.random() ** (1 / weight), n) for n, weight in enumerate(weights)]
    ordered = [claims[n] for _, n in sorted(keyed, reverse=True)]
    first = next((c for c in ordered if c.entry.name not in load_choices().broad), ordered[0])
    return [first, *(c for c in ordered if c is not first)]


def takes_member_of(entry: StructuralClass) -> bool:
    """Whether captions say "a member of pyridines" rather than "a pyridine"."""
    return entry.name.endswith("s") or (entry.ring and not entry.name.endswith(tuple(load_choices().plain_heads)))
