"""The doctor knows all that a command can miss, and the line that gets it."""

from __future__ import annotations

import importlib.metadata
import json
import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def findings(run: Any) -> dict[str, dict[str, Any]]:
    ran = run("doctor", "--json")
    assert ran.code == 0
    return {found["name"]: found for found in json.loads(ran.out)}


def test_doctor_names_what_is_missing_and_shows_no_key(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    ran = run("doctor", "--json")
    assert "sk-secret" not in ran.out
    found = findings(run)
    assert found["OPENAI_API_KEY"]["value"] == "set"
    assert all(f["ok"] or f["disables"] for f in found.values())
    assert {"rdkit", "OPSIN", "GPU", "model hub"} <= set(found)


def test_without_a_package_of_the_project_doctor_says_what_it_disables_and_how_to_get_it(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    lines = [*project["dependencies"], *(line for name in ("models", "train", "evaluate") for line in extras[name])]
    wanted = {re.split(r"[\[<>=!~ ;]", line)[0] for line in lines} - {"molreflect"}

    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    found = findings(run)
    assert wanted | {"bitsandbytes"} <= set(found)
    for name in wanted | {"bitsandbytes"}:
        assert not found[name]["ok"]
        assert found[name]["disables"]
        assert found[name]["mend"].startswith("pip install ")
    assert found["fcd-torch"]["disables"] == "evaluate --fcd"


def test_data_that_evaluation_needs_is_named_with_the_line_that_gets_it(
    run: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from molreflect.training.evaluation.metrics import wordnet

    for name in ("MOLREFLECT_SCIBERT_VOCAB", "MOLREFLECT_T5_SPIECE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wordnet, "candidates", lambda: [tmp_path / "none"])
    monkeypatch.setattr("huggingface_hub.try_to_load_from_cache", lambda *_: None)
    found = findings(run)
    for name, mend in (
        ("WordNet", r"python -m nltk\.downloader -d \S+/nltk_data wordnet .*make wordnet"),
        ("SciBERT vocabulary", r"hf download \S+ vocab\.txt --local-dir \S+/scibert .*MOLREFLECT_SCIBERT_VOCAB"),
        ("T5 vocabulary", r"hf download \S+ spiece\.model --local-dir \S+/t5 .*MOLREFLECT_T5_SPIECE"),
    ):
        assert not found[name]["ok"]
        assert found[name]["disables"]
        assert re.match(mend, found[name]["mend"])
    file = tmp_path / "vocab.txt"
    file.write_text("[UNK]\n")
    monkeypatch.setenv("MOLREFLECT_SCIBERT_VOCAB", str(file))
    monkeypatch.setenv("MOLREFLECT_T5_SPIECE", str(tmp_path / "gone"))
    found = findings(run)
    assert (found["SciBERT vocabulary"]["ok"], found["SciBERT vocabulary"]["value"]) == (True, str(file))
    assert found["T5 vocabulary"]["value"].endswith("gone, which is no file")


def test_what_is_there_needs_no_mending(run: Any) -> None:
    assert [f["name"] for f in findings(run).values() if f["ok"] and (f["mend"] or f["disables"])] == []


def test_every_group_is_told_of_once(run: Any) -> None:
    groups = [found["group"] for found in json.loads(run("doctor", "--json").out)]
    assert len(set(groups)) == 1 + sum(one != other for one, other in pairwise(groups))
