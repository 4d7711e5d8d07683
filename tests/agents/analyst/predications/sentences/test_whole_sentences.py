"""Sentences on the molecule are supported where every word of them was read and holds."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.predications.sentences.wordings import in_one_way
from molreflect.agents.analyst.subjects import Subjects
from molreflect.tools.terms import Verdict

CAFFEINE = "Cn1cnc2c1c(=O)n(C)c(=O)n2C"
DDT = "Clc1ccc(cc1)C(c1ccc(Cl)cc1)C(Cl)(Cl)Cl"
STEARIC = "CCCCCCCCCCCCCCCCCC(=O)O"


def holds(resources: Any, smiles: str, said: str) -> bool:
    subjects = Subjects()
    subjects.add(smiles)
    answer = AnswerChecker(resources).check(said, subjects)
    return bool(answer.claims) and not answer.unread and {c.verdict for c in answer.claims} == {Verdict.SUPPORTED}


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (CAFFEINE, "It has four nitrogens, but no hydrogen bond donors.", "It has five nitrogens, but no donors."),
        ("NCC(=O)O", "It is achiral because its alpha carbon bears two hydrogen atoms.", "It is chiral."),
        (
            "NCCc1ccc(O)c(O)c1",
            "It is a primary amine since its nitrogen is bound to just one carbon.",
            "It is a primary amine since its nitrogen is bound to two carbons.",
        ),
        (
            "C[N+](C)(C)CCO.[Cl-]",
            "It is a salt made up of a quaternary ammonium cation and a chloride anion.",
            "It is a salt made up of a quaternary ammonium cation and a bromide anion.",
        ),
        (
            STEARIC,
            "It is a saturated fatty acid with an unbranched chain of 18 carbon atoms.",
            "It is a saturated fatty acid with an unbranched chain of 16 carbon atoms.",
        ),
        ("c1ccc(cc1)-c1ccccc1", "It is composed of two benzene rings joined by a single bond.",
         "It is composed of three benzene rings joined by single bonds."),
        ("NC(N)=O", "It has four hydrogens, all on nitrogen.", "It has four hydrogens, all on carbon."),
        (DDT, "Of the five chlorine atoms, three are aliphatic and two are aromatic.",
         "Of the five chlorine atoms, two are aliphatic and three are aromatic."),
        ("CN1CCC[C@H]1c1cccnc1", "It has two rings, one aromatic and one saturated.",
         "It has two rings, both aromatic."),
        ("Nc1ccc(cc1)S(N)(=O)=O", "It has two NH2 groups: an aniline and a sulfonamide.",
         "It has two NH2 groups: two anilines and a sulfonamide."),
        ("COc1cc(C=O)ccc1O", "It has three oxygen-containing functional groups: an aldehyde, a phenol and an ether.",
         "It contains two oxygen-containing functional groups: an aldehyde, a phenol and an ether."),
        ("CC(C)(C)NCC(O)c1ccc(O)c(CO)c1", "It has three hydroxy groups: one phenolic, one primary and one secondary.",
         "It has three hydroxyl groups: one phenolic and two primary."),
        ("Oc1ccc(O)cc1", "It is a benzenediol with the two OH groups para.",
         "It is a benzenediol with the two OH groups meta."),
        ("O=C(O)c1cn(C2CC2)c2cc(N3CCNCC3)c(F)cc2c1=O", "Besides one fluorine, it has no other halogens.",
         "Besides one chlorine, it has no other halogens."),
        ("CC(=O)CC(c1ccccc1)c1c(O)c2ccccc2oc1=O", "It has one stereocentre whose configuration is not specified.",
         "It has two stereocentres whose configuration is not specified."),
        ("c1ccc(cc1)/N=N/c1ccccc1", "It has an N=N double bond linking two phenyl rings.",
         "It has an N=N double bond linking two pyridine rings."),
        ("C[C@H](N)C(=O)O", "It has a methyl group as its side chain.", "It has an ethyl group as its side chain."),
        ("O=C1c2ccccc2C(=O)c2ccccc12", "It has three linearly fused six-membered rings.",
         "It has four linearly fused six-membered rings."),
        ("Cc1c[nH]c(=O)[nH]c1=O", "It differs from uracil by one additional methyl group.",
         "It differs from uracil by two additional methyl groups."),
        ("NNC(=O)c1ccncc1", "It is the hydrazide of isonicotinic acid.", "It is the hydrazide of benzoic acid."),
        ("COc1ccc2[nH]cc(CCNC(C)=O)c2c1", "The TPSA of it is roughly 54 \u00c5\u00b2.",
         "The TPSA of it is roughly 84 \u00c5\u00b2."),
        ("CCCCCCCCCCCC(=O)OC", "It is the methyl ester of a C12 fatty acid.",
         "It is the methyl ester of a C14 fatty acid."),
        ("CC(=O)OCC=C", "It is the acetate of an allylic alcohol.", "It is the acetate of a benzylic alcohol."),
        ("c1ccc2[nH]c3ccccc3c2c1", "It is a tricyclic system in which a pyrrole is flanked by two benzene rings.",
         "It is a tricyclic system in which a furan is flanked by two benzene rings."),
        ("CCO", "It has six hydrogen atoms, only one of which is on oxygen.",
         "It has six hydrogen atoms, two of which are on oxygen."),
        ("FC(F)Cl", "It contains two different halogens: fluorine and chlorine.",
         "It contains two different halogens: fluorine and bromine."),
        ("CC(N)Cc1ccccc1", "It has a primary amine and no heteroatoms other than nitrogen.",
         "It has a primary amine and no heteroatoms other than oxygen."),
        ("CC(O)CO", "Of its two hydroxyl groups, one is primary and the other is secondary.",
         "Of its two hydroxyl groups, one is secondary and the other is tertiary."),
        ("C1CCC2(CC1)OCCO2", "It is a spirocyclic ketal with two rings sharing a single atom.",
         "It is a spirocyclic ketal with two rings sharing two atoms."),
        ("CSCC[C@H](N)C(=O)O", "It contains a thioether rather than a thiol.",
         "It contains a thiol rather than a thioether."),
        ("CC(=O)[O-].[NH4+]", "It is an ionic compound with no net charge.",
         "It is an ionic compound with a net charge of +1."),
        ("CC(Cl)C(=O)O", "It has one stereogenic center, which is left undefined in this SMILES.",
         "It has one stereogenic center, which is fully specified."),
        ("CCCCC(CC)CO", "It is a branched primary alcohol of eight carbons.",
         "It is a linear primary alcohol of eight carbons."),
        ("CC(=O)OCC(COC(C)=O)OC(C)=O", "It is the triacetate of glycerol.", "It is the diacetate of glycerol."),
        ("Clc1ccc(cc1)C(c1ccc(Cl)cc1)C(Cl)(Cl)Cl", "It has five chlorines: two aryl chlorides plus a CCl3 group.",
         "It has five chlorines: one aryl chloride plus a CCl3 group."),
        ("OC(=O)/C=C\\C(=O)O", "It is acyclic, i.e. it has no ring.", "It is acyclic, i.e. it has one ring."),
    ],
)  # fmt: skip
def test_every_word_counts(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


def test_what_was_not_read_is_not_supported_by_the_words_beside_it(resources: Any) -> None:
    assert holds(resources, CAFFEINE, "It has three methyl groups.")
    assert not holds(resources, CAFFEINE, "It has three methyl groups in a zigzag.")


def test_wordings_of_one_sense_become_one() -> None:
    assert in_one_way("It is made up of a total of two rings.") == in_one_way("It contains two rings overall.")
