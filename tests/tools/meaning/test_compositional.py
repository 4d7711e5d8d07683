"""Names read by their parts: what is supported, what is refused, and which words were not read."""

from __future__ import annotations

import pytest

from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.interpretation import Interpretation
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify

LINOLEIC = "CCCCC/C=C\\C/C=C\\CCCCCCCC(=O)O"
STEARIC = "CCCCCCCCCCCCCCCCCC(=O)O"
POPC = "CCCCCCCCCCCCCCCC(=O)OC[C@H](COP(=O)([O-])OCC[N+](C)(C)C)OC(=O)CCCCCCC/C=C\\CCCCCCCC"
NICOTINAMIDE = "NC(=O)c1cccnc1"
STEROID = "C1CCC2C(C1)CCC1C2CCC2CCCC12"
PROGESTERONE = "CC(=O)C1CCC2C3CCC4=CC(=O)CCC4(C)C3CCC12C".replace("C4=CC(=O)", "C4=C(%s)C(=O)")
DIPALMITIN = "CCCCCCCCCCCCCCCC(=O)OCC(O)COC(=O)CCCCCCCCCCCCCCC"
CERAMIDE = "CCCCCCCCCCCCCCCC(O)C(CO)NC(=O)CCCCCCCC=CCCCCCCCC"
CERAMIDE_34 = "CCCCCCCCCCCCCCCC(=O)N[C@@H](CO)[C@H](O)/C=C/CCCCCCCCCCCCC"
HARMINE = "COc1ccc2c(c1)[nH]c1c(C)nccc12"


def best(name: str, smiles: str, resources: Resources) -> tuple[Interpretation, Verification] | None:
    """The first reading that is supported in the molecule."""
    molecule = read_molecule(smiles)
    for reading in interpret(name, resources, molecule=molecule):
        for pattern in reading.patterns:
            tie = ProposedAlignment(phrase=name, pattern=pattern, source=reading.source, floor=reading.floor)
            judged = verify(tie, molecule=molecule, caption=None, resources=resources)
            if judged.verdict is Verdict.SUPPORTED:
                return reading, judged
    return None


@pytest.mark.parametrize(
    ("name", "member", "other"),
    [
        pytest.param("octadecadienoic acid", LINOLEIC, STEARIC, id="double-bonds-counted"),
        pytest.param("octadecanoic acid", STEARIC, "CCCCCCCCCCCCCCCC(=O)O", id="carbons-counted"),
        pytest.param("hydroxyoctadecenoic acid", "CCCCCCC(O)C/C=C/CCCCCCCC(=O)O", LINOLEIC, id="groups-counted"),
        pytest.param("hexanol", "CCCCC(C)O", "CCCCCCCO", id="alcohol-anywhere"),
        pytest.param("C18 straight-chain saturated fatty acid", STEARIC, LINOLEIC, id="saturated"),
        pytest.param("phosphatidylcholine 34:1", POPC, POPC.replace("CCCCCCC/C=C", "CCCCC/C=C"), id="shorthand"),
        pytest.param("phosphatidylcholine 34:1", POPC, POPC.replace("/C=C\\", "CC"), id="shorthand-double-bond"),
        pytest.param("pyridopyrimidine", "c1ccc2ncncc2n1", "c1ccc2ncncc2c1", id="fused-rings"),
        pytest.param("triazolopyridine", "c1ccc2nncn2c1", "c1ccc2nccn2c1", id="shared-nitrogen"),
        pytest.param("pyridinecarboxamide", NICOTINAMIDE, "NC(=O)c1ccccc1", id="suffix-on-ring"),
        pytest.param("pyridinecarboxamide", NICOTINAMIDE, "NC(=O)Cc1cccnc1", id="suffix-beside-ring"),
        pytest.param("naphthalenediol", "Oc1cccc2c1cccc2O", "Oc1cccc2ccccc12", id="suffix-counted"),
        pytest.param("chlorinated steroid", STEROID + "Cl", STEROID, id="participle"),
        pytest.param("dihydroxy-2,6-dioxo", "O=CC(O)C(O)C(=O)C(=O)O", "O=CCC(O)C(=O)C(=O)O", id="list-of-groups"),
        pytest.param("di-O-acetyl", "CC(=O)OCCOC(C)=O", "CC(=O)OCCO", id="list-of-one-group-counted"),
        pytest.param("progesterone-4-yl", PROGESTERONE % "SC", STEROID, id="bound-somewhere"),
        pytest.param("dihexadecanoylglycerol", DIPALMITIN, DIPALMITIN.replace("CCCC", "CCC"), id="chains-of-a-lipid"),
        pytest.param("1,6-dicarboxylic acid", "OC(=O)CCCCC(=O)O", STEARIC, id="places-of-a-class"),
        pytest.param("2-halophenol", "Oc1ccccc1I", "Ic1ccccc1", id="halo"),
        pytest.param("halobenzoic acid", "OC(=O)c1ccc(F)cc1", "OC(=O)c1ccc(O)cc1", id="halo-before-a-class"),
        pytest.param("naphthalenetetrol", "Oc1cc(O)c2c(O)ccc(O)c2c1", "Oc1cc(O)c2ccc(O)cc2c1", id="elided-count"),
        pytest.param(
            "dihydroxytryptophan",
            "NC(Cc1c[nH]c2cc(O)c(O)cc12)C(=O)O",
            "NC(Cc1c[nH]c2cc(O)ccc12)C(=O)O",
            id="not-on-nitrogen",
        ),
        pytest.param("dihydroxyacetophenone", "CC(=O)c1ccc(O)cc1O", "CC(=O)c1ccc(O)cc1", id="not-twice-on-one-carbon"),
        pytest.param("fluoroketone", "CC(=O)CF", "CC(=O)CCl", id="class-that-is-no-compound"),
        pytest.param("cyclopropyl ketone", "CC(=O)C1CC1", "CC(=O)C1CCC1", id="one-group-of-a-ketone"),
        pytest.param("thiopurine", "S=c1[nH]cnc2nc[nH]c12", "O=c1[nH]cnc2nc[nH]c12", id="sulfur-single-or-double"),
        pytest.param(
            "benzopyrene", "c1ccc2c(c1)cc1ccc3cccc4ccc2c1c34", "c1cc2ccc3cccc4ccc(c1)c2c34", id="fused-hydrocarbon"
        ),
        pytest.param("ribose monophosphate", "OCC1OC(O)C(O)C1OP(=O)(O)O", "OCC1OC(O)C(O)C1O", id="ester-of-a-sugar"),
        pytest.param(
            "3-O-beta-D-glucoside",
            "OC[C@H]1O[C@@H](OC)[C@H](O)[C@@H](O)[C@@H]1O",
            "OCC1OC(O)C(O)C(O)C1O",
            id="place-of-a-glycoside",
        ),
        pytest.param(
            "18-carbon primary aliphatic amine", "CCCCCCCCCCCCCCCCCCN", "CCCCCCCCCCCCCCCCCCO", id="carbons-in-words"
        ),
        pytest.param("Cer(d34:1)", CERAMIDE_34, CERAMIDE_34.replace("CCCCC", "CCC"), id="shorthand-of-both-chains"),
        pytest.param("pyrrolopyrimidine", "c1ccn2cccnc12", "c1ccc2[nH]ccc2c1", id="fusion-the-lexicon-does-not-list"),
        pytest.param("pyrazolopyrimidine", "c1nccc2ccnn12", "c1ncc2nc[nH]c2n1", id="neighbours-in-a-ring"),
        pytest.param("HETrE", "CCCCCC(O)/C=C/CCC/C=C\\C/C=C\\CCCC(=O)O", LINOLEIC, id="oxylipin-by-letters"),
        pytest.param(
            "inosityl group attached at the 1-position", "COC1C(O)C(O)C(O)C(O)C1O", "COC1CCCCC1", id="attached"
        ),
        pytest.param("D-aldohexose", "OCC1OC(O)C(O)C(O)C1O", "OCC1OC(O)C(O)C1O", id="hand-of-a-class"),
        pytest.param("alcoholic", "CCO", "Oc1ccccc1", id="adjective-of-a-group"),
        pytest.param("phytosphingosine base", "CCCCCCCCCCCCCCC(O)C(O)C(N)CO", STEARIC, id="base"),
        pytest.param("six-membered ring", "C1CCCCC1", "C1CCCC1", id="ring-by-size"),
        pytest.param("N-octadecenoylsphinganine", CERAMIDE, CERAMIDE.replace("C=C", "CC"), id="acyl-chain-of-a-base"),
        pytest.param("fatty alcohol 18:1", "CCCCCCCCC=CCCCCCCCCO", "CCCCCCCCCCCCCCCCCCO", id="alcohol-by-number"),
        pytest.param("PC(34:1)", POPC, POPC.replace("/C=C\\", "CC"), id="lipid-by-letters"),
        pytest.param("16beta-N-methylpiperidinium", "C[N+]1(C)CCCCC1", "C1CCNCC1", id="face-of-a-group"),
        pytest.param("chromium coordination entity", "O=[Cr](=O)=O", "O=[W](=O)=O", id="entity-of-a-metal"),
        pytest.param("indole alkaloid cation", "C[NH+]1CCc2c(C1)[nH]c1ccccc21", HARMINE, id="charge"),
    ],
)
def test_a_composed_name_stands_in_its_member_and_not_in_a_near_miss(
    name: str, member: str, other: str, resources: Resources
) -> None:
    found = best(name, member, resources)
    assert found is not None
    assert found[1].atoms
    assert best(name, other, resources) is None


@pytest.mark.parametrize("name", ["didehydro", "5-deoxy", "hydroxyzorb-2-fluoro", "zorbyl-2-hydroxy"])
def test_a_list_of_words_that_are_no_groups_is_not_read(name: str, resources: Resources) -> None:
    assert interpret(name, resources, molecule=read_molecule("OCCF")) == ()


def test_a_chain_lights_up_from_end_to_end(resources: Resources) -> None:
    found = best("octadecadienoic acid", LINOLEIC, resources)
    assert found is not None
    assert len(found[1].atoms[0]) == 20  # eighteen carbons and both oxygens


def test_words_that_nothing_was_compared_with_are_named(resources: Resources) -> None:
    caption = "The molecule is a vibsane diterpenoid."
    smiles = "CC1CC2(O)C(C1)C(OC(C)=O)C(=C)CCC1C(C=C(C)C2=O)C1(C)C"
    molecule = read_molecule(smiles)
    reading = next(iter(interpret("vibsane diterpenoid", resources, molecule=molecule)))
    tie = ProposedAlignment(
        phrase="vibsane diterpenoid", pattern=reading.patterns[0], source="class", floor=reading.floor
    )
    judged = verify(tie, molecule=molecule, caption=caption, resources=resources)
    assert reading.unread == "vibsane"
    assert judged.verdict is Verdict.SUPPORTED
    assert "'vibsane' was not read" in judged.message


@pytest.mark.parametrize("name", ["mystery phosphate", "unheard acid", "foo ester", "blargh compound"])
def test_an_unread_word_before_a_general_head_is_no_reading(name: str, resources: Resources) -> None:
    molecule = read_molecule("CCOC(=O)COP(=O)(O)O")
    assert interpret(name, resources, molecule=molecule) == ()


@pytest.mark.parametrize(
    ("name", "smiles"),
    [
        pytest.param("tetrathiol", "SCC(S)C(S)CS", id="a-ring-to-opsin"),
        pytest.param("hydroxy ether", "COCC", id="three-oxygens-to-opsin"),
        pytest.param("thioquinolone", "S=c1cc[nH]c2ccccc12", id="sulfur-in-the-place-of-oxygen"),
    ],
)
def test_a_class_is_not_read_as_the_compound_opsin_makes_of_it(name: str, smiles: str, resources: Resources) -> None:
    found = interpret(name, resources, molecule=read_molecule(smiles))
    assert not [reading for reading in found if reading.source == "name"]


def test_a_composed_reading_never_exceeds_the_limits_of_a_pattern(resources: Resources) -> None:
    molecule = read_molecule(POPC)
    for name in ("hexahydroxyhexamethoxyhexachloro fatty acid anion", "tetra" * 40 + "ol", "a" * 3_000):
        interpret(name, resources, molecule=molecule)  # no error, whatever it finds


def test_a_sugar_residue_is_recognised_as_a_ring(resources: Resources) -> None:
    lactose = "OC[C@H]1O[C@@H](O[C@H]2[C@H](O)[C@@H](O)[C@H](O)O[C@@H]2CO)[C@H](O)[C@@H](O)[C@H]1O"
    galactose = best("D-galactose", lactose, resources)
    glucose = best("D-glucose", lactose, resources)
    assert galactose is not None
    assert glucose is not None
    assert not set(galactose[1].atoms[0]) & {8, 10, 12, 14, 15, 16}  # of the other ring
    assert best("D-mannose", lactose, resources) is None


def test_a_peptide_loses_its_acid_hydroxy_group_and_not_its_side_chain(resources: Resources) -> None:
    molecule = read_molecule("C[C@@H](O)[C@H](N)C(=O)NCC(=O)O")  # L-threonylglycine
    less = [r for r in interpret("L-threonine", resources, modified=True, molecule=molecule) if "modified" in r.name]
    judged = verify(
        ProposedAlignment(phrase="L-threonine", pattern=less[0].patterns[0], source="name"),
        molecule=molecule,
        caption="The molecule is a dipeptide composed of L-threonine and glycine.",
        resources=resources,
    )
    assert judged.verdict is Verdict.SUPPORTED
    assert set(judged.atoms[0]) == {0, 1, 2, 3, 4, 5, 6}


def test_an_alkaloid_needs_its_nitrogen(resources: Resources) -> None:
    assert best("indole alkaloid", HARMINE, resources) is not None
    assert best("indole alkaloid", "c1ccc2ccccc2c1", resources) is None


def test_a_group_that_only_ends_like_an_acyl_group_is_none(resources: Resources) -> None:
    assert interpret("guaiacylglycerol", resources, molecule=read_molecule("CCCC(=O)OCC(O)CO")) == ()
