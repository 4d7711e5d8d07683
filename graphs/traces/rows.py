"""Rows of the database of traces, and the sums that stand beside each trace."""

from __future__ import annotations

import json
import re
import sqlite3
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from molreflect.graphs.traces.contents import dumps
from molreflect.graphs.traces.packs import WHOLE, Kept, PackWriter
from molreflect.graphs.traces.spans import (
    COST,
    CURRENCY,
    MESSAGES_IN,
    TOKENS_CACHED,
    TOKENS_IN,
    TOKENS_OUT,
    Judged,
    Span,
    Status,
    TraceStart,
)
from molreflect.tools.terms import Verdict

_LEAST = 4
"""Hashes of a list that are written as one text."""
_HASH = re.compile(r"[0-9a-f]{32}")

Sums = defaultdict[str, float]
"""What is added to the sums beside a trace, by column; `priced` counts calls whose cost is known."""


@dataclass(slots=True, weakref_slot=True)
class Pending:
    """What of one trace is not written yet."""

    start: TraceStart
    spans: dict[int, Span] = field(default_factory=dict)
    """Changed, by position."""
    written: dict[int, bool] = field(default_factory=dict)
    """Spans that stand in the file, by position, and whether they had ended."""
    judged: Judged | None = None
    texts: dict[str, tuple[str, Kept]] = field(default_factory=dict)
    """Texts that it refers to, by hash."""
    noted: set[tuple[int, int]] = field(default_factory=set)
    """Where texts stand that are noted as its own, as `uses` has them."""
    row: int | None = None
    """Its key in the file."""
    pruned: int = 0
    """How often the file had been pruned when that was looked up."""


def written_attributes(attributes: Mapping[str, Any]) -> str:
    """Write the attributes of a span; the hashes of many messages as one text.

    A model that is told of twenty turns reads a hundred messages, whose hashes would be most of what a trace of a
    conversation takes.
    """
    hashes = attributes.get(MESSAGES_IN)
    if isinstance(hashes, list) and len(hashes) >= _LEAST and all(_is_hash(each) for each in hashes):
        joined = b64encode(bytes.fromhex("".join(hashes))).decode()
        attributes = {**attributes, MESSAGES_IN: joined}
    return dumps(attributes)


def read_attributes(text: str) -> dict[str, Any]:
    """Read what `written_attributes` wrote; earlier files have lists."""
    attributes: dict[str, Any] = json.loads(text)
    joined = attributes.get(MESSAGES_IN)
    if isinstance(joined, str):
        digits = b64decode(joined).hex()
        attributes[MESSAGES_IN] = [digits[i : i + 32] for i in range(0, len(digits), 32)]
    return attributes


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def taken(pending: Pending) -> tuple[Pending, Pending]:
    """Take what is pending of a trace, so that more may come while it is written."""
    batch = Pending(pending.start, pending.spans, judged=pending.judged, texts=pending.texts)
    pending.spans, pending.judged, pending.texts = {}, None, {}
    return pending, batch


@dataclass(slots=True)
class Batch:
    """What is written of one trace within a transaction."""

    db: sqlite3.Connection
    run: str
    pending: Pending
    batch: Pending
    number: int
    """Of the change."""
    pruned: int
    """How often the file was pruned."""

    def write(self, packs: PackWriter) -> None:
        """Write texts, spans, sums and verdicts."""
        row, written = self.pending.row, self.pending.written
        if row is None or self.pending.pruned != self.pruned:
            row = self._find_row()
        sums: Sums = defaultdict(float)
        tools: Counter[str] = Counter()
        rows = []
        status, currency = "", ""
        for position, span in self.batch.spans.items():
            attributes, seconds = span.attributes, span.seconds
            ended = seconds is not None
            new = position not in written
            was_ended = written.get(position, False)
            written[position] = ended or was_ended
            rows.append(
                (
                    *(row, position, span.span_id, span.parent_id, span.name, span.kind, span.started, seconds),
                    *(span.status if ended else Status.UNSET, self.number),
                    written_attributes(attributes),
                )
            )
            if new:
                sums["spans"] += 1
                sums["model_calls"] += span.kind == "LLM"
                sums["tool_calls"] += span.kind == "TOOL"
                sums["open_roots"] += span.parent_id is None
                if span.kind == "TOOL":
                    tools[span.name] += 1
            if ended and not was_ended:
                ended_sums(span, sums)
                currency = attributes.get(CURRENCY) or currency
                if span.parent_id is None:
                    sums["open_roots"] -= 1
                    status = span.status
        self.db.executemany("INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        if tools:
            self.db.executemany(
                "INSERT INTO tools VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                [(row, tool, count) for tool, count in tools.items()],
            )
        add_sums(self.db, row, sums, status, currency, self.number)
        if self.batch.judged is not None:
            write_verdicts(self.db, row, self.batch.judged)
        if self.batch.texts:
            noted = self.pending.noted
            used = {each for each in packs.write(self.batch.texts) - noted if (each[0], WHOLE) not in noted}
            self.db.executemany("INSERT OR IGNORE INTO uses VALUES (?, ?, ?)", [(p, row, n) for p, n in used])
            noted |= used

    def _find_row(self) -> int:
        """Find the row of the trace; where there is none, or no longer, nothing of the trace is written either."""
        start = self.batch.start
        began = min((span.started for span in self.batch.spans.values()), default=0.0)
        made = self.db.execute(
            "INSERT OR IGNORE INTO traces (trace_id, parent_trace, run, kind, subject, title, started) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (start.trace_id, start.parent_trace, self.run, start.kind, start.subject, start.title, began),
        )
        (row,) = self.db.execute("SELECT id FROM traces WHERE trace_id = ?", (start.trace_id,)).fetchone()
        self.pending.row, self.pending.pruned = int(row), self.pruned
        if made.rowcount:
            self.pending.written.clear()
            self.pending.noted.clear()
        return int(row)


def ended_sums(span: Span, sums: Sums) -> None:
    """Add what one ended span counts for to the sums of its trace."""
    told = span.attributes
    sums["errors"] += span.status == Status.ERROR
    if span.parent_id is None:
        sums["seconds"] += span.seconds or 0.0
    if TOKENS_IN not in told:  # which a call of a model alone has, with the others
        return
    sums["input_tokens"] += told[TOKENS_IN] or 0
    sums["output_tokens"] += told.get(TOKENS_OUT) or 0
    sums["cached_tokens"] += told.get(TOKENS_CACHED) or 0
    if told.get(COST) is not None:
        sums["cost"] += told[COST]
        sums["priced"] += 1


def add_sums(db: sqlite3.Connection, row: int, sums: Sums, status: str, currency: str, number: int) -> None:
    """Bring the sums that stand beside a trace up to date."""
    names: tuple[str, ...] = ("spans", "model_calls", "tool_calls", "open_roots", "errors", "seconds")
    names += ("input_tokens", "output_tokens", "cached_tokens")
    changes = [f"{name} = {name} + ?" for name in names if sums[name]]
    values: list[Any] = [sums[name] for name in names if sums[name]]
    if sums["priced"]:
        changes.append("cost = COALESCE(cost, 0) + ?")
        values.append(sums["cost"])
    if currency:
        changes.append("currency = ?")
        values.append(currency)
    if status:
        changes.append("status = ?")
        values.append(status)
    db.execute(f"UPDATE traces SET {', '.join([*changes, 'changed = ?'])} WHERE id = ?", [*values, number, row])
    if status or sums["open_roots"]:
        db.execute("UPDATE traces SET status = 'UNSET' WHERE id = ? AND open_roots > 0", (row,))


def write_verdicts(db: sqlite3.Connection, row: int, judged: Judged) -> None:
    """Keep the verdicts that a trace has come to, in place of earlier ones."""
    counts = Counter(judged.of)
    by_verdict = Counter(verdict for verdict, _ in judged.of)
    db.execute(
        "UPDATE traces SET supported = ?, refuted = ?, unchecked = ? WHERE id = ?",
        (*(by_verdict[v] for v in (Verdict.SUPPORTED, Verdict.REFUTED, Verdict.UNCHECKED)), row),
    )
    db.execute("DELETE FROM reasons WHERE trace = ?", (row,))
    db.executemany(
        "INSERT INTO reasons VALUES (?, ?, ?, ?)",
        [(row, verdict, reason, count) for (verdict, reason), count in counts.items()],
    )
