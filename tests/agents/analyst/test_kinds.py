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
    ("does COc1ccccc1 comprise an alkoxy group", "Yes: "),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_kinds_of_questions(analyst: Any, question: str, expected: str) -> None:
    assert expected in ask(analyst, question)


def test_a_slip_leaves_a_question_about_an_earlier_molecule_alone(analyst: Any) -> None:
    assert "0.0" in ask(analyst, "what is in CCO", "mass, no wait, logP")


def test_atoms_of_an_earlier_molecule(analyst: Any) -> None:
    assert "bound to atom 0 (C), atom 2 (O), atom 3 (N)" in ask(
        analyst, "CC(=O)Nc1ccccc1", "what are the neighbours of atom 1?"
    )
