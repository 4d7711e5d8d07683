"""Structures put together from named parts."""

from __future__ import annotations

import pytest
from naming import inchi, one
from rdkit import Chem

from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.structures import Nomenclature
from molreflect.tools.terms import Level

FARNESYL = "CC(C)=CCC/C(C)=C/CC/C(C)=C/"


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        pytest.param("all-trans-tetraprenyl diphosphate", FARNESYL + "CC/C(C)=C/COP(O)(=O)OP(O)(O)=O", id="polyprenyl"),
        pytest.param(
            "apigenin 7-O-beta-D-glucoside",
            "OC[C@H]1O[C@@H](Oc2cc(O)c3c(c2)oc(cc3=O)-c2ccc(O)cc2)[C@H](O)[C@@H](O)[C@@H]1O",
            id="glycoside-by-locant",
        ),
        pytest.param("estrone 3-sulfate", "C[C@]12CC[C@H]3[C@@H](CCc4cc(OS(O)(=O)=O)ccc34)[C@@H]1CCC2=O", id="sulfate"),
        pytest.param(
            "1,2-dihexadecanoyl-sn-glycero-3-phospho-(1'-sn-glycerol)",
            "CCCCCCCCCCCCCCCC(=O)OC[C@H](COP(O)(=O)OC[C@@H](O)CO)OC(=O)CCCCCCCCCCCCCCC",
            id="phosphatidylglycerol",
        ),
        pytest.param(
            "ent-testosterone", "C[C@@]12CC[C@@H]3[C@H](CCC4=CC(=O)CC[C@]43C)[C@H]1CC[C@H]2O", id="mirror-image"
        ),
    ],
)
def test_structures_are_put_together_from_named_parts(names: Nomenclature, name: str, smiles: str) -> None:
    found = one(names, name)
    assert not found.generic
    assert inchi(found.smiles) == inchi(smiles)


def test_a_thioester_joins_the_acyl_group_to_coenzyme_a(names: Nomenclature) -> None:
    found = one(names, "D-lactoyl-CoA")
    assert not found.generic
    assert Chem.MolFromSmiles(found.smiles).HasSubstructMatch(
        Chem.MolFromSmiles("C[C@@H](O)C(=O)SCCNC(=O)"), useChirality=True
    )


def test_joining_parts_keeps_the_handedness_of_both(names: Nomenclature) -> None:
    whole = Chem.MolFromSmiles(one(names, "choloyl-CoA").smiles)
    for part in ("cholic acid", "coenzyme A"):
        pattern = one(names, part).pattern
        hits = find(read_molecule(Chem.MolToSmiles(whole)), pattern)
        if part == "coenzyme A":
            assert hits is not None
            assert hits.level is Level.EXACT
    assert sum(a.GetChiralTag() != Chem.ChiralType.CHI_UNSPECIFIED for a in whole.GetAtoms()) == 11 + 5
