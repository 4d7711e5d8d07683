"""Stereocentres and double bonds with their labels, and parts that are called by a label: "trans double bonds"."""

from __future__ import annotations

import re
from collections.abc import Callable

from rdkit import Chem

from molreflect.tools.facts.positions import Places
from molreflect.tools.molecules.descriptors import labelled_centres
from molreflect.tools.molecules.read import Molecule

_LABELS = {
    Chem.BondStereo.STEREOE: "E",
    Chem.BondStereo.STEREOZ: "Z",
    Chem.BondStereo.STEREOTRANS: "E",
    Chem.BondStereo.STEREOCIS: "Z",
    Chem.BondStereo.STEREOANY: "?",
}


def centres(molecule: Molecule) -> list[tuple[int, str]]:
    """Tetrahedral stereocentres with their CIP labels (`R`, `S`), `?` where the SMILES leaves them open."""
    return labelled_centres(molecule.mol, unassigned=True)


def stereo_bonds(molecule: Molecule) -> list[tuple[tuple[int, int], str]]:
    """Double bonds that can be E or Z, with `E`, `Z`, or `?` where the SMILES leaves it open."""
    mol = Chem.Mol(molecule.mol)
    Chem.AssignStereochemistry(mol, cleanIt=True, force=True, flagPossibleStereoCenters=True)
    stated = {bond.GetIdx(): bond.GetStereo() for bond in mol.GetBonds() if bond.GetStereo() in _LABELS}
    Chem.FindPotentialStereoBonds(mol, cleanIt=True)
    found = []
    for bond in mol.GetBonds():
        label = _LABELS.get(stated.get(bond.GetIdx(), bond.GetStereo()))
        if label is not None:
            found.append(((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()), label))
    return found


_CONFIGURED = re.compile(
    r"(?P<label>cis|trans|\(?[EZRS]\)?)(?:-configured)?[ -]"
    r"(?:(?P<bond>(?:c=c |carbon-carbon )?double bond|alkene|olefin|c=c bond)"
    r"|(?P<centre>(?:stereo|chiral(?:ity)? |stereogenic )?(?:cent(?:re|er)|carbon)))s?",
    re.IGNORECASE,
)


def configured(words: str) -> tuple[str, str, Callable[[Molecule], Places]] | None:
    """Read "trans double bonds", "S stereocentres": those with a label as it is written in the molecule.

    Returns:
        The part's name, what exactly is counted, and what finds it; None for other words.
    """
    hit = _CONFIGURED.fullmatch(words)
    if hit is None:
        return None
    label = hit["label"].strip("()")
    if label.casefold() in ("cis", "trans"):
        if hit["bond"] is None:
            return None
        label = {"cis": "Z", "trans": "E"}[label.casefold()]
    if label not in "EZRS" or (label in "EZ") is (hit["bond"] is None):
        return None
    if label in "EZ":
        return (
            f"{label} double bond",
            f"double bonds that are {label} ({'trans' if label == 'E' else 'cis'} of the ranking groups)",
            lambda m: tuple(bond for bond, own in stereo_bonds(m) if own == label),
        )
    return (
        f"{label} stereocentre",
        f"tetrahedral centres that are {label} (CIP labels by RDKit)",
        lambda m: tuple((index,) for index, own in centres(m) if own == label),
    )
