"""How far a run is: looked at from any process, while it goes on and after it has died.

Everything is a count that the databases keep; no record is read, so that a run of many thousands of rows is looked at
in a fraction of a second.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from molreflect.agents.schemas import Usage
from molreflect.graphs.runs.batches import batches_of, unread
from molreflect.graphs.runs.calls import FILE, CallLog
from molreflect.graphs.runs.control import FILE as CONTROL_FILE
from molreflect.graphs.runs.control import Command, ControlFile, Start
from molreflect.graphs.runs.schema import connect_run
from molreflect.graphs.runs.store import RunStore
from molreflect.graphs.runs.waits import Wait, waits_of
from molreflect.tools.errors import InputError
from molreflect.tools.storage import RESPONSES_FILE, is_locked
from molreflect.tools.terms import Verdict

RECENT = 60.0
"""Seconds over which the rates are taken."""
FRESH = 15.0
"""Seconds after which what a process said of itself is old: it is busy, or was killed a moment ago."""


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run as it is now. Times are seconds since 1970."""

    folder: str
    state: str
    """`preparing`, `running`, `busy` (a process works in the folder that is no distillation), `ended`, `died` (its
    process is gone without a word), `never begun`."""
    running: bool
    """Whether a process works on it."""
    process: int | None
    """The id of the process that works on it, or did last."""
    began: float | None
    """When that process began."""
    ended: float | None
    how: str
    """How it ended, in words."""
    command: str
    """By which it was begun, as it was typed."""
    phase: str
    """What is being done at the moment, in words; empty where nobody works on it."""
    waits: tuple[Wait, ...]
    """What it waits for at the moment."""
    calls_under_way: int
    concurrency: int | None
    """Calls at a time that it may make; None where nobody works on it."""
    rows: dict[str, int]
    """Rows by state: pending, drafted, done, failed."""
    failures: dict[str, int]
    """Failed rows by kind, most first; they sum to the failed rows."""
    verdicts: dict[str, int]
    """Structural phrases of finished rows by verdict."""
    calls: dict[str, int]
    """Requests to the teacher by how they ended, most first."""
    batches: list[dict[str, Any]]
    """Batches of the provider that are not read yet: `number`, `state`, `batch_id`, `requests`, `done`."""
    spent: Usage
    """What all requests used, those without an answer included; of the rows where the teacher is no endpoint."""
    cached_tokens: int
    """Of the tokens read, those that the provider had in its own cache."""
    from_store: Usage
    """What answers took that were at hand, and that this run has not paid for."""
    currency: str
    projected_cost: float | None
    """Money for the whole run, at what a draft or reflection has cost so far; None where nothing is priced."""
    rows_per_minute: float
    """Rows that came to an end in the last minute."""
    calls_per_minute: float
    seconds_left: float | None
    """At the pace of the last minute; None where nothing moves."""
    store_bytes: int | None
    """Size of the store of answers that all runs share; None where it is not known where that is."""
    commands: tuple[Command, ...]
    """What was asked of the run while it went on, oldest first."""

    def to_json(self) -> dict[str, Any]:
        """Plain types."""
        return asdict(self) | {"spent": self.spent.model_dump(), "from_store": self.from_store.model_dump()}


def status_of(folder: Path, *, cache: Path | None = None) -> RunStatus:
    """Look at a run.

    Args:
        folder: The run directory.
        cache: Where the store of answers lies, whose size is told.

    Raises:
        InputError: It is no run directory.
    """
    running = is_locked(folder)
    begun = (folder / "run.yaml").is_file() and (folder / "run.sqlite").is_file()
    if not begun and not (folder / CONTROL_FILE).is_file():
        raise InputError(f"{folder} is not a run directory; make one with `molreflect distill`")
    start, said, commands = _steered(folder)
    now = time.time()
    steered = running and start is not None and start.ended is None
    fresh = [state for at, state in said if now - at < FRESH] if steered else []
    own = next((state for state in fresh if state["worker"] is None), {})
    counted = _Counted.of(folder) if begun else _Counted()
    done, left = counted.steps()
    calls_per_minute, pace = counted.calls_lately * 60.0 / RECENT, own.get("steps_per_minute")
    spent = counted.paid or counted.used
    store = None if cache is None else sum(f.stat().st_size for f in cache.glob(f"{RESPONSES_FILE}*"))
    return RunStatus(
        folder=str(folder),
        state=_state(begun, running, steered, start),
        running=running,
        process=start.process if start is not None else None,
        began=start.began if start is not None else None,
        ended=start.ended if start is not None else None,
        how=start.how if start is not None else "",
        command=start.command if start is not None else "",
        phase=_phase(own),
        waits=waits_of(fresh, commands),
        calls_under_way=sum((state["endpoint"] or {}).get("under_way", 0) for state in fresh),
        concurrency=own.get("concurrency"),
        rows=counted.rows,
        failures=counted.failures,
        verdicts=counted.verdicts,
        calls=counted.calls,
        batches=[
            {"number": b.number, "state": b.state, "batch_id": b.batch_id, "requests": b.requests, "done": b.done}
            for b in unread(batches_of(folder))
        ],
        spent=spent,
        cached_tokens=counted.cached_tokens,
        from_store=_beyond(counted.used, spent) if counted.paid is not None else Usage(),
        currency=counted.currency,
        projected_cost=None if spent.cost is None or not done else round(spent.cost * (1 + left / done), 6),
        rows_per_minute=counted.ended_lately * 60.0 / RECENT,
        calls_per_minute=calls_per_minute,
        seconds_left=left / pace * 60.0 if steered and pace and left else None,
        store_bytes=store,
        commands=tuple(commands),
    )


def _steered(folder: Path) -> tuple[Start | None, list[tuple[float, dict[str, Any]]], list[Command]]:
    """Who works on the run, what its processes say of themselves, and what was asked of it."""
    if not (folder / CONTROL_FILE).is_file():  # of an earlier version
        return None, [], []
    with contextlib.closing(ControlFile(folder)) as control:
        start = control.last_start()
        return start, control.said(start.id) if start is not None else [], control.commands()


def _state(begun: bool, running: bool, steered: bool, start: Start | None) -> str:
    if running:
        return "busy" if not steered and start is not None else "running" if begun else "preparing"
    if not begun and (start is None or start.ended is not None):
        return "never begun"
    return "died" if start is not None and start.ended is None else "ended"


def _phase(own: Mapping[str, Any]) -> str:
    if not own:
        return ""
    of, done = own["of"], own["done"]
    share = f", {done / of:.0%}" if of else ""
    stopping = f"; stopping: {own['stopping']}" if own["stopping"] else ""
    return f"{own['phase']}{share}{stopping}"


def _beyond(whole: Usage, part: Usage) -> Usage:
    """What one usage has beyond another, which may be larger: attempts that failed are in no row's."""
    return Usage(
        input_tokens=max(0, whole.input_tokens - part.input_tokens),
        output_tokens=max(0, whole.output_tokens - part.output_tokens),
        calls=max(0, whole.calls - part.calls),
    )


@dataclass(frozen=True, slots=True)
class _Counted:
    """What the databases of a run count."""

    rows: dict[str, int] = field(default_factory=dict)
    failures: dict[str, int] = field(default_factory=dict)
    verdicts: dict[str, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    used: Usage = field(default_factory=Usage)
    """By what the rows say."""
    paid: Usage | None = None
    """By the account of calls; None where there is none."""
    cached_tokens: int = 0
    currency: str = ""
    ended_lately: int = 0
    calls_lately: int = 0
    drafts: int = 0
    reflected: int = 0
    """Rows that were reflected on, and have come to an end."""

    @classmethod
    def of(cls, folder: Path) -> _Counted:
        with contextlib.closing(RunStore.open(folder)) as store:
            rows, failures, used = store.counts(), store.failed.counts(), store.spent()
            price = (store.settings.get("account") or {}).get("price") or {}
        calls: dict[str, int] = {}
        paid, calls_lately, cached = None, 0, 0
        if (folder / FILE).is_file():
            with contextlib.closing(CallLog(folder)) as log:
                calls, calls_lately, cached = log.outcomes(), log.ended_since(RECENT), log.cached_tokens()
                paid = log.paid() if calls else None
        with contextlib.closing(connect_run(folder / "run.sqlite")) as db:
            sums = ", ".join(f"TOTAL({verdict.value})" for verdict in Verdict)
            done = "SELECT position FROM pairs WHERE state = 'done'"
            verdicts = db.execute(f"SELECT {sums} FROM ended WHERE position IN ({done})").fetchone()
            (ended,) = db.execute("SELECT COUNT(*) FROM ended WHERE at >= ?", (time.time() - RECENT,)).fetchone()
            drafts, reflected = db.execute("SELECT COUNT(*), TOTAL(reflected) FROM row_usage").fetchone()
        return cls(
            rows=rows,
            failures={kind.value: count for kind, count in failures.items()},
            verdicts={verdict.value: int(count) for verdict, count in zip(Verdict, verdicts, strict=True)},
            calls=calls,
            used=used,
            paid=paid,
            cached_tokens=cached,
            currency=str(price.get("currency", "")),
            ended_lately=int(ended),
            calls_lately=calls_lately,
            drafts=drafts,
            reflected=int(reflected),
        )

    def steps(self) -> tuple[int, float]:
        """Count drafts and reflections: made, and left by the share of drafts that were to be reflected on so far."""
        waiting = self.rows.get("drafted", 0)
        share = (self.reflected + waiting) / self.drafts if self.drafts else 1.0
        return self.drafts + self.reflected, self.rows.get("pending", 0) * (1.0 + share) + waiting
