"""Rows of the embedded teacher are kept together, none of them without its trace."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from molreflect.graphs.batch import schedule
from molreflect.graphs.batch.executors import _Outbox
from molreflect.graphs.batch.opening import open_run
from molreflect.graphs.batch.prepared_corpus import prepare_corpus
from molreflect.graphs.batch.run import distill
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.teacher_setup import open_teacher
from molreflect.graphs.batch.worker_pool import ENDED
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.traces.store import TraceStore
from molreflect.tools.corpus import read_corpus
from molreflect.tools.errors import StorageError


@pytest.mark.parametrize(("patience", "most"), [(60.0, 2), (0.0, 12)], ids=["together", "one by one"])
def test_no_row_is_kept_before_its_trace(
    patience: float, most: int, sample_run: SimpleNamespace, tmp_path: Path, cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(schedule, "KEPT_TOGETHER", patience)
    kept: list[list[str]] = []
    keep = RunStore.keep_drafts

    def keep_drafts(store: RunStore, drafts: Iterable[tuple[Any, Any, str]]) -> None:
        drafts = [*drafts]
        if drafts:
            kept.append([trace_id for _, _, trace_id in drafts])
            with closing(TraceStore(store.folder / "traces.sqlite")) as traces:
                for trace_id in kept[-1]:
                    trace = traces.trace(trace_id)
                    assert trace is not None
                    assert trace.status == "OK"
        keep(store, drafts)

    monkeypatch.setattr(RunStore, "keep_drafts", keep_drafts)
    corpus = read_corpus(sample_run.corpus, limit=6)
    settings = DistillSettings(neighbours=0)
    with contextlib.ExitStack() as stack:
        prepared = prepare_corpus(corpus, folder=None, cache=cache, routes=())
        stack.callback(prepared.close)
        store = stack.enter_context(closing(open_run(tmp_path / "run", corpus, settings, index_hash="", resume=False)))
        teacher = open_teacher(settings, None, prepared.resources, stack)
        assert distill(store, prepared, teacher, settings).done == 6
    assert len({trace_id for each in kept for trace_id in each}) == 6
    assert len(kept) <= most
    assert patience or len(kept) == 6


class Scribe:
    """A worker whose spans are written when a test lets them be."""

    together = True

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.settled = error, 0

    def settle(self) -> None:
        self.settled += 1
        if self.error is not None:
            raise self.error


class Sent:
    """What a process has sent."""

    def __init__(self) -> None:
        self.letters: list[tuple[int, Any, Any]] = []

    def send(self, number: int, outcome: Any = None, bug: Any = "") -> None:
        self.letters.append((number, outcome, bug))


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """No outcome is sent for having waited long enough."""
    monkeypatch.setattr("molreflect.graphs.batch.executors.SECONDS_HELD", 3600.0)
    monkeypatch.setattr("molreflect.graphs.batch.executors.stopping", threading.Event())


@pytest.mark.usefixtures("still")
def test_a_process_sends_outcomes_once_their_spans_are_written() -> None:
    scribe, sent = Scribe(), Sent()
    outbox = _Outbox(cast("Any", scribe), cast("Any", sent))
    outbox.put(1, cast("Any", "first"), "")
    outbox.put(2, None, "a bug")
    outbox.put(3, cast("Any", "third"), "")
    assert sent.letters == [(1, None, ENDED), (2, None, "a bug"), (3, None, ENDED)]
    assert scribe.settled == 0
    outbox.send()
    assert sent.letters[3:] == [(1, "first", ""), (3, "third", "")]
    outbox.send()
    assert (scribe.settled, len(sent.letters)) == (1, 5)


@pytest.mark.usefixtures("still")
def test_an_outcome_whose_spans_cannot_be_written_is_an_error() -> None:
    sent = Sent()
    outbox = _Outbox(cast("Any", Scribe(StorageError("the disk is full"))), cast("Any", sent))
    outbox.put(1, cast("Any", "first"), "")
    outbox.send()
    (_, (number, outcome, bug)) = sent.letters
    assert (number, outcome, str(bug)) == (1, None, "the disk is full")
