"""What a list shows of a trace, and which traces it shows."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any

from molreflect.graphs.traces.packs import PLACES, WHOLE
from molreflect.tools.terms import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSummary:
    """One line of a list of traces."""

    trace_id: str
    parent_trace: str | None
    """The trace that it was forked from."""
    run: str
    kind: str
    """`alignment` or `conversation`."""
    subject: str
    """The pair's id, or the conversation's name."""
    title: str
    """The question, or what the pair's caption begins with."""
    started: float
    """Unix time in seconds."""
    seconds: float
    """Of its roots."""
    status: str
    """As in `Status`; `UNSET` while it goes on, or where it was killed."""
    verdicts: dict[str, int] = field(default_factory=dict)
    """Alignments by verdict, of the last ones that were judged."""
    input_tokens: int
    cached_tokens: int
    """Of the input tokens, those the provider had in its cache."""
    output_tokens: int
    cost: float | None
    """None where the model has no price."""
    currency: str
    spans: int
    model_calls: int
    tool_calls: int
    errors: int
    """Steps that failed, those a model was told about and mended included."""
    place: tuple[float, int]
    """Where it stands in the order of the list; what comes after it is asked for with `before`."""

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceFilter:
    """Which traces are listed: those that fit everything that is given."""

    run: str | None = None
    subject: str | None = None
    """A pair's id, or a conversation's name."""
    kind: str | None = None
    verdict: Verdict | None = None
    """Traces with such a verdict, among the last ones that were judged."""
    reason: str | None = None
    """Likewise, by the reason of the verdict."""
    tool: str | None = None
    """Traces that called this tool."""
    status: str | None = None
    """`ok`, `error`, or `open` (it goes on, or was killed)."""
    min_cost: float | None = None
    text: str | None = None
    """Words that stand together in one message, argument or result."""
    since: float | None = None
    """Unix time in seconds."""

    def conditions(self) -> tuple[str, list[Any]]:
        """Write the filter as SQL: conditions on the table of traces, and their values."""
        found: list[tuple[str, tuple[Any, ...]]] = []
        for column in ("run", "subject", "kind"):
            if (value := getattr(self, column)) is not None:
                found.append((f"t.{column} = ?", (value,)))
        if self.reason is not None:
            of = " AND r.verdict = ?" if self.verdict is not None else ""
            values = (self.reason, *((str(self.verdict),) if self.verdict is not None else ()))
            found.append((f"EXISTS (SELECT 1 FROM reasons r WHERE r.trace = t.id AND r.reason = ?{of})", values))
        elif self.verdict is not None:
            found.append((f"t.{Verdict(self.verdict).value} > 0", ()))
        if self.tool is not None:
            found.append(("EXISTS (SELECT 1 FROM tools o WHERE o.trace = t.id AND o.tool = ?)", (self.tool,)))
        if self.status is not None:
            found.append(("t.status = ?", ({"open": "UNSET"}.get(self.status, self.status.upper()),)))
        if self.min_cost is not None:
            found.append(("t.cost >= ?", (self.min_cost,)))
        if self.since is not None:
            found.append(("t.started >= ?", (self.since,)))
        if self.text is not None:
            found.append(
                (
                    f"t.id IN (SELECT u.trace FROM words JOIN uses u ON u.pack = words.rowid / {PLACES} "
                    f"AND u.place IN ({WHOLE}, words.rowid % {PLACES}) WHERE words MATCH ?)",
                    (words_of(self.text),),
                )
            )
        return " AND ".join(c for c, _ in found) or "1", [value for _, values in found for value in values]


def words_of(text: str) -> str:
    """Write words as a query of FTS5: all of them, in any order; a star at the end of one finds its beginnings.

    Words are cut where the index cuts them, at underscores too: it keeps no places, so that it cannot find phrases.
    """
    words = re.findall(r"[^\W_]+\*?", text)
    return " AND ".join(f'"{word.rstrip("*")}"{"*" if word.endswith("*") else ""}' for word in words) or '""'
