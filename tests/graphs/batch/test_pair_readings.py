"""What captions say is read once a pair, and again where a rule or the lexicon is another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from molreflect.graphs.batch import pair_readings
from molreflect.graphs.batch.pair_readings import read_pairs
from molreflect.tools.captions.reader import CaptionReader
from molreflect.tools.corpus import Corpus, Pair, fingerprint
from molreflect.tools.names.from_corpus import LearnedNames
from molreflect.tools.resources import Resources

CAPTIONS = {
    "a": ("CC(=O)[O-]", "The molecule is a monocarboxylic acid anion. It is a conjugate base of an acetic acid."),
    "b": ("COC(C)=O", "The molecule is a methyl ester and a 2-foobarane."),
    "c": ("OC(=O)c1ccccc1O", "Salicylic acid is a monohydroxybenzoic acid."),
}


def corpus(*ids: str, **more: tuple[str, str]) -> Corpus:
    said = [(pair_id, *CAPTIONS[pair_id]) for pair_id in ids] + [(name, *pair) for name, pair in more.items()]
    pairs = tuple(Pair(name, smiles, text, smiles, n + 2) for n, (name, smiles, text) in enumerate(said))
    return Corpus(pairs, (), fingerprint(pairs), "test")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Captions that were read."""
    monkeypatch.setattr(pair_readings, "_KEPT_FROM", 1)
    seen: list[str] = []
    original = CaptionReader.read

    def spy(self: CaptionReader, caption: str, **more: Any) -> Any:
        seen.append(caption)
        return original(self, caption, **more)

    monkeypatch.setattr(CaptionReader, "read", spy)
    return seen


def test_a_reading_has_the_keys_the_names_and_what_is_defined(resources: Resources, read: list[str]) -> None:
    found = read_pairs(corpus("a", "b", "c"), resources, None)
    assert list(found) == ["a", "b", "c"]
    assert "monocarboxylic acid anion" in found["a"].keys
    assert "acetic acid" in found["a"].names
    assert {"methyl ester", "2-foobarane"} <= set(found["b"].keys)
    assert "2-foobarane" in found["b"].names
    assert "methyl ester" not in found["b"].names  # the lexicon has it
    learned, whole = LearnedNames(), LearnedNames()
    learned.add((pair_id, reading.defined) for pair_id, reading in found.items())
    whole.learn(corpus("a", "b", "c"))
    for name in ("acetic acid", "salicylic acid"):
        assert learned.find(name) == whole.find(name) is not None


def test_a_pair_more_is_all_that_is_read(resources: Resources, read: list[str], tmp_path: Path) -> None:
    first = read_pairs(corpus("a", "b"), resources, tmp_path)
    assert len(read) == 2
    other = ("CC(=O)O", CAPTIONS["a"][1])  # the same caption of another molecule defines something else
    again = read_pairs(corpus("c", "b", "a", d=other), resources, tmp_path)
    assert read[2:] == [CAPTIONS["c"][1], CAPTIONS["a"][1]]
    assert {name: again[name] for name in ("a", "b")} == first
    assert again == read_pairs(corpus("c", "b", "a", d=other), resources, None)
    assert again["d"].defined == ()
    assert again["a"].defined != ()


def test_another_rule_reads_all_again_and_a_damaged_file_says_nothing(
    resources: Resources, read: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read_pairs(corpus("a", "b"), resources, tmp_path)
    (path,) = tmp_path.glob("readings-*.json")
    for damage in ("{", "[1]", '{"x": 1}', ""):
        path.write_text(damage)
        del read[:]
        assert read_pairs(corpus("a", "b"), resources, tmp_path) == first
        assert len(read) == 2
    monkeypatch.setattr(pair_readings, "_rules", lambda: "others")
    del read[:]
    assert read_pairs(corpus("a", "b"), resources, tmp_path) == first
    assert len(read) == 2
    assert len(list(tmp_path.glob("readings-*.json"))) == 1
