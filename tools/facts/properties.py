"""Properties that RDKit calculates from a structure; each says that it was calculated, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from math import gcd
from typing import Any

from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, Lipinski, rdMolDescriptors

from molreflect.tools.molecules.read import Molecule


@dataclass(frozen=True, slots=True)
class Property:
    """One value."""

    key: str
    name: str
    value: float | int | str
    unit: str
    method: str

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def _rounded(function: Callable[[Chem.Mol], float], digits: int) -> Callable[[Chem.Mol], float]:
    return lambda mol: round(float(function(mol)), digits) + 0.0  # no minus zero


def degree_of_unsaturation(mol: Chem.Mol) -> int:
    """Count rings plus pi bonds: 1 for a ring or a double bond, 2 for a triple one.

    Where all atoms have their usual valences this is the index of hydrogen deficiency of the formula. Double bonds to
    sulfur or phosphorus beyond these (sulfones, phosphates) are counted as drawn.
    """
    plain = Chem.Mol(mol)
    Chem.Kekulize(plain, clearAromaticFlags=True)
    orders = {Chem.BondType.DOUBLE: 1, Chem.BondType.TRIPLE: 2, Chem.BondType.QUADRUPLE: 3}
    rings = plain.GetNumBonds() - plain.GetNumAtoms() + len(Chem.GetMolFrags(plain))
    return int(rings + sum(orders.get(bond.GetBondType(), 0) for bond in plain.GetBonds()))


def empirical_formula(mol: Chem.Mol) -> str:
    """Write the smallest whole numbers of the elements, in Hill order."""
    counts = Counter(atom.GetSymbol() for atom in mol.GetAtoms())
    if hydrogens := sum(int(atom.GetTotalNumHs()) for atom in mol.GetAtoms()):
        counts["H"] += hydrogens
    first = ["C", "H"] if "C" in counts else []
    order = [symbol for symbol in first if symbol in counts] + sorted(set(counts) - set(first))
    whole = gcd(*counts.values())
    return "".join(f"{symbol}{counts[symbol] // whole if counts[symbol] > whole else ''}" for symbol in order)


def longest_chain(mol: Chem.Mol) -> int:
    """Count the carbons of the longest run of carbons outside rings; a tree, so two searches find its ends."""
    chain = {a.GetIdx() for a in mol.GetAtoms() if a.GetAtomicNum() == 6 and not a.IsInRing()}
    best, left = 0, set(chain)
    while left:
        tree = _reached(mol, next(iter(left)), chain)
        left -= set(tree)
        best = max(best, max(_reached(mol, tree[-1], chain, far=True)))
    return best


def _reached(mol: Chem.Mol, start: int, within: set[int], *, far: bool = False) -> list[int]:
    """List atoms in the order in which they are reached from one, or how many atoms away each is, itself counted."""
    steps = {start: 1}
    order = [start]
    for index in order:
        for other in mol.GetAtomWithIdx(index).GetNeighbors():
            if other.GetIdx() in within and other.GetIdx() not in steps:
                steps[other.GetIdx()] = steps[index] + 1
                order.append(other.GetIdx())
    return [steps[index] for index in order] if far else order


def elements_of(mol: Chem.Mol) -> str:
    """List the elements, carbon and hydrogen first."""
    found = {atom.GetSymbol() for atom in mol.GetAtoms()}
    if any(atom.GetTotalNumHs() for atom in mol.GetAtoms()):
        found.add("H")
    return ", ".join(sorted(found, key=lambda symbol: (symbol not in ("C", "H"), symbol)))


def mass_percent(mol: Chem.Mol) -> str:
    """Write the share of each element in the mass, in percent, carbon and hydrogen first."""
    masses: Counter[str] = Counter()
    table = Chem.GetPeriodicTable()
    for atom in mol.GetAtoms():
        masses[atom.GetSymbol()] += atom.GetMass()
        if hydrogens := atom.GetTotalNumHs():
            masses["H"] += hydrogens * table.GetAtomicWeight(1)
    whole = sum(masses.values())
    order = sorted(masses, key=lambda symbol: (symbol not in ("C", "H"), symbol))
    return ", ".join(f"{symbol} {100 * masses[symbol] / whole:.2f}" for symbol in order)


def ring_sizes(mol: Chem.Mol) -> str:
    """List how many atoms the rings have, the smallest first; "none" where there is no ring."""
    return ", ".join(str(size) for size in sorted(len(ring) for ring in mol.GetRingInfo().AtomRings())) or "none"


_TABLE: tuple[tuple[str, str, str, str, Callable[[Chem.Mol], Any]], ...] = (
    ("formula", "molecular formula", "", "Hill order, with the net charge", rdMolDescriptors.CalcMolFormula),
    ("empirical_formula", "empirical formula", "", "smallest whole numbers of the elements", empirical_formula),
    ("mass", "molecular weight", "g/mol", "average atomic masses", _rounded(Descriptors.MolWt, 3)),
    (
        "exact_mass",
        "monoisotopic mass",
        "Da",
        "most abundant isotopes, or those stated",
        _rounded(Descriptors.ExactMolWt, 5),
    ),
    ("charge", "net charge", "", "sum of the formal charges", Chem.GetFormalCharge),
    ("logp", "logP", "", "calculated, Wildman and Crippen", _rounded(Crippen.MolLogP, 2)),
    (
        "tpsa",
        "topological polar surface area (TPSA)",
        "\u00c5\u00b2",
        "calculated, Ertl, N and O alone",
        _rounded(rdMolDescriptors.CalcTPSA, 2),
    ),
    ("donors", "hydrogen-bond donors", "", "RDKit's Lipinski pattern: N and O that bear hydrogen", Lipinski.NumHDonors),
    ("acceptors", "hydrogen-bond acceptors", "", "RDKit's Lipinski pattern", Lipinski.NumHAcceptors),
    ("rotatable", "rotatable bonds", "", "RDKit's strict definition", rdMolDescriptors.CalcNumRotatableBonds),
    ("rings", "rings", "", "smallest set of smallest rings", rdMolDescriptors.CalcNumRings),
    ("aromatic_rings", "aromatic rings", "", "RDKit's aromaticity", rdMolDescriptors.CalcNumAromaticRings),
    ("longest_chain", "longest carbon chain", "", "carbons in a row outside rings", longest_chain),
    ("elements", "elements", "", "carbon and hydrogen first, then by symbol", elements_of),
    ("mass_percent", "elements by mass", "%", "average atomic masses", mass_percent),
    ("ring_sizes", "ring sizes", "", "atoms of each ring of the smallest set of smallest rings", ring_sizes),
    ("heavy_atoms", "heavy atoms", "", "atoms other than hydrogen", lambda mol: mol.GetNumHeavyAtoms()),
    (
        "fraction_sp3",
        "fraction of sp3 carbons",
        "",
        "sp3 carbons of all carbons",
        _rounded(rdMolDescriptors.CalcFractionCSP3, 3),
    ),
    (
        "unsaturation",
        "degree of unsaturation (double-bond equivalents)",
        "",
        "rings plus pi bonds of the structure, aromatic rings as Kekul\u00e9 writes them",
        degree_of_unsaturation,
    ),
    (
        "molar_refractivity",
        "molar refractivity",
        "cm\u00b3/mol",
        "calculated, Wildman and Crippen",
        _rounded(Crippen.MolMR, 2),
    ),
)
KEYS = tuple(row[0] for row in _TABLE)
LIPINSKI = (("mass", 500.0), ("logp", 5.0), ("donors", 5), ("acceptors", 10))
"""Lipinski's rule of five: the most of each that it allows."""


def properties_of(molecule: Molecule, keys: tuple[str, ...] = KEYS) -> tuple[Property, ...]:
    """Calculate properties.

    Args:
        molecule: The molecule, all of its components together.
        keys: Which of `KEYS`.

    Source: RDKit; logP and molar refractivity by Wildman and Crippen (1999), TPSA by Ertl et al. (2000).
    """
    return tuple(
        Property(key, name, of(molecule.mol), unit, method) for key, name, unit, method, of in _TABLE if key in keys
    )


@dataclass(frozen=True, slots=True)
class RuleOfFive:
    """How a molecule stands to Lipinski's rule of five."""

    passes: bool
    """At most one of its four bounds is exceeded."""
    exceeded: tuple[str, ...]
    """What is exceeded, in words with the values."""
    values: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def rule_of_five(molecule: Molecule) -> RuleOfFive:
    """Judge a molecule by Lipinski's rule of five (Lipinski et al. 1997): at most one of four bounds is exceeded."""
    values = {p.key: float(p.value) for p in properties_of(molecule, tuple(key for key, _ in LIPINSKI))}
    names = {p.key: p.name for p in properties_of(molecule)}
    over = tuple(f"{names[key]} {values[key]:g} is over {most:g}" for key, most in LIPINSKI if values[key] > most)
    return RuleOfFive(len(over) < 2, over, values)
