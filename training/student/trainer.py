"""TRL's trainer over examples that are composed, and masked, by our own code alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

from molreflect.tools.errors import InputError
from molreflect.training.config import StudentConfig
from molreflect.training.student.plan import Prepared, count_processes, plan_all, render


@dataclass(frozen=True, slots=True)
class TrainProgress:
    """A progress event of a training."""

    stage: str
    """`prepare`, `evaluate`, `train` or `save`."""
    step: int = 0
    total: int = 0
    loss: float | None = None
    learning_rate: float | None = None
    message: str = ""
    tokens: int = 0
    """Tokens taken so far, prompts included, by all processes; those of a resumed training's first part count too."""


def build_trainer(
    base: Path | str,
    tokenizer: Any,
    prepared: Prepared,
    config: StudentConfig,
    work: Path,
    tell: Callable[[TrainProgress], None],
    stop_after: int | None,
) -> Any:
    """Build TRL's trainer over planned, composed and masked examples; it saves checkpoints under `work`."""
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import PrinterCallback, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from molreflect.agents.student.weights import load_model

    gpu = torch.cuda.is_available()
    precision = _precision(config, gpu=gpu)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    model = load_model(base, dtype=dtype, quantization_config=_quantization(config, gpu=gpu, dtype=dtype))
    order = plan_all(prepared, config, world=count_processes())

    def compose(batch: Mapping[str, Sequence[int]]) -> dict[str, list[list[int]]]:
        made = [render(prepared, row, epoch, config) for row, epoch in zip(batch["row"], batch["epoch"], strict=True)]
        return {"input_ids": [list(e.encoded.ids) for e in made], "labels": [e.labels for e in made]}

    train_set = Dataset.from_dict({"row": [row for row, _ in order], "epoch": [epoch for _, epoch in order]})
    sizes = [len(row.example.encoded.ids) for row in (*prepared.train, *prepared.warm_up)]
    taken = [0, *accumulate(sizes[row] for row, _ in order)]
    each = len(order) // config.total_steps
    heldout = _heldout_sets(prepared, config)
    scored = 0

    class Tell(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            tell(TrainProgress("train", state.global_step, state.max_steps, tokens=taken[each * state.global_step]))

        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
            if logs and "loss" in logs:
                step, rate = state.global_step, logs["learning_rate"]
                tell(TrainProgress("train", step, state.max_steps, logs["loss"], rate, tokens=taken[each * step]))

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            step = state.global_step
            if step % config.log_steps and step > 1:  # steps that are logged are told with their loss
                tell(TrainProgress("train", step, state.max_steps, tokens=taken[each * step]))
            if stop_after is not None and step >= stop_after:
                control.should_save = control.should_training_stop = True

        def on_prediction_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            nonlocal scored
            scored += 1
            batches = sum(-(-len(rows) // (config.batch_size * count_processes())) for rows in heldout.values())
            tell(TrainProgress("evaluate", (scored - 1) % batches + 1, batches))

    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=str(work / "checkpoints"),
            bf16=precision == "bf16",
            fp16=precision == "fp16",
            use_cpu=not gpu,
            dataloader_pin_memory=gpu,
            **_arguments(config),
        ),
        train_dataset=train_set.with_transform(compose),
        eval_dataset=heldout or None,
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=config.lora_rank,
            lora_alpha=config.lora_alpha,
            lora_dropout=config.lora_dropout,
            target_modules="all-linear" if config.lora_targets == ("all-linear",) else list(config.lora_targets),
        ),
        callbacks=[Tell()],
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which belongs to data
    return trainer


def _precision(config: StudentConfig, *, gpu: bool) -> str:
    """Choose the precision that this machine can: the one asked for, or the best.

    Raises:
        InputError: The one asked for needs a GPU.
    """
    import torch

    if config.precision == "auto":
        return ("bf16" if torch.cuda.is_bf16_supported() else "fp16") if gpu else "fp32"
    if config.precision == "fp16" and not gpu:
        raise InputError("precision=fp16 needs a GPU; set precision=auto")
    return config.precision


def _arguments(config: StudentConfig) -> dict[str, Any]:
    """Translate the settings that do not depend on the device into the trainer's names."""
    same = "gradient_checkpointing learning_rate warmup_steps weight_decay max_grad_norm seed save_steps"
    return {name: getattr(config, name) for name in same.split()} | {
        "max_steps": config.total_steps,
        "per_device_train_batch_size": config.batch_size,
        "per_device_eval_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        "lr_scheduler_type": config.schedule,
        "logging_steps": config.log_steps,
        "logging_first_step": True,
        # The order is planned beforehand, and lengths are checked before: TRL neither shuffles nor cuts.
        "train_sampling_strategy": "sequential",
        "max_length": None,
        "dataset_kwargs": {"skip_prepare_dataset": True},
        "remove_unused_columns": False,
        "eval_strategy": "no",
        "save_strategy": "steps",
        "save_total_limit": 2,
        "disable_tqdm": True,
        "report_to": [],
    }


def _heldout_sets(prepared: Prepared, config: StudentConfig) -> dict[str, Any]:
    """Build one data set of held-out examples for each direction that has any."""
    from datasets import Dataset

    rows = {
        str(direction): [
            {"input_ids": list(row.example.encoded.ids), "labels": row.example.labels}
            for row in prepared.heldout
            if row.direction is direction
        ]
        for direction in config.directions
    }
    return {direction: Dataset.from_list(examples) for direction, examples in rows.items() if examples}


def _quantization(config: StudentConfig, *, gpu: bool, dtype: Any) -> Any:
    """Build the settings of quantised base weights; None for weights as they are."""
    if config.quantization == "none":
        return None
    if not gpu:
        raise InputError(f"quantization={config.quantization} needs a GPU; set quantization=none")
    try:
        import bitsandbytes  # type: ignore[import-not-found]  # noqa: F401
    except ImportError as error:
        raise InputError("8-bit and 4-bit weights need bitsandbytes; run: pip install bitsandbytes") from error
    from transformers import BitsAndBytesConfig

    make: Any = BitsAndBytesConfig
    if config.quantization == "8bit":
        return make(load_in_8bit=True)
    return make(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
