"""Whether a molecule has the atoms that the words of a name bring, whatever else the name means.

A sulfate has sulfur, a diphosphate two atoms of phosphorus and a tricarboxylic acid three carboxy carbons, also where
the rest of a name has no reading or means more than a pattern says.
"""

from __future__ import annotations

import re

from rdkit import Chem

from molreflect.tools.molecules.read import Molecule
from molreflect.tools.names.words import MULTIPLIERS, one_of

_TIMES = rf"(?:(?<![a-z])(?P<times>{one_of(word for word in MULTIPLIERS if word)}))?\(?"
_ELEMENTS = {
    "sulfur": (16, r"(?<!de)(?:sulf(?:at|on|ox|id|an|in|o)|thi(?:o|az|adiaz|ol))"),
    "phosphorus": (15, r"(?<!de)phosph"),
    "fluorine": (9, r"(?<!de)fluoro(?!phor|chrom)"),
    "bromine": (35, r"(?<!de)bromo"),
    "iodine": (53, r"(?<!de)iodo(?!ps)"),
}
_PATTERNS = {name: (number, re.compile(_TIMES + words)) for name, (number, words) in _ELEMENTS.items()}
_CARBOXYLIC = re.compile(_TIMES + r"carboxylic acid")
_CARBOXY = Chem.MolFromSmarts("[CX3](=[OX1,NX2,SX1])[#7,#8,#16,F,Cl,Br,I]")
_AMINO_ACID = re.compile(_TIMES + r"amino acid")


def lacking_atoms(molecule: Molecule, name: str) -> str | None:
    """Say which atoms that a name brings a molecule has too few of; None where it has all that are looked for.

    Args:
        molecule: The molecule.
        name: A name or class in normalised form.
    """
    mol = molecule.mol
    numbers = [atom.GetAtomicNum() for atom in mol.GetAtoms()]
    for element, (number, pattern) in _PATTERNS.items():
        if _most_counted(pattern, name) > numbers.count(number):
            return element
    if (needed := _most_counted(_CARBOXYLIC, name)) > 1:
        carbons = {hit[0] for hit in mol.GetSubstructMatches(_CARBOXY)}
        if needed > len(carbons):
            return "carboxy carbon"
    return "nitrogen" if _most_counted(_AMINO_ACID, name) > max(1, numbers.count(7)) else None


def _most_counted(pattern: re.Pattern[str], name: str) -> int:
    """Count how often at least the part that a pattern finds is meant: the greatest number before one of its hits."""
    return max((MULTIPLIERS[hit["times"] or ""] for hit in pattern.finditer(name)), default=0)
