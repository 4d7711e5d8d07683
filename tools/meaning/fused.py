"""Fused ring systems named by their rings ("pyrazolopyrimidine"), which leave open where the rings are fused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from rdkit import Chem

from molreflect.tools.meaning.computed_classes import cut_interpretation
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.words import COMPOSED
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.words import one_of

MAX_USEFUL_RINGS = 24
"""Most rings of the wanted kinds in a molecule that is looked at."""
MAX_GROUPS = 512
"""Most sets of fused rings that are followed up."""
_PARTS: dict[str, list[str]] = COMPOSED["fused_parts"]
_BASES: dict[str, list[str]] = COMPOSED["fused_bases"]
_FUSED = re.compile(rf"^(?:organic )?(?P<parts>(?:(?:{one_of(_PARTS)})(?=[a-z])){{1,4}})(?P<base>{one_of(_BASES)})$")
_RING_PART = re.compile(one_of(_PARTS))
_FUSED_BY_LEXICON = re.compile(r"^benzo?(?:furan|thiophene|xazole|thiazole|pyran|dioxole|imidazole|diazepine)$")


def read_fused_system(key: str, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read "pyrazolopyrimidine": rings of these kinds, fused to one another wherever they are."""
    hit = _FUSED.match(key)
    if hit is None or _FUSED_BY_LEXICON.match(key):
        return None
    wanted = [kind for part in _RING_PART.findall(hit["parts"]) for kind in _PARTS[part]]
    wanted += _BASES[hit["base"]]
    return cut_interpretation(molecule, _fused_systems(molecule.mol, sorted(wanted)), key)


def _kinds_of(mol: Chem.Mol, ring: Sequence[int]) -> Iterator[str]:
    """Say what kind a ring is: its hetero atoms and size and, of two hetero atoms, how far apart they are.

    Of "NN5:2" (imidazole) and "NN5:1" (pyrazole) both are "NN5" where a name does not say which.
    """
    symbols = [mol.GetAtomWithIdx(i).GetSymbol() for i in ring]
    hetero = [place for place, symbol in enumerate(symbols) if symbol != "C"]
    kind = "".join(sorted(symbols[place] for place in hetero)) + str(len(ring))
    if len(hetero) == 2:
        apart = hetero[1] - hetero[0]
        yield f"{kind}:{min(apart, len(ring) - apart)}"
    yield kind


def _fused_systems(mol: Chem.Mol, wanted: Sequence[str]) -> list[frozenset[int]]:
    """Atoms of every set of rings of just these kinds in which each ring shares a bond with another."""
    ordered = mol.GetRingInfo().AtomRings()
    rings = [frozenset(ring) for ring in ordered]
    kinds = [next((kind for kind in _kinds_of(mol, ring) if kind in wanted), "") for ring in ordered]
    useful = [i for i, kind in enumerate(kinds) if kind in wanted]
    if len(useful) < len(wanted) or len(useful) > MAX_USEFUL_RINGS:
        return []
    fused = {i: [j for j in useful if j != i and len(rings[i] & rings[j]) >= 2] for i in useful}
    groups = {frozenset([i]) for i in useful}
    for _ in range(len(wanted) - 1):
        larger = {group | {j} for group in groups for i in group for j in fused[i] if j not in group}
        groups = {group for group in larger if not Counter(kinds[i] for i in group) - Counter(wanted)}
        if len(groups) > MAX_GROUPS:
            return []
    return sorted({frozenset().union(*(rings[i] for i in group)) for group in groups}, key=sorted)


def with_oxo_groups(
    systems: tuple[Interpretation, ...], key: str, molecule: Molecule, suffix: str
) -> tuple[Interpretation, ...]:
    """Add to ring systems named with "one" what is doubly bound to them: "benzoxazinone" has its oxygen."""
    if suffix not in {"one", "thione"}:
        return systems
    found = []
    mol = molecule.mol
    for system in systems:
        for pattern in system.patterns:
            hits = find(molecule, pattern, floor=system.floor)
            for hit in hits.atoms if hits is not None else ():
                ends = {
                    bond.GetOtherAtomIdx(i)
                    for i in hit
                    for bond in mol.GetAtomWithIdx(i).GetBonds()
                    if bond.GetBondType() == Chem.BondType.DOUBLE and not bond.IsInRing()
                }
                found.append(frozenset(hit) | {i for i in ends if mol.GetAtomWithIdx(i).GetAtomicNum() in _OXO})
    return cut_interpretation(molecule, found, key)


_OXO = (8, 16)
