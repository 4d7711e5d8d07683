"""Curves of a training, drawn beside the student: what was logged, step by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.training.plots import save_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CURVES = "curves"
_PANELS = {"loss": "loss of the training rows", "reward": "reward of the sampled answers"}
_SMOOTHED = 20
"""Steps of which there must be more for a moving mean to be drawn."""


def write_curves(
    history: Sequence[Mapping[str, Any]], heldout: Mapping[int, float], folder: Path, *, best_step: int | None = None
) -> list[Path]:
    """Draw loss (for `grpo` the reward too) and learning rate against the step, as `curves.png`.

    Args:
        history: What was logged, with `step` in each entry.
        heldout: What the held-out rows measured by step: their loss, for `grpo` their reward.
        folder: Of the student.
        best_step: The step whose weights were kept, where it is not the last one.

    Returns:
        The file; nothing where no step was logged.
    """
    entries = [entry for entry in history if "loss" in entry]
    if not entries:
        return []
    draw = partial(_draw, entries=entries, heldout=heldout, best_step=best_step)
    return save_plot(draw, folder / CURVES, ("png",))


def _draw(
    figure: Figure, entries: Sequence[Mapping[str, Any]], heldout: Mapping[int, float], best_step: int | None
) -> None:
    names = [name for name in _PANELS if any(name in entry for entry in entries)]
    figure.set_size_inches(6.4, 1.6 + 1.9 * len(names))
    panels = figure.subplots(
        len(names) + 1, 1, sharex=True, squeeze=False, height_ratios=[2.0] * len(names) + [1.0]
    ).ravel()
    for panel, name in zip(panels, names, strict=False):
        places = [entry["step"] for entry in entries if name in entry]
        values = [float(entry[name]) for entry in entries if name in entry]
        many = len(values) > _SMOOTHED
        panel.plot(places, values, color="0.75" if many else "C0", linewidth=1, label="of a step" if many else None)
        if many:
            panel.plot(places, moving_mean(values), color="C0", label="moving mean")
        if heldout and name == names[-1]:  # the reward where there is one, else the loss
            panel.plot(list(heldout), list(heldout.values()), "o-", color="C3", markersize=3, label="held-out rows")
        panel.set_ylabel(_PANELS[name])
        if panel.get_legend_handles_labels()[0]:
            panel.legend(frameon=False)
    rates = [(entry["step"], entry["learning_rate"]) for entry in entries if "learning_rate" in entry]
    if rates:
        panels[-1].plot(*zip(*rates, strict=True), color="C2")
    panels[-1].set_ylabel("learning rate")
    panels[-1].set_ylim(bottom=0)
    panels[-1].set_xlabel("step" if best_step is None else f"step (kept: {best_step}, dotted)")
    for panel in panels:
        panel.grid(color="0.92")
        if best_step is not None:
            panel.axvline(best_step, color="0.4", linestyle=":")


def moving_mean(values: Sequence[float], width: int = 10) -> list[float]:
    """Compute the mean of up to `width` values up to each."""
    return [
        sum(values[max(0, i - width + 1) : i + 1]) / len(values[max(0, i - width + 1) : i + 1])
        for i in range(len(values))
    ]
