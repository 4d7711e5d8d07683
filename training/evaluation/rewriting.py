"""The same molecule as another SMILES: the text changes and nothing else, which is checked."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from rdkit import Chem

from molreflect.tools.corpus import Pair
from molreflect.tools.errors import InputError, shorten
from molreflect.tools.molecules.read import Molecule, read_molecule

if TYPE_CHECKING:
    pass


def canonical(molecule: Molecule) -> str:
    """RDKit's canonical SMILES."""
    return str(Chem.MolToSmiles(molecule.mol))


def hydrogen(molecule: Molecule) -> str:
    """Every hydrogen written as an atom of its own, from the original's first atom on."""
    return str(Chem.MolToSmiles(Chem.AddHs(molecule.mol), canonical=False))


def kekule(molecule: Molecule) -> str:
    """Aromatic rings written with alternating double bonds, from the original's first atom on."""
    if not any(atom.GetIsAromatic() for atom in molecule.mol.GetAtoms()):
        return molecule.smiles
    copy = Chem.Mol(molecule.mol)
    Chem.Kekulize(copy, clearAromaticFlags=True)
    return str(Chem.MolToSmiles(copy, canonical=False, kekuleSmiles=True))


_RING_TOKEN = re.compile(r"(\[[^\]]*\])|%\((\d+)\)|%(\d\d)|(\d)")
"""A bracket atom (whose digits are no ring numbers), or a ring number."""


def rings(molecule: Molecule) -> str:
    """Other numbers for the ring closures, everything else letter by letter as it was; the same input, the same text.

    No number keeps its value. Numbers stay below 10 where the text uses fewer than nine.
    """
    smiles = molecule.smiles
    used = sorted({_ring_number(found) for found in _RING_TOKEN.finditer(smiles) if not found[1]})
    if not used:
        return smiles
    free = range(1, max(9, len(used) + 1) + 1)
    rng = random.Random(smiles)  # of the text, so that another run writes the same
    while True:
        drawn = rng.sample(free, len(used))
        if all(old != new for old, new in zip(used, drawn, strict=True)):
            break
    renumbered = dict(zip(used, drawn, strict=True))

    def write(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        new = renumbered[_ring_number(found)]
        return str(new) if new < 10 else f"%{new}" if new < 100 else f"%({new})"

    return _RING_TOKEN.sub(write, smiles)


def _ring_number(found: re.Match[str]) -> int:
    return int(found[2] or found[3] or found[4])


REWRITES: dict[str, Callable[[Molecule], str]] = {
    "canonical": canonical,
    "hydrogen": hydrogen,
    "kekule": kekule,
    "rings": rings,
}


def rewrite(smiles: str, how: str) -> str:
    """Write the same molecule in another way.

    Args:
        smiles: The molecule.
        how: One of `REWRITES`.

    Returns:
        SMILES of the same molecule, stereochemistry and isotopes included; the same text where there is nothing to
        rewrite (no ring to renumber, already canonical).

    Raises:
        InputError: `smiles` cannot be read, `how` is unknown, or RDKit does not read the rewritten text as the
            same molecule.
    """
    if how not in REWRITES:
        raise InputError(f"{shorten(how)} is no rewriting; pass some of {', '.join(REWRITES)}")
    molecule = read_molecule(smiles)
    text = REWRITES[how](molecule)
    if not same_molecule(molecule, read_molecule(text)):
        raise InputError(f"the {how} form of {shorten(smiles)} is not read back as the same molecule")
    return text


def same_molecule(left: Molecule, right: Molecule) -> bool:
    """Whether two texts are one molecule: equal standard InChI, and where InChI has none, canonical SMILES."""
    if left.inchikey and right.inchikey:
        return left.inchikey == right.inchikey
    return canonical(left) == canonical(right)


def rewrite_pairs(pairs: Sequence[Pair], how: str) -> tuple[list[Pair], Counter[str]]:
    """Pairs with rewritten molecules; one that cannot be rewritten stays as it is, and its reason is counted."""
    found, refused = [], Counter[str]()
    for pair in pairs:
        try:
            found.append(replace(pair, smiles=rewrite(pair.smiles, how)))
        except InputError as error:
            found.append(pair)
            refused[str(error)] += 1
    return found, refused
