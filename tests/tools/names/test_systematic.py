from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from molreflect.tools.errors import InputError
from molreflect.tools.molecules.read import read_molecule
from molreflect.tools.names.systematic import MAX_HEAVY_ATOMS, NamedPart, Namer, NamerStartError, Naming, name_molecule


@pytest.fixture(scope="module")
def namer() -> Iterator[Namer]:
    with Namer() as one:
        yield one


def parts(naming: Naming) -> set[tuple[str, tuple[int, ...]]]:
    return {(part.phrase, part.atoms) for part in naming.parts}


def test_aspirin_is_named_with_the_atoms_of_every_part(namer: Namer) -> None:
    naming = namer.name(read_molecule("CC(=O)Oc1ccccc1C(=O)O"))
    assert (naming.status, naming.name) == ("named", "2-(acetyloxy)benzoic acid")
    assert parts(naming) == {
        ("acetyloxy", (0, 1, 2, 3)),
        ("benzoic acid", (4, 5, 6, 7, 8, 9, 10, 11, 12)),
        ("carboxylic acid", (9, 10, 11, 12)),
    }


@pytest.mark.parametrize(
    ("smiles", "hydroxy"),
    [
        pytest.param("OCCCl", (0, 1), id="forwards"),
        pytest.param("ClCCO", (2, 3), id="backwards"),
        pytest.param("[H]OC([H])([H])CCl", (0, 1), id="explicit-hydrogens"),
        pytest.param("[Na+].ClCCO.[Cl-]", (3, 4), id="between-ions"),
    ],
)
def test_atoms_are_those_of_the_smiles_as_given(namer: Namer, smiles: str, hydroxy: tuple[int, ...]) -> None:
    molecule = read_molecule(smiles)
    naming = namer.name(molecule)
    assert NamedPart("alcohol", hydroxy, "principal") in naming.parts
    chlorine = next(part for part in naming.parts if part.phrase == "chloro")
    assert [molecule.mol.GetAtomWithIdx(i).GetSymbol() for i in chlorine.atoms] == ["Cl"]


def test_a_group_that_occurs_twice_gives_two_parts(namer: Namer) -> None:
    naming = namer.name(read_molecule("Clc1ccc(Cl)cc1"))
    assert [part.atoms for part in naming.parts if part.phrase == "chloro"] == [(0,), (5,)]


def test_a_timeout_is_reported_and_the_next_molecule_is_named_all_the_same(namer: Namer) -> None:
    before = namer.restarts
    slow = read_molecule("CC(C)CCC[C@@H](C)[C@H]1CC[C@@H]2[C@@]1(CC[C@H]3[C@H]2CC=C4[C@@]3(CC[C@@H](C4)O)C)C")
    started = time.perf_counter()
    assert namer.name(slow, seconds=0.001).status == "timeout"
    assert time.perf_counter() - started < 10
    assert namer.restarts == before + 1
    assert namer.name(read_molecule("CCO"), seconds=30).name == "ethanol"


def test_a_molecule_without_a_name_says_why(namer: Namer) -> None:
    naming = namer.name(read_molecule("[Fe]"))
    assert naming.status == "unnamed"
    assert "openclatura" in naming.message
    assert namer.name(read_molecule("C" * (MAX_HEAVY_ATOMS + 1))).status == "unnamed"


def test_a_worker_that_dies_is_replaced(namer: Namer) -> None:
    namer.name(read_molecule("CCO"), seconds=30)
    assert namer._process is not None
    namer._process.kill()
    namer._process.join()
    assert namer.name(read_molecule("CCN"), seconds=30).name == "ethanamine"


def test_closing_ends_the_worker() -> None:
    namer = Namer()
    namer.name(read_molecule("CCO"), seconds=30)
    process = namer._process
    assert process is not None
    namer.close()
    assert not process.is_alive()
    namer.close()


def test_a_senseless_time_is_refused(namer: Namer) -> None:
    with pytest.raises(InputError, match="positive"):
        namer.name(read_molecule("CCO"), seconds=0)


def test_the_shared_namer_gives_the_same_answer(namer: Namer) -> None:
    molecule = read_molecule("COc1ccccc1O")
    assert name_molecule(molecule, seconds=30) == namer.name(molecule, seconds=30)


def test_a_worker_that_ends_before_it_is_ready_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("molreflect.tools.names.systematic._serve", _ends)
    begun = time.monotonic()
    with Namer() as one, pytest.raises(NamerStartError, match="ended before it was ready"):
        one.name(read_molecule("CCO"))
    assert time.monotonic() - begun < 60


def _ends(pipe: object) -> None:
    """Stand in for a worker that cannot start; it is imported by the worker itself."""
    raise SystemExit(3)
