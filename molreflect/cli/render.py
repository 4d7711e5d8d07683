"""How results look in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from molreflect.agents.schemas import PairRecord
from molreflect.doctor import Finding
from molreflect.graphs.traces.store import Span

if TYPE_CHECKING:
    from molreflect.graphs.batch.estimate import Figure, Projection
    from molreflect.training.student.train import Preview

_STYLE = {"supported": "green", "refuted": "magenta", "unchecked": "dim"}
_SHOWN = 600  # characters of one attribute in a tree; --json has everything

out = Console()


def print_record(record: PairRecord) -> None:
    """One pair: its caption with the phrases coloured by verdict, and a table of the alignments."""
    if record.caption is not None:
        text = Text(record.caption)
        for a in record.alignments:
            if a.start is not None and a.end is not None:
                text.stylize(f"{_STYLE[a.verdict]} underline", a.start, a.end)
        out.print(text)
    out.print(Text(record.smiles or "", style="bold"), soft_wrap=True)
    table = Table(show_edge=False, pad_edge=False)
    for column in ("phrase", "verdict", "reason", "pattern", "atoms", "level", "corpus"):
        table.add_column(column, overflow="fold")
    for a in record.alignments:
        evidence = a.evidence
        corpus = "" if evidence is None or evidence.recall is None else (
            f"{evidence.pairs_with_phrase} pairs, recall {evidence.recall:.0%}"
        )  # fmt: skip
        table.add_row(
            Text(a.phrase), Text(a.verdict, style=_STYLE[a.verdict]), Text(a.reason), Text(a.pattern or ""),
            Text(" ".join("(" + ",".join(map(str, hit)) + ")" for hit in a.atoms)), Text(a.level or ""), Text(corpus),
        )  # fmt: skip
    out.print(table)
    for a in record.alignments:
        if a.message and a.verdict == "refuted":
            out.print(Text(f"{a.phrase}: {a.message}", style="magenta"))
    shares = record.coverage
    phrases = "–" if shares.phrases is None else f"{shares.phrases:.0%}"
    atoms = "–" if shares.heavy_atoms is None else f"{shares.heavy_atoms:.0%}"
    out.print(Text(
        f"{phrases} of the structural phrases and {atoms} of the heavy atoms are supported; "
        f"{record.selected} kept ({record.selected_because}); trace {record.trace_id}", style="dim",
    ))  # fmt: skip


def print_summary(summary: dict[str, Any], folder: Path) -> None:
    """How a run ended."""
    rows = summary["rows"]
    table = Table(show_edge=False, pad_edge=False)
    for column in ("kind", "supported", "refuted", "unchecked"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    for kind, counts in summary["alignments"].items():
        table.add_row(kind, *(str(counts.get(v, 0)) for v in ("supported", "refuted", "unchecked")))
    out.print(table)
    share = summary["supported_share_of_structural_phrases"]
    shown = "" if share is None else f", {share:.1%} of structural phrases supported"
    print(
        f"{rows.get('done', 0)} pairs done, {rows.get('failed', 0)} failed, "
        f"{summary['bad_rows']} rows unreadable{shown}"
    )
    if (spent := summary["spent"])["calls"] and spent["input_tokens"]:
        price = (summary["run"].get("account") or {}).get("price") or {}
        money = "" if spent["cost"] is None else f", {spent['cost']:.4g} {price.get('currency', '')}"
        print(f"spent:  {spent['calls']} model calls, {spent['input_tokens'] + spent['output_tokens']} tokens{money}")
    print(f"run:    {folder}")
    print(f"report: {folder / 'report.html'}")


def print_projection(projection: Projection) -> None:
    """What a run would take."""
    table = Table(show_edge=False, pad_edge=False)
    for column in ("", "expected", "95 % interval"):
        table.add_column(column, justify="left" if not column else "right")
    figures = [("tokens read", projection.input_tokens), ("tokens written", projection.output_tokens)]
    figures.append(("model calls", projection.calls))
    for name, figure in figures:
        table.add_row(name, f"{figure.total:,.0f}", _interval(figure, "{:,.0f}"))
    if projection.cost is not None:
        table.add_row(
            f"cost, {projection.currency}", f"{projection.cost.total:,.4g}", _interval(projection.cost, "{:,.4g}")
        )
    else:
        table.add_row("cost", "unknown", "no price in a table")
    table.add_row("minutes", f"{projection.seconds.total / 60:,.2f}", _interval(projection.seconds, "{:,.2f}", 60))
    out.print(table)
    print(
        f"{projection.rows} rows, projected from {projection.sampled} ({projection.failed} of them failed); "
        f"preparation took {projection.preparation_seconds:g} s and is kept"
    )
    if projection.uncounted:
        print(f"{projection.uncounted} calls came without token counts; theirs are by {projection.how_counted}")
    spent = projection.spent
    money = "" if spent.cost is None else f", {spent.cost:.4g} {projection.currency}"
    print(f"the estimate itself took {spent.calls} calls, {spent.input_tokens + spent.output_tokens} tokens{money}")


def _interval(figure: Figure, form: str, per: float = 1.0) -> str:
    if figure.low is None or figure.high is None:
        return "needs 2 rows"
    return f"{form.format(figure.low / per)} to {form.format(figure.high / per)}"


def print_metrics(metrics: dict[str, Any], folder: Path) -> None:
    """How a training ended."""
    table = Table(show_edge=False, pad_edge=False, show_header=False)
    for name, value in metrics.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            if isinstance(number, (int, float, str)):
                table.add_row(f"{name} {part}".strip(), f"{number:.4g}" if isinstance(number, float) else str(number))
    out.print(table)
    print(f"student: {folder}")


def print_evaluation(evaluation: Any, *, published: str | None = None) -> None:
    """The scores of a prediction file or of a comparison; by class of rows and beside others where asked for."""
    out.print(evaluation.table())
    if getattr(evaluation, "strata", None):
        from molreflect.training.evaluation.evaluate import strata_table

        out.print(strata_table(evaluation))
    if published is not None:
        from molreflect.training.evaluation.published import set_beside
        from molreflect.training.evaluation.report import PUBLISHED_LEGEND, published_rows, refusals

        beside, refused = set_beside(evaluation, published)
        headings, rows = published_rows(beside)
        table = Table(title=f"beside published figures, {published}", caption=PUBLISHED_LEGEND, caption_justify="left")
        for heading in headings:
            table.add_column(heading, justify="left" if heading == "system" else "right")
        for cells in rows:
            table.add_row(*cells)
        out.print(table)
        for line in refusals(refused):
            print(f"not set beside, {line}")


def print_preview(preview: Preview) -> None:
    """Training examples token by token: what is masked, then what is trained on, with a bar between tokens."""
    for number, (example, tokens) in enumerate(preview.examples, start=1):
        trained = sum(taken for _, taken in tokens)
        shown = f"neighbours {', '.join(example.context)}" if example.context else "no neighbours"
        dropped = f", {example.dropped} dropped as too long" if example.dropped else ""
        out.print(Text(
            f"example {number} of {len(preview.examples)}: {example.direction} {example.id}, "
            f"{trained} of {len(tokens)} tokens are trained on, {shown}{dropped}", style="bold",
        ), soft_wrap=True)  # fmt: skip
        for taken, run in groupby(tokens, key=lambda token: token[1]):
            pieces = [text for text, _ in run]
            style = "green" if taken else "dim"
            out.print(Text(f"{'trained on' if taken else 'masked'} ({len(pieces)} tokens):", style=f"{style} reverse"))
            text = Text(style=style)
            for piece in pieces:
                # A line end is shown and made; a token that is part of a character is told by its bar alone.
                text.append(_visible(piece)).append(_BAR, style="not dim cyan")
            out.print(text, soft_wrap=True)
        out.print()
    out.print(Text(preview.summary, style="bold"), soft_wrap=True)


_BAR = "\u2502"


def _visible(token: str) -> str:
    """A token as it can be read in a terminal: line ends shown, other control characters escaped."""
    return "".join(
        "\u21b5\n" if char == "\n" else char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in token
    )


def print_traces(traces: Sequence[dict[str, Any]]) -> None:
    """One line for each trace, wide enough for a pipe: subject, kind, beginning, seconds, counts, trace id."""
    head = f"{'subject':20} {'kind':12} {'began (UTC)':19} {'seconds':>8} {'spans':>5} {'model':>5} {'tools':>5}"
    print(f"{head} errors trace")
    for t in traces:
        began = datetime.fromtimestamp(t["started"], UTC).strftime("%Y-%m-%d %H:%M:%S")
        print(
            f"{t['subject'][:20]:20} {t['kind']:12} {began:19} {t['seconds'] or 0:8.3f} {t['spans']:5} "
            f"{t['model_calls'] or 0:5} {t['tool_calls'] or 0:5} {t['errors'] or 0:6} {t['trace_id']}"
        )


def print_trace(trace: dict[str, Any], spans: Sequence[Span]) -> None:
    """One trace as a tree: who called what, with arguments, results and times."""
    root = Tree(Text(f"{trace['kind']} {trace['subject']}  trace {trace['trace_id']}", style="bold"))
    nodes: dict[str, Tree] = {}
    for span in spans:
        parent = nodes.get(span.parent_id or "", root)
        seconds = "" if span.seconds is None else f"{1000 * span.seconds:.1f} ms"
        head = Text.assemble((span.kind, "cyan"), " ", (span.name, "bold"), " ", (seconds, "dim"))
        if span.status != "OK":
            head.append(f" {span.status}", style="red")
        node = parent.add(head)
        nodes[span.span_id] = node
        for key, value in span.attributes.items():
            if key == "openinference.span.kind" or value in ("", None):
                continue
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"
            node.add(Text.assemble((f"{key} ", "dim"), shown))
    out.print(root)


def print_findings(findings: Sequence[Finding]) -> None:
    """What the doctor found."""
    table = Table(show_edge=False, pad_edge=False)
    for column in ("", "what", "found", "without it"):
        table.add_column(column, overflow="fold")
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            table.add_row("", Text(group, style="bold"), "", "")
        mark = Text("yes", style="green") if finding.ok else Text("no", style="yellow")
        table.add_row(mark, Text(finding.name), Text(finding.value), Text(finding.disables, style="dim"))
    out.print(table)
