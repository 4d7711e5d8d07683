"""A sentence in shorter ones that say the same, what "it", "its" and "which" speak of put in their place."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.analyst.in_parts import InParts
from molreflect.agents.analyst.unfolding import MAX_LENGTH, definite, unfolded
from molreflect.tools.terms import Verdict
from tests.agents.analyst.predications.test_check import checked, holds

ASPIRIN = "CC(=O)Oc1ccccc1C(=O)O"
QUINOLONE = "OC(=O)C1=CN(C2CC2)c2cc(N3CCNCC3)c(F)cc2C1=O"
VERAPAMIL = "COc1ccc(cc1OC)CCN(C)CCCC(C#N)(C(C)C)c1ccc(OC)c(OC)c1"
ACETAZOLAMIDE = "CC(=O)Nc1nnc(s1)S(N)(=O)=O"
CLOZAPINE = "CN1CCN(CC1)C1=Nc2cc(Cl)ccc2Nc2ccccc12"
BOC_ALA_OBN = "C[C@H](NC(=O)OC(C)(C)C)C(=O)OCc1ccccc1"
ROFLUMILAST_LIKE = "CC(C)Oc1cc(ccc1OC(F)F)C(=O)Nc1c(Cl)cncc1Cl"
SALBUTAMOL = "CC(C)(C)NCC(O)c1ccc(O)c(CO)c1"
TRYPTOPHAN = "N[C@@H](Cc1c[nH]c2ccccc12)C(=O)O"
PENICILLIN = "CC1(C)S[C@@H]2[C@H](NC(=O)Cc3ccccc3)C(=O)N2[C@H]1C(=O)O"
DIBENZOTHIAZYL = "c1ccc2c(c1)nc(s2)SSc1nc2ccccc2s1"
THREONINATE = "C[C@@H](O)[C@H](N)C(=O)[O-].[K+]"
THIORIDAZINE = "CSc1ccc2Sc3ccccc3N(CCC3CCCCN3C)c2c1"
KETOCONAZOLE = "CC(=O)N1CCN(CC1)c1ccc(OC[C@H]2CO[C@@](Cn3ccnc3)(O2)c2ccc(Cl)cc2Cl)cc1"
NITROFURANTOIN = "O=C1CN(N=Cc2ccc(o2)[N+](=O)[O-])C(=O)N1"
IDOXURIDINE = "OC[C@H]1O[C@H](C[C@@H]1O)n1cc(I)c(=O)[nH]c1=O"


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        (
            "It has one acid; its carbonyl carbon is atom 10",
            ("It has one acid", "The carbonyl carbon of the acid is atom 10"),
        ),
        ("The ring bears a chlorine, which is aromatic", ("The ring bears a chlorine", "The chlorine is aromatic")),
        (
            "It has two rings, only one of which carries chlorine",
            ("It has two rings", "Only one of the two rings carries chlorine"),
        ),
        (
            "Carbonyl carbons are atoms 3 and 10; the former belongs to the amide, the latter to the ester",
            ("Carbonyl carbons are atoms 3 and 10", "Atom 3 belongs to the amide", "Atom 10 belongs to the ester"),
        ),
        (
            "The hydroxyl is on atom 5, and that carbon is chiral",
            None,
        ),
        ("Atom 12 is an amine, with a benzyl arm", ("Atom 12 is an amine", "Atom 12 has a benzyl arm")),
        (
            "One terminus is a tolyl ring, the other a piperidine",
            ("It has a tolyl ring", "It has a piperidine"),
        ),
    ],
)
def test_a_sentence_is_said_in_parts(said: str, parts: tuple[str, ...] | None) -> None:
    found = [tuple(each) for each in unfolded(said)]
    assert parts is None or parts in found
    assert all(each != (said,) for each in found)


def test_what_speaks_of_another_part_is_not_said_by_itself() -> None:
    parts = [part for every in unfolded("The ring bears a chlorine, and the other is free") for part in every]
    assert "The other is free" not in parts


def test_long_sentences_are_not_unfolded() -> None:
    assert not list(unfolded("It has a ring, which is aromatic" + " and aromatic" * MAX_LENGTH))


def test_articles() -> None:
    assert [definite(p) for p in ("a chlorine", "It", "atoms 3 and 4", "two rings", "both rings")] == [
        "The chlorine",
        "It",
        "Atoms 3 and 4",
        "The two rings",
        "Both rings",
    ]


def test_each_part_is_checked_once_and_what_is_refuted_is_not_parted() -> None:
    asked: list[str] = []

    def verdict(sentence: str) -> Verdict:
        asked.append(sentence)
        return Verdict.REFUTED

    assert not InParts(verdict).holds("It has a ring, which is aromatic, and it has a chain, which is long")
    assert len(asked) == len(set(asked))
    assert not any("chain is long" in each for each in asked)


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (
            ASPIRIN,
            "`GetSubstructMatches` for a carboxylic acid returns one hit; its carbonyl carbon is idx 10.",
            "`GetSubstructMatches` for a carboxylic acid returns one hit; its carbonyl carbon is idx 1.",
        ),
        (
            VERAPAMIL,
            "Nitrogen 12 is a tertiary amine, N-methylated, on C14.",
            "Nitrogen 12 is a tertiary amine, N-methylated, with a two-carbon linker to C17.",
        ),
        (
            ACETAZOLAMIDE,
            "Sulfur 9 has two S=O oxygens (11, 12), the NH2 nitrogen (10) and ring carbon 7 as its neighbours.",
            "Sulfur 9 has two S=O oxygens (11, 12), the NH2 nitrogen (10) and ring carbon 4 as its neighbours.",
        ),
        (
            CLOZAPINE,
            "The central diazepine is fused to two benzo rings, only one of which carries chlorine.",
            "The central diazepine is fused to two benzo rings, both of which carry chlorine.",
        ),
        (
            BOC_ALA_OBN,
            "Carbonyl carbons are 3 and 10; the former belongs to the carbamate, the latter to the ester.",
            "Carbonyl carbons are 3 and 10; the former belongs to the ester, the latter to the carbamate.",
        ),
        (
            ROFLUMILAST_LIKE,
            "The pyridine is chlorinated at both positions flanking the amide nitrogen.",
            "The pyridine is chlorinated at one of the positions flanking the amide nitrogen.",
        ),
        (IDOXURIDINE, "CIP assignment gives 2R, 4R and 6S.", "CIP assignment gives 2R, 4S and 6S."),
        (IDOXURIDINE, "The iodinated carbon is atom 10.", "The NH is next to the iodinated carbon."),
        (
            QUINOLONE,
            "GetRingInfo: four rings of sizes 3, 6, 6 and 6.",
            "GetRingInfo: four rings of sizes 3, 5, 6 and 6.",
        ),
        (
            "O=C(c1ccccc1)c1ccccc1",
            "Two 6-membered aromatic rings were found: `[2..7]` and `[8..13]`, each bonded to the carbonyl carbon.",
            "Two 6-membered aromatic rings were found: `[2..7]` and `[8..12]`, each bonded to the carbonyl carbon.",
        ),
        (
            SALBUTAMOL,
            "Of the three OH groups, atom 12 is phenolic, atom 15 is primary and atom 7 is the secondary benzylic one.",
            "Of the three OH groups, atom 15 is phenolic, atom 12 is primary and atom 7 is the secondary benzylic one.",
        ),
        (TRYPTOPHAN, "Fusion atoms of the bicycle: 6 and 11.", "Fusion atoms of the bicycle: 5 and 11."),
        (TRYPTOPHAN, "Neighbours of atom 1: N0, C2 and C12.", "Neighbours of atom 1: N0 and C2."),
        (
            TRYPTOPHAN,
            "Neighbours of atom 1: N0, C2 and C12, plus one hydrogen.",
            "Neighbours of atom 1: N0, C2 and C12, plus two hydrogens.",
        ),
        (
            PENICILLIN,
            "The thiazolidine ring is fused to the beta-lactam through C4 and N18.",
            "The thiazolidine ring is fused to the beta-lactam through C5 and N18.",
        ),
        (
            PENICILLIN,
            "Three stereocenters, 4R, 5R and 19S, were perceived.",
            "Three stereocenters, 4R, 5S and 19S, were perceived.",
        ),
        (
            DIBENZOTHIAZYL,
            "There are four sulfur atoms, two aromatic and two in the disulfide bridge.",
            "There are four sulfur atoms, three aromatic and one in the disulfide bridge.",
        ),
        (
            THREONINATE,
            "Formal charges: -1 on O7 and +1 on K8; the net charge is zero.",
            "Formal charges: -1 on O6 and +1 on K8; the net charge is zero.",
        ),
        (THREONINATE, "Hybridisation: atom 1 sp3, atom 5 sp2.", "Hybridisation: atom 1 sp2, atom 5 sp2."),
        (
            THIORIDAZINE,
            "There are two sulfurs: S6 within the tricycle and S1 in the methylthio substituent.",
            "There are two sulfurs: S1 within the tricycle and S6 in the methylthio substituent.",
        ),
        (
            KETOCONAZOLE,
            "One piperazine nitrogen is acetylated (atom 3); the other, atom 6, is arylated.",
            "One piperazine nitrogen is acetylated (atom 6); the other, atom 3, is arylated.",
        ),
        (
            KETOCONAZOLE,
            "The ketal carbon (atom 18) carries the imidazolylmethyl arm.",
            "The ketal carbon (atom 15) carries the imidazolylmethyl arm.",
        ),
        (
            NITROFURANTOIN,
            "N3 and N4 are directly bonded.",
            "N3 and C5 are directly bonded.",
        ),
        ("C[C@H](CS)C(=O)O", "The thiol is a primary one.", "The thiol is a secondary one."),
        (
            "CN1CCC[C@H]1c1cccnc1",
            "The two rings are joined by a single bond between the stereogenic carbon and the pyridine ring.",
            "The two rings are joined by a single bond between the nitrogen and the pyridine ring.",
        ),
        ("OCC(O)CO", "Two of the hydroxyls are primary.", "Only one hydroxyl, O0, is primary."),
        (
            "ClCC(=O)Nc1c(C)cccc1CC",
            "Both positions ortho to the amide nitrogen are alkylated.",
            "The acyl half terminates in an alkyl chloride; C2 is the only carbon bonded to it.",
        ),
        ("C[N+](C)(C)CCOC(=O)C", "No hydrogen is attached to nitrogen.", "One hydrogen is attached to nitrogen."),
    ],
)
def test_what_is_so_holds_in_parts_and_its_twin_does_not(resources: Any, smiles: str, true: str, false: str) -> None:
    assert holds(resources, smiles, true)
    assert not holds(resources, smiles, false)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("CCC(=O)N(c1ccccc1)C1CCNCC1", "The anilide nitrogen is fully substituted: a propionyl and a phenyl."),
        (NITROFURANTOIN, "N3 is in the ring, N4 is not."),
        (THREONINATE, "The stereocentres are 1 (R) and 3 (S)."),
        ("CCOCC", "No NH or OH is present."),
        ("Cn1cnc2c1c(=O)n(C)c(=O)n2C", "The carbonyls are in the pyrimidine half."),
    ],
)
def test_what_is_so_is_not_refuted(resources: Any, smiles: str, said: str) -> None:
    assert all(claim.verdict is not Verdict.REFUTED for claim in checked(resources, smiles, said).claims)
