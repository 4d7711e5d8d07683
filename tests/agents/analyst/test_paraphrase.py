"""A sentence that is not read as it stands is read in plainer words, which say the same."""

from __future__ import annotations

from typing import Any

import pytest
from langchain_core.messages import HumanMessage

from molreflect.agents.analyst.checked import CheckedAnswer
from molreflect.agents.analyst.checker import AnswerChecker
from molreflect.agents.analyst.paraphrase import MAX_LENGTH, paraphrases
from molreflect.tools.terms import Verdict

THEOBROMINE = "Cn1cnc2c1c(=O)[nH]c(=O)n2C"
ATRAZINE = "CCNc1nc(Cl)nc(NC(C)C)n1"
CITRIC = "OC(=O)CC(O)(CC(=O)O)C(=O)O"
OMEPRAZOLE = "COc1ccc2[nH]c(nc2c1)S(=O)Cc1ncc(C)c(OC)c1C"
CHLOROQUINE = "CCN(CC)CCCC(C)Nc1ccnc2cc(Cl)ccc12"
ACRYLONITRILE = "C=CC#N"
ARTEMISININ = "C[C@@H]1CC[C@H]2[C@@H](C)C(=O)O[C@@H]3O[C@@]4(C)CC[C@@H]1[C@@]23OO4"
METHYL_ORANGE = "CN(C)c1ccc(cc1)/N=N/c1ccc(cc1)S(=O)(=O)[O-].[Na+]"


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("I count two N-methyl groups in It.", ["It has two N-methyl groups"]),
        ("Counting the nitrate esters of It gives three.", ["It has three nitrate esters"]),
        ("The number of rings in It is 3.", ["It has 3 rings"]),
        ("Nitro groups: 3", ["It has 3 Nitro groups"]),
        ("One sulfoxide can be seen in It, spanning atoms 11 and 12 (0-based).", None),
        ("In the SMILES of It, index 19 is the fluorine.", ["atom 19 is the fluorine"]),
        ("Functional groups: an ester and a nitrile.", ["It has an ester and a nitrile"]),
        ("It, drawn like this, has a spiro carbon.", ["It has a spiro carbon"]),
        ("Atom 5 (zero-based numbering) of It is a nitrogen.", ["Atom 5 is a nitrogen"]),
        ("Furan ring = [5, 6, 7, 8, 9].", ["The Furan ring is atoms 5, 6, 7, 8, 9"]),
        ("Ring oxygen of the sugar: index 11.", ["The Ring oxygen of the sugar is atom 11"]),
        ("It: 3 F, 1 Cl.", ["It has 3 fluorine atoms, one chlorine atom"]),
        (
            "Atoms 4 (O) and 5 (N) are bonded to each other.",
            ["Atoms 4 and 5 are bonded to each other", "Atom 4 is an oxygen", "Atom 5 is a nitrogen"],
        ),
        ("The single stereocentre, atom 5, is S.", ["The single stereocentre is atom 5", "Atom 5 is S"]),
        (
            "It has three carbonyls: one ester and two amides.",
            ["It has three carbonyls", "It has one ester and two amides"],
        ),
        ("The ester is a methyl ester, and the acid is free.", ["The ester is a methyl ester", "the acid is free"]),
        ("It: the fluorine (index 5) is bonded to a ring.", ["the fluorine (atom 5) is bonded to a ring"]),
        ("The azo nitrogens are N11 and N12.", None),
        ("The answer is 3: It has three phenols.", ["It has three phenols"]),
        ("- Carboxylic acid groups: three", ["It has three Carboxylic acid groups"]),
        ("It's a hydrocarbon, if you look.", ["It is a hydrocarbon"]),
        ("Atom 5 is assigned S by the CIP rules.", ["Atom 5 is S"]),
        ("Two stereocenters were found, atoms 1 and 10.", ["It has Two stereocenters (atoms 1 and 10)"]),
        ("It has one alcohol, whose oxygen is atom 5.", ["It has one alcohol", "The oxygen of the alcohol is atom 5"]),
        ("Besides the acids, It has one alcohol.", ["It has acids", "It has one alcohol"]),
        (
            "The chlorine sits on the benzene ring rather than on the pyridine ring.",
            ["The chlorine sits on the benzene ring", "The chlorine is not on the pyridine ring"],
        ),
    ],
)
def test_frames_are_left_out_and_parts_are_said_apart(said: str, plain: list[str] | None) -> None:
    found = [list(each) for each in paraphrases(said)]
    if plain is None:
        assert found in (
            [["It has One sulfoxide, spanning atoms 11 and 12"]],
            [["The azo nitrogens are atoms 11 and 12", "Atom 11 is a nitrogen", "Atom 12 is a nitrogen"]],
        )
    else:
        assert found[-1] == plain


@pytest.mark.parametrize(
    "said",
    [
        "It has two rings.",
        "The sulfur atom is atom 14 (1-based).",
        "It is a derivative of It.",
        "There are no atoms from zero to hero.",
        "It is " + "a " * MAX_LENGTH,
    ],
)
def test_what_restricts_a_statement_is_kept(said: str) -> None:
    for (only,) in map(tuple, paraphrases(said)):
        assert "1-based" not in said or "1-based" in only
        assert "derivative of It" not in said or "derivative of It" in only


def checked(smiles: str, said: str, resources: Any) -> CheckedAnswer:
    checker = AnswerChecker(resources)
    return checker.check(said, checker.subjects([HumanMessage(f"What can you say about {smiles}?")], [], said))


def holds(smiles: str, said: str, resources: Any) -> bool:
    answer = checked(smiles, said, resources)
    return bool(answer.claims) and not answer.unread and {c.verdict for c in answer.claims} == {Verdict.SUPPORTED}


@pytest.mark.parametrize(
    ("smiles", "true", "false"),
    [
        (THEOBROMINE, "I count two N-methyl groups in theobromine.", "I count three N-methyl groups in theobromine."),
        (
            ATRAZINE,
            "**Halogen**: one chlorine (atom 6, zero-based), attached to the triazine ring.",
            "**Halogen**: one chlorine (atom 5, zero-based), attached to the triazine ring.",
        ),
        (
            CITRIC,
            "Besides the acids, citric acid has one alcohol, whose oxygen is atom 5 when counting from zero.",
            "Besides the acids, citric acid has one alcohol, whose oxygen is atom 6 when counting from zero.",
        ),
        (
            CITRIC,
            "Besides the acids, citric acid has one alcohol.",
            "Besides the amines, citric acid has one alcohol.",
        ),
        (
            OMEPRAZOLE,
            "One sulfoxide can be seen in omeprazole, spanning atoms 11 and 12 (0-based).",
            "One sulfoxide can be seen in omeprazole, spanning atoms 10 and 11 (0-based).",
        ),
        (
            CHLOROQUINE,
            "The chlorine of chloroquine sits on the benzene part of the quinoline.",
            "The chlorine of chloroquine sits on the pyridine part of the quinoline.",
        ),
        (
            ACRYLONITRILE,
            "The nitrile in acrylonitrile is formed by atoms 2 and 3 (indices start at 0).",
            "The nitrile in acrylonitrile is formed by atoms 1 and 2 (indices start at 0).",
        ),
        (ARTEMISININ, "Artemisinin has a peroxide (O-O) bridge.", "Artemisinin has a disulfide (S-S) bridge."),
        (
            METHYL_ORANGE,
            "Azo nitrogens: atoms 9 and 10; the sulfur is atom 17.",
            "Azo nitrogens: atoms 9 and 10; the sulfur is atom 18.",
        ),
        ("CC(C)=CCc1occc1C", "Furan ring = [5, 6, 7, 8, 9].", "Furan ring = [4, 5, 6, 7, 8]."),
        ("C[C@@H](O)[C@H](N)C(=O)O", "CIP: atom 1 = R, atom 3 = S.", "CIP: atom 1 = S, atom 3 = S."),
        ("FC(F)(F)C(Cl)Br", "Halothane: 3 F, 1 Cl, 1 Br.", "Halothane: 2 F, 1 Cl, 1 Br."),
        (
            "CC1(C)CON(Cc2ccccc2Cl)C1=O",
            "Atoms 4 (O) and 5 (N) are directly bonded to each other.",
            "Atoms 4 (N) and 5 (N) are directly bonded to each other.",
        ),
        ("c1ccc2ncccc2c1", "The pyridine nitrogen is atom 4.", "The pyridine nitrogen is atom 5."),
        ("c1ccc2[nH]cnc2c1", "One imidazole nitrogen carries a hydrogen.", "Two imidazole nitrogens carry a hydrogen."),
        ("c1ccc2sccc2c1", "The thiophene sulfur is atom 4.", "The thiophene sulfur is atom 3."),
        ("Oc1ccc2ccccc2c1N=Nc1ccccc1", "Azo nitrogens: N11 and N12 (RDKit indices).", "Azo nitrogens: N10 and N11."),
        (CITRIC, "The answer is 3: it has three acids.", "The answer is 4: it has three acids."),
        (CITRIC, "I see only one alcohol in citric acid.", "I see only an alcohol in citric acid."),
        (CITRIC, "- Carboxylic acid groups: three", "- Carboxylic acid groups: two"),
        ("CC1(C)CON(Cc2ccccc2Cl)C1=O", "Carbonyl carbon idx = 14.", "Carbonyl carbon idx = 13."),
        ("CN1CCC[C@H]1c1cccnc1", "Aromatic nitrogen index: 10.", "Aromatic nitrogen index: 9."),
        (METHYL_ORANGE, "The sulfur atom has index 17.", "The sulfur atom has index 14."),
    ],
)
def test_a_sentence_holds_where_its_plain_wording_does(smiles: str, true: str, false: str, resources: Any) -> None:
    assert holds(smiles, true, resources)
    assert not holds(smiles, false, resources)


@pytest.mark.parametrize(
    ("smiles", "said"),
    [
        ("c1ccc2[nH]cnc2c1", "The other imidazole nitrogen of the benzimidazole is atom 6."),
        ("NC(N)=O", "I count four heavy atoms: one carbon, one oxygen and two nitrogens."),
        ("N#Cc1c(Cl)c(Cl)c(Cl)c(C#N)c1Cl", "No ring C\u2013H remains."),
        ("OC(=O)COc1ccc(Cl)cc1Cl", "The acid is linked to the ring, and one of the chlorines is ortho to that oxygen."),
        (
            "CC12CC3CC(C)(C1)CC(N)(C3)C2",
            "The two methyl groups are borne by bridgehead carbons, which are fully substituted and have no hydrogen.",
        ),
    ],
)
def test_what_is_true_is_not_refuted_by_a_part_of_it(smiles: str, said: str, resources: Any) -> None:
    assert all(claim.verdict is not Verdict.REFUTED for claim in checked(smiles, said, resources).claims)


def test_what_speaks_of_an_earlier_clause_is_not_said_apart() -> None:
    assert list(paraphrases("It has two rings, and one of them is aromatic.")) == []
    assert list(paraphrases("The acid is free, and the amine is next to it.")) == []


def test_a_charge_has_a_sign() -> None:
    told = ["Atom 7 is negatively charged", "Atom 8 is positively charged"]
    assert next(list(each) for each in paraphrases("charges: -1 on O7 and +1 on K8")) == told
    assert not any("charged" in part for each in paraphrases("charges: 71 on O7") for part in each)
