"""Chains, ends, ring sizes, numbered places and degrees said of a molecule are decided by it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.agents.analyst.predications.test_check import checked, holds

HEPTANONE = "CC(=O)CCCCC"
TRYPTAMINE = "NCCc1c[nH]c2ccccc12"
METHIONINE = "CSCC[C@H](N)C(=O)O"
CAPROLACTAM = "O=C1CCCCCN1"
TARTARIC = "O[C@@H]([C@H](O)C(=O)O)C(=O)O"
CINNAMIC = "OC(=O)/C=C/c1ccccc1"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (HEPTANONE, "The longest carbon chain has seven atoms.", "The longest carbon chain has six atoms."),
        (HEPTANONE, "The ketone is at C2.", "The ketone is at C3."),
        (TRYPTAMINE, "The indole is substituted at C3.", "The indole is substituted at C2."),
        (TRYPTAMINE, "The indole bears an aminoethyl group at C3.", "The indole bears an aminoethyl group at C2."),
        (
            TRYPTAMINE,
            "The primary amine is separated from the ring by two carbons.",
            "The primary amine is separated from the ring by three carbons.",
        ),
        (
            "CC(N)Cc1ccccc1",
            "The nitrogen is two carbons away from the benzene ring.",
            "The amine is three carbons away from the benzene ring.",
        ),
        (
            "NCCO",
            "The amine and the alcohol are separated by two carbons.",
            "The amine and the alcohol are separated by three carbons.",
        ),
        ("CC(=O)Nc1ccc(O)cc1", "The amide is secondary.", "The amide is tertiary."),
        (
            "Cc1ccc(cc1)[N+](=O)[O-]",
            "The nitrogen bears a formal positive charge.",
            "The nitrogen bears a formal negative charge.",
        ),
        ("C#CCO", "It contains two sp-hybridised carbons.", "It contains three sp-hybridised carbons."),
        ("C#CCO", "The hydroxyl group is on a primary carbon.", "The hydroxyl group is on a tertiary carbon."),
        (
            "O=C(OCc1ccccc1)c1ccccc1",
            "A CH2 group sits between the ester oxygen and one of the phenyl rings.",
            "An NH group sits between the ester oxygen and one of the phenyl rings.",
        ),
        ("C1COCCN1", "It is a saturated six-membered heterocycle.", "It is a saturated five-membered heterocycle."),
        ("C1CCCCC1", "It is a saturated six-membered carbocycle.", "It is a saturated six-membered heterocycle."),
        (
            "FC(F)(F)c1ccc(Br)cc1",
            "It contains two different halogens, fluorine and bromine.",
            "It contains two different halogens, fluorine and chlorine.",
        ),
        ("FC(F)(F)c1ccc(Br)cc1", "All three fluorines are on the same carbon.", "All three fluorines are on the ring."),
        ("OCC(O)CO", "The central carbon bears a secondary alcohol.", "The central carbon bears a ketone."),
        (
            "CC(C)=CCCC(C)=CC=O",
            "The aldehyde is conjugated with a C=C double bond.",
            "The ketone is conjugated with a C=C double bond.",
        ),
        (CAPROLACTAM, "The amide is part of the ring.", "The amide is outside the ring."),
        (
            CAPROLACTAM,
            "The ring has seven members, including one nitrogen.",
            "The ring has six members, including one nitrogen.",
        ),
        (CAPROLACTAM, "The ring has seven members.", "The ring has seven members, including two nitrogens."),
        (METHIONINE, "The amino group is on the alpha carbon.", "The amino group is on the beta carbon."),
        (
            METHIONINE,
            "The only stereocentre has the S configuration.",
            "The only stereocentre has the R configuration.",
        ),
        (
            "Clc1ccccc1Cl",
            "The chlorine atoms occupy adjacent positions on the ring.",
            "The chlorine atoms occupy opposite positions on the ring.",
        ),
        ("C1CCC2CCCCC2C1", "The two rings share two carbon atoms.", "The two rings share one carbon atom."),
        ("COc1ccc(CCN)cc1OC", "The benzene ring is trisubstituted.", "The benzene ring is tetrasubstituted."),
        (CINNAMIC, "The double bond is trans.", "The double bond is cis."),
        (
            CINNAMIC,
            "The double bond is conjugated with both the ring and the carboxylic acid.",
            "The double bond is conjugated with both the ring and the ester.",
        ),
        (
            "OC(=O)CCCCC(=O)O",
            "There are two carboxylic acid groups, one at each end of the chain.",
            "It has a seven-carbon chain.",
        ),
        (
            TARTARIC,
            "The two hydroxyl groups are on adjacent carbons.",
            "There are two hydroxyl groups, one at each end of the chain.",
        ),
    ],
)
def test_what_is_so_is_supported_and_its_false_twin_is_not(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true), checked(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        (METHIONINE, "The amino group is on the beta carbon."),
        ("C1CCCCC1O", "The hydroxyl group is not on the ring."),
        ("CC(=O)CCCCC", "The ketone is not at C2."),
    ],
)
def test_denials_and_other_places_are_never_supported(resources: Any, smiles: str, said: str) -> None:
    assert not holds(resources, smiles, said)


def test_one_beside_two_others_is_not_refuted(resources: Any) -> None:
    trinitrotoluene = "Cc1c(cc(cc1[N+](=O)[O-])[N+](=O)[O-])[N+](=O)[O-]"
    assert not checked(resources, trinitrotoluene, "Two nitro groups are ortho and one is para to the methyl.").refuted
