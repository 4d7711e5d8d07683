"""True words that are not refuted, each beside false words of the same kind that are."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.text_check import check

FOSAPREPITANT_PART = "C[C@H](c1ccccc1)O[C@@H]1[C@@H](N(CCO1)CC(=O)O)c1ccc(F)cc1"
PGD2_LESS_HYDROXY = "CCCCC/C=C/C=C\\1/C=C[C@@H]([C@@H]1C/C=C\\CCCC(=O)O)O"
DESOXIMETASONE = "C[C@@H]1C[C@H]2[C@@H]3CCC4=CC(=O)C=C[C@@]4([C@]3([C@H](C[C@@]2([C@H]1C(=O)CO)C)O)F)C"
NEOASTILBIN = "C[C@H]1[C@@H]([C@H]([C@H]([C@@H](O1)O[C@H]2[C@@H](OC3=CC(=CC(=C3C2=O)O)O)C4=CC(=C(C=C4)O)O)O)O)O"
DIGITOXIGENIN_GLYCOSIDE = (
    "C[C@@H]1[C@H]([C@H](C[C@@H](O1)O[C@H]4CC[C@]5([C@@H](C4)CC[C@@H]6[C@@H]5CC[C@]7([C@@]6(CC[C@@H]7"
    "[C@H]8CC(=O)OC8)O)C)C)O)O"
)
MENAQUINONE = "CC1=C(C(=O)C2=CC=CC=C2C1=O)C/C=C(\\C)/CC/C=C(\\C)/CCC=C(C)C"
AURACHIN = "CC1=C(C(=O)C2=CC=CC=C2N1O)C/C=C(\\C)/CC/C=C(\\C)/CCC=C(C)C"


def verdicts(smiles: str, text: str, words: str, resources: Any) -> set[Verdict]:
    """Verdicts on the claims that begin where the words do."""
    found = check(read_molecule(smiles), text, resources).claims
    return {claim.verdict for claim in found if claim.phrase.startswith(words) or words.startswith(claim.phrase)}


@pytest.mark.parametrize(
    ("smiles", "template", "right", "wrong"),
    [
        pytest.param(
            "C[C@H](CCC=C(C)C)[C@]12CCC(=C)[C@H]1C2",
            "The molecule is a sesquiterpene that is {} having a 6-methylhept-5-en-2-yl group at position 5.",
            "(1R,5R)-2-methylidenebicyclo[3.1.0]hexane",
            "(1R,5S)-2-methylidenebicyclo[3.1.0]hexane",
            id="descriptors-as-they-are-in-the-molecule",
        ),
        pytest.param(
            FOSAPREPITANT_PART,
            "The molecule is the 1-phenylethyl ether of {}.",
            "[(2R,3S)-3-(4-fluorophenyl)-2-hydroxymorpholin-4-yl]acetic acid",
            "[(2R,3R)-3-(4-fluorophenyl)-2-hydroxymorpholin-4-yl]acetic acid",
            id="descriptors-of-a-compound-in-changed-form",
        ),
        pytest.param(
            PGD2_LESS_HYDROXY,
            "The molecule is a prostanoid that is {} lacking the 15-hydroxy group and having two more double bonds.",
            "prostaglandin D2",
            "cholic acid",
            id="lacking",
        ),
        pytest.param(
            DESOXIMETASONE,
            "The molecule is {} in which the hydroxy group at the 17alpha position is substituted by hydrogen.",
            "dexamethasone",
            "cholic acid",
            id="hydroxy-replaced-by-hydrogen",
        ),
        pytest.param(
            "CC(C)Sc1ccccc1[C@H]1S[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O",
            "The molecule is {} with the ring oxygen replaced by sulfur.",
            "beta-D-glucopyranose",
            "",
            id="replaced-without-a-verb",
        ),
        pytest.param(
            NEOASTILBIN,
            "The molecule is a glycoside that is {} substituted by a rhamnosyl group at position 3.",
            "(-)-taxifolin",
            "(+)-taxifolin",
            id="sign-of-rotation",
        ),
        pytest.param(
            "C[C@@H](C(=O)O)NC(=O)CCc1ccc(cc1)[N+](=O)[O-]",
            "The molecule is {}.",
            "N-[3-(4-nitrophenyl)propanoyl]alanine",
            "N-[3-(4-nitrophenyl)propanoyl]-D-alanine",
            id="a-hyphen-is-no-sign-of-rotation",
        ),
        pytest.param(
            "C=CC1Cc2c(ccc3c2OC2COc4cc(OC)c(OC)cc4C2C3=O)O1",
            "It is a member of {} and a ketone.",
            "rotenones",
            "",
            id="compounds-like-one",
        ),
        pytest.param(
            DIGITOXIGENIN_GLYCOSIDE,
            "It is a cardenolide glycoside and a {}.",
            "3beta-hydroxy steroid",
            "11beta-hydroxy steroid",
            id="hydroxy-that-bears-a-sugar",
        ),
        pytest.param(
            MENAQUINONE,
            "The molecule is a menaquinone whose side-chain contains {}.",
            "3 isoprene units",
            "",
            id="units-of-a-diene",
        ),
        pytest.param(
            "CC1CC2CCC1O2",
            "The molecule is a bicyclic compound substituted by {} between positions 1 and 4.",
            "an epoxy group",
            "a thioxo group",
            id="bridge",
        ),
        pytest.param(
            "OC(=O)NC(N)=O",
            "The molecule is urea in which one of the hydrogens has been replaced by a {}.",
            "carboxy group",
            "formyl group",
            id="carboxy-on-nitrogen",
        ),
        pytest.param(
            "CCOP(=S)(O)OCC",
            "The molecule is an {} pesticide. It is an {}.",
            "organophosphate",
            "organosilicon compound",
            id="organophosphate",
        ),
        pytest.param(
            "C[C@H](C1=CC(=O)C(=CC1=O)OC)[C@H](C2=CC=CC=C2)O",
            "The molecule is a 1,4-benzoquinone substituted by a {} at position 2 which in turn is substituted by a "
            "hydroxy group.",
            "propan-2-yl group",
            "",
            id="group-that-bears-groups",
        ),
        pytest.param(
            "CC(=O)N[C@@H]1[C@H]([C@H]([C@H](O[C@H]1O)COS(=O)(=O)O)O)O",
            "The molecule is a {}.",
            "galactosamine sulfate",
            "",
            id="an-ester-that-reads-as-a-salt",
        ),
        pytest.param(
            "OC[C@H]1O[C@H](O[C@H]2[C@H](O)[C@@H](O)C(O)O[C@@H]2CO)[C@H](O)[C@@H](O)[C@H]1O",
            "The molecule is a disaccharide comprising a D-galactosyl residue and a {} at the reducing end.",
            "D-glucosyl residue",
            "D-mannosyl residue",
            id="residue-at-the-reducing-end",
        ),
        pytest.param(
            "[Na+].[Na+].[O-]C([O-])=O",
            "The molecule is an {}.",
            "organic sodium salt",
            "organic potassium salt",
            id="salt-of-carbonic-acid",
        ),
        pytest.param(
            "CCCCC[C@@H](/C=C/[C@H]1[C@@H](CC(=O)[C@H]1C/C=C\\CCCC(=O)O)O)O",
            "The molecule is a prostanoid that is {} having inverted stereochemistry at the 8-position.",
            "prostaglandin E2",
            "cholic acid",
            id="inverted-centre",
        ),
        pytest.param(
            "CC(C=O)OC(C)C(=O)O",
            "The molecule is propanal substituted by a {} at position 2.",
            "carboxyethoxy group",
            "cyanoethoxy group",
            id="group-without-a-place",
        ),
        pytest.param(
            "C=CCCCCC(=O)CC(CO)OC(C)=O",
            "The molecule is an alcohol that is {} which carries an acetoxy group, an oxo group and a double bond.",
            "decan-1-ol",
            "cholesterol",
            id="which-carries-a-double-bond",
        ),
        pytest.param(
            "O=C1OC(=O)c2cc(C(=O)O)ccc12",
            "It is a {}.",
            "dioxo monocarboxylic acid",
            "dihydroxy monocarboxylic acid",
            id="oxo-groups-of-an-anhydride",
        ),
        pytest.param(
            "CC(=O)O[C@H]1CC[C@@]2([C@H]3CC[C@]4([C@H]([C@@H]3CC=C2C1)CC=C4c5cnccc5)C)C",
            "The molecule is a {}.",
            "sterol ester",
            "fatty acid ester",
            id="ester-of-any-steroid",
        ),
        pytest.param(
            "CCCCCCCCCCCCCCCCCC(=O)N[C@@H](CO)[C@@H](/C=C/CCCCCCCCCCCCC)O",
            "The molecule is an N-acylsphingosine in which the ceramide N-acyl group is specified as {}.",
            "octadecanoyl",
            "hexacosanoyl",
            id="acyl-group-of-a-generic-parent",
        ),
        pytest.param(
            "O=C1C=CC(=NO)C=C1",
            "The molecule is a {} and a {}.",
            "nitroso compound",
            "nitro compound",
            id="quinone-oxime-for-nitrosophenol",
        ),
        pytest.param(
            "Clc1nc2c(SCc3ccccc3)ncnc2n1[C@@H]2O[C@@H]3COP(=O)(O)O[C@H]3[C@H]2O",
            "The molecule is {} in which the amino group at position 6 has been replaced by a benzylsulfanyl group.",
            "3',5'-cyclic AMP",
            "3',5'-cyclic CMP",
            id="nucleotide-whose-amino-group-is-replaced",
        ),
        pytest.param(
            "O=Nc1c(O)ccc2cc(S(O)(=O)=O)ccc12",
            "The molecule is an arenesulfonic acid and a {}.",
            "ketoxime",
            "nitrone",
            id="nitrosophenol-for-quinone-oxime",
        ),
        pytest.param(
            "CN1C(CC(=O)c2ccccc2)CCCC1",
            "The molecule is a member of {}.",
            "acetophenones",
            "benzaldehydes",
            id="acetophenone-with-a-longer-chain",
        ),
        pytest.param(
            "C[N+](C)(C)[C@@H](CC1=CNC(=S)N1)C(=O)[O-]",
            "The molecule is a {}.",
            "sulfur-containing amino acid",
            "",
            id="betaine-of-an-amino-acid",
        ),
        pytest.param(
            "C[N+](CCC(=O)O)=C(N)N",
            "The molecule has protonated {}.",
            "guanidino groups",
            "",
            id="guanidinium-with-its-charge-elsewhere",
        ),
        pytest.param(
            "C[CH-]C.C[CH-]C.[Zn+2]",
            "The molecule is an {}.",
            "organozinc compound",
            "organosilicon compound",
            id="metal-drawn-as-ions",
        ),
    ],
)
def test_true_words_are_not_refuted_and_false_ones_are(
    smiles: str, template: str, right: str, wrong: str, resources: Any
) -> None:
    for said, refuted in ((right, False), (wrong, True)):
        if said:
            text = template.format(said, said)
            bare = said.removeprefix("an ").removeprefix("a ")
            assert (Verdict.REFUTED in verdicts(smiles, text, bare, resources)) is refuted, text


@pytest.mark.parametrize(
    ("smiles", "text", "words", "atoms"),
    [
        pytest.param(
            "CN(CCCOc1ccc(Cl)cc1Cl)CC#C",
            "The molecule is the 2,4-dichlorophenyl ether of 3-(methylamino)propan-1-ol.",
            "2,4-dichlorophenyl ether",
            {5, 6, 7, 8, 9, 10, 11, 12, 13},
            id="ether-by-its-group",
        ),
        pytest.param(
            "CCOP(=S)(O)OCC",
            "The molecule is the diethyl ester of phosphorothioic O,O,O-acid.",
            "diethyl ester",
            {0, 1, 2, 3, 6, 7, 8},
            id="ester-of-a-thio-acid",
        ),
        pytest.param(
            "C[n+]1cccc(C(=O)O)c1",
            "The molecule is nicotinic acid having a methyl substituent on the pyridine nitrogen.",
            "pyridine nitrogen",
            {1},
            id="nitrogen-of-a-ring",
        ),
        pytest.param(
            AURACHIN,
            "The molecule is quinolin-4-one substituted by a triprenyl group at position 3.",
            "triprenyl group at position 3",
            set(range(13, 28)),
            id="a-chain-of-prenyl-units",
        ),
        pytest.param(
            "CC(=O)N[C@@H]1[C@@H](O)[C@H](O)[C@@H](CO)O[C@H]1O[C@@H]1[C@@H](CO)OC(O)[C@H](O)[C@H]1O",
            "The molecule is a disaccharide having an N-acetyl-beta-glucosaminyl residue attached at the 4-position.",
            "N-acetyl-beta-glucosaminyl residue attached at the 4-position",
            set(range(14)) - {14},
            id="amino-sugar-without-its-hand",
        ),
        pytest.param(
            "C=C(CCC(=O)O)C(=O)O",
            "The molecule is an acid comprising a glutaric acid core with a methylene group at the 2-position.",
            "methylene group at the 2-position",
            {0},
            id="methylene-for-methylidene",
        ),
        pytest.param(
            "COc1cc(=O)oc2CCOCc12",
            "The molecule is a pyranopyranone.",
            "pyranopyranone",
            {2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
            id="rings-fused-anyhow-with-a-suffix",
        ),
        pytest.param(
            "NC(=O)/C=C/c1ccccc1",
            "The molecule is the simplest of the cinnamamides that consists of acrylamide bearing a phenyl substituent "
            "at the 3-position.",
            "phenyl substituent at the 3-position",
            {5, 6, 7, 8, 9, 10},
            id="position-on-a-component",
        ),
    ],
)
def test_the_right_atoms_light_up(smiles: str, text: str, words: str, atoms: set[int], resources: Any) -> None:
    found = check(read_molecule(smiles), text, resources).claims
    (claim,) = [each for each in found if each.phrase == words]
    assert claim.verdict is Verdict.SUPPORTED
    assert set().union(*claim.atoms) == atoms


@pytest.mark.parametrize(
    ("smiles", "text", "words"),
    [
        (
            "OC(=O)C(c1ccccc1)C1CCCCN1",
            "The molecule is phenylacetic acid substituted by {} at position 2.",
            "piperidin-2-yl group",
        ),
        (
            "OC[C@H]1O[C@@H](n2cnc3c(N)ncnc32)[C@H](OC)[C@@H]1O",
            "The molecule is adenosine with a {} at position 2'.",
            "methoxy group",
        ),
    ],
)
def test_a_position_that_may_be_counted_otherwise_refutes_nothing(
    smiles: str, text: str, words: str, resources: Any
) -> None:
    assert Verdict.REFUTED not in verdicts(smiles, text.format(words), words, resources)


def test_a_polymer_given_as_its_repeating_unit_is_not_counted(resources: Any) -> None:
    unit = "OC[C@H]1O[C@@H](O[C@H]2[C@H](O)[C@@H](O)[C@@H](O)O[C@@H]2CO)[C@H](O)[C@@H](O)[C@@H]1O"
    counted = verdicts(unit, "The molecule is a polysaccharide.", "polysaccharide", resources)
    assert counted == {Verdict.REFUTED}
    repeated = "The molecule is a polysaccharide composed of repeating units of glucose."
    assert verdicts(unit, repeated, "polysaccharide", resources) == {Verdict.UNCHECKED}


def test_what_a_part_is_called_is_not_asked_of_the_molecule(resources: Any) -> None:
    saponin = "C[C@]1(CO)CCC2(C)CCC3C(CCC4C5CC(C)(C)CCC5(C(=O)O)CCC34C)C2C1OC1OCC(O)C(O)C1O"
    text = "The molecule is a saponin that has hederagenin as the sapogenin."
    assert Verdict.REFUTED not in verdicts(saponin, text, "sapogenin", resources)


@pytest.mark.parametrize(
    ("smiles", "text", "words"),
    [
        pytest.param(
            "COC1=C2C(=C3C4=C(C=CC(=C4OC)O)C(=O)C5=NC=CC1=C35)OCO2",
            "The molecule is a cyclic ketone. It derives from an aporphine.",
            "derives from an aporphine",
            id="class-named-as-a-compound",
        ),
        pytest.param(
            "CNC(=O)c1ccccc1SC",
            "The molecule is methane substituted by a 2-(N-methylaminocarboxy)phenylsulfanyl group.",
            "2-(N-methylaminocarboxy)phenylsulfanyl group",
            id="aminocarboxy",
        ),
        pytest.param(
            "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1O[C@@H]1O[C@H](COP(O)(O)=O)[C@H](O)[C@H](O)[C@H]1O",
            "The molecule is a lactose 6-phosphate.",
            "lactose 6-phosphate",
            id="disaccharide-without-primes",
        ),
    ],
)
def test_words_that_mean_more_than_the_compound_read_refute_nothing(
    smiles: str, text: str, words: str, resources: Any
) -> None:
    assert verdicts(smiles, text, words, resources) == {Verdict.UNCHECKED}


def test_a_class_that_does_not_occur_refutes_a_parent_of_its_name(resources: Any) -> None:
    text = "The molecule is a phenol. It derives from an aporphine."
    assert verdicts("Oc1ccc2c(c1)ccc1ccccc12", text, "derives from an aporphine", resources) == {Verdict.REFUTED}


def test_a_slip_in_a_ring_name_is_read_as_the_ring_meant(resources: Any) -> None:
    text = "The molecule has a benzonaphthpyridine ring."
    assert verdicts("c1ccc2nc3cccnc3cc2c1", text, "benzonaphthpyridine ring", resources) == {Verdict.SUPPORTED}


@pytest.mark.parametrize(
    ("smiles", "right", "wrong"),
    [
        ("O=C1c2ccccc2C(=O)c2ccccc12", "three six-membered rings", "four six-membered rings"),
        ("c1ccc2c(c1)CCCC2", "two six-membered rings", "three six-membered rings"),
    ],
)
def test_rings_of_a_size_are_counted_whatever_their_bonds(smiles: str, right: str, wrong: str, resources: Any) -> None:
    assert verdicts(smiles, f"It contains {right}.", right, resources) == {Verdict.UNCHECKED}
    assert verdicts(smiles, f"It contains {wrong}.", wrong, resources) == {Verdict.REFUTED}


def test_a_methyl_group_that_bears_aryl_groups_is_not_read_as_methyl(resources: Any) -> None:
    said = "It contains a diarylmethyl group."
    assert Verdict.REFUTED not in verdicts("NC(c1ccccc1)c1ccccc1", said, "diarylmethyl group", resources)
