"""What a clause says of the molecule as a whole: acyclic, saturated, achiral, neutral."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rdkit import Chem

from molreflect.tools.facts.classes import is_chiral
from molreflect.tools.facts.composed import is_bridged, is_fused, is_spiro
from molreflect.tools.facts.parts import ELEMENTS, Places, part_named
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Verdict

_FILLING = re.compile(
    r"\b(?:also|therefore|thus|overall|electrically|completely|entirely|purely|an?|molecule|compound|structure|scaffold|skeleton|framework|system)\b"
)
_RINGS = {"monocyclic": 1, "bicyclic": 2, "tricyclic": 3, "tetracyclic": 4, "pentacyclic": 5, "hexacyclic": 6}


def _rings(molecule: Molecule) -> int:
    """Count the rings as names do: bonds to be cut until none is left."""
    mol = molecule.mol
    return int(mol.GetNumBonds() - mol.GetNumAtoms() + len(Chem.GetMolFrags(mol)))


def _saturated(molecule: Molecule) -> bool:
    single = Chem.BondType.SINGLE
    return all(bond.GetBondType() == single for bond in molecule.mol.GetBonds())


def _chiral(molecule: Molecule) -> bool | None:
    chiral, _, _ = is_chiral(molecule)
    part = part_named("open stereocentre")
    return None if chiral and part is not None and part.find(molecule) else chiral


def _symmetric(molecule: Molecule) -> bool | None:
    """Whether the ends of a molecule are equivalent; None where it has equivalent atoms, but no such ends."""
    ranks = list(Chem.CanonicalRankAtoms(molecule.mol, breakTies=False, includeChirality=False))
    if len(set(ranks)) == len(ranks):
        return False
    distances = Chem.GetDistanceMatrix(molecule.mol)
    size, reach = len(ranks), distances.max()
    ends = any(ranks[a] == ranks[b] and distances[a][b] == reach for a in range(size) for b in range(a))
    moved = sum(ranks.count(rank) > 1 for rank in ranks)
    return True if ends and 2 * moved >= size else None


def _hydrocarbon(molecule: Molecule) -> bool:
    return {number for number, count in molecule.elements.items() if count} <= {1, 6}


def _charge(molecule: Molecule) -> int:
    return int(Chem.GetFormalCharge(molecule.mol))


_WORDS: dict[str, Callable[[Molecule], bool | None]] = {
    "acyclic": lambda m: _rings(m) == 0,
    "open-chain": lambda m: _rings(m) == 0,
    "cyclic": lambda m: _rings(m) > 0,
    "saturated": lambda m: _saturated(m),
    "fully saturated": lambda m: _saturated(m),
    "unsaturated": lambda m: not _saturated(m),
    "chiral": _chiral,
    "achiral": lambda m: None if (it := _chiral(m)) is None else not it,
    "neutral": lambda m: _charge(m) == 0,
    "uncharged": lambda m: _charge(m) == 0 and not any(a.GetFormalCharge() for a in m.mol.GetAtoms()),
    "positively charged": lambda m: _charge(m) > 0,
    "negatively charged": lambda m: _charge(m) < 0,
    "hydrocarbon": _hydrocarbon,
    "halogen-free": lambda m: not any(m.elements[z] for z in (9, 17, 35, 53)),
    "symmetric": lambda m: _symmetric(m),
    "symmetrical": lambda m: _symmetric(m),
    "unsymmetric": lambda m: None if (it := _symmetric(m)) is None else not it,
    "unsymmetrical": lambda m: None if (it := _symmetric(m)) is None else not it,
    "spiro": lambda m: is_spiro(m)[0],
    "spirocyclic": lambda m: is_spiro(m)[0],
    "bridged": lambda m: is_bridged(m)[0],
    "fused": lambda m: is_fused(m)[0],
    "aromatic": lambda m: any(a.GetIsAromatic() for a in m.mol.GetAtoms()),
    "non-aromatic": lambda m: not any(a.GetIsAromatic() for a in m.mol.GetAtoms()),
} | {word: (lambda m, n=number: _rings(m) == n) for word, number in _RINGS.items()}


def is_so_of_all(rest: str, molecule: Molecule) -> bool | None:
    """Decide what "is" says of the molecule; None where the words are not understood or nothing decides them."""
    words = " ".join(_FILLING.sub(" ", rest).split())
    holds = _WORDS.get(words)
    return holds(molecule) if holds is not None else _is_a_ring(words, molecule)


def of_only(nouns: Sequence[str], molecule: Molecule) -> tuple[Verdict | None, str, Places]:
    """Decide that a molecule has nothing else: elements, or the kinds of bonds, or of halogens, that it has.

    Args:
        nouns: What is said to be there: "carbon", "hydrogen atoms"; "single bonds".
        molecule: The molecule.
    """
    parts = [part_named(noun) for noun in nouns]
    if any(part is None for part in parts):
        return None, "", ()
    known = [part for part in parts if part is not None]
    if any(not part.find(molecule) for part in known):
        return Verdict.REFUTED, "one of them is not there", ()
    said = {symbol for noun in nouns if (symbol := _symbol(noun)) is not None}
    own = {_TABLE.GetElementSymbol(number) for number, count in molecule.elements.items() if count}
    own |= {"H"} if any(a.GetTotalNumHs() for a in molecule.mol.GetAtoms()) else set()
    if len(said) == len(nouns):
        if own - said - {"H"}:
            return Verdict.REFUTED, "it has other elements", ()
        return (Verdict.UNCHECKED, "it has hydrogen", ()) if own - said else (Verdict.SUPPORTED, "", ())
    if [part.name for part in known] == ["single bond"]:
        return (Verdict.SUPPORTED, "", ()) if _saturated(molecule) else (Verdict.REFUTED, "it has others", ())
    return None, "", ()


def _symbol(noun: str) -> str | None:
    low = noun.lower().removesuffix("s").removesuffix(" atom")
    return ELEMENTS.get(low) or ELEMENTS.get(low.removesuffix("s"))


_TABLE = Chem.GetPeriodicTable()
_RING_NAME = re.compile(r"(?P<kind>(?:(?:saturated|aromatic) )?)(?P<size>[a-z]+-membered) (?P<noun>\w+cycle|ring)")


def _is_a_ring(words: str, molecule: Molecule) -> bool | None:
    """Decide "a saturated six-membered heterocycle" of a molecule with one ring; without such a ring it is none."""
    named = _RING_NAME.fullmatch(words)
    part = part_named(f"{named['size']} {named['noun']}") if named is not None else None
    if named is None or part is None:
        return None
    kind = (
        part_named(f"{named['size']} {named['kind']}ring")
        if named["kind"].strip() in ("saturated", "aromatic")
        else part
    )
    if kind is None or named["kind"].strip() == "unsaturated":
        return None
    there = set(part.find(molecule)) & set(kind.find(molecule))
    return False if not there else True if _rings(molecule) == 1 else None
