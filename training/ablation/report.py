"""An ablation as one Markdown table, as data, and as plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.tools.english import counted
from molreflect.tools.terms import Direction
from molreflect.training.ablation.settings import ATTACHED
from molreflect.training.config import StudentConfig
from molreflect.training.evaluation.faithfulness import PREFIX as FAITHFUL
from molreflect.training.evaluation.labels import OTHER, STRICT, ahead, higher_is_better, label, number
from molreflect.training.evaluation.results import without_nan
from molreflect.training.plots import save_plot
from molreflect.training.student.curves import moving_mean

if TYPE_CHECKING:
    from molreflect.training.ablation.results import Results
    from molreflect.training.ablation.rows import Chosen
    from molreflect.training.ablation.settings import AblationSettings

HEADLINES = {
    Direction.CAP2MOL: (
        f"{STRICT}exact_match",
        f"{STRICT}morgan",
        f"{STRICT}maccs",
        "bleu",
        "levenshtein",
        f"{STRICT}validity",
        f"{FAITHFUL}satisfied",
    ),
    Direction.MOL2CAP: (
        "rougeL",
        "rouge2",
        "bleu4_scibert",
        f"{OTHER}bleu4_words",
        "meteor_scibert",
        f"{FAITHFUL}supported",
        f"{FAITHFUL}refuted",
    ),
}
"""Metrics of the table, those that were computed; all others stand in the JSON."""


def headlines(results: Results) -> list[str]:
    """The metrics that the table of a direction shows."""
    known = set().union(*(system.values for system in results.systems))
    return [name for name in HEADLINES[results.direction] if name in known]


def markdown(results: Sequence[Results], settings: AblationSettings, config: StudentConfig, chosen: Chosen) -> str:
    """All directions as Markdown: scores with intervals, paired tests, and what each arm cost."""
    lines = [_preface(settings, config, chosen), ""]
    for one in results:
        lines += [f"### {one.direction}", "", *_scores(one, settings), "", *_tests(one), "", *_costs(one), ""]
    return "\n".join(lines).rstrip() + "\n"


def _preface(settings: AblationSettings, config: StudentConfig, chosen: Chosen) -> str:
    split = chosen.split
    epochs = config.max_steps * config.batch_size * config.accumulation / len(split.train)
    left = [f"{chosen.too_long} too long for max_length={config.max_length}"]
    if settings.row_tokens is not None:
        left.append(f"{chosen.over_row_tokens} over row_tokens={settings.row_tokens}")
    return (
        f"Base `{Path(config.base).name}`, {len(split.train)} training and "
        f"{counted(len(split.heldout), 'held-out record')} (no "
        f"molecule on both sides; without a verified alignment "
        f"{counted(chosen.without_alignments, 'training record')}), "
        f"{counted(config.max_steps, 'step')} of "
        f"{counted(config.batch_size * config.accumulation, 'example')} ({epochs:.1f} epochs) for "
        f"every arm in the same order, {_named('seed', settings.seeds)}, {config.neighbours} neighbour"
        f"{'s' if config.neighbours != 1 else ''} where an arm has any, at most {config.max_alignments} alignments, "
        f"LoRA rank {config.lora_rank} on {', '.join(config.lora_targets)}, learning rate {config.learning_rate:g}. "
        f"Of {chosen.records} records, left out for all arms: {', '.join(left)}. Answers are greedy where a name says "
        f"nothing else, at most {config.max_new_tokens} tokens.{_curriculum(settings, config)}{_attached(settings)} "
        f"Brackets: 95 % bootstrap over the questions ({settings.bootstrap} resamples)."
    )


def _curriculum(settings: AblationSettings, config: StudentConfig) -> str:
    if settings.curriculum is None or "curriculum" not in settings.arms:
        return ""
    first = round(config.max_steps * settings.curriculum_share)
    return (
        f" The arm curriculum is written with its first {first} steps on `{Path(settings.curriculum).name}` and "
        f"{config.max_steps - first} on the rows of all."
    )


def _attached(settings: AblationSettings) -> str:
    if ATTACHED not in settings.arms:
        return ""
    return " The arm attached is written with fragments that show where they were attached (`*O`, `*=O`)."


def _named(what: str, values: Sequence[int]) -> str:
    return f"{what}{'s' if len(values) > 1 else ''} {', '.join(map(str, values))}"


def _scores(results: Results, settings: AblationSettings) -> list[str]:
    names = headlines(results)
    arrows = [f"{label(name)}{' ↓' if not higher_is_better(name) else ''}" for name in names]
    lines = [f"| | {' | '.join(arrows)} |", "|---|" + "---|" * len(names)]
    for system in results.systems:
        cells = []
        for name in names:
            if name not in system.values:
                cells.append("–")
                continue
            cell = f"{_short(name, system.values[name])} [{_ends(name, system.intervals.get(name))}]"
            if len(settings.seeds) > 1 and system.by_seed:
                cell += f" ± {_short(name, _deviation([values[name] for values in system.by_seed.values()]))}"
            cells.append(cell)
        lines.append(f"| {system.name} | {' | '.join(cells)} |")
    if len(settings.seeds) > 1:
        lines += ["", "±: standard deviation between seeds."]
    return lines


def _short(name: str, value: float) -> str:
    bare = name.removeprefix(STRICT).removeprefix(OTHER).removeprefix(FAITHFUL)
    return number(bare, value)[: None if bare == "levenshtein" else 5] or "–"


def _ends(name: str, ends: tuple[float, float] | None) -> str:
    return "–" if ends is None or math.isnan(ends[0]) else f"{_short(name, ends[0])}, {_short(name, ends[1])}"


def _deviation(values: Sequence[float]) -> float:
    mean = sum(values) / len(values)
    return math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))


def _tests(results: Results) -> list[str]:
    names = headlines(results)
    lines = [
        "Paired over the questions (difference with 95 % bootstrap interval, p by approximate randomisation, not "
        "corrected for the number of tests; bold where the interval leaves zero out):",
        "",
        "| | metric | difference | 95 % | p | ahead |",
        "|---|---|---:|---|---:|---|",
    ]
    for test in results.tests:
        for name in names:
            if name not in test.tests:
                continue
            found = test.tests[name]
            clear = found.low > 0 or found.high < 0
            side = {"A": test.b, "B": test.a, "same": "–"}[ahead(name, found.difference)]
            difference = f"{found.difference:+.3f}"
            lines.append(
                f"| {test.a} − {test.b} | {label(name)} | {f'**{difference}**' if clear else difference} | "
                f"{found.low:+.3f} to {found.high:+.3f} | {_p(found.p_value)} | {side} |"
            )
    return lines


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _costs(results: Results) -> list[str]:
    lines = [
        "| | steps | examples | tokens trained on | tokens with prompts | contexts cut | held-out loss | "
        "train s | predict s | answers |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---|",
    ]
    for system in results.systems:
        cost = system.cost
        if not cost:
            continue
        loss = "–" if cost["heldout_loss"] is None else f"{cost['heldout_loss']:.3f}"
        answers = ", ".join(f"{count} {status}" for status, count in sorted(cost["statuses"].items()))
        lines.append(
            f"| {system.name} | {cost['steps']} | {cost['examples']:,} | {cost['tokens_trained_on']:,} | "
            f"{cost['tokens_with_prompts']:,} | {cost['examples_with_dropped_neighbours']} | {loss} | "
            f"{cost['train_seconds']:.0f} | {cost['predict_seconds']:.0f} | {answers} |"
        )
    return lines


def as_data(
    results: Sequence[Results], settings: AblationSettings, config: StudentConfig, chosen: Chosen
) -> dict[str, Any]:
    """Everything as plain values: every metric, not the headlines alone."""
    plain: dict[str, Any] = without_nan(
        {
            "settings": settings.plain(),
            "training": config.plain(),
            "rows": {
                "records": chosen.records,
                "train": [record.id for record in chosen.split.train],
                "heldout": [record.id for record in chosen.split.heldout],
                "too_long": chosen.too_long,
                "over_row_tokens": chosen.over_row_tokens,
                "without_alignments": chosen.without_alignments,
            },
            "directions": {
                str(one.direction): {
                    "rows": one.rows,
                    "systems": {
                        system.name: {
                            "values": system.values,
                            "intervals": {name: list(ends) for name, ends in system.intervals.items()},
                            "by_seed": {str(seed): values for seed, values in system.by_seed.items()},
                            "left_out": system.left_out,
                            "cost": system.cost,
                        }
                        for system in one.systems
                    },
                    "tests": [
                        {
                            "a": test.a,
                            "b": test.b,
                            "metrics": {
                                name: {
                                    "a": found.b,
                                    "b": found.a,
                                    "a_minus_b": found.difference,
                                    "low": found.low,
                                    "high": found.high,
                                    "p_value": found.p_value,
                                }
                                for name, found in test.tests.items()
                            },
                        }
                        for test in one.tests
                    ],
                }
                for one in results
            },
        }
    )
    return plain


# --- plots


def write_plots(results: Sequence[Results], settings: AblationSettings, out: Path) -> list[Path]:
    """For each direction the scores with intervals, the paired differences, and the losses, as `scores-*.svg` etc.

    Raises:
        InputError: matplotlib is not installed.
    """
    drawn = (("scores", _plot_scores), ("differences", _plot_differences), ("loss", _plot_losses))
    return [
        path
        for one in results
        for kind, draw in drawn
        for path in save_plot(partial(draw, results=one), out / "plots" / f"{kind}-{one.direction}")
    ]


def _plot_scores(figure: Any, results: Results) -> None:
    names = headlines(results)
    figure.set_size_inches(2.1 * len(names) + 1.2, 0.32 * len(results.systems) + 1.1)
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        for place, system in enumerate(results.systems):
            if name not in system.values:
                continue
            low, high = system.intervals.get(name, (math.nan, math.nan))
            panel.plot([low, high], [place, place], color="0.6", linewidth=2)
            panel.plot(system.values[name], place, "o", color="C0" if system.by_seed else "C1")
        panel.set_title(f"{label(name)}{'' if higher_is_better(name) else ' (lower is better)'}")
        panel.grid(axis="x", color="0.9")
    panels[0].set_yticks(range(len(results.systems)), [system.name for system in results.systems])
    panels[0].invert_yaxis()
    figure.suptitle(f"{results.direction}, {counted(results.rows, 'held-out row')}, 95 % intervals")


def _plot_differences(figure: Any, results: Results) -> None:
    names = headlines(results)
    figure.set_size_inches(2.1 * len(names) + 1.8, 0.32 * len(results.tests) + 1.1)
    panels = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    for panel, name in zip(panels, names, strict=True):
        panel.axvline(0, color="0.4", linewidth=0.8)
        for place, test in enumerate(results.tests):
            if name not in test.tests:
                continue
            found = test.tests[name]
            panel.plot([found.low, found.high], [place, place], color="0.6", linewidth=2)
            panel.plot(found.difference, place, "o", color="C0")
        panel.set_title(label(name))
        panel.grid(axis="x", color="0.9")
    panels[0].set_yticks(range(len(results.tests)), [f"{test.a} − {test.b}" for test in results.tests])
    panels[0].invert_yaxis()
    figure.suptitle(f"{results.direction}, paired differences, 95 % intervals")


def _plot_losses(figure: Any, results: Results) -> None:
    figure.set_size_inches(5.5, 3.2)
    panel = figure.subplots()
    for number_, (arm, runs) in enumerate(results.histories.items()):
        for i, losses in enumerate(runs):
            panel.plot(moving_mean(losses), color=f"C{number_}", linewidth=1, label=arm if i == 0 else None)
    panel.set_xlabel("logged step")
    panel.set_ylabel("training loss (rationale and answer)")
    panel.legend(frameon=False)
    panel.set_title(f"{results.direction}, moving mean; losses of arms are over different tokens")
