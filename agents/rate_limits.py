"""How long an endpoint asks to be left alone, by the headers of its answer."""

from __future__ import annotations

import email.utils
import math
import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime

_DURATION = re.compile(r"(?=.)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
"""As OpenAI and Groq write durations: `6m0s`, `20ms`, `2m59.56s`."""
_STRUCTURED = re.compile(r";\s*r\s*=\s*0\b.*?;\s*t\s*=\s*(\d+)")
"""`RateLimit` of the IETF draft, where nothing is left: `"default";r=0;t=30`."""
_EPOCH = 1e9
"""Numbers from here on are moments, in seconds since 1970, and not seconds to come."""
_EPOCH_MS = 1e12
_FOR_EVER = 1e9
"""Seconds; who says more means no more."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Read how long the endpoint asks to wait, in seconds; None where it does not say so in a way that can be read.

    `Retry-After` is in seconds or a date, which is taken by the clock of the endpoint (`Date`); OpenAI and Azure say it
    in milliseconds, too.

    Args:
        headers: Of the answer; names in lower case, or a mapping that ignores their case.
    """
    if (exact := _number(headers.get("retry-after-ms"))) is not None:
        return min(max(0.0, exact / 1000), _FOR_EVER)
    said = headers.get("retry-after")
    if said is None:
        return None
    if (seconds := _number(said.partition(",")[0])) is not None:  # of several that a proxy has joined the first
        return min(max(0.0, seconds), _FOR_EVER)
    until = _date(said)
    return None if until is None else min(max(0.0, until - _now(headers)), _FOR_EVER)


def resets_in(headers: Mapping[str, str]) -> float | None:
    """Read when a limit is whole again that is used up, in seconds; None where none is said to be.

    `x-ratelimit-remaining-requests` and `x-ratelimit-reset-requests` (or `-tokens`) of OpenAI and those that follow it,
    through proxies too; `anthropic-ratelimit-requests-remaining`; `X-RateLimit-Remaining` with a moment, as OpenRouter
    has it; `RateLimit` and `RateLimit-Remaining` of the IETF draft. Of several limits that are used up the latest
    counts.

    Args:
        headers: Of the answer; names in lower case, or a mapping that ignores their case.
    """
    found: list[float] = []
    for name, said in headers.items():
        lowered = name.lower()
        if lowered == "ratelimit":
            found += [float(seconds) for seconds in _STRUCTURED.findall(said)]
        elif "ratelimit" in lowered and "remaining" in lowered:
            left = _number(said)
            if left is not None and left <= 0:
                until = _reset(headers.get(lowered.replace("remaining", "reset")), lambda: _now(headers))
                found += [] if until is None else [until]
    return max(found, default=None)


def _reset(said: str | None, now: Callable[[], float]) -> float | None:
    if said is None:
        return None
    if (number := _number(said)) is not None:
        if number >= _EPOCH_MS:
            number /= 1000
        return max(0.0, number - now() if number >= _EPOCH else number)
    if (parts := _DURATION.fullmatch(said.strip())) is not None:
        days, hours, minutes, seconds, milliseconds = (float(part or 0) for part in parts.groups())
        return ((days * 24 + hours) * 60 + minutes) * 60 + seconds + milliseconds / 1000
    try:
        until = datetime.fromisoformat(said.strip()).timestamp()  # Anthropic's
    except (ValueError, OverflowError, OSError):
        return None
    return max(0.0, until - now())


def _number(said: str | None) -> float | None:
    """Read a number; None where there is none, or none that can be counted with."""
    try:
        value = float(said or "")
    except ValueError:
        return None
    return None if math.isnan(value) else value


def _date(said: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(said or "").timestamp()
    except (ValueError, TypeError, OverflowError, OSError, IndexError):  # a date nobody can read says nothing
        return None


def _now(headers: Mapping[str, str]) -> float:
    """The time at the endpoint, whose clock may go otherwise than ours."""
    there = _date(headers.get("date"))
    return time.time() if there is None else there
