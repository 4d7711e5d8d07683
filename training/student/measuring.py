"""Measuring the held-out rows while a student is trained, keeping the best one, stopping when it gets no better."""

from __future__ import annotations

import importlib
import importlib.util
import json
import math
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.tools.terms import TrainMethod
from molreflect.training.config import StudentConfig
from molreflect.training.student.plan import Prepared, is_first_process

TENSORBOARD = "tensorboard"
"""Folder of a student with what was logged for TensorBoard."""


def measured_by(config: StudentConfig) -> str:
    """Name what held-out rows are measured by: their `loss` (lower is better), for `grpo` their `reward`."""
    return "reward" if config.method is TrainMethod.GRPO else "loss"


def heldout_key(config: StudentConfig) -> str:
    """Name the figure over all held-out rows in a trainer's history."""
    return f"eval_all_{measured_by(config)}"


def heldout_by_step(history: Iterable[Mapping[str, Any]], config: StudentConfig) -> dict[int, float]:
    """Collect from a trainer's history what the held-out rows measured at which step."""
    key = heldout_key(config)
    return {int(entry["step"]): float(entry[key]) for entry in history if key in entry}


def ran_out_of_patience(heldout: Mapping[int, float], config: StudentConfig) -> bool:
    """Whether the last `patience` measurements were no better than one before them.

    Decided by what was measured alone, so that a resumed training stops where an undisturbed one does.
    """
    if config.patience is None or not heldout:
        return False
    sign = -1 if config.method is TrainMethod.GRPO else 1
    values = [math.inf if math.isnan(heldout[step]) else sign * heldout[step] for step in sorted(heldout)]
    best = values.index(min(values))  # the first of equals
    return len(values) - 1 - best >= config.patience


def measured(kind: Any, config: StudentConfig, prepared: Prepared) -> Any:
    """Make a class of a trainer's class that measures the held-out rows by direction, and over all of them as `all`.

    Args:
        kind: One of TRL's trainers.
        config: All settings.
        prepared: What is held out.
    """

    class Measured(kind):  # type: ignore[misc]
        rewards_of_heldout: Callable[[], dict[str, float]] | None = None
        """Measures by rewards; the loss is measured where there is none."""
        heldout_collator: Any = None
        """Makes batches of held-out examples, where not as those that are trained on."""
        data_collator: Any

        def evaluate(self, eval_dataset: Any = None, *args: Any, **kwargs: Any) -> dict[str, float]:
            if eval_dataset is not None:  # one direction of several, asked for by the trainer itself
                one: dict[str, float] = super().evaluate(eval_dataset, *args, **kwargs)
                return one
            found = self.measure_heldout()
            self.log({heldout_key(config): found["all"]})
            heldout = heldout_by_step(self.state.log_history, config)
            if self.is_in_train and ran_out_of_patience(heldout, config):
                self.control.should_training_stop = True
            return {f"eval_{name}_{measured_by(config)}": value for name, value in found.items()}

        def measure_heldout(self) -> dict[str, float]:
            if self.rewards_of_heldout is not None:
                return self.rewards_of_heldout()
            collator = self.data_collator
            self.data_collator = self.heldout_collator or collator
            try:
                return mean_losses(super().evaluate(), prepared)
            finally:
                self.data_collator = collator

    return Measured


def mean_losses(found: Mapping[str, float], prepared: Prepared) -> dict[str, float]:
    """Take the losses by direction from what a trainer measured, and add that over all rows, weighted by rows."""
    losses = {
        key.removeprefix("eval_").removesuffix("_loss"): float(value)
        for key, value in found.items()
        if key.endswith("_loss")
    }
    counts = {name: sum(row.direction == name for row in prepared.heldout) for name in losses}
    losses["all"] = sum(losses[name] * count for name, count in counts.items()) / sum(counts.values())
    return losses


def begin_at(trainer: Any, checkpoint: Path | None, config: StudentConfig) -> None:
    """Let a training that had stopped early, and was interrupted before it was saved, make no further step."""
    if checkpoint is None:
        return
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    step = int(state["global_step"])
    if step < config.total_steps and ran_out_of_patience(heldout_by_step(state["log_history"], config), config):
        # As a training whose steps are all done: the trainer loads what there is, and ends.
        each = len(trainer.train_dataset) // config.total_steps
        trainer.train_dataset = trainer.train_dataset.select(range(step * each))
        trainer.args.max_steps = step


def take_best(trainer: Any, config: StudentConfig) -> int | None:
    """Put the weights of the best measurement in place of the last ones, where the settings say so.

    Returns:
        The step they are of; None where the last ones are kept.
    """
    if not config.keeps_best:
        return None
    trainer._load_best_model()
    return int(trainer.state.best_global_step)


def require_reporter(config: StudentConfig) -> None:
    """Refuse a service for curves whose package is missing.

    Raises:
        InputError: It is.
    """
    if config.report_to != "none" and importlib.util.find_spec(config.report_to) is None:
        raise InputError(
            f"report_to={config.report_to} needs the package {config.report_to}, which is not installed; run: "
            f"pip install {config.report_to}, or set report_to=none"
        )


def reporter(config: StudentConfig, work: Path) -> tuple[list[str], list[Any]]:
    """Give TRL the name of a service for curves, or a callback that writes files of TensorBoard."""
    if config.report_to == "none":
        return [], []
    if config.report_to != TENSORBOARD:
        return [config.report_to], []
    if not is_first_process():
        return [], []
    from torch.utils.tensorboard import SummaryWriter

    integrations: Any = importlib.import_module("transformers.integrations")  # without types
    return [], [integrations.TensorBoardCallback(SummaryWriter(str(work / TENSORBOARD)))]
