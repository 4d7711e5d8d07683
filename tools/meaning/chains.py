"""Open carbon chains and lipids by number: names that say how many carbons and double bonds, but not where they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rdkit import Chem

from molreflect.tools.meaning.computed_classes import cut_interpretation
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.meaning.words import COMPOSED
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.names.words import MULTIPLIERS, one_of

_STEMS: dict[str, int] = COMPOSED["chain_stems"]
_ENDS: dict[str, str] = COMPOSED["chain_ends"]
_LIPIDS: dict[str, tuple[int, str]] = COMPOSED["lipids"]
_ON_CHAIN: dict[str, str] = COMPOSED["on_chain"]
_CHAIN_NAME = re.compile(
    rf"^(?P<groups>(?:(?:mono|di|tri|tetra|penta)?(?:{one_of(_ON_CHAIN)})-?)*)(?P<stem>{one_of(_STEMS)})"
    r"(?P<unsaturated>(?:an)|(?:a?(?:di|tri|tetra|penta|hexa|hepta)?en)?(?:a?(?:di|tri)?yn)?)"
    r"(?P<suffix>edioic acid|oic acid(?: anion)?|oate|oyl|enyl|yl|(?:e?(?:di|tri|tetra))?ol|(?:e?(?:di|tri))?one|"
    r"al|amide|e)"
    r"(?P<charge>\(\d?[+-]\))?$"
)
_GROUP = re.compile(rf"(mono|di|tri|tetra|penta)?({one_of(_ON_CHAIN)})")
MAX_CHAIN_ATOMS = 60
"""Most carbons of a molecule's open chains for their paths to be followed one by one."""


def read_chain(key: str, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read an open-chain name without locants: so many carbons in a row, so many double bonds and groups on them."""
    if any(c.isdigit() for c in key.split("(")[0]):
        return None
    hit = _CHAIN_NAME.match(key)
    if hit is None or (hit["stem"] in ("meth", "eth") and not hit["unsaturated"]):
        return None
    length = _STEMS[hit["stem"]]
    unsaturated = hit["unsaturated"]
    double = _count(unsaturated, "en")
    triple = _count(unsaturated, "yn")
    groups = {m[2]: MULTIPLIERS[m[1] or ""] for m in _GROUP.finditer(hit["groups"])}
    suffix = hit["suffix"]
    double += suffix == "enyl"
    for tail, group in (("ol", "hydroxy"), ("one", "oxo")):  # anywhere on the chain, so it is looked for from its end
        if suffix.endswith(tail):
            groups[group] = groups.get(group, 0) + MULTIPLIERS[suffix.removesuffix(tail).removeprefix("e")]
            suffix = "e"
    end = _ENDS["yl" if suffix == "enyl" else suffix]
    parts = [
        atoms
        for atoms, path in _chains(molecule.mol, end, length)
        if _bonds(molecule.mol, path) == (double, triple) and _carries(molecule.mol, path, groups)
    ]
    return cut_interpretation(molecule, parts, key)


def _count(text: str, what: str) -> int:
    hit = re.search(rf"(di|tri|tetra|penta|hexa|hepta)?{what}", text)
    return MULTIPLIERS[hit[1] or ""] if hit is not None and text != "an" else 0


_CHAIN_CLASS = re.compile(
    r"^c(?P<length>\d{1,2})[ -](?P<words>[a-z -]*?)(?P<kind>fatty acid(?: anion)?|dicarboxylic acid|"
    r"carboxylic acid(?: anion)?|fatty alcohol|alkane)$"
)


def read_chain_class(key: str, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read "C18 straight-chain saturated fatty acid": the number of carbons and, where stated, saturation."""
    hit = _CHAIN_CLASS.match(key)
    if hit is None:
        return None
    qualified, kind = hit["words"], hit["kind"]
    end = _ENDS["e" if kind in ("alkane", "fatty alcohol") else "oic acid"]
    parts = []
    for atoms, path in _chains(molecule.mol, end, int(hit["length"])):
        double, triple = _bonds(molecule.mol, path)
        if ("unsaturated" in qualified) == (double + triple > 0) or "saturated" not in qualified:
            parts.append(atoms)
    return cut_interpretation(molecule, parts, key)


def _chains(mol: Chem.Mol, end: str, length: int) -> Iterator[tuple[frozenset[int], tuple[int, ...]]]:
    """Follow unbranched paths of so many carbons from an end group to a carbon that no path of carbons goes on from.

    Yields:
        All atoms (the end group's hetero atoms and what sits on the chain included), and the path's carbons in order.
    """
    query = Chem.MolFromSmarts(end)
    carbons = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and (not a.IsInRing() or a.IsInRingSize(3))}
    if len(carbons) > MAX_CHAIN_ATOMS * 4:
        return
    near = {i: [n.GetIdx() for n in mol.GetAtomWithIdx(i).GetNeighbors() if n.GetIdx() in carbons] for i in carbons}
    seen: set[frozenset[int]] = set()
    for hit in mol.GetSubstructMatches(query, maxMatches=256):
        if hit[0] not in carbons:
            continue
        paths: list[tuple[int, ...]] = [(hit[0],)]
        steps = 0
        while paths and steps < 4_000:
            steps += 1
            path = paths.pop()
            onward = [n for n in near[path[-1]] if n not in path]
            if len(path) == length:
                if not onward:
                    part = _dressed(mol, frozenset(path) | frozenset(hit), path)
                    if part not in seen:
                        seen.add(part)
                        yield part, path
                continue
            paths.extend((*path, n) for n in onward)


def _dressed(mol: Chem.Mol, atoms: frozenset[int], path: Sequence[int]) -> frozenset[int]:
    """Add to a chain the hetero atoms on it that end there (oxo, hydroxy, halogen)."""
    extra = {
        n.GetIdx()
        for i in path
        for n in mol.GetAtomWithIdx(i).GetNeighbors()
        if n.GetAtomicNum() != 6 and n.GetAtomicNum() > 1 and (n.GetDegree() == 1 or n.IsInRingSize(3))
    }
    return atoms | extra


def _bonds(mol: Chem.Mol, path: Sequence[int]) -> tuple[int, int]:
    """Count double and triple bonds along a path."""
    kinds = [mol.GetBondBetweenAtoms(a, b).GetBondType() for a, b in pairwise(path)]
    return kinds.count(Chem.BondType.DOUBLE), kinds.count(Chem.BondType.TRIPLE)


def _carries(mol: Chem.Mol, path: Sequence[int], groups: dict[str, int]) -> bool:
    """Tell whether a path bears at least so many groups of every kind."""
    inside = set(path)
    for group, number in groups.items():
        hits = mol.GetSubstructMatches(read_pattern(_ON_CHAIN[group]).query)
        if len({hit[0] for hit in hits if inside & set(hit[1:])}) < number:
            return False
    return True


# ---------------------------------------------------------------------------------------------------------------------
# Lipids by number

_SHORTHAND = re.compile(
    rf"^(?P<head>{one_of(_LIPIDS)}) ?\(?(?P<link>[op]-)?"
    r"(?P<base>[dmt](?P<base_length>\d{1,2}):(?P<base_double>\d)/?)?(?:(?P<length>\d{1,3}):(?P<double>\d{1,2}))?\)?$"
)
MAX_BASE_CARBONS = 24
"""Most carbons of a sphingoid base; a larger number means the acyl chain as well."""
_COUNTED = (("length", "base_length"), ("double", "base_double"))


def read_lipid_shorthand(key: str, molecule: Molecule) -> tuple[Interpretation, ...] | None:
    """Read "phosphatidylcholine 34:1": 34 carbons in all chains together, and one double bond in them."""
    hit = _SHORTHAND.match(key)
    if hit is None or not (hit["length"] or hit["base"]):
        return None
    fixed, part = _LIPIDS[hit["head"]]
    mol = molecule.mol
    query = Chem.MolFromSmarts(part)
    if not mol.HasSubstructMatch(query):
        return ()
    if hit["base"] and not hit["length"] and int(hit["base_length"]) <= MAX_BASE_CARBONS:
        # "sphingomyelin d18:1": the base alone is stated; "Cer(d34:1)" counts both chains
        member = any(True for _ in _chains(mol, "[CX4;$(C(O)),$(CN)]", int(hit["base_length"])))
    else:
        carbons = sum(a.GetAtomicNum() == 6 for a in mol.GetAtoms()) - fixed
        double = sum(
            b.GetBondType() == Chem.BondType.DOUBLE
            and b.GetBeginAtom().GetAtomicNum() == b.GetEndAtom().GetAtomicNum() == 6
            for b in mol.GetBonds()
        )
        double -= hit["link"] == "p-"  # a plasmalogen's vinyl ether is written in the letter, not in the number
        stated = [int(hit[one] or 0) + int(hit[other] or 0) for one, other in _COUNTED]
        member = [carbons, double] == stated
    return cut_interpretation(molecule, [frozenset(range(mol.GetNumAtoms()))] if member else [], key)
