"""An endpoint under calls that hang, limits that are used up, caps that run out: on a clock of the test."""

from __future__ import annotations

import time

import pytest

from molreflect.agents.errors import CapReachedError, Trouble, TroubleKind
from molreflect.agents.schemas import Usage
from molreflect.agents.teacher.budget import Caps, RunMeter
from molreflect.agents.teacher.desk import CallDesk, Query
from molreflect.agents.teacher.endpoint import Endpoint, EndpointPolicy
from molreflect.tools.errors import InputError


class Clock:
    """Seconds that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_call_that_hung_while_others_were_answered_is_no_outage(clock: Clock) -> None:
    meter, endpoint = RunMeter(), Endpoint(EndpointPolicy(patience=60.0), clock=clock)
    hung = endpoint.enter(meter, 0)
    for clock.now in (20.0, 40.0, 60.0, 100.0):
        endpoint.leave(endpoint.enter(meter, 0), None, meter)
    clock.now = 120.0
    endpoint.leave(hung, Trouble(TroubleKind.TRANSIENT, "timed out"), meter, "a")
    assert meter.stopped is None
    assert endpoint.look().silent_for == 20.0
    clock.now = 161.0
    endpoint.leave(endpoint.enter(meter, 0), Trouble(TroubleKind.TRANSIENT, "timed out"), meter, "b")
    assert meter.stopped == "the endpoint has answered nothing for 60 s: timed out"


def test_nobody_begins_a_call_while_a_refusal_is_written_down() -> None:
    """The account is a file: it takes its time, and sixty callers wait at the door."""
    endpoint = Endpoint(answers=True)
    told: list[str] = []

    def account(outcome: str, used: Usage) -> None:
        with pytest.raises(CapReachedError, match="revoked"):
            endpoint.begin(Usage(calls=1), "b", meter)
        told.append(outcome)

    meter = RunMeter(account=account)
    call = endpoint.begin(Usage(calls=1), "a", meter)
    endpoint.end(call, Usage(calls=1), Trouble(TroubleKind.REFUSED, "revoked"), meter)
    assert told == ["refused"]
    assert meter.spent.calls == 1


@pytest.mark.parametrize(("resets_in", "opens_in"), [(20.0, 20.0), (7200.0, 60.0), (None, None)])
def test_a_limit_that_is_used_up_is_waited_for_a_minute_at_most_and_ends_no_run(
    resets_in: float | None, opens_in: float | None, clock: Clock
) -> None:
    meter, endpoint = RunMeter(), Endpoint(EndpointPolicy(patience=10.0), clock=clock)
    trouble = Trouble(TroubleKind.BUSY, "slow down", resets_in=resets_in)
    endpoint.leave(endpoint.enter(meter, 0), trouble, meter, "a")
    assert endpoint.look().opens_in == opens_in
    assert meter.stopped is None


def test_a_time_to_wait_counts_more_than_when_a_limit_is_whole_again(clock: Clock) -> None:
    meter, endpoint = RunMeter(), Endpoint(clock=clock)
    trouble = Trouble(TroubleKind.BUSY, "slow down", retry_after=0.0, resets_in=50.0)
    endpoint.leave(endpoint.enter(meter, 0), trouble, meter, "a")
    assert endpoint.look().opens_in is None


def test_a_cap_on_time_ends_a_wait_for_the_endpoint() -> None:
    meter, endpoint = RunMeter(Caps(seconds=0.3)), Endpoint()
    endpoint.leave(endpoint.enter(meter, 0), Trouble(TroubleKind.BUSY, "slow down", retry_after=60.0), meter, "a")
    began = time.monotonic()
    with pytest.raises(CapReachedError, match=r"cap of 0\.3 seconds"):
        endpoint.begin(Usage(calls=1), "b", meter)
    assert time.monotonic() - began < 5.0
    endpoint.sleep(60.0, meter)
    assert time.monotonic() - began < 5.0


def test_a_cap_on_time_ends_a_wait_in_other_processes_too() -> None:
    meter = RunMeter(Caps(seconds=0.01))
    time.sleep(0.02)
    assert CallDesk(Endpoint(), meter).answer("w", Query("look")).stopped == "the run's cap of 0.01 seconds is reached"


@pytest.mark.parametrize("name", ["patience", "requests_per_minute", "tokens_per_minute"])
def test_a_bound_that_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="nan"):
        EndpointPolicy(**{name: float("nan")})  # type: ignore[arg-type]
