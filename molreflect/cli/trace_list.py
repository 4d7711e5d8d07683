"""Traces in a terminal: a line for each, one as a tree, one step whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from molreflect.cli import render
from molreflect.cli.printable import readable
from molreflect.cli.render import broken, print_table
from molreflect.cli.trace_tree import span_lines, trace_lines
from molreflect.tools.text_tables import TextTable

if TYPE_CHECKING:
    from molreflect.graphs.traces.spans import Span
    from molreflect.graphs.traces.store import TraceStore, TraceSummary

WORDS = 60
"""Characters of a question or caption in a list."""
_SHORT_ID = 8


def print_traces(traces: Sequence[TraceSummary]) -> None:
    """Print one line for each trace: what it is about, when, how it ended, what it cost, its id."""
    rows = []
    for t in traces:
        began = datetime.fromtimestamp(t.started, UTC).strftime("%Y-%m-%d %H:%M:%S")
        verdicts = " ".join(f"{count} {verdict}" for verdict, count in t.verdicts.items())
        status = {"OK": "ok", "ERROR": "error"}.get(t.status, "open")
        money = f"{t.cost:.4f} {t.currency}" if t.cost else ""
        tokens = f"{t.input_tokens + t.output_tokens:,}" if t.input_tokens or t.output_tokens else ""
        title = readable(t.title.replace("\n", " "))
        words = title if len(title) <= WORDS else f"{title[: WORDS - 3]}..."
        calls = (f"{t.model_calls}", f"{t.tool_calls}")
        cells = (readable(t.subject), words, began, f"{t.seconds:.2f}", status, verdicts, *calls, tokens, money)
        rows.append([*cells, t.trace_id[:_SHORT_ID]])
    names = (
        "subject",
        "what",
        "began (UTC)",
        "seconds",
        "ended",
        "verdicts",
        "model",
        "tools",
        "tokens",
        "cost",
        "trace",
    )
    told = [i for i, name in enumerate(names) if name not in ("tokens", "cost") or any(row[i] for row in rows)]
    headings = tuple(names[i] for i in told)
    shown = [[row[i] for i in told] for row in rows]
    print_table(TextTable("", headings, shown, words=frozenset(("what", "ended", "verdicts"))))


def print_trace(trace: TraceSummary, spans: Sequence[Span], store: TraceStore, *, full: bool = False) -> None:
    """Print one trace as a tree: who called what and what came of it; in full with every message and result."""
    for line in trace_lines(trace, spans, store, broken, full=full):
        render.out.print(line, soft_wrap=True)


def print_span(span: Span) -> None:
    """Print one step with everything that is known of it."""
    for line in span_lines(span, broken):
        render.out.print(line, soft_wrap=True)
