"""What a run will take, projected from the rows that were measured."""

from __future__ import annotations

import pytest

from molreflect.graphs.batch.estimate import _student_t, project


@pytest.mark.parametrize(
    ("freedom", "expected"),
    [(1, 12.7062047), (2, 4.3026527), (3, 3.1824463), (4, 2.7764451), (19, 2.0930241), (100, 1.9839715)],
)
def test_quantiles_of_students_distribution_are_those_of_the_tables(freedom: int, expected: float) -> None:
    assert _student_t(0.95, freedom) == pytest.approx(expected, abs=1e-7)  # scipy 1.17.1, stats.t.ppf(0.975, freedom)


def test_an_interval_holds_what_is_known_and_narrows_with_it() -> None:
    few, many, all_of_them = project([1.0, 3.0], 100), project([1.0, 3.0] * 20, 100), project([1.0, 3.0], 2)
    assert (few.total, many.total, all_of_them.total) == (200, 200, 4)
    assert few.low == 4
    assert (all_of_them.low, all_of_them.high) == (4, 4)
    assert few.high is not None
    assert many.low is not None
    assert many.high is not None
    assert 200 - many.low == pytest.approx(many.high - 200)
    assert many.high < few.high
    assert project([1.0], 100).low is None
