"""Atoms and bonds by where they stand, and the atoms of a group that its name speaks of."""

from __future__ import annotations

import pytest

from molreflect.tools.facts.groups import locate
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources

PLACES = [
    ("ketone carbon", "CCC(C)=O", ((2,),)),
    ("ester oxygen", "CC(=O)OC", ((3,),)),
    ("ester oxygens", "CC(=O)OC", ((2,), (3,))),
    ("amide nitrogen", "CC(=O)NC", ((3,),)),
    ("nitrile carbon", "CC#N", ((1,),)),
    ("carbonyl oxygen", "CC(C)=O", ((3,),)),
    ("ketone carbons", "O=C1C=CC(=O)C=C1", ((1,), (4,))),
    ("basic nitrogens", "CC(=O)NCCN(C)C", ((6,),)),
    ("basic nitrogen", "Nc1ccccc1", ()),
    ("aliphatic carbons", "c1ccncc1CN", ((6,),)),
    ("N-methyl groups", "CNC(C)=O", ((0,),)),
    ("benzylic position", "CCc1ccccc1", ((1,),)),
    ("exocyclic double bond", "C=C1CC=CC1", ((1, 0),)),
    ("acid proton", "CC(=O)O", ((3,),)),
    ("Z double bond", "C/C=C\\C/C=C/C", ((1, 2),)),
    ("S stereocentres", "C[C@H](N)C(=O)O", ((1,),)),
    ("6-ring", "c1ccc2[nH]ccc2c1", ((0, 1, 2, 3, 7, 8),)),
]


@pytest.mark.parametrize(("words", "smiles", "atoms"), PLACES)
def test_where_parts_are(resources: Resources, words: str, smiles: str, atoms: tuple[tuple[int, ...], ...]) -> None:
    found = {tuple(sorted(place)) for place in locate(words, read_molecule(smiles), resources).atoms}
    assert found == {tuple(sorted(place)) for place in atoms}


def test_a_word_that_nothing_was_compared_with_is_not_passed_over(resources: Resources) -> None:
    found = locate("terminal methyl", read_molecule("CCC"), resources)
    assert not found.count
    assert "terminal methyl" in found.why_not
