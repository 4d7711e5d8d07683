"""Classes whose names say what they are made of, where the lexicon has none: by degree, by what is bound."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from rdkit import Chem

from molreflect.tools.facts.parts import Places
from molreflect.tools.molecules.read import Molecule

DEGREES = ("primary", "secondary", "tertiary", "quaternary")
"""By the number of carbons at the atom that bears the group; at nitrogen, at the nitrogen itself."""
_NUMBERED = {"primary": 1, "secondary": 2, "tertiary": 3, "quaternary": 4}
_HALIDES = {"halide": "F,Cl,Br,I", "fluoride": "F", "chloride": "Cl", "bromide": "Br", "iodide": "I"}
_ALKYL_HALIDE = re.compile(
    r"(?:(?P<degree>primary|secondary|tertiary) )?(?:alkyl )?(?P<kind>halide|fluoride|chloride|bromide|iodide)s?"
    r"|(?P<degree2>primary|secondary|tertiary) (?P<kind2>halo|fluoro|chloro|bromo|iodo)alkanes?"
)
_HALO = {"halo": "halide", "fluoro": "fluoride", "chloro": "chloride", "bromo": "bromide", "iodo": "iodide"}
_CENTRES = {
    "ketone": "C(=[OX1])",
    "ether": "[OX2]",
    "sulfide": "[SX2]",
    "thioether": "[SX2]",
    "sulfoxide": "[SX3](=[OX1])",
    "sulfone": "[SX4](=[OX1])(=[OX1])",
    "disulfide": "[SX2][SX2]",
}
_SIDES = {
    "diaryl": ("[a]", "[a]"),
    "dialkyl": ("[CX4]", "[CX4]"),
    "alkyl aryl": ("[CX4]", "[a]"),
    "aryl alkyl": ("[a]", "[CX4]"),
}
_HALOGEN = "[F,Cl,Br,I]"
_AT_ENDS = {
    "vinyl halide": f"[CX3]=[CX3]{_HALOGEN}",
    "allyl halide": f"[CX3]=[CX3][CX4]{_HALOGEN}",
    "allylic halide": f"[CX3]=[CX3][CX4]{_HALOGEN}",
    "benzyl halide": f"c[CX4]{_HALOGEN}",
    "benzylic halide": f"c[CX4]{_HALOGEN}",
    "dihalomethane": f"[CX4H2]({_HALOGEN}){_HALOGEN}",
    "trihalomethane": f"[CX4H1]({_HALOGEN})({_HALOGEN}){_HALOGEN}",
    "tetrahalomethane": f"[CX4]({_HALOGEN})({_HALOGEN})({_HALOGEN}){_HALOGEN}",
    "terminal alkyne": "[CX2]#[CX2H1]",
    "internal alkyne": "[#6][CX2]#[CX2][#6]",
    "terminal alkene": "[CX3H2]=[CX3;!$(C=[!#6])]",
    "internal alkene": "[#6][CX3]=[CX3][#6]",
    "monosubstituted alkene": "[CX3H2]=[CX3H1][#6]",
    "trisubstituted alkene": "[#6][CX3H1]=[CX3]([#6])[#6]",
    "tetrasubstituted alkene": "[#6][CX3]([#6])=[CX3]([#6])[#6]",
    "conjugated diene": "[CX3]=[CX3]-[CX3]=[CX3]",
}
"""Alkenes and alkynes by the place of their bond, rings elsewhere in the molecule or not."""
_KINDS = (
    ("alcohol", "[CX4][OX2H1]"),
    ("alkyl halide", "[CX4][F,Cl,Br,I]"),
    ("amine", "[NX3,NX4+;!$(N[#6]=[O,S,N]);!$(N[!#6;!#1])]"),
)
"""Groups that have a degree, their first atom the one whose carbons are counted."""


@dataclass(frozen=True, slots=True)
class Composed:
    """A class that is put together, and how it is decided."""

    name: str
    pattern: str


def composed(words: str) -> Composed | None:
    """Read the name of a class that is made of words with a meaning each; None for any other.

    >>> composed("diaryl ketone").pattern
    '[a]C(=[OX1])[a]'
    """
    text = " ".join(words.casefold().replace("-", " ").split())
    if (halide := _ALKYL_HALIDE.fullmatch(text)) is not None and (halide["degree"] or halide["degree2"]):
        degree = halide["degree"] or halide["degree2"]
        kind = halide["kind"] or _HALO[halide["kind2"]]
        return Composed(f"{degree} alkyl {kind}", f"{_of_degree(degree)}[{_HALIDES[kind]}]")
    kind, _, noun = text.partition(" ")
    if kind == "aryl" and (atoms := _HALIDES.get(noun.removesuffix("s"))) is not None:
        return Composed(text.removesuffix("s"), f"[a][{atoms}]")
    if text.removesuffix("s") in ("alkyne", "alkene"):
        return Composed(text.removesuffix("s"), "[CX2]#[CX2]" if "alkyne" in text else "[CX3]=[CX3]")
    if text.removesuffix("s") in _AT_ENDS:
        return Composed(text.removesuffix("s"), _AT_ENDS[text.removesuffix("s")])
    for sides, (left, right) in _SIDES.items():
        centre = text.removeprefix(f"{sides} ").removesuffix("s")
        if text.startswith(f"{sides} ") and centre in _CENTRES:
            return Composed(f"{sides} {centre}", f"{left}{_CENTRES[centre]}{right}")
    return None


def is_by_its_end(words: str) -> bool:
    """Whether a class says where in its chain a multiple bond stands: "terminal alkyne", of cyclic compounds, too."""
    return " ".join(words.casefold().split()).removesuffix("s") in _AT_ENDS


def is_hydrocarbon(molecule: Molecule) -> bool:
    """Whether a molecule is made of carbon and hydrogen alone."""
    return {number for number, count in molecule.elements.items() if count} <= {1, 6}


def _of_degree(degree: str) -> str:
    """An sp3 carbon with so many carbons bound to it; a primary one may have none (methyl)."""
    number = _NUMBERED[degree]
    least = "" if number == 1 else f"$(C{'([#6])' * number});"
    return f"[CX4;{least}!$(C{'([#6])' * (number + 1)})]" if number < 3 else f"[CX4;$(C{'([#6])' * 3})]"


@cache
def _queries() -> tuple[tuple[str, Chem.Mol], ...]:
    return tuple((kind, Chem.MolFromSmarts(smarts)) for kind, smarts in _KINDS)


def degrees_in(molecule: Molecule) -> tuple[tuple[str, str, tuple[int, ...]], ...]:
    """List alcohols, alkyl halides and amines with their degree.

    Returns:
        Kind, degree and atoms of each. Ammonia and its ion are none.
    """
    found = []
    for kind, query in _queries():
        for hit in molecule.mol.GetSubstructMatches(query):
            centre = molecule.mol.GetAtomWithIdx(hit[0])
            carbons = sum(n.GetAtomicNum() == 6 for n in centre.GetNeighbors())
            if kind != "amine":
                carbons = max(carbons, 1)  # methanol counts as primary
            elif any(bond.GetIsAromatic() for bond in centre.GetBonds()):
                continue
            if carbons:
                found.append((kind, DEGREES[min(carbons, 4) - 1], tuple(hit)))
    return tuple(found)


def degree_judge(degree: str) -> Callable[[Molecule], tuple[bool, str, Places]]:
    """Make what decides whether a molecule is primary, secondary ..., by its alcohols, alkyl halides and amines."""

    def judged(molecule: Molecule) -> tuple[bool, str, Places]:
        found = degrees_in(molecule)
        if not found:
            return False, "it has no alcohol, alkyl halide or amine that the word could speak of", ()
        places = tuple(atoms for _, own, atoms in found if own == degree)
        told = dict.fromkeys(f"{kind} is {own}" for kind, own, _ in found)
        return bool(places), " and ".join(f"its {each}" for each in told), places

    return judged


def is_spiro(molecule: Molecule) -> tuple[bool, str, Places]:
    """Whether two rings share one atom alone."""
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    atoms = sorted({next(iter(a & b)) for i, a in enumerate(rings) for b in rings[:i] if len(a & b) == 1})
    places = tuple((i,) for i in atoms if not _rings_meet_elsewhere(molecule, i))
    return bool(places), "two rings share one atom alone" if places else "no two rings share one atom alone", places


def _rings_meet_elsewhere(molecule: Molecule, index: int) -> bool:
    """Whether the rings at an atom are joined by other atoms, too (the middle of a fused or bridged system)."""
    mol = Chem.RWMol(molecule.mol)
    near = [n.GetIdx() for n in mol.GetAtomWithIdx(index).GetNeighbors()]
    for n in near:
        mol.RemoveBond(index, n)
    parts = Chem.GetMolFrags(mol)
    return sum(any(n in part for n in near) for part in parts) < 2


def is_fused(molecule: Molecule) -> tuple[bool, str, Places]:
    """Whether two rings share one bond and nothing more, as in naphthalene and not in norbornane."""
    rings = [tuple(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    fused = [
        ring
        for ring in rings
        if any(
            len(common := set(ring) & set(other)) == 2 and molecule.mol.GetBondBetweenAtoms(*common) is not None
            for other in rings
            if other != ring
        )
    ]
    return bool(fused), "two rings share a bond" if fused else "no two rings share one bond alone", tuple(fused)


def is_bridged(molecule: Molecule) -> tuple[bool, str, Places]:
    """Whether two rings share more than a bond."""
    rings = [set(ring) for ring in molecule.mol.GetRingInfo().AtomRings()]
    shared = [tuple(sorted(a & b)) for i, a in enumerate(rings) for b in rings[:i] if len(a & b) > 2]
    said = "two rings share more than one bond" if shared else "no two rings share more than one bond"
    return bool(shared), said, tuple(dict.fromkeys(shared))


_CYCLIC_ALKANE = re.compile(
    r"^(?P<how>bridged |fused )?(?P<kind>polycyclic|bicyclic|tricyclic|monocyclic|tetracyclic) alkanes?$", re.IGNORECASE
)
_RINGS_OF = {"monocyclic": 1, "bicyclic": 2, "tricyclic": 3, "tetracyclic": 4}


def cyclic_alkane(text: str, molecule: Molecule) -> tuple[bool, str] | None:
    """Decide "bicyclic alkane": carbon, hydrogen, single bonds and so many rings, bridged or fused where it says so.

    Returns:
        Whether it holds and why; None for other words.
    """
    hit = _CYCLIC_ALKANE.match(text)
    if hit is None:
        return None
    rings = independent_rings(molecule)
    saturated = all(bond.GetBondType() == Chem.BondType.SINGLE for bond in molecule.mol.GetBonds())
    if not is_hydrocarbon(molecule) or not saturated:
        return False, "it is no saturated hydrocarbon"
    number = _RINGS_OF.get(hit["kind"].casefold())
    if rings < 1 or (rings != number if number is not None else rings < 2):
        return False, f"it has {rings} ring{'' if rings == 1 else 's'}"
    how = (hit["how"] or "").strip().casefold()
    if how and not (is_bridged if how == "bridged" else is_fused)(molecule)[0]:
        return False, f"its rings are not {how}"
    return True, f"it is a saturated hydrocarbon with {rings} ring{'' if rings == 1 else 's'}"


def independent_rings(molecule: Molecule) -> int:
    """Count rings as names do, by the bonds to be cut until none is left: bicyclo[2.2.2]octane has two."""
    mol = molecule.mol
    return int(mol.GetNumBonds() - mol.GetNumAtoms() + len(Chem.GetMolFrags(mol)))
