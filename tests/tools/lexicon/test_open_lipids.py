"""A lipid or nucleotide with something foreign on it is neither called one of its class nor refused."""

from __future__ import annotations

import pytest

from molreflect.tools.lexicon.classes import load_lexicon
from molreflect.tools.meaning.membership import membership
from molreflect.tools.molecules.read import read_molecule

COENZYME = (
    "SCCNC(=O)CCNC(=O)[C@H](O)C(C)(C)COP(=O)(O)OP(=O)(O)OC[C@H]1O[C@@H](n2cnc3c(N)ncnc32)[C@H](O)[C@@H]1OP(=O)(O)O"
)


@pytest.mark.parametrize(
    ("name", "plain", "foreign"),
    [
        pytest.param("fatty acid", "CCCCCCCC(=O)O", "ClCCCCCCCC(=O)O", id="halogen"),
        pytest.param("fatty acid", "CCCC(=O)O", "OC(=O)CCCCC(=O)O", id="second_acid"),
        pytest.param("hydroxy fatty acid", "OCCCCCC(=O)O", "OCC1OC(OCCCCCC(=O)O)C(O)C(O)C1O", id="hydroxy_of_a_sugar"),
        pytest.param("omega-hydroxy fatty acid", "OCCCCCC(=O)O", "OC(=O)C(CCO)CCCCCC", id="end_of_a_branch"),
        pytest.param(
            "(omega-1)-hydroxy fatty acid", "CC(O)CCCC(=O)O", "OC(=O)C(C(C)O)CCCCC", id="near_end_of_a_branch"
        ),
        pytest.param("2-hydroxy fatty acid", "CCCCC(O)C(=O)O", "OC(=O)C(O)C(C)(C)CO", id="pantoic_acid"),
        pytest.param("fatty acid ester", "CCCCCC(=O)OC", "ClCCCCCC(=O)OC", id="ester"),
        pytest.param("wax ester", "C" * 16 + "OC(=O)" + "C" * 15, "CCCCCCCCOC(=O)CCCCCC", id="short_wax"),
        pytest.param("monoglyceride", "CCCC(=O)OCC(O)CO", "NC(C)C(=O)OCC(O)CO", id="aminoacyl"),
        pytest.param(
            "phosphatidylcholine",
            "CC(=O)OCC(OC(=O)CCCC)COP(=O)([O-])OCC[N+](C)(C)C",
            "O=C(c1ccccc1)OCC(OC(=O)c1ccccc1)COP(=O)([O-])OCC[N+](C)(C)C",
            id="benzoyl",
        ),
        pytest.param(
            "ceramide",
            "OCC(NC(C)=O)C(O)CCCCCCCCCC",
            "CC(=O)OCC(NC(C)=O)C(OC(C)=O)C(OC(C)=O)CCCCCC",
            id="acetylated_hydroxy_groups",
        ),
        pytest.param("fatty acyl-CoA", f"CCCCCC(=O){COENZYME}", f"OC(=O)CCCCC(=O){COENZYME}", id="acid_of_a_thioester"),
        pytest.param(
            "monounsaturated fatty acyl-CoA",
            f"CCCC=CCC(=O){COENZYME}",
            f"CCCC=CCC#CCC(=O){COENZYME}",
            id="enyne",
        ),
        pytest.param(
            "adenosine 5'-monophosphate",
            "Nc1ncnc2c1ncn2[C@@H]1O[C@H](COP(=O)(O)O)[C@@H](O)[C@H]1O",
            "Nc1ncnc2c1nc(Br)n2[C@@H]1O[C@H](COP(=O)(O)O)[C@@H](O)[C@H]1O",
            id="substituted_base",
        ),
        pytest.param(
            "uridine",
            "O=c1ccn([C@@H]2O[C@H](CO)[C@@H](O)[C@H]2O)c(=O)[nH]1",
            "O=C1CCN([C@@H]2O[C@H](CO)[C@@H](O)[C@H]2O)C(=O)N1",
            id="hydrogenated_base",
        ),
    ],
)
def test_what_is_foreign_leaves_the_class_open(name: str, plain: str, foreign: str) -> None:
    entry = load_lexicon().find(name)
    assert entry is not None
    assert membership(entry, read_molecule(plain)).holds is True
    assert membership(entry, read_molecule(foreign)).holds is None
