"""Two runs beside each other, as a user sees them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from molreflect.cli.options import AsJson
from molreflect.cli.render import print_json, print_line, print_table
from molreflect.tools.english import counted
from molreflect.tools.errors import shorten
from molreflect.tools.text_tables import TextTable

if TYPE_CHECKING:
    from molreflect.graphs.runs.diff import RunDiff

_SHOWN = 20


def diff(
    run_a: Annotated[Path, typer.Argument(help="A run directory.")],
    run_b: Annotated[Path, typer.Argument(help="Another one.")],
    limit: Annotated[
        int | None, typer.Option(min=0, help=f"Most rows and phrases listed; default {_SHOWN}, with --json all.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 where the runs differ.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare two runs: settings, rows, verdicts, coverage, cost.

    Rows are compared where id, molecule and caption are the same.

    Example: molreflect diff runs/first runs/second
    """
    from molreflect.graphs.runs.diff import diff_runs

    found = diff_runs(run_a, run_b)
    if as_json:
        print_json(found.to_json(limit))
    else:
        _print_diff(found, _SHOWN if limit is None else limit)
    if exit_code and not found.same:
        raise typer.Exit(1)


def _print_diff(found: RunDiff, limit: int) -> None:
    print(f"A: {found.a.folder}")
    print(f"B: {found.b.folder}")
    if found.settings:
        rows = [[each.name, _value(each.a), _value(each.b)] for each in found.settings]
        print_table(TextTable("settings that differ", ("setting", "A", "B"), rows, words=frozenset("AB")))
    else:
        print("settings: all the same")
    print_line(_rows_told(found))
    _listed("only in A", found.only_a, limit)
    _listed("only in B", found.only_b, limit)
    _listed("another pair under the same id", [f"{c.id} ({c.what})" for c in found.changed], limit)
    print_table(_figures(found))
    if found.states:
        words = frozenset(("state", "reason"))
        cells = [[s.id, f"{s.a} -> {s.b}", shorten(s.reason)] for s in found.states[:limit]]
        print_table(TextTable("rows that came to another end", ("id", "state", "reason"), cells, words))
        _more(len(found.states), limit)
    _print_phrases(found, limit)
    if found.same:
        print("the same came out of both")


def _rows_told(found: RunDiff) -> str:
    if found.same_corpus:
        return f"corpus: the same {counted(found.both, 'pair')}; {found.compared:,} done in both and compared"
    parts = [f"{found.both:,} pairs in both"]
    parts += [f"{len(ids):,} only in {name}" for name, ids in (("A", found.only_a), ("B", found.only_b)) if ids]
    if found.changed:
        parts.append(f"{len(found.changed):,} with another molecule or caption")
    renamed = f" ({found.renamed:,} of them in both, under other ids)" if found.renamed else ""
    return f"corpus: not the same; {', '.join(parts)}{renamed}; {found.compared:,} done in both and compared"


def _figures(found: RunDiff) -> TextTable:
    sides = (found.side_a, found.side_b)
    states = dict.fromkeys([*found.a.rows, *found.b.rows])
    rows: list[list[str]] = [["all rows"]]
    rows += [[f"  {state}", *(f"{each.rows.get(state, 0):,}" for each in (found.a, found.b))] for state in states]
    for kind in dict.fromkeys([*found.a.failures, *found.b.failures]):
        rows.append([f"  failed: {kind}", *(f"{each.failures.get(kind, 0):,}" for each in (found.a, found.b))])
    rows += _spent("  spent: ", [each.spent for each in (found.a, found.b)], [found.a.currency, found.b.currency])
    rows.append([f"compared rows ({found.compared:,}, {found.differing:,} differ)"])
    for name, told in (("phrases", "phrases covered, mean"), ("heavy_atoms", "heavy atoms covered, mean")):
        rows.append([f"  {told}", *(_share(side.coverage[name]) for side in sides)])
    for version in dict.fromkeys([*found.side_a.selected, *found.side_b.selected]):
        rows.append([f"  {version} selected", *(f"{side.selected[version]:,}" for side in sides)])
    rows += _spent("  took: ", [side.usage for side in sides], [found.a.currency, found.b.currency])
    return TextTable("", ("", "A", "B"), rows)


def _spent(head: str, usages: Sequence[Any], currencies: Sequence[str]) -> list[list[str]]:
    rows = [
        [f"{head}{told}", *(f"{getattr(usage, name):,}" for usage in usages)]
        for name, told in (("calls", "calls"), ("input_tokens", "tokens read"), ("output_tokens", "tokens written"))
    ]
    if any(usage.cost is not None for usage in usages):
        named = "/".join(dict.fromkeys(filter(None, currencies))) or "money"
        rows.append([f"{head}{named}", *("unknown" if u.cost is None else f"{u.cost:,.4f}" for u in usages)])
    return rows


def _print_phrases(found: RunDiff, limit: int) -> None:
    changed = sum(found.verdicts.values())
    print_line(
        f"{counted(found.phrases, 'phrase')} compared: {changed:,} with another verdict, {found.repatterned:,} with "
        f"the same one on another pattern; coverage of phrases up in {counted(found.coverage_up, 'row')}, down in "
        f"{found.coverage_down:,}; another version selected in {found.reselected:,}"
    )
    if not changed:
        return
    cells = [[f"{a} -> {b}", f"{count:,}"] for (a, b), count in found.verdicts.most_common()]
    print_table(TextTable("", ("verdict", "phrases"), cells))
    words = frozenset(("phrase", "A", "B"))
    cells = [
        [c.id, c.phrase, _verdict(c.a, c.a_reason), _verdict(c.b, c.b_reason)] for c in found.phrase_changes[:limit]
    ]
    print_table(TextTable("", ("id", "phrase", "A", "B"), cells, words))
    _more(changed, limit)


def _verdict(verdict: str, reason: str) -> str:
    return f"{verdict} ({reason})" if reason else verdict


def _listed(told: str, items: Sequence[str], limit: int) -> None:
    if items and limit:
        more = f" and {len(items) - limit:,} more" if len(items) > limit else ""
        print_line(f"{told}: {', '.join(items[:limit])}{more}")


def _more(count: int, limit: int) -> None:
    if count > limit:
        print(f"and {count - limit:,} more (--limit)")


def _share(share: float | None) -> str:
    return "none" if share is None else f"{share:.1%}"


def _value(value: Any) -> str:
    return shorten(value) if isinstance(value, str) else "none" if value is None else str(value)
