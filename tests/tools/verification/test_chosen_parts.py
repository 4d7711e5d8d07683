"""Words that choose one of several parts: understood, they light that part alone; else they leave the place open."""

from __future__ import annotations

import pytest

from molreflect.tools.api import check_text
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.text_check import CheckedClaim

CARVONE = "CC1=CCC(CC1=O)C(C)=C"
SERTRALINE = "CN[C@H]1CC[C@@H](c2ccc(Cl)c(Cl)c2)c2ccccc12"
IBUPROFEN = "CC(C)Cc1ccc(cc1)C(C)C(=O)O"
LIDOCAINE = "CCN(CC)CC(=O)Nc1c(C)cccc1C"
CAPTOPRIL = "C[C@H](CS)C(=O)N1CCC[C@H]1C(=O)O"


def _claim(smiles: str, text: str, phrase: str, resources: Resources) -> CheckedClaim:
    return next(claim for claim in check_text(smiles, text, resources).claims if claim.phrase == phrase)


@pytest.mark.parametrize(
    ("smiles", "text", "phrase", "atoms"),
    [
        pytest.param(CARVONE, "It has a ring double bond.", "ring double bond", {1, 2}, id="in-a-ring"),
        pytest.param("C1CN(CCN1)c1ccccc1", "It has an aryl-bound nitrogen.", "aryl-bound nitrogen", {2}, id="aryl"),
        pytest.param("CCN(CC)CCOC(=O)c1ccc(N)cc1", "It has an aromatic amino group.", "aromatic amino group", {14}),
        pytest.param(CAPTOPRIL, "It has an amide carbonyl.", "amide carbonyl", {4, 5}, id="within-another"),
        pytest.param("NCCc1c[nH]c2ccc(O)cc12", "The indole NH is free.", "indole NH", {5}, id="formula-within"),
        pytest.param("OCC(O)c1ccccc1", "It has a benzylic alcohol.", "benzylic alcohol", {2, 3}, id="benzylic"),
        pytest.param(SERTRALINE, "It has a chlorinated ring.", "chlorinated ring", {*range(6, 14)}, id="ring-with"),
        pytest.param(
            SERTRALINE,
            "It has a dichlorophenyl ring.",
            "dichlorophenyl ring",
            {6, 7, 8, 9, 10, 11, 12, 13},
            id="prefixed-ring",
        ),
        pytest.param(IBUPROFEN, "The CH2 group next to the ring is small.", "CH2 group", {3}, id="next-to-the-ring"),
        pytest.param(
            IBUPROFEN, "The methyl group alpha to the carboxylic acid is small.", "methyl group", {11}, id="alpha-to"
        ),
        pytest.param(
            LIDOCAINE, "A methylene group is between the amine and the carbonyl.", "methylene group", {5}, id="between"
        ),
        pytest.param(
            "CCOC(=O)CC(=O)OCC", "It has two ester groups separated by a CH2 group.", "CH2 group", {5}, id="separated"
        ),
        pytest.param(
            "N[C@@H](CO)C(=O)N[C@@H](Cc1ccc(O)cc1)C(=O)O", "The OH of the side chain is free.", "OH", {3}, id="chain"
        ),
        pytest.param("NCC(=O)N[C@@H](C)C(=O)O", "A glycine residue is there.", "glycine residue", {0, 1, 2, 3}),
        pytest.param("OCC1OC(O)C(O)C(O)C1O", "It has a pyranose ring.", "pyranose ring", {2, 3, 4, 6, 8, 10}),
        pytest.param(
            "Clc1ccc(C(=O)O)c(Cl)c1", "It has a chlorine para to the carboxylic acid.", "chlorine", {0}, id="para"
        ),
        pytest.param("CN1CCC[C@H]1c1cccnc1", "It has a saturated ring.", "saturated ring", {1, 2, 3, 4, 5}, id="kind"),
        pytest.param("NC(=O)CC[C@H](N)C(=O)O", "The side-chain carbonyl is free.", "side-chain carbonyl", {1, 2}),
        pytest.param("OC(=O)CNCP(O)(O)=O", "It has a phosphonic acid attached to a methylene.", "methylene", {5}),
        pytest.param("CC(=O)NC(CS)C(=O)O", "The acetyl methyl is a singlet.", "acetyl methyl", {0}, id="within-acyl"),
        pytest.param("CC(=O)Oc1ccccc1C(=O)O", "The OH belongs to the COOH.", "OH", {12}, id="acid-OH"),
        pytest.param("CCCCNS(=O)(=O)c1ccc(C)cc1", "A methyl group is on the aromatic ring.", "methyl group", {12}),
        pytest.param(
            "OC(=O)CCC(=O)NCCCCc1ccccc1", "An amide links the methylene to the butyl chain.", "amide", {5, 6, 7}
        ),
        pytest.param("O=C(NCC(N)=O)c1ccccc1", "An amide joins the phenyl ring to the methylene.", "amide", {0, 1, 2}),
        pytest.param("Fc1ccc2c(c1)CCN2", "It has a fluorinated ring.", "fluorinated ring", {0, 1, 2, 3, 4, 5, 6}),
        pytest.param("CC=CCC=CC", "It has a bis-allylic methylene.", "bis-allylic methylene", {3}, id="bis-allylic"),
        pytest.param("OCC(O)CC(C)(C)O", "It has three alcohols, one of which is a tertiary one.", "tertiary", {5, 8}),
        pytest.param(
            "CC(C)CCCC(C)C1CCCC1", "The chain ends in an isopropyl group.", "isopropyl group", {0, 1, 2, 3}, id="end"
        ),
        pytest.param("CSP(=S)(OC)OC", "It has a thiono sulfur.", "thiono sulfur", {3}, id="element-of-a-kind"),
        pytest.param("C[n+]1ccn(C)c1", "It has a positively charged nitrogen.", "positively charged nitrogen", {1}),
        pytest.param(
            "O=C1Nc2ccccc2C(C#C)O1", "It is a benzoxazinone.", "benzoxazinone", {0, 1, 2, *range(3, 10), 12}, id="oxo"
        ),
        pytest.param("CCN(C)CC(C)c1ccnn1C", "It has an N-methyl group on the pyrazole.", "N-methyl group", {12}),
        pytest.param("Clc1ccc(cc1)C(c1ccccc1)Br", "Both rings are joined through a single CH.", "CH", {7}, id="one-CH"),
        pytest.param(
            "NCC(=O)N[C@@H](C)C(=O)NCC(=O)O", "The C-terminal glycine is free.", "glycine", {9, 10, 11, 12, 13}
        ),
        pytest.param("C1CCC2(C)C(C1)CCC2C", "It has an angular methyl group.", "angular methyl group", {4}),
        pytest.param("O=C1CCCC(C(C)=O)C1", "The ring carbonyl is a ketone.", "ring carbonyl", {0, 1}, id="in-ring"),
        pytest.param("COC(=O)C1=C(C)NC(C)=CC1", "The ester bears a methyl group.", "methyl group", {0}, id="of-ester"),
        pytest.param("OCC1OC(OC)CCC1O", "It has a glycosidic oxygen.", "glycosidic oxygen", {5}, id="glycosidic"),
        pytest.param(
            "O=C1CCC(=O)N1CC1CC(=O)NC(=O)C1",
            "It has a five-membered imide ring.",
            "five-membered imide ring",
            {*range(7)},
        ),
        pytest.param("CC(O)CCCO", "Menthol's primary alcohol is free.", "primary alcohol", {5, 6}, id="possessive"),
        pytest.param("OCC(O)CO", "The terminal OH groups are equivalent.", "OH groups", {0, 5}, id="ends-of-a-chain"),
        pytest.param("OCC(O)CO", "The central hydroxyl is secondary.", "hydroxyl", {3}, id="central"),
        pytest.param("C=CC=CCCC=CC", "It has an isolated double bond.", "double bond", {6, 7}, id="isolated"),
        pytest.param("CC(C)c1ccccc1C", "The isopropyl CH is benzylic.", "isopropyl CH", {1}, id="CH-within"),
        pytest.param("CN(Cc1ccccc1)C1CCCCC1", "It has a benzylic carbon.", "benzylic carbon", {2}, id="carbon"),
        pytest.param("c1ccc2c(c1)NC=CC=C2", "It has a seven-membered azepine ring.", "seven-membered azepine ring",
                     {3, 4, 6, 7, 8, 9, 10}, id="membered-name"),
    ],
)  # fmt: skip
def test_a_word_that_is_understood_chooses(
    smiles: str, text: str, phrase: str, atoms: set[int], resources: Resources
) -> None:
    claim = _claim(smiles, text, phrase, resources)
    assert claim.verdict is Verdict.SUPPORTED
    assert {atom for place in claim.atoms for atom in place} == atoms


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        pytest.param("It has an amine at the other end.", "amine", id="at-the-other-end"),
        pytest.param("It has a terminal amine.", "amine", id="terminal"),
        pytest.param("An amine comes first.", "amine", id="comes-first"),
        pytest.param("It has a basic amine.", "amine", id="basic"),
        pytest.param("An amine joins the bicyclic part and the rest.", "amine", id="joins"),
    ],
)
def test_a_word_that_is_not_understood_leaves_the_place_open(text: str, phrase: str, resources: Resources) -> None:
    claim = _claim("NC1CC2CCC(N)C2C1", text, phrase, resources)
    assert (claim.verdict, claim.reason) == (Verdict.UNCHECKED, Reason.WHICH_PLACE)


@pytest.mark.parametrize(
    ("smiles", "text", "phrase"),
    [
        pytest.param("CCOC(=O)CC(=O)OCC", "It has two ethoxy groups.", "two ethoxy groups", id="alkoxy-of-an-ester"),
        pytest.param("NC(=O)N1CCCCC1", "It has a carboxamide.", "carboxamide", id="carboxamide-on-nitrogen"),
        pytest.param("NC(=O)N1CCCCC1", "It has a primary amide NH2.", "primary amide NH2", id="amide-of-a-urea"),
        pytest.param("OCC1OC(n2ccc(N)nc2=O)C(O)C1O", "It has a ribose sugar.", "ribose sugar", id="sugar"),
        pytest.param("OCC1OC(n2ccc(N)nc2=O)C(O)C1O", "It has a furanose ring.", "furanose ring", id="furanose-ring"),
    ],
)
def test_what_chemists_say_is_not_refuted(smiles: str, text: str, phrase: str, resources: Resources) -> None:
    assert _claim(smiles, text, phrase, resources).verdict is Verdict.SUPPORTED


def test_groups_that_a_word_excludes_do_not_light(resources: Resources) -> None:
    claims = check_text("ClCc1ccccc1", "It has a chlorinated ring.", resources).claims
    assert [claim.verdict for claim in claims] == [Verdict.UNCHECKED]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        pytest.param("The alcohol is secondary.", Verdict.SUPPORTED, id="right"),
        pytest.param("The OH is tertiary.", Verdict.REFUTED, id="wrong"),
        pytest.param("The alcohol is not tertiary.", Verdict.SUPPORTED, id="denied"),
    ],
)
def test_what_kind_a_group_is_said_to_be_is_judged(text: str, verdict: Verdict, resources: Resources) -> None:
    assert check_text("OC1CCCCC1", text, resources).claims[-1].verdict is verdict


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Hydrolysis gives a carboxylic acid.", id="product"),
        pytest.param("Dehydration affords an alkene.", id="affords"),
    ],
)
def test_what_a_reaction_makes_is_not_claimed_of_the_molecule(text: str, resources: Resources) -> None:
    assert not check_text("OC1CCCCC1", text, resources).refuted


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Chlorine is nowhere to be seen.", id="nowhere"),
        pytest.param("It has one ring, and neither end bears a halogen.", id="neither"),
        pytest.param("A nitrile, typical of others, is missing.", id="aside"),
        pytest.param("A free carboxylic acid is not there.", id="not-there"),
        pytest.param("It has neither a double bond nor a nitrile.", id="neither-nor"),
        pytest.param("A triazole may stand in its place in other embodiments.", id="embodiments"),
        pytest.param("No hydroxy group is benzylic.", id="none-of-them"),
        pytest.param("Its diphosphate ester carries a diphosphate in addition.", id="derivative"),
    ],
)
def test_denials_and_other_compounds_are_no_claims_of_presence(text: str, resources: Resources) -> None:
    assert not check_text("OC1CCCCC1", text, resources).refuted


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        pytest.param("The hydroxy group neighbours a methyl.", "hydroxy group", id="verb-behind-group"),
        pytest.param("Then comes a tertiary alcohol.", "tertiary alcohol", id="comes"),
        pytest.param("It is therefore a tertiary alcohol.", "tertiary alcohol", id="therefore"),
        pytest.param("The only alcohol is on the ring.", "alcohol", id="the-only"),
        pytest.param("Note the tertiary alcohol.", "tertiary alcohol", id="note"),
        pytest.param("You could call it a tertiary alcohol.", "tertiary alcohol", id="call-it"),
        pytest.param("A methyl group followed by a ring is there.", "methyl group", id="participle"),
        pytest.param("It has just one hydroxy group.", "hydroxy group", id="just-one"),
    ],
)
def test_frames_of_prose_are_read(text: str, phrase: str, resources: Resources) -> None:
    assert _claim("CC1(O)CCCCC1", text, phrase, resources).verdict is Verdict.SUPPORTED


def test_a_denial_is_not_refuted_by_a_wider_meaning(resources: Resources) -> None:
    (claim,) = check_text("CCC(C)=O", "It has no double bond.", resources).claims
    assert (claim.verdict, claim.negated) == (Verdict.UNCHECKED, True)


def test_a_saturated_ring_is_not_guessed(resources: Resources) -> None:
    claims = check_text("C1CC1CN1CCc2ccccc2C1", "The saturated ring is small.", resources).claims
    assert [claim.verdict for claim in claims] == [Verdict.UNCHECKED]


def test_a_wider_meaning_is_no_way_around_a_word_that_chooses(resources: Resources) -> None:
    claim = _claim("COc1ccc(C)cc1CC(C)C", "It has a lateral methyl group.", "methyl group", resources)
    assert (claim.verdict, claim.reason) == (Verdict.UNCHECKED, Reason.WHICH_PLACE)


def test_all_that_are_counted_need_no_choice(resources: Resources) -> None:
    text = "The zorbyl ribose has three free hydroxy groups. The ribofuranose bears three hydroxy groups."
    claims = check_text("O=c1ccn(C2OC(CO)C(O)C2O)c(=O)[nH]1", text, resources).claims
    assert [c.verdict for c in claims if "hydroxy" in c.phrase] == [Verdict.SUPPORTED] * 2
