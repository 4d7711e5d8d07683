"""Positions in a caption: found on the parent it names, and refused where the group sits elsewhere."""

from __future__ import annotations

import pytest

from molreflect.tools.meaning.interpret import interpret
from molreflect.tools.meaning.positions import atoms_at, places
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.resources import Resources
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.verification.proposals import ProposedAlignment, Verification
from molreflect.tools.verification.verify import verify

APIGENIN = "O=c1cc(-c2ccc(O)cc2)oc2cc(O)cc(O)c12"
VANILLIC = "COc1cc(C(=O)O)ccc1O"
MENTHOL_LIKE = "CC1CCC(C(C)C)CC1C"


def tied(phrase: str, name: str, smiles: str, caption: str, resources: Resources) -> Verification:
    molecule = read_molecule(smiles)
    reading = interpret(name, resources, molecule=molecule)[0]
    tie = ProposedAlignment(
        phrase=phrase,
        pattern=reading.patterns[0],
        start=caption.index(phrase),
        source=reading.source,
        floor=reading.floor,
    )
    return verify(tie, molecule=molecule, caption=caption, resources=resources)


@pytest.mark.parametrize(
    ("phrase", "name", "smiles", "caption", "atoms"),
    [
        pytest.param(
            "hydroxy groups at positions 5 and 7",
            "hydroxy",
            APIGENIN,
            "The molecule is a flavone substituted by hydroxy groups at positions 5 and 7 and by another one.",
            {15, 18},
            id="two-of-three",
        ),
        pytest.param(
            "hydroxy group at position 4'",
            "hydroxy",
            APIGENIN,
            "The molecule is a flavone substituted by a hydroxy group at position 4' and two more.",
            {8},
            id="primed",
        ),
        pytest.param(
            "methyl group at position 3",
            "methyl",
            "Cc1cccc(C(=O)OC)c1",
            "The molecule is a benzoic acid substituted by a methyl group at position 3.",
            {0},
            id="not-the-ester",
        ),
        pytest.param(
            "methoxy group at position 3",
            "methoxy",
            VANILLIC,
            "The molecule is a benzoic acid substituted by a methoxy group at position 3.",
            {0, 1},
            id="single",
        ),
    ],
)
def test_only_the_group_at_the_stated_position_lights_up(
    phrase: str, name: str, smiles: str, caption: str, atoms: set[int], resources: Resources
) -> None:
    judged = tied(phrase, name, smiles, caption, resources)
    assert judged.verdict is Verdict.SUPPORTED
    assert {i for hit in judged.atoms for i in hit} == atoms


@pytest.mark.parametrize(
    ("phrase", "caption"),
    [
        ("hydroxy group at position 8", "The molecule is a flavone substituted by a hydroxy group at position 8."),
        ("hydroxy group at C-3'", "The molecule is a flavone carrying a hydroxy group at C-3'."),
    ],
    ids=["ring", "side-ring"],
)
def test_a_group_that_sits_elsewhere_is_refused_with_its_position(
    phrase: str, caption: str, resources: Resources
) -> None:
    judged = tied(phrase, "hydroxy", APIGENIN, caption, resources)
    assert (judged.verdict, judged.reason) == (Verdict.REFUTED, Reason.WRONG_POSITION)
    assert "flavone" in judged.message


def test_a_parent_that_is_not_there_says_nothing_about_positions(resources: Resources) -> None:
    caption = "The molecule is a quinoline substituted by a hydroxy group at position 8."
    judged = tied("hydroxy group at position 8", "hydroxy", APIGENIN, caption, resources)
    assert (judged.verdict, judged.reason) == (Verdict.UNCHECKED, Reason.WHICH_PLACE)
    assert len(judged.atoms) == 3


def test_the_parent_of_a_name_that_counts_its_groups_is_numbered_too(resources: Resources) -> None:
    caption = "The molecule is a trihydroxyflavone with hydroxy groups at positions 5 and 7."
    judged = tied("hydroxy groups at positions 5 and 7", "hydroxy", APIGENIN, caption, resources)
    assert {i for hit in judged.atoms for i in hit} == {15, 18}


def test_positions_do_not_depend_on_how_the_smiles_is_written(resources: Resources) -> None:
    molecule = read_molecule(APIGENIN)
    other = read_molecule("c1cc(ccc1-c1cc(=O)c2c(cc(cc2o1)O)O)O")
    found, again = (atoms_at("flavone", ("5", "4'"), m, resources.nomenclature) for m in (molecule, other))
    assert found is not None
    assert again is not None
    for here, there in zip(found, again, strict=True):
        assert [molecule.mol.GetAtomWithIdx(i).GetSymbol() for i in here] == ["O"]
        assert [other.mol.GetAtomWithIdx(i).GetSymbol() for i in there] == ["O"]


def test_locants_as_captions_write_them() -> None:
    assert places(("C-3", "11beta", "4'", "N")) == ("3", "11", "4'", "N")
    assert places(("ortho",)) == ()
    assert places(()) == ()


def test_a_position_on_a_ring_nitrogen_is_free_where_it_has_its_hydrogen(resources: Resources) -> None:
    indole = read_molecule("Cc1c[nH]c2ccccc12")
    found = atoms_at("indole", ("1", "3"), indole, resources.nomenclature)
    assert found == (frozenset(), frozenset({0}))
    assert atoms_at("indole", ("1",), indole, resources.nomenclature) == (frozenset(),)
