"""Trivial names with CIP labels before them: "(2R,3S)-tartaric acid", "(R,R)-tartaric acid".

A program for names numbers only what it can build; a trivial name with locants is read here by the labels alone, where
one stereoisomer of the compound has them.
"""

from __future__ import annotations

import re
from collections import Counter

from rdkit import Chem
from rdkit.Chem.EnumerateStereoisomers import EnumerateStereoisomers, StereoEnumerationOptions

from molreflect.tools.facts.configured import centres
from molreflect.tools.molecules.read import Molecule, read_molecule

_LABELLED = re.compile(
    r"\((?P<labels>\d{0,2}[a-z]?[RS](?:,\s?\d{0,2}[a-z]?[RS]){0,7})\)[- ]?(?P<name>[A-Za-z].{3,200})"
)
_LABEL = re.compile(r"[RS]")
_MOST = 64
"""Stereoisomers that are looked at."""


def parted_label(text: str) -> tuple[str, str] | None:
    """Part the CIP labels before a name from it: ("RS", "tartaric acid"); None where there are none."""
    found = _LABELLED.fullmatch(text)
    return None if found is None else ("".join(_LABEL.findall(found["labels"])), found["name"])


def with_labels(smiles: str, labels: str) -> str | None:
    """Find the one stereoisomer of a compound that has CIP labels; None where none has them, or several have.

    Args:
        smiles: The compound, as its name without labels is read; a configuration that it has does not count.
        labels: One letter for each centre. Which centre has which is not looked at: where that matters, two isomers
            have them.
    """
    wanted = Counter(labels)
    flat = Chem.MolFromSmiles(Chem.MolToSmiles(read_molecule(smiles).mol, isomericSmiles=False))
    options = StereoEnumerationOptions(unique=True, maxIsomers=_MOST)
    isomers = {str(Chem.MolToSmiles(isomer)) for isomer in EnumerateStereoisomers(flat, options=options)}
    found = [each for each in sorted(isomers) if _labels_of(read_molecule(each)) == wanted]
    return found[0] if len(found) == 1 and len(isomers) < _MOST else None


def _labels_of(molecule: Molecule) -> Counter[str]:
    return Counter(label for _, label in centres(molecule))
