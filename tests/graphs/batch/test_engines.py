"""Which engine runs a batch, and how many share it."""

from __future__ import annotations

from typing import Any

import pytest

from molreflect.agents.teacher.budget import Caps
from molreflect.graphs.batch import engines
from molreflect.graphs.batch.engines import count_processes, count_ray_workers
from molreflect.graphs.batch.settings import DistillSettings, settings_of
from molreflect.tools.errors import InputError
from molreflect.tools.terms import Engine


@pytest.fixture(autouse=True)
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "available_cores", lambda: 4)


@pytest.mark.parametrize(
    ("settings", "rows", "processes"),
    [
        pytest.param({"teacher": "m", "workers": 64}, 1_000, 4, id="as many as pay"),
        pytest.param({"teacher": "m", "workers": 64, "caps": Caps(calls=9)}, 1_000, 4, id="a cap holds over all"),
        pytest.param({"teacher": "m", "workers": 64}, 100, 1, id="few rows"),
        pytest.param({"teacher": "m", "workers": 64, "engine": Engine.THREADS}, 1_000, 1, id="threads"),
        pytest.param({"teacher": "m", "workers": 8, "engine": Engine.PROCESSES}, 10, 2, id="processes"),
        pytest.param(
            {"teacher": "m", "workers": 8, "engine": Engine.PROCESSES, "processes": 3}, 10, 3, id="so many processes"
        ),
        pytest.param({"teacher": "m", "workers": 8, "processes": 3}, 10, 3, id="the number alone"),
        pytest.param({"workers": 1}, 600, 2, id="the lexicon by rows"),
        pytest.param({"engine": Engine.PROCESSES}, 10, 2, id="the lexicon in processes"),
    ],
)
def test_processes_are_as_many_as_are_asked_for_or_pay(settings: dict[str, Any], rows: int, processes: int) -> None:
    assert count_processes(DistillSettings(**settings), rows) == processes


@pytest.mark.parametrize(
    ("settings", "rows", "workers"),
    [
        pytest.param({"teacher": "m", "workers": 64}, 1_000, 4, id="by calls"),
        pytest.param({"teacher": "m", "workers": 1_000}, 1_000, 40, id="by cores"),
        pytest.param({"teacher": "m", "workers": 64, "processes": 2}, 1_000, 2, id="so many"),
        pytest.param({}, 900, 3, id="the lexicon by rows"),
        pytest.param({}, 1, 1, id="one at least"),
    ],
)
def test_workers_of_ray_are_as_many_as_are_asked_for_or_pay(settings: dict[str, Any], rows: int, workers: int) -> None:
    assert count_ray_workers(DistillSettings(engine=Engine.RAY, **settings), rows, cores=40) == workers


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"engine": "threads", "processes": 2, "workers": 4}, "--engine threads works in one process, not 2"),
        ({"engine": "processes", "teacher": "m"}, "pass at least 2 of them"),
        ({"engine": "ray", "student": "x"}, "a student works in one process; pass --engine threads in place of ray"),
        ({"engine": "dask"}, "engine is 'dask'"),
    ],
)
def test_an_engine_that_contradicts_the_rest_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        settings_of(settings)


def test_an_engine_changes_no_result_and_may_resume_another_ones_run() -> None:
    ray = DistillSettings(engine=Engine.RAY, processes=2, workers=4)
    assert ray.result_settings() == DistillSettings(workers=4).result_settings()
