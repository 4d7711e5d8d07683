"""TRL's trainers over examples composed and masked by our own code alone: what all methods share, and SFT."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from molreflect.tools.errors import InputError
from molreflect.training.config import StudentConfig
from molreflect.training.student.measuring import heldout_key, measured, reporter
from molreflect.training.student.plan import Prepared, count_processes, plan_all, render

if TYPE_CHECKING:
    from molreflect.agents.student.chat_format import Encoded
    from molreflect.agents.student.local import Student


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


@dataclass(frozen=True, slots=True)
class Ground:
    """What the trainers of all methods are built on."""

    model: Any
    """The base model, with the adapter of `start` where one is gone on with."""
    peft_config: Any
    """Of a new adapter; None where one is gone on with, or all weights are trained."""
    arguments: dict[str, Any]
    """Arguments that all trainers of TRL take."""
    order: Sequence[tuple[int, int]]
    """Rows and epochs in the order of training."""
    callbacks: list[Any]


def lay_ground(
    base: Path | str,
    prepared: Prepared,
    config: StudentConfig,
    work: Path,
    tell: Callable[[TrainProgress], None],
    stop_after: int | None,
) -> Ground:
    """Load the weights and translate the settings; checkpoints will stand under `work`."""
    model, peft_config, arguments = _load(base, config, work)
    order = plan_all(prepared, config, world=count_processes())
    names, reporters = reporter(config, work)
    arguments["run_name"] = work.name.removeprefix(".").removesuffix(".unfinished")
    arguments["report_to"] = names
    callbacks = [_telling(prepared, config, order, tell, stop_after), *reporters]
    return Ground(model, peft_config, arguments, order, callbacks)


def _load(base: Path | str, config: StudentConfig, work: Path) -> tuple[Any, Any, dict[str, Any]]:
    """Load the weights that are trained, with the settings of a new adapter and of the trainer."""
    import torch
    from peft import PeftModel
    from transformers import set_seed

    from molreflect.agents.student.weights import load_model

    gpu = torch.cuda.is_available()
    precision = _precision(config, gpu=gpu)
    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    full = config.tuning == "full"
    model = load_model(
        config.start if full and config.start else base,
        dtype=torch.float32 if full else dtype,  # small changes to all weights are lost in 16 bits
        quantization_config=_quantization(config, gpu=gpu, dtype=dtype),
        attn_implementation=config.attn_implementation,
    )
    peft_config = None
    if full:
        set_seed(config.seed)
    elif config.start is None:
        peft_config = _lora(config)
    else:
        set_seed(config.seed)
        model = PeftModel.from_pretrained(model, config.start, is_trainable=True)
    arguments = {
        "output_dir": str(work / "checkpoints"),
        "report_to": [],
        "bf16": precision == "bf16",
        "fp16": precision == "fp16",
        "use_cpu": not gpu,
        "dataloader_pin_memory": gpu,
        **_arguments(config),
    }
    return model, peft_config, arguments


def fine_tune(base: Path | str, tokenizer: Any, rows: Sequence[Encoded], config: StudentConfig, work: Path) -> Student:
    """Fine-tune a base model on conversations, their answers alone, and give the student that comes of it.

    Args:
        base: The base model, resolved.
        tokenizer: Of it.
        rows: Conversations; each epoch is its own shuffle.
        config: All settings; those of records, checkpoints and measurements say nothing here.
        work: Folder for what the trainer writes.
    """
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    from molreflect.agents.student.local import Student

    model, peft_config, arguments = _load(base, config, work)
    order: list[int] = []
    for epoch in range(-(-config.max_steps * config.examples_per_step(1) // len(rows))):
        order += random.Random(f"{config.seed}-{epoch}").sample(range(len(rows)), len(rows))
    examples = [
        {"input_ids": list(row.ids), "labels": [-100] * row.n_prompt + list(row.ids[row.n_prompt :])}
        for row in (rows[place] for place in order[: config.max_steps * config.examples_per_step(1)])
    ]
    arguments |= {"save_strategy": "no", "max_steps": config.max_steps, "metric_for_best_model": None}
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(**arguments, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        train_dataset=Dataset.from_list(examples),
        processing_class=tokenizer,
        peft_config=peft_config,
    )
    quiet(trainer).train()
    return Student(trainer.accelerator.unwrap_model(trainer.model), tokenizer)


def _lora(config: StudentConfig) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        task_type="CAUSAL_LM",
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules="all-linear" if config.lora_targets == ("all-linear",) else list(config.lora_targets),
        use_dora=config.dora,
        use_rslora=config.rslora,
    )


def build_sft(tokenizer: Any, prepared: Prepared, config: StudentConfig, ground: Ground) -> Any:
    """Build TRL's `SFTTrainer` over planned, composed and masked examples."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    def compose(batch: Mapping[str, Sequence[int]]) -> dict[str, list[list[int]]]:
        made = [render(prepared, row, epoch, config) for row, epoch in zip(batch["row"], batch["epoch"], strict=True)]
        return {"input_ids": [list(e.encoded.ids) for e in made], "labels": [e.labels for e in made]}

    order = ground.order
    train_set = Dataset.from_dict({"row": [row for row, _ in order], "epoch": [epoch for _, epoch in order]})
    trainer = measured(SFTTrainer, config, prepared)(
        model=ground.model,
        # Lengths are checked before: TRL neither cuts nor prepares.
        args=SFTConfig(
            **ground.arguments,
            max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
            padding_free=config.packing,
        ),
        train_dataset=train_set.with_transform(compose),
        eval_dataset=_heldout_sets(prepared, config) or None,
        processing_class=tokenizer,
        peft_config=ground.peft_config,
        callbacks=ground.callbacks,
    )
    if config.packing:  # the mean over rows is one over batches of one row otherwise
        trainer.heldout_collator = DataCollatorForLanguageModeling(pad_token_id=tokenizer.pad_token_id)
    return quiet(trainer)


def quiet(trainer: Any) -> Any:
    """Take the callback away that prints to stdout, which belongs to data."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)
    return trainer


def _telling(
    prepared: Prepared,
    config: StudentConfig,
    order: Sequence[tuple[int, int]],
    tell: Callable[[TrainProgress], None],
    stop_after: int | None,
) -> Any:
    """Build the callback that tells progress, and stops as an interruption would at `stop_after`."""
    from transformers import TrainerCallback

    sizes = [len(row.example.encoded.ids) for row in (*prepared.train, *prepared.warm_up)]
    taken = [0, *accumulate(sizes[row] for row, _ in order)]
    each = len(order) // config.total_steps
    heldout = Counter(row.direction for row in prepared.heldout)
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
            if config.eval_steps is not None and step % config.eval_steps == 0:
                control.should_evaluate = True
                control.should_save = control.should_save or config.keeps_best
            if stop_after is not None and step >= stop_after:
                control.should_save = control.should_training_stop = True

        def on_prediction_step(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            nonlocal scored
            scored += 1
            batches = sum(-(-rows // (config.batch_size * count_processes())) for rows in heldout.values())
            tell(TrainProgress("evaluate", (scored - 1) % batches + 1, batches))

    return Tell()


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
    from transformers import TrainingArguments

    # The older name is deprecated where there is the newer one, and the only one where there is not.
    newer = "activation_checkpointing"
    checkpointing = newer if newer in TrainingArguments.__dataclass_fields__ else "gradient_checkpointing"
    same = "learning_rate warmup_steps weight_decay max_grad_norm seed save_steps"
    return {name: getattr(config, name) for name in same.split()} | {
        checkpointing: config.gradient_checkpointing,
        "max_steps": config.total_steps,
        "per_device_train_batch_size": config.batch_size,
        "per_device_eval_batch_size": config.batch_size,
        "gradient_accumulation_steps": config.accumulation,
        "lr_scheduler_type": config.schedule,
        "logging_steps": config.log_steps,
        "logging_first_step": True,
        "train_sampling_strategy": "sequential",  # the order is planned beforehand
        "remove_unused_columns": False,
        "eval_strategy": "no",  # the callback says when: TRL's trainers differ in what they let be measured
        "metric_for_best_model": heldout_key(config) if config.keeps_best else None,
        "save_strategy": "steps",
        "save_total_limit": 2,
        "disable_tqdm": True,
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
