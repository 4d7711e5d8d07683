"""Whether a molecule bears the R, S, E and Z that a name states, wherever the ranking of neighbours put them.

The descriptors of a parent's name may be those of the parent or, as captions often have it, those of the compound it is
part of. Where a substituent changes the ranking, the same letter means the other configuration.
"""

from __future__ import annotations

from rdkit import Chem
from rdkit.Chem import rdCIPLabeler

MAX_LAYINGS = 64
"""Most ways of laying a part over the molecule that are compared."""
MAX_STEPS = 100_000
"""Most steps of ranking the neighbours of the centres of one molecule."""

Descriptors = dict[frozenset[int], str]
"""By the index of a centre, or the two of a double bond: its letter."""


def labelled_centres(mol: Chem.Mol, *, unassigned: bool) -> list[tuple[int, str]]:
    """List the tetrahedral stereocentres, as 0-based index and `R` or `S`.

    Args:
        mol: A molecule; RDKit's search writes its double bonds otherwise, so a copy is searched.
        unassigned: List also those that are left open, as `?`.

    Source: RDKit `FindMolChiralCenters`.
    """
    found = Chem.FindMolChiralCenters(Chem.Mol(mol), includeUnassigned=unassigned, useLegacyImplementation=False)
    return [(int(index), str(label)) for index, label in found]


def bears_descriptors(mol: Chem.Mol, part: Chem.Mol, query: Chem.Mol | None = None) -> bool:
    """Tell whether every centre and double bond of a part has its descriptor in the molecule as well.

    Args:
        mol: The molecule, as a rule its uncharged form.
        part: The named compound, read from SMILES.
        query: What is laid over the molecule, in the order of the part's atoms; by default the part itself.

    Returns:
        False where the part has no descriptor, or is not in the molecule; a centre or double bond that the molecule
        leaves open contradicts nothing.

    Source: RDKit `rdCIPLabeler` (Hanson et al., J. Chem. Inf. Model. 2018, 58, 1755).
    """
    stated = _descriptors(part)
    there = _descriptors(mol) if stated else {}
    if not there:
        return False
    for laying in mol.GetSubstructMatches(query or part, uniquify=False, maxMatches=MAX_LAYINGS):
        pairs = [(there.get(frozenset(laying[i] for i in atoms)), letter) for atoms, letter in stated.items()]
        if any(found for found, _ in pairs) and all(found in (None, letter) for found, letter in pairs):
            return True
    return False


def _descriptors(mol: Chem.Mol) -> Descriptors:
    """Label the centres and double bonds of a molecule; empty where that takes too long."""
    copy = Chem.Mol(mol)
    try:
        rdCIPLabeler.AssignCIPLabels(copy, maxRecursiveIterations=MAX_STEPS)
    except RuntimeError:
        return {}
    found = {frozenset((a.GetIdx(),)): a.GetProp("_CIPCode") for a in copy.GetAtoms() if a.HasProp("_CIPCode")}
    for bond in copy.GetBonds():
        if bond.HasProp("_CIPCode"):
            found[frozenset((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))] = bond.GetProp("_CIPCode")
    return found
