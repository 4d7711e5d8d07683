from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import Namer
from molreflect.tools.resources import open_resources
from molreflect.tools.synthesis.captions import Composer, Dropped, Synthetic
from molreflect.tools.synthesis.class_claims import load_choices
from molreflect.tools.synthesis.molecules import Proposal
from molreflect.tools.synthesis.name_parts import restyle, split_name
from molreflect.tools.synthesis.systematic_names import Derivation
from molreflect.tools.terms import PhraseKind, Verdict


@pytest.fixture(scope="module")
def composer() -> Iterator[Composer]:
    with Namer() as namer:
        yield Composer(open_resources(), namer)


@pytest.mark.parametrize(
    ("name", "parent", "groups", "stereo", "whole"),
    [
        pytest.param(
            "2,4-dichlorobenzoic acid", "benzoic acid", [("chloro", ("2", "4"), 2)], "", "benzoic acid", id="two"
        ),
        pytest.param(
            "(2S)-2-amino-3-(1H-indol-3-yl)propanoic acid", "propanoic acid",
            [("amino", ("2",), 1), ("1H-indol-3-yl", ("3",), 1)], "2S", "propanoic acid", id="brackets",
        ),
        pytest.param(
            "2-((2,4-dichlorophenyl)oxy)acetic acid", "acetic acid", [("2,4-dichlorophenoxy", ("2",), 1)], "",
            "acetic acid", id="nested",
        ),
        pytest.param(
            "2-amino-9-((2-hydroxyethoxy)methyl)-1,9-dihydro-6H-purin-6-one", "purin-6-one",
            [("amino", ("2",), 1), ("(2-hydroxyethoxy)methyl", ("9",), 1)], "", "1,9-dihydro-6H-purin-6-one",
            id="hydro-stays-with-the-parent",
        ),
        pytest.param("N,N-dimethylacetamide", "acetamide", [("methyl", ("N", "N"), 2)], "", "acetamide", id="letters"),
        pytest.param("1,2-bis(4-chlorophenyl)ethane", "ethane", [("4-chlorophenyl", ("1", "2"), 2)], "", "ethane",
                     id="bis"),
    ],
)  # fmt: skip
def test_a_name_comes_apart(
    name: str, parent: str, groups: list[tuple[str, tuple[str, ...], int]], stereo: str, whole: str
) -> None:
    split = split_name(name, parent)
    assert split is not None
    assert (list(split.groups), split.stereo, split.parent) == (groups, stereo, whole)


def test_a_name_that_is_not_built_like_this_is_left_alone() -> None:
    assert split_name("ethyl propanoate", "benzene") is None
    assert split_name("1,2-trichlorobenzene", "benzene") is None  # three of them at two places


def test_brackets_nest_as_captions_nest_them() -> None:
    assert restyle("4-(2-((3-(1-methyl)x)y)z)") == "4-(2-{[3-(1-methyl)x]y}z)"
    assert restyle("bicyclo[2.2.1]heptane") == "bicyclo[2.2.1]heptane"


def test_the_atoms_of_parent_and_substituents_are_the_whole_molecule(composer: Composer) -> None:
    molecule = read_molecule("O=C(O)c1cc(Cl)c(OC)c(Cl)c1")
    derived = composer.names.derivation(molecule)
    assert isinstance(derived, Derivation)
    assert derived.name == "3,5-dichloro-4-methoxybenzoic acid"
    assert derived.parent == "benzoic acid"
    symbols = {g.name: [molecule.mol.GetAtomWithIdx(i).GetSymbol() for i in sorted(g.atoms)] for g in derived.groups}
    assert symbols == {"chloro": ["Cl", "Cl"], "methoxy": ["O", "C"]}
    every = derived.parent_atoms.union(*(g.atoms for g in derived.groups))
    assert every == set(range(molecule.heavy_atoms))
    assert len(derived.parent_atoms) + sum(len(g.atoms) for g in derived.groups) == molecule.heavy_atoms


@pytest.mark.parametrize(
    ("smiles", "holds", "fails"),
    [
        pytest.param("OCC(O)CO", ["triol"], ["diol"], id="three-hydroxy-groups-are-no-diol"),
        pytest.param("OC(=O)CCC(=O)O", ["alpha,omega-dicarboxylic acid"], ["monocarboxylic acid"], id="two-acids"),
        pytest.param("CC(=O)OCC", ["ethyl ester", "acetate ester"], ["acetate", "carboxylic acid"], id="no-ion"),
        pytest.param("CN1C2CCC1CC(O)C2", ["secondary alcohol"], ["piperidine", "pyrrolidine"], id="a-bridged-ring"),
        pytest.param("c1ccc2[nH]ccc2c1", ["indole"], ["pyrrole", "benzenes"], id="a-fused-ring"),
        pytest.param("COC(=O)c1ccccc1O", ["phenol"], ["salicylic acid", "benzoic acid"], id="an-ester-is-no-acid"),
        pytest.param(
            "CC(=O)OC(C)=O", ["acyclic carboxylic anhydride"], ["acetate ester"], id="an-anhydride-is-no-ester"
        ),
        pytest.param("CNC(=O)OC", ["carbamate ester"], ["thiocarbamate ester", "carbamic acid"], id="a-carbamate"),
        pytest.param("CN1C(=O)N(C)c2nc[nH]c2C1=O", ["xanthine"], ["urea", "imide"], id="an-aromatic-ring"),
        pytest.param("CC(O)CC(=O)OC", ["secondary alcohol"], ["hydroxy ester"], id="two-groups-somewhere"),
    ],
)
def test_classes_hold_as_written(composer: Composer, smiles: str, holds: list[str], fails: list[str]) -> None:
    names = {claim.entry.name for claim in composer.classes.find(read_molecule(smiles))}
    assert set(holds) <= names
    assert names.isdisjoint(fails)


@pytest.mark.parametrize(
    ("smiles", "groups"),
    [
        pytest.param("COc1ccc(OC)cc1", {"methoxy": 2}, id="two-of-one-name"),
        pytest.param("C=Cc1ccccc1NN", {"vinyl": 1}, id="no-benzylidene-bound-elsewhere"),
        pytest.param("CCOC(=O)c1ccccc1", {"benzoyl": 1, "ethyl": 1}, id="the-largest-first-and-none-twice"),
        pytest.param("NC(=O)c1ccccc1Cl", {"2-chlorophenyl": 1, "carbamoyl": 1}, id="an-amide-bears-no-amino-group"),
    ],
)
def test_groups_are_bound_where_their_names_say(composer: Composer, smiles: str, groups: dict[str, int]) -> None:
    assert {g.name: g.count for g in composer.names.substituents(read_molecule(smiles))} == groups


def test_a_caption_says_what_the_tools_found_in_several_ways(composer: Composer) -> None:
    proposal = Proposal("O=C(O)c1cc(Cl)c(OC)c(Cl)c1", "given")
    made = [composer.compose(proposal, random.Random(n)) for n in range(24)]
    triples = [m for m in made if isinstance(m, Synthetic)]
    assert len(triples) == 24
    assert {m.pattern for m in triples} == {"substituted", "carrying", "replaced", "having"}
    assert len({m.caption for m in triples}) > 8
    said = " ".join(m.caption for m in triples)
    assert "chloro groups at positions 3 and 5" in said
    assert "the hydrogens at positions 3 and 5 are replaced by chloro groups" in said
    assert "a methoxy group at the 4-position" in said
    assert "It derives from a benzoic acid." in said
    for made_ in triples:
        assert all(j.verdict is Verdict.SUPPORTED for j in made_.verified)
        assert composer.compose(proposal, random.Random(triples.index(made_))) == made_


def test_only_names_are_said_that_a_chemist_says_of_a_compound(composer: Composer) -> None:
    known = {entry.name for entry in composer.resources.lexicon.classes}
    assert load_choices().not_said <= known  # a name that is gone, or was spelt wrong, keeps nothing out
    for smiles, unsaid in (
        ("CC(O)CC", {"secondary hydroxy", "alkyl alcohol"}), ("FCCCF", {"fluorocarbon"}),
        ("C1CCNC1", {"saturated organic heteromonocyclic parent"}), ("O=c1cc[nH]c(=O)[nH]1", {"hydroxypyrimidine"}),
    ):  # fmt: skip
        assert unsaid <= known
        assert unsaid.isdisjoint(claim.entry.name for claim in composer.classes.find(read_molecule(smiles)))


def test_positions_are_numbers_and_a_group_is_not_said_of_the_class_it_makes(composer: Composer) -> None:
    made = [composer.compose(Proposal("CC(=O)N(C)Cc1ccc(CO)cc1", "given"), random.Random(n)) for n in range(12)]
    captions = [m.caption for m in made if isinstance(m, Synthetic)]
    assert captions
    assert not [caption for caption in captions if "position N" in caption or "N-position" in caption]
    heads = [caption for caption in captions if " is a primary alcohol " in caption.partition(".")[0]]
    assert not [caption for caption in heads if "hydroxymethyl" in caption.partition(".")[0]]


def test_ions_condensed_and_chiral_molecules_are_related_to_what_they_came_from(composer: Composer) -> None:
    acid, amine = "O=C(O)c1ccccc1Cl", "Cc1ccc(N)cc1"
    anion = composer.compose(Proposal("O=C([O-])c1ccccc1Cl", "anion", (acid,)), random.Random(0))
    assert isinstance(anion, Synthetic)
    assert "is the conjugate base of 2-chlorobenzoic acid. " in anion.caption
    assert [j.proposal.kind for j in anion.verified].count(PhraseKind.RELATION) == 2
    amide = "Cc1ccc(NC(=O)c2ccccc2Cl)cc1"
    bond = (6, 5)
    for seed in range(8):
        made = composer.compose(Proposal(amide, "condensed", (acid, amine), bond), random.Random(seed))
        assert isinstance(made, Synthetic)
        assert "of the carboxy group of 2-chlorobenzoic acid with the amino group of 4-methylaniline." in made.caption
        assert set(bond) <= {i for hit in made.verified[0].atoms for i in hit}  # the first class is of the new bond
    chiral = [composer.compose(Proposal("C[C@H](c1ccccc1)C(=O)O", "given"), random.Random(n)) for n in range(8)]
    said = " ".join(m.caption for m in chiral if isinstance(m, Synthetic))
    assert "(the 2R-stereoisomer)" in said or "(the 2S-stereoisomer)" in said
    assert "It is an enantiomer of a (2" in said


def test_what_cannot_be_captioned_is_dropped_with_a_reason(composer: Composer) -> None:
    for smiles, reason in (("[Na+].[Cl-]", "no class holds"), ("CCCC", "no class holds")):
        assert composer.compose(Proposal(smiles, "given"), random.Random(0)) == Dropped(reason)


def test_a_tie_the_judge_does_not_support_drops_the_triple(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    import molreflect.tools.synthesis.captions

    verify = molreflect.tools.synthesis.captions.verify

    def strict(tie, **rest):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        from molreflect.tools.terms import Reason

        judged = verify(tie, **rest)
        return replace(judged, verdict=Verdict.REFUTED, reason=Reason.ABSENT) if "chloro" in tie.phrase else judged

    monkeypatch.setattr(molreflect.tools.synthesis.captions, "verify", strict)
    proposal = Proposal("O=C(O)c1cc(Cl)c(OC)c(Cl)c1", "given")
    assert composer.compose(proposal, random.Random(0)) == Dropped("judged refuted: absent")
