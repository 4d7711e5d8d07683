"""The verifier over hand-made gold alignments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from script_files import load_script

from molreflect.tools.resources import Resources, open_resources

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resources]:
    resources = open_resources(tmp_path_factory.mktemp("names"))
    yield resources
    resources.close()


@pytest.fixture(scope="module")
def gold_score(bare: Resources) -> Any:
    gold = load_script("benchmarks/gold.py")
    cases = [json.loads(line) for line in (ROOT / "tests" / "data" / "gold.jsonl").read_text("utf-8").splitlines()]
    evidence = gold.gather_evidence(ROOT / "data" / "sample.tsv", bare)
    own = frozenset(pair.id for pair in evidence.corpus.pairs)
    return gold.score(cases, bare.with_evidence(evidence), own)


def test_no_wrong_tie_of_the_gold_set_is_supported(gold_score: Any) -> None:
    assert gold_score.wrong_supported == 0, [m for m in gold_score.misses if " wrong " in m]


def test_wrong_ties_of_the_gold_set_fail_for_an_accepted_reason(gold_score: Any) -> None:
    assert gold_score.wrong_reason / gold_score.wrong >= 0.97, [m for m in gold_score.misses if " wrong " in m]


def test_gold_phrases_are_found_with_their_atoms(gold_score: Any) -> None:
    assert gold_score.recall >= 0.92
    assert gold_score.precision >= 0.96


def test_gold_roles_origins_and_relations_get_their_verdicts(gold_score: Any) -> None:
    shares = {kind: gold_score.found[kind] / gold_score.asked[kind] for kind in ("role", "origin", "relation")}
    assert shares["role"] >= 0.98
    assert shares["origin"] >= 0.70
    assert shares["relation"] >= 0.95
