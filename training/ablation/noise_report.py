"""The dose-response as one Markdown table, as data, and as a plot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.tools.english import counted
from molreflect.training.ablation.noise_settings import NAMES, NOISE_ARMS, NoiseSettings
from molreflect.training.ablation.rationales import PRECISION, RECALL
from molreflect.training.ablation.report import headlines
from molreflect.training.config import StudentConfig
from molreflect.training.evaluation.faithfulness import PREFIX as FAITHFUL
from molreflect.training.evaluation.labels import OTHER, STRICT, higher_is_better, label, number
from molreflect.training.evaluation.results import without_nan
from molreflect.training.plots import save_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from molreflect.training.ablation.noise import Dose, Quality
    from molreflect.training.ablation.results import Results, System, Test
    from molreflect.training.ablation.rows import Chosen

OWN = {PRECISION: "Rationale precision", RECALL: "Rationale recall"}
_TRAINED_ON = {PRECISION: "Right in the training rows", RECALL: "Of the noise-free run's, there"}
COLOURS = {"written": "C0", "unverified": "C3"}


def shown(results: Results) -> list[str]:
    """The metrics that the table of a direction shows."""
    known = set().union(*(system.values for system in results.systems))
    return [name for name in OWN if name in known] + headlines(results)


def title(name: str) -> str:
    """Name a metric as the table does."""
    return OWN.get(name) or label(name)


def markdown(doses: Sequence[Dose], settings: NoiseSettings, config: StudentConfig, chosen: Chosen) -> str:
    """What the arms were trained on, what became of them, and the paired differences."""
    lines = [_preface(settings, config, chosen), "", *trained_on({dose.rate: dose.quality for dose in doses})]
    for at, direction in enumerate(settings.directions):
        each = [(dose.rate, dose.results[at]) for dose in doses]
        lines += ["", f"### {direction}", "", *_scores(each, settings), "", *_differences(each), "", *_costs(each)]
    return "\n".join(lines).rstrip() + "\n"


def _preface(settings: NoiseSettings, config: StudentConfig, chosen: Chosen) -> str:
    split, examples = chosen.split, config.batch_size * config.accumulation
    epochs = config.max_steps * examples / len(split.train)
    return (
        f"Base `{Path(config.base).name}`, {len(split.train)} training and "
        f"{counted(len(split.heldout), 'held-out record')} (no molecule on both sides), "
        f"{counted(config.max_steps, 'step')} of {counted(examples, 'example')} ({epochs:.1f} epochs) for every cell, "
        f"the same rows in the same order; seeds {', '.join(map(str, settings.seeds))}, each of the errors and of the "
        f"training; {counted(config.neighbours, 'neighbour')}, at most {config.max_alignments} alignments, LoRA rank "
        f"{config.lora_rank} on {', '.join(config.lora_targets)}, learning rate {config.learning_rate:g}. Of "
        f"{chosen.records} records, {chosen.too_long} were left out as too long for max_length={config.max_length}"
        + (f" and {chosen.over_row_tokens} as over row_tokens={settings.row_tokens}" if settings.row_tokens else "")
        + f". Greedy answers of at most {config.max_new_tokens} tokens. Brackets: 95 % bootstrap over the rows "
        f"({settings.bootstrap} resamples), each with its answers of all seeds."
    )


def trained_on(qualities: Mapping[float, Mapping[str, Quality]]) -> list[str]:
    """Lines of the table of what the arms are trained on, by rate and arm."""
    lines = [
        "What the arms were trained on, held against the noise-free run (same phrase, same fragment):",
        "",
        "| noise | arm | alignments | right (precision) | of the noise-free run's (recall) |",
        "|---:|---|---:|---|---|",
    ]
    for rate, arms in qualities.items():
        for arm, quality in arms.items():
            lines.append(
                f"| {rate:g} | {NAMES[arm]} | {quality.alignments:.0f} | {_interval(quality, PRECISION)} | "
                f"{_interval(quality, RECALL)} |"
            )
    return lines


def _interval(scored: Quality | System, name: str) -> str:
    if name not in scored.values:
        return "–"
    low, high = scored.intervals.get(name, (math.nan, math.nan))
    ends = "–" if math.isnan(low) else f"{_short(name, low)}, {_short(name, high)}"
    return f"{_short(name, scored.values[name])} [{ends}]"


def _short(name: str, value: float) -> str:
    if math.isnan(value):
        return "–"
    bare = name.removeprefix(STRICT).removeprefix(OTHER).removeprefix(FAITHFUL)
    return f"{value:.3f}" if name in OWN else number(bare, value)[: None if bare == "levenshtein" else 5]


def _scores(each: Sequence[tuple[float, Results]], settings: NoiseSettings) -> list[str]:
    names = shown(each[0][1])
    heads = [f"{title(name)}{'' if name in OWN or higher_is_better(name) else ' ↓'}" for name in names]
    lines = [f"| noise | arm | {' | '.join(heads)} |", "|---:|---|" + "---|" * len(names)]
    for rate, results in each:
        for system in results.systems:
            if system.name in NAMES:
                cells = [_cell(system, name, settings) for name in names]
                lines.append(f"| {rate:g} | {NAMES[system.name]} | {' | '.join(cells)} |")
    baseline = next((s for s in each[0][1].systems if s.name not in NAMES), None)
    if baseline is not None:
        lines.append(f"| | {baseline.name} | {' | '.join(_interval(baseline, name) for name in names)} |")
    if len(settings.seeds) > 1:
        lines += ["", "±: standard deviation between seeds."]
    return lines


def _cell(system: System, name: str, settings: NoiseSettings) -> str:
    cell = _interval(system, name)
    values = [v[name] for v in system.by_seed.values() if name in v and not math.isnan(v[name])]
    if len(settings.seeds) < 2 or len(values) < 2:
        return cell
    mean = sum(values) / len(values)
    return f"{cell} ± {_short(name, math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)))}"


def _differences(each: Sequence[tuple[float, Results]]) -> list[str]:
    lines = [
        "verified − unverified, paired over the questions (95 % bootstrap interval, p by approximate randomisation, "
        "not corrected for the number of tests; bold where the interval leaves zero out):",
        "",
        "| noise | metric | difference | 95 % | p | ahead |",
        "|---:|---|---:|---|---:|---|",
    ]
    for rate, results in each:
        test = paired(results)
        for name in shown(results):
            if name not in test.tests:
                continue
            found = test.tests[name]
            difference = f"{found.difference:+.3f}"
            clear = found.low > 0 or found.high < 0
            p = "< 0.001" if found.p_value < 0.001 else f"{found.p_value:.3f}"
            better = name in OWN or higher_is_better(name)
            side = "–" if found.difference == 0 or math.isnan(found.difference) else _ahead(found.difference, better)
            lines.append(
                f"| {rate:g} | {title(name)} | {f'**{difference}**' if clear else difference} | "
                f"{found.low:+.3f} to {found.high:+.3f} | {p} | {side} |"
            )
    return lines


def _ahead(difference: float, higher: bool) -> str:
    return "verified" if (difference > 0) is higher else "unverified"


def paired(results: Results) -> Test:
    """The paired test of the two arms."""
    first, second = map(str, NOISE_ARMS)
    return next(test for test in results.tests if (test.a, test.b) == (first, second))


def _costs(each: Sequence[tuple[float, Results]]) -> list[str]:
    lines = [
        "| noise | arm | steps | examples | tokens trained on | tokens with prompts | train s | predict s | answers |",
        "|---:|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for rate, results in each:
        for system in results.systems:
            if not (cost := system.cost):
                continue
            answers = ", ".join(f"{count} {status}" for status, count in sorted(cost["statuses"].items()))
            lines.append(
                f"| {rate:g} | {NAMES[system.name]} | {cost['steps']} | {cost['examples']:,} | "
                f"{cost['tokens_trained_on']:,} | {cost['tokens_with_prompts']:,} | {cost['train_seconds']:.0f} | "
                f"{cost['predict_seconds']:.0f} | {answers} |"
            )
    return lines


def as_data(doses: Sequence[Dose], settings: NoiseSettings, config: StudentConfig, chosen: Chosen) -> dict[str, Any]:
    """Everything as plain values: every metric, not those of the table alone."""
    plain: dict[str, Any] = without_nan(
        {
            "settings": settings.plain(),
            "training": config.plain(),
            "rows": {
                "records": chosen.records,
                "train": [record.id for record in chosen.split.train],
                "heldout": [record.id for record in chosen.split.heldout],
            },
            "doses": [
                {
                    "noise": dose.rate,
                    "trained_on": {
                        NAMES[arm]: {
                            "alignments": quality.alignments,
                            "values": quality.values,
                            "intervals": {name: list(ends) for name, ends in quality.intervals.items()},
                        }
                        for arm, quality in dose.quality.items()
                    },
                    "directions": {str(one.direction): _plain(one) for one in dose.results},
                }
                for dose in doses
            ],
        }
    )
    return plain


def _plain(results: Results) -> dict[str, Any]:
    return {
        "rows": results.rows,
        "systems": {
            NAMES.get(system.name, system.name): {
                "values": system.values,
                "intervals": {name: list(ends) for name, ends in system.intervals.items()},
                "by_seed": {str(seed): values for seed, values in system.by_seed.items()},
                "cost": system.cost,
            }
            for system in results.systems
        },
        "verified_minus_unverified": {
            name: {"difference": t.difference, "low": t.low, "high": t.high, "p_value": t.p_value}
            for name, t in paired(results).tests.items()
        },
    }


def plot_trained_on(qualities: Mapping[float, Mapping[str, Quality]], out: Path) -> list[Path]:
    """What the arms are trained on against the rate of errors, as `plots/trained-on.svg` and `.png`."""
    rates = list(qualities)

    def draw(figure: Figure) -> None:
        figure.set_size_inches(6.4, 2.7)
        for panel, name in zip(figure.subplots(1, 2, sharey=True), OWN, strict=True):
            for arm in map(str, NOISE_ARMS):
                _line(panel, rates, [qualities[rate][arm] for rate in rates], name, arm)
            panel.set_title(_TRAINED_ON[name])
        figure.axes[0].legend(frameon=False, loc="lower left")
        figure.supxlabel("rate of errors of the teacher")

    return save_plot(draw, out / "plots" / "trained-on", ("svg", "png"))


def write_plots(doses: Sequence[Dose], settings: NoiseSettings, out: Path) -> list[Path]:
    """For each direction the metrics of the table against the rate of errors, as `noise-DIRECTION.svg` and `.png`.

    Raises:
        InputError: matplotlib is not installed.
    """
    return [
        path
        for at, direction in enumerate(settings.directions)
        for path in save_plot(
            partial(_plot, doses=doses, results=[dose.results[at] for dose in doses]),
            out / "plots" / f"noise-{direction}",
            ("svg", "png"),
        )
    ]


def _plot(figure: Any, doses: Sequence[Dose], results: Sequence[Results]) -> None:
    names = shown(results[0])
    columns = min(4, len(names) + 1)
    rows = -(-(len(names) + 1) // columns)
    figure.set_size_inches(2.4 * columns, 2.1 * rows + 0.4)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    rates = [dose.rate for dose in doses]
    for arm in map(str, NOISE_ARMS):
        _line(panels[0], rates, [dose.quality[arm] for dose in doses], PRECISION, arm)
    panels[0].set_title("Right in the training rows")
    for panel, name in zip(panels[1:], names, strict=False):
        for arm in map(str, NOISE_ARMS):
            systems = [next(s for s in one.systems if s.name == arm) for one in results]
            _line(panel, rates, systems, name, arm)
        panel.set_title(f"{title(name)}{'' if name in OWN or higher_is_better(name) else ' (lower is better)'}")
    for panel in panels[len(names) + 1 :]:
        panel.set_axis_off()
    panels[0].legend(frameon=False)
    figure.supxlabel("rate of errors of the teacher")
    figure.suptitle(f"{results[0].direction}, {counted(results[0].rows, 'held-out row')}, 95 % intervals")


def _line(panel: Any, rates: Sequence[float], scored: Sequence[Quality | System], name: str, arm: str) -> None:
    places = [(r, s) for r, s in zip(rates, scored, strict=True) if not math.isnan(s.values.get(name, math.nan))]
    if not places:
        return
    # A little aside, so that the bars of two arms can be told apart.
    shift = (max(rates) - min(rates) or 0.1) * (-0.012 if arm == str(NOISE_ARMS[0]) else 0.012)
    xs = [rate + shift for rate, _ in places]
    ys = [one.values[name] for _, one in places]
    ends = [one.intervals.get(name, (math.nan, math.nan)) for _, one in places]
    bars = [
        [max(0.0, y - low) for y, (low, _) in zip(ys, ends, strict=True)],
        [max(0.0, high - y) for y, (_, high) in zip(ys, ends, strict=True)],
    ]
    style = "-" if arm == str(NOISE_ARMS[0]) else "--"
    panel.errorbar(xs, ys, yerr=bars, fmt=f"o{style}", color=COLOURS[arm], markersize=3, capsize=2, label=NAMES[arm])
    panel.grid(color="0.92")
