"""How results look in a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from molreflect.cli.printable import json_line, readable, readable_text
from molreflect.tools.english import counted
from molreflect.tools.terms import Reason, Verdict
from molreflect.tools.text_tables import TextTable, lay_out

if TYPE_CHECKING:
    from molreflect.agents.schemas import PairRecord
    from molreflect.doctor import Finding
    from molreflect.graphs.batch.estimate import Figure, Projection
    from molreflect.tools.verification.text_check import CheckedText
    from molreflect.tools.verification.ties import JudgedTie
    from molreflect.training.student.preparation import Preview

_STYLE = {"supported": "green", "refuted": "magenta", "unchecked": "dim"}
_LINE_END, _TOKEN_END = "\u21b5", "\u2502"

out = Console()


def print_json(data: Any) -> None:
    """Print data for programs."""
    print(json_line(data, indent=2))


_LOOKS = {"title": "italic", "heading": "bold", "rule": "dim", "group": "bold", "caption": "dim", **_STYLE}


def print_table(table: TextTable) -> None:
    """Print a table that cuts nothing: as wide as the terminal, in a pipe as wide as it takes."""
    for line in lay_out(table, out.width if out.is_terminal else None):
        print_text(Text(line.text, style=_LOOKS.get(line.style, "")))


def print_text(text: Text) -> None:
    """Print a text, broken between words where a terminal is narrow; in a pipe a line stays a line.

    What a terminal would obey is escaped.
    """
    for line in broken(readable_text(text)):
        out.print(line, soft_wrap=True)


def print_line(text: str) -> None:
    """Print a plain text as `print_text` does."""
    print_text(Text(text))


def broken(text: Text, taken: int = 0) -> Sequence[Text]:
    """Break a text between words so that it fits the terminal beside `taken` columns; a longer word stays whole."""
    lines = []
    for line in text.split("\n", allow_blank=True):
        room, begin, breaks = max(out.width - taken, 1), 0, []
        for word in re.finditer(r"\S+", line.plain) if out.is_terminal else ():
            if word.end() - begin > room and word.start() > begin:
                begin = word.start()
                breaks.append(begin)
        for part in line.divide(breaks):
            part.rstrip()
            lines.append(part)
    return lines


def print_record(record: PairRecord) -> None:
    """Print one pair: its caption with the phrases coloured by verdict, and a table of the alignments."""
    if record.caption is not None:
        text = Text(record.caption)
        for a in record.alignments:
            if a.start is not None and a.end is not None:
                text.stylize(f"{_STYLE[a.verdict]} underline", a.start, a.end)
        print_text(text)
    print_text(Text(record.smiles or "", style="bold"))
    rows = []
    for a in record.alignments:
        seen = a.evidence
        corpus = (
            f"{counted(seen.pairs_with_phrase, 'pair')}, recall {seen.recall:.0%}"
            if seen and seen.recall is not None
            else ""
        )
        atoms = " ".join("(" + ",".join(map(str, hit)) + ")" for hit in a.atoms)
        cells = (a.phrase, str(a.verdict), str(a.reason), a.pattern or "", atoms, str(a.level or ""), corpus)
        rows.append([_one_line(cell) for cell in cells])
    headings = ("phrase", "verdict", "reason", "pattern", "atoms", "level", "corpus")
    marks = [str(a.verdict) for a in record.alignments]
    print_table(TextTable("", headings, rows, words=frozenset(headings), marks=marks))
    for a in record.alignments:
        if a.message and a.verdict == "refuted":
            print_text(Text(f"{a.phrase}: {Reason(a.reason).sentence} ({a.message})", style="magenta"))
    for left in record.unread or ():
        said = (record.caption or "")[left.start : left.end]
        print_text(Text(f"not read: {', '.join(left.words)}  {_one_line(said)}", style="yellow"))
    covered = (record.coverage.phrases, record.coverage.heavy_atoms)
    phrases, heavy = ("–" if share is None else f"{share:.0%}" for share in covered)
    shares = f"{phrases} of the structural phrases and {heavy} of the heavy atoms are supported"
    kept = f"{record.selected} kept ({record.selected_because})"
    print_text(Text(f"{shares}; {kept}; trace {record.trace_id}", style="dim"))


_WHY_UNREAD: dict[str, str] = {
    "not_understood": "words that look structural were not read",
    "other_language": "it does not look like English",
    "too_long": "the sentence is too long",
    "out_of_bounds": "the text is too long",
}


def print_checked(found: CheckedText) -> None:
    """Print every claim of a text with its verdict, then what was not read."""
    for claim in found.claims:
        said = ("says it is not there: " if claim.negated else "") + claim.phrase
        _print_verdict(claim.verdict, f"{said} [{claim.start}:{claim.end}]", claim.reason, claim.atoms)
    for part in found.unread:
        words = f": {', '.join(part.words[:8])}" if part.words else ""
        head = f"not read:  [{part.start}:{part.end}] {_WHY_UNREAD[part.why]}{words}"
        print_text(Text(f"{head}  {_one_line(part.text)}", style="yellow"))
    counts = ", ".join(f"{len(found.with_verdict(verdict))} {verdict}" for verdict in Verdict)
    said = (
        f"{counted(len(found.claims), 'structural claim')}: {counts}"
        if found.claims
        else "no structural claim was read"
    )
    parts = counted(len(found.unread), "part")
    print_text(Text(f"{said}; {parts} not read", style="dim"))


def print_judged(judged: Sequence[JudgedTie]) -> None:
    """Print one line for each tie, with the verifier's message where it does not stand."""
    for tie in judged:
        _print_verdict(tie.verdict, f"{tie.phrase} as {tie.pattern}", tie.reason, tie.atoms)
        if tie.message:
            print_text(Text(f"           {_one_line(tie.message)}", style="dim"))
    counts = ", ".join(f"{sum(t.verdict is v for t in judged)} {v}" for v in Verdict)
    print_text(Text(f"{counted(len(judged), 'tie')}: {counts}", style="dim"))


def _print_verdict(verdict: Verdict, said: str, reason: Reason, atoms: Sequence[Sequence[int]]) -> None:
    where = " ".join("(" + ",".join(map(str, hit)) + ")" for hit in atoms)
    line = Text(f"{verdict:10} ", style=_STYLE[verdict])
    line.append(_one_line(f"{said}: {reason.sentence}"), style="default")
    print_text(line.append(f"  atoms {where}" if where else "", style="dim"))


def _one_line(text: str) -> str:
    """Make any text one readable line: control characters escaped."""
    return readable(" ".join(text.split()))


def print_summary(summary: dict[str, Any], folder: Path) -> None:
    """Print how a run ended."""
    from molreflect.graphs.runs.headline import done_told, failures_told

    rows = summary["rows"]
    if told := failures_told(summary):
        print_line(told)
    counted_kinds = summary["alignments"].items()
    print_table(
        TextTable("", ("kind", *Verdict), [[k, *(f"{of.get(v, 0)}" for v in Verdict)] for k, of in counted_kinds])
    )
    share = summary["supported_share_of_structural_phrases"]
    shown = "" if share is None else f", {share:.1%} of structural phrases{done_told(summary)} supported"
    print_line(
        f"{counted(rows.get('done', 0), 'pair')} done, {rows.get('failed', 0)} failed, "
        f"{counted(summary['bad_rows'], 'row')} unreadable{shown}"
    )
    if (spent := summary["spent"])["calls"] and spent["input_tokens"]:
        price = (summary["run"].get("account") or {}).get("price") or {}
        money = "" if spent["cost"] is None else f", {spent['cost']:.4g} {price.get('currency', '')}"
        print_line(
            f"spent:  {counted(spent['calls'], 'model call')}, "
            f"{counted(spent['input_tokens'] + spent['output_tokens'], 'token')}{money}"
        )
    print(f"run:    {folder}")
    print(f"report: {folder / 'report.html'}")


def print_projection(projection: Projection) -> None:
    """Print what a run would take."""
    rows = []
    figures = {"tokens read": projection.input_tokens, "tokens written": projection.output_tokens}
    for name, figure in (figures | {"model calls": projection.calls}).items():
        rows.append([name, *_expected(figure, ",.0f")])
    if projection.cost is not None:
        rows.append([f"cost, {projection.currency}", *_expected(projection.cost, ",.4g")])
    else:
        rows.append(["cost", "unknown", "no price in a table"])
    rows.append(["minutes", *_expected(projection.seconds, ",.2f", per=60)])
    print_table(TextTable("", ("", "expected", "95 % interval"), rows))
    print_line(
        f"{counted(projection.rows, 'row')}, projected from {projection.sampled} ({projection.failed} of them failed); "
        f"preparation took {projection.preparation_seconds:g} s and is kept"
    )
    if projection.answered:
        print_line(f"{counted(projection.answered, 'row')} answered already, which cost nothing")
    if projection.uncounted:
        print_line(
            f"{counted(projection.uncounted, 'call')} came without token counts; theirs are by {projection.how_counted}"
        )
    spent = projection.spent
    money = "" if spent.cost is None else f", {spent.cost:.4g} {projection.currency}"
    print_line(
        f"the estimate itself took {counted(spent.calls, 'call')}, "
        f"{counted(spent.input_tokens + spent.output_tokens, 'token')}{money}"
        f"{', which the run does not pay for again' if projection.kept and spent.calls else ''}"
    )


def _expected(figure: Figure, form: str, per: float = 1.0) -> tuple[str, str]:
    """Write a figure and its interval."""
    total = format(figure.total / per, form)
    if figure.low is None or figure.high is None:
        return total, "needs 2 rows"
    return total, f"{figure.low / per:{form}} to {figure.high / per:{form}}"


def print_metrics(metrics: dict[str, Any], folder: Path) -> None:
    """Print how a training ended: the two numbers that matter, then all others."""
    print_line(_loss_told(metrics))
    rows = []
    for name, value in metrics.items():
        parts = value.items() if isinstance(value, dict) else [("", value)]
        for part, number in parts:
            if isinstance(number, (int, float, str)):
                rows.append([f"{name} {part}".strip(), f"{number:.4g}" if isinstance(number, float) else str(number)])
    print_table(TextTable("", ("", ""), rows))
    print(f"student: {folder}")


def _loss_told(metrics: dict[str, Any]) -> str:
    """Say what a training brought: the loss on held-out molecules before and after, else that of the training rows."""
    if "reward_first_tenth" in metrics:
        first, last = metrics["reward_first_tenth"], metrics["reward_last_tenth"]
        return f"reward of the sampled answers: {first:.4f} in the first tenth of steps, {last:.4f} in the last"
    before, after = metrics["heldout_loss_before"].get("all"), metrics["heldout_loss_after"].get("all")
    if before is not None and after is not None:
        return f"loss on held-out molecules: {before:.4f} before, {after:.4f} after {metrics['steps']} steps"
    first, last = metrics["loss_first_tenth"], metrics["loss_last_tenth"]
    means = f"{first:.4f} in the first tenth of steps, {last:.4f} in the last"
    return f"loss of the training rows: {means} (no held-out row was scored)"


def print_evaluation(evaluation: Any, *, published: str | None = None) -> None:
    """Print the scores of predictions, by class of rows and beside published ones where asked for."""
    from molreflect.training.evaluation.tables import evaluation_table, strata_table

    print_table(evaluation_table(evaluation))
    if evaluation.strata:
        print_table(strata_table(evaluation))
    if published is not None:
        from molreflect.training.evaluation.published import set_beside
        from molreflect.training.evaluation.report import PUBLISHED_LEGEND, published_rows, refusals

        beside, refused = set_beside(evaluation, published)
        headings, rows = published_rows(beside)
        print_table(TextTable(f"beside published figures, {published}", headings, rows, caption=PUBLISHED_LEGEND))
        for line in refusals(refused):
            print_line(f"not set beside, {line}")


def print_preview(preview: Preview) -> None:
    """Print training examples token by token: what is masked, then what is trained on, with a bar between tokens."""
    for number, (example, tokens) in enumerate(preview.examples, start=1):
        trained = sum(taken for _, taken in tokens)
        shown = f"neighbours {', '.join(example.context)}" if example.context else "no neighbours"
        dropped = f", {example.dropped} dropped as too long" if example.dropped else ""
        head = f"example {number} of {len(preview.examples)}: {example.direction} {example.id}"
        counts = f"{trained} of {len(tokens)} tokens are trained on"
        print_text(Text(f"{head}, {counts}, {shown}{dropped}", style="bold"))
        for taken, run in groupby(tokens, key=lambda token: token[1]):
            pieces = [text for text, _ in run]
            style = "green" if taken else "dim"
            out.print(Text(f"{'trained on' if taken else 'masked'} ({len(pieces)} tokens):", style=f"{style} reverse"))
            text = Text(style=style)
            for piece in pieces:
                # A line end is shown and made; a token that is part of a character is told by its bar alone.
                text.append(_visible(piece)).append(_TOKEN_END, style="not dim cyan")
            out.print(text, soft_wrap=True)
        out.print()
    print_text(Text(preview.summary, style="bold"))


def _visible(token: str) -> str:
    """Make a token readable in a terminal: line ends shown, other control characters escaped."""
    return "".join(
        f"{_LINE_END}\n" if char == "\n" else char if char.isprintable() else char.encode("unicode_escape").decode()
        for char in token
    )


def print_findings(findings: Sequence[Finding]) -> None:
    """Print what the doctor found."""
    rows: list[list[str]] = []
    group = ""
    for finding in findings:
        if finding.group != group:
            group = finding.group
            rows.append([group])
        rows.append([finding.name, "yes" if finding.ok else "no", finding.value, finding.disables, finding.mend])
    headings = ("what", "there", "found", "without it", "to get it")
    print_table(TextTable("", headings, rows, words=frozenset(headings)))
