"""The student's word on two versions, and what an estimate is made of."""

from __future__ import annotations

import math
import statistics
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_model import one_thread, save_tiny_base

from molreflect.agents.prompts import score as score_prompt
from molreflect.agents.student.local import Student
from molreflect.graphs.batch.estimate import project, spread
from molreflect.graphs.batch.teacher_setup import student_scores
from molreflect.tools.corpus import Pair
from molreflect.tools.errors import InputError

TEXTS = ["methyl ester: COC=O", "methyl ester: COC=O\nphenols: Oc1ccccc1", ""]


def test_the_students_perplexities_are_those_of_the_prompts_and_the_same_from_many_threads(tmp_path: Path) -> None:
    base = save_tiny_base(tmp_path / "tiny")
    score, score_target = student_scores(str(base))
    voice = Student.load(str(base))
    with one_thread():
        alone = voice.perplexity([score_prompt.request("CCO")] * 2, TEXTS[:2])
        assert list(score("CCO", TEXTS)) == [*alone, math.inf]
        prompts = [score_prompt.target_request("CCO", text, molecule=False) for text in TEXTS]
        targets = voice.perplexity(prompts, ["An alcohol."] * 3)
        assert list(score_target("CCO", TEXTS, "An alcohol.", False)) == targets
        assert len(set(targets)) == 3, "the alignments, and none, make a difference"
        assert list(score_target("CCO", TEXTS, "An alcohol.", True)) != targets
        with ThreadPoolExecutor(8) as pool:
            many = list(pool.map(lambda _: tuple(score("CCO", TEXTS)), range(32)))
    assert set(many) == {(*alone, math.inf)}


@settings(deadline=None)  # scipy is imported in the first example
@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=30), st.integers(2, 10_000))
def test_a_projection_holds_its_mean_and_knows_what_it_has_seen(values: list[float], rows: int) -> None:
    rows = max(rows, len(values))
    figure = project(values, rows)
    assert figure.low is not None
    assert figure.high is not None
    assert figure.low <= figure.total * 1.001
    assert figure.total <= figure.high * 1.001 + 1e-9
    assert figure.total == pytest.approx(statistics.fmean(values) * rows, rel=1e-3)
    if rows == len(values):
        assert figure.low == pytest.approx(figure.high, rel=1e-3), "nothing is left to guess"


def test_the_interval_holds_the_true_total_as_often_as_it_says() -> None:
    import random

    chance, held = random.Random(1), 0
    for _ in range(400):
        whole = [chance.gauss(1_000, 200) for _ in range(200)]
        figure = project(chance.sample(whole, 10), 200)
        assert figure.low is not None
        assert figure.high is not None
        held += figure.low <= sum(whole) <= figure.high
    assert 0.92 <= held / 400 <= 0.98


def test_one_row_has_no_interval() -> None:
    figure = project([7.0], 100)
    assert (figure.total, figure.low, figure.high) == (700.0, None, None)


@pytest.mark.parametrize(("most", "places"), [(1, [5]), (2, [2, 7]), (5, [1, 3, 5, 7, 9]), (99, list(range(10)))])
def test_a_sample_is_spread_over_the_corpus(most: int, places: list[int]) -> None:
    pairs = [Pair(str(i), "CCO", "An alcohol.", "CCO", i) for i in range(10)]
    assert [int(p.id) for p in spread(pairs, most)] == places
    with pytest.raises(InputError, match="at least 1 row"):
        spread(pairs, 0)
