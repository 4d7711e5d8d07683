"""The command that predicts properties of molecules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from molreflect.cli import help
from molreflect.cli.options import AsJson, Config, Set, listed
from molreflect.cli.progress import say, steps
from molreflect.cli.render import print_json, print_table
from molreflect.tools.errors import InputError
from molreflect.tools.storage import make_folder, require_writable
from molreflect.tools.terms import PropertySplit

if TYPE_CHECKING:
    from molreflect.training.properties.run import PropertyResult, PropertySettings


def properties(
    dataset: Annotated[
        Path | None, typer.Argument(help="A table with a column of SMILES and columns of 0 and 1; it is split.")
    ] = None,
    split: Annotated[PropertySplit, typer.Option(help="How the dataset is split 80:10:10.")] = PropertySplit.SCAFFOLD,
    seeds: Annotated[
        int, typer.Option(min=1, help="How many splits and models: seeds 0, 1, 2 ...", rich_help_panel=help.SPLIT)
    ] = 5,
    train: Annotated[Path | None, typer.Option(help="Train on this table instead, and predict --test.")] = None,
    test: Annotated[Path | None, typer.Option(help="The table to predict; its labels, if any, are scored.")] = None,
    tasks: Annotated[
        str | None, typer.Option(help="Columns of labels, by commas; default: all that hold only 0 and 1.")
    ] = None,
    columns: Annotated[str | None, typer.Option(help="Where the molecules are: smiles=mol.")] = None,
    systems: Annotated[
        str, typer.Option(help="By commas: the baselines, and student, student_bare.")
    ] = "prevalence,nearest,forest,boosting",
    config: Config = None,
    set_: Set = None,
    out: Annotated[Path | None, typer.Option(help="Folder for metrics, predictions and plots.")] = None,
    as_json: AsJson = False,
    max_similarity: Annotated[
        float,
        typer.Option(help="Most Tanimoto similarity between parts of --split separated.", rich_help_panel=help.SPLIT),
    ] = 0.6,
    bootstrap: Annotated[
        int, typer.Option(min=0, help="Resamples for the intervals; 0 leaves them out.", rich_help_panel=help.INTERVALS)
    ] = 1000,
) -> None:
    """Score what predicts binary properties of molecules.

    Baselines: ECFP4 with a random forest, gradient boosting and the nearest neighbour.
    Students, fine-tuned on the labels (--config, --set): with verified groups in the prompt, and with SMILES alone.

    Example: molreflect properties bace.csv --split random --out bace
    """
    from molreflect.training.config import load_config
    from molreflect.training.plots import require_matplotlib
    from molreflect.training.properties.report import how_read, notes, tables, to_dict, write
    from molreflect.training.properties.run import PropertySettings

    settings = PropertySettings(
        split=split,
        seeds=seeds,
        systems=listed(systems, "systems"),
        max_similarity=max_similarity,
        resamples=bootstrap,
        student=load_config(config, set_ or []),
    )
    if out is not None:
        require_writable(out, "--out", folder=True)
        if out.is_dir() and any(out.iterdir()):
            raise InputError(f"--out {out} holds files already; name an empty or a new folder")
        require_matplotlib()
    result = _result(dataset, train, test, () if tasks is None else listed(tasks, "tasks"), columns, settings)
    data = to_dict(result)
    if out is not None:
        import json

        make_folder(out, "--out")
        write(result, out, json.dumps(data, indent=1) + "\n")
    if as_json:
        print_json(data)
    else:
        for table in tables(result):
            print_table(table)
            print()
    for told in (*(how_read(result.training) if result.training else ()), *how_read(result.dataset), *notes(result)):
        say(told)
    if out is not None:
        say(f"properties: {out}")


def _result(
    dataset: Path | None,
    train: Path | None,
    test: Path | None,
    tasks: Sequence[str],
    columns: str | None,
    settings: PropertySettings,
) -> PropertyResult:
    from molreflect.training.properties.dataset import read_dataset
    from molreflect.training.properties.run import evaluate_splits, predict_test

    if dataset is not None and train is None and test is None:
        read = read_dataset(dataset, tasks=tasks, columns=columns)
        with steps() as shown:
            return evaluate_splits(read, settings, shown.progress)
    if dataset is not None or train is None or test is None:
        raise InputError("pass one table to be split, or --train and --test, a table each")
    training = read_dataset(train, tasks=tasks, columns=columns)
    asked = read_dataset(test, tasks=training.tasks, columns=columns, merge=False, unlabelled=True)
    with steps() as shown:
        return predict_test(training, asked, settings, shown.progress)
