"""Classes and groups with adjectives are decided word by word, and what is said of a molecule as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.facts.classes import is_a
from molreflect.tools.molecules.read import read_molecule
from tests.agents.analyst.predications.test_check import checked, holds

MENTHOL = "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O"
OLEIC = "CCCCCCCC/C=C\\CCCCCCCC(=O)O"
CAMPHOR = "CC1(C)C2CCC1(C)C(=O)C2"
URACIL = "O=c1cc[nH]c(=O)[nH]1"
GLYPHOSATE = "OC(=O)CNCP(=O)(O)O"
GLUCOSE = "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O"
ATRAZINE = "CCNc1nc(Cl)nc(NC(C)C)n1"
IBUPROFEN = "CC(C)Cc1ccc(cc1)C(C)C(=O)O"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (MENTHOL, "It is a saturated monocyclic secondary alcohol.", "It is a saturated bicyclic secondary alcohol."),
        (OLEIC, "It is a monounsaturated C18 fatty acid.", "It is a polyunsaturated C18 fatty acid."),
        (OLEIC, "Its 18-carbon chain is unbranched.", "Its 16-carbon chain is unbranched."),
        (CAMPHOR, "It is a bridged bicyclic ketone.", "It is a bridged tricyclic ketone."),
        ("C1CCOC1", "It is a saturated five-membered cyclic ether.", "It is a saturated six-membered cyclic ether."),
        ("Nc1ccc(cc1)S(=O)(=O)c1ccc(N)cc1", "It is a diaryl sulfone.", "It is a diaryl sulfide."),
        (IBUPROFEN, "It contains only carbon, hydrogen and oxygen.", "The molecule contains only carbon and hydrogen."),
        (GLYPHOSATE, "It is not only a carboxylic acid but also a phosphonic acid.",
         "It is not only a ketone but also an ester."),
        (GLUCOSE, "It has five hydroxyl groups, of which exactly one is primary.",
         "It has five hydroxyl groups, of which exactly two are primary."),
        (ATRAZINE, "Of its five nitrogens, three are in the ring.", "Of its five nitrogens, two are in the ring."),
        ("NCC(=O)O", "Structurally, it lacks a stereocentre.", "In fact, it has a stereocentre."),
        ("C[N+](C)(C)CCO", "The overall charge of the species is +1.", "The overall charge of the species is +2."),
        ("CC(=O)Nc1ccc(O)cc1", "Neither an ester nor a carboxylic acid is present.",
         "Neither an amide nor a carboxylic acid is present."),
        ("Cn1cnc2c1c(=O)n(C)c(=O)n2C", "It has no hydrogen-bond donors at all.", "It has one hydrogen-bond donor."),
        (URACIL, "It has no exocyclic amino group.", "It has an exocyclic amino group."),
        ("CCOc1ccc(NC(C)=O)cc1", "Apart from the amide nitrogen there are no other nitrogen atoms.",
         "Apart from the amide oxygen there are no other oxygen atoms."),
        ("COc1cc(C=O)ccc1O", "Its oxygen atoms belong to an aldehyde, a methoxy group and a phenol.",
         "Its oxygen atoms belong to an aldehyde and a phenol."),
        ("OCC(=O)[C@@H](O)[C@H](O)[C@H](O)CO", "In its open-chain form, it is a ketohexose.",
         "In its cyclic form, it is a ketohexose."),
        ("COc1cc(C=O)ccc1O", "**Class:** phenolic aldehyde", "**Class:** phenolic ketone"),
        ("O=c1ccc2ccccc2o1", "It is a benzo-fused lactone.", "It is a benzo-fused lactam."),
    ],
)  # fmt: skip
def test_every_word_is_decided(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


def test_an_adjective_that_is_not_so_refutes_a_class(resources: Any) -> None:
    (claim,) = checked(resources, MENTHOL, "It is a saturated bicyclic secondary alcohol.").refuted
    assert claim.why == "it is not bicyclic" or "ring" in claim.why


def test_a_class_is_not_one_by_some_of_its_words(resources: Any) -> None:
    molecule = read_molecule(OLEIC)
    assert is_a("monounsaturated fatty acid", molecule, resources).holds
    assert not is_a("polyunsaturated C18 fatty acid", molecule, resources).holds
    assert is_a("bicyclic secondary alcohol", read_molecule(MENTHOL), resources).holds is False
