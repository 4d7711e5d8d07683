"""Presence vectors are kept by format: a later one does not read what an earlier one found."""

from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from molreflect.tools.corpus import Corpus, Pair, fingerprint
from molreflect.tools.evidence import presence
from molreflect.tools.molecules.match import find
from molreflect.tools.molecules.read import Molecule, read_molecule
from molreflect.tools.molecules.smarts import read_pattern
from molreflect.tools.terms import Level

PAIRS = tuple(Pair(f"m{n}", text, "a caption", text, n + 2) for n, text in enumerate(["CCO", "CC#N", "CC(=O)[O-]"]))
CORPUS = Corpus(PAIRS, (), fingerprint(PAIRS), "test")


def test_what_another_format_left_is_searched_again_and_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []
    search = presence.PatternPresence._search

    def spy(
        self: presence.PatternPresence, pattern: presence.Pattern, level: presence.Level, rows: Any
    ) -> presence.Bits:
        searched.append(pattern.smarts)
        return search(self, pattern, level, rows)

    monkeypatch.setattr(presence.PatternPresence, "_search", spy)
    for expected in (1, 1):
        with closing(presence.PatternPresence(CORPUS, tmp_path)) as patterns:
            assert patterns.of("C#N").tolist() == [False, True, False]
        assert len(searched) == expected
    monkeypatch.setattr(presence, "FORMAT", presence.FORMAT + 1)
    with closing(presence.PatternPresence(CORPUS, tmp_path)) as patterns:
        assert patterns.of("C#N").tolist() == [False, True, False]
    assert len(searched) == 2
    assert len(list(tmp_path.glob("presence-*.sqlite"))) == 1


def corpus(*smiles: str) -> Corpus:
    pairs = tuple(Pair(f"m{text}", text, "a caption", text, n + 2) for n, text in enumerate(smiles))
    return Corpus(pairs, (), fingerprint(pairs), "test")


def test_a_molecule_more_is_all_that_is_screened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screened: list[str] = []
    screen = presence._screened
    monkeypatch.setattr(presence, "_screened", lambda m: (screened.append(m.smiles), screen(m))[1])
    for smiles, found in ((["CCO", "CC#N"], [False, True]), (["CC(=O)[O-]", "CC#N", "CCO"], [False, True, False])):
        with closing(presence.PatternPresence(corpus(*smiles), tmp_path)) as patterns:
            patterns.prepare()
            assert patterns.of("C#N").tolist() == found
    assert screened == ["CCO", "CC#N", "CC(=O)[O-]"]


def test_a_sample_depends_on_the_pairs_and_not_on_their_order_or_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "SAMPLE", 20)
    smiles = ["C" * n for n in range(1, 61)]

    def drawn(*molecules: str) -> set[str]:
        return {molecules[row] for row in presence.PatternPresence(corpus(*molecules)).sample.tolist()}

    first = drawn(*smiles)
    assert len(first) == 20
    assert drawn(*reversed(smiles)) == first
    assert len(drawn(*smiles, "N") - first) <= 1
    assert len(drawn(*smiles[:20])) == 20  # no more than that: all of them stand for the corpus


def test_rows_that_were_searched_before_are_not_searched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []
    search = presence.PatternPresence._search

    def spy(self: presence.PatternPresence, pattern: Any, level: Any, rows: Any) -> Any:
        asked.append(rows.tolist())
        return search(self, pattern, level, rows)

    monkeypatch.setattr(presence.PatternPresence, "_search", spy)
    patterns = presence.PatternPresence(CORPUS)
    assert patterns.among("C#N", np.array([1, 2])).tolist() == [True, False]
    assert patterns.among("C#N", np.array([0, 1])).tolist() == [False, True]
    assert patterns.among("C(=O)[OH]", np.array([2, 0])).tolist() == [True, False]  # as its neutral form
    assert asked == [[1, 2], [0], [0, 2]]


@pytest.mark.parametrize("level", [Level.EXACT, Level.FLAT, Level.NEUTRAL, Level.SKELETON])
def test_few_molecules_are_found_as_many_are(level: Level, monkeypatch: pytest.MonkeyPatch) -> None:
    molecules = ["CC(=O)[O-]", "CC(=O)O", "C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O", "CC(N)C(=O)O", "c1ccccc1", "C1CCCCC1"]
    molecules += ["C[C@H]([NH3+])C(=O)[O-]", "CCCCCCCCCCCCCCCCCCCCCCC(=O)O", "[Na+]"]
    patterns = ["C(=O)[OH]", "C(=O)[O-]", "C[C@H](N)C(=O)O", "c1ccccc1", "C" * 22, "[#7]", "[NX4+]"]
    many = presence.PatternPresence(corpus(*molecules))
    few = presence.PatternPresence(corpus(*molecules))
    for pattern in patterns:
        monkeypatch.setattr(presence, "_FEW", 0)
        together = many.among(pattern, np.arange(len(molecules)), level).tolist()
        monkeypatch.setattr(presence, "_FEW", 100)
        assert few.among(pattern, np.arange(len(molecules)), level).tolist() == together
        assert together == [find(read_molecule(m), pattern, floor=level) is not None for m in molecules]


def test_a_molecule_is_read_once_for_all_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def reading(smiles: str) -> Molecule:
        read.append(smiles)
        return read_molecule(smiles)

    monkeypatch.setattr(presence, "read_molecule", reading)
    patterns = presence.PatternPresence(CORPUS)
    patterns.prepare()
    read.clear()
    assert patterns.among("CC", np.arange(3)).tolist() == [True, True, True]
    assert patterns.among("C(=O)[OH]", np.arange(3)).tolist() == [False, False, True]  # as its neutral form
    assert read == [pair.smiles for pair in PAIRS]


def test_a_large_pattern_is_not_searched_where_a_part_of_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[str] = []

    def matching(molecule: Molecule, *_: object, **__: object) -> tuple[tuple[int, ...], ...]:
        searched.append(molecule.smiles)
        return ((0,),)

    monkeypatch.setattr(presence, "match_at", matching)
    chain = "C" * 24
    patterns = presence.PatternPresence(corpus(chain, chain + "[Se]C"))
    assert patterns.among(chain + "[Se]", np.arange(2)).tolist() == [False, True]
    assert searched == [chain + "[Se]C"]


def test_of_many_molecules_so_many_are_kept_in_binary_form(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "_WRITTEN", 3)
    smiles = ["CC#N", "CCO", "CC#C", "CC(=O)[O-]", "CCC#N", "CC"]
    patterns = presence.PatternPresence(corpus(*smiles))
    rows = np.arange(len(smiles))
    for _ in range(2):
        assert patterns._search(read_pattern("C#N"), Level.NEUTRAL, rows).tolist() == ["C#N" in text for text in smiles]
    assert patterns._written.cache_info().currsize == 3
