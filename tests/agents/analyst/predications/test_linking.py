"""What lies between two parts, which atoms a noun is given, and what a group is made of are decided by the molecule."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.predications.tokens import tokens_of, with_indices
from tests.agents.analyst.predications.test_check import checked, holds

PROPRANOLOL = "CC(C)NCC(O)COc1cccc2ccccc12"
METHYL_YELLOW = "CN(C)c1ccc(cc1)N=Nc1ccccc1"
CYTIDINE = "Nc1ccn(C2OC(CO)C(O)C2O)c(=O)n1"
LIDOCAINE = "CCN(CC)CC(=O)Nc1c(C)cccc1C"
ISOPHORONE = "CC1=CC(=O)CC(C)(C)C1"
GLUCOSE = "OCC1OC(O)C(O)C(O)C1O"
GUANINE = "Nc1nc2[nH]cnc2c(=O)[nH]1"
DDT = "Clc1ccc(cc1)C(c1ccc(Cl)cc1)C(Cl)(Cl)Cl"
TROPANE = "CN1C2CCC1C(C(=O)OC)C(OC(=O)c1ccccc1)C2"
PARATHION = "CCOP(=S)(OCC)Oc1ccc(cc1)[N+](=O)[O-]"
BHT = "CC(C)(C)c1cc(C)cc(C(C)(C)C)c1O"
EUGENOL_ETHER = "COc1cc(CC=C)ccc1OC"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            PROPRANOLOL,
            "The ether oxygen connects the side chain to the naphthalene ring.",
            "The ether oxygen connects the side chain to the amine nitrogen.",
        ),
        (METHYL_YELLOW, "The azo group bridges the two benzene rings.", "The azo group bridges the two methyl groups."),
        (
            CYTIDINE,
            "The sugar ring is bonded to the pyrimidine through nitrogen 4.",
            "The sugar ring is bonded to the pyrimidine through nitrogen 16.",
        ),
        (GLUCOSE, "The ring oxygen, atom 3, links atoms 2 and 4.", "The ring oxygen, atom 3, links atoms 2 and 6."),
        (PARATHION, "The P=S bond connects atoms 3 and 4.", "The P=S bond connects atoms 3 and 5."),
        (
            "OC(=O)Cc1ccccc1Nc1c(Cl)cccc1Cl",
            "It contains two benzene rings linked by an NH group.",
            "It contains two benzene rings linked by a CH2 group.",
        ),
        (
            BHT,
            "The phenol is flanked on both sides by tert-butyl groups.",
            "The phenol is flanked on both sides by methyl groups.",
        ),
        (
            "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1",
            "Two methyl groups share one quaternary carbon.",
            "Two methyl groups share one carbinol carbon.",
        ),
        (
            EUGENOL_ETHER,
            "The allyl group is para to one methoxy and meta to the other.",
            "The allyl group is ortho to one methoxy and meta to the other.",
        ),
    ],
)
def test_what_is_between_two_parts(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            LIDOCAINE,
            "The carbonyl carbon, atom 6, is double-bonded to oxygen 7 and single-bonded to nitrogen 8.",
            "The carbonyl carbon, atom 6, is double-bonded to oxygen 7 and single-bonded to nitrogen 2.",
        ),
        (
            TROPANE,
            "The bridging nitrogen (atom 1) carries a methyl group.",
            "The bridging nitrogen (atom 1) carries an ethyl group.",
        ),
        (
            "O=C(O)C[C@H](O)[C@@H](O)CO",
            "Both stereocentres, atoms 4 and 6, bear a hydroxyl group.",
            "Both stereocentres, atoms 3 and 6, bear a hydroxyl group.",
        ),
        (
            "O=C(O)C[C@H](O)[C@@H](O)CO",
            "The hydroxyl group on atom 4 is beta to the carboxylic acid.",
            "The hydroxyl group on atom 6 is beta to the carboxylic acid.",
        ),
        (
            ISOPHORONE,
            "The ring C=C, formed by atoms 1 and 2, is conjugated with the ketone.",
            "The ring C=C, formed by atoms 5 and 6, is conjugated with the ketone.",
        ),
        (
            DDT,
            "The central CH (atom 7) is attached to both aryl rings and to the CCl3 group.",
            "The central CH (atom 15) is attached to both aryl rings and to the CCl3 group.",
        ),
        ("C1CCOC1", "The oxygen is bonded to two CH2 groups, atoms 2 and 4.", "It is bonded to atoms 0 and 4."),
        (
            "CC(=O)CC(C)(C)O",
            "The carbon bearing the hydroxyl group (atom 4) also carries two methyl groups.",
            "The carbon bearing the hydroxyl group (atom 3) also carries two methyl groups.",
        ),
        (
            PARATHION,
            "The nitro nitrogen, atom 15, carries a positive formal charge.",
            "The nitro nitrogen, atom 15, carries a negative formal charge.",
        ),
    ],
)
def test_atoms_that_are_given_for_a_noun(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            TROPANE,
            "The methyl ester takes up atoms 7, 8, 9 and 10.",
            "The methyl ester takes up atoms 12, 13, 14 and 15.",
        ),
        (
            "O=C(O)C[C@H](O)[C@@H](O)CO",
            "The terminal CH2OH group corresponds to atoms 8 and 9.",
            "The terminal CH2OH group corresponds to atoms 3 and 4.",
        ),
        (EUGENOL_ETHER, "Atoms 6 and 7 form the terminal double bond.", "Atoms 5 and 6 form the terminal double bond."),
        (METHYL_YELLOW, "The azo nitrogens are atoms 9 and 10.", "The azo nitrogens are atoms 1 and 9."),
        ("CCc1ccccc1", "The benzene ring comprises atoms 2 to 7.", "The benzene ring comprises atoms 2 to 6."),
        (ISOPHORONE, "The gem-dimethyl carbon is atom 6.", "The gem-dimethyl carbon is atom 1."),
    ],
)
def test_atoms_that_a_group_is_made_of(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            GUANINE,
            "Of the five nitrogens, four belong to the rings.",
            "Of the five nitrogens, three belong to the rings.",
        ),
        (
            ISOPHORONE,
            "The methyl group on the double bond sits beta to the carbonyl.",
            "The methyl group on the double bond sits alpha to the carbonyl.",
        ),
        (
            DDT,
            "The trichloromethyl carbon is atom 15, and it bears three chlorines.",
            "The trichloromethyl carbon is atom 15, and it bears two chlorines.",
        ),
        (
            DDT,
            "Each of the two aromatic rings carries a para chlorine.",
            "Each of the two aromatic rings carries a meta chlorine.",
        ),
        (
            TROPANE,
            "The two ester groups sit on adjacent ring carbons.",
            "The two ester groups sit on the same ring carbon.",
        ),
        (
            CYTIDINE,
            "The anomeric carbon is attached to both the ring oxygen and the base.",
            "The anomeric carbon is attached to both the amino group and the base.",
        ),
    ],
)
def test_places_of_parts(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


def test_a_sugar_may_be_the_molecule(resources: Any) -> None:
    said = checked(resources, "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", "This sugar has four hydroxy groups.")
    assert not holds(resources, "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O", "This sugar has four hydroxy groups.")
    assert said.claims


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The ring oxygen (atom 3) links atoms 2 and 4.", "The ring oxygen@3 links atoms@2,4"),
        ("It is bonded to oxygen 7.", "It is bonded to oxygen@7"),
        ("The ring, atoms 1 to 4, is flat.", "The ring@1,2,3,4 is flat"),
        ("It sits at atoms 3, 4 and 5.", "It sits at atoms 3,4,5"),
        ("The carbon is doubly bonded to the oxygen.", "The carbon is bonded to the =oxygen"),
        ("It has 7 atoms.", "It has 7 atoms"),
    ],
)
def test_indices_stand_with_their_nouns(text: str, words: str) -> None:
    assert " ".join(token.text for token in with_indices(tokens_of(text, (0, len(text))))) == words


DESLORATADINE = "Clc1ccc2c(c1)C(=C1CCNCC1)c1ncccc1CC2"
INDOLE = "c1ccc2[nH]ccc2c1"
LETROZOLE = "N#Cc1ccc(cc1)C(c1ccc(cc1)C#N)n1cncn1"
SULFONYLPIPERAZINE = "O=S(=O)(c1ccccc1)N1CCNCC1"
DIPHENHYDRAMINE = "CN(C)CCOC(c1ccccc1)c1ccccc1"
TESTOSTERONE = "CC12CCC(=O)C=C1CCC1C2CCC2(C)C1CCC2O"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            DESLORATADINE,
            "An exocyclic double bond connects the piperidine ring to the tricyclic core.",
            "An exocyclic single bond connects the piperidine ring to the tricyclic core.",
        ),
        (
            DESLORATADINE,
            "The double bond between atoms 7 and 8 is tetrasubstituted.",
            "The double bond between atoms 7 and 8 is disubstituted.",
        ),
        (INDOLE, "Atoms 3 and 7 are shared by both rings.", "Atoms 3 and 5 are shared by both rings."),
        (
            INDOLE,
            "The nitrogen is directly attached to one of the ring-fusion carbons.",
            "The nitrogen is directly attached to both of the ring-fusion carbons.",
        ),
        (
            "CC(N)C(=O)NCC(=O)O",
            "The peptide bond joins atom 3 to atom 5.",
            "The peptide bond joins atom 1 to atom 3.",
        ),
        (
            DIPHENHYDRAMINE,
            "The carbon that bears both phenyl rings is also attached to the ether oxygen.",
            "The carbon that bears both phenyl rings is also attached to the amine nitrogen.",
        ),
        (
            DIPHENHYDRAMINE,
            "An ethylene bridge separates the ether oxygen from the dimethylamino group.",
            "A propylene bridge separates the ether oxygen from the dimethylamino group.",
        ),
        (
            "CSCCC(N)C(=O)O",
            "Two methylene groups lie between the sulfur and the alpha carbon.",
            "Three methylene groups lie between the sulfur and the alpha carbon.",
        ),
        (
            "CCOC(=O)C=Cc1ccccc1",
            "The alkene is conjugated with both the phenyl ring and the ester carbonyl.",
            "The alkene is conjugated with both the phenyl ring and the ethyl group.",
        ),
        (
            TESTOSTERONE,
            "The hydroxyl group is located on the five-membered ring.",
            "The hydroxyl group is located on one of the six-membered rings.",
        ),
        (
            LETROZOLE,
            "The methine carbon, atom 8, connects three rings.",
            "The methine carbon, atom 8, connects two rings.",
        ),
        (
            SULFONYLPIPERAZINE,
            "The sulfur atom is double-bonded to two oxygens.",
            "The sulfur atom is double-bonded to one oxygen.",
        ),
        (
            SULFONYLPIPERAZINE,
            "One piperazine nitrogen is sulfonylated and the other carries a hydrogen.",
            "Both piperazine nitrogens are sulfonylated.",
        ),
        (
            SULFONYLPIPERAZINE,
            "The sulfonyl group links the phenyl ring to a piperazine nitrogen, atom 9.",
            "The sulfonyl group links the phenyl ring to a piperazine nitrogen, atom 12.",
        ),
        ("OC1CCCCC1N", "Four ring carbons are CH2 groups.", "Five ring carbons are CH2 groups."),
        (
            "O=C1CCCN1C=C",
            "The ring has five members: four carbons and one nitrogen.",
            "The ring has six members: five carbons and one nitrogen.",
        ),
        ("CC(=O)c1ccccc1", "The ketone carbon is atom 1.", "The ketone carbon is atom 0."),
    ],
)
def test_relations_of_parts(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)
