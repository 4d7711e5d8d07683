"""Processes that ask another one for leave to call the teacher."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from molreflect.agents.errors import CapReachedError, Trouble, TroubleKind
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import Caps, RunMeter
from molreflect.agents.teacher.desk import LOST, CallDesk, DeskAddress, DeskClient, DeskServer, RemoteEndpoint
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy

ONE = Usage(calls=1)


@contextmanager
def desk_of(meter: RunMeter, endpoint: Endpoint | None = None) -> Iterator[DeskAddress]:
    with closing(DeskServer(CallDesk(endpoint or Endpoint(), meter))) as server:
        yield server.address


@contextmanager
def remote(address: DeskAddress, meter: RunMeter) -> Iterator[tuple[RemoteEndpoint, RunMeter]]:
    with closing(DeskClient(address)) as client:
        yield RemoteEndpoint(EndpointPolicy(), client), RunMeter(meter.caps)


def test_callers_elsewhere_share_one_cap() -> None:
    meter = RunMeter(Caps(calls=3))
    with desk_of(meter) as at, remote(at, meter) as (first, mine), remote(at, meter) as (second, other):
        for endpoint, its in ((first, mine), (second, other), (first, mine)):
            endpoint.end(endpoint.begin(ONE, "q", its), Usage(calls=1, output_tokens=3_000), None, its)
        with pytest.raises(CapReachedError, match="cap of 3 calls"):
            second.begin(ONE, "q", other)
        assert meter.spent == Usage(calls=3, output_tokens=9_000)
        assert "cap of 3 calls" in str(other.stopped)
        assert other.expected_output(None) == 3_000, "what a call may take is guessed from all answers"


def test_one_refused_key_stops_callers_elsewhere_who_wait() -> None:
    meter = RunMeter()
    with desk_of(meter) as at, remote(at, meter) as (first, mine), remote(at, meter) as (second, other):
        call = first.begin(ONE, "q", mine)
        waiter = threading.Thread(target=second.sleep, args=(60.0, other))
        waiter.start()
        first.end(call, ONE, Trouble(TroubleKind.REFUSED, "revoked"), mine)
        waiter.join(10.0)
        assert not waiter.is_alive()
        with pytest.raises(CapReachedError, match="revoked"):
            second.begin(ONE, "p", other)


def test_an_outage_is_judged_by_what_all_processes_see() -> None:
    meter = RunMeter()
    down = Trouble(TroubleKind.TRANSIENT, "down")
    with desk_of(meter) as at, remote(at, meter) as (first, mine), remote(at, meter) as (second, other):
        calls = [(e, e.begin(ONE, q, m), m) for e, q, m in ((first, "a", mine), (second, "b", other))]
        for endpoint, call, its in calls:
            endpoint.end(call, ONE, down, its)
        assert first.again(down, failures=99, waited=500.0) is not None, "two questions fail, and nobody is answered"
        second.end(second.begin(ONE, "c", other), ONE, None, other)
        assert first.again(down, failures=99, waited=500.0) is None, "another process was answered"


DIES = """
import os, sys, threading
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import RunMeter
from molreflect.agents.teacher.desk import DeskAddress, DeskClient, RemoteEndpoint
from molreflect.agents.teacher.endpoint import EndpointPolicy

endpoint = RemoteEndpoint(EndpointPolicy(), DeskClient(DeskAddress(sys.argv[1], bytes.fromhex(sys.argv[2]))))
endpoint.begin(Usage(calls=1), "q", RunMeter())
threading.Thread(target=endpoint.begin, args=(Usage(calls=1), "p", RunMeter()), daemon=True).start()
print("under way", flush=True)
sys.stdin.readline()
os._exit(9)
"""


def test_calls_of_a_process_that_dies_are_counted_and_make_room(child_env: dict[str, str]) -> None:
    booked: list[tuple[str, int]] = []
    meter = RunMeter(Caps(calls=2), account=lambda outcome, used: booked.append((outcome, used.calls)))
    endpoint = Endpoint()
    endpoint._room = 1.0  # so that the second caller waits
    with desk_of(meter, endpoint) as at, remote(at, meter) as (mine, its):
        child = subprocess.Popen(
            [sys.executable, "-c", DIES, at.address, at.key.hex()],
            env=child_env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == "under way\n"
        child.communicate("\n")
        call = mine.begin(ONE, "r", its)  # which has room only once the dead process's calls are settled
        mine.end(call, ONE, None, its)
    assert child.returncode == 9
    assert sorted(booked) == [("answered", 1), (LOST, 1)], "what only waited was not sent"
    assert meter.spent.calls == 2


def test_a_desk_that_is_gone_ends_the_callers_and_strangers_are_not_served() -> None:
    meter = RunMeter()
    with desk_of(meter) as at:
        with pytest.raises(Exception, match=r"digest|authent"):
            DeskClient(DeskAddress(at.address, os.urandom(32)))
        client = DeskClient(at)
        assert RemoteEndpoint(EndpointPolicy(), client).begin(ONE, "q", RunMeter()).number == 1
    time.sleep(0.05)
    client.close()
    with pytest.raises((CapReachedError, OSError)):
        RemoteEndpoint(EndpointPolicy(), DeskClient(at)).begin(ONE, "q", RunMeter())


def test_an_error_of_the_process_that_counts_ends_the_run_and_says_what_it_was() -> None:
    def full(outcome: str, used: Usage) -> None:
        raise OSError("no space\nleft")

    meter = RunMeter(account=full)
    with desk_of(meter) as at, remote(at, meter) as (endpoint, its):
        endpoint.end(endpoint.begin(ONE, "q", its), ONE, None, its)
        assert its.stopped == meter.stopped == "OSError: no space left"
        with pytest.raises(CapReachedError, match="no space left"):
            endpoint.begin(ONE, "p", its)
