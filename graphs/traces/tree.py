"""The steps of a trace in the order of their tree, with their places on a time line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from molreflect.graphs.traces.spans import Span

PAUSE = 1.0
"""Seconds between two roots above which the time line leaves the pause out: a reflection may come days later."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """One step, and where it stands."""

    span: Span
    level: int
    """1 for a root."""
    children: int
    begins: float
    """Milliseconds from the beginning of the trace, long pauses between roots left out."""
    takes: float
    """Milliseconds; of a step that has not ended, until the last moment that is known."""


def lay_out(spans: Sequence[Span]) -> list[TreeRow]:
    """Order steps as a tree: each before what it called, those of one caller in the order they began.

    Args:
        spans: All of a trace. One whose caller is not among them stands as a root.
    """
    known = {span.span_id for span in spans}
    below: dict[str | None, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda s: s.position):
        below[span.parent_id if span.parent_id in known else None].append(span)
    last = max((s.started + (s.seconds or 0.0) for s in spans), default=0.0)
    rows: list[TreeRow] = []
    shift, until = 0.0, None
    for root in below[None]:
        if until is None:
            shift = root.started
        elif root.started - until > PAUSE:
            shift += root.started - until - PAUSE / 10
        stack = [(root, 1)]
        while stack:
            span, level = stack.pop()
            called = below[span.span_id]
            takes = last - span.started if span.seconds is None else span.seconds
            rows.append(
                TreeRow(span, level, len(called), max(0.0, 1000 * (span.started - shift)), max(0.0, 1000 * takes))
            )
            stack += [(child, level + 1) for child in reversed(called)]
        ended = root.started + (last - root.started if root.seconds is None else root.seconds)
        until = ended if until is None else max(until, ended)
    return rows


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a tree."""

    rows: tuple[TreeRow, ...]
    before: int
    """Steps left out before it; callers of its first step are shown all the same."""
    after: int
    """Steps left out after it."""
    offset: int
    """Place of its first step that is no caller shown ahead."""


def window(rows: Sequence[TreeRow], *, size: int, offset: int = 0, holding: str | None = None) -> Window:
    """Take a part of a tree.

    Args:
        rows: From `lay_out`.
        size: Most steps.
        offset: Place of the first.
        holding: Id of a step that is to be in it; then it begins at a multiple of `size`.
    """
    if holding is not None:
        place = next((n for n, row in enumerate(rows) if row.span.span_id == holding), 0)
        offset = place // size * size
    shown = list(rows[offset : offset + size])
    callers: list[TreeRow] = []
    if shown:
        level = shown[0].level
        for row in reversed(rows[:offset]):
            if row.level < level:
                callers.insert(0, row)
                level = row.level
    return Window((*callers, *shown), offset - len(callers), max(0, len(rows) - offset - len(shown)), offset)
