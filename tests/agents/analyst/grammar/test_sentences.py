"""Sentences that are read as a whole are supported where the molecule bears them out, and left open otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.grammar.sentences import sentence_statements
from molreflect.agents.analyst.predications.places import Nouns
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict

TETRACAINE = "CCCCNc1ccc(cc1)C(=O)OCCN(C)C"
CLOTRIMAZOLE = "Clc1ccccc1C(c1ccccc1)(c1ccccc1)n1ccnc1"
ATENOLOL = "CC(C)NCC(O)COc1ccc(CC(N)=O)cc1"
BIOTIN = "OC(=O)CCCC[C@@H]1SC[C@@H]2NC(=O)N[C@H]12"
HALOPERIDOL = "OC1(CCN(CCCC(=O)c2ccc(F)cc2)CC1)c1ccc(Cl)cc1"
TRIMETHOPRIM = "COc1cc(Cc2cnc(N)nc2N)cc(OC)c1OC"
PINENE = "CC1=CCC2CC1C2(C)C"
MEXILETINE = "CC(N)COc1c(C)cccc1C"
WARFARIN = "CC(=O)CC(c1ccccc1)C1=C(O)c2ccccc2OC1=O"
AMLODIPINE = "CCOC(=O)C1=C(COCCN)NC(C)=C(C1c1ccccc1Cl)C(=O)OC"
DIAZEPAM = "CN1C(=O)CN=C(c2ccccc2)c2cc(Cl)ccc21"
KETAMINE = "CNC1(CCCCC1=O)c1ccccc1Cl"


def verdict(smiles: str, said: str, resources: Any) -> Verdict | None:
    found = list(sentence_statements(said, (0, len(said)), Nouns(read_molecule(smiles), resources)))
    return found[0].verdict if found else None


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            TETRACAINE,
            "Para to the ester, the benzene ring bears a butylamino group.",
            "Ortho to the ester, the benzene ring bears a butylamino group.",
        ),
        (
            CLOTRIMAZOLE,
            "One imidazole nitrogen is bonded to a carbon that carries three aryl rings.",
            "One imidazole nitrogen is bonded to a carbon that carries two aryl rings.",
        ),
        (
            AMLODIPINE,
            "The chlorine is ortho to the carbon where the phenyl ring joins the dihydropyridine.",
            "The chlorine is para to the carbon where the phenyl ring joins the dihydropyridine.",
        ),
        (BIOTIN, "A cyclic urea is fused to the tetrahydrothiophene.", "A cyclic urea is fused to a benzene ring."),
        (BIOTIN, "The sulfur (atom 8) is a ring thioether.", "The sulfur (atom 7) is a ring thioether."),
        (
            HALOPERIDOL,
            "The tertiary alcohol is on the piperidine ring.",
            "The tertiary alcohol is on the fluorophenyl ring.",
        ),
        (
            HALOPERIDOL,
            "The fluorine is located para to the ketone on its ring.",
            "The fluorine is located meta to the ketone on its ring.",
        ),
        (
            TRIMETHOPRIM,
            "Three methoxy groups occupy consecutive positions of the ring.",
            "Two amino groups occupy consecutive positions of the ring.",
        ),
        (TRIMETHOPRIM, "It has three methoxy groups on one ring.", "It has two methoxy groups on one ring."),
        (PINENE, "It has a single C=C double bond, and it is endocyclic.", "It has one C=C bond, and it is exocyclic."),
        (
            MEXILETINE,
            "The aryl ring bears two methyl substituents, both ortho to the ether oxygen.",
            "The aryl ring bears two methyl substituents, both para to the ether oxygen.",
        ),
        (WARFARIN, "The side chain ends in a methyl ketone.", "The side chain ends in a carboxylic acid."),
        (
            DIAZEPAM,
            "The seven-membered ring contains two nitrogen atoms.",
            "The seven-membered ring contains three nitrogen atoms.",
        ),
        (
            KETAMINE,
            "It has a cyclohexanone whose alpha carbon bears a methylamino group.",
            "It has a cyclohexanone whose beta carbon bears a methylamino group.",
        ),
        (
            "CNCCC(Oc1ccc(cc1)C(F)(F)F)c1ccccc1",
            "The ether oxygen bridges a benzylic carbon and an aryl ring.",
            "The ether oxygen bridges a carbonyl carbon and an aryl ring.",
        ),
        (
            "CCN(CC)C(=S)SSC(=S)N(CC)CC",
            "The disulfide bond is between atoms 7 and 8.",
            "The disulfide bond is between atoms 5 and 7.",
        ),
        (
            "NS(=O)(=O)c1cc(C(=O)O)c(NCc2ccco2)cc1Cl",
            "A furan ring is attached through a CH2 to the aniline nitrogen.",
            "A furan ring is attached through a CH2 to the sulfonamide nitrogen.",
        ),
        (
            "C=CCc1ccc(O)c(OC)c1",
            "The methoxy oxygen (atom 9) and the phenol oxygen (atom 7) are attached to neighbouring ring carbons.",
            "The methoxy oxygen (atom 9) and the phenol oxygen (atom 7) are attached to the same ring carbon.",
        ),
        (
            "O=C1NC(=O)C(N1)(c1ccccc1)c1ccccc1",
            "It is a hydantoin with two phenyl rings on the same carbon.",
            "It is a hydantoin with two phenyl rings on the same nitrogen.",
        ),
        (
            "C1CSCCN1",
            "It has nitrogen and sulfur in the same six-membered ring.",
            "It has nitrogen and sulfur in the same five-membered ring.",
        ),
        ("NNC(=O)c1ccncc1", "A hydrazide is attached at the 4-position of the pyridine.",
         "A hydrazide is attached at the 3-position of the pyridine."),
        ("Cn1cnc2c1c(=O)n(C)c(=O)n2C", "It has three methyl groups, all of them attached to nitrogen.",
         "It has three methyl groups, all of them attached to carbon."),
        ("OCC(O)CO", "It has three hydroxyl groups, two of which are primary.",
         "It has three hydroxyl groups, two of which are secondary."),
        ("O=c1ccc2ccccc2o1", "Atom 10 is the ring oxygen and atom 0 the carbonyl oxygen.",
         "Atom 0 is the ring oxygen and atom 10 the carbonyl oxygen."),
        ("NCCCC(=O)O", "It does not contain any ring.", "It does not contain any amine."),
        ("C#CCN(C)Cc1ccccc1", "It features a terminal alkyne.", "It features an internal alkyne."),
        ("Oc1ccc(cc1)/C=C/c1cc(O)cc(O)c1", "An E-configured C=C bridges the two phenolic rings.",
         "A Z-configured C=C bridges the two phenolic rings."),
    ],
)  # fmt: skip
def test_a_sentence_is_read_as_a_whole(smiles: str, true: str, false: str, resources: Any) -> None:
    assert verdict(smiles, true, resources) is Verdict.SUPPORTED
    assert verdict(smiles, false, resources) is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    "said",
    [
        "The molecule is known to chemists of all ages.",
        "The blue ring is attached to the green chain.",
        "It has a hydroxyl group that tastes sweet.",
        "It was made from an ester in a beautiful reaction.",
    ],
)
def test_words_that_were_not_understood_leave_a_sentence_unread(said: str, resources: Any) -> None:
    assert verdict(ATENOLOL, said, resources) is not Verdict.SUPPORTED


def test_a_tangled_sentence_ends_soon(resources: Any) -> None:
    said = "The ring bears " + " and ".join(["a methyl group on the ring bearing a ring"] * 7) + "."
    assert verdict(ATENOLOL, said, resources) is not Verdict.SUPPORTED
