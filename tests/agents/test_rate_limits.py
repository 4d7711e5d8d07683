"""How long endpoints ask to be left alone, in the words of each."""

from __future__ import annotations

import time
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from molreflect.agents.rate_limits import resets_in, retry_after

HOUR = 3600.0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "0.25"}, 0.25),
        ({"Retry-After": "-7"}, 0.0),
        ({"Retry-After": "1e400"}, 1e9),
        ({"Retry-After": "5, 5"}, 5.0),
        ({"retry-after-ms": "1500", "Retry-After": "9"}, 1.5),
        ({"retry-after-ms": "soon", "Retry-After": "3"}, 3.0),
        ({"Retry-After": "Mon, 01 Jan 0001 00:00:00 -0000"}, 0.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Fri, 31 Dec 99999 00:00:00 GMT"}, None),
        ({"Retry-After": ""}, None),
        ({}, None),
    ],
    ids=str,
)
def test_the_time_to_wait_is_read_and_never_negative_or_endless(said: dict[str, str], seconds: float | None) -> None:
    assert retry_after(httpx.Headers(said)) == seconds


@pytest.mark.parametrize("ahead", [0.0, 5 * HOUR, -5 * HOUR])
def test_a_date_is_meant_by_the_clock_of_whoever_says_it(ahead: float) -> None:
    there = time.time() + ahead
    headers = {"Date": formatdate(there, usegmt=True), "Retry-After": formatdate(there + 30, usegmt=True)}
    assert retry_after(httpx.Headers(headers)) == 30.0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "2m59.56s"}, 179.56),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1d2h"}, 26 * HOUR),
        (
            {
                "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "9s",
            },
            9.0,
        ),
        ({"llm_provider-x-ratelimit-remaining-tokens": "0", "llm_provider-x-ratelimit-reset-tokens": "4s"}, 4.0),
        ({"RateLimit-Remaining": "0", "RateLimit-Reset": "30"}, 30.0),
        ({"RateLimit": '"minute";r=0;t=30, "day";r=900;t=7000'}, 30.0),
        ({"RateLimit": '"minute";r=5;t=30'}, None),
        ({"x-ratelimit-remaining-requests": "3", "x-ratelimit-reset-requests": "6m0s"}, None),
        ({"x-ratelimit-remaining-requests": "0"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "soon"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": ""}, None),
        ({"x-ratelimit-remaining-requests": "few", "x-ratelimit-reset-requests": "1s"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "-3"}, 0.0),
        ({}, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_limit_that_is_used_up_says_when_it_is_whole_again(said: dict[str, str], seconds: Any) -> None:
    assert resets_in(httpx.Headers(said)) == seconds


@pytest.mark.parametrize("ahead", [0.0, 5 * HOUR])
@pytest.mark.parametrize(
    ("remaining", "reset", "write"),
    [
        ("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", "%Y-%m-%dT%H:%M:%SZ"),
        ("X-RateLimit-Remaining", "X-RateLimit-Reset", "milliseconds"),
        ("X-RateLimit-Remaining", "X-RateLimit-Reset", "seconds"),
    ],
    ids=["Anthropic", "OpenRouter", "GitHub"],
)
def test_a_moment_at_which_a_limit_is_whole_again_is_meant_by_the_clock_there(
    ahead: float, remaining: str, reset: str, write: str
) -> None:
    there = float(int(time.time() + ahead))
    until = there + 30
    told = {"milliseconds": f"{until * 1000:.0f}", "seconds": f"{until:.0f}"}
    said = told.get(write) or time.strftime(write, time.gmtime(until))
    assert resets_in(httpx.Headers({"Date": formatdate(there, usegmt=True), remaining: "0", reset: said})) == 30.0
