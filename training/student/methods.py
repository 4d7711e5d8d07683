"""The trainer of each method, with what its students are measured by."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from molreflect.tools.resources import Resources, open_resources
from molreflect.tools.storage import cache_folder
from molreflect.tools.terms import TrainMethod
from molreflect.training.config import StudentConfig
from molreflect.training.rewards.functions import Rewards
from molreflect.training.student.plan import Prepared
from molreflect.training.student.preference_trainer import build_dpo
from molreflect.training.student.reward_trainer import build_grpo
from molreflect.training.student.trainer import TrainProgress, build_sft, lay_ground


def build_trainer(
    base: Path | str,
    tokenizer: Any,
    prepared: Prepared,
    config: StudentConfig,
    work: Path,
    tell: Callable[[TrainProgress], None],
    stop_after: int | None,
    *,
    resources: Resources | None = None,
    closing: ExitStack | None = None,
) -> Any:
    """Build the trainer of the method; it saves checkpoints under `work`.

    Args:
        base: The base model, resolved.
        tokenizer: Of the base model.
        prepared: What is trained on.
        config: All settings.
        work: Hidden folder of the training.
        tell: Called with every progress event.
        stop_after: Stop at this step, after its checkpoint.
        resources: What claims are looked up in, for `grpo`; opened where not given.
        closing: Closes what is opened here; otherwise it stays open as long as the trainer is there.
    """
    ground = lay_ground(base, prepared, config, work, tell, stop_after)
    if config.method is TrainMethod.GRPO:
        if resources is None:
            resources = open_resources(cache_folder())
            if closing is not None:
                closing.callback(resources.close)
        rewards = Rewards(resources, [record.smiles for record in prepared.split.train])
        return build_grpo(tokenizer, prepared, config, ground, rewards)
    build = build_dpo if config.method is TrainMethod.DPO else build_sft
    return build(tokenizer, prepared, config, ground)
