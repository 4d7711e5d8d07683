"""How far work is, told to a log and to a terminal."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import pytest
from rich.console import Console

from molreflect.cli import progress
from molreflect.cli.progress import Stage, clock, steps
from molreflect.tools.english import counted
from molreflect.training.student.predict import PredictProgress
from molreflect.training.student.trainer import TrainProgress


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=stream, force_terminal=False))
    return stream


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr(progress, "err", Console(file=stream, force_terminal=True, width=100, color_system=None))
    return stream


def test_a_log_gets_one_plain_line_at_a_time_also_while_nothing_is_told(log: io.StringIO) -> None:
    with steps(every=0.1) as shown:
        shown.training(TrainProgress("train", 0, 30, tokens=0))
        shown.training(TrainProgress("train", 10, 30, loss=2.0, tokens=5_000))
        shown.training(TrainProgress("train", 12, 30, loss=1.0, tokens=6_000))
        time.sleep(0.35)  # a long step
    lines = log.getvalue().splitlines()
    assert 2 <= len(lines) <= 4
    assert "\x1b" not in log.getvalue()
    line = r"train: 12 of 30, loss 1\.500, [\d,]+ tokens/s, 0:0\d left, 0:00 so far"
    assert all(re.fullmatch(line, found) for found in lines), lines


def test_a_log_is_told_of_the_whole_where_that_is_known(log: io.StringIO) -> None:
    told = iter([None, "5 of 24 rows done; 60 rows/min"])
    with steps(every=60) as shown:
        shown.line = lambda: next(told)
        shown.progress("drafting", 1, 24)
        shown.beat()
        shown.beat()
    assert log.getvalue().splitlines() == ["drafting: 1 of 24, 0:00 so far", "5 of 24 rows done; 60 rows/min"]


def test_a_log_says_every_ten_seconds_and_at_the_end_of_a_counted_step(log: io.StringIO) -> None:
    assert progress.EVERY == 10
    with steps() as shown:
        shown.report("reading the corpus")
        shown.progress("drafting", 1, 2)
        shown.progress("drafting", 2, 2)
        shown.progress("drafting", 2, 2)  # told twice, said once
    assert log.getvalue() == "drafting: 2 of 2, 0:00\n"


def test_time_left_is_reckoned_from_where_a_resumed_step_went_on() -> None:
    stage = Stage("train", 100, 200, 1_000, now=0.0)
    assert stage.facts(5.0) == "100 of 200"
    stage.update(150, 200, 0.5, 2_000, 100.0)
    assert stage.facts(100.0) == "150 of 200, loss 0.500, 10 tokens/s, 1:40 left"
    assert stage.line(100.0).endswith("1:40 left, 1:40 so far")


def test_the_loss_is_a_running_mean_of_the_last_twenty() -> None:
    stage = Stage("train", 0, 100, None, now=0.0)
    for step, loss in enumerate([100.0, *[1.0] * 10, *[3.0] * 10], start=1):
        stage.update(step, 100, loss, None, 1.0)
    assert "loss 2.000" in stage.facts(1.0)


def test_a_terminal_shows_no_unknown_totals_and_no_bar_of_each_loss(terminal: io.StringIO) -> None:
    with steps() as shown:
        shown.report("choosing rows")
        for step in range(4):
            shown.progress("cap2mol/sft-1: train", step, 3, loss=1 / (step + 1))
        shown.predicting(PredictProgress(0, 8, 0.1, 40))
        shown.predicting(PredictProgress(8, 8, 2.0, 900))
        tasks: list[Any] = shown._bars.tasks  # type: ignore[union-attr]
        names = [task.description for task in tasks]
        assert names == ["choosing rows", "cap2mol/sft-1: train", "predicting"]
        assert all(task.finished or task.stop_time is not None for task in tasks)
    assert "/?" not in terminal.getvalue()


def test_steps_that_take_turns_keep_their_clocks(terminal: io.StringIO) -> None:
    with steps() as shown:
        for done in range(1, 4):
            shown.progress("drafting", done, 5)
            shown.progress("reflecting", done, 5)
        tasks: list[Any] = shown._bars.tasks  # type: ignore[union-attr]
        assert [(task.description, task.stop_time) for task in tasks] == [("drafting", None), ("reflecting", None)]
        for _ in range(12):
            for done in (0, 1):
                shown.progress("evaluate", done, 1)
        assert sum(task.visible for task in tasks) <= 8


def test_numbers_agree_with_their_nouns() -> None:
    assert [counted(n, "row") for n in (0, 1, 2_000)] == ["0 rows", "1 row", "2,000 rows"]
    assert counted(2, "query", "queries") == "2 queries"
    assert [clock(seconds) for seconds in (7, 65, 3_723)] == ["0:07", "1:05", "1:02:03"]
