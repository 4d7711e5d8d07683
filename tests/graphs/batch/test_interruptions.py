"""Runs that are killed, stopped and struck by faults: every row once, the same bytes, nothing paid for twice."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from benchmarks import kills


def test_a_run_that_is_killed_at_any_moment_ends_with_the_same_bytes_and_pays_for_nothing_twice(
    sample_run: SimpleNamespace, tmp_path: Path, cache: Path
) -> None:
    with kills.teacher(latency=0.15) as counted:
        found = kills.trial(sample_run.corpus, tmp_path, counted, moments=6, workers=4, seed=7, names=cache)
    assert (found.moments, found.rows_once, found.same_bytes, found.paid_again) == (6, True, True, 0)
    assert found.codes[-1] == 0
    assert set(found.codes) <= {0, -9, 130, 143}, "no traceback, whatever the moment"
