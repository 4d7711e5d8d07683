"""Kinds of questions: slips, attributes of code, classes before names, atoms by index, parts within parts."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

ANSWERS = [
    ("how many rings in benzene, no wait, of naphthalene", "2: naphthalene"),
    ("mass of toluene -- no, xylene... I mean p-xylene", "Molecular weight of p-xylene"),
    ("where is the ketone in CC(=O)CC#N, no I meant the nitrile", "nitrile in CC(=O)CC#N"),
    ("number of rings in caffeine (sorry, theobromine)", "2: theobromine"),
    ("mass of toluene, no wait, logP", "logP of toluene"),
    ("is benzene actually aromatic?", "Yes: benzene"),
    ("c1ccccc1.is_aromatic", "Yes: c1ccccc1 is aromatic"),
    ("CCO.num_rings", "0: CCO has no ring"),
    ("Descriptors.MolWt(Chem.MolFromSmiles('CCO'))", "46.069"),
    ("len(CCO.atoms)", "3: CCO has 3 heavy atoms"),
    ("mass of CCO.Cl", "82."),
    ("R/S of L-alanine", "atom 1 is S"),
    ("which is an amide: CC(N)=O or CCN", "CC(N)=O is."),
    ("which is aromatic: benzene, cyclohexane", "benzene is."),
    ("whats bigger anthracene or naphthalene", "anthracene has the higher molecular weight"),
    ("rank benzene, phenol, aniline by mass", "From the highest to the lowest: phenol 94.113, aniline 93.129, benzene"),
    ("where is the basic N in nicotine", "basic nitrogen in nicotine (CN1CCC[C@H]1c1cccnc1): atom 1."),
    ("does CS(=O)(=O)c1ccccc1 have a methyl sulfone?", "Yes: sulfone + methyl group"),
    ("where's the terminal methyl of CCCC", "I know no structure for 'terminal methyl'"),
    ("where's the methyl sulfone of flurbitox?", "I cannot read 'flurbitox' as a molecule"),
    ("nitrile carbon of CCC#N", "atom 2"),
    ("how many trans double bonds are in C/C=C/C=C\\C", "1: "),
    ("what is atom 3 in CCCO", "Atom 3 of CCCO is oxygen, bears 1 hydrogen, is bound to atom 2 (C), in no ring."),
    ("is atom 0 part of the ring in Cc1ccccc1", "No: atom 0"),
    ("what is atom 9 of CCO", "There is no atom 9 in CCO: its atoms are numbered from 0 to 2."),
    ("is the amide in caprolactam cyclic?", "Yes: 1 of 1 carboxamide"),
    ("is the ester in methyl benzoate cyclic", "No: 0 of 1 carboxylic ester"),
    ("is the chlorine attached to the benzene ring in ClCc1ccccc1", "No: chlorine atom"),
    ("how many nitrogens are in the ring of CNc1ccncc1", "1: "),
    ("to which ring atom is the isopropoxy group attached in CC(C)Oc1ccccc1", "Bound to atom 4."),
    ("Does CCOC(=O)C fall under carboxylic esters?", "Yes: CCOC(=O)C is"),
    ("is chloroform a halogenated hydrocarbon", "Yes: chloroform"),
    ("is 2-chloroethanol a chlorinated hydrocarbon", "No: 2-chloroethanol"),
    ("Which of compounds A: CCO, B: CCN, C: CCS bears a thiol group?", "C has it."),
    ("conjugate base of acetic acid", "CC(=O)[O-]"),
    ("is the ketone CC(C)=O aromatic", "No: CC(C)=O is not aromatic"),
    ("what is the free base of CCN.Cl", "I know nothing about other forms of a salt"),
    ("cite prior art for aspirin", "I know nothing about patents"),
    ("lipophilic efficiency of imatinib", "I know nothing about biological activity"),
    ("what scaffold does diazepam have", "benzodiazepine"),
    ("Is there a Michael acceptor in acrylamide?", "Yes: Michael acceptor"),
    ("What's the difference between S-ibuprofen and R-ibuprofen?", "enantiomers"),
    ("does vit c have a lactone", "Yes: "),
    ("In toluene, which carbons are from the ring?", "atoms 1, 2, 3, 4, 5, 6"),
    ("does CCO have more oxygen than CCC?", "Yes: CCO has 1 x oxygen atom, CCC 0."),
    ("rings(naphthalene)", "2: naphthalene"),
    ("n_rot_bonds('CCCCO')", "2: CCCCO has 2 rotatable bonds"),
    ("ring sizes of C1CC1c1ccccc1", "Ring sizes of C1CC1c1ccccc1: 3, 6"),
    ("which elements does caffeine contain?", "C, H, N, O"),
    ("longest carbon chain in CCCC(C)C", "5"),
    ('Is the following statement true? "Acetone is an aldehyde."', "No: Acetone"),
    ('Fact-check: "Nicotine has a pyridine ring and a piperidine ring."', "1 of 2 claims about Nicotine"),
    ("A student wrote: 'CCOC(=O)C is a carboxylic acid with an ethyl group.' What's wrong with it?", "refuted"),
    ("Would it be accurate to describe lactic acid as a hydroxy acid?", "Yes: lactic acid"),
    ("Could it be that styrene has a benzene ring?", "Yes: benzene ring"),
    ("Is it right to say that but-2-ene can exist as cis and trans isomers?", "Yes: but-2-ene"),
    (
        "Forgive my ignorance: how does one tell whether CC(C)(C)O is a primary or a tertiary alcohol?",
        "tertiary alcohol",
    ),
    ("are any of these duplicates: CCO, OCC, CCN", "Yes: CCO and OCC are the same compound."),
    ("mass of CCO, CO", "32.042"),
    ("is C1CCC1C(=O a valid SMILES?", "No: "),
    ("does c1ccccc1 parse?", "Yes: "),
    ("TPSA: CCO|CCN", "26.02"),
    ("Does substructure C(=O)N occur in CC(=O)NC?", "Yes: hit of C(=O)N"),
    ("How many matches of c1ccccc1 in c1ccccc1-c1ccccc1?", "2: "),
    ("Match SMARTS [OX2H] in CCO.", "atom 2"),
    ("State whether CCN is protonated at pH 7.", "I know nothing about acidity constants"),
    ("Which bond is the most polar in CCl?", "I know nothing about bond polarity"),
    ("Are C[C@@H](O)CC and C[C@H](O)CC mirror images of each other?", "Yes: "),
    ("2,6-dichlorophenol: where are the chlorines relative to the hydroxyl?", "ortho to each other"),
    ("is allyl chloride a vinyl halide", "No: "),
    (
        "what's the stock price of Pfizer",
        "I know nothing about prices and suppliers, only what the structure says. I can",
    ),
    ("aspirin, naproxen - carboxylic acid in all of them?", "Yes: carboxylic acid in naproxen"),
    ("is the logP of ibuprofen greater than 3?", "Yes: 3.07 of ibuprofen is above 3."),
    ("MW < 500? imatinib", "Yes: 493"),
    ("is the TPSA of caffeine over 90.5?", "No: 61.82 of caffeine is not above 90.5."),
    ("whats the difference in mass between ethanol and ethanal", "The difference is 2.016."),
    ("Do they have the same mass: CCO, COC", "Yes: they have the same molecular weight"),
    ("do CCO and CCN have the same mass", "No: the molecular weight differs"),
    ("Is aniline more similar to phenol or to cyclohexane?", "aniline is most similar to phenol."),
    ("is CC(C)NCC(O)COc1cccc2ccccc12 propranolol?", "Yes: "),
    ("Is C/C=C/C the E isomer?", "Yes: 1 of 1 stereogenic double bond"),
    ("Any acidic groups in diclofenac?", "Yes: carboxylic acid"),
    ("ethyl acetate ester or ether", "is an ester."),
    ("ring yes/no: hexane, cyclohexane, benzene", "Yes: ring in cyclohexane"),
    ("Find the molecule's net charge: C[N+](C)(C)CC(=O)[O-]", ": 0"),
    ("What substituents are present on the pyridine ring of Cc1ccncc1Cl?", "Bound to atoms 0, 7."),
    ("is the following SMILES an alcohol or not -> CC(O)C", "Yes: "),
    ("mol wt of naproxen sodium?", "I cannot read 'naproxen sodium'"),
    ("is the ring in pyrrole five-membered", "Yes: 1 of 1 ring"),
    ("Does phenol have fewer carbons than toluene?", "Yes: phenol has 6 x carbon atom, toluene 7."),
    ("which is the secondary alcohol, propan-1-ol or propan-2-ol?", "propan-2-ol is."),
    ("Is 'OC(=O)/C=C/C(=O)O' maleic or fumaric acid?", "and fumaric acid (O=C(O)/C=C/C(=O)O) are the same"),
    ("is citric or tartaric acid heavier?", "citric acid has the higher"),
    ("does aniline's nitrogen belong to a ring?", "No: 0 of 1 nitrogen atom"),
    ("which ring is bigger in indole", "2 rings in indole"),
    ("which atom is the ipso carbon in Cc1ccccc1", "atom 1."),
    ("Which atom of pyridine is not carbon", "heteroatom in pyridine (c1ccncc1): atom 3."),
    ("Is this the right structure for acetone: CC(C)=O", "Yes: "),
    ("Is CC(C)=O acetone or propanal?", "Yes: CC(C)=O and acetone"),
    ("aniline is basic, isn't it?", "I know nothing about acidity constants"),
    ("find an analog of aspirin in the corpus", "Most similar to aspirin"),
    ("does COc1ccccc1 comprise an alkoxy group", "Yes: "),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_kinds_of_questions(analyst: Any, question: str, expected: str) -> None:
    assert expected in ask(analyst, question)


def test_a_slip_leaves_a_question_about_an_earlier_molecule_alone(analyst: Any) -> None:
    assert "0.0" in ask(analyst, "what is in CCO", "mass, no wait, logP")


def test_of_an_undecided_class_it_is_not_said_to_be_neither(analyst: Any) -> None:
    assert "neither" not in ask(analyst, "is OCC=O an aldose or ketose")


def test_a_class_that_is_taken_from_what_was_said(analyst: Any) -> None:
    assert "Yes: " in ask(analyst, "what functional groups are in CC(C)C(=O)Cl", "so it's an acid chloride?")


def test_atoms_of_an_earlier_molecule(analyst: Any) -> None:
    assert "bound to atom 0 (C), atom 2 (O), atom 3 (N)" in ask(
        analyst, "CC(=O)Nc1ccccc1", "what are the neighbours of atom 1?"
    )
