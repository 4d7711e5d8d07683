"""Reports of an evaluation or a comparison: rows for Markdown and LaTeX tables, and one self-contained HTML page.

The page loads nothing: plots are inline SVG by matplotlib, molecules inline SVG by RDKit, and whatever a model or a
corpus wrote is escaped by the templates of `molreflect.tools.views`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.tools.views.html import Section, plain_svg, render_page, sketch
from molreflect.tools.views.theme import LIGHT
from molreflect.training.evaluation.labels import STRICT, label, number
from molreflect.training.evaluation.metrics.molecules import MAX_SMILES
from molreflect.training.evaluation.metrics.strata import molecules_of
from molreflect.training.evaluation.published import Beside, Refused, set_beside
from molreflect.training.evaluation.results import Comparison, Evaluation
from molreflect.training.evaluation.tables import (
    SCORE_HEADINGS,
    TEST_HEADINGS,
    comparison_rows,
    faithfulness_rows,
    score_rows,
    strata_rows,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

ROW = {
    Direction.CAP2MOL: ("bleu", "exact_match", "levenshtein", "maccs", "rdk", "morgan", "fcd", "validity"),
    Direction.MOL2CAP: ("bleu2", "bleu4", "rouge1", "rouge2", "rougeL", "meteor"),
}
"""Columns of the field's tables, in their order."""


def columns(direction: Direction, tokenizer: str = "scibert") -> list[str]:
    """Name the metrics of one table row; BLEU and METEOR of captions carry the tokenizer."""
    tokenized = ("bleu2", "bleu4", "meteor")
    return [f"{name}_{tokenizer}" if name in tokenized else name for name in ROW[direction]]


def markdown_table(runs: Sequence[tuple[str, Evaluation]], *, tokenizer: str = "scibert", strict: bool = False) -> str:
    """Write a Markdown table of several runs, one row each.

    Args:
        runs: Name and evaluation, all of one direction.
        tokenizer: Whose BLEU and METEOR (mol2cap).
        strict: Strict scores instead of MolT5's.
    """
    names = _common_columns(runs, tokenizer, strict)
    lines = [
        "| system | " + " | ".join(_headings(runs, names)) + " |",
        "|---|" + "---:|" * len(names),
    ]
    for system, evaluation in runs:
        cells = [_cell(evaluation, name, strict) or "-" for name in names]
        lines.append(f"| {_markdown(system)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def latex_table(runs: Sequence[tuple[str, Evaluation]], *, tokenizer: str = "scibert", strict: bool = False) -> str:
    """Write the table of `markdown_table` as a LaTeX `tabular` with booktabs rules."""
    names = _common_columns(runs, tokenizer, strict)
    lines = [
        r"\begin{tabular}{l" + "r" * len(names) + "}",
        r"\toprule",
        "System & " + " & ".join(map(_latex, _headings(runs, names))) + r" \\",
        r"\midrule",
    ]
    for system, evaluation in runs:
        lines.append(latex_row(system, evaluation, names=names, strict=strict))
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def latex_row(system: str, evaluation: Evaluation, *, names: Sequence[str], strict: bool = False) -> str:
    """Write one row of a LaTeX table, e.g. `Ours & .903 & .510 ... \\\\`; a missing score is `--`."""
    cells = [_cell(evaluation, name, strict) or "--" for name in names]
    return " & ".join([_latex(system), *cells]) + r" \\"


def _common_columns(runs: Sequence[tuple[str, Evaluation]], tokenizer: str, strict: bool) -> list[str]:
    directions = {evaluation.direction for _, evaluation in runs}
    if len(directions) != 1:
        raise InputError(f"one table holds one direction, got {', '.join(sorted(directions)) or 'no run'}")
    if not strict:
        return columns(directions.pop(), tokenizer)
    return [name for name in runs[0][1].strict if not name.endswith(("_scibert", "_t5")) or name.endswith(tokenizer)]


def _headings(runs: Sequence[tuple[str, Evaluation]], names: Sequence[str]) -> list[str]:
    """Name the columns; FCD's carries the packages that made the distances, which differ on salts."""
    packages = sorted({evaluation.versions["fcd"] for _, evaluation in runs if "fcd" in evaluation.versions})
    return [f"{label(n)} ({', '.join(packages)})" if n == "fcd" and packages else label(n) for n in names]


def _cell(evaluation: Evaluation, name: str, strict: bool) -> str:
    value = (evaluation.strict if strict else evaluation.molt5).get(name)
    return "" if value is None else f"{value:.2f}" if name in ("levenshtein", "fcd") else f"{value:.3f}"


def _markdown(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")


_LATEX = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"} | {
    c: "\\" + c for c in "&%$#_{}"
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(character, character) for character in text)


# --- the page


def html_report(
    evaluation: Evaluation,
    *,
    comparison: Comparison | None = None,
    published: str | None = None,
    grid: int = 12,
) -> str:
    """Write one HTML page that needs nothing else.

    Args:
        evaluation: What the page is about.
        comparison: Of this evaluation (as A) with another run: adds its tests and the rows that flip.
        published: Corpus key (`chebi20`): sets published figures beside the scores; see
        `training.evaluation.published`.
        grid: Most examples in each gallery.

    Raises:
        InputError: matplotlib is not installed, or the published figures are on another scale.
    """
    sections = [Section("Scores", SCORE_HEADINGS, score_rows(evaluation))]
    if rows := faithfulness_rows(evaluation):
        reasons = [
            f"{verdict}: {', '.join(f'{n:,} {reason}' for reason, n in counts.items())}"
            for verdict, counts in evaluation.faithfulness.get("reasons", {}).items()
        ]
        sections.append(Section("Faithfulness", ["claim", "share or count", "95 %"], rows, notes=reasons))
    if published is not None:
        beside, refused = set_beside(evaluation, published)
        left = [f"not comparable, so not shown: {line}" for line in refusals(refused)]
        rows_of = published_rows(beside)
        sections.append(Section("Beside published figures", *rows_of, legend=f"{PUBLISHED_LEGEND}.", notes=left))
    if comparison is not None:
        names = f"A is {comparison.a.path}, B is {comparison.b.path}. Paired approximate randomisation."
        sections.append(Section("Comparison", TEST_HEADINGS, comparison_rows(comparison), lead=names))
    return render_page(
        "evaluation.html",
        title=f"{evaluation.direction}: {evaluation.path}",
        heading={Direction.CAP2MOL: "Caption to molecule", Direction.MOL2CAP: "Molecule to caption"}[
            evaluation.direction
        ],
        path=evaluation.path,
        rows=f"{evaluation.rows:,}",
        sha256=evaluation.sha256[:16],
        sections=sections,
        plots=_plots(evaluation),
        strata=[Section("By class of rows", *strata_rows(evaluation))] if evaluation.strata else [],
        galleries=_galleries(evaluation, comparison, grid),
        conditions=_conditions(evaluation),
    )


def published_rows(beside: Sequence[Beside]) -> tuple[list[str], list[list[str]]]:
    """Write published figures as texts, one system a row, and the run itself last; headings first."""
    metrics = list(dict.fromkeys(pair.metric for pair in beside))
    found = {(pair.system, pair.metric): pair for pair in beside}
    marks = {"stated": "", "inferred": "*", "recalled": "?"}
    rows = []
    for system in dict.fromkeys(pair.system for pair in beside):
        cells = [system]
        for metric in metrics:
            pair = found.get((system, metric))
            cells.append("" if pair is None else number(metric, pair.published) + marks[pair.evidence])
        rows.append(cells)
    ours = {pair.metric: pair.ours for pair in beside}
    rows.append(["this run", *(number(metric, ours[metric]) for metric in metrics)])
    return ["system", *map(label, metrics)], rows


PUBLISHED_LEGEND = "* tokenizer inferred, ? figure recalled and not read off its source"


def refusals(refused: Sequence[Refused]) -> list[str]:
    """Say why published figures are not shown, one line a reason, with the systems it concerns."""
    reasons: dict[str, dict[str, None]] = {}
    for item in refused:
        reasons.setdefault(item.reason, {})[item.system] = None
    return [f"{reason}: {', '.join(systems)}" for reason, systems in reasons.items()]


def _conditions(evaluation: Evaluation) -> Section:
    rows = [[name, value] for name, value in evaluation.versions.items()]
    rows += [[f"{name} vocabulary", str(value["sha256"])[:16]] for name, value in evaluation.tokenizers.items()]
    rows.append(["bootstrap", f"{evaluation.bootstrap['resamples']} resamples, seed {evaluation.bootstrap['seed']}"])
    rows += [[f"invalid: {reason}", str(n)] for reason, n in evaluation.invalid.items()]
    rows += [[f"ragged rows: {reason}", str(n)] for reason, n in evaluation.ragged.items()]
    items = [*evaluation.notes, *(f"{name} left out: {reason}" for name, reason in evaluation.left_out.items())]
    return Section("Conditions", ["what", "value"], rows, notes=items)


# --- plots


def _plots(evaluation: Evaluation) -> list[Markup]:
    figures = [_histogram(evaluation)]
    figures += [_strata_plot(evaluation, title) for title in evaluation.strata]
    if evaluation.invalid:
        figures.append(_bars("Invalid answers by reason", dict(evaluation.invalid)))
    return [_svg(plot) for plot in figures]


def _plot(title: str) -> tuple[Plot, Any]:
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InputError("matplotlib is not installed; pip install 'molreflect[evaluate]'") from error
    figure = Figure(figsize=(5.2, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _histogram(evaluation: Evaluation) -> Plot:
    name = STRICT + ("morgan" if evaluation.direction is Direction.CAP2MOL else "rougeL")
    figure, axes = _plot(f"{label(name)} of each row, strict")
    axes.hist(evaluation.metrics[name].rows(), bins=np.linspace(0, 1, 21), color=LIGHT["accent"])
    axes.set_xlabel(label(name))
    axes.set_ylabel("rows")
    return figure


def _strata_plot(evaluation: Evaluation, title: str) -> Plot:
    name = STRICT + ("exact_match" if evaluation.direction is Direction.CAP2MOL else "rougeL")
    classes = evaluation.strata[title]
    figure, axes = _plot(f"{label(name)}, strict: {title}")
    places = np.arange(len(classes))
    axes.bar(places, [stratum.scores[name] for stratum in classes.values()], color=LIGHT["accent"])
    for place, stratum in zip(places, classes.values(), strict=True):
        low, high = stratum.intervals.get(name, (math.nan, math.nan))
        if not math.isnan(low):
            axes.vlines(place, low, high, color=LIGHT["ink"], linewidth=2)
    axes.set_xticks(places, [f"{text}\n{s.rows:,}" for text, s in classes.items()], fontsize=7)
    axes.set_ylim(0, 1)
    return figure


def _bars(title: str, counts: dict[str, int]) -> Plot:
    figure, axes = _plot(title)
    axes.barh(list(counts)[::-1], list(counts.values())[::-1], color=LIGHT["second"])
    axes.set_xlabel("rows")
    return figure


def _svg(figure: Plot) -> Markup:
    """Write a plot as an SVG element for an HTML page: no prologue, no metadata, no styles, colours of the theme."""
    from matplotlib import rc_context
    from matplotlib.text import Text

    for axes in figure.axes:
        axes.tick_params(colors=LIGHT["ink"])
        for spine in axes.spines.values():
            spine.set_edgecolor(LIGHT["ink"])
    for words in figure.findobj(Text):
        words.set_color(LIGHT["ink"])
    out = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "molreflect"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = plain_svg(text)
    for name in ("ink", "accent", "second"):
        text = text.replace(f'"{LIGHT[name].lower()}"', f'"var(--{name})"')
    title = escape(figure.axes[0].get_title(loc="left"), quote=True)
    return Markup(text.replace("<svg ", f"<svg role='img' aria-label='{title}' ", 1))


# --- galleries


def _galleries(evaluation: Evaluation, comparison: Comparison | None, grid: int) -> list[dict[str, Any]]:
    """Choose the answers to look at: the best that are not perfect, the worst, the unreadable, and those that flip."""
    name = STRICT + ("morgan" if evaluation.direction is Direction.CAP2MOL else "rougeL")
    values = evaluation.metrics[name].rows()
    order = [int(i) for i in np.argsort(values, kind="stable")]
    refused = {i for i, problem in enumerate(evaluation.problems) if problem}
    chosen = {
        "Best answers that are not perfect": [i for i in order[::-1] if values[i] < 1],
        "Worst answers": [i for i in order if i not in refused],
        "Answers that are no molecule": sorted(refused),
    }
    galleries = [
        (title, rows, [_card(evaluation, row, f"{label(name)} {values[row]:.3f}") for row in rows[:grid]])
        for title, rows in chosen.items()
    ]
    if comparison is not None:
        for title, rows in zip(("Right in B only", "Right in A only"), comparison.flips, strict=True):
            galleries.append((title, list(rows), [_flip(comparison, row) for row in rows[:grid]]))
    return [{"title": title, "of": f"{len(rows):,}", "cards": cards} for title, rows, cards in galleries if rows]


def _card(evaluation: Evaluation, row: int, score: str) -> dict[str, Any]:
    prediction = evaluation.predictions.rows[row]
    card = _answers(evaluation, row, [("answer", prediction.output)], f"line {prediction.line}, {score}")
    if evaluation.direction is Direction.CAP2MOL and (problem := evaluation.problems[row]):
        card["texts"].insert(0, (f"{problem}:", prediction.output))
    return card


def _flip(comparison: Comparison, row: int) -> dict[str, Any]:
    a, b = (side.predictions.rows[row] for side in (comparison.a, comparison.b))
    return _answers(comparison.a, row, [("A", a.output), ("B", b.output)], f"line {a.line}")


def _answers(evaluation: Evaluation, row: int, answers: Sequence[tuple[str, str]], head: str) -> dict[str, Any]:
    """Set answers beside the reference: drawn where they are molecules, as texts where they are captions."""
    prediction = evaluation.predictions.rows[row]
    beside = [("reference", prediction.truth), *answers]
    if evaluation.direction is Direction.CAP2MOL:
        pictures = [(name, sketch(text, max_characters=MAX_SMILES)) for name, text in beside]
        return {"head": head, "pictures": pictures, "texts": [("", prediction.source)]}
    molecule = sketch(molecules_of(evaluation.predictions)[row], max_characters=MAX_SMILES)
    return {"head": head, "pictures": [("", molecule)], "texts": beside}
