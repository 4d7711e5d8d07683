"""Two or more molecules beside each other: what they share, what only one has, how alike they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator, rdFMCS

from molreflect.tools.facts.contents import contents_of
from molreflect.tools.facts.properties import properties_of
from molreflect.tools.facts.stereo import compare_identity
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.resources import Resources

FINGERPRINT = "Tanimoto of Morgan fingerprints, radius 2, 2,048 bits"
CORE_SECONDS = 2
"""Most seconds that the search for the largest common core takes."""
MAX_GROUPS = 60
_GENERATOR = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=2048)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Molecules beside each other, in the order given."""

    relation: str
    """How the first two stand to each other: the same compound, enantiomers, isomers ..."""
    tanimoto: float
    """Likeness of the first two, 0 to 1."""
    core: str
    """SMARTS of their largest common core; empty where they share none."""
    core_atoms: tuple[tuple[int, ...], ...]
    """0-based RDKit atom indices of the core in each molecule."""
    core_whole: bool
    """Whether the search for the core was ended by its bound on time, so that there may be a larger one."""
    shared: tuple[str, ...]
    """Groups that all have."""
    only: tuple[tuple[str, ...], ...]
    """Groups (with their number) that each has and not all others have as often."""
    values: tuple[dict[str, float | int | str], ...]
    """Formula, mass, logP, TPSA of each."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


def tanimoto(a: Molecule, b: Molecule) -> float:
    """Likeness of two molecules, 0 to 1: Tanimoto coefficient of Morgan fingerprints (radius 2, 2,048 bits)."""
    one, two = (_GENERATOR.GetFingerprint(m.mol) for m in (a, b))
    return float(DataStructs.TanimotoSimilarity(one, two))


def compare(molecules: Sequence[Molecule], resources: Resources) -> Comparison:
    """Compare molecules.

    Args:
        molecules: Two or more.
        resources: With the lexicon, for the groups.

    Source: RDKit's FMCS for the common core, ring bonds matching ring bonds alone.
    """
    core, atoms, whole = _core(molecules)
    counts = [
        {g.name: len(g.atoms) for g in contents_of(m, resources, most=MAX_GROUPS) if not g.whole} for m in molecules
    ]
    names = list(dict.fromkeys(name for own in counts for name in own))
    shared = tuple(name for name in names if all(name in own for own in counts))
    only = tuple(
        tuple(
            f"{own[name]} x {name}" if own[name] > 1 else name
            for name in names
            if name in own and any(other.get(name, 0) < own[name] for other in counts)
        )
        for own in counts
    )
    keys = ("formula", "mass", "logp", "tpsa")
    values = tuple({p.key: p.value for p in properties_of(m, keys)} for m in molecules)
    first, second = molecules[0], molecules[1]
    return Comparison(
        str(compare_identity(first, second)),
        round(tanimoto(first, second), 3),
        core,
        atoms,
        whole,
        shared,
        only,
        values,
    )


def _core(molecules: Sequence[Molecule]) -> tuple[str, tuple[tuple[int, ...], ...], bool]:
    found = rdFMCS.FindMCS(
        [m.mol for m in molecules], timeout=CORE_SECONDS, ringMatchesRingOnly=True, completeRingsOnly=True
    )
    if not found.numAtoms or found.numAtoms < 2:
        return "", tuple(() for _ in molecules), not found.canceled
    query = Chem.MolFromSmarts(found.smartsString)
    atoms = tuple(tuple(m.mol.GetSubstructMatch(query)) for m in molecules)
    return str(found.smartsString), atoms, not found.canceled
