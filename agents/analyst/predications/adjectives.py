"""What a clause says with "is" of one atom or group: its degree, what it belongs to, whether it is methylated."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdkit import Chem

from molreflect.agents.analyst.predications.places import Nouns, position_in, ring_numbers, touches
from molreflect.agents.analyst.predications.subject import number_of
from molreflect.tools.facts.composed import DEGREES, degrees_in
from molreflect.tools.facts.configured import centres
from molreflect.tools.facts.groups import noun_of
from molreflect.tools.facts.stereo import stereo_of

_FILLING = re.compile(
    r"^(?:(?:both|all|each|also|located|found|situated|placed|positioned|therefore|thus|itself|present)\s+)+"
)
_HYBRID = re.compile(r"(?P<kind>sp[23]?)(?:[- ]hybridi[sz]ed)?(?: carbons?)?")
_BELONGS = re.compile(
    r"(?:part of|in|inside|within|a member of|members of|a component of|to|up)\s+(?:an?|the|its|one)\s+(?P<noun>.+)"
)
_CLASS = re.compile(r"(?:that of |those of |from )?an?\s+(?P<noun>.+)")
_OF_A_KIND = re.compile(r"(?P<noun>(?:[a-z0-9-]+ )?(?:groups|alcohols|amines|esters|amides|ketones|phenols|carbons))")
_ON = re.compile(r"(?:on|onto|off|from) (?:the|an?|its) (?P<noun>.+)")
_ATOM = re.compile(r"(?:at )?(?:atom|index|position)\s+(?:number\s+|index\s+|no\.?\s+)?(?P<index>\d{1,4})")
_SUBSTITUTED = {
    "methylated": "methyl group",
    "acetylated": "acetyl group",
    "ethylated": "ethyl group",
    "phenylated": "phenyl group",
    "benzylated": "benzyl group",
    "hydroxylated": "hydroxy group",
    "chlorinated": "chlorine",
    "fluorinated": "fluorine",
    "brominated": "bromine",
    "iodinated": "iodine",
    "methoxylated": "methoxy group",
    "n-methylated": "methyl group",
    "n-acetylated": "acetyl group",
    "nitrated": "nitro group",
    "sulfonylated": "sulfonyl group",
    "acylated": "carbonyl group",
}
_BESIDE = {"benzylic": "[CX4;$(Cc)]", "allylic": "[CX4;$(C[CX3]=[CX3])]", "propargylic": "[CX4;$(CC#C)]"}
_SUBSTITUENTS = tuple(f"{number}substituted" for number in ("un", "mono", "di", "tri", "tetra", "penta", "hexa"))
_PREFIXES = ("", "mono", "di", "tri", "tetra")
_TIMES = re.compile(rf"(?P<times>mono|di|tri|tetra)(?P<what>{'|'.join(_SUBSTITUTED)})")
_OF_ATOMS: dict[str, Callable[[Chem.Atom], bool]] = {
    "aromatic": lambda a: a.GetIsAromatic(),
    "charged": lambda a: a.GetFormalCharge() != 0,
    "positively charged": lambda a: a.GetFormalCharge() > 0,
    "negatively charged": lambda a: a.GetFormalCharge() < 0,
    "cationic": lambda a: a.GetFormalCharge() > 0,
    "anionic": lambda a: a.GetFormalCharge() < 0,
    "uncharged": lambda a: a.GetFormalCharge() == 0,
    "exocyclic": lambda a: not a.IsInRing(),
    "outside the ring": lambda a: not a.IsInRing(),
    "outside it": lambda a: not a.IsInRing(),
    "endocyclic": lambda a: a.IsInRing(),
    "inside it": lambda a: a.IsInRing(),
}


def is_so(rest: str, anchor: tuple[int, ...], nouns: Nouns) -> bool | None:
    """Decide what "is" says of one place; None where the words are not understood or nothing decides them."""
    text = _FILLING.sub("", rest.strip())
    mol = nouns.molecule.mol
    atoms = [mol.GetAtomWithIdx(index) for index in anchor]
    if (of_atom := _OF_ATOMS.get(text)) is not None:
        return all(map(of_atom, atoms))
    if text in DEGREES:
        return _has_degree(text, anchor, nouns)
    if (hybrid := _HYBRID.fullmatch(text)) is not None:
        return _hybrid(hybrid["kind"], atoms)
    if text in _SUBSTITUTED:
        return _is_substituted(_SUBSTITUTED[text], anchor, nouns)
    if (times := _TIMES.fullmatch(text)) is not None:
        return _is_substituted_times(times, anchor, nouns)
    if text in ("cis", "trans", "e", "z") and len(anchor) > 1:
        return _configured(text, anchor, nouns)
    if text in _SUBSTITUENTS:
        if len(anchor) == 1:  # "the amide nitrogen is unsubstituted": one bond to its group, hydrogens beside
            return _substituents(mol, anchor) < 2 if text == "unsubstituted" else None
        return _substituents(mol, anchor) == _SUBSTITUENTS.index(text)
    if text in ("saturated", "fully saturated", "unsaturated"):
        single = all(b.GetBondType() == Chem.BondType.SINGLE for b in _bonds_within(mol, anchor))
        return single is (text != "unsaturated") if len(anchor) > 2 else None
    if text in ("stereogenic", "chiral", "a stereocentre", "a stereocenter", "asymmetric"):
        return anchor[0] in dict(centres(nouns.molecule)) if len(anchor) == 1 else None
    if text in _BESIDE:
        query = Chem.MolFromSmarts(_BESIDE[text])
        return any(set(hit) & set(anchor) for hit in mol.GetSubstructMatches(query)) if len(anchor) == 1 else None
    if text in ("terminal", "internal"):
        return _at_an_end(anchor, nouns, terminal=text == "terminal")
    if (on := _ON.fullmatch(text)) is not None:
        places = nouns.anchors(on["noun"])
        return True if any(touches(mol, anchor, place) for place in places or ()) else None
    if text.startswith("substituted ") and len(anchor) > 4 and (at := position_in(text)) is not None:
        return _is_substituted_at(at, anchor, mol)
    if (sized := _SIZED.fullmatch(text)) is not None:
        return _has_size(number_of(sized["size"]), anchor, mol)
    if text in ("r", "s") and len(anchor) == 1:
        return dict(centres(nouns.molecule)).get(anchor[0]) == text.upper()
    if (numbered := _ATOM.fullmatch(text)) is not None:
        return True if anchor == (int(numbered["index"]),) else None
    return _belongs(text, anchor, nouns)


def _at_an_end(anchor: tuple[int, ...], nouns: Nouns, *, terminal: bool) -> bool | None:
    """Whether a double or triple bond between carbons ends a chain."""
    mol = nouns.molecule.mol
    atoms = [mol.GetAtomWithIdx(a) for a in anchor]
    if len(atoms) != 2 or any(atom.GetAtomicNum() != 6 for atom in atoms):
        return None
    ends = any(sum(n.GetAtomicNum() != 1 for n in atom.GetNeighbors()) == 1 for atom in atoms)
    return ends is terminal


def _is_substituted_at(said: int, ring: tuple[int, ...], mol: Chem.Mol) -> bool | None:
    """Whether a ring bears something at a numbered place, and nowhere else."""
    numbers = ring_numbers(ring, mol)
    if numbers is None:
        return None
    bearing = [a for a in ring if any(n.GetIdx() not in ring for n in mol.GetAtomWithIdx(a).GetNeighbors())]
    return any(said in numbers[a] for a in bearing)


_SIZED = re.compile(r"(?P<size>[a-z]+|\d{1,2})-membered(?: rings?)?")


def _has_size(size: int | None, anchor: tuple[int, ...], mol: Chem.Mol) -> bool | None:
    """Decide "six-membered" of a ring; of a group with several rings, or none, nothing is decided."""
    within = [ring for ring in mol.GetRingInfo().AtomRings() if set(ring) & set(anchor)]
    same = [ring for ring in within if set(ring) == set(anchor)]
    return None if size is None or not same else len(same[0]) == size


def _has_degree(degree: str, anchor: tuple[int, ...], nouns: Nouns) -> bool | None:
    mol = nouns.molecule.mol
    if len(anchor) == 1 and (atom := mol.GetAtomWithIdx(anchor[0])).GetAtomicNum() == 6:
        if atom.GetIsAromatic() or atom.GetTotalDegree() != 4:
            return None
        return bool(DEGREES[max(sum(n.GetAtomicNum() == 6 for n in atom.GetNeighbors()), 1) - 1] == degree)
    if is_at_acetal(anchor, mol) and degree != "secondary":
        return False  # the hydroxy group of a hemiacetal has no degree of an alcohol; some call it secondary
    found = {own for _, own, atoms in degrees_in(nouns.molecule) if set(atoms) & set(anchor)}
    found = found or set(filter(None, (_amide_degree(mol, a) for a in anchor)))
    return found == {degree} if len(found) == 1 else None


_AT_ACETAL = Chem.MolFromSmarts("[OX2H][CX4;$(C([OX2])[OX2])]")


def is_at_acetal(anchor: tuple[int, ...], mol: Chem.Mol) -> bool:
    """Whether a group is the hydroxy group of a hemiacetal."""
    return any(set(anchor) <= set(hit) and hit[0] in anchor for hit in mol.GetSubstructMatches(_AT_ACETAL))


_AMIDE_NITROGEN = Chem.MolFromSmarts("[NX3;$(NC=[O,S]),$(NS(=O)=O)]")


def _amide_degree(mol: Chem.Mol, index: int) -> str | None:
    """Count the atoms at an amide's nitrogen beside hydrogen: primary with two hydrogens, tertiary with none."""
    if (index,) not in mol.GetSubstructMatches(_AMIDE_NITROGEN):
        return None
    return DEGREES[2 - int(mol.GetAtomWithIdx(index).GetTotalNumHs(True))]


def _hybrid(kind: str, atoms: list[Chem.Atom]) -> bool | None:
    wanted = {"sp": Chem.HybridizationType.SP, "sp2": Chem.HybridizationType.SP2, "sp3": Chem.HybridizationType.SP3}[
        kind
    ]
    if all(atom.GetIsAromatic() for atom in atoms):
        return kind == "sp2"
    if any(atom.GetAtomicNum() != 6 and any(b.GetIsConjugated() for b in atom.GetBonds()) for atom in atoms):
        return None  # of nitrogen beside a carbonyl group chemists say either
    return all(atom.GetHybridization() == wanted for atom in atoms)


def _is_substituted(noun: str, anchor: tuple[int, ...], nouns: Nouns) -> bool | None:
    places = nouns.places(noun)
    if places is None:
        return None
    outside = {n.GetIdx() for a in anchor for n in nouns.molecule.mol.GetAtomWithIdx(a).GetNeighbors()} - set(anchor)
    return any(set(place) & outside for place in places)


def _is_substituted_times(times: re.Match[str], anchor: tuple[int, ...], nouns: Nouns) -> bool | None:
    """Decide "dichlorinated": so many and no more."""
    places = nouns.places(_SUBSTITUTED[times["what"]])
    if places is None:
        return None
    outside = {n.GetIdx() for a in anchor for n in nouns.molecule.mol.GetAtomWithIdx(a).GetNeighbors()} - set(anchor)
    return sum(bool(set(place) & outside) for place in places) == _PREFIXES.index(times["times"])


def _configured(label: str, anchor: tuple[int, ...], nouns: Nouns) -> bool | None:
    found = stereo_of(nouns.molecule)
    for (ends, own), geometry in zip(found.bonds, found.cis_trans, strict=True):
        if set(ends) <= set(anchor):
            said = own.lower() if label in ("e", "z") else geometry
            return None if own == "?" or not said else said == label
    return None


def _substituents(mol: Chem.Mol, anchor: tuple[int, ...]) -> int:
    """Count what a ring bears, its bond to the rest of the molecule left out where it is one of several."""
    return sum(
        n.GetIdx() not in anchor and n.GetAtomicNum() != 1 for a in anchor for n in mol.GetAtomWithIdx(a).GetNeighbors()
    )


def _bonds_within(mol: Chem.Mol, anchor: tuple[int, ...]) -> list[Chem.Bond]:
    return [b for b in mol.GetBonds() if b.GetBeginAtomIdx() in anchor and b.GetEndAtomIdx() in anchor]


def _belongs(text: str, anchor: tuple[int, ...], nouns: Nouns) -> bool | None:
    """Decide "part of the ring", "phenolic", "a tertiary alcohol": whether all its atoms are in a place of that."""
    found = _BELONGS.fullmatch(text) or _CLASS.fullmatch(text) or _OF_A_KIND.fullmatch(text)
    noun = found["noun"] if found is not None else noun_of(text)
    if found is None and noun == text:
        return None
    places = nouns.places(noun)
    if places is None:
        return None
    core = _core(anchor, nouns.molecule.mol)
    within = any(core <= set(place) for place in places)
    if within or found is None or _BELONGS.fullmatch(text) is None:
        return True if within else None if any(set(anchor) & set(place) for place in places) else False
    partly = any(core & set(place) for place in places)
    return None if partly or not places else False


def _core(anchor: tuple[int, ...], mol: Chem.Mol) -> set[int]:
    """The atoms by which a group is in a ring: of a carbonyl group or ketone the carbon alone."""
    carbonyls = {
        a
        for a in anchor
        for b in mol.GetAtomWithIdx(a).GetBonds()
        if mol.GetAtomWithIdx(a).GetAtomicNum() == 6
        and b.GetBondType() == Chem.BondType.DOUBLE
        and b.GetOtherAtom(mol.GetAtomWithIdx(a)).GetAtomicNum() == 8
    }
    return carbonyls if len(carbonyls) == 1 else set(anchor)
