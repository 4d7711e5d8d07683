"""How the substituents of a benzene ring stand to each other."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule

_BENZENE = Chem.MolFromSmarts("c1ccccc1")
_PATTERNS = {
    (1, 2): "ortho (1,2)",
    (1, 3): "meta (1,3)",
    (1, 4): "para (1,4)",
    (1, 2, 3): "vicinal (1,2,3)",
    (1, 2, 4): "asymmetric (1,2,4)",
    (1, 3, 5): "symmetric (1,3,5)",
}


@dataclass(frozen=True, slots=True)
class RingSubstitution:
    """The substituents of one benzene ring."""

    ring: tuple[int, ...]
    """0-based RDKit atom indices of the ring, in its order."""
    substituted: tuple[int, ...]
    """Ring atoms that bear a substituent."""
    pattern: str
    """`para (1,4)` and the like; how many there are where no word says it."""
    pairs: tuple[tuple[int, int, str], ...]
    """Ring atoms of each pair of substituents, and `ortho`, `meta` or `para`."""
    bears: tuple[str, ...]
    """What each substituted atom bears: SMILES of the substituent, its bond to the ring as `*`."""
    fused: bool
    """Whether the ring shares a bond with another, whose atoms count as substituents."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def substitution_of(molecule: Molecule) -> tuple[RingSubstitution, ...]:
    """Describe the substitution of each benzene ring of a molecule."""
    mol = molecule.mol
    found = []
    for ring in (tuple(r) for r in mol.GetRingInfo().AtomRings()):
        if len(ring) != 6 or not all(
            mol.GetAtomWithIdx(i).GetIsAromatic() and mol.GetAtomWithIdx(i).GetAtomicNum() == 6 for i in ring
        ):
            continue
        places = [n for n, i in enumerate(ring) if mol.GetAtomWithIdx(i).GetDegree() > 2 or _hydrogen_neighbour(mol, i)]
        fused = any(mol.GetRingInfo().NumAtomRings(i) > 1 for i in ring)
        pairs = tuple(
            (ring[a], ring[b], {1: "ortho", 2: "meta", 3: "para"}[min((b - a) % 6, (a - b) % 6)])
            for k, a in enumerate(places)
            for b in places[k + 1 :]
        )
        found.append(
            RingSubstitution(
                ring,
                tuple(ring[n] for n in places),
                _pattern(places),
                pairs,
                tuple(_bears(mol, ring, ring[n]) for n in places),
                fused,
            )
        )
    return tuple(found)


def _hydrogen_neighbour(mol: Chem.Mol, index: int) -> bool:
    return any(n.GetIsotope() and n.GetAtomicNum() == 1 for n in mol.GetAtomWithIdx(index).GetNeighbors())


def _pattern(places: list[int]) -> str:
    if not places:
        return "unsubstituted"
    if len(places) == 1:
        return "monosubstituted"
    forms = set()
    for start in places:
        for sign in (1, -1):
            forms.add(tuple(sorted((sign * (place - start)) % 6 + 1 for place in places)))
    lowest = min(forms)
    words = {4: "tetra", 5: "penta", 6: "hexa"}
    return _PATTERNS.get(lowest) or f"{words[len(places)]}substituted ({','.join(map(str, lowest))})"


def _bears(mol: Chem.Mol, ring: tuple[int, ...], index: int) -> str:
    outside = [n for n in mol.GetAtomWithIdx(index).GetNeighbors() if n.GetIdx() not in ring]
    if not outside:
        return ""
    bond = mol.GetBondBetweenAtoms(index, outside[0].GetIdx())
    if bond.IsInRing():
        return ""  # a fused or bridging ring: no substituent of its own
    cut = Chem.FragmentOnBonds(mol, [bond.GetIdx()], dummyLabels=[(0, 0)])
    for atoms in Chem.GetMolFrags(cut):
        if outside[0].GetIdx() in atoms and index not in atoms:
            return str(Chem.MolFragmentToSmiles(cut, atoms))
    return ""
