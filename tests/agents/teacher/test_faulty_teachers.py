"""The benchmark of faulty teachers on a part of the gold set: every fault is caught, and told, and mended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from script_files import load_script

from molreflect.tools.resources import open_resources

ROOT = Path(__file__).parents[3]
PAIRS = 14


@pytest.fixture(scope="module")
def bench() -> Any:
    return load_script("benchmarks/faulty_teachers.py")


@pytest.fixture(scope="module")
def tallies(bench: Any, cache: Path) -> Any:
    resources = open_resources(cache)
    evidence = bench.gather_evidence(ROOT / "data" / "sample.tsv", resources)
    resources = resources.with_evidence(evidence)
    own = frozenset(pair.id for pair in evidence.corpus.pairs)
    pairs, _ = bench.gold_pairs(ROOT / "tests" / "data" / "gold.jsonl", resources, own)
    chosen = pairs[:: len(pairs) // PAIRS][:PAIRS]
    kept = bench.standing(chosen, resources, own)
    assert len(kept) >= 0.8 * PAIRS, "a teacher without faults should end as gold"
    yield bench.measure(kept, resources, own, per_pair=1)
    resources.close()


@pytest.mark.parametrize("kind", ["hallucinated", "misquoted", "unreadable"])
def test_what_is_absent_misquoted_or_unreadable_is_always_caught_for_that_reason(tallies: Any, kind: str) -> None:
    tally = tallies[kind]
    assert tally.injected >= 10
    assert tally.caught == tally.right_reason == tally.injected, tally.misses


@pytest.mark.parametrize("kind", ["over-general", "wrongly tied"])
def test_general_and_wrong_ties_are_caught(tallies: Any, kind: str) -> None:
    tally = tallies[kind]
    assert tally.injected >= 8
    assert tally.right_reason >= 0.9 * tally.injected, tally.misses


@pytest.mark.parametrize("kind", ["broken JSON", "endless tool calls", "refusal"])
def test_an_answer_without_a_form_fails_its_row_with_the_reason_and_the_raw_text(tallies: Any, kind: str) -> None:
    tally = tallies[kind]
    assert tally.caught == tally.right_reason == tally.injected >= 10, tally.reasons


def test_a_teacher_that_listens_ends_with_the_gold_alignments(tallies: Any) -> None:
    """Every time it is told: a wrong tie that lights up the right atoms is not."""
    for kind, tally in tallies.items():
        assert tally.mended >= tally.caught, (kind, tally.misses)


def test_the_benchmark_sees_a_judge_that_lets_everything_through(
    bench: Any, resources: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import dataclasses

    import molreflect.graphs.alignment.nodes
    from molreflect.tools.terms import Reason, Verdict
    from molreflect.tools.verification.verify import verify_all

    def blind(*args: Any, **kwargs: Any) -> Any:
        return [
            dataclasses.replace(j, verdict=Verdict.SUPPORTED, reason=Reason.PRESENT_AND_SPECIFIC)
            for j in verify_all(*args, **kwargs)
        ]

    ties = (
        {
            "phrase": "methyl ester",
            "start": 18,
            "pattern": "COC=O",
            "floor": "neutral",
            "source": "model",
            "atoms": [0],
        },
        {"phrase": "phenols", "start": 47, "pattern": "Oc1ccccc1", "floor": "neutral", "source": "model", "atoms": [9]},
    )
    pair = bench.Gold("x", "COC(=O)c1ccccc1O", "The molecule is a methyl ester and a member of phenols.", ties)
    monkeypatch.setattr(molreflect.graphs.alignment.nodes, "verify_all", blind)
    tally = bench.Tally()
    wrong = ties[1] | {"pattern": "Nc1ccccc1"}
    bench.judge_fault("hallucinated", pair, 1, wrong, bench.Stage(resources, frozenset()), tally)
    assert (tally.injected, tally.caught) == (1, 0)
    assert len(tally.misses) == 1
