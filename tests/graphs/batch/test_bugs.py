"""Bugs of ours: one row's is that row's failure with its traceback; the same in every row stops the run."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from worker_setups import buggy_teacher, worker_setup

import molreflect.graphs.alignment.nodes
from molreflect.graphs.batch.executors import ProcessExecutor
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.run import distill, distill_corpus, open_run
from molreflect.graphs.batch.schedule import ALIKE
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.terms import FailureKind
from molreflect.tools.verification.verify import verify_all


@pytest.mark.parametrize("workers", [1, 4])
def test_a_bug_in_the_verification_of_one_row_fails_that_row_with_its_traceback(
    workers: int, sample_run: SimpleNamespace, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(proposals: Any, *, pair_id: str, **more: Any) -> Any:
        if pair_id == "S005":
            raise ZeroDivisionError("atoms of\nnothing")
        return verify_all(proposals, pair_id=pair_id, **more)

    monkeypatch.setattr(molreflect.graphs.alignment.nodes, "verify_all", broken)
    settings = DistillSettings(neighbours=0, workers=workers, processes=1)
    result, _ = distill_corpus(str(sample_run.corpus), tmp_path / "run", settings, cache=cache)
    assert (result.done, result.failed, result.left) == (23, 1, 0)
    assert dict(result.kinds) == {FailureKind.UNEXPECTED: 1}
    failures = (tmp_path / "run" / "failures.jsonl").read_text(encoding="utf-8").splitlines()
    (failure,) = [found for line in failures if (found := json.loads(line)).get("id") == "S005"]
    assert failure["reason"] == "unexpected ZeroDivisionError: 'atoms of\\nnothing'"
    assert "Traceback (most recent call last)" in failure["raw"]
    assert ", in broken" in failure["raw"]


def test_a_bug_in_a_process_fails_that_row_with_its_traceback(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    corpus = read_corpus(sample_run.corpus, limit=5)
    prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
    settings = DistillSettings(neighbours=0, workers=2, processes=2)
    setup = replace(
        worker_setup(prepared, settings), open_teacher=partial(buggy_teacher, settings, corpus.pairs[3].caption)
    )
    with contextlib.ExitStack() as stack:
        stack.callback(prepared.close)
        teacher = open_teacher(settings, None, prepared.resources, stack)
        store = stack.enter_context(
            contextlib.closing(open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False))
        )
        result = distill(store, prepared, teacher, settings, executor=ProcessExecutor(setup, 2))
        (row,) = store.rows("failed")
        raw = store.last_failures()[row.id][0]
    assert (result.done, result.failed, result.left) == (4, 1, 0)
    assert row.id == corpus.pairs[3].id
    assert "a bug of ours" in row.reason
    assert "worker_setups.py" in raw


def test_the_same_bug_in_every_row_stops_the_run(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, pair_id: str, **more: Any) -> Any:
        raise ZeroDivisionError(f"in {pair_id}")

    monkeypatch.setattr(molreflect.graphs.alignment.nodes, "verify_all", broken)
    settings = DistillSettings(neighbours=0)
    with pytest.raises(RuntimeError, match=rf"{ALIKE} rows in a row failed of the same error.*\n.*Traceback"):
        distill_corpus(str(sample_run.corpus), tmp_path / "run", settings, cache=cache)
    monkeypatch.undo()
    counts = RunStore.open(tmp_path / "run").counts()
    assert counts == {"failed": ALIKE, "pending": 24 - ALIKE}
    result, _ = distill_corpus(str(sample_run.corpus), tmp_path / "run", settings, resume=True, cache=cache)
    assert result.done == 24
