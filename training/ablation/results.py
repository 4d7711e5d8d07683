"""What the cells of an ablation gave: systems over their seeds, tested against each other."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from molreflect.tools.storage import atomic_write_text
from molreflect.tools.terms import Direction
from molreflect.training.ablation.cells import Cell, prediction_name
from molreflect.training.ablation.rows import Chosen
from molreflect.training.ablation.settings import CURRICULUM, AblationSettings
from molreflect.training.evaluation.evaluate import evaluate_predictions
from molreflect.training.evaluation.metrics.bootstrap import (
    Bleu,
    Metric,
    PairedTest,
    Share,
    intervals,
    paired_tests,
    score,
)
from molreflect.training.evaluation.metrics.strata import copy_nearest
from molreflect.training.evaluation.prediction_files import read_predictions, write_predictions
from molreflect.training.evaluation.results import Evaluation
from molreflect.training.examples.records import fingerprint, one_line
from molreflect.training.progress import Progress
from molreflect.training.student.folder import MANIFEST_FILE, METRICS_FILE

if TYPE_CHECKING:
    from molreflect.tools.resources import Resources

BASELINE = "copy nearest"
"""Name of the baseline that answers with the answer of the most similar training pair."""


@dataclass(frozen=True)
class System:
    """One line of the table: an arm, the verifier's choice among an arm's candidates, or the baseline."""

    name: str
    metrics: dict[str, Metric]
    """Over all seeds; row `i` is the question `i`, its values added up over the seeds."""
    values: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    by_seed: dict[int, dict[str, float]]
    """Empty for the baseline, which has no seed."""
    left_out: dict[str, str]
    cost: dict[str, Any] = field(default_factory=dict)
    """Steps, examples, tokens, seconds: means over the seeds."""


@dataclass(frozen=True, slots=True)
class Test:
    """A paired test between two systems of one direction, over the questions."""

    a: str
    b: str
    tests: dict[str, PairedTest]
    """Differences are `a - b`: `PairedTest.b` belongs to the system `a` here, since that is the one under test."""


@dataclass(frozen=True)
class Results:
    """What one direction gave."""

    direction: Direction
    rows: int
    systems: tuple[System, ...]
    tests: tuple[Test, ...]
    histories: dict[str, list[list[float]]]
    """Arm -> training loss of every logged step, one list a seed."""


def collect_results(
    direction: Direction,
    out: Path,
    settings: AblationSettings,
    chosen: Chosen,
    resources: Resources | None,
    tell: Progress,
    *,
    more: Callable[[Path], Mapping[str, Metric]] | None = None,
) -> Results:
    """Evaluate the cells of one direction and test them against each other.

    Args:
        direction: Which one.
        out: The folder in which the cells have theirs.
        settings: Arms, seeds and what is scored.
        chosen: The rows.
        resources: What claims are looked up in.
        tell: Told what is scored.
        more: Further metrics of a prediction file, over its rows in their order.
    """
    _check_equal(direction, out, settings)

    def scored(path: Path) -> Evaluation:
        tell(f"scoring {path.parent.name}/{path.name}", 0, 0)
        found = evaluate_predictions(
            read_predictions(path, direction),
            bootstrap=0,
            faithfulness=settings.faithfulness,
            resources=resources,
        )
        return found if more is None else replace(found, metrics=found.metrics | dict(more(path)))

    systems: dict[str, System] = {}
    pairs: list[tuple[str, str]] = []
    histories: dict[str, list[list[float]]] = {}
    for arm in settings.arms:
        folders = {seed: out / Cell(direction, arm, seed).name for seed in settings.seeds}
        candidates = settings.candidates_of(arm)
        file = prediction_name(candidates)
        variants = {str(arm): file}
        if candidates > 1:
            for folder in folders.values():
                write_single(folder, file, direction)
            best = f"{arm}, best of {candidates}"
            variants = {str(arm): f"{file}-greedy", f"{arm}, one sample": f"{file}-sample", best: file}
            pairs += [(best, str(arm)), (best, f"{arm}, one sample")]
        for name, file in variants.items():
            cost = _cost(list(folders.values()), prediction_name(candidates)) if name == str(arm) else {}
            by_seed = {seed: scored(folder / f"{file}.tsv") for seed, folder in folders.items()}
            systems[name] = pool(name, by_seed, settings, cost)
        histories[str(arm)] = [_losses(folder / "student" / "history.jsonl") for folder in folders.values()]
    reference = str(settings.reference)
    pairs = [(reference, str(arm)) for arm in settings.arms if str(arm) != reference] + pairs
    copied = _copy_baseline(direction, out, chosen, settings, resources)
    # One answer for each seed, so that each side of a paired test counts as many answers.
    systems[BASELINE] = pool(BASELINE, dict.fromkeys(settings.seeds, copied), settings, {}, seeded=False)
    pairs.append((reference, BASELINE))
    tests = tuple(
        Test(
            a,
            b,
            paired_tests(systems[b].metrics, systems[a].metrics, resamples=settings.bootstrap, trials=settings.trials),
        )
        for a, b in pairs
    )
    return Results(direction, len(chosen.split.heldout), tuple(systems.values()), tests, histories)


def _check_equal(direction: Direction, out: Path, settings: AblationSettings) -> None:
    """Equal steps, equal rows, equal order: read from what the trainings wrote down, not from what was asked for."""
    for seed in settings.seeds:
        facts = {}
        for arm in settings.arms:
            student = out / Cell(direction, arm, seed).name / "student"
            manifest = json.loads((student / MANIFEST_FILE).read_text(encoding="utf-8"))
            metrics = json.loads((student / METRICS_FILE).read_text(encoding="utf-8"))
            facts[arm] = (
                tuple(manifest["train_ids"]),
                tuple(manifest["heldout_ids"]),
                metrics["steps"],
                metrics["examples"],
                # A curriculum's first steps are on other rows; how many it makes, and on what, stands in the table.
                metrics["order_sha256"] if arm != CURRICULUM else None,
            )
        same = {fact[:-1] for fact in facts.values()}
        orders = {fact[-1] for arm, fact in facts.items() if arm != CURRICULUM}
        if len(same) > 1 or len(orders) > 1:
            raise RuntimeError(f"the arms of {direction}, seed {seed}, were not trained on the same rows and steps")


def _cost(folders: Sequence[Path], file: str) -> dict[str, Any]:
    metrics = [json.loads((f / "student" / METRICS_FILE).read_text(encoding="utf-8")) for f in folders]
    asked = [json.loads((f / f"{file}.json").read_text(encoding="utf-8")) for f in folders]
    statuses: dict[str, int] = {}
    for one in asked:
        for status, count in one["statuses"].items():
            statuses[status] = statuses.get(status, 0) + count

    def mean(values: Sequence[float]) -> float:
        return round(sum(values) / len(values), 2)

    return {
        "steps": metrics[0]["steps"],
        "examples": metrics[0]["examples"],
        "tokens_trained_on": round(mean([m["tokens_trained_on"] for m in metrics])),
        "tokens_with_prompts": round(mean([m["tokens_trained_on_with_prompts"] for m in metrics])),
        "examples_with_dropped_neighbours": metrics[0]["examples_with_dropped_neighbours"],
        "heldout_loss": mean([m["heldout_loss_after"]["all"] for m in metrics])
        if all(m["heldout_loss_after"] for m in metrics)
        else None,
        "train_seconds": mean([m["seconds"]["train"] for m in metrics]),
        "predict_seconds": mean([one["seconds"] for one in asked]),
        "statuses": statuses,
    }


def _losses(path: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in path.read_text(encoding="utf-8").splitlines()]


def pool(
    name: str,
    by_seed: Mapping[int, Evaluation],
    settings: AblationSettings,
    cost: dict[str, Any],
    *,
    seeded: bool = True,
) -> System:
    """One system over its seeds.

    Every metric depends on its rows through sums of columns (`training.evaluation.metrics.bootstrap`), so the
    columns of a
    question are added up over the seeds: values are means over the seeds, and a resample draws questions, each with
    all its answers.
    """
    evaluations = list(by_seed.values())
    names = [n for n in evaluations[0].metrics if all(n in e.metrics for e in evaluations)]
    metrics = {n: _added([e.metrics[n] for e in evaluations]) for n in names}
    return System(
        name,
        metrics,
        {n: score(metric) for n, metric in metrics.items()},
        intervals(metrics, resamples=settings.bootstrap),
        {seed: {n: score(m) for n, m in e.metrics.items()} for seed, e in by_seed.items()} if seeded else {},
        {n: reason for e in evaluations for n, reason in e.left_out.items()},
        cost,
    )


def _added(metrics: Sequence[Metric]) -> Metric:
    first = metrics[0]
    if isinstance(first, Bleu):
        return Bleu(np.sum([m.statistics for m in metrics if isinstance(m, Bleu)], axis=0), first.order)
    columns = np.sum([m.columns() for m in metrics], axis=0)
    return Share(columns[:, 0], columns[:, 1])


def write_single(folder: Path, file: str, direction: Direction) -> None:
    """From all candidates, what one greedy answer and what one sample would have been: `FILE-greedy`, `FILE-sample`."""
    rows = [json.loads(line) for line in (folder / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()]
    predictions = read_predictions(folder / f"{file}.tsv", direction)
    for name, at in (("greedy", 0), ("sample", 1)):
        answers = [one_line(row["candidates"][at]["answer"]) for row in rows]
        asked = [(shown.source, shown.truth) for shown in predictions.rows]
        answered = [(*pair, answer) for pair, answer in zip(asked, answers, strict=True)]
        write_predictions(folder / f"{file}-{name}.tsv", direction, answered)
        # The rationale metrics read the chosen candidate from a file of the same name.
        chosen = [{**row, "output": row["candidates"][at]["answer"], "chosen": at} for row in rows]
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in chosen)
        atomic_write_text(folder / f"{file}-{name}.jsonl", text)


def _copy_baseline(
    direction: Direction, out: Path, chosen: Chosen, settings: AblationSettings, resources: Resources | None
) -> Evaluation:
    from molreflect.tools.corpus import Corpus, Pair

    pairs = tuple(Pair(r.id, r.smiles, r.caption, r.smiles, i) for i, r in enumerate(chosen.split.train, start=1))
    corpus = Corpus(pairs, (), fingerprint(chosen.split.train), "the training rows")
    first = out / Cell(direction, settings.arms[0], settings.seeds[0]).name
    file = prediction_name(settings.candidates_of(settings.arms[0]))
    copied = copy_nearest(read_predictions(first / f"{file}.tsv", direction), corpus)
    path = out / str(direction) / "copy-nearest.tsv"
    write_predictions(path, direction, [(row.source, row.truth, one_line(row.output)) for row in copied.rows])
    return evaluate_predictions(
        read_predictions(path, direction), bootstrap=0, faithfulness=settings.faithfulness, resources=resources
    )
