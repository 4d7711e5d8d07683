"""What is said of how far a run is, as pairs of a name and a text."""

from __future__ import annotations

from collections.abc import Mapping

from molreflect.graphs.runs.status import RunStatus
from molreflect.graphs.runs.waits import clock
from molreflect.tools.english import counted

_STATES = {
    "preparing": "being prepared",
    "running": "running",
    "busy": "a process works in its folder that is no distillation, such as an export",
    "ended": "nobody works on it",
    "died": "its process has died",
    "never begun": "no row was ever begun",
}


def status_facts(found: RunStatus) -> list[tuple[str, str]]:
    """Say what is known of how far a run is; nothing is said of what there is none of."""
    rows = sum(found.rows.values())
    facts = [("state", _state(found)), ("now", found.phase)]
    facts += [("waits for", wait.text) for wait in found.waits]
    facts.append(("rows", f"{_listed(found.rows)} of {rows:,}" if rows else ""))
    facts.append(("rate", _rate(found) if found.running else ""))
    facts.append(("time left", f"about {span(found.seconds_left)}" if found.seconds_left is not None else ""))
    facts.append(("requests", _listed(found.calls)))
    facts.append(("tokens", _tokens(found)))
    facts.append(("from the store", counted(found.from_store.calls, "answer") if found.from_store.calls else ""))
    facts.append(("money", _money(found)))
    facts += [("asked of it", f"{clock(c.at)} {c.name}: {c.answer}") for c in found.commands[-3:]]
    return [(name, text) for name, text in facts if text]


def span(seconds: float) -> str:
    """Write a span of time in its two largest units."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _state(found: RunStatus) -> str:
    told = _STATES[found.state]
    if found.ended is not None and not found.running:
        told += f"; it ended at {clock(found.ended)}: {found.how}"
    elif found.began is not None and found.running:
        told += f" since {clock(found.began)}"
    return told


def _rate(found: RunStatus) -> str:
    requests = f", {found.calls_per_minute:,.0f} requests" if found.calls else ""
    return f"{found.rows_per_minute:,.0f} rows{requests} in the last minute"


def _tokens(found: RunStatus) -> str:
    spent = found.spent
    if not spent.input_tokens + spent.output_tokens:
        return ""
    return f"{spent.input_tokens:,} read, {spent.output_tokens:,} written, in {counted(spent.calls, 'call')}"


def _money(found: RunStatus) -> str:
    if not found.spent.cost:
        return ""
    whole = "" if found.projected_cost is None else f", {found.projected_cost:,.4f} projected for all rows"
    return f"{found.spent.cost:,.4f} {found.currency}{whole}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())
