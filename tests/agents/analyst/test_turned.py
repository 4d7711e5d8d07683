"""Questions put another way (`data/turned.toml`): turned into a plain one, or left as they stand."""

from __future__ import annotations

import time
from typing import Any

import pytest
from asked import ask

from molreflect.agents.analyst.turned import turned

ANSWERS = [
    (("would this be a lactam: O=C1CCCN1",), "Yes: O=C1CCCN1 is a lactam"),
    (("can cyclohexene be called aromatic?",), "No: cyclohexene (C1=CCCCC1) is not aromatic"),
    (("which carbon of lactic acid is chiral",), "stereocentre in lactic acid (CC(O)C(=O)O): atom 1."),
    (("in nicotine, which nitrogen is aromatic?",), "atom 10."),
    (("which of the nitrogens in histamine is primary",), "primary nitrogen in histamine (NCCc1c[nH]cn1): atom 0."),
    (("which carbon of chloroform is chlorinated?",), "chlorinated carbon in chloroform (ClC(Cl)Cl): atom 1."),
    (("Of the oxygens in aspirin, how many are carbonyl oxygens?",), "2: aspirin"),
    (("Of the carbons in toluene, how many are aromatic?",), "6: toluene"),
    (("how many of the nitrogens in caffeine are methylated",), "3: caffeine"),
    (("how many different kinds of halogen does FC(F)(F)C(Cl)Br have",), "3: FC(F)(F)C(Cl)Br has 3 different halogens"),
    (("how many elements are in glycine?",), "4: glycine"),
    (("which halogens does CC(F)Cl contain",), "2 halogen atoms in CC(F)Cl: atoms 2, 3."),
    (("Somebody in my lab calls acetone an aldehyde. Correct?",), "No: acetone (CC(C)=O) is not an aldehyde"),
    (("My textbook lists anisole as an ether. Right?",), "Yes: anisole (COc1ccccc1) is an ether"),
    (("CC(=O)N1CCCC1 - would you call that a lactam?",), "No: CC(=O)N1CCCC1 is not a lactam"),
    (("ketone, yes or no? cyclohexanone, butanal",), "No: butanal (CCCC=O) is not a ketone"),
    (("ketone, yes or no? cyclohexanone, butanal",), "Yes: cyclohexanone (O=C1CCCCC1) is a ketone"),
    (("aromatic y/n: benzene, cyclohexane",), "No: cyclohexane (C1CCCCC1) is not aromatic"),
    (("is putrescine a diamine?", "is cadaverine one too?"), "Yes: cadaverine (NCCCCCN) is a diamine"),
    (("is putrescine a diamine?", "does the same hold for CCN?"), "No: CCN is not a diamine"),
    (("which are the OH atoms of ethylene glycol and of glycerol?",), "3 OHs in glycerol (OCC(O)CO): atoms 0, 3, 5."),
    (("which are the OH atoms of ethylene glycol and of glycerol?",), "2 OHs in ethylene glycol (OCCO): atoms 0, 3."),
    (
        ("In CC(=O)NC, atom 3 is what, and how many hydrogens has it?",),
        "Atom 3 of CC(=O)NC is nitrogen, bears 1 hydrogen",
    ),
    (("is choline positively charged?",), "Yes: choline (C[N+](C)(C)CCO) is cationic"),
    (("polar surface area for metformin in A^2",), "of metformin (CN(C)C(=N)NC(=N)N): 88.99"),
    (("give me a one-line description of CCOC(=O)C",), "CCOC(=O)C: C4H8O2."),
    (("is (2R,3S)-tartaric acid chiral?",), "No: (2R,3S)-tartaric acid"),
    (("(1R,2S)-ephedrine",), "or several have; give a SMILES"),
    (("is anything wrong in 'phenethylamine is a secondary amine'?",), "Yes, something is wrong: phenethylamine"),
    (('anything wrong with this caption for CCO: "The molecule is a primary alcohol."',), "No, nothing is wrong: "),
    (("is benzyl alcohol an aromatic alcohol?",), "Yes: benzyl alcohol (OCc1ccccc1) is an aromatic alcohol"),
    (("is phenol an aromatic alcohol?",), "Undecided"),
    (("are cyclohexanone, butanal and CCO all ketones?",), "No: CCO is not"),
    (("percentage of carbon by mass in methane?",), "C 74.87, H 25.13 %"),
    (("Sort these by number of carbons: hexane, butane, octane.",), "octane 8, hexane 6, butane 4."),
    (("Of these, which are amides: urea, acetone, acetanilide?",), "urea and acetanilide are."),
    (("who has more oxygens, glucose or glycerol?",), "glucose has most, 6."),
    (("Which best describes CCC(C)(C)O: primary, secondary or tertiary alcohol?",), "is a tertiary alcohol."),
    (("find molecules in the corpus that look like ibuprofen",), "Most similar to ibuprofen"),
    (("tpsa of benzamide", "the same thing but for benzoic acid"), "of benzoic acid (O=C(O)c1ccccc1): 37.3"),
    (("number of Cl atoms in chloroform", "carbon tetrachloride?"), "4: carbon tetrachloride"),
    (("is 2-chlorobutane chiral?", "and 1-chlorobutane?"), "No: 1-chlorobutane (CCCCCl) is not chiral"),
    (("how many double bonds between carbons in CC(C)=CCO",), "1: CC(C)=CCO has 1 C=C bond"),
    (("how many bonds between carbon and oxygen in CCOC(C)=O",), "3: CCOC(C)=O has 3 carbon-oxygen bonds"),
    (("total number of atoms, hydrogens too, in propane",), "11: propane"),
    (("where is the phosphorus centre in CCOP(=O)(OCC)OCC",), "atom 3."),
    (("Working on a docking pose: for CS(=O)(=O)N, I need the indices of the sulfonyl oxygens.",), "atoms 2, 3."),
    (
        ("which compound fits 'a cyclohexane carrying one hydroxyl and nothing else'?",),
        "OC1CCCCC1, cyclohexanol: built",
    ),
    (("which molecule is a benzene ring with two chlorines?",), "Several molecules fit it: Clc1ccc(Cl)cc1"),
    (("GABA = amino acid?",), "Yes: GABA (NCCCC(=O)O) is an amino acid"),
    (("there is no way that toluene has a nitrogen in it, or is there?",), "No: there is no nitrogen atom in toluene"),
    (("does anything in O=C1CCCCN1 make it a lactam?",), "Yes: O=C1CCCCN1 is a lactam"),
    (("is any of the atoms in ethanol charged?",), "No: there is no charged atom in ethanol"),
    (("what molecule hides behind the abbreviation THF",), "of THF (C1CCOC1): "),
    (("sim(CCO, CCN)?",), "0.333 of 1 between CCO and CCN"),
    (("spot the error: CCOC(C)=O is an ester with a nitrile",), "'nitrile': refuted"),
    (("Is CCO chiral", "And if I look at CC(O)C?"), "No: CC(O)C is not chiral"),
    (("what element is atom number 4 in CCOC(=O)N",), "Atom 4 of CCOC(=O)N is oxygen"),
    (("List those with a carboxylic acid: aspirin, caffeine, ibuprofen.",), "aspirin and ibuprofen have it."),
    (("how is the ring in Cc1ccc(C)cc1 substituted",), "is para (1,4)"),
    (
        ("I am student from Brazil, sorry my english. Where stay the ester in CCOC(C)=O?",),
        "carboxylic ester in CCOC(C)=O",
    ),
    (("the atoms of the guanidine in metformin analog NC(=N)NCC",), "guanidine in NC(=N)NCC: atoms (0, 1, 2, 3)."),
    (("Would 1,1-dichloroethane be optically active?",), "No: 1,1-dichloroethane (CC(Cl)Cl) is not chiral"),
    (("show the position of every double-bonded oxygen in CC(=O)CC(=O)O",), "atoms 2, 5."),
    (
        ("how many ring systems are there in CC1CCC(CC1)c1ccc2ccccc2c1",),
        "2: CC1CCC(CC1)c1ccc2ccccc2c1 has 2 ring systems",
    ),
    (("We want to know whether CC(=O)Cl falls in the class acyl chlorides",), "Yes: CC(=O)Cl is an acyl chloride"),
    (
        ("Given that cyclopentanol has an OH and a ring, is it a phenol then?",),
        "No: cyclopentanol (OC1CCCC1) is not a phenol",
    ),
    (("proline - is its amine secondary?",), "Yes: 1 of 1 amine in proline"),
    (("how many bonds in butanoic acid can rotate freely?",), "2: butanoic acid"),
    (("acetone, propanal, oxetane: do these three share one formula?",), "Yes: they have the same molecular formula."),
    (("Calculate Tanimoto(Morgan2) for c1ccccc1 vs c1ccncc1",), "0.333 of 1"),
    (("Is methanol an alcohol?", "is that also the case for 1-propanol?"), "Yes: 1-propanol (CCCO) is an alcohol"),
    (("quick! phenethyl alcohol OH atom no.",), "OH in phenethyl alcohol (OCCc1ccccc1): atom 0."),
    (("I see several amides in CC(=O)NCC(=O)N. What's the total?",), "2: CC(=O)NCC(=O)N has 2 carboxamides"),
    (("which of ethanol, phenol, anisole is not a phenol?",), "ethanol and anisole are not."),
    (("Please proofread: 'Acetone is a ketone with three methyl groups.'",), "'three methyl groups': refuted"),
    (("which carbon of toluene is not in the ring",), "non-ring carbon in toluene (Cc1ccccc1): atom 0."),
    (("In toluene, which atom is the one outside the ring?",), "non-ring atom in toluene (Cc1ccccc1): atom 0."),
    (("how many carbons of cumene are not in the ring",), "3: cumene"),
    (
        ("Are there any heteroatoms other than oxygen in ethyl acetate?",),
        "No: there is no heteroatom other than oxygen",
    ),
    (("Are there any heteroatoms other than oxygen in morpholine?",), "Yes: heteroatom other than oxygen"),
    (("which atom does the bromo substituent sit on in Brc1ccccc1C",), "is bound to atom 1 (aromatic C)."),
    (("How many methoxy substituents decorate mescaline?",), "3: mescaline"),
    (("is vitamin B3 the same as nicotinic acid?",), "Yes: vitamin B3"),
    (("what is vitamin B3",), "vitamin B3 (O=C(O)c1cccnc1)"),
    (("caffeine and theobromine: who has the extra methyl?",), "caffeine has most, 3."),
    (("logP of hexane, heptane and octane", "which is lowest?"), "hexane has the lowest logP, 2.59."),
    (("Best catalyst for hydrogenating styrene?",), "I cannot answer that"),
    (("What is the reason that acetamide isn't an amine?",), "No: acetamide (CC(N)=O) is not an amine"),
    (("I want to block the free amine of CC(N)C(=O)OC. What index should I tell my script?",), "atom 2."),
    (("My ligand is c1ccncc1C(=O)O and I care about its acid. Which atom indices are those?",), "atoms (6, 7, 8)."),
    (("How many carbons does the longest... never mind: total carbons in nonanal",), "9 carbon atoms in nonanal"),
    (("does it make sense to say that benzoic acid is aliphatic?",), "No: benzoic acid"),
    (("glutamic acid: two carboxyl groups, yes?",), "Yes: 2 carboxylic acids in glutamic acid"),
    (("can one find a ring in CCCC=C?",), "No: there is no ring in CCCC=C"),
    (("can you find the ester in CCOC(C)=O?",), "carboxylic ester in CCOC(C)=O: atoms"),
    (("alcohol or phenol or neither: cyclohexanone",), "is neither."),
    (("What do I lose going from aniline to benzene?",), "- only aniline has: "),
    (("rate similarity: pyridine to benzene",), "0.333 of 1"),
    (("A student writes of naphthalene that it has three fused benzene rings. Grade that.",), "No: 1 of 1 claim"),
    (("is this right for benzene: 'it has two fused benzene rings'",), "states 2, the molecule has 1"),
    (("tpsa CCO", "CCN"), "of CCN: 26.02"),
    (("Is phenol an alcohol?", "But does it have an OH?"), "Yes: OH in phenol"),
    (("Heavier: CCl4 or CHBr3?",), "CHBr3 has the higher molecular weight, 252.731."),
    (("how many oxygen has the nitro compound O=[N+]([O-])c1ccccc1O",), "3: O=[N+]([O-])c1ccccc1O has 3 oxygen atoms"),
    (("Rings: phenothiazine?",), "3: phenothiazine"),
    (("Is 'primary alcohol' a fair label for CC(O)C?",), "No: CC(O)C is not a primary alcohol"),
    (("number of atoms in the largest ring of CC1CCCCCCC1",), "Ring sizes of CC1CCCCCCC1: 8"),
    (("list all functional groups of CC(N)=O with atom indices",), "carboxamide: atoms (1, 3, 2)"),
    (("which oxygens of CC(=O)OC are bonded to two carbons",), "two-carbon-bound oxygen in CC(=O)OC: atom 3."),
    (("how many carbons of CC(C)C are bound to three carbons",), "1: CC(C)C has 1 three-carbon-bound carbon: atom 1."),
    (("Is O=C=O linear?",), "I cannot answer that"),
    (("which molecule is a steroid with a ketone at C3?",), "I do not know what 'steroid' says of it"),
]


@pytest.mark.parametrize(("turns", "expected"), ANSWERS, ids=[" / ".join(each[0]) for each in ANSWERS])
def test_a_question_put_another_way(analyst: Any, turns: tuple[str, ...], expected: str) -> None:
    answer = ask(analyst, *turns)
    assert expected in answer
    assert "Passed over" not in answer


@pytest.mark.parametrize(
    "text",
    [
        "number of F in fluconazole?",
        "would you call that a lactam?",
        'which carbon of "CCO" is chiral',
        "how many rings has morphine",
        "is ethanol an alcohol and why",
        "which carbon of lactic acid is blue",
        "",
        "?",
    ],
)
def test_any_other_text_stays(text: str) -> None:
    assert turned(text) == text


def test_long_and_repeated_words_take_no_time() -> None:
    begun = time.process_time()
    for text in ("which of the " * 13, "of the carbons " * 10, "is a " * 20, "yes or no " * 13, "CCO, " * 39 + "y/n"):
        turned(text)
    assert time.process_time() - begun < 1.0
