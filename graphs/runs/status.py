"""How far a run is: looked at from any process, while it goes on and after it has died."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.graphs.runs.calls import FILE, CallLog
from molreflect.graphs.runs.store import RunStore
from molreflect.tools.storage import connect, is_locked
from molreflect.tools.terms import Verdict

RECENT = 60.0
"""Seconds over which the rate is taken."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run as it is now."""

    folder: str
    running: bool
    """Whether a process works on it."""
    rows: dict[str, int]
    """Rows by state: pending, drafted, done, failed."""
    failures: dict[str, int]
    """Failed rows by kind, most first."""
    verdicts: dict[str, int]
    """Structural phrases of finished rows by verdict."""
    calls: dict[str, int]
    """Requests to the teacher by how they ended, most first."""
    spent: Usage
    """What all requests used, those without an answer included; of the rows where the teacher is no endpoint."""
    currency: str
    projected_cost: float | None
    """Money for the whole run, at what a finished row has cost so far; None where nothing is priced or finished."""
    rows_per_minute: float
    """Rows that came to an end in the last minute."""
    calls_per_minute: float
    seconds_left: float | None
    """At the rate of the last minute; None where nothing moves."""

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self) | {"spent": self.spent.model_dump()}


def status_of(folder: Path) -> RunStatus:
    """Look at a run.

    Raises:
        InputError: It is no run directory.
    """
    with contextlib.closing(RunStore.open(folder)) as store:
        rows, kinds, spent = store.counts(), store.failure_kinds(), store.spent()
        price = (store.settings.get("account") or {}).get("price") or {}
    verdicts, ended = _ended(folder)
    calls: dict[str, int] = {}
    lately = 0
    if (folder / FILE).is_file():
        with contextlib.closing(CallLog(folder)) as log:
            calls, lately = log.outcomes(), log.ended_since(RECENT)
            spent = log.paid() if calls else spent
    failures: dict[str, int] = {}
    for kind in kinds.values():
        failures[kind.value] = failures.get(kind.value, 0) + 1
    finished = rows.get("done", 0) + rows.get("failed", 0)
    left = sum(rows.values()) - finished
    rate = ended * 60.0 / RECENT
    projected = None
    if spent.cost is not None and finished:
        projected = round(spent.cost / finished * sum(rows.values()), 6)
    return RunStatus(
        folder=str(folder),
        running=is_locked(folder),
        rows=rows,
        failures=dict(sorted(failures.items(), key=lambda item: -item[1])),
        verdicts=verdicts,
        calls=calls,
        spent=spent,
        currency=str(price.get("currency", "")),
        projected_cost=projected,
        rows_per_minute=rate,
        calls_per_minute=lately * 60.0 / RECENT,
        seconds_left=None if not left or not rate else left / rate * 60.0,
    )


def _ended(folder: Path) -> tuple[dict[str, int], int]:
    """Count the structural phrases of finished rows by verdict, and the rows that came to an end lately."""
    names = [verdict.value for verdict in Verdict]
    sums = ", ".join(f"TOTAL(e.{name})" for name in names)
    with contextlib.closing(connect(folder / "run.sqlite", "a database of a run")) as db:
        found = db.execute(
            f"SELECT {sums} FROM ended e JOIN pairs p ON p.position = e.position WHERE p.state = 'done'"
        ).fetchone()
        (lately,) = db.execute("SELECT COUNT(*) FROM ended WHERE at >= ?", (time.time() - RECENT,)).fetchone()
    return {name: int(count) for name, count in zip(names, found, strict=True)}, int(lately)
