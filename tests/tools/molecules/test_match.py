"""Matching: the ladder, stereochemistry, charges, bounds, and that the writing of a molecule does not matter."""

from __future__ import annotations

import contextlib
import random
import time
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit import Chem

from molreflect.tools.corpus import read_corpus
from molreflect.tools.lexicon.classes import StructuralClass, load_lexicon
from molreflect.tools.molecules.match import MatchTimeoutError, find
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import LADDER, Level

C60 = (
    "c12c3c4c5c1c6c7c8c2c9c1c3c2c3c4c4c%10c5c5c6c6c7c7c%11c8c9c8c9c1c2c1c2c3c4c3c4c%10c5c5c6c6c7c7c%11c8c8c9c1c1c2c3"
    "c2c4c5c6c3c7c8c1c23"
)
ACID = "[CX3](=O)[OX2H1]"
L_ALANINE, D_ALANINE = "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"


def level(smiles: str, pattern: str, *, floor: Level = Level.SKELETON, stereo: bool = False) -> Level | None:
    hits = find(read_molecule(smiles), pattern, floor=floor, stereo=stereo)
    return None if hits is None else hits.level


# ---------------------------------------------------------------------------------------------------------- the ladder


@pytest.mark.parametrize(
    ("smiles", "pattern", "expected"),
    [
        (L_ALANINE, L_ALANINE, Level.EXACT),
        (D_ALANINE, L_ALANINE, Level.FLAT),
        ("CC(N)C(=O)O", L_ALANINE, Level.FLAT),
        ("C/C=C/C", "C/C=C\\C", Level.FLAT),
        ("CC(=O)[O-]", ACID, Level.NEUTRAL),
        ("CC(=O)O", "C(=O)[O-]", Level.NEUTRAL),
        ("[NH3+]CC(=O)[O-]", "[NH2]CC(=O)[OH]", Level.NEUTRAL),
        ("CC(O)C", "CC(=O)C", Level.SKELETON),
        ("C1CCCCC1", "c1ccccc1", Level.SKELETON),
        ("CCO", "CN", None),
    ],
)
def test_a_hit_is_reported_on_the_strictest_rung_that_has_it(smiles: str, pattern: str, expected: Level | None) -> None:
    assert level(smiles, pattern) is expected


@pytest.mark.parametrize("floor", LADDER)
def test_no_rung_below_the_floor_is_used(floor: Level) -> None:
    for smiles, pattern, rung in (
        (D_ALANINE, L_ALANINE, Level.FLAT),
        ("CC(=O)[O-]", ACID, Level.NEUTRAL),
        ("CC(O)C", "CC(=O)C", Level.SKELETON),
    ):
        assert (level(smiles, pattern, floor=floor) is not None) is (LADDER.index(rung) <= LADDER.index(floor))


def test_atoms_are_indices_of_the_molecule_as_given_on_every_rung() -> None:
    for smiles, pattern in (("CC(=O)O", ACID), ("CC(=O)[O-]", ACID), ("CC(O)O", ACID)):
        hits = find(read_molecule(smiles), pattern, floor=Level.SKELETON)
        assert hits is not None
        assert hits.atoms == ((1, 2, 3),)


def test_every_hit_is_another_set_of_atoms_in_the_order_of_the_pattern() -> None:
    hits = find(read_molecule("Oc1ccc(O)cc1"), "c[OX2H1]")
    assert hits is not None
    assert sorted(hits.atoms) == [(1, 0), (4, 5)]
    assert hits.covered == {0, 1, 4, 5}


# ------------------------------------------------------------------------------------------------------ stereochemistry


def test_insisting_on_stereo_refuses_the_other_hand_on_every_rung() -> None:
    assert level(D_ALANINE, L_ALANINE, stereo=True) is None
    assert level(L_ALANINE, L_ALANINE, stereo=True) is Level.EXACT


def test_insisting_on_stereo_still_sees_the_ion_of_the_same_hand() -> None:
    assert level("C[C@H]([NH3+])C(=O)[O-]", "C[C@H]([NH2])C(=O)[OH]", stereo=True) is Level.NEUTRAL
    assert level("C[C@@H]([NH3+])C(=O)[O-]", "C[C@H]([NH2])C(=O)[OH]", stereo=True) is None


def test_insisting_on_stereo_changes_nothing_for_a_pattern_without_any() -> None:
    assert level("CC(O)C", "CC(=O)C", stereo=True) is Level.SKELETON


# -------------------------------------------------------------------------------------------------------------- charges


@pytest.mark.parametrize("pattern", ["[CX3](=O)[OX1-]", "C(=O)[O-]", "C(=O)[O;X1;-]", "C(=O)[O;H1,-]", "C(=O)[O-:1]"])
def test_a_pattern_of_an_anion_finds_the_acid_but_never_the_ester(pattern: str) -> None:
    assert level("CC(=O)O", pattern, floor=Level.NEUTRAL) is not None
    assert level("CC(=O)[O-]", pattern, floor=Level.NEUTRAL) is not None
    assert level("CC(=O)OC", pattern, floor=Level.NEUTRAL) is None
    assert level("CC(N)=O", pattern, floor=Level.NEUTRAL) is None


@pytest.mark.parametrize(
    ("pattern", "matches", "misses"),
    [
        ("[CX3](=O)[OX2H1,OX1-]", ("CC(=O)O", "CC(=O)[O-]"), ("CC(=O)OC", "CC=O")),
        ("C[NH3+]", ("C[NH3+]", "CN"), ("CN(C)C", "CNC")),
        ("[NX4+]", ("C[NH3+]", "CN", "C[N+](C)(C)C"), ("CC#N", "c1ccncc1")),
        ("[NX4;+;!$([N+][O-])]", ("C[N+](C)(C)C", "C[NH3+]"), ("C[N+](C)(C)[O-]",)),
        ("[#6][N;H2,H3+]", ("CN", "C[NH3+]"), ("CNC",)),
        ("[NH3+]CC(=O)[O-]", ("NCC(=O)O", "[NH3+]CC(=O)[O-]", "NCC(=O)[O-]"), ("CNCC(=O)O", "NCC(=O)OC")),
        ("[$([O-]),$([OH])]C=O", ("CC(=O)O", "CC(=O)[O-]"), ("CC(=O)OC",)),
        ("[$([#6]-[O-])]", ("CO", "C[O-]"), ("COC", "CN")),
        ("[N+](=O)[O-]", ("C[N+](=O)[O-]",), ("CN=O", "CC(N)=O")),
        ("[nH+]1ccccc1", ("c1cc[nH+]cc1", "c1ccncc1"), ("C[n+]1ccccc1", "c1ccccc1")),
        ("[O-,S-]C", ("CO", "CS", "C[O-]", "C[S-]"), ("COC", "CSC")),
        ("[S-]", ("CS", "C[S-]"), ("CSC",)),
        ("[13CH3]C(=O)[O-]", ("[13CH3]C(=O)O",), ("CC(=O)O",)),
        ("P(=O)([O-])[O-]", ("COP(=O)(O)O", "COP(=O)([O-])O"), ("COP(=O)(OC)OC",)),
    ],
)
def test_charged_atoms_of_a_pattern_also_mean_their_uncharged_form(
    pattern: str, matches: tuple[str, ...], misses: tuple[str, ...]
) -> None:
    assert [s for s in matches if level(s, pattern, floor=Level.NEUTRAL) is None] == []
    assert [s for s in misses if level(s, pattern, floor=Level.NEUTRAL) is not None] == []


@pytest.mark.parametrize("pattern", ["[+]", "[-]", "[!+0]", "[+;!$([+]~[-])]", "[H+]"])
def test_a_charge_without_an_element_never_becomes_any_atom(pattern: str) -> None:
    assert level("CCO", pattern, floor=Level.NEUTRAL) is None


# ------------------------------------------------------------------------------------------------------------- skeleton


# --------------------------------------------------------------------------------------------------------------- bounds


def test_hits_are_capped_and_say_so() -> None:
    molecule = read_molecule("C" * 100)
    assert (hits := find(molecule, "CC", max_hits=10)) is not None
    assert (len(hits.atoms), hits.capped) == (10, True)
    assert (hits := find(molecule, "CC", max_hits=1000)) is not None
    assert (len(hits.atoms), hits.capped) == (99, False)


def test_symmetry_does_not_eat_the_cap() -> None:
    hits = find(read_molecule(".".join(["c1ccccc1"] * 30)), "c1ccccc1")
    assert hits is not None
    assert (len(hits.atoms), hits.capped) == (30, False)


@pytest.mark.parametrize(
    "pattern",
    [
        "c" + "~c" * 58 + "~[!#6]~*",
        "[$(c" + "~c" * 30 + "~[!#6])]",
        "*" + "~*" * 40 + "~[!*]",
        ".".join(["c"] * 12) + ".[#7]",
    ],
    ids=["path", "recursive", "wildcards", "parts"],
)
def test_no_pattern_holds_a_search_up(pattern: str) -> None:
    began = time.thread_time()
    with contextlib.suppress(MatchTimeoutError):
        assert find(read_molecule(C60), pattern, seconds=0.2) is None
    assert time.thread_time() - began < 1.5


@pytest.mark.parametrize("arms", [3, 4, 6, 8])
def test_a_metal_with_many_neighbours_does_not_hold_a_small_pattern_up(arms: int) -> None:
    star = read_molecule("[Fe]" + "(C)" * 20 + ".NC")  # a metal bears any number of bonds
    began = time.thread_time()
    with contextlib.suppress(MatchTimeoutError):
        assert find(star, "[Fe]" + "(C)" * arms + "N", seconds=0.2) is None
    assert time.thread_time() - began < 1.5


def test_a_search_given_up_is_not_an_absence() -> None:
    with pytest.raises(MatchTimeoutError, match="smaller or more specific"):
        find(read_molecule(C60), "[$(c" + "~c" * 30 + "~[!#6])]", seconds=0.05)


# ------------------------------------------------------------------------------------------------------------ fragments


# ------------------------------------------------------------------------- the writing of a molecule does not matter


@lru_cache(maxsize=1)
def sample() -> list[str]:
    corpus = read_corpus(Path(__file__).resolve().parents[3] / "data" / "sample.tsv")
    return [pair.smiles for pair in corpus.pairs]


def renumbered(smiles: str, seed: int, *, kekulise: bool, hydrogens: bool) -> tuple[str, dict[int, int]]:
    """The same molecule written otherwise, and for each of its heavy atoms the index in `smiles`."""
    mol = Chem.MolFromSmiles(smiles)
    for atom in mol.GetAtoms():
        atom.SetIntProp("was", atom.GetIdx())
    if hydrogens:
        mol = Chem.AddHs(mol)
    order = list(range(mol.GetNumAtoms()))
    random.Random(seed).shuffle(order)
    mol = Chem.RenumberAtoms(mol, order)
    if kekulise:
        Chem.Kekulize(mol, clearAromaticFlags=True)
    text = Chem.MolToSmiles(mol, canonical=False, kekuleSmiles=kekulise, allHsExplicit=hydrogens and kekulise)
    written = [mol.GetAtomWithIdx(i) for i in mol.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"]]
    heavy = [atom.GetIntProp("was") for atom in written if atom.HasProp("was")]
    return text, dict(enumerate(heavy))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_rewriting_a_molecule_changes_only_the_indices_of_a_hit(data: st.DataObject) -> None:
    smiles = data.draw(st.sampled_from(sample()))
    text, was = renumbered(
        smiles, data.draw(st.integers(0, 2**16)), kekulise=data.draw(st.booleans()), hydrogens=data.draw(st.booleans())
    )
    given_, written = read_molecule(smiles), read_molecule(text)
    classes: list[StructuralClass] = data.draw(
        st.lists(st.sampled_from(load_lexicon().classes), min_size=25, max_size=25)
    )
    for entry in classes:
        for pattern in entry.patterns:
            left, right = (find(molecule, pattern, floor=entry.level, max_hits=500) for molecule in (given_, written))
            assert (left is None) == (right is None), (text, pattern)
            if left is None or right is None:
                continue
            assert left.level is right.level, (text, pattern)
            mapped = {frozenset(was[i] for i in hit) for hit in right.atoms}
            assert {frozenset(hit) for hit in left.atoms} == mapped, (text, pattern)


@pytest.mark.parametrize(("seconds", "given_up"), [(0.001, True), (0.5, False)])
def test_what_a_search_may_cost_is_counted_and_not_timed(
    monkeypatch: pytest.MonkeyPatch, seconds: float, given_up: bool
) -> None:
    """A machine on which all time stands still, or is gone, must give the same answer."""
    for clock in ("thread_time", "perf_counter", "monotonic", "time"):
        monkeypatch.setattr(time, clock, lambda: 1e9)
    pattern = "c" + "~c" * 6 + "~[#6;!R]"
    verdict = None
    with contextlib.suppress(MatchTimeoutError):
        find(read_molecule(C60), pattern, seconds=seconds)
        verdict = False
    assert (verdict is None) is given_up


@pytest.mark.parametrize(
    ("smiles", "pattern", "hits"),
    [
        ("OCC(O)CO", "[OX2H].[OX2H].[OX2H]", 1),
        ("OCCO", "[OX2H].[OX2H].[OX2H]", 0),
        ("OCCNC", "[OX2H].[NX3;H2]", 0),
        ("[NH3+]CC([O-])=O", "[NX3H2].[CX3](=O)[OX2H]", 1),
        ("C1CCCCC1", "C1.C1", 6),
        ("OC(=O)CCC(O)=O", "O=CO.O=CO", 1),
        ("OC(=O)CC", "O=CO.O=CO", 0),
        ("OCC(O)C(O)C(O)CO", "[OX2H].[OX2H].[CH2]", 20),  # two of five and one of two; not both orders of the two
        ("c1ccccc1" * 2 + "CCO", "[#6]~[#6].[OX2H].[#6]~[#6]", None),
    ],
)
def test_patterns_of_several_parts_are_found_as_rdkit_finds_them(smiles: str, pattern: str, hits: int | None) -> None:
    molecule = read_molecule(smiles)
    found = find(molecule, pattern, max_hits=1_000)
    sets = set() if found is None else {frozenset(hit) for hit in found.atoms}
    own = molecule.neutral.GetSubstructMatches(read_pattern(pattern).neutral, maxMatches=100_000)
    assert sets == {frozenset(hit) for hit in own}
    assert hits is None or len(sets) == hits
    query = read_pattern(pattern).query
    for hit in () if found is None else found.atoms:  # in the order of the pattern's atoms
        assert all(
            query.GetAtomWithIdx(at).GetAtomicNum() in (0, molecule.mol.GetAtomWithIdx(i).GetAtomicNum())
            for at, i in enumerate(hit)
        )


def test_many_parts_that_find_no_room_are_given_up() -> None:
    crowd = read_molecule(".".join(["C1CCC1"] * 10))
    with pytest.raises(MatchTimeoutError):
        find(crowd, ".".join(["C~C~C"] * 11), seconds=0.05)


def test_an_answer_at_hand_takes_as_much_from_the_bound_as_its_search_did() -> None:
    """What was asked before must not change an answer."""
    molecule, pattern = read_molecule(C60), "c" + "~c" * 6 + "~[#6;!R]"
    assert find(molecule, pattern, seconds=0.5) is None
    assert any(pattern in asked for asked in molecule.searches if isinstance(asked, tuple))
    assert find(molecule, pattern, seconds=0.5) is None
    with pytest.raises(MatchTimeoutError):
        find(molecule, pattern, seconds=0.001)


@pytest.mark.parametrize("pattern", ["*." * 40 + "[Xe]", "[#7].[#7].[#7]", "c~c~c~c~c~c~c~c~c~c~c~[S,s]"])
def test_a_pattern_with_atoms_the_molecule_lacks_is_absent_without_a_search(pattern: str) -> None:
    long = read_molecule("NCCN" + "C" * 60 + "c1ccccc1")
    assert find(long, pattern, seconds=0.0005) is None
    assert find(read_molecule("NCCN.N.[Xe].S" + "C" * 60), "[#7].[#7].[#7]") is not None
