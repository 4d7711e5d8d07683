"""What free prose says of a molecule, in words that captions do not use."""

from __future__ import annotations

import pytest

from molreflect.tools.api import check_text
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict

SULFUR_FREE = "C=CC(=O)OCC"


def _verdicts(smiles: str, text: str, resources: Resources) -> dict[str, Verdict]:
    return {claim.phrase: claim.verdict for claim in check_text(smiles, text, resources).claims}


@pytest.mark.parametrize(
    ("smiles", "text", "phrase", "verdict"),
    [
        pytest.param("CSCC[C@H](N)C(=O)O", "It contains a free thiol.", "thiol", Verdict.REFUTED, id="contains"),
        pytest.param("CSCC[C@H](N)C(=O)O", "It contains a thioether.", "thioether", Verdict.SUPPORTED, id="has-it"),
        pytest.param(SULFUR_FREE, "It contains a sulfur atom.", "sulfur atom", Verdict.REFUTED, id="element"),
        pytest.param("C1CCNCC1", "It has a five-membered ring.", "five-membered ring", Verdict.REFUTED, id="ring-size"),
        pytest.param(
            "C1CCNCC1", "It has a six-membered ring.", "six-membered ring", Verdict.SUPPORTED, id="right-size"
        ),
        pytest.param(
            "O=C1CCCN1", "This is a six-membered lactone.", "six-membered lactone", Verdict.REFUTED, id="lactone"
        ),
        pytest.param(
            "ClC(Cl)(Cl)Cl",
            "Four chlorine atoms surround a carbon.",
            "Four chlorine atoms",
            Verdict.SUPPORTED,
            id="verb",
        ),
        pytest.param("C1CC2CCC1C2", "It is a spirocyclic ether.", "spirocyclic ether", Verdict.REFUTED, id="adjective"),
        pytest.param(
            "CC(C)NCC(O)COc1cccc2ccccc12",
            "It bears a naphthyloxy group.",
            "naphthyloxy group",
            Verdict.SUPPORTED,
            id="aryloxy",
        ),
        pytest.param(
            "CC(C)Cc1ccccc1",
            "It is made up of an isobutyl-substituted phenyl ring.",
            "isobutyl-substituted phenyl ring",
            Verdict.SUPPORTED,
            id="substituted",
        ),
    ],
)
def test_prose_is_judged(smiles: str, text: str, phrase: str, verdict: Verdict, resources: Resources) -> None:
    assert _verdicts(smiles, text, resources)[phrase] is verdict


def test_an_ion_that_a_salt_contains_is_a_compound_and_no_group(resources: Resources) -> None:
    text = "The molecule is an organoammonium salt. It contains an ethylaminium and a propionate."
    assert Verdict.REFUTED not in _verdicts("CC[NH3+].CCC(=O)[O-]", text, resources).values()


def test_ammonia_that_an_amide_was_made_of_is_its_nitrogen(resources: Resources) -> None:
    text = "The molecule is a fatty amide resulting from the formal condensation of octanoic acid with ammonia."
    assert _verdicts("CCCCCCCC(N)=O", text, resources)["ammonia"] is Verdict.SUPPORTED
    assert _verdicts("CCCCCCCC(=O)OC", text, resources)["ammonia"] is Verdict.UNCHECKED


def test_the_ester_of_another_alcohol_does_not_hold(resources: Resources) -> None:
    benzocaine = "CCOC(=O)c1ccc(N)cc1"
    for alkyl, verdict in (("methyl", Verdict.REFUTED), ("ethyl", Verdict.SUPPORTED)):
        said = f"{alkyl} ester of 4-aminobenzoic acid"
        assert _verdicts(benzocaine, f"The molecule is the {said}.", resources)[said] is verdict


@pytest.mark.parametrize("said", ["phenyl ketone", "4-fluorophenyl ketone", "aryl alkyl ether"])
def test_a_group_with_one_part_named_is_not_read_as_with_two(said: str, resources: Resources) -> None:
    haloperidol_ether = "O=C(CCCOc1ccccc1)c1ccc(F)cc1"
    assert _verdicts(haloperidol_ether, f"It has a {said}.", resources)[said] is not Verdict.REFUTED


def test_an_aryl_alkyl_ether_lights_its_own_ring_only(resources: Resources) -> None:
    fluoxetine = "CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1"
    (claim,) = check_text(fluoxetine, "An aryl alkyl ether.", resources).claims
    assert {atom for place in claim.atoms for atom in place} == {4, 5, 6}


def test_the_imide_of_a_hydantoin_is_not_refuted(resources: Resources) -> None:
    assert _verdicts("O=C1NC(=O)CN1", "It has an imide.", resources)["imide"] is not Verdict.REFUTED
