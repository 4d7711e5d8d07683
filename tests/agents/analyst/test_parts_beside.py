"""What stands beside a group or between two, at a numbered position, in a ring of a steroid, on a ring."""

from __future__ import annotations

from typing import Any

import pytest
from asked import ask

TESTOSTERONE = "testosterone (C[C@]12CC[C@H]3[C@@H](CCC4=CC(=O)CC[C@@]43C)[C@@H]1CC[C@@H]2O)"
ANSWERS = [
    (
        "which carbon is next to the oxygen in CCOC?",
        "carbon atom beside oxygen atom in CCOC (atom 2): atoms 1, 3 (CH2, CH3).",
    ),
    ("which carbons are adjacent to the carbonyl in CC(=O)CC", "atoms 0, 3 (CH3, CH2)."),
    ("which nitrogen is next to the carbonyl in CC(=O)NCCN", "(atoms (1, 2)): atom 3 (NH)."),
    ("which oxygen is bonded to hydrogen in CC(=O)O", "atom 3 (OH)."),
    ("which ring is attached to the nitrogen in CN(C)c1ccccc1", "(atom 1): atoms (3, 4, 5, 6, 7, 8)."),
    ("what is attached to the nitrogen in CN(C)c1ccccc1?", "bound to atoms 0, 2, 3 (CH3, CH3, aromatic C)."),
    ("what is on the nitrogen of CNc1ccccc1", "bound to atoms 0, 2 (CH3, aromatic C) and 1 hydrogen."),
    ("what does the nitrogen carry in CN(C)C=O?", "atoms 0, 2, 3"),
    ("to what is the nitro group bonded in O=[N+]([O-])c1ccccc1", "is bound to atom 3 (aromatic C)."),
    ("neighbours of the nitrogen in c1ccncc1", "is bound to atoms 2, 4"),
    ("which carbon is attached to the nitrogen in O=S", "There is no nitrogen atom in O=S."),
    ("which carbons are between the two carbonyls in CC(=O)CC(C)=O", "atom 3 (CH2)."),
    ("what's between the ring and the acid in OC(=O)CCc1ccccc1", "atoms 4, 3 (CH2, CH2)."),
    ("how many carbons are between the ring and the nitrogen in NCCc1ccccc1", "2: between ring"),
    ("what links the two rings in O=C(Nc1ccccc1)c1ccccc1", "atoms 2, 1 (NH, C); of it: carboxamide."),
    ("what is between the two nitrogens in NN", "they are bound to each other directly."),
    ("what is between the ring and the nitrogen in c1ccccc1.N", "No chain of atoms joins"),
    (
        "which atom is position 3 of the indole in CC(N)Cc1c[nH]c2ccccc12?",
        "position 3 of indole in CC(N)Cc1c[nH]c2ccccc12: atom 4.",
    ),
    ("what is at C5 of the indole in NCCc1c[nH]c2ccc(O)cc12", "atom 9 bears atom 10 (OH)."),
    (
        "which position of the pyridine bears the chlorine in Clc1cccnc1?",
        "at position 3 (or 5, counted another way) of pyridine: atom 1.",
    ),
    ("where is N9 of the purine in Nc1ncnc2c1ncn2C?", ": atom 9."),
    ("Is C3 of the indole in tryptamine substituted?", "Yes: position 3 of indole"),
    ("is C2 of the indole unsubstituted in tryptamine?", "Yes: position 2 of indole"),
    ("which atoms are ring D of testosterone?", f"ring D of a steroid in {TESTOSTERONE}: atoms (1, 16, 17, 18, 19)."),
    ("is there a ketone in ring A of testosterone?", "Yes: ketone in ring A"),
    ("is there a ketone in ring D of testosterone?", "No: there is no ketone in ring D"),
    ("in which ring of the steroid is the ketone in testosterone?", "is of ring A"),
    ("ring A of caffeine?", "no ring A of a steroid in caffeine"),
    ("what does the D ring of estradiol carry?", "secondary alcohol: atoms (19, 18)"),
    ("does the ring in nicotine contain a nitrogen?", "Yes: nitrogen atom in ring"),
    ("is there a chlorine on the benzene ring of ClCc1ccccc1?", "No: there is no chlorine atom on benzene ring"),
    ("does toluene have a methyl on the ring?", "Yes: methyl group on ring"),
    ("Tell me the index of the C that carries the OH in CC(O)CCl", "(atom 2): atom 1 (CH)."),
    ("find the nitrogen attached to the ring in CNc1ccc(CN)cc1", ": atom 1 (NH)."),
    ("how many methyl groups are on the ring in Cc1ccc(C)c(CC)c1", "2: methyl group beside ring"),
    ("how many rings contain nitrogen in quinoline", "1: ring with nitrogen atom"),
    ("which ring bears the chlorine in Clc1ccccc1-c1ccccn1", "atoms (1, 2, 3, 4, 5, 6)."),
    ("how many double bonds not in a ring: C=CC1=CCCCC1", "1: C=CC1=CCCCC1 has 1 double bond outside a ring"),
    ("how many nitrogens are in a ring in nicotinamide?", "1: nicotinamide"),
    ("how many carbons outside the ring in toluene", "1: toluene"),
    ("which atoms belong to both rings of c1ccc2ccccc2c1?", "2 ring fusion atoms in c1ccc2ccccc2c1: atoms 3, 8."),
    ("number of ring atoms in toluene", "6: toluene"),
    ("what is in ring A of estradiol?", ", aromatic.\n- phenols: atoms"),
    ("In CC(C)(O)C#N how many carbons lack hydrogen?", "2: carbon atom without hydrogen"),
    ("how many hydrogens sit on C3 of the indole in tryptophan?", "0: 0 hydrogens on position 3"),
    ("I need the numbers of the atoms in the oxazole ring, molecule: Cc1ncc(C)o1", "oxazole ring in Cc1ncc(C)o1"),
    ("in CCCCCC(=O)O which carbon is alpha to the acid?", ": atom 4 (CH2)."),
    ("which carbon is beta to the carbonyl in CCC(=O)C", ": atom 0 (CH3)."),
    ("can u give index for each N of the tetrazole in CCc1nnn[nH]1", "4 nitrogen atoms of tetrazole"),
    ("Are both OH groups in 1,2-propanediol primary?", "No: 1 of 2 OH groups"),
    ("toluene: how many H on the ring?", "5: 5 hydrogens on ring"),
    ("how many hydrogens does the nitrogen carry in CCN", "2: 2 hydrogens on nitrogen atom"),
    ("how many amine hydrogens in CCN", "2: CCN has 2 hydrogens of amine"),
    ("how many NH hydrogens are there in CCN", "2: CCN has 2 N-H hydrogens"),
    ("are the two carboxyls in malonic acid attached to the same carbon?", "Yes: carboxylic acids"),
    ("are the hydroxyls of OCCCO on adjacent carbons?", "No: hydroxy groups"),
    ("are the chlorines in ClCC(Cl)Cl on the same carbon?", "Not all: chlorine atoms"),
    ("Is the OH of ClC(O)C on the same carbon as the chlorine?", "Yes: OH and chlorine atom"),
    ("are the amine and the hydroxyl of Nc1ccc(O)cc1 on the same ring?", "Yes: amine and hydroxy group"),
    ("Which atoms constitute the sugar ring of adenosine?", "atoms (10, 11, 12, 15, 17)."),
    ("where is the double bond in oleic acid", ": atoms (8, 9)."),
    ("does tetralin have a saturated ring", "Yes: saturated ring in tetralin"),
]


@pytest.mark.parametrize(("question", "expected"), ANSWERS, ids=[question for question, _ in ANSWERS])
def test_parts_and_what_stands_beside_them(analyst: Any, question: str, expected: str) -> None:
    assert expected in ask(analyst, question)


def test_carbons_between_two_groups_that_were_told(analyst: Any) -> None:
    turns = ("Where is the ketone in CC(=O)CCC(=O)OC", "and the ester?", "how many carbons are between them?")
    assert ask(analyst, *turns).startswith("2: ")


def test_a_follow_up_about_what_is_beside(analyst: Any) -> None:
    assert "atoms 1, 3" in ask(analyst, "where is the oxygen in CCOC", "which carbons are next to the oxygen?")
