"""A compound in changed form keeps its skeleton, the places of its groups and its stated configuration."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.terms import Verdict
from molreflect.tools.verification.changed_form import Loss, loss_of
from molreflect.tools.verification.text_check import check

DIPALMITIN = "CCCCCCCCCCCCCCCC(=O)OCC(COC(=O)CCCCCCCCCCCCCCC)O"
LACTOSE_SULFATE = "C([C@@H]1[C@@H]([C@@H]([C@H]([C@@H](O1)O[C@@H]2[C@H](O[C@H]([C@@H]([C@H]2O)O)O)CO)O)OS(=O)(=O)O)O)O"
GALACTOSIDE = "CCCCCCCCO[C@@H]1[C@@H]([C@H]([C@H]([C@H](O1)CO)O)O)O"  # alpha-D
PENTYL_PHTHALATE = "CCCCCOC(=O)C1=CC=CC=C1C(=O)O"
METHYL_TYROSINATE_SULFATE = "COC(=O)[C@H](CC1=CC=C(C=C1)OS(=O)(=O)O)N"
BRANCHED = (
    "C[C@H]1[C@H]([C@H]([C@@H]([C@@H](O1)O[C@@H]2[C@H](O[C@H]([C@@H]([C@H]2O[C@H]3[C@@H]([C@H]([C@H]([C@H](O3)CO)O)O)O)"
    "NC(=O)C)OCC)CO)O)O)O"
)
EPOXIDE = "CC/C=C\\C/C=C\\CC1C(O1)C/C=C\\C/C=C\\C/C=C\\CCC(=O)O"
THIAZOLE_AMIDE = "CC1=CN=C(S1)NC(=O)C2=CC=CC=C2"


@pytest.mark.parametrize(
    ("smiles", "right", "wrong", "sentence"),
    [
        (
            "CO[C@@H]1O[C@H](CO)[C@@H](O[C@@H]2O[C@H](CO)[C@H](O)[C@H](O)[C@H]2O)[C@H](O)[C@H]1NC(C)=O",
            "N-acetyl-beta-D-glucosamine",
            "beta-D-glucose",  # a hydroxy group is not the acetamido group at its place
            "The molecule is an amino disaccharide comprising {} and a galactose residue.",
        ),
        (
            BRANCHED,  # a galactose that nothing else is bound to, beside sugars of which every place is taken
            "beta-D-galactose",
            "alpha-D-galactose",
            "The molecule is an amino trisaccharide consisting of {}, N-acetyl-beta-D-glucosamine and L-fucose.",
        ),
        (DIPALMITIN, "hexadecanoic acid", "heptadecanoic acid", "It derives from a {}."),
        (PENTYL_PHTHALATE, "pentan-1-ol", "hexan-1-ol", "It derives from a {}."),
        (PENTYL_PHTHALATE, "pentan-1-ol", "pentan-2-ol", "It derives from a {}."),
        (GALACTOSIDE, "alpha-D-galactose", "beta-D-galactose", "It derives from an {}."),
        (GALACTOSIDE, "alpha-D-galactose", "alpha-L-galactose", "It derives from an {}."),
        (
            LACTOSE_SULFATE,
            "beta-D-glucose",
            "alpha-D-glucose",
            "The molecule is a disaccharide derivative that consists of {} having a 3-sulfated galactosyl residue "
            "attached at position 4.",
        ),
        (
            METHYL_TYROSINATE_SULFATE,
            "methyl L-tyrosinate",
            "methyl D-tyrosinate",
            "The molecule is an amino acid ester consisting of {} in which the phenolic hydrogen has been replaced by "
            "a sulfo group.",
        ),
        (
            THIAZOLE_AMIDE,
            "2-amino-5-methyl-1,3-thiazole",
            "2-amino-4-methyl-1,3-thiazole",
            "The molecule is an amide obtained by formal condensation of the carboxy group of benzoic acid with the "
            "amino group of {}.",
        ),
        (
            "O=C1c2ccccc2C(=O)c2c(O)cccc12",
            "anthracene-9,10-dione",
            "anthracene-8,10-dione",
            "The molecule is a hydroxyanthraquinone that is {} in which the hydrogen at position 1 is replaced by a "
            "hydroxy group.",
        ),
    ],
)
def test_only_what_is_left_of_the_right_compound_stands(
    resources: Any, smiles: str, right: str, wrong: str, sentence: str
) -> None:
    """One carbon more, another position, the other anomer or enantiomer contradict in changed form as well."""
    molecule = read_molecule(smiles)
    for name, expected in ((right, False), (wrong, True)):
        claims = [c for c in check(molecule, sentence.format(name), resources).claims if name in c.phrase]
        assert claims, name
        assert any(c.verdict is Verdict.REFUTED for c in claims) is expected, (name, claims)


@pytest.mark.parametrize(
    ("smiles", "text"),
    [
        # a group is lost, a double bond hydrogenated or epoxidised, a chain branched: the parent stays one
        ("C(C=O)[C@@H]([C@@H](CO)O)O", "It derives from a D-ribose."),
        (EPOXIDE, "It derives from an all-cis-docosa-4,7,10,13,16,19-hexaenoic acid."),
        ("CCCCCCCCCCCCCC(C)C(=O)O", "It derives from a pentadecanoic acid."),
        ("NC1=NC(=O)C=CN1", "It derives from a uracil."),
        (
            "CC1=NCC[C@H](N1)C(=O)O",
            "It is a heterocycle obtained by condensation of (2S)-2,4-diaminobutanoic acid with acetic acid.",
        ),
    ],
)
def test_a_plain_change_is_no_contradiction(resources: Any, smiles: str, text: str) -> None:
    assert not check(read_molecule(smiles), text, resources).refuted


@pytest.mark.parametrize(
    ("sentence", "loss"),
    [
        ("X in which the hydrogens at positions 2 and 3 are replaced by hydroxy groups", Loss.NOTHING),
        ("obtained by condensation of X with methanol", Loss.NOTHING),
        ("X in which the hydroxy group at position 2 is replaced by an amino group", Loss.GROUPS),
        ("X in which the methyl group at position 2 is replaced by an amino group", Loss.SKELETON),
        ("obtained by decarboxylation of X", Loss.SKELETON),
    ],
)
def test_loss_is_read_from_the_sentence(sentence: str, loss: Loss) -> None:
    assert loss_of(sentence) is loss


@pytest.mark.parametrize(
    ("smiles", "text", "wrong"),
    [
        # what results from a change is what the molecule is
        ("CCCCCC(=O)OC", "The molecule is an {} resulting from the condensation of hexanoic acid with methanol.",
         ("alkyl ester", "ethyl ester")),
        ("OC(=O)c1ccc(Cl)cc1", "It is a {}.", ("chlorobenzoic acid", "bromobenzoic acid")),
        ("Cc1cc(C)cc(C(=O)[O-])c1", "The molecule is a {} in which the methyl groups are located at C-3 and C-5.",
         ("dimethylbenzoate", "trimethylbenzoate")),
        # a class whose name has "-chain" in it is no part
        ("CCCC(=O)[O-]", "It is a {}.", ("short-chain fatty acid anion", "branched-chain fatty acid anion")),
        # a drawn phenol is no ketone
        ("CCOC(=O)c1ccc(O)cc1", "It is a benzoate ester and a {}.", ("phenol", "ketone")),
        # hydrogens replaced leave a class what it is
        ("CC(=O)c1ccc(O)cc1", "The molecule is a {} in which the hydrogen at C-4 is replaced by a hydroxy group.",
         ("ketone", "nitrile")),
    ],
)  # fmt: skip
def test_what_a_change_cannot_hide_is_refuted(resources: Any, smiles: str, text: str, wrong: tuple[str, str]) -> None:
    molecule = read_molecule(smiles)
    for name, expected in zip(wrong, (False, True), strict=True):
        claims = [c for c in check(molecule, text.format(name), resources).claims if name in c.phrase]
        assert claims, name
        assert any(c.verdict is Verdict.REFUTED for c in claims) is expected, (name, claims)


@pytest.mark.parametrize(
    ("smiles", "text"),
    [
        ("CCO[C@@H](C)CO", "It has an ethyl group attached to its secondary alcohol group."),
        ("[2H]C([2H])([2H])CCCCCCCCCCCC(=O)O", "It is a long-chain fatty acid."),
        ("C(CN=C(N)N)[C@@H]([C@@H](C(=O)O)N)O", "It is a hydroxy-L-arginine."),
    ],
)
def test_a_group_bound_on_and_an_open_place_contradict_nothing(resources: Any, smiles: str, text: str) -> None:
    assert not check(read_molecule(smiles), text, resources).refuted


@pytest.mark.parametrize(
    ("smiles", "text", "refuted"),
    [
        # words nothing is known of are refuted by the class they end in, not confirmed by it
        ("CC(=O)C(C)(O)CC", "It is a tertiary alpha-hydroxy aldehyde.", True),
        ("CC(=O)C(C)(O)CC", "It is a tertiary alpha-hydroxy ketone.", False),
        ("C(=C\\SC(=N)N)\\C(=O)O", "The molecule is an imidothiocarbamic ester.", False),
        # a tautomer has the configuration of its name
        ("C[C@](CO)(C(=O)[O-])[NH3+]", "It is a tautomer of a 2-methyl-L-serine.", False),
        ("C[C@](CO)(C(=O)[O-])[NH3+]", "It is a tautomer of a 2-methyl-D-serine.", True),
        # a longer chain does not derive from a shorter one
        ("CCCCCCCCCCCCCCCC(=O)OC", "It derives from a dodecanoic acid.", True),
        ("CCCCCCCCCCCCCCCC(=O)OC", "It derives from a hexadecanoic acid.", False),
    ],
)
def test_heads_tautomers_and_chains(resources: Any, smiles: str, text: str, refuted: bool) -> None:
    assert bool(check(read_molecule(smiles), text, resources).refuted) is refuted
