from __future__ import annotations

import pytest
from rdkit import Chem

from molreflect.tools.names.sugars import is_sugar, open_form, ring_forms

GLUCOSE = "OC[C@@H](O)[C@@H](O)[C@H](O)[C@@H](O)C=O"
PYRANOSE = "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O"
FRUCTOSE = "OC[C@@H](O)[C@@H](O)[C@H](O)C(=O)CO"


@pytest.mark.parametrize(
    ("chain", "rings"),
    [
        (GLUCOSE, [PYRANOSE, "OC[C@@H](O)[C@H]1OC(O)[C@H](O)[C@H]1O"]),
        (FRUCTOSE, ["OCC1(O)OC[C@@H](O)[C@@H](O)[C@@H]1O", "OC[C@H]1OC(O)(CO)[C@@H](O)[C@@H]1O"]),
        ("O=CC(O)CO", []),  # too short
        ("CC(=O)CCCO", []),  # no sugar
        (PYRANOSE, []),
    ],
)
def test_a_chain_closes_to_six_and_five_membered_rings(chain: str, rings: list[str]) -> None:
    assert [Chem.CanonSmiles(ring) for ring in rings] == [Chem.CanonSmiles(ring) for ring in ring_forms(chain)]


@pytest.mark.parametrize("name", ["aldehydo-D-glucose", "open-chain glucose", "keto-D-fructose"])
def test_a_name_that_asks_for_the_chain_has_no_rings(name: str) -> None:
    assert ring_forms(GLUCOSE, name) == ()


@pytest.mark.parametrize(("ring", "chain"), [(PYRANOSE, GLUCOSE), ("OC[C@H]1OC(O)(CO)[C@@H](O)[C@@H]1O", FRUCTOSE)])
def test_a_hemiacetal_opens_to_its_chain(ring: str, chain: str) -> None:
    assert Chem.CanonSmiles(open_form(ring)) == Chem.CanonSmiles(chain)


@pytest.mark.parametrize("smiles", ["COC1OC(CO)C(O)C(O)C1O", "OC1CCCCC1", "CCO"])
def test_what_is_no_hemiacetal_stays(smiles: str) -> None:
    assert open_form(smiles) == smiles
    assert not is_sugar(smiles)
