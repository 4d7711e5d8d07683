"""Estimates where answers are kept: what is answered costs nothing, and nothing is paid for twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import Reply, Server, says, serve

from benchmarks.kills import names_of, what_it_says
from molreflect.graphs.batch.estimate import Projection, estimate_corpus, project
from molreflect.graphs.batch.run import distill_corpus
from molreflect.graphs.batch.settings import DistillSettings

SETTINGS = DistillSettings(teacher="m", protocol="tools", neighbours=2, workers=4, processes=1)


def answer(body: dict[str, Any], number: int) -> Reply:
    return Reply(json.dumps(what_it_says(body)).encode())


class Case:
    """A teacher that counts, with a store of answers of its own."""

    def __init__(self, corpus: Path, folder: Path, names: Path, server: Server) -> None:
        self.corpus, self.folder, self.cache, self.server = corpus, folder, folder / "cache", server
        names_of(names, self.cache)
        self.settings = replace(SETTINGS, base_url=server.url)

    def calls_of(self, work: Any, *args: Any, **named: Any) -> tuple[Any, int]:
        before = len(self.server.requests)
        return work(*args, **named), len(self.server.requests) - before

    def estimate(self, name: str, sample: int) -> tuple[Projection, int]:
        found, calls = self.calls_of(
            estimate_corpus, str(self.corpus), self.folder / name, self.settings, sample, cache=self.cache
        )
        assert found.spent.calls == calls
        return found, calls

    def distill(self, name: str, **more: Any) -> int:
        (result, _), calls = self.calls_of(
            distill_corpus, str(self.corpus), self.folder / name, self.settings, cache=self.cache, **more
        )
        assert not result.left
        return calls


@pytest.fixture
def case(sample_run: SimpleNamespace, tmp_path: Path, cache: Path, no_page: None) -> Iterator[Case]:
    with serve(answer) as server:
        yield Case(sample_run.corpus, tmp_path, cache, server)


def test_what_an_estimate_pays_for_the_run_does_not_pay_for_again(case: Case) -> None:
    found, paid = case.estimate("first", 8)
    assert (found.rows, found.sampled, found.kept, found.answered) == (24, 8, True, 0)
    assert paid > 8
    rest = case.distill("first")
    low, high = found.calls.low or 0, found.calls.high or 0
    assert low <= rest <= high
    questions = [json.dumps(body["messages"], sort_keys=True) for body in case.server.requests]
    assert len(questions) == len(set(questions)) == paid + rest, "no question is sent twice"


def test_a_corpus_that_is_answered_costs_nothing_and_nothing_is_asked(case: Case) -> None:
    assert case.distill("first") > 24
    found, paid = case.estimate("second", 5)
    assert (paid, found.sampled, found.answered) == (0, 0, 24)
    assert (found.calls.total, found.calls.high, found.input_tokens.total, found.seconds.total) == (0, 0, 0, 0)
    assert case.distill("second") == 0


def test_rows_that_a_pilot_has_answered_are_left_out_of_what_is_to_be_paid(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    def submits_nothing(body: dict[str, Any], number: int) -> Reply:
        return says(None, calls=[("AlignmentDraft", {"alignments": []})])  # nothing to reflect on, whatever the corpus

    with serve(submits_nothing) as server:
        case = Case(sample_run.corpus, tmp_path, cache, server)
        assert case.distill("pilot", limit=12) == 12
        found, paid = case.estimate("whole", 4)
        assert (paid, found.sampled, found.answered) == (4, 4, 12)
        assert (found.calls.low, found.calls.total, found.calls.high) == (8, 8, 8)
        assert found.input_tokens.total == 8 * 100
        assert case.distill("whole") == 8


def test_what_is_paid_for_is_taken_off_all_three_figures() -> None:
    whole, left = project([1.0, 3.0], 100), project([1.0, 3.0], 100, less=4.0)
    assert left.total == whole.total - 4
    assert (left.low, left.high) == (0.0, pytest.approx((whole.high or 0) - 4, rel=1e-3))
    assert project([], 0).total == 0
    assert project([2.0], 3, less=2.0).total == 4
