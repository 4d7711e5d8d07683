"""Whether double bonds have the configuration that is stated behind their name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rdkit import Chem
from rdkit.Chem import rdCIPLabeler

from molreflect.tools.captions.configured import configured
from molreflect.tools.molecules.read import Molecule
from molreflect.tools.terms import Reason
from molreflect.tools.verification import messages
from molreflect.tools.verification.case import Case, Found
from molreflect.tools.verification.proposals import Verification

_LARGE_RING = 8
"""Atoms of the smallest ring in which a double bond can be trans."""
_RELATIVE = {"E": "trans", "Z": "cis"}


def check_configured(case: Case, found: Found) -> Found | Verification:
    """Compare "The double bond is cis" with the bonds that were found; open where one of them is not defined."""
    if case.caption is None or case.end is None:
        return found
    said = configured(case.phrase, case.caption)
    if said is None:
        return found
    mol = found.molecule.mol  # a carbonyl group is a double bond, too, and has no configuration
    able = tuple(atoms for atoms in found.hits.atoms if all(mol.GetAtomWithIdx(i).GetDegree() > 1 for i in atoms))
    hits = replace(found.hits, atoms=able or found.hits.atoms)
    labels = [_label(found.molecule, atoms, relative=said.word not in _RELATIVE) for atoms in hits.atoms]
    if (said.of_one and len(labels) > 1) or hits.capped or any(label is None for label in labels):
        return case.unchecked(Reason.WHICH_PLACE, messages.GEOMETRY_OPEN, hits=hits, word=said.word)
    agree = [label == said.word for label in labels]
    if all(it is not said.negated for it in agree):
        return replace(found, hits=hits)
    return case.refuted(Reason.ABSENT, messages.OTHER_GEOMETRY, hits=hits, word=said.word)


def _label(molecule: Molecule, atoms: Sequence[int], *, relative: bool) -> str | None:
    """Label the one double bond among atoms, as cis or trans or as E or Z; None where it has no label."""
    mol = molecule.mol
    pairs = [mol.GetBondBetweenAtoms(a, b) for n, a in enumerate(atoms) for b in atoms[:n]]
    doubles = [bond for bond in pairs if bond is not None and bond.GetBondType() is Chem.BondType.DOUBLE]
    if len(doubles) != 1:
        return None
    bond = doubles[0]
    one_each = all(end.GetDegree() == 2 for end in (bond.GetBeginAtom(), bond.GetEndAtom()))  # cis to which, else?
    if relative and not one_each:
        return None
    rings = [ring for ring in mol.GetRingInfo().BondRings() if bond.GetIdx() in ring]
    if rings and min(map(len, rings)) < _LARGE_RING:
        return "cis" if relative else None
    labelled = Chem.Mol(mol)
    rdCIPLabeler.AssignCIPLabels(labelled, [], [bond.GetIdx()])
    written = labelled.GetBondWithIdx(bond.GetIdx())
    code = written.GetProp("_CIPCode") if written.HasProp("_CIPCode") else None
    return code if code is None or not relative else _RELATIVE.get(code)
