"""Traces as HTML: parts of served pages, and one trace as a file that needs no server."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from molreflect.graphs.traces.store import TraceStore, TraceSummary
from molreflect.graphs.traces.tree import TreeRow
from molreflect.graphs.traces.view import CutText, StepView, TraceView, duration
from molreflect.tools.views.html import card_html, environment, render_page, visible

KINDS = {
    "LLM": "model",
    "TOOL": "tool",
    "RETRIEVER": "neighbours",
    "EVALUATOR": "verifier",
    "AGENT": "agent",
    "CHAIN": "step",
}
"""What a reader calls the kinds of steps."""
ENDINGS = {"OK": "ended well", "ERROR": "ended in an error", "UNSET": "goes on, or was killed"}
MAX_IN_FILE = 2_000
"""Steps of the longest trace that a file holds whole."""
MAX_TEXT_IN_FILE = 200_000
"""Characters of the longest text that a file holds whole."""
_CAPTION = 400
"""Characters of a neighbour's caption."""


def open_templates(*folders: Path) -> Environment:
    """Open the templates of the pages, with what they need."""
    made = environment(*folders)
    made.globals |= {"kinds": KINDS, "endings": ENDINGS, "most": MAX_TEXT_IN_FILE}
    made.filters |= {"duration": duration, "moment": moment, "cut": _cut}
    return made


def rows_html(view: TraceView, rows: Sequence[TreeRow], link: str) -> Markup:
    """Write rows of the tree.

    Args:
        view: Their trace.
        rows: Which.
        link: What stands before a step's id in an address.
    """
    return Markup("").join(Markup(_parts().row(view.row(row), view.total, link)) for row in rows)


def step_html(step: StepView, *, link: str, texts: str = "") -> Markup:
    """Write one step whole.

    Args:
        step: From `TraceView.step`.
        link: What stands before a step's id in an address.
        texts: What stands before a text's number in an address; empty where long texts are to stand there themselves.
    """
    card = None if step.card is None else Markup(card_html(step.card))
    return Markup(_parts().step(step, card, texts, link))


def text_html(text: CutText) -> Markup:
    """Write a long text whole, for the place of its button."""
    return Markup("<pre tabindex='0' aria-label='{}, whole'>{}</pre>").format(visible(text.name), visible(text.whole))


def account_html(view: TraceView) -> Markup:
    """Write what a trace came to, took and cost."""
    trace = view.trace
    return Markup(_parts().account(trace, moment(trace.started), duration(trace.seconds), view.understood()))


def overview_html(view: TraceView, link: str) -> Markup:
    """Write how the alignments came about, and what changed between the versions."""
    return Markup(_parts().overview(view.overview(), link))


def trace_page(store: TraceStore, trace: TraceSummary) -> str:
    """Write one trace as a page that works from disk, loads nothing and says what it leaves out."""
    view = TraceView(store, trace)
    shown = view.rows[:MAX_IN_FILE]
    steps = [(row.span.span_id, step_html(view.step(row.span.span_id), link="#")) for row in shown]
    return render_page(
        "trace_file.html",
        scripts=["alignment.js", "trace.js"],
        styles=["trace.css"],
        title=f"Trace of {trace.subject}",
        trace=trace,
        account=account_html(view),
        rows=rows_html(view, shown, "#"),
        total=view.total,
        steps=steps,
        overview=overview_html(view, "#"),
        left_out=len(view.rows) - len(shown),
        help=Markup(_parts().help()),
    )


def moment(seconds: float) -> str:
    """Write a Unix time as date and time in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@cache
def _parts() -> Any:
    return open_templates().get_template("trace.html").module


def _cut(text: str) -> str:
    return text if len(text) <= _CAPTION else f"{text[:_CAPTION]}... ({len(text):,} characters)"
