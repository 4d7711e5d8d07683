"""Tables, data, predictions and plots of scored properties."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from molreflect.tools.english import counted
from molreflect.tools.storage import atomic_write_text
from molreflect.tools.text_tables import TextTable
from molreflect.training.plots import save_plot
from molreflect.training.properties.scores import BINS, METRICS, Paired, Score
from molreflect.training.properties.splits import TRAIN, VALID
from molreflect.training.properties.student import STUDENTS

if TYPE_CHECKING:
    from molreflect.training.properties.dataset import Dataset
    from molreflect.training.properties.run import PropertyResult, TaskResult

LABELS = {"roc_auc": "ROC-AUC", "pr_auc": "PR-AUC", "brier": "Brier (lower)", "ece": "ECE (lower)"}
PARTS = {"test": "test part", "valid": "validation part"}


def how_read(dataset: Dataset) -> list[str]:
    """Say what was read of a table, a sentence each."""
    told = [*dataset.notes]
    tasks = ", ".join(dataset.tasks)
    told.append(f"{dataset.source}: {counted(len(dataset.entries), 'molecule')} for {tasks}")
    if dataset.bad_rows:
        first = dataset.bad_rows[0]
        told.append(
            f"{counted(len(dataset.bad_rows), 'row')} could not be read and left out; the first is "
            f"{dataset.unit} {first.line}: {first.reason}"
        )
    if dataset.duplicates:
        told.append(f"{counted(dataset.duplicates, 'row')} merged into an earlier one of the same molecule")
    for task, number in zip(dataset.tasks, dataset.conflicts, strict=True):
        if number:
            told.append(f"{counted(number, 'molecule')} with contradicting labels of {task}: taken as unknown")
    return told


def tables(result: PropertyResult) -> list[TextTable]:
    """Lay scores and paired tests of every task out."""
    found = []
    for task in result.tasks:
        for part, scored in task.scored.items():
            rows = [[name, *(_cell(scores[m]) for m in METRICS)] for name, scores in scored.scores.items()]
            found.append(TextTable(_title(result, task, part), ("system", *LABELS.values()), rows))
        if "test" in task.scored and task.scored["test"].paired:
            rows = [
                [f"{a} − {b}", *(_difference(each[m]) for m in ("roc_auc", "pr_auc", "brier")), _p_values(task, (a, b))]
                for (a, b), each in task.scored["test"].paired.items()
            ]
            heads = ("difference", "ROC-AUC", "PR-AUC", "Brier (lower)", "p by DeLong")
            found.append(TextTable(f"{task.task}, test part, paired over the molecules", heads, rows, caption=_CAPTION))
    return found


_CAPTION = (
    "brackets: 95 % bootstrap over the molecules; ±: standard deviation between seeds; p of a difference by the "
    "bootstrap, not corrected for the number of tests; DeLong's of ROC-AUC, for each seed by itself"
)


def _title(result: PropertyResult, task: TaskResult, part: str) -> str:
    actives = f"{task.actives} of {counted(task.labelled, 'labelled molecule')} active"
    if result.training is not None:
        return f"{task.task}, {result.dataset.source}: {actives}"
    return f"{task.task}, {result.settings.split} split, {PARTS[part]}: {actives}"


def _cell(score: Score) -> str:
    spread = "" if math.isnan(score.deviation) else f" ± {score.deviation:.3f}"
    ends = "" if math.isnan(score.low) else f" [{score.low:.3f}, {score.high:.3f}]"
    return f"{score.value:.3f}{ends}{spread}"


def _difference(paired: Paired) -> str:
    if math.isnan(paired.low):
        return f"{paired.difference:+.3f}"
    return f"{paired.difference:+.3f} [{paired.low:+.3f}, {paired.high:+.3f}], p {paired.p_value:.3f}"


def _p_values(task: TaskResult, pair: tuple[str, str]) -> str:
    return ", ".join("–" if math.isnan(p) else f"{p:.3f}" for p in task.delong[pair])


def notes(result: PropertyResult) -> list[str]:
    """Say how the split came out and what has no scores, a sentence each."""
    told = []
    if result.splits:
        first = result.splits[0]
        most = max(each.max_similarity for each in result.splits)
        median = float(np.median([each.median_similarity for each in result.splits]))
        told.append(
            f"{first.train} training, {first.valid} validation and {first.test} test molecules at seed 0 "
            f"({TRAIN:.0%} and {VALID:.0%} are aimed at); nearest training molecule of a test molecule: Tanimoto "
            f"{median:.2f} (median), {most:.2f} at most"
        )
    if result.in_training:
        told.append(
            f"{counted(result.in_training, 'row')} of the test table with a molecule of the training table; scores "
            "count them too"
        )
    told += [f"{task.task}: {why}" for task in result.tasks for why in task.unscored]
    return told


def to_dict(result: PropertyResult) -> dict[str, Any]:
    """Give all figures as plain data; what is undefined is None."""
    data = {
        "settings": _settings(result),
        "dataset": _read_dict(result.dataset),
        "training": None if result.training is None else _read_dict(result.training),
        "in_training": result.in_training,
        "splits": [asdict(each) for each in result.splits],
        "tasks": [_task_dict(task) for task in result.tasks],
    }
    plain: dict[str, Any] = _without_nan(data)
    return plain


def _settings(result: PropertyResult) -> dict[str, Any]:
    settings = result.settings
    given = {each.name: getattr(settings, each.name) for each in fields(settings) if each.name != "student"}
    given["split"] = None if result.training else str(settings.split)
    return given | ({"student": settings.student.plain()} if set(STUDENTS) & set(settings.systems) else {})


def _read_dict(dataset: Dataset) -> dict[str, Any]:
    return {
        "source": dataset.source,
        "rows": dataset.rows,
        "molecules": len(dataset.entries),
        "tasks": list(dataset.tasks),
        "duplicates": dataset.duplicates,
        "conflicts": dict(zip(dataset.tasks, dataset.conflicts, strict=True)),
        "unreadable": [asdict(bad) for bad in dataset.bad_rows],
    }


def _task_dict(task: TaskResult) -> dict[str, Any]:
    return {
        "task": task.task,
        "labelled": task.labelled,
        "actives": task.actives,
        "unscored": list(task.unscored),
        "scores": {
            part: {
                name: {m: {**asdict(s), "deviation": s.deviation} for m, s in scores.items()}
                for name, scores in scored.scores.items()
            }
            for part, scored in task.scored.items()
        },
        "paired": [
            {"part": part, "a": a, "b": b, **{m: asdict(p) for m, p in each.items()}}
            for part, scored in task.scored.items()
            for (a, b), each in scored.paired.items()
        ],
        "delong": [{"a": a, "b": b, "p_values": list(p)} for (a, b), p in task.delong.items()],
    }


def _without_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nan(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def predictions_csv(result: PropertyResult) -> str:
    """Write what the systems say of every molecule, a line for each molecule, task, seed and part.

    Unreadable rows stand at the end, without probabilities.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    systems = result.settings.systems
    writer.writerow([result.dataset.unit, "smiles", "task", "part", "seed", "label", *systems, "problem"])
    for one in result.predictions:
        entry = result.dataset.entries[one.row]
        label = "" if math.isnan(one.label) else f"{one.label:.0f}"
        seed = "all" if result.training is not None else one.seed
        said = [f"{one.probabilities[name]:.6f}" for name in systems]
        writer.writerow([entry.line, entry.smiles, one.task, one.part, seed, label, *said, ""])
    for bad in result.dataset.bad_rows:
        writer.writerow([bad.line, bad.smiles, "", "", "", "", *("" for _ in systems), bad.reason])
    return text.getvalue()


def write(result: PropertyResult, out: Path, data: str) -> None:
    """Write `metrics.json`, `table.txt`, `predictions.csv` and, of every task, plots of scores and calibration.

    Raises:
        InputError: matplotlib is not installed.
    """
    text = "\n\n".join([*map(str, tables(result)), "\n".join([*how_read(result.dataset), *notes(result)])])
    atomic_write_text(out / "predictions.csv", predictions_csv(result))
    atomic_write_text(out / "metrics.json", data)
    atomic_write_text(out / "table.txt", text + "\n")
    _write_plots(result, out)


def _write_plots(result: PropertyResult, out: Path) -> None:
    scored = [task for task in result.tasks if "test" in task.scored]
    for number, task in enumerate(scored):
        for kind, draw in (("scores", _plot_scores), ("calibration", _plot_calibration)):
            name = kind if len(scored) == 1 else f"{kind}-{number}"
            save_plot(partial(draw, result=result, task=task), out / "plots" / name)


def _plot_scores(figure: Any, result: PropertyResult, task: TaskResult) -> None:
    scores = task.scored["test"].scores
    figure.set_size_inches(2.1 * len(METRICS) + 1.2, 0.32 * len(scores) + 1.1)
    panels = figure.subplots(1, len(METRICS), sharey=True, squeeze=False)[0]
    for panel, metric in zip(panels, METRICS, strict=True):
        for place, each in enumerate(scores.values()):
            panel.plot([each[metric].low, each[metric].high], [place, place], color="0.6", linewidth=2)
            panel.plot(each[metric].by_seed, [place] * len(each[metric].by_seed), "|", color="0.3")
            panel.plot(each[metric].value, place, "o", color="C0")
        panel.set_title(LABELS[metric])
        panel.grid(axis="x", color="0.9")
    panels[0].set_yticks(range(len(scores)), list(scores))
    panels[0].invert_yaxis()
    figure.suptitle(f"{_title(result, task, 'test')}; 95 % intervals, | a seed")


def _plot_calibration(figure: Any, result: PropertyResult, task: TaskResult) -> None:
    figure.set_size_inches(4.2, 3.8)
    panel = figure.subplots()
    panel.plot([0, 1], [0, 1], color="0.7", linewidth=0.8)
    asked = [p for p in result.predictions if p.task == task.task and p.part == "test" and not math.isnan(p.label)]
    labels = np.array([p.label for p in asked])
    for number, name in enumerate(result.settings.systems):
        points = calibration([p.probabilities[name] for p in asked], labels)
        panel.plot(*zip(*points, strict=True), "o-", markersize=3, linewidth=1, color=f"C{number}", label=name)
    panel.set_xlabel("mean probability in a bin")
    panel.set_ylabel("share of actives")
    panel.set_title(f"{task.task}: calibration, test part")
    panel.legend(frameon=False)


def calibration(probabilities: Sequence[float], labels: np.ndarray) -> list[tuple[float, float]]:
    """Compute mean probability and share of actives in each of ten bins of equal width that is not empty."""
    said = np.asarray(probabilities)
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    return [(float(said[bins == b].mean()), float(labels[bins == b].mean())) for b in np.unique(bins)]
