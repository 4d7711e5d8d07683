"""Commands that score predictions."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from molreflect import api
from molreflect.cli import help
from molreflect.cli.corpora import read_pairs
from molreflect.cli.options import (
    AsJson,
    BatchSize,
    Columns,
    Limit,
    PredictionColumns,
    Predictions,
    Report,
    Student,
    listed,
)
from molreflect.cli.progress import kept, say, say_threads, steps
from molreflect.cli.render import print_json, print_table
from molreflect.tools.english import counted
from molreflect.tools.storage import require_writable
from molreflect.tools.terms import Direction, ScoreTokenizer

_TOLD = 10
"""Rows left out of a comparison that are named; `--json` names all."""


def evaluate(
    predictions: Predictions,
    direction: Annotated[Direction, typer.Option(help="Which way was predicted.")],
    fcd: Annotated[bool, typer.Option("--fcd", help="Compute the Frechet ChemNet Distance as well.")] = False,
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Resamples for the intervals; 0 leaves them out.", rich_help_panel=help.INTERVALS)
    ] = 1000,
    seed: Annotated[int, typer.Option(help="Of the resamples.", rich_help_panel=help.INTERVALS)] = 0,
    strata: Annotated[
        bool, typer.Option("--strata", help="Score by molecule size and caption length too; --training includes it.")
    ] = False,
    training: Annotated[
        str | None,
        typer.Option(help="Training pairs: scores by distance to them, and the copy-the-neighbour baseline."),
    ] = None,
    columns: PredictionColumns = None,
    published: Annotated[
        str | None, typer.Option(help="Set the run beside published figures: chebi20 or pubchem324k.")
    ] = None,
    faithfulness: Annotated[
        bool, typer.Option("--faithfulness", help="Judge the structural claims of captions against the molecules.")
    ] = False,
    report: Report = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a Markdown row.", rich_help_panel=help.PAPER)
    ] = False,
    latex: Annotated[bool, typer.Option("--latex", help="Print LaTeX rows.", rich_help_panel=help.PAPER)] = False,
    tokenizer: Annotated[
        ScoreTokenizer,
        typer.Option(
            help="Whose BLEU and METEOR stand in Markdown and LaTeX rows of captions.", rich_help_panel=help.PAPER
        ),
    ] = ScoreTokenizer.SCIBERT,
    as_json: AsJson = False,
) -> None:
    """Score predictions.

    Example: molreflect evaluate p.tsv --direction cap2mol
    """
    from molreflect.cli.render import print_evaluation
    from molreflect.training.evaluation.prediction_files import read_predictions, split_columns
    from molreflect.training.evaluation.published import set_beside
    from molreflect.training.evaluation.report import html_report, latex_table, markdown_table

    options: dict[str, Any] = {"fcd": fcd, "bootstrap": bootstrap, "seed": seed, "strata": strata}
    options |= {"faithfulness": faithfulness, "published": published}
    if report is not None:
        require_writable(report, "--report")
    mine, of_pairs = split_columns(columns)
    read = read_predictions(predictions, direction, mine)
    pairs = None if training is None else read_pairs(training, columns=of_pairs)
    with steps() as shown:
        evaluation = api.evaluate(read, training=pairs, progress=shown.progress, **options)
    if report is not None:
        _write_report(report, html_report(evaluation, published=published))
    if as_json:
        data = evaluation.to_dict()
        if published is not None:
            beside, refused = set_beside(evaluation, published)
            data["published"] = {"beside": [asdict(b) for b in beside], "refused": [asdict(r) for r in refused]}
        print_json(data)
    elif markdown or latex:
        table = markdown_table if markdown else latex_table
        print(table([(predictions.stem, evaluation)], tokenizer=tokenizer.value))
    else:
        print_evaluation(evaluation, published=published)
    _end_where_spoilt(evaluation.spoilt)


def _end_where_spoilt(why: str) -> None:
    """End with exit code 1 where scores say nothing of a system."""
    if why:
        say(f"the scores say nothing: {why}")
        raise typer.Exit(1)


def _write_report(path: Path, page: str) -> None:
    from molreflect.tools.storage import atomic_write_text

    atomic_write_text(path, page)
    say(f"report: {path}")


def compare(
    a: Predictions,
    b: Annotated[Path, typer.Argument(help="Predictions of another system for the same rows.")],
    direction: Annotated[Direction, typer.Option(help="Which way was predicted.")],
    common: Annotated[
        bool, typer.Option("--common", help="Leave out rows that only one file has with this ground truth.")
    ] = False,
    columns: PredictionColumns = None,
    bootstrap: Annotated[
        int, typer.Option(min=1, help="Resamples for the intervals of the differences.", rich_help_panel=help.INTERVALS)
    ] = 1000,
    trials: Annotated[
        int, typer.Option(min=1, help="Swaps for the p-values.", rich_help_panel=help.INTERVALS)
    ] = 10_000,
    seed: Annotated[int, typer.Option(help="Of the resamples and swaps.", rich_help_panel=help.INTERVALS)] = 0,
    report: Annotated[
        Path | None, typer.Option(help="Write a self-contained HTML page, with the answers that flip.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two prediction files row by row, with paired tests.

    Example: molreflect compare a.tsv b.tsv --direction cap2mol
    """
    from molreflect.training.evaluation.compare import compare as pair_up
    from molreflect.training.evaluation.report import html_report
    from molreflect.training.evaluation.tables import comparison_table

    if report is not None:
        require_writable(report, "--report")
    options: dict[str, Any] = {"common": common, "columns": columns, "bootstrap": bootstrap, "trials": trials}
    with steps() as shown:
        comparison = pair_up(a, b, direction, seed=seed, progress=shown.progress, **options)
    for row in comparison.dropped[:_TOLD]:
        say(str(row))
    if comparison.dropped:
        say(f"{counted(len(comparison.dropped), 'row')} left out, {counted(comparison.a.rows, 'row')} compared")
    if report is not None:
        _write_report(report, html_report(comparison.a, comparison=comparison))
    print_json(comparison.to_dict()) if as_json else print_table(comparison_table(comparison))
    _end_where_spoilt(comparison.spoilt)


def robustness(
    student: Student,
    corpus: Annotated[str, typer.Argument(help="Pairs to caption; read as distill reads them.")],
    out: Annotated[Path, typer.Option(help="Folder for the predictions; a second call goes on from them.")],
    limit: Limit = None,
    columns: Columns = None,
    rewrites: Annotated[
        str, typer.Option(help="Which spellings of the molecules, separated by commas.")
    ] = "canonical,hydrogen,kekule,rings",
    batch_size: BatchSize = 8,
    max_new_tokens: Annotated[int | None, typer.Option(min=1, help="Most tokens of a caption.")] = None,
    seed: Annotated[int, typer.Option(help="Of the resamples and swaps.", rich_help_panel=help.INTERVALS)] = 0,
    as_json: AsJson = False,
) -> None:
    """Caption molecules under other spellings of their SMILES.

    What is written is compared with the original's.

    Example: molreflect robustness students/first data/sample.tsv --out robust --limit 50
    """
    from molreflect.training.robustness import measure_robustness, robustness_table

    pairs = read_pairs(corpus, limit=limit, columns=columns)
    say_threads()
    with (
        kept(lambda: f"the predictions so far are kept in {out}; the same command goes on from there"),
        steps() as shown,
    ):
        found = measure_robustness(
            student,
            pairs.pairs,
            out,
            rewrites=listed(rewrites, "rewrites"),
            source=corpus,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            seed=seed,
            predicting=lambda name, event: shown.progress(f"captioning, {name}", event.done, event.total),
            progress=shown.progress,
        )
    print_json(found.to_dict()) if as_json else print_table(robustness_table(found))
