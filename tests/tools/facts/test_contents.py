"""Rings by their names, those too of which a class has a condition on the molecule."""

from __future__ import annotations

import pytest

from molreflect.tools.facts.contents import rings_of
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources


@pytest.mark.parametrize(
    ("smiles", "names"),
    [
        ("c1ccoc1", ["furan"]),
        ("c1ccc2ncccc2c1", ["quinoline"]),
        ("c1ccc2ccccc2c1", ["naphthalene"]),
        ("CCc1c[nH]c2ccccc12", ["indole"]),
        ("c1cnc[nH]1", ["imidazole"]),
        ("Cn1c(=O)c2c(ncn2C)n(C)c1=O", ["purine"]),
        ("Nc1ccc(S(=O)(=O)Nc2nccs2)cc1", ["1,3-thiazole", "benzene ring"]),
    ],
)
def test_rings_have_their_names(resources: Resources, smiles: str, names: list[str]) -> None:
    assert sorted(group.name for group in rings_of(read_molecule(smiles), resources)) == sorted(names)
