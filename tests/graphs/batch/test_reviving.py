"""Processes that die: replaced, their rows done again, and a row that kills them failed alone."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from worker_setups import deadly_teacher, worker_setup

from molreflect.graphs.batch.executors import ProcessExecutor
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.reviving import VAIN_DEATHS, RevivingExecutor
from molreflect.graphs.batch.run import distill, open_run
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.tasks import Failure, Finished, Task
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import InputError
from molreflect.tools.processes import WorkerDiedError
from molreflect.tools.terms import FailureKind


@pytest.mark.parametrize("deaths", [1, 9])
def test_a_row_that_kills_its_process_is_tried_again_and_then_fails_alone(
    deaths: int, sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=6)
    deadly = corpus.pairs[2]
    settings = DistillSettings(neighbours=0, workers=4, processes=2)
    lives = tmp_path / "lives"
    lives.mkdir()
    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
    setup = replace(
        worker_setup(prepared, settings),
        open_teacher=partial(deadly_teacher, settings, deadly.caption, lives, deaths),
        calls=2,
    )
    told: list[str] = []
    with contextlib.ExitStack() as stack:
        stack.callback(prepared.close)
        teacher = open_teacher(settings, None, prepared.resources, stack)
        store = stack.enter_context(
            contextlib.closing(open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False))
        )
        executor = RevivingExecutor(partial(ProcessExecutor, setup, 2), told.append)
        result = distill(store, prepared, teacher, settings, executor=executor)
        records = {record["id"]: record["alignments"] for record in store.records()}
        failed = store.rows("failed")
    expected = {pair.id for pair in corpus.pairs} - ({deadly.id} if deaths > 1 else set())
    assert (result.done, result.failed, result.left) == (len(expected), 6 - len(expected), 0)
    assert set(records) == expected
    died = len([*lives.iterdir()])
    assert died == min(deaths, 2)
    assert len(told) in (died - 1, died), "the last is told beside the end of the run"
    assert all("process died" in line for line in told)
    if deaths > 1:
        assert dict(result.kinds) == {FailureKind.UNEXPECTED: 1}
        assert [(row.id, "died twice" in row.reason) for row in failed] == [(deadly.id, True)]


class Brittle:
    """Processes that die as a test says."""

    slots = 4
    processes = 1

    def __init__(self, deadly: Any) -> None:
        self.deadly = deadly
        self.pending: list[Future[Any]] = []
        self.told: list[str] = []

    def wait_ready(self) -> None:
        pass

    def submit(self, task: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.deadly(task):
            future.set_running_or_notify_cancel()
            error = WorkerDiedError("gone")
            error.begun = True
            threading.Thread(target=future.set_exception, args=(error,)).start()
        else:
            future.set_result(Finished(None, None, 0.0))
        return future

    def resize(self, calls: int) -> None:
        self.told.append(f"resize {calls}")

    def drain(self) -> None:
        self.told.append("drain")

    def stop(self) -> None:
        self.told.append("stop")


def test_processes_that_die_whatever_they_work_on_end_the_run_in_one_line() -> None:
    begun: list[Brittle] = []

    def begin() -> Brittle:
        begun.append(Brittle(lambda task: True))
        return begun[-1]

    executor = RevivingExecutor(begin)
    tasks = [cast("Task", number) for number in range(2 * VAIN_DEATHS)]
    futures = [executor.submit(task) for task in tasks]
    outcomes: list[Any] = []
    for future in futures:
        error = future.exception(timeout=30)
        outcomes.append(error if error is not None else future.result())
    assert any(isinstance(outcome, InputError) for outcome in outcomes)
    assert all(isinstance(outcome, InputError | Failure) for outcome in outcomes)
    assert len(begun) == VAIN_DEATHS
    with pytest.raises(InputError, match="fewer --processes"):
        executor.submit(tasks[0]).result(timeout=30)


def test_what_was_asked_of_processes_is_asked_of_those_begun_anew() -> None:
    begun: list[Brittle] = []

    def begin() -> Brittle:
        first = not begun
        begun.append(Brittle(lambda task: first))
        return begun[-1]

    executor = RevivingExecutor(begin)
    executor.resize(3)
    executor.drain()
    assert isinstance(executor.submit(cast("Task", 0)).result(timeout=30), Finished)
    assert begun[0].told == ["resize 3", "drain", "stop"]
    assert begun[1].told == ["resize 3", "drain"]
    executor.stop()
    assert begun[1].told[-1] == "stop"
