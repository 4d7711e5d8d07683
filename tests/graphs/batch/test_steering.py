"""Runs that are paused, slowed down, hurried and stopped from outside while they go on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from openai_server import Crowd, Reply, Server, says, serve

from molreflect.graphs.batch.run import DistillResult, distill_corpus
from molreflect.graphs.batch.settings import DistillSettings
from molreflect.graphs.batch.steering import INTERRUPTED, Steering, share_of
from molreflect.graphs.runs.control import ControlFile
from molreflect.graphs.runs.status import status_of
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.errors import InputError
from molreflect.tools.terms import CommandName, TeacherProtocol

LATENCY = 0.15


@dataclass
class Slow:
    """A server that takes its time, and knows how many calls it had at once."""

    server: Server
    crowd: Crowd = field(default_factory=Crowd)

    @property
    def asked(self) -> int:
        return len(self.server.requests)

    def most_from_now(self, seconds: float) -> int:
        """Most calls at once while some time passes."""
        self.crowd.most = 0
        time.sleep(seconds)
        return self.crowd.most

    def await_asked(self, count: int) -> None:
        until = time.monotonic() + 60
        while self.asked < count:
            assert time.monotonic() < until, f"only {self.asked} of {count} calls came"
            time.sleep(0.01)


@pytest.fixture
def slow() -> Iterator[Slow]:
    def answer(body: dict[str, Any], number: int) -> Reply:
        with found.crowd:
            time.sleep(LATENCY)
        return says(None, calls=[("AlignmentDraft", {"alignments": []})])

    with serve(answer) as server:
        found = Slow(server)
        yield found


Begin = Callable[..., Future[DistillResult]]


@pytest.fixture
def begin(sample_run: SimpleNamespace, fresh_out: Path, slow: Slow, cache: Path) -> Iterator[Begin]:
    with ThreadPoolExecutor(1) as aside:

        def start(*, resume: bool = False, **more: Any) -> Future[DistillResult]:
            settings = DistillSettings(
                teacher="m", base_url=slow.server.url, protocol=TeacherProtocol.TOOLS, neighbours=0,
                keeps_answers=False, **more,
            )  # fmt: skip
            return aside.submit(
                lambda: distill_corpus(str(sample_run.corpus), fresh_out, settings, resume=resume, cache=cache)[0]
            )

        yield start


def test_a_run_is_paused_slowed_down_and_hurried(begin: Begin, slow: Slow, fresh_out: Path) -> None:
    running = begin(workers=4)
    slow.await_asked(4)
    with closing(ControlFile(fresh_out)) as control:
        assert control.ask(CommandName.PAUSE).startswith("paused; ")
        time.sleep(2 * LATENCY)  # calls under way come to their end
        before = slow.asked
        assert slow.most_from_now(4 * LATENCY) == 0
        assert slow.asked == before, "no call while it is paused"
        assert control.ask(CommandName.CONCURRENCY, 1).startswith("1 call at a time at most, 4 before")
        assert control.ask(CommandName.RESUME) == "goes on"
        assert slow.most_from_now(4 * LATENCY) == 1
        assert control.ask(CommandName.CONCURRENCY, 7).startswith("7 calls at a time at most, 1 before")
        slow.crowd.most = 0
        assert running.result().done == 24
        assert slow.crowd.most == 7, "more than --workers, where that is asked for"
        assert [(c.name, c.value) for c in control.commands()] == [
            ("pause", None), ("concurrency", 1), ("resume", None), ("concurrency", 7)
        ]  # fmt: skip
    assert slow.asked == 24


def test_a_run_that_is_stopped_keeps_what_was_under_way(begin: Begin, slow: Slow, fresh_out: Path) -> None:
    running = begin(workers=4)
    slow.await_asked(6)
    with closing(ControlFile(fresh_out)) as control:
        control.ask(CommandName.PAUSE)
        answer = control.ask(CommandName.STOP)  # also where it is paused
        assert answer.startswith("stopping; ")
        ended = running.result()
        assert ended.stopped == INTERRUPTED
        start = control.last_start()
    assert start is not None
    assert (start.how, start.ended is not None) == (INTERRUPTED, True)
    assert ended.done == slow.asked < 24, "what was answered is kept"
    again = begin(workers=4, resume=True).result()
    assert again.done == slow.asked == 24, "a pause does not outlive its run, and nothing is asked twice"


def test_all_processes_of_a_run_obey(begin: Begin, slow: Slow, fresh_out: Path) -> None:
    running = begin(workers=4, processes=2)
    slow.await_asked(2)
    with closing(ControlFile(fresh_out)) as control:
        assert control.ask(CommandName.PAUSE).startswith("paused; ")
        time.sleep(0.5 + LATENCY)
        assert slow.most_from_now(3 * LATENCY) == 0
        control.ask(CommandName.CONCURRENCY, 2)
        control.ask(CommandName.RESUME)
        assert slow.most_from_now(5 * LATENCY) <= 2
        control.ask(CommandName.CONCURRENCY, 1)
    assert running.result().done == 24


def test_an_impossible_wish_is_refused_and_changes_nothing(begin: Begin, slow: Slow, fresh_out: Path) -> None:
    running = begin(workers=2)
    slow.await_asked(1)
    with closing(ControlFile(fresh_out)) as control:
        assert control.ask(CommandName.CONCURRENCY, 0) == "not done: concurrency must be 1 to 256, got 0"
        assert control.ask(CommandName.RESUME) == "was not paused, and goes on"
    assert running.result().done == 24


def test_nobody_answers_for_a_run_that_nobody_works_on(sample_run: SimpleNamespace, tmp_path: Path) -> None:
    with closing(ControlFile(tmp_path)) as control:
        with pytest.raises(InputError, match=r"nobody works on .*; pause needs a run that goes on"):
            control.ask(CommandName.PAUSE)
        assert control.waiting() == []


def test_a_process_that_takes_no_commands_is_named(sample_run: SimpleNamespace) -> None:
    with (
        closing(RunStore.open(sample_run.folder, write=True)),  # as an export does
        closing(ControlFile(sample_run.folder)) as control,
        pytest.raises(InputError, match="takes no commands"),
    ):
        control.ask(CommandName.STOP)


def test_a_run_whose_control_file_cannot_be_written_goes_on_and_says_so_once(tmp_path: Path) -> None:
    said: list[str] = []
    with Steering(tmp_path, say=said.append) as steering:
        steering._file._db.execute("PRAGMA query_only = ON")
        until = time.monotonic() + 5.0
        while not said and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(1.2)
        assert steering._thread.is_alive()
    (line,) = said
    assert line.startswith("the run goes on, but cannot be watched or steered for now: ")
    assert "control.sqlite" in line
    assert "\n" not in line


def test_a_command_that_is_not_answered_is_withdrawn(tmp_path: Path) -> None:
    from molreflect.tools.storage import run_lock

    with run_lock(tmp_path), closing(ControlFile(tmp_path)) as control:
        control.begin("")
        with pytest.raises(InputError, match=r"has not answered within 0\.1 s; the command is withdrawn"):
            control.ask(CommandName.PAUSE, patience=0.1)
        assert control.waiting() == []


def test_calls_are_shared_out_whole() -> None:
    for calls, processes in ((7, 3), (16, 4), (2, 4)):
        shares = [share_of(calls, processes, number) for number in range(processes)]
        assert sum(shares) == max(calls, processes)
        assert max(shares) - min(shares) <= 1


def test_what_is_paused_is_no_outage() -> None:
    from molreflect.agents.errors import CapReachedError, Trouble, TroubleKind
    from molreflect.agents.teacher.budget import RunMeter
    from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy

    now = 0.0
    endpoint, meter = Endpoint(EndpointPolicy(patience=30), clock=lambda: now), RunMeter()
    trouble = Trouble(TroubleKind.TRANSIENT, "broken")
    endpoint.leave(endpoint.enter(meter, 0), trouble, meter)
    assert endpoint.look().silent_for == 0.0
    endpoint.pause()
    now = 100.0
    endpoint.resume()
    endpoint.leave(endpoint.enter(meter, 0), trouble, meter)
    assert meter.stopped is None, "nothing was asked for 100 seconds, and nothing left unanswered"
    endpoint.pause()
    with ThreadPoolExecutor(1) as aside:
        waiting = aside.submit(endpoint.enter, meter, 0)
        meter.stop("enough")
        assert isinstance(waiting.exception(timeout=5), CapReachedError), "a pause holds up no end"


@contextmanager
def stopped(control: ControlFile) -> Iterator[None]:
    """Stop the run at the end, whatever the test found: nobody waits for a minute."""
    try:
        yield
    finally:
        with suppress(InputError):
            control.ask(CommandName.STOP)


def test_a_run_says_what_it_waits_for_and_stops_all_the_same(
    sample_run: SimpleNamespace, fresh_out: Path, cache: Path
) -> None:
    def answer(body: dict[str, Any], number: int) -> Reply:
        if number < 2:
            return says(None, calls=[("AlignmentDraft", {"alignments": []})])
        return Reply(b'{"error": {"message": "slow down"}}', 429, {"Retry-After": "60"})

    with (
        serve(answer) as server,
        ThreadPoolExecutor(1) as aside,
        closing(ControlFile(fresh_out)) as control,
        stopped(control),
    ):
        settings = DistillSettings(
            teacher="m", base_url=server.url, protocol=TeacherProtocol.TOOLS, neighbours=0, keeps_answers=False,
            workers=4,
        )  # fmt: skip
        running = aside.submit(lambda: distill_corpus(str(sample_run.corpus), fresh_out, settings, cache=cache)[0])
        until = time.monotonic() + 60
        found = status_of(fresh_out)
        while sum(wait.rows for wait in found.waits) < 4:
            assert time.monotonic() < until
            assert not running.done(), running.result()
            time.sleep(0.1)
            found = status_of(fresh_out)
        assert (found.state, found.rows["done"], found.process) == ("running", 2, os.getpid())
        (wait,) = found.waits
        assert (wait.reason, wait.rows) == ("told to wait", 4)
        assert wait.text.startswith("4 rows wait on 429 until ")
        assert wait.until is not None
        assert 30 < wait.until - time.time() <= 60
        assert "no call is under way" in control.ask(CommandName.STOP)
        assert running.result().left == 22
