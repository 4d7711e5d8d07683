"""`make demo`: what it holds out it does not train on, and what it says to a newcomer."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from script_files import load_script

from molreflect.tools.corpus import Pair, read_corpus
from molreflect.tools.molecules.read import read_molecule


@pytest.fixture(scope="module")
def demo() -> ModuleType:
    return load_script("examples/demo.py")


def blocks(pairs: list[Pair]) -> set[str]:
    return {read_molecule(pair.smiles).block for pair in pairs}


def test_no_molecule_is_trained_on_and_held_out(demo: Any, tmp_path: Path) -> None:
    pairs = read_corpus(demo.SAMPLE).pairs
    train, held = demo.split(pairs)
    assert sorted(p.id for p in (*train, *held)) == sorted(p.id for p in pairs)
    assert blocks(train).isdisjoint(blocks(held))
    assert len(held) > demo.QUESTIONS
    assert len(train) > 0.8 * len(pairs)
    assert len(blocks(held)) < len(held), "the sample has no isomers any more: this tests nothing"
    demo.write(tmp_path / "held.tsv", held)
    assert [(p.id, p.smiles, p.caption) for p in read_corpus(tmp_path / "held.tsv").pairs] == [
        (p.id, p.smiles, p.caption) for p in held
    ]


def test_the_demo_says_what_each_step_is_for_and_ends_with_three_commands(
    demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from molreflect.cli.main import app

    called = []
    monkeypatch.setattr(demo, "molreflect", lambda *words: called.append(str(words[0])))
    monkeypatch.setattr(sys, "argv", ["demo.py", str(tmp_path / "demo")])
    demo.main()
    said = capsys.readouterr().out
    assert called == ["distill", "train", "predict", "evaluate", "predict", "evaluate"]
    assert re.findall(r"^== (\d) of 4, ", said, re.MULTILINE) == ["1", "2", "3", "4"]
    *_, intro, first, second, third = said.splitlines()
    assert intro.startswith("Three to try next")
    known = {command.callback.__name__ for command in app.registered_commands if command.callback} | {"traces"}
    tried = [re.match(r"  molreflect (\w+) ", line) for line in (first, second, third)]
    assert {found[1] for found in tried if found} == {"align", "traces", "distill"} <= known
