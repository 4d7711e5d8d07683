"""Evaluations and comparisons as rows of texts, and as tables for the terminal."""

from __future__ import annotations

from molreflect.tools.english import counted
from molreflect.tools.text_tables import TextTable
from molreflect.tools.views.html import Section
from molreflect.training.evaluation.faithfulness import PREFIX as FAITHFUL
from molreflect.training.evaluation.labels import OTHER, STRICT, ahead, heading_of, headlines, label, number, span
from molreflect.training.evaluation.metrics.bootstrap import PairedTest
from molreflect.training.evaluation.results import Comparison, Evaluation

SCORE_HEADINGS = ("metric", "MolT5", "95 %", "strict", "95 %")


TEST_HEADINGS = ("metric", "A", "B", "B - A", "95 %", "p", "ahead")


def score_rows(evaluation: Evaluation) -> list[list[str]]:
    """Every score with its interval, MolT5's and strict side by side, as texts under `SCORE_HEADINGS`."""
    rows = []
    names = dict.fromkeys([*evaluation.molt5, *evaluation.strict])
    for name in sorted(names, key=lambda name: name == "fcd"):
        # The packages differ on salts, so a distance never stands without the one that made it.
        cells = [f"{label(name)} ({evaluation.versions['fcd']})" if name == "fcd" else label(name)]
        for values, key in ((evaluation.molt5, name), (evaluation.strict, STRICT + name)):
            value = values.get(name)
            cells += ["" if value is None else number(name, value), span(name, evaluation.intervals.get(key))]
        rows.append(cells)
    for name, value in evaluation.other.items():
        if evaluation.strict.get(name) == value:  # a mean of rows stands above, under the same name
            continue
        ends = evaluation.intervals.get(OTHER + name)
        rows.append([label(name), "", "", number(name, value), span(name, ends)])
    return rows


def faithfulness_rows(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """Name, value and interval of every faithfulness score; empty when not asked for."""
    scores = evaluation.faithfulness.get("scores", {})
    return [
        (label(FAITHFUL + name), number(name, value), span(name, evaluation.intervals.get(FAITHFUL + name)))
        for name, value in scores.items()
    ]


def evaluation_table(evaluation: Evaluation) -> TextTable:
    """Scores with intervals, MolT5's and strict side by side, for the terminal."""
    title = f"{evaluation.path}: {evaluation.direction}, {evaluation.rows:,} row{'s' * (evaluation.rows != 1)}"
    rows = score_rows(evaluation)
    claims = [[name, "", "", value, ends] for name, value, ends in faithfulness_rows(evaluation)]
    if claims:
        rows += [["claims"], *claims]
    return TextTable(title, SCORE_HEADINGS, rows, caption=_caption(evaluation))


def evaluation_sections(evaluation: Evaluation) -> list[Section]:
    """The same for a notebook, with the classes of rows where there are any."""
    table = evaluation_table(evaluation)
    sections = [Section(table.title, table.headings, table.rows, notes=(table.caption or "").split("\n"))]
    if evaluation.strata:
        sections.append(Section("By class of rows", *strata_rows(evaluation)))
    return sections


def strata_rows(evaluation: Evaluation) -> tuple[list[str], list[list[str]]]:
    """Headline scores of each class of rows; the copy-the-neighbour baseline stands last.

    Returns:
        Headings, and rows of texts, of which one of a single cell names the classes that follow.
    """
    names = headlines(evaluation.direction, list(evaluation.metrics))
    rows: list[list[str]] = []
    for title, classes in evaluation.strata.items():
        rows.append([title])
        for name, stratum in classes.items():
            cells = [number(metric.removeprefix(STRICT), stratum.scores[metric]) for metric in names]
            rows.append([name, f"{stratum.rows:,}", *cells])
    if evaluation.baseline:
        known = evaluation.baseline["molt5"] | {STRICT + k: v for k, v in evaluation.baseline["strict"].items()}
        rows.append(["without any model"])
        cells = [number(name.removeprefix(STRICT), known[name]) if name in known else "" for name in names]
        rows.append(["copying the nearest neighbour", f"{evaluation.rows:,}", *cells])
    return ["class", "rows", *(heading_of(name) for name in names)], rows


def strata_table(evaluation: Evaluation) -> TextTable:
    """Headline scores of each class of rows, for the terminal; the copy-the-neighbour baseline stands last."""
    headings, rows = strata_rows(evaluation)
    indented = [cells if len(cells) == 1 else ["  " + cells[0], *cells[1:]] for cells in rows]
    return TextTable(f"{evaluation.path}, by class of rows", headings, indented)


def comparison_table(comparison: Comparison) -> TextTable:
    """Every paired test, for the terminal."""
    a, b = comparison.a, comparison.b
    title = f"A {a.path}\nB {b.path}\n{a.direction}, {counted(a.rows, 'row')}"
    return TextTable(title, TEST_HEADINGS, comparison_rows(comparison))


def left_out_lines(evaluation: Evaluation) -> list[str]:
    """Tell why metrics were left out, one line a reason."""
    reasons: dict[str, list[str]] = {}
    for name, reason in evaluation.left_out.items():
        reasons.setdefault(reason, []).append(name)
    return [f"left out {', '.join(names)}: {reason}" for reason, names in reasons.items()]


def _caption(evaluation: Evaluation) -> str:
    lines = []
    for title, counts in (("invalid answers", evaluation.invalid), ("ragged rows", evaluation.ragged)):
        if counts:
            lines.append(f"{title}: " + ", ".join(f"{n} {reason}" for reason, n in counts.items()))
    for verdict, counts in evaluation.faithfulness.get("reasons", {}).items():
        lines.append(f"claims {verdict}: " + ", ".join(f"{n} {reason}" for reason, n in counts.items()))
    lines += evaluation.notes
    lines += left_out_lines(evaluation)
    lines.append(", ".join(f"{name} {number}" for name, number in evaluation.versions.items()))
    return "\n".join(lines)


def comparison_rows(comparison: Comparison) -> list[list[str]]:
    """Every paired test as texts under `TEST_HEADINGS`."""
    return [
        [
            heading_of(name),
            number(name.removeprefix(STRICT), test.a),
            number(name.removeprefix(STRICT), test.b),
            *paired_cells(test),
            ahead(name, test.difference),
        ]
        for name, test in comparison.tests.items()
    ]


def paired_cells(test: PairedTest) -> tuple[str, str, str]:
    """Difference, interval and p-value of a paired test as texts."""
    return f"{test.difference:+.4f}", f"{test.low:+.4f} .. {test.high:+.4f}", f"{test.p_value:.4f}"
