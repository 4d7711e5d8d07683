"""The dose-response experiment: what is verification worth to a student whose teacher errs at a known rate?

A teacher that errs on purpose (`molreflect.agents.models.noisy_teacher`) distils the same rows at each rate and seed,
once with verification and repair and once without. A student is trained on each, with the same rows in the same order
for as many steps, and asked about the same held-out pairs. Task scores say what became of the student; its rationales
are held against a noise-free run.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from molreflect.tools.errors import InputError
from molreflect.tools.storage import atomic_write_text, require_writable, run_lock
from molreflect.training.ablation.cells import Cell
from molreflect.training.ablation.jobs import CellTask, run_cells
from molreflect.training.ablation.noise_runs import NoisyRun, noisy_runs, require_clean
from molreflect.training.ablation.noise_settings import NOISE_ARMS, NoiseSettings
from molreflect.training.ablation.rationales import rationale_metrics, training_shares
from molreflect.training.ablation.results import Results, collect_results
from molreflect.training.ablation.rows import Chosen
from molreflect.training.ablation.run import (
    choose_rows,
    device,
    opened_resources,
    require_start,
    versions,
    write_tables,
)
from molreflect.training.config import Arm, StudentConfig
from molreflect.training.evaluation.metrics.bootstrap import Metric, Share, intervals, score
from molreflect.training.examples.builder import ExampleBuilder, TooLongError
from molreflect.training.examples.records import read_run
from molreflect.training.progress import DetailedProgress
from molreflect.training.student.plan import Split

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import ChatFormat
    from molreflect.tools.resources import Resources

TABLE_FILE, DATA_FILE, QUALITY_FILE = "noise.md", "noise.json", "trained-on.md"


@dataclass(frozen=True, slots=True)
class Quality:
    """How much of what an arm is trained on the noise-free run says too; pooled over the seeds."""

    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    alignments: float
    """In the training rows, a mean over the seeds."""


@dataclass(frozen=True)
class Dose:
    """What one rate of errors gave."""

    rate: float
    quality: dict[str, Quality]
    """By arm."""
    results: tuple[Results, ...]
    """By direction."""


@dataclass(frozen=True)
class NoiseResult:
    """Where the experiment's results are, and what they are."""

    out: Path
    doses: tuple[Dose, ...]
    chosen: Chosen
    table: str
    """In Markdown."""
    data: dict[str, Any]
    """The same with every metric, as `noise.json` has it."""


def ablate_noise(
    run_dir: Path | str,
    out: Path | str,
    settings: NoiseSettings,
    config: StudentConfig,
    *,
    resources: Resources | None = None,
    cache: Path | None = None,
    jobs: int = 1,
    progress: DetailedProgress | None = None,
) -> NoiseResult:
    """Run the experiment, and write its table, plots and data.

    Every run and every cell (rate, direction, arm, seed) is a folder under `out`; finished ones are kept, broken-off
    ones go on. Rates, seeds and directions can be added by a later call with the same other settings.

    Args:
        run_dir: The noise-free run, distilled from the pair view. Its pairs are what is distilled anew.
        out: Folder for everything; a second call with the same settings goes on there.
        settings: Rates, seeds, directions, rows.
        config: Of every training; arm, direction, seed and held-out share are set by the experiment.
        resources: What claims are looked up in; one is opened where it is needed and none is given.
        cache: Where names turned into structures are kept.
        jobs: Cells at a time, each in a process with one thread; 1 runs them in this process.
        progress: Called with every progress event.

    Raises:
        InputError: The run cannot be read or is not noise-free, there are not enough rows, or `out` holds another
            ablation.
    """
    require_start(config, jobs)
    if config.curriculum or config.fragments == "attached":
        raise InputError("an experiment with errors takes neither a curriculum nor attached fragments")
    from molreflect.training.ablation.noise_report import as_data, markdown, plot_trained_on, trained_on, write_plots

    tell = progress or (lambda what, done, of, *, loss=None, tokens=None: None)
    out = Path(out)
    require_writable(out, "--out", folder=True)
    require_clean(Path(run_dir))
    records = read_run(run_dir, limit=config.limit)
    chosen, chat_format = choose_rows(records, out, settings, config, tell, identity={"experiment": "noise"})
    with ExitStack() as stack:
        stack.enter_context(run_lock(out, "the ablation"))
        runs = noisy_runs(chosen.split.train, out, settings.rates, settings.seeds, cache=cache, tell=tell)
        for run in runs.values():
            _require_fit(run, settings, config, chat_format)
        qualities = {rate: _qualities(rate, runs, settings, chosen) for rate in settings.rates}
        # Known before anything is trained, and worth knowing then: where the arms read the same, training is in vain.
        atomic_write_text(out / QUALITY_FILE, "\n".join(trained_on(qualities)) + "\n")
        plot_trained_on(qualities, out)
        tasks = _tasks(runs, run_dir, out, settings, config, chosen)
        run_cells(tasks, jobs=jobs, judge=None, resources_cache=cache, tell=tell)
        opened = stack.enter_context(opened_resources(resources, cache, needed=settings.faithfulness))
        doses = tuple(
            Dose(rate, qualities[rate], _results(rate, out, settings, chosen, opened, tell)) for rate in settings.rates
        )
    table = markdown(doses, settings, config, chosen)
    data = as_data(doses, settings, config, chosen) | {"versions": versions(), "device": device(jobs)}
    write_tables(out, {TABLE_FILE: table, DATA_FILE: data})
    write_plots(doses, settings, out)
    return NoiseResult(out, doses, chosen, table, data)


def rate_folder(out: Path, rate: float) -> Path:
    """Name the folder of the cells of one rate."""
    return out / f"noise-{rate:g}"


def _with_records(chosen: Chosen, run: NoisyRun) -> Chosen:
    """The same rows with what an erring teacher left of them; held-out ones are asked about only."""
    return replace(chosen, split=Split(run.records, chosen.split.heldout))


def _tasks(
    runs: Mapping[tuple[float, int], NoisyRun],
    run_dir: Path | str,
    out: Path,
    settings: NoiseSettings,
    config: StudentConfig,
    chosen: Chosen,
) -> list[CellTask]:
    """Seed by seed, so that a table over fewer seeds can be had early."""
    return [
        CellTask(
            Cell(direction, arm, seed),
            str(run_dir),
            rate_folder(out, rate),
            settings,
            config,
            _with_records(chosen, runs[rate, seed]),
        )
        for seed in settings.seeds
        for direction in settings.directions
        for rate in settings.rates
        for arm in NOISE_ARMS
    ]


def _require_fit(run: NoisyRun, settings: NoiseSettings, config: StudentConfig, chat_format: ChatFormat) -> None:
    """See that spoilt rationales fit too, before anything is trained: all arms train on all rows.

    Raises:
        InputError: One does not.
    """
    for arm in NOISE_ARMS:
        builder = ExampleBuilder(
            format=chat_format, arm=arm, max_alignments=config.max_alignments, max_length=config.max_length
        )
        for record in run.records:
            for direction in settings.directions:
                try:
                    builder.example(record, (), direction)
                except TooLongError as error:
                    raise InputError(f"with the errors of {run.noise.name}, {error}") from error


def _qualities(
    rate: float, runs: Mapping[tuple[float, int], NoisyRun], settings: NoiseSettings, chosen: Chosen
) -> dict[str, Quality]:
    """Hold what each arm is trained on against the noise-free run."""
    clean = {record.id: record for record in chosen.split.train}
    quality = {}
    for arm in NOISE_ARMS:
        draft = arm is Arm.UNVERIFIED
        records = [runs[rate, seed].records for seed in settings.seeds]
        scored = [training_shares(one, clean, draft=draft) for one in records]
        pooled: dict[str, Metric] = {name: _added([one[name] for one in scored]) for name in scored[0]}
        quality[str(arm)] = Quality(
            {name: score(metric) for name, metric in pooled.items()},
            intervals(pooled, resamples=settings.bootstrap),
            sum(len(r.draft if draft else r.parts) for one in records for r in one) / len(records),
        )
    return quality


def _results(
    rate: float,
    out: Path,
    settings: NoiseSettings,
    chosen: Chosen,
    resources: Resources | None,
    tell: DetailedProgress,
) -> tuple[Results, ...]:
    folder = rate_folder(out, rate)
    return tuple(
        collect_results(direction, folder, settings, chosen, resources, tell, more=rationale_metrics(chosen, direction))
        for direction in settings.directions
    )


def _added(metrics: list[Metric]) -> Share:
    columns = np.sum([metric.columns() for metric in metrics], axis=0)
    return Share(columns[:, 0], columns[:, 1])
