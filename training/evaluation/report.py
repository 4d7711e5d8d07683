"""Reports of an evaluation or a comparison: rows for Markdown and LaTeX tables, and one self-contained HTML page.

The page loads nothing: plots are inline SVG by matplotlib, molecules inline SVG by RDKit, and whatever a model or a
corpus wrote is escaped.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from html import escape
from io import StringIO
from typing import TYPE_CHECKING, Any

import numpy as np

from molreflect.tools.errors import InputError
from molreflect.tools.terms import Direction
from molreflect.training.evaluation.evaluate import (
    SCORE_HEADINGS,
    STRICT,
    TEST_HEADINGS,
    Comparison,
    Evaluation,
    comparison_rows,
    faithfulness_rows,
    label,
    number,
    score_rows,
    strata_rows,
)
from molreflect.training.evaluation.metrics.strata import molecules_of
from molreflect.training.evaluation.published import Beside, Refused, set_beside

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Plot

ROW = {
    Direction.CAP2MOL: ("bleu", "exact_match", "levenshtein", "maccs", "rdk", "morgan", "fcd", "validity"),
    Direction.MOL2CAP: ("bleu2", "bleu4", "rouge1", "rouge2", "rougeL", "meteor"),
}
"""Columns of the field's tables, in their order."""
_SHOWN_TEXT = 1200
"""Characters of a text that the page shows."""
_MAX_DRAWN = 150
"""Heavy atoms up to which a molecule is drawn."""


def columns(direction: Direction, tokenizer: str = "scibert") -> list[str]:
    """Metric names of one table row; BLEU and METEOR of captions carry the tokenizer."""
    tokenized = ("bleu2", "bleu4", "meteor")
    return [f"{name}_{tokenizer}" if name in tokenized else name for name in ROW[direction]]


def markdown_table(runs: Sequence[tuple[str, Evaluation]], *, tokenizer: str = "scibert", strict: bool = False) -> str:
    """A Markdown table of several runs, one row each.

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
    """The same as `markdown_table` as a LaTeX `tabular` with booktabs rules."""
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
    """One row of a LaTeX table, e.g. `Ours & .903 & .510 ... \\\\`; a missing score is `--`."""
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
    """Names of the columns; FCD's carries the packages that made the distances, which differ on salts."""
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
    """One HTML page that needs nothing else.

    Args:
        evaluation: What the page is about.
        comparison: Of this evaluation (as A) with another run: adds its tests and the rows that flip.
        published: Corpus key (`chebi20`): sets published figures beside the scores; see
        `training.evaluation.published`.
        grid: Most examples in each gallery.

    Raises:
        InputError: matplotlib is not installed, or the published figures are on another scale.
    """
    parts = [_header(evaluation), _scores(evaluation), _faithfulness(evaluation)]
    if published is not None:
        parts.append(_published(*set_beside(evaluation, published)))
    if comparison is not None:
        parts.append(_comparison(comparison))
    parts += [
        _plots(evaluation),
        _strata(evaluation),
        _galleries(evaluation, comparison, grid),
        _conditions(evaluation),
    ]
    title = escape(f"{evaluation.direction}: {evaluation.path}")
    return _PAGE.replace("{title}", title).replace("{body}", "\n".join(part for part in parts if part))


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root { --ink: #1c2321; --soft: #5d6864; --line: #d9dfdc; --paper: #ffffff; --tint: #f3f6f4; --accent: #0068a2; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 72rem; color: var(--ink); background: var(--paper);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; }
p.lead, figcaption, .soft { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .8rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; } th { color: var(--soft); font-weight: 600; }
tr.group td { font-weight: 600; background: var(--tint); }
figure { margin: 0; } .plots { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
.plots svg { width: 100%; height: auto; }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); }
.card { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem; overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; } .pair svg { width: 100%; height: auto; }
.blank { display: grid; place-items: center; min-height: 8rem; background: var(--tint); color: var(--soft); }
.card p { margin: .4rem 0; font-size: .85rem; } .card b { color: var(--accent); font-weight: 600; }
code { font-size: .8rem; }
</style></head><body>
{body}
</body></html>
"""


def _header(evaluation: Evaluation) -> str:
    what = {Direction.CAP2MOL: "Caption to molecule", Direction.MOL2CAP: "Molecule to caption"}[evaluation.direction]
    return (
        f"<h1>{what}</h1><p class='lead'>{escape(evaluation.path)}, {evaluation.rows:,} rows, "
        f"SHA-256 <code>{evaluation.sha256[:16]}</code></p>"
    )


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table of texts, all escaped; a row of one cell is a group's heading."""
    head = "".join(f"<th scope='col'>{escape(text)}</th>" for text in headings)
    body = []
    for row in rows:
        if len(row) == 1:
            body.append(f"<tr class='group'><td colspan='{len(headings)}'>{escape(row[0])}</td></tr>")
        else:
            body.append("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>")
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f"<div class='scroll'>{table}</div>"


def _scores(evaluation: Evaluation) -> str:
    return f"<h2>Scores</h2>{_table(SCORE_HEADINGS, score_rows(evaluation))}"


def _faithfulness(evaluation: Evaluation) -> str:
    rows = faithfulness_rows(evaluation)
    if not rows:
        return ""
    reasons = "".join(
        f"<li>{escape(verdict)}: {escape(', '.join(f'{n:,} {reason}' for reason, n in counts.items()))}</li>"
        for verdict, counts in evaluation.faithfulness.get("reasons", {}).items()
    )
    return f"<h2>Faithfulness</h2>{_table(['claim', 'share or count', '95 %'], rows)}<ul class='soft'>{reasons}</ul>"


def published_rows(beside: Sequence[Beside]) -> tuple[list[str], list[list[str]]]:
    """Published figures as texts, one system a row, and the run itself last; headings first."""
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
    """Why published figures are not shown, one line a reason, with the systems it concerns."""
    reasons: dict[str, dict[str, None]] = {}
    for item in refused:
        reasons.setdefault(item.reason, {})[item.system] = None
    return [f"{reason}: {', '.join(systems)}" for reason, systems in reasons.items()]


def _published(beside: Sequence[Beside], refused: Sequence[Refused]) -> str:
    table = _table(*published_rows(beside))
    notes = "".join(f"<li>{escape(line)}</li>" for line in refusals(refused))
    left = f"<p class='soft'>Not comparable, so not shown:</p><ul class='soft'>{notes}</ul>" if notes else ""
    return f"<h2>Beside published figures</h2>{table}<p class='soft'>{PUBLISHED_LEGEND}.</p>{left}"


def _comparison(comparison: Comparison) -> str:
    table = _table(TEST_HEADINGS, comparison_rows(comparison))
    names = f"A is {escape(comparison.a.path)}, B is {escape(comparison.b.path)}."
    return f"<h2>Comparison</h2><p class='lead'>{names} Paired approximate randomisation.</p>{table}"


def _strata(evaluation: Evaluation) -> str:
    if not evaluation.strata:
        return ""
    return f"<h2>By class of rows</h2>{_table(*strata_rows(evaluation))}"


def _conditions(evaluation: Evaluation) -> str:
    rows = [[name, value] for name, value in evaluation.versions.items()]
    rows += [[f"{name} vocabulary", str(value["sha256"])[:16]] for name, value in evaluation.tokenizers.items()]
    rows.append(["bootstrap", f"{evaluation.bootstrap['resamples']} resamples, seed {evaluation.bootstrap['seed']}"])
    rows += [[f"invalid: {reason}", str(n)] for reason, n in evaluation.invalid.items()]
    rows += [[f"ragged rows: {reason}", str(n)] for reason, n in evaluation.ragged.items()]
    items = [*evaluation.notes, *(f"{name} left out: {reason}" for name, reason in evaluation.left_out.items())]
    notes = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<h2>Conditions</h2>{_table(['what', 'value'], rows)}<ul class='soft'>{notes}</ul>"


# --- plots


def _plots(evaluation: Evaluation) -> str:
    figures = [_histogram(evaluation)]
    figures += [_strata_plot(evaluation, title) for title in evaluation.strata]
    if evaluation.invalid:
        figures.append(_bars("Invalid answers by reason", dict(evaluation.invalid)))
    return f"<h2>Plots</h2><div class='plots'>{''.join(f'<figure>{_svg(plot)}</figure>' for plot in figures)}</div>"


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
    axes.hist(evaluation.metrics[name].rows(), bins=np.linspace(0, 1, 21), color="#0068a2")
    axes.set_xlabel(label(name))
    axes.set_ylabel("rows")
    return figure


def _strata_plot(evaluation: Evaluation, title: str) -> Plot:
    name = STRICT + ("exact_match" if evaluation.direction is Direction.CAP2MOL else "rougeL")
    classes = evaluation.strata[title]
    figure, axes = _plot(f"{label(name)}, strict: {title}")
    places = np.arange(len(classes))
    axes.bar(places, [stratum.scores[name] for stratum in classes.values()], color="#6fbfec")
    for place, stratum in zip(places, classes.values(), strict=True):
        low, high = stratum.intervals.get(name, (math.nan, math.nan))
        if not math.isnan(low):
            axes.vlines(place, low, high, color="#1c2321", linewidth=1)
    axes.set_xticks(places, [f"{text}\n{s.rows:,}" for text, s in classes.items()], fontsize=7)
    axes.set_ylim(0, 1)
    return figure


def _bars(title: str, counts: dict[str, int]) -> Plot:
    figure, axes = _plot(title)
    axes.barh(list(counts)[::-1], list(counts.values())[::-1], color="#c45600")
    axes.set_xlabel("rows")
    return figure


def _svg(figure: Plot) -> str:
    """The plot as an SVG element for an HTML page: no prologue, no metadata, text as text."""
    from matplotlib import rc_context

    out = StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "molreflect"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    text = out.getvalue()
    text = re.sub(r"<metadata>.*?</metadata>", "", text[text.index("<svg") :], flags=re.DOTALL)
    title = escape(figure.axes[0].get_title(loc="left"), quote=True)
    return text.replace("<svg ", f"<svg role='img' aria-label='{title}' ", 1)


# --- galleries


def _galleries(evaluation: Evaluation, comparison: Comparison | None, grid: int) -> str:
    name = STRICT + ("morgan" if evaluation.direction is Direction.CAP2MOL else "rougeL")
    values = evaluation.metrics[name].rows()
    order = [int(i) for i in np.argsort(values, kind="stable")]
    refused = {i for i, problem in enumerate(evaluation.problems) if problem}
    galleries: list[tuple[str, list[int], Comparison | None]] = [
        ("Best answers that are not perfect", [i for i in order[::-1] if values[i] < 1], None),
        ("Worst answers", [i for i in order if i not in refused], None),
        ("Answers that are no molecule", sorted(refused), None),
    ]
    if comparison is not None:
        won, lost = comparison.flips
        galleries.append(("Right in B only", list(won), comparison))
        galleries.append(("Right in A only", list(lost), comparison))
    parts = []
    for title, rows, against in galleries:
        if rows:
            shown = rows[:grid]
            cards = "".join(_card(evaluation, row, f"{label(name)} {values[row]:.3f}", against) for row in shown)
            parts.append(f"<h2>{title} ({len(shown)} of {len(rows):,})</h2><div class='cards'>{cards}</div>")
    return "".join(parts)


def _card(evaluation: Evaluation, row: int, caption: str, against: Comparison | None) -> str:
    prediction = evaluation.predictions.rows[row]
    title = f"<p class='soft'>line {prediction.line}, {escape(caption)}</p>"
    answers = [("answer", prediction.output)]
    if against is not None:
        a, b = against.a.predictions.rows[row], against.b.predictions.rows[row]
        answers = [("A", a.output), ("B", b.output)]
        title = f"<p class='soft'>line {a.line}</p>"
    if evaluation.direction is Direction.CAP2MOL:
        if against is None and evaluation.problems[row]:
            title += _text(prediction.output, f"{evaluation.problems[row]}:")
        drawn = [("reference", prediction.truth), *answers]
        pictures = "".join(f"<div><p><b>{name}</b></p>{draw(text)}</div>" for name, text in drawn)
        return f"<article class='card'>{title}<div class='pair'>{pictures}</div>{_text(prediction.source)}</article>"
    picture = draw(molecules_of(evaluation.predictions)[row])
    texts = "".join(_text(text, name) for name, text in [("reference", prediction.truth), *answers])
    return f"<article class='card'>{title}<div class='pair'>{picture}</div>{texts}</article>"


def _text(text: str, name: str = "") -> str:
    cut = text if len(text) <= _SHOWN_TEXT else f"{text[:_SHOWN_TEXT]} ... ({len(text):,} characters)"
    return f"<p>{f'<b>{escape(name)}</b> ' if name else ''}{escape(cut) or '<i>nothing</i>'}</p>"


def draw(smiles: str) -> str:
    """A molecule as inline SVG, or a box that says why there is none."""
    from rdkit import Chem
    from rdkit.Chem.Draw import rdMolDraw2D

    from molreflect.tools.molecules.read import quiet_rdkit
    from molreflect.training.evaluation.metrics.molecules import MAX_SMILES

    if len(smiles) > MAX_SMILES:
        return f"<div class='blank'>{len(smiles):,} characters, not read</div>"
    with quiet_rdkit():
        molecule = Chem.MolFromSmiles(smiles)
    if molecule is None or not molecule.GetNumAtoms():
        return f"<div class='blank'>{'not a molecule' if smiles.strip() else 'nothing'}</div>"
    if molecule.GetNumHeavyAtoms() > _MAX_DRAWN:
        return f"<div class='blank'>{molecule.GetNumHeavyAtoms()} heavy atoms, not drawn</div>"
    drawer = rdMolDraw2D.MolDraw2DSVG(240, 170, -1, -1, True)  # letters as text, a third of the size of outlines
    drawer.drawOptions().clearBackground = False
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    text = str(drawer.GetDrawingText())
    text = re.sub(r"fill-rule:evenodd;|stroke-(linecap:butt|linejoin:miter|opacity:1|miterlimit:10);?", "", text)
    return text[text.index("<svg") :].replace("<svg", '<svg role="img"', 1)
