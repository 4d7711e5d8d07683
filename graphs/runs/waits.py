"""What a run waits for, in words, from what its processes say of themselves."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from molreflect.graphs.runs.control import Command
from molreflect.tools.english import counted
from molreflect.tools.terms import CommandName

OUTAGE_AFTER = 5.0
"""Seconds without any answer after which it is called an outage."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that rows wait for. Times are seconds since 1970."""

    reason: str
    """`paused`, `outage`, `told to wait`, `room` or `limit`."""
    rows: int
    """How many wait for it."""
    since: float | None
    until: float | None
    """When it ends, or the run does for its sake; None where nobody knows."""
    text: str
    """The same in words, with times of this machine's clock."""


def waits_of(said: Sequence[Mapping[str, Any]], commands: Sequence[Command]) -> tuple[Wait, ...]:
    """Put together what the rows of a run wait for.

    Args:
        said: What each process last said of itself.
        commands: What was asked of the run, oldest first.
    """
    endpoints = [state["endpoint"] for state in said if state["endpoint"] is not None]
    waiting = sum(endpoint["waiting"] for endpoint in endpoints)
    if any(state.get("paused") for state in said):
        since = next((c.answered for c in reversed(commands) if c.name == CommandName.PAUSE), None)
        when = "" if since is None else f" since {clock(since)}"
        return (Wait("paused", waiting, since, None, f"paused by ctl{when}; molreflect ctl RUN resume goes on"),)
    return tuple(wait for endpoint in endpoints if (wait := _wait_on(endpoint, time.time())) is not None)


def _wait_on(endpoint: Mapping[str, Any], now: float) -> Wait | None:
    rows, told = endpoint["waiting"], endpoint["told"]
    who = f"{counted(rows, 'row')} {'waits' if rows == 1 else 'wait'}"
    since, ends = endpoint["silent_since"], endpoint["patience_ends"]
    if since is not None and now - since > OUTAGE_AFTER:
        said = f": {told}" if told else ""
        return Wait(
            "outage",
            rows,
            since,
            ends,
            f"{who} out an outage since {clock(since)}, patience ends at {clock(ends)}{said}",
        )
    if (opens := endpoint["opens_at"]) is not None and opens > now:
        cause = f" on {endpoint['status']}" if endpoint["status"] else ""
        return Wait("told to wait", rows, None, opens, f"{who}{cause} until {clock(opens)}")
    if not rows:
        return None
    if endpoint["limited"]:
        return Wait("limit", rows, None, None, f"{who} for a limit of requests or tokens a minute (--rpm, --tpm)")
    if (room := endpoint["room"]) is not None and endpoint["under_way"] >= room:
        return Wait("room", rows, None, None, f"{who}, since the endpoint bears {counted(room, 'call')} at a time")
    return None


def clock(moment: float) -> str:
    """Write a time of day by this machine's clock, with the date where it is another day."""
    then = time.localtime(moment)
    form = "%H:%M:%S" if then[:3] == time.localtime()[:3] else "%Y-%m-%d %H:%M:%S"
    return time.strftime(form, then)
