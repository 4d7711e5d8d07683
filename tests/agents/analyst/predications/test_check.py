"""Clauses on what atoms and rings bear, hold and how they stand are decided as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.checked import CheckedAnswer
from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.subjects import Subjects
from molreflect.tools.terms import Verdict

CHOLINE = "C[N+](C)(C)CCO"
DOPAMINE = "NCCc1ccc(O)c(O)c1"
PARACETAMOL = "CC(=O)Nc1ccc(O)cc1"
GLYCEROL = "OCC(O)CO"
CAFFEINE = "Cn1cnc2c1c(=O)n(C)c(=O)n2C"
HALOTHANE = "FC(F)(F)C(Cl)Br"
BISPHENOL = "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1"
MALEIC = "OC(=O)/C=C\\C(=O)O"


def checked(resources: Any, smiles: str, said: str) -> CheckedAnswer:
    subjects = Subjects()
    subjects.add(smiles)
    return AnswerChecker(resources).check(said, subjects)


def holds(resources: Any, smiles: str, said: str) -> bool:
    """Whether all of a sentence was read and is supported."""
    answer = checked(resources, smiles, said)
    return bool(answer.claims) and not answer.unread and {c.verdict for c in answer.claims} == {Verdict.SUPPORTED}


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (CHOLINE, "The nitrogen bears three methyl groups.", "The nitrogen bears two methyl groups and a hydrogen."),
        (CHOLINE, "The nitrogen bears three methyl groups and no hydrogen.", "The nitrogen bears two methyl groups."),
        (DOPAMINE, "The amine nitrogen carries two hydrogens.", "The amine nitrogen carries one hydrogen."),
        (DOPAMINE, "The two hydroxyl groups are adjacent.", "The two hydroxyl groups are opposite to each other."),
        (
            DOPAMINE,
            "The two phenolic hydroxyls are ortho to each other.",
            "The two phenolic hydroxyls are para to each other.",
        ),
        (
            PARACETAMOL,
            "The carbonyl carbon is bonded to a methyl group and to nitrogen.",
            "The carbonyl carbon bears a hydrogen.",
        ),
        (PARACETAMOL, "The phenolic oxygen is atom 8.", "The phenolic oxygen is atom 4."),
        (
            GLYCEROL,
            "Two of its hydroxyl groups are primary and one is secondary.",
            "All three hydroxyl groups are primary.",
        ),
        (
            GLYCEROL,
            "It has two primary and one secondary hydroxyl groups.",
            "It has one primary and two secondary hydroxyl groups.",
        ),
        (
            GLYCEROL,
            "Both a primary and a secondary alcohol are present.",
            "Both a primary and a tertiary alcohol are present.",
        ),
        (CAFFEINE, "Three of the four nitrogens are methylated.", "All four nitrogens are methylated."),
        (
            CAFFEINE,
            "It has three methyl groups, all of them attached to nitrogen.",
            "It has three methyl groups, two of them attached to nitrogen.",
        ),
        (
            HALOTHANE,
            "The bromine and the chlorine sit on the same carbon.",
            "The bromine and the chlorine sit on different carbons.",
        ),
        (
            BISPHENOL,
            "The quaternary carbon bears two methyl groups and two aryl groups.",
            "The quaternary carbon bears three methyl groups.",
        ),
        (
            BISPHENOL,
            "Each benzene ring bears one hydroxyl group in the para position.",
            "Each benzene ring bears one hydroxyl group in the ortho position.",
        ),
        (
            MALEIC,
            "The two carboxyl groups are cis to each other.",
            "The two carboxyl groups are on opposite sides of the double bond.",
        ),
        (
            "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O",
            "The ring contains a single oxygen atom.",
            "The ring contains two oxygen atoms.",
        ),
        ("NCCc1cnc[nH]1", "The imidazole ring contains two nitrogens.", "The imidazole ring contains three nitrogens."),
        (
            "C1COCCN1",
            "The oxygen and the nitrogen are in the same ring.",
            "The oxygen and the nitrogen are in different rings.",
        ),
        (
            "CC1=CC[C@@H](CC1)C(C)=C",
            "One double bond lies inside the ring and the other outside it.",
            "Both double bonds lie inside the ring.",
        ),
        (
            "CC(C)(C)O",
            "The carbon bearing the hydroxyl is attached to three methyl groups.",
            "The carbon bearing the hydroxyl is attached to two methyl groups.",
        ),
        (
            "CCN(CC)CC",
            "The nitrogen is attached to three ethyl groups and nothing else.",
            "The nitrogen bears two ethyl groups only.",
        ),
        (
            "OC(CC)(c1ccc(F)cc1F)C",
            "It has two fluorine atoms, one ortho and one para to the alkyl substituent.",
            "It has two fluorine atoms, one ortho and one meta to the alkyl substituent.",
        ),
        ("Cc1c[nH]c(=O)[nH]c1=O", "It has two NH groups.", "It has one NH group."),
        ("NCC(=O)O", "It is achiral.", "It is chiral."),
        ("CCO", "It is acyclic.", "It is bicyclic."),
        (
            "Clc1ccc(cc1)-c1ccc(Cl)cc1",
            "The two aromatic rings are each monochlorinated.",
            "The two aromatic rings are each dichlorinated.",
        ),
        ("c1ccc2[nH]ccc2c1", "The nitrogen is in the five-membered ring.", "The nitrogen is in the six-membered ring."),
        (
            "CN1CCC[C@H]1c1cccnc1",
            "The methyl group sits on the pyrrolidine nitrogen.",
            "The methyl group sits on the pyrrolidine oxygen.",
        ),
        (
            "CC1=CC[C@@H](CC1)C(C)=C",
            "One double bond lies inside the ring and the other outside it.",
            "One double bond lies inside the ring and the other inside it.",
        ),
        (
            "NCCCC(=O)O",
            "Three methylene groups separate the amine from the carboxylic acid.",
            "Two methylene groups separate the amine from the carboxylic acid.",
        ),
        (
            "OC(=O)CCC(=O)O",
            "The two carboxylic acids are separated by two carbons.",
            "The two carboxylic acids are separated by three carbons.",
        ),
        (
            "NC(=O)c1cccnc1",
            "The carboxamide sits at the 3-position of the pyridine.",
            "The carboxamide sits at the 4-position of the pyridine.",
        ),
        (
            "CC(=O)c1ccccc1",
            "There is an unsubstituted phenyl group.",
            "There is a disubstituted phenyl group.",
        ),
        (
            "CC(O)C(=O)O",
            "It bears a hydroxyl on the carbon next to the carboxyl.",
            "It bears a methyl on the carbon next to the hydroxyl oxygen of the carboxyl.",
        ),
        ("CCN(CC)CC", "All three ethyl groups are on nitrogen.", "All three ethyl groups are on carbon."),
        (
            "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O",
            "It has one six-membered carbocycle and no double bond.",
            "It has one five-membered carbocycle and no double bond.",
        ),
        (
            "c1ccc(cc1)-c1ccccc1",
            "The two phenyl rings are joined by a single bond.",
            "The two phenyl rings are joined by a double bond.",
        ),
        (
            "CCCCCCCC/C=C\\CCCCCCCC(=O)OC",
            "It has exactly one carbon-carbon double bond, which is cis.",
            "It has exactly one carbon-carbon double bond, which is trans.",
        ),
        ("CCO", "No nitrogen is present.", "No oxygen is present."),
        (
            "CN(C)C(=N)NC(N)=N",
            "Two methyl groups are bound to the same nitrogen, atom 1.",
            "Two methyl groups are bound to the same nitrogen, atom 3.",
        ),
        (
            "O=C1NC(=O)C(N1)(c1ccccc1)c1ccccc1",
            "Two phenyl groups are bonded to the same carbon (atom 5).",
            "Two phenyl groups are bonded to the same carbon (atom 3).",
        ),
        (
            "C1CSCCN1",
            "It has nitrogen and sulfur in the same six-membered ring.",
            "It has nitrogen and sulfur in the same five-membered ring.",
        ),
        ("C[C@@H](O)[C@H](N)C(=O)O", "The alcohol here is secondary (atom 2).", "The alcohol is secondary (atom 4)."),
        ("CC#CCCO", "The triple bond is internal.", "The triple bond is terminal."),
        ("COc1cc(C=O)ccc1O", "You could call it a methoxyphenol.", "You could call it a methoxyaniline."),
        (
            "Cc1ncc(CO)c(CO)c1O",
            "Two hydroxymethyl groups hang on the ring.",
            "Three hydroxymethyl groups hang on the ring.",
        ),
        (
            "CN1CCCC1c1cccnc1",
            "The pyridine ring is substituted at its 3-position.",
            "The pyridine carries its substituent at position 4.",
        ),
        (
            "CC(=O)OC1CCCCC1",
            "It has a saturated six-membered carbocycle.",
            "It has an aromatic six-membered carbocycle.",
        ),
        ("CCCCCCCC/C=C\\CCCCCCCC(=O)O", "It has one carbon-carbon double bond.", "It has two double bonds."),
        (
            "CC(=O)N(C)C",
            "The amide nitrogen carries two methyl groups and therefore no hydrogen.",
            "The amide nitrogen carries one methyl group and one hydrogen.",
        ),
        (
            "O=C1c2ccccc2C(=O)c2ccccc12",
            "Both ketones are in the central ring.",
            "Neither ketone is in the central ring.",
        ),
        (
            "Cn1cnc2c1c(=O)n(C)c(=O)n2C",
            "It has two carbonyl groups, both in the six-membered ring.",
            "It has two carbonyl groups, both in the five-membered ring.",
        ),
        (
            "CC(C)(c1ccc(O)cc1)c1ccc(O)cc1",
            "The central carbon bears two methyl groups and two aryl groups.",
            "The tertiary carbon bears two methyl groups and two aryl groups.",
        ),
        ("C[N+](C)(C)CCO", "The nitrogen carries a positive charge.", "The oxygen carries a positive charge."),
        (
            "CC(C)Cc1ccc(cc1)C(C)C(=O)O",
            "The alpha carbon of the acid bears a methyl group.",
            "The alpha carbon of the acid bears an ethyl group.",
        ),
        ("BrCC(Cl)CF", "Each halogen is on a different carbon.", "The three halogens are on the same carbon."),
        (
            "CN1CCC[C@H]1c1cccnc1",
            "Only one of the two rings is aromatic.",
            "Only one of the two nitrogens bears a hydrogen.",
        ),
        (
            "CC(=O)Nc1ccc(O)cc1",
            "The aromatic ring has two substituents in a para relationship.",
            "The aromatic ring has two substituents in an ortho relationship.",
        ),
        ("OCC1OC(O)C(O)C(O)C1O", "It has exactly one primary hydroxyl group.", "It has two primary hydroxyl groups."),
    ],
)
def test_a_clause_is_supported_where_every_detail_holds(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    answer = checked(resources, smiles, false)
    assert answer.unread or {c.verdict for c in answer.claims} - {Verdict.SUPPORTED}
    assert not {c.verdict for c in checked(resources, smiles, true).claims} & {Verdict.REFUTED}


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("OC1CCCCC1", "The hydroxyl group is axial."),
        (MALEIC, "The carboxyl groups and the bromine are cis to each other."),
        (PARACETAMOL, "The hydroxyl is conjugated with something and oxidised."),
        ("CCO", "The ethyl group sits opposite."),
        ("NCCc1ccc(O)c(O)c1", "The amine oxygen bears two hydrogens."),
        ("CC#N", "The nitrile oxygen is atom 2."),
        ("CCO", "It lacks two carbon atoms."),
    ],
)
def test_a_restricting_word_that_nothing_decides_leaves_a_sentence_unread(
    resources: Any, smiles: str, said: str
) -> None:
    assert not holds(resources, smiles, said)


def test_a_false_count_at_an_atom_is_refuted_with_what_is_there(resources: Any) -> None:
    claims = checked(resources, DOPAMINE, "The amine nitrogen bears three hydrogens.").claims
    assert [c.verdict for c in claims if c.phrase.startswith("bears")] == [Verdict.REFUTED]


def test_a_sentence_of_many_words_is_not_cut(resources: Any) -> None:
    said = "The nitrogen bears " + "a methyl group and " * 60 + "a hydrogen."
    assert not holds(resources, CHOLINE, said)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("CC1CCCCC1", "The methyl group is attached to a ring carbon that bears one hydrogen."),
        ("CCOC(=O)CC(C)=O", "The methylene between the two carbonyls bears two hydrogens."),
        ("c1ccc2c(c1)cccn2", "It is a benzene ring fused to a pyridine."),
        ("CCOC(=O)CCCCC=C", "It has one double bond."),
    ],
)
def test_what_may_be_said_of_a_part_is_not_refuted_by_the_whole(resources: Any, smiles: str, said: str) -> None:
    assert Verdict.REFUTED not in {c.verdict for c in checked(resources, smiles, said).claims}


PROPRANOLOL = "CC(C)NCC(O)COc1cccc2ccccc12"
COUMARIN = "O=c1ccc2ccccc2o1"
CINNAMALDEHYDE = "O=C/C=C/c1ccccc1"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (PROPRANOLOL, "The ether oxygen of propranolol is atom 8.", "The ether oxygen of propranolol is atom 6."),
        (
            COUMARIN,
            "Atom 10 is the ring oxygen and atom 0 the carbonyl oxygen.",
            "Atom 10 is the ring oxygen and atom 1 the carbonyl oxygen.",
        ),
        (
            PARACETAMOL,
            "The phenolic oxygen is atom 8, the carbonyl oxygen atom 2.",
            "The phenolic oxygen is atom 8, the carbonyl oxygen atom 3.",
        ),
        (MALEIC, "It has two carbonyl and two hydroxyl oxygens.", "It has two carbonyl and three hydroxyl oxygens."),
        (
            CINNAMALDEHYDE,
            "The aldehyde (atoms 0 and 1) is conjugated with a carbon-carbon double bond.",
            "The aldehyde (atoms 4 and 5) is conjugated with a carbon-carbon double bond.",
        ),
        ("CCC(=O)CC", "The ketone is flanked by two ethyl groups.", "The ketone is flanked by two methyl groups."),
        ("CCC(=O)CC", "The molecule is symmetric.", "The molecule is unsymmetric."),
        ("CC(C)=C(C)C", "It features a tetrasubstituted alkene.", "It features a trisubstituted alkene."),
        (GLYCEROL, "Glycerol does not contain any ring.", "Glycerol does not contain any oxygen."),
        (
            "Cc1cccc(Nc2ccccc2)c1C",
            "Two methyl groups sit next to each other on one of the benzene rings.",
            "Two methyl groups sit opposite each other on one of the benzene rings.",
        ),
        (
            "CCOC(=O)c1ccc(N)cc1",
            "The amino group and the ester are on opposite sides of the ring.",
            "The amino group and the ester are on adjacent carbons of the ring.",
        ),
    ],
)
def test_indices_degrees_and_places_told_in_other_words(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        (COUMARIN, "Atom 10 is the ring oxygen and atom 0 the carbonyl oxygen."),
        ("OC(=O)c1ccccc1", "It has one carbonyl and one hydroxyl oxygen."),
    ],
)
def test_true_sentences_with_a_verb_or_noun_left_out_are_not_refuted(resources: Any, smiles: str, said: str) -> None:
    assert Verdict.REFUTED not in {c.verdict for c in checked(resources, smiles, said).claims}


SULFANILAMIDE = "Nc1ccc(S(N)(=O)=O)cc1"
DDT = "Clc1ccc(C(c2ccc(Cl)cc2)C(Cl)(Cl)Cl)cc1"
TNT = "Cc1c([N+](=O)[O-])cc([N+](=O)[O-])cc1[N+](=O)[O-]"
GLUCOSE = "OCC1OC(O)C(O)C(O)C1O"
TRICLOSAN = "Oc1cc(Cl)ccc1Oc1ccc(Cl)cc1Cl"


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            SULFANILAMIDE,
            "It has two NH2 groups, one on sulfur and one on the ring.",
            "It has two NH2 groups, both on sulfur.",
        ),
        (
            CAFFEINE,
            "It has three N-methyl groups, one on the five-membered ring and two on the six-membered ring.",
            "It has three N-methyl groups, two on the five-membered ring and one on the six-membered ring.",
        ),
        (
            DDT,
            "It has five chlorines, three on one carbon and one on each ring.",
            "It has five chlorines, one on one carbon and two on each ring.",
        ),
        (
            TNT,
            "It has three nitro groups, two ortho and one para to the methyl.",
            "It has three nitro groups, one ortho and two para to the methyl.",
        ),
        (
            GLUCOSE,
            "It has five hydroxyl groups, four on the ring and one on the exocyclic CH2.",
            "It has five hydroxyl groups, all of them on the ring.",
        ),
        (
            "Nc1ncnc2[nH]cnc12",
            "It has five nitrogens: four in the ring system and one exocyclic.",
            "It has five nitrogens: three in the ring system and two exocyclic.",
        ),
        (
            TRICLOSAN,
            "One ring of triclosan carries two chlorines, the other one.",
            "One ring of triclosan carries three chlorines, the other none.",
        ),
        (
            "Cc1ccc(-c2ccc(F)cc2)cc1",
            "One ring bears a methyl group and the other a fluorine.",
            "One ring bears a methyl group and the other a chlorine.",
        ),
    ],
)
def test_a_number_that_is_split_holds_with_each_of_its_shares(
    resources: Any, smiles: str, true: str, false: str
) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            "NS(=O)(=O)c1cc(C(=O)O)c(NCc2ccco2)cc1Cl",
            "A furan ring is attached through a CH2 to the aniline nitrogen.",
            "A furan ring is attached through a CH2 to the sulfonamide nitrogen.",
        ),
        (TNT, "Two nitro groups flank the methyl.", "Two methyl groups flank the nitro group."),
        (
            "C=CC(=O)OC",
            "It has a terminal vinyl group next to the carbonyl.",
            "It has a terminal vinyl group next to the methyl.",
        ),
        (
            "CC(C)[C@@H]1CC[C@@H](C)C[C@H]1O",
            "It contains an isopropyl group next to the carbinol carbon.",
            "It contains a methyl group next to the carbinol carbon.",
        ),
        (
            "CC(=O)OCC[N+](C)(C)C",
            "It joins an acetate ester to a quaternary ammonium through two carbons.",
            "It joins an acetate ester to a quaternary ammonium through three carbons.",
        ),
        ("CCCCO", "It is an unbranched primary alcohol.", "It is a branched primary alcohol."),
        ("CC(C)CC", "It is a branched alkane with five carbons.", "It is a branched alkane with six carbons."),
        (
            "CC(=O)/C=C/C",
            "It is a methyl ketone conjugated with an alkene.",
            "It is a methyl ketone conjugated with a benzene ring.",
        ),
        (
            "O=C1c2ccccc2C(=O)c2ccccc12",
            "The central ring bears two carbonyls.",
            "The central ring bears three carbonyls.",
        ),
    ],
)
def test_groups_that_a_verb_of_its_own_relates(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)
