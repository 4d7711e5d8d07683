"""How far a run is, in lines for a terminal and in one line for a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from molreflect.cli.progress import clock
from molreflect.tools.english import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from molreflect.graphs.runs.status import RunStatus


def status_lines(found: RunStatus) -> list[str]:
    """Say everything that is known of how far a run is."""
    lines = [f"{found.folder}: {_state(found)}"]
    if found.phase:
        lines.append(f"now        {found.phase}")
    lines += [f"waits      {wait.text.replace('ctl RUN', f'ctl {found.folder}')}" for wait in found.waits]
    total = sum(found.rows.values())
    if total:
        lines.append(f"rows       {_listed(found.rows)} of {total:,}")
    if found.failures:
        lines.append(f"failures   {_listed(found.failures)}; molreflect failures {found.folder}")
    if total:
        lines.append(f"phrases    {_listed(found.verdicts)}")
    if found.calls:
        lines.append(f"requests   {_listed(found.calls)}")
    for batch in found.batches:
        name = batch["batch_id"] or f"batch {batch['number']}"
        lines.append(f"batch      {name} is {batch['state']}, {batch['done']:,} of {batch['requests']:,} worked on")
    if found.concurrency is not None:
        lines.append(f"at once    {counted(found.calls_under_way, 'call')} under way, {found.concurrency} at most")
    if found.spent.calls:
        lines.append(f"spent      {_spent(found)}")
    if found.from_store.calls:
        kept = found.from_store
        tokens = f"{kept.input_tokens + kept.output_tokens:,} tokens"
        lines.append(f"at hand    {counted(kept.calls, 'answer')} from the store, {tokens}, not paid for again")
    if found.spent.cost:
        lines.append(f"money      {_money(found)}")
    if found.running and total:
        left = "" if found.seconds_left is None else f", about {clock(found.seconds_left)} left"
        rates = f"{found.rows_per_minute:,.0f} rows and {found.calls_per_minute:,.0f} requests"
        lines.append(f"rate       {rates} in the last minute{left}")
    if found.store_bytes:
        lines.append(f"store      {found.store_bytes / 1e6:,.1f} MB of answers that all runs share")
    for command in found.commands[-5:]:
        number = "" if command.value is None else f" {command.value}"
        lines.append(f"ctl        {_moment(command.at)} {command.name}{number}: {command.answer}")
    if not found.running and found.command and set(found.rows) - {"done"}:
        lines.append(f"go on      {going_on(found.command)}")
    return lines


def progress_line(found: RunStatus) -> str:
    """Say in one line how far a run is: rows, rate, money, failures, time left, what it waits for."""
    total = sum(found.rows.values())
    parts = []
    if total:
        done = f"{found.rows.get('done', 0):,} of {counted(total, 'row')} done"
        drafted = found.rows.get("drafted", 0)
        parts.append(f"{done}, {drafted:,} drafted" if drafted else done)
        if failed := found.rows.get("failed", 0):
            parts.append(f"{failed:,} failed ({_listed(found.failures)})")
        rates = [f"{found.rows_per_minute:,.0f} rows/min"]
        rates += [f"{found.calls_per_minute:,.0f} requests/min"] if found.calls else []
        parts.append(", ".join(rates))
    if found.spent.cost:
        parts.append(_money(found))
    if found.seconds_left is not None:
        parts.append(f"about {clock(found.seconds_left)} left")
    if found.phase and not (total and found.phase.startswith(("drafting", "reflecting"))):
        parts.insert(0, found.phase)
    parts += [wait.text.replace("ctl RUN", f"ctl {found.folder}") for wait in found.waits]
    return "; ".join(parts) if parts else _state(found)


def going_on(command: str) -> str:
    """Write a command that began a run so that it goes on with it."""
    words = [word for word in command.split(" ") if word != "--redo"]
    return " ".join(words if "--resume" in words else [*words, "--resume"])


def _state(found: RunStatus) -> str:
    since = "" if found.began is None else f" since {_moment(found.began)}"
    ended = "" if found.ended is None else f" at {_moment(found.ended)}"
    match found.state:
        case "preparing":
            return f"being prepared by process {found.process}{since}"
        case "running":
            return "running" if found.process is None else f"running, process {found.process}{since}"
        case "busy":
            return "a process works in the folder that is no distillation, such as an export"
        case "died":
            return f"nobody works on it: process {found.process}, which began at {_moment(found.began)}, has died"
        case "never begun":
            return f"no row was ever begun{f'; preparing it ended{ended}: {found.how}' if found.how else ''}"
        case _:
            return f"nobody works on it{f'; it ended{ended}: {found.how}' if found.how else ''}"


def _spent(found: RunStatus) -> str:
    spent = found.spent
    cached = f" ({found.cached_tokens:,} of them cached by the provider)" if found.cached_tokens else ""
    tokens = f"{spent.input_tokens:,} tokens read{cached}, {spent.output_tokens:,} written"
    return f"{counted(spent.calls, 'call')}, {tokens}"


def _money(found: RunStatus) -> str:
    projected = "" if found.projected_cost is None else f", {found.projected_cost:,.4f} projected for all rows"
    return f"{found.spent.cost:,.4f} {found.currency}{projected}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def _moment(at: float | None) -> str:
    from molreflect.graphs.runs.waits import clock as moment

    return "" if at is None else moment(at)
