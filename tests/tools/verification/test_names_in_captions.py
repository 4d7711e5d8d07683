"""Names and relations of captions, judged by what they mean: sugars, configurations, tautomers, misreadings."""

from __future__ import annotations

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.claims import claims_of

YES, NO, OPEN = Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNCHECKED
UNSUPPORTED = None
"""Refuted or unchecked: how much absence says of a class is not the matter here."""
GLUCOSE_6_PHOSPHATE = "OC1O[C@H](COP(O)(O)=O)[C@@H](O)[C@H](O)[C@H]1O"
METHYL_GLUCOSIDE = "CO[C@@H]1O[C@H](CO)[C@@H](O)[C@H](O)[C@H]1O"
METHYL_GLUCURONIDE = "CO[C@@H]1O[C@H](C(O)=O)[C@@H](O)[C@H](O)[C@H]1O"
XYLOSIDE = "CO[C@@H]1OC[C@@H](O)[C@H](O)[C@H]1O"
GALACTOSE = "OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@H]1O"
D_ARABINITOL = "OC[C@@H](O)[C@H](O)[C@H](O)CO"
L_ARABINITOL = "OC[C@H](O)[C@@H](O)[C@@H](O)CO"
OLEATE = "CCCCCCCC/C=C\\CCCCCCCC(=O)OC"
ELAIDATE = "CCCCCCCC/C=C/CCCCCCCC(=O)OC"
GADOTERIDOL = "C[C@H](CN1CCN(CCN(CCN(CC1)CC(=O)O)CC(=O)O)CC(=O)O)O"
CELLOBIOSE = "OC[C@H]1O[C@@H](O[C@H]2[C@H](O)[C@@H](O)C(O)O[C@@H]2CO)[C@H](O)[C@@H](O)[C@@H]1O"
QUINAPRIL = "CCOC(=O)[C@H](CCC1=CC=CC=C1)N[C@@H](C)C(=O)N2CC3=CC=CC=C3C[C@H]2C(=O)O.Cl"

STRUCTURES = [
    # rings of sugars
    (GLUCOSE_6_PHOSPHATE, "D-glucose 6-phosphate", YES),
    (GALACTOSE, "D-galactose", YES),
    (GALACTOSE, "D-glucose", NO),
    ("OC[C@H]1O[C@@](O)(CO)[C@@H](O)[C@@H]1O", "D-fructose", YES),
    ("OC[C@@H](O)[C@@H](O)[C@H](O)[C@@H](O)C=O", "aldehydo-D-glucose", YES),
    (METHYL_GLUCURONIDE, "D-glucuronic acid", YES),
    (XYLOSIDE, "D-glucuronic acid", NO),
    # anomers, and what stands on the free valence
    (METHYL_GLUCOSIDE, "beta-D-glucopyranosyl group", YES),
    (METHYL_GLUCOSIDE, "alpha-D-glucopyranosyl group", NO),
    (METHYL_GLUCOSIDE, "beta-D-glucosyl group", YES),
    (METHYL_GLUCOSIDE, "alpha-D-glucosyl group", NO),
    (GADOTERIDOL, "(R)-2-hydroxypropyl group", YES),
    (GADOTERIDOL.replace("[C@H]", "[C@@H]", 1), "(R)-2-hydroxypropyl group", NO),
    # ions in one word, esters in two
    ("[O-]C(=O)Cc1ccccc1", "phenylacetate", YES),
    ("CC(=O)Oc1ccccc1", "phenylacetate", NO),
    ("CC(=O)Oc1ccccc1", "phenyl acetate", YES),
    ("COC(=O)c1ccccc1", "methyl benzoate", YES),
    ("Cc1ccccc1C(=O)[O-]", "methyl benzoate", NO),
    ("OC(=O)C(O)Cc1ccccc1", "phenyllactate", YES),
    ("[Na+].[O-]C(=O)CCCc1ccccc1", "sodium phenylbutyrate", YES),
    ("COC(=O)Cc1ccccc1", "methyl phenylacetate", YES),
    # structures that a name cannot mean
    ("CC(=O)NCC(O)=O", "2-acetamidooxyacetic acid", OPEN),
    ("NC(Cc1ccc(O)c(I)c1)C(O)=O", "iodotyrosine", YES),
    ("CC(C)NCl", "N-chloropropan-2-amine", YES),
    ("O=CCOP([O-])([O-])=O", "glycolaldehyde phosphate(2-)", YES),
    ("O=C/C=C/c1ccc(O)c(O)c1", "caffeoyl aldehyde", OPEN),
    ("CC(=O)N", "ammonia", OPEN),
    ("N", "ammonia", YES),
    # tautomers
    ("CC(=O)S", "thioacetic acid", YES),
    ("CC(O)=S", "thioacetic acid", YES),
    ("NC(N)=NCCC[C@H](N)C(O)=O", "L-arginine", YES),
    ("N=C(N)NCCC[C@H](N)C(O)=O", "L-arginine", YES),
    ("CC(N)=NC", "N-methylacetamidine", YES),
    # configurations: relative, open, of double bonds
    ("C[C@H]1CCCC[C@@H]1C", "trans-1,2-dimethylcyclohexane", YES),
    ("C[C@@H]1CCCC[C@H]1C", "trans-1,2-dimethylcyclohexane", YES),
    ("C[C@@H]1CCCC[C@@H]1C", "trans-1,2-dimethylcyclohexane", NO),
    ("CC(N)C(O)=O", "L-alanine", OPEN),
    ("N[C@@H](CS)C(O)=O", "D-cysteine", NO),
    (OLEATE, "oleoyl group", YES),
    (ELAIDATE, "oleoyl group", NO),
    ("OC(=O)/C=C\\C(O)=O", "fumaric acid", NO),
    ("OC(=O)/C=C\\C(O)=O", "maleic acid", YES),
    # composed names
    ("O=C1CCCCC1=O", "cyclohexanedione", YES),
    ("O=C1CCC(=O)CC1", "cyclohexanedione", YES),
    ("O=C1CCCCC1", "cyclohexanedione", UNSUPPORTED),
    ("O=C1CC(=O)CC(=O)C1", "cyclohexanetrione", YES),
    ("O=C1CNC(=O)CN1", "piperazinedione", YES),
    ("FC(F)(F)F", "fluoroalkane", YES),
    ("C[N+](=O)[O-]", "nitroalkane", YES),
    ("ClCC", "dichloroalkane", UNSUPPORTED),
    ("Fc1ccccc1", "fluoroalkane", UNSUPPORTED),
    ("CCCCCC(=O)c1ccccc1", "hexanoyl group", YES),
    ("CCCC(=O)c1ccccc1", "hexanoyl group", UNSUPPORTED),
    ("CC(=O)CC(C)=O", "pentanedione", YES),
    ("CC(=O)CCC", "pentanedione", UNSUPPORTED),
    ("OCC(O)CCCC", "hexanediol", YES),
    ("CCCCCCCCCCCCCCOC", "tetradecanyl group", YES),
    ("CCCCCCCCCCCCCC(=O)O", "tetradecanyl group", UNSUPPORTED),
    ("CC(C)COP(C)(O)=O", "isobutyl ester", YES),
    ("CC(C)COC(C)=O", "isobutyl ester", YES),
    (CELLOBIOSE, "beta-D-glucopyranosyl group", YES),
    (CELLOBIOSE, "alpha-D-glucopyranosyl group", NO),
    (QUINAPRIL, "quinapril(1+)", YES),
    ("CC(C)c1ccc2c(c1)CCC1C(C)(C)CCCC12C", "abieta-8,11,13-triene", YES),
    ("CC1(C)CCC2(CO)CCC3(C)C(=CCC4C5(C)CCC(O)C(C)(C)C5CCC43C)C2C1", "3beta,28-dihydroxyolean-12-ene", YES),
    ("CC1(C)CCC2(CO)CCC3(C)C(=CCC4C5(C)CCC(O)C(C)(C)C5CCC43C)C2C1", "18,20-epoxykauran-3-one", OPEN),
    ("NCCCC[C@H](N)C(=O)N[C@@H](CCCCN)C(=O)N[C@@H](CCCCN)C(O)=O", "trilysine", YES),
]

RELATIONS = [
    (GLUCOSE_6_PHOSPHATE, "derives from a D-glucose", YES),
    (METHYL_GLUCOSIDE, "derives from a D-glucose", YES),
    (METHYL_GLUCOSIDE, "derives from a D-galactose", NO),
    (METHYL_GLUCURONIDE, "derives from a D-glucuronic acid", YES),
    ("CC(=O)N[C@@H](CS)C(O)=O", "derives from a D-cysteine", NO),
    ("CC(=O)N[C@@H](CS)C(O)=O", "derives from a L-cysteine", YES),
    ("CC(=O)NC(CS)C(O)=O", "derives from a L-cysteine", YES),
    ("OCC(O)CNc1ccccc1", "derives from a glycerol", YES),
    ("OCCSCCO", "derives from a mercaptoethanol", YES),
    (D_ARABINITOL, "is the D-enantiomer of arabinitol", YES),
    (L_ARABINITOL, "is the D-enantiomer of arabinitol", NO),
    (L_ARABINITOL, "is the L-enantiomer of arabinitol", YES),
    ("C[C@@H](O)C(O)=O", "is the (R)-enantiomer of lactic acid", YES),
    ("C[C@H](O)C(O)=O", "is the (R)-enantiomer of lactic acid", NO),
    ("CC(O)C(O)=O", "is the (R)-enantiomer of lactic acid", OPEN),
    ("CC[C@@H](O)C(O)=O", "is the (R)-enantiomer of lactic acid", NO),
    ("C[C@@H](O)C(O)=O", "is an enantiomer of a (S)-lactic acid", YES),
    ("C[C@H](O)C(O)=O", "is an enantiomer of a (S)-lactic acid", NO),
    ("[NH3+]CC([O-])=O", "is the zwitterion of glycine", YES),
    ("NCC(O)=O", "is the zwitterion of glycine", NO),
    ("O.[NH3+]CC([O-])=O", "is the monohydrate form of glycine", YES),
    ("OC[C@H]1OC(O)[C@H](O)[C@@H](O)[C@@H]1OP([O-])([O-])=O", "is a conjugate base of a D-glucose 4-phosphate", YES),
    ("C/C=[N+](\\[O-])/[O-]", "is a conjugate base of a nitroethane", OPEN),
    ("[O-]S(=O)(=O)c1ccccc1", "is a conjugate base of a benzoic acid", NO),
]


@pytest.fixture(scope="module")
def resources() -> Resources:
    return open_resources()


def judged(smiles: str, caption: str, resources: Resources) -> Verdict:
    """The verdict on the first claim of a caption."""
    verification = claims_of(caption, resources)[0].verify(read_molecule(smiles))
    return verification.verdict


@pytest.mark.parametrize(("smiles", "name", "expected"), STRUCTURES, ids=[f"{n}-{s}" for s, n, _ in STRUCTURES])
def test_a_name_is_judged_by_what_it_means(
    smiles: str, name: str, expected: Verdict | None, resources: Resources
) -> None:
    verb = "contains a" if name.endswith("group") else "is a"
    verdict = judged(smiles, f"The molecule {verb} {name}.", resources)
    assert verdict is expected or (expected is UNSUPPORTED and verdict is not YES)


@pytest.mark.parametrize(("smiles", "words", "expected"), RELATIONS, ids=[f"{w}-{s}" for s, w, _ in RELATIONS])
def test_a_relation_is_refuted_only_where_it_is_contradicted(
    smiles: str, words: str, expected: Verdict, resources: Resources
) -> None:
    assert judged(smiles, f"The molecule {words}.", resources) is expected


def test_arrows_and_ions_of_a_complex_are_one_molecule() -> None:
    drawings = (
        "CN(C)C(=S)[S-].CN(C)C(=S)[S-].CN(C)C(=S)[S-].[Fe+3]",
        "CN(C)C1=S->[Fe]23(S1)(<-S=C(N(C)C)S2)<-S=C(N(C)C)S3",
        "CN(C)C(=S)S[Fe](SC(=S)N(C)C)SC(=S)N(C)C",
    )
    assert len({read_molecule(smiles).block for smiles in drawings}) == 1
