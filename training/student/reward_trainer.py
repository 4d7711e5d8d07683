"""TRL's `GRPOTrainer` over a run's prompts, with the verifier's rewards."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from molreflect.agents.student.chat_format import ChatFormat
from molreflect.agents.student.local import Student
from molreflect.tools.errors import InputError
from molreflect.training.config import StudentConfig
from molreflect.training.rewards.functions import WEIGHTS, Rewards
from molreflect.training.student.measuring import measured
from molreflect.training.student.plan import Prepared, TrainingRow, render
from molreflect.training.student.trainer import Ground, quiet


def require_generation(config: StudentConfig) -> None:
    """Refuse a way of writing answers that this machine has not.

    Raises:
        InputError: vLLM is asked for, and the package or a GPU is missing.
    """
    if config.generation != "vllm":
        return
    import torch

    if importlib.util.find_spec("vllm") is None:
        raise InputError(
            "generation=vllm needs the package vllm, which is not installed; run: pip install vllm, or set "
            "generation=transformers"
        )
    if not torch.cuda.is_available():
        raise InputError("generation=vllm needs a GPU, and there is none here; set generation=transformers")


def build_grpo(tokenizer: Any, prepared: Prepared, config: StudentConfig, ground: Ground, rewards: Rewards) -> Any:
    """Build the trainer; each step samples `completions` answers for each of its prompts."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    chat_format = ChatFormat(tokenizer)
    functions, weights = rewards.functions(config.rewards or WEIGHTS)

    def compose(batch: Mapping[str, Sequence[int]]) -> dict[str, list[Any]]:
        made = []
        for index, epoch in zip(batch["row"], batch["epoch"], strict=True):
            messages = chat_format.fold(render(prepared, index, epoch, config).messages)
            made.append({"prompt": messages, **columns_of(prepared.train[index])})
        return {name: [row[name] for row in made] for name in made[0]}

    order = ground.order
    train_set = Dataset.from_dict({"row": [row for row, _ in order], "epoch": [epoch for _, epoch in order]})
    # An answer ends where the chat template ends it, as in `predict`.
    ground.model.generation_config.eos_token_id = list(chat_format.stop_ids)
    trainer = measured(GRPOTrainer, config, prepared)(
        model=ground.model,
        reward_funcs=functions,
        args=GRPOConfig(
            **ground.arguments,
            reward_weights=weights,
            beta=config.beta or 0.0,
            num_generations=config.completions,
            max_completion_length=config.max_new_tokens,
            temperature=config.explore_temperature,
            top_p=1.0,
            top_k=0,
            shuffle_dataset=False,  # the order is planned beforehand
            use_vllm=config.generation == "vllm",
            vllm_mode="colocate",
        ),
        train_dataset=train_set.with_transform(compose),
        processing_class=tokenizer,
        peft_config=ground.peft_config,
        callbacks=ground.callbacks,
    )
    trainer.rewards_of_heldout = partial(measure_rewards, trainer, tokenizer, prepared, config, rewards)
    return quiet(trainer)


def columns_of(row: TrainingRow) -> dict[str, str]:
    """What a row tells the reward functions."""
    return {
        "direction": str(row.direction),
        "given": row.record.given(row.direction),
        "reference": row.example.completion,
    }


def measure_rewards(
    trainer: Any, tokenizer: Any, prepared: Prepared, config: StudentConfig, rewards: Rewards
) -> dict[str, float]:
    """Measure the mean sum of rewards for greedy answers to the held-out rows, by direction, and over all as `all`."""
    student = Student(trainer.accelerator.unwrap_model(trainer.model), tokenizer)
    answers = student.generate(
        [row.example.messages for row in prepared.heldout],
        max_new_tokens=config.max_new_tokens,
        batch_size=config.batch_size,
    )
    total: Callable[..., float] = rewards.total
    weights = config.rewards or WEIGHTS
    sums = [total(answer, columns_of(row), weights) for row, [answer] in zip(prepared.heldout, answers, strict=True)]
    found = {
        str(direction): [s for s, row in zip(sums, prepared.heldout, strict=True) if row.direction is direction]
        for direction in config.directions
    }
    found["all"] = sums
    return {name: sum(values) / len(values) for name, values in found.items() if values}
